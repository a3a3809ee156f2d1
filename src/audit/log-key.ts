import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { createHash } from "node:crypto";
import { OpsError } from "../kube/ops-error.ts";
import type { DurableFolder } from "./disk/durable-folder.ts";
import { type NoteVerifier, noteVerifier, parseVerifier, rawPublicKey, verifierText } from "./signed-note.ts";

/** The key of a log. Without the private part the log can be read and not written. */
export interface LogKey {
  readonly verifier: NoteVerifier;
  readonly text: string;
  readonly privateKey: KeyObject | undefined;
}

/**
 * Reads `key` (Ed25519, PKCS #8 PEM, mode 0600) and `key.pub` (verifier key text) of a log; undefined when neither is
 * there. @throws {OpsError} LOG_INVALID when they do not fit each other, or others can read the private one.
 */
export function readLogKey(disk: DurableFolder, folder: string): LogKey | undefined {
  const secret = disk.read("key");
  const published = disk.read("key.pub");
  const invalid = (message: string, hint: string): OpsError =>
    new OpsError("LOG_INVALID", `${folder}: ${message}`, { hint });
  if (secret === undefined) {
    if (published === undefined) return undefined;
    const verifier = parseVerifier(published.toString("utf8").trimEnd());
    if (verifier === undefined)
      throw invalid("key.pub is no verifier key", "restore key.pub from where it was published");
    return { verifier, text: verifierText(verifier), privateKey: undefined };
  }
  if (((disk.mode("key") ?? 0) & 0o077) !== 0)
    throw invalid("others can read the log's private key", `run: chmod 600 ${folder}/key`);
  let privateKey: KeyObject;
  let publicKey: Uint8Array;
  try {
    privateKey = createPrivateKey(secret);
    publicKey = rawPublicKey(privateKey);
  } catch (cause) {
    throw new OpsError("LOG_INVALID", `${folder}: key is no Ed25519 private key`, {
      hint: "restore the key from a backup, or move the folder away to begin a new log",
      cause,
    });
  }
  const verifier = noteVerifier(originOf(publicKey), publicKey);
  const text = verifierText(verifier);
  if (published !== undefined && published.toString("utf8") !== `${text}\n`)
    throw invalid("key and key.pub are not one pair", "restore the one that was changed");
  return { verifier, text, privateKey };
}

/** Makes what of the key is missing. Call it under the log's lock. */
export function makeLogKey(disk: DurableFolder, folder: string): LogKey {
  let key = readLogKey(disk, folder);
  if (key === undefined) {
    // A log whose key is gone is not begun anew: its checkpoint would be overwritten by a stranger's.
    if (disk.read("checkpoint") !== undefined || disk.list("tile").length > 0)
      throw new OpsError("LOG_INVALID", `${folder}: the log has entries and no key`, {
        hint: "restore key and key.pub from a backup, or move the folder away to begin a new log",
      });
    const { privateKey } = generateKeyPairSync("ed25519");
    disk.create("key", Buffer.from(privateKey.export({ type: "pkcs8", format: "pem" })));
    key = readLogKey(disk, folder);
    if (key === undefined) throw new Error("a key that was just written is gone");
  }
  if (disk.read("key.pub") === undefined) disk.create("key.pub", Buffer.from(`${key.text}\n`));
  return key;
}

/** Origin and key name of a log: a name that nobody needs to register, of the key itself. */
function originOf(publicKey: Uint8Array): string {
  return `kubeops.local/${createHash("sha256").update(publicKey).digest("hex").slice(0, 16)}`;
}
