import type { Scalar } from "./scalars/resolve-scalar.ts";
import type { YamlProblemCode } from "./yaml-problems.ts";

/** How a scalar stands in the text. */
export interface ScalarNode {
  readonly text: string;
  readonly plain: boolean;
  /** Full tag, or "" without one. */
  readonly tag: string;
}

/**
 * Takes the nodes of one document in document order from the readers of YAML and JSON. `at` and `end` are the offsets of
 * a node's first character and behind its last one; both are -1 for a value that is left out after its key.
 */
export interface NodeSink {
  failed(): boolean;
  plain(text: string, at: number, end: number): void;
  quoted(text: string, at: number, end: number): void;
  /** A scalar with an anchor or a tag; `at` is that of its text, -1 as `end`: it has none. */
  scalar(node: ScalarNode, at: number, anchor: string | undefined, end: number): void;
  openList(at: number, anchor: string | undefined): void;
  openMapping(at: number, anchor: string | undefined): void;
  /** `end` is behind the bracket of a flow collection, else -1. */
  close(end: number): void;
  alias(name: string, at: number, end: number): void;
  /** A scalar whose value is known already (JSON). */
  resolved(value: Scalar, text: string, at: number, end: number): void;
  /** The document cannot be read. */
  fail(code: YamlProblemCode, at: number, what?: string, other?: string): void;
  problem(code: YamlProblemCode, at: number, what?: string, other?: string): void;
}
