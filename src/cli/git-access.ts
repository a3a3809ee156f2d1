import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { type GitLocation, type GitTargetPort, openGitTarget } from "../apply/git/git-target.ts";
import { OpsError } from "../kube/ops-error.ts";
import type { CliContext } from "./context.ts";
import type { GitAccessFlags } from "./flags.ts";

/** Opens a Git target with what the flags say about reaching it. */
export function openTarget(
  context: CliContext,
  flags: GitAccessFlags,
  location: GitLocation,
): Promise<GitTargetPort> {
  const credentials = location.url.startsWith("https://")
    ? credentialsFor(context, flags, location.url)
    : undefined;
  return openGitTarget(location, {
    ...(credentials === undefined ? {} : { credentials }),
    ...(flags.gitCa === undefined ? {} : { caFile: resolve(context.cwd, flags.gitCa) }),
    environment: context.env,
  });
}

/**
 * The line of the credentials file that is for the URL's host (the format of git-credential-store). The file must be the
 * user's alone: what others can read is no secret any more.
 */
function credentialsFor(
  context: CliContext,
  flags: GitAccessFlags,
  url: string,
): { readonly username: string; readonly password: string } | undefined {
  if (flags.gitCredentials === undefined) return undefined;
  const file = resolve(context.cwd, flags.gitCredentials);
  const { host } = new URL(url);
  for (const line of readPrivate(file).split("\n")) {
    if (!URL.canParse(line)) continue;
    const entry = new URL(line);
    if (entry.protocol === "https:" && entry.host === host && entry.password !== "") {
      return { username: decodeURIComponent(entry.username), password: decodeURIComponent(entry.password) };
    }
  }
  throw new OpsError("USAGE", `${file} has no line for ${host}`, {
    hint: "write https://user:token@host on a line of its own",
  });
}

function readPrivate(file: string): string {
  try {
    const { mode } = statSync(file);
    if ((mode & 0o077) !== 0) {
      throw new OpsError("USAGE", `${file} can be read by others`, { hint: `chmod 600 ${file}` });
    }
    return readFileSync(file, "utf8");
  } catch (cause) {
    if (OpsError.is(cause)) throw cause;
    throw new OpsError("INPUT_NOT_FOUND", `${file} cannot be read`, { cause });
  }
}
