import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deep, leftOut } from "../../../test/support/suites.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { outputFailure, writeAtomically } from "./atomic-write.ts";

const moduleUrl = new URL("./atomic-write.ts", import.meta.url).href;
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "atomic-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function failure(act: () => void): OpsError {
  try {
    act();
  } catch (error) {
    if (OpsError.is(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("writeAtomically", () => {
  it("writes text and bytes, replaces, and leaves no temporary file", () => {
    const path = join(folder, "a.json");
    writeAtomically(path, "ä\n");
    expect(readFileSync(path, "utf8")).toBe("ä\n");
    writeAtomically(path, new Uint8Array([0, 255]));
    expect([...readFileSync(path)]).toEqual([0, 255]);
    writeAtomically(path, "");
    expect(readFileSync(path, "utf8")).toBe("");
    expect(readdirSync(folder)).toEqual(["a.json"]);
  });

  it("gives the exact mode whatever the umask is", () => {
    const before = process.umask(0o027);
    try {
      writeAtomically(join(folder, "secret"), "x", { mode: 0o600 });
      writeAtomically(join(folder, "open"), "x", { mode: 0o666 });
      writeAtomically(join(folder, "default"), "x");
    } finally {
      process.umask(before);
    }
    const modes = ["secret", "open", "default"].map((name) => statSync(join(folder, name)).mode & 0o777);
    expect(modes).toEqual([0o600, 0o666, 0o640]);
  });

  it("creates but never overwrites when asked so, and says EEXIST in its cause", () => {
    const path = join(folder, "once");
    writeAtomically(path, "first", { overwrite: false });
    const error = failure(() => writeAtomically(path, "second", { overwrite: false }));
    expect(error.code).toBe("OUTPUT_FAILED");
    expect(error.message).toBe(`cannot write ${path}: it is already there and is not overwritten`);
    expect((error.cause as NodeJS.ErrnoException).code).toBe("EEXIST");
    expect(readFileSync(path, "utf8")).toBe("first");
    expect(readdirSync(folder)).toEqual(["once"]);
    expect(statSync(path).nlink).toBe(1);
  });

  it("replaces no link, no folder and no device, and does not write through them", () => {
    const target = join(folder, "target");
    writeFileSync(target, "kept");
    const link = join(folder, "link");
    symlinkSync(target, link);
    const linkError = failure(() => writeAtomically(link, "new"));
    expect(linkError.message).toBe(`cannot write ${link}: it is a link, and only regular files are replaced`);
    expect(readFileSync(target, "utf8")).toBe("kept");
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    mkdirSync(join(folder, "sub"));
    expect(failure(() => writeAtomically(join(folder, "sub"), "x")).message).toBe(
      `cannot write ${join(folder, "sub")}: it is a folder`,
    );
    expect(failure(() => writeAtomically("/dev/null", "x")).message).toBe(
      "cannot write /dev/null: it is no regular file, and only regular files are replaced",
    );
    expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  it("names the path and what to do when the folder is missing or a file", () => {
    const missing = join(folder, "no", "file");
    const error = failure(() => writeAtomically(missing, "x"));
    expect([error.code, error.message, error.hint]).toEqual([
      "OUTPUT_FAILED",
      `cannot write ${missing}: its folder does not exist`,
      "create the folder first",
    ]);
    writeFileSync(join(folder, "plain"), "");
    expect(failure(() => writeAtomically(join(folder, "plain", "x"), "x")).message).toBe(
      `cannot write ${join(folder, "plain", "x")}: a part of its path is no folder`,
    );
  });

  it("passes a bug of ours on as it is", () => {
    const bug = new TypeError("no");
    expect(outputFailure("/x", bug)).toBe(bug);
    expect(outputFailure("/x", Object.assign(new Error("io"), { code: "EIO" }))).toMatchObject({
      code: "OUTPUT_FAILED",
      message: "cannot write /x: EIO",
      hint: undefined,
    });
  });
});

/** Runs code in a mount namespace of its own: what it mounts is gone with it, and the machine never sees it. */
function inNamespace(script: string): { status: number | null; stdout: string } | undefined {
  const root = process.getuid?.() === 0;
  const run = spawnSync(
    "unshare",
    [...(root ? [] : ["-r"]), "-m", "sh", "-c", script, "sh", process.execPath],
    {
      encoding: "utf8",
    },
  );
  return run.error === undefined && run.status === 0 ? run : undefined;
}

const canMount =
  process.platform === "linux" && inNamespace(`mount -t tmpfs -o size=64k none /mnt`) !== undefined;

describe.skipIf(
  canMount ? false : leftOut("full and read-only disk", "unshare(1) with mount rights (Linux)"),
)("on a disk of its own", () => {
  it("keeps the old content when the disk is full, and names path and reason", () => {
    const file = join(folder, "full.mjs");
    writeFileSync(
      file,
      `import { readFileSync, readdirSync } from "node:fs";
import { writeAtomically } from ${JSON.stringify(moduleUrl)};
writeAtomically("/mnt/state", "old");
let error;
try { writeAtomically("/mnt/state", Buffer.alloc(256 * 1024, 97)); } catch (caught) { error = caught; }
console.log(JSON.stringify([error.code, error.message, error.hint, readFileSync("/mnt/state", "utf8"), readdirSync("/mnt")]));`,
    );
    const run = inNamespace(`mount -t tmpfs -o size=64k none /mnt && exec "$1" ${file}`);
    expect(JSON.parse(run?.stdout ?? "null")).toEqual([
      "OUTPUT_FAILED",
      "cannot write /mnt/state: the disk is full",
      "free some space and run the command again; nothing was replaced",
      "old",
      ["state"],
    ]);
  });

  it("says that a file system is read-only", () => {
    const file = join(folder, "read-only.mjs");
    writeFileSync(
      file,
      `import { writeAtomically } from ${JSON.stringify(moduleUrl)};
try { writeAtomically("/mnt/state", "x"); } catch (error) { console.log(JSON.stringify([error.code, error.message])); }`,
    );
    const run = inNamespace(`mount -t tmpfs -o ro none /mnt && exec "$1" ${file}`);
    expect(JSON.parse(run?.stdout ?? "null")).toEqual([
      "OUTPUT_FAILED",
      "cannot write /mnt/state: the file system is read-only",
    ]);
  });
});

describe.skipIf(process.getuid?.() === 0)("as an ordinary user", () => {
  it("says that permission is denied", () => {
    chmodSync(folder, 0o500);
    try {
      const error = failure(() => writeAtomically(join(folder, "x"), "x"));
      expect(error.message).toBe(`cannot write ${join(folder, "x")}: permission denied`);
    } finally {
      chmodSync(folder, 0o700);
    }
  });
});

describe("kill -9", () => {
  it("leaves the old or the new content, never a torso", async () => {
    const path = join(folder, "state");
    const file = join(folder, "writer.mjs");
    const size = 2_000_000;
    writeFileSync(
      file,
      `import { writeSync } from "node:fs";
import { writeAtomically } from ${JSON.stringify(moduleUrl)};
for (let turn = 0; ; turn += 1) {
  writeSync(1, ".");
  writeAtomically(${JSON.stringify(path)}, Buffer.alloc(${size}, turn % 2 === 0 ? 97 : 98));
}`,
    );
    writeAtomically(path, Buffer.alloc(size, 98));
    let torn = 0;
    const rounds = deep ? 150 : 15;
    for (let round = 0; round < rounds; round += 1) {
      const child = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "inherit"] });
      const closed = new Promise((resolve) => child.on("close", resolve));
      // The n-th write has begun; a spin of chance length then lands somewhere in it.
      let dots = 0;
      await new Promise<void>((resolve) =>
        child.stdout.on("data", (chunk: Buffer) => {
          dots += chunk.length;
          if (dots > round % 4) resolve();
        }),
      );
      for (let spin = Math.random() * 2e6; spin > 0; spin -= 1);
      child.kill("SIGKILL");
      await closed;
      const content = readFileSync(path);
      const first = content[0];
      if (content.length !== size || !content.equals(Buffer.alloc(size, first))) torn += 1;
      expect(existsSync(path)).toBe(true);
    }
    expect(torn).toBe(0);
  }, 600_000);
});
