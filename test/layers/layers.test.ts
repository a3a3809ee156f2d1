import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { repository } from "../support/cli.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function layers(plant: (src: string) => void): { status: number | null; stdout: string } {
  const folder = mkdtempSync(join(tmpdir(), "kubeops-layers-"));
  folders.push(folder);
  mkdirSync(join(folder, "src/kube"), { recursive: true });
  mkdirSync(join(folder, "src/plan"), { recursive: true });
  cpSync(join(repository, "tsconfig.json"), join(folder, "tsconfig.json"));
  symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "src/kube/a.ts"), "export const a: number = 1;\n");
  plant(join(folder, "src"));
  const ran = spawnSync(process.execPath, [join(repository, "tools/layers.mjs"), folder], {
    encoding: "utf8",
  });
  return { status: ran.status, stdout: ran.stdout };
}

describe("the order of the rooms", () => {
  test("a tree that keeps it passes, and modules were counted", () => {
    const ran = layers((src) =>
      writeFileSync(
        join(src, "plan/b.ts"),
        'import { a } from "../kube/a.ts";\nexport const b: number = a;\n',
      ),
    );
    expect(ran.stdout).toBe("layers: 2 modules, 0 violations\n");
    expect(ran.status).toBe(0);
  });

  test("an import of a later room is caught", () => {
    const ran = layers((src) => {
      writeFileSync(join(src, "plan/b.ts"), "export const b: number = 1;\n");
      writeFileSync(
        join(src, "kube/c.ts"),
        'import { b } from "../plan/b.ts";\nexport const c: number = b;\n',
      );
    });
    expect(ran.stdout).toContain("room-order-kube: src/kube/c.ts → src/plan/b.ts");
    expect(ran.status).toBe(1);
  });

  test("so is an import of a type only", () => {
    const ran = layers((src) => {
      writeFileSync(join(src, "plan/b.ts"), "export interface B {}\n");
      writeFileSync(join(src, "kube/c.ts"), 'import type { B } from "../plan/b.ts";\nexport type C = B;\n');
    });
    expect(ran.stdout).toContain("room-order-kube");
  });

  test("a pure room that imports a module of Node is caught", () => {
    const ran = layers((src) =>
      writeFileSync(
        join(src, "kube/c.ts"),
        'import { readFileSync } from "node:fs";\nexport const c: unknown = readFileSync;\n',
      ),
    );
    expect(ran.stdout).toContain("pure-rooms: src/kube/c.ts → fs");
    expect(ran.status).toBe(1);
  });

  test("a cycle is caught", () => {
    const ran = layers((src) => {
      writeFileSync(
        join(src, "kube/c.ts"),
        'import { d } from "./d.ts";\nexport const c = (): number => d();\n',
      );
      writeFileSync(
        join(src, "kube/d.ts"),
        'import { c } from "./c.ts";\nexport const d = (): number => c();\n',
      );
    });
    expect(ran.stdout).toContain("no-cycles");
  });

  test("nothing cruised is a failure, not a pass", () => {
    const folder = mkdtempSync(join(tmpdir(), "kubeops-layers-"));
    folders.push(folder);
    mkdirSync(join(folder, "src"));
    cpSync(join(repository, "tsconfig.json"), join(folder, "tsconfig.json"));
    const ran = spawnSync(process.execPath, [join(repository, "tools/layers.mjs"), folder], {
      encoding: "utf8",
    });
    expect(ran.status).toBe(1);
  });
});
