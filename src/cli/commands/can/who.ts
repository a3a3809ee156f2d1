import { type Holder, whoCan } from "../../../analysis/rbac/evaluate/can.ts";
import { assumptionsFor, throughText } from "../../../analysis/rbac/evaluate/explain.ts";
import { principalWords } from "../../../analysis/rbac/model/subject.ts";
import { requestText } from "../../../analysis/rbac/resources/parse-request.ts";
import { ExitCode } from "../../../kube/error-table.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import { printable } from "../../../kube/printable.ts";
import type { CliContext } from "../../context.ts";
import { columns, style } from "../../display/style.ts";
import { wantsColor } from "../../flags.ts";
import type { CanFlags } from "./flags.ts";
import { grantJson } from "./answer.ts";
import { requestOf } from "./words.ts";
import { openWorld } from "./world.ts";

/** `kubeops can --who VERB TYPE`: everybody; exit code 1 when it is nobody but system:masters. */
export async function listHolders(
  context: CliContext,
  flags: CanFlags,
  [verb = "", target = "", ...rest]: readonly string[],
): Promise<number> {
  if (target === "" || rest.length > 0)
    throw new OpsError("USAGE", "--who takes VERB TYPE[/NAME] or VERB /path", {
      hint: "kubeops can --who get secrets -n shop -f rbac/",
    });
  const world = await openWorld(context, flags);
  try {
    const { rbac } = world;
    const { request, notes } = requestOf(rbac.served, flags, verb, target);
    const holders = whoCan(rbac, request);
    const assumptions = assumptionsFor(rbac, world.reader !== undefined);
    if (flags.output === "json") {
      const body = {
        apiVersion: "kubernetes-operations.dev/v1",
        kind: "AccessHolders",
        request,
        holders: holders.map((holder) => ({
          subject: `${holder.principal.kind}:${holder.principal.name}`,
          words: principalWords(holder.principal),
          serviceAccounts: holder.accounts,
          grants: holder.grants.map(grantJson),
        })),
        notes,
        assumptions,
      };
      context.process.stdout.write(`${JSON.stringify(body)}\n`);
    } else {
      const paint = style(wantsColor(context, flags));
      const out = [
        `${paint.bold(`${holders.length} can`)} ${printable(requestText(request))}:`,
        ...columns(holders.flatMap(rowsOf)),
        ...notes.map((note) => `${paint.yellow("note")}: ${note}`),
        ...(flags.quiet ? [] : assumptions.map((text) => paint.dim(`assumed: ${text}`))),
      ];
      context.process.stdout.write(`${out.join("\n")}\n`);
    }
    return holders.length > 1 ? ExitCode.done : ExitCode.no;
  } finally {
    world.close();
  }
}

const NAMED = 5;

function rowsOf({ principal, grants, accounts }: Holder): readonly (readonly string[])[] {
  const members =
    accounts.length === 0
      ? ""
      : ` (now ${accounts.slice(0, NAMED).map(shortAccount).join(", ")}${accounts.length > NAMED ? ` and ${accounts.length - NAMED} more` : ""})`;
  const [first] = grants;
  const through =
    first === undefined
      ? "can do everything"
      : `${throughText(first.binding, first.role, first.source)}${grants.length > 1 ? ` and ${grants.length - 1} more` : ""}`;
  return [[printable(principalWords(principal) + members), printable(through)]];
}

function shortAccount(user: string): string {
  const [, , namespace = "", name = ""] = user.split(":");
  return `${namespace}/${name}`;
}
