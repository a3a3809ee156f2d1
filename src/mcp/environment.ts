/**
 * What the server keeps of its environment: where things lie, the language and the time zone. A host hands its own
 * environment down, API keys and all; nothing that the server starts (git, ssh-keygen) may inherit it.
 */
const kept: readonly string[] = [
  "PATH",
  "HOME",
  "LANG",
  "LC_ALL",
  "TZ",
  "TMPDIR",
  "XDG_STATE_HOME",
  "XDG_CONFIG_HOME",
  "XDG_CACHE_HOME",
  "KUBECONFIG",
  // What Windows cannot start a program without.
  "SystemRoot",
  "USERPROFILE",
];

/** Takes everything else out of the environment, in place, and gives what is left. */
export function scrubEnvironment(
  environment: Record<string, string | undefined>,
): Readonly<Record<string, string | undefined>> {
  for (const name of Object.keys(environment)) {
    if (!kept.includes(name)) delete environment[name];
  }
  return environment;
}
