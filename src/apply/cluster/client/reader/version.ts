import { isObject, type Json } from "../../../../kube/json.ts";
import { clusterError } from "../errors/cluster-error.ts";
import type { Transport } from "../transport.ts";

export interface ServerVersion {
  /** Minor of Kubernetes 1 whose API is served: the emulated one when the server emulates (KEP-4330). */
  readonly minor: number;
  /** Minor of the program. */
  readonly binaryMinor: number;
  /** `v1.37.2`. */
  readonly gitVersion: string;
}

/** @throws {OpsError} CLUSTER_ANSWER when the answer is none of Kubernetes 1. */
export async function readVersion(transport: Transport): Promise<ServerVersion> {
  const { body } = await transport.send({ method: "GET", path: "/version" });
  const binary = minorOf(body, "minor");
  const emulated = minorOf(body, "emulationMinor");
  const gitVersion = isObject(body) ? body["gitVersion"] : undefined;
  if (!isObject(body) || body["major"] !== "1" || binary === undefined)
    throw clusterError("CLUSTER_ANSWER", "the server does not say which version of Kubernetes it is");
  return {
    minor: emulated ?? binary,
    binaryMinor: binary,
    gitVersion:
      typeof gitVersion === "string" && /^v[0-9A-Za-z.+-]{1,100}$/.test(gitVersion)
        ? gitVersion
        : `v1.${binary}`,
  };
}

/** Some vendors write `29+`. */
function minorOf(body: Json | undefined, member: string): number | undefined {
  const value = isObject(body) ? body[member] : undefined;
  const match = typeof value === "string" ? /^(\d{1,3})\+?$/.exec(value) : null;
  return match === null ? undefined : Number(match[1]);
}
