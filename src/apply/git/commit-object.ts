/** Who stands in our commits: the tool. The persons stand in the trailers, with their signatures. */
const IDENTITY = "kubeops <kubeops@kubernetes-operations.dev>";

export interface CommitContent {
  readonly tree: string;
  readonly parent: string | null;
  readonly message: string;
  /** Milliseconds since 1970 UTC. */
  readonly time: number;
}

/** The bytes of a commit object without signature; what an SSH signature of git covers (git's commit.c, gpgsig). */
export function commitText(content: CommitContent): string {
  const stamp = `${IDENTITY} ${Math.floor(content.time / 1000)} +0000`;
  const parent = content.parent === null ? "" : `parent ${content.parent}\n`;
  return `tree ${content.tree}\n${parent}author ${stamp}\ncommitter ${stamp}\n\n${content.message}`;
}

/** Name of the header that holds the signature: it depends on the repository's hash (hash-function-transition.txt). */
function signatureHeader(text: string): "gpgsig" | "gpgsig-sha256" {
  return /^tree [0-9a-f]{64}\n/.test(text) ? "gpgsig-sha256" : "gpgsig";
}

/** The commit with an armoured signature in its header; following lines of a header begin with a space. */
export function withSignature(text: string, armoured: string): string {
  const end = text.indexOf("\n\n");
  const value = armoured.trimEnd().split("\n").join("\n ");
  return `${text.slice(0, end)}\n${signatureHeader(text)} ${value}${text.slice(end)}`;
}

/** The commit without its signature: two commits that agree here are the same change. */
export function withoutSignature(text: string): string {
  const end = text.indexOf("\n\n");
  const header = text.slice(0, end).replace(/\ngpgsig(?:-sha256)? [^\n]*(?:\n [^\n]*)*/g, "");
  return header + text.slice(end);
}
