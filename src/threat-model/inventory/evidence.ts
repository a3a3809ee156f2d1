import { printable } from "../../kube/printable.ts";
import type { Evidence } from "./inventory.ts";

const SHOWN = 80;

/** A text out of the folder, fit for a report: escaped and cut. */
export function shown(text: string): string {
  return text.length > SHOWN ? `${printable(text.slice(0, SHOWN))}...` : printable(text);
}

/** `what` is ours already; names in it went through `shown`. */
export function evidence(file: string, line: number, what: string): Evidence {
  return { file: shown(file), line, what };
}
