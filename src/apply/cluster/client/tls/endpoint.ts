import type { ClusterPin, KubeConnection } from "../connection.ts";
import { clusterError } from "../errors/cluster-error.ts";
import { type Anchor, anchorsOf } from "./anchors.ts";

/** The UID is null only while a pin is being made. */
export type TransportPin = Omit<ClusterPin, "kubeSystemUid"> & { readonly kubeSystemUid: string | null };

/** Where a connection leads, and what the server must prove. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** Name that the certificate must have. */
  readonly name: string;
  /** URL for messages. */
  readonly url: string;
  readonly anchors: readonly Anchor[];
  /** The anchors are those of a pin: another CA is another cluster. */
  readonly pinned: boolean;
}

/** @throws {OpsError} CLUSTER_PIN, CLUSTER_TLS when the connection cannot lead to the pinned cluster. */
export function endpointOf(connection: KubeConnection, pin: TransportPin | undefined): Endpoint {
  const { hostname, port } = new URL(connection.server);
  if (pin !== undefined && pin.url !== connection.server) {
    throw clusterError("CLUSTER_PIN", `the kubeconfig leads to ${connection.server}; pinned is ${pin.url}`, {
      hint: "name the context of the pinned cluster, or pin this one with kubeops charter pin",
    });
  }
  // Any name for which the cluster's CA has signed would do otherwise: a webhook's, a kubelet's.
  if (pin !== undefined && (pin.tlsServerName ?? null) !== connection.tlsServerName) {
    const message = `the kubeconfig sets another tls-server-name for ${pin.url} than the pin`;
    throw clusterError("CLUSTER_PIN", message);
  }
  const anchors = anchorsOf(connection.caPem, pin?.caKeySha256);
  if (anchors.length === 0) {
    throw pin === undefined
      ? clusterError("CLUSTER_TLS", `the kubeconfig names no CA that can be read for ${connection.server}`)
      : clusterError("CLUSTER_PIN", `the kubeconfig does not hold the CA that is pinned for ${pin.url}`, {
          hint: "if the cluster's CA was exchanged, pin it anew with kubeops charter pin",
        });
  }
  // IPv6 addresses stand in brackets in a URL.
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return {
    host,
    port: port === "" ? 443 : Number(port),
    name: connection.tlsServerName ?? host,
    url: connection.server,
    anchors,
    pinned: pin !== undefined,
  };
}
