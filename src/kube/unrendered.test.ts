import { describe, expect, it } from "vitest";
import { memoryFiles } from "../../test/support/memory-files.ts";
import { readInputs } from "./read-inputs.ts";

const object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
const template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\n";

function read(
  content: Readonly<Record<string, string>>,
  names: readonly string[],
  leaveUnrendered = true,
): { readonly read: readonly string[]; readonly skipped: Readonly<Record<string, string>> } {
  const found = readInputs(memoryFiles(content), names, { leaveUnrendered });
  return {
    read: found.inputs.map((input) => input.path),
    skipped: Object.fromEntries(found.skipped.map(({ path, reason }) => [path, reason])),
  };
}

describe("Helm charts", () => {
  const chart = {
    "k/app/Chart.yaml": "apiVersion: v2\nname: app\n",
    "k/app/values.yaml": "a: 1\n",
    "k/app/crds/crd.yaml": object,
    "k/app/templates/a.yaml": template,
    "k/app/templates/sub/b.yaml": object,
    "k/app/charts/db/Chart.yaml": "apiVersion: v2\nname: db\n",
    "k/app/charts/db/templates/c.yaml": template,
    "k/plain/templates/d.yaml": object,
  };

  it("are named once, with the command that renders them; their plain objects are read", () => {
    expect(read(chart, ["k"])).toEqual({
      read: ["k/app/crds/crd.yaml", "k/plain/templates/d.yaml"],
      skipped: {
        "k/app": "a Helm chart, 2 templates not read; to check what it renders, name it: kubeops check k/app",
        "k/app/charts/db":
          "a Helm chart, 1 template not read; to check what it renders, name it: kubeops check k/app/charts/db",
        "k/app/values.yaml": "no apiVersion in it",
      },
    });
  });

  it("lose nothing where the reader is not asked to leave them aside, or is given a file by its name", () => {
    expect(read(chart, ["k"], false).read).toContain("k/app/templates/a.yaml");
    expect(read(chart, ["k/app/templates/a.yaml"]).read).toEqual(["k/app/templates/a.yaml"]);
  });

  it("print a folder's name as one word of a shell", () => {
    const odd = { "k/a'b; $(x)\u202e/Chart.yaml": "name: x\n" };
    expect(Object.values(read(odd, ["k"]).skipped)).toEqual([
      "a Helm chart, 0 templates not read; to check what it renders, name it: kubeops check 'k/a'\\''b; $(x)\\u{202e}'",
    ]);
  });
});

describe("kustomizations", () => {
  const kustomization = [
    "resources: [deployment.yaml, both.yaml, ../base, https://example.com/x.yaml]",
    "patches:",
    "  - path: ./patch.yaml",
    "  - path: both.yaml",
    "  - patch: |-",
    "      - op: remove",
    "        path: /a",
    "patchesStrategicMerge: [old/merge.yaml]",
    "configMapGenerator: [{name: c, files: [settings.yaml, key=named.yaml]}]",
    "transformers: [../../../outside.yaml]",
    "",
  ].join("\n");
  const folder = {
    "k/prod/kustomization.yaml": kustomization,
    "k/prod/deployment.yaml": object,
    "k/prod/both.yaml": object,
    "k/prod/patch.yaml": object,
    "k/prod/old/merge.yaml": object,
    "k/prod/settings.yaml": object,
    "k/prod/named.yaml": object,
    "k/base/Kustomization": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
    "k/base/service.yaml": object,
  };

  it("are named with the command that builds them; what they name as no resource is no object", () => {
    const of = (member: string): string => `no object of its own: ${member} of k/prod/kustomization.yaml`;
    const build = (name: string): string =>
      `a kustomization; its files are checked as they stand, and what it makes of them when it is named: kubeops check ${name}`;
    expect(read(folder, ["k"])).toEqual({
      read: ["k/base/service.yaml", "k/prod/both.yaml", "k/prod/deployment.yaml"],
      skipped: {
        "k/base/Kustomization": build("k/base"),
        "k/prod/kustomization.yaml": build("k/prod"),
        "k/prod/patch.yaml": of("patches"),
        "k/prod/old/merge.yaml": of("patchesStrategicMerge"),
        "k/prod/settings.yaml": of("configMapGenerator"),
        "k/prod/named.yaml": of("configMapGenerator"),
      },
    });
  });

  it("lose nothing where the reader is not asked to leave parts aside", () => {
    expect(read(folder, ["k"], false).read).toContain("k/prod/patch.yaml");
  });

  it("are not taken for what Flux calls so", () => {
    const flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a}\n";
    expect(read({ "k/kustomization.yaml": flux }, ["k"]).read).toEqual(["k/kustomization.yaml"]);
  });
});
