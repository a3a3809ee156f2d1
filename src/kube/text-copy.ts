/**
 * A text that stands alone. V8 makes a part of a text a view of the whole of it: what is kept longer than the file that it
 * comes from is kept as a copy, or the file stays in memory with it.
 */
export function textCopy(text: string): string {
  return text.split("").join("");
}
