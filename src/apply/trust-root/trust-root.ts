import { lstatSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { OpsError } from "../../kube/ops-error.ts";
import type { Charter } from "../../plan/charter.ts";
import { charterDigest } from "../../plan/charter/parse-charter.ts";
import { fingerprint } from "../approval/public-key.ts";
import { checkSerial, readSerial } from "./serial.ts";
import { standingOf } from "./standing.ts";
import {
  missing,
  parseCharterBytes,
  readCharter,
  readMacKey,
  readOwner,
  trustRootFiles,
  verifyCharter,
} from "./trust-root-files.ts";
import { openTrustedFolder } from "./trusted-folder.ts";

export { initTrustRoot } from "./init-trust-root.ts";
export { signCharter } from "./sign-charter.ts";

/** What decides on this machine: the signed charter, who signed it, and the key for MACs of live values. */
export interface TrustRoot {
  readonly path: string;
  /** "advisory" when the running user can write it, or it was named by a flag (kernel K6). */
  readonly standing: "owned by another user" | "advisory";
  readonly charter: Charter;
  readonly charterDigest: string;
  readonly owner: { readonly key: string; readonly fingerprint: string };
  readonly macKey: Uint8Array;
}

export interface TrustRootLocation {
  readonly path: string;
  /** A flag or the environment chose it: it can only be advisory. */
  readonly named: boolean;
}

const administrators = "/etc/kubeops";

/**
 * Where the trust root lies: the flag's folder, else /etc/kubeops when something is there (also something broken: it is
 * not passed over), else kubeops in the user's configuration folder when it is there. XDG_CONFIG_HOME comes from the
 * environment, so what it chooses counts as named.
 */
export function locateTrustRoot(options: {
  readonly flag?: string;
  readonly home: string;
  readonly xdgConfigHome?: string;
}): TrustRootLocation | undefined {
  if (options.flag !== undefined) return { path: resolve(options.flag), named: true };
  if (isThere(administrators)) return { path: administrators, named: false };
  // The XDG base directory specification: a relative path is to be ignored.
  const xdg =
    options.xdgConfigHome !== undefined && isAbsolute(options.xdgConfigHome)
      ? options.xdgConfigHome
      : undefined;
  const path = join(xdg ?? join(options.home, ".config"), "kubeops");
  return isThere(path) ? { path, named: xdg !== undefined } : undefined;
}

/**
 * Reads and verifies a trust root. The charter's bytes are read once, verified, and the same bytes parsed.
 * @throws {OpsError} CHARTER_MISSING, TRUST_ROOT_INVALID, CHARTER_UNSIGNED, CHARTER_FOREIGN (not the pinned owner's, or
 * other bytes), CHARTER_INVALID, CHARTER_SERIAL (older than one that was signed here).
 */
export function loadTrustRoot(location: TrustRootLocation): TrustRoot {
  const folder = openTrustedFolder(location.path);
  const charterFile = folder?.file(trustRootFiles.charter);
  if (folder === undefined || charterFile === undefined) throw missing(location.path);
  const owner = readOwner(folder);
  const signature = verifyCharter(folder, charterFile, owner.key);
  const charter = parseCharterBytes(charterFile.bytes, join(folder.path, trustRootFiles.charter));
  const serial = readSerial(folder);
  checkSerial(folder.path, charter.metadata.serial, charterFile.bytes, serial);
  const mac = readMacKey(folder);
  return Object.freeze({
    path: folder.path,
    standing: standingOf({
      named: location.named,
      user: process.getuid?.(),
      folder: folder.facts,
      files: [charterFile, owner.file, signature, serial.file, mac.file].map((file) => file.facts),
      ancestors: folder.ancestors,
    }),
    charter,
    charterDigest: charterDigest(charter),
    owner: Object.freeze({ key: owner.key, fingerprint: fingerprint(owner.key) }),
    macKey: mac.key,
  });
}

/** What `charter show` and `charter verify` print: as much as can be said, whether it holds or not. */
export interface TrustRootReport {
  readonly path: string;
  /** The first reason why the trust root does not hold, or null: then `trusted` is what it says. */
  readonly problem: OpsError | null;
  readonly trusted: Omit<TrustRoot, "macKey"> | null;
  /** The charter as it is written, signed or not; null when it is missing or invalid. */
  readonly written: { readonly charter: Charter; readonly digest: string } | null;
  /** The pinned owner; null when the pin is missing or damaged. */
  readonly owner: TrustRoot["owner"] | null;
  /** Highest serial that was signed here; null before the first signature. */
  readonly highestSerial: number | null;
}

/** Describes a trust root without throwing for what is wrong with it. The MAC key is in no report. */
export function describeTrustRoot(path: string, named: boolean = false): TrustRootReport {
  const attempt = <T>(act: () => T): T | OpsError => {
    try {
      return act();
    } catch (error) {
      if (OpsError.is(error)) return error;
      throw error;
    }
  };
  const loaded = attempt(() => loadTrustRoot({ path, named }));
  const folder = attempt(() => openTrustedFolder(path));
  const usable = OpsError.is(folder) ? undefined : folder;
  const written = attempt(() => usable && readCharter(usable));
  const owner = attempt(() => usable && readOwner(usable).key);
  const serial = attempt(() => usable && readSerial(usable));
  let trusted: TrustRootReport["trusted"] = null;
  if (!OpsError.is(loaded)) {
    const { macKey: _, ...shown } = loaded;
    trusted = Object.freeze(shown);
  }
  return Object.freeze({
    path,
    problem: OpsError.is(loaded) ? loaded : null,
    trusted,
    written:
      written === undefined || OpsError.is(written)
        ? null
        : Object.freeze({ charter: written.charter, digest: charterDigest(written.charter) }),
    owner:
      owner === undefined || OpsError.is(owner)
        ? null
        : Object.freeze({ key: owner, fingerprint: fingerprint(owner) }),
    highestSerial: serial === undefined || OpsError.is(serial) ? null : serial.serial,
  });
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    // Not allowed to look: it is there, and loading it says why it cannot be used.
    return !(error instanceof Error && "code" in error && error.code === "ENOTDIR");
  }
}
