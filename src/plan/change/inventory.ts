import type { Json } from "../../kube/json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import { checkShape } from "../../kube/shape/check-shape.ts";
import { list, literal, need, type RecordShape, record, text } from "../../kube/shape/shape.ts";

/** Name of the file that lists, in a target folder, what plans of ours wrote there. */
export const INVENTORY = ".kubeops.json";

interface Inventory {
  readonly apiVersion: "kubernetes-operations.dev/v1";
  readonly kind: "Inventory";
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
}

const shape: RecordShape = record<Inventory>({
  apiVersion: need(literal("kubernetes-operations.dev/v1")),
  kind: need(literal("Inventory")),
  files: need(
    list(
      record<Inventory["files"][number]>({
        path: need(text("a path below the folder", /^(?!\/)(?!(?:.*\/)?\.\.?(?:\/|$))[ -~]+$/u)),
        sha256: need(text("a SHA-256", /^[0-9a-f]{64}$/u)),
      }),
    ),
  ),
});

/** Path and SHA-256 of every file that plans of ours wrote; empty without an inventory. */
export function parseInventory(content: string | null, file: string): ReadonlyMap<string, string> {
  if (content === null) return new Map();
  let value: Json;
  try {
    value = JSON.parse(content) as Json;
  } catch (cause) {
    throw unsafe(file, "is not JSON", cause);
  }
  const wrong = checkShape(shape, value);
  if (wrong !== undefined) throw unsafe(file, wrong.message);
  const { files } = value as unknown as Inventory;
  const map = new Map(files.map((row) => [row.path, row.sha256]));
  if (map.size !== files.length) throw unsafe(file, "names a file twice");
  return map;
}

function unsafe(file: string, reason: string, cause?: unknown): OpsError {
  return new OpsError("TARGET_UNSAFE", `${printable(file)} is not an inventory of ours: ${reason}`, {
    hint: "restore it from the branch's history; without it nothing in the folder may be deleted",
    cause,
  });
}

/** The inventory as it is written: one file a line, sorted, so that Git merges it line by line. */
export function inventoryText(files: ReadonlyMap<string, string>): string {
  const rows = [...files].sort(([left], [right]) => (left < right ? -1 : 1));
  const inventory: Inventory = {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "Inventory",
    files: rows.map(([path, sha256]) => ({ path, sha256 })),
  };
  return `${JSON.stringify(inventory, null, 2)}\n`;
}
