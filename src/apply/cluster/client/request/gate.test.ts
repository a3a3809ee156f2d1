import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authority } from "../../../../../test/support/test-pki.ts";
import { answerJson, tlsServer, type TlsServer } from "../../../../../test/support/tls-server.ts";
import type { Json, JsonObject } from "../../../../kube/json.ts";
import type { KubeConnection } from "../connection.ts";
import { openTransport, type Transport } from "../transport.ts";
import { openWriter } from "../writer.ts";
import { objectPath, parsePath } from "./api-path.ts";
import { classifyRequest } from "./classify-request.ts";
import { permitPlan, renewManagedFields, type WritePermits } from "./permits.ts";
import {
  applyRequest,
  createRequest,
  deleteRequest,
  dryRunOf,
  managedFieldsRequest,
  type PlannedRequest,
  tokenRequest,
} from "./planned-request.ts";
import type { WireRequest } from "./prepare-request.ts";

const ca = authority("ca");
const uid = "11111111-2222-3333-4444-555555555555";
let server: TlsServer;
let connection: KubeConnection;
const opened: Transport[] = [];
beforeAll(async () => {
  server = await tlsServer(ca.issue({ commonName: "s", ipAddresses: ["127.0.0.1"] }), (_request, response) =>
    answerJson(response, 200, { kind: "ConfigMap", metadata: { name: "kube-system", uid } }),
  );
  connection = {
    server: server.url,
    caPem: ca.certificate,
    tlsServerName: null,
    credentials: { kind: "token", token: "t" },
    impersonate: null,
    namespace: "default",
    context: "test",
    warnings: [],
  };
});
afterAll(async () => {
  for (const transport of opened) transport.close();
  await server.close();
});

function transport(permits?: WritePermits): Transport {
  const made = openTransport(connection, {
    pin: { url: server.url, caKeySha256: ca.keySha256, kubeSystemUid: uid },
    ...(permits && { permits }),
  });
  opened.push(made);
  return made;
}

const configMaps = { group: "", version: "v1", plural: "configmaps", namespace: "shop" };
const object = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "a", namespace: "shop" },
  data: { k: "v" },
};
const target = { ...configMaps, name: "a" };
const apply = applyRequest(target, object, { fieldManager: "kubeops", uid });
const create = createRequest(configMaps, object, { fieldManager: "kubeops" });
const remove = deleteRequest(target, { uid, propagation: "Background" });
const token = tokenRequest("shop", "deployer", { audiences: [], expirationSeconds: 600 });
const fields = managedFieldsRequest(target, { uid, managedFields: [], fieldManager: "kubeops" });

/** Refused synchronously or not, before a connection is opened. */
async function refused(send: () => Promise<unknown>): Promise<string> {
  const before = server.connections();
  const error: unknown = await send().then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(TypeError);
  expect(server.connections()).toBe(before);
  return (error as Error).message;
}

const methods = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
  "TRACE",
  "CONNECT",
  "get",
  "Get",
  "DELETE ",
  "",
];
const collection = "/api/v1/namespaces/shop/configmaps";
const one = `${collection}/a`;
const bodies: readonly (JsonObject | undefined)[] = [undefined, object, { dryRun: ["All"] }];
const paths = [
  collection,
  one,
  `${one}?fieldManager=x`,
  `${one}?force=true`,
  `${one}?fieldManager=x&force=false&dryRun=All`,
  `${one}?dryRun=`,
  `${one}?dryRun=all`,
  `${one}?dryRun=All&dryRun=All`,
  `${one}?dryRun=All&dryRun=`,
  `${one}?dryrun=All`,
  `${one}?dryRun=All%20`,
  `${one}?dryRun=%41ll`,
  `${one}?x=1;dryRun=All`,
  `${one}#?dryRun=All`,
  `${one}?dryRun=All#x`,
  `${one}/status?dryRun=All`,
  `${one}/scale?dryRun=All`,
  `${collection}?dryRun=All`,
  "/api/v1/namespaces/shop/pods/p/exec",
  "/api/v1/namespaces/shop/pods/p/exec?command=id&stdin=true",
  "/api/v1/namespaces/shop/pods/p/attach",
  "/api/v1/namespaces/shop/pods/p/portforward",
  "/api/v1/namespaces/shop/pods/p/proxy",
  "/api/v1/namespaces/shop/pods/p/proxy/admin",
  "/api/v1/namespaces/shop/pods/p/%70roxy",
  "/api/v1/namespaces/shop/pods/p/eviction?dryRun=All",
  "/api/v1/namespaces/shop/pods/p/binding?dryRun=All",
  "/api/v1/namespaces/shop/pods/p/ephemeralcontainers?dryRun=All",
  "/api/v1/namespaces/shop/services/https:s:443/proxy/",
  "/api/v1/nodes/n/proxy/exec/shop/p/c",
  "/api/v1/proxy/namespaces/shop/services/s",
  "/api/v1/watch/namespaces/shop/pods",
  "/api/v1/namespaces/shop/serviceaccounts/a/token",
  "/api/v1/namespaces/shop/serviceaccounts/a/token?dryRun=All",
  "/api/v1/namespaces/shop/finalize",
  "/api/v1/namespaces/shop/status?dryRun=All",
  "/apis/certificates.k8s.io/v1/certificatesigningrequests/c/approval?dryRun=All",
  "/apis/authorization.k8s.io/v1/subjectaccessreviews",
  "/apis/authentication.k8s.io/v1/tokenreviews",
  "/api/v1/namespaces/shop/../kube-system/configmaps/a?dryRun=All",
  "/api/v1//namespaces/shop/configmaps/a?dryRun=All",
  "/api/v1/namespaces/shop/configmaps/a/?dryRun=All",
  "/api/v1/namespaces/shop/configmaps/a%2Fstatus?dryRun=All",
  "/api/v1/namespaces/shop/configmaps/.?dryRun=All",
  "/api/v1/namespaces/shop/configmaps/..?dryRun=All",
  "https://elsewhere/api/v1/namespaces/shop/configmaps/a?dryRun=All",
  "//elsewhere/api/v1/namespaces?dryRun=All",
  "/api/v1/namespaces/shop/configmaps/a?dryRun=All HTTP/1.1\r\nX: y",
  "/debug/pprof/profile",
  "/logs/",
  "/metrics",
  "",
  "/",
  "*",
];
/** What may leave without a permit, and nothing else of the matrix. */
const dryRunBodies = [object, { dryRun: ["All"] }].map((body) => JSON.stringify(body));
const mayLeave = [
  ...["GET", "HEAD"].flatMap((method) =>
    [
      collection,
      one,
      "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      "/apis/authentication.k8s.io/v1/tokenreviews",
    ].map((path) => `${method} ${path} undefined`),
  ),
  ...dryRunBodies.map((body) => `POST ${collection}?dryRun=All ${body}`),
];

/** Every way to hand a method, a path and a body to the transport. */
function requestsOf(method: string, path: string, body: JsonObject | undefined): readonly WireRequest[] {
  const types = ["application/json", "application/apply-patch+yaml", "application/merge-patch+json"];
  return [
    { method, path, ...(body && { review: body }) } as WireRequest,
    ...types.map(
      (contentType) =>
        ({ planned: { method, path, contentType, body, takesVersion: "no" } }) as unknown as WireRequest,
    ),
  ];
}

describe("K13 the transport refuses what is no read, review, dry run or permitted write", () => {
  it("every method on every path, before a byte leaves", async () => {
    const client = transport();
    const passed: string[] = [];
    const matrix = methods.flatMap((method) =>
      paths.flatMap((path) => bodies.map((body) => [method, path, body] as const)),
    );
    for (const [method, path, body] of matrix) {
      for (const request of requestsOf(method, path, body)) {
        try {
          await refused(() => client.send(request));
        } catch {
          passed.push(`${method} ${path} ${JSON.stringify(body)}`);
        }
      }
    }
    expect([...new Set(passed)].toSorted()).toEqual(mayLeave.toSorted());
  });

  it("a deletion that is a dry run in its query alone, which a server carries out", async () => {
    const client = transport();
    const half: PlannedRequest = { ...remove, path: `${remove.path}?dryRun=All` };
    expect(await refused(() => client.send({ planned: half, resourceVersion: "5" }))).toBe(
      "refused before it was sent: DELETE /api/v1/namespaces/shop/configmaps/a?dryRun=All: a deletion that is a dry run says so in its query and in its body",
    );
    const otherHalf: PlannedRequest = {
      ...remove,
      body: { ...(remove.body as JsonObject), dryRun: ["All"] },
    };
    await refused(() => client.send({ planned: otherHalf, resourceVersion: "5" }));
    for (const dryRun of [[], ["All", "All"], "All", ["all"], null]) {
      const bent = { ...half, body: { ...(remove.body as JsonObject), dryRun } };
      await refused(() => client.send({ planned: bent, resourceVersion: "5" }));
    }
  });

  it("a token request that says it is a dry run, for which a server mints a token", async () => {
    await refused(() => transport().send({ planned: dryRunOf(token) }));
    expect(() => permitPlan([dryRunOf(token)])).toThrow("token is never written");
  });

  it("a write that no plan permits, and one that differs from a permitted one in anything", async () => {
    const permits = permitPlan([apply, create, remove, token, fields]);
    const client = transport(permits);
    const changed: readonly PlannedRequest[] = [
      { ...apply, path: apply.path.replace("/a?", "/b?") },
      { ...apply, path: apply.path.replace("kubeops", "kubeops2") },
      { ...apply, path: apply.path.replace("&fieldValidation=Strict", "") },
      { ...apply, body: { ...(apply.body as JsonObject), data: { k: "w" } } },
      { ...apply, takesVersion: "no" },
      { ...create, path: create.path.replace("shop", "prod") },
      { ...create, body: { ...object, data: {} } },
      { ...remove, body: { ...(remove.body as JsonObject), propagationPolicy: "Orphan" } },
      { ...remove, body: { ...(remove.body as JsonObject), preconditions: { uid: "other" } } },
      { ...token, body: { ...(token.body as JsonObject), spec: { audiences: [], expirationSeconds: 601 } } },
      { ...fields, contentType: "application/json" },
    ];
    for (const planned of changed) {
      const version = planned.takesVersion === "no" ? {} : { resourceVersion: "5" };
      await refused(() => client.send({ planned, ...version }));
    }
    const bare = transport();
    for (const planned of [apply, create, remove, token, fields]) {
      const version = planned.takesVersion === "no" ? {} : { resourceVersion: "5" };
      expect(await refused(() => bare.send({ planned, ...version }))).toMatch(
        /no verified plan permits this request$/,
      );
    }
  });

  it("something that looks like permits", async () => {
    const forged = [{ size: 5 }, Object.create(permitPlan([apply])) as object, new Map([["PATCH", "open"]])];
    for (const permits of forged) {
      const client = openWriter(
        connection,
        { url: server.url, caKeySha256: ca.keySha256, kubeSystemUid: uid },
        permits as WritePermits,
      );
      await refused(() => client.write(apply, "5"));
      client.close();
    }
  });

  it("a version where none belongs, none where one belongs, and what is no version", async () => {
    const client = transport(permitPlan([apply, create]));
    await refused(() => client.send({ planned: create, resourceVersion: "5" }));
    await refused(() => client.send({ planned: apply }));
    for (const resourceVersion of ["", "0", "-1", "1e3", "05", "5 ", '5","x":"y', "9".repeat(21)])
      await refused(() => client.send({ planned: apply, resourceVersion }));
    const taken = {
      ...apply,
      body: { ...(apply.body as JsonObject), metadata: { name: "a", resourceVersion: "1" } },
    };
    await refused(() => transport(permitPlan([taken])).send({ planned: taken, resourceVersion: "5" }));
  });

  it("a permitted write goes out to the letter, once; what is sent is what was checked", async () => {
    const client = transport(permitPlan([apply, create, remove]));
    const before = server.requests.length;
    const racing = { ...apply, body: { ...(apply.body as JsonObject) } };
    const sending = client.send({ planned: racing, resourceVersion: "5" });
    (racing.body as Record<string, unknown>)["data"] = { k: "swapped" };
    await sending;
    await client.send({ planned: create });
    await client.send({ planned: remove, resourceVersion: "6" });
    const sent = server.requests.slice(before).filter(({ method }) => method !== "GET");
    expect(sent.map(({ method, url, body }) => [method, url, JSON.parse(body) as unknown])).toEqual([
      [
        "PATCH",
        "/api/v1/namespaces/shop/configmaps/a?fieldManager=kubeops&fieldValidation=Strict",
        { ...object, metadata: { ...object.metadata, uid, resourceVersion: "5" } },
      ],
      ["POST", "/api/v1/namespaces/shop/configmaps?fieldManager=kubeops&fieldValidation=Strict", object],
      [
        "DELETE",
        "/api/v1/namespaces/shop/configmaps/a",
        { ...(remove.body as JsonObject), preconditions: { uid, resourceVersion: "6" } },
      ],
    ]);
    expect(sent.map(({ headers }) => headers["content-type"])).toEqual([
      "application/apply-patch+yaml",
      "application/json",
      "application/json",
    ]);
    const again = server.connections();
    await expect(client.send({ planned: apply, resourceVersion: "5" })).rejects.toThrow(TypeError);
    await expect(client.send({ planned: create })).rejects.toThrow(TypeError);
    expect(server.connections()).toBe(again);
    expect(server.requests.slice(before).filter(({ method }) => method !== "GET").length).toBe(3);
  });

  it("K13 a permitted replacement of managedFields may carry other entries, and nothing else may differ", async () => {
    const entries = [{ manager: "m", operation: "Apply" }];
    const fresh = managedFieldsRequest(target, { uid, managedFields: entries, fieldManager: "kubeops" });
    const permits = permitPlan([apply, fields]);
    const no = /no verified plan permits this request/;
    const others = [
      managedFieldsRequest(target, { uid: "another", managedFields: entries, fieldManager: "kubeops" }),
      managedFieldsRequest(
        { ...target, name: "b" },
        { uid, managedFields: entries, fieldManager: "kubeops" },
      ),
      managedFieldsRequest(target, { uid, managedFields: entries, fieldManager: "x" }),
      { ...fresh, body: [...(fresh.body as Json[]), { op: "replace", path: "/data/k", value: "x" }] },
      {
        ...fresh,
        body: [(fresh.body as Json[])[0] ?? null, { op: "replace", path: "/data", value: entries }],
      },
      {
        ...fresh,
        body: [(fresh.body as Json[])[0] ?? null, { op: "remove", path: "/metadata/managedFields" }],
      },
      { ...fresh, takesVersion: "no" as const },
      apply,
    ];
    for (const other of others) {
      expect(() => renewManagedFields(permits, fields, other)).toThrow(no);
      expect(() => renewManagedFields(permits, other, fresh)).toThrow(no);
    }
    await refused(() => transport(permits).send({ planned: fresh, resourceVersion: "5" }));
    renewManagedFields(permits, fields, fresh);
    // The permit has moved: there is one, not two.
    await refused(() => transport(permits).send({ planned: fields, resourceVersion: "5" }));
    expect(() => renewManagedFields(permits, fields, fresh)).toThrow(no);
    expect(() => renewManagedFields({ size: 1 } as WritePermits, fields, fresh)).toThrow(no);
  });

  it("permits are for writes of single objects, each once", () => {
    expect(() => permitPlan([apply, apply])).toThrow("a request is permitted once");
    expect(() => permitPlan([dryRunOf(apply)])).toThrow("only writes are permitted");
    expect(() => permitPlan([{ ...remove, path: collection }])).toThrow(
      "collections are not written as a whole",
    );
    expect(() => permitPlan([{ ...apply, path: `${one}/status` }])).toThrow("status is never written");
    expect(() => permitPlan([{ ...apply, method: "PUT" as "PATCH" }])).toThrow('"PUT" is never sent');
    expect(permitPlan([apply, create]).size).toBe(2);
  });

  it("only the run of an approved plan asks for permits", () => {
    const source = join(import.meta.dirname, "../../../../..", "src");
    const callers = readdirSync(source, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
      .filter((file) => readFileSync(join(source, file), "utf8").includes("permitPlan"))
      .filter((file) => !file.startsWith("apply/cluster/client/request/permits.ts"))
      .filter((file) => !/^apply\/(?:cluster\/)?run\//.test(file));
    expect(callers).toEqual([]);
  });
});

describe("K13 what passes", () => {
  const reads: readonly [string, string][] = [
    ["GET", "/version"],
    ["GET", "/api"],
    ["GET", "/apis"],
    ["GET", "/apis/apps/v1"],
    ["GET", "/openapi/v3/apis/apps/v1?hash=ABC"],
    ["HEAD", one],
    ["GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node"],
    ["GET", "/apis/apps/v1/namespaces/shop/deployments/web/status"],
    ["GET", "/api/v1/namespaces/shop/pods/p/log?container=c&tailLines=10"],
    ["GET", `${collection}?limit=500&labelSelector=a%3Db&continue=eyJ2IjoxfQ`],
  ];
  it.each(reads)("%s %s is a read", (method, path) => {
    expect(classifyRequest(method, path, undefined).kind).toBe("read");
  });
  it("watches, reviews, dry runs and writes", () => {
    expect(classifyRequest("GET", `${collection}?watch=true&resourceVersion=5`, undefined)).toEqual({
      kind: "watch",
      label: "watch of configmaps in shop",
    });
    expect(
      classifyRequest("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {}),
    ).toMatchObject({ kind: "review" });
    const kinds = [apply, create, remove, fields].map((request) => {
      const dry = dryRunOf(request);
      return [request, dry].map(({ method, path, body }) => classifyRequest(method, path, body));
    });
    expect(kinds).toEqual([
      [
        { kind: "write", label: "apply of configmaps shop/a" },
        { kind: "dry-run", label: "dry run of the apply of configmaps shop/a" },
      ],
      [
        { kind: "write", label: "creation of configmaps in shop" },
        { kind: "dry-run", label: "dry run of the creation of configmaps in shop" },
      ],
      [
        { kind: "write", label: "deletion of configmaps shop/a" },
        { kind: "dry-run", label: "dry run of the deletion of configmaps shop/a" },
      ],
      [
        { kind: "write", label: "apply of configmaps shop/a" },
        { kind: "dry-run", label: "dry run of the apply of configmaps shop/a" },
      ],
    ]);
    expect(classifyRequest(token.method, token.path, token.body)).toEqual({
      kind: "write",
      label: "request of serviceaccounts/token shop/deployer",
    });
  });
});

/** A path as a server's router may see it after decoding and cleaning. */
function acting(path: string): boolean {
  let seen = path.split("?")[0] ?? "";
  for (let round = 0; round < 3; round++) {
    try {
      seen = decodeURIComponent(seen);
    } catch {
      break;
    }
  }
  return seen
    .toLowerCase()
    .split(/[/;\\]/)
    .slice(6)
    .some((segment) =>
      ["exec", "attach", "portforward", "proxy", "eviction", "binding", "token"].includes(segment.trim()),
    );
}

describe("K13 paths have one form", () => {
  it("no bent path of an acting subresource passes as a read", () => {
    const bend = fc.constantFrom(
      (text: string) => text,
      (text: string) => text.replace("p", "%70"),
      (text: string) => text.replace("/pods", "//pods"),
      (text: string) => text.replace("/pods", "/./pods"),
      (text: string) => text.replace("/pods", "/x/../pods"),
      (text: string) => `${text}/`,
      (text: string) => `${text}/extra`,
      (text: string) => `${text};x`,
      (text: string) => text.replace(/\/(?=[a-z]+$)/, "%2F"),
      (text: string) => text.replace(/\/(?=[a-z]+$)/, "%252F"),
      (text: string) => text.toUpperCase(),
      (text: string) => `${text}\u0000`,
      (text: string) => text.replace("shop", "shop%00"),
    );
    const subresource = fc.constantFrom("exec", "attach", "portforward", "proxy", "eviction", "binding");
    fc.assert(
      fc.property(subresource, fc.array(bend, { maxLength: 3 }), (name, bends) => {
        const path = bends.reduce((text, each) => each(text), `/api/v1/namespaces/shop/pods/p/${name}`);
        if (!acting(path)) return;
        expect(classifyRequest("GET", path, undefined).kind).toBe("refused");
        expect(classifyRequest("POST", `${path}?dryRun=All`, {}).kind).toBe("refused");
      }),
    );
  });
  it("names come back as they were, whatever they hold", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 60 }), (name) => {
        let path: string;
        try {
          path = objectPath({ ...configMaps, name });
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          expect(/[/%]/.test(name) || name === "." || name === ".." || !name.isWellFormed()).toBe(true);
          return;
        }
        expect(parsePath(path)).toMatchObject({
          kind: "resource",
          name,
          subresource: null,
          resource: configMaps,
        });
      }),
    );
  });
  it("what a planner may not set, and no field manager, throws", () => {
    const bent = { ...object, metadata: { ...object.metadata, resourceVersion: "5" } };
    expect(() => applyRequest(target, bent, { fieldManager: "kubeops" })).toThrow(
      "metadata.resourceVersion is not a planner's to set",
    );
    expect(() => applyRequest(target, object, { fieldManager: "" })).toThrow("1 to 128 bytes");
    expect(() => applyRequest(target, object, { fieldManager: "é".repeat(65) })).toThrow("1 to 128 bytes");
    expect(() => objectPath({ ...target, namespace: "a/b" })).toThrow("this is no namespace");
    expect(() => objectPath({ ...target, plural: "pods/exec" })).toThrow("this is no resource");
  });
});
