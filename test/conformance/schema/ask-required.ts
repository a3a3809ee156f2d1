import type { Json, JsonObject, JsonPath } from "../../../src/kube/json.ts";
import { isArray, isObject } from "../../../src/kube/json.ts";
import { objectKey } from "../../../src/kube/object-key.ts";
import type { SchemaType } from "../../../src/kube/schema/schema-type.ts";
import { schemaOf } from "../../../src/kube/schema/schemas.ts";
import type { ControlPlane } from "../../support/control-plane.ts";
import { bases, seeds } from "../../support/differential/bases.ts";
import { accepted, askCreate, collectionPath } from "../../support/differential/server.ts";

const MINOR = 37;
/** Places of one field that are asked for. */
const PLACES = 6;

interface Asked {
  /** `v1.Container.name` */
  readonly field: string;
  readonly object: JsonObject;
}

export interface Answers {
  /** Fields that the server never did without, or whose value it never took. */
  readonly refused: ReadonlySet<string>;
  /** Fields that it did without, or took with any value, at least once. */
  readonly accepted: ReadonlySet<string>;
}

/**
 * Takes each field that the published schema calls required out of valid objects, and puts a value that there is not into
 * each enum, and asks the API server for every object so made (dry run).
 */
export async function askFields(
  plane: ControlPlane,
): Promise<{ readonly required: Answers; readonly enums: Answers }> {
  for (const seed of seeds()) await plane.admin("POST", collectionPath(seed), seed);
  const all = bases().map(({ object }) => object);
  const verdicts = await askCreate(plane, all);
  const required = new Map<string, Asked[]>();
  const enums = new Map<string, Asked[]>();
  for (const object of all.filter((_, index) =>
    accepted(verdicts[index] ?? { status: 0, message: "", causes: [] }),
  )) {
    const schema = schemaOf(objectKey(object), MINOR);
    if (schema !== undefined) collect(object, schema, [], { object, required, enums });
  }
  return { required: await ask(plane, required), enums: await ask(plane, enums) };
}

interface Collection {
  readonly object: JsonObject;
  readonly required: Map<string, Asked[]>;
  readonly enums: Map<string, Asked[]>;
}

function collect(value: Json, type: SchemaType, path: JsonPath, into: Collection): void {
  if (path[0] === "status") return;
  if (type.shape === "list" && isArray(value))
    for (const [index, item] of value.entries()) collect(item, type.item, [...path, index], into);
  if (type.shape === "map" && isObject(value))
    for (const [key, item] of Object.entries(value)) collect(item, type.value, [...path, key], into);
  if (type.shape !== "struct" || !isObject(value)) return;
  for (const [name, member] of Object.entries(value)) {
    const field = type.fields.get(name);
    if (field === undefined) continue;
    const id = `${type.go}.${name}`;
    const inner = [...path, name];
    const fieldType = field.type();
    if (field.required === "published") note(into.required, id, changed(into.object, inner, undefined));
    if (fieldType.shape === "enum" && fieldType.values.length > 0)
      note(into.enums, id, changed(into.object, inner, "NoSuchValue"));
    collect(member, fieldType, inner, into);
  }
}

function note(asked: Map<string, Asked[]>, field: string, object: JsonObject): void {
  const before = asked.get(field) ?? [];
  if (before.length < PLACES) asked.set(field, [...before, { field, object }]);
}

function changed(object: JsonObject, path: JsonPath, value: string | undefined): JsonObject {
  const copy = structuredClone(object);
  let holder = copy as unknown as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) holder = holder[step] as Record<string | number, unknown>;
  const last = path.at(-1) ?? "";
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return copy;
}

async function ask(plane: ControlPlane, fields: ReadonlyMap<string, readonly Asked[]>): Promise<Answers> {
  const asked = [...fields.values()].flat();
  const verdicts = await askCreate(
    plane,
    asked.map(({ object }) => object),
  );
  const taken = new Set(
    asked
      .filter((_, index) => accepted(verdicts[index] ?? { status: 0, message: "", causes: [] }))
      .map(({ field }) => field),
  );
  return { accepted: taken, refused: new Set([...fields.keys()].filter((field) => !taken.has(field))) };
}
