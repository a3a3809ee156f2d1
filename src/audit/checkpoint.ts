import { decodeBase64 } from "./base64.ts";
import type { Checkpoint } from "./event.ts";
import { HASH_BYTES } from "./merkle.ts";

/** A checkpoint as read. Extension lines are opaque: nobody can audit what they say. */
export interface ParsedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly extensions: readonly string[];
}

/**
 * The note text of a checkpoint (C2SP tlog-checkpoint): origin, size, root, a line each.
 * @throws {RangeError} for what no checkpoint can say: a bug of the caller.
 */
export function checkpointText(checkpoint: Checkpoint): string {
  const text = `${checkpoint.origin}\n${checkpoint.size}\n${checkpoint.root}\n`;
  if (parseCheckpoint(text) === undefined) throw new RangeError("this is no checkpoint");
  return text;
}

/** Reads the note text of a checkpoint, strictly; undefined when it is none. Sizes above 2^53-1 are refused. */
export function parseCheckpoint(text: string): ParsedCheckpoint | undefined {
  if (!text.endsWith("\n")) return undefined;
  const [origin, sizeText, root, ...extensions] = text.slice(0, -1).split("\n");
  if (origin === undefined || sizeText === undefined || root === undefined) return undefined;
  if (origin === "" || extensions.includes("") || !text.isWellFormed()) return undefined;
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(sizeText) || !Number.isSafeInteger(Number(sizeText))) return undefined;
  if (decodeBase64(root)?.length !== HASH_BYTES) return undefined;
  return { checkpoint: { origin, size: Number(sizeText), root }, extensions };
}

/** The same log, size and root. */
export function sameCheckpoint(left: Checkpoint, right: Checkpoint): boolean {
  return left.origin === right.origin && left.size === right.size && left.root === right.root;
}
