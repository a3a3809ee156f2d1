import type { ActKind, Capability, Evidence, Instruction, Inventory } from "../inventory/inventory.ts";

/** Evidence that is kept for one statement: more of the same proves nothing new and hides the rest. */
export const MOST_EVIDENCE = 8;

/** Instructions whose tools have any of the capabilities. */
export function withAny(inventory: Inventory, ...wanted: readonly Capability[]): readonly Instruction[] {
  return inventory.instructions.filter(({ tools }) => wanted.some((one) => tools.capabilities.includes(one)));
}

export function toolEvidence(instructions: readonly Instruction[]): readonly Evidence[] {
  return instructions.map((instruction) => instruction.toolsEvidence);
}

/** Lines of instructions and scripts that do one of these. */
export function acts(inventory: Inventory, ...kinds: readonly ActKind[]): readonly Evidence[] {
  return [...inventory.instructions, ...inventory.scripts].flatMap((source) =>
    source.acts.filter((act) => kinds.includes(act.kind)).map((act) => act.evidence),
  );
}

/** Reads text that others write: the web, servers, files of a workspace. */
export function readsOthersText(instruction: Instruction): boolean {
  const { capabilities } = instruction.tools;
  return (
    capabilities.includes("network") || capabilities.includes("server") || capabilities.includes("read-files")
  );
}

/**
 * Can change something outside the model's own context. Tools of a server count, since what they do is unknown; those of
 * our own do not where tests prove that none of them has an effect by itself (C3.1, C3.2).
 */
export function canAct(inventory: Inventory): (instruction: Instruction) => boolean {
  const harmless = enforced(inventory, "C3.1", "C3.2").length > 0;
  return ({ tools: { capabilities } }) =>
    capabilities.includes("shell") ||
    capabilities.includes("write-files") ||
    (capabilities.includes("server") && !harmless);
}

/** Evidence of controls that the product's tests prove; empty unless every one of them is enforced. */
export function enforced(inventory: Inventory, ...ids: readonly string[]): readonly Evidence[] {
  const found = ids.flatMap((id) =>
    inventory.controls.filter((control) => control.id === id && control.state === "enforced"),
  );
  return found.length === ids.length ? found.map((control) => control.evidence) : [];
}
