import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { configMap } from "../testing/fixtures.ts";
import { APPLYSET, applySetId, isMember, membersOf, withoutMembership } from "./applyset.ts";

describe("our ApplySet", () => {
  it("has the id that kubectl computes", () => {
    // kubectl testdata/apply/applyset-*.yaml and apply_test.go: the set "my-set" of a Secret in the namespace test.
    expect(applySetId({ name: "my-set", namespace: "test", kind: "Secret", group: "" })).toBe(
      "applyset-0eFHV8ySqp7XoShsGvyWFQD3s96yqwHmzc4e0HR1dsY-v1",
    );
    for (const name of ["a", "b.c", "kubeops-inventory"]) {
      const hash = createHash("sha256").update(`${name}.shop.ConfigMap.`).digest("base64url");
      expect(applySetId({ name, namespace: "shop", kind: "ConfigMap", group: "" })).toBe(
        `applyset-${hash}-v1`,
      );
    }
  });
  it("makes members, and takes membership away again", () => {
    const object = configMap("a");
    const [member] = membersOf([object], "id");
    expect(member).toEqual(configMap("a", { a: "1" }, { labels: { [APPLYSET.partOf]: "id" } }));
    expect(isMember(member!, "id")).toBe(true);
    expect(isMember(member!, "other")).toBe(false);
    expect(withoutMembership(member!, "id")).toEqual(object);
    expect(withoutMembership(member!, "other")).toBe(member);
    expect(membersOf([member!], "id")).toEqual([member]);
    const labelled = configMap("a", {}, { labels: { b: "c" } });
    expect(withoutMembership(membersOf([labelled], "id")[0]!, "id")).toEqual(labelled);
  });
  it("refuses a member of another set", () => {
    expect(() => membersOf([configMap("a", {}, { labels: { [APPLYSET.partOf]: "other" } })], "id")).toThrow(
      "ConfigMap shop/a carries the label applyset.kubernetes.io/part-of of another set",
    );
  });
});
