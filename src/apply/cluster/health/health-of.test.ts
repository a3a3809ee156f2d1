import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { goModule } from "../../../../test/support/go-module.ts";
import { leftOut } from "../../../../test/support/suites.ts";
import type { JsonObject } from "../../../kube/json.ts";
import { healthOf } from "./health-of.ts";

const now = Date.parse("2026-03-01T12:00:00Z");
const folder = goModule("sigs.k8s.io/cli-utils", "v0.37.2");

/** Where ours says another thing than kstatus, and why (apply facts 3.18–3.23). */
const stricter: Readonly<Record<string, string>> = {
  podCompletedFailed: "failed",
  jobNoStatus: "progressing",
  jobInProgress: "progressing",
  serviceLBok: "progressing",
};

interface UpstreamCase {
  readonly name: string;
  readonly object: JsonObject;
  readonly status: string;
}

/** The cases of status_compute_test.go: constants of YAML (some with a key twice), and tables that name them. */
function upstreamCases(path: string): readonly UpstreamCase[] {
  const text = readFileSync(path, "utf8");
  const objects = new Map(
    [...text.matchAll(/^var (\w+) = `([^`]*)`/gm)].map(([, name = "", yaml = ""]) => [name, yaml]),
  );
  return [
    ...text.matchAll(
      /"(\w+)": \{\s+spec:\s+(?:fmt\.Sprintf\()?(\w+)(?:, [^\n]*)?,\s+expectedStatus:\s+(\w+)Status,/g,
    ),
  ].map(([, name = "", variable = "", status = ""]) => {
    const yaml = (objects.get(variable) ?? "").replace("%s", `"${new Date(now - 1000).toISOString()}"`);
    return { name, object: load(yaml, { json: true }) as JsonObject, status };
  });
}

const same: Readonly<Record<string, readonly string[]>> = {
  InProgress: ["progressing"],
  Failed: ["failed"],
  Current: ["healthy", "assumed"],
  Terminating: ["terminating"],
};

describe.skipIf(folder === undefined && leftOut("kstatus' own cases", "the Go module sigs.k8s.io/cli-utils"))(
  "the cases of kstatus",
  () => {
    const cases =
      folder === undefined ? [] : upstreamCases(join(folder, "pkg/kstatus/status/status_compute_test.go"));
    it("are all read", () => {
      const text = readFileSync(join(folder ?? "", "pkg/kstatus/status/status_compute_test.go"), "utf8");
      expect(cases.length).toBe(text.match(/expectedStatus:/g)?.length);
      const names = cases.map(({ name }) => name);
      for (const name of Object.keys(stricter)) expect(names).toContain(name);
    });
    it.each(cases.map((each) => [each.name, each] as const))("%s", (name, { object, status }) => {
      const expected = Object.hasOwn(stricter, name) ? [stricter[name]] : same[status];
      const { state, message } = healthOf(object, now);
      expect(expected, `${name}: ${state}: ${message}`).toContain(state);
    });
  },
);

const base = (apiVersion: string, kind: string, rest: JsonObject = {}): JsonObject => ({
  apiVersion,
  kind,
  metadata: { name: "x", namespace: "shop", generation: 2 },
  ...rest,
});
const condition = (type: string, status: string, reason = ""): JsonObject => ({ type, status, reason });

describe("where kstatus says current too early", () => {
  it.each([
    [
      "pitfall 18: a Job that runs",
      base("batch/v1", "Job", { status: { active: 1, startTime: "2026-03-01T11:00:00Z" } }),
      "progressing: 0 of 1 completions",
    ],
    [
      "pitfall 18: a Job that is complete",
      base("batch/v1", "Job", { status: { conditions: [condition("Complete", "True")] } }),
      "healthy: complete",
    ],
    [
      "pitfall 18: a Job that has failed",
      base("batch/v1", "Job", {
        status: { conditions: [condition("Failed", "True", "BackoffLimitExceeded")] },
      }),
      "failed: failed (BackoffLimitExceeded)",
    ],
    [
      "pitfall 18: a Job that is suspended",
      base("batch/v1", "Job", { status: { conditions: [condition("Suspended", "True")] } }),
      "healthy: suspended, as it wants",
    ],
    [
      "pitfall 19: a Pod that has failed",
      base("v1", "Pod", { status: { phase: "Failed" } }),
      "failed: failed",
    ],
    [
      "a Pod that cannot pull its image",
      base("v1", "Pod", {
        status: {
          phase: "Pending",
          containerStatuses: [{ name: "c", state: { waiting: { reason: "ImagePullBackOff" } } }],
        },
      }),
      "progressing: a container waits: ImagePullBackOff",
    ],
    [
      "an init container that crashes",
      base("v1", "Pod", {
        status: {
          phase: "Pending",
          initContainerStatuses: [{ name: "c", state: { waiting: { reason: "CrashLoopBackOff" } } }],
        },
      }),
      "failed: a container waits: CrashLoopBackOff",
    ],
    [
      "pitfall 20: a budget that nobody has looked at",
      base("policy/v1", "PodDisruptionBudget"),
      "progressing: its controller has not looked at it yet",
    ],
    [
      "pitfall 20: a budget that was looked at before it changed",
      base("policy/v1", "PodDisruptionBudget", { status: { observedGeneration: 1 } }),
      "progressing: its controller has seen generation 1 of 2",
    ],
    [
      "pitfall 20: a budget that is computed",
      base("policy/v1", "PodDisruptionBudget", { status: { observedGeneration: 2, disruptionsAllowed: 1 } }),
      "healthy: 1 disruptions allowed",
    ],
    [
      "pitfall 21: a load balancer without an address",
      base("v1", "Service", {
        spec: { type: "LoadBalancer", clusterIP: "10.0.0.1" },
        status: { loadBalancer: {} },
      }),
      "progressing: the load balancer has no address yet",
    ],
    [
      "pitfall 21: a load balancer with one",
      base("v1", "Service", {
        spec: { type: "LoadBalancer" },
        status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } },
      }),
      "healthy: the load balancer has an address",
    ],
    [
      "a Deployment that nobody has looked at",
      base("apps/v1", "Deployment"),
      "progressing: its controller has not looked at it yet",
    ],
    [
      "a Deployment whose pods are refused",
      base("apps/v1", "Deployment", {
        spec: { replicas: 2 },
        status: { observedGeneration: 2, conditions: [condition("ReplicaFailure", "True", "FailedCreate")] },
      }),
      "progressing: replicas, pods cannot be made (FailedCreate): 0 of 2",
    ],
    [
      "pitfall 22: a Deployment whose deadline has passed",
      base("apps/v1", "Deployment", {
        status: {
          observedGeneration: 2,
          conditions: [condition("Progressing", "False", "ProgressDeadlineExceeded")],
        },
      }),
      "failed: its progress deadline has passed",
    ],
    [
      "pitfall 23: Ready of another generation",
      base("example.org/v1", "Widget", {
        status: { observedGeneration: 1, conditions: [condition("Ready", "True")] },
      }),
      "progressing: its controller has seen generation 1 of 2",
    ],
    [
      "pitfall 23: a kind that says nothing",
      base("example.org/v1", "Widget"),
      "assumed: its kind says nothing about its health: it is there",
    ],
    [
      "a lost claim",
      base("v1", "PersistentVolumeClaim", { status: { phase: "Lost" } }),
      "failed: its volume is lost",
    ],
    [
      "an APIService that is not available",
      base("apiregistration.k8s.io/v1", "APIService", {
        status: { conditions: [condition("Available", "False", "MissingEndpoints")] },
      }),
      "progressing: not available (MissingEndpoints)",
    ],
    [
      "what is being deleted",
      { ...base("v1", "ConfigMap"), metadata: { name: "x", deletionTimestamp: "2026-03-01T11:00:00Z" } },
      "terminating: it is being deleted",
    ],
  ] as const)("%s", (_, object, expected) => {
    const { state, message } = healthOf(object, now);
    expect(`${state}: ${message}`).toBe(expected);
  });

  it("pitfall 22: a Pod that fits on no node has fifteen seconds", () => {
    const at = (seconds: number): string =>
      healthOf(
        base("v1", "Pod", {
          status: {
            phase: "Pending",
            conditions: [
              {
                ...condition("PodScheduled", "False", "Unschedulable"),
                lastTransitionTime: new Date(now - seconds * 1000).toISOString(),
              },
            ],
          },
        }),
        now,
      ).state;
    expect([at(1), at(15), at(16)]).toEqual(["progressing", "progressing", "failed"]);
  });

  it("K17 takes no word of a controller over that is not a reason", () => {
    const object = base("example.org/v1", "Widget", {
      status: { conditions: [{ ...condition("Ready", "False", "password is hunter2"), message: "hunter2" }] },
    });
    expect(healthOf(object, now)).toEqual({ state: "progressing", message: "not ready" });
  });
});
