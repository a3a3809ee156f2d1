import { assert, constantFrom, jsonValue, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { objectKey } from "../../../kube/object-key.ts";
import type { JsonObject } from "../../../kube/json.ts";
import { readStdin } from "../../../kube/read-inputs.ts";
import { readObjects } from "../../../kube/read-objects.ts";
import type { Finding } from "../../findings/finding.ts";
import { failsToDecode, schemaFindings } from "./schema-findings.ts";
import { MAX_SCHEMA_FINDINGS, schemaFindingTable } from "./schema-table.ts";

function check(text: string, minor = 34): readonly Finding[] {
  const { documents } = readStdin(new TextEncoder().encode(text));
  return readObjects(documents).objects.flatMap((read) =>
    schemaFindings(read, objectKey(read.object), minor),
  );
}
const told = (text: string, minor = 34) =>
  check(text, minor).map(({ message, hint }) => (hint === undefined ? message : `${message} | ${hint}`));

const pod = (spec: string, name = "a"): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec:\n${spec}`;
const container = (fields: string): string => pod(`  containers:\n  - {name: a, image: b, ${fields}}\n`);
const deployment = (spec: string): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {a: b}}\n  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}\n${spec}`;

describe("the table of schema findings", () => {
  it.each(Object.entries(schemaFindingTable))(
    "%s: its positive example has it, its negative has nothing of it",
    (code, row) => {
      if (code === "schema/limit") return;
      expect(check(row.positive).find((finding) => finding.code === code)?.severity).toBe(row.severity);
      expect(check(row.negative).map((finding) => finding.code)).not.toContain(code);
    },
  );
});

describe("unknown fields", () => {
  it("names the field that was meant: case, a letter, a neighbour", () => {
    expect(told(deployment("  Replicas: 1\n"))).toEqual([
      'unknown field "spec.Replicas" | did you mean replicas?',
    ]);
    expect(told(container("imagePulPolicy: Always"))).toEqual([
      'unknown field "spec.containers[0].imagePulPolicy" | did you mean imagePullPolicy?',
    ]);
    expect(told(container("image_pull_policy: Always"))).toEqual([
      'unknown field "spec.containers[0].image_pull_policy" | did you mean imagePullPolicy?',
    ]);
  });

  it("says that a field stands one level too deep or not deep enough", () => {
    expect(told(deployment("  containers: []\n"))[0]).toBe(
      'unknown field "spec.containers" | remove it; the fields there are: kubeops explain deployment.spec',
    );
    expect(told(deployment("  matchLabels: {}\n"))[0]).toBe(
      'unknown field "spec.matchLabels" | selector has a field of this name: check the indentation',
    );
    expect(told(container("securityContext: {restartPolicy: Always}"))[0]).toBe(
      'unknown field "spec.containers[0].securityContext.restartPolicy" | spec.containers[0] has a field of this name: check the indentation',
    );
    expect(
      told(pod("  containers: [{name: a, image: b}]\n  securityContext: {hostNetwork: true}\n"))[0],
    ).toBe(
      'unknown field "spec.securityContext.hostNetwork" | spec has a field of this name: check the indentation',
    );
  });

  it("says which minors have it", () => {
    expect(told(pod("  hostnameOverride: a\n  containers: [{name: a, image: b}]\n"), 33)).toEqual([
      'unknown field "spec.hostnameOverride" | Kubernetes 1.34 has it, 1.33 does not',
    ]);
  });

  it("stands at the key", () => {
    expect(
      check("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  prots: []\n")[0],
    ).toMatchObject({
      place: { line: 5, column: 3 },
      path: ["spec", "prots"],
    });
  });
});

describe("types", () => {
  const cannot = "the API server says: json: cannot unmarshal";
  it.each([
    [
      container("ports: [{containerPort: '80'}]"),
      `spec.containers[0].ports[0].containerPort must be a whole number, this is a text; ${cannot} string into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32 | write it without quotes`,
    ],
    [
      container("ports: [{containerPort: 80, protocol: 6}]"),
      `spec.containers[0].ports[0].protocol must be a text, this is a number; ${cannot} number into Go struct field ContainerPort.spec.containers.ports.protocol of type v1.Protocol | write it in quotes`,
    ],
    [
      container("env: [{name: A, value: true}]"),
      `spec.containers[0].env[0].value must be a text, this is a boolean; ${cannot} bool into Go struct field EnvVar.spec.containers.env.value of type string | write it in quotes`,
    ],
    [
      container("env: {A: b}"),
      `spec.containers[0].env must be a list, this is a mapping; ${cannot} object into Go struct field Container.spec.containers.env of type []v1.EnvVar | write a list`,
    ],
    [
      container("resources: {limits: [1]}"),
      `spec.containers[0].resources.limits must be a mapping, this is a list; ${cannot} array into Go struct field ResourceRequirements.spec.containers.resources.limits of type v1.ResourceList | write a mapping`,
    ],
    [
      deployment("  paused: 'yes'\n"),
      `spec.paused must be true or false, this is a text; ${cannot} string into Go struct field DeploymentSpec.spec.paused of type bool | write true or false, without quotes`,
    ],
    [
      deployment("  replicas: 1.5\n"),
      `spec.replicas must be a whole number; ${cannot} number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32`,
    ],
    [
      deployment("  replicas: 2147483648\n"),
      `spec.replicas must be a number of type int32; ${cannot} number 2147483648 into Go struct field DeploymentSpec.spec.replicas of type int32`,
    ],
    [
      container("resources: {limits: {cpu: many}}"),
      "spec.containers[0].resources.limits.cpu cannot be read: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$' | write a number with a suffix, like 500m, 1.5, 128Mi",
    ],
    [
      container("livenessProbe: {tcpSocket: {port: true}}"),
      "spec.containers[0].livenessProbe.tcpSocket.port cannot be read: json: cannot unmarshal bool into Go value of type int32 | write a whole number or a text, like 25%",
    ],
    [
      "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: YQ}\n",
      "data.a cannot be read: illegal base64 data at input byte 2 | write it in base64, or use stringData where the kind has it",
    ],
    [
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a, creationTimestamp: yesterday}\nspec: {containers: [{name: a}]}\n",
      'metadata.creationTimestamp cannot be read: parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": it has another form | write it like 2026-01-31T12:00:00Z',
    ],
  ])("%#", (text, message) => {
    expect(told(text)).toEqual([message]);
    expect(failsToDecode(check(text))).toBe(true);
  });

  it("takes what the server takes", () => {
    expect(told(deployment("  replicas: 1e3\n"))).toEqual([]);
    expect(told(deployment("  replicas: null\n  paused:\n"))).toEqual([]);
    expect(told(container("resources: {limits: {cpu: 0.5, memory: 1e9}}"))).toEqual([]);
    expect(told(container("ports: [null], args: [null]"))).toEqual([]);
    expect(told("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: |\n  YWJj\n  ZA==\n}")).toEqual(
      [],
    );
  });
});

describe("limits and lists", () => {
  it("knows keys with defaults", () => {
    expect(
      told(
        container(
          "ports: [{containerPort: 80}, {containerPort: 80, protocol: TCP}, {containerPort: 80, protocol: UDP}]",
        ),
      ),
    ).toEqual([
      'spec.containers[0].ports repeats the item {"containerPort":80,"protocol":"TCP"}: server-side apply refuses a list with two items of one key | remove one of them, or make their keys differ',
    ]);
  });

  it("stops at a number of faults", () => {
    const fields = Array.from({ length: 1000 }, (_, index) => `  zz${index}: 1\n`).join("");
    const found = check(deployment(fields));
    expect(found).toHaveLength(MAX_SCHEMA_FINDINGS + 1);
    expect(found.at(-1)?.code).toBe("schema/too-many");
  });
});

describe("hostile objects", () => {
  it("K5: prints nothing of a hostile key as it is", () => {
    const [finding] = check(
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [], "a\\e[31m\\u202e": 1}\n',
    );
    expect(finding?.message).toMatch(/^unknown field "spec\[[ -~]*\]"$/);
  });

  it("takes members named like those of every object for unknown fields", () => {
    for (const name of ["__proto__", "constructor", "hasOwnProperty"])
      expect(check(`apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n${name}: {a: b}\n`)).toHaveLength(
        1,
      );
  });

  it("gives findings, never an exception, for any value in any kind", () => {
    const kinds = [
      ["v1", "Pod"],
      ["apps/v1", "StatefulSet"],
      ["apiextensions.k8s.io/v1", "CustomResourceDefinition"],
      ["resource.k8s.io/v1", "ResourceClaim"],
    ] as const;
    assert(
      property(constantFrom(...kinds), jsonValue({ maxDepth: 4 }), ([apiVersion, kind], spec) => {
        const object = { apiVersion, kind, metadata: { name: "a" }, spec } as JsonObject;
        const place = { file: "f", line: 1, column: 1 };
        const places = { value: () => place, key: () => place };
        const read = { object, file: "f", document: 0, path: [], places };
        expect(Array.isArray(schemaFindings(read, objectKey(object), 37))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
