import { describe, expect, it } from "vitest";
import { readDocuments } from "../../../kube/yaml/read-documents.ts";
import { readObjects } from "../../../kube/read-objects.ts";
import { isPlaceholder } from "./placeholder.ts";
import { secretFindings } from "./secret-findings.ts";
import { secretTable } from "./secret-table.ts";

const found = (text: string) =>
  readObjects(readDocuments("a.yaml", new TextEncoder().encode(text))).objects.flatMap((read) =>
    secretFindings(read),
  );

describe.each(Object.entries(secretTable))("%s", (code, row) => {
  it("is found once in its positive example and not in its neighbour", () => {
    expect(found(row.positive).map((finding) => finding.code)).toEqual([code]);
    expect(found(row.negative)).toEqual([]);
  });
  it("never shows a part of the value", () => {
    for (const finding of found(row.positive)) {
      const text = JSON.stringify(finding);
      for (const value of ["Wq8zTk2m", "ghp_0123", "AAAA", "BEGIN"]) expect(text).not.toContain(value);
    }
  });
});

it("takes for placeholders what stands where a value goes", () => {
  for (const text of [
    "",
    "changeme",
    "<password>",
    "${X}",
    "$(X)",
    "your-token-here",
    "xxxx",
    "TODO: set",
    "{{ .Values.a }}",
    "REPLACE_ME",
  ])
    expect([text, isPlaceholder(text)]).toEqual([text, true]);
  for (const text of ["Wq8zTk2m", "correct horse battery", "S3cure!Value", "hunter2hunter2"])
    expect([text, isPlaceholder(text)]).toEqual([text, false]);
});

it("looks into every place, also below lists of a custom resource", () => {
  expect(
    found(
      "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nspec: {deep: [{x: 'glpat-abcdefghij0123456789'}]}",
    ).map(({ code, path }) => [code, path]),
  ).toEqual([["secret/known-form", ["spec", "deep", 0, "x"]]]);
});
