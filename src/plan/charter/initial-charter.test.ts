import { describe, expect, it } from "vitest";
import type { WorkloadIntent } from "../../authoring/intent/intent.ts";
import { buildPlan, filesOf } from "../build-plan.ts";
import {
  application,
  inputFor,
  inputForApplication,
  publicKey,
  stateAfter,
  workload,
} from "../testing/fixtures.ts";
import { undoRequest } from "../undo.ts";
import { initialCharter } from "./initial-charter.ts";
import { parseCharter } from "./parse-charter.ts";

const owner = { principal: "owner@example.org", key: `${publicKey(3)} owner@host\n` };
const target = { name: "gitops", url: "/srv/gitops", branches: ["main"], folders: ["apps/shop"] };
const place = { file: "compose.yaml", line: 1, column: 1 };

const charter = parseCharter(
  initialCharter({ name: "first", owner, target, namespaces: ["shop"], reconciler: "none" }),
  "charter.yaml",
);

/** What authoring makes by default: every kind of workload, a volume, a configuration, a Secret by name, published ports. */
const intent = application(
  [
    workload("web", {
      replicas: 2,
      ports: [{ port: 8080, protocol: "TCP", published: true, place }],
      env: [{ name: "P", secret: "db", key: "password" }],
      mounts: [{ kind: "config", config: "web", key: "a.conf", path: "/etc/a.conf" }],
      autoscale: { min: 2, max: 4, cpuPercent: 80 },
    }),
    workload("db", {
      controller: "StatefulSet",
      ports: [{ port: 5432, protocol: "TCP", published: false, place }],
      mounts: [{ kind: "claim", volume: "data", path: "/data", readOnly: false }],
    }),
    workload("agent", { mode: "global" }),
    workload("once", { mode: "job", restart: "never" }),
    workload("nightly", { mode: "cron", schedule: "0 3 * * *", restart: "on-failure" }),
  ],
  {
    configs: [{ name: "web", data: { "a.conf": "x" } }],
    secrets: [{ name: "db", keys: [{ key: "password", reason: "env_file .env", place }] }],
    volumes: [{ name: "data", labels: {}, place }],
    connections: [{ from: "web", to: "db", ports: [], reason: "depends_on", place }],
  },
);

describe("initialCharter", () => {
  it("loads, with the target, the namespaces and the owner as approver", () => {
    expect(charter.metadata).toEqual({ name: "first", serial: 1 });
    expect(charter.spec.namespaces).toEqual(["shop"]);
    expect(charter.spec.approvals).toEqual({
      required: 1,
      approvers: [{ principal: "owner@example.org", key: publicKey(3) }],
      maxValiditySeconds: 14400,
      softwareKeysFor: [],
    });
    const bare = parseCharter(initialCharter({ name: "a", owner, namespaces: [] }), "c");
    expect(bare.spec.targets).toEqual([]);
    const demo = parseCharter(
      initialCharter({ name: "a", owner, target, namespaces: ["x"], softwareKeys: true }),
      "c",
    );
    expect(demo.spec.approvals.softwareKeysFor).toEqual(["gitops"]);
  });

  it("takes names that YAML would read as something else", () => {
    const odd = initialCharter({
      name: "a",
      owner: { ...owner, principal: "123" },
      target: { ...target, branches: ["yes", "1.0"], folders: ["null"] },
      namespaces: ["on", "0x1"],
    });
    expect(parseCharter(odd, "c").spec.namespaces).toEqual(["on", "0x1"]);
  });

  it("K7 allows with approval what authoring makes by default", () => {
    const plan = buildPlan(inputForApplication(intent, { charter }));
    expect(plan.verdict.reasons.filter((reason) => reason.decision === "denied")).toEqual([]);
    expect(plan.verdict.decision).toBe("needs-approval");
    expect(plan.verdict.approvals).toEqual({ required: 1, approvers: ["owner@example.org"], presence: true });
  });

  it("K12 allows with approval to undo it, and the folder is then as it was", () => {
    const input = inputForApplication(intent, { charter });
    const plan = buildPlan(input);
    const state = stateAfter(input.state, filesOf(plan, input.state));
    const undo = buildPlan({ ...input, ...undoRequest(plan, input.state), state });
    expect(undo.verdict.reasons.filter((reason) => reason.decision === "denied")).toEqual([]);
    expect(undo.request.undoes).toBe(plan.digest);
    expect(stateAfter(state, filesOf(undo, state)).files).toEqual([]);
  });

  it("K8 takes a repository for one that a pruning controller follows until its owner says otherwise", () => {
    const careful = parseCharter(initialCharter({ name: "a", owner, target, namespaces: ["shop"] }), "c");
    expect(careful.spec.targets[0]).toMatchObject({ git: { reconciler: "pruning", substitutes: true } });
    const input = inputForApplication(intent, { charter: careful });
    const plan = buildPlan(input);
    const state = stateAfter(input.state, filesOf(plan, input.state));
    const undo = buildPlan({ ...input, ...undoRequest(plan, input.state), state });
    expect(undo.verdict.decision).toBe("denied");
    expect(
      new Set(undo.verdict.reasons.filter(({ decision }) => decision === "denied").map(({ rule }) => rule)),
    ).toEqual(new Set(["charter/deletion"]));
  });

  it.each<readonly [string, Partial<WorkloadIntent>, string]>([
    ["a privileged container", { privileged: true }, "charter/pod-security"],
    ["the node's network", { hostNetwork: true }, "charter/pod-security"],
    [
      "a path of the node",
      { mounts: [{ kind: "host", hostPath: "/var/run", path: "/x", readOnly: false }] },
      "charter/widening/hostpath",
    ],
    ["another ServiceAccount", { serviceAccount: "admin" }, "charter/widening/service-account-use"],
    ["credentials of a registry", { imagePullSecrets: ["hub"] }, "charter/widening/image-pull-secret"],
  ])("K7 denies %s", (_name, more, rule) => {
    const plan = buildPlan(inputForApplication(application([workload("web", more)]), { charter }));
    expect(plan.verdict.decision).toBe("denied");
    expect(
      plan.verdict.reasons.filter((reason) => reason.decision === "denied").map((reason) => reason.rule),
    ).toContain(rule);
  });

  it.each([
    ["rbac.authorization.k8s.io/v1", "RoleBinding"],
    ["v1", "Secret"],
    ["v1", "Pod"],
    ["networking.k8s.io/v1", "Ingress"],
    ["argoproj.io/v1alpha1", "Application"],
  ])("K7 denies the kind %s %s", (apiVersion, kind) => {
    const plan = buildPlan(
      inputFor([{ apiVersion, kind, metadata: { name: "x", namespace: "shop" } }], { charter }),
    );
    expect(
      plan.verdict.reasons.filter((reason) => reason.decision === "denied").map((reason) => reason.rule),
    ).toContain("charter/kind");
  });
});
