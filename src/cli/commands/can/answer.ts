import { can as decide, type Decision, type Grant } from "../../../analysis/rbac/evaluate/can.ts";
import {
  assumptionsFor,
  danglingOf,
  nearMisses,
  notesOn,
  throughText,
} from "../../../analysis/rbac/evaluate/explain.ts";
import { ruleText } from "../../../analysis/rbac/model/policy-rule.ts";
import { bindingText, roleText } from "../../../analysis/rbac/model/role.ts";
import { parseSubject } from "../../../analysis/rbac/model/subject.ts";
import { parseRequest, requestText } from "../../../analysis/rbac/resources/parse-request.ts";
import { ExitCode } from "../../../kube/error-table.ts";
import { placeText } from "../../../kube/place.ts";
import { printable, printableRest } from "../../../kube/printable.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import type { CliContext } from "../../context.ts";
import { style } from "../../display/style.ts";
import { wantsColor } from "../../flags.ts";
import type { CanFlags } from "../can.impl.ts";
import { askServer } from "./verify.ts";
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
    const { request, notes } = parseRequest(rbac.served, {
      verb,
      target,
      ...(flags.subresource === undefined || flags.subresource === ""
        ? flags.subresource === ""
          ? { subresource: "" }
          : {}
        : { subresource: flags.subresource }),
      namespace: namespaceOf(flags),
    });
    const decision = decide(rbac, identity, request);
    const told = [...notes, ...notesOn(rbac, identity, request, decision.allowed)];
    const server =
      world.reader === undefined || !flags.verify
        ? undefined
        : await askServer(world.reader, identity, request, decision.allowed);
    const near = decision.allowed ? [] : nearMisses(rbac, identity, request, NEAR);
    const dangling = decision.allowed
      ? []
      : danglingOf(rbac, identity, request.kind === "url" ? "" : request.namespace);
    if (flags.output === "json") {
      const body = {
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
        notes: told,
        ...(server === undefined ? {} : { server }),
        assumptions: assumptionsFor(rbac, world.reader !== undefined),
      };
      context.process.stdout.write(`${JSON.stringify(body)}\n`);
    } else {
      const paint = style(wantsColor(context, flags));
      const head = decision.allowed ? paint.green("yes") : paint.red("no");
      const lines = [
        `${head}: ${printable(identity.text)} ${decision.allowed ? "can" : "cannot"} ${printable(requestText(request))}`,
        ...grantLines(decision).map((line) => `  ${line}`),
        ...near.map(
          ({ binding, role, rule, lacks }) =>
            `  not enough: ${printable(bindingText(binding))} gives ${printable(roleText(role))} (${printable(ruleText(rule))}): ${printable(lacks)}`,
        ),
        ...dangling.map(
          (binding) =>
            `  not enough: ${printable(bindingText(binding))} names ${printable(binding.roleRef.name)}, which is not there`,
        ),
        ...told.map((note) => `${paint.yellow("note")}: ${printableRest(note)}`),
        ...(server === undefined
          ? []
          : [
              server.agrees
                ? `the API server answers the same`
                : `${paint.red("the API server answers")} ${server.allowed ? "yes" : "no"}: another authorizer decides as well`,
            ]),
      ];
      if (!flags.quiet)
        for (const text of assumptionsFor(rbac, world.reader !== undefined))
          lines.push(paint.dim(`assumed: ${text}`));
      context.process.stdout.write(`${lines.join("\n")}\n`);
    }
    if (server !== undefined && !server.agrees) return ExitCode.refused;
    return decision.allowed ? ExitCode.done : ExitCode.no;
  } finally {
    world.close();
  }
}

/** The namespace of a question: one that is named, none for all, `default` as in kubectl. */
export function namespaceOf(flags: CanFlags): string {
  if (flags.allNamespaces && flags.namespace !== undefined)
    throw new OpsError("USAGE", "-A and -n exclude each other", { hint: "leave one out" });
  return flags.allNamespaces ? "" : (flags.namespace ?? "default");
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
