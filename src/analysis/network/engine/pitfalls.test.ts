import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../kube/json.ts";
import { readDocuments } from "../../../kube/yaml/read-documents.ts";
import { readObjects } from "../../../kube/read-objects.ts";
import { ask } from "../ask/question.ts";
import { buildNetwork, type Network } from "./network.ts";
import { profiles } from "./profiles.ts";

// What people get wrong about NetworkPolicy, one line a case: policies of namespace a, a question, the answer.

const world = `
{apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {team: x}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: b, labels: {team: w}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: a, labels: {app: web}}, spec: {containers: [{name: c, image: c, ports: [{name: http, containerPort: 8080}]}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: a, labels: {app: db}}, spec: {containers: [{name: c, image: c, ports: [{name: http, containerPort: 9090}]}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: b, labels: {app: web}}, spec: {containers: [{name: c, image: c}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: host, namespace: a, labels: {app: host}}, spec: {hostNetwork: true, containers: [{name: c, image: c}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: bare, namespace: b}, spec: {containers: [{name: c, image: c}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: a}, spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}}
`;

function objects(text: string): readonly JsonObject[] {
  return readObjects(readDocuments("k8s.yaml", new TextEncoder().encode(text))).objects.map(
    ({ object }) => object,
  );
}

function network(specs: readonly string[], plugin = "generic"): Network {
  const policies = specs.map((spec, at) =>
    spec.startsWith("{apiVersion")
      ? spec
      : `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p${at}, namespace: a}, spec: ${spec}}`,
  );
  const profile = profiles.get(plugin);
  return buildNetwork(
    objects([world, ...policies].join("\n---\n")),
    profile === undefined ? {} : { profile },
  );
}

const admin = (priority: number, action: string, rest = ""): string =>
  `{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: c${priority}${action.toLowerCase()}}, spec: {tier: Admin, priority: ${priority}, subject: {namespaces: {matchLabels: {team: x}}}, ingress: [{action: ${action}, from: [{namespaces: {}}]${rest}}]}}`;

const cases: readonly (readonly [string, readonly string[], string, string, boolean, string?])[] = [
  [
    "1 egress: [] without policyTypes isolates nothing",
    ["{podSelector: {}, egress: []}"],
    "a/web",
    "b/web:80",
    true,
  ],
  [
    "1 the same with policyTypes closes",
    ["{podSelector: {}, policyTypes: [Egress], egress: []}"],
    "a/web",
    "b/web:80",
    false,
  ],
  [
    "2 an ingress policy leaves egress open",
    ["{podSelector: {}, policyTypes: [Ingress]}"],
    "a/web",
    "b/web:80",
    true,
  ],
  [
    "2 an egress policy leaves ingress open",
    ["{podSelector: {}, policyTypes: [Egress]}"],
    "b/web",
    "a/web:80",
    true,
  ],
  ["3 from: [] is everybody", ["{podSelector: {}, ingress: [{from: []}]}"], "b/web", "a/web:80", true],
  ["3 no from is everybody", ["{podSelector: {}, ingress: [{}]}"], "internet", "a/web:80", true],
  ["3 ingress: [] is nobody", ["{podSelector: {}, ingress: []}"], "b/web", "a/web:80", false],
  [
    "4 both selectors in one entry: both",
    [
      "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: w}}, podSelector: {matchLabels: {app: db}}}]}]}",
    ],
    "b/web",
    "a/web:80",
    false,
  ],
  [
    "4 in two entries: either",
    [
      "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: w}}}, {podSelector: {matchLabels: {app: db}}}]}]}",
    ],
    "b/web",
    "a/web:80",
    true,
  ],
  [
    "5 namespaceSelector {} holds the own namespace",
    ["{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}"],
    "a/db",
    "a/web:80",
    true,
  ],
  [
    "5 podSelector alone stays in the namespace",
    ["{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}"],
    "b/web",
    "a/web:80",
    false,
  ],
  [
    "6 a second policy only adds",
    ["{podSelector: {}}", "{podSelector: {}, ingress: [{}]}"],
    "b/web",
    "a/web:80",
    true,
  ],
  [
    "7 one side is not enough",
    [
      "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{}]}",
      "{podSelector: {matchLabels: {app: db}}}",
    ],
    "a/web",
    "a/db:80",
    false,
  ],
  [
    "8 the Service's port does not open its target",
    ["{podSelector: {}, ingress: [{ports: [{port: 80}]}]}"],
    "b/web",
    "a/web:8080",
    false,
  ],
  [
    "8 the port of the container does",
    ["{podSelector: {}, ingress: [{ports: [{port: 8080}]}]}"],
    "b/web",
    "a/web:8080",
    true,
  ],
  [
    "9 a named port is that of each pod",
    ["{podSelector: {}, ingress: [{ports: [{port: http}]}]}"],
    "b/web",
    "a/db:9090",
    true,
  ],
  [
    "9 a named port that a pod lacks opens nothing",
    ["{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}"],
    "a/web",
    "b/web:8080",
    false,
  ],
  [
    "10 a range holds its end",
    ["{podSelector: {}, ingress: [{ports: [{port: 80, endPort: 90}]}]}"],
    "b/web",
    "a/web:90",
    true,
  ],
  [
    "10 a plugin without endPort opens the first port alone",
    ["{podSelector: {}, ingress: [{ports: [{port: 80, endPort: 90}]}]}"],
    "b/web",
    "a/web:90",
    false,
    "no-end-port",
  ],
  [
    "11 UDP is not TCP",
    ["{podSelector: {}, ingress: [{ports: [{protocol: UDP, port: 80}]}]}"],
    "b/web",
    "a/web:80",
    false,
  ],
  [
    "11 no protocol is TCP",
    ["{podSelector: {}, ingress: [{ports: [{port: 80}]}]}"],
    "b/web",
    "a/web:80/udp",
    false,
  ],
  [
    "12 a protocol alone is all its ports",
    ["{podSelector: {}, ingress: [{ports: [{protocol: UDP}]}]}"],
    "b/web",
    "a/web:9/udp",
    true,
  ],
  [
    "13 an exception of a block is closed",
    [
      "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.1.2.0/24]}}]}]}",
    ],
    "a/web",
    "10.1.2.3:80",
    false,
  ],
  [
    "13 0.0.0.0/0 holds no IPv6 and no pods",
    ["{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}"],
    "a/web",
    "b/web:80",
    false,
  ],
  [
    "13 unless the plugin says so",
    ["{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}"],
    "a/web",
    "b/web:80",
    true,
    "calico",
  ],
  ["14 a pod in the network of its node is not isolated", ["{podSelector: {}}"], "b/web", "a/host:80", true],
  [
    "16 the client's address does not open the way for the controller",
    ["{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}"],
    "new",
    "a/web:8080",
    false,
  ],
  [
    "17 a label of the namespace decides",
    ["{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: x}}}]}]}"],
    "b/web",
    "a/web:80",
    false,
  ],
  [
    "19 NotIn holds pods without the label",
    [
      "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}}]}]}",
    ],
    "b/bare",
    "a/web:80",
    true,
  ],
  ["20 nothing enforces", ["{podSelector: {}}"], "b/web", "a/web:80", true, "none"],
  [
    "22 Accept of the admin tier overrides a policy",
    ["{podSelector: {}}", admin(1, "Accept")],
    "b/web",
    "a/web:80",
    true,
  ],
  ["22 Pass leaves it to the policy", ["{podSelector: {}}", admin(1, "Pass")], "b/web", "a/web:80", false],
  [
    "22 the lower priority is asked first",
    [admin(1, "Deny"), admin(2, "Accept")],
    "b/web",
    "a/web:80",
    false,
  ],
  [
    "22 networks 0.0.0.0/0 mean pods, too",
    [
      "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: adm}, spec: {tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{networks: [0.0.0.0/0]}]}]}}",
    ],
    "a/web",
    "b/web:80",
    false,
  ],
  [
    "22 an unknown kind of peer fails closed",
    [
      "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: adm}, spec: {tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{moons: {}}]}]}}",
    ],
    "a/web",
    "internet",
    false,
  ],
  [
    "23 v1alpha1 says the same in its own words",
    [
      "{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: adm}, spec: {priority: 1, subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portNumber: {protocol: TCP, port: 80}}]}]}}",
    ],
    "b/web",
    "a/web:80",
    false,
  ],
];

describe("pitfalls", () => {
  for (const [name, specs, from, to, expected, plugin] of cases)
    test(name, () => expect(ask(network(specs, plugin), from, to).yes).toBe(expected));

  test("8 a question about a Service is translated", () => {
    const net = network(["{podSelector: {}, ingress: [{ports: [{port: 8080}]}]}"]);
    const service = buildNetwork([
      ...net.objects.filter(({ kind }) => kind !== "Pod"),
      ...net.objects
        .filter(({ kind }) => kind === "Pod")
        .map((pod) => ({
          ...pod,
          metadata: {
            ...(pod["metadata"] as JsonObject),
            name: `pod-${(pod["metadata"] as JsonObject)["name"] as string}`,
          },
        })),
    ]);
    const given = ask(service, "b/pod-web", "a/web:80");
    expect([given.yes, given.note]).toEqual([
      true,
      "Service a/web: TCP 80 leads to container port 8080; policies see the port of the container",
    ]);
  });

  test("21 what is not modelled makes the answer incomplete, by name", () => {
    const net = network([
      "{apiVersion: crd.antrea.io/v1beta1, kind: NetworkPolicy, metadata: {name: c, namespace: a}}",
    ]);
    expect(net.problems.map(({ kind, message }) => [kind, message])).toEqual([
      ["unmodelled", "NetworkPolicy.crd.antrea.io a/c: policies of Antrea are not modelled"],
    ]);
  });
});
