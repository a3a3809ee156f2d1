import type { Json, JsonObject } from "../../../kube/json.ts";
import { objectMetadata, selectorLabels, workloadMetadata } from "../manifests/labels.ts";
import { byText } from "../../../kube/by-text.ts";
import { members, unlessEmpty } from "../members.ts";
import { fitName } from "../names.ts";
import type { Application, Edge, Workload } from "../workload.ts";
import { egressRules } from "./egress.ts";

const DENY = "default-deny";
const DNS = "allow-dns";

/**
 * NetworkPolicies: everything is closed in both directions for the whole namespace, which is the application's own (in a
 * shared namespace only for its Pods); DNS is open; and each workload has what the input shows. Policies only ever add, so
 * their order does not matter.
 */
export function networkPolicies(application: Application): JsonObject[] {
  const { ledger } = application;
  const everyPod: JsonObject = application.sharedNamespace
    ? { matchLabels: { "app.kubernetes.io/part-of": application.intent.application } }
    : {};
  const policies: JsonObject[] = [
    policy(application, DENY, { podSelector: everyPod, policyTypes: ["Ingress", "Egress"] }),
  ];
  const dns = dnsPolicy(application, everyPod);
  if (dns !== undefined) policies.push(dns);
  for (const workload of application.workloads) {
    const own = workloadPolicy(application, workload);
    if (own !== undefined) policies.push(own);
  }
  policies.push(...standingPolicies(application));
  ledger.note(
    "network/needs-enforcement",
    undefined,
    "NetworkPolicies close connections only in a cluster whose network plug-in enforces them.",
  );
  if (application.workloads.some(({ intent }) => intent.egress === undefined && intent.networks.length > 0))
    ledger.note(
      "network/no-outside",
      undefined,
      "connections to addresses outside the application are closed, except DNS, unless the input opens them.",
    );
  return policies;
}

function policy(application: Application, name: string, spec: JsonObject): JsonObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: objectMetadata(application, name),
    spec,
  };
}

/** DNS of the cluster, over UDP and TCP: answers that do not fit into a datagram come over TCP. */
function dnsPolicy(application: Application, everyPod: JsonObject): JsonObject | undefined {
  const off = application.workloads
    .filter(({ intent }) => intent.networks.length === 0 && intent.hostNetwork !== true)
    .map(({ intent }) => intent.name);
  if (off.length > 0 && off.length === application.workloads.length) return undefined;
  application.ledger.note(
    "network/dns-pods",
    undefined,
    "DNS is allowed to the Pods labelled k8s-app=kube-dns in kube-system; a cluster with NodeLocal DNSCache needs a rule for its address as well.",
  );
  return policy(application, DNS, {
    podSelector: members({
      ...everyPod,
      matchExpressions:
        off.length === 0 ? undefined : [{ key: "app.kubernetes.io/name", operator: "NotIn", values: off }],
    }),
    policyTypes: ["Egress"],
    egress: [
      {
        to: [
          {
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
            podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
          },
        ],
        ports: [
          { port: 53, protocol: "UDP" },
          { port: 53, protocol: "TCP" },
        ],
      },
    ],
  });
}

function workloadPolicy(application: Application, workload: Workload): JsonObject | undefined {
  const { ledger, edges } = application;
  const { name } = workload.intent;
  const incoming = edges.filter((edge) => edge.to === name);
  const outgoing = edges.filter((edge) => edge.from === name);
  if (workload.intent.hostNetwork === true) {
    ledger.note(
      "network/host-network",
      name,
      "it stands on the node's network: no NetworkPolicy closes its connections, and those who are closed to it cannot name it; connections from it are those of its node.",
    );
    return undefined;
  }
  for (const edge of incoming)
    if (edge.ports.length === 0)
      ledger.note(
        "network/all-ports",
        name,
        `the input shows no port on which it listens: ${edge.from} may connect to all of them. List its ports (expose:).`,
      );
  const ingress = [
    ...rules(incoming, (edge) => edge.from, application, "from"),
    ...publishedRule(application, workload),
  ];
  const egress = [
    ...rules(outgoing, (edge) => edge.to, application, "to"),
    ...(workload.intent.networks.length === 0 ? [] : egressRules(workload, ledger)),
  ];
  if (workload.intent.networks.length === 0 && (workload.intent.egress?.length ?? 0) > 0)
    ledger.note("network/egress", name, "it stands on no network: no outside address is opened.");
  if (ingress.length === 0 && egress.length === 0) return undefined;
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: workloadMetadata(application, workload, policyName(name)),
    spec: members({
      podSelector: { matchLabels: selectorLabels(application, name) },
      policyTypes: [...(ingress.length > 0 ? ["Ingress"] : []), ...(egress.length > 0 ? ["Egress"] : [])],
      ingress: unlessEmpty(ingress),
      egress: unlessEmpty(egress),
    }),
  };
}

/**
 * The other side of connections with workloads that stand already: policies of their own beside theirs, one a connection,
 * since nothing else is known of them. They are known by the labels that every workload of the application has.
 */
function standingPolicies(application: Application): JsonObject[] {
  const standing = new Set(application.intent.standing);
  return application.edges
    .filter(({ from, to }) => standing.has(from) || standing.has(to))
    .map((edge) => {
      const outgoing = standing.has(edge.from);
      const [self, other] = outgoing ? [edge.from, edge.to] : [edge.to, edge.from];
      application.ledger.note(
        "network/standing",
        other,
        `${self} is not part of this request: it is taken to stand in namespace ${application.intent.namespace} with the labels app.kubernetes.io/name=${self} and app.kubernetes.io/instance=${application.intent.application}.`,
      );
      const rule = rules([edge], () => other, application, outgoing ? "to" : "from");
      return policy(application, fitName(`${self}-${outgoing ? "to" : "from"}-${other}`, 63), {
        podSelector: { matchLabels: selectorLabels(application, self) },
        policyTypes: [outgoing ? "Egress" : "Ingress"],
        [outgoing ? "egress" : "ingress"]: rule,
      });
    });
}

/** A workload that is called as one of the common policies gets another name for its own. */
function policyName(workload: string): string {
  return workload === DENY || workload === DNS ? fitName(`${workload}-workload`, 63) : workload;
}

/** One rule for each set of ports, with all peers that have it. */
function rules(
  edges: readonly Edge[],
  peer: (edge: Edge) => string,
  application: Application,
  side: "from" | "to",
): JsonObject[] {
  const byPorts = new Map<string, { ports: Edge["ports"]; peers: string[] }>();
  for (const edge of edges) {
    const key = edge.ports.map(({ port, protocol }) => `${protocol}/${port}`).join(",");
    const entry = byPorts.get(key) ?? { ports: edge.ports, peers: [] };
    entry.peers.push(peer(edge));
    byPorts.set(key, entry);
  }
  return [...byPorts]
    .sort(([left], [right]) => byText(left, right))
    .map(([, { ports, peers }]) =>
      members({
        [side]: peers
          .sort(byText)
          .map((name): Json => ({ podSelector: { matchLabels: selectorLabels(application, name) } })),
        ports: unlessEmpty(ports.map(({ port, protocol }) => ({ port, protocol }))),
      }),
    );
}

/** Published ports are open to every namespace of the cluster and to nobody outside it. */
function publishedRule(application: Application, workload: Workload): JsonObject[] {
  const ports = workload.ports.filter((port) => port.published);
  if (ports.length === 0) return [];
  application.ledger.note(
    "network/published",
    workload.intent.name,
    `published ${ports.map(({ port, protocol }) => `${port}/${protocol}`).join(", ")}: Pods of the whole cluster may connect, ${
      workload.intent.hosts === undefined
        ? `nobody from outside. Try it with kubectl port-forward; to open it further, add a Gateway route or an Ingress for Service ${workload.intent.name}.`
        : "and clients from outside through the Ingress."
    }`,
  );
  return [
    {
      from: [{ namespaceSelector: {} }],
      ports: ports.map(({ port, protocol }) => ({ port, protocol })),
    },
  ];
}
