import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deep } from "../../../test/support/suites.ts";
import type { Json, JsonObject } from "../../kube/json.ts";
import { keyText, objectKey } from "../../kube/object-key.ts";
import type { Change, FieldChange, Operation } from "../plan.ts";
import { configMap, deployment, serviceAccount } from "../testing/fixtures.ts";
import { runOrder } from "./run-order.ts";

const rbac = "rbac.authorization.k8s.io/v1";
const admission = "admissionregistration.k8s.io/v1";

function thing(
  apiVersion: string,
  kind: string,
  name: string,
  rest: JsonObject = {},
  namespace = "shop",
): JsonObject {
  return { apiVersion, kind, metadata: { name, ...(namespace === "" ? {} : { namespace }) }, ...rest };
}

function change(
  object: JsonObject,
  operation: Operation = "create",
  diff: readonly FieldChange[] = [],
): Change {
  const key = objectKey(object);
  return {
    key,
    operation,
    file: "",
    object: operation === "delete" ? null : object,
    digest: null,
    beforeMac: null,
    diff,
    reversibility: { kind: "reversible" },
  };
}

const namespace = thing("v1", "Namespace", "shop", {}, "");
const crd = thing(
  "apiextensions.k8s.io/v1",
  "CustomResourceDefinition",
  "widgets.example.org",
  { spec: { group: "example.org", names: { kind: "Widget" } } },
  "",
);
const widget = thing("example.org/v1", "Widget", "w");
const allow = thing("networking.k8s.io/v1", "NetworkPolicy", "z-allow", {
  spec: { podSelector: {}, ingress: [{}] },
});
const deny = thing("networking.k8s.io/v1", "NetworkPolicy", "a-deny", {
  spec: { podSelector: {}, policyTypes: ["Ingress"] },
});
const quota = thing("v1", "ResourceQuota", "q", { spec: {} });
const pdb = thing("policy/v1", "PodDisruptionBudget", "p", { spec: {} });
const vap = thing(admission, "ValidatingAdmissionPolicy", "v", {}, "");
const vapBinding = thing(admission, "ValidatingAdmissionPolicyBinding", "a", {}, "");
const webhook = thing(admission, "MutatingWebhookConfiguration", "m", {}, "");
const storage = thing("storage.k8s.io/v1", "StorageClass", "s", {}, "");
const role = thing(rbac, "Role", "used", { rules: [] });
const binding = thing(rbac, "RoleBinding", "a-used", {
  roleRef: { kind: "Role", name: "used" },
  subjects: [{ kind: "ServiceAccount", name: "web" }],
});
const grant = thing(rbac, "ClusterRole", "other", { rules: [] }, "");
const grantBinding = thing(
  rbac,
  "ClusterRoleBinding",
  "a-other",
  { roleRef: { kind: "ClusterRole", name: "other" }, subjects: [{ kind: "User", name: "u" }] },
  "",
);
const claim = thing("v1", "PersistentVolumeClaim", "data", { spec: {} });
const service = thing("v1", "Service", "web", { spec: {} });
const balancer = thing("v1", "Service", "outside", { spec: { type: "LoadBalancer" } });
const ingress = thing("networking.k8s.io/v1", "Ingress", "web", { spec: {} });
const scaler = thing("autoscaling/v2", "HorizontalPodAutoscaler", "web", { spec: {} });
const account = serviceAccount("web");
const web = deployment("web");
const config = configMap("cfg");
const argo = thing("argoproj.io/v1alpha1", "Application", "app");

/** Everything, in the order in which a run has to write it. */
const writes = [
  vap,
  vapBinding,
  crd,
  namespace,
  quota,
  allow,
  deny,
  pdb,
  storage,
  account,
  role,
  binding,
  config,
  claim,
  service,
  widget,
  web,
  scaler,
  ingress,
  balancer,
  grant,
  grantBinding,
  argo,
  webhook,
];

function ordered(changes: readonly Change[]): readonly string[] {
  return runOrder(changes).map(({ operation, key }) => `${operation} ${keyText(key)}`);
}
function texts(objects: readonly JsonObject[], operation: Operation = "create"): readonly string[] {
  return objects.map((object) => `${operation} ${keyText(objectKey(object))}`);
}

describe("the order of a run", () => {
  it("pitfall 16: is restrictions, foundations, identities in use, configuration, workloads, exposure, other grants", () => {
    const order = ordered(writes.map((object) => change(object)));
    const at = (object: JsonObject): number => order.indexOf(texts([object])[0]!);
    const parts = [
      [vap, vapBinding],
      [storage],
      [account, role, binding],
      [config, claim, service, widget],
      [web, scaler],
      [ingress, balancer],
      [grant, grantBinding],
      [webhook],
    ];
    for (const [index, part] of parts.entries()) {
      for (const later of parts.slice(index + 1).flat()) {
        for (const earlier of part)
          expect([texts([earlier])[0], at(earlier) < at(later)]).toEqual([texts([earlier])[0], true]);
      }
    }
    expect(order.length).toBe(writes.length);
  });

  /** [earlier, later]: what the later one needs. */
  const pairs: readonly (readonly [JsonObject, JsonObject])[] = [
    [namespace, quota],
    [namespace, allow],
    [namespace, deny],
    [namespace, pdb],
    [namespace, account],
    [namespace, role],
    [namespace, binding],
    [namespace, config],
    [namespace, web],
    [namespace, widget],
    [namespace, ingress],
    [crd, widget],
    [role, binding],
    [grant, grantBinding],
    [account, web],
    [binding, web],
    [config, web],
    [claim, web],
    [service, web],
    [allow, deny],
    [deny, web],
    [quota, web],
    [web, ingress],
    [web, balancer],
    [web, grantBinding],
    [vap, vapBinding],
    [web, webhook],
    [storage, claim],
  ];
  it("pitfall 15: keeps every need, whatever is in the plan and in whatever order it comes", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(writes), (some) => {
        const order = ordered(some.map((object) => change(object)));
        const at = (object: JsonObject): number => order.indexOf(texts([object])[0]!);
        for (const [earlier, later] of pairs) {
          if (at(earlier) >= 0 && at(later) >= 0) expect(at(earlier)).toBeLessThan(at(later));
        }
        expect([...order].sort()).toEqual([...texts(some)].sort());
      }),
      { numRuns: deep ? 2000 : 200 },
    );
  });
  it("pitfall 16: takes what goes the other way: grants and exposure first, then users before what they use, foundations last", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(writes), (some) => {
        const order = ordered(some.map((object) => change(object, "delete")));
        const at = (object: JsonObject): number => order.indexOf(texts([object], "delete")[0]!);
        const before = (earlier: JsonObject, later: JsonObject): void => {
          if (at(earlier) >= 0 && at(later) >= 0) expect(at(earlier)).toBeLessThan(at(later));
        };
        for (const one of [binding, grantBinding, ingress]) before(one, web);
        before(binding, role);
        before(grantBinding, grant);
        for (const one of [account, config, claim]) before(web, one);
        for (const one of [allow, deny, quota, vap]) before(web, one);
        before(vapBinding, vap);
        before(widget, crd);
        for (const one of writes)
          if (
            one["kind"] !== "CustomResourceDefinition" &&
            one !== namespace &&
            (one["metadata"] as JsonObject)["namespace"] === "shop"
          )
            before(one, namespace);
      }),
      { numRuns: deep ? 2000 : 200 },
    );
  });
  it("pitfall 17: a NetworkPolicy that allows stands before the one that denies everything, whatever their names", () => {
    const names = (policies: readonly JsonObject[]): readonly string[] =>
      runOrder(policies.map((object) => change(object))).map(({ key }) => key.name);
    const named = (policy: JsonObject, name: string): JsonObject => ({
      ...policy,
      metadata: { ...(policy["metadata"] as JsonObject), name },
    });
    for (const [first, last] of [
      ["a", "z"],
      ["z", "a"],
    ] as const)
      expect(names([named(deny, last), named(allow, first)])).toEqual([first, last]);
  });
  it("does not depend on the order of the input", () => {
    const all = [
      ...writes.map((object) => change(object)),
      ...writes.map((object) =>
        change(
          {
            ...object,
            metadata: {
              ...(object["metadata"] as JsonObject),
              name: `old-${objectKey(object).name}`,
            },
          },
          "delete",
        ),
      ),
    ];
    const expected = ordered(all);
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (some) => {
        expect(ordered(some)).toEqual(expected);
      }),
      { numRuns: deep ? 500 : 50 },
    );
  });
  it("writes what takes a place before it deletes what had it", () => {
    const old = deployment("old");
    expect(
      ordered([change(old, "delete"), change(web), change(grantBinding), change(deny, "delete")]),
    ).toEqual([
      "create Deployment.apps shop/web",
      "delete Deployment.apps shop/old",
      "delete NetworkPolicy.networking.k8s.io shop/a-deny",
      "create ClusterRoleBinding.rbac.authorization.k8s.io a-other",
    ]);
  });
  it("keeps the objects that it was given, of any shape", () => {
    const odd = [
      change(thing("v1", "Widget", "x", { spec: "x" })),
      change({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "d" } }),
      change(thing(rbac, "RoleBinding", "r", { subjects: "x", roleRef: null })),
    ];
    expect(new Set(runOrder(odd))).toEqual(new Set(odd));
    expect(runOrder(odd).length).toBe(odd.length);
    expect(runOrder([])).toEqual([]);
  });
});

describe("a role or binding that only shrinks is a restriction", () => {
  const rule = (
    verbs: readonly string[],
    resources: readonly string[],
    more: JsonObject = {},
  ): JsonObject => ({ apiGroups: [""], resources, verbs, ...more });
  const replaced = (path: string, before: Json, after: Json): FieldChange => ({
    path,
    operation: "replace",
    before: { value: before },
    after: { value: after },
  });
  const first = (object: JsonObject, diff: readonly FieldChange[]): boolean =>
    ordered([change(object, "update", diff), change(web)])[0] === texts([object], "update")[0];

  it.each<readonly [string, FieldChange]>([
    ["fewer verbs", replaced("rules[0].verbs", ["get", "list"], ["get"])],
    ["a verb instead of all", replaced("rules[0].verbs", ["*"], ["get"])],
    [
      "fewer rules",
      replaced("rules", [rule(["get"], ["pods"]), rule(["get"], ["secrets"])], [rule(["get"], ["pods"])]),
    ],
    ["no rules", { path: "rules", operation: "remove", before: { value: [] } }],
    [
      "names where there were none",
      { path: "rules[0].resourceNames", operation: "add", after: { value: ["a"] } },
    ],
    ["fewer names", replaced("rules[0].resourceNames", ["a", "b"], ["a"])],
  ])("%s", (_, diff) => {
    expect(first(grant, [diff])).toBe(true);
  });
  it.each<readonly [string, FieldChange]>([
    ["another verb", replaced("rules[0].verbs", ["get"], ["list"])],
    ["all verbs", replaced("rules[0].verbs", ["get", "list"], ["*"])],
    [
      "a rule that grants more",
      replaced("rules", [rule(["get"], ["pods"])], [rule(["get", "list"], ["pods"])]),
    ],
    [
      "a rule without its names",
      replaced(
        "rules",
        [rule(["get"], ["pods"], { resourceNames: ["a"] })],
        [rule(["get"], ["pods"]), rule([], [])],
      ),
    ],
    ["no names any more", { path: "rules[0].resourceNames", operation: "remove", before: { value: ["a"] } }],
    ["an empty list of names", replaced("rules[0].resourceNames", ["a"], [])],
    [
      "an aggregation label",
      {
        path: 'metadata.labels["rbac.authorization.k8s.io/aggregate-to-edit"]',
        operation: "add",
        after: { value: "true" },
      },
    ],
    ["an aggregation rule", { path: "aggregationRule", operation: "add", after: { value: {} } }],
    [
      "what is only a MAC",
      { path: "rules", operation: "replace", before: { mac: null }, after: { mac: null } },
    ],
  ])("not %s", (_, diff) => {
    expect(first(grant, [diff])).toBe(false);
    expect(first(grant, [replaced("rules[0].verbs", ["get", "list"], ["get"]), diff])).toBe(false);
  });
  it("of a binding: fewer subjects", () => {
    const users = [
      { kind: "User", name: "a" },
      { kind: "User", name: "b" },
    ];
    expect(first(grantBinding, [replaced("subjects", users, users.slice(1))])).toBe(true);
    expect(first(grantBinding, [replaced("subjects", users.slice(1), users)])).toBe(false);
    expect(first(grantBinding, [replaced("subjects[0].name", "a", "b")])).toBe(false);
  });
});
