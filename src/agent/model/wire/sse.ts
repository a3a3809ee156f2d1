/** Longest line, and most bytes of one answer, that are read: an answer is at most some ten thousand tokens. */
const MAX_LINE = 4 * 1024 * 1024;
export const MAX_ANSWER: number = 32 * 1024 * 1024;

export class TooLarge extends Error {}

/**
 * The `data` of server-sent events (WHATWG HTML 9.2.6), in order. Comments, ids and event names are left out: both
 * protocols say the type in the data.
 */
export async function* eventData(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: false });
  let rest = "";
  let total = 0;
  let data: string[] = [];
  for await (const chunk of body) {
    total += chunk.length;
    if (total > MAX_ANSWER) throw new TooLarge();
    const parts = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r(?!$)/u);
    rest = parts.pop() ?? "";
    if (rest.length > MAX_LINE) throw new TooLarge();
    for (const line of parts) {
      if (line === "") {
        if (data.length > 0) yield data.join("\n");
        data = [];
      } else if (line.startsWith("data:")) {
        data.push(line.slice(line.startsWith("data: ") ? 6 : 5));
      }
    }
  }
  // What has no empty line behind it is no event: the answer broke off there.
}
