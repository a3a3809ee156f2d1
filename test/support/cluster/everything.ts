import { isArray, isObject, type JsonObject, valueAt } from "../../../src/kube/json.ts";
import type { ControlPlane } from "../control-plane.ts";

/** Every object of a cluster, by `<resource>.<group> <namespace>/<name>`. */
export type Everything = ReadonlyMap<string, JsonObject>;

interface Listed {
  readonly path: string;
  readonly title: string;
}

/**
 * What changes by itself, or is a record and no state: events, heartbeats, and the volumes that a test makes for its claims.
 */
const apart: ReadonlySet<string> = new Set([
  "events",
  "leases",
  "nodes",
  "csinodes",
  "persistentvolumes",
  "componentstatuses",
]);

/** Reads all objects that a cluster has, by a client that is not the one under test. */
export async function openEverything(
  plane: ControlPlane,
): Promise<(without?: ReadonlySet<string>) => Promise<Everything>> {
  const listed = await listedResources(plane);
  return async (without = new Set()) => {
    const pages = await Promise.all(
      listed.map(async ({ path, title }) => {
        const { status, body } = await plane.admin("GET", path);
        if (status !== 200) throw new Error(`${path} answers ${status}`);
        return items(body, "items").map((item) => ({ title, item }));
      }),
    );
    const found = new Map<string, JsonObject>();
    for (const { title, item } of pages.flat()) {
      const namespace = text(item, "namespace");
      if (without.has(namespace)) continue;
      found.set(`${title} ${namespace}/${text(item, "name")}`, lasting(item));
    }
    return new Map([...found].toSorted(([left], [right]) => (left < right ? -1 : 1)));
  };
}

/** What differs between two states, one line an object. */
export function differences(before: Everything, after: Everything): readonly string[] {
  const lines: string[] = [];
  for (const [id, was] of before) {
    const is = after.get(id);
    if (is === undefined) lines.push(`gone: ${id}`);
    else if (JSON.stringify(was) !== JSON.stringify(is))
      lines.push(`changed: ${id}: ${JSON.stringify(was)} -> ${JSON.stringify(is)}`);
  }
  for (const id of after.keys()) if (!before.has(id)) lines.push(`left: ${id}`);
  return lines;
}

async function listedResources(plane: ControlPlane): Promise<readonly Listed[]> {
  const { body } = await plane.admin("GET", "/apis");
  const roots = [
    { group: "", path: "/api/v1" },
    ...items(body, "groups").flatMap((group) => {
      const version = valueAt(group, ["preferredVersion", "groupVersion"]);
      const name = group["name"];
      return typeof version === "string" && typeof name === "string"
        ? [{ group: name, path: `/apis/${version}` }]
        : [];
    }),
  ];
  const lists = await Promise.all(
    roots.map(async ({ group, path }) => {
      const answer = await plane.admin("GET", path);
      return items(answer.body, "resources").flatMap((resource) => {
        const { name, verbs } = resource;
        const lists = isArray(verbs) && verbs.includes("list");
        return typeof name === "string" && lists && !apart.has(name)
          ? [{ path: `${path}/${name}`, title: group === "" ? name : `${name}.${group}` }]
          : [];
      });
    }),
  );
  return lists.flat();
}

/** An object without what every touch changes. Its UID stays: made anew is not restored. */
function lasting(item: JsonObject): JsonObject {
  const { metadata, ...rest } = item;
  if (!isObject(metadata)) return item;
  const { resourceVersion: _version, managedFields: _fields, ...kept } = metadata;
  return sorted({ ...rest, metadata: kept });
}

/** Members in a fixed order: the server keeps none. */
function sorted(object: JsonObject): JsonObject {
  return JSON.parse(
    JSON.stringify(object, (_key, value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)))
        : value,
    ),
  ) as JsonObject;
}

function items(object: JsonObject, member: string): readonly JsonObject[] {
  const list = object[member];
  return isArray(list) ? list.filter((each) => isObject(each)) : [];
}

function text(item: JsonObject, member: string): string {
  const found = valueAt(item, ["metadata", member]);
  return typeof found === "string" ? found : "";
}
