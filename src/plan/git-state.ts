/** What a Git target holds at the plan's base, as the pure rooms see it. Read by apply/git; only files below the root. */
export interface GitState {
  /** Canonical URL: realpath of a local repository, or the https URL. */
  readonly url: string;
  readonly branch: string;
  /** Commit that the branch names; null when it is unborn. */
  readonly base: string | null;
  readonly root: string;
  /** Git tree id of `root`; null when it is not there. */
  readonly rootTree: string | null;
  readonly files: readonly GitFile[];
}

export interface GitFile {
  /** Relative to the repository's root. */
  readonly path: string;
  /** `100644`, `100755`; links (`120000`) and submodules (`160000`) are listed with empty text: the plan refuses them. */
  readonly mode: string;
  readonly blob: string;
  /** UTF-8 text; null for a file that is no UTF-8 text or larger than 4 MiB. */
  readonly text: string | null;
}
