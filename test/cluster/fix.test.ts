import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Edit } from "../../src/analysis/checks/fixes/edit.ts";
import type { Mend } from "../../src/analysis/checks/fixes/fix-file.ts";
import { fixObjects } from "../../src/analysis/checks/fixes/fix-objects.ts";
import { checkAll } from "../../src/analysis/checks/reading/check-objects.ts";
import type { Finding } from "../../src/analysis/findings/finding.ts";
import { resourceOf } from "../../src/kube/catalogue/catalogue.ts";
import {
  isArray,
  isObject,
  type Json,
  type JsonObject,
  type JsonPath,
  valueAt,
} from "../../src/kube/json.ts";
import { identity, objectKey } from "../../src/kube/object-key.ts";
import { type InputFile, readStdin } from "../../src/kube/read-inputs.ts";
import { readObjects } from "../../src/kube/read-objects.ts";
import { readDocuments } from "../../src/kube/yaml/read-documents.ts";
import { controlPlane, type ControlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { seeds } from "../support/differential/bases.ts";
import { accepted, askCreate, collectionPath, NAMESPACE } from "../support/differential/server.ts";
import { conformanceData, deep, leftOut } from "../support/suites.ts";

const folders = ["real", "lint", "network/cluster-topology-analyzer"].map((name) => conformanceData(name));
const missing =
  (controlPlaneMissing !== undefined && leftOut("fixes on the API server", controlPlaneMissing)) ||
  (folders.includes(undefined) &&
    leftOut("fixes on the API server", "KUBEOPS_CONFORMANCE_DATA with the folders real, lint and network"));

const MINOR = 37;

/** In the quick suites every n-th file. */
const SHARE = deep ? 1 : 12;

/** One object of a public file, as it is and as it is fixed. */
interface Pair {
  readonly id: string;
  readonly before: JsonObject;
  readonly after: JsonObject;
  /** With paths in the object. */
  readonly edits: readonly Edit[];
  readonly claimed: readonly string[];
  /** Codes found about the object in the old and in the fixed file. */
  readonly foundBefore: readonly string[];
  readonly foundAfter: readonly string[];
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(?:ya?ml|json)$/.test(path))
    .toSorted()
    .filter((_, index) => index % SHARE === 0)
    .map((path) => join(folder, path));
}

const check = (inputs: readonly InputFile[]): readonly Finding[] =>
  checkAll(inputs, { minor: MINOR, podSecurity: "restricted", judge: { profile: "all" } }).kept;

function pairsOf(file: string): readonly Pair[] {
  const text = readFileSync(file, "utf8");
  const input = { ...readStdin(new TextEncoder().encode(text)), path: "<stdin>" };
  const { files } = fixObjects({
    inputs: [input],
    texts: new Map([[input.path, text]]),
    minor: MINOR,
    check,
  });
  const fixed = files.get(input.path);
  if (fixed === undefined) return [];
  const fresh = readDocuments(input.path, new TextEncoder().encode(fixed.text));
  const [old, after] = [check([input]), check([{ ...input, documents: fresh }])];
  return readObjects(input.documents).objects.flatMap((read): readonly Pair[] => {
    const mends = fixed.mended.filter((mend) => mend.document === read.document && within(mend, read.path));
    const before = valueAt(input.documents[read.document]?.value, read.path);
    const now = valueAt(fresh[read.document]?.value, read.path);
    if (mends.length === 0 || !isObject(before) || !isObject(now)) return [];
    const id = identity(objectKey(now));
    return [
      {
        id: `${file}#${read.document} ${id}`,
        before,
        after: now,
        edits: mends.flatMap(({ edits }) =>
          edits.map((edit): Edit => ({ ...edit, path: edit.path.slice(read.path.length) })),
        ),
        claimed: mends.map(({ finding }) => finding.code),
        foundBefore: codesAbout(old, identity(objectKey(read.object))),
        foundAfter: codesAbout(after, id),
      },
    ];
  });
}

function codesAbout(findings: readonly Finding[], id: string): readonly string[] {
  return findings.flatMap(({ object, code }) =>
    object !== undefined && identity(object) === id ? [code] : [],
  );
}

function count(codes: readonly string[], code: string): number {
  return codes.filter((one) => one === code).length;
}

function within({ edits }: Mend, path: JsonPath): boolean {
  return edits.some((edit) => path.every((step, index) => edit.path[index] === step));
}

/** Paths of the leaves in which two values differ; what is not there counts as empty. */
function differences(
  left: Json | undefined,
  right: Json | undefined,
  path: JsonPath = [],
): readonly JsonPath[] {
  if (isArray(left) || isArray(right)) {
    const [one, other] = [isArray(left) ? left : [], isArray(right) ? right : []];
    return Array.from({ length: Math.max(one.length, other.length) }, (_, index) => index).flatMap((index) =>
      differences(one[index], other[index], [...path, index]),
    );
  }
  if (isObject(left) || isObject(right)) {
    const [one, other] = [isObject(left) ? left : {}, isObject(right) ? right : {}];
    return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((key) =>
      differences(one[key], other[key], [...path, key]),
    );
  }
  return left === right ? [] : [path];
}

/** Whether an edit says that the object may differ at a path. */
function says(edit: Edit, path: JsonPath): boolean {
  const parent = edit.path.slice(0, -1);
  const places =
    edit.op === "remove" && typeof edit.path.at(-1) === "number"
      ? [parent]
      : edit.op === "rename"
        ? [edit.path, [...parent, edit.key]]
        : [edit.path];
  return places.some((place) => place.every((step, index) => path[index] === step));
}

/** As it is sent: into the one namespace that is there. */
function sent(object: JsonObject): JsonObject {
  const metadata = object["metadata"];
  const namespaced = resourceOf(objectKey(object))?.namespaced === true;
  return namespaced && isObject(metadata)
    ? { ...object, metadata: { ...metadata, namespace: NAMESPACE } }
    : object;
}

describe.skipIf(missing)("fixes of public objects, on kube-apiserver 1.37", () => {
  let plane: ControlPlane;
  let pairs: readonly Pair[] = [];
  beforeAll(async () => {
    // Pods name accounts that no controller makes here.
    plane = await controlPlane({ components: "api", admissionOff: ["ServiceAccount"] });
    for (const seed of seeds()) {
      const { status, text } = await plane.admin("POST", collectionPath(seed), seed);
      expect(status, text).toBe(201);
    }
    pairs = folders.flatMap((folder) => (folder === undefined ? [] : filesOf(folder))).flatMap(pairsOf);
  }, 300_000);
  afterAll(() => plane?.stop());

  it("are at least 300, and have no finding left that is claimed", () => {
    expect(pairs.length).toBeGreaterThanOrEqual(300 / SHARE);
    const still = pairs.flatMap(({ id, claimed, foundBefore, foundAfter }) =>
      [...new Set(claimed)]
        .filter(
          (code) => count(foundAfter, code) > Math.max(0, count(foundBefore, code) - count(claimed, code)),
        )
        .map((code) => `${id}: ${code}`),
    );
    expect(still).toEqual([]);
  });

  it("differ only where a fix says", () => {
    const others = pairs.flatMap(({ id, before, after, edits }) =>
      differences(before, after)
        .filter((path) => !edits.some((edit) => says(edit, path)))
        .map((path) => `${id}: ${path.join(".")}`),
    );
    expect(others).toEqual([]);
  });

  it("are accepted where the object was, and refused ones get better", { timeout: 300_000 }, async () => {
    const known = pairs.filter(({ before, after }) =>
      [before, after].every((object) => resourceOf(objectKey(object)) !== undefined),
    );
    const [before, after] = [
      await askCreate(
        plane,
        known.map((pair) => sent(pair.before)),
      ),
      await askCreate(
        plane,
        known.map((pair) => sent(pair.after)),
      ),
    ];
    const worse = known.flatMap(({ id }, index) => {
      const [old, fresh] = [before[index], after[index]];
      if (old === undefined || fresh === undefined || accepted(fresh)) return [];
      const known = new Set(old.causes.map(({ field, reason }) => `${field} ${reason}`));
      const more = fresh.causes.filter(({ field, reason }) => !known.has(`${field} ${reason}`));
      return accepted(old) || (old.causes.length > 0 && more.length > 0) ? [`${id}: ${fresh.message}`] : [];
    });
    const accept = (verdicts: typeof before): number => verdicts.filter(accepted).length;
    process.stderr.write(
      `fixes: ${pairs.length} public objects, ${pairs.flatMap(({ claimed }) => claimed).length} findings fixed; of ${known.length} sent to the server it took ${accept(before)} before and ${accept(after)} after\n`,
    );
    expect(worse).toEqual([]);
    expect(accept(before)).toBeGreaterThanOrEqual(300 / SHARE);
    expect(accept(after)).toBeGreaterThanOrEqual(accept(before));
  });
});
