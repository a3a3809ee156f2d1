import { emptyWorkload } from "../../authoring/intent/empty-workload.ts";
import type {
  ApplicationIntent,
  ConnectionIntent,
  SecretKeyIntent,
  WorkloadIntent,
} from "../../authoring/intent/intent.ts";
import type { Place } from "../../kube/place.ts";
import { parseQuantity } from "../../kube/quantity.ts";
import type {
  ConnectOperation,
  DeployOperation,
  ExposeOperation,
  PortArgument,
  RestrictOperation,
  ScaleOperation,
} from "../operations/operation.ts";
import type { Composed, ComposeInput } from "./compose-input.ts";
import { askForGit, newOutcomes, type Outcomes, placeOf, type Turn, turnText } from "./outcomes.ts";

type Draft = { -readonly [K in keyof WorkloadIntent]: WorkloadIntent[K] };

interface Work {
  readonly input: ComposeInput;
  readonly outcomes: Outcomes;
  readonly workloads: Map<string, Draft>;
  /** Names of workloads that a deploy of this request makes new. */
  readonly made: Set<string>;
  readonly secrets: Map<string, Map<string, SecretKeyIntent>>;
  connections: ConnectionIntent[];
  readonly standing: Set<string>;
  /** Connections and openings that operations ask for, by the workload that is connected to. */
  readonly opened: Map<string, { readonly from: string; readonly turn: Turn }[]>;
}

/** Network of connections between workloads that the input keeps apart. */
const OWN_NETWORK = "kubeops-connect";

/** An application intent from operations, upon what a Compose file asked for or upon nothing. */
export function composeApplication(input: ComposeInput): Composed {
  const { base, namespace, application } = input;
  const outcomes = newOutcomes(input.operations);
  const work: Work = {
    input,
    outcomes,
    workloads: new Map((base?.workloads ?? []).map((workload) => [workload.name, { ...workload }])),
    made: new Set(),
    secrets: new Map(
      (base?.secrets ?? []).map(({ name, keys }) => [name, new Map(keys.map((key) => [key.key, key]))]),
    ),
    connections: [...(base?.connections ?? [])],
    standing: new Set(),
    opened: new Map(),
  };
  // The list is in the order of the table: what is deployed is there before it is connected.
  for (const [index, { operation, sources }] of input.operations.entries()) {
    apply(work, { index, operation, sources });
  }
  if (work.workloads.size === 0 && outcomes.questions().length === 0)
    outcomes.ask(
      "agent/unknown-workload",
      "the operations deploy no workload, and no file names one: what is to run?",
    );
  const report = outcomes.report();
  const intent: ApplicationIntent = {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "Intent",
    source: "operations",
    namespace,
    application,
    report: [...(base?.report ?? []), ...report],
    workloads: [...work.workloads.values()],
    configs: base?.configs ?? [],
    secrets: [...work.secrets].map(([name, keys]) => ({ name, keys: [...keys.values()] })),
    volumes: base?.volumes ?? [],
    connections: work.connections,
    ...(work.standing.size === 0 ? {} : { standing: [...work.standing].sort() }),
  };
  return { intent, objects: [], questions: outcomes.questions(), report };
}

function apply(work: Work, turn: Turn): void {
  const { operation } = turn;
  switch (operation.kind) {
    case "deploy":
      return deploy(work, { ...turn, operation });
    case "expose":
      return expose(work, { ...turn, operation });
    case "connect":
      return connect(work, { ...turn, operation });
    case "restrict":
      return restrict(work, { ...turn, operation });
    case "scale":
      return scale(work, { ...turn, operation });
    case "edit_field":
      return work.outcomes.ask(
        "agent/cannot-edit",
        `${turnText(turn)} edits an object, and no objects were given: name their files with -f`,
      );
    case "commit_to_git":
      if (!work.input.gitTarget) askForGit(work.outcomes, turn);
  }
}

function deploy(work: Work, turn: Turn<DeployOperation>): void {
  const { operation } = turn;
  const { name } = operation;
  const before = work.workloads.get(name);
  const draft = before ?? { ...emptyWorkload, name, image: operation.image, place: placeOf(turn) };
  if (before === undefined) work.made.add(name);
  work.workloads.set(name, draft);
  set(work, turn, draft, "image", operation.image);
  if (operation.replicas !== undefined) setReplicas(work, turn, draft, operation.replicas);
  for (const port of operation.ports ?? []) addPort(draft, port, placeOf(turn), false);
  setResources(work, turn, draft);
  const { health } = operation;
  if (health !== undefined && work.outcomes.claim(`the health of ${name}`, healthText(health), turn)) {
    if (draft.health !== undefined && !work.made.has(name))
      work.outcomes.changed(turn, `it replaces how the health of ${name} is asked`);
    const { path, port } = health;
    draft.health = { test: path === undefined ? { kind: "tcp", port } : { kind: "http", path, port } };
  }
  for (const { name: variable, value } of operation.settings ?? []) {
    if (work.outcomes.claim(`variable ${variable} of ${name}`, value, turn))
      setVariable(work, turn, draft, { name: variable, value });
  }
  for (const { variable, secret, key } of operation.secrets ?? []) {
    if (!work.outcomes.claim(`variable ${variable} of ${name}`, `Secret ${secret}, ${key}`, turn)) continue;
    setVariable(work, turn, draft, { name: variable, secret, key });
    const keys = work.secrets.get(secret) ?? new Map<string, SecretKeyIntent>();
    if (!keys.has(key))
      keys.set(key, { key, reason: `the request names it for ${name}`, place: placeOf(turn) });
    work.secrets.set(secret, keys);
  }
}

function healthText({ path, port }: { readonly path?: string; readonly port: number }): string {
  return path === undefined ? `port ${port}` : `${path} at ${port}`;
}

function set(work: Work, turn: Turn<DeployOperation>, draft: Draft, field: "image", value: string): void {
  if (!work.outcomes.claim(`${field} of ${draft.name}`, value, turn)) return;
  if (draft[field] !== value) {
    work.outcomes.changed(turn, `${field} of ${draft.name} was ${draft[field]} in the input`);
    delete draft.imageIsBuilt;
    delete draft.imageInterpolated;
  }
  draft[field] = value;
}

function setReplicas(work: Work, turn: Turn, draft: Draft, replicas: number): void {
  const { name } = draft;
  if (!work.outcomes.claim(`the number of Pods of ${name}`, replicas, turn)) return;
  if (!work.made.has(name)) {
    const before = draft.autoscale === undefined ? (draft.replicas ?? 1) : "an autoscaler's";
    if (before !== replicas)
      work.outcomes.changed(turn, `the number of Pods of ${name} was ${before} in the input`);
  }
  draft.replicas = replicas;
  delete draft.autoscale;
}

function setResources(work: Work, turn: Turn<DeployOperation>, draft: Draft): void {
  const rows = [
    ["cpuRequest", "cpuRequestMilli", 1_000_000n],
    ["cpuLimit", "cpuLimitMilli", 1_000_000n],
    ["memoryRequest", "memoryRequestBytes", 1_000_000_000n],
    ["memoryLimit", "memoryLimitBytes", 1_000_000_000n],
  ] as const;
  for (const [argument, member, unit] of rows) {
    const text = turn.operation[argument];
    const nano = text === undefined ? undefined : parseQuantity(text)?.nano;
    if (nano === undefined) continue;
    const amount = Number(nano / unit);
    if (!work.outcomes.claim(`${argument} of ${draft.name}`, amount, turn)) continue;
    const before = draft.resources[member];
    if (before !== undefined && before !== amount)
      work.outcomes.changed(turn, `${argument} of ${draft.name} was another one in the input`);
    draft.resources = { ...draft.resources, [member]: amount };
  }
}

function setVariable(work: Work, turn: Turn, draft: Draft, entry: WorkloadIntent["env"][number]): void {
  const before = draft.env.find(({ name }) => name === entry.name);
  if (before !== undefined && JSON.stringify(before) !== JSON.stringify(entry))
    work.outcomes.changed(turn, `variable ${entry.name} of ${draft.name} was another one in the input`);
  draft.env = [...draft.env.filter(({ name }) => name !== entry.name), entry];
}

function addPort(draft: Draft, asked: PortArgument, place: Place, published: boolean): void {
  const protocol = asked.protocol ?? "TCP";
  const same = (port: { readonly port: number; readonly protocol: string }): boolean =>
    port.port === asked.port && port.protocol === protocol;
  draft.ports = draft.ports.some(same)
    ? draft.ports.map((port) => (same(port) && published ? { ...port, published } : port))
    : [...draft.ports, { port: asked.port, protocol, published, place }];
}

/** The workload of this request that an operation names; otherwise a question. */
function known(work: Work, turn: Turn, name: string): Draft | undefined {
  const draft = work.workloads.get(name);
  if (draft === undefined) {
    work.outcomes.ask(
      "agent/unknown-workload",
      `${turnText(turn)} names ${name}, of which nothing is known: the request neither deploys it nor gives its file with -f`,
    );
  }
  return draft;
}

function scale(work: Work, turn: Turn<ScaleOperation>): void {
  const { workload, replicas, min, max, cpuPercent } = turn.operation;
  const draft = known(work, turn, workload);
  if (draft === undefined) return;
  if (replicas !== undefined) return setReplicas(work, turn, draft, replicas);
  if (min === undefined || max === undefined) return;
  const range = `${min} to ${max}${cpuPercent === undefined ? "" : ` at ${cpuPercent} %`}`;
  if (!work.outcomes.claim(`the number of Pods of ${workload}`, range, turn)) return;
  if (!work.made.has(workload))
    work.outcomes.changed(turn, `an autoscaler now sets the number of Pods of ${workload}`);
  delete draft.replicas;
  draft.autoscale = { min, max, ...(cpuPercent === undefined ? {} : { cpuPercent }) };
}

function expose(work: Work, turn: Turn<ExposeOperation>): void {
  const { workload, port, host, tlsSecret } = turn.operation;
  const draft = known(work, turn, workload);
  if (draft === undefined) return;
  addPort(draft, { port }, placeOf(turn), true);
  open(work, workload, "every Pod of the cluster", turn);
  if (host === undefined) return;
  if (!work.outcomes.claim(`host ${host}`, `${workload}:${port}`, turn)) return;
  if (!work.outcomes.claim(`the certificate of ${host}`, tlsSecret ?? "none", turn)) return;
  draft.hosts = [...(draft.hosts ?? []), { host, port, ...(tlsSecret === undefined ? {} : { tlsSecret }) }];
}

function connect(work: Work, turn: Turn<ConnectOperation>): void {
  const { from, to, cidr, port, protocol = "TCP" } = turn.operation;
  if (cidr !== undefined && port !== undefined) {
    const draft = known(work, turn, from);
    if (draft === undefined) return;
    draft.egress = [...(draft.egress ?? []), { cidr, ports: [{ port, protocol }] }];
  }
  if (to === undefined) return;
  addConnection(work, turn, { from, to, ports: port === undefined ? [] : [{ port, protocol }] });
  open(work, to, from, turn);
}

function addConnection(
  work: Work,
  turn: Turn,
  { from, to, ports }: Pick<ConnectionIntent, "from" | "to" | "ports">,
): void {
  const [source, target] = [work.workloads.get(from), work.workloads.get(to)];
  if (source === undefined && target === undefined) {
    known(work, turn, from);
    known(work, turn, to);
    return;
  }
  for (const name of [from, to]) if (!work.workloads.has(name)) work.standing.add(name);
  if (
    source !== undefined &&
    target !== undefined &&
    !source.networks.some((name) => target.networks.includes(name))
  ) {
    work.outcomes.changed(turn, `${from} and ${to} shared no network in the input: now they do`);
    for (const draft of [source, target]) draft.networks = [...new Set([...draft.networks, OWN_NETWORK])];
  }
  work.connections.push({ from, to, ports, reason: "the request", place: placeOf(turn) });
}

function open(work: Work, to: string, from: string, turn: Turn): void {
  work.opened.set(to, [...(work.opened.get(to) ?? []), { from, turn }]);
}

function restrict(work: Work, turn: Turn<RestrictOperation>): void {
  const { workload, allowFrom } = turn.operation;
  const draft = known(work, turn, workload);
  if (draft === undefined) return;
  if (!work.outcomes.claim(`who may connect to ${workload}`, [...allowFrom].sort().join(", "), turn)) return;
  for (const opening of work.opened.get(workload) ?? []) {
    if (allowFrom.includes(opening.from)) continue;
    work.outcomes.ask(
      "agent/conflict",
      `${turnText(opening.turn)} opens ${workload} to ${opening.from}, and ${turnText(turn)} closes it to all but ${allowFrom.join(", ") || "nobody"}: which one?`,
    );
  }
  for (const port of draft.ports.filter(({ published }) => published))
    work.outcomes.changed(
      turn,
      `port ${port.port} of ${workload} was open to every Pod in the input: it is not any more`,
    );
  draft.ports = draft.ports.map((port) => ({ ...port, published: false }));
  const closed = work.connections.filter(({ from, to }) => to === workload && !allowFrom.includes(from));
  for (const { from, reason } of closed)
    work.outcomes.changed(turn, `the connection from ${from} (${reason}) is closed`);
  work.connections = work.connections.filter((connection) => !closed.includes(connection));
  for (const from of allowFrom) {
    const there = work.connections.some(
      (connection) => connection.from === from && connection.to === workload,
    );
    if (!there) addConnection(work, turn, { from, to: workload, ports: [] });
  }
}
