import type { JsonPath } from "../../../kube/json.ts";
import type { ContainerView } from "./pod-view.ts";

/** What a check found, in the words of Pod Security admission. */
export interface Fault {
  readonly reason: string;
  readonly detail: string;
  /** Every offending value; the container (or its list item) where a value is missing. */
  readonly paths: readonly JsonPath[];
  /** The container, when one alone is to blame. */
  readonly container?: string;
}

/** Containers and paths to blame, collected in the order in which they are met. */
export class Blame {
  readonly names: string[] = [];
  readonly paths: JsonPath[] = [];

  add(container: ContainerView, ...paths: readonly JsonPath[]): void {
    this.names.push(container.name);
    this.paths.push(...paths);
  }

  /** `container "a"`, `containers "a", "b"`; nothing when there is none. */
  get phrases(): readonly string[] {
    return this.names.length === 0 ? [] : [named("container", this.names)];
  }
}

/** The container of a fault, when it is one container's alone. */
export function soleContainer(names: readonly string[]): { readonly container?: string } {
  const [first] = names;
  return first !== undefined && names.length === 1 ? { container: first } : {};
}

/** `container "a"` or `containers "a", "b"`. */
export function named(noun: string, names: readonly string[]): string {
  return `${plural(noun, names.length)} ${quoted(names)}`;
}

export function plural(noun: string, count: number): string {
  return count === 1 ? noun : `${noun}s`;
}

/** Names in quotes, unescaped, as admission prints them (policy/helpers.go, joinQuote). */
export function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

/** Without repeats, sorted. */
export function distinct(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\u0007", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
]);

/** A text in Go's quotes (`%q`), in which admission prints annotations. */
export function goQuoted(value: string): string {
  let quotedText = '"';
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0;
    const escape = escapes.get(character);
    if (escape !== undefined) quotedText += escape;
    else if (/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character)) quotedText += character;
    else if (code < 0x80) quotedText += `\\x${hex(code, 2)}`;
    else quotedText += code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
  }
  return `${quotedText}"`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
