import type { Place } from "../place.ts";
import { printable } from "../printable.ts";
import { Unsupported } from "./stop.ts";

/** Whether a resource is named by an address. */
export function isUrl(name: string): boolean {
  return /^[a-z][a-z+.-]*:/i.test(name);
}

/** What kustomize fetches: URLs, and repositories by host (api/internal/git/repospec.go). */
export function isRemote(name: string): boolean {
  return (
    isUrl(name) ||
    /^(?:[^/@]+@[^/]+[:/]|[a-z0-9-]+(?:\.[a-z0-9-]+)+\/.+)/i.test(name) ||
    /[?&](?:ref|version)=/.test(name) ||
    name.includes("//")
  );
}

/** A path from the folder that is built, of what is named in a folder of such a path. */
export function originOf(origin: string, name: string, place: Place): string {
  if (isRemote(name)) throw new Unsupported(`the origin ${printable(name)}`, place);
  const parts: string[] = [];
  for (const part of `${origin}/${name}`.split("/")) {
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}
