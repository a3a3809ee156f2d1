import type { ObjectKey } from "../../kube/read-object.ts";

/**
 * What of a text may reach a model: it must look like what it is said to be. Names, paths and references come from
 * files and clusters that anybody may have written; a text that fits no grammar is withheld, never cleaned.
 */
export const WITHHELD: string = "(withheld)";

/** Names of objects, labels, images' parts: no white space, nothing that could be a sentence. */
const name = /^[A-Za-z0-9](?:[A-Za-z0-9._:-]{0,251}[A-Za-z0-9])?$/u;
const group = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)?$/u;
const kind = /^[A-Za-z][A-Za-z0-9]{0,62}$/u;
const image = /^[a-z0-9](?:[A-Za-z0-9._/@:-]{0,510}[A-Za-z0-9])?$/u;
const file = /^[A-Za-z0-9._-]{1,255}(?:\/[A-Za-z0-9._-]{1,255}){0,31}$/u;
const code = /^[a-z][a-z0-9-]{0,63}(?:\/[A-Za-z0-9._-]{1,63}){0,4}$/u;

const fits = (grammar: RegExp, text: string): string => (grammar.test(text) ? text : WITHHELD);

export function safeName(text: string): string {
  return fits(name, text);
}

export function safeImage(text: string): string {
  return fits(image, text);
}

export function safeFile(text: string): string {
  return fits(file, text);
}

/** Ids of findings, rules and facts. */
export function safeCode(text: string): string {
  return fits(code, text);
}

export function safeDigest(text: string): string {
  return fits(/^sha256:[0-9a-f]{64}$/u, text);
}

/** `Deployment.apps shop/web`, each part by its own grammar. */
export function safeObject(key: ObjectKey): string {
  const what = fits(kind, key.kind) + (key.group === "" ? "" : `.${fits(group, key.group)}`);
  const where = key.namespace === "" ? "" : `${safeName(key.namespace)}/`;
  return `${what} ${where}${safeName(key.name)}`;
}

/** One step of a path: `.key`, `[0]`, `[name=web]`, or `["app.kubernetes.io/name"]`. */
const step =
  /^(?:\.?[A-Za-z_][A-Za-z0-9_-]{0,62}|\[\d{1,6}\]|\[[A-Za-z]{1,32}=[A-Za-z0-9._/-]{1,128}(?:,[A-Za-z]{1,32}=[A-Za-z0-9._/-]{1,128}){0,3}\]|\["[A-Za-z0-9]([A-Za-z0-9._/-]{0,251}[A-Za-z0-9])?"\])/u;

/** A path as far as its steps are structure; the rest is left out, and the end says so. */
export function safePath(path: string): string {
  let rest = path;
  let shown = "";
  while (rest !== "" && shown.length < 512) {
    const match = step.exec(rest)?.[0];
    if (match === undefined) break;
    shown += match;
    rest = rest.slice(match.length);
  }
  return rest === "" ? shown : `${shown}${WITHHELD}`;
}
