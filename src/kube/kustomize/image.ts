import { compileRegex } from "../cel/library/regex.ts";

export interface ImageChange {
  readonly name: string;
  readonly newName: string;
  readonly newTag: string;
  readonly tagSuffix: string;
  readonly digest: string;
}

/**
 * Makes of an image what the change makes of it; undefined when the change is for others. The name is a pattern
 * (kustomize api/internal/image).
 */
export function imageChanger(change: ImageChange): (image: string) => string | undefined {
  const regex = compileRegex(`^${change.name}(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$`);
  if (typeof regex === "string") return () => undefined;
  return (image) => (regex.matcher(image).find() ? changedImage(image, change) : undefined);
}

function changedImage(image: string, change: ImageChange): string {
  let [name, tag, digest] = split(image);
  if (change.newName !== "") name = change.newName;
  if (change.newTag !== "") {
    tag = change.newTag;
    digest = change.digest;
  } else if (change.digest !== "") {
    tag = "";
    digest = change.digest;
  } else if (change.tagSuffix !== "") {
    tag += change.tagSuffix;
    digest = "";
  }
  return `${name}${tag === "" ? "" : `:${tag}`}${digest === "" ? "" : `@${digest}`}`;
}

/** Name, tag and digest; a colon before the first slash belongs to the port of a registry. */
function split(image: string): [string, string, string] {
  const slash = Math.max(0, image.indexOf("/"));
  const at = image.indexOf("@", slash);
  const colon = image.indexOf(":", slash);
  if (colon >= 0 && (at < 0 || colon < at)) {
    const end = at < 0 ? image.length : at;
    return [image.slice(0, colon), image.slice(colon + 1, end), at < 0 ? "" : image.slice(at + 1)];
  }
  return at < 0 ? [image, "", ""] : [image.slice(0, at), "", image.slice(at + 1)];
}
