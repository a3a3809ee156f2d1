import { join } from "node:path";
import { OpsError } from "../../kube/ops-error.ts";
import { CHARTER_NAMESPACE } from "../../plan/approval-statement.ts";
import type { Charter } from "../../plan/charter.ts";
import { parseCharter } from "../../plan/charter/parse-charter.ts";
import { fingerprint, normaliseKey } from "../approval/public-key.ts";
import { sshSignatureVerifier } from "../approval/verify-signature.ts";
import { invalid, type TrustedFile, type TrustedFolder } from "./trusted-folder.ts";

/** The names in a trust root. */
export const trustRootFiles = {
  charter: "charter.yaml",
  signature: "charter.yaml.sig",
  owner: "owner.pub",
  macKey: "mac.key",
  serial: "serial",
} as const;

/** The charter as written, its bytes with it. @throws {OpsError} CHARTER_MISSING, CHARTER_INVALID, TRUST_ROOT_INVALID. */
export function readCharter(folder: TrustedFolder): {
  readonly charter: Charter;
  readonly file: TrustedFile;
} {
  const file = folder.file(trustRootFiles.charter);
  if (file === undefined) throw missing(folder.path);
  return { charter: parseCharterBytes(file.bytes, join(folder.path, trustRootFiles.charter)), file };
}

/** The pin. @throws {OpsError} TRUST_ROOT_INVALID. */
export function readOwner(folder: TrustedFolder): { readonly key: string; readonly file: TrustedFile } {
  const path = join(folder.path, trustRootFiles.owner);
  const file = folder.file(trustRootFiles.owner);
  if (file === undefined) {
    throw invalid(
      `the trust root ${folder.path} has no ${trustRootFiles.owner}: nobody is pinned as its owner`,
      "kubeops charter init makes a complete one",
    );
  }
  try {
    return { key: normaliseKey(file.bytes.toString("latin1").replace(/\n$/, "")), file };
  } catch (cause) {
    if (!OpsError.is(cause)) throw cause;
    throw invalid(
      `${path} is not one public key: ${cause.message}`,
      "put the owner's public key line there",
      cause,
    );
  }
}

export function missing(path: string): OpsError {
  return new OpsError("CHARTER_MISSING", `there is no charter in ${path}`, {
    hint: "kubeops charter init writes one; kubeops charter sign --key FILE signs it",
  });
}

export function verifyCharter(folder: TrustedFolder, charter: TrustedFile, owner: string): TrustedFile {
  const path = join(folder.path, trustRootFiles.charter);
  const file = folder.file(trustRootFiles.signature);
  const hint = "when its owner has reviewed it: kubeops charter sign --key FILE";
  if (file === undefined)
    throw new OpsError("CHARTER_UNSIGNED", `the charter ${path} is not signed`, { hint });
  const signed = sshSignatureVerifier.verify(charter.bytes, CHARTER_NAMESPACE, file.bytes.toString("latin1"));
  if (signed === undefined) {
    throw new OpsError(
      "CHARTER_FOREIGN",
      `the signature of ${path} does not hold: the charter was changed after it was signed, or the signature is not one of a charter`,
      { hint },
    );
  }
  if (signed.key !== owner) {
    throw new OpsError(
      "CHARTER_FOREIGN",
      `the charter ${path} is signed by ${signed.fingerprint}, and the pinned owner is ${fingerprint(owner)}`,
      { hint },
    );
  }
  return file;
}

export function parseCharterBytes(bytes: Buffer, path: string): Charter {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new OpsError("CHARTER_INVALID", `the charter ${path} is not UTF-8 text`, { cause });
  }
  return parseCharter(text, path);
}

export function readMacKey(folder: TrustedFolder): { readonly key: Uint8Array; readonly file: TrustedFile } {
  const path = join(folder.path, trustRootFiles.macKey);
  // Its group may read it (the executor's); nobody else may.
  const file = folder.file(trustRootFiles.macKey, 0o037);
  const text = file?.bytes.toString("latin1") ?? "";
  if (file === undefined || !/^[0-9a-f]{64}\n?$/.test(text)) {
    throw invalid(
      file === undefined
        ? `the trust root ${folder.path} has no ${trustRootFiles.macKey}`
        : `${path} is not 64 hexadecimal digits`,
      `make a new one: (umask 077; openssl rand -hex 32 > ${path})`,
    );
  }
  return { key: new Uint8Array(Buffer.from(text.trimEnd(), "hex")), file };
}
