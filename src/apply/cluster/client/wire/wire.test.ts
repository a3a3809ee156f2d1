import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { authority } from "../../../../../test/support/test-pki.ts";
import {
  answerJson,
  type Handler,
  tlsServer,
  type TlsServer,
} from "../../../../../test/support/tls-server.ts";
import type { KubeConnection } from "../connection.ts";
import { clusterErrorCause } from "../errors/cluster-error.ts";
import { openReader } from "../reader/reader.ts";
import { permitPlan } from "../request/permits.ts";
import { applyRequest } from "../request/planned-request.ts";
import { openTransport, type Transport, type TransportOptions } from "../transport.ts";
import { openWriter } from "../writer.ts";

const CANARY = "CANARY-9b1c";
const ca = authority("ca");
const issued = ca.issue({ commonName: "s", ipAddresses: ["127.0.0.1"] });
const servers: TlsServer[] = [];
const closing: { close(): void }[] = [];
afterEach(async () => {
  for (const each of closing.splice(0)) each.close();
  for (const server of servers.splice(0)) await server.close();
});

async function serve(handler: Handler): Promise<TlsServer> {
  const server = await tlsServer(issued, handler);
  servers.push(server);
  return server;
}
function connectionTo(server: TlsServer, change: Partial<KubeConnection> = {}): KubeConnection {
  return {
    server: server.url,
    caPem: ca.certificate,
    tlsServerName: null,
    credentials: { kind: "token", token: "t" },
    impersonate: null,
    namespace: "default",
    context: "test",
    warnings: [],
    ...change,
  };
}
function open(
  server: TlsServer,
  options: TransportOptions = {},
  change: Partial<KubeConnection> = {},
): Transport {
  const transport = openTransport(connectionTo(server, change), options);
  closing.push(transport);
  return transport;
}
const read = { method: "GET", path: "/api/v1/namespaces/shop/configmaps/a" } as const;
const uid = "11111111-2222-3333-4444-555555555555";
const target = { group: "", version: "v1", plural: "configmaps", namespace: "shop", name: "a" };
const apply = applyRequest(
  target,
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } },
  { fieldManager: "m", uid },
);
const write = { planned: apply, resourceVersion: "5" } as const;
const permits = (): Pick<TransportOptions, "permits"> => ({ permits: permitPlan([apply]) });

async function failed(
  attempt: Promise<unknown>,
): Promise<{ code: unknown; message: string; effect: unknown }> {
  const error: unknown = await attempt.then(
    (value) => {
      throw new Error(`it succeeded: ${JSON.stringify(value)}`);
    },
    (caught: unknown) => caught,
  );
  expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(CANARY);
  return {
    code: (error as { code: unknown }).code,
    message: (error as Error).message,
    effect: clusterErrorCause(error)?.effect,
  };
}

describe("answers that are none", () => {
  it("a redirect is not followed, and nothing goes to where it points", async () => {
    const elsewhere = await serve((_request, response) => answerJson(response, 200, {}));
    for (const status of [301, 302, 303, 307, 308]) {
      const server = await serve((_request, response) =>
        response.writeHead(status, { location: `${elsewhere.url}/x` }).end(CANARY),
      );
      expect(await failed(open(server).send(read))).toEqual({
        code: "CLUSTER_ANSWER",
        message: `the API server answers the reading of configmaps shop/a with a redirect (${status}), which is not followed`,
        effect: "no",
      });
    }
    expect(elsewhere.connections()).toBe(0);
  });
  it("a body over the limit is given up, with and without a length", async () => {
    for (const length of [true, false]) {
      const body = JSON.stringify({ data: CANARY.repeat(100_000) });
      const server = await serve((_request, response) => {
        response.writeHead(200, {
          "content-type": "application/json",
          ...(length && { "content-length": String(body.length) }),
        });
        response.end(body);
      });
      expect(await failed(open(server, { limits: { answerBytes: 1000 } }).send(read))).toEqual({
        code: "CLUSTER_ANSWER",
        message: "the answer to the reading of configmaps shop/a is larger than 1000 bytes",
        effect: "no",
      });
    }
  });
  it("a server that does not answer, or stops within an answer", async () => {
    const silent = await serve(() => {});
    expect(await failed(open(silent, { limits: { answerMs: 50 } }).send(read))).toEqual({
      code: "CLUSTER_UNREACHABLE",
      message: "the API server did not answer the reading of configmaps shop/a in time",
      effect: "no",
    });
    expect(await failed(open(silent, { ...permits(), limits: { answerMs: 50 } }).send(write))).toMatchObject({
      code: "CLUSTER_UNREACHABLE",
      effect: "unknown",
    });
    const half = await serve((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write(`{"data":"${CANARY}`);
    });
    expect(await failed(open(half, { limits: { answerMs: 50 } }).send(read))).toEqual({
      code: "CLUSTER_UNREACHABLE",
      message: "the connection broke in the middle of the answer to the reading of configmaps shop/a",
      effect: "no",
    });
  });
  it("a connection that is cut: before the answer, within it, and what that means for a write", async () => {
    const cut = await serve((_request, _response, socket) => socket.destroy());
    expect(await failed(open(cut).send(read))).toEqual({
      code: "CLUSTER_UNREACHABLE",
      message: "the connection broke before the reading of configmaps shop/a was answered",
      effect: "no",
    });
    expect(await failed(open(cut, permits()).send(write))).toEqual({
      code: "CLUSTER_UNREACHABLE",
      message:
        "the connection broke after the apply of configmaps shop/a was sent: whether it took effect is not known",
      effect: "unknown",
    });
    expect(cut.requests.filter(({ method }) => method === "PATCH").length).toBe(1);
    const within = await serve((_request, response, socket) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write(`{"data":"${CANARY}`, () => socket.destroy());
    });
    expect(await failed(open(within, permits()).send(write))).toEqual({
      code: "CLUSTER_UNREACHABLE",
      message: "the connection broke in the middle of the answer to the apply of configmaps shop/a",
      effect: "unknown",
    });
  });
  it("no HTTP, no JSON, JSON that cannot be walked, numbers that are not exact", async () => {
    const noHttp = await serve((_request, _response, socket) => socket.end(`${CANARY} no http\r\n\r\n`));
    expect(await failed(open(noHttp).send(read))).toMatchObject({
      code: "CLUSTER_ANSWER",
      message: "the answer to the reading of configmaps shop/a is not HTTP",
    });
    const bodies: readonly [string, string][] = [
      [`{"data":"${CANARY}"`, "is not JSON"],
      [`{"a":${"[".repeat(2000)}${"]".repeat(2000)}}`, "is nested deeper than 1000"],
      [
        `{"data":"${CANARY}","n":9007199254740993}`,
        "holds a number that cannot be carried exactly (more than 2^53)",
      ],
    ];
    for (const [body, message] of bodies) {
      const server = await serve((_request, response) =>
        response.writeHead(200, { "content-type": "application/json" }).end(body),
      );
      expect(await failed(open(server).send(read))).toEqual({
        code: "CLUSTER_ANSWER",
        message: `the answer to the reading of configmaps shop/a ${message}`,
        effect: "no",
      });
      expect(await failed(open(server, permits()).send(write))).toMatchObject({
        code: "CLUSTER_ANSWER",
        effect: "unknown",
      });
    }
    const exact = await serve((_request, response) =>
      response
        .writeHead(200, { "content-type": "application/json" })
        .end('{"a":9007199254740992,"b":0.1234567890123456,"c":"99999999999999999999"}'),
    );
    expect((await open(exact).send(read)).body).toEqual({
      a: 9007199254740992,
      b: 0.1234567890123456,
      c: "99999999999999999999",
    });
  });
  it("an object of another name is no answer, and a kind that is not served is not an absent object", async () => {
    const other = await serve((_request, response) => answerJson(response, 200, { metadata: { name: "b" } }));
    const reader = openReader(connectionTo(other));
    closing.push(reader);
    await expect(reader.get(target)).rejects.toMatchObject({ code: "CLUSTER_ANSWER" });
    const status =
      (details: object): Handler =>
      (_request, response) =>
        answerJson(response, 404, {
          kind: "Status",
          code: 404,
          reason: "NotFound",
          message: CANARY,
          details,
        });
    const absent = openReader(connectionTo(await serve(status({ name: "a", kind: "configmaps" }))));
    const unserved = openReader(connectionTo(await serve(status({}))));
    const plain = openReader(
      connectionTo(await serve((_request, response) => response.writeHead(404).end("404 page not found\n"))),
    );
    closing.push(absent, unserved, plain);
    expect(await absent.get(target)).toBeUndefined();
    for (const each of [unserved, plain]) {
      await expect(each.get(target)).rejects.toMatchObject({
        code: "CLUSTER_NOT_FOUND",
        message: "the API server does not serve the kind of the reading of configmaps shop/a",
      });
    }
  });
});

describe("waiting when the server asks for it", () => {
  function busy(times: number, status: number, headers: Record<string, string> = {}): Handler {
    let left = times;
    return (_request, response) => {
      if (left-- > 0)
        answerJson(response, status, { kind: "Status", code: status, message: CANARY }, headers);
      else answerJson(response, 200, { metadata: { name: "a" } });
    };
  }
  const waits = (): { list: number[]; wait: (milliseconds: number) => Promise<void> } => {
    const list: number[] = [];
    return {
      list,
      wait: (milliseconds) => {
        list.push(milliseconds);
        return Promise.resolve();
      },
    };
  };
  it("429 with Retry-After, for reads and for writes, which the server did not look at", async () => {
    for (const request of [read, write]) {
      const { list, wait } = waits();
      const server = await serve(busy(3, 429, { "retry-after": "2" }));
      await open(server, { wait, ...permits() }).send(request);
      expect(list).toEqual([2000, 2000, 2000]);
    }
  });
  it("gives up after a minute, or after eight attempts", async () => {
    const long = waits();
    const server = await serve(busy(99, 429, { "retry-after": "25" }));
    expect(await failed(open(server, { wait: long.wait }).send(read))).toEqual({
      code: "CLUSTER_BUSY",
      message: "the API server is overloaded (reading of configmaps shop/a), also after waiting",
      effect: "no",
    });
    expect(long.list).toEqual([25_000, 25_000]);
    const short = waits();
    const other = await serve(busy(99, 429, { "retry-after": "0" }));
    await failed(open(other, { wait: short.wait }).send(read));
    expect(short.list).toEqual([1000, 1000, 1000, 1000, 1000, 1000, 1000]);
  });
  it("503 for what changes nothing; a write is not repeated after 429 without Retry-After, 500, 503 or 504", async () => {
    const { list, wait } = waits();
    await open(await serve(busy(2, 503)), { wait }).send(read);
    expect(list).toEqual([1000, 2000]);
    for (const [status, code, effect] of [
      [429, "CLUSTER_BUSY", "no"],
      [500, "CLUSTER_ANSWER", "unknown"],
      [503, "CLUSTER_BUSY", "no"],
      [504, "CLUSTER_BUSY", "unknown"],
    ] as const) {
      const server = await serve(busy(1, status));
      expect(await failed(open(server, { wait, ...permits() }).send(write))).toMatchObject({ code, effect });
      expect(server.requests.length).toBe(1);
    }
    expect(list.length).toBe(2);
  });
  it("a kept connection that the server has closed is no failure of a read, and one of a write is not repeated", async () => {
    const server = await serve((_request, response) =>
      answerJson(response, 200, { metadata: { name: "a" } }),
    );
    let cutNext = false;
    const cutting = await serve((request, response, socket) => {
      if (cutNext) {
        cutNext = false;
        socket.destroy();
      } else answerJson(response, 200, { metadata: { name: "a" }, seen: request.method });
    });
    const client = open(cutting, permits());
    await client.send(read);
    cutNext = true;
    await client.send(read);
    expect(cutting.connections()).toBe(2);
    cutNext = true;
    expect(await failed(client.send(write))).toMatchObject({
      code: "CLUSTER_UNREACHABLE",
      effect: "unknown",
    });
    expect(cutting.requests.filter(({ method }) => method === "PATCH").length).toBe(1);
    expect(server.connections()).toBe(0);
  });
});

describe("requests", () => {
  it("impersonate with one header for each group", async () => {
    const server = await serve((_request, response) => answerJson(response, 200, {}));
    await open(
      server,
      {},
      { impersonate: { user: "alice", uid: "7", groups: ["a", "b"], extra: { "x/y": ["1", "2"] } } },
    ).send(read);
    const raw = server.requests[0]!.rawHeaders;
    const headers = raw.flatMap((name, index) =>
      index % 2 === 0 && /^impersonate/i.test(name) ? [`${name}: ${raw[index + 1]}`] : [],
    );
    expect(headers).toEqual([
      "impersonate-user: alice",
      "impersonate-uid: 7",
      "impersonate-group: a",
      "impersonate-group: b",
      "impersonate-extra-x%2Fy: 1",
      "impersonate-extra-x%2Fy: 2",
    ]);
  });
  it("keep below the path of the server's URL, ask for no compression, name themselves", async () => {
    const server = await serve((_request, response) => answerJson(response, 200, {}));
    await open(server, {}, { server: `${server.url}/k8s/c-1` }).send(read);
    const [seen] = server.requests;
    expect(seen?.url).toBe("/k8s/c-1/api/v1/namespaces/shop/configmaps/a");
    expect(seen?.headers["accept-encoding"]).toBeUndefined();
    expect(seen?.headers["user-agent"]).toBe("kubeops");
  });
  it("share a few kept connections", async () => {
    const server = await serve((_request, response) => setTimeout(() => answerJson(response, 200, {}), 5));
    const client = open(server, { limits: { concurrency: 3 } });
    await Promise.all(Array.from({ length: 20 }, () => client.send(read)));
    expect(server.requests.length).toBe(20);
    expect(server.connections()).toBe(3);
  });
  it("tell the server's time, and end when they are given up", async () => {
    const server = await serve((request, response) => {
      if (request.url.endsWith("/slow")) return;
      answerJson(response, 200, {}, { date: "Tue, 01 Dec 2026 10:00:00 GMT" });
    });
    const client = open(server, permits());
    expect(client.serverTime()).toBeNull();
    await client.send(read);
    expect(client.serverTime()).toBe(Date.UTC(2026, 11, 1, 10));
    const given = new AbortController();
    const slow = client.send(
      { method: "GET", path: "/api/v1/namespaces/shop/configmaps/slow" },
      given.signal,
    );
    setTimeout(() => given.abort(), 20);
    expect(await failed(slow)).toEqual({
      code: "INTERRUPTED",
      message: "the request was given up",
      effect: "no",
    });
    client.close();
    await expect(client.send(read)).rejects.toThrow("the client is closed");
  });
  it("a write that is given up may have taken effect", async () => {
    const server = await serve(() => {});
    const client = open(server, permits());
    const sending = client.send(write);
    setTimeout(() => client.close(), 50);
    expect(await failed(sending)).toEqual({
      code: "INTERRUPTED",
      message: "the apply of configmaps shop/a was given up after it was sent",
      effect: "unknown",
    });
  });
  it("a writer gives warnings and the id of the audit event", async () => {
    const auditId = "0f1e2d3c-0000-1111-2222-333344445555";
    const server = await serve((_request, response) =>
      answerJson(
        response,
        200,
        { kind: "ConfigMap", metadata: { name: "kube-system", uid } },
        {
          "audit-id": auditId,
          warning: ['299 - "unknown field \\"spec.replicaz\\""', `299 - "${CANARY}"`],
        },
      ),
    );
    const writer = openWriter(
      connectionTo(server),
      { url: server.url, caKeySha256: ca.keySha256, kubeSystemUid: uid },
      permitPlan([apply]),
    );
    closing.push(writer);
    const answer = await writer.write(apply, "5");
    expect(answer).toMatchObject({
      status: 200,
      auditId,
      warnings: [
        { id: "unknown-field", text: "unknown field spec.replicaz" },
        { id: "other", text: "a warning whose text may hold values" },
      ],
    });
  });
});

describe("watch", () => {
  const line = (type: string, version: string, more: object = {}): string =>
    `${JSON.stringify({ type, object: { kind: "ConfigMap", metadata: { name: "a", resourceVersion: version }, ...more } })}\n`;
  async function events(server: TlsServer, resourceVersion = "1", limits = {}): Promise<string[]> {
    const reader = openReader(connectionTo(server), undefined, { limits });
    closing.push(reader);
    const seen: string[] = [];
    for await (const event of reader.watch(target, { resourceVersion })) {
      seen.push(event.type === "EXPIRED" ? event.type : `${event.type} ${event.resourceVersion}`);
      if (seen.length > 20) break;
    }
    return seen;
  }
  it("goes on from the last version after an end, a cut and a silence, bookmarks included", async () => {
    const asked: string[] = [];
    const server = await serve((request, response, socket) => {
      const version = new URL(request.url, "https://x").searchParams.get("resourceVersion") ?? "";
      asked.push(version);
      response.writeHead(200, { "content-type": "application/json" });
      if (version === "1") response.end(`${line("ADDED", "2")}${line("BOOKMARK", "3")}`);
      else if (version === "3")
        response.write(`${line("MODIFIED", "4")}{"type":"DELE`, () => socket.destroy());
      else if (version === "4") response.write(line("DELETED", "5"));
      else
        response.end(
          `${JSON.stringify({ type: "ERROR", object: { kind: "Status", code: 410, message: CANARY } })}\n`,
        );
    });
    expect(await events(server, "1", { silenceMs: 100 })).toEqual([
      "ADDED 2",
      "BOOKMARK 3",
      "MODIFIED 4",
      "DELETED 5",
      "EXPIRED",
    ]);
    expect(asked).toEqual(["1", "3", "4", "5"]);
  });
  it("410 as a status, errors within, lines that are none", async () => {
    const gone = await serve((_request, response) =>
      answerJson(response, 410, { kind: "Status", code: 410, reason: "Expired", message: CANARY }),
    );
    expect(await events(gone)).toEqual(["EXPIRED"]);
    const error = await serve((_request, response) =>
      response
        .writeHead(200)
        .end(
          `${JSON.stringify({ type: "ERROR", object: { kind: "Status", code: 500, message: CANARY } })}\n`,
        ),
    );
    expect(await failed(events(error))).toMatchObject({ code: "CLUSTER_ANSWER" });
    for (const text of [`{"type":"ADDED","object":"${CANARY}"}\n`, `${CANARY}\n`, "[]\n"]) {
      const broken = await serve((_request, response) => response.writeHead(200).end(text));
      expect(await failed(events(broken))).toEqual({
        code: "CLUSTER_ANSWER",
        message: "an event of the watch of configmaps cannot be read",
        effect: "no",
      });
    }
    const forbidden = await serve((_request, response) =>
      answerJson(response, 403, { kind: "Status", code: 403, message: `is forbidden: User "${CANARY}"` }),
    );
    expect(await failed(events(forbidden))).toMatchObject({
      code: "CLUSTER_FORBIDDEN",
      message: "the credentials do not allow the watch of configmaps in shop",
    });
    const huge = await serve((_request, response) =>
      response.writeHead(200).end(`{"a":"${CANARY.repeat(1000)}`),
    );
    expect(await failed(events(huge, "1", { answerBytes: 1000 }))).toMatchObject({ code: "CLUSTER_ANSWER" });
  });
  it("a list that expires half-way begins again; one that does not end is given up", async () => {
    let expired = false;
    const server = await serve((request, response) => {
      const query = new URL(request.url, "https://x").searchParams;
      const page = query.get("continue");
      if (page === "p2" && !expired) {
        expired = true;
        answerJson(response, 410, { kind: "Status", code: 410, reason: "Expired", message: CANARY });
      } else {
        const items = [{ metadata: { name: page ?? "first" } }];
        const token = page === null ? "p2" : page === "p2" ? "p3" : "";
        answerJson(response, 200, {
          kind: "ConfigMapList",
          apiVersion: "v1",
          metadata: { resourceVersion: "9", continue: token },
          items,
        });
      }
    });
    const reader = openReader(connectionTo(server));
    closing.push(reader);
    const listed = await reader.list(target, { chunk: 1 });
    expect(listed).toEqual({
      resourceVersion: "9",
      items: ["first", "p2", "p3"].map((name) => ({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name },
      })),
    });
    expect(server.requests.map(({ url }) => new URL(url, "https://x").searchParams.get("continue"))).toEqual([
      null,
      "p2",
      null,
      "p2",
      "p3",
    ]);
    await expect(reader.list(target, { chunk: 1, most: 2 })).rejects.toMatchObject({
      code: "CLUSTER_ANSWER",
      message: "there are more than 2 configmaps",
    });
    const empty = await serve((_request, response) =>
      answerJson(response, 200, { kind: "ConfigMapList", metadata: {}, items: null }),
    );
    const other = openReader(connectionTo(empty));
    closing.push(other);
    expect((await other.list(target)).items).toEqual([]);
  });
});
