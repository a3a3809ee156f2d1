// One bundle of the types of every supported minor: a definition once, its fields with the minors that have them.
import { resources } from "../catalogue/discovery.mjs";
import { featureGates } from "./features.mjs";
import { descriptionOf, goPackage, tagsOf } from "./go-types.mjs";
import { apiPackages, componentPackages, packageFolder } from "./sources.mjs";

const META = "k8s.io/apimachinery/pkg/apis/meta/v1";
const EXTENSIONS = "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1";

/** Types that decode themselves (UnmarshalJSON): what the interpreter calls them. */
const special = new Map([
  [`${META}.Time`, "time"],
  [`${META}.MicroTime`, "microtime"],
  [`${META}.Duration`, "duration"],
  [`${META}.FieldsV1`, "any"],
  ["k8s.io/apimachinery/pkg/api/resource.Quantity", "quantity"],
  ["k8s.io/apimachinery/pkg/util/intstr.IntOrString", "intstr"],
  ["k8s.io/apimachinery/pkg/runtime.RawExtension", "any"],
  ["k8s.io/apimachinery/pkg/runtime.Unknown", "any"],
  [`${EXTENSIONS}.JSON`, "any"],
  [`${EXTENSIONS}.JSONSchemaPropsOrArray`, "any"],
  [`${EXTENSIONS}.JSONSchemaPropsOrBool`, "any"],
  [`${EXTENSIONS}.JSONSchemaPropsOrStringArray`, "any"],
  ["k8s.io/component-base/logs/api/v1.TimeOrMetaDuration", "any"],
  ["k8s.io/component-base/logs/api/v1.VModuleConfiguration", "any"],
  ["k8s.io/apimachinery/pkg/api/resource.QuantityValue", "quantity"],
  ["k8s.io/kubernetes/cmd/kubeadm/app/apis/bootstraptoken/v1.BootstrapTokenString", "string"],
]);
const kinds = new Set([
  "string",
  "bool",
  "int",
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
  "uint16",
  "uint32",
  "uint64",
  "float32",
  "float64",
]);

/**
 * @param {{ minor: number, version: string, folder: string, staging: Map<string, string> }[]} modules oldest first
 */
export function bundleOf(modules) {
  const definitions = []; // { key, name, rows: Map<field, Map<text, mask>>, docs }
  const numbers = new Map();
  const enums = []; // { name, values: Map<value, mask> }
  const enumNumbers = new Map();
  const roots = new Map(); // group/version/kind → definition
  const components = new Map();
  const gates = new Map(); // gate → mask of the minors that have it on

  for (const module of modules) {
    const bit = 1 << (module.minor - modules[0].minor);
    for (const [gate, on] of featureGates(module)) {
      const row = gates.get(gate) ?? { on: 0, known: 0 };
      gates.set(gate, { on: row.on | (on ? bit : 0), known: row.known | bit });
    }
    const packages = new Map();
    const packageOf = (path) => {
      if (!packages.has(path)) {
        const folder = packageFolder(module.staging, path);
        packages.set(path, folder === undefined ? undefined : goPackage(folder));
      }
      return packages.get(path);
    };
    const done = new Set();
    const context = { bit, packageOf, done, definitions, numbers, enums, enumNumbers };

    const byGroup = new Map();
    for (const path of apiPackages(module.staging))
      byGroup.set(`${packageOf(path).group ?? ""}/${path.split("/").at(-1)}`, path);
    for (const { group, version, kind } of resources(module)) {
      const path = byGroup.get(`${group}/${version}`);
      if (path === undefined) throw new Error(`no package for ${group}/${version}`);
      roots.set(`${group}/${version}/${kind}`, structNumber(path, kind, context));
    }
    for (const path of componentPackages) {
      const found = packageOf(path);
      if (found === undefined) continue;
      for (const type of found.types.values()) {
        const isRoot =
          type.kind === "struct" &&
          type.fields.some((field) => field.inline && /(?:^|\.)TypeMeta$/.test(field.type));
        if (!isRoot || type.name.endsWith("List")) continue;
        const key = `${found.group}/${path.split("/").at(-1)}/${type.name}`;
        components.set(key, structNumber(path, type.name, context));
      }
    }
  }
  return { definitions, enums, roots, components, gates };
}

/** Number of a struct; its fields are read for the minor at hand. */
function structNumber(path, name, context) {
  const key = `${path}.${name}`;
  let number = context.numbers.get(key);
  if (number === undefined) {
    number =
      context.definitions.push({ key, name: goName(path, name), rows: new Map(), docs: {}, minors: 0 }) - 1;
    context.numbers.set(key, number);
  }
  if (context.done.has(key)) return number;
  context.done.add(key);
  const definition = context.definitions[number];
  definition.minors |= context.bit;
  const type = context.packageOf(path)?.types.get(name);
  if (type === undefined) throw new Error(`no type ${key}`);
  definition.docs[""] = descriptionOf(type.doc);
  addFields(definition, path, type, context);
  return number;
}

function addFields(definition, path, type, context) {
  for (const field of type.fields) {
    if (field.inline) {
      const [innerPath, innerName] = qualified(field.type.replace(/^\*/, ""), path, field.imports);
      addInlined(definition, innerPath, innerName, context);
      continue;
    }
    const tags = tagsOf(field.doc);
    const row = JSON.stringify([typeOf(field.type, path, field.imports, context), attributes(field, tags)]);
    const rows = definition.rows.get(field.json) ?? new Map();
    rows.set(row, (rows.get(row) ?? 0) | context.bit);
    definition.rows.set(field.json, rows);
    definition.docs[field.json] = descriptionOf(field.doc);
  }
}

/** The fields of an embedded struct, through the aliases of its name. */
function addInlined(definition, path, name, context) {
  const inner = context.packageOf(path)?.types.get(name);
  if (inner?.kind === "struct") addFields(definition, path, inner, context);
  else if (inner !== undefined)
    addInlined(definition, ...qualified(inner.type, path, inner.imports), context);
}

function attributes(field, tags) {
  const attributes = {};
  const named = (name) => tags.filter((tag) => tag.name === name);
  // The rule of openapi-gen.
  if (!field.omitempty && named("optional").length === 0 && named("k8s:optional").length === 0)
    attributes.r = 1;
  if (named("required").length > 0) attributes.r = 1;
  // Required by declarative validation, so the server refuses its absence whatever the hand-written code does.
  if (tags.some((tag) => tag.name === "k8s:required" && tag.argument === "" && tag.stage !== "alpha"))
    attributes.r = 2;
  const gate = named("featureGate").flatMap((tag) => tag.value.split(",").map((part) => part.trim()));
  if (gate.length > 0) attributes.g = [...new Set(gate)].sort();
  const keys = [...named("listMapKey"), ...named("k8s:listMapKey")].map((tag) =>
    tag.value.replaceAll('"', ""),
  );
  const [list] = [...named("listType"), ...named("k8s:listType")];
  if (list?.value === "map") attributes.l = [...new Set(keys)];
  else if (list !== undefined) attributes.l = list.value;
  const [fallback] = [...named("default"), ...named("k8s:default")];
  if (fallback !== undefined && !fallback.value.startsWith("ref(")) attributes.d = jsonOr(fallback.value);
  if (named("k8s:immutable").length > 0) attributes.i = 1;
  for (const [tag, name] of [
    ["minimum", "min"],
    ["maximum", "max"],
    ["maxItems", "items"],
    ["maxLength", "length"],
    ["maxBytes", "bytes"],
  ]) {
    const found = named(`k8s:${tag}`).find(
      (entry) => entry.argument === "" && /^-?[0-9]+$/.test(entry.value),
    );
    if (found !== undefined) attributes[name] = Number(found.value);
  }
  const [format] = named("k8s:format");
  if (format !== undefined) attributes.f = format.value.replaceAll('"', "");
  const [member] = named("k8s:unionMember");
  if (member !== undefined) attributes.u = 1;
  return attributes;
}

function jsonOr(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function qualified(text, path, imports) {
  const dot = text.indexOf(".");
  return dot < 0 ? [path, text] : [imports.get(text.slice(0, dot)) ?? "", text.slice(dot + 1)];
}

/** As Go prints the type of a value of it: last part of the package, and the name. */
function goName(path, name) {
  return `${path.split("/").at(-1)}.${name}`;
}

/** number: struct; text: scalar, with its Go name behind a space; "enum N"; [item, Go name]: list; {"*": value, of: Go name}: map. */
function typeOf(text, path, imports, context, name) {
  const bare = text.replace(/^\*+/, "");
  const suffix = name === undefined ? "" : ` ${name}`;
  if (bare === "[]byte") return `bytes${suffix}`;
  if (bare.startsWith("[]")) {
    const item = typeOf(bare.slice(2), path, imports, context);
    return name === undefined ? [item] : [item, name];
  }
  if (bare.startsWith("map[")) {
    const close = bare.indexOf("]");
    const value = typeOf(bare.slice(close + 1), path, imports, context);
    const keyType = bare.slice(4, close);
    const key = kinds.has(keyType) ? keyType : goName(...qualified(keyType, path, imports));
    return { "*": value, ...(key === "string" ? {} : { key }), ...(name === undefined ? {} : { of: name }) };
  }
  if (kinds.has(bare)) return `${bare}${suffix}`;
  const [packagePath, typeName] = qualified(bare, path, imports);
  const key = `${packagePath}.${typeName}`;
  const own = special.get(key);
  if (own !== undefined) return own;
  const type = context.packageOf(packagePath)?.types.get(typeName);
  if (type === undefined) return known(packagePath, typeName);
  if (type.kind === "struct") return structNumber(packagePath, typeName, context);
  const tags = tagsOf(type.doc);
  const isEnum = tags.some((tag) => tag.name === "enum" || tag.name === "k8s:enum");
  if (isEnum && type.type === "string") return `enum ${enumNumber(packagePath, typeName, context)}`;
  return typeOf(type.type, packagePath, type.imports, context, goName(packagePath, typeName));
}

/** Named texts of packages whose sources are not read. */
function known(path, name) {
  if (path === "k8s.io/apimachinery/pkg/types") return `string types.${name}`;
  return "any";
}

function enumNumber(path, name, context) {
  const key = `${path}.${name}`;
  let number = context.enumNumbers.get(key);
  if (number === undefined) {
    number = context.enums.push({ key, name: goName(path, name), values: new Map() }) - 1;
    context.enumNumbers.set(key, number);
  }
  const { values } = context.enums[number];
  for (const row of context.packageOf(path).constants) {
    if (
      row.type !== name ||
      tagsOf(row.doc).some((tag) => tag.name === "k8s:enumExclude" && tag.argument === "")
    )
      continue;
    values.set(row.value, (values.get(row.value) ?? 0) | context.bit);
  }
  return number;
}
