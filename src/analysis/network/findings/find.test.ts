import { describe, expect, test } from "vitest";
import { readDocuments } from "../../../kube/yaml/read-documents.ts";
import { readObjects } from "../../../kube/read-objects.ts";
import type { ReadObject } from "../../../kube/read-object.ts";
import { networkFindings } from "./finding-table.ts";
import { findNetworkFaults } from "./find.ts";
import { genericProfile } from "../engine/profiles.ts";
import { readPolicies } from "../policies/read-policies.ts";

function read(text: string): readonly ReadObject[] {
  return readObjects(readDocuments("k8s.yaml", new TextEncoder().encode(text))).objects;
}

function codes(text: string): readonly string[] {
  return findNetworkFaults(read(text)).map(({ code }) => code);
}

describe("every row of the table", () => {
  for (const [code, row] of Object.entries(networkFindings)) {
    test(code, () => {
      expect(codes(row.positive)).toContain(code);
      expect(codes(row.negative)).not.toContain(code);
    });
  }
});

test("findings stand at their place", () => {
  const found = findNetworkFaults(read(networkFindings["network/refused"].positive));
  expect(found.map(({ place, message }) => [place, message])).toEqual([
    [
      { file: "k8s.yaml", line: 6, column: 42 },
      "the API server refuses it: NetworkPolicy.networking.k8s.io shop/p spec.ingress[0].ports[0].endPort: 80 must not be less than port 90",
    ],
  ]);
});

test("10,000 policies in one namespace are read in one go", () => {
  const policies = Array.from(
    { length: 10_000 },
    (_, at) =>
      `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p${at}, namespace: shop}\nspec: {podSelector: {matchLabels: {app: a${at}}}, ingress: [{from: [{ipBlock: {cidr: 10.${at % 250}.0.0/16}}], ports: [{port: ${1 + (at % 60_000)}}]}]}\n`,
  );
  expect(codes(policies.join("---\n"))).toEqual([]);
}, 30_000);

test("a policy without a spec selects every pod, as the API server takes it", () => {
  const bare =
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\n";
  for (const text of [bare, `${bare}spec:\n`, `${bare}spec: {}\n`]) {
    const [policy] = readPolicies(
      read(text).map(({ object }) => object),
      genericProfile,
    ).policies;
    expect([text, policy?.subject, policy?.isolates]).toEqual([
      text,
      [{ namespace: "shop", pods: [] }],
      { ingress: true, egress: false },
    ]);
    expect(codes(text)).not.toContain("network/refused");
  }
});

test("hostile texts are findings, not crashes", () => {
  const spec = (text: string): string =>
    `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\nspec: ${text}\n`;
  for (const text of [
    "[]",
    "7",
    "{podSelector: 3}",
    "{podSelector: {}, ingress: {}}",
    "{podSelector: {}, ingress: [7]}",
    "{podSelector: {}, ingress: [{from: [{}]}]}",
    "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 'fe80::1%eth0/64'}}]}]}",
    "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/33}}]}]}",
    "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/8]}}]}]}",
    "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 010.0.0.0/8}}]}]}",
    "{podSelector: {}, ingress: [{ports: [{port: 70000}]}]}",
    "{podSelector: {}, ingress: [{ports: [{port: web, endPort: 90}]}]}",
    "{podSelector: {}, ingress: [{ports: [{protocol: ICMP}]}]}",
    "{podSelector: {matchExpressions: [{key: a, operator: Near, values: [b]}]}}",
    "{podSelector: {}, policyTypes: [Sideways]}",
    "{podSelector: {matchLabels: {__proto__: a, constructor: b}}, policyTypes: [Upwards]}",
  ])
    expect([text, codes(spec(text)).includes("network/refused")]).toEqual([text, true]);
});
