/** An image reference, taken apart as Docker does (distribution/reference). */
export interface ImageReference {
  /** `docker.io` when the text names no registry. */
  readonly registry: string;
  /** With `library/` for official images: `library/postgres`. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** Takes an image reference apart; never throws: what is no reference gives a repository that no table knows. */
export function parseImageReference(text: string): ImageReference {
  const at = text.indexOf("@");
  const digest = at < 0 ? undefined : text.slice(at + 1);
  let rest = at < 0 ? text : text.slice(0, at);
  const colon = rest.lastIndexOf(":");
  let tag: string | undefined;
  if (colon > rest.lastIndexOf("/")) {
    tag = rest.slice(colon + 1);
    rest = rest.slice(0, colon);
  }
  const slash = rest.indexOf("/");
  const first = slash < 0 ? "" : rest.slice(0, slash);
  // The first part is a registry only when it cannot be a user's name on Docker Hub.
  const named = first.includes(".") || first.includes(":") || first === "localhost";
  const registry = !named || first === "index.docker.io" ? "docker.io" : first;
  let repository = named ? rest.slice(slash + 1) : rest;
  if (registry === "docker.io" && !repository.includes("/")) repository = `library/${repository}`;
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** Whether the same reference may name other bytes tomorrow by convention: no tag, or `latest`, and no digest. */
export function isFloating(image: ImageReference): boolean {
  return image.digest === undefined && (image.tag === undefined || image.tag === "latest");
}
