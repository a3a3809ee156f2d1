import { Ajv } from "ajv";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mutations } from "../../../test/support/mutations.ts";
import { deep } from "../../../test/support/suites.ts";
import { rulesShape, type WrittenRule } from "../../analysis/checks/own-rules/rule-shape.ts";
import { settingsShape, type WrittenSettings } from "../../analysis/checks/settings/settings-shape.ts";
import type { Json, JsonObject } from "../../kube/json.ts";
import { charterRules } from "../charter/charter-rules.ts";
import { charterShape } from "../charter/charter-shape.ts";
import { buildPlan } from "../build-plan.ts";
import type { Charter } from "../charter.ts";
import {
  application,
  charterWith,
  configMap,
  inputFor,
  inputForApplication,
  publicKey,
  workload,
} from "../testing/fixtures.ts";
import {
  alive,
  applied,
  clusterCharter,
  clusterInput,
  clusterOf,
  creating,
  observed,
  owning,
} from "../testing/cluster-fixtures.ts";
import { checkShape } from "../../kube/shape/check-shape.ts";
import { intentShape } from "./intent-shape.ts";
import { planShape } from "./plan-shape.ts";
import { publishedSchemas } from "./published-schemas.ts";
import type { Shape } from "../../kube/shape/shape.ts";

const full: Charter = charterWith(
  {
    deletions: [{ group: "", kind: "PersistentVolumeClaim", namespace: "shop", name: "data" }],
    podSecurity: "baseline",
    findings: { deny: "warning", repositoryExemptions: true },
    ceilings: {
      permissions: {
        max: [
          {
            namespaces: ["shop", ""],
            rules: [{ verbs: ["get"], apiGroups: [""], resources: ["pods"], resourceNames: ["a"] }],
          },
          { rules: [{ verbs: ["get"], nonResourceURLs: ["/healthz"] }] },
        ],
        forbiddenVerbs: ["escalate", "bind"],
        forbiddenPaths: ["cluster-admin"],
        subjectsThatNeverGain: ["group:system:authenticated"],
      },
      reachability: { internet: "approval" },
    },
    maxChanges: 12,
    widening: [{ id: "secret-use", decision: "allow", namespaces: ["shop"], names: ["db"] }],
    approvals: {
      required: 2,
      approvers: [
        { principal: "a@example.org", key: publicKey(1) },
        { principal: "b", key: publicKey(2, "sk-ssh-ed25519@openssh.com") },
      ],
      maxValiditySeconds: 60,
      softwareKeysFor: ["gitops"],
    },
  },
  { root: "apps", onto: true },
);

const applicationIntent = application([
  workload("web", {
    env: [
      { name: "A", value: "1" },
      { name: "B", secret: "s", key: "k" },
    ],
    mounts: [{ kind: "empty", path: "/tmp", memory: true }],
    health: { test: { kind: "tcp", port: 80 } },
  }),
]);
const live = alive(applied([configMap("b")])[0]!, [owning(configMap("b"), "helm")]);
const fullCluster: Charter = clusterCharter(
  {},
  { sharedWith: ["helm", "Certificate.cert-manager.io"], ownDeletions: true },
);
const plans = [
  buildPlan(creating([configMap("a")])),
  buildPlan(
    clusterInput(
      [configMap("b", { a: "2" })],
      clusterOf([
        observed(
          applied([configMap("b", { a: "2" })])[0]!,
          live,
          { ...live, data: { a: "2" } },
          { warnings: ["w"] },
        ),
      ]),
      { charter: fullCluster },
    ),
  ),
  buildPlan(inputFor([configMap("a")])),
  buildPlan(inputForApplication(applicationIntent)),
  buildPlan(inputFor([configMap("a")], { charter: null, charterOwner: null, macKey: null })),
];

/** Every key that there is. */
const rule: Required<WrittenRule> = {
  id: "own/two-replicas",
  title: "Two replicas",
  severity: "error",
  for: "container",
  match: {
    apiVersions: ["apps/*"],
    kinds: ["Deployment"],
    namespaces: ["prod-*"],
    names: ["*"],
    labels: { a: "b" },
  },
  profiles: ["production"],
  params: { least: 2 },
  variables: [{ name: "count", expression: "object.spec.replicas" }],
  expression: "variables.count >= params.least",
  message: "too few",
  messageExpression: "'too few'",
  path: "spec.replicas",
  rationale: "one node may go",
  fix: "set spec.replicas",
  source: "the handbook",
  tests: [
    { name: "one", object: { kind: "Deployment" }, expect: "fail", message: "too few" },
    { name: "two", objects: [{ kind: "Deployment" }], expect: "pass" },
    { name: "file", file: "a.yaml", expect: "skip" },
  ],
};
const settings: WrittenSettings = {
  apiVersion: "kubernetes-operations.dev/v1",
  kind: "Settings",
  check: {
    profile: "production",
    enable: ["supply-chain/no-digest"],
    disable: ["reliability/job-kept"],
    severity: { "supply-chain/moving-tag": "error" },
    allowedRegistries: ["ghcr.io/acme"],
    requiredLabels: ["owner"],
    exemptions: [{ check: "a/b", namespace: "n", object: "Pod/a", container: "c", reason: "r" }],
    rules: [rule],
    ruleFiles: ["rules/*.yaml"],
  },
};
const rules = { apiVersion: "kubernetes-operations.dev/v1", kind: "Rules", rules: [rule] };

const suites: readonly (readonly [string, Shape, readonly Json[]])[] = [
  [
    "charter.schema.json",
    charterShape,
    [fullCluster as unknown as Json, full as unknown as Json, charterWith() as unknown as Json],
  ],
  ["plan.schema.json", planShape, plans as unknown as readonly Json[]],
  ["intent.schema.json", intentShape, plans.map((plan) => plan.intent) as unknown as readonly Json[]],
  [
    "kubeops.schema.json",
    settingsShape,
    [
      settings as unknown as Json,
      {
        apiVersion: "kubernetes-operations.dev/v1",
        kind: "Settings",
        check: { enable: null, exemptions: null },
      },
    ],
  ],
  ["rules.schema.json", rulesShape, [rules as unknown as Json]],
];

describe.each(suites)("%s", (file, shape, samples) => {
  const schema = publishedSchemas[file] as JsonObject;
  const validate = new Ajv({
    strict: true,
    strictRequired: false,
    allErrors: false,
    unicodeRegExp: true,
  }).compile(schema);

  it("is the published file", async () => {
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(`../../../schemas/${file}`);
  });

  it("accepts the samples, as our checker does", () => {
    for (const sample of samples) {
      expect(checkShape(shape, sample)).toBeUndefined();
      expect(validate(sample), JSON.stringify(validate.errors)).toBe(true);
    }
  });

  it("agrees with our checker on every sample with one place changed", () => {
    fc.assert(
      fc.property(mutations(samples), ({ other, what }) => {
        const ours = checkShape(shape, other);
        expect(ours === undefined, `${what} ${JSON.stringify(ours)}`).toBe(validate(other));
      }),
      { numRuns: deep ? 20_000 : 500 },
    );
  });
});

describe("charter rules beyond the schema", () => {
  it("hold for the samples", () => {
    for (const charter of [full, fullCluster])
      for (const rule of charterRules) expect([rule.id, rule.fault(charter)]).toEqual([rule.id, undefined]);
  });
});
