import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildRbac, rbacInputs, rulesOf } from "../../src/analysis/rbac/evaluate/rbac.ts";
import { covers } from "../../src/analysis/rbac/evaluate/covers.ts";
import { roleKey } from "../../src/analysis/rbac/model/role.ts";
import { readRule } from "../../src/analysis/rbac/model/policy-rule.ts";
import type { Json, JsonObject } from "../../src/kube/json.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { dice, randomRules } from "../support/rbac/random-rbac.ts";
import { type RawClient, rawClient } from "../support/rbac/raw-client.ts";
import { deep, leftOut } from "../support/suites.ts";
import { until } from "../support/until.ts";

const skip =
  controlPlaneMissing !== undefined &&
  leftOut("aggregation against the real controller", controlPlaneMissing);

const API = "rbac.authorization.k8s.io/v1";
const path = `/apis/${API}/clusterroles`;

function role(
  name: string,
  labels: JsonObject,
  rules: readonly Json[],
  selectors?: readonly Json[],
): JsonObject {
  return {
    apiVersion: API,
    kind: "ClusterRole",
    metadata: { name, labels },
    rules,
    ...(selectors === undefined ? {} : { aggregationRule: { clusterRoleSelectors: selectors } }),
  };
}

const pods = { apiGroups: [""], resources: ["pods"], verbs: ["get"] };
const nodes = { apiGroups: [""], resources: ["nodes"], verbs: ["get"] };

describe.skipIf(skip)("aggregated ClusterRoles", () => {
  let plane: ControlPlane;
  let client: RawClient;
  beforeAll(async () => {
    plane = await controlPlane({ components: "all" });
    client = rawClient(plane);
  });
  afterAll(async () => {
    client?.close();
    await plane?.stop();
  });

  const live = async (): Promise<ReadonlyMap<string, readonly Json[]>> => {
    const { body } = await client.send({ method: "GET", path });
    return new Map(
      (body as unknown as { items: { metadata: { name: string }; rules?: Json[] | null }[] }).items.map(
        ({ metadata, rules }) => [metadata.name, rules ?? []],
      ),
    );
  };

  const ours = (objects: readonly JsonObject[]): ReturnType<typeof buildRbac> =>
    buildRbac(rbacInputs(objects), { minor: 37, builtin: true });

  const sameRules = (
    computed: ReturnType<typeof buildRbac>,
    name: string,
    stored: readonly Json[],
  ): boolean => {
    const mine = rulesOf(computed, computed.roles.get(roleKey("", name))!);
    const theirs = stored.map((rule) => readRule(rule)!);
    return covers(mine, theirs).covered && covers(theirs, mine).covered;
  };

  /** Waits until these roles are as we compute them, which is what is tested, and gives all. */
  const settled = async (
    computed: ReturnType<typeof buildRbac>,
    names: readonly string[],
  ): Promise<ReadonlyMap<string, readonly Json[]>> => {
    let wrong = names;
    return until(
      () => `the roles are as we compute them (not: ${wrong.join(", ")})`,
      async () => {
        const stored = await live();
        wrong = names.filter((name) => !sameRules(computed, name, stored.get(name) ?? []));
        return wrong.length === 0 && stored;
      },
    );
  };

  test("have what we compute, whatever gathers whatever, and keep written rules only when nothing is gathered", async () => {
    const objects = [
      role("leaf", { t1: "x" }, [pods]),
      role("middle", { t2: "x" }, [], [{ matchLabels: { t1: "x" } }]),
      role(
        "top",
        {},
        [nodes],
        [{ matchLabels: { t2: "x" } }, { matchExpressions: [{ key: "t3", operator: "Exists" }] }],
      ),
      role("nothing-gathered", {}, [nodes], [{ matchLabels: { nobody: "has" } }]),
      role("itself", { t4: "x" }, [pods], [{ matchLabels: { t4: "x" } }]),
      role("into-view", { "rbac.authorization.k8s.io/aggregate-to-view": "true" }, [nodes]),
    ];
    for (const body of objects) expect((await client.send({ method: "POST", path, body })).status).toBe(201);
    const computed = ours(objects);
    const names = ["middle", "top", "nothing-gathered", "itself", "view", "edit", "admin"];
    const stored = await settled(computed, names);
    // Written rules over which nothing is gathered stay: the controller applies no rules field then.
    expect(stored.get("nothing-gathered")).toEqual([nodes]);
    expect(stored.get("top")).toEqual([pods]);
  }, 60_000);

  test("in a cycle have no more than we compute", async () => {
    const objects = [
      role("cycle-a", { c1: "x" }, [pods], [{ matchLabels: { c2: "x" } }]),
      role("cycle-b", { c2: "x" }, [nodes], [{ matchLabels: { c1: "x" } }]),
    ];
    for (const body of objects) expect((await client.send({ method: "POST", path, body })).status).toBe(201);
    const computed = ours(objects);
    const within = (stored: ReadonlyMap<string, readonly Json[]>): readonly boolean[] =>
      ["cycle-a", "cycle-b"].map((name) => {
        const mine = rulesOf(computed, computed.roles.get(roleKey("", name))!);
        const theirs = (stored.get(name) ?? []).map((rule) => readRule(rule)!);
        return covers(mine, theirs).covered;
      });
    // Rules go round: whenever one looks, they are among those that we count.
    for (let look = 0; look < 10; look++) {
      expect(within(await live())).toEqual([true, true]);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }, 60_000);

  test("drawn at random", async () => {
    const d = dice(7);
    const objects: JsonObject[] = [];
    for (let index = 0; index < (deep ? 200 : 40); index++) {
      // Labels point forward, so that nothing gathers itself: cycles depend on who came first.
      const layer = index % 4;
      const labels = d.chance(0.7) ? { [`l${layer}`]: d.one(["a", "b"]) } : {};
      const selectors = [
        { matchLabels: { [`l${layer - 1}`]: d.one(["a", "b"]) } },
        { matchExpressions: [{ key: `l${layer - 1}`, operator: "In", values: d.some(["a", "b", "c"], 2) }] },
        {
          matchExpressions: [
            { key: "l0", operator: "Exists" },
            { key: "l1", operator: "DoesNotExist" },
          ],
        },
      ];
      const gathers = layer > 0 && d.chance(0.6) ? d.some(selectors, 2) : undefined;
      objects.push(role(`r${index}`, labels, gathers === undefined ? randomRules(d, false) : [], gathers));
    }
    const kept: JsonObject[] = [];
    for (const body of objects) {
      const { status } = await client.send({ method: "POST", path, body });
      if (status === 201) kept.push(body);
    }
    const computed = ours(kept);
    const names = kept.map((object) => (object["metadata"] as { name: string }).name);
    await settled(computed, names);
    expect(names.length).toBeGreaterThan(30);
  }, 60_000);
});
