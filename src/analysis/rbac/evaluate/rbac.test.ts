import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../kube/json.ts";
import { readObjects } from "../../../kube/read-objects.ts";
import { readDocuments } from "../../../kube/yaml/read-documents.ts";
import { permissionDelta, widening } from "../delta/permission-delta.ts";
import { rbacFindings } from "../model/rbac-findings.ts";
import type { AccessRequest, PolicyRule } from "../model/policy-rule.ts";
import { groupIdentity, type Identity, userIdentity } from "../model/subject.ts";
import { attackGraph } from "../paths/graph.ts";
import { isAllowed, whoCan } from "./can.ts";
import { type Atom, atomsOf, covers } from "./covers.ts";
import { buildRbac, type Rbac, rbacInputs } from "./rbac.ts";

const API = "rbac.authorization.k8s.io/v1";

function read(text: string): Rbac {
  const { objects } = readObjects(readDocuments("a.yaml", new TextEncoder().encode(text)));
  return buildRbac(objects, { builtin: true });
}

describe("findings of roles and bindings", () => {
  test.each(Object.entries(rbacFindings))("%s", (code, { positive, negative }) => {
    const codes = (text: string): readonly string[] => read(text).findings.map((finding) => finding.code);
    expect(codes(positive)).toContain(code);
    expect(codes(negative)).not.toContain(code);
    for (const { place, message } of read(positive).findings)
      expect([place?.file, message !== ""]).toEqual(["a.yaml", true]);
  });
});

test("a rule for a group of long ago is no fault beside the same for the group of today", () => {
  const rules = (text: string) =>
    read(`apiVersion: ${API}\nkind: Role\nmetadata: {name: r, namespace: a}\nrules: [${text}]`).findings.map(
      (finding) => finding.code,
    );
  const old = "{apiGroups: [extensions], resources: [ingresses], verbs: [get]}";
  const today = "{apiGroups: [networking.k8s.io], resources: [ingresses/status], verbs: [get]}";
  const other = "{apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [get]}";
  expect(rules(`${old}, ${today}`)).toEqual([]);
  expect(rules(`${today}, ${old}`)).toEqual([]);
  expect(rules(`${old}, ${other}`)).toEqual(["rbac/wrong-group"]);
});

const word = fc.constantFrom("a", "b", "*");
const resource = fc.constantFrom("a", "b", "a/x", "*", "*/x");
const rule: fc.Arbitrary<PolicyRule> = fc.record({
  verbs: fc.uniqueArray(word, { minLength: 1, maxLength: 2 }),
  apiGroups: fc.uniqueArray(word, { minLength: 1, maxLength: 2 }),
  resources: fc.uniqueArray(resource, { minLength: 1, maxLength: 2 }),
  resourceNames: fc.uniqueArray(fc.constantFrom("n", "m", ""), { maxLength: 2 }),
  nonResourceURLs: fc.constant([]),
});
const namespace = fc.constantFrom("", "s", "t");
const subject = fc.constantFrom<JsonObject>(
  { kind: "User", name: "u" },
  { kind: "Group", name: "g" },
  { kind: "Group", name: "system:authenticated" },
  { kind: "ServiceAccount", name: "c", namespace: "s" },
);
interface Grant {
  readonly namespace: string;
  readonly rules: readonly PolicyRule[];
  readonly subjects: readonly JsonObject[];
}
const grant: fc.Arbitrary<Grant> = fc.record({
  namespace,
  rules: fc.array(rule, { maxLength: 2 }),
  subjects: fc.array(subject, { maxLength: 2 }),
});

function worldOf(grants: readonly Grant[], from = 0): JsonObject[] {
  return grants.flatMap((one, index) => {
    const name = `x${index + from}`;
    const metadata = one.namespace === "" ? { name } : { name, namespace: one.namespace };
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name };
    return [
      {
        apiVersion: API,
        kind: "ClusterRole",
        metadata: { name },
        rules: one.rules as unknown as JsonObject[],
      },
      {
        apiVersion: API,
        kind: one.namespace === "" ? "ClusterRoleBinding" : "RoleBinding",
        metadata,
        roleRef,
        subjects: one.subjects,
      },
    ];
  });
}
const rbacOf = (objects: readonly JsonObject[]): Rbac => buildRbac(rbacInputs(objects), { builtin: false });

const identities: readonly Identity[] = [
  userIdentity("u"),
  userIdentity("u", ["g"]),
  userIdentity("other"),
  userIdentity("system:serviceaccount:s:c"),
  userIdentity("system:serviceaccount:s:fresh"),
  groupIdentity("g"),
];
const requests: readonly AccessRequest[] = ["a", "b", "z"].flatMap((verb) =>
  ["a", "z"].flatMap((of) =>
    ["", "x"].flatMap((subresource) =>
      ["", "s", "fresh"].flatMap((at) =>
        ["", "n", "q"].map(
          (name) =>
            ({ kind: "resource", verb, group: "a", resource: of, subresource, namespace: at, name }) as const,
        ),
      ),
    ),
  ),
);

describe("properties", () => {
  test("adding a binding never takes a permission away", () => {
    fc.assert(
      fc.property(fc.array(grant, { maxLength: 4 }), grant, (grants, more) => {
        const before = rbacOf(worldOf(grants));
        const after = rbacOf([...worldOf(grants), ...worldOf([more], 100)]);
        for (const identity of identities)
          for (const request of requests)
            if (isAllowed(before, identity, request)) expect(isAllowed(after, identity, request)).toBe(true);
        expect(permissionDelta(before, after).lost).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  test("without a gain nobody is newly allowed anything, in any namespace, ones that do not exist included", () => {
    fc.assert(
      fc.property(fc.array(grant, { maxLength: 3 }), fc.array(grant, { maxLength: 3 }), (left, right) => {
        const [before, after] = [rbacOf(worldOf(left)), rbacOf(worldOf(right))];
        const gains = widening(before, after);
        const newly = identities.flatMap((identity) =>
          requests.filter(
            (request) => !isAllowed(before, identity, request) && isAllowed(after, identity, request),
          ),
        );
        if (newly.length > 0) expect(gains).not.toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test("the delta is empty exactly where Covers holds both ways", () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 3 }), fc.array(rule, { maxLength: 3 }), (left, right) => {
        const one = (rules: readonly PolicyRule[]): Rbac =>
          rbacOf(worldOf([{ namespace: "", rules, subjects: [{ kind: "User", name: "u" }] }]));
        const { gained, lost } = permissionDelta(one(left), one(right));
        expect(gained.length === 0).toBe(covers(left, right).covered);
        expect(lost.length === 0).toBe(covers(right, left).covered);
      }),
      { numRuns: 200 },
    );
  });

  test("Covers agrees with asking every owner rule about every atom", () => {
    const naive = (owner: readonly PolicyRule[], atom: Atom): boolean =>
      atom.kind === "resource" &&
      owner.some(
        (one) =>
          (one.verbs.includes("*") || one.verbs.includes(atom.verb)) &&
          (one.apiGroups.includes("*") || one.apiGroups.includes(atom.group)) &&
          (one.resources.includes("*") ||
            one.resources.includes(atom.resource) ||
            (atom.resource.includes("/") && one.resources.includes(`*/${atom.resource.split("/")[1]}`))) &&
          (one.resourceNames.length === 0 ||
            (atom.name !== undefined && one.resourceNames.includes(atom.name))),
      );
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 4 }), fc.array(rule, { maxLength: 3 }), (owner, servant) => {
        const expected = servant.flatMap((one) => [...atomsOf(one)]).every((atom) => naive(owner, atom));
        expect(covers(owner, servant).covered).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  test("paths are monotone in rules", () => {
    const dangerous = fc.constantFrom<readonly [string, string, string]>(
      ["create", "", "pods"],
      ["create", "apps", "deployments"],
      ["get", "", "secrets"],
      ["create", "", "secrets"],
      ["create", "", "serviceaccounts/token"],
      ["impersonate", "", "users"],
      ["bind", "rbac.authorization.k8s.io", "clusterroles"],
      ["create", "rbac.authorization.k8s.io", "rolebindings"],
      ["create", "", "pods/exec"],
      ["get", "", "nodes/proxy"],
    );
    const risky: fc.Arbitrary<Grant> = fc.record({
      namespace,
      rules: fc.array(
        dangerous.map(([verb, group, name]) => ({
          verbs: [verb],
          apiGroups: [group],
          resources: [name],
          resourceNames: [],
          nonResourceURLs: [],
        })),
        { minLength: 1, maxLength: 3 },
      ),
      subjects: fc.array(subject, { minLength: 1, maxLength: 2 }),
    });
    fc.assert(
      fc.property(fc.array(risky, { maxLength: 4 }), risky, (grants, more) => {
        const before = rbacOf(worldOf(grants));
        const after = rbacOf([...worldOf(grants), ...worldOf([more], 100)]);
        for (const identity of identities) {
          const reached = attackGraph(after, identity).held;
          for (const key of attackGraph(before, identity).held.keys())
            expect([...reached.keys()]).toContain(key);
        }
      }),
      { numRuns: 15 },
    );
  });
});

describe("bad input", () => {
  const binding = (subjects: unknown, name = "b"): JsonObject =>
    ({
      apiVersion: API,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { kind: "ClusterRole", name: "r" },
      subjects,
    }) as JsonObject;

  test("names of prototypes are names", () => {
    const objects = ["__proto__", "constructor", "toString"].flatMap((name) => [
      {
        apiVersion: API,
        kind: "ClusterRole",
        metadata: { name, labels: { [name]: name } },
        rules: [{ verbs: ["get"], apiGroups: [name], resources: [name] }],
      },
      { ...binding([{ kind: "User", name }], name), roleRef: { kind: "ClusterRole", name } },
    ]);
    const rbac = rbacOf(objects);
    const ask = (name: string): boolean =>
      isAllowed(rbac, userIdentity(name), {
        kind: "resource",
        verb: "get",
        group: name,
        resource: name,
        subresource: "",
        namespace: "",
        name: "",
      });
    expect([ask("__proto__"), ask("constructor"), ask("hasOwnProperty")]).toEqual([true, true, false]);
  });

  test.each([
    [null],
    [7],
    [{}],
    [[null, 1, "x", {}, { kind: "User" }, { kind: 1, name: 2 }, { kind: "ServiceAccount", name: "a" }]],
  ])("subjects %j match nobody", (subjects) => {
    const rbac = rbacOf([
      {
        apiVersion: API,
        kind: "ClusterRole",
        metadata: { name: "r" },
        rules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
      },
      binding(subjects),
    ]);
    expect(rbac.holdings.size).toBe(0);
    expect(rbac.findings.length).toBeGreaterThan(0);
  });

  test("a role of 100,000 rules is read, asked and compared in linear work, and told in few findings", () => {
    const rules = Array.from({ length: 100_000 }, (_, index) => ({
      verbs: ["get"],
      apiGroups: ["example.org"],
      resources: ["things/*"],
      resourceNames: [`n${index}`],
    }));
    const role = (list: JsonObject[]): JsonObject => ({
      apiVersion: API,
      kind: "ClusterRole",
      metadata: { name: "r" },
      rules: list,
    });
    const before = rbacOf([role(rules), binding([{ kind: "User", name: "u" }])]);
    const after = rbacOf([
      role([...rules, { verbs: ["get"], apiGroups: [""], resources: ["pods"] }]),
      binding([{ kind: "User", name: "u" }]),
    ]);
    expect(before.findings.length).toBeLessThan(60);
    expect(permissionDelta(before, after).gained.map(({ atoms }) => atoms)).toEqual([
      [{ kind: "resource", verb: "get", group: "", resource: "pods" }],
    ]);
    expect(
      whoCan(before, {
        kind: "resource",
        verb: "get",
        group: "example.org",
        resource: "things/*",
        subresource: "",
        namespace: "",
        name: "n99999",
      }).length,
    ).toBe(2);
  });

  test("a rule with a billion rights is not taken apart", () => {
    const many = (letter: string): string[] =>
      Array.from({ length: 1000 }, (_, index) => `${letter}${index}`);
    const wide: PolicyRule = {
      verbs: many("v"),
      apiGroups: ["g"],
      resources: many("r"),
      resourceNames: many("n"),
      nonResourceURLs: [],
    };
    const answer = covers([{ ...wide, verbs: ["v0"] }], [wide], { most: 5000 });
    expect([answer.covered, answer.truncated]).toEqual([false, true]);
    expect(
      covers([wide], [{ ...wide, verbs: ["v1"], resources: ["r1"], resourceNames: ["n1"] }]).covered,
    ).toBe(true);
  });

  test("ClusterRoles that gather each other end, and share what they gather", () => {
    const count = 400;
    const objects = Array.from({ length: count }, (_, index) => ({
      apiVersion: API,
      kind: "ClusterRole",
      metadata: { name: `a${index}`, labels: { x: "y" } },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { x: "y" } }] },
      rules: [{ verbs: ["get"], apiGroups: [""], resources: [`r${index}`] }],
    }));
    const rbac = rbacOf(objects);
    const lists = new Set([...rbac.roles.values()].map((role) => rbac.sourcesOf(role)));
    expect([lists.size, [...lists][0]?.length]).toEqual([1, count]);
  });
});
