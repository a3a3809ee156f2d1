import type { ClusterPin, KubeConnection } from "./connection.ts";
import { readKubeSystemUid, type ReaderOptions } from "./reader/reader.ts";
import { connectProved } from "./tls/connect.ts";
import { endpointOf } from "./tls/endpoint.ts";
import { openTransport } from "./transport.ts";

/**
 * What `charter pin` shows, for the owner to sign: reads which CA key the server proves in a handshake without
 * credentials, then, over connections that prove this key, the UID of kube-system.
 * @throws {OpsError} CLUSTER_…
 */
export async function pinOf(connection: KubeConnection, options: ReaderOptions = {}): Promise<ClusterPin> {
  const { socket, anchor } = await connectProved(endpointOf(connection, undefined), undefined);
  socket.destroy();
  const pin = {
    url: connection.server,
    caKeySha256: anchor.keySha256,
    ...(connection.tlsServerName !== null && { tlsServerName: connection.tlsServerName }),
  };
  const transport = openTransport(connection, { ...options, pin: { ...pin, kubeSystemUid: null } });
  try {
    return { ...pin, kubeSystemUid: await readKubeSystemUid(transport) };
  } finally {
    transport.close();
  }
}
