import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { PlanDigest } from "../../plan/plan.ts";
import { openState, type StateFolder } from "./state-folder.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "kubeops-state-")));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newPath = (): string => join(root, `s${(folders += 1)}`);
const newState = (): StateFolder => openState(newPath());
const digest = (start: string): PlanDigest => `sha256:${start.padEnd(64, "0")}` as PlanDigest;
const nonce = "ab".repeat(16);

describe("the folder", () => {
  test("is made with everything above it, for its user alone", () => {
    const path = join(newPath(), "a", "b");
    expect(openState(path).path).toBe(path);
    expect(lstatSync(path).mode & 0o777).toBe(0o700);
    expect(lstatSync(join(path, "..")).mode & 0o777).toBe(0o700);
    expect(openState(path)).toMatchObject({
      logFolder: join(path, "log"),
      journalFile: join(path, "journal.db"),
      preimages: join(path, "preimages"),
    });
  });

  test.each([
    ["group", 0o770],
    ["others", 0o702],
  ])("that %s can write is refused", (_, mode) => {
    const path = newPath();
    mkdirSync(path);
    chmodSync(path, mode);
    expect(() => openState(path)).toThrow(
      expect.objectContaining({
        code: "STATE_UNSAFE",
        message: `the state folder ${path} can be written by others`,
        hint: `run: chmod 700 ${path}`,
      }),
    );
  });

  test("that is a link or a file is refused", () => {
    const link = newPath();
    symlinkSync(newState().path, link);
    expect(() => openState(link)).toThrow(`the state folder ${link} is a link`);
    const dangling = newPath();
    symlinkSync(join(root, "nowhere"), dangling);
    expect(() => openState(dangling)).toThrow(`the state folder ${dangling} is a link`);
    const file = newPath();
    writeFileSync(file, "");
    expect(() => openState(file)).toThrow(`the state folder ${file} is no folder`);
  });

  test.skipIf(process.getuid?.() !== 0)("of another user is refused", () => {
    const path = newPath();
    mkdirSync(path, { mode: 0o700 });
    chownSync(path, 65_534, 65_534);
    expect(() => openState(path)).toThrow(`the state folder ${path} belongs to another user`);
  });

  test("whose parent is a file cannot be made", () => {
    const file = newPath();
    writeFileSync(file, "");
    expect(() => openState(join(file, "x"))).toThrow(
      expect.objectContaining({
        code: "STATE_UNWRITABLE",
        message: `${join(file, "x")} cannot be used: ENOTDIR`,
      }),
    );
  });

  test("with a link inside of it is refused", () => {
    const state = newState();
    mkdirSync(join(root, "outside"));
    symlinkSync(join(root, "outside"), join(state.path, "plans"));
    const message = `the state folder ${join(state.path, "plans")} is a link`;
    expect(() => state.savePlan(digest("1"), "{}")).toThrow(message);
    expect(() => state.plans()).toThrow(`${join(state.path, "plans")} is a link`);
    expect(existsSync(join(root, "outside", `${"1".padEnd(64, "0")}.json`))).toBe(false);
  });
});

describe("plans", () => {
  test("are found by digest, by prefix and by path", () => {
    const state = newState();
    const one = digest("abcdef0123");
    expect(state.plans()).toEqual([]);
    const path = state.savePlan(one, '{"a":1}');
    expect(path).toBe(join(state.path, "plans", `${one.slice(7)}.json`));
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect(state.savePlan(one, '{"a":1}')).toBe(path);
    for (const reference of [one, one.slice(7), "abcdef01", "sha256:abcdef01", path])
      expect(state.findPlan(reference)).toEqual({ path, text: '{"a":1}' });
    state.savePlan(digest("1234567890"), "{}");
    expect(state.plans()).toEqual([digest("1234567890"), one]);
  });

  test("a prefix of two is no answer", () => {
    const state = newState();
    state.savePlan(digest("abcdef0123"), "1");
    state.savePlan(digest("abcdef0145"), "2");
    expect(() => state.findPlan("abcdef01")).toThrow(
      expect.objectContaining({
        code: "PLAN_NOT_FOUND",
        message: "2 plans begin with abcdef01",
        hint: "give more digits: abcdef0123000000, abcdef0145000000",
      }),
    );
    expect(state.findPlan("abcdef014").text).toBe("2");
  });

  test.each([
    "",
    "abcdef0",
    "ABCDEF01",
    "abcdef01",
    "sha256:",
    "../no-such-plan",
    "/nowhere/plan.json",
    "a\0b",
    "x".repeat(5000),
    "__proto__",
  ])("%j is not there", (reference) => {
    expect(() => newState().findPlan(reference)).toThrow(
      expect.objectContaining({
        code: "PLAN_NOT_FOUND",
        message: `there is no plan ${JSON.stringify(reference)}`,
      }),
    );
  });

  test("another text under a digest is refused, and what was stored stays", () => {
    const state = newState();
    const path = state.savePlan(digest("a"), "one");
    expect(() => state.savePlan(digest("a"), "two")).toThrow(
      expect.objectContaining({
        code: "PLAN_DIGEST",
        message: `${path} holds another text under the digest of this plan`,
      }),
    );
    expect(state.findPlan(digest("a")).text).toBe("one");
  });

  test("what is no digest names no file", () => {
    const state = newState();
    for (const bad of ["sha256:../../x", "x", `sha512:${"0".repeat(64)}`, `sha256:${"A".repeat(64)}`]) {
      expect(() => state.savePlan(bad as PlanDigest, "x")).toThrow("is no digest of a plan");
      expect(() => state.approvals(bad as PlanDigest)).toThrow("is no digest of a plan");
    }
  });

  test("a file that is no plan's text is said", () => {
    const state = newState();
    const file = join(state.path, "binary");
    writeFileSync(file, Uint8Array.of(0xff, 0xfe));
    expect(() => state.findPlan(file)).toThrow(expect.objectContaining({ code: "INPUT_ENCODING" }));
    expect(() => state.findPlan(state.path)).toThrow(expect.objectContaining({ code: "INPUT_UNREADABLE" }));
    writeFileSync(join(state.path, "outside.json"), "{}");
    mkdirSync(join(state.path, "plans"), { mode: 0o700 });
    symlinkSync(join(state.path, "outside.json"), join(state.path, "plans", `${"b".repeat(64)}.json`));
    expect(() => state.findPlan("bbbbbbbb")).toThrow(expect.objectContaining({ code: "STATE_UNSAFE" }));
  });
});

describe("approvals", () => {
  test("are kept by nonce and never overwritten", () => {
    const state = newState();
    const plan = digest("a");
    expect(state.approvals(plan)).toEqual([]);
    const path = state.saveApproval(plan, nonce, "one");
    expect(path).toBe(join(state.path, "approvals", plan.slice(7), `${nonce}.json`));
    expect(state.saveApproval(plan, nonce, "one")).toBe(path);
    expect(() => state.saveApproval(plan, nonce, "two")).toThrow(
      expect.objectContaining({
        code: "APPROVAL_INVALID",
        message: `another approval of this plan has the nonce ${nonce}`,
      }),
    );
    const other = state.saveApproval(plan, "00".repeat(16), "three");
    writeFileSync(join(path, "..", "note.txt"), "not one");
    expect(state.approvals(plan)).toEqual([
      { path: other, text: "three" },
      { path, text: "one" },
    ]);
    expect(state.approvals(digest("b"))).toEqual([]);
  });

  test.each(["", "ab", "../x", `${nonce}0`, nonce.toUpperCase(), `${nonce}\n`])("%j is no nonce", (bad) => {
    expect(() => newState().saveApproval(digest("a"), bad, "x")).toThrow(
      "an approval's nonce has 32 hexadecimal digits",
    );
  });
});

describe("the lock", () => {
  test("lets one in at a time, also from another opening of the folder", async () => {
    const path = newPath();
    let inside = 0;
    const work = async (): Promise<string> => {
      inside += 1;
      expect(inside).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 3));
      inside -= 1;
      return "done";
    };
    const states = [1, 2, 3, 4].map(() => openState(path));
    expect(await Promise.all(states.map((state) => state.lock(work)))).toEqual([
      "done",
      "done",
      "done",
      "done",
    ]);
  });

  test("carries out what the work throws as it is, and is free again", async () => {
    const state = newState();
    const failure = Object.assign(new Error("of the work"), { code: "ENOSPC" });
    await expect(state.lock(() => Promise.reject(failure))).rejects.toBe(failure);
    expect(await state.lock(() => 7)).toBe(7);
  });
});
