import type { Json } from "../json.ts";
import { readDocuments } from "../yaml/read-documents.ts";
import { goJsonOf } from "./go-json.ts";
import { Fault, Unsupported } from "./stop.ts";
import { look, type Origins, scalarText, type Tree, treeOf } from "./tree.ts";

/**
 * What a text holds, of one that is JSON. kustomize reads YAML, and writes it again in a layout of its own: that is not done
 * here.
 * @throws {Fault} it holds no mapping and no list; {Unsupported} it is no JSON.
 */
export function readText(value: Tree, origins: Origins): Tree {
  const text = scalarText(value);
  if (text.length > MAX_TEXT) throw new Unsupported("a replacement inside of a text of a million letters");
  // It is read anew for every target.
  look(origins, text.length >> 5);
  if (!/^\s*[[{]/.test(text) && !holdsMembers(text))
    throw new Fault("kustomization/replacement", "the text of a target holds no mapping and no list");
  const json = jsonIn(text);
  if (json === undefined) throw new Unsupported("a replacement inside of a text that is not JSON");
  const nowhere = { file: "", line: 1, column: 1 };
  return treeOf(json, origins, { value: () => nowhere, key: () => nowhere }, []);
}

/** The text again, with what it holds now (kustomize api/filters/replacement, serializeAsJSON). */
export function writtenText(before: string, now: Tree): string {
  return goJsonOf(now, before.includes("\n") && before.includes("  "));
}

/** An object that the API server takes holds no longer one. */
const MAX_TEXT = 1_000_000;

function holdsMembers(text: string): boolean {
  const [document] = readDocuments("", new TextEncoder().encode(text));
  return document !== undefined && typeof document.value === "object" && document.value !== null;
}

/** Levels of lists and mappings in a text. */
const MAX_DEPTH = 500;

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const letter of text) {
    if (letter === "[" || letter === "{") deepest = Math.max(deepest, ++depth);
    else if (letter === "]" || letter === "}") depth--;
  }
  return deepest;
}

function jsonIn(text: string): Json | undefined {
  const rest = text.replaceAll(/"(?:[^"\\]|\\.)*"/gs, '""');
  // Numbers that would lose digits or that they are fractions, and halves of letters, which go-yaml refuses.
  if (/\d{16}|-0(?![.\d])|\.0+(?!\d)/.test(rest) || /\\u[dD][89a-fA-F]/.test(text)) return undefined;
  if (depthOf(rest) > MAX_DEPTH) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
