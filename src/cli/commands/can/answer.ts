import { can as decide, type Decision, type Grant } from "../../../analysis/rbac/evaluate/can.ts";
import {
  assumptionsFor,
  danglingOf,
  type NearMiss,
  nearMisses,
  notesOn,
  throughText,
} from "../../../analysis/rbac/evaluate/explain.ts";
import { type AccessRequest, ruleText } from "../../../analysis/rbac/model/policy-rule.ts";
import { type Binding, bindingText, roleText } from "../../../analysis/rbac/model/role.ts";
import { type Identity, parseSubject } from "../../../analysis/rbac/model/subject.ts";
import { requestText } from "../../../analysis/rbac/resources/parse-request.ts";
import { ExitCode } from "../../../kube/error-table.ts";
import { placeText } from "../../../kube/place.ts";
import { printable, printableRest } from "../../../kube/printable.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import type { CliContext } from "../../context.ts";
import { style, type Style } from "../../display/style.ts";
import { wantsColor } from "../../flags.ts";
import type { CanFlags } from "./flags.ts";
import { askServer, type ServerAnswer } from "./verify.ts";
import { requestOf } from "./words.ts";
import { openWorld } from "./world.ts";

/** How many rules that are nearly enough a no shows. */
const NEAR = 3;

/** `kubeops can SUBJECT VERB TYPE[/NAME]`: yes or no, and why. */
export async function answerQuestion(
  context: CliContext,
  flags: CanFlags,
  [subject = "", verb = "", target = "", ...rest]: readonly string[],
): Promise<number> {
  if (target === "" || rest.length > 0)
    throw new OpsError("USAGE", "the question is SUBJECT VERB TYPE[/NAME] or SUBJECT VERB /path", {
      hint: "kubeops can sa:ci/deployer patch deployments -n shop -f rbac/",
    });
  const identity = parseSubject(subject, flags.asGroup);
  const world = await openWorld(context, flags);
  try {
    const { rbac } = world;
    const { request, notes } = requestOf(rbac.served, flags, verb, target);
    const decision = decide(rbac, identity, request);
    const server =
      world.reader === undefined || !flags.verify
        ? undefined
        : await askServer(world.reader, identity, request, decision.allowed);
    const answer: Answer = {
      identity,
      request,
      decision,
      notes: [...notes, ...notesOn(rbac, identity, request, decision.allowed)],
      near: decision.allowed ? [] : nearMisses(rbac, identity, request, NEAR),
      dangling: decision.allowed
        ? []
        : danglingOf(rbac, identity, request.kind === "url" ? "" : request.namespace),
      server,
      assumptions: assumptionsFor(rbac, world.reader !== undefined),
    };
    context.process.stdout.write(
      flags.output === "json"
        ? `${JSON.stringify(answerJson(answer))}\n`
        : answerText(answer, style(wantsColor(context, flags)), flags.quiet),
    );
    if (server !== undefined && !server.agrees) return ExitCode.refused;
    return decision.allowed ? ExitCode.done : ExitCode.no;
  } finally {
    world.close();
  }
}

/** Everything that is said about one question. */
interface Answer {
  readonly identity: Identity;
  readonly request: AccessRequest;
  readonly decision: Decision;
  readonly notes: readonly string[];
  readonly near: readonly NearMiss[];
  /** Bindings whose role is not there. */
  readonly dangling: readonly Binding[];
  readonly server: ServerAnswer | undefined;
  readonly assumptions: readonly string[];
}

function answerJson({ identity, request, decision, notes, near, server, assumptions }: Answer): object {
  return {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "AccessAnswer",
    allowed: decision.allowed,
    subject: identity.text,
    user: identity.user,
    groups: identity.groups,
    request,
    masters: decision.masters,
    grants: decision.grants.map(grantJson),
    nearMisses: near.map(({ binding, role, rule, lacks }) => ({
      binding: bindingText(binding),
      role: roleText(role),
      rule,
      lacks,
    })),
    notes,
    ...(server === undefined ? {} : { server }),
    assumptions,
  };
}

function answerText(answer: Answer, paint: Style, quiet: boolean): string {
  const { identity, request, decision, notes, near, dangling, server, assumptions } = answer;
  const [head, verb] = decision.allowed ? [paint.green("yes"), "can"] : [paint.red("no"), "cannot"];
  const lines = [
    `${head}: ${printable(identity.text)} ${verb} ${printable(requestText(request))}`,
    ...grantLines(decision).map((line) => `  ${line}`),
    ...near.map(
      ({ binding, role, rule, lacks }) =>
        `  not enough: ${printable(bindingText(binding))} gives ${printable(roleText(role))} (${printable(ruleText(rule))}): ${printable(lacks)}`,
    ),
    ...dangling.map(
      (binding) =>
        `  not enough: ${printable(bindingText(binding))} names ${printable(binding.roleRef.name)}, which is not there`,
    ),
    ...notes.map((note) => `${paint.yellow("note")}: ${printableRest(note)}`),
    ...(server === undefined ? [] : [serverText(server, paint)]),
    ...(quiet ? [] : assumptions.map((text) => paint.dim(`assumed: ${text}`))),
  ];
  return `${lines.join("\n")}\n`;
}

function serverText({ agrees, allowed }: ServerAnswer, paint: Style): string {
  return agrees
    ? "the API server answers the same"
    : `${paint.red("the API server answers")} ${allowed ? "yes" : "no"}: another authorizer decides as well`;
}

export function grantJson({ binding, role, source, rule, through }: Grant): object {
  return {
    binding: bindingText(binding),
    role: roleText(role),
    ...(source === role ? {} : { source: roleText(source) }),
    rule,
    through: `${through.kind}:${through.name}`,
    builtin: binding.builtin,
    ...(binding.input?.places === undefined ? {} : { place: binding.input.places.value([]) }),
  };
}

/** One line for each binding that allows it. */
export function grantLines({ grants, masters }: Decision): readonly string[] {
  return [
    ...(masters ? ["system:masters can do everything; no binding gives it and none takes it away"] : []),
    ...grants.map((grant) => {
      const place = grant.binding.input?.places?.value([]);
      const through = grant.through.kind === "group" ? ` through group ${printable(grant.through.name)}` : "";
      const where =
        place !== undefined ? `  ${printable(placeText(place))}` : grant.binding.builtin ? "  built in" : "";
      return `${printable(throughText(grant.binding, grant.role, grant.source))}${through}: ${printable(ruleText(grant.rule))}${where}`;
    }),
  ];
}
