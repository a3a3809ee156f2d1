import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { can, whoCan } from "../../../src/analysis/rbac/evaluate/can.ts";
import { heldRules, mayWriteRole } from "../../../src/analysis/rbac/evaluate/escalation.ts";
import { buildRbac, type Rbac, rbacInputs, rulesOf } from "../../../src/analysis/rbac/evaluate/rbac.ts";
import {
  type AccessRequest,
  type PolicyRule,
  ruleAllows,
} from "../../../src/analysis/rbac/model/policy-rule.ts";
import { roleKey } from "../../../src/analysis/rbac/model/role.ts";
import type { Identity } from "../../../src/analysis/rbac/model/subject.ts";
import type { JsonObject } from "../../../src/kube/json.ts";
import {
  elements,
  field,
  goFlag,
  goText,
  goTexts,
  goValueAfter,
  type GoValue,
} from "../../support/go-literals.ts";
import { goModule } from "../../support/go-module.ts";
import { leftOut } from "../../support/suites.ts";

const module = goModule("k8s.io/kubernetes", "v1.37.2");
const skip =
  module === undefined &&
  leftOut("upstream's tables of the RBAC authorizer", "install Go, or fill its module cache");
const sourceOf = (path: string): string => (skip ? "" : readFileSync(join(module ?? "", path), "utf8"));
const API = "rbac.authorization.k8s.io/v1";

/** Arguments of a call of a helper of the tests: `newRole("admin", "ns1", …)`. */
function callOf(value: GoValue): { readonly name: string; readonly args: readonly GoValue[] } {
  if (value.kind !== "call") throw new Error(`no call: ${value.kind}`);
  const { callee, args } = value;
  return { name: callee.kind === "name" ? callee.value : callee.kind === "member" ? callee.name : "", args };
}

/** The text of a literal, or the last part of the name of a constant that upstream's tests use. */
function word(value: GoValue | undefined): string {
  if (value?.kind === "text") return value.value;
  const name = value?.kind === "member" ? value.name : value?.kind === "name" ? value.value : "";
  return (
    {
      UserKind: "User",
      GroupKind: "Group",
      ServiceAccountKind: "ServiceAccount",
      SystemPrivilegedGroup: "system:masters",
      GroupName: "rbac.authorization.k8s.io",
    }[name] ?? name
  );
}

function ruleOfCall(value: GoValue): JsonObject {
  const [verbs, apiGroups, resources, nonResourceURLs] = callOf(value).args.map((part) =>
    goText(part).split(","),
  );
  return {
    verbs: verbs ?? [],
    apiGroups: apiGroups ?? [],
    resources: resources ?? [],
    nonResourceURLs: nonResourceURLs ?? [],
  };
}

function subjectsOf(values: readonly GoValue[]): JsonObject[] {
  return values.map((value) => {
    const [kind = "", ...name] = goText(value).split(":");
    return { kind, name: name.join(":") };
  });
}

function worldOf(row: GoValue): Rbac {
  const objects: JsonObject[] = [];
  for (const one of elements(field(row, "roles"))) {
    const [name, namespace, ...rules] = callOf(one).args;
    objects.push({
      apiVersion: API,
      kind: "Role",
      metadata: { name: goText(name), namespace: goText(namespace) },
      rules: rules.map(ruleOfCall),
    });
  }
  for (const one of elements(field(row, "clusterRoles"))) {
    const [name, ...rules] = callOf(one).args;
    objects.push({
      apiVersion: API,
      kind: "ClusterRole",
      metadata: { name: goText(name) },
      rules: rules.map(ruleOfCall),
    });
  }
  let count = 0;
  for (const one of elements(field(row, "roleBindings"))) {
    const [namespace, role, type, ...subjects] = callOf(one).args;
    objects.push({
      apiVersion: API,
      kind: "RoleBinding",
      metadata: { name: `b${count++}`, namespace: goText(namespace) },
      roleRef: { kind: word(type) === "bindToRole" ? "Role" : "ClusterRole", name: goText(role) },
      subjects: subjectsOf(subjects),
    });
  }
  for (const one of elements(field(row, "clusterRoleBindings"))) {
    const [role, ...subjects] = callOf(one).args;
    objects.push({
      apiVersion: API,
      kind: "ClusterRoleBinding",
      metadata: { name: `b${count++}` },
      roleRef: { kind: "ClusterRole", name: goText(role) },
      subjects: subjectsOf(subjects),
    });
  }
  return buildRbac(rbacInputs(objects), { builtin: false });
}

interface Attributes {
  readonly who: Identity;
  readonly request: AccessRequest;
}

/** `&defaultAttributes{"admin", "", "get", "Pods", "", "ns1", ""}` or `authorizer.AttributesRecord{User: …}`. */
function attributesOf(value: GoValue): Attributes {
  const user = field(value, "User");
  if (user !== undefined) {
    const who: Identity = {
      text: "",
      kind: "user",
      user: goText(field(user, "Name")),
      groups: goTexts(field(user, "Groups")),
    };
    return {
      who,
      request: { kind: "url", verb: goText(field(value, "Verb")), path: goText(field(value, "Path")) },
    };
  }
  const [name = "", groups = "", verb = "", resource = "", subresource = "", namespace = "", group = ""] =
    elements(value).map(goText);
  return {
    who: { text: "", kind: "user", user: name, groups: groups.split(",") },
    request: { kind: "resource", verb, group, resource, subresource, namespace, name: "" },
  };
}

const authorizer = sourceOf("plugin/pkg/auth/authorizer/rbac/rbac_test.go");

describe.skipIf(skip)("rbac_test.go", () => {
  test("TestAuthorizer", () => {
    const rows = elements(goValueAfter(authorizer, /func TestAuthorizer[\s\S]*?tests := /));
    expect(rows.length).toBe(4);
    let asked = 0;
    for (const row of rows) {
      const rbac = worldOf(row);
      for (const [list, expected] of [
        ["shouldPass", true],
        ["shouldFail", false],
      ] as const)
        for (const one of elements(field(row, list))) {
          const { who, request } = attributesOf(one);
          asked++;
          expect([who, request, can(rbac, who, request).allowed]).toEqual([who, request, expected]);
        }
    }
    expect(asked).toBe(34);
  });

  test("TestRuleMatches", () => {
    const rows = elements(goValueAfter(authorizer, /func TestRuleMatches[\s\S]*?tests := /));
    expect(rows.length).toBe(8);
    let asked = 0;
    for (const row of rows) {
      const rule = builtRule(field(row, "rule")!);
      for (const one of elements(field(row, "requestsToExpected"))) {
        const [request, expected] = elements(one);
        const built = builtRequest(request!);
        asked++;
        expect([goText(field(row, "name")), built, ruleAllows(rule, built)]).toEqual([
          goText(field(row, "name")),
          built,
          goFlag(expected),
        ]);
      }
    }
    expect(asked).toBe(70);
  });

  test("TestSubjectLocator", () => {
    const source = sourceOf("plugin/pkg/auth/authorizer/rbac/subject_locator_test.go");
    const rows = elements(goValueAfter(source, /func TestSubjectLocator[\s\S]*?tests := /));
    expect(rows.length).toBe(2);
    for (const row of rows) {
      const rbac = worldOf(row);
      // A super user is a flag of servers of old, which no server has today.
      const superUser = goText(field(row, "superUser"));
      for (const pair of elements(field(row, "actionsToSubjects"))) {
        const [action, subjects] = elements(pair);
        const { request } = attributesOf(action!);
        const ours = whoCan(rbac, request).map(
          ({ principal }) => `${principal.kind === "user" ? "User" : "Group"} ${principal.name}`,
        );
        const theirs = elements(subjects).map(
          (one) => `${word(field(one, "Kind"))} ${word(field(one, "Name"))}`,
        );
        expect([...ours].sort()).toEqual(theirs.filter((one) => one !== `User ${superUser}`).sort());
      }
    }
  });
});

/** `rbacv1helpers.NewRule("*").Groups("group1").Resources("resource1").RuleOrDie()`. */
function chain(value: GoValue): readonly { readonly name: string; readonly args: readonly string[] }[] {
  if (value.kind !== "call") return [];
  const { callee, args } = value;
  const own = {
    name: callee.kind === "member" ? callee.name : callee.kind === "name" ? callee.value : "",
    args: args.map(goText),
  };
  return callee.kind === "member" ? [...chain(callee.of), own] : [own];
}

function builtRule(value: GoValue): PolicyRule {
  const parts = chain(value);
  const of = (name: string): readonly string[] => parts.find((part) => part.name === name)?.args ?? [];
  return {
    verbs: of("NewRule"),
    apiGroups: of("Groups"),
    resources: of("Resources"),
    resourceNames: of("Names"),
    nonResourceURLs: of("URLs"),
  };
}

function builtRequest(value: GoValue): AccessRequest {
  const parts = chain(value);
  const of = (name: string): string => parts.find((part) => part.name === name)?.args[0] ?? "";
  if (parts[0]?.name === "nonresourceRequest")
    return { kind: "url", verb: parts[0].args[0] ?? "", path: of("URL") };
  return {
    kind: "resource",
    verb: parts[0]?.args[0] ?? "",
    group: of("Group"),
    resource: of("Resource"),
    subresource: of("Subresource"),
    namespace: of("Namespace"),
    name: of("Name"),
  };
}

describe.skipIf(skip)("rule_test.go", () => {
  const source = sourceOf("pkg/registry/rbac/validation/rule_test.go");

  test("TestAppliesTo: who a subject is", () => {
    const rows = elements(goValueAfter(source, /func TestAppliesTo[\s\S]*?tests := /));
    expect(rows.length).toBeGreaterThan(8);
    for (const row of rows) {
      const namespace = goText(field(row, "namespace"));
      const subjects = elements(field(row, "subjects")).map((one) => ({
        kind: word(field(one, "Kind")),
        name: word(field(one, "Name")),
        ...(field(one, "Namespace") === undefined ? {} : { namespace: goText(field(one, "Namespace")) }),
      }));
      const user = field(row, "user");
      const who: Identity = {
        text: "",
        kind: "user",
        user: goText(field(user, "Name")),
        groups: elements(field(user, "Groups")).map(word),
      };
      const kind = namespace === "" ? "ClusterRoleBinding" : "RoleBinding";
      const rbac = buildRbac(
        rbacInputs([
          {
            apiVersion: API,
            kind: "ClusterRole",
            metadata: { name: "r" },
            rules: [{ verbs: ["v"], apiGroups: ["g"], resources: ["r"] }],
          },
          {
            apiVersion: API,
            kind,
            metadata: { name: "b", ...(namespace === "" ? {} : { namespace }) },
            roleRef: { kind: "ClusterRole", name: "r" },
            subjects,
          },
        ]),
        { builtin: false },
      );
      const held = [...heldRules(rbac, who, namespace)].length > 0;
      expect([goText(field(row, "testCase")), held]).toEqual([
        goText(field(row, "testCase")),
        goFlag(field(row, "appliesTo")),
      ]);
    }
  });
});

describe.skipIf(skip)("clusterroleaggregation_controller_test.go", () => {
  const source = sourceOf("pkg/controller/clusterroleaggregation/clusterroleaggregation_controller_test.go");
  const rules: Readonly<Record<string, readonly JsonObject[]>> = {
    hammerRules: [rule("hammer", "nails"), rule("hammer", "wedges")],
    chiselRules: [rule("chisel", "mortises")],
    sawRules: [rule("saw", "boards")],
  };
  function rule(verb: string, resource: string): JsonObject {
    return { verbs: [verb], apiGroups: [], resources: [resource] };
  }
  const labelsOf = (value: GoValue | undefined): JsonObject =>
    Object.fromEntries(
      value?.kind === "composite"
        ? value.entries.map(({ key, value: text }) => [goText(key), goText(text)])
        : [],
    );
  const rulesOfCalls = (values: readonly GoValue[]): readonly JsonObject[] =>
    values.flatMap((value) => rules[callOf(value).name] ?? []);

  const roleOf = (value: GoValue): JsonObject => {
    const { name, args } = callOf(value);
    if (name === "role") {
      const [roleName, labels, list] = args;
      return {
        apiVersion: API,
        kind: "ClusterRole",
        metadata: { name: goText(roleName), labels: labelsOf(labels) },
        rules: rulesOfCalls([list!]),
      };
    }
    const [selectors, ...lists] = args;
    return {
      apiVersion: API,
      kind: "ClusterRole",
      metadata: { name: "combined" },
      aggregationRule: {
        clusterRoleSelectors: elements(selectors).map((one) => ({ matchLabels: labelsOf(one) })),
      },
      rules: rulesOfCalls(lists),
    };
  };

  test("TestSyncClusterRole", () => {
    const rows = elements(goValueAfter(source, /func TestSyncClusterRole[\s\S]*?tests := /));
    expect(rows.length).toBe(6);
    for (const row of rows) {
      const name = goText(field(row, "name"));
      const start = elements(field(row, "startingClusterRoles")).map(roleOf);
      const rbac = buildRbac(rbacInputs(start), { builtin: false });
      const texts = (
        list: readonly { readonly verbs: readonly string[]; readonly resources: readonly string[] }[],
      ): readonly string[] =>
        [...new Set(list.map(({ verbs, resources }) => `${verbs.join()} ${resources.join()}`))].sort();
      const ours = texts(rulesOf(rbac, rbac.roles.get(roleKey("", "combined"))!));
      const wanted = field(row, "expectedClusterRole");
      // The controller applies no rules there, and those that are written stay (measured: rbac-aggregation.test.ts).
      const expected = name === "strip rules" || wanted === undefined ? start.at(-1)! : roleOf(wanted);
      expect([name, ours]).toEqual([name, texts(expected["rules"] as never)]);
    }
  });
});

describe.skipIf(skip).each(["role", "clusterrole"])("%s/policybased/storage_test.go", (folder) => {
  test("TestEscalation", () => {
    const source = sourceOf(`pkg/registry/rbac/${folder}/policybased/storage_test.go`);
    const rows = elements(goValueAfter(source, /testcases := /));
    expect(rows.map((row) => goText(field(row, "name")))).toEqual(["superuser", "bob", "steve", "alice"]);
    const bound = (name: string, rules: JsonObject[]): JsonObject[] => [
      { apiVersion: API, kind: "ClusterRole", metadata: { name }, rules },
      {
        apiVersion: API,
        kind: "ClusterRoleBinding",
        metadata: { name },
        roleRef: { kind: "ClusterRole", name },
        subjects: [{ kind: "User", name }],
      },
    ];
    // Upstream's authorizer lets steve do everything that it is asked; here he holds the right that it is asked for.
    const rbac = buildRbac(
      rbacInputs([
        ...bound("alice", [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]),
        ...bound("steve", [
          {
            apiGroups: ["rbac.authorization.k8s.io"],
            resources: ["roles", "clusterroles"],
            verbs: ["escalate"],
          },
        ]),
      ]),
      { builtin: false },
    );
    for (const row of rows) {
      const name = goText(field(row, "name"));
      const who: Identity = {
        text: "",
        kind: "user",
        user: name,
        groups: name === "superuser" ? ["system:masters"] : [],
      };
      for (const requestName of ["", "myrole"]) {
        const { allowed } = mayWriteRole(rbac, who, {
          kind: folder === "role" ? "Role" : "ClusterRole",
          namespace: folder === "role" ? "mynamespace" : "",
          requestName,
          rules: [
            { verbs: ["get"], apiGroups: [""], resources: ["pods"], resourceNames: [], nonResourceURLs: [] },
          ],
          aggregated: false,
        });
        expect([name, allowed]).toEqual([name, goFlag(field(row, "expectAllowed"))]);
      }
    }
  });
});
