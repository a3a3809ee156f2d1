import { sha256Hex } from "../digest.ts";
import { goJson } from "./go-json.ts";
import { currentId, type Resource, storeId } from "./resource.ts";
import { isTreeMap, jsonOf, textAt, treeAt, type Tree, type TreeMap } from "./tree.ts";

/** One value of a ConfigMap or Secret: its bytes as they stand in a file or text. */
export interface Pair {
  readonly key: string;
  readonly value: Uint8Array;
}

export interface GeneratedOptions {
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  readonly immutable: boolean;
}

export interface Generated {
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string;
  readonly namespace: string;
  /** Type of a Secret. */
  readonly type: string;
  readonly pairs: readonly Pair[];
  readonly options: GeneratedOptions;
}

/** The object of a generator (kustomize api/internal/generators). */
export function generated(asked: Generated): TreeMap {
  const metadata: TreeMap = new Map([["name", asked.name]]);
  if (asked.namespace !== "") metadata.set("namespace", asked.namespace);
  if (asked.options.labels.size > 0) metadata.set("labels", new Map(asked.options.labels));
  if (asked.options.annotations.size > 0) metadata.set("annotations", new Map(asked.options.annotations));
  const made: TreeMap = new Map<string, Tree>([
    ["apiVersion", "v1"],
    ["kind", asked.kind],
    ["metadata", metadata],
  ]);
  const data: TreeMap = new Map();
  const binaryData: TreeMap = new Map();
  for (const { key, value } of asked.pairs) {
    const text = asked.kind === "ConfigMap" ? textOf(value) : undefined;
    if (text !== undefined) data.set(key, text);
    else (asked.kind === "Secret" ? data : binaryData).set(key, base64(value));
  }
  if (asked.kind === "Secret") made.set("type", asked.type === "" ? "Opaque" : asked.type);
  if (data.size > 0 || asked.kind === "Secret") made.set("data", data);
  if (binaryData.size > 0) made.set("binaryData", binaryData);
  if (asked.options.immutable) made.set("immutable", true);
  return made;
}

/** The text of bytes; undefined when they are no UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function base64(bytes: Uint8Array): string {
  let text = "";
  // In parts: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 32_768)
    text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return btoa(text);
}

/** Gives generated objects the ends of their names. */
export function addHashes(resources: readonly Resource[]): void {
  for (const resource of resources) {
    if (!resource.needsHash) continue;
    storeId(resource);
    const metadata = resource.tree.get("metadata");
    const hash = hashOf(resource.tree);
    if (isTreeMap(metadata)) metadata.set("name", `${currentId(resource.tree).name}-${hash}`);
  }
}

/** The end of the name of a generated object (kustomize api/hasher: SHA-256 of its content, ten characters without vowels). */
function hashOf(object: TreeMap): string {
  const kind = textAt(object, "kind");
  // kustomize looks the name up by a path that never fits: it is always empty.
  const parts: Record<string, unknown> = { kind, name: "" };
  const put = (key: string, always: boolean): void => {
    const value = treeAt(object, key);
    if (value !== undefined && (always || value instanceof Map)) parts[key] = jsonOf(value);
    else if (always) parts[key] = "";
  };
  put("data", true);
  if (kind === "Secret") {
    put("type", true);
    put("stringData", false);
  } else put("binaryData", false);
  const hex = sha256Hex(new TextEncoder().encode(goJson(parts)));
  return hex.slice(0, 10).replaceAll(/[013ae]/g, (digit) => letters[digit] ?? digit);
}

const letters: Readonly<Record<string, string>> = { "0": "g", "1": "h", "3": "k", a: "m", e: "t" };
