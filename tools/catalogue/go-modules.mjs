// Where Go modules lie on this machine; brings them there when asked to.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

let cache;

/**
 * `{ folder }` of a module `path@version`, or `{ why }` there is none, a text. With `cachedOnly` nothing is downloaded. The
 * folder counts as there when it holds `holds`.
 */
export function moduleFolder(name, cachedOnly, holds = ".") {
  cache ??= go(["env", "GOMODCACHE"])?.trim();
  if (cache === undefined) return { why: "go is not installed" };
  const folder = join(cache, name);
  if (existsSync(join(folder, holds))) return { folder };
  if (cachedOnly) return { why: `${name} is not in the Go module cache` };
  process.stderr.write(`downloading ${name}…\n`);
  const answer = go(["mod", "download", "-json", name]);
  return answer === undefined
    ? { why: `go mod download ${name} failed` }
    : { folder: JSON.parse(answer).Dir };
}

function go(words) {
  const result = spawnSync("go", words, { encoding: "utf8", maxBuffer: 1 << 26 });
  return result.status === 0 ? result.stdout : undefined;
}
