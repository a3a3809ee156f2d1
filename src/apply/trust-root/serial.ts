import { join } from "node:path";
import { sha256Hex } from "../../kube/digest.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { trustRootFiles } from "./trust-root-files.ts";
import { invalid, type TrustedFile, type TrustedFolder } from "./trusted-folder.ts";

/** The highest charter serial that was signed here, and for which bytes: one line, `SERIAL [sha256:HEX]`. */
export interface SeenSerial {
  readonly serial: number;
  readonly digest: string | undefined;
  readonly file: TrustedFile;
}

/** @throws {OpsError} TRUST_ROOT_INVALID when it is missing: without it an older charter could come back. */
export function readSerial(folder: TrustedFolder): SeenSerial {
  const seen = findSerial(folder);
  if (seen !== undefined) return seen;
  throw invalid(
    `the trust root ${folder.path} has no ${trustRootFiles.serial}: an older charter could not be told from the current one`,
    "let the owner sign the charter again: kubeops charter sign --key FILE",
  );
}

/** Undefined before the first signature. @throws {OpsError} TRUST_ROOT_INVALID when it is damaged. */
export function findSerial(folder: TrustedFolder): SeenSerial | undefined {
  const file = folder.file(trustRootFiles.serial);
  if (file === undefined) return undefined;
  const match = /^(0|[1-9]\d{0,14})(?: (sha256:[0-9a-f]{64}))?\n?$/.exec(file.bytes.toString("latin1"));
  if (match === null) {
    throw invalid(
      `${join(folder.path, trustRootFiles.serial)} is damaged`,
      "write the serial of the last charter you signed into it, or restore it from a backup",
    );
  }
  return { serial: Number(match[1]), digest: match[2], file };
}

export function serialLine(serial: number, charter: Uint8Array): string {
  return `${serial} ${digestOf(charter)}\n`;
}

/** True when these bytes are the ones that were signed with the highest serial. */
export function isSeen(seen: SeenSerial, charter: Uint8Array): boolean {
  return seen.digest === digestOf(charter);
}

/** A charter below the highest serial is an old one brought back; another text with the same serial likewise. */
export function checkSerial(path: string, serial: number, charter: Uint8Array, seen: SeenSerial): void {
  const hint = "restore the newest charter and its signature, or let the owner sign one with a higher serial";
  if (serial < seen.serial) {
    throw new OpsError(
      "CHARTER_SERIAL",
      `the charter in ${path} has serial ${serial}, and serial ${seen.serial} was signed here before`,
      { hint },
    );
  }
  if (serial === seen.serial && seen.digest !== undefined && !isSeen(seen, charter)) {
    throw new OpsError(
      "CHARTER_SERIAL",
      `the charter in ${path} is not the one that was signed here with serial ${serial}`,
      { hint },
    );
  }
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${sha256Hex(bytes)}`;
}
