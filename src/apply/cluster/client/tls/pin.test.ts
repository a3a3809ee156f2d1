import { afterEach, describe, expect, it } from "vitest";
import {
  type Authority,
  authority,
  issuedByLeaf,
  type IssuedCertificate,
} from "../../../../../test/support/test-pki.ts";
import {
  answerJson,
  type Handler,
  tlsServer,
  type TlsServer,
  type TlsServerOptions,
} from "../../../../../test/support/tls-server.ts";
import type { ClusterPin, KubeConnection, KubeCredentials } from "../connection.ts";
import { clusterErrorCause } from "../errors/cluster-error.ts";
import { pinOf } from "../pin.ts";
import { openReader } from "../reader/reader.ts";

const UID = "11111111-2222-3333-4444-555555555555";
const ours = authority("our-ca");
const foreign = authority("our-ca");
const names = { dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] };
const clientSubject = { commonName: "admin", organizations: ["system:masters"] };
const client = ours.issue({ ...clientSubject, usage: "client" });
const token: KubeCredentials = { kind: "token", token: "CANARY-TOKEN" };
const certificate: KubeCredentials = { kind: "certificate", certPem: client.certificate, keyPem: client.key };

const open: TlsServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

const cluster =
  (uid: string): Handler =>
  (request, response) => {
    if (request.url === "/api/v1/namespaces/kube-system")
      answerJson(response, 200, { kind: "PartialObjectMetadata", metadata: { name: "kube-system", uid } });
    else answerJson(response, 200, { major: "1", minor: "37", gitVersion: "v1.37.2" });
  };

async function serve(
  issued: Pick<IssuedCertificate, "key" | "certificate">,
  handler: Handler = cluster(UID),
  options: TlsServerOptions = {},
): Promise<TlsServer> {
  const server = await tlsServer(issued, handler, { clientCertificates: true, ...options });
  open.push(server);
  return server;
}
function connection(
  server: TlsServer,
  credentials: KubeCredentials,
  change: Partial<KubeConnection> = {},
): KubeConnection {
  return {
    server: server.url,
    caPem: ours.certificate,
    tlsServerName: null,
    credentials,
    impersonate: null,
    namespace: "default",
    context: "test",
    warnings: [],
    ...change,
  };
}
const pinFor = (server: TlsServer, change: Partial<ClusterPin> = {}): ClusterPin => ({
  url: server.url,
  caKeySha256: ours.keySha256,
  kubeSystemUid: UID,
  ...change,
});

/** What a refused server may have seen: a ClientHello, and an alert at most. */
function nothingLeft(server: TlsServer): void {
  expect(server.requests).toEqual([]);
  expect(server.clientCertificates).toEqual([]);
  for (const records of server.records()) {
    expect(records[0]).toBe(22);
    expect(records.slice(1).filter((type) => type !== 21)).toEqual([]);
  }
}

async function failure(attempt: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await attempt;
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return { code, message };
  }
  throw new Error("it did not fail");
}

for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
  for (const [kind, credentials] of [
    ["token", token],
    ["certificate", certificate],
  ] as const) {
    describe(`K14 no credential before the pin is met: ${kind}, ${maxVersion}`, () => {
      const cases: readonly [
        string,
        () => {
          issued: Pick<IssuedCertificate, "key" | "certificate">;
          chain?: string;
          change?: Partial<KubeConnection>;
        },
        string,
        RegExp,
      ][] = [
        [
          "another CA of the same name behind the address",
          () => ({ issued: foreign.issue({ commonName: "s", ...names }) }),
          "CLUSTER_PIN",
          /does not prove the pinned CA key/,
        ],
        [
          "another CA that the kubeconfig trusts too",
          () => ({
            issued: foreign.issue({ commonName: "s", ...names }),
            change: { caPem: `${foreign.certificate}${ours.certificate}` },
          }),
          "CLUSTER_PIN",
          /does not prove the pinned CA key/,
        ],
        [
          "a certificate that claims our CA's name and is signed by another key, our CA's certificate beside it",
          () => ({ issued: foreign.issue({ commonName: "s", ...names }), chain: ours.certificate }),
          "CLUSTER_PIN",
          /does not prove the pinned CA key/,
        ],
        [
          "another CA of the same name, in certificates that name no keys",
          () => ({
            issued: foreign.issue({ commonName: "s", ...names, plain: true }),
            chain: ours.certificate,
          }),
          "CLUSTER_PIN",
          /does not prove the pinned CA key/,
        ],
        [
          "a certificate signed by a client certificate of our CA that does not say what it is for",
          () => {
            const leaf = ours.issue({ ...clientSubject, usage: "client", plain: true });
            const issued = issuedByLeaf(leaf, clientSubject, { commonName: "s", ...names, plain: true });
            return { issued, chain: leaf.certificate };
          },
          "CLUSTER_PIN",
          /does not prove the pinned CA key/,
        ],
        [
          "a certificate signed by a client certificate of our CA",
          () => ({
            issued: issuedByLeaf(client, clientSubject, { commonName: "s", ...names }),
            chain: client.certificate,
          }),
          "CLUSTER_PIN",
          /does not prove the pinned CA key/,
        ],
        [
          "another name",
          () => ({ issued: ours.issue({ commonName: "127.0.0.1", dnsNames: ["other"] }) }),
          "CLUSTER_TLS",
          /is not for 127\.0\.0\.1/,
        ],
        [
          "an expired certificate",
          () => ({ issued: ours.issue({ commonName: "s", ...names, notAfter: "2021-01-01" }) }),
          "CLUSTER_TLS",
          /expired or not valid yet/,
        ],
        [
          "a certificate for clients",
          () => ({ issued: ours.issue({ commonName: "s", ...names, usage: "client" }) }),
          "CLUSTER_TLS",
          /not one for servers/,
        ],
      ];
      it.each(cases)("%s", async (_name, make, code, message) => {
        const { issued, chain, change } = make();
        const server = await serve(issued, cluster(UID), {
          maxVersion,
          ...(chain !== undefined && { chain }),
        });
        const reader = openReader(connection(server, credentials, change), pinFor(server));
        expect(await failure(reader.version())).toMatchObject({
          code,
          message: expect.stringMatching(message) as string,
        });
        reader.close();
        expect(server.connections()).toBe(1);
        nothingLeft(server);
      });

      it("the right CA with another kube-system: nothing but the UID is asked", async () => {
        const server = await serve(ours.issue({ commonName: "s", ...names }), cluster("another"), {
          maxVersion,
        });
        const reader = openReader(connection(server, credentials), pinFor(server));
        const found = await failure(reader.version());
        expect(found.code).toBe("CLUSTER_PIN");
        expect(found.message).toMatch(/another kube-system than the pin names: this is another cluster/);
        expect(server.requests.map(({ url }) => url)).toEqual(["/api/v1/namespaces/kube-system"]);
        reader.close();
      });

      it("the pinned cluster gets the credential, over one connection, after its UID", async () => {
        const server = await serve(ours.issue({ commonName: "s", ...names }), cluster(UID), { maxVersion });
        const reader = openReader(connection(server, credentials), pinFor(server));
        expect(await reader.version()).toEqual({ minor: 37, binaryMinor: 37, gitVersion: "v1.37.2" });
        expect(await reader.version()).toMatchObject({ minor: 37 });
        reader.close();
        expect(server.requests.map(({ url }) => url)).toEqual([
          "/api/v1/namespaces/kube-system",
          "/version",
          "/version",
        ]);
        expect(server.connections()).toBe(1);
        if (kind === "token") {
          expect(server.requests.map(({ headers }) => headers["authorization"])).toEqual([
            "Bearer CANARY-TOKEN",
            "Bearer CANARY-TOKEN",
            "Bearer CANARY-TOKEN",
          ]);
          expect(server.clientCertificates).toEqual([]);
        } else {
          expect(server.clientCertificates).toEqual(["admin"]);
          expect(server.requests.some(({ headers }) => headers["authorization"] !== undefined)).toBe(false);
        }
      });
    });
  }
}

describe("K14 pins", () => {
  it("a pin for another URL, another CA in the file or another tls-server-name does not even connect", async () => {
    const server = await serve(ours.issue({ commonName: "s", ...names }));
    const openWith =
      (pin: ClusterPin, change: Partial<KubeConnection> = {}) =>
      (): unknown =>
        openReader(connection(server, token, change), pin);
    expect(openWith(pinFor(server, { url: "https://elsewhere:6443" }))).toThrow(
      /pinned is https:\/\/elsewhere:6443/,
    );
    expect(openWith(pinFor(server, { caKeySha256: "0".repeat(64) }))).toThrow(
      /does not hold the CA that is pinned/,
    );
    expect(openWith(pinFor(server), { caPem: foreign.certificate })).toThrow(
      /does not hold the CA that is pinned/,
    );
    expect(openWith(pinFor(server), { tlsServerName: "localhost" })).toThrow(/another tls-server-name/);
    expect(server.connections()).toBe(0);
  });

  it("each connection proves the pin anew: a server exchanged in between gets nothing", async () => {
    const first = await serve(ours.issue({ commonName: "s", ...names }));
    const reader = openReader(connection(first, token), pinFor(first));
    await reader.version();
    first.cut();
    let uid = "another";
    const port = Number(new URL(first.url).port);
    await first.close();
    open.splice(open.indexOf(first), 1);
    expect(await failure(reader.version())).toMatchObject({ code: "CLUSTER_UNREACHABLE" });
    expect(port).toBeGreaterThan(0);
    // The same client, a second server of the same CA whose kube-system is another.
    const second = await serve(ours.issue({ commonName: "s", ...names }), (request, response, socket) =>
      cluster(uid)(request, response, socket),
    );
    const other = openReader(connection(second, token), pinFor(second));
    expect(await failure(other.version())).toMatchObject({ code: "CLUSTER_PIN" });
    uid = UID;
    await other.version();
    uid = "another";
    second.cut();
    expect(await failure(other.version())).toMatchObject({ code: "CLUSTER_PIN" });
    expect(second.requests.filter(({ url }) => url === "/version").length).toBe(1);
    reader.close();
    other.close();
  });

  it("an intermediate authority leads to the pinned key, and may be pinned itself", async () => {
    const middle: Authority = ours.issueAuthority("middle");
    const server = await serve(middle.issue({ commonName: "s", ...names }), cluster(UID), {
      chain: middle.certificate,
    });
    const byRoot = openReader(connection(server, certificate), pinFor(server));
    await byRoot.version();
    byRoot.close();
    const byMiddle = openReader(
      connection(server, certificate, { caPem: middle.certificate }),
      pinFor(server, { caKeySha256: middle.keySha256 }),
    );
    await byMiddle.version();
    byMiddle.close();
    expect(server.clientCertificates).toEqual(["admin", "admin"]);
  });

  it("nothing in the environment turns verification off", async () => {
    const server = await serve(foreign.issue({ commonName: "s", ...names }));
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      const reader = openReader(connection(server, token));
      expect(await failure(reader.version())).toMatchObject({ code: "CLUSTER_TLS" });
      reader.close();
    } finally {
      delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    }
    nothingLeft(server);
  });

  it("pinOf proves the CA key without a credential before it asks for the UID", async () => {
    const server = await serve(ours.issue({ commonName: "s", ...names }));
    expect(
      await pinOf(connection(server, certificate, { caPem: `${foreign.certificate}${ours.certificate}` })),
    ).toEqual(pinFor(server));
    expect(server.connections()).toBe(2);
    expect(server.clientCertificates).toEqual(["admin"]);
    const imposter = await serve(foreign.issue({ commonName: "s", ...names }));
    expect(await failure(pinOf(connection(imposter, certificate)))).toEqual({
      code: "CLUSTER_TLS",
      message: `the certificate of ${imposter.url} is not signed by the CA that the kubeconfig names`,
    });
    nothingLeft(imposter);
  });

  it("credentials that may not read kube-system are told what they need", async () => {
    const server = await serve(ours.issue({ commonName: "s", ...names }), (_request, response) =>
      answerJson(response, 403, {
        kind: "Status",
        code: 403,
        reason: "Forbidden",
        message: 'namespaces "kube-system" is forbidden: User "x" cannot get',
      }),
    );
    const reader = openReader(connection(server, token), pinFor(server));
    await expect(reader.version()).rejects.toMatchObject({
      code: "CLUSTER_PIN",
      message: "the credentials may not read namespace kube-system, whose UID the pin names",
      hint: "allow get of namespaces with resourceNames [kube-system]",
    });
    reader.close();
  });

  it("what is no TLS server is told as such", async () => {
    const { createServer } = await import("node:net");
    const plain = createServer((socket) => socket.resume().end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    const { port } = plain.address() as { port: number };
    const reader = openReader({ ...connection({ url: `https://127.0.0.1:${port}` } as TlsServer, token) });
    const error: unknown = await reader.version().catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: "CLUSTER_TLS",
      message: expect.stringContaining("does not speak TLS") as string,
    });
    expect(clusterErrorCause(error)?.effect).toBe("no");
    reader.close();
    await new Promise((resolve) => plain.close(resolve));
    const gone = openReader(connection({ url: `https://127.0.0.1:${port}` } as TlsServer, token));
    await expect(gone.version()).rejects.toMatchObject({
      code: "CLUSTER_UNREACHABLE",
      message: `https://127.0.0.1:${port} cannot be reached: nothing listens there`,
    });
    gone.close();
  });
});
