import type { Inventory } from "../inventory/inventory.ts";
import { modelThreats, type ThreatModel } from "../model/threat-model.ts";

/** The inventory without one part: a control (`C4.2`), or `server:NAME`, `agent:NAME`, `skill:NAME`, `command:NAME`, `hook:EVENT`. */
export function without(inventory: Inventory, part: string): Inventory | undefined {
  const at = part.indexOf(":");
  const name = part.slice(at + 1);
  switch (at < 0 ? "control" : part.slice(0, at)) {
    case "control":
      return inventory.controls.some((one) => one.id === part)
        ? {
            ...inventory,
            controls: inventory.controls.map((one) =>
              one.id === part ? { ...one, state: "not-certain" as const } : one,
            ),
          }
        : undefined;
    case "server":
      return shorter(inventory, { servers: inventory.servers.filter((one) => one.name !== name) });
    case "hook":
      return shorter(inventory, { hooks: inventory.hooks.filter((one) => one.event !== name) });
    case "agent":
    case "skill":
    case "command": {
      const kind = part.slice(0, at);
      return shorter(inventory, {
        instructions: inventory.instructions.filter((one) => one.kind !== kind || one.name !== name),
      });
    }
    default:
      return undefined;
  }
}

function shorter(
  inventory: Inventory,
  part: Partial<Pick<Inventory, "servers" | "hooks" | "instructions">>,
): Inventory | undefined {
  const changed = { ...inventory, ...part };
  const size = ({ servers, hooks, instructions }: Inventory): number =>
    servers.length + hooks.length + instructions.length;
  return size(changed) < size(inventory) ? changed : undefined;
}

/** The model as it would be without some parts; the name of the first part that it does not have otherwise. */
export function whatIf(
  model: ThreatModel,
  parts: readonly string[],
): { readonly model: ThreatModel } | { readonly missing: string } {
  let inventory = model.inventory;
  for (const part of parts) {
    const changed = without(inventory, part);
    if (changed === undefined) return { missing: part };
    inventory = changed;
  }
  return { model: modelThreats(inventory) };
}
