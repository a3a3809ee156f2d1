import { mkdirSync, readdirSync, readFileSync, statSync, unlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { outputFailure, writeAtomically } from "../../apply/files/atomic-write.ts";
import { byText } from "../../kube/by-text.ts";
import { isArray, isObject, type Json, type JsonObject, valueAt } from "../../kube/json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { isStorableKind, storedDefinition } from "../../kube/schema/stored-definition.ts";

/** One kind in the store. */
export interface StoredKind {
  readonly group: string;
  readonly kind: string;
  readonly versions: readonly string[];
  /** Where it came from: a file, or the address of a cluster. */
  readonly source: string;
  /** What people write for it, in lower case: kind, plural, singular and short names. */
  readonly words: readonly string[];
}

/**
 * Definitions of custom resources that a user added, one file a kind, each written at once: several processes may add at
 * the same time, the last one of a kind stays. What is read is judged anew, for anybody may have written it.
 */
export interface SchemaStore {
  readonly folder: string;
  /** Keeps a CustomResourceDefinition. A text says why it cannot. @throws {OpsError} OUTPUT_FAILED */
  add(crd: JsonObject, source: string): StoredKind | string;
  /** Everything in it, by group and kind. Files that are no definitions are passed over. */
  list(): readonly StoredKind[];
  /** The definition of a kind; with its descriptions when asked for. Undefined when there is none that can be read. */
  find(group: string, kind: string, descriptions?: boolean): JsonObject | undefined;
  /** Forgets a kind; false when it is not there. @throws {OpsError} OUTPUT_FAILED */
  remove(group: string, kind: string): boolean;
}

/** Largest definition that is kept, in bytes: the API server takes 3 MiB a request. */
const MAX_BYTES = 4 * 1024 * 1024;
/** Kinds in the store: the largest public catalogue has 4,300. */
const MAX_KINDS = 20_000;
const FORMAT = "v1";
const SHORT = ".json";
const LONG = ".described.json";

export function openSchemaStore(cacheFolder: string): SchemaStore {
  const folder = join(cacheFolder, "schemas", FORMAT);
  /** Names of the files that were there at the first addition, and of those that came since. */
  let held: Set<string> | undefined;
  const fileOf = (group: string, kind: string, end: string): string =>
    join(folder, `${kind.toLowerCase()}.${group}${end}`);

  function write(path: string, source: string, definition: JsonObject): boolean {
    const text = `${JSON.stringify({ apiVersion: "kubernetes-operations.dev/v1", kind: "StoredDefinition", source, definition })}\n`;
    if (Buffer.byteLength(text) > MAX_BYTES) return false;
    writeAtomically(path, text, { durable: false });
    return true;
  }

  function read(path: string): { readonly source: string; readonly definition: JsonObject } | undefined {
    const value = readJson(path);
    const definition = isObject(value) ? value["definition"] : undefined;
    if (!isObject(value) || !isObject(definition)) return undefined;
    return { source: typeof value["source"] === "string" ? value["source"] : "", definition };
  }

  return {
    folder,
    add(crd, source) {
      const short = storedDefinition(crd, false);
      const long = storedDefinition(crd, true);
      if (typeof short === "string") return short;
      if (typeof long === "string") return long;
      const { group, kind, versions } = short;
      if (held === undefined) {
        makeFolder(folder);
        held = new Set(names(folder));
      }
      if (held.size >= 2 * MAX_KINDS)
        throw new OpsError("OUTPUT_FAILED", `the schema store holds ${MAX_KINDS} kinds, which is its limit`, {
          hint: "kubeops schemas remove --all",
        });
      // The long one first: who finds the short one finds both.
      const described = write(fileOf(group, kind, LONG), source, long.definition);
      if (!described) removeFile(fileOf(group, kind, LONG));
      if (!write(fileOf(group, kind, SHORT), source, short.definition))
        return `its schema is larger than ${MAX_BYTES} bytes`;
      for (const end of [LONG, SHORT]) held.add(basename(fileOf(group, kind, end)));
      return { group, kind, versions, source, words: wordsOf(short.definition, kind) };
    },
    list() {
      const found: StoredKind[] = [];
      for (const name of names(folder)) {
        if (name.endsWith(LONG) || !name.endsWith(SHORT)) continue;
        const stored = read(join(folder, name));
        const definition = stored === undefined ? "unreadable" : storedDefinition(stored.definition, true);
        if (stored === undefined || typeof definition === "string") continue;
        const { group, kind, versions } = definition;
        if (name === `${kind.toLowerCase()}.${group}${SHORT}`)
          found.push({
            group,
            kind,
            versions,
            source: stored.source,
            words: wordsOf(definition.definition, kind),
          });
      }
      return found.sort((left, right) => byText(left.group, right.group) || byText(left.kind, right.kind));
    },
    find(group, kind, descriptions = false) {
      if (!isStorableKind(group, kind)) return undefined;
      const stored =
        (descriptions ? read(fileOf(group, kind, LONG)) : undefined) ?? read(fileOf(group, kind, SHORT));
      const definition = stored === undefined ? "unreadable" : storedDefinition(stored.definition, true);
      if (typeof definition === "string" || definition.group !== group || definition.kind !== kind)
        return undefined;
      return definition.definition;
    },
    remove(group, kind) {
      if (!isStorableKind(group, kind)) return false;
      const there = removeFile(fileOf(group, kind, SHORT));
      removeFile(fileOf(group, kind, LONG));
      return there;
    },
  };
}

function wordsOf(definition: JsonObject, kind: string): readonly string[] {
  const names = valueAt(definition, ["spec", "names"]);
  const { plural, singular, shortNames } = isObject(names) ? names : {};
  return [kind, plural, singular, ...(isArray(shortNames) ? shortNames : [])].flatMap((name) =>
    typeof name === "string" && name !== "" ? [name.toLowerCase()] : [],
  );
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw outputFailure(folder, error);
  }
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith("."));
  } catch {
    return [];
  }
}

function readJson(path: string): Json | undefined {
  try {
    const stats = statSync(path);
    if (!stats.isFile() || stats.size > MAX_BYTES) return undefined;
    return JSON.parse(readFileSync(path, "utf8")) as Json;
  } catch {
    // Not there, not readable, or no JSON: it is as if nothing were stored.
    return undefined;
  }
}

function removeFile(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw outputFailure(path, error);
  }
}
