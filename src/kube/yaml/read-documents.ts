import type { PlaceMap, ReadDocument } from "../read-object.ts";
import { decodeText } from "./decode-text.ts";
import { DocumentBuilder } from "./document-builder.ts";
import { lineIndex, type LineIndex } from "./line-index.ts";
import { parseDocument } from "./grammar/parse-document.ts";
import { placesOf } from "./place-tape.ts";
import { readJson, skipJsonSpace } from "./read-json.ts";
import { type Chunk, splitDocuments } from "./split-documents.ts";
import { yamlProblem } from "./yaml-problems.ts";

/** Deepest nesting that is read. go-yaml stops at 10,000; what walks the values later recurses, and no API object has 100. */
export const MAX_DEPTH = 1000;

/**
 * Characters that go-yaml's reader refuses (readerc.go: everything but these), and the line ends of YAML 1.1 that YAML 1.2
 * takes as text.
 */
const oddCharacter = /[^\t\n\r -~\u00a0-\u2027\u202a-\ufffd]/;
const oldLineBreak = /[\u0085\u2028\u2029]/;
const directive = /^(?:[ \t]*(?:#[^\r\n]*)?(?:\r\n?|\n))*(%[^\r\n]*)/;
const template = /\{\{.*?\}\}/;

/**
 * The documents of a stream, read as kubectl and the API server read them (facts: yaml.md 2 to 4): JSON objects one after
 * the other when the stream begins with `{`, else YAML documents between lines that begin with `---`. Nothing in the
 * content throws: a document that cannot be read has the value null and a problem with a place. A document of nothing
 * but comments has the value null and no problem.
 */
export function readDocuments(file: string, bytes: Uint8Array): readonly ReadDocument[] {
  const decoded = decodeText(bytes);
  if (!("text" in decoded)) {
    const place = { file, line: decoded.line, column: decoded.column };
    const places: PlaceMap = { value: () => place, key: () => place };
    return [
      {
        file,
        index: 0,
        value: null,
        places,
        problems: [yamlProblem("yaml/encoding", place, decoded.reason)],
      },
    ];
  }
  const stream: Stream = { file, text: decoded.text, lines: lineIndex(file, decoded.text), documents: [] };
  const yamlFrom = /^\s*\{/.test(stream.text) ? readJsonStream(stream) : 0;
  if (yamlFrom !== undefined) {
    for (const chunk of splitDocuments(stream.text, yamlFrom)) readChunk(stream, chunk);
  }
  return stream.documents;
}

interface Stream {
  readonly file: string;
  readonly text: string;
  readonly lines: LineIndex;
  readonly documents: ReadDocument[];
  /** Of a long text: the places that were asked for last, and where their document begins. */
  last?: { readonly base: number; readonly places: PlaceMap };
}

/** Places that are found by reading the document again; those of the last document asked for are kept. */
function rereadPlaces(stream: Stream, base: number, again: () => DocumentBuilder): PlaceMap {
  const places = (): PlaceMap => {
    if (stream.last?.base !== base)
      stream.last = { base, places: placesOf(again().tape, stream.lines, base) };
    return stream.last.places;
  };
  return { value: (path) => places().value(path), key: (path) => places().key(path) };
}

/**
 * Texts longer than this keep no places: they are half of what a document takes, and a text of 200 MB has hundreds of
 * thousands of documents. A document whose places are asked for is read once more.
 */
const KEEPS_PLACES: number = 16 * 1024 * 1024;

function add(stream: Stream, builder: DocumentBuilder, base: number, again?: () => DocumentBuilder): void {
  const forgets = again !== undefined && stream.text.length > KEEPS_PLACES;
  stream.documents.push({
    file: stream.file,
    index: stream.documents.length,
    value: builder.value(),
    places: forgets ? rereadPlaces(stream, base, again) : placesOf(builder.tape, stream.lines, base),
    problems: builder.problems,
    source: stream.lines,
  });
}

/**
 * Reads JSON objects until the stream ends or something else follows. Gives where YAML begins then, or undefined at the
 * end; after a second JSON object YAML may not begin (apimachinery YAMLOrJSONDecoder).
 */
function readJsonStream(stream: Stream): number | undefined {
  let at = 0;
  for (;;) {
    const start = skipJsonSpace(stream.text, at);
    if (start >= stream.text.length) return undefined;
    const builder = new DocumentBuilder(stream.lines, start);
    const result = readJson(stream.text, start, builder, MAX_DEPTH);
    if ("end" in result) {
      add(stream, builder, start, () => {
        const second = new DocumentBuilder(stream.lines, start);
        readJson(stream.text, start, second, MAX_DEPTH);
        return second;
      });
      at = result.end;
    } else if (result.tooDeep || stream.documents.length > 1) {
      if (result.tooDeep) builder.fail("yaml/too-deep", result.at - start, String(MAX_DEPTH));
      else builder.fail("yaml/json", result.at - start, result.reason);
      add(stream, builder, start);
      return undefined;
    } else return afterJsonSpace(stream.text, at);
  }
}

const spaceToLineEnd = /[^\S\n]*\n?/y;

/** Between the objects and what is read as YAML white space is dropped up to the first line end (consumeWhitespace). */
export function afterJsonSpace(text: string, at: number): number {
  spaceToLineEnd.lastIndex = at;
  return at + (spaceToLineEnd.exec(text)?.[0].length ?? 0);
}

function readChunk(stream: Stream, chunk: Chunk): void {
  const text = stream.text.slice(chunk.start, chunk.end);
  const builder = new DocumentBuilder(stream.lines, chunk.start);
  const separator = chunk.badSeparator;
  const odd = oddCharacter.exec(text);
  const line = text.includes("%") ? directive.exec(text) : null;
  if (separator !== undefined)
    builder.fail("yaml/document-separator", separator.offset - chunk.start, separator.text);
  else if (odd !== null && oldLineBreak.test(odd[0]))
    builder.fail("yaml/line-break", odd.index, codePoint(odd[0]));
  else if (odd !== null)
    builder.fail("yaml/encoding", odd.index, `the character ${codePoint(odd[0])} is not allowed`);
  else if (line !== null) builder.fail("yaml/directive", line[0].length - (line[1] ?? "").length, line[1]);
  else parseDocument(text, builder, MAX_DEPTH);
  const templated = builder.failed() ? template.exec(text) : null;
  if (templated !== null && builder.problems.some((problem) => unrendered.has(problem.code)))
    builder.problems.splice(
      0,
      builder.problems.length,
      yamlProblem("yaml/template-text", stream.lines.place(chunk.start + templated.index), templated[0]),
    );
  add(stream, builder, chunk.start, () => {
    const second = new DocumentBuilder(stream.lines, chunk.start);
    parseDocument(stream.text.slice(chunk.start, chunk.end), second, MAX_DEPTH);
    return second;
  });
}

/** What a Go template looks like to a YAML parser. */
const unrendered: ReadonlySet<string> = new Set(["yaml/syntax", "yaml/key-type"]);

function codePoint(character: string): string {
  return `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}
