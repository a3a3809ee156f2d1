import { assumptionsFor } from "../../../analysis/rbac/evaluate/explain.ts";
import { atomText } from "../../../analysis/rbac/evaluate/covers.ts";
import { buildRbac, type Rbac } from "../../../analysis/rbac/evaluate/rbac.ts";
import { principalWords } from "../../../analysis/rbac/model/subject.ts";
import { pathDelta, type PathChange } from "../../../analysis/rbac/delta/path-delta.ts";
import { permissionDelta, type ScopeGain } from "../../../analysis/rbac/delta/permission-delta.ts";
import { sentencesOf } from "../../../analysis/rbac/delta/plain-words.ts";
import { ExitCode } from "../../../kube/error-table.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import { printable } from "../../../kube/printable.ts";
import type { CliContext } from "../../context.ts";
import { style, type Style } from "../../display/style.ts";
import { wantsColor } from "../../flags.ts";
import { minorOf } from "../../kube-version.ts";
import type { CanFlags } from "./flags.ts";
import { pathJson, pathLines } from "./path-text.ts";
import { readFiles, tellFindings } from "./world.ts";

/** `kubeops can --diff BEFORE AFTER`: exit code 0 when nobody gains anything and no path opens, 1 otherwise. */
export async function showDelta(
  context: CliContext,
  flags: CanFlags,
  words: readonly string[],
): Promise<number> {
  const [before, after, ...rest] = words;
  if (before === undefined || after === undefined || rest.length > 0)
    throw new OpsError("USAGE", "--diff takes two folders or files: BEFORE AFTER", {
      hint: "kubeops can --diff before/ after/",
    });
  if (flags.kubeconfig !== undefined || flags.context !== undefined || (flags.filename ?? []).length > 0)
    throw new OpsError("USAGE", "--diff compares files: BEFORE and AFTER", {
      hint: "leave -f, --kubeconfig and --context out",
    });
  const read = async (name: string): Promise<Rbac> =>
    buildRbac(await readFiles(context, flags, [name]), {
      minor: minorOf(flags.kubeVersion),
      builtin: flags.builtin,
    });
  const [old, fresh] = [await read(before), await read(after)];
  if (!flags.quiet) tellFindings(context, fresh.findings);
  const delta = permissionDelta(old, fresh);
  const paths = pathDelta(
    old,
    fresh,
    [...delta.gained, ...delta.lost].map(({ principal }) => principal),
  );
  if (flags.output === "json") {
    const body = {
      apiVersion: "kubernetes-operations.dev/v1",
      kind: "PermissionDelta",
      gained: delta.gained.map(gainJson),
      lost: delta.lost.map(gainJson),
      opened: paths.opened.map(changeJson),
      closed: paths.closed.map(changeJson),
      proof: { ...delta.proof, pathsFrom: paths.examined, pathsComplete: paths.complete },
      assumptions: assumptionsFor(fresh, false),
    };
    context.process.stdout.write(`${JSON.stringify(body)}\n`);
  } else {
    const paint = style(wantsColor(context, flags));
    const lines = [
      ...section(paint.red("gains"), delta.gained, flags.atoms, paint),
      ...section(paint.green("loses"), delta.lost, flags.atoms, paint),
      ...paths.opened.flatMap((change) => [
        `${paint.bold(printable(principalWords(change.principal)))} ${paint.red("newly reaches")} ${printable(change.words)}`,
        ...pathLines(change.path, paint),
      ]),
      ...paths.closed.map(
        (change) =>
          `${paint.bold(printable(principalWords(change.principal)))} ${paint.green("no longer reaches")} ${printable(change.words)}`,
      ),
      delta.proof.holds
        ? `nobody gains anything (${delta.proof.subjects} subjects, ${delta.proof.scopes} scopes)`
        : `${new Set(delta.gained.map(({ principal }) => `${principal.kind}:${principal.name}`)).size} of ${delta.proof.subjects} subjects gain something (${delta.proof.scopes} scopes looked at)`,
    ];
    if (!flags.quiet) {
      lines.push(...delta.proof.covers.map((text) => paint.dim(`covers: ${text}`)));
      lines.push(
        paint.dim(`paths followed from ${paths.examined} subjects${paths.complete ? "" : ", not from all"}`),
      );
      lines.push(...assumptionsFor(fresh, false).map((text) => paint.dim(`assumed: ${text}`)));
    }
    context.process.stdout.write(`${lines.join("\n")}\n`);
  }
  return delta.proof.holds && paths.opened.length === 0 ? ExitCode.done : ExitCode.no;
}

/** Lines of what subjects gain or lose, in plain words; with the atoms on request. */
export function section(
  verb: string,
  gains: readonly ScopeGain[],
  atoms: boolean,
  paint: Style,
): readonly string[] {
  return gains.flatMap((gain) => [
    `${paint.bold(printable(principalWords(gain.principal)))} ${verb} ${gain.namespace === "" ? "everywhere" : `in namespace ${printable(gain.namespace)}`}${gain.truncated ? " (at least)" : ""}:`,
    ...sentencesOf(gain.atoms).map((text) => `  ${printable(text)}`),
    ...(gain.inert.length === 0
      ? []
      : [`  without effect there: ${printable(sentencesOf(gain.inert).join("; "))}`]),
    `  ${paint.dim(`through ${printable(gain.bindings.join(", "))}`)}`,
    ...(atoms ? gain.atoms.map((atom) => `    ${printable(atomText(atom))}`) : []),
  ]);
}

export function gainJson(gain: ScopeGain): object {
  return {
    subject: `${gain.principal.kind}:${gain.principal.name}`,
    words: principalWords(gain.principal),
    namespace: gain.namespace,
    sentences: sentencesOf(gain.atoms),
    atoms: gain.atoms,
    inert: gain.inert,
    bindings: gain.bindings,
    truncated: gain.truncated,
  };
}

function changeJson(change: PathChange): object {
  return {
    subject: `${change.principal.kind}:${change.principal.name}`,
    words: principalWords(change.principal),
    goal: change.goal,
    path: pathJson(change.path),
  };
}
