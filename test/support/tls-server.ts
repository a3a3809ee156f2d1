import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { IssuedCertificate } from "./test-pki.ts";

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface TlsServer {
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  /** TCP connections so far. */
  readonly connections: () => number;
  /** HTTP requests so far. */
  readonly requests: SeenRequest[];
  /** Common names of the client certificates that arrived. */
  readonly clientCertificates: string[];
  /** Types of the TLS records that clients sent, one list a connection: 22 handshake, 21 alert, 23 encrypted. */
  readonly records: () => readonly (readonly number[])[];
  /** Sockets of the connections, to cut them. */
  readonly cut: () => void;
  close(): Promise<void>;
}

export interface TlsServerOptions {
  /** Asks for client certificates, of any CA. */
  readonly clientCertificates?: boolean;
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3";
  /** Certificates of intermediate authorities, PEM. */
  readonly chain?: string;
}

export type Handler = (request: SeenRequest, response: ServerResponse, socket: Socket) => void;

/** A TLS server that behaves as `handler` says and records what it is sent, byte for byte. */
export async function tlsServer(
  issued: Pick<IssuedCertificate, "key" | "certificate">,
  handler: Handler,
  options: TlsServerOptions = {},
): Promise<TlsServer> {
  const requests: SeenRequest[] = [];
  const clientCertificates: string[] = [];
  const https = createHttpsServer(
    {
      key: issued.key,
      cert: `${issued.certificate}${options.chain ?? ""}`,
      requestCert: options.clientCertificates === true,
      rejectUnauthorized: false,
      ...(options.maxVersion && { maxVersion: options.maxVersion }),
    },
    (request: IncomingMessage, response: ServerResponse) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("error", () => {});
      request.on("end", () => {
        const seen: SeenRequest = {
          method: request.method ?? "",
          url: request.url ?? "",
          headers: request.headers,
          rawHeaders: request.rawHeaders,
          body: Buffer.concat(chunks).toString("utf8"),
        };
        requests.push(seen);
        handler(seen, response, request.socket);
      });
    },
  );
  https.on("tlsClientError", () => {});
  https.on("secureConnection", (socket: TLSSocket) => {
    socket.on("error", () => {});
    const name: unknown = socket.getPeerCertificate()?.subject?.CN;
    if (typeof name === "string") clientCertificates.push(name);
  });
  const sent: Buffer[][] = [];
  const sockets = new Set<Socket>();
  // A relay before the server sees the records that a server's own callbacks do not show.
  const relay = createServer((client) => {
    const index = sent.push([]) - 1;
    const upstream = connect((https.address() as AddressInfo).port, "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        (socket === client ? upstream : client).destroy();
      });
    }
    client.on("data", (chunk) => sent[index]?.push(chunk));
    client.pipe(upstream);
    upstream.pipe(client);
  });
  await new Promise<void>((resolve) => https.listen(0, "127.0.0.1", resolve));
  await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `https://127.0.0.1:${(relay.address() as AddressInfo).port}`,
    connections: () => sent.length,
    requests,
    clientCertificates,
    records: () => sent.map((chunks) => recordTypes(Buffer.concat(chunks))),
    cut,
    async close() {
      cut();
      https.closeAllConnections();
      await new Promise((resolve) => relay.close(resolve));
      await new Promise((resolve) => https.close(resolve));
    },
  };
}

/** Types of the records of a TLS stream (RFC 8446 5.1). */
function recordTypes(bytes: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at + 5 <= bytes.length; at += 5 + bytes.readUInt16BE(at + 3)) types.push(bytes[at]!);
  return types;
}

/** Answers with JSON. */
export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string | string[]>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}
