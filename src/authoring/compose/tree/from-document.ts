import type { Json, JsonPath } from "../../../kube/json.ts";
import { isArray, isObject, pathText } from "../../../kube/json.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import type { Place } from "../../../kube/place.ts";
import type { Problem } from "../../../kube/problem.ts";
import type { ReadDocument } from "../../../kube/read-object.ts";
import { interpolate, type Lookup } from "../interpolation/template.ts";
import type { MapNode, Node, Scalar, ScalarNode } from "./node.ts";

/** Deepest nesting and most nodes of a Compose document: no real file comes near; an alias bomb does. */
const maxDepth = 64;
const maxNodes = 100_000;

export interface TreeOptions {
  /** The text of the file: the reader gives values, Compose needs some scalars as they are written. */
  readonly source: string;
  /** Folder that relative paths start from. */
  readonly folder: string;
  readonly lookup: Lookup;
  readonly problems: Problem[];
}

// Compose reads YAML 1.2 here (compose-go, yaml.v4 into `any`): these plain scalars are texts.
const yaml11Boolean = /^(?:y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF)(?=\s*(?:$|#|[,\]}:]))/;

interface Builder extends TreeOptions {
  readonly document: ReadDocument;
  readonly lines: readonly string[];
  /** Variables that were reported as unset already. */
  readonly reported: Set<string>;
  nodes: number;
}

function textAt(builder: Builder, place: Place): string {
  return builder.lines[place.line - 1]?.slice(place.column - 1) ?? "";
}

function asWritten(builder: Builder, value: Scalar, place: Place): Scalar {
  if (typeof value !== "boolean") return value;
  return yaml11Boolean.exec(textAt(builder, place))?.[0] ?? value;
}

const tagAfterKey =
  /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s:"'][^:]{0,200}?)\s*:\s+(?:&\S+\s+)?!(reset|override)(?=\s|$)/;
const tagInPlace = /^!(reset|override)(?=\s|$)/;

function tagOf(builder: Builder, key: Place, value: Place): "reset" | "override" | undefined {
  const found = tagAfterKey.exec(textAt(builder, key)) ?? tagInPlace.exec(textAt(builder, value));
  return found === null ? undefined : found[1] === "reset" ? "reset" : "override";
}

function scalar(
  builder: Builder,
  value: Scalar,
  path: JsonPath,
  place: Place,
): Pick<ScalarNode, "value" | "variables"> {
  if (typeof value !== "string") return { value: asWritten(builder, value, place), variables: [] };
  const result = interpolate(value, builder.lookup);
  if ("fault" in result) {
    throw new OpsError("INPUT_MALFORMED", `${pathText(path) || "the document"} ${result.fault}`, {
      place,
      hint: "set the variable in .env or name it with --env NAME; write $$ for a dollar sign",
    });
  }
  for (const name of result.unset) {
    if (builder.reported.has(name)) continue;
    builder.reported.add(name);
    builder.problems.push({
      code: "compose/unset-variable",
      severity: "warning",
      message: `the variable ${name} is not set; an empty text takes its place`,
      place,
      path,
      hint: `set it in .env, name it with --env ${name}, or give a default: \${${name}:-…}`,
    });
  }
  return { value: result.text, variables: result.variables };
}

/** `at` is the path that the reader knows, `path` the one that the file writes. */
function build(builder: Builder, value: Json, at: JsonPath, path: JsonPath): Node {
  if (++builder.nodes > maxNodes) {
    throw new OpsError(
      "INPUT_TOO_LARGE",
      `the document has more than ${maxNodes} values once its aliases are followed`,
      {
        place: builder.document.places.value([]),
      },
    );
  }
  const { places } = builder.document;
  const place = places.value(at);
  const keyPlace = places.key(at);
  if (path.length > maxDepth)
    throw new OpsError("INPUT_MALFORMED", `nested deeper than ${maxDepth} levels`, { place });
  const tag = path.length === 0 ? undefined : tagOf(builder, keyPlace, place);
  const base = {
    file: builder.document.file,
    path,
    place,
    keyPlace,
    folder: builder.folder,
    ...(tag === undefined ? {} : { tag }),
  };
  if (isArray(value))
    return {
      kind: "list",
      ...base,
      items: value.map((item, i) => build(builder, item, [...at, i], [...path, i])),
    };
  if (isObject(value)) {
    const entries = new Map<string, Node>();
    for (const key of Object.keys(value)) {
      const written = keyAsWritten(builder, key, places.key([...at, key]));
      entries.set(written, build(builder, value[key] ?? null, [...at, key], [...path, written]));
    }
    return { kind: "map", ...base, entries };
  }
  return { kind: "scalar", ...base, ...scalar(builder, value, path, place) };
}

/** `y:` and `on:` are keys as they are written; the reader made `true` of them. */
function keyAsWritten(builder: Builder, key: string, place: Place): string {
  if (key !== "true" && key !== "false") return key;
  return yaml11Boolean.exec(textAt(builder, place))?.[0] ?? key;
}

/**
 * The tree of one document, its values interpolated (compose-spec 12-interpolation.md: per file, before merging, values
 * only). An empty document gives an empty mapping. Errors: INPUT_MALFORMED, INPUT_TOO_LARGE.
 */
export function treeOf(document: ReadDocument, options: TreeOptions): MapNode {
  const builder: Builder = {
    ...options,
    document,
    lines: options.source.split(/\r\n|\n/),
    reported: new Set(),
    nodes: 0,
  };
  const node = build(builder, document.value, [], []);
  if (node.kind === "map") return node;
  if (node.kind === "scalar" && node.value === null) {
    const { file, path, place, keyPlace, folder } = node;
    return { kind: "map", file, path, place, keyPlace, folder, entries: new Map() };
  }
  throw new OpsError("INPUT_MALFORMED", "a Compose document must be a mapping", { place: node.place });
}
