import type { JsonPath } from "../../../kube/json.ts";
import { droppedService, droppedTopLevel } from "../fields/dropped.ts";

const unknown = "not a field of the Compose specification that kubeops knows";

/**
 * Why a leaf that nothing took has no effect, and the depth at which rows of the same reason are drawn together.
 * `taken`: the services of an extended file that something extends.
 */
export function unusedIn(
  kind: "project" | "extended",
  taken: ReadonlySet<string> = new Set(),
): (leaf: JsonPath) => { readonly reason: string; readonly level: number } {
  return (leaf) => {
    const [top, name, field, part] = leaf.map(String);
    if (top === undefined) return { reason: "the document is empty", level: 0 };
    if (kind === "extended" && (top !== "services" || !taken.has(name ?? "")))
      return {
        reason: "only the services that are extended are read from this file",
        level: top === "services" ? 2 : 1,
      };
    if (top.startsWith("x-"))
      return {
        reason: "an extension field has no effect of its own; its anchors count where they are used",
        level: 1,
      };
    if (top === "services") {
      if (field === undefined) return { reason: "the service is empty", level: 2 };
      if (field.startsWith("x-")) return { reason: "an extension field has no effect", level: 3 };
      const reason = droppedService(field, part);
      return reason === undefined ? { reason: unknown, level: leaf.length } : reason;
    }
    const reason = droppedTopLevel(top, field);
    return reason ?? { reason: unknown, level: Math.min(leaf.length, 3) };
  };
}
