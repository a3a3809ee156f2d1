import type { Place } from "../../place.ts";
import { printable } from "../../printable.ts";
import { changeField, type TellSet } from "../field-path.ts";
import { byAnyId, isKind, type Resource } from "../resource.ts";
import { Fault } from "../stop.ts";
import type { FieldRow } from "../tables.generated.ts";

export interface ReplicaChange {
  readonly name: string;
  readonly count: number;
  readonly place: Place;
  readonly rows: readonly FieldRow[];
  readonly tell: TellSet;
}

/** Sets a number of replicas by the name of an object (kustomize internal/builtins/ReplicaCountTransformer.go). */
export function setReplicas(
  resources: readonly Resource[],
  { name, count, place, rows, tell }: ReplicaChange,
): void {
  let found = false;
  for (const row of rows) {
    const [, group, version, kind] = row;
    for (const { tree } of byAnyId(
      resources,
      (id) => id.name === name && isKind(id, [group, version, kind]),
    )) {
      found = true;
      changeField(tree, row, () => count, { made: () => null, tell });
    }
  }
  if (found) return;
  const what = `a Deployment, StatefulSet or other with replicas named ${printable(name)}`;
  throw new Fault("kustomization/not-found", what, place);
}
