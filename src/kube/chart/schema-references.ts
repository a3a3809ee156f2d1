import { isArray, isObject, type Json } from "../json.ts";

/** Members of a JSON Schema by which it takes in another one. */
const references: ReadonlySet<string> = new Set(["$ref", "$dynamicRef", "$recursiveRef"]);
/** The dialects that the library of Helm holds itself (santhosh-tekuri/jsonschema metaschemas); others it would fetch. */
const dialect = /^https?:\/\/json-schema\.org\/(?:draft-0[467]|draft\/20(?:19-09|20-12))\/schema#?$/;

/**
 * The first thing outside of a `values.schema.json` that it refers to: Helm would fetch it from the network or read it
 * anywhere on this machine. Undefined when it stands alone; a schema that cannot be read does not.
 */
export function referenceOutside(bytes: Uint8Array): string | undefined {
  let schema: Json;
  try {
    schema = JSON.parse(new TextDecoder().decode(bytes)) as Json;
  } catch {
    return "it cannot be read as JSON";
  }
  const rest: Json[] = [schema];
  for (let value = rest.pop(); value !== undefined; value = rest.pop()) {
    if (isArray(value)) for (const item of value) rest.push(item);
    else if (isObject(value)) {
      for (const [key, member] of Object.entries(value)) {
        if (typeof member !== "string") rest.push(member);
        else if (references.has(key) ? !member.startsWith("#") : key === "$schema" && !dialect.test(member))
          return member;
      }
    }
  }
  return undefined;
}
