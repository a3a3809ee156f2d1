import { isObject, type Json, type JsonObject, type JsonPath } from "../json.ts";
import { isLabelKey, isLabelValue } from "../selector.ts";
import { eachNode } from "./each-node.ts";
import { type Fault, fault } from "./fault.ts";
import type { Structural } from "./schema.ts";

/** Objects inside objects (`x-kubernetes-embedded-resource`): what their head must have (k8s.io/apiextensions-apiserver pkg/apiserver/schema/objectmeta). */
export function embeddedFaults(value: Json, schema: Structural, path: JsonPath): readonly Fault[] {
  const faults: Fault[] = [];
  eachNode(value, schema, path, (object, { embedded }, at) => {
    if (embedded && isObject(object)) faults.push(...headFaults(object, at));
  });
  return faults;
}

function headFaults(value: JsonObject, path: JsonPath): readonly Fault[] {
  const faults: Fault[] = [];
  for (const name of ["apiVersion", "kind"] as const) {
    const member = Object.hasOwn(value, name) ? value[name] : undefined;
    const wrong = member === undefined ? "is required" : textFault(name, member);
    if (wrong !== undefined)
      faults.push(fault(member === undefined ? "required" : "value", [...path, name], wrong));
  }
  const metadata = Object.hasOwn(value, "metadata") ? value["metadata"] : undefined;
  if (metadata !== undefined && !isObject(metadata))
    faults.push(fault("type", [...path, "metadata"], "must be an object"));
  else if (metadata !== undefined) faults.push(...metadataFaults(metadata, [...path, "metadata"]));
  return faults;
}

function textFault(name: "apiVersion" | "kind", value: Json): string | undefined {
  if (typeof value !== "string") return "must be a string";
  if (value === "") return "must not be empty";
  if (name === "apiVersion")
    return value.split("/").length > 2 ? `unexpected GroupVersion string: ${value}` : undefined;
  return /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/i.test(value) && value.length <= 63
    ? undefined
    : "must be a name in letters, digits and '-'";
}

const texts: readonly string[] = ["name", "generateName", "namespace", "uid", "resourceVersion", "selfLink"];

function metadataFaults(metadata: JsonObject, path: JsonPath): readonly Fault[] {
  const faults: Fault[] = [];
  for (const [name, value] of Object.entries(metadata)) {
    const inner = [...path, name];
    if (texts.includes(name) && typeof value !== "string")
      faults.push(fault("type", inner, "must be a string"));
    if (name !== "labels" && name !== "annotations") continue;
    if (!isObject(value)) {
      faults.push(fault("type", inner, "must be an object"));
      continue;
    }
    for (const [key, text] of Object.entries(value)) {
      if (typeof text !== "string") faults.push(fault("type", [...inner, key], "must be a string"));
      else if (!isLabelKey(name === "annotations" ? key.toLowerCase() : key))
        faults.push(fault("value", [...inner, key], "is no key of a label or annotation"));
      else if (name === "labels" && !isLabelValue(text))
        faults.push(fault("value", [...inner, key], "is no value of a label"));
    }
  }
  return faults;
}
