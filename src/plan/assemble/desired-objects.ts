import { isArray, isObject, type Json, type JsonObject, pathText, type JsonPath } from "../../kube/json.ts";
import { LAST_APPLIED } from "../../kube/last-applied.ts";
import { identity, keyText, objectKey } from "../../kube/object-key.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import type { ObjectKey } from "../../kube/read-object.ts";
import { byKey } from "../facts/build-facts.ts";
import { literalCredential } from "../secrets/literal-credentials.ts";

/** Keys in the order of plans, each identity once. */
export function distinct(keys: readonly ObjectKey[]): readonly ObjectKey[] {
  const byIdentity = new Map(keys.map((key) => [identity(key), key]));
  return [...byIdentity.values()]
    .map((key) => ({ key }))
    .sort(byKey)
    .map(({ key }) => key);
}

/**
 * The desired objects by identity. What authoring makes has references already, and what an undo brings back stands in the
 * history of the target: literals that look like credentials are refused in objects that are given.
 * @throws {OpsError} INPUT_SECRET_DATA, INPUT_DUPLICATE, INPUT_REFUSED for what no plan may hold.
 */
export function desiredObjects(
  objects: readonly JsonObject[],
  given: { readonly literals: "refused" | "known" },
): ReadonlyMap<string, JsonObject> {
  const byIdentity = new Map<string, JsonObject>();
  for (const object of objects) {
    const key = objectKey(object);
    const name = printable(keyText(key));
    if (key.version === "" || key.kind === "" || key.name === "") {
      throw new OpsError(
        "INPUT_REFUSED",
        `${name === " " ? "an object" : name} lacks apiVersion, kind or metadata.name`,
      );
    }
    const inexact = inexactNumber(object, []);
    if (inexact !== undefined) {
      throw new OpsError(
        "INPUT_REFUSED",
        `${name}: ${printable(pathText(inexact))} is a number that JSON cannot carry exactly`,
      );
    }
    refuseSecretData(key, object);
    if (given.literals === "refused") refuseLiteralCredential(object);
    const id = identity(key);
    if (byIdentity.has(id)) {
      throw new OpsError("INPUT_DUPLICATE", `${name} stands twice in the request`, {
        hint: "one object has one place; remove the other",
      });
    }
    byIdentity.set(id, object);
  }
  return byIdentity;
}

const harmlessOfSecret: ReadonlySet<string> = new Set([
  "apiVersion",
  "kind",
  "metadata",
  "type",
  "immutable",
]);

/** Kernel K16: a value that entered a plan would stand in files, logs and Git for ever. */
function refuseSecretData(key: ObjectKey, object: JsonObject): void {
  if (key.group !== "" || key.kind !== "Secret") return;
  const metadata = isObject(object["metadata"]) ? object["metadata"] : {};
  const annotations = isObject(metadata["annotations"]) ? metadata["annotations"] : {};
  // Also a member that Kubernetes does not know: a misspelt one holds the same values.
  const holder = Object.keys(object).find((member) => {
    if (harmlessOfSecret.has(member)) return false;
    const value = object[member];
    return isObject(value) ? Object.keys(value).length > 0 : value !== undefined && value !== null;
  });
  // kubectl writes the whole object, values included, into this annotation.
  const copied = Object.hasOwn(annotations, LAST_APPLIED);
  if (holder === undefined && !copied) return;
  const name = printable(key.name);
  throw new OpsError(
    "INPUT_SECRET_DATA",
    `Secret ${printable(key.namespace)}/${name} carries values in ${holder === undefined ? "its annotation last-applied-configuration" : printable(holder)}; values never enter a plan`,
    {
      hint: `take the Secret out of the request and let its owner create it: kubectl create secret generic ${name} -n ${printable(key.namespace)} --from-file=KEY=FILE; workloads name it by reference`,
    },
  );
}

/** Kernel K16: given objects are carried out as they are, so that a literal cannot become a reference on the way. */
function refuseLiteralCredential(object: JsonObject): void {
  const found = literalCredential(object);
  if (found === undefined) return;
  throw new OpsError(
    "INPUT_SECRET_DATA",
    `${printable(keyText(objectKey(object)))}: ${printable(found.path)} looks like a credential (${found.what}); values never enter a plan`,
    {
      hint: "let its owner put it into a Secret (kubectl create secret generic NAME --from-file=KEY=FILE) and name that: valueFrom.secretKeyRef, envFrom or a volume",
    },
  );
}

function inexactNumber(value: Json, path: JsonPath): JsonPath | undefined {
  if (typeof value === "number") {
    return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
      ? undefined
      : path;
  }
  const parts: readonly (readonly [string | number, Json])[] = isArray(value)
    ? [...value.entries()]
    : isObject(value)
      ? Object.entries(value)
      : [];
  for (const [step, part] of parts) {
    const found = inexactNumber(part, [...path, step]);
    if (found !== undefined) return found;
  }
  return undefined;
}
