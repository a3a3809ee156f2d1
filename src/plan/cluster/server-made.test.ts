import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../kube/json.ts";
import { buildPlan } from "../build-plan.ts";
import type { FieldChange } from "../plan.ts";
import { clusterInput, clusterOf, observed } from "../testing/cluster-fixtures.ts";
import { deployment, macKey } from "../testing/fixtures.ts";
import { serverMade } from "./server-made.ts";

const web = deployment("web");
const spec = web["spec"] as JsonObject;
const template = spec["template"] as JsonObject;
const pods = template["spec"] as JsonObject;
const containers = pods["containers"] as readonly JsonObject[];

/** The Deployment as a server answers it: with its defaults, and what is changed of its Pods. */
function answered(change: JsonObject = {}, container: JsonObject = {}): JsonObject {
  return {
    ...web,
    spec: {
      ...spec,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
      template: {
        ...template,
        spec: {
          ...pods,
          dnsPolicy: "ClusterFirst",
          restartPolicy: "Always",
          schedulerName: "default-scheduler",
          terminationGracePeriodSeconds: 30,
          containers: containers.map((each) => ({
            ...each,
            imagePullPolicy: "IfNotPresent",
            terminationMessagePath: "/dev/termination-log",
            terminationMessagePolicy: "File",
            ...container,
          })),
          ...change,
        },
      },
    },
  };
}

const told = (changes: readonly FieldChange[]): readonly string[] =>
  changes.map(({ operation, path }) => `${operation} ${path}`);
const made = (result: JsonObject): readonly string[] => told(serverMade(web, result, macKey));

describe("K2 what a server makes of a creation", () => {
  it("is nothing where it sets its defaults", () => {
    expect(made(answered())).toEqual([]);
  });

  it.each<readonly [string, JsonObject, JsonObject, string]>([
    [
      "a container",
      { containers: [...containers, { name: "spy", image: "evil:1" }] },
      {},
      "add spec.template.spec.containers[name=spy]",
    ],
    ["another command", {}, { command: ["evil"] }, "add spec.template.spec.containers[name=web].command"],
    ["another image", {}, { image: "evil:1" }, "replace spec.template.spec.containers[name=web].image"],
    ["another default", { dnsPolicy: "Default" }, {}, "add spec.template.spec.dnsPolicy"],
    ["another account", { serviceAccount: "admin" }, {}, "add spec.template.spec.serviceAccount"],
    ["the node's network", { hostNetwork: true }, {}, "add spec.template.spec.hostNetwork"],
  ])("is told: %s", (_what, change, container, line) => {
    expect(made(answered(change, container))).toContain(line);
  });

  it("stands in the plan, and in that of a kind that nobody knows whatever it is", () => {
    const plan = (object: JsonObject, result: JsonObject): readonly string[] =>
      told(
        buildPlan(clusterInput([object], clusterOf([observed(object, null, result)]))).changes[0]?.diff ?? [],
      );
    const label = 'add metadata.labels["applyset.kubernetes.io/part-of"]';
    const others = (lines: readonly string[]): readonly string[] => lines.filter((line) => line !== label);
    expect(others(plan(web, answered({ hostPID: true })))).toContain("add spec.template.spec.hostPID");
    const widget = (more: JsonObject): JsonObject => ({
      apiVersion: "example.org/v1",
      kind: "Widget",
      metadata: { name: "w", namespace: "shop" },
      spec: { size: 1, ...more },
    });
    expect(plan(widget({}), widget({ restartPolicy: "Always" }))).toContain("add spec.restartPolicy");
  });
});
