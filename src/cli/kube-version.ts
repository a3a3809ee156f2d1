import { LATEST_MINOR, SUPPORTED_MINORS } from "../kube/catalogue/catalogue.ts";
import { OpsError } from "../kube/ops-error.ts";

/** The minor version that was asked for; null when none was: then a target may say which. */
export function namedMinor(version: string | undefined): number | null {
  return version === undefined ? null : minorOf(version);
}

/** `1.34`, `v1.34`, `1.34.2` → 34; the newest when none is named. */
export function minorOf(version: string | undefined): number {
  if (version === undefined) return LATEST_MINOR;
  const match = /^v?1\.(\d{1,3})(?:\.\d+)?$/.exec(version);
  const minor = match === null ? Number.NaN : Number(match[1]);
  if (!SUPPORTED_MINORS.includes(minor)) {
    throw new OpsError("USAGE", `${JSON.stringify(version)} is not a Kubernetes version that is known`, {
      hint: `known: ${SUPPORTED_MINORS.map((known) => `1.${known}`).join(", ")}`,
    });
  }
  return minor;
}
