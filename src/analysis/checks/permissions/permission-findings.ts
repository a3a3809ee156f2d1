import type { ReadObject } from "../../../kube/read-object.ts";
import { printable } from "../../../kube/printable.ts";
import { objectKey } from "../../../kube/object-key.ts";
import type { Finding } from "../../findings/finding.ts";
import { type Rule, ruleWith } from "../../findings/rule.ts";
import { buildRbac, type Rbac } from "../../rbac/evaluate/rbac.ts";
import { rbacFindings } from "../../rbac/model/rbac-findings.ts";
import { RBAC_GROUP } from "../../rbac/model/read-rbac.ts";
import type { Binding } from "../../rbac/model/role.ts";
import { identityOf, MASTERS, type Principal, principalWords } from "../../rbac/model/subject.ts";
import { parseGoal } from "../../rbac/paths/goal.ts";
import { attackGraph } from "../../rbac/paths/graph.ts";
import { type AttackPath, pathsTo } from "../../rbac/paths/paths.ts";

/** Code of a finding about what a subject reaches. */
export const PATH_FINDING = "rbac/attack-path";

/** Subjects from which paths are followed in one check. */
const MOST_STARTS = 200;
/** Things that are looked at in all. */
const MOST_HELD = 50_000;

/**
 * What is wrong with roles and bindings, and which subjects of the input reach cluster-admin, each told at the binding that
 * it begins with. A role that is not in the input may be in the cluster: that is no more than a note here.
 */
export function permissionFindings(objects: readonly ReadObject[], minor: number): readonly Finding[] {
  if (!objects.some(({ object }) => objectKey(object).group === RBAC_GROUP)) return [];
  const rbac = buildRbac(objects, { minor, builtin: true });
  const findings = rbac.findings.map((finding) =>
    finding.code === "rbac/role-missing" ? { ...finding, severity: "info" as const } : finding,
  );
  return [...findings, ...pathFindings(rbac)];
}

function pathFindings(rbac: Rbac): readonly Finding[] {
  const goal = parseGoal("cluster-admin");
  const own = [...rbac.holdings.values()].filter(
    ({ principal, byNamespace }) =>
      principal.name !== MASTERS && [...byNamespace.values()].flat().some(({ builtin }) => !builtin),
  );
  const findings: Finding[] = [];
  let work = 0;
  for (const { principal, byNamespace } of own.slice(0, MOST_STARTS)) {
    if (work > MOST_HELD) break;
    const graph = attackGraph(rbac, identityOf(principal));
    work += graph.held.size;
    const [path] = pathsTo(graph, goal, { most: 1, longest: 8 }).paths;
    const first = path === undefined ? undefined : firstBinding(path, [...byNamespace.values()].flat());
    if (path !== undefined && first?.input?.places !== undefined)
      findings.push(pathFinding(principal, path, first));
  }
  return findings;
}

/** The binding of the input by which the first step is taken. */
function firstBinding({ hops }: AttackPath, bindings: readonly Binding[]): Binding | undefined {
  const used = hops[0]?.ways.flatMap(({ evidence }) =>
    evidence.flatMap(({ grants }) => grants.map(({ binding }) => binding)),
  );
  return used?.find(({ builtin }) => !builtin) ?? bindings.find(({ builtin }) => !builtin);
}

function pathFinding(principal: Principal, { hops }: AttackPath, binding: Binding): Finding {
  const steps = hops.flatMap(({ ways }) => (ways[0] === undefined ? [] : [ways[0].detail]));
  const input = binding.input;
  return {
    code: PATH_FINDING,
    severity: "info",
    message: printable(
      `${principalWords(principal)} reaches cluster-admin in ${steps.length} ${steps.length === 1 ? "step" : "steps"}: ${steps.join(", then ")}`,
    ),
    ...(input?.places === undefined ? {} : { place: input.places.value(["roleRef"]) }),
    path: ["roleRef"],
    hint: "kubeops can --paths shows the right that each step takes and how to cut it",
    ...(input === undefined ? {} : { object: objectKey(input.object) }),
  };
}

/** The rules of these findings. */
export function permissionRules(): readonly Rule[] {
  return [
    ...Object.entries(rbacFindings).map(([id, { severity, message, hint, source }]) =>
      ruleWith({
        id,
        severity,
        title: message("...", "..."),
        ...(hint === undefined ? {} : { fix: hint }),
        source,
      }),
    ),
    ruleWith({
      id: PATH_FINDING,
      severity: "info",
      title: "A subject reaches cluster-admin",
      fix: "take away a right of the first step, or keep accounts with rights out of its reach",
      source: "kubernetes/website rbac-good-practices.md, and docs/guide/permissions.md",
    }),
  ];
}
