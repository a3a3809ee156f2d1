/** A piece of a stream that the API server takes as one document. */
export interface Chunk {
  readonly start: number;
  readonly end: number;
  /** The separator line before it holds more than spaces and a comment: its offset and that text. */
  readonly badSeparator: { readonly offset: number; readonly text: string } | undefined;
}

/**
 * Splits a stream into documents at every line that begins with `---`, whatever the context: kubectl and controllers
 * do so before they parse (k8s.io/apimachinery pkg/util/yaml/decoder.go YAMLReader). A separator that comes first, or
 * right after another one, stays in its document, as there. Line ends are `\n`; a `\r` before it belongs to the line's end.
 */
export function splitDocuments(text: string, from: number): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let start = from;
  let line = text.startsWith("---", from) ? from : lineAfter(text.indexOf("\n---", from));
  while (line >= 0) {
    const found = text.indexOf("\n", line);
    const end = found < 0 ? text.length : found;
    if (line > start) {
      chunks.push({ start, end: line, badSeparator: undefined });
      start = Math.min(end + 1, text.length);
    }
    const rest = text.slice(line + 3, end).trim();
    if (rest !== "" && !rest.startsWith("#")) {
      // The server's reader stops here; so that the rest is looked at too, this document is the one that fails.
      const next = found < 0 ? -1 : lineAfter(text.indexOf("\n---", found));
      chunks.push({
        start: line,
        end: next < 0 ? text.length : next,
        badSeparator: { offset: line + 3, text: rest },
      });
      start = next < 0 ? text.length : next;
    }
    line = found < 0 ? -1 : lineAfter(text.indexOf("\n---", found));
  }
  if (text.length > start) chunks.push({ start, end: text.length, badSeparator: undefined });
  return chunks;
}

function lineAfter(lineBreak: number): number {
  return lineBreak < 0 ? -1 : lineBreak + 1;
}
