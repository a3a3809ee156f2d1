import { describe, expect, it } from "vitest";
import { renderObject } from "../../authoring/render/render.ts";
import { canonicalJson } from "../../kube/canonical-json.ts";
import type { JsonObject } from "../../kube/json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { buildPlan, filesOf } from "../build-plan.ts";
import type { GitPlanInput as PlanInput } from "../plan-input.ts";
import type { GitState } from "../git-state.ts";
import { prunable } from "../prune.ts";
import { configMap, inputFor, stateAfter, stateWith } from "../testing/fixtures.ts";
import { readTargetFolder } from "./target-folder.ts";

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (!OpsError.is(error)) throw error;
    return `${error.code}: ${error.message}`;
  }
  return "no refusal";
}

const a = configMap("a");
const b = configMap("b");
const plan = (
  objects: Parameters<typeof inputFor>[0],
  state: GitState,
  more: Partial<PlanInput> = {},
): ReturnType<typeof buildPlan> => buildPlan(inputFor(objects, { state, ...more }));

/** The folder after a plan of ours wrote these objects into it. */
function written(
  objects: Parameters<typeof inputFor>[0],
  files: Readonly<Record<string, string>> = {},
): GitState {
  const state = stateWith(files);
  return stateAfter(state, filesOf(plan(objects, state), state));
}

function textAt(state: GitState, path: string): string | null | undefined {
  return state.files.find((file) => file.path === path)?.text;
}

describe("what is written", () => {
  it("one file an object, kustomization.yaml, and the inventory", () => {
    const state = written([a, b]);
    expect(state.files.map(({ path }) => path).sort()).toEqual([
      "apps/shop/.kubeops.json",
      "apps/shop/configmap-a.yaml",
      "apps/shop/configmap-b.yaml",
      "apps/shop/kustomization.yaml",
    ]);
    expect(textAt(state, "apps/shop/configmap-a.yaml")).toBe(renderObject(a));
    expect(JSON.parse(textAt(state, "apps/shop/.kubeops.json") ?? "")).toMatchObject({
      kind: "Inventory",
      files: [{ path: "configmap-a.yaml" }, { path: "configmap-b.yaml" }, { path: "kustomization.yaml" }],
    });
    expect(textAt(state, "apps/shop/kustomization.yaml")).toContain(
      "resources:\n- configmap-a.yaml\n- configmap-b.yaml\n",
    );
  });

  it("into the root of the tree too", () => {
    const state = stateWith({}, { root: "" });
    const made = plan([a], state, { folder: "" });
    expect(made.files.map(({ path }) => path)).toEqual([
      ".kubeops.json",
      "configmap-a.yaml",
      "kustomization.yaml",
    ]);
  });

  it("an object that stands alone in a file of somebody else is changed there, and its file is not ours", () => {
    const state = stateWith({ "apps/shop/mine.yml": `# a comment\n${renderObject(a)}` });
    const made = plan([configMap("a", { a: "2" })], state);
    expect(made.changes.map(({ operation, file }) => [operation, file])).toEqual([["update", "mine.yml"]]);
    expect(made.findings.map(({ code }) => code)).toEqual(["git/foreign-file"]);
    expect([...filesOf(made, state)]).toEqual([
      ["apps/shop/mine.yml", renderObject(configMap("a", { a: "2" }))],
    ]);
  });

  it("a JSON file stays JSON", () => {
    const state = stateWith({ "apps/shop/a.json": JSON.stringify(a) });
    const changed = configMap("a", { a: "2" });
    expect([...filesOf(plan([changed], state), state)]).toEqual([
      ["apps/shop/a.json", `${JSON.stringify(JSON.parse(canonicalJson(changed)), null, 2)}\n`],
    ]);
  });

  it("a kustomization.yaml of somebody else keeps what it holds", () => {
    const foreign = "# ours\nresources:\n  - other.yaml\n";
    const state = written([a], { "apps/shop/kustomization.yaml": foreign });
    expect(textAt(state, "apps/shop/kustomization.yaml")).toBe(
      "# ours\nresources:\n  - other.yaml\n  - configmap-a.yaml\n",
    );
    const undone = plan([], state, { deletions: prunable(state, "apps/shop", []) });
    expect(stateAfter(state, filesOf(undone, state)).files).toEqual(
      stateWith({ "apps/shop/kustomization.yaml": foreign }).files,
    );
  });

  it("deletes what an earlier plan wrote, and with the last object everything of ours", () => {
    const state = written([a, b]);
    expect(prunable(state, "apps/shop", [a]).map(({ name }) => name)).toEqual(["b"]);
    const pruned = plan([a], state, { deletions: prunable(state, "apps/shop", [a]) });
    expect(pruned.files.map(({ path, operation }) => [path, operation])).toEqual([
      ["apps/shop/.kubeops.json", "update"],
      ["apps/shop/configmap-b.yaml", "delete"],
      ["apps/shop/kustomization.yaml", "update"],
    ]);
    const gone = plan([], state, { deletions: prunable(state, "apps/shop", []) });
    expect(stateAfter(state, filesOf(gone, state)).files).toEqual([]);
  });

  it("gives an object the namespace of the kustomization", () => {
    const bare = { ...a, metadata: { name: "a" } };
    const state = stateWith({
      "apps/shop/kustomization.yaml": "namespace: shop\nresources: [a.yaml]\n",
      "apps/shop/a.yaml": renderObject(bare),
    });
    expect([...readTargetFolder(state, "apps/shop").objects.keys()]).toEqual(["/ConfigMap/shop/a"]);
    // What kustomize changes on the way is not what the plan shows: an error, which denies.
    const made = plan([configMap("a", { a: "2" })], state);
    expect(made.findings.map(({ code, severity }) => [code, severity])).toContainEqual([
      "git/kustomization-transforms",
      "error",
    ]);
    expect(made.verdict.decision).toBe("denied");
  });
});

describe("K18 files that say what is applied", () => {
  it.each([
    [".argocd-source.yaml", "overrides parameters of an Argo CD Application"],
    [".argocd-source-shop.yaml", "overrides parameters of an Argo CD Application"],
    ["Chart.yaml", "makes the folder a Helm chart for Argo CD"],
    [".sourceignore", "leaves files out of what Flux applies"],
  ])("K18 a standing %s denies", (file, what) => {
    const state = stateWith({ [`apps/shop/${file}`]: "# nothing\n" });
    const made = plan([configMap("a")], state);
    expect(made.findings).toContainEqual({
      code: "git/overriding-file",
      severity: "error",
      message: `${file} ${what}: what is applied is not what the plan shows`,
    });
    expect(made.verdict.decision).toBe("denied");
    expect(plan([configMap("a")], stateWith({ [`apps/shop/x${file}x`]: "" })).verdict.decision).not.toBe(
      "denied",
    );
  });
});

describe("what is refused", () => {
  it.each<readonly [string, Readonly<Record<string, string>>, string]>([
    [
      "a file that cannot be read",
      { "apps/shop/x.yaml": "a: [" },
      "TARGET_UNSAFE: apps/shop/x.yaml cannot be read, so what it holds is not known: not valid YAML: ",
    ],
    [
      "a Helm template",
      { "apps/shop/x.yaml": "a: {{ .Values.a }}" },
      "TARGET_UNSAFE: apps/shop/x.yaml cannot be read, so what it holds is not known: this is a Go template, not YAML",
    ],
    [
      "an object that stands twice",
      { "apps/shop/x.yaml": renderObject(a), "apps/shop/y/z.yaml": renderObject(a) },
      "TARGET_UNSAFE: ConfigMap shop/a stands twice in the target: in apps/shop/x.yaml and in apps/shop/y/z.yaml",
    ],
    [
      "an object among others in one file",
      { "apps/shop/x.yaml": `${renderObject(configMap("a", { a: "2" }))}---\n${renderObject(b)}` },
      "TARGET_UNSAFE: apps/shop/x.yaml holds more than ConfigMap shop/a: it is not written over",
    ],
    [
      "an object in a List",
      {
        "apps/shop/x.yaml": renderObject({
          apiVersion: "v1",
          kind: "List",
          items: [configMap("a", { a: "2" })],
        }),
      },
      "TARGET_UNSAFE: apps/shop/x.yaml holds more than ConfigMap shop/a: it is not written over",
    ],
    [
      "an object that may be the same",
      { "apps/shop/x.yaml": renderObject({ ...a, metadata: { name: "a" } }) },
      "TARGET_UNSAFE: x.yaml holds ConfigMap a without a namespace: whether it is ConfigMap shop/a cannot be told",
    ],
    [
      "an inventory that is none",
      { "apps/shop/.kubeops.json": "[]" },
      "TARGET_UNSAFE: apps/shop/.kubeops.json is not an inventory of ours: is not a mapping",
    ],
    [
      "an inventory that leads elsewhere",
      {
        "apps/shop/.kubeops.json":
          '{"apiVersion":"kubernetes-operations.dev/v1","kind":"Inventory","files":[{"path":"../x","sha256":"' +
          "0".repeat(64) +
          '"}]}',
      },
      "TARGET_UNSAFE: apps/shop/.kubeops.json is not an inventory of ours: is not a path below the folder",
    ],
    [
      "two kustomizations",
      { "apps/shop/kustomization.yaml": "resources: []\n", "apps/shop/Kustomization": "resources: []\n" },
      "TARGET_UNSAFE: Kustomization and kustomization.yaml differ",
    ],
  ])("%s", (_name, files, message) => {
    const said = refusal(() => plan([a], stateWith(files)));
    if (_name === "two kustomizations") expect(said).toMatch(/^TARGET_UNSAFE: /);
    else expect(said.startsWith(message), said).toBe(true);
  });

  it("two kustomizations whose names differ by more than case", () => {
    const files = {
      "apps/shop/kustomization.yaml": "resources: []\n",
      "apps/shop/kustomization.yml": "resources: []\n",
    };
    expect(refusal(() => plan([a], stateWith(files)))).toBe(
      "TARGET_UNSAFE: apps/shop/kustomization.yaml and apps/shop/kustomization.yml are both there; kustomize refuses that",
    );
  });

  it("a file of ours that somebody changed is not deleted, and an object of others never", () => {
    const state = written([a, b]);
    const edited: GitState = {
      ...state,
      files: state.files.map((file) =>
        file.path.endsWith("-b.yaml") ? { ...file, text: `# mine\n${file.text}` } : file,
      ),
    };
    expect(prunable(edited, "apps/shop", [a])).toEqual([]);
    const key = { group: "", version: "v1", kind: "ConfigMap", namespace: "shop", name: "b" };
    expect(refusal(() => plan([a], edited, { deletions: [key] }))).toBe(
      "TARGET_UNSAFE: apps/shop/configmap-b.yaml is not as a plan of ours wrote it: it is not deleted",
    );
    const foreign = stateWith({ "apps/shop/b.yaml": renderObject(b) });
    expect(refusal(() => plan([a], foreign, { deletions: [key] }))).toBe(
      "TARGET_UNSAFE: apps/shop/b.yaml is not as a plan of ours wrote it: it is not deleted",
    );
  });

  it("what is not there is not deleted, and that is a finding", () => {
    const made = plan([a], stateWith({}), {
      deletions: [{ group: "", version: "v1", kind: "ConfigMap", namespace: "shop", name: "b" }],
    });
    expect(made.findings.map(({ code, key }) => [code, key?.name])).toEqual([
      ["plan/nothing-to-delete", "b"],
    ]);
    expect(made.facts.counts.delete).toBe(0);
  });
});

describe("K4 one identity once", () => {
  it("whatever the apiVersion, in the request", () => {
    const hpa = (version: string): JsonObject => ({
      apiVersion: `autoscaling/${version}`,
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "x", namespace: "shop" },
    });
    expect(refusal(() => plan([hpa("v1"), hpa("v2")], stateWith({})))).toBe(
      "INPUT_DUPLICATE: HorizontalPodAutoscaler.autoscaling shop/x stands twice in the request",
    );
  });
  it("not written and deleted at once", () => {
    const state = written([a]);
    expect(refusal(() => plan([a], state, { deletions: prunable(state, "apps/shop", []) }))).toBe(
      "INPUT_DUPLICATE: ConfigMap shop/a is to be written and to be deleted",
    );
  });
  it("numbers that JSON cannot carry exactly are refused", () => {
    for (const number of [2 ** 53, -(2 ** 60), 1e300]) {
      expect(refusal(() => plan([{ ...a, spec: { list: [1, number] } }], stateWith({})))).toBe(
        "INPUT_REFUSED: ConfigMap shop/a: spec.list[1] is a number that JSON cannot carry exactly",
      );
    }
    expect(plan([{ ...a, spec: { list: [2 ** 53 - 1, 0.1] } }], stateWith({})).facts.counts.create).toBe(1);
  });
  it("what lacks apiVersion, kind or name is refused", () => {
    for (const object of [{ ...a, apiVersion: "" }, { ...a, kind: 1 }, { ...a, metadata: {} }, {}]) {
      expect(refusal(() => plan([object as never], stateWith({})))).toMatch(
        /^INPUT_REFUSED: .* lacks apiVersion, kind or metadata\.name$/,
      );
    }
  });
});

describe("K18 the tree that is written to", () => {
  const link = (path: string, mode: string): GitState => ({
    ...stateWith({}),
    files: [{ path, mode, blob: "0", text: "" }],
  });
  it.each([
    [
      "a link",
      link("apps/shop/x", "120000"),
      "apps/shop/x is a link: what a reconciler finds behind it is not known",
    ],
    [
      "a submodule",
      link("apps/shop/x", "160000"),
      "apps/shop/x is a submodule: what a reconciler finds behind it is not known",
    ],
    ...[
      "apps/shop/../x.yaml",
      "apps/shop/..",
      "apps/shop/.git/config",
      "apps/shop/GIT~1/x",
      "apps/./shop/x",
    ].map((path): [string, GitState, string] => [
      `a path that Git never makes: ${path}`,
      link(path, "100644"),
      `${path} is a path that Git itself never makes: where it leads differs by program`,
    ]),
    [
      "a file on the folder's path",
      link("apps", "100644"),
      "apps is a file, and the target folder lies on its path",
    ],
    [
      "a file where the folder is",
      link("apps/shop", "100644"),
      "apps/shop is a file, and the target folder lies on its path",
    ],
    [
      "files that differ by case",
      stateWith({ "apps/shop/A.txt": "", "apps/shop/a.txt": "" }),
      "apps/shop/A.txt and apps/shop/a.txt differ only by case",
    ],
    [
      "folders that differ by case",
      stateWith({ "apps/Shop/a": "", "apps/shop/b": "" }, { root: "apps" }),
      "apps/Shop and apps/shop differ only by case",
    ],
    [
      "names that one file system folds",
      stateWith({ "apps/shop/\u212a.txt": "", "apps/shop/k.txt": "" }),
      "apps/shop/k.txt and apps/shop/\\u{212a}.txt differ only by case",
    ],
    [
      "a folder outside the root",
      stateWith({}, { root: "apps/other" }),
      'the folder "apps/shop" is outside the root "apps/other" that is followed as a whole',
    ],
    [
      "a new file that differs by case from one that is there",
      stateWith({ "apps/shop/ConfigMap-a.yaml": "" }),
      "apps/shop/ConfigMap-a.yaml and apps/shop/configmap-a.yaml differ only by case",
    ],
    [
      "a file of another thing under the name",
      stateWith({ "apps/shop/configmap-a.yaml": renderObject(b) }),
      "apps/shop/configmap-a.yaml is there already and holds something else than ConfigMap shop/a",
    ],
    [
      "a folder under the name",
      stateWith({ "apps/shop/configmap-a.yaml/x": "" }),
      "apps/shop/configmap-a.yaml is a file and a folder at once",
    ],
  ])("refuses %s", (name, state, message) => {
    if (name === "a file of another thing under the name") {
      // The name is taken: another one is given, and nothing is written over.
      expect(plan([a], state).changes[0]?.file).not.toBe("configmap-a.yaml");
      return;
    }
    expect(refusal(() => plan([a], state))).toBe(`TARGET_UNSAFE: ${message}`);
  });

  it.each([".git/x", "a/.github/workflows", ".circleci", "../x", "/x"])("refuses the folder %s", (folder) => {
    expect(refusal(() => plan([a], stateWith({}, { root: "" }), { folder }))).toMatch(/^TARGET_UNSAFE: /);
  });

  it("refuses to change an object where continuous integration reads", () => {
    const state = stateWith({ "apps/shop/.github/x.yaml": renderObject(a) });
    expect(refusal(() => plan([configMap("a", { a: "2" })], state))).toBe(
      "TARGET_UNSAFE: apps/shop/.github/x.yaml would be written, and continuous integration runs it",
    );
  });
});
