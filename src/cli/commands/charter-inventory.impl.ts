import { inventoryManifest } from "../../apply/cluster/inventory/applyset-parent.ts";
import { loadTrustRoot } from "../../apply/trust-root/trust-root.ts";
import { ExitCode } from "../../kube/error-table.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import { emitYaml } from "../../kube/yaml/emit-yaml.ts";
import { charterClusterTarget } from "../../plan/target.ts";
import type { CliContext } from "../context.ts";
import { guarded } from "../errors.ts";
import { locate } from "../session.ts";
import { toolVersion } from "../version.ts";

export interface CharterInventoryFlags {
  readonly trustRoot?: string;
  readonly output: "text" | "json";
  readonly color: "auto" | "always" | "never";
}

/** A look at the signed charter: what it prints says what the charter says, and is the owner's to create. */
export async function charterInventory(
  this: CliContext,
  flags: CharterInventoryFlags,
  name: string,
): Promise<void> {
  await guarded(this, flags, async () => {
    const location = locate(this, flags);
    if (location === undefined) {
      throw new OpsError("CHARTER_MISSING", "there is no trust root", {
        hint: "kubeops charter init makes one",
      });
    }
    const { charter } = loadTrustRoot(location);
    const row = charterClusterTarget(charter, name);
    if (row === undefined)
      throw new OpsError("TARGET_INVALID", `the charter pins no cluster named ${printable(name)}`, {
        hint: "kubeops charter pin --kubeconfig <file> --context <name> --name <name>; its owner signs",
      });
    const items = inventoryManifest(charter, row, toolVersion);
    this.process.stdout.write(
      flags.output === "json"
        ? `${JSON.stringify({ apiVersion: "v1", kind: "List", items })}\n`
        : items.map((object) => emitYaml(object)).join("---\n"),
    );
    return ExitCode.done;
  });
}
