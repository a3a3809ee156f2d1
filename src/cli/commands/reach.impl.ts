import { judge, type Judged, readAssertions } from "../../analysis/network/ask/assertions.ts";
import { ask, replyJson, replyText } from "../../analysis/network/ask/question.ts";
import { compare } from "../../analysis/network/engine/compare.ts";
import { exposure } from "../../analysis/network/engine/exposure.ts";
import { buildNetwork, type Network } from "../../analysis/network/engine/network.ts";
import { genericProfile, type Profile, profiles } from "../../analysis/network/engine/profiles.ts";
import { deltaJson, deltaLines, deltaText } from "../../analysis/network/render/delta.ts";
import { exposureJson, exposureText } from "../../analysis/network/render/exposure.ts";
import {
  matrixCsv,
  matrixDot,
  matrixJson,
  matrixLines,
  matrixMarkdown,
  matrixText,
} from "../../analysis/network/render/matrix.ts";
import { standingOf, standingText } from "../../analysis/network/render/standing.ts";
import { ExitCode } from "../../kube/error-table.ts";
import type { JsonObject } from "../../kube/json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable, printableRest } from "../../kube/printable.ts";
import type { CliContext } from "../context.ts";
import { guarded } from "../errors.ts";
import type { ReachFlags } from "./reach-flags.ts";
import { emit, json } from "./reach-output.ts";
import { fileObjects, oneFile, reachObjects } from "./reach-inputs.ts";

export async function reach(this: CliContext, flags: ReachFlags, ...words: string[]): Promise<void> {
  await guarded(this, flags, async () => {
    const wanted = modeOf(flags, words);
    if (wanted === "diff") return diff(this, flags, words);
    if (wanted === "compare") {
      const { compareSets } = await import("./reach-sets.ts");
      return compareSets(this, flags, words, profileOf(flags));
    }
    const objects = await reachObjects(this, flags);
    if (wanted === "synthesise") {
      const { synthesise } = await import("./reach-synthesise.ts");
      return synthesise(this, flags, objects);
    }
    const net = buildNetwork(objects, { profile: profileOf(flags) });
    const code = await answer(this, flags, { wanted, net, words });
    return net.problems.some(({ kind }) => kind === "invalid") ? ExitCode.usage : code;
  });
}

type Mode =
  | "matrix"
  | "question"
  | "exposed"
  | "diff"
  | "compare"
  | "redundant"
  | "coverage"
  | "assert"
  | "synthesise";

function modeOf(flags: ReachFlags, words: readonly string[]): Mode {
  const asked: Mode[] = [];
  if (flags.exposed) asked.push("exposed");
  if (flags.diff) asked.push("diff");
  if (flags.compare) asked.push("compare");
  if (flags.redundant) asked.push("redundant");
  if (flags.coverage) asked.push("coverage");
  if (flags.assert !== undefined) asked.push("assert");
  if (flags.synthesise) asked.push("synthesise");
  if (asked.length > 1)
    throw usage(`--${asked.join(" and --")} cannot be asked together`, "ask one after the other");
  const mode = asked[0] ?? (words.length > 0 ? "question" : "matrix");
  requireWords(mode, words);
  if (flags.map && mode !== "matrix") throw usage("only the matrix has a map", "leave --map out");
  const formats = formatsOf[mode];
  if (!formats.includes(flags.output))
    throw usage(`this answer has no format ${flags.output}`, `formats: ${formats.join(", ")}`);
  return mode;
}

function requireWords(mode: Mode, words: readonly string[]): void {
  if (mode === "question" && words.length !== 2)
    throw usage("a question has two ends", "kubeops reach shop/web payments/db:5432 -f k8s/");
  if (mode === "diff" && words.length !== 2)
    throw usage("--diff needs two paths", "kubeops reach --diff before/ after/");
  if (mode === "compare" && words.length !== 2)
    throw usage("--compare needs two paths", "kubeops reach --compare policies/ proposed/ -f workloads/");
  if (mode !== "question" && mode !== "diff" && mode !== "compare" && words.length > 0)
    throw usage(`${printable(words[0] ?? "")} is not expected here`, "name files with -f");
}

function usage(message: string, hint: string): OpsError {
  return new OpsError("USAGE", message, { hint });
}

const formatsOf: Readonly<Record<Mode, readonly ReachFlags["output"][]>> = {
  matrix: ["text", "json", "csv", "md", "dot", "svg", "html"],
  question: ["text", "json"],
  exposed: ["text", "json"],
  diff: ["text", "json", "csv", "md"],
  compare: ["text", "json"],
  redundant: ["text", "json"],
  coverage: ["text", "json"],
  assert: ["text", "json"],
  synthesise: ["text", "json"],
};

function profileOf(flags: ReachFlags): Profile {
  return profiles.get(flags.networkPlugin) ?? genericProfile;
}

interface Asked {
  readonly wanted: Mode;
  readonly net: Network;
  readonly words: readonly string[];
}

async function answer(
  context: CliContext,
  flags: ReachFlags,
  { wanted, net, words }: Asked,
): Promise<number> {
  if (wanted === "question") {
    const [from = "", to = ""] = words;
    const given = ask(net, from, to);
    const standing = standingText(standingOf(net, given.cut), flags.quiet);
    emit(context, flags, flags.output === "json" ? [json(replyJson(given))] : [replyText(given), standing]);
    return given.yes ? ExitCode.done : ExitCode.no;
  }
  if (wanted === "exposed") {
    const given = exposure(net);
    emit(context, flags, [flags.output === "json" ? json(exposureJson(given)) : exposureText(given, flags)]);
    return ExitCode.done;
  }
  if (wanted === "assert") return assert(context, flags, net);
  if (wanted === "redundant" || wanted === "coverage") {
    const { withoutEffect, covered } = await import("./reach-sets.ts");
    return (wanted === "redundant" ? withoutEffect : covered)(context, flags, net);
  }
  emit(context, flags, await matrix(flags, net));
  return ExitCode.done;
}

async function matrix(flags: ReachFlags, net: Network): Promise<Iterable<string>> {
  if (flags.map || flags.output === "html" || flags.output === "svg") {
    const { mapHtml, mapSvg } = await import("../../analysis/network/map/map.ts");
    return [flags.output === "svg" && !flags.map ? mapSvg(net) : mapHtml(net)];
  }
  switch (flags.output) {
    case "json":
      return [json(matrixJson(net, flags.full))];
    case "csv":
      return matrixCsv(net, flags.full);
    case "md":
      return matrixMarkdown(net, flags.full);
    case "dot":
      return matrixDot(net, flags.full);
    default:
      return flags.full ? fullText(net, flags) : [matrixText(net, flags)];
  }
}

function* fullText(net: Network, flags: ReachFlags): Generator<string> {
  for (const { from, to, ports } of matrixLines(net, true))
    yield `${from.join(", ")} => ${to.join(", ")} : ${ports}\n`;
  yield standingText(standingOf(net), flags.quiet);
}

async function diff(context: CliContext, flags: ReachFlags, words: readonly string[]): Promise<number> {
  const [before = "", after = ""] = words;
  if (flags.filename !== undefined)
    throw new OpsError("USAGE", "--diff takes its two paths without -f", {
      hint: "kubeops reach --diff before/ after/",
    });
  const read = async (path: string): Promise<readonly JsonObject[]> =>
    fileObjects(context, [path], flags.quiet);
  const comparison = compare(await read(before), await read(after), {
    profile: profileOf(flags),
    fresh: flags.future,
  });
  const lines = deltaLines(comparison);
  if (flags.output === "json") emit(context, flags, [json(deltaJson(comparison))]);
  else if (flags.output === "text") emit(context, flags, [deltaText(comparison, flags)]);
  else {
    const { deltaTable } = await import("../../analysis/network/render/delta-table.ts");
    emit(context, flags, deltaTable(lines, flags.output === "csv" ? "csv" : "md"));
  }
  if (comparison.after.problems.some(({ kind }) => kind === "invalid")) return ExitCode.usage;
  return lines.length === 0 ? ExitCode.done : ExitCode.no;
}

function assert(context: CliContext, flags: ReachFlags, net: Network): number {
  const judged = judge(net, readAssertions(oneFile(context, flags.assert ?? "")));
  const failed = judged.filter(({ held }) => !held);
  if (flags.output === "json") {
    const assertions = judged.map(({ assertion, held, against }) => ({ ...assertion, held, against }));
    emit(context, flags, [
      json({
        apiVersion: "kubernetes-operations.dev/v1",
        kind: "ReachAssertionReport",
        assertions,
        ...standingOf(net, judged[0]?.reply.cut),
      }),
    ]);
  } else {
    emit(context, flags, [
      ...judged.map(judgedText),
      `${judged.length - failed.length} of ${judged.length} hold\n`,
      standingText(standingOf(net, judged[0]?.reply.cut), flags.quiet),
    ]);
  }
  return failed.length === 0 ? ExitCode.done : ExitCode.no;
}

function judgedText({ assertion, held, against }: Judged): string {
  const { must, from, to, why } = assertion;
  const what = `${printable(from)} ${must ? "must reach" : "must not reach"} ${printable(to)}`;
  const because = why === "" || held ? "" : ` (${printableRest(why)})`;
  const shown = against.slice(0, 5).map((line) => `    ${line}\n`);
  const more = against.length > 5 ? [`    and ${against.length - 5} more\n`] : [];
  return `${held ? "ok  " : "FAIL"}  ${what}${because}\n${[...shown, ...more].join("")}`;
}
