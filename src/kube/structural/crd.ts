import { isArray, isObject, type Json, type JsonArray, type JsonObject, type JsonPath } from "../json.ts";
import { label1035Syntax, subdomainSyntax } from "../name-syntax.ts";
import { crdSchemaFaults } from "./crd-schema.ts";
import { type Fault, fault } from "./fault.ts";
import { numberOf, own, readSchema, SchemaTooLarge, textOf, textsOf } from "./schema.ts";

/** What the API server refuses of a CustomResourceDefinition of apiextensions.k8s.io/v1 (k8s.io/apiextensions-apiserver pkg/apis/apiextensions/validation). */
export function crdFaults(crd: JsonObject, minor: number): readonly Fault[] {
  const spec = own(crd, "spec");
  if (!isObject(spec)) return [fault("required", ["spec"], "is required")];
  const versions = own(spec, "versions");
  return [
    ...nameFaults(crd, spec),
    ...(isArray(versions)
      ? versionFaults(versions, minor)
      : [fault("required", ["spec", "versions"], "is required")]),
    ...conversionFaults(spec),
    ...(own(spec, "preserveUnknownFields") === true
      ? [
          fault(
            "value",
            ["spec", "preserveUnknownFields"],
            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
          ),
        ]
      : []),
    ...approvalFaults(crd, spec),
  ];
}

const LABEL =
  "must be a DNS-1035 label: lower case letters, digits and '-', beginning with a letter, at most 63 of them";

function isLabel(text: string): boolean {
  return text.length <= 63 && label1035Syntax.test(text);
}

function nameFaults(crd: JsonObject, spec: JsonObject): readonly Fault[] {
  const faults: Fault[] = [];
  const group = textOf(spec, "group");
  const plural = textOf(namesOf(spec), "plural");
  if (group === "") faults.push(fault("required", ["spec", "group"], "is required"));
  else if (group.length > 253 || !subdomainSyntax.test(group))
    faults.push(fault("value", ["spec", "group"], "must be a DNS subdomain"));
  else if (!group.includes("."))
    faults.push(fault("value", ["spec", "group"], "should be a domain with at least one dot"));
  const scope = textOf(spec, "scope");
  if (scope !== "Cluster" && scope !== "Namespaced")
    faults.push(
      fault(scope === "" ? "required" : "value", ["spec", "scope"], 'must be "Cluster" or "Namespaced"'),
    );
  faults.push(...kindFaults(namesOf(spec)));
  const metadata = own(crd, "metadata");
  const name = isObject(metadata) ? textOf(metadata, "name") : "";
  if (name !== `${plural}.${group}`)
    faults.push(fault("value", ["metadata", "name"], 'must be spec.names.plural+"."+spec.group'));
  return faults;
}

function namesOf(spec: JsonObject): JsonObject {
  const given = own(spec, "names");
  return isObject(given) ? given : {};
}

function kindFaults(names: JsonObject): readonly Fault[] {
  const faults: Fault[] = [];
  const path = ["spec", "names"];
  for (const name of ["plural", "kind"] as const) {
    if (textOf(names, name) === "") faults.push(fault("required", [...path, name], "is required"));
  }
  for (const name of ["plural", "singular", "kind", "listKind"] as const) {
    const text = textOf(names, name);
    const checked = name === "kind" || name === "listKind" ? text.toLowerCase() : text;
    if (text !== "" && !isLabel(checked)) faults.push(fault("value", [...path, name], LABEL));
  }
  for (const list of ["shortNames", "categories"] as const) {
    for (const [at, text] of textsOf(names, list).entries()) {
      if (!isLabel(text)) faults.push(fault("value", [...path, list, at], LABEL));
    }
  }
  const kind = textOf(names, "kind");
  if (kind !== "" && kind === textOf(names, "listKind"))
    faults.push(fault("value", [...path, "listKind"], "kind and listKind may not be the same"));
  return faults;
}

/** Groups of Kubernetes itself want to be told who approved them. */
function approvalFaults(crd: JsonObject, spec: JsonObject): readonly Fault[] {
  const group = textOf(spec, "group");
  if (!/(^|\.)(?:k8s|kubernetes)\.io$/.test(group)) return [];
  const metadata = own(crd, "metadata");
  const annotations = isObject(metadata) ? own(metadata, "annotations") : undefined;
  const key = "api-approved.kubernetes.io";
  const value = isObject(annotations) ? textOf(annotations, key) : "";
  const path = ["metadata", "annotations", key];
  if (value === "")
    return [
      fault(
        "required",
        path,
        "protected groups must have approval annotation, see https://github.com/kubernetes/enhancements/pull/1111",
      ),
    ];
  if (value.startsWith("unapproved") || /^https?:\/\/[^/]+/.test(value)) return [];
  return [
    fault(
      "value",
      path,
      `protected groups must have approval annotation with either a URL or a reason starting with "unapproved"`,
    ),
  ];
}

function versionFaults(versions: JsonArray, minor: number): readonly Fault[] {
  const path = ["spec", "versions"];
  const faults: Fault[] = [];
  const seen = new Set<string>();
  let storage = 0;
  for (const [at, item] of versions.entries()) {
    const version = isObject(item) ? item : {};
    const here = [...path, at];
    const name = textOf(version, "name");
    if (seen.has(name))
      faults.push(fault("duplicate", [...here, "name"], "must contain unique version names"));
    seen.add(name);
    if (!isLabel(name)) faults.push(fault("value", [...here, "name"], LABEL));
    if (own(version, "storage") === true) storage++;
    faults.push(...oneVersionFaults(version, here, minor));
  }
  if (storage !== 1)
    faults.push(fault("value", path, "must have exactly one version marked as storage version"));
  return faults;
}

function oneVersionFaults(version: JsonObject, path: JsonPath, minor: number): readonly Fault[] {
  const faults: Fault[] = [];
  const warning = own(version, "deprecationWarning");
  if (typeof warning === "string") {
    const place = [...path, "deprecationWarning"];
    if (own(version, "deprecated") !== true)
      faults.push(fault("value", place, "can only be set for deprecated versions"));
    if (warning === "") faults.push(fault("value", place, "must not be an empty string"));
    if (new TextEncoder().encode(warning).length > 256)
      faults.push(fault("value", place, "must be <= 256 characters long"));
  }
  const holder = own(version, "schema");
  const schema = isObject(holder) ? own(holder, "openAPIV3Schema") : undefined;
  const place = [...path, "schema", "openAPIV3Schema"];
  if (!isObject(schema)) faults.push(fault("required", place, "is required"));
  else faults.push(...readableSchemaFaults(schema, place, version, minor));
  faults.push(...scaleFaults(version, path), ...columnFaults(version, path));
  return faults;
}

function readableSchemaFaults(
  schema: JsonObject,
  path: JsonPath,
  version: JsonObject,
  minor: number,
): readonly Fault[] {
  const subresources = own(version, "subresources");
  const status = isObject(subresources) && isObject(own(subresources, "status"));
  try {
    const found = crdSchemaFaults(readSchema(schema), { minor, status });
    return found.map((each) => ({ ...each, path: [...path, ...each.path] }));
  } catch (error) {
    if (error instanceof SchemaTooLarge)
      return [fault("uncertain", path, "the schema is too large to be checked here")];
    throw error;
  }
}

function scaleFaults(version: JsonObject, path: JsonPath): readonly Fault[] {
  const subresources = own(version, "subresources");
  const scale = isObject(subresources) ? own(subresources, "scale") : undefined;
  if (!isObject(scale)) return [];
  const rows: readonly (readonly [string, readonly string[], boolean])[] = [
    ["specReplicasPath", [".spec."], true],
    ["statusReplicasPath", [".status."], true],
    ["labelSelectorPath", [".spec.", ".status."], false],
  ];
  return rows.flatMap(([name, starts, required]) => {
    const text = textOf(scale, name);
    const place = [...path, "subresources", "scale", name];
    if (text === "") return required ? [fault("required", place, "is required")] : [];
    return starts.some((start) => text.startsWith(start))
      ? []
      : [
          fault(
            "value",
            place,
            `should be a json path under ${starts.map((start) => start.slice(0, -1)).join(" or ")}`,
          ),
        ];
  });
}

const columnTypes: readonly string[] = ["boolean", "date", "integer", "number", "string"];
const columnFormats: readonly string[] = [
  "int32",
  "int64",
  "float",
  "double",
  "byte",
  "date",
  "date-time",
  "password",
];

function columnFaults(version: JsonObject, path: JsonPath): readonly Fault[] {
  const columns = own(version, "additionalPrinterColumns");
  if (!isArray(columns)) return [];
  return columns.flatMap((item, at) => {
    const column = isObject(item) ? item : {};
    const place = [...path, "additionalPrinterColumns", at];
    const found: Fault[] = [];
    if (textOf(column, "name") === "") found.push(fault("required", [...place, "name"], "is required"));
    if (!columnTypes.includes(textOf(column, "type")))
      found.push(fault("value", [...place, "type"], `must be one of ${columnTypes.join(",")}`));
    const format = textOf(column, "format");
    if (format !== "" && !columnFormats.includes(format))
      found.push(fault("value", [...place, "format"], `must be one of ${columnFormats.join(",")}`));
    const jsonPath = textOf(column, "jsonPath");
    if (!jsonPath.startsWith("."))
      found.push(
        fault(
          jsonPath === "" ? "required" : "value",
          [...place, "jsonPath"],
          "must be a simple json path starting with .",
        ),
      );
    return found;
  });
}

function conversionFaults(spec: JsonObject): readonly Fault[] {
  const conversion = own(spec, "conversion");
  if (!isObject(conversion)) return [];
  const path = ["spec", "conversion"];
  const strategy = textOf(conversion, "strategy");
  if (strategy !== "None" && strategy !== "Webhook")
    return [
      fault(strategy === "" ? "required" : "value", [...path, "strategy"], 'must be "None" or "Webhook"'),
    ];
  const webhook = own(conversion, "webhook");
  if (strategy === "None")
    return webhook === undefined
      ? []
      : [fault("value", [...path, "webhook"], "should not be set when strategy is not set to Webhook")];
  if (!isObject(webhook))
    return [fault("required", [...path, "webhook"], "required when strategy is set to Webhook")];
  return webhookFaults(webhook, [...path, "webhook"]);
}

function webhookFaults(webhook: JsonObject, path: JsonPath): readonly Fault[] {
  const faults: Fault[] = [];
  const client = own(webhook, "clientConfig");
  const given = isObject(client) ? client : {};
  const hasUrl = typeof own(given, "url") === "string";
  const service = own(given, "service");
  if (hasUrl === isObject(service))
    faults.push(fault("required", [...path, "clientConfig"], "exactly one of url or service is required"));
  if (hasUrl && !textOf(given, "url").startsWith("https://"))
    faults.push(fault("value", [...path, "clientConfig", "url"], "'https' is the only allowed URL scheme"));
  if (isObject(service)) faults.push(...serviceFaults(service, [...path, "clientConfig", "service"]));
  const versions = textsOf(webhook, "conversionReviewVersions");
  const place = [...path, "conversionReviewVersions"];
  if (versions.length === 0) faults.push(fault("required", place, "is required"));
  else if (!versions.some((version) => version === "v1" || version === "v1beta1"))
    faults.push(fault("value", place, "must include at least one of v1, v1beta1"));
  return faults;
}

function serviceFaults(service: JsonObject, path: JsonPath): readonly Fault[] {
  const faults: Fault[] = [];
  for (const name of ["name", "namespace"]) {
    if (textOf(service, name) === "") faults.push(fault("required", [...path, name], "is required"));
  }
  const port = numberOf(service, "port");
  if (port !== undefined && (port < 1 || port > 65_535))
    faults.push(
      fault("value", [...path, "port"], "port is not valid: must be between 1 and 65535, inclusive"),
    );
  return faults;
}

export function isCrd(object: JsonObject): boolean {
  const version: Json | undefined = own(object, "apiVersion");
  return own(object, "kind") === "CustomResourceDefinition" && version === "apiextensions.k8s.io/v1";
}
