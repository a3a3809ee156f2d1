import type { Place } from "../place.ts";
import type { SourceLines } from "../read-object.ts";

/**
 * Where the character at `offset` of a text stands in its file: `start` is the place of the scalar, plain, quoted or a block.
 * Both are walked side by side, white space for white space, since folding changes it. Where they part (an escape that
 * stands for another character, an alias, a tag), the place of the scalar is the answer.
 */
export function placeInScalar(source: SourceLines, start: Place, text: string, offset: number): Place {
  const walk = new SourceWalk(source, start);
  for (let at = 0; at < offset; at++) {
    const wanted = text[at] ?? "";
    if (isSpace(wanted)) {
      while (at + 1 < offset && isSpace(text[at + 1] ?? "")) at++;
      // What follows has its place behind the white space of the file, unless white space is what is asked for.
      if (at + 1 < offset || !isSpace(text[offset] ?? "x")) walk.skipSpace();
      continue;
    }
    if (!walk.take(wanted)) return start;
  }
  return walk.place(text[offset]) ?? start;
}

function isSpace(character: string): boolean {
  return character === " " || character === "\n" || character === "\t" || character === "\r";
}

class SourceWalk {
  readonly #source: SourceLines;
  readonly #file: string;
  readonly #style: string;
  #line: number;
  #column: number;

  constructor(source: SourceLines, start: Place) {
    this.#source = source;
    this.#file = start.file;
    this.#line = start.line;
    this.#column = start.column - 1;
    this.#style = this.#text()[this.#column] ?? "";
    if (this.#style === "|" || this.#style === ">") {
      this.#line++;
      this.#column = 0;
      this.skipSpace();
    } else if (this.#style === '"' || this.#style === "'") this.#column++;
  }

  #text(): string {
    return this.#source.text(this.#line) ?? "";
  }

  /** To the next character that is no white space, over the ends of lines. */
  skipSpace(): void {
    for (;;) {
      const text = this.#text();
      while (this.#column < text.length && isSpace(text[this.#column] ?? "")) this.#column++;
      if (this.#column < text.length || this.#source.text(this.#line + 1) === undefined) return;
      this.#line++;
      this.#column = 0;
    }
  }

  /** Steps over the character, as it is or escaped; false where another one stands. */
  take(wanted: string): boolean {
    if (!this.#stepTo(wanted)) return false;
    this.#column++;
    return true;
  }

  #stepTo(wanted: string): boolean {
    const text = this.#text();
    if (this.#style === '"' && text[this.#column] === "\\") {
      if (text.length === this.#column + 1) {
        // The line goes on in the next one.
        this.#column++;
        this.skipSpace();
      } else if (text[this.#column + 1] === wanted && /["\\/]/.test(wanted)) this.#column++;
      else return false;
    }
    if (this.#column >= text.length) this.skipSpace();
    if (this.#style === "'" && wanted === "'" && this.#text().startsWith("''", this.#column)) this.#column++;
    return this.#text()[this.#column] === wanted;
  }

  /** Where the walk stands; undefined where the next character is not the one that is expected there. */
  place(next: string | undefined): Place | undefined {
    if (next !== undefined && !isSpace(next) && !this.#stepTo(next)) return undefined;
    return { file: this.#file, line: this.#line, column: this.#column + 1 };
  }
}
