import { join, resolve } from "node:path";
import { OpsError } from "../kube/ops-error.ts";
import type { CliContext } from "./context.ts";

function home(context: CliContext): string {
  const folder = context.env["HOME"];
  if (folder === undefined || folder === "") {
    throw new OpsError("USAGE", "HOME is not set", {
      hint: "set HOME, or name the folders with --trust-root and --state",
    });
  }
  return folder;
}

/** State folder: the flag, else $XDG_STATE_HOME/kubeops, else ~/.local/state/kubeops. */
export function statePath(context: CliContext, flag: string | undefined): string {
  if (flag !== undefined) return resolve(context.cwd, flag);
  const base = context.env["XDG_STATE_HOME"];
  return base !== undefined && base.startsWith("/")
    ? join(base, "kubeops")
    : join(home(context), ".local", "state", "kubeops");
}

/**
 * Folder of caches: $XDG_CACHE_HOME/kubeops, else ~/.cache/kubeops. What only looks into it needs no HOME: then ~ is the
 * home that the database of users tells, and of a user who has none nothing is found there.
 */
export function cachePath(context: CliContext): string {
  const base = context.env["XDG_CACHE_HOME"];
  if (base !== undefined && base.startsWith("/")) return join(base, "kubeops");
  return join(context.env["HOME"] || context.home, ".cache", "kubeops");
}
