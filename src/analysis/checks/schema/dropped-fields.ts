import { isArray, isObject, type Json, type JsonObject, type JsonPath } from "../../../kube/json.ts";
import type { ReadObject } from "../../../kube/read-object.ts";
import type { Finding } from "../../findings/finding.ts";

/**
 * The object as the server goes on with it: without the fields whose feature gates are off (dropDisabledFields of its
 * strategies). The findings are those of `schemaFindings` about it.
 */
export function withoutDroppedFields(read: ReadObject, findings: readonly Finding[]): ReadObject {
  let object = read.object;
  for (const { code, path } of findings) {
    if (code !== "schema/field-off" || path === undefined) continue;
    const bare = without(object, path.slice(read.path.length));
    if (isObject(bare)) object = bare;
  }
  return object === read.object ? read : { ...read, object };
}

function without(value: Json, path: JsonPath): Json {
  const [step, ...rest] = path;
  if (isArray(value)) {
    return value.map((item, index) => (index === step ? without(item, rest) : item));
  }
  if (!isObject(value) || typeof step !== "string" || !Object.hasOwn(value, step)) return value;
  const { [step]: member, ...others }: JsonObject = value;
  return rest.length === 0 || member === undefined ? others : { ...value, [step]: without(member, rest) };
}
