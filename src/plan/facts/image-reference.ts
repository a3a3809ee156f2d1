/** A container image as the runtime resolves its name. */
export interface ImageName {
  readonly registry: string;
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string | null;
}

const domain =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$/u;
const part = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/u;
const tagName = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/u;
const digestName = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/u;

/**
 * Reads an image's name by the grammar of distribution/reference (reference.go, normalize.go): the first part is a
 * registry when it has a dot, a colon or an upper-case letter, or is `localhost`; else the image is of docker.io, and of
 * docker.io/library when it has one part. Undefined for what a runtime would refuse: the charter cannot decide it.
 */
export function parseImage(text: string): ImageName | undefined {
  const at = text.indexOf("@");
  const digest = at < 0 ? null : text.slice(at + 1);
  const named = at < 0 ? text : text.slice(0, at);
  const slash = named.indexOf("/");
  const first = slash < 0 ? "" : named.slice(0, slash);
  const hasRegistry = /[.:]/u.test(first) || first === "localhost" || first !== first.toLowerCase();
  const path = hasRegistry ? named.slice(slash + 1) : named;
  const colon = path.lastIndexOf(":");
  const tag = colon < 0 ? null : path.slice(colon + 1);
  let repository = colon < 0 ? path : path.slice(0, colon);
  const registry = !hasRegistry || first === "index.docker.io" ? "docker.io" : first;
  if (registry === "docker.io" && !repository.includes("/")) repository = `library/${repository}`;
  const holds =
    domain.test(registry) &&
    repository.length <= 255 &&
    repository.split("/").every((item) => part.test(item)) &&
    (tag === null || tagName.test(tag)) &&
    (digest === null || digestName.test(digest));
  return holds ? { registry: registry.toLowerCase(), repository, tag, digest } : undefined;
}

/** Whether a registry or repository prefix of a charter holds the image; prefixes end at a boundary of the path. */
export function imageAllowed(
  prefixes: readonly string[],
  image: Pick<ImageName, "registry" | "repository">,
): boolean {
  const full = `${image.registry}/${image.repository}`;
  return prefixes.some((prefix) => prefix === "*" || full === prefix || full.startsWith(`${prefix}/`));
}
