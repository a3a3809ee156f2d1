import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../kube/json.ts";
import { readStdin } from "../../../kube/read-inputs.ts";
import { checkInputs } from "../reading/check-objects.ts";
import { allLifecycles, isServed, replacementOf } from "./lifecycle.ts";
import { type RewriteEdit, rewriteFor } from "./rewrite.ts";
import { rewriteExamples } from "../../../../test/support/rewrite-examples.ts";

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

describe("rewriteFor", () => {
  it.each(Object.entries(rewriteExamples))("brings over %s", (_, [before, after]) => {
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
