/** The parts of an image reference (distribution reference grammar); undefined for a text that is none. */
export interface ImageReference {
  /** Host and port as written; `docker.io` where none is written. */
  readonly registry: string;
  /** Path below the registry; `library/` is added for official images of Docker Hub. */
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

const pattern =
  /^((?:[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*\/)*[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)(?::([\w][\w.-]{0,127}))?(?:@([a-z][a-z0-9]*(?:[+._-][a-z][a-z0-9]*)*:[0-9a-fA-F]{32,}))?$/i;

export function parseImage(text: string): ImageReference | undefined {
  // Longer references are refused by every runtime, and the pattern need not see them.
  if (text.length > 512) return undefined;
  const slash = text.indexOf("/");
  const first = slash < 0 ? "" : text.slice(0, slash);
  const hasHost = first !== "" && (/[.:]/.test(first) || first === "localhost");
  const rest = hasHost ? text.slice(slash + 1) : text;
  const match = pattern.exec(rest);
  if (match === null) return undefined;
  const path = match[1] ?? "";
  const registry = hasHost ? first.toLowerCase() : "docker.io";
  const official = (registry === "docker.io" || registry === "index.docker.io") && !path.includes("/");
  return {
    registry: registry === "index.docker.io" ? "docker.io" : registry,
    repository: official ? `library/${path}` : path,
    tag: match[2],
    digest: match[3],
  };
}
