import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../kube/json.ts";
import { readDocuments } from "../../../../kube/yaml/read-documents.ts";
import { readObjects } from "../../../../kube/read-objects.ts";
import { ask } from "../../ask/question.ts";
import { exposure } from "../../engine/exposure.ts";
import { noWidening } from "../../engine/no-widening.ts";
import { buildNetwork, type Network } from "../../engine/network.ts";
import { parseCalicoSelector } from "./selector.ts";

// What Calico means by its policies, one line a case; packets of random worlds are judged in test/conformance/network.

const world = `
{apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {team: x}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: b, labels: {team: w}}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: robot, namespace: a, labels: {role: worker}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: a, labels: {app: web}}, spec: {serviceAccountName: robot, containers: [{name: c, image: c, ports: [{name: http, containerPort: 8080}]}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: a, labels: {app: db}}, spec: {containers: [{name: c, image: c, ports: [{name: pg, containerPort: 5432}]}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: b, labels: {app: web}}, spec: {containers: [{name: c, image: c}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: db, namespace: a}, spec: {selector: {app: db}, ports: [{port: 80, targetPort: 5432}]}}
`;

function objects(text: string): readonly JsonObject[] {
  return readObjects(readDocuments("k8s.yaml", new TextEncoder().encode(text))).objects.map(
    ({ object }) => object,
  );
}

const v3 = (kind: string, name: string, spec: string, namespace = ""): string =>
  `{apiVersion: projectcalico.org/v3, kind: ${kind}, metadata: {name: ${name}${namespace}}, spec: ${spec}}`;
const np = (spec: string, name = "p"): string => v3("NetworkPolicy", name, spec, ", namespace: a");
const gnp = (spec: string, name = "g"): string => v3("GlobalNetworkPolicy", name, spec);
const tier = (name: string, spec: string): string => v3("Tier", name, spec);
const k8s = (spec: string): string =>
  `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: k, namespace: a}, spec: ${spec}}`;

function network(documents: readonly string[]): Network {
  return buildNetwork(objects([world, ...documents].join("\n---\n")));
}

const allow = "{action: Allow}";
const deny = "{action: Deny}";
const pass = "{action: Pass}";

const cases: readonly (readonly [string, readonly string[], string, string, boolean])[] = [
  ["no policy: the profile of the namespace allows", [], "b/web", "a/db:5432", true],
  ["a policy denies what no rule of it allows", [np("{ingress: []}")], "b/web", "a/db:5432", false],
  [
    "without types and egress rules it holds for ingress alone",
    [np("{ingress: []}")],
    "a/db",
    "b/web:80",
    true,
  ],
  ["with egress rules alone it holds for egress alone", [np("{egress: []}")], "a/db", "b/web:80", true],
  ["egress rules make it hold for egress", [np(`{egress: [${deny}]}`)], "a/db", "b/web:80", false],
  ["and not for ingress", [np(`{egress: [${deny}]}`)], "b/web", "a/db:80", true],
  ["Log decides nothing", [np(`{ingress: [{action: Log}, ${allow}]}`)], "b/web", "a/db:80", true],
  ["the first rule that matches decides", [np(`{ingress: [${deny}, ${allow}]}`)], "b/web", "a/db:80", false],
  [
    "lower orders come first",
    [np(`{order: 2, ingress: [${deny}]}`, "p"), np(`{order: 1, ingress: [${allow}]}`, "q")],
    "b/web",
    "a/db:80",
    true,
  ],
  [
    "without an order it comes last",
    [np(`{ingress: [${deny}]}`, "p"), np(`{order: 5000, ingress: [${allow}]}`, "q")],
    "b/web",
    "a/db:80",
    true,
  ],
  [
    "equal orders go by name",
    [np(`{order: 1, ingress: [${deny}]}`, "p"), np(`{order: 1, ingress: [${allow}]}`, "q")],
    "b/web",
    "a/db:80",
    false,
  ],
  [
    "a NetworkPolicy of Kubernetes stands at order 1000: before it a Deny counts",
    [k8s("{podSelector: {}, ingress: [{}]}"), gnp(`{order: 999, ingress: [${deny}]}`)],
    "b/web",
    "a/db:80",
    false,
  ],
  [
    "and behind it no longer",
    [k8s("{podSelector: {}, ingress: [{}]}"), gnp(`{order: 1001, ingress: [${deny}]}`)],
    "b/web",
    "a/db:80",
    true,
  ],
  [
    "what no rule of the default tier decides is denied, though the other policy is of Kubernetes",
    [k8s("{podSelector: {}, ingress: []}"), gnp(`{order: 1, ingress: [${allow}]}`)],
    "b/web",
    "a/db:80",
    true,
  ],
  [
    "a tier that selects the pod and does not decide denies",
    [
      tier("t", "{order: 5}"),
      gnp("{tier: t, ingress: [{action: Allow, protocol: UDP}]}"),
      np(`{ingress: [${allow}]}`),
    ],
    "b/web",
    "a/db:80",
    false,
  ],
  [
    "unless its default action is Pass",
    [
      tier("t", "{order: 5, defaultAction: Pass}"),
      gnp("{tier: t, ingress: [{action: Allow, protocol: UDP}]}"),
      np(`{ingress: [${allow}]}`),
    ],
    "b/web",
    "a/db:80",
    true,
  ],
  [
    "a tier whose policies do not select the pod is left out",
    [tier("t", "{order: 5}"), gnp("{tier: t, selector: app == 'x', ingress: []}")],
    "b/web",
    "a/db:80",
    true,
  ],
  [
    "Pass goes to the next tier",
    [tier("t", "{order: 5}"), gnp(`{tier: t, ingress: [${pass}]}`), np(`{ingress: [${deny}]}`)],
    "b/web",
    "a/db:80",
    false,
  ],
  [
    "Pass of the last tier ends at the profile, which allows",
    [np(`{ingress: [${pass}]}`)],
    "b/web",
    "a/db:80",
    true,
  ],
  [
    "tiers go by order",
    [
      tier("late", "{order: 20}"),
      tier("early", "{order: 10}"),
      gnp(`{tier: late, ingress: [${deny}]}`, "g"),
      gnp(`{tier: early, ingress: [${allow}]}`, "h"),
    ],
    "b/web",
    "a/db:80",
    true,
  ],
  [
    "a tier behind the default one is asked after it",
    [tier("t", "{order: 2000000}"), gnp(`{tier: t, ingress: [${deny}]}`), np(`{ingress: [${allow}]}`)],
    "b/web",
    "a/db:80",
    true,
  ],
  [
    "a tier before 1000 is asked before ClusterNetworkPolicy",
    [
      tier("t", "{order: 5}"),
      gnp(`{tier: t, ingress: [${deny}]}`),
      "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: c}, spec: {tier: Admin, priority: 1, subject: {namespaces: {}}, ingress: [{action: Accept, from: [{namespaces: {}}]}]}}",
    ],
    "b/web",
    "a/db:80",
    false,
  ],
  [
    "and one behind 1000 after it",
    [
      tier("t", "{order: 1001}"),
      gnp(`{tier: t, ingress: [${deny}]}`),
      "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: c}, spec: {tier: Admin, priority: 1, subject: {namespaces: {}}, ingress: [{action: Accept, from: [{namespaces: {}}]}]}}",
    ],
    "b/web",
    "a/db:80",
    true,
  ],
  [
    "a selector of a rule means the own namespace",
    [np("{ingress: [{action: Allow, source: {selector: app == 'web'}}]}")],
    "b/web",
    "a/db:80",
    false,
  ],
  [
    "with a namespaceSelector it means others",
    [np("{ingress: [{action: Allow, source: {selector: app == 'web', namespaceSelector: team == 'w'}}]}")],
    "b/web",
    "a/db:80",
    true,
  ],
  [
    "projectcalico.org/name is the name of the namespace",
    [np("{ingress: [{action: Allow, source: {namespaceSelector: projectcalico.org/name == 'b'}}]}")],
    "b/web",
    "a/db:80",
    true,
  ],
  [
    "global() means no pod",
    [np("{ingress: [{action: Allow, source: {namespaceSelector: global()}}]}")],
    "b/web",
    "a/db:80",
    false,
  ],
  [
    "notSelector takes pods out",
    [gnp("{ingress: [{action: Allow, source: {notSelector: app == 'web'}}]}")],
    "b/web",
    "a/db:80",
    false,
  ],
  [
    "and leaves addresses in",
    [gnp("{ingress: [{action: Allow, source: {notSelector: app == 'web'}}]}")],
    "8.8.8.8",
    "a/db:80",
    true,
  ],
  [
    "names of ServiceAccounts",
    [np("{ingress: [{action: Allow, source: {serviceAccounts: {names: [robot]}}}]}")],
    "a/web",
    "a/db:80",
    true,
  ],
  [
    "labels of ServiceAccounts",
    [
      gnp(
        "{selector: app == 'db', ingress: [{action: Allow, source: {serviceAccounts: {selector: role == 'worker'}}}]}",
      ),
    ],
    "a/web",
    "a/db:80",
    true,
  ],
  [
    "a policy for ServiceAccounts",
    [gnp("{serviceAccountSelector: role == 'worker', ingress: []}")],
    "a/db",
    "a/web:80",
    false,
  ],
  [
    "the destination of an ingress rule narrows it to some pods of the policy",
    [gnp("{ingress: [{action: Allow, destination: {selector: app == 'db'}}]}")],
    "a/db",
    "a/web:80",
    false,
  ],
  [
    "and lets in there",
    [gnp("{ingress: [{action: Allow, destination: {selector: app == 'db'}}]}")],
    "a/web",
    "a/db:80",
    true,
  ],
  [
    "notPorts",
    [np("{ingress: [{action: Allow, protocol: TCP, destination: {notPorts: [80, '90:99']}}]}")],
    "a/web",
    "a/db:95",
    false,
  ],
  [
    "notPorts with a name",
    [np("{ingress: [{action: Allow, protocol: TCP, destination: {notPorts: [pg]}}]}")],
    "a/web",
    "a/db:5432",
    false,
  ],
  [
    "a named port is that of the destination",
    [np("{ingress: [{action: Allow, protocol: TCP, destination: {ports: [pg]}}]}")],
    "a/web",
    "a/db:5432",
    true,
  ],
  ["notProtocol", [np("{ingress: [{action: Allow, notProtocol: TCP}]}")], "a/web", "a/db:80", false],
  [
    "a rule for ICMP says nothing about TCP",
    [np("{ingress: [{action: Deny, protocol: ICMP}, {action: Allow}]}")],
    "a/web",
    "a/db:80",
    true,
  ],
  [
    "the pods behind a Service, at the port of the container",
    [
      np(
        "{selector: app == 'web', egress: [{action: Allow, destination: {services: {name: db, namespace: a}}}]}",
      ),
    ],
    "a/web",
    "a/db:5432",
    true,
  ],
  [
    "and at no other port",
    [
      np(
        "{selector: app == 'web', egress: [{action: Allow, destination: {services: {name: db, namespace: a}}}]}",
      ),
    ],
    "a/web",
    "a/db:81",
    false,
  ],
  [
    "a GlobalNetworkSet is found by its labels",
    [
      "{apiVersion: projectcalico.org/v3, kind: GlobalNetworkSet, metadata: {name: s, labels: {kind: bad}}, spec: {nets: [203.0.113.0/24]}}",
      gnp(
        `{selector: app == 'web', egress: [{action: Deny, destination: {selector: kind == 'bad'}}, ${allow}]}`,
      ),
    ],
    "a/web",
    "203.0.113.9:443",
    false,
  ],
  [
    "a NetworkSet belongs to its namespace",
    [
      "{apiVersion: projectcalico.org/v3, kind: NetworkSet, metadata: {name: s, namespace: b, labels: {kind: bad}}, spec: {nets: [203.0.113.0/24]}}",
      np(
        `{selector: app == 'web', egress: [{action: Deny, destination: {selector: kind == 'bad'}}, ${allow}]}`,
      ),
    ],
    "a/web",
    "203.0.113.9:443",
    true,
  ],
  [
    "ipVersion",
    [gnp("{selector: app == 'web', egress: [{action: Allow, ipVersion: 6}]}")],
    "a/web",
    "203.0.113.9:443",
    false,
  ],
  [
    "staged policies do nothing",
    [v3("StagedNetworkPolicy", "s", "{ingress: []}", ", namespace: a")],
    "b/web",
    "a/db:80",
    true,
  ],
  [
    "the group that Calico stores in, with its prefix",
    [
      "{apiVersion: crd.projectcalico.org/v1, kind: NetworkPolicy, metadata: {name: default.p, namespace: a}, spec: {types: [Ingress]}}",
    ],
    "b/web",
    "a/db:80",
    false,
  ],
  [
    "stored without types it holds in both directions",
    [
      "{apiVersion: crd.projectcalico.org/v1, kind: NetworkPolicy, metadata: {name: default.p, namespace: a}, spec: {ingress: [{action: Allow}]}}",
    ],
    "a/db",
    "b/web:80",
    false,
  ],
];

describe("Calico", () => {
  for (const [name, documents, from, to, expected] of cases) {
    test(name, () => {
      const net = network(documents);
      expect(net.problems).toEqual([]);
      expect(ask(net, from, to).yes).toBe(expected);
    });
  }

  test("what is not modelled makes the answer incomplete, by name", () => {
    const said = (document: string): readonly string[] =>
      network([document]).problems.map(({ kind, message }) => `${kind}: ${message}`);
    expect(said(np("{ingress: [{action: Allow, http: {methods: [GET]}}]}"))[0]).toContain(
      "unmodelled: NetworkPolicy.projectcalico.org a/p spec.ingress[0].http: HTTP requests are not modelled",
    );
    expect(said(gnp("{preDNAT: true, applyOnForward: true, ingress: []}"))[0]).toContain("spec.preDNAT");
    expect(said(gnp("{tier: gone, ingress: []}"))[0]).toContain("tier gone is not in the input");
    expect(said(np("{ingress: [{action: Deny, protocol: TCP, source: {ports: [80]}}]}"))[0]).toContain(
      "ports of the source are not modelled: the rule counts as absent",
    );
    expect(said(v3("HostEndpoint", "h", "{node: n}"))[0]).toContain("host endpoints are not modelled");
    expect(
      said(np("{egress: [{action: Allow, destination: {services: {name: x, namespace: b}}}]}"))[0],
    ).toContain("Service b/x is not in the input");
    expect(
      said(
        "{apiVersion: v1, kind: Pod, metadata: {name: spy, namespace: b, labels: {pcns.team: x}}, spec: {containers: [{name: c, image: c}]}}\n---\n" +
          np("{ingress: []}"),
      )[0],
    ).toContain("Calico takes such a label of a pod for one of its namespace");
    const many = Array.from({ length: 12 }, (_, at) => `(a${at} == 'x' || b${at} == 'y')`).join(" && ");
    expect(said(np(`{selector: "${many}"}`))[0]).toContain("too many alternatives");
  });

  test("what Calico refuses has no effect and is told with its place", () => {
    const refused: readonly (readonly [string, string])[] = [
      [np("{selector: app = 'web'}"), "is no selector of Calico: expected == at character 5, before"],
      [np("{selector: app == 'web' &&}"), "is no selector of Calico: the selector ends too early at its end"],
      [np("{selector: app == 'web}"), "unterminated string"],
      [np("{selector: global()}"), "global() can stand only in the namespaceSelector of a rule"],
      [np("{ingress: [{action: Allowed}]}"), "must be one of Allow, Deny, Log, Pass"],
      [
        np("{ingress: [{action: Allow, destination: {ports: [80]}}]}"),
        "ports that are numbers need a protocol",
      ],
      [np("{ingress: [{action: Allow, protocol: ICMP, destination: {ports: [x]}}]}"), '"ICMP" has no ports'],
      [np("{ingress: [{action: Allow, protocol: TCP, destination: {ports: ['9:8']}}]}"), "is no port"],
      [np("{ingress: [{action: Allow, source: {nets: [10.0.0.0/33]}}]}"), "is no CIDR block"],
      [np("{ingress: [{action: Allow, ipVersion: 5}]}"), "must be 4 or 6"],
      [np("{types: [Both]}"), "must be Ingress or Egress"],
      [np("{order: high}"), "must be a number"],
      [
        np("{ingress: [{action: Allow, destination: {services: {name: db, namespace: a}}}]}"),
        "cannot stand in the destination of an ingress rule",
      ],
      [tier("default", "{order: 5}"), "tier default must have order 1000000"],
      [np("[]"), "must be a mapping"],
    ];
    for (const [document, message] of refused) {
      const net = network([document]);
      expect(net.problems.map(({ kind }) => kind)).toContain("invalid");
      expect(net.problems.map((problem) => problem.message).join()).toContain(message);
      expect(net.policies).toEqual([]);
    }
  });

  test("hostile selectors cost little and end in words", () => {
    const texts = [
      "(".repeat(60_000),
      "!".repeat(60_000),
      `${"(".repeat(50)}all()${")".repeat(50)}`,
      "a == 'b' || ".repeat(5000),
      "has(a) && ".repeat(5000) + "has(b)",
      `a in {${"'x',".repeat(10_000)}}`,
      "x".repeat(70_000),
      "a not in ".repeat(7000),
      "\u0000",
    ];
    const started = performance.now();
    for (const text of texts) {
      const { fault } = parseCalicoSelector(text);
      if (fault !== undefined) expect(fault.message.length).toBeGreaterThan(0);
    }
    expect(parseCalicoSelector("(".repeat(101)).fault?.tooBig).toBe(true);
    expect(performance.now() - started).toBeLessThan(2000);
    const chains = [
      `${"has(a) && ".repeat(3000)}has(b)`,
      // Each condition is another one: nothing of the chain falls away.
      Array.from({ length: 4000 }, (_, at) => `has(k${at})`).join(" && "),
      Array.from({ length: 3000 }, (_, at) => `a contains '${at}'`).join(" && "),
      Array.from({ length: 4000 }, (_, at) => `a == '${at % 400}'`).join(" || "),
    ];
    for (const chain of chains) {
      const begun = performance.now();
      expect(network([np(`{selector: "${chain}"}`)]).policies.length).toBe(1);
      expect(performance.now() - begun).toBeLessThan(2000);
    }
  });

  test("pods that could come: each way in which a selector can match or miss them, texts inside of values too", () => {
    const net = network([
      gnp(
        "{selector: app == 'db', ingress: [{action: Allow, source: {selector: app starts with 'we' && app != 'web'}}]}",
      ),
    ]);
    const db = exposure(net).classes.find(
      ({ id }) => net.classOf[net.workloads.findIndex(({ name }) => name === "db")] === id,
    );
    const names = db?.fromFresh.map(({ fresh }) => fresh.podLabels["app"] ?? "");
    expect(new Set(names)).toEqual(new Set(["wex"]));
  });

  test("no-widening: a selector that is narrowed proves, one that is widened does not", () => {
    const before = [world, np("{ingress: [{action: Allow, source: {selector: app starts with 'w'}}]}")];
    const narrower = [world, np("{ingress: [{action: Allow, source: {selector: app == 'web'}}]}")];
    const read = (documents: readonly string[]): readonly JsonObject[] => objects(documents.join("\n---\n"));
    expect(noWidening(read(before), read(narrower)).proved).toBe(true);
    expect(noWidening(read(narrower), read(before)).proved).toBe(false);
  });

  test("a label of a namespace opens as a policy does", () => {
    const policy = np("{ingress: [{action: Allow, source: {namespaceSelector: team == 'x'}}]}");
    const before = objects([world, policy].join("\n---\n"));
    const after = objects([world.replace("team: w", "team: x"), policy].join("\n---\n"));
    expect(noWidening(before, after).proved).toBe(false);
  });

  test("the reasons name policy, rule and tier", () => {
    const net = network([
      tier("t", "{order: 5}"),
      gnp(`{tier: t, ingress: [{action: Log}, {action: Allow, protocol: UDP}]}`),
    ]);
    const [pair] = ask(net, "b/web", "a/db:80").pairs;
    expect(pair?.answer.ingress.isolating.map((number) => net.policies[number]?.name)).toEqual(["g"]);
    const [allowed] = ask(net, "b/web", "a/db:80/udp").pairs;
    expect(allowed?.answer.ingress.allows.map(({ rule }) => rule.index)).toEqual([1]);
  });
});
