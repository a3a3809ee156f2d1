import { type SelectorIndex, selectorIndex } from "../../../kube/label-index.ts";
import { mapSelector, type Selector } from "../../../kube/selector.ts";
import type { ObjectIndex } from "./object-index.ts";
import { type ContainerSubject, get, mappingsAt, type ObjectSubject, type PodSubject } from "./subjects.ts";

/** The container says a port, or a Service of the input leads to its Pods: without either nothing is sent to it. */
export function isAnswering({ container, pod }: ContainerSubject, index: ObjectIndex): boolean {
  if (mappingsAt(container, "ports").length > 0) return true;
  return (
    index
      .once(served, () =>
        selectorsByNamespace(index.all("Service"), ({ object }) =>
          mapSelector(get(object, "spec", "selector")),
        ),
      )
      .get(pod.namespace)
      ?.selects(pod.labels) === true
  );
}

/** Something is sent to a container of the Pods. */
export function isServed(pod: PodSubject, index: ObjectIndex): boolean {
  return pod.containers.some((container) => isAnswering(container, index));
}

/** The Pods mount a PersistentVolumeClaim, which most kinds of storage give to one node at a time. */
export function hasClaim(pod: PodSubject): boolean {
  return mappingsAt(pod.spec, "volumes").some(
    ([, volume]) => get(volume, "persistentVolumeClaim") !== undefined,
  );
}

const served = Symbol("selectors of Services by namespace");

/** What selects something, by namespace, to ask whether any of it selects given labels. */
export function selectorsByNamespace(
  subjects: readonly ObjectSubject[],
  selectorFor: (subject: ObjectSubject) => Selector | undefined,
): ReadonlyMap<string, SelectorIndex> {
  const byNamespace = Map.groupBy(subjects, ({ namespace }) => namespace);
  return new Map(
    [...byNamespace].map(([namespace, some]) => [
      namespace,
      selectorIndex(some.map(selectorFor).filter((selector) => selector !== undefined)),
    ]),
  );
}
