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
  // A line that has not ended yet, in the pieces it came in: joined once, so that a long line costs its length and no more.
  let pieces: string[] = [];
  let held = 0;
  let total = 0;
  let data: string[] = [];
  for await (const chunk of body) {
    total += chunk.length;
    if (total > MAX_ANSWER) throw new TooLarge();
    const text = decoder.decode(chunk, { stream: true });
    if (!/[\r\n]/u.test(text) && pieces.at(-1)?.endsWith("\r") !== true) {
      pieces.push(text);
      held += text.length;
      if (held > MAX_LINE) throw new TooLarge();
      continue;
    }
    const parts = (pieces.join("") + text).split(/\r\n|\n|\r(?!$)/u);
    const rest = parts.pop() ?? "";
    pieces = rest === "" ? [] : [rest];
    held = rest.length;
    if (held > MAX_LINE) throw new TooLarge();
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

/** An answer of which no more is read than the limit: the rest of its body is never taken from the line. */
export function limitedAnswer(response: Response): Response {
  if (response.body === null) return response;
  let total = 0;
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        total += chunk.length;
        if (total > MAX_ANSWER) controller.error(new TooLarge());
        else controller.enqueue(chunk);
      },
    }),
  );
  const { status, statusText, headers } = response;
  return new Response(counted, { status, statusText, headers });
}
