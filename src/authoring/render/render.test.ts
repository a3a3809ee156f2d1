import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryIntent } from "../../../test/support/arbitrary-intent.ts";
import { deep } from "../../../test/support/suites.ts";
import { canonicalJson } from "../../kube/canonical-json.ts";
import type { JsonObject } from "../../kube/json.ts";
import { identity } from "../../kube/object-key.ts";
import { OpsError } from "../../kube/ops-error.ts";
import type { ObjectKey } from "../../kube/read-object.ts";
import { readDocuments } from "../../kube/yaml/read-documents.ts";
import { author } from "../specialists/author.ts";
import { fileNames, renderKustomization, renderObject } from "./render.ts";

function read(text: string): unknown {
  const documents = readDocuments("x.yaml", new TextEncoder().encode(text));
  expect(documents).toHaveLength(1);
  expect(documents[0]!.problems).toEqual([]);
  return documents[0]!.value;
}

describe("renderObject", () => {
  test("apiVersion, kind and metadata come first, labels sorted, unknown keys last by name", () => {
    const text = renderObject({
      zeta: 1,
      spec: { alpha: 1, template: {}, replicas: 2 },
      kind: "Thing",
      metadata: { annotations: { b: "1", a: "2" }, namespace: "shop", name: "x", finalizers: [] },
      apiVersion: "example.org/v1",
      beta: { spec: "y", name: "z" },
    });
    expect(text).toBe(`apiVersion: example.org/v1
kind: Thing
metadata:
  name: x
  namespace: shop
  annotations:
    a: "2"
    b: "1"
  finalizers: []
spec:
  replicas: 2
  template: {}
  alpha: 1
beta:
  name: z
  spec: "y"
zeta: 1
`);
  });

  test("names of the user's are sorted whatever they are called", () => {
    expect(renderObject({ metadata: { labels: { spec: "a", metadata: "b", name: "c" } } })).toBe(
      "metadata:\n  labels:\n    metadata: b\n    name: c\n    spec: a\n",
    );
  });

  test("the order of keys does not show, and what is read back is what was written", () => {
    fc.assert(
      fc.property(arbitraryIntent, (intent) => {
        for (const object of author(intent).objects) {
          const text = renderObject(object);
          expect(renderObject(JSON.parse(canonicalJson(object)) as JsonObject)).toBe(text);
          expect(canonicalJson(read(text))).toBe(canonicalJson(object));
        }
      }),
      { numRuns: deep ? 500 : 40 },
    );
  });

  test("a key __proto__ is a key", () => {
    expect(renderObject(JSON.parse('{"data":{"__proto__":"x"}}') as JsonObject)).toBe(
      "data:\n  __proto__: x\n",
    );
  });
});

function key(kind: string, name: string, more: Partial<ObjectKey> = {}): ObjectKey {
  return { group: "", version: "v1", kind, namespace: "shop", name, ...more };
}

describe("fileNames", () => {
  const none = new Map<string, string>();

  test("a file is called by kind and name", () => {
    expect([...fileNames([key("ConfigMap", "web-conf")], none).values()]).toEqual([
      "configmap-web-conf.yaml",
    ]);
  });

  test("what no file name should hold becomes a dash", () => {
    const role = key("ClusterRole", "system:Node/../x", {
      group: "rbac.authorization.k8s.io",
      namespace: "",
    });
    expect([...fileNames([role], none).values()]).toEqual(["clusterrole-system-node-..-x.yaml"]);
  });

  test("an object that has a file keeps it", () => {
    const web = key("Service", "web");
    expect([...fileNames([web], new Map([[identity(web), "old/Web.yml"]])).values()]).toEqual([
      "old/Web.yml",
    ]);
  });

  test("K4 names that fall together are told apart by group and namespace, whatever the order", () => {
    const keys = [
      key("Service", "web"),
      key("Service", "web", { namespace: "other" }),
      key("Service", "web", { group: "serving.knative.dev" }),
    ];
    const expected = [
      "service.core-shop-web.yaml",
      "service.core-other-web.yaml",
      "service.serving.knative.dev-shop-web.yaml",
    ];
    expect([...fileNames(keys, none).values()]).toEqual(expected);
    expect([...fileNames(keys.toReversed(), none).values()]).toEqual(expected.toReversed());
  });

  test("K4 a name that an existing file has but for case is not given again", () => {
    const existing = new Map([[identity(key("Other", "x")), "Service-Web.yaml"]]);
    expect([...fileNames([key("Service", "web")], existing).values()]).toEqual([
      "service.core-shop-web.yaml",
    ]);
  });

  test("K4 no two objects share a file, not even by case, and names are short enough", () => {
    const name = fc.constantFrom("web", "Web", "w:eb", "w-eb", "web-shop", "core", "x".repeat(253));
    const keys = fc.uniqueArray(
      fc.record({
        group: fc.constantFrom("", "apps", "a.b"),
        version: fc.constant("v1"),
        kind: fc.constantFrom("Service", "SERVICE", "Service-web"),
        namespace: fc.constantFrom("", "shop", "Shop"),
        name,
      }),
      { selector: identity, maxLength: 12 },
    );
    const file = fc.constantFrom(
      "service-web.yaml",
      "SERVICE-WEB.yaml",
      "service.core-shop-web.yaml",
      "other.yaml",
    );
    fc.assert(
      fc.property(keys, fc.array(file, { maxLength: 2 }), (all, files) => {
        const existing = new Map(
          [...new Set(files.map((one) => one.toLowerCase()))].map((one, index) => [`x/${index}`, one]),
        );
        const names = fileNames(all, existing);
        const given = [...names.values(), ...existing.values()].map((one) => one.toLowerCase());
        expect(names.size).toBe(all.length);
        expect(new Set(given).size).toBe(given.length);
        for (const one of names.values()) {
          expect(one).toMatch(/^[a-z0-9.-]+\.yaml$/);
          expect(one.length).toBeLessThan(210);
        }
        const reversed = fileNames(all.toReversed(), existing);
        for (const [id, one] of names) expect(reversed.get(id)).toBe(one);
      }),
      { numRuns: deep ? 5000 : 300 },
    );
  });
});

describe("renderKustomization", () => {
  test("a new file lists its resources sorted", () => {
    expect(renderKustomization(["service-web.yaml", "deployment-web.yaml", "service-web.yaml"], null)).toBe(
      `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- deployment-web.yaml
- service-web.yaml
`,
    );
  });

  const existing = `# ours and theirs
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namePrefix: x-   # kept
resources:
  # by hand
  - ./theirs.yaml   # theirs
  - "old.yaml"
  - ../base
images:
- name: nginx
`;

  test("an existing file keeps comments, fields and foreign entries", () => {
    expect(
      renderKustomization(["b.yaml", "a.yaml", "theirs.yaml"], existing, ["old.yaml", "gone.yaml"]),
    ).toBe(
      `# ours and theirs
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namePrefix: x-   # kept
resources:
  # by hand
  - ./theirs.yaml   # theirs
  - ../base
  - a.yaml
  - b.yaml
images:
- name: nginx
`,
    );
  });

  test("what earlier plans did not write is never taken away", () => {
    expect(renderKustomization([], existing, [])).toBe(existing);
  });

  test("nothing to do leaves the bytes alone", () => {
    expect(renderKustomization(["old.yaml"], existing, ["old.yaml"])).toBe(existing);
  });

  test("Windows line ends stay", () => {
    expect(renderKustomization(["b.yaml"], "resources:\r\n- a.yaml\r\n", [])).toBe(
      "resources:\r\n- a.yaml\r\n- b.yaml\r\n",
    );
  });

  test("a file without an end of line", () => {
    expect(renderKustomization(["b.yaml"], "resources:\n- a.yaml", [])).toBe(
      "resources:\n- a.yaml\n- b.yaml",
    );
  });

  test("an emptied list stays a list, and an empty one is filled", () => {
    const emptied = renderKustomization([], "resources: # ours\n- a.yaml\nnamespace: x\n", ["a.yaml"]);
    expect(emptied).toBe("resources: [] # ours\nnamespace: x\n");
    expect(renderKustomization(["a.yaml"], emptied, [])).toBe("resources: # ours\n- a.yaml\nnamespace: x\n");
    expect(renderKustomization(["a.yaml"], "resources:\nnamespace: x\n", [])).toBe(
      "resources:\n- a.yaml\nnamespace: x\n",
    );
  });

  test("a file without the list gets one", () => {
    expect(renderKustomization(["a.yaml"], "namespace: x\n", [])).toBe(
      "namespace: x\nresources:\n- a.yaml\n",
    );
  });

  test.each([
    ["", "it is empty"],
    ["# nothing\n", "it is empty"],
    ["a: [\n", "flow"],
    ["- a\n", "it is no mapping"],
    ["resources: {}\n", "its resources are no list"],
    ["resources: [a.yaml]\n", "its resources are not written one a line"],
    ["resources:\n- [a.yaml]\n", "an entry of its resources is no text"],
    ["resources:\n- a.yaml\n---\nresources: []\n", "it holds more than one document"],
    ["kind: Deployment\nresources: []\n", "it is of another kind than Kustomization"],
    ["resources:\n- >-\n  a.yaml\n", "an entry of its resources is not alone on its line"],
    ["resources:\n- &x a.yaml\n- *x\n", "an entry of its resources is not alone on its line"],
    ["{resources: [a.yaml]}\n", "its resources are not written one a line"],
    ["{namespace: x}\n", "it has no list of resources"],
  ])("INPUT_MALFORMED for %j", (text, reason) => {
    try {
      renderKustomization(["new.yaml"], text, []);
      expect.unreachable();
    } catch (error) {
      if (!OpsError.is(error)) throw error;
      expect(error.code).toBe("INPUT_MALFORMED");
      expect(error.message).toContain("kustomization.yaml cannot be kept in step: ");
      if (reason !== "flow") expect(error.message).toContain(reason);
    }
  });

  test("whatever the entries, exactly ours change", () => {
    const entry = fc.constantFrom(
      "a.yaml",
      "b.yaml",
      "./c.yaml",
      "../base",
      "d e.yaml",
      "#f.yaml",
      "'g'.yaml",
      "true",
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(entry),
        fc.uniqueArray(fc.constantFrom("a.yaml", "b.yaml", "c.yaml", "n.yaml")),
        fc.uniqueArray(fc.constantFrom("a.yaml", "b.yaml", "c.yaml")),
        fc.constantFrom("", "  "),
        (before, wanted, owned, indent) => {
          const lines = before.map((one) => `${indent}- ${JSON.stringify(one)}\n`).join("");
          const text = `kind: Kustomization\nresources:${before.length === 0 ? " []" : ""}\n${lines}# end\nnamespace: x\n`;
          const after = read(renderKustomization(wanted, text, owned)) as {
            resources: string[];
            namespace: string;
          };
          const ours: readonly string[] = wanted;
          const theirs: readonly string[] = owned;
          const plain = (one: string): string => one.replace(/^\.\//, "");
          const kept = before.filter((one) => ours.includes(plain(one)) || !theirs.includes(plain(one)));
          const added = wanted.filter((one) => !before.map(plain).includes(one)).sort();
          expect(after.resources).toEqual([...kept, ...added]);
          expect(after.namespace).toBe("x");
        },
      ),
      { numRuns: deep ? 3000 : 200 },
    );
  });
});
