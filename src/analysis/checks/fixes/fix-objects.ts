import { isObject, type JsonObject, type JsonPath, startsWith } from "../../../kube/json.ts";
import { identity, objectKey } from "../../../kube/object-key.ts";
import type { InputFile } from "../../../kube/read-inputs.ts";
import { readObjects } from "../../../kube/read-objects.ts";
import type { ObjectKey } from "../../../kube/read-object.ts";
import { lineIndex } from "../../../kube/yaml/line-index.ts";
import { readDocuments } from "../../../kube/yaml/read-documents.ts";
import { sourceTrees } from "../../../kube/yaml/source-tree.ts";
import type { Finding } from "../../findings/finding.ts";
import type { Edit } from "./edit.ts";
import { fixFile, type FixedFile, type Left, type Mend } from "./fix-file.ts";
import type { FixRow } from "./fix-row.ts";
import { fixOf } from "./fix-table.ts";
import { fixWorld } from "./fix-world.ts";
import { bringing, compared, groupOf, ownerOf } from "./recheck.ts";

export interface FixAsked {
  readonly inputs: readonly InputFile[];
  /** The texts of the inputs that may be edited, by their path, without byte order mark. */
  readonly texts: ReadonlyMap<string, string>;
  /** What is found in inputs. */
  readonly check: (inputs: readonly InputFile[]) => readonly Finding[];
  /** Minor of Kubernetes 1 that the objects are for. */
  readonly minor: number;
  /** Why a row is not used; undefined where it is. */
  readonly withheld?: (row: FixRow) => string | undefined;
}

export interface Fixed {
  /** Files that change, by their path. */
  readonly files: ReadonlyMap<string, FixedFile>;
  /** What stays, with places in the old files. */
  readonly left: readonly Left[];
  /** The same with places in the new files. */
  readonly leftAfter: readonly Left[];
}

/** Rounds in which fixes are taken back one by one; then whole files are, then everything. */
const ROUNDS = 4;

/** No row knows the finding, or the right value. */
const PERSON = "needs a person";

/**
 * Takes away what is found, where a row of the table knows how. The new files are checked again: a fix stays only if its
 * finding is gone and no error and no warning came instead.
 */
export function fixObjects(asked: FixAsked): Fixed {
  const before = asked.check(asked.inputs);
  const reasons = new Map<Finding, string>();
  let mends = proposed(asked, before, reasons);
  for (let round = 0; ; round++) {
    const { files, mended, after } = tried(asked, before, mends, reasons);
    const { bad, stranger } = compared({ before, after, mended });
    if (bad.size === 0 && stranger === undefined) return { files, ...leftOf(before, after, mended, reasons) };
    const spoiled = new Set([...bad.keys()].map((mend) => mend.finding.place?.file));
    for (const mend of mended) {
      const last = round > ROUNDS || (round === ROUNDS && spoiled.has(mend.finding.place?.file));
      const reason = bad.get(mend) ?? (last ? "it does not hold with other fixes" : undefined);
      if (reason !== undefined) reasons.set(mend.finding, reason);
    }
    if (bad.size === 0 && stranger !== undefined && round <= ROUNDS)
      for (const { finding } of culprit(asked, before, mended, stranger))
        reasons.set(finding, bringing(stranger));
    mends = mended.filter((mend) => !reasons.has(mend.finding));
  }
}

interface Tried {
  readonly files: ReadonlyMap<string, FixedFile>;
  readonly mended: readonly Mend[];
  readonly after: readonly Finding[];
}

/** Makes the edits, and checks what comes of them. */
function tried(
  { inputs, texts, check }: FixAsked,
  before: readonly Finding[],
  mends: readonly Mend[],
  reasons: Map<Finding, string>,
): Tried {
  const files = editedFiles(texts, mends, reasons);
  const mended = [...files.values()].flatMap((file) => file.mended);
  const after = mended.length === 0 ? before : check(inputs.map((input) => again(input, files)));
  return { files, mended, after };
}

/**
 * The fixes of the object that brings a finding to another one: the first object without whose fixes, and those of the
 * objects behind it, the finding does not come.
 */
function culprit(
  asked: FixAsked,
  before: readonly Finding[],
  mended: readonly Mend[],
  stranger: Finding,
): readonly Mend[] {
  const owners = [...Map.groupBy(mended, ({ finding }) => ownerOf(finding)).values()];
  const group = groupOf(stranger);
  const counted = (findings: readonly Finding[]): number =>
    findings.filter((finding) => groupOf(finding) === group).length;
  const known = counted(before);
  let [low, high] = [1, owners.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { after } = tried(asked, before, owners.slice(0, middle).flat(), new Map());
    if (counted(after) > known) high = middle;
    else low = middle + 1;
  }
  return owners[low - 1] ?? mended;
}

function editedFiles(
  texts: ReadonlyMap<string, string>,
  mends: readonly Mend[],
  reasons: Map<Finding, string>,
): ReadonlyMap<string, FixedFile> {
  const files = new Map<string, FixedFile>();
  for (const [file, ofFile] of Map.groupBy(mends, ({ finding }) => finding.place?.file ?? "")) {
    const fixed = fixFile(file, texts.get(file) ?? "", ofFile);
    if (fixed.splices.length > 0) files.set(file, fixed);
    for (const { finding, reason } of fixed.left) reasons.set(finding, reason);
  }
  return files;
}

function again(input: InputFile, files: ReadonlyMap<string, FixedFile>): InputFile {
  const fixed = files.get(input.path);
  if (fixed === undefined) return input;
  return { ...input, documents: readDocuments(input.path, new TextEncoder().encode(fixed.text)) };
}

/** The edits that rows propose; why there is none goes into `reasons`. */
function proposed(
  { inputs, texts, minor, withheld }: FixAsked,
  before: readonly Finding[],
  reasons: Map<Finding, string>,
): readonly Mend[] {
  const files = new Map<string, FileIndex>();
  const byPath = new Map(inputs.map((input) => [input.path, input]));
  const mends: Mend[] = [];
  const world = fixWorld(readObjects(inputs.flatMap(({ documents }) => documents)).objects);
  for (const finding of before) {
    const row = fixOf(finding.code);
    const file = finding.place?.file ?? "";
    const text = texts.get(file);
    const input = byPath.get(file);
    if (row === undefined) continue;
    if (text === undefined || input === undefined) {
      reasons.set(finding, "it is not in a plain file: change what it is made from");
      continue;
    }
    const index = files.get(file) ?? fileIndex(input, text);
    files.set(file, index);
    const target = index.target(finding);
    const path = finding.path?.slice(target?.base.length);
    if (target === undefined || path === undefined) continue;
    const edits = row.edits({
      object: target.object,
      finding,
      path,
      paths: [path, ...index.relatedIn(finding, target)],
      minor,
      world,
    });
    if (edits === undefined || edits.length === 0) continue;
    const reason = withheld?.(row);
    if (reason !== undefined) reasons.set(finding, reason);
    else {
      const inner = edits.map((edit): Edit => ({ ...edit, path: [...target.base, ...edit.path] }));
      mends.push({ finding, row, document: target.document, edits: inner });
    }
  }
  return mends;
}

interface Target {
  readonly document: number;
  /** Path of the object in its document. */
  readonly base: JsonPath;
  readonly object: JsonObject;
}

interface FileIndex {
  /** The object of a finding, or the document of one that is about no object. */
  target(finding: Finding): Target | undefined;
  relatedIn(finding: Finding, target: Target): readonly JsonPath[];
}

function fileIndex(input: InputFile, text: string): FileIndex {
  const lines = lineIndex(input.path, text);
  const trees = sourceTrees(text);
  // Findings are many, and so are the objects of a list.
  const objects = Map.groupBy(readObjects(input.documents).objects, ({ document, object }) =>
    objectText(document, objectKey(object)),
  );

  function documentOf({ place }: Pick<Finding, "place">): number {
    if (place === undefined) return -1;
    const offset = lines.offset(place);
    let [low, high] = [0, trees.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((trees[middle]?.start ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  return {
    target(finding) {
      const document = documentOf(finding);
      const { object, path = [] } = finding;
      if (object === undefined) {
        const value = input.documents[document]?.value;
        return isObject(value) ? { document, base: [], object: value } : undefined;
      }
      const alike = objects.get(objectText(document, object));
      const read = alike?.find((one) => startsWith(path, one.path));
      return read === undefined ? undefined : { document, base: read.path, object: read.object };
    },
    relatedIn(finding, { document, base }) {
      return (finding.related ?? []).flatMap(({ place, path }) =>
        documentOf({ place }) === document && place.file === input.path && startsWith(path, base)
          ? [path.slice(base.length)]
          : [],
      );
    },
  };
}

function objectText(document: number, key: ObjectKey): string {
  return `${document}\0${identity(key)}`;
}

/** What stays. A finding that is gone with the fix of another one is not told. */
function leftOf(
  before: readonly Finding[],
  after: readonly Finding[],
  mended: readonly Mend[],
  reasons: ReadonlyMap<Finding, string>,
): Pick<Fixed, "left" | "leftAfter"> {
  const gone = new Set(mended.map(({ finding }) => finding));
  const later = Map.groupBy(after, groupOf);
  const left: Left[] = [];
  const leftAfter: Left[] = [];
  for (const [group, findings] of Map.groupBy(
    before.filter((finding) => !gone.has(finding)),
    groupOf,
  )) {
    const now = later.get(group) ?? [];
    if (now.length === 0) continue;
    for (const [index, finding] of findings.entries()) {
      const reason = reasons.get(finding) ?? PERSON;
      left.push({ finding, reason });
      leftAfter.push({ finding: now.length === findings.length ? (now[index] ?? finding) : finding, reason });
    }
  }
  const places = new Map(before.map((finding, index) => [finding, index]));
  const order = left
    .map((_, index) => index)
    .sort((one, other) => at(places, left[one]) - at(places, left[other]));
  return { left: picked(left, order), leftAfter: picked(leftAfter, order) };
}

function at(places: ReadonlyMap<Finding, number>, item: Left | undefined): number {
  return item === undefined ? -1 : (places.get(item.finding) ?? -1);
}

function picked(items: readonly Left[], order: readonly number[]): readonly Left[] {
  return order.flatMap((index) => items[index] ?? []);
}
