import { describe, expect, it } from "vitest";
import { readDocuments } from "../../../kube/yaml/read-documents.ts";
import { readObjects } from "../../../kube/read-objects.ts";
import { objectIndex } from "./object-index.ts";
import { practiceFindings } from "./practice-findings.ts";
import { practices } from "./practice-table.ts";

const read = (text: string) => readObjects(readDocuments("a.yaml", new TextEncoder().encode(text))).objects;

describe.each(practices)("$id", (row) => {
  const found = (text: string) => practiceFindings(objectIndex(read(text), 37), { profile: "all" });

  it("is found in its positive example and not in its neighbour", () => {
    const hits = found(row.positive).filter((finding) => finding.code === row.id);
    expect(hits.length).toBeGreaterThan(0);
    for (const hit of hits) {
      expect(hit.place?.file).toBe("a.yaml");
      expect(hit.message).toMatch(/^\S.*[^.]$/s);
    }
    expect(found(row.negative).filter((finding) => finding.code === row.id)).toEqual([]);
  });

  it("has a family, a source and a fix", () => {
    expect(row.id).toMatch(/^[a-z-]+\/[a-z-]+$/);
    for (const text of [row.title, row.why, row.fix, row.source]) expect(text).not.toBe("");
  });
});

it("gives every id once", () => {
  expect(new Set(practices.map((row) => row.id)).size).toBe(practices.length);
});
