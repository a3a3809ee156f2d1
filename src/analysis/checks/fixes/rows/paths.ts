import type { JsonPath } from "../../../../kube/json.ts";

const lists: ReadonlySet<string | number> = new Set(["containers", "initContainers", "ephemeralContainers"]);

/** The containers of a Pod's spec on a path: the spec before them, and the container; undefined on other paths. */
export function containerOn(
  path: JsonPath,
): { readonly spec: JsonPath; readonly container: JsonPath } | undefined {
  const at = path.findLastIndex((step, index) => lists.has(step) && typeof path[index + 1] === "number");
  return at < 0 ? undefined : { spec: path.slice(0, at), container: path.slice(0, at + 2) };
}
