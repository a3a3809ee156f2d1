import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../kube/json.ts";
import { readObjects } from "../../../../kube/read-objects.ts";
import { readDocuments } from "../../../../kube/yaml/read-documents.ts";
import { ask, replyText } from "../../ask/question.ts";
import { buildNetwork, type Network } from "../../engine/network.ts";
import { noWidening } from "../../engine/no-widening.ts";
import { standingOf } from "../../render/standing.ts";

// What policies of Cilium mean, one line a case. The sources are those of cilium/cilium v1.20.2; the conformance suite asks its engine.

const pod = (namespace: string, name: string, rest = ""): string =>
  `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, namespace: ${namespace}, labels: {app: ${name}}}, spec: {${rest}containers: [{name: c, image: c, ports: [{name: http, containerPort: 8080}]}]}}`;
const service = (namespace: string, name: string, spec: string, labels = "{}"): string =>
  `{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: ${namespace}, labels: ${labels}}, spec: ${spec}}`;
const world = [
  "{apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {team: x}}}",
  "{apiVersion: v1, kind: Namespace, metadata: {name: b, labels: {team: z}}}",
  pod("a", "web"),
  pod("a", "db", "serviceAccountName: robot, "),
  pod("b", "web"),
  pod("b", "node", "hostNetwork: true, "),
  service("b", "front", "{selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}", "{tier: front}"),
  service("b", "far", "{ports: [{port: 80}]}"),
  "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: far-1, namespace: b, labels: {kubernetes.io/service-name: far}}, addressType: IPv4, endpoints: [{addresses: [192.0.2.7]}]}",
  "{apiVersion: cilium.io/v2, kind: CiliumCIDRGroup, metadata: {name: partners, labels: {kind: partner}}, spec: {externalCIDRs: [192.0.2.0/24]}}",
].join("\n---\n");

function objects(text: string): readonly JsonObject[] {
  return readObjects(readDocuments("k8s.yaml", new TextEncoder().encode(text))).objects.map(
    ({ object }) => object,
  );
}

const cnp = (spec: string): string =>
  `{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: p, namespace: a}, spec: ${spec}}`;
const ccnp = (spec: string): string =>
  `{apiVersion: cilium.io/v2, kind: CiliumClusterwideNetworkPolicy, metadata: {name: all}, spec: ${spec}}`;

function network(...policies: readonly string[]): Network {
  return buildNetwork(objects([world, ...policies].join("\n---\n")));
}

const everything = "{toEntities: [all]}";
const cases: readonly (readonly [string, readonly string[], string, string, boolean])[] = [
  // Default deny (pkg/policy/repository.go computePolicyEnforcementAndRules).
  [
    "a rule isolates its direction",
    [cnp("{endpointSelector: {}, ingress: [{}]}")],
    "b/web",
    "a/web:80",
    false,
  ],
  ["and leaves the other open", [cnp("{endpointSelector: {}, ingress: [{}]}")], "a/web", "b/web:80", true],
  [
    "an empty list isolates nothing",
    [cnp("{endpointSelector: {}, ingress: [{}], egress: []}")],
    "a/web",
    "b/web:80",
    true,
  ],
  [
    "a rule without a word allows nobody",
    [cnp("{endpointSelector: {}, egress: [{}]}")],
    "a/web",
    "b/web:80",
    false,
  ],
  [
    "a denial alone isolates",
    [cnp("{endpointSelector: {}, ingressDeny: [{fromEntities: [world]}]}")],
    "b/web",
    "a/web:80",
    false,
  ],
  [
    "a denial without default deny leaves the rest open",
    [
      cnp(
        "{endpointSelector: {}, enableDefaultDeny: {ingress: false}, ingressDeny: [{fromEntities: [world]}]}",
      ),
    ],
    "b/web",
    "a/web:80",
    true,
  ],
  [
    "another policy isolates all the same",
    [
      cnp("{endpointSelector: {}, enableDefaultDeny: {ingress: false}, ingress: [{fromEntities: [world]}]}"),
      ccnp("{endpointSelector: {}, ingress: [{}]}"),
    ],
    "b/web",
    "a/web:80",
    false,
  ],
  [
    "enableDefaultDeny without a rule of the direction does nothing",
    [cnp("{endpointSelector: {}, enableDefaultDeny: {egress: true}, ingress: [{}]}")],
    "a/web",
    "b/web:80",
    true,
  ],
  // NetworkPolicy and Cilium's own in one stage: allows add up, denials win.
  [
    "a rule of Cilium opens beside a NetworkPolicy",
    [
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: n, namespace: a}, spec: {podSelector: {}}}",
      cnp("{endpointSelector: {}, ingress: [{fromEntities: [cluster]}]}"),
    ],
    "b/web",
    "a/web:80",
    true,
  ],
  [
    "a denial of Cilium closes what a NetworkPolicy opens",
    [
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: n, namespace: a}, spec: {podSelector: {}, ingress: [{}]}}",
      cnp("{endpointSelector: {}, ingressDeny: [{fromEntities: [cluster]}]}"),
    ],
    "b/web",
    "a/web:80",
    false,
  ],
  // Selectors (pkg/k8s/apis/cilium.io/utils).
  [
    "peers of the own namespace by default",
    [cnp("{endpointSelector: {}, ingress: [{fromEndpoints: [{}]}]}")],
    "b/web",
    "a/web:80",
    false,
  ],
  [
    "and all of them",
    [cnp("{endpointSelector: {}, ingress: [{fromEndpoints: [{}]}]}")],
    "a/db",
    "a/web:80",
    true,
  ],
  [
    "an empty list of peers is nobody",
    [cnp("{endpointSelector: {}, ingress: [{fromEndpoints: []}]}")],
    "a/db",
    "a/web:80",
    false,
  ],
  [
    "with ports as well",
    [cnp('{endpointSelector: {}, ingress: [{fromEndpoints: [], toPorts: [{ports: [{port: "80"}]}]}]}')],
    "a/db",
    "a/web:80",
    false,
  ],
  [
    "no peers and ports: everybody",
    [cnp('{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: "80"}]}]}]}')],
    "internet",
    "a/web:80",
    true,
  ],
  [
    "peers of a namespace by its name",
    [
      cnp(
        "{endpointSelector: {}, ingress: [{fromEndpoints: [{matchLabels: {k8s:io.kubernetes.pod.namespace: b}}]}]}",
      ),
    ],
    "b/web",
    "a/web:80",
    true,
  ],
  [
    "peers of namespaces by a label",
    [
      cnp(
        "{endpointSelector: {}, ingress: [{fromEndpoints: [{matchLabels: {io.cilium.k8s.namespace.labels.team: z, app: web}}]}]}",
      ),
    ],
    "b/web",
    "a/web:80",
    true,
  ],
  [
    "peers by their ServiceAccount",
    [
      cnp(
        "{endpointSelector: {}, ingress: [{fromEndpoints: [{matchLabels: {io.cilium.k8s.policy.serviceaccount: robot}}]}]}",
      ),
    ],
    "a/db",
    "a/web:80",
    true,
  ],
  [
    "and no other",
    [
      cnp(
        "{endpointSelector: {}, ingress: [{fromEndpoints: [{matchLabels: {io.cilium.k8s.policy.serviceaccount: robot}}]}]}",
      ),
    ],
    "a/web",
    "a/db:80",
    false,
  ],
  [
    "the subject is of its own namespace",
    [cnp("{endpointSelector: {matchLabels: {k8s:io.kubernetes.pod.namespace: b}}, ingress: [{}]}")],
    "b/web",
    "a/web:80",
    false,
  ],
  [
    "a policy of the cluster selects every pod",
    [ccnp("{endpointSelector: {}, egress: [{}]}")],
    "b/web",
    "a/web:80",
    false,
  ],
  [
    "its peers are of any namespace",
    [ccnp("{endpointSelector: {}, ingress: [{fromEndpoints: [{matchLabels: {app: web}}]}]}")],
    "b/web",
    "a/web:80",
    true,
  ],
  // CIDRs mean no pods (pkg/policy/types/selector.go CIDRSelector.Matches).
  [
    "everywhere is no pod",
    [cnp("{endpointSelector: {}, ingress: [{fromCIDR: [0.0.0.0/0]}]}")],
    "b/web",
    "a/web:80",
    false,
  ],
  [
    "and every address",
    [cnp("{endpointSelector: {}, ingress: [{fromCIDR: [0.0.0.0/0]}]}")],
    "198.51.100.1",
    "a/web:80",
    true,
  ],
  [
    "a set less its exception",
    [
      cnp(
        "{endpointSelector: {}, ingress: [{fromCIDRSet: [{cidr: 192.0.2.0/24, except: [192.0.2.128/25]}]}]}",
      ),
    ],
    "192.0.2.200",
    "a/web:80",
    false,
  ],
  [
    "a group by its name",
    [cnp("{endpointSelector: {}, egress: [{toCIDRSet: [{cidrGroupRef: partners}]}]}")],
    "a/web",
    "192.0.2.9:443",
    true,
  ],
  [
    "a group by its labels",
    [
      cnp(
        "{endpointSelector: {}, egress: [{toCIDRSet: [{cidrGroupSelector: {matchLabels: {kind: partner}}, except: [192.0.2.0/28]}]}]}",
      ),
    ],
    "a/web",
    "192.0.2.9:443",
    false,
  ],
  // Entities.
  [
    "world is no pod",
    [cnp("{endpointSelector: {}, ingress: [{fromEntities: [world]}]}")],
    "b/web",
    "a/web:80",
    false,
  ],
  [
    "cluster is every pod",
    [cnp("{endpointSelector: {}, ingress: [{fromEntities: [cluster]}]}")],
    "b/web",
    "a/web:80",
    true,
  ],
  [
    "and no address",
    [cnp("{endpointSelector: {}, ingress: [{fromEntities: [cluster]}]}")],
    "internet",
    "a/web:80",
    false,
  ],
  [
    "all is everybody",
    [cnp("{endpointSelector: {}, ingress: [{fromEntities: [all]}]}")],
    "internet",
    "a/web:80",
    true,
  ],
  [
    "pods of the node's network are never blocked",
    [ccnp("{endpointSelector: {}, ingress: [{}]}")],
    "b/node",
    "a/web:80",
    true,
  ],
  // Ports (pkg/policy/l4.go).
  [
    "a named port is that of the destination",
    [cnp(`{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: http}]}]}]}`)],
    "b/web",
    "a/web:8080",
    true,
  ],
  [
    "a range",
    [cnp(`{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: "8000", endPort: 8100}]}]}]}`)],
    "b/web",
    "a/web:8080/udp",
    true,
  ],
  [
    "an entry without ports opens none",
    [cnp("{endpointSelector: {}, ingress: [{fromEntities: [all], toPorts: [{}]}]}")],
    "b/web",
    "a/web:80",
    false,
  ],
  [
    "an empty list of them all",
    [cnp("{endpointSelector: {}, ingress: [{fromEntities: [all], toPorts: []}]}")],
    "b/web",
    "a/web:80",
    true,
  ],
  [
    "ICMP opens no port",
    [cnp("{endpointSelector: {}, ingress: [{fromEntities: [all], icmps: [{fields: [{type: 8}]}]}]}")],
    "b/web",
    "a/web:80",
    false,
  ],
  // Services (pkg/policy/k8s/service.go).
  [
    "the pods behind a Service",
    [
      cnp(
        "{endpointSelector: {}, egress: [{toServices: [{k8sService: {serviceName: front, namespace: b}}]}]}",
      ),
    ],
    "a/web",
    "b/web:80",
    true,
  ],
  [
    "by the labels of the Service, in any namespace",
    [
      cnp(
        "{endpointSelector: {}, egress: [{toServices: [{k8sServiceSelector: {selector: {matchLabels: {tier: front}}}}]}]}",
      ),
    ],
    "a/web",
    "b/web:80",
    true,
  ],
  [
    "and nobody else",
    [cnp("{endpointSelector: {}, egress: [{toServices: [{k8sService: {serviceName: front}}]}]}")],
    "a/web",
    "a/db:80",
    false,
  ],
  [
    "the addresses of a Service without selector",
    [cnp("{endpointSelector: {}, egress: [{toServices: [{k8sService: {serviceName: far}}]}]}")],
    "a/web",
    "192.0.2.7:80",
    true,
  ],
  // Upper bounds.
  [
    "names count as every address",
    [cnp("{endpointSelector: {}, egress: [{toFQDNs: [{matchName: api.example}]}]}")],
    "a/web",
    "198.51.100.1:443",
    true,
  ],
  [
    "and as no pod",
    [cnp("{endpointSelector: {}, egress: [{toFQDNs: [{matchPattern: '*.example'}]}]}")],
    "a/web",
    "b/web:443",
    false,
  ],
  [
    "paths count as every path",
    [
      cnp(
        `{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: "80", protocol: TCP}], rules: {http: [{path: "/"}]}}]}]}`,
      ),
    ],
    "b/web",
    "a/web:80",
    true,
  ],
];

describe("policies of Cilium", () => {
  test.each(cases)("%s", (_, policies, from, to, yes) => {
    const net = network(...policies);
    expect(net.problems.filter(({ kind }) => kind === "invalid")).toEqual([]);
    expect(ask(net, from, to).yes).toBe(yes);
  });

  test("one object may hold several specs; a reason names the list, the spec and what is beyond ports", () => {
    const net = network(
      "{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: p, namespace: a}, specs: [" +
        "{endpointSelector: {matchLabels: {app: web}}, ingressDeny: [{fromEndpoints: [{matchLabels: {app: db}}]}]}, " +
        '{endpointSelector: {}, ingress: [{}, {fromEntities: [all], toPorts: [{ports: [{port: "80", protocol: TCP}], rules: {http: [{path: /}]}}]}]}]}',
    );
    expect(replyText(ask(net, "a/db", "a/web:80"))).toContain(
      "CiliumNetworkPolicy a/p, specs 1, ingressDeny rule 1 denies TCP 80",
    );
    expect(replyText(ask(net, "b/web", "a/web:80"))).toContain(
      "CiliumNetworkPolicy a/p, specs 2, ingress rule 2 (narrowed by http rules) allows TCP 80",
    );
  });

  const unmodelled: readonly (readonly [string, string, string])[] = [
    [
      "names",
      cnp("{endpointSelector: {}, egress: [{toFQDNs: [{matchName: api.example}]}]}"),
      "spec.egress[0].toFQDNs: api.example are names whose addresses are not known: the rule counts as one for every address outside of the cluster",
    ],
    [
      "paths",
      cnp(
        `{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: "80", protocol: TCP}], rules: {http: [{path: /}]}}]}]}`,
      ),
      "spec.ingress[0]: narrowed by http rules: the rule counts as if it let all traffic of its ports through",
    ],
    [
      "the API server",
      cnp("{endpointSelector: {}, egress: [{toEntities: [kube-apiserver]}]}"),
      "spec.egress[0].toEntities: the addresses of the API server are not known",
    ],
    [
      "denied nodes",
      cnp("{endpointSelector: {}, ingressDeny: [{fromEntities: [host]}]}"),
      "nodes are not modelled: traffic with them counts as allowed",
    ],
    [
      "nodes as subjects",
      ccnp("{nodeSelector: {}, ingress: [{}]}"),
      "spec.nodeSelector: policies of nodes are not modelled",
    ],
    [
      "a group that is not there",
      cnp("{endpointSelector: {}, egress: [{toCIDRSet: [{cidrGroupRef: gone}]}]}"),
      'CiliumCIDRGroup "gone" is not in the input: the rule counts as one for every address',
    ],
    [
      "a group in a denial",
      cnp("{endpointSelector: {}, egressDeny: [{toCIDRSet: [{cidrGroupRef: gone}]}]}"),
      "the rule counts as one for no address",
    ],
    [
      "a cluster of a mesh",
      cnp(
        "{endpointSelector: {}, ingress: [{fromEndpoints: [{matchLabels: {io.cilium.k8s.policy.cluster: west}}]}]}",
      ),
      "it names a cluster",
    ],
    [
      "Services that are not there",
      cnp(
        `{endpointSelector: {}, egress: [{toServices: [{k8sService: {serviceName: gone}}], toPorts: [{ports: [{port: "80"}]}]}]}`,
      ),
      "Cilium takes a rule with toPorts for one for everybody",
    ],
    [
      "authentication",
      cnp("{endpointSelector: {}, ingress: [{fromEntities: [all], authentication: {mode: required}}]}"),
      "narrowed by authentication",
    ],
  ];
  test.each(unmodelled)("%s: the answer is incomplete, by name, and no proof", (_, policy, text) => {
    const net = network(policy);
    expect(standingOf(net).incomplete.join("\n")).toContain(text);
    const proof = noWidening(objects(`${world}\n---\n${policy}`), objects(`${world}\n---\n${policy}`));
    expect([proof.proved, proof.widened]).toEqual([false, []]);
  });

  test("what counted as open before a change makes the change incomplete", () => {
    const narrow = cnp(
      `{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: "80", protocol: TCP}], rules: {http: [{path: /}]}}]}]}`,
    );
    const wide = cnp(
      `{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: "80", protocol: TCP}]}]}]}`,
    );
    const proof = noWidening(objects(`${world}\n---\n${narrow}`), objects(`${world}\n---\n${wide}`));
    expect([proof.proved, proof.incomplete.length]).toEqual([false, 1]);
  });

  test("exact policies prove: nothing opens where a denial is added, something where it goes", () => {
    const open = `${world}\n---\n${cnp("{endpointSelector: {}, ingress: [{fromEntities: [cluster]}]}")}`;
    const shut = `${open}\n---\n${ccnp("{endpointSelector: {}, ingressDeny: [{fromEndpoints: [{matchLabels: {app: later}}]}]}")}`;
    expect(noWidening(objects(open), objects(shut)).proved).toBe(true);
    const back = noWidening(objects(shut), objects(open));
    expect([back.proved, back.incomplete]).toEqual([false, []]);
    // Nobody carries the label: only pods that could come are let in.
    expect(back.widened.length).toBeGreaterThan(0);
  });

  test("the assumptions stand only where policies of Cilium do", () => {
    expect(standingOf(network()).assumptions.join()).not.toContain("Cilium");
    expect(
      standingOf(network(cnp(`{endpointSelector: {}, egress: [${everything}]}`))).assumptions.join(),
    ).toContain("in its mode `default`");
  });

  test("what is refused is named with its place, counts as absent, and takes its object along", () => {
    const net = network(
      "{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: p, namespace: a}, specs: [{endpointSelector: {}, ingress: [{}]}, {endpointSelector: {}, ingress: [{fromCIDR: [10.0.0.0/99]}]}]}",
    );
    expect(net.problems.map(({ kind, message }) => [kind, message])).toEqual([
      [
        "invalid",
        'CiliumNetworkPolicy.cilium.io a/p specs[1].ingress[0].fromCIDR[0]: "10.0.0.0/99" is no address and no CIDR block',
      ],
    ]);
    expect(net.policies).toEqual([]);
  });

  test("what is wrong with a member is told once, however often it is looked at", () => {
    const messages = build({ endpointSelector: {}, ingress: {} }).problems.map(({ message }) => message);
    expect(messages).toEqual([
      "CiliumNetworkPolicy.cilium.io a/p spec.ingress: must be a list",
      "CiliumNetworkPolicy.cilium.io a/p spec: must have a rule in one of ingressDeny, ingress, egressDeny, egress",
    ]);
  });

  test("odd shapes and sizes are findings, not crashes, and bounded", () => {
    const odd: readonly unknown[] = [
      null,
      1,
      "x",
      [],
      [1],
      { a: 1 },
      [{ a: 1 }],
      [[]],
      { matchLabels: [] },
      true,
    ];
    const members = [
      "endpointSelector",
      "ingress",
      "egress",
      "ingressDeny",
      "egressDeny",
      "enableDefaultDeny",
      "nodeSelector",
    ];
    const inner = [
      "fromEndpoints",
      "fromEntities",
      "fromCIDR",
      "fromCIDRSet",
      "toPorts",
      "icmps",
      "toServices",
      "toFQDNs",
      "toGroups",
      "authentication",
      "fromRequires",
    ];
    for (const value of odd) {
      for (const member of members) build({ endpointSelector: {}, ingress: [{}], [member]: value });
      for (const member of inner) {
        build({ endpointSelector: {}, ingress: [{ [member]: value }] });
        build({ endpointSelector: {}, egressDeny: [{ [member.replace("from", "to")]: value }] });
        build({
          endpointSelector: {},
          ingress: [{ toPorts: [{ ports: value, rules: value, serverNames: value }] }],
        });
      }
    }
    const many = Array.from({ length: 5000 }, (_, at) => ({
      fromEndpoints: [{ matchLabels: { app: `a${at}` } }],
      toPorts: [{ ports: [{ port: String(1 + (at % 60_000)) }] }],
    }));
    const started = performance.now();
    build({ endpointSelector: {}, ingress: many });
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

function build(spec: unknown): Network {
  const object = {
    apiVersion: "cilium.io/v2",
    kind: "CiliumNetworkPolicy",
    metadata: { name: "p", namespace: "a" },
    spec,
  } as JsonObject;
  return buildNetwork([...objects(world), object]);
}
