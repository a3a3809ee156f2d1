import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Folder of a Go module: in the module cache, or downloaded into it. Undefined when it is not there and go is not
 * installed or cannot reach it. Upper-case letters in module paths are not handled: none of ours has any.
 */
export function goModule(path: string, version: string): string | undefined {
  const cached = join(moduleCache(), `${path}@${version}`);
  if (existsSync(cached)) return cached;
  const result = spawnSync("go", ["mod", "download", "-json", `${path}@${version}`], {
    encoding: "utf8",
    timeout: 120_000,
  });
  if (result.error !== undefined || result.status !== 0) return undefined;
  const { Dir } = JSON.parse(result.stdout) as { readonly Dir?: string };
  return Dir;
}

function moduleCache(): string {
  const { GOMODCACHE, GOPATH } = process.env;
  if (GOMODCACHE !== undefined && GOMODCACHE !== "") return GOMODCACHE;
  return join(GOPATH === undefined || GOPATH === "" ? join(homedir(), "go") : GOPATH, "pkg", "mod");
}
