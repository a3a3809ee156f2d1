import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../kube/json.ts";
import { readStdin } from "../../../kube/read-inputs.ts";
import { checkInputs } from "../reading/check-objects.ts";
import { allLifecycles, isServed, replacementOf } from "./lifecycle.ts";
import { type RewriteEdit, rewriteFor } from "./rewrite.ts";

type Own = { [key: string]: unknown };

/** The object with the edits made: values first, then what goes, the last first. */
function applied(object: JsonObject, edits: readonly RewriteEdit[]): JsonObject {
  const copy = structuredClone(object) as Own;
  const parent = (path: readonly (string | number)[]): Own =>
    path.slice(0, -1).reduce<Own>((at, step) => (at[step] ??= {}) as Own, copy);
  for (const edit of edits) {
    const last = String(edit.path.at(-1));
    if (edit.op === "set") parent(edit.path)[last] = structuredClone(edit.value);
  }
  for (const edit of edits) {
    const last = String(edit.path.at(-1));
    const at = parent(edit.path);
    if (edit.op === "rename") at[edit.key] = at[last];
    if (edit.op !== "set") Reflect.deleteProperty(at, last);
  }
  return copy as JsonObject;
}

const object = (text: string) => load(text) as JsonObject;
const rewritten = (text: string, minor = 37): JsonObject | undefined => {
  const before = object(text);
  const edits = rewriteFor(before, minor);
  return edits === undefined ? undefined : applied(before, edits);
};
const findings = (value: JsonObject) =>
  checkInputs([readStdin(new TextEncoder().encode(JSON.stringify(value)))], { minor: 37 })
    .filter(({ severity }) => severity !== "info")
    .map(({ code }) => code);

const template = "template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}";

const examples: Readonly<Record<string, readonly [string, string]>> = {
  "an Ingress with numbers and names of ports, and a default backend": [
    "{apiVersion: extensions/v1beta1, kind: Ingress, metadata: {name: a}, spec: {backend: {serviceName: d, servicePort: 80}, rules: [{host: a.example, http: {paths: [{path: /x, backend: {serviceName: s, servicePort: http}}, {path: /y, pathType: Prefix, backend: {serviceName: s, servicePort: 81}}]}}]}}",
    "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: a}, spec: {defaultBackend: {service: {name: d, port: {number: 80}}}, rules: [{host: a.example, http: {paths: [{path: /x, pathType: ImplementationSpecific, backend: {service: {name: s, port: {name: http}}}}, {path: /y, pathType: Prefix, backend: {service: {name: s, port: {number: 81}}}}]}}]}}",
  ],
  "an autoscaler with every source of metrics": [
    "{apiVersion: autoscaling/v2beta1, kind: HorizontalPodAutoscaler, metadata: {name: a}, spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: b}, metrics: [{type: Resource, resource: {name: cpu, targetAverageUtilization: 50}}, {type: Pods, pods: {metricName: m, targetAverageValue: 5}}, {type: Object, object: {metricName: m, target: {apiVersion: v1, kind: Service, name: s}, targetValue: 7}}, {type: External, external: {metricName: m, metricSelector: {matchLabels: {x: y}}, targetAverageValue: 9}}, {type: ContainerResource, containerResource: {name: memory, container: c, targetAverageValue: 1Gi}}]}}",
    "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: a}, spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: b}, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}, {type: Pods, pods: {metric: {name: m}, target: {type: AverageValue, averageValue: 5}}}, {type: Object, object: {metric: {name: m}, describedObject: {apiVersion: v1, kind: Service, name: s}, target: {type: Value, value: 7}}}, {type: External, external: {metric: {name: m, selector: {matchLabels: {x: y}}}, target: {type: AverageValue, averageValue: 9}}}, {type: ContainerResource, containerResource: {name: memory, container: c, target: {type: AverageValue, averageValue: 1Gi}}}]}}",
  ],
  "an autoscaler of v2beta2, by its version alone": [
    "{apiVersion: autoscaling/v2beta2, kind: HorizontalPodAutoscaler, metadata: {name: a}, spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: b}, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]}}",
    "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: a}, spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: b}, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]}}",
  ],
  "a CronJob, by its version alone": [
    `{apiVersion: batch/v1beta1, kind: CronJob, metadata: {name: a}, spec: {schedule: "0 * * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}}}}`,
    `{apiVersion: batch/v1, kind: CronJob, metadata: {name: a}, spec: {schedule: "0 * * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}}}}`,
  ],
  "a budget with a selector": [
    "{apiVersion: policy/v1beta1, kind: PodDisruptionBudget, metadata: {name: a}, spec: {minAvailable: 1, selector: {matchLabels: {a: b}}}}",
    "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: a}, spec: {minAvailable: 1, selector: {matchLabels: {a: b}}}}",
  ],
  "a Deployment that took its selector from the template, and rolled one by one": [
    `{apiVersion: extensions/v1beta1, kind: Deployment, metadata: {name: a}, spec: {rollbackTo: {revision: 1}, ${template}}}`,
    `{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {selector: {matchLabels: {a: b}}, strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 1}}, ${template}}}`,
  ],
  "a DaemonSet that was replaced on deletion alone": [
    `{apiVersion: extensions/v1beta1, kind: DaemonSet, metadata: {name: a}, spec: {templateGeneration: 2, selector: {matchLabels: {a: b}}, ${template}}}`,
    `{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: a}, spec: {selector: {matchLabels: {a: b}}, updateStrategy: {type: OnDelete}, ${template}}}`,
  ],
  "a NetworkPolicy of extensions": [
    "{apiVersion: extensions/v1beta1, kind: NetworkPolicy, metadata: {name: a}, spec: {podSelector: {}}}",
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: a}, spec: {podSelector: {}}}",
  ],
  "a slice whose endpoints lie on nodes and in zones": [
    '{apiVersion: discovery.k8s.io/v1beta1, kind: EndpointSlice, metadata: {name: a}, addressType: IPv4, endpoints: [{addresses: ["192.0.2.1"], topology: {kubernetes.io/hostname: n, topology.kubernetes.io/zone: z}}]}',
    '{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: a}, addressType: IPv4, endpoints: [{addresses: ["192.0.2.1"], nodeName: n, zone: z}]}',
  ],
  "a webhook that leant on the old defaults": [
    "{apiVersion: admissionregistration.k8s.io/v1beta1, kind: ValidatingWebhookConfiguration, metadata: {name: a}, webhooks: [{name: a.example.com, sideEffects: None, clientConfig: {url: 'https://a.example'}}]}",
    "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {name: a}, webhooks: [{name: a.example.com, sideEffects: None, clientConfig: {url: 'https://a.example'}, failurePolicy: Ignore, matchPolicy: Exact, timeoutSeconds: 30, admissionReviewVersions: [v1beta1]}]}",
  ],
  "shares under their old name": [
    "{apiVersion: flowcontrol.apiserver.k8s.io/v1beta2, kind: PriorityLevelConfiguration, metadata: {name: a}, spec: {type: Limited, limited: {assuredConcurrencyShares: 5, limitResponse: {type: Reject}}}}",
    "{apiVersion: flowcontrol.apiserver.k8s.io/v1, kind: PriorityLevelConfiguration, metadata: {name: a}, spec: {type: Limited, limited: {nominalConcurrencyShares: 5, limitResponse: {type: Reject}}}}",
  ],
  "shares of zero, which meant the default": [
    "{apiVersion: flowcontrol.apiserver.k8s.io/v1beta3, kind: PriorityLevelConfiguration, metadata: {name: a}, spec: {type: Limited, limited: {nominalConcurrencyShares: 0, limitResponse: {type: Reject}}}}",
    "{apiVersion: flowcontrol.apiserver.k8s.io/v1, kind: PriorityLevelConfiguration, metadata: {name: a}, spec: {type: Limited, limited: {nominalConcurrencyShares: 30, limitResponse: {type: Reject}}}}",
  ],
  "a claim whose requests stood in the open": [
    "{apiVersion: resource.k8s.io/v1beta1, kind: ResourceClaim, metadata: {name: a}, spec: {devices: {requests: [{name: r, deviceClassName: c, count: 2}, {name: s, firstAvailable: [{name: t, deviceClassName: c}]}]}}}",
    "{apiVersion: resource.k8s.io/v1, kind: ResourceClaim, metadata: {name: a}, spec: {devices: {requests: [{name: r, exactly: {deviceClassName: c, count: 2}}, {name: s, firstAvailable: [{name: t, deviceClassName: c}]}]}}}",
  ],
  "a chain of replacements": [
    "{apiVersion: flowcontrol.apiserver.k8s.io/v1beta1, kind: FlowSchema, metadata: {name: a}, spec: {priorityLevelConfiguration: {name: b}}}",
    "{apiVersion: flowcontrol.apiserver.k8s.io/v1, kind: FlowSchema, metadata: {name: a}, spec: {priorityLevelConfiguration: {name: b}}}",
  ],
};

describe("rewriteFor", () => {
  it.each(Object.entries(examples))("brings over %s", (_, [before, after]) => {
    expect(rewritten(before)).toEqual(object(after));
    expect(findings(object(before))[0]).toMatch(/^object\/(?:not-served|off-by-default)$/);
    expect(findings(object(after))).toEqual([]);
  });

  it.each([
    [
      "an empty selector of a budget, which changes its meaning",
      "{apiVersion: policy/v1beta1, kind: PodDisruptionBudget, metadata: {name: a}, spec: {minAvailable: 1, selector: {}}}",
    ],
    [
      "a webhook of unknown side effects",
      "{apiVersion: admissionregistration.k8s.io/v1beta1, kind: ValidatingWebhookConfiguration, metadata: {name: a}, webhooks: [{name: a.example.com, clientConfig: {url: 'https://a.example'}}]}",
    ],
    [
      "a slice with a region",
      '{apiVersion: discovery.k8s.io/v1beta1, kind: EndpointSlice, metadata: {name: a}, addressType: IPv4, endpoints: [{addresses: ["192.0.2.1"], topology: {topology.kubernetes.io/region: r}}]}',
    ],
    [
      "a definition of v1beta1",
      "{apiVersion: apiextensions.k8s.io/v1beta1, kind: CustomResourceDefinition, metadata: {name: a.b.c}, spec: {group: b.c}}",
    ],
    [
      "a PodSecurityPolicy",
      "{apiVersion: policy/v1beta1, kind: PodSecurityPolicy, metadata: {name: a}, spec: {}}",
    ],
    ["Endpoints, which become another kind", "{apiVersion: v1, kind: Endpoints, metadata: {name: a}}"],
    [
      "an Ingress whose backend is no mapping",
      "{apiVersion: networking.k8s.io/v1beta1, kind: Ingress, metadata: {name: a}, spec: {backend: x}}",
    ],
    [
      "a Deployment without labels",
      "{apiVersion: apps/v1beta1, kind: Deployment, metadata: {name: a}, spec: {template: {spec: {}}}}",
    ],
    ["what is served already", "{apiVersion: batch/v1, kind: CronJob, metadata: {name: a}}"],
    ["a kind of another product", "{apiVersion: example.com/v1, kind: Thing, metadata: {name: a}}"],
  ])("leaves %s to a person", (_, text) => {
    expect(rewritten(text)).toBeUndefined();
  });

  it("changes nothing but the apiVersion of every version that has the fields of its replacement", () => {
    const moved = allLifecycles().flatMap((key) => {
      const apiVersion = `${key.group}/${key.version}`;
      const edits = rewriteFor({ apiVersion, kind: key.kind, metadata: { name: "a" }, spec: {} }, 37);
      return edits === undefined ? [] : [{ key, edits }];
    });
    expect(moved.length).toBeGreaterThan(40);
    for (const { key, edits } of moved) {
      const replacement = replacementOf(key, 37);
      expect(edits[0]).toEqual({
        op: "set",
        path: ["apiVersion"],
        value: `${replacement?.group}/${replacement?.version}`,
      });
      expect(replacement !== undefined && isServed(replacement, 37)).toBe(true);
    }
  });
});
