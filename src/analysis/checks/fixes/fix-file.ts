import { canonicalJson } from "../../../kube/canonical-json.ts";
import type { Json } from "../../../kube/json.ts";
import type { ReadDocument } from "../../../kube/read-object.ts";
import { readDocuments } from "../../../kube/yaml/read-documents.ts";
import { type SourceDocument, sourceTrees } from "../../../kube/yaml/source-tree.ts";
import type { Finding } from "../../findings/finding.ts";
import { type Edit, edited } from "./edit.ts";
import type { FixRow } from "./fix-row.ts";
import { type Splice, spliced } from "./splices/splice.ts";
import { type Splicer, splicer } from "./splices/splicer.ts";

/** A finding and the edits that take it away. */
export interface Mend {
  readonly finding: Finding;
  readonly row: FixRow;
  /** Number of the document in its file. */
  readonly document: number;
  /** Paths are those in the document. */
  readonly edits: readonly Edit[];
}

/** A finding that stays, and why. */
export interface Left {
  readonly finding: Finding;
  readonly reason: string;
}

export interface FixedFile {
  readonly text: string;
  readonly splices: readonly Splice[];
  readonly mended: readonly Mend[];
  /** What could not be edited. */
  readonly left: readonly Left[];
}

/**
 * Makes edits in the text of a file (without byte order mark) and touches nothing else. The splices of a document are all
 * made from one reading of it. The new text is read again: its documents must have the values that the edits ask for and
 * no other difference, else the edit that spoils it is dropped and named.
 */
export function fixFile(file: string, text: string, mends: readonly Mend[]): FixedFile {
  const documents = read(file, text);
  const trees = sourceTrees(text);
  const splices: Splice[] = [];
  const mended: Mend[] = [];
  const left: Left[] = [];
  const wanted = documents.map(({ value }) => value);
  for (const [number, ofDocument] of Map.groupBy(mends, (mend) => mend.document)) {
    const document = documents[number];
    const tree = trees.length === documents.length ? trees[number] : undefined;
    if (document === undefined || tree === undefined) {
      for (const { finding } of ofDocument)
        left.push({ finding, reason: "its document cannot be told apart" });
      continue;
    }
    const done = fixDocument(
      text,
      { value: document.value, tree, splicesFor: splicer(text, tree) },
      unique(ofDocument),
    );
    for (const mend of ofDocument) {
      const reason = done.dropped.get(editsId(mend));
      if (reason === undefined) mended.push(mend);
      else left.push({ finding: mend.finding, reason });
    }
    splices.push(...done.splices);
    wanted[number] = done.value;
  }
  const fresh = spliced(text, splices);
  if (splices.length === 0 || isAsWanted(read(file, fresh), wanted))
    return { text: fresh, splices, mended, left };
  const reason = "the file would be read in another way";
  return {
    text,
    splices: [],
    mended: [],
    left: [...left, ...mended.map(({ finding }) => ({ finding, reason }))],
  };
}

function read(file: string, text: string): readonly ReadDocument[] {
  return readDocuments(file, new TextEncoder().encode(text));
}

function isAsWanted(documents: readonly ReadDocument[], wanted: readonly Json[]): boolean {
  return (
    documents.length === wanted.length &&
    documents.every(({ value }, index) => canonicalJson(value) === canonicalJson(wanted[index]))
  );
}

function editsId({ edits }: Mend): string {
  return JSON.stringify(edits);
}

/** One mend for each set of edits: several findings may ask for the same. */
function unique(mends: readonly Mend[]): readonly Mend[] {
  return [...new Map(mends.toReversed().map((mend) => [editsId(mend), mend])).values()].reverse();
}

interface Subject {
  readonly value: Json;
  readonly tree: SourceDocument;
  readonly splicesFor: Splicer;
}

interface Done {
  readonly splices: readonly Splice[];
  readonly value: Json;
  /** Why edits were not made, by `editsId`. */
  readonly dropped: ReadonlyMap<string, string>;
}

interface Attempt {
  readonly splices: readonly Splice[];
  readonly value: Json;
}

/** How often a document is read again to find the edits that spoil it: each time costs as much as reading it. */
const ATTEMPTS = 50;
const TOO_MANY = "too many edits of its document cannot be made";

/** All mends of a document at once; where they do not work together, its halves. */
function fixDocument(text: string, subject: Subject, mends: readonly Mend[]): Done {
  const dropped = new Map<string, string>();
  const kept: Mend[] = [];
  let last: Attempt = { splices: [], value: subject.value };
  let attempts = 0;
  const take = (part: readonly Mend[]): void => {
    const [first] = part;
    if (first === undefined) return;
    const tried = attempts++ < ATTEMPTS ? attempt(text, subject, [...kept, ...part]) : TOO_MANY;
    if (tried === TOO_MANY) for (const mend of part) dropped.set(editsId(mend), TOO_MANY);
    else if (typeof tried !== "string") {
      kept.push(...part);
      last = tried;
    } else if (part.length === 1) dropped.set(editsId(first), tried);
    else {
      const middle = part.length >> 1;
      take(part.slice(0, middle));
      take(part.slice(middle));
    }
  };
  // What cannot be made even alone is told without reading the document again.
  const possible = mends.filter((mend) => {
    const alone = subject.splicesFor(mend.edits);
    if (typeof alone === "string") dropped.set(editsId(mend), alone);
    return typeof alone !== "string";
  });
  take(possible);
  return { ...last, dropped };
}

function attempt(
  text: string,
  { value, tree, splicesFor }: Subject,
  mends: readonly Mend[],
): Attempt | string {
  const edits = distinctEdits(mends);
  const made = splicesFor(edits);
  if (typeof made === "string") return made;
  const wanted = edited(value, edits, made.sources);
  const shifted = made.splices.map((splice) => ({
    ...splice,
    start: splice.start - tree.start,
    end: splice.end - tree.start,
  }));
  const fresh = spliced(text.slice(tree.start, tree.end), shifted);
  // The rest of a stream of YAML may begin with a brace and be none of JSON.
  const alone = tree.json || fresh.startsWith("---") ? fresh : `---\n${fresh}`;
  const again = read("", alone).filter((document) => document.value !== null || document.problems.length > 0);
  return again.length === 1 && canonicalJson(again[0]?.value) === canonicalJson(wanted)
    ? { splices: made.splices, value: wanted }
    : "the edit would change something else";
}

/** Several mends may make the same edit: each is made once. */
function distinctEdits(mends: readonly Mend[]): readonly Edit[] {
  return [
    ...new Map(mends.flatMap(({ edits }) => edits).map((edit) => [JSON.stringify(edit), edit])).values(),
  ];
}
