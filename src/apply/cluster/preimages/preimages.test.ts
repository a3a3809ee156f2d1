import { lstatSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, nat, property } from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../../test/support/git-repository.ts";
import { identity } from "../../../kube/object-key.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import type { LiveObject } from "../../../plan/cluster-state.ts";
import type { PlanDigest } from "../../../plan/plan.ts";
import { openState } from "../../state/state-folder.ts";
import { readPreimages, savePreimages } from "./preimages.ts";

const folders: { path: string; remove(): void }[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) folder.remove();
});
const makeState = () => {
  const folder = temporaryFolder();
  folders.push(folder);
  return openState(join(folder.path, "state"));
};

const plan = `sha256:${"a".repeat(64)}` as PlanDigest;
const other = `sha256:${"b".repeat(64)}` as PlanDigest;
const macKey = new Uint8Array(32).fill(7);

function secret(name: string, value = "only-an-example"): LiveObject {
  return {
    key: { group: "", version: "v1", kind: "Secret", namespace: "shop", name },
    resource: "secrets",
    namespaced: true,
    live: {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, namespace: "shop" },
      data: { password: value },
    },
    merged: null,
    notDryRun: null,
    access: [],
    refusal: null,
    conflicts: [],
    warnings: [],
  };
}

function code(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (OpsError.is(error)) return error.code;
    throw error;
  }
  return "none";
}

describe("pre-images", () => {
  it("are read as they were written, by identity, and nothing is there before", () => {
    const state = makeState();
    expect(readPreimages(state, plan, macKey)).toBeUndefined();
    const objects = [secret("a"), secret("b")];
    savePreimages(state, plan, macKey, objects);
    expect([...(readPreimages(state, plan, macKey) ?? [])].toSorted()).toEqual(
      objects.map((object) => [identity(object.key), object]),
    );
    savePreimages(state, plan, macKey, [secret("a", "2")]);
    expect(readPreimages(state, plan, macKey)?.get("/Secret/shop/a")?.live).toMatchObject({
      data: { password: "2" },
    });
    expect(readPreimages(state, other, macKey)).toBeUndefined();
  });

  it("K17 hold no value in the clear, neither in a name nor in the bytes, and are for their owner alone", () => {
    const state = makeState();
    savePreimages(state, plan, macKey, [secret("prod-database")]);
    const folder = join(state.preimages, "a".repeat(64));
    const names = readdirSync(folder);
    expect(names).toHaveLength(1);
    for (const name of names) {
      const bytes = readFileSync(join(folder, name)).toString("latin1");
      for (const word of ["only-an-example", "password", "prod-database", "shop"]) {
        expect(bytes).not.toContain(word);
        expect(name).not.toContain(word);
      }
      expect(lstatSync(join(folder, name)).mode & 0o777).toBe(0o600);
    }
    expect(lstatSync(folder).mode & 0o777).toBe(0o700);
  });

  it("are refused under another key, as another plan's, as another object's, cut short, or with any bit changed", () => {
    const state = makeState();
    savePreimages(state, plan, macKey, [secret("a"), secret("b")]);
    const folder = join(state.preimages, "a".repeat(64));
    const [first = "", second = ""] = readdirSync(folder).map((name) => join(folder, name));
    const read = () => code(() => readPreimages(state, plan, macKey));
    expect(code(() => readPreimages(state, plan, new Uint8Array(32).fill(8)))).toBe("PREIMAGE_INVALID");
    const whole = readFileSync(first);
    assert(
      property(nat(whole.length * 8 - 1), (bit) => {
        const bytes = Buffer.from(whole);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        writeFileSync(first, bytes);
        expect(read()).toBe("PREIMAGE_INVALID");
      }),
      { numRuns: 50 },
    );
    for (const length of [0, 1, 27, 28, whole.length - 1]) {
      writeFileSync(first, whole.subarray(0, length));
      expect(read()).toBe("PREIMAGE_INVALID");
    }
    writeFileSync(first, readFileSync(second));
    expect(read()).toBe("PREIMAGE_INVALID");
    writeFileSync(first, whole);
    expect(read()).toBe("none");
    renameSync(folder, join(state.preimages, "b".repeat(64)));
    expect(code(() => readPreimages(state, other, macKey))).toBe("PREIMAGE_INVALID");
  });

  it("are not read through a link", () => {
    const state = makeState();
    savePreimages(state, other, macKey, [secret("a")]);
    symlinkSync(join(state.preimages, "b".repeat(64)), join(state.preimages, "a".repeat(64)));
    expect(code(() => readPreimages(state, plan, macKey))).toBe("STATE_UNSAFE");
    expect(code(() => savePreimages(state, plan, macKey, [secret("a")]))).toBe("STATE_UNSAFE");
  });
});
