import { RBAC_GROUP } from "../../model/read-rbac.ts";
import { type Role, roleKey, roleText } from "../../model/role.ts";
import { MASTERS, principalKeys } from "../../model/subject.ts";
import { covers, ruleSet } from "../../evaluate/covers.ts";
import { rulesOf } from "../../evaluate/rbac.ts";
import type { Evidence, Held } from "../held.ts";
import { type Found, goodPractices, type Technique } from "../technique.ts";
import { type AttackWorld, askOne, want } from "../world.ts";

const group = RBAC_GROUP;
const rbac = [group];

/** Named roles that a right on roles is limited to; undefined: any role. */
function namesOf(evidence: Evidence): readonly string[] | undefined {
  const names = new Set<string>();
  for (const { rule } of evidence.grants) {
    if (rule.resourceNames.length === 0) return undefined;
    for (const name of rule.resourceNames) names.add(name);
  }
  return evidence.grants.length === 0 ? undefined : [...names];
}

/** Every name that a holder's rules limit a verb on roles to. */
function bindable(
  world: AttackWorld,
  from: Held,
  scope: string,
): readonly { role: Role; evidence: Evidence }[] {
  const found: { role: Role; evidence: Evidence }[] = [];
  for (const role of world.rbac.roles.values()) {
    if (role.kind === "Role" && role.namespace !== scope) continue;
    const request = want("bind", role.kind === "Role" ? "roles" : "clusterroles", {
      group,
      namespace: scope,
      name: role.name,
    });
    const evidence = world.ask(from, request);
    if (evidence !== undefined) found.push({ role, evidence });
  }
  return found;
}

const full = {
  verbs: ["*"],
  apiGroups: ["*"],
  resources: ["*"],
  resourceNames: [],
  nonResourceURLs: [],
};

function isFull(world: AttackWorld, role: Role): boolean {
  return covers(ruleSet(rulesOf(world.rbac, role)), [full]).covered;
}

function* bindRole(world: AttackWorld, from: Held): Generator<Found> {
  for (const scope of world.scopes(from)) {
    const plural = scope === "" ? "clusterrolebindings" : "rolebindings";
    const write = askOne(world, from, [
      ...["create", "update", "patch"].map((verb) => want(verb, plural, { group, namespace: scope })),
      ...existingNames(world, scope),
    ]);
    if (write === undefined) continue;
    // `bind` without names, or with the name of a role that allows everything.
    const any = world.ask(from, want("bind", "clusterroles", { group, namespace: scope, name: "" }));
    if (any !== undefined && namesOf(any) === undefined) {
      const to: Held = scope === "" ? { kind: "cluster-admin" } : { kind: "namespace", namespace: scope };
      yield { to, evidence: [write, any], detail: "binds ClusterRole cluster-admin to itself" };
      continue;
    }
    for (const { role, evidence } of bindable(world, from, scope)) {
      const detail = `binds ${roleText(role)} to itself`;
      if (isFull(world, role)) {
        const to: Held = scope === "" ? { kind: "cluster-admin" } : { kind: "namespace", namespace: scope };
        yield { to, evidence: [write, evidence], detail };
      } else
        yield {
          to: { kind: "role", role: roleKey(role.namespace, role.name), namespace: scope },
          evidence: [write, evidence],
          detail,
        };
    }
  }
}

/** Rights to write a binding that is named in a rule. */
function existingNames(world: AttackWorld, scope: string): ReturnType<typeof want>[] {
  const plural = scope === "" ? "clusterrolebindings" : "rolebindings";
  const named = world.rbac.bindings.filter(({ namespace }) => namespace === scope).slice(0, 1000);
  return named.flatMap(({ name }) =>
    ["update", "patch"].map((verb) => want(verb, plural, { group, namespace: scope, name })),
  );
}

function* escalateRole(world: AttackWorld, from: Held): Generator<Found> {
  if (from.kind !== "identity") return;
  // Roles that the holder is bound to: what they gain, the holder gains.
  for (const key of principalKeys(from.identity)) {
    const held = world.rbac.holdings.get(key);
    for (const [scope, bindings] of held?.byNamespace ?? []) {
      for (const binding of bindings) {
        const role = world.rbac.roleOf(binding);
        if (role === undefined) continue;
        const plural = role.kind === "Role" ? "roles" : "clusterroles";
        const at = { group, namespace: role.namespace, name: role.name };
        const write = askOne(
          world,
          from,
          ["update", "patch"].map((verb) => want(verb, plural, at)),
        );
        const escalate = write === undefined ? undefined : world.ask(from, want("escalate", plural, at));
        if (write === undefined || escalate === undefined) continue;
        const to: Held = scope === "" ? { kind: "cluster-admin" } : { kind: "namespace", namespace: scope };
        yield {
          to,
          evidence: [write, escalate],
          detail: `adds every right to ${roleText(role)}, which it has`,
        };
      }
    }
  }
}

function* escalateAndBind(world: AttackWorld, from: Held): Generator<Found> {
  for (const scope of world.scopes(from)) {
    const [roles, bindings] =
      scope === "" ? ["clusterroles", "clusterrolebindings"] : ["roles", "rolebindings"];
    const at = { group, namespace: scope };
    const make = askOne(
      world,
      from,
      ["create", "update", "patch"].map((verb) => want(verb, roles ?? "", at)),
    );
    const escalate = make === undefined ? undefined : world.ask(from, want("escalate", roles ?? "", at));
    if (make === undefined || escalate === undefined) continue;
    const bound = askOne(
      world,
      from,
      ["create", "update", "patch"].map((verb) => want(verb, bindings ?? "", at)),
    );
    const bind = bound === undefined ? undefined : world.ask(from, want("bind", roles ?? "", at));
    if (bound === undefined || bind === undefined) continue;
    const to: Held = scope === "" ? { kind: "cluster-admin" } : { kind: "namespace", namespace: scope };
    yield {
      to,
      evidence: [make, escalate, bound, bind],
      detail: "makes a role with every right and binds it to itself",
    };
  }
}

export const roleTechniques: readonly Technique[] = [
  {
    id: "full-rights",
    title: "Has every right",
    severity: "critical",
    needs: "every verb on every resource of every group, everywhere, or membership in system:masters",
    sources: [goodPractices, "IceKube IS_CLUSTER_ADMIN", "rbac-police cluster_admin"],
    cut: "delete the binding to the role with the three stars",
    from: "rights",
    resources: ["*"],
    joint: false,
    *find(world, from) {
      if (from.kind === "identity" && from.identity.groups.includes(MASTERS) && from.limit === undefined) {
        yield { to: { kind: "cluster-admin" }, evidence: [], detail: "is in system:masters" };
        return;
      }
      const evidence = world.ask(from, want("*", "*", { group: "*" }));
      if (evidence !== undefined && from.kind !== "cluster-admin")
        yield { to: { kind: "cluster-admin" }, evidence: [evidence], detail: "may do everything" };
    },
    positive: { rules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }] },
    counter: { rules: [{ verbs: ["*"], apiGroups: ["example.org"], resources: ["*"] }] },
    leadsTo: "cluster-admin",
  },
  {
    id: "namespace-admin",
    title: "Has every right in a namespace",
    severity: "high",
    needs: "every verb on every resource of every group, in a namespace",
    sources: [goodPractices],
    cut: "delete the RoleBinding to the role with the three stars",
    from: "rights",
    resources: ["*"],
    joint: false,
    *find(world, from) {
      if (from.kind === "cluster-admin" || from.kind === "namespace") return;
      for (const scope of world.scopes(from)) {
        if (scope === "") continue;
        const evidence = world.ask(from, want("*", "*", { group: "*", namespace: scope }));
        if (evidence !== undefined)
          yield {
            to: { kind: "namespace", namespace: scope },
            evidence: [evidence],
            detail: "may do everything there",
          };
      }
    },
    positive: { rules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }], namespace: "shop" },
    counter: { rules: [{ verbs: ["*"], apiGroups: [""], resources: ["*"] }], namespace: "shop" },
    leadsTo: "namespace shop",
  },
  {
    id: "bind-role",
    title: "Binds a role with more rights to itself",
    severity: "critical",
    needs:
      "write (cluster)rolebindings, and bind on a role that gives more; without bind only what is held can be given on",
    sources: [
      goodPractices,
      "KubeHound ROLE_BIND",
      "IceKube RBAC_ESCALATE_TO",
      "rbac-police bind_roles",
      "kubernetes pkg/registry/rbac/escalation_check.go",
    ],
    cut: "take bind away, or limit it to roles that give no more",
    from: "rights",
    resources: ["roles", "clusterroles"],
    joint: false,
    find: bindRole,
    positive: {
      rules: [
        { verbs: ["create"], apiGroups: rbac, resources: ["clusterrolebindings"] },
        { verbs: ["bind"], apiGroups: rbac, resources: ["clusterroles"] },
      ],
    },
    counter: {
      rules: [{ verbs: ["create", "update", "patch"], apiGroups: rbac, resources: ["clusterrolebindings"] }],
    },
    leadsTo: "cluster-admin",
  },
  {
    id: "escalate-role",
    title: "Gives a role that it has more rights",
    severity: "critical",
    needs: "escalate and update or patch on a role that it is bound to itself",
    sources: [
      goodPractices,
      "IceKube RBAC_ESCALATE_TO",
      "rbac-police escalate_roles",
      "kubernetes pkg/registry/rbac/clusterrole/policybased/storage.go",
    ],
    cut: "take escalate away",
    from: "rights",
    resources: ["roles", "clusterroles"],
    joint: false,
    find: escalateRole,
    positive: { rules: [{ verbs: ["update", "escalate"], apiGroups: rbac, resources: ["clusterroles"] }] },
    counter: { rules: [{ verbs: ["update", "patch"], apiGroups: rbac, resources: ["clusterroles"] }] },
    leadsTo: "cluster-admin",
  },
  {
    id: "escalate-and-bind",
    title: "Makes a role with every right and binds it",
    severity: "critical",
    needs: "escalate and create on roles, bind on them and create on their bindings",
    sources: [goodPractices, "rbac-police escalate_roles, bind_roles"],
    cut: "take escalate or bind away",
    from: "rights",
    resources: ["roles", "clusterroles"],
    joint: false,
    find: escalateAndBind,
    positive: {
      rules: [
        { verbs: ["create", "escalate", "bind"], apiGroups: rbac, resources: ["roles"] },
        { verbs: ["create"], apiGroups: rbac, resources: ["rolebindings"] },
      ],
      namespace: "shop",
    },
    counter: {
      rules: [
        { verbs: ["create", "escalate"], apiGroups: rbac, resources: ["roles"] },
        { verbs: ["create"], apiGroups: rbac, resources: ["rolebindings"] },
      ],
      namespace: "shop",
    },
    leadsTo: "namespace shop",
  },
];
