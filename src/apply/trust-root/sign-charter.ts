import { chownSync } from "node:fs";
import { join } from "node:path";
import { OpsError } from "../../kube/ops-error.ts";
import { CHARTER_NAMESPACE } from "../../plan/approval-statement.ts";
import type { Charter } from "../../plan/charter.ts";
import { charterDigest } from "../../plan/charter/parse-charter.ts";
import { fingerprint } from "../approval/public-key.ts";
import { publicKeyOf, signMessage } from "../approval/sign.ts";
import { writeAtomically } from "../files/atomic-write.ts";
import { findSerial, isSeen, serialLine } from "./serial.ts";
import { missing, readCharter, readOwner, trustRootFiles } from "./trust-root-files.ts";
import { openTrustedFolder, type TrustedFile } from "./trusted-folder.ts";

/**
 * Signs the charter of a trust root with its owner's key. The bytes that are signed are read once; when the text differs
 * from the one that was signed before, its serial must be higher. Nothing is written unless the signature verifies.
 * @throws {OpsError} CHARTER_MISSING, CHARTER_INVALID, CHARTER_FOREIGN (not the pinned owner's key), CHARTER_SERIAL,
 * TRUST_ROOT_INVALID, KEY_UNUSABLE, SIGN_FAILED, OUTPUT_FAILED.
 */
export async function signCharter(
  path: string,
  keyFile: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<{ charter: Charter; digest: string }> {
  const folder = openTrustedFolder(path);
  if (folder === undefined) throw missing(path);
  const { charter, file } = readCharter(folder);
  const owner = readOwner(folder).key;
  const key = publicKeyOf(keyFile);
  if (key !== owner) {
    throw new OpsError(
      "CHARTER_FOREIGN",
      `${keyFile} is the key ${fingerprint(key)}, and the pinned owner of ${path} is ${fingerprint(owner)}`,
      { hint: "sign with the owner's key; the owner is pinned by kubeops charter init" },
    );
  }
  const { serial } = charter.metadata;
  const seen = findSerial(folder);
  if (seen !== undefined && serial <= seen.serial && !(serial === seen.serial && isSeen(seen, file.bytes))) {
    throw new OpsError(
      "CHARTER_SERIAL",
      `the charter was changed and has serial ${serial}; serial ${seen.serial} was signed before`,
      {
        hint: `set metadata.serial to ${seen.serial + 1} in ${join(path, trustRootFiles.charter)} and sign again`,
      },
    );
  }
  const armoured = await signMessage({
    keyFile,
    namespace: CHARTER_NAMESPACE,
    message: file.bytes,
    environment,
  });
  if (findSerial(folder)?.serial !== seen?.serial) {
    throw new OpsError("CHARTER_SERIAL", `another charter was signed in ${path} at the same time`, {
      hint: "look at it (kubeops charter show) and sign again",
    });
  }
  // The serial first: killed in between, the new charter is unsigned for a moment longer and the old one is out for good.
  put(join(path, trustRootFiles.serial), serialLine(serial, file.bytes), file);
  put(join(path, trustRootFiles.signature), armoured, file);
  return { charter, digest: charterDigest(charter) };
}

/** Whoever may read the charter may read what is needed to verify it: the same mode and group. */
function put(path: string, text: string, like: TrustedFile): void {
  writeAtomically(path, text, { mode: like.facts.mode & 0o644 });
  try {
    chownSync(path, like.facts.owner, like.group);
  } catch {
    // Only an administrator may give files away; then the file stays the signer's, and reading it says so.
  }
}
