import { jsonDigest } from "../../kube/digest.ts";
import type { JsonObject } from "../../kube/json.ts";
import { identity, keyText, objectKey } from "../../kube/object-key.ts";
import { printable } from "../../kube/printable.ts";
import { type GivenWorkload, workloadsNamed } from "./given-objects.ts";
import { type Outcomes, type Turn, turnText } from "./outcomes.ts";

/** The given objects at work. */
export interface ObjectsWork {
  readonly outcomes: Outcomes;
  /** As they are by now, by identity. */
  readonly objects: Map<string, JsonObject>;
  /** As the person gave them: what is there, whatever was added meanwhile. */
  readonly given: readonly JsonObject[];
  readonly opened: Map<string, { readonly from: string; readonly turn: Turn }[]>;
}

/** The one given workload of a name; else a question. */
export function theWorkload(work: ObjectsWork, turn: Turn, name: string): GivenWorkload | undefined {
  const found = workloadsNamed(work.given, name);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (only === undefined) {
    work.outcomes.ask(
      "agent/unknown-workload",
      `${turnText(turn)} names ${name}, of which nothing is known: name its file with -f`,
    );
  } else {
    const texts = found.map(({ object }) => printable(keyText(objectKey(object)))).join(", ");
    work.outcomes.ask(
      "agent/ambiguous-object",
      `${turnText(turn)} names ${name}, and that may be ${texts}: give one of them`,
    );
  }
  return undefined;
}

/** Adds an object of ours; a question where one of that identity was given already. */
export function addObject(work: ObjectsWork, turn: Turn, object: JsonObject): void {
  const key = objectKey(object);
  const id = identity(key);
  const before = work.objects.get(id);
  if (before !== undefined && jsonDigest(before) !== jsonDigest(object)) {
    work.outcomes.ask(
      "agent/conflict",
      `${turnText(turn)} needs ${printable(keyText(key))}, and another object of that name is there: rename it, or ask for an edit of it`,
    );
    return;
  }
  work.objects.set(id, object);
}

/** What an object of ours beside a given workload is known by. */
export function besideWorkload({ namespace }: GivenWorkload, name: string): JsonObject {
  return {
    name,
    ...(namespace === "" ? {} : { namespace }),
    labels: { "app.kubernetes.io/managed-by": "kubeops" },
  };
}
