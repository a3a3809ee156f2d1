import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { checkpointText } from "../../src/audit/checkpoint.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import { growingTree } from "../../src/audit/growing-tree.ts";
import { leafHash } from "../../src/audit/merkle.ts";
import { noteVerifier, rawPublicKey, signNote, verifierText } from "../../src/audit/signed-note.ts";
import {
  bundlePath,
  encodeBundle,
  encodeTile,
  lastBundle,
  partialTiles,
  tilePath,
} from "../../src/audit/tiles.ts";
import { canonicalJson } from "../../src/kube/canonical-json.ts";

/** The files of a log in memory, as `verifyLog` reads them. */
export type LogFiles = Map<string, Uint8Array>;

export interface Writer {
  readonly name: string;
  readonly privateKey: KeyObject;
  readonly verifierKey: string;
}

export function writer(name = "log.example/one"): Writer {
  const { privateKey } = generateKeyPairSync("ed25519");
  return { name, privateKey, verifierKey: verifierText(noteVerifier(name, rawPublicKey(privateKey))) };
}

export function entry(type: AuditEvent["type"], more: Readonly<Record<string, unknown>> = {}): Uint8Array {
  const event = {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "AuditEvent",
    type,
    time: "2026-11-25T12:00:00.000Z",
    actor: "alice",
    tool: "0.1.0",
    ...more,
  };
  return Buffer.from(canonicalJson(event), "utf8");
}

/** `log-created` and `count - 1` refusals. */
export function entries(count: number, salt = ""): Uint8Array[] {
  return Array.from({ length: count }, (_, index) =>
    index === 0 ? entry("log-created") : entry("refusal", { target: `target ${salt}${index}` }),
  );
}

/** A log of any entries, whole and signed: what a holder of the key can write. */
export function filesOf(log: readonly Uint8Array[], by: Writer): LogFiles {
  const files: LogFiles = new Map();
  const tree = growingTree();
  for (const bytes of log)
    for (const tile of tree.push(leafHash(bytes)))
      if (tile.width === 256) files.set(tilePath(tile), encodeTile(tile.hashes));
  for (const tile of partialTiles(log.length))
    files.set(tilePath(tile), encodeTile(tree.partial(tile.level)));
  for (let first = 0; first < log.length; first += 256) {
    const part = log.slice(first, first + 256);
    const { index, width } = lastBundle(first + part.length);
    files.set(bundlePath(index, width), encodeBundle(part));
  }
  const checkpoint = { origin: by.name, size: log.length, root: Buffer.from(tree.root()).toString("base64") };
  files.set("checkpoint", Buffer.from(signNote(checkpointText(checkpoint), by.name, by.privateKey), "utf8"));
  files.set("key.pub", Buffer.from(`${by.verifierKey}\n`));
  return files;
}

/** The files of a log folder but the private key and the locks, which verify nothing. */
export function filesIn(folder: string): LogFiles {
  const files: LogFiles = new Map();
  for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = relative(folder, join(file.parentPath, file.name));
    if (file.isFile() && path !== "key" && !path.startsWith("lock"))
      files.set(path, readFileSync(join(folder, path)));
  }
  return files;
}

export function readerOf(files: LogFiles): (path: string) => Uint8Array | undefined {
  return (path) => files.get(path);
}

/** A log folder as `openLog` would leave it, of `log-created` and refusals of `t1`, `t2`, …, without the cost of fsync. */
export function writeLog(folder: string, size: number): void {
  const { privateKey } = generateKeyPairSync("ed25519");
  const publicKey = rawPublicKey(privateKey);
  const name = `kubeops.local/${createHash("sha256").update(publicKey).digest("hex").slice(0, 16)}`;
  const by = { name, privateKey, verifierKey: verifierText(noteVerifier(name, publicKey)) };
  const log = Array.from({ length: size }, (_, index) =>
    index === 0 ? entry("log-created") : entry("refusal", { target: `t${index}` }),
  );
  const files = filesOf(log, by);
  files.set("key", Buffer.from(privateKey.export({ type: "pkcs8", format: "pem" })));
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, path), bytes, { mode: 0o600 });
  }
}
