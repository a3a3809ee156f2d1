import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../kube/json.ts";
import { coverage } from "../ask/coverage.ts";
import { effects } from "../ask/effects.ts";
import { ask, replyText } from "../ask/question.ts";
import { relate } from "../ask/relation.ts";
import { compare } from "../engine/compare.ts";
import { exposure } from "../engine/exposure.ts";
import { buildNetwork } from "../engine/network.ts";
import { coverageText } from "./coverage.ts";
import { deltaText } from "./delta.ts";
import { effectsText } from "./effects.ts";
import { exposureText } from "./exposure.ts";
import { matrixText } from "./matrix.ts";
import { relationText } from "./relation.ts";
import { standingOf, standingText } from "./standing.ts";

// Names in files are not trusted: no answer lets a terminal read what they hold (kernel K5).

const evil = "\u001b[31m\u202e";
const namespace = `shop${evil}`;
const of = (apiVersion: string, kind: string, name: string, rest: JsonObject, within = true): JsonObject => ({
  apiVersion,
  kind,
  metadata: { name: `${name}${evil}`, ...(within ? { namespace } : {}), labels: { [`app${evil}`]: evil } },
  ...rest,
});
const pods = [1, 2].map((number) => of("v1", "Pod", `p${number}`, { spec: { containers: [] } }));
const admin = [1, 2].map((number) =>
  of(
    "policy.networking.k8s.io/v1alpha2",
    "ClusterNetworkPolicy",
    `c${number}`,
    {
      spec: {
        tier: "Admin",
        priority: 5,
        subject: { namespaces: {} },
        ingress: [{ name: `rule${evil}`, action: "Accept", from: [{ namespaces: {} }] }],
      },
    },
    false,
  ),
);
const policies = [
  of("networking.k8s.io/v1", "NetworkPolicy", "n", {
    spec: { podSelector: { matchLabels: { [`app${evil}`]: evil } }, policyTypes: ["Ingress", "Egress"] },
  }),
  of("networking.k8s.io/v1", "NetworkPolicy", "all", { spec: { podSelector: {} } }),
  of("projectcalico.org/v3", "NetworkPolicy", "k", {
    spec: {
      tier: `t${evil}`,
      egress: [{ action: "Allow", destination: { services: { name: evil, namespace } } }],
    },
  }),
  of("v1", "Service", "far", { spec: { ports: [{ port: 80 }] } }),
  of("cilium.io/v2", "CiliumNetworkPolicy", "c", {
    spec: {
      endpointSelector: {},
      egress: [{ toServices: [{ k8sService: { serviceName: `far${evil}`, namespace } }] }],
    },
  }),
];

describe("what people read is printable", () => {
  const net = buildNetwork([...pods, ...policies, ...admin]);
  const [from, to] = [`${namespace}/p1${evil}`, `${namespace}/p2${evil}`];
  const answers: readonly (readonly [string, () => string])[] = [
    ["a question", () => replyText(ask(net, from, to))],
    ["a question without policies", () => replyText(ask(buildNetwork(pods), from, to))],
    ["the matrix", () => matrixText(net)],
    ["what is exposed", () => exposureText(exposure(net))],
    ["what policies do", () => effectsText(effects(net))],
    ["who is isolated", () => coverageText(coverage(net))],
    ["a difference", () => deltaText(compare(pods, [...pods, ...policies, ...admin], { fresh: true }))],
    ["a relation", () => relationText(relate(pods, [...pods, ...policies, ...admin]))],
    ["what it rests on", () => standingText(standingOf(net, [namespace]))],
  ];
  test.each(answers)("%s", (_, text) => {
    expect(text()).toMatch(/^[ -~\n]+$/);
    expect(text()).toContain("\\u{1b}");
  });
});
