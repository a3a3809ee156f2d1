import { describe, expect, it } from "vitest";
import { readStdin } from "../../../kube/read-inputs.ts";
import type { Finding } from "../../findings/finding.ts";
import { checkInputs } from "../reading/check-objects.ts";
import { ruleOf } from "../rule-table.ts";
import { checks } from "./check-table.ts";
import type { PodSecurityAsked } from "./pod-security-findings.ts";

const check = (text: string, podSecurity: PodSecurityAsked, minor = 37): readonly Finding[] =>
  checkInputs([readStdin(new TextEncoder().encode(text))], { minor, podSecurity }).filter(
    // The objects here are no more than what Pod Security looks at.
    ({ code }) => !/^(?:schema|server)\//.test(code),
  );

/** Severity, code, line:column and path of the findings. */
const brief = (findings: readonly Finding[]): readonly string[] =>
  findings.map(
    ({ severity, code, place, path }) =>
      `${severity} ${code.replace("pod-security/", "")} ${place?.line}:${place?.column} ${path?.join(".")}`,
  );

function namespace(labels: Readonly<Record<string, string>>, name = "shop"): string {
  const members = Object.entries(labels).map(
    ([label, value]) => `    pod-security.kubernetes.io/${label}: "${value}"\n`,
  );
  return `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${name}\n  labels:\n    a: b\n${members.join("")}`;
}

const good =
  "securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}, containers: [{name: a, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]";
const pod = (spec: string, metadata = "name: p, namespace: shop"): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {${metadata}}\nspec: {${spec}}\n`;

describe("a level for every Pod", () => {
  it("names the offending field, and the container where one is missing", () => {
    const text = [
      "apiVersion: apps/v1",
      "kind: Deployment",
      "metadata: {name: web}",
      "spec:",
      "  template:",
      "    spec:",
      "      hostNetwork: true",
      "      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}",
      "      containers:",
      "        - name: a",
      "          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}",
      "        - name: b",
      "          securityContext: {capabilities: {drop: [ALL]}}",
      "        - name: c",
      "          securityContext:",
      "            allowPrivilegeEscalation: true",
      "            capabilities: {drop: [ALL]}",
      "",
    ].join("\n");
    expect(check(text, "restricted", 34)).toEqual([
      {
        code: "pod-security/hostNamespaces",
        severity: "error",
        message: 'Pods of it violate PodSecurity "restricted:v1.34": host namespaces (hostNetwork=true)',
        place: { file: "<stdin>", line: 7, column: 20 },
        path: ["spec", "template", "spec", "hostNetwork"],
        object: { group: "apps", version: "v1", kind: "Deployment", namespace: "", name: "web" },
      },
      {
        code: "pod-security/allowPrivilegeEscalation",
        severity: "error",
        message:
          'Pods of it violate PodSecurity "restricted:v1.34": allowPrivilegeEscalation != false (containers "b", "c" must set securityContext.allowPrivilegeEscalation=false)',
        place: { file: "<stdin>", line: 12, column: 11 },
        path: ["spec", "template", "spec", "containers", 1],
        object: { group: "apps", version: "v1", kind: "Deployment", namespace: "", name: "web" },
        related: [
          {
            place: { file: "<stdin>", line: 16, column: 39 },
            path: [
              "spec",
              "template",
              "spec",
              "containers",
              2,
              "securityContext",
              "allowPrivilegeEscalation",
            ],
          },
        ],
      },
    ]);
    expect(brief(check(text, "baseline"))).toEqual([
      "error hostNamespaces 7:20 spec.template.spec.hostNetwork",
    ]);
  });

  it.each([
    ["v1", "Pod", "spec: {SPEC}", "spec"],
    ["v1", "PodTemplate", "template: {spec: {SPEC}}", "template.spec"],
    ["v1", "ReplicationController", "spec: {template: {spec: {SPEC}}}", "spec.template.spec"],
    ["apps/v1", "ReplicaSet", "spec: {template: {spec: {SPEC}}}", "spec.template.spec"],
    ["apps/v1", "Deployment", "spec: {template: {spec: {SPEC}}}", "spec.template.spec"],
    ["apps/v1", "StatefulSet", "spec: {template: {spec: {SPEC}}}", "spec.template.spec"],
    ["apps/v1", "DaemonSet", "spec: {template: {spec: {SPEC}}}", "spec.template.spec"],
    ["batch/v1", "Job", "spec: {template: {spec: {SPEC}}}", "spec.template.spec"],
    [
      "batch/v1",
      "CronJob",
      "spec: {jobTemplate: {spec: {template: {spec: {SPEC}}}}}",
      "spec.jobTemplate.spec.template.spec",
    ],
  ])("judges %s %s, also inside a List", (apiVersion, kind, body, path) => {
    const object = `apiVersion: ${apiVersion}, kind: ${kind}, metadata: {name: a}`;
    const bad = body.replace("SPEC", `hostPID: true, ${good}`);
    const found = check(
      `{apiVersion: v1, kind: List, items: [{${object}, ${bad}}]}`.replace("{", "# a List\n{"),
      "restricted",
    );
    expect(found.map(({ code, path: at }) => [code, at?.join(".")])).toEqual([
      ["pod-security/hostNamespaces", `items.0.${path}.hostPID`],
    ]);
    expect(check(`---\n{${object}, ${body.replace("SPEC", good)}}`, "restricted")).toEqual([]);
  });

  it("does not ask the labels", () => {
    const text = `${namespace({ enforce: "privileged" })}---\n${pod(`hostPID: true, ${good}`)}`;
    expect(brief(check(text, "baseline"))).toEqual(["error hostNamespaces 12:17 spec.hostPID"]);
    expect(check(text, "labels")).toEqual([]);
  });
});

describe("the labels of the Namespaces in the input", () => {
  const host = pod("hostPID: true, containers: []");

  it("enforce is an error, warn a warning, audit a note; each violation once, by its severest mode", () => {
    const bare = pod("hostPID: true, containers: [{name: a}]");
    const found = check(
      `${namespace({ enforce: "baseline", warn: "restricted", audit: "restricted" })}---\n${bare}`,
      "labels",
    );
    expect(brief(found)).toEqual([
      "error hostNamespaces 14:17 spec.hostPID",
      "warning allowPrivilegeEscalation 14:36 spec.containers.0",
      "warning capabilities_restricted 14:36 spec.containers.0",
      "warning runAsNonRoot 14:36 spec.containers.0",
      "warning seccompProfile_restricted 14:36 spec.containers.0",
    ]);
    expect(found.map(({ hint }) => hint)).toEqual([
      "namespace shop refuses the Pod",
      ...Array.from({ length: 4 }, () => "namespace shop warns of it"),
    ]);
    const audited = check(`${namespace({ audit: "baseline" })}---\n${host}`, "labels");
    expect(audited.map(({ severity, hint }) => [severity, hint])).toEqual([
      ["info", "namespace shop writes it into the audit log"],
    ]);
  });

  it("asks only Pods of their namespace, and of `default` those that name none", () => {
    expect(check(`${namespace({ enforce: "baseline" }, "other")}---\n${host}`, "labels")).toEqual([]);
    const text = `${namespace({ enforce: "baseline" }, "default")}---\n${pod("hostPID: true", "name: p")}`;
    expect(brief(check(text, "labels"))).toEqual(["error hostNamespaces 12:17 spec.hostPID"]);
  });

  it("takes the version of the label before that of the cluster", () => {
    const probe = pod(good.replace("name: a,", "name: a, livenessProbe: {tcpSocket: {host: x, port: 1}},"));
    const at = (labels: Readonly<Record<string, string>>, minor: number): readonly string[] =>
      check(`${namespace({ enforce: "baseline", ...labels })}---\n${probe}`, "labels", minor).map(
        ({ message }) => message,
      );
    const refused = (version: string): string =>
      `violates PodSecurity "baseline:${version}": probe or lifecycle host (container "a" uses probe or lifecycle host "x")`;
    expect(at({}, 33)).toEqual([]);
    expect(at({}, 34)).toEqual([refused("v1.34")]);
    expect(at({ "enforce-version": "latest" }, 35)).toEqual([refused("v1.35")]);
    expect(at({ "enforce-version": "v1.33" }, 37)).toEqual([]);
    expect(at({ "enforce-version": "v1.36" }, 33)).toEqual([refused("v1.36")]);
  });

  it("reports a label that the API server refuses, and judges nothing by it", () => {
    const found = check(
      `${namespace({ enforce: "strict", "warn-version": "1.34", audit: "" })}---\n${host}`,
      "labels",
    );
    expect(found.map(({ message, place }) => [place?.line, message])).toEqual([
      [
        7,
        'the API server refuses "strict" as the value of pod-security.kubernetes.io/enforce: it must be one of privileged, baseline, restricted',
      ],
      [
        8,
        'the API server refuses "1.34" as the value of pod-security.kubernetes.io/warn-version: it must be "latest" or "v1.x"',
      ],
      [
        9,
        'the API server refuses "" as the value of pod-security.kubernetes.io/audit: it must be one of privileged, baseline, restricted',
      ],
    ]);
  });

  it.each(["__proto__", "constructor", "hasOwnProperty"])("a namespace called %s asks nothing", (name) => {
    expect(
      check(pod("hostPID: true", `name: p, namespace: ${name}`), "labels").filter(({ code }) =>
        code.startsWith("pod-security/"),
      ),
    ).toEqual([]);
  });
});

describe("the rules", () => {
  it("are known for every check", () => {
    for (const { id, level } of checks) {
      const rule = ruleOf(`pod-security/${id}`);
      expect(rule?.title.startsWith(`Pod Security ${level}: `)).toBe(true);
      expect(rule?.help).toMatch(/^What to do: \S.*pod-security-admission/);
    }
    expect(ruleOf("toString")).toBeUndefined();
  });
});
