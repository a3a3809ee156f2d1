import { utf8ToBytes } from "@noble/hashes/utils.js";
import { canonicalJson } from "../../kube/canonical-json.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../kube/json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import type { ReadDocument } from "../../kube/read-object.ts";
import { emitYaml } from "../../kube/yaml/emit-yaml.ts";
import { readDocuments } from "../../kube/yaml/read-documents.ts";

const FILE = "kustomization.yaml";

/**
 * The kustomization.yaml that lists `resources`. A new one holds them sorted. In an existing one only the list `resources`
 * changes, as text: comments, other fields and entries that are not ours stay as they stand. `owned` are files that
 * earlier plans wrote: of these, what `resources` no longer names leaves the list; nothing else does.
 * @throws {OpsError} INPUT_MALFORMED when the existing file cannot be read, is no Kustomization, or its list is not written
 * one plain entry a line.
 */
export function renderKustomization(
  resources: readonly string[],
  existing: string | null,
  owned: readonly string[] = [],
): string {
  const wanted = [...new Set(resources)].sort();
  if (existing === null)
    return emitYaml({
      apiVersion: "kustomize.config.k8s.io/v1beta1",
      kind: "Kustomization",
      resources: wanted,
    });
  const document = readOne(existing);
  const before = resourcesOf(document);
  const gone = new Set(owned.map(plain).filter((file) => !wanted.includes(file)));
  const present = new Set(before.map(plain));
  const added = wanted.filter((file) => !present.has(file));
  const removed = before.flatMap((entry, index) => (gone.has(plain(entry)) ? [index] : []));
  if (added.length === 0 && removed.length === 0) return existing;
  const text = edit(existing, document, { before, added, removed });
  assertOnlyListChanged(document, text, [...before.filter((_, index) => !removed.includes(index)), ...added]);
  return text;
}

interface Edit {
  readonly before: readonly string[];
  readonly added: readonly string[];
  /** Indices of `before`. */
  readonly removed: readonly number[];
}

/** Kustomize takes `./web.yaml` and `web.yaml` for one file. */
function plain(entry: string): string {
  return entry.replace(/^(?:\.\/)+/, "");
}

function refuse(
  reason: string,
  place?: ReadDocument["places"],
  path: readonly (string | number)[] = [],
): never {
  throw new OpsError("INPUT_MALFORMED", `${FILE} cannot be kept in step: ${reason}`, {
    ...(place === undefined ? {} : { place: place.value(path) }),
    hint: "write its resources as a list of plain file names, one a line",
  });
}

function readOne(text: string): ReadDocument & { readonly value: JsonObject } {
  const documents = readDocuments(FILE, utf8ToBytes(text)).filter(
    (document) => document.value !== null || document.problems.length > 0,
  );
  const [document] = documents;
  if (document === undefined) return refuse("it is empty");
  if (documents.length > 1) return refuse("it holds more than one document", documents[1]?.places);
  const fault = document.problems.find((problem) => problem.severity === "error");
  if (fault !== undefined) return refuse(fault.message, document.places);
  const { value } = document;
  if (!isObject(value)) return refuse("it is no mapping", document.places);
  const kind = Object.hasOwn(value, "kind") ? value["kind"] : undefined;
  if (kind !== undefined && kind !== "Kustomization" && kind !== "Component")
    return refuse("it is of another kind than Kustomization", document.places, ["kind"]);
  return { ...document, value };
}

function resourcesOf(document: ReadDocument & { readonly value: JsonObject }): readonly string[] {
  const { value, places } = document;
  const list: Json = Object.hasOwn(value, "resources") ? (value["resources"] ?? null) : null;
  if (list === null) return [];
  if (!isArray(list)) return refuse("its resources are no list", places, ["resources"]);
  return list.map((entry, index) =>
    typeof entry === "string"
      ? entry
      : refuse("an entry of its resources is no text", places, ["resources", index]),
  );
}

/** One entry on a line of its own: a dash, a scalar without line breaks, perhaps a comment. */
const entryLine = /^(\s*)-\s+(?:"[^"\\]*"|'[^']*'|[^\s"'#&*!|>{[][^#]*?)(?:\s+#.*)?\s*$/;

function edit(text: string, document: ReadDocument & { readonly value: JsonObject }, change: Edit): string {
  const { value, places } = document;
  const ending = text.includes("\r\n") ? "\r\n" : "\n";
  const lines = text.split(/\r?\n/);
  if (!Object.hasOwn(value, "resources")) return append(lines, document, change.added, ending);
  const keyLine = places.key(["resources"]).line - 1;
  const head = lines[keyLine] ?? "";
  if (change.before.length === 0) {
    // `resources:` or `resources: []` alone on its line.
    const match = /^resources:\s*(?:\[\s*\]|null|~)?\s*(#.*)?$/.exec(head);
    if (match === null) return refuse("its resources are not written one a line", places, ["resources"]);
    const comment = match[1] === undefined ? "" : ` ${match[1]}`;
    lines.splice(keyLine, 1, `resources:${comment}`, ...items("", change.added));
    return lines.join(ending);
  }
  if (!/^resources:\s*(?:#.*)?$/.test(head))
    return refuse("its resources are not written one a line", places, ["resources"]);
  const at = change.before.map((_, index) => places.value(["resources", index]).line - 1);
  const indents = at.map((line, index) => {
    const match = entryLine.exec(lines[line] ?? "");
    if (match === null || (index > 0 && line <= (at[index - 1] ?? 0)))
      return refuse("an entry of its resources is not alone on its line", places, ["resources", index]);
    return match[1] ?? "";
  });
  const indent = indents[0] ?? "";
  const last = at.at(-1) ?? keyLine;
  const removed = new Set(change.removed.map((index) => at[index]));
  const emptied = change.removed.length === change.before.length && change.added.length === 0;
  const kept: string[] = [];
  for (const [number, line] of lines.entries()) {
    if (emptied && number === keyLine) kept.push(line.replace(/^resources:/, "resources: []"));
    else if (!removed.has(number)) kept.push(line);
    if (number === last) kept.push(...items(indent, change.added));
  }
  return kept.join(ending);
}

/** A file without the field gets it at its end. */
function append(
  lines: readonly string[],
  document: ReadDocument,
  added: readonly string[],
  ending: string,
): string {
  const flow =
    lines.some((line) => /^\s*\{/.test(line)) ||
    lines.some((line) => /^(?:\.\.\.|---)\s*$/.test(line.trim()) && line !== lines[0]);
  if (flow) return refuse("it has no list of resources", document.places);
  const body = lines.at(-1) === "" ? lines.slice(0, -1) : [...lines];
  return [...body, "resources:", ...items("", added), ""].join(ending);
}

function items(indent: string, files: readonly string[]): string[] {
  return files.map((file) => `${indent}- ${emitYaml(file).trimEnd()}`);
}

/** Reads the result again: whatever the text was, nothing but the list may differ. */
function assertOnlyListChanged(
  before: ReadDocument & { readonly value: JsonObject },
  text: string,
  expected: readonly string[],
): void {
  const after = readOne(text);
  const rest = ({ value }: { readonly value: JsonObject }): string =>
    canonicalJson(Object.fromEntries(Object.entries(value).filter(([key]) => key !== "resources")));
  const same = rest(before) === rest(after) && canonicalJson(resourcesOf(after)) === canonicalJson(expected);
  if (!same) refuse("its list of resources cannot be edited in place", before.places, ["resources"]);
}
