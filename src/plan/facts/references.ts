import { isArray, isObject, type Json, type JsonObject, valueAt } from "../../kube/json.ts";
import { objectKey } from "../../kube/object-key.ts";

/** One use of another object by name. */
export interface Reference {
  readonly name: string;
  readonly namespace: string;
  /** Key inside the Secret or ConfigMap, when one is named. */
  readonly key?: string;
  /** Where it is used, with named list items by their names. */
  readonly path: string;
}

/**
 * Uses of Secrets: every `secretKeyRef`, `secretRef`, `…SecretRef`, `secret` volume or projection, and `secretName`, at
 * any depth of any kind, so that volume drivers, Ingress TLS and other people's kinds are seen too.
 */
export function secretUses(object: JsonObject): readonly Reference[] {
  return uses(object, (member, value) => {
    if (/^imagePullSecrets?$/iu.test(member)) return undefined;
    if (/secretName$/iu.test(member) && typeof value === "string") return { name: value };
    if (/secret(?:KeyRef|Ref)?$/iu.test(member) && isObject(value))
      return named(value, ["name", "secretName"]);
    return undefined;
  });
}

/** Secrets that a ServiceAccount lists (`secrets`). */
export function listedSecrets(object: JsonObject): readonly Reference[] {
  const list = valueAt(object, ["secrets"]);
  if (objectKey(object).kind !== "ServiceAccount" || !isArray(list)) return [];
  return list.flatMap((item) => {
    const name = valueAt(item, ["name"]);
    return typeof name === "string"
      ? [{ name, namespace: objectKey(object).namespace, path: `secrets[name=${name}]` }]
      : [];
  });
}

/** Uses of ConfigMaps: `configMapKeyRef`, `configMapRef`, `configMap` volumes and projections. */
export function configMapUses(object: JsonObject): readonly Reference[] {
  return uses(object, (member, value) =>
    /^configMap(?:KeyRef|Ref)?$/u.test(member) && isObject(value) ? named(value, ["name"]) : undefined,
  );
}

/** Uses of Secrets as credentials of a registry. */
export function imagePullSecretUses(object: JsonObject): readonly Reference[] {
  return uses(object, (member, value) =>
    /^imagePullSecrets?$/iu.test(member) && isArray(value)
      ? value.flatMap((item) => named(item, ["name"]) ?? [])
      : undefined,
  );
}

interface Named {
  readonly name: string;
  readonly namespace?: string;
  readonly key?: string;
}

function named(value: Json, members: readonly string[]): Named | undefined {
  for (const member of members) {
    const name = valueAt(value, [member]);
    if (typeof name !== "string" || name === "") continue;
    const namespace = valueAt(value, ["namespace"]);
    const key = valueAt(value, ["key"]);
    return {
      name,
      ...(typeof namespace === "string" ? { namespace } : {}),
      ...(typeof key === "string" ? { key } : {}),
    };
  }
  return undefined;
}

function uses(
  object: JsonObject,
  match: (member: string, value: Json) => Named | readonly Named[] | undefined,
): readonly Reference[] {
  const home = objectKey(object).namespace;
  const found: Reference[] = [];
  walk(object, "", (member, value, path) => {
    const matched = match(member, value);
    if (matched === undefined) return;
    for (const one of Array.isArray(matched) ? (matched as readonly Named[]) : [matched as Named]) {
      found.push({ ...one, namespace: one.namespace ?? home, path });
    }
  });
  return found;
}

/** Visits every member of every mapping, outermost first. List items that have a name stand in paths by it. */
export function walk(
  value: Json,
  path: string,
  visit: (member: string, value: Json, path: string) => void,
): void {
  if (isArray(value)) {
    for (const [index, item] of value.entries()) {
      const name = valueAt(item, ["name"]);
      walk(item, `${path}[${typeof name === "string" ? `name=${name}` : index}]`, visit);
    }
  } else if (isObject(value)) {
    for (const [member, item] of Object.entries(value)) {
      const below = path === "" ? member : `${path}.${member}`;
      visit(member, item, below);
      walk(item, below, visit);
    }
  }
}
