import type { ObjectKey, ReadObject } from "../../../kube/read-object.ts";
import { isCustom, scopeOf } from "../../../kube/catalogue/catalogue.ts";
import { type Json, textMap } from "../../../kube/json.ts";
import { mayMake, type PodMaker, podMakerOf } from "../../../kube/pod-maker.ts";
import { type Selector, selectorOf } from "../../../kube/selector.ts";
import { type LabelIndex, labelIndex } from "../../../kube/label-index.ts";
import { get, type ObjectSubject, objectSubject, type PodSubject, podSubject, textAt } from "./subjects.ts";

/** Everything of the input by what rows ask for, built once. */
export interface ObjectIndex {
  /** Minor of Kubernetes 1 that the objects are for. */
  readonly minor: number;
  readonly subjects: readonly ObjectSubject[];
  readonly pods: readonly PodSubject[];
  /** Objects of a kind in a namespace; cluster-scoped ones are in namespace "". */
  of(kind: string, namespace: string): readonly ObjectSubject[];
  /** Objects of a kind, wherever. */
  all(kind: string): readonly ObjectSubject[];
  /** An object of Kubernetes' own kind before one that only bears its name, as a Service of Knative does. */
  named(kind: string, namespace: string, name: string): ObjectSubject | undefined;
  podsIn(namespace: string): readonly PodSubject[];
  /** The Pods of one object. */
  podOf(subject: ObjectSubject): PodSubject | undefined;
  /** Pods of a namespace that a selector selects (`selectorOf`, `mapSelector`), in their order; at most `most`. */
  podsBy(namespace: string, selector: Selector | undefined, most?: number): readonly PodSubject[];
  /** Objects of a kind in a namespace, or in all, whose own labels a selector selects. */
  labelled(
    kind: string,
    namespace: string | undefined,
    selector: Selector | undefined,
  ): readonly ObjectSubject[];
  hasAny(kind: string, namespace: string | undefined): boolean;
  /** The HorizontalPodAutoscaler that scales an object. */
  scalerOf(subject: ObjectSubject): ObjectSubject | undefined;
  /** What is worked out once for all rows and objects, by a name of its own. */
  once<T>(name: symbol, make: () => T): T;
  /** Whether a custom resource of the namespace may make the Pods that a LabelSelector asks for. */
  mayBeMade(namespace: string, selector: Json): boolean;
}

const none: readonly never[] = [];

export function objectIndex(reads: readonly ReadObject[], minor: number): ObjectIndex {
  const subjects = reads.map((read) => objectSubject(read, minor));
  const pods: PodSubject[] = [];
  const byPlace = new Map<string, ObjectSubject[]>();
  const byKind = new Map<string, ObjectSubject[]>();
  const byName = new Map<string, ObjectSubject>();
  const makers = new Map<string, PodMaker[]>();
  const podByRead = new Map<ReadObject, PodSubject>();
  const scalers = new Map<string, ObjectSubject>();
  const podsByNamespace = new Map<string, PodSubject[]>();
  for (const subject of subjects) {
    const { kind, name } = subject.key;
    const namespace = namespaceOf(subject.key, subject.namespace);
    push(byPlace, `${kind}\0${namespace}`, subject);
    push(byKind, kind, subject);
    const full = `${kind}\0${namespace}\0${name}`;
    const known = byName.get(full);
    if (known === undefined || (isCustom(known.key.group, kind) && !isCustom(subject.key.group, kind)))
      byName.set(full, subject);
    const maker = podMakerOf(subject.object);
    if (maker !== undefined) push(makers, subject.namespace, maker);
    if (kind === "HorizontalPodAutoscaler") {
      const target = get(subject.object, "spec", "scaleTargetRef");
      const id = `${textAt(target, "kind") ?? ""}\0${subject.namespace}\0${textAt(target, "name") ?? ""}`;
      if (!scalers.has(id)) scalers.set(id, subject);
    }
    const pod = podSubject(subject);
    if (pod !== undefined) {
      pods.push(pod);
      podByRead.set(subject.read, pod);
      push(podsByNamespace, subject.namespace, pod);
    }
  }
  const podLabels = new Map<string, LabelIndex<PodSubject>>();
  const objectLabels = new Map<string, LabelIndex<ObjectSubject>>();
  const worked = new Map<symbol, unknown>();
  const objectsOf = (kind: string, namespace: string | undefined): readonly ObjectSubject[] =>
    (namespace === undefined ? byKind.get(kind) : byPlace.get(`${kind}\0${namespace}`)) ?? none;
  return {
    minor,
    subjects,
    pods,
    of: (kind, namespace) => byPlace.get(`${kind}\0${namespace}`) ?? none,
    all: (kind) => byKind.get(kind) ?? none,
    named: (kind, namespace, name) => byName.get(`${kind}\0${namespace}\0${name}`),
    podsIn: (namespace) => podsByNamespace.get(namespace) ?? none,
    podOf: (subject) => podByRead.get(subject.read),
    podsBy: (namespace, selector, most) =>
      selector === undefined
        ? none
        : orMake(podLabels, namespace, () =>
            labelIndex(podsByNamespace.get(namespace) ?? none, (pod) => pod.labels),
          ).matching(selector, most),
    labelled: (kind, namespace, selector) =>
      selector === undefined
        ? none
        : orMake(objectLabels, `${kind}\0${namespace ?? ""}`, () =>
            labelIndex(objectsOf(kind, namespace), ({ object }) =>
              textMap(get(object, "metadata", "labels")),
            ),
          ).matching(selector),
    hasAny: (kind, namespace) => objectsOf(kind, namespace).length > 0,
    scalerOf: ({ key, namespace }) => scalers.get(`${key.kind}\0${namespace}\0${key.name}`),
    once: <T>(name: symbol, make: () => T) => orMake(worked as Map<symbol, T>, name, make),
    mayBeMade: (namespace, selector) => mayMake(makers.get(namespace) ?? none, selectorOf(selector) ?? none),
  };
}

/** Namespace "" for what stands in none. */
function namespaceOf(key: ObjectKey, namespace: string): string {
  return scopeOf(key.group, key.kind) === "cluster" ? "" : namespace;
}

/** What is known by a key, worked out when it is asked for first. */
export function orMake<K, T>(map: Map<K, T>, key: K, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
