/** A piece of a stream that the API server takes as one document. */
export interface Chunk {
  readonly start: number;
  readonly end: number;
  /** The separator line before it holds more than spaces and a comment: its offset and that text. */
  readonly badSeparator: { readonly offset: number; readonly text: string } | undefined;
}

/**
 * Splits a stream into documents at every line that begins with `---`, whatever the context: kubectl and controllers
 * do so before they parse (k8s.io/apimachinery pkg/util/yaml/decoder.go YAMLReader). Pieces without any text are left out.
 * Line ends are `\n`; a `\r` before it belongs to the line's end.
 */
export function splitDocuments(text: string, from: number): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let start = from;
  let badSeparator: Chunk["badSeparator"];
  const add = (end: number): void => {
    if (end > start || badSeparator !== undefined) chunks.push({ start, end, badSeparator });
  };
  let line = text.startsWith("---", from) ? from : lineAfter(text.indexOf("\n---", from));
  while (line >= 0) {
    add(line);
    const found = text.indexOf("\n", line);
    const end = found < 0 ? text.length : found;
    const rest = text.slice(line + 3, end).trim();
    badSeparator = rest === "" || rest.startsWith("#") ? undefined : { offset: line + 3, text: rest };
    start = Math.min(end + 1, text.length);
    // The separator's own line end may begin the next separator.
    line = found < 0 ? -1 : lineAfter(text.indexOf("\n---", found));
  }
  add(text.length);
  return chunks;
}

function lineAfter(lineBreak: number): number {
  return lineBreak < 0 ? -1 : lineBreak + 1;
}
