import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { mcpTools } from "../../src/mcp/tools/table.ts";
import { repository } from "../support/cli.ts";

const plugin = join(repository, "plugin");
const text = (...path: string[]): string => readFileSync(join(plugin, ...path), "utf8");
const json = (...path: string[]): Readonly<Record<string, never>> => JSON.parse(text(...path));

/** Front matter of one-line fields, as hosts read it. */
function frontMatter(file: string): Readonly<Record<string, string>> {
  const match = /^---\n([\s\S]*?)\n---\n/.exec(file);
  return Object.fromEntries(
    (match?.[1] ?? "")
      .split("\n")
      .filter((line) => /^[a-z-]+:/.test(line))
      .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]),
  );
}

describe("the plug-in", () => {
  const { version } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as {
    version: string;
  };

  test("both manifests say the same, with the version of the package", () => {
    const { displayName: _, description: long, ...claude } = json(".claude-plugin", "plugin.json");
    const { $schema, description: short, ...portable } = json("plugin.json");
    expect(claude).toEqual(portable);
    expect(claude["version"]).toBe(version);
    expect(long).toContain(short);
    expect($schema).toBe("https://agent-plugins.org/schemas/1.0.0/plugin.schema.json");
  });

  test("subagents have short unique names, and tools of ours only; none applies", () => {
    const known = mcpTools.map(({ name }) => `mcp__plugin_kubernetes-operations_kubeops__${name}`);
    const names = readdirSync(join(plugin, "agents")).map((file) => {
      const agent = frontMatter(text("agents", file));
      const tools = (agent["tools"] ?? "").split(", ");
      expect(
        tools.filter((tool) => !known.includes(tool)),
        file,
      ).toEqual([]);
      expect(tools.length, file).toBeGreaterThan(1);
      expect(tools.join(), file).not.toContain("apply_plan");
      expect(agent["name"], file).toBe(`kubeops-${file.replace(".md", "")}`);
      return agent["name"];
    });
    expect(new Set(names).size).toBe(names.length);
  });

  test("the skill has the portable fields, within their limits", () => {
    const skill = text("skills", "kubernetes-change", "SKILL.md");
    const fields = frontMatter(skill);
    expect(Object.keys(fields)).toEqual(["name", "description", "license", "compatibility", "metadata"]);
    expect(fields["name"]).toBe("kubernetes-change");
    expect(fields["description"]?.length).toBeLessThanOrEqual(1024);
    expect(fields["compatibility"]?.length).toBeLessThanOrEqual(500);
    expect(skill.split("\n").length).toBeLessThan(500);
  });

  test("the skill and the subagents name tools and operations that exist", () => {
    const words = [
      "skills/kubernetes-change/SKILL.md",
      ...readdirSync(join(plugin, "agents")).map((file) => `agents/${file}`),
    ]
      .flatMap((file) => [...text(file).matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)])
      .map(([, word]) => word ?? "");
    const known = new Set([...mcpTools.map(({ name }) => name), "edit_field", "commit_to_git"]);
    expect(words.filter((word) => !known.has(word))).toEqual([]);
  });

  test("the hook blocks when it fails, and is asked for every tool of the host that takes a command", () => {
    const { hooks } = json("hooks", "hooks.json") as unknown as {
      hooks: { PreToolUse: readonly { matcher: string; hooks: readonly Record<string, unknown>[] }[] };
    };
    expect(hooks.PreToolUse).toHaveLength(1);
    expect(hooks.PreToolUse[0]?.matcher).toBe("Bash|PowerShell|Monitor");
    expect(hooks.PreToolUse[0]?.hooks[0]).toMatchObject({ type: "command", timeout: 10, onFailure: "block" });
  });

  test("the hook as a program: exit code 2 and a reason refuse, 0 and silence let run", () => {
    const ask = (input: string): { status: number | null; stdout: string; stderr: string } => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [join(plugin, "dist/guard.mjs")], {
        input,
        encoding: "utf8",
      });
      return { status, stdout, stderr };
    };
    const asked = (command: string): string => JSON.stringify({ tool_name: "Bash", tool_input: { command } });
    expect(ask(asked("ls"))).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(ask(asked("helm install a b"))).toEqual({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(/^kubeops guard: helm install /),
    });
    for (const broken of ["", "{", "[]", "\u0000", "x".repeat(1_000_000)]) expect(ask(broken).status).toBe(2);
  });

  test("the server's files hold no command that approves or signs a charter, and no path of the machine that built it", () => {
    const files = readdirSync(join(plugin, "dist"), { recursive: true })
      .map(String)
      .filter((file) => file.endsWith(".mjs"));
    const all = files.map((file) => text("dist", file)).join("\n");
    for (const name of ["approveCommand", "makeStatement", "signCharter", "initTrustRoot", "askCommand"])
      expect(all.includes(`"${name}"`), name).toBe(false);
    expect(all.includes(repository)).toBe(false);
  });
});
