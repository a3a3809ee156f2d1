import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../kube/json.ts";
import { atomsOf, covers, idOfAtom } from "../evaluate/covers.ts";
import { isAllowed } from "../evaluate/can.ts";
import { buildRbac, rbacInputs } from "../evaluate/rbac.ts";
import type { AccessRequest } from "../model/policy-rule.ts";
import { userIdentity } from "../model/subject.ts";
import { observedRequests, parseAuditLog } from "./audit-events.ts";
import { compactRules, leastRoles } from "./least-roles.ts";
import { needOf, needRows } from "./needs.ts";
import { planRequests } from "./plan-requests.ts";

const nothing = buildRbac([], { builtin: false });
const who = userIdentity("u");

const request: fc.Arbitrary<AccessRequest> = fc.oneof(
  fc.record({
    kind: fc.constant("resource" as const),
    verb: fc.constantFrom("get", "list", "patch"),
    group: fc.constantFrom("", "apps"),
    resource: fc.constantFrom("a", "b", "c"),
    subresource: fc.constantFrom("", "x"),
    namespace: fc.constantFrom("", "s", "t"),
    name: fc.constantFrom("", "n", "m"),
  }),
  fc.record({
    kind: fc.constant("url" as const),
    verb: fc.constantFrom("get", "post"),
    path: fc.constantFrom("/a", "/b"),
  }),
);

describe("the least roles", () => {
  test("allow every request, and no right that no request needs", () => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 12 }), (requests) => {
        const least = leastRoles(nothing, who, requests, { name: "least" });
        const rbac = buildRbac(rbacInputs(least.objects), { builtin: false });
        for (const one of requests) expect(isAllowed(rbac, who, one)).toBe(true);
        for (const { namespace, rules } of least.scopes) {
          const here = requests.filter((one) => (one.kind === "url" ? "" : one.namespace) === namespace);
          const needed = here.flatMap((one) =>
            [...compactRules([one])].flatMap((rule) => [...atomsOf(rule)]),
          );
          const ids = new Set(needed.map(idOfAtom));
          for (const atom of rules.flatMap((rule) => [...atomsOf(rule)]))
            expect([...ids]).toContain(idOfAtom(atom));
        }
      }),
      { numRuns: 150 },
    );
  });

  test("leave out what is allowed anyhow", () => {
    const builtin = buildRbac([], { builtin: true });
    const discovery: AccessRequest = { kind: "url", verb: "get", path: "/version" };
    expect(leastRoles(builtin, who, [discovery], { name: "x" })).toEqual({
      objects: [],
      scopes: [],
      already: 1,
    });
  });

  test("are broader only when asked", () => {
    const one: AccessRequest = {
      kind: "resource",
      verb: "get",
      group: "",
      resource: "secrets",
      subresource: "",
      namespace: "s",
      name: "n",
    };
    const rules = (options: object): unknown =>
      leastRoles(nothing, who, [one], { name: "x", ...options }).scopes;
    expect(rules({})).toMatchObject([{ namespace: "s", rules: [{ resourceNames: ["n"] }] }]);
    expect(rules({ anyName: true })).toMatchObject([{ namespace: "s", rules: [{ resourceNames: [] }] }]);
    expect(rules({ anyNamespace: true })).toMatchObject([
      { namespace: "", rules: [{ resourceNames: ["n"] }] },
    ]);
  });
});

const event = (more: JsonObject): JsonObject => ({
  kind: "Event",
  stage: "ResponseComplete",
  auditID: String(Math.abs(JSON.stringify(more).length)) + JSON.stringify(more),
  user: { username: "u" },
  verb: "get",
  objectRef: { resource: "configmaps", namespace: "s", name: "n" },
  responseStatus: { code: 200 },
  ...more,
});
const asked = (more: JsonObject, minor = 37): readonly string[] =>
  observedRequests([event(more)], minor).map(({ request: one, user, denied }) =>
    [
      user,
      denied,
      one.verb,
      one.kind === "url" ? one.path : `${one.resource}/${one.subresource}/${one.name}`,
    ].join(" "),
  );

describe("audit events", () => {
  test.each<readonly [string, JsonObject, readonly string[]]>([
    ["a plain request", {}, ["u false get configmaps//n"]],
    [
      "a creation has no name for the authorizer",
      { verb: "create", responseStatus: { code: 201 } },
      ["u false create configmaps//"],
    ],
    [
      "an apply that created asked about create as well",
      { verb: "patch", responseStatus: { code: 201 } },
      ["u false patch configmaps//n", "u false create configmaps//n"],
    ],
    ["deletecollection has no name", { verb: "deletecollection" }, ["u false deletecollection configmaps//"]],
    ["what was refused is marked", { responseStatus: { code: 403 } }, ["u true get configmaps//n"]],
    ["whom somebody acted as", { impersonatedUser: { username: "v" } }, ["v false get configmaps//n"]],
    ["a path", { objectRef: null, requestURI: "/healthz?verbose" }, ["u false get /healthz"]],
    [
      "exec by WebSocket asks about create",
      { objectRef: { resource: "pods", subresource: "exec", name: "p" } },
      ["u false get pods/exec/p", "u false create pods/exec/p"],
    ],
    ["a stage before the answer", { stage: "RequestReceived" }, []],
    ["no event", { kind: "Other" }, []],
  ])("%s", (_name, more, expected) => expect(asked(more)).toEqual(expected));

  test("exec by WebSocket took get alone until 1.34", () => {
    expect(asked({ objectRef: { resource: "pods", subresource: "exec", name: "p" } }, 34)).toEqual([
      "u false get pods/exec/p",
    ]);
  });
  test("one request is counted once", () => {
    expect(observedRequests([event({}), event({})], 37).length).toBe(1);
  });
  test("a log is lines, a list or an EventList; the first line that is none is named", () => {
    expect([
      parseAuditLog('{"a":1}\n\n{"b":2}\n'),
      parseAuditLog("[1]"),
      parseAuditLog('{"items":[2]}'),
      parseAuditLog('{"a":1}\nx'),
    ]).toEqual([[{ a: 1 }, { b: 2 }], [1], [2], { badLine: 2 }]);
  });
});

describe("jobs in words", () => {
  test.each(needRows.flatMap(({ id, says }) => says.map((form) => [form, id] as const)))("%s", (form, id) => {
    const found = needOf(form.replace("NAMESPACE", "shop").replace("NAME", "web"));
    expect(found?.row.id).toBe(id);
    for (const one of found?.requests ?? []) expect(one).toMatchObject({ namespace: "shop" });
    const rules = compactRules(found?.requests ?? []);
    const exec = {
      verbs: ["create"],
      apiGroups: [""],
      resources: ["pods/exec"],
      resourceNames: [],
      nonResourceURLs: [],
    };
    expect(covers(rules, [exec]).covered).toBe(false);
  });
  test("what nobody knows is no job", () => expect(needOf("does everything in shop")).toBeUndefined());
});

test("a plan's own requests", () => {
  const key = { group: "apps", version: "v1", kind: "Deployment", namespace: "shop", name: "web" };
  const texts = planRequests(
    [
      { key, operation: "create" },
      { key: { ...key, name: "old" }, operation: "delete" },
      { key: { ...key, name: "same" }, operation: "unchanged" },
      {
        key: { group: "", version: "v1", kind: "Namespace", namespace: "", name: "shop" },
        operation: "create",
      },
    ],
    true,
  ).map((one) => (one.kind === "url" ? "" : `${one.verb} ${one.resource} ${one.namespace}/${one.name}`));
  expect(texts).toEqual([
    "get deployments shop/web",
    "create deployments shop/web",
    "patch deployments shop/web",
    "get deployments shop/old",
    "delete deployments shop/old",
    "get namespaces /shop",
    "create namespaces /shop",
    "patch namespaces /shop",
  ]);
});
