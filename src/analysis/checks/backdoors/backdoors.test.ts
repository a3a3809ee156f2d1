import { describe, expect, it } from "vitest";
import { readDocuments } from "../../../kube/yaml/read-documents.ts";
import { readObjects } from "../../../kube/read-objects.ts";
import { objectIndex } from "../practices/object-index.ts";
import { backdoorFindings } from "./backdoor-findings.ts";
import { backdoorTable } from "./backdoor-table.ts";
import { commandTable } from "./command-table.ts";
import { withDecoded } from "./commands.ts";
import { lookAlike } from "./well-known-images.ts";

const found = (text: string) =>
  backdoorFindings(
    objectIndex(readObjects(readDocuments("a.yaml", new TextEncoder().encode(text))).objects, 37),
  ).map((finding) => finding.code);

describe.each(backdoorTable)("$id", (row) => {
  it("is found in its positive example and not in its neighbour", () => {
    expect(found(row.positive)).toContain(row.id);
    expect(found(row.negative)).not.toContain(row.id);
  });
});

describe.each(commandTable)("$id by command", (row) => {
  it.each(row.positive)("finds %s", (text) => expect(row.pattern.test(text)).toBe(true));
  it.each(row.negative)("leaves %s", (text) => expect(row.pattern.test(text)).toBe(false));
  it("finds it in base64, also twice over", () => {
    // Short commands are not looked for in base64: their letters are those of many a word.
    const once = btoa(`${row.positive[0] ?? ""} ; sleep 1000`);
    for (const text of [`echo ${once} | base64 -d`, `x ${btoa(`echo ${once}`)}`])
      expect(withDecoded(text).some((one) => row.pattern.test(one))).toBe(true);
  });
  it("takes time that grows with the text, not faster", () => {
    // Counted in steps of the engine it would be exact; the bound here only catches what is exponential.
    for (const part of ["nc ", "curl a ", "bash -i ", "echo x | ", "a".repeat(40), "$(", "mkfifo "])
      row.pattern.test(part.repeat(Math.floor(20_000 / part.length)));
  });
});

it.each([
  ["backdoor/selectorless-endpoints", "api"],
  ["backdoor/outside-api", "x"],
])("%s is not put off by an object that only bears the name of a Service", (id, name) => {
  const decoy = `apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: ${name}, namespace: shop}\nspec: {selector: {app: a}}\n---\n`;
  expect(found(decoy + (backdoorTable.find((row) => row.id === id)?.positive ?? ""))).toContain(id);
});

it("tells a slip of the name from another name", () => {
  expect(
    ["ngnix", "nginxx", "postgers", "redi5", "mysqll", "pythom"].map((name) => lookAlike(`library/${name}`)),
  ).toEqual(["nginx", "nginx", "postgres", "redis", "mysql", "python"]);
  for (const name of ["nginx", "redis", "myapp", "nodes", "podinfo", "grafana", "agent"])
    expect(lookAlike(`library/${name}`)).toBeUndefined();
});
