import { rows } from "./catalogue.generated.ts";
import { type ResourceType, versionsOf } from "./catalogue.ts";
import { shortNames } from "./short-names.generated.ts";

/** Words that people write for a kind, in lower case: kind, plural, short name; with the versions of each kind of that name. */
let words: ReadonlyMap<string, readonly (readonly ResourceType[])[]> | undefined;

/**
 * The native kinds that a word names, as kubectl takes it: kind, plural or short name in any case, with `.group` or
 * `.version.group` behind it. Each as its versions, stable first, newest first. Kinds of the core group come first, then
 * by the name of the group. Empty when nothing has the name.
 */
export function findResources(word: string): readonly (readonly ResourceType[])[] {
  words ??= index();
  const [name = "", ...rest] = word.toLowerCase().split(".");
  const found = words.get(name) ?? [];
  if (rest.length === 0) return found;
  const suffix = rest.join(".");
  const byGroup = found.filter(([type]) => type?.group === suffix);
  if (byGroup.length > 0) return byGroup;
  const [version = "", ...group] = rest;
  return found
    .filter(([type]) => type?.group === group.join("."))
    .map((versions) => versions.filter((type) => type.version === version))
    .filter((versions) => versions.length > 0);
}

/** Every word that `findResources` knows, without groups. */
export function resourceWords(): readonly string[] {
  words ??= index();
  return [...words.keys()];
}

function index(): ReadonlyMap<string, readonly (readonly ResourceType[])[]> {
  const found = new Map<string, (readonly ResourceType[])[]>();
  const seen = new Set<string>();
  for (const [group, , kind, plural] of rows) {
    const id = `${group}/${kind}`;
    if (seen.has(id)) continue;
    seen.add(id);
    const names = [
      kind.toLowerCase(),
      plural,
      ...(Object.hasOwn(shortNames, id) ? (shortNames[id] ?? []) : []),
    ];
    for (const name of new Set(names)) {
      const list = found.get(name);
      if (list === undefined) found.set(name, [versionsOf(group, kind)]);
      else list.push(versionsOf(group, kind));
    }
  }
  return found;
}
