import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isAllowed } from "../../src/analysis/rbac/evaluate/can.ts";
import { mayBind, mayWriteRole } from "../../src/analysis/rbac/evaluate/escalation.ts";
import { buildRbac, type Rbac, rbacInputs } from "../../src/analysis/rbac/evaluate/rbac.ts";
import { readRule } from "../../src/analysis/rbac/model/policy-rule.ts";
import type { Identity } from "../../src/analysis/rbac/model/subject.ts";
import type { Json, JsonObject } from "../../src/kube/json.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { type RawClient, type RawRequest, rawClient } from "../support/rbac/raw-client.ts";
import {
  collectionOf,
  dice,
  type Dice,
  namespaces,
  nearRequest,
  randomBinding,
  randomLabels,
  randomRequest,
  randomRole,
  randomRules,
  randomSubject,
  randomWho,
  reviewOf,
} from "../support/rbac/random-rbac.ts";
import { deep, leftOut } from "../support/suites.ts";
import { untilAllowed } from "../support/cluster/allowed.ts";

const skip =
  controlPlaneMissing !== undefined && leftOut("RBAC against the real API server", controlPlaneMissing);

/** Minors, and how much is asked of each. The deep suite asks 52,000 reviews and 6,000 writes. */
const worlds = deep
  ? ([37, 36, 35, 34] as const).map((minor) => ({ minor, rounds: 13, reviews: 1000, writes: 120 }))
  : [{ minor: 37, rounds: 2, reviews: 700, writes: 120 }];

const API = "rbac.authorization.k8s.io/v1";
const WRITERS = "writers";

describe.skipIf(skip).each(worlds)("Kubernetes 1.$minor", ({ minor, rounds, reviews, writes }) => {
  let plane: ControlPlane;
  let client: RawClient;

  beforeAll(async () => {
    plane = await controlPlane({
      components: "api",
      apiServerFlags: [
        // The log of tens of thousands of reviews is of no use here.
        "--audit-log-path=",
        ...(minor === 37 ? [] : [`--emulated-version=1.${minor}`]),
      ],
    });
    client = rawClient(plane);
    for (const name of namespaces)
      await client.send({ method: "POST", path: "/api/v1/namespaces", body: { metadata: { name } } });
    await create(client, {
      apiVersion: API,
      kind: "ClusterRole",
      metadata: { name: "writers" },
      rules: [
        {
          apiGroups: ["rbac.authorization.k8s.io"],
          resources: ["roles", "rolebindings", "clusterroles", "clusterrolebindings"],
          verbs: ["create", "update", "patch"],
        },
      ],
    });
    await create(client, {
      apiVersion: API,
      kind: "ClusterRoleBinding",
      metadata: { name: "writers" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "writers" },
      subjects: [{ kind: "Group", name: WRITERS }],
    });
  });

  afterAll(async () => {
    client?.close();
    await plane?.stop();
  });

  test("every review and every write of roles and bindings is answered as the server answers", async () => {
    const d = dice(1000 + minor);
    let asked = 0;
    let yes = 0;
    let tried = 0;
    let written = 0;
    for (let round = 0; round < rounds; round++) {
      await grow(plane, client, d, round);
      const rbac = await liveRbac(client, minor);
      const near = rbac.bindings.flatMap((binding) => {
        const role = rbac.roleOf(binding);
        return role === undefined || !/^b\d/.test(binding.name)
          ? []
          : role.written.map((rule) => ({ rule, binding }));
      });
      const questions = Array.from({ length: reviews }, () => {
        if (near.length === 0 || d.chance(0.4)) return { who: randomWho(d), request: randomRequest(d) };
        const { rule, binding } = d.one(near);
        return nearRequest(d, rule, binding);
      });
      const answers = await client.all(
        questions.map(({ who, request }) => ({
          method: "POST",
          path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
          body: reviewOf(who, request),
        })),
      );
      const wrong = questions.flatMap(({ who, request }, index): readonly object[] => {
        const { status, body } = answers[index]!;
        if (status !== 201) return [{ who, request, status, body }];
        const server = (body["status"] as { allowed?: boolean }).allowed === true;
        asked++;
        if (server) yes++;
        const ours = isAllowed(rbac, raw(who), request);
        return server === ours ? [] : [{ who, request, server, ours }];
      });
      expect(wrong.slice(0, 3)).toEqual([]);

      const attempts = Array.from({ length: writes }, () => randomWrite(d, rbac));
      const results = await client.all(attempts.map(({ request }) => request));
      const differing = attempts.flatMap(({ request, expected }, index) => {
        const { status, body } = results[index]!;
        tried++;
        if (status < 300) written++;
        return (status < 300 ? "yes" : String(status)) === expected
          ? []
          : [{ request, expected, status, message: body["message"] }];
      });
      expect(differing.slice(0, 3)).toEqual([]);
    }
    // What is asked must be worth asking: neither all yes nor all no.
    expect(asked).toBe(rounds * reviews);
    expect(tried).toBe(rounds * writes);
    expect(yes / asked).toBeGreaterThan(0.05);
    expect(yes / asked).toBeLessThan(0.95);
    expect(written / tried).toBeGreaterThan(0.05);
    expect(written / tried).toBeLessThan(0.95);
  }, 600_000);
});

/** Who a review asks about: exactly these groups, none added. */
function raw(who: { readonly user: string; readonly groups: readonly string[] }): Identity {
  return { text: "", kind: "user", user: who.user, groups: who.groups };
}

async function create(client: RawClient, object: JsonObject): Promise<boolean> {
  const { status, body } = await client.send({ method: "POST", path: collectionOf(object), body: object });
  if (status !== 201 && status !== 422) throw new Error(`${status} ${JSON.stringify(body)}`);
  return status === 201;
}

/** More roles and bindings; what the server's validation refuses is left out. Waits until the authorizer has seen them. */
async function grow(plane: ControlPlane, client: RawClient, d: Dice, round: number): Promise<void> {
  const roles = Array.from({ length: 14 }, (_, index) => randomRole(d, `r${round}-${index}`));
  const bindings = Array.from({ length: 10 }, (_, index) => randomBinding(d, `b${round}-${index}`, roles));
  for (const object of [...roles, ...bindings]) await create(client, object);
  // One more of each kind: when the authorizer knows these, it knows those before.
  const mark = `mark-${round}`;
  const rules = [{ apiGroups: ["mark"], resources: [mark], verbs: ["see"] }];
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", name: mark };
  const subjects = [{ kind: "User", name: "mark" }];
  for (const [kind, namespace] of [
    ["ClusterRole", undefined],
    ["Role", "n1"],
  ] as const) {
    const metadata = { name: mark, ...(namespace === undefined ? {} : { namespace }) };
    await create(client, { apiVersion: API, kind, metadata, rules });
    await create(client, {
      apiVersion: API,
      kind: `${kind}Binding`,
      metadata,
      roleRef: { ...roleRef, kind },
      subjects: namespace === undefined ? subjects : [{ kind: "User", name: "mark-n1" }],
    });
  }
  for (const [user, namespace] of [
    ["mark", ""],
    ["mark-n1", "n1"],
  ] as const) {
    await untilAllowed(plane, user, { verb: "see", group: "mark", resource: mark, namespace });
  }
}

async function liveRbac(client: RawClient, minor: number): Promise<Rbac> {
  const objects: JsonObject[] = [];
  for (const [plural, kind] of [
    ["clusterroles", "ClusterRole"],
    ["clusterrolebindings", "ClusterRoleBinding"],
    ["roles", "Role"],
    ["rolebindings", "RoleBinding"],
  ] as const) {
    const { body } = await client.send({ method: "GET", path: `/apis/${API}/${plural}` });
    for (const item of (body as { items: JsonObject[] }).items)
      objects.push({ apiVersion: API, kind, ...item });
  }
  return buildRbac(rbacInputs(objects), { minor, builtin: false, aggregation: "stored" });
}

/** A dry run of a write of a role or binding by somebody who may write them, and what we say the answer is. */
function randomWrite(d: Dice, rbac: Rbac): { readonly request: RawRequest; readonly expected: string } {
  const who = randomWho(d);
  const user = who.user === "" ? "u1" : who.user;
  const groups = [...who.groups.filter((group) => group !== "system:unauthenticated"), WRITERS];
  // The server adds this group to whoever is impersonated.
  const identity: Identity = { text: "", kind: "user", user, groups: [...groups, "system:authenticated"] };
  const as = { user, groups };
  const isRole = d.chance(0.5);
  const namespaced = d.chance(0.5);
  const namespace = namespaced ? d.one(namespaces) : "";
  const existing = [...(isRole ? rbac.roles.values() : rbac.bindings)].filter(
    (one) => one.namespace === namespace && /^[rb]\d/.test(one.name),
  );
  const how = existing.length === 0 ? d.one(["post", "apply"]) : d.one(["post", "apply", "put"]);
  const old = how === "put" ? d.one(existing) : undefined;
  const name = old?.name ?? d.one(["a", "b", "a.b"]);
  const live = old?.input?.object;
  const metadata =
    live === undefined ? { name, ...(namespaced ? { namespace } : {}) } : (live["metadata"] as JsonObject);
  const allowedTo = (verb: string, at: string): boolean =>
    isAllowed(rbac, identity, {
      kind: "resource",
      verb,
      group: "rbac.authorization.k8s.io",
      resource: isRole
        ? namespaced
          ? "roles"
          : "clusterroles"
        : namespaced
          ? "rolebindings"
          : "clusterrolebindings",
      subresource: "",
      namespace,
      name: at,
    });
  const authorized =
    how === "post"
      ? allowedTo("create", "")
      : how === "put"
        ? allowedTo("update", name)
        : allowedTo("patch", name) && allowedTo("create", name);
  let object: JsonObject;
  let expected: string;
  if (isRole) {
    const same = live !== undefined && d.chance(0.15);
    const held = roleRules(d, rbac, namespaced);
    const rules: readonly Json[] = same ? ((live["rules"] as Json[] | undefined) ?? []) : held;
    const aggregated = !namespaced && d.chance(0.1);
    object = {
      apiVersion: API,
      kind: namespaced ? "Role" : "ClusterRole",
      metadata: same ? { ...metadata, finalizers: ["example.org/wait"] } : metadata,
      rules,
      ...(aggregated
        ? { aggregationRule: { clusterRoleSelectors: [{ matchLabels: randomLabels(d) }] } }
        : {}),
    };
    const oldAggregated = old !== undefined && "selectors" in old && old.selectors !== undefined;
    const answer = mayWriteRole(rbac, identity, {
      kind: namespaced ? "Role" : "ClusterRole",
      namespace,
      requestName: how === "post" ? "" : name,
      rules: rules.map((rule) => readRule(rule)!),
      aggregated: aggregated || oldAggregated,
      // Drawn to be so, or because the rules of this very role were drawn.
      unchanged: live !== undefined && !aggregated && !oldAggregated && sameRules(live["rules"], rules),
    });
    expected = authorized && answer.allowed ? "yes" : "403";
  } else {
    const roles = [...rbac.roles.values()];
    const candidates = roles.filter((role) => role.namespace === "" || role.namespace === namespace);
    const role = d.one(candidates);
    const bound = old !== undefined && "roleRef" in old ? old.roleRef : undefined;
    const roleRef =
      bound ??
      (d.chance(0.1) ? { kind: "ClusterRole", name: "absent" } : { kind: role.kind, name: role.name });
    object = {
      apiVersion: API,
      kind: namespaced ? "RoleBinding" : "ClusterRoleBinding",
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", ...roleRef },
      subjects: [randomSubject(d, namespaced), { kind: "User", name: "new" }],
    };
    const answer = mayBind(rbac, identity, { namespace, roleRef });
    expected = !authorized
      ? "403"
      : answer.allowed
        ? "yes"
        : answer.because === "role-missing"
          ? "404"
          : "403";
  }
  const base = collectionOf(object);
  if (how === "post")
    return { request: { method: "POST", path: `${base}?dryRun=All`, body: object, as }, expected };
  if (how === "put")
    return { request: { method: "PUT", path: `${base}/${name}?dryRun=All`, body: object, as }, expected };
  return {
    request: {
      method: "PATCH",
      path: `${base}/${name}?dryRun=All&fieldManager=test&force=true`,
      contentType: "application/apply-patch+yaml",
      body: object,
      as,
    },
    expected,
  };
}

function sameRules(live: Json | undefined, sent: readonly Json[]): boolean {
  const text = (rules: readonly Json[]): string => JSON.stringify(rules.map((rule) => readRule(rule)));
  return text((live as readonly Json[] | undefined) ?? []) === text(sent);
}

/** Rules near to what somebody holds: those of existing roles, narrowed or as they are, and random ones. */
function roleRules(d: Dice, rbac: Rbac, namespaced: boolean): readonly Json[] {
  const random = (): readonly Json[] => randomRules(d, namespaced);
  if (d.chance(0.3)) return random();
  const roles = [...rbac.roles.values()].filter(
    ({ name, written }) => /^r\d/.test(name) && written.length > 0,
  );
  if (roles.length === 0) return random();
  const picked = d.one(d.one(roles).written);
  const rule = {
    verbs: d.chance(0.5) ? d.some(picked.verbs, 1) : picked.verbs,
    apiGroups: picked.apiGroups,
    resources: picked.resources,
    ...(picked.resourceNames.length > 0
      ? { resourceNames: picked.resourceNames }
      : d.chance(0.3) && picked.resources.length > 0
        ? { resourceNames: ["a"] }
        : {}),
    ...(picked.nonResourceURLs.length > 0 ? { nonResourceURLs: picked.nonResourceURLs } : {}),
  };
  if (namespaced && picked.nonResourceURLs.length > 0) return random();
  return [rule];
}
