import { expect, test } from "vitest";
import { isObject } from "../json.ts";
import { placeText } from "../place.ts";
import { placeInScalar } from "./place-in-scalar.ts";
import { readDocuments } from "./read-documents.ts";

/** The place of `@` in the text of `a`. */
function found(text: string): string {
  const [document] = readDocuments("f.yaml", new TextEncoder().encode(text));
  const value = isObject(document?.value) ? document.value["a"] : undefined;
  if (document?.source === undefined || typeof value !== "string") throw new Error(text);
  return placeText(placeInScalar(document.source, document.places.value(["a"]), value, value.indexOf("@")));
}

test.each([
  ["plain", "a: one @ two\n", "f.yaml:1:8"],
  ["at its beginning", "a: x@\n", "f.yaml:1:5"],
  ["plain, of several lines", "a: one\n  two\n\n  three @\n", "f.yaml:4:9"],
  ["in single quotes", "a: 'it''s @'\n", "f.yaml:1:11"],
  ["a quote itself", "a: 'it''@'\n", "f.yaml:1:9"],
  ["in double quotes", 'a: "a \\" \\\\ @"\n', "f.yaml:1:13"],
  ["in double quotes, of several lines", 'a: "one\n  two \\\n  three @"\n', "f.yaml:3:9"],
  ["a block", "a: |\n  one\n    two @\n", "f.yaml:3:9"],
  ["a block with a comment and an indicator", "a: |2- # why\n    one\n  @\n", "f.yaml:3:3"],
  ["a block that begins with empty lines", "a: |\n\n\n  @\n", "f.yaml:4:3"],
  ["a folded block", "a: >-\n  one\n  two\n\n  @\n", "f.yaml:5:3"],
  ["in JSON", '{"a": "one @"}', "f.yaml:1:12"],
  ["behind an escape: the scalar", 'a: "\\u0041 @"\n', "f.yaml:1:4"],
  ["behind an anchor", "a: &x one @\n", "f.yaml:1:11"],
])("%s", (_name, text, place) => {
  expect(found(text)).toBe(place);
});
