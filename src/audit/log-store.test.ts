import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { filesIn, readerOf, writeLog } from "../../test/support/log-files.ts";
import { deep } from "../../test/support/suites.ts";
import { type DurableFolder, durableFolder } from "./disk/durable-folder.ts";
import { type FileLock, fileLock, LOCK_WAIT } from "./disk/file-lock.ts";
import { type AuditLog, logVerifierKey, openLog } from "./log-store.ts";
import { verifyLog } from "./verify.ts";

const root = mkdtempSync(join(tmpdir(), "kubeops-log-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => join(root, `log-${(folders += 1)}`);
const clock = { now: () => Date.UTC(2026, 10, 25) };
const open = (folder: string, disk?: DurableFolder): AuditLog =>
  openLog(folder, { clock, actor: "alice", tool: "0.1.0", ...(disk === undefined ? {} : { disk }) });
const refusal = (index: number): Parameters<AuditLog["append"]>[0] => ({
  type: "refusal",
  target: `t${index}`,
});
const verified = (folder: string): ReturnType<typeof verifyLog> =>
  verifyLog(readerOf(filesIn(folder)), logVerifierKey(folder) ?? "");
const targets = (log: AuditLog): (string | undefined)[] =>
  [...log.entries()].map(({ event }) => event.target);
const appender = fileURLToPath(new URL("../../test/support/log-appender.mjs", import.meta.url));

function logOf(size: number): string {
  const folder = newFolder();
  if (size > 0) writeLog(folder, size);
  return folder;
}

describe("a new log", () => {
  test("makes nothing before it is used", () => {
    const folder = newFolder();
    const log = open(folder);
    expect([...log.entries()]).toEqual([]);
    expect(existsSync(folder)).toBe(false);
    expect(logVerifierKey(folder)).toBeUndefined();
    log.close();
  });

  test("has an empty tree, and keeps its key and origin from then on", () => {
    const folder = newFolder();
    const log = open(folder);
    const empty = log.checkpoint();
    expect(empty).toEqual({
      origin: log.origin,
      size: 0,
      root: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    });
    expect(log.origin).toMatch(/^kubeops\.local\/[0-9a-f]{16}$/);
    expect(log.append(refusal(1)).origin).toBe(empty.origin);
    expect(log.extends(empty)).toBe(true);
    expect(logVerifierKey(folder)).toBe(log.verifierKey);
    log.close();
  });

  test("begins with log-created, and stamps every entry", () => {
    const log = open(newFolder());
    const checkpoint = log.append({ type: "refusal", code: "PLAN_DENIED", target: "git:./x" });
    expect(checkpoint.size).toBe(2);
    const stamp = {
      apiVersion: "kubernetes-operations.dev/v1",
      kind: "AuditEvent",
      time: "2026-11-25T00:00:00.000Z",
      actor: "alice",
      tool: "0.1.0",
    };
    expect([...log.entries()]).toEqual([
      { index: 0, event: { ...stamp, type: "log-created" } },
      { index: 1, event: { ...stamp, type: "refusal", code: "PLAN_DENIED", target: "git:./x" } },
    ]);
    log.close();
  });

  test("is the user's alone", () => {
    const folder = newFolder();
    const log = open(folder);
    log.append(refusal(1));
    log.close();
    expect(lstatSync(folder).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(folder, { recursive: true, withFileTypes: true }))
      expect(lstatSync(join(file.parentPath, file.name)).mode & 0o077).toBe(0);
  });

  test("keeps only the tiles of its size", () => {
    const folder = logOf(254);
    const log = open(folder);
    for (let index = 254; index < 258; index += 1) log.append(refusal(index));
    log.close();
    expect([...filesIn(folder).keys()].sort()).toEqual([
      "checkpoint",
      "key.pub",
      "tile/0/000",
      "tile/0/001.p/2",
      "tile/1/000.p/1",
      "tile/entries/000",
      "tile/entries/001.p/2",
    ]);
  });
});

test("what a killed process left of smaller sizes is removed with the next entry", () => {
  for (const [size, left] of [
    [5, ["tile/entries/000.p/4", "tile/0/000.p/4", "tile/0/000.p/3"]],
    [256, ["tile/entries/000.p/255", "tile/0/000.p/255"]],
    [513, ["tile/1/000.p/1"]],
  ] as const) {
    const folder = logOf(size);
    for (const path of left) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), "left");
    }
    const log = open(folder);
    log.append(refusal(size));
    log.close();
    const clean = logOf(size + 1);
    expect([...filesIn(folder).keys()].sort()).toEqual([...filesIn(clean).keys()].sort());
    expect(verified(folder)).toMatchObject({ valid: true, size: size + 1 });
  }
});

describe("K17 no value enters the log", () => {
  test.each([
    [{ type: "refusal", plan: "my plan" }, "its plan is not `sha256:` and 64 hexadecimal digits"],
    [{ type: "refusal", secret: "hunter2" }, 'it has an unknown field "secret"'],
    [{ type: "refusal", target: { a: 1 } }, "its target is not one line of at most 1024 characters"],
    [{ type: "refusal", target: "x".repeat(1025) }, "its target is not one line of at most 1024 characters"],
    [{ type: "refusal", code: "server said: hunter2" }, "its code is not an error code"],
  ])("K17 %j is not logged", (event, problem) => {
    const log = open(logOf(2));
    expect(() => log.append(event as never)).toThrow(`this cannot be logged: ${problem}`);
    expect(log.append(refusal(2)).size).toBe(3);
    log.close();
  });
});

describe("extends", () => {
  test("K19 says yes to every checkpoint that the log had, and to no other", () => {
    const log = open(newFolder());
    const had = [log.checkpoint()];
    for (let index = 0; index < 20; index += 1) had.push(log.append(refusal(index)));
    for (const checkpoint of had) expect(log.extends(checkpoint)).toBe(true);
    const [, second, third] = had;
    expect(log.extends({ ...second!, root: third!.root })).toBe(false);
    expect(log.extends({ ...second!, origin: "kubeops.local/0000000000000000" })).toBe(false);
    expect(log.extends({ ...second!, size: second!.size + 1 })).toBe(false);
    expect(log.extends({ ...second!, size: 1000 })).toBe(false);
    expect(log.extends({ ...had[0]!, root: second!.root })).toBe(false);
    expect(log.extends({ ...second!, size: -1, root: "" })).toBe(false);
    expect(log.extends({ ...second!, size: 1.5, root: "" })).toBe(false);
    log.close();
  });

  test("K19 a log set back to an older copy does not extend what it was", () => {
    const folder = logOf(5);
    const older = newFolder();
    cpSync(folder, older, { recursive: true });
    const log = open(folder);
    const newest = log.append(refusal(5));
    log.close();
    const restored = open(older);
    expect(restored.extends(newest)).toBe(false);
    restored.append(refusal(77));
    expect(restored.extends(newest)).toBe(false);
    restored.close();
  });

  test("refuses when the entries do not give the log's own checkpoint", () => {
    const folder = logOf(3);
    const bundle = join(folder, "tile/entries/000.p/3");
    writeFileSync(bundle, readFileSync(bundle, "latin1").replace("t2", "t9"), "latin1");
    const log = open(folder);
    expect(() => log.extends(log.checkpoint())).toThrow(
      `the audit log in ${folder} does not verify: its entries do not give the checkpoint's root`,
    );
    expect(() => [...log.entries()]).toThrow("its entries do not give the checkpoint's root");
    expect(() => log.append(refusal(3))).toThrow("its last entries do not fit its tiles");
    log.close();
  });
});

describe("a log that does not verify takes no entry", () => {
  const cases: [string, (folder: string) => void, string][] = [
    [
      "a changed checkpoint",
      (f) =>
        writeFileSync(
          join(f, "checkpoint"),
          readFileSync(join(f, "checkpoint"), "utf8").replace("\n5\n", "\n4\n"),
        ),
      "does not hold",
    ],
    [
      "no checkpoint",
      (f) => rmSync(join(f, "checkpoint")),
      "tile/entries/000.p/5 lies beyond the checkpoint of 0 entries, which was set back or removed",
    ],
    ["no tile", (f) => rmSync(join(f, "tile/0/000.p/5")), "tile/0/000.p/5 is missing or has another length"],
    [
      "a foreign tile",
      (f) => writeFileSync(join(f, "tile/0/000.p/5"), Buffer.alloc(160)),
      "its tiles do not give the checkpoint's root",
    ],
    [
      "no entries",
      (f) => rmSync(join(f, "tile/entries"), { recursive: true }),
      "its last entries do not fit its tiles",
    ],
    [
      "a key of somebody else",
      (f) => cpSync(join(logOf(2), "key.pub"), join(f, "key.pub")),
      "key and key.pub are not one pair",
    ],
    [
      "no key at all",
      (f) => [rmSync(join(f, "key")), rmSync(join(f, "key.pub"))],
      "the log has entries and no key",
    ],
    ["a key that is none", (f) => writeFileSync(join(f, "key"), "hello"), "key is no Ed25519 private key"],
    [
      "a key that others read",
      (f) => chmodSync(join(f, "key"), 0o644),
      "others can read the log's private key",
    ],
  ];
  test.each(cases)("%s", (_, damage, message) => {
    const folder = logOf(5);
    damage(folder);
    const before = filesIn(folder);
    const log = open(folder);
    let thrown: unknown;
    try {
      log.append(refusal(5));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: "LOG_INVALID" });
    expect(String(thrown)).toContain(message);
    expect(filesIn(folder)).toEqual(before);
    log.close();
  });

  test("without its private key it is read and not written", () => {
    const folder = logOf(5);
    rmSync(join(folder, "key"));
    const log = open(folder);
    expect(targets(log).length).toBe(5);
    expect(log.checkpoint().size).toBe(5);
    expect(() => log.append(refusal(5))).toThrow(`the audit log in ${folder} has lost its private key`);
    log.close();
  });

  test("it does not go back while it is open", () => {
    const folder = logOf(5);
    const older = newFolder();
    cpSync(folder, older, { recursive: true });
    const log = open(folder);
    log.append(refusal(5));
    rmSync(join(folder, "tile"), { recursive: true });
    renameSync(join(older, "tile"), join(folder, "tile"));
    cpSync(join(older, "checkpoint"), join(folder, "checkpoint"));
    expect(() => log.append(refusal(6))).toThrow("its checkpoint was set back while it was open");
    log.close();
  });

  test("a link in place of a file is not followed", () => {
    const folder = logOf(5);
    renameSync(join(folder, "checkpoint"), join(root, "elsewhere"));
    symlinkSync(join(root, "elsewhere"), join(folder, "checkpoint"));
    const log = open(folder);
    expect(() => log.append(refusal(5))).toThrow("a link stands in place of one of its files");
    log.close();
  });
});

describe("K20 an append that is cut off", () => {
  /** A folder whose `at`-th change fails after `bytes` bytes of it reached the disk. */
  function cutting(
    folder: string,
    at: number,
    share: number,
    code: string,
  ): DurableFolder & { changes: number } {
    const real = durableFolder(folder);
    const cut = {
      ...real,
      changes: 0,
      step: (torn: () => void, whole: () => void): void => {
        cut.changes += 1;
        if (cut.changes > at) throw Object.assign(new Error(code), { code });
        if (cut.changes < at) return whole();
        torn();
        throw Object.assign(new Error(code), { code });
      },
    };
    const part = (data: Uint8Array): Uint8Array => data.subarray(0, Math.floor(data.length * share));
    return Object.assign(cut, {
      write: (path: string, data: Uint8Array) =>
        cut.step(
          () => real.write(path, part(data)),
          () => real.write(path, data),
        ),
      // A rename is there or is not: the torn form of it is the torn temporary file.
      replace: (path: string, data: Uint8Array) =>
        cut.step(
          () => real.write(`${path}.123456.tmp`, part(data)),
          () => real.replace(path, data),
        ),
      remove: (path: string) =>
        cut.step(
          () => {},
          () => real.remove(path),
        ),
    });
  }

  test.each(deep ? [0, 1, 2, 253, 254, 255, 256, 257, 511, 512] : [0, 1, 255, 256])(
    "K20 at every change of the disk leaves the log of %i entries whole",
    (size) => {
      for (const share of deep ? [0, 0.1, 0.4, 0.9, 1] : [0.4, 1]) {
        for (let at = 1; ; at += 1) {
          const folder = logOf(size);
          const disk = cutting(folder, at, share, "ENOSPC");
          const log = open(folder, disk);
          let acknowledged = size;
          try {
            acknowledged = log.append(refusal(size)).size;
          } catch (error) {
            expect(error).toMatchObject({
              code: "LOG_UNWRITABLE",
              message: `the audit log in ${folder} cannot be written: the disk is full`,
            });
          }
          log.close();
          // Of a new log its first entry may be there, without the one that was asked for.
          const next = open(folder);
          const { size: there } = next.checkpoint();
          expect(there).toBeGreaterThanOrEqual(acknowledged);
          expect(there).toBeLessThanOrEqual(Math.max(acknowledged, 1));
          if (there > 0) expect(verified(folder)).toMatchObject({ valid: true, size: there });
          expect(next.append(refusal(9999)).size).toBe(Math.max(there, 1) + 1);
          expect(targets(next).at(-1)).toBe("t9999");
          next.close();
          expect(verified(folder)).toMatchObject({ valid: true, size: Math.max(there, 1) + 1 });
          if (disk.changes < at) break;
        }
      }
    },
  );

  test("K20 the log that failed goes on when there is room again", () => {
    const folder = logOf(5);
    const real = durableFolder(folder);
    let full = true;
    const log = open(folder, {
      ...real,
      write: (path, data) => {
        if (full && path.startsWith("tile/0")) throw Object.assign(new Error("full"), { code: "ENOSPC" });
        real.write(path, data);
      },
    });
    expect(() => log.append(refusal(5))).toThrow("the disk is full");
    full = false;
    expect(log.append(refusal(6)).size).toBe(6);
    expect(targets(log).at(-1)).toBe("t6");
    log.close();
    expect(verified(folder)).toMatchObject({ valid: true, size: 6 });
  });

  test("K20 a file larger than the system allows: the acknowledged entries are there, and no other", () => {
    const folder = logOf(2);
    const result = spawnSync(
      "/bin/sh",
      ["-c", `ulimit -f 12; exec "$0" "$@"`, process.execPath, appender, folder, "bob", "200"],
      {
        encoding: "utf8",
      },
    );
    expect(result.stderr).toContain(
      `the audit log in ${folder} cannot be written: a file would be larger than the limit`,
    );
    const acknowledged = result.stdout.trim().split("\n");
    expect(acknowledged.length).toBeGreaterThan(5);
    const log = open(folder);
    expect(targets(log).slice(2)).toEqual(acknowledged.map((line) => line.split(" ")[1]));
    expect(log.append(refusal(0)).size).toBe(acknowledged.length + 3);
    log.close();
    expect(verified(folder).valid).toBe(true);
  });

  test("K20 an order that cannot be turned: the checkpoint is written last, and nothing acknowledged is removed before", () => {
    const folder = logOf(256);
    const real = durableFolder(folder);
    const steps: string[] = [];
    const log = open(folder, {
      ...real,
      write: (path, data) => (steps.push(`write ${path}`), real.write(path, data)),
      replace: (path, data) => (steps.push(`replace ${path}`), real.replace(path, data)),
      remove: (path) => (steps.push(`remove ${path}`), real.remove(path)),
    });
    log.append(refusal(256));
    log.append(refusal(257));
    log.close();
    expect(steps).toEqual([
      "write tile/entries/001.p/1",
      "write tile/0/001.p/1",
      "replace checkpoint",
      "write tile/entries/001.p/2",
      "write tile/0/001.p/2",
      "replace checkpoint",
      "remove tile/0/001.p/1",
      "remove tile/entries/001.p/1",
    ]);
  });

  test("K20 a process killed at any moment loses nothing that it acknowledged", {
    timeout: 120_000,
  }, async () => {
    const folder = newFolder();
    let acknowledged: string[] = [];
    for (let loop = 0; loop < (deep ? 100 : 15); loop += 1) {
      const lines = await killed(folder, `run${loop}`, 1 + (loop % 4), (loop * 7) % 11);
      const log = open(folder);
      const there = targets(log).slice(1);
      log.close();
      // One entry more may be there: its checkpoint was durable, the child was killed before it could say so.
      const more = there.slice(acknowledged.length + lines.length);
      expect(there.slice(0, acknowledged.length + lines.length)).toEqual([...acknowledged, ...lines]);
      expect(more.length).toBeLessThanOrEqual(1);
      expect(verified(folder)).toMatchObject({ valid: true, size: there.length + 1 });
      acknowledged = there as string[];
    }
  });

  async function killed(folder: string, actor: string, after: number, delay: number): Promise<string[]> {
    const child = spawn(process.execPath, [appender, folder, actor, "100000"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    let armed = false;
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (armed || output.split("\n").length <= after) return;
      armed = true;
      setTimeout(() => child.kill("SIGKILL"), delay);
    });
    await new Promise((resolve) => child.on("close", resolve));
    return output
      .split("\n")
      .slice(0, -1)
      .map((line) => line.split(" ")[1] ?? "");
  }
});

describe("two processes at once", () => {
  test("append 200 entries each: all are there, in each one's order", { timeout: 120_000 }, async () => {
    const folder = newFolder();
    const run = (actor: string): Promise<number | null> =>
      new Promise((resolve) => {
        spawn(process.execPath, [appender, folder, actor, "200"], {
          stdio: ["ignore", "ignore", "inherit"],
        }).on("close", resolve);
      });
    expect(await Promise.all([run("a"), run("b")])).toEqual([0, 0]);
    const log = open(folder);
    const there = targets(log);
    log.close();
    expect(there.length).toBe(401);
    for (const actor of ["a", "b"])
      expect(there.filter((target) => target?.startsWith(actor))).toEqual(
        Array.from({ length: 200 }, (_, index) => `${actor}/${index}`),
      );
    expect(verified(folder)).toMatchObject({ valid: true, size: 401 });
  });

  test("a log that another one holds too long is busy, and whole", () => {
    expect(LOCK_WAIT).toBe(10_000);
    const folder = logOf(3);
    const lock = (waitMs: number): FileLock =>
      fileLock(join(folder, "lock"), { what: "the audit log", waitMs });
    const other = lock(10);
    const log = openLog(folder, { clock, actor: "alice", tool: "0.1.0", lock: lock(10) });
    other.hold(() => {
      expect(() => log.append(refusal(3))).toThrow(
        expect.objectContaining({ code: "STATE_BUSY", message: "the audit log is held by another process" }),
      );
    });
    expect(log.append(refusal(3)).size).toBe(4);
    log.close();
    other.close();
    expect(verified(folder)).toMatchObject({ valid: true, size: 4 });
  });

  test("two logs open in one process see each other's entries", () => {
    const folder = logOf(3);
    const [one, two] = [open(folder), open(folder)];
    for (let index = 0; index < 6; index += 2) {
      expect(one.append(refusal(index)).size).toBe(4 + index);
      expect(two.append(refusal(index + 1)).size).toBe(5 + index);
    }
    expect(targets(one)).toEqual(targets(two));
    one.close();
    two.close();
  });
});

test("a folder that cannot be made is said", () => {
  const file = join(root, "file");
  mkdirSync(root, { recursive: true });
  writeFileSync(file, "");
  const log = open(join(file, "log"));
  expect(() => log.append(refusal(1))).toThrow(
    `the audit log in ${join(file, "log")} cannot be written: ENOTDIR`,
  );
  log.close();
});
