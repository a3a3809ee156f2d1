import { Transform, type TransformCallback } from "node:stream";

/** Bytes of one message. The arguments of a call may have half a million characters, escaped at worst six bytes each. */
export const MAX_LINE: number = 4 * 1024 * 1024;

const NEWLINE = 0x0a;

/**
 * Lines of a stream as they are, but those that are longer than `limit`: they are thrown away as they come, without being
 * held, and reported once each. The connection goes on.
 */
export function boundedLines(limit: number, onTooLong: () => void): Transform {
  let held: Buffer[] = [];
  let size = 0;
  let dropping = false;

  const take = (part: Buffer): void => {
    if (dropping) return;
    size += part.length;
    if (size <= limit) {
      held.push(part);
      return;
    }
    held = [];
    dropping = true;
    onTooLong();
  };

  const lineOf = (): Buffer | undefined => {
    const line = dropping ? undefined : Buffer.concat(held);
    held = [];
    size = 0;
    dropping = false;
    return line;
  };

  return new Transform({
    transform(chunk: Buffer, _encoding: string, done: TransformCallback) {
      let from = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
        take(chunk.subarray(from, end + 1));
        const line = lineOf();
        if (line !== undefined) this.push(line);
        from = end + 1;
      }
      if (from < chunk.length) take(chunk.subarray(from));
      done();
    },
    flush(done) {
      const rest = lineOf();
      if (rest !== undefined && rest.length > 0) this.push(rest);
      done();
    },
  });
}
