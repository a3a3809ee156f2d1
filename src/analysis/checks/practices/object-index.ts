import type { ObjectKey, ReadObject } from "../../../kube/read-object.ts";
import { scopeOf } from "../../../kube/catalogue/catalogue.ts";
import type { Json } from "../../../kube/json.ts";
import { mayMake, type PodMaker, podMakerOf } from "../../../kube/pod-maker.ts";
import { selectorOf } from "../../../kube/selector.ts";
import { type ObjectSubject, objectSubject, type PodSubject, podSubject } from "./subjects.ts";

/** Everything of the input by what rows ask for, built once. */
export interface ObjectIndex {
  readonly subjects: readonly ObjectSubject[];
  readonly pods: readonly PodSubject[];
  /** Objects of a kind in a namespace; cluster-scoped ones are in namespace "". */
  of(kind: string, namespace: string): readonly ObjectSubject[];
  /** Objects of a kind, wherever. */
  all(kind: string): readonly ObjectSubject[];
  named(kind: string, namespace: string, name: string): ObjectSubject | undefined;
  podsIn(namespace: string): readonly PodSubject[];
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
  const podsByNamespace = new Map<string, PodSubject[]>();
  for (const subject of subjects) {
    const { kind, name } = subject.key;
    const namespace = namespaceOf(subject.key, subject.namespace);
    push(byPlace, `${kind}\0${namespace}`, subject);
    push(byKind, kind, subject);
    const full = `${kind}\0${namespace}\0${name}`;
    if (!byName.has(full)) byName.set(full, subject);
    const maker = podMakerOf(subject.object);
    if (maker !== undefined) push(makers, subject.namespace, maker);
    const pod = podSubject(subject);
    if (pod !== undefined) {
      pods.push(pod);
      push(podsByNamespace, subject.namespace, pod);
    }
  }
  return {
    subjects,
    pods,
    of: (kind, namespace) => byPlace.get(`${kind}\0${namespace}`) ?? none,
    all: (kind) => byKind.get(kind) ?? none,
    named: (kind, namespace, name) => byName.get(`${kind}\0${namespace}\0${name}`),
    podsIn: (namespace) => podsByNamespace.get(namespace) ?? none,
    mayBeMade: (namespace, selector) => mayMake(makers.get(namespace) ?? none, selectorOf(selector) ?? none),
  };
}

/** Namespace "" for what stands in none. */
function namespaceOf(key: ObjectKey, namespace: string): string {
  return scopeOf(key.group, key.kind) === "cluster" ? "" : namespace;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
