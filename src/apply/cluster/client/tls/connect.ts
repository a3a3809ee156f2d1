import { isIP } from "node:net";
import { checkServerIdentity, connect, createSecureContext, type TLSSocket } from "node:tls";
import { clusterError } from "../errors/cluster-error.ts";
import type { Anchor } from "./anchors.ts";
import type { Endpoint } from "./endpoint.ts";
import { type Proof, proveServer, sentChain } from "./prove-server.ts";

export interface ClientCertificate {
  readonly certPem: string;
  readonly keyPem: string;
}

export interface ProvedSocket {
  readonly socket: TLSSocket;
  /** The CA that the server's certificate led to. */
  readonly anchor: Anchor;
}

/** TLS 1.3, and of TLS 1.2 what signs the key exchange: the server has proved its key before we answer (RFC 5246 7.4.3). */
const ciphers = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
].join(":");

/** Longest time for TCP and TLS together, in milliseconds. */
const CONNECT_MS = 15_000;

/**
 * Connects, and gives the socket once the server has proved who it is (kernel K14). A client certificate is sent within
 * the handshake, so the proof is asked for in its middle: OpenSSL calls the OCSP callback when the server's flight has been
 * verified and before the client's certificate is written (openssl, ssl/statem/statem_clnt.c,
 * tls_process_initial_server_flight), whether or not the server stapled an answer. A socket that is destroyed there
 * has sent nothing but its ClientHello (the tests count the bytes, for TLS 1.2 and 1.3). Sessions are never resumed, so
 * the handshake is always whole.
 * @throws {OpsError} CLUSTER_UNREACHABLE, CLUSTER_TLS, CLUSTER_PIN
 */
export async function connectProved(
  endpoint: Endpoint,
  certificate: ClientCertificate | undefined,
): Promise<ProvedSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<ProvedSocket>();
  let proof: Proof | undefined;
  const socket = connect({
    host: endpoint.host,
    port: endpoint.port,
    ...(isIP(endpoint.name) === 0 && { servername: endpoint.name }),
    ALPNProtocols: ["http/1.1"],
    requestOCSP: true,
    // Whatever the environment says (NODE_TLS_REJECT_UNAUTHORIZED).
    rejectUnauthorized: true,
    checkServerIdentity: (_host, peer) => checkServerIdentity(endpoint.name, peer),
    secureContext: secureContext(endpoint, certificate),
  });
  const timer = setTimeout(
    () =>
      fail(
        clusterError("CLUSTER_UNREACHABLE", `${endpoint.url} did not answer within ${CONNECT_MS / 1000} s`),
      ),
    CONNECT_MS,
  );
  function fail(error: Error): void {
    clearTimeout(timer);
    socket.destroy();
    reject(error);
  }
  const onError = (error: NodeJS.ErrnoException): void => fail(connectError(endpoint, error));
  const onClose = (): void =>
    fail(clusterError("CLUSTER_UNREACHABLE", `${endpoint.url} closed the connection before it answered`));
  socket.on("OCSPResponse", () => {
    // `getPeerX509Certificate` takes the certificate out of the chain when called here, and the later check finds none.
    const chain = sentChain(socket.getPeerCertificate(true));
    proof = proveServer(chain, endpoint.anchors, endpoint.name, Date.now());
    if (!proof.proved) fail(proofError(endpoint, proof.fault));
  });
  // Between here and the first request nobody else listens.
  socket.on("error", () => {});
  socket.on("error", onError);
  socket.on("close", onClose);
  socket.on("secureConnect", () => {
    if (proof?.proved !== true || !socket.authorized) {
      fail(proofError(endpoint, "no-certificate"));
      return;
    }
    clearTimeout(timer);
    socket.off("error", onError).off("close", onClose);
    resolve({ socket, anchor: proof.anchor });
  });
  return promise;
}

function secureContext(
  endpoint: Endpoint,
  certificate: ClientCertificate | undefined,
): ReturnType<typeof createSecureContext> {
  try {
    return createSecureContext({
      ca: endpoint.anchors.map(({ pem }) => pem),
      // As in Go, a CA of the bundle is trusted although it is not self-signed.
      allowPartialTrustChain: true,
      minVersion: "TLSv1.2",
      ciphers,
      ...(certificate !== undefined && { cert: certificate.certPem, key: certificate.keyPem }),
    });
  } catch {
    throw clusterError(
      "CLUSTER_AUTH",
      "the client certificate and its key do not belong together, or cannot be read",
    );
  }
}

function proofError(endpoint: Endpoint, fault: (Proof & { proved: false })["fault"]): Error {
  const { url, name } = endpoint;
  switch (fault) {
    case "anchor":
      return endpoint.pinned
        ? clusterError(
            "CLUSTER_PIN",
            `${url} does not prove the pinned CA key: this is another cluster, or somebody in between`,
            {
              hint: "no credential was sent; if the cluster's CA was exchanged, pin it anew with kubeops charter pin",
            },
          )
        : clusterError(
            "CLUSTER_TLS",
            `the certificate of ${url} is not signed by the CA that the kubeconfig names`,
          );
    case "expired":
      return clusterError(
        "CLUSTER_TLS",
        `the certificate of ${url}, or of its CA, is expired or not valid yet`,
      );
    case "name":
      return clusterError("CLUSTER_TLS", `the certificate of ${url} is not for ${name}`);
    case "usage":
      return clusterError("CLUSTER_TLS", `the certificate of ${url} is not one for servers`);
    default:
      return clusterError("CLUSTER_TLS", `${url} did not prove who it is`);
  }
}

/** Codes of OpenSSL and Node.js that mean: the certificate does not hold. */
const certificateCodes =
  /^(?:ERR_TLS_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_|INVALID_CA|PATH_LENGTH|ERR_SSL_|EPROTO$)/;

function connectError(endpoint: Endpoint, error: NodeJS.ErrnoException): Error {
  const system = error.code ?? "unknown";
  if (system === "EPROTO" || system.startsWith("ERR_SSL_"))
    return clusterError(
      "CLUSTER_TLS",
      `${endpoint.url} does not speak TLS 1.2 or 1.3 as it should (${system})`,
      { system },
    );
  if (certificateCodes.test(system))
    return clusterError("CLUSTER_TLS", `the certificate of ${endpoint.url} does not hold (${system})`, {
      system,
    });
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: "nothing listens there",
    ENOTFOUND: "the host name is not known",
    EAI_AGAIN: "the name server does not answer",
    EHOSTUNREACH: "there is no route to the host",
    ENETUNREACH: "there is no route to the network",
    ECONNRESET: "the connection was cut",
    ETIMEDOUT: "it does not answer",
  };
  return clusterError(
    "CLUSTER_UNREACHABLE",
    `${endpoint.url} cannot be reached: ${words[system] ?? system}`,
    { system },
  );
}
