import { ruleText } from "../../../analysis/rbac/model/policy-rule.ts";
import { bindingText, roleText } from "../../../analysis/rbac/model/role.ts";
import type { Step } from "../../../analysis/rbac/paths/graph.ts";
import { type Evidence, heldText } from "../../../analysis/rbac/paths/held.ts";
import type { AttackPath, ChokePoint } from "../../../analysis/rbac/paths/paths.ts";
import { requestText } from "../../../analysis/rbac/resources/parse-request.ts";
import { printable } from "../../../kube/printable.ts";
import type { Style } from "../../display/style.ts";

/** What an attack that was cut may still do for a while (measured; kubernetes pkg/kubeapiserver/authenticator: cache of 10 s). */
export const DELAYS =
  "A binding that is deleted stops counting within milliseconds. A token that was taken stays valid until it expires; after its ServiceAccount is deleted, one that was just used works for up to 10 seconds.";

/** A path, step by step, with the rights that each takes and how to cut it. */
export function pathLines({ hops }: AttackPath, paint: Style): readonly string[] {
  return hops.flatMap(({ to, ways }, index) => {
    const [step, ...others] = ways;
    if (step === undefined) return [];
    return [
      `  ${index + 1}. ${printable(step.detail)} ${paint.dim("→")} ${paint.bold(printable(heldText(to)))}`,
      `     ${paint.dim(`${step.technique.title} [${step.technique.id}, ${step.technique.severity}]`)}`,
      ...step.evidence.map((one) => `     needs ${evidenceText(one, step)}`),
      `     cut: ${cutText(step)}`,
      ...(others.length === 0
        ? []
        : [
            `     ${others.length === 1 ? "another way" : `${others.length} other ways`}: ${[...new Set(others.map(({ technique }) => technique.id))].join(", ")}`,
          ]),
    ];
  });
}

function evidenceText({ by, request, grants }: Evidence, step: Step): string {
  const who = by === step.from ? "" : ` of ${heldText(by)}`;
  const [grant, ...more] = grants;
  const through =
    grant === undefined
      ? ""
      : `: ${bindingText(grant.binding)} gives ${roleText(grant.role)} (${ruleText(grant.rule)})${more.length === 0 ? "" : ` and ${more.length} more`}`;
  return printable(`${requestText(request)}${who}${through}`);
}

/** What to take away: the binding where it is the only one, else the right itself. */
function cutText(step: Step): string {
  const bindings = new Set(
    step.evidence.flatMap(({ grants }) => (grants.length === 1 ? grants.map(({ binding }) => binding) : [])),
  );
  const [first] = bindings;
  const own = first === undefined || first.builtin ? "" : `; or delete ${printable(bindingText(first))}`;
  return `${step.technique.cut}${own}`;
}

export function pathJson({ hops }: AttackPath): object {
  return {
    length: hops.length,
    hops: hops.map(({ to, ways }) => ({
      to: heldText(to),
      ways: ways.map((step) => ({
        technique: step.technique.id,
        title: step.technique.title,
        severity: step.technique.severity,
        detail: step.detail,
        cut: step.technique.cut,
        evidence: step.evidence.map(({ by, request, grants }) => ({
          by: heldText(by),
          request,
          grants: grants.map(({ binding, role, source, rule }) => ({
            binding: bindingText(binding),
            role: roleText(role),
            source: roleText(source),
            rule,
          })),
        })),
      })),
    })),
  };
}

export function chokeText({ binding, closes }: ChokePoint, of: number): string {
  return printable(
    `delete ${bindingText(binding)} and ${closes} of ${of} ${of === 1 ? "path closes" : "paths close"}`,
  );
}
