import { assert, constantFrom, jsonValue, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { SUPPORTED_MINORS } from "../../../kube/catalogue/catalogue.ts";
import { isObject, type Json, type JsonObject } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { readStdin } from "../../../kube/read-inputs.ts";
import { readObjects } from "../../../kube/read-objects.ts";
import type { Finding } from "../../findings/finding.ts";
import { checkInputs } from "../reading/check-objects.ts";
import { serverCodes } from "./engine/server-codes.ts";
import { kindsWithRules } from "./kinds.ts";
import { serverFaults, serverFindings } from "./server-findings.ts";

function findings(text: string, minor = 37): readonly Finding[] {
  const { documents } = readStdin(new TextEncoder().encode(text));
  return readObjects(documents).objects.flatMap((read) =>
    serverFindings(read, objectKey(read.object), minor),
  );
}

const told = (text: string, minor = 37): readonly string[] =>
  findings(text, minor).map(({ code, message }) => `${code} ${message}`);

const pod = (spec: string): string => `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: ${spec}\n`;
const container = (fields: string): string => pod(`{containers: [{name: a, image: b, ${fields}}]}`);
const service = (spec: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: ${spec}\n`;

describe("the table of server codes", () => {
  const rows = Object.entries(serverCodes).flatMap(([code, { positive, negative }]) =>
    positive === undefined || negative === undefined ? [] : [{ code, positive, negative }],
  );

  it.each(rows)(
    "$code: its positive example has it, its negative has no error",
    ({ code, positive, negative }) => {
      const errors = (text: string): readonly string[] =>
        checkInputs([readStdin(new TextEncoder().encode(text))], { minor: 37, podSecurity: "labels" })
          .filter(({ severity }) => severity === "error")
          .map((finding) => finding.code);
      expect(findings(positive).map((finding) => finding.code)).toContain(code);
      expect(errors(negative)).toEqual([]);
    },
  );
});

describe("serverFindings", () => {
  it("says what the server would say, at its place, with the function that has the rule", () => {
    const [finding] = findings(service("{type: ClusterIP, ports: [{port: 80, nodePort: 30000}]}"));
    expect(finding?.code).toBe("server/forbidden");
    expect(finding?.message).toBe("nodePort must not be set: the type is ClusterIP");
    expect(finding?.path).toEqual(["spec", "ports", 0, "nodePort"]);
    expect(finding?.hint).toBe("remove it (the server's rule: core validateService)");
    expect(finding?.place?.line).toBe(4);
  });

  it("compares requests with limits as amounts", () => {
    expect(told(container("resources: {requests: {cpu: 2}, limits: {cpu: 1500m}}"))).toHaveLength(1);
    expect(told(container("resources: {requests: {cpu: 1}, limits: {cpu: 1000m}}"))).toEqual([]);
  });

  it("judges the object with its defaults", () => {
    // Without a period the default of 10 s counts, without a threshold 1.
    expect(told(container("livenessProbe: {tcpSocket: {port: 80}, successThreshold: 2}"))).toHaveLength(1);
    expect(told(container("livenessProbe: {tcpSocket: {port: 80}}"))).toEqual([]);
  });

  it("judges the keys of data", () => {
    expect(told("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {'a/b': c}")).toHaveLength(1);
    expect(told("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a.b_c-d: e}")).toEqual([]);
  });

  it("knows what changed between minors", () => {
    const restart = container("restartPolicy: Never");
    expect(told(restart, 33)).toHaveLength(1);
    expect(told(restart, 36)).toEqual([]);
    const name = container("env: [{name: a b, value: c}]");
    expect(told(name, 31)).toHaveLength(1);
    expect(told(name, 32)).toEqual([]);
    // A field that the server of this minor drops is not judged.
    const certificate = pod(
      "{containers: [{name: a, image: b}], volumes: [{name: v, projected: {sources: [{secret: {name: s}, podCertificate: {}}]}}]}",
    );
    expect(told(certificate, 36)).toEqual([]);
    expect(told(certificate, 37)).not.toEqual([]);
  });

  it("judges a Service of a broken range, a Job of a bad schedule and a volume of two sources", () => {
    expect(told(service("{ports: [{port: 80}], loadBalancerSourceRanges: [10.0.0.0/99]}"))).not.toEqual([]);
    expect(
      told(
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec: {schedule: '61 * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}}}",
      ),
    ).toHaveLength(1);
    expect(
      told(
        pod("{containers: [{name: a, image: b}], volumes: [{name: v, emptyDir: {}, hostPath: {path: /}}]}"),
      ),
    ).toHaveLength(1);
  });
});

describe("serverFaults of any value", () => {
  const kinds = kindsWithRules.map((row) => {
    const [group = "", kind = ""] = row.split("/");
    return { group, kind };
  });

  it("never stumbles over a wrong type, whatever stands where", () => {
    assert(
      property(
        constantFrom(...kinds),
        jsonValue(),
        constantFrom(...SUPPORTED_MINORS),
        ({ group, kind }, value, minor) => {
          const version = group === "" ? "v1" : `${group}/v1`;
          const object = {
            apiVersion: version,
            kind,
            metadata: value,
            spec: value,
            data: value,
          } as JsonObject;
          serverFaults(object, { group, version: "v1", kind, namespace: "", name: "a" }, minor);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("never stumbles over one wrong member of the examples", () => {
    const wrong: readonly Json[] = [null, true, 7, -1, 1.5, "", "☃", [], [null], [7], {}, { a: null }, [[]]];
    const texts = Object.values(serverCodes).flatMap(({ negative }) =>
      negative === undefined ? [] : [negative],
    );
    const objects = texts.flatMap(
      (text) => readObjects(readStdin(new TextEncoder().encode(text)).documents).objects,
    );
    for (const { object } of objects)
      for (const value of wrong)
        for (const changed of eachMember(object, value))
          if (isObject(changed)) serverFaults(changed, objectKey(object), 37);
  });
});

/** Copies of a value with one member at any depth replaced. */
function* eachMember(value: Json, by: Json): Generator<Json> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      yield value.with(index, by);
      for (const changed of eachMember(item as Json, by)) yield value.with(index, changed);
    }
  } else if (isObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      yield { ...value, [name]: by };
      for (const changed of eachMember(member, by)) yield { ...value, [name]: changed };
    }
  }
}
