import type { JsonPath } from "../../json.ts";
import type { PlaceMap } from "../../read-object.ts";
import type { TellSet } from "../field-path.ts";
import { type Origins, tellOrigin } from "../tree.ts";

/** What was set stands at a path of a document: the kustomization, or the configuration of a transformer. */
export function teller({ places }: { readonly places: PlaceMap }, origins: Origins, path: JsonPath): TellSet {
  return (holder, name) => {
    tellOrigin(origins, holder, name, { places, path });
  };
}
