import type { JsonObject, JsonPath } from "../../../kube/json.ts";
import type { NetworkFindingCode } from "./finding-table.ts";

/** Takes a finding about an object: where in it, and what its row of the table says it about. */
export type Report = (
  code: NetworkFindingCode,
  object: JsonObject,
  path: JsonPath,
  what: string,
  other?: string,
) => void;
