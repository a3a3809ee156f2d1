import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../kube/json.ts";
import { buildRbac, rbacInputs } from "../evaluate/rbac.ts";
import { mayImpersonate } from "../evaluate/impersonation.ts";
import { bindingText } from "../model/role.ts";
import { parseSubject, userIdentity } from "../model/subject.ts";
import { parseGoal } from "./goal.ts";
import { attackGraph } from "./graph.ts";
import { pathKey, type PathsFound, pathsTo } from "./paths.ts";

const API = "rbac.authorization.k8s.io/v1";
const group = "rbac.authorization.k8s.io";

/** A role with one rule and its binding: `namespace` empty for a ClusterRoleBinding. */
function given(
  name: string,
  namespace: string,
  subject: readonly [string, string],
  verbs: readonly string[],
  target: readonly [resource: string, group?: string],
): JsonObject[] {
  const [resource, of = ""] = target;
  const [at, account] = subject;
  return [
    {
      apiVersion: API,
      kind: "ClusterRole",
      metadata: { name },
      rules: [{ verbs, apiGroups: [of], resources: [resource] }],
    },
    {
      apiVersion: API,
      kind: namespace === "" ? "ClusterRoleBinding" : "RoleBinding",
      metadata: { name, ...(namespace === "" ? {} : { namespace }) },
      roleRef: { apiGroup: group, kind: "ClusterRole", name },
      subjects: [{ kind: "ServiceAccount", name: account, namespace: at }],
    },
  ];
}
const guarded: JsonObject = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "shop", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
};
const admin = given("admin", "", ["shop", "admin"], ["*"], ["*", "*"]);
const deploy = given("deploy", "shop", ["ci", "deployer"], ["create"], ["pods"]);

function find(objects: readonly JsonObject[], goal = "cluster-admin"): PathsFound {
  const rbac = buildRbac(rbacInputs(objects), { builtin: false });
  return pathsTo(attackGraph(rbac, parseSubject("sa:ci/deployer")), parseGoal(goal));
}

describe("paths", () => {
  test("the exact path, and its choke points", () => {
    const { paths, truncated, chokePoints } = find([guarded, ...admin, ...deploy]);
    expect(paths.map(pathKey)).toEqual(["u:system:serviceaccount:shop:admin → cluster-admin"]);
    expect(paths[0]?.hops.map(({ ways }) => ways[0]?.technique.id)).toEqual([
      "pod-as-account",
      "full-rights",
    ]);
    expect(truncated).toBe(false);
    expect(chokePoints.map(({ binding, closes }) => [bindingText(binding), closes])).toEqual([
      ["ClusterRoleBinding admin", 1],
      ["RoleBinding shop/deploy", 1],
    ]);
  });

  test("a right that two bindings give is no choke point", () => {
    const again = given("again", "shop", ["ci", "deployer"], ["create"], ["pods"]);
    const { chokePoints } = find([guarded, ...admin, ...deploy, ...again]);
    expect(chokePoints.map(({ binding }) => bindingText(binding))).toEqual(["ClusterRoleBinding admin"]);
  });

  test("a choke point that closes all paths closes them", () => {
    const objects = [
      guarded,
      ...admin,
      ...deploy,
      ...given("token", "shop", ["shop", "web"], ["create"], ["serviceaccounts/token"]),
      ...given("read", "shop", ["ci", "deployer"], ["get"], ["configmaps"]),
    ];
    const { paths, chokePoints } = find(objects);
    for (const { binding, closes } of chokePoints) {
      if (closes !== paths.length) continue;
      const left = objects.filter(
        ({ kind, metadata }) => kind !== binding.kind || (metadata as { name: string }).name !== binding.name,
      );
      expect(find(left).paths).toEqual([]);
    }
    expect(chokePoints.length).toBeGreaterThan(0);
  });

  test("no step of a path can be left out", () => {
    // From the deployer both accounts are one step away: the way over the one to the other is no minimal path.
    const { paths } = find([
      guarded,
      ...admin,
      ...deploy,
      ...given("web", "shop", ["shop", "web"], ["create"], ["pods"]),
    ]);
    expect(paths.map(pathKey)).toEqual(["u:system:serviceaccount:shop:admin → cluster-admin"]);
  });

  test("rights of two things that are held are used together", () => {
    const csr = "certificates.k8s.io";
    const objects = [
      guarded,
      ...deploy,
      ...given("approve", "", ["shop", "a"], ["update"], ["certificatesigningrequests/approval", csr]),
      ...given("sign", "", ["shop", "a"], ["approve"], ["signers", csr]),
      ...given("ask", "", ["shop", "b"], ["create"], ["certificatesigningrequests", csr]),
      ...given("boss", "", ["far", "boss"], ["*"], ["*", "*"]),
    ];
    expect(find(objects).paths.map(pathKey)).toEqual([
      "u:system:serviceaccount:shop:a → u:system:serviceaccount:far:boss → cluster-admin",
    ]);
    expect(find(objects.slice(0, -2)).paths).toEqual([]);
  });

  test("goals", () => {
    expect(find([guarded, ...deploy], "secrets:shop").paths.length).toBe(1);
    expect(find([guarded, ...deploy], "secrets").paths.length).toBe(0);
    expect(find([guarded, ...deploy], "node").paths.length).toBe(0);
    expect(find(deploy, "node").paths.length).toBe(1);
    expect(find([guarded, ...admin, ...deploy], "sa:shop/admin").paths.length).toBe(1);
  });
});

describe("impersonation by version", () => {
  const objects = [
    ...given("who", "", ["ci", "deployer"], ["impersonate:user-info"], ["users", "authentication.k8s.io"]),
    ...given("what", "", ["ci", "deployer"], ["impersonate-on:user-info:list"], ["configmaps"]),
  ];
  const ask = (minor: number, verb: string): boolean =>
    mayImpersonate(
      buildRbac(rbacInputs(objects), { minor, builtin: false }),
      userIdentity("system:serviceaccount:ci:deployer"),
      { user: "anna", groups: [] },
      {
        kind: "resource",
        verb,
        group: "",
        resource: "configmaps",
        subresource: "",
        namespace: "shop",
        name: "",
      },
    ).allowed;

  test("the new verbs are inert below 1.36, and both are needed", () => {
    expect([ask(35, "list"), ask(36, "list"), ask(36, "get")]).toEqual([false, true, false]);
  });
});
