import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../kube/json.ts";
import type { ReachabilityCeiling } from "../charter.ts";
import { reachabilityFacts } from "../facts/reachability.ts";
import { reachabilityReasons } from "./reachability-ceiling.ts";

function namespace(name: string): JsonObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

function workload(name: string, of = "shop"): JsonObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: of },
    spec: {
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "c", image: "c" }] } },
    },
  };
}

function policy(name: string, spec: JsonObject, of = "shop"): JsonObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name, namespace: of },
    spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"], ...spec },
  };
}

const deny = [policy("deny", {}), policy("deny", {}, "payments")];
const base = [
  namespace("shop"),
  namespace("payments"),
  workload("web"),
  workload("api"),
  workload("db", "payments"),
  ...deny,
];
const to = (ns: string, app: string): JsonObject => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": ns } },
  podSelector: { matchLabels: { app } },
});
const ports = [{ port: 5432 }];
const webToDb = [
  policy("web-out", {
    podSelector: { matchLabels: { app: "web" } },
    policyTypes: ["Egress"],
    egress: [{ to: [to("payments", "db")], ports }],
  }),
  policy(
    "db-in",
    {
      podSelector: { matchLabels: { app: "db" } },
      policyTypes: ["Ingress"],
      ingress: [{ from: [to("shop", "web")], ports }],
    },
    "payments",
  ),
];
const toInternet = [
  policy("out", {
    podSelector: { matchLabels: { app: "api" } },
    policyTypes: ["Egress"],
    egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/8" } }], ports: [{ port: 443 }] }],
  }),
];

function reasons(
  ceiling: ReachabilityCeiling,
  added: readonly JsonObject[],
  before = base,
): readonly string[] {
  const facts = reachabilityFacts({ before, after: [...before, ...added] });
  return reachabilityReasons(ceiling, facts).map(({ decision, message }) => `${decision}: ${message}`);
}

describe("K7 a ceiling on reachability", () => {
  test("K7 what the ceiling does not name is zero", () => {
    expect(reasons({}, webToDb).filter((reason) => reason.includes("opens shop/web -> payments/db"))).toEqual(
      ["denied: opens shop/web -> payments/db: TCP 5432: the charter lets no plan open flows"],
    );
    expect(reasons({ opened: "allow" }, toInternet)[0]).toBe(
      "denied: opens shop/api -> 10.0.0.0/8: TCP 443: the charter lets no plan open flows with addresses outside of the cluster",
    );
    expect(reasons({}, [])).toEqual([]);
  });

  test("K7 a forbidden pair is denied whatever else is allowed", () => {
    const wide: ReachabilityCeiling = { opened: "allow", internet: "allow" };
    expect(reasons({ ...wide, forbidden: [{ from: "shop/*", to: "payments/db" }] }, webToDb)[0]).toBe(
      "denied: opens shop/web -> payments/db: TCP 5432: the charter forbids shop/* -> payments/db",
    );
    expect(
      reasons({ ...wide, forbidden: [{ from: "shop/*", to: "10.1.0.0/16" }] }, toInternet).length,
    ).toBeGreaterThan(0);
    expect(reasons({ ...wide, forbidden: [{ from: "shop/*", to: "11.0.0.0/8" }] }, toInternet)).toEqual([]);
    expect(reasons({ ...wide, forbidden: [{ from: "other/*", to: "payments/db" }] }, webToDb)).toEqual([]);
  });

  test("K7 no flow may lead over the border of an isolated namespace", () => {
    const wide: ReachabilityCeiling = { opened: "allow", internet: "allow", isolated: ["payments"] };
    expect(reasons(wide, webToDb)[0]).toBe(
      "denied: opens shop/web -> payments/db: TCP 5432: the charter keeps namespace payments isolated",
    );
    const inside = policy(
      "in",
      { ingress: [{ from: [{ podSelector: {} }] }], egress: [{ to: [{ podSelector: {} }] }] },
      "payments",
    );
    expect(reasons(wide, [inside])).toEqual([]);
  });

  test("K7 pods that do not exist yet count: an open door nobody stands at is an opening", () => {
    const door = policy("door", {
      policyTypes: ["Ingress"],
      ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: "new" } } }] }],
    });
    const empty = [namespace("shop"), workload("web"), policy("deny", {})];
    expect(reasons({}, [door], empty)).toEqual([
      "denied: opens a new pod without labels in a new namespace with team=new -> shop/web: all: the charter lets no plan open flows",
    ]);
  });

  test("K7 approval asks for one, and what is not known as a whole is denied", () => {
    expect(reasons({ opened: "approval" }, webToDb)[0]).toBe(
      "needs-approval: opens shop/web -> payments/db: TCP 5432",
    );
    const mesh = {
      apiVersion: "security.istio.io/v1",
      kind: "AuthorizationPolicy",
      metadata: { name: "a", namespace: "shop" },
    };
    expect(reasons({ opened: "allow" }, [mesh])).toEqual([
      "denied: reachability is not known as a whole, so the charter's ceiling cannot be decided: AuthorizationPolicy.security.istio.io shop/a: authorization of the mesh is not modelled",
    ]);
  });

  test("K7 an edit of a namespace's labels is an opening like one of a policy", () => {
    const named = (labels: JsonObject): JsonObject => ({
      ...namespace("ops"),
      metadata: { name: "ops", labels },
    });
    const open = policy("team", {
      policyTypes: ["Ingress"],
      ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: "a" } } }] }],
    });
    const objects = [...base, workload("cron", "ops"), open];
    const facts = reachabilityFacts({
      before: [...objects, named({})],
      after: [...objects, named({ team: "a" })],
    });
    expect(facts.flows.filter(({ future }) => !future)).toEqual(
      [{ what: "opened", from: ["ops/*"], to: ["shop/*"], gained: "all", lost: "none", future: false }].map(
        (flow) => ({ ...flow, from: ["ops/cron"] }),
      ),
    );
  });
});
