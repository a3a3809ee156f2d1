import { request as httpsRequest } from "node:https";
import type { JsonObject } from "../../../src/kube/json.ts";
import type { ControlPlane } from "../control-plane.ts";
import { authority } from "../test-pki.ts";
import { type SeenRequest, type TlsServer, tlsServer } from "../tls-server.ts";

/** What happens to a request: it is carried out and answered; answered so instead; carried out, and then not answered. */
export type Fault =
  | { readonly answer: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly carriedOutThen: "cut" | number }
  | { readonly cut: true }
  | { readonly after: Promise<unknown> };

export interface FlakyServer {
  readonly server: TlsServer;
  readonly caPem: string;
  readonly caKeySha256: string;
  /** Decides about each request; undefined lets it through. */
  fault: (request: SeenRequest) => Fault | undefined;
}

/** A server before a real API server, that loses, refuses and delays what it is told to. It asks as system:masters. */
export async function flakyServer(plane: ControlPlane): Promise<FlakyServer> {
  const ca = authority("flaky");
  const issued = ca.issue({ commonName: "flaky", ipAddresses: ["127.0.0.1"] });
  const config = JSON.parse(plane.kubeconfig("admin")) as { users: { user: Record<string, string> }[] };
  const user = config.users[0]?.user ?? {};
  const pem = (name: string): Buffer => Buffer.from(user[name] ?? "", "base64");
  const credentials = { ca: plane.caPem, cert: pem("client-certificate-data"), key: pem("client-key-data") };
  const refusal = (status: number): JsonObject => ({
    kind: "Status",
    apiVersion: "v1",
    status: "Failure",
    code: status,
  });
  const flaky = { caPem: ca.certificate, caKeySha256: ca.keySha256, fault: () => undefined } as Omit<
    FlakyServer,
    "server"
  >;
  const server = await tlsServer(issued, (request, response, socket) => {
    const fault = flaky.fault(request);
    const say = (status: number, headers: Readonly<Record<string, string>> = {}): void =>
      void response
        .writeHead(status, { "content-type": "application/json", ...headers })
        .end(JSON.stringify(refusal(status)));
    if (fault !== undefined && "answer" in fault) return say(fault.answer, fault.headers);
    if (fault !== undefined && "cut" in fault) return void socket.destroy();
    const { host: _, authorization: __, connection: ___, ...headers } = request.headers;
    const forward = (): void => {
      const sent = httpsRequest(
        `${plane.apiUrl}${request.url}`,
        { method: request.method, headers, ...credentials },
        (answer) => {
          if (fault !== undefined && "carriedOutThen" in fault) {
            answer.resume();
            const { carriedOutThen } = fault;
            answer.on("end", () => (carriedOutThen === "cut" ? void socket.destroy() : say(carriedOutThen)));
            return;
          }
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        },
      );
      sent.on("error", () => socket.destroy());
      sent.end(request.body);
    };
    if (fault !== undefined && "after" in fault) void fault.after.then(forward);
    else forward();
  });
  return Object.assign(flaky, { server });
}
