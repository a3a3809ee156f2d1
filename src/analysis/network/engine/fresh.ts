import { NAMESPACE_NAME_LABEL } from "../model/read-workloads.ts";
import type { NamespaceModel } from "../model/workload.ts";
import { anyLabels, type LabelBox, narrow, sampleLabels, split } from "../sets/label-box.ts";
import type { FreshPods, Network, PodClass } from "./network.ts";
import type { TermId } from "./terms.ts";

/** Kinds of pods that do not exist yet, in a namespace of this name or in one that does not exist; beyond, some are left out. */
const MOST_KINDS = 256;
/** Boxes of labels that describe the kinds of one namespace. */
const MOST_BOXES = 4096;
/** Kinds in all namespaces together. */
const MOST_ALTOGETHER = 20_000;

export interface FreshNetworks {
  /** The networks, each with the same classes of pods that do not exist yet behind its own. */
  readonly networks: readonly Network[];
  /** Numbers of these classes in each network, kind by kind. */
  readonly classes: readonly (readonly number[])[];
  /** Namespaces with more kinds than are looked at; empty text: namespaces that do not exist yet. What is said about pods that do not exist is incomplete there. */
  readonly cut: readonly string[];
}

/** A kind of pods that no term of any network tells apart. */
interface Kind {
  readonly fresh: FreshPods;
  /** By network. */
  readonly terms: readonly (readonly TermId[])[];
}

interface Part {
  readonly boxes: readonly LabelBox[];
  readonly terms: readonly (readonly TermId[])[];
}

/** A condition on the pod alone, or on it and its namespace. */
interface Cut {
  readonly network: number;
  readonly term: TermId;
}

/**
 * Adds the pods that do not exist yet: in every namespace, and in a namespace that does not exist yet with any labels, one
 * class for each way in which the terms of the networks can match or miss them. Exact as long as nothing is `cut`.
 */
export function withFresh(networks: readonly Network[]): FreshNetworks {
  const names = new Set(networks.flatMap((net) => [...net.namespaces.keys()]));
  const kinds: Kind[] = [];
  const cut: string[] = [];
  for (const name of [...names].sort()) {
    const models = networks.map((net) => net.namespaces.get(name) ?? firstModel(networks, name));
    const made = kinds.length < MOST_ALTOGETHER ? kindsIn(networks, name, models) : { kinds: [], cut: true };
    kinds.push(...made.kinds);
    if (made.cut) cut.push(name);
  }
  const elsewhere = kindsElsewhere(networks, [...names].sort());
  kinds.push(...elsewhere.kinds);
  if (elsewhere.cut) cut.push("");
  const extended = networks.map((net, at) => extend(net, kinds, at));
  return {
    networks: extended,
    classes: kinds.map((_, kind) => networks.map((net) => net.classes.length + kind)),
    cut,
  };
}

function firstModel(networks: readonly Network[], name: string): NamespaceModel {
  for (const net of networks) {
    const model = net.namespaces.get(name);
    if (model !== undefined) return model;
  }
  return { name, labels: { [NAMESPACE_NAME_LABEL]: name }, declared: false };
}

function extend(net: Network, kinds: readonly Kind[], at: number): Network {
  const first = net.classes.length;
  const added = kinds.map(
    (kind, index): PodClass => ({
      id: first + index,
      workloads: [],
      terms: kind.terms[at] ?? [],
      named: new Map(),
      namedKey: "fresh",
      node: false,
      ips: new Set(),
      anyIp: net.podIps.size > 0,
      fresh: kind.fresh,
    }),
  );
  return { ...net, classes: [...net.classes, ...added] };
}

interface KindsMade {
  readonly kinds: readonly Kind[];
  readonly cut: boolean;
}

function kindsIn(networks: readonly Network[], name: string, models: readonly NamespaceModel[]): KindsMade {
  const cuts: Cut[] = networks.flatMap((net, network) => {
    const model = models[network];
    return model === undefined ? [] : net.terms.ofNamespace(model).map((term) => ({ network, term }));
  });
  const { parts, cut } = partsOf(networks, anyLabels, cuts, (box, { network, term }) =>
    split(box, networks[network]?.terms.list[term]?.pods ?? [], "pod "),
  );
  return {
    cut,
    kinds: parts.map(({ boxes, terms }) => ({
      terms,
      fresh: {
        namespace: name,
        podLabels: sampleLabels(boxes[0] ?? anyLabels, "pod "),
        namespaceLabels: {},
      },
    })),
  };
}

function kindsElsewhere(networks: readonly Network[], names: readonly string[]): KindsMade {
  const cuts: Cut[] = networks.flatMap((net, network) =>
    net.terms.ofNewNamespaces().map((term) => ({ network, term })),
  );
  // The API server gives every namespace the label of its name, and it is another name.
  const start = narrow(anyLabels, `namespace ${NAMESPACE_NAME_LABEL}`, {
    but: true,
    values: new Set(names),
    absent: false,
  });
  const { parts, cut } = partsOf(networks, start ?? anyLabels, cuts, (box, { network, term }) => {
    const found = networks[network]?.terms.list[term];
    if (found === undefined || typeof found.namespace === "string")
      return { inside: undefined, outside: [box] };
    const byNamespace = split(box, found.namespace, "namespace ");
    if (byNamespace.inside === undefined) return byNamespace;
    const byPod = split(byNamespace.inside, found.pods, "pod ");
    return { inside: byPod.inside, outside: [...byNamespace.outside, ...byPod.outside] };
  });
  return {
    cut,
    kinds: parts.map(({ boxes, terms }) => ({
      terms,
      fresh: {
        namespace: undefined,
        podLabels: sampleLabels(boxes[0] ?? anyLabels, "pod "),
        namespaceLabels: sampleLabels(boxes[0] ?? anyLabels, "namespace "),
      },
    })),
  };
}

/** Cuts a box of labels by one term after the other; parts that no term tells apart stay together. */
function partsOf(
  networks: readonly Network[],
  start: LabelBox,
  cuts: readonly Cut[],
  cutBox: (box: LabelBox, cut: Cut) => ReturnType<typeof split>,
): { readonly parts: readonly Part[]; readonly cut: boolean } {
  let parts: readonly Part[] = [{ boxes: [start], terms: networks.map(() => []) }];
  for (const cut of cuts) {
    const next: Part[] = [];
    let boxes = 0;
    for (const part of parts) {
      const halves = part.boxes.map((box) => cutBox(box, cut));
      const inside = halves.flatMap((half) => half.inside ?? []);
      const outside = halves.flatMap((half) => half.outside);
      if (inside.length > 0) next.push({ boxes: inside, terms: withTerm(part.terms, cut) });
      if (outside.length > 0) next.push({ boxes: outside, terms: part.terms });
      boxes += inside.length + outside.length;
    }
    if (next.length > MOST_KINDS || boxes > MOST_BOXES) return { parts, cut: true };
    parts = next;
  }
  return { parts, cut: false };
}

function withTerm(
  terms: readonly (readonly TermId[])[],
  { network, term }: Cut,
): readonly (readonly TermId[])[] {
  return terms.map((row, at) => (at === network ? [...row, term] : row));
}

/** How people read such a class: `any new pod of shop`, `a new pod of shop with app=web`. */
export function freshText({ namespace, podLabels, namespaceLabels }: FreshPods): string {
  const labels = (all: Readonly<Record<string, string>>): string =>
    Object.entries(all)
      .filter(([key, value]) => key !== NAMESPACE_NAME_LABEL || !value.startsWith("other"))
      .map(([key, value]) => `${key}=${value}`)
      .join(",");
  const pod = labels(podLabels);
  const ns = labels(namespaceLabels);
  const who = pod === "" ? "a new pod without labels" : `a new pod with ${pod}`;
  const named = namespaceLabels[NAMESPACE_NAME_LABEL] ?? "other";
  // A namespace that is not in the input, but that a selector names.
  if (!named.startsWith("other") && ns === `${NAMESPACE_NAME_LABEL}=${named}`) return `${who} in ${named}`;
  if (namespace !== undefined) return `${who} in ${namespace}`;
  return ns === "" ? `${who} in a new namespace without labels` : `${who} in a new namespace with ${ns}`;
}
