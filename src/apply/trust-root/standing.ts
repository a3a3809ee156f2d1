/** Who can change a path, as the running process sees it. */
export interface PathFacts {
  readonly owner: number;
  /** Permission bits and the sticky bit. */
  readonly mode: number;
  /** The running user may write to it (access lists and capabilities included). */
  readonly writable: boolean;
}

export interface StandingFacts {
  /** Chosen by a flag or the environment. */
  readonly named: boolean;
  /** User id of the process; undefined where there is none. */
  readonly user: number | undefined;
  readonly folder: PathFacts;
  readonly files: readonly PathFacts[];
  readonly ancestors: readonly PathFacts[];
}

/**
 * Whether a trust root binds the running user, or only advises them (kernel K6). It binds when it was not named by
 * whoever started us, and the user can neither write to its folder and files, nor make them writable (own them), nor
 * put another folder in its place: every folder above belongs to the administrator, who alone can write to it.
 */
export function standingOf(facts: StandingFacts): "owned by another user" | "advisory" {
  if (facts.named || facts.user === undefined || facts.user === 0) return "advisory";
  const inReach = (path: PathFacts): boolean => path.writable || path.owner === facts.user;
  if ([facts.folder, ...facts.files, ...facts.ancestors].some(inReach)) return "advisory";
  const replaceable = facts.ancestors.some((path) => path.owner !== 0 || (path.mode & 0o022) !== 0);
  return replaceable ? "advisory" : "owned by another user";
}
