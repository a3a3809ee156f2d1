import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { fileLock } from "./file-lock.ts";

const root = mkdtempSync(join(tmpdir(), "kubeops-lock-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const what = "the thing";
const busy = { code: "STATE_BUSY", message: "the thing is held by another process" };
const module = fileURLToPath(new URL("file-lock.ts", import.meta.url));

/** A process that takes the lock, says so and keeps it until it is killed. */
async function holder(path: string): Promise<{ kill: () => Promise<unknown> }> {
  const program = `import { fileLock } from ${JSON.stringify(module)};
    fileLock(${JSON.stringify(path)}, { what: "x" }).hold(() => { process.stdout.write("held"); for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000); });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const ended = new Promise((resolve) => child.once("close", resolve));
  return {
    kill: () => {
      child.kill("SIGKILL");
      return ended;
    },
  };
}

describe("a lock", () => {
  test("is held by one, waited for, and ends with a killed process", { timeout: 30_000 }, async () => {
    const path = join(root, "killed");
    const other = await holder(path);
    const lock = fileLock(path, { what, waitMs: 30 });
    expect(() => lock.hold(() => 1)).toThrow(expect.objectContaining(busy));
    await expect(lock.holdAsync(() => 1)).rejects.toMatchObject(busy);
    await other.kill();
    expect(lock.hold(() => 2)).toBe(2);
    lock.close();
  });

  test("holds between two in one process, and opening a third does not let go of it", async () => {
    const path = join(root, "same");
    const [one, two, three] = [1, 2, 3].map(() => fileLock(path, { what, waitMs: 10 }));
    await one!.holdAsync(async () => {
      await expect(two!.holdAsync(() => 1)).rejects.toMatchObject(busy);
      expect(() => three!.hold(() => 1)).toThrow(expect.objectContaining(busy));
      three!.close();
      // Another process would get in here if the kernel's lock had been dropped by closing a descriptor.
      expect(await outcome(path)).toBe("STATE_BUSY");
    });
    expect(await outcome(path)).toBe("free");
    one!.close();
    two!.close();
  });

  test("is given back when the work throws", async () => {
    const lock = fileLock(join(root, "throws"), { what, waitMs: 10 });
    expect(() =>
      lock.hold(() => {
        throw new Error("work");
      }),
    ).toThrow("work");
    await expect(lock.holdAsync(() => Promise.reject(new Error("later")))).rejects.toThrow("later");
    expect(lock.hold(() => "free")).toBe("free");
    lock.close();
  });

  test("takes turns in one process, first come first served", async () => {
    const locks = [1, 2, 3].map(() => fileLock(join(root, "turns"), { what }));
    const done: number[] = [];
    await Promise.all(
      locks.map((lock, index) =>
        lock.holdAsync(async () => {
          await Promise.resolve();
          done.push(index);
        }),
      ),
    );
    expect(done.toSorted()).toEqual([0, 1, 2]);
    for (const lock of locks) lock.close();
  });

  test("does not follow a link", () => {
    writeFileSync(join(root, "target"), "");
    symlinkSync(join(root, "target"), join(root, "link"));
    expect(() => fileLock(join(root, "link"), { what }).hold(() => 1)).toThrow("is no regular file");
  });

  async function outcome(path: string): Promise<string> {
    const program = `import { fileLock } from ${JSON.stringify(module)};
      try { fileLock(${JSON.stringify(path)}, { what: "x", waitMs: 10 }).hold(() => process.stdout.write("free")); } catch (error) { process.stdout.write(error.code); }`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await new Promise((resolve) => child.once("close", resolve));
    return output;
  }
});
