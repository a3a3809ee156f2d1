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
