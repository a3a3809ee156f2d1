import { printable } from "../../kube/printable.ts";

const SHOWN = 80;

/** A word of the user in a message: in quotes, printable, cut when it is long. */
export function quoted(text: string): string {
  return text.length > SHOWN ? `"${printable(text.slice(0, SHOWN))}..."` : `"${printable(text)}"`;
}
