import { OpsError } from "../../kube/ops-error.ts";
import { loadTrustRoot, type TrustRoot } from "../trust-root/trust-root.ts";

/** The trust root as it lies on disk now; it must still be the one that the command was started with. */
export function currentTrustRoot(started: TrustRoot): TrustRoot {
  const now = loadTrustRoot({ path: started.path, named: started.standing === "advisory" });
  if (now.charterDigest !== started.charterDigest || now.owner.key !== started.owner.key) {
    throw new OpsError("CHARTER_CHANGED", "the charter was changed while the command ran", {
      hint: "run the command again",
    });
  }
  return now;
}
