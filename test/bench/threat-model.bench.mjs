// Threat models of a marketplace with 200 plug-ins: whole process, wall and CPU. The aim is 10 s.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const program = join(dirname(fileURLToPath(import.meta.url)), "../../bin/kubeops.cjs");
const folder = mkdtempSync(join(tmpdir(), "kubeops-bench-"));
try {
  for (const count of [50, 200, 800]) {
    const root = join(folder, String(count));
    for (let index = 0; index < count; index++) makePlugin(join(root, `plugin-${index}`), index);
    const started = process.hrtime.bigint();
    const ran = spawnSync(process.execPath, [program, "threat-model", root], { encoding: "utf8" });
    const wall = Number(process.hrtime.bigint() - started) / 1e9;
    if (ran.status !== 0) throw new Error(ran.stderr);
    process.stdout.write(`threat-model ${count} plug-ins: ${wall.toFixed(2)} s wall\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** A plug-in of the size of those in public marketplaces: three agents, five skills with a reference each, a server. */
function makePlugin(path, index) {
  const put = (name, text) => {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  };
  const prose =
    "Deploy with care, and look at the state first.\nRun `kubectl get pods` and read the answer.\n".repeat(
      60,
    );
  put(".claude-plugin/plugin.json", JSON.stringify({ name: `plugin-${index}`, version: "1.0.0" }));
  put(".mcp.json", JSON.stringify({ mcpServers: { a: { command: "npx", args: ["-y", "a@1.2.3"] } } }));
  for (let agent = 0; agent < 3; agent++)
    put(`agents/a${agent}.md`, `---\nname: a${agent}\ntools: Read, Bash\n---\n${prose}`);
  for (let skill = 0; skill < 5; skill++) {
    put(`skills/s${skill}/SKILL.md`, `---\nname: s${skill}\ndescription: d\n---\n${prose}`);
    put(`skills/s${skill}/references/details.md`, prose.repeat(3));
  }
}
