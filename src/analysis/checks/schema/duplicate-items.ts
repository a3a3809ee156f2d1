import { isObject, type Json } from "../../../kube/json.ts";
import type { SchemaType } from "../../../kube/schema/schema-type.ts";

interface Duplicate {
  readonly index: number;
  /** The key of the item, as JSON. */
  readonly text: string;
}

/** Items whose key an earlier item has. An item that leaves a key field out has the default of that field. */
export function duplicateItems(
  list: readonly Json[],
  keys: readonly string[] | "set",
  item: SchemaType,
): readonly Duplicate[] {
  const seen = new Set<string>();
  const duplicates: Duplicate[] = [];
  for (const [index, value] of list.entries()) {
    const text = typeof keys === "string" ? JSON.stringify(value) : keyText(value, keys, item);
    if (text === undefined) continue;
    if (seen.has(text)) duplicates.push({ index, text });
    else seen.add(text);
  }
  return duplicates;
}

function keyText(value: Json, keys: readonly string[], item: SchemaType): string | undefined {
  if (!isObject(value)) return undefined;
  const parts: string[] = [];
  for (const key of keys) {
    const own = Object.hasOwn(value, key) ? value[key] : defaultOf(item, key);
    if (own !== undefined) parts.push(`${JSON.stringify(key)}:${JSON.stringify(own)}`);
  }
  return parts.length === 0 ? undefined : `{${parts.join(",")}}`;
}

function defaultOf(item: SchemaType, key: string): Json | undefined {
  const fallback = item.shape === "struct" ? item.fields.get(key)?.fallback : undefined;
  return typeof fallback === "string" || typeof fallback === "number" ? fallback : undefined;
}
