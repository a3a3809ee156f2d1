import type { KubeConnection } from "../../../src/apply/cluster/client/connection.ts";
import { readKubeconfig } from "../../../src/apply/cluster/client/kubeconfig.ts";
import { pinOf } from "../../../src/apply/cluster/client/pin.ts";
import { type KubePlanner, openPlanner } from "../../../src/apply/cluster/client/writer.ts";
import type { ClusterPin } from "../../../src/plan/cluster-state.ts";
import type { ControlPlane } from "../control-plane.ts";

/** A connection to a test control plane as one of its users. */
export function connectionOf(plane: ControlPlane, user: string = "admin"): KubeConnection {
  return readKubeconfig(plane.kubeconfigFile(user));
}

const pins = new WeakMap<ControlPlane, Promise<ClusterPin>>();

/** The pin of a test control plane, read once. */
export function pinOfPlane(plane: ControlPlane): Promise<ClusterPin> {
  const known = pins.get(plane) ?? pinOf(connectionOf(plane));
  pins.set(plane, known);
  return known;
}

export async function plannerOf(plane: ControlPlane, user: string = "admin"): Promise<KubePlanner> {
  return openPlanner(connectionOf(plane, user), await pinOfPlane(plane));
}
