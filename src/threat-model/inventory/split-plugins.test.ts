import { expect, it } from "vitest";
import { splitPlugins } from "./split-plugins.ts";

const file = (path: string) => ({ path, text: "" });

it("takes a marketplace apart by its manifests; the deepest folder owns a file", () => {
  const groups = splitPlugins(
    [
      "README.md",
      "plugins/a/.claude-plugin/plugin.json",
      "plugins/a/agents/x.md",
      "plugins/b/.codex-plugin/plugin.json",
      "plugins/b/skills/s/SKILL.md",
      "plugins/ab/agents/y.md",
    ].map(file),
  );
  expect(groups.map(({ folder, files }) => [folder, files.map(({ path }) => path)])).toEqual([
    ["plugins/a", [".claude-plugin/plugin.json", "agents/x.md"]],
    ["plugins/b", [".codex-plugin/plugin.json", "skills/s/SKILL.md"]],
  ]);
});

it("leaves a folder with one manifest, or none, whole", () => {
  const files = [".claude-plugin/plugin.json", ".codex-plugin/plugin.json", "agents/a.md"].map(file);
  expect(splitPlugins(files)).toEqual([{ folder: "", files }]);
  expect(splitPlugins([])).toEqual([{ folder: "", files: [] }]);
});
