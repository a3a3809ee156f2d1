import { isAllowed, type Permission, permissionsOf } from "../../analysis/rbac/evaluate/can.ts";
import { isInert } from "../../analysis/rbac/evaluate/explain.ts";
import type { Rbac } from "../../analysis/rbac/evaluate/rbac.ts";
import { type PolicyRule, ruleText } from "../../analysis/rbac/model/policy-rule.ts";
import { bindingText } from "../../analysis/rbac/model/role.ts";
import { MASTERS, parseSubject } from "../../analysis/rbac/model/subject.ts";
import { parseGoal } from "../../analysis/rbac/paths/goal.ts";
import { attackGraph } from "../../analysis/rbac/paths/graph.ts";
import { pathsTo } from "../../analysis/rbac/paths/paths.ts";
import { evidence, shown } from "./evidence.ts";
import type { ClusterIdentity, Evidence } from "./inventory.ts";

const readVerbs: ReadonlySet<string> = new Set(["get", "list", "watch", "*"]);
const writeVerbs: ReadonlySet<string> = new Set([
  "create",
  "update",
  "patch",
  "delete",
  "deletecollection",
  "*",
]);
/** What everybody may create, and what changes nothing. */
const harmless: ReadonlySet<string> = new Set([
  "selfsubjectaccessreviews",
  "selfsubjectrulesreviews",
  "selfsubjectreviews",
  "subjectaccessreviews",
  "localsubjectaccessreviews",
  "tokenreviews",
  "events",
  "leases",
]);
const KEPT = 8;

/**
 * What an agent that runs as a ServiceAccount (`namespace/name`) may do, by the permissions engine: what it reads of
 * Secrets, what it changes, and the attack paths from it to cluster-admin.
 * @throws {OpsError} USAGE for a text that is no ServiceAccount
 */
export function clusterIdentity(rbac: Rbac, account: string): ClusterIdentity {
  const identity = parseSubject(`sa:${account}`);
  const lines = permissionsOf(rbac, identity).filter((line) => !isInert(rbac, line.rule, line.namespace));
  const own = lines.filter(({ binding }) => !binding.builtin);
  const { paths } = pathsTo(attackGraph(rbac, identity), parseGoal("cluster-admin"), {
    most: 20,
    longest: 6,
  });
  const writes = own.filter(({ rule }) => changes(rule));
  const readsSecrets = own.filter(
    ({ rule }) => rule.verbs.some((verb) => readVerbs.has(verb)) && names(rule, "secrets"),
  );
  return {
    subject: shown(identity.text),
    readsSecrets: readsSecrets.map((line) => place(line, "reads Secrets")).slice(0, KEPT),
    writes: writes.map((line) => place(line, "changes objects")).slice(0, KEPT),
    escalates: [
      ...paths.map(({ hops }) => {
        const steps = hops.map(({ ways }) => ways[0]?.technique.title ?? "a step");
        return evidence(
          "cluster",
          1,
          `${shown(identity.text)} comes to cluster-admin: ${steps.join(", then ")}`,
        );
      }),
      ...(identity.groups.includes(MASTERS)
        ? [evidence("cluster", 1, `${shown(identity.text)} is in ${MASTERS}`)]
        : []),
    ].slice(0, KEPT),
    clusterWide: writes.some(({ namespace }) => namespace === ""),
    evidence: evidence(
      "cluster",
      1,
      `${shown(identity.text)} has ${own.length} rules of its own${canEverything(rbac, identity) ? ", and may do everything" : ""}`,
    ),
  };
}

function canEverything(rbac: Rbac, identity: ReturnType<typeof parseSubject>): boolean {
  return isAllowed(rbac, identity, {
    kind: "resource",
    verb: "*",
    group: "*",
    resource: "*",
    subresource: "",
    namespace: "",
    name: "",
  });
}

function changes(rule: PolicyRule): boolean {
  return (
    rule.verbs.some((verb) => writeVerbs.has(verb)) &&
    rule.resources.some((resource) => !harmless.has(resource.split("/")[0] ?? ""))
  );
}

function names(rule: PolicyRule, resource: string): boolean {
  return (
    rule.apiGroups.some((group) => group === "" || group === "*") &&
    rule.resources.some((one) => one === resource || one === "*")
  );
}

function place({ binding, source, rule, namespace }: Permission, what: string): Evidence {
  const at = (source.input?.places ?? binding.input?.places)?.value([]);
  const where = namespace === "" ? "everywhere" : `in ${namespace}`;
  return evidence(
    at?.file ?? "cluster",
    at?.line ?? 1,
    `${shown(bindingText(binding))} ${what} ${shown(where)}: ${shown(ruleText(rule))}`,
  );
}
