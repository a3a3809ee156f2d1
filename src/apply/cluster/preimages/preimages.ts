import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { constants, lstatSync, mkdirSync, openSync, closeSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson } from "../../../kube/canonical-json.ts";
import { sha256Hex } from "../../../kube/digest.ts";
import { isObject, type Json } from "../../../kube/json.ts";
import { identity } from "../../../kube/object-key.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import type { LiveObject } from "../../../plan/cluster-state.ts";
import type { PlanDigest } from "../../../plan/plan.ts";
import { systemCode } from "../../../audit/disk/durable-folder.ts";
import { syncFolder, writeAtomically } from "../../files/atomic-write.ts";
import type { StateFolder } from "../../state/state-folder.ts";

/**
 * What stood in the cluster before a plan was applied, object by object: it holds live values, so it lies encrypted beside
 * the journal and nowhere else (kernel K17). AES-256-GCM under a key of its own for each plan, derived by HKDF from the
 * trust root's key; the plan's digest and the object's identity are authenticated with it, so no file can stand in for
 * another. Files: `preimages/<plan>/<SHA-256 of the identity>.json.enc`, mode 0600.
 */
type Place = Pick<StateFolder, "preimages">;

const ivBytes = 12;
const tagBytes = 16;
const maxBytes = 16 * 1024 * 1024;

/**
 * Keeps these objects, each durable when it returns. What is there already is replaced: the caller knows that the plan
 * has written nothing yet.
 * @throws {OpsError} STATE_UNWRITABLE
 */
export function savePreimages(
  state: Place,
  plan: PlanDigest,
  macKey: Uint8Array,
  objects: Iterable<LiveObject>,
): void {
  const folder = folderOf(state, plan);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    refuseLink(folder);
    const key = keyOf(macKey, plan);
    for (const object of objects) {
      const id = identity(object.key);
      writeAtomically(join(folder, fileOf(id)), encrypt(key, plan, id, canonicalJson(object)), {
        mode: 0o600,
      });
    }
    syncFolder(state.preimages);
  } catch (error) {
    throw unwritable(folder, error);
  }
}

/**
 * The objects as they stood before the plan was applied, by identity; undefined when none were kept.
 * @throws {OpsError} PREIMAGE_INVALID for a file that was changed, is another's, or was made with another trust root.
 */
export function readPreimages(
  state: Place,
  plan: PlanDigest,
  macKey: Uint8Array,
): ReadonlyMap<string, LiveObject> | undefined {
  const folder = folderOf(state, plan);
  let names: readonly string[];
  try {
    refuseLink(folder);
    names = readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.json\.enc$/.test(name));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw unwritable(folder, error);
  }
  const key = keyOf(macKey, plan);
  const found = new Map<string, LiveObject>();
  for (const name of names.toSorted()) {
    const object = decrypt(key, plan, join(folder, name), name);
    found.set(identity(object.key), object);
  }
  return found;
}

function folderOf(state: Place, plan: PlanDigest): string {
  const [, hex] = /^sha256:([0-9a-f]{64})$/.exec(plan) ?? [];
  if (hex === undefined) throw new TypeError("this is no digest of a plan");
  return join(state.preimages, hex);
}

function fileOf(id: string): string {
  return `${sha256Hex(id)}.json.enc`;
}

function keyOf(macKey: Uint8Array, plan: PlanDigest): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", macKey, "", `kubernetes-operations.dev/v1 pre-image ${plan}`, 32));
}

/** Identities are free of line ends: what is authenticated reads in one way only. */
function about(plan: PlanDigest, name: string): Buffer {
  return Buffer.from(`${plan}\n${name}`, "utf8");
}

function encrypt(key: Uint8Array, plan: PlanDigest, id: string, text: string): Uint8Array {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  cipher.setAAD(about(plan, fileOf(id)));
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]);
}

function decrypt(key: Uint8Array, plan: PlanDigest, path: string, name: string): LiveObject {
  const bytes = readWhole(path);
  let value: Json;
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, ivBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(about(plan, name));
    decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
    const text = Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]);
    value = JSON.parse(text.toString("utf8")) as Json;
  } catch {
    throw invalid(path, "it was changed, or was made with the key of another trust root");
  }
  // What the key authenticates was written by `savePreimages` under exactly this name.
  if (!isObject(value)) throw invalid(path, "it is no object");
  const object = value as unknown as LiveObject;
  if (fileOf(identity(object.key)) !== name) throw invalid(path, "it is of another object");
  return object;
}

function readWhole(path: string): Buffer {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    throw invalid(path, systemCode(error) ?? "it cannot be read");
  }
  try {
    const bytes = readFileSync(file);
    if (bytes.length > maxBytes || bytes.length < ivBytes + tagBytes)
      throw invalid(path, "it has a wrong length");
    return bytes;
  } finally {
    closeSync(file);
  }
}

function refuseLink(folder: string): void {
  if (lstatSync(folder).isSymbolicLink())
    throw new OpsError("STATE_UNSAFE", `${folder} is a link`, { hint: "remove it" });
}

function invalid(path: string, why: string): OpsError {
  return new OpsError("PREIMAGE_INVALID", `the pre-image ${path} cannot be used: ${why}`, {
    hint: "without it nobody knows what stood there: look at the object itself",
  });
}

function unwritable(folder: string, error: unknown): unknown {
  if (OpsError.is(error) && error.code !== "OUTPUT_FAILED") return error;
  const code = OpsError.is(error) ? error.message : systemCode(error);
  if (code === undefined) return error;
  return new OpsError("STATE_UNWRITABLE", `${folder} cannot be used: ${code}`, {
    hint: "make the state folder writable, or set XDG_STATE_HOME to one that is",
    cause: error,
  });
}
