import { anything, assert, constantFrom, dictionary, jsonValue, oneof, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { rows } from "../../../kube/catalogue/catalogue.generated.ts";
import { readStdin } from "../../../kube/read-inputs.ts";
import { checkInputs } from "./check-objects.ts";
import { objectFindings } from "./object-findings.ts";

const check = (text: string, minor = 34) =>
  checkInputs([readStdin(new TextEncoder().encode(text))], { minor }).filter(
    // The objects here are no more than an identity.
    ({ code }) => /^(?:object|yaml)\//.test(code),
  );
const codes = (text: string, minor = 34) => check(text, minor).map((finding) => finding.code);

describe("the table of object findings", () => {
  it.each(Object.entries(objectFindings))(
    "%s: its positive example has it, its negative has nothing",
    (code, row) => {
      const found = check(row.positive).find((finding) => finding.code === code);
      expect(found?.severity).toBe(row.severity);
      expect(codes(row.negative)).toEqual([]);
    },
  );
});

describe("checkInputs", () => {
  it("says what serves a kind, with the place", () => {
    expect(check("apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata:\n  name: a\n")).toEqual([
      {
        code: "object/not-served",
        severity: "error",
        message: "extensions/v1beta1 Ingress is not served by Kubernetes 1.34",
        hint: "Kubernetes 1.34 serves it as networking.k8s.io/v1; spec.backend becomes spec.defaultBackend; serviceName and servicePort become service.name and service.port.number or .name; every path needs a pathType (ImplementationSpecific means what it meant before)",
        place: { file: "<stdin>", line: 1, column: 13 },
        path: ["apiVersion"],
        object: { group: "extensions", version: "v1beta1", kind: "Ingress", namespace: "", name: "a" },
      },
    ]);
    expect(check("apiVersion: apps/v2\nkind: Deployment\nmetadata: {name: a}")[0]?.hint).toBe(
      "Kubernetes 1.34 serves it as apps/v1",
    );
    expect(check("apiVersion: extensions/v1beta1\nkind: Gone\nmetadata: {name: a}")[0]?.hint).toBe(
      "no version of it is served any more",
    );
  });

  it("knows a kind that the inputs define", () => {
    const crd =
      "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}\nspec: {group: example.com, names: {kind: Thing}}\n";
    const thing = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\n";
    expect(codes(`${crd}---\n${thing}`)).toEqual([]);
    expect(codes(thing)).toEqual(["object/unknown-kind"]);
  });

  it("takes a Service that begins with a digit from 1.36 on", () => {
    const service = "apiVersion: v1\nkind: Service\nmetadata: {name: 1a}\n";
    expect(codes(service, 35)).toEqual(["object/name"]);
    expect(codes(service, 36)).toEqual([]);
  });

  it("looks at the metadata of Pod templates, and at the key's place for keys", () => {
    const findings = check(
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  template:\n    spec: {}\n    metadata:\n      labels:\n        "a b": x\n        on: yes\n',
    );
    expect(findings.map(({ code, place, path }) => [code, place?.line, place?.column, path])).toEqual([
      ["object/label-key", 9, 9, ["spec", "template", "metadata", "labels", "a b"]],
      ["yaml/ambiguous-scalar", 10, 9, ["spec", "template", "metadata", "labels"]],
      ["object/label-value", 10, 13, ["spec", "template", "metadata", "labels", "true"]],
      ["yaml/ambiguous-scalar", 10, 13, ["spec", "template", "metadata", "labels", "true"]],
    ]);
  });

  it("counts the bytes of annotations exactly at the limit", () => {
    const annotated = (value: string): string =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, annotations: {b: "${value}"}}`;
    expect(codes(annotated("\u20ac".repeat(87_381)))).toEqual([]);
    expect(codes(annotated(`${"\u20ac".repeat(87_381)}x`))).toEqual(["object/annotations-size"]);
    expect(codes(annotated("x".repeat(262_143)))).toEqual([]);
    expect(check(annotated("x".repeat(262_144)))[0]?.message).toBe(
      "the annotations have 262145 bytes together; the API server takes 262144",
    );
  });

  it("tells one fault once, whichever tables know it, and all faults of an object at once", () => {
    const text =
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {b: 1}}\nspec:\n  containers:\n  - {name: a, image: b, imagePullPolicy: always, stdin: 'x', ports: [{containerPort: 80000}]}\n  dnsPolicy: {}\n";
    const found = checkInputs([readStdin(new TextEncoder().encode(text))], { minor: 34 });
    expect(found.map(({ code, path }) => `${code} ${path?.join(".")}`)).toEqual([
      "object/label-value metadata.labels.b",
      "server/not-supported spec.containers.0.imagePullPolicy",
      "schema/type spec.containers.0.stdin",
      "server/out-of-range spec.containers.0.ports.0.containerPort",
      "schema/type spec.dnsPolicy",
    ]);
    expect(found[1]?.hint).toMatch(/^did you mean Always\? /);
  });

  it("gives findings, never an exception, for any members of any native kind", () => {
    const keys = rows.map(
      ([group, version, kind]) => [group === "" ? version : `${group}/${version}`, kind] as const,
    );
    const names = [
      "spec",
      "rules",
      "webhooks",
      "data",
      "subjects",
      "roleRef",
      "endpoints",
      "ports",
      "subsets",
    ];
    // Members that the kinds know, with values of any type at every depth.
    const inner = dictionary(
      constantFrom(
        "containers",
        "template",
        "spec",
        "selector",
        "ports",
        "versions",
        "schema",
        "limits",
        "volumes",
        "metrics",
        "names",
        "devices",
      ),
      anything({ maxDepth: 2, withBigInt: false }),
    );
    const value = oneof(
      jsonValue({ maxDepth: 3 }),
      inner.map((members) => JSON.parse(JSON.stringify(members)) as unknown),
    );
    assert(
      property(
        constantFrom(...keys),
        dictionary(constantFrom(...names), value),
        ([apiVersion, kind], members) => {
          const object = { apiVersion, kind, metadata: { name: "a" }, ...members };
          const input = readStdin(new TextEncoder().encode(JSON.stringify(object)));
          expect(Array.isArray(checkInputs([input], { minor: 37, podSecurity: "restricted" }))).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("K5: prints nothing of a hostile name as it is", () => {
    const [finding] = check('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "a\\u202e\\e[31m"}\n');
    expect(finding?.message).toMatch(/^the API server refuses the name "a\\u\{202e\}\\u\{1b\}\[31m": /);
  });
});
