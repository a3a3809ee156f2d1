import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ClusterPin, KubeConnection } from "../../src/apply/cluster/client/connection.ts";
import { clusterErrorCause } from "../../src/apply/cluster/client/errors/cluster-error.ts";
import { loadKubeconfig, readKubeconfig } from "../../src/apply/cluster/client/kubeconfig.ts";
import { pinOf } from "../../src/apply/cluster/client/pin.ts";
import { type KubeReader, openReader } from "../../src/apply/cluster/client/reader/reader.ts";
import type { WatchEvent } from "../../src/apply/cluster/client/reader/watch.ts";
import type { ObjectPath } from "../../src/apply/cluster/client/request/api-path.ts";
import { permitPlan } from "../../src/apply/cluster/client/request/permits.ts";
import {
  applyRequest,
  createRequest,
  deleteRequest,
  dryRunOf,
  managedFieldsRequest,
  type PlannedRequest,
  tokenRequest,
} from "../../src/apply/cluster/client/request/planned-request.ts";
import {
  type KubePlanner,
  type KubeWriter,
  openPlanner,
  openWriter,
  type WriteAnswer,
} from "../../src/apply/cluster/client/writer.ts";
import { type JsonObject, valueAt } from "../../src/kube/json.ts";
import { controlPlane, type ControlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { deep, leftOut } from "../support/suites.ts";
import { authority } from "../support/test-pki.ts";
import { until } from "../support/until.ts";

const versions = deep ? (["1.37", "1.35", "1.34"] as const) : (["1.37"] as const);
const missing =
  controlPlaneMissing !== undefined && leftOut("the client on a real API server", controlPlaneMissing);

const foreignAuthority = authority("kubeops-test-ca");

/** A value that stands where values stand; no message, hint or cause may hold it. */
const CANARY = "CANARY-5d2e";

describe.skipIf(missing).each(versions)("the client on a real API server, %s", (version) => {
  let plane: ControlPlane;
  let connection: KubeConnection;
  let pin: ClusterPin;
  let planner: KubePlanner;
  const closing: { close(): void }[] = [];

  beforeAll(async () => {
    plane = await controlPlane({
      admissionOff: ["ServiceAccount"],
      ...(version !== "1.37" && { emulated: version }),
    });
    connection = readKubeconfig(plane.kubeconfigFile("admin"));
    pin = await pinOf(connection);
    planner = openPlanner(connection, pin);
    closing.push(planner);
  });
  afterAll(async () => {
    for (const each of closing) each.close();
    await plane?.stop();
  });

  const reader = (user: string, groups?: readonly string[]): KubeReader => {
    const opened = openReader(
      loadKubeconfig(plane.kubeconfig(user, groups), { file: user, readFile: () => new Uint8Array() }),
    );
    closing.push(opened);
    return opened;
  };
  function writer(...requests: readonly PlannedRequest[]): KubeWriter {
    const opened = openWriter(connection, pin, permitPlan(requests));
    closing.push(opened);
    return opened;
  }
  const write = (request: PlannedRequest, resourceVersion?: string): Promise<WriteAnswer> =>
    writer(request).write(request, resourceVersion);

  const meta = (object: JsonObject | undefined, field: string): string => {
    const value = valueAt(object, ["metadata", field]);
    return typeof value === "string" ? value : "";
  };
  const configMap = (name: string, namespace = "default"): ObjectPath => ({
    group: "",
    version: "v1",
    plural: "configmaps",
    namespace,
    name,
  });
  const deployment = (name: string): ObjectPath => ({
    group: "apps",
    version: "v1",
    plural: "deployments",
    namespace: "default",
    name,
  });
  const secret = (name: string): ObjectPath => ({
    group: "",
    version: "v1",
    plural: "secrets",
    namespace: "default",
    name,
  });
  const map = (name: string, data: JsonObject = { k: "v" }): JsonObject => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default" },
    data,
  });
  const web = (name: string, spec: JsonObject = {}, container: JsonObject = {}): JsonObject => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "default" },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name }, annotations: { note: CANARY } },
        spec: {
          containers: [
            {
              name: "c",
              image: "x",
              env: [{ name: "PASSWORD", value: CANARY }],
              args: [CANARY],
              ...container,
            },
          ],
        },
      },
      ...spec,
    },
  });
  const manager = { fieldManager: "kubeops" };

  /** The failure, whose every part is searched for the canary (kernel K17). */
  async function failure(
    attempt: Promise<unknown>,
  ): Promise<{ code: unknown; message: string; causes: readonly unknown[]; effect: unknown }> {
    const error: unknown = await attempt.then(
      () => {
        throw new Error("it succeeded");
      },
      (caught: unknown) => caught,
    );
    const whole = inspect(error, { depth: 20, showHidden: true });
    expect(whole).not.toContain(CANARY);
    expect(whole).not.toContain(Buffer.from(CANARY).toString("base64").slice(0, 12));
    const cause = clusterErrorCause(error);
    if (cause === undefined) throw error;
    return {
      code: (error as { code: unknown }).code,
      message: (error as Error).message,
      causes: cause.failure?.causes ?? [],
      effect: cause.effect,
    };
  }

  describe("reading", () => {
    it("version, identity, pin, server's clock", async () => {
      const found = await planner.version();
      expect(found).toEqual({ minor: Number(version.slice(2)), binaryMinor: 37, gitVersion: "v1.37.2" });
      const kubeSystem = await plane.admin("GET", "/api/v1/namespaces/kube-system");
      expect(await planner.kubeSystemUid()).toBe(meta(kubeSystem.body, "uid"));
      expect(pin).toEqual({
        url: plane.apiUrl,
        caKeySha256: plane.caKeySha256,
        kubeSystemUid: meta(kubeSystem.body, "uid"),
      });
      expect(Math.abs((planner.serverTime() ?? 0) - Date.now())).toBeLessThan(60_000);
      expect(await planner.selfSubjectReview()).toMatchObject({
        username: "admin",
        groups: ["system:masters", "system:authenticated"],
      });
      expect(await reader("agent").selfSubjectReview()).toMatchObject({
        username: "agent",
        uid: "1",
        groups: ["agents", "system:authenticated"],
      });
    });
    it("discovery, once and by ETag", async () => {
      expect(
        await planner.discovery.resourceFor({ group: "apps", version: "v1", kind: "Deployment" }),
      ).toEqual({
        group: "apps",
        version: "v1",
        kind: "Deployment",
        plural: "deployments",
        namespaced: true,
        verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
        subresources: ["scale", "status"],
        stale: false,
      });
      expect(
        await planner.discovery.resourceFor({ group: "", version: "v1", kind: "Namespace" }),
      ).toMatchObject({ plural: "namespaces", namespaced: false });
      expect(
        await planner.discovery.resourceFor({ group: "apps", version: "v2", kind: "Deployment" }),
      ).toBeUndefined();
      const mutating = await planner.discovery.resourceFor({
        group: "admissionregistration.k8s.io",
        version: "v1",
        kind: "MutatingAdmissionPolicy",
      });
      expect(mutating === undefined).toBe(["1.34", "1.35"].includes(version));
      const before = (await planner.discovery.resources()).length;
      await plane.admin("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: "widgets.example.com" },
        spec: {
          group: "example.com",
          scope: "Namespaced",
          names: { plural: "widgets", singular: "widget", kind: "Widget" },
          versions: [
            {
              name: "v1",
              served: true,
              storage: true,
              schema: {
                openAPIV3Schema: {
                  type: "object",
                  properties: {
                    spec: {
                      type: "object",
                      properties: {
                        n: { type: "integer", maximum: 3 },
                        s: { type: "string" },
                        set: { type: "array", items: { type: "string" }, "x-kubernetes-list-type": "set" },
                      },
                      "x-kubernetes-validations": [
                        {
                          rule: "!has(self.s) || self.s.startsWith('a')",
                          messageExpression: "'s is ' + self.s",
                        },
                      ],
                    },
                  },
                },
              },
            },
          ],
        },
      });
      expect((await planner.discovery.resources()).length).toBe(before);
      const found = await until("the kind is served", () => {
        planner.discovery.refresh();
        return planner.discovery.resourceFor({ group: "example.com", version: "v1", kind: "Widget" });
      });
      expect(found).toMatchObject({ plural: "widgets" });
    });
    it("lists in chunks from one version, metadata alone without data; what is not there and what is not served", async () => {
      const names = Array.from({ length: 7 }, (_, index) => `list-${index}`);
      for (const name of names)
        await plane.admin("POST", "/api/v1/namespaces/default/secrets", {
          apiVersion: "v1",
          kind: "Secret",
          metadata: { name, labels: { set: "list" } },
          stringData: { p: CANARY },
        });
      const secrets = { group: "", version: "v1", plural: "secrets", namespace: "default" };
      const listed = await planner.list(secrets, { labelSelector: "set=list", chunk: 3 });
      expect(listed.items.map((item) => [item["apiVersion"], item["kind"], meta(item, "name")])).toEqual(
        names.map((name) => ["v1", "Secret", name]),
      );
      const partial = await planner.list(secrets, {
        labelSelector: "set=list",
        metadataOnly: true,
        chunk: 3,
      });
      expect(partial.items.map((item) => meta(item, "name"))).toEqual(names);
      expect(JSON.stringify(partial.items)).not.toContain(
        Buffer.from(CANARY).toString("base64").slice(0, 12),
      );
      expect(Number(partial.resourceVersion)).toBeGreaterThan(0);
      expect(JSON.stringify(await planner.get(secret("list-0"), { metadataOnly: true }))).not.toContain(
        '"data":',
      );
      expect(await planner.get(secret("list-0"))).toMatchObject({
        kind: "Secret",
        data: { p: Buffer.from(CANARY).toString("base64") },
      });
      expect(await planner.get(secret("absent"))).toBeUndefined();
      expect(await planner.get(configMap("absent", "no-such-namespace"))).toBeUndefined();
      for (const path of [
        { ...secret("x"), plural: "nothings" },
        { ...secret("x"), group: "none.example.com" },
        { ...deployment("x"), version: "v2" },
      ]) {
        expect(await failure(planner.get(path))).toMatchObject({
          code: "CLUSTER_NOT_FOUND",
          message: expect.stringContaining("does not serve the kind") as string,
        });
      }
    });
    it("watches from a list on, over the end of a request, to the bookmark", async () => {
      const maps = { group: "", version: "v1", plural: "configmaps", namespace: "default" };
      const stop = new AbortController();
      const { resourceVersion } = await planner.list(maps);
      const before = plane.auditLog().length;
      const requests = (): number =>
        (plane.auditLog().slice(before) as { verb: string; requestURI: string; stage: string }[]).filter(
          ({ verb, requestURI, stage }) =>
            verb === "watch" && requestURI.includes("w%3D1") && stage === "ResponseStarted",
        ).length;
      const seen: WatchEvent[] = [];
      const watching = (async () => {
        for await (const event of planner.watch(maps, {
          resourceVersion,
          labelSelector: "w=1",
          timeoutSeconds: 3,
          signal: stop.signal,
        })) {
          seen.push(event);
          if (event.type === "DELETED") stop.abort();
        }
      })();
      const labelled = { ...map("watched"), metadata: { name: "watched", labels: { w: "1" } } };
      await plane.admin("POST", "/api/v1/namespaces/default/configmaps", labelled);
      await plane.admin("POST", "/api/v1/namespaces/default/configmaps", map("not-watched"));
      // A busy server sends the bookmark of a request late, or at the next request only.
      const waited = until(
        () => `a bookmark comes and a request ends (${requests()} requests: ${JSON.stringify(seen)})`,
        () => requests() > 1 && seen.some(({ type }) => type === "BOOKMARK"),
      );
      await Promise.race([waited, watching]);
      await plane.admin("DELETE", "/api/v1/namespaces/default/configmaps/watched");
      await watching;
      expect(
        seen
          .filter(({ type }) => type !== "BOOKMARK")
          .map((event) => (event.type === "EXPIRED" ? "" : event.type)),
      ).toEqual(["ADDED", "DELETED"]);
      expect(seen.some(({ type }) => type === "BOOKMARK")).toBe(true);
    });
    it("a version that is no number is told, although the server fails inside", async () => {
      const maps = { group: "", version: "v1", plural: "configmaps", namespace: "default" };
      expect(await failure(planner.watch(maps, { resourceVersion: "x" }).next())).toMatchObject({
        code: "CLUSTER_ANSWER",
        message: "the API server failed inside (500) at the watch of configmaps in default",
      });
    });
  });

  describe("access", () => {
    it("reviews of oneself, and what lacks a right", async () => {
      const agent = reader("agent");
      const question = {
        verb: "patch",
        group: "apps",
        resource: "deployments",
        namespace: "default",
        name: "web",
      };
      expect(await planner.selfSubjectAccessReview(question)).toEqual({
        allowed: true,
        denied: false,
        incomplete: false,
      });
      expect(await agent.selfSubjectAccessReview(question)).toEqual({
        allowed: false,
        denied: false,
        incomplete: false,
      });
      expect(
        await agent.selfSubjectAccessReview({ ...question, resource: "nothings", subresource: "scale" }),
      ).toMatchObject({ allowed: false });
      expect(await failure(agent.get(secret("a")))).toMatchObject({
        code: "CLUSTER_FORBIDDEN",
        message: "the credentials do not allow the reading of secrets default/a",
      });
      expect(
        await failure(agent.list({ group: "", version: "v1", plural: "nodes", namespace: "" })),
      ).toMatchObject({
        code: "CLUSTER_FORBIDDEN",
        message: "the credentials do not allow the list of nodes",
      });
    });
    it("a token that nobody knows, and a pin that the credentials may not check", async () => {
      const text = plane.kubeconfig("agent").replace(plane.token("agent"), CANARY);
      const unknown = openReader(loadKubeconfig(text, { file: "f", readFile: () => new Uint8Array() }));
      closing.push(unknown);
      expect(await failure(unknown.version())).toMatchObject({
        code: "CLUSTER_AUTH",
        message: "the API server does not accept the credentials (reading of /version)",
      });
      const agent = openReader(
        loadKubeconfig(plane.kubeconfig("agent"), { file: "f", readFile: () => new Uint8Array() }),
        pin,
      );
      closing.push(agent);
      expect(await failure(agent.version())).toMatchObject({
        code: "CLUSTER_PIN",
        message: "the credentials may not read namespace kube-system, whose UID the pin names",
      });
    });
    it("pitfall 13: impersonation with two groups, which arrive as two", async () => {
      const config: KubeConnection = {
        ...connection,
        impersonate: { user: "carol", groups: ["g1", "g2"], extra: { scope: ["s1", "s2"] } },
      };
      const opened = openReader(config);
      closing.push(opened);
      expect(await opened.selfSubjectReview()).toMatchObject({
        username: "carol",
        groups: ["g1", "g2", "system:authenticated"],
        extra: { scope: ["s1", "s2"] },
      });
      const denied = openReader({
        ...loadKubeconfig(plane.kubeconfig("agent"), { file: "f", readFile: () => new Uint8Array() }),
        impersonate: { user: "admin" },
      });
      closing.push(denied);
      expect(await failure(denied.selfSubjectReview())).toMatchObject({ code: "CLUSTER_FORBIDDEN" });
    });
    it("a minted token works, for as long as asked, and its dry run is never sent", async () => {
      await plane.admin("POST", "/api/v1/namespaces/default/serviceaccounts", {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "deployer" },
      });
      const request = tokenRequest("default", "deployer", { audiences: [], expirationSeconds: 600 });
      const { token, expirationTimestamp } = await writer(request).mintToken(request);
      expect((Date.parse(expirationTimestamp) - Date.now()) / 1000).toBeGreaterThan(500);
      const minted = openReader({ ...connection, credentials: { kind: "token", token } });
      closing.push(minted);
      expect((await minted.selfSubjectReview()).username).toBe("system:serviceaccount:default:deployer");
      await expect(planner.dryRun(request)).rejects.toThrow("token is never written");
      const short = tokenRequest("default", "deployer", { audiences: [], expirationSeconds: 599 });
      expect(await failure(writer(short).mintToken(short))).toMatchObject({
        code: "CLUSTER_REFUSED",
        message:
          "the API server refuses the request of serviceaccounts/token default/deployer: spec.expirationSeconds is not valid",
      });
    });
  });

  describe("applying", () => {
    it("creates, changes nothing, updates by UID and version", async () => {
      const create = applyRequest(configMap("a"), map("a"), manager);
      const created = await write(create);
      expect(created.status).toBe(201);
      const uid = meta(created.object, "uid");
      const same = applyRequest(configMap("a"), map("a"), { ...manager, uid });
      const version = meta(created.object, "resourceVersion");
      const unchanged = await write(same, version);
      expect([unchanged.status, meta(unchanged.object, "resourceVersion")]).toEqual([200, version]);
      const change = applyRequest(configMap("a"), map("a", { k: "w" }), { ...manager, uid });
      const updated = await write(change, version);
      expect([updated.status, updated.object["data"]]).toEqual([200, { k: "w" }]);
      expect(updated.auditId).toMatch(/^[0-9a-f-]{36}$/);
      expect(plane.auditLog().some((event) => event["auditID"] === updated.auditId)).toBe(true);
      // The version is not the one that was read any more.
      expect(
        await failure(
          write(applyRequest(configMap("a"), map("a", { k: "x" }), { ...manager, uid }), version),
        ),
      ).toMatchObject({
        code: "CLUSTER_CONFLICT",
        message: "the object of the apply of configmaps default/a was changed since it was read",
        effect: "no",
      });
    });
    it("never creates by an update, nor updates by a creation, nor takes another object for the one that was read", async () => {
      await write(applyRequest(configMap("b"), map("b"), manager));
      expect(await failure(write(applyRequest(configMap("b"), map("b", { k: "2" }), manager)))).toMatchObject(
        {
          code: "CLUSTER_CONFLICT",
          message: "the object of the apply of configmaps default/b was changed since it was read",
        },
      );
      const uid = "00000000-0000-0000-0000-000000000001";
      expect(
        await failure(
          write(
            applyRequest(configMap("b"), map("b"), { ...manager, uid }),
            meta(await planner.get(configMap("b")), "resourceVersion"),
          ),
        ),
      ).toMatchObject({
        code: "CLUSTER_CONFLICT",
        message:
          "the object of the apply of configmaps default/b was deleted, or deleted and made anew, since it was read",
      });
      expect(
        await failure(write(applyRequest(configMap("gone"), map("gone"), { ...manager, uid }), "5")),
      ).toMatchObject({
        code: "CLUSTER_CONFLICT",
        message:
          "the object of the apply of configmaps default/gone was deleted, or deleted and made anew, since it was read",
      });
      expect(await planner.get(configMap("gone"))).toBeUndefined();
      expect(await failure(write(createRequest(configMap("b"), map("b"), manager)))).toMatchObject({
        code: "CLUSTER_CONFLICT",
        message: "the object of the creation of configmaps in default exists already",
      });
      const elsewhere = { ...map("e"), metadata: { name: "e", namespace: "absent" } };
      expect(await failure(write(applyRequest(configMap("e", "absent"), elsewhere, manager)))).toMatchObject({
        code: "CLUSTER_NOT_FOUND",
        message: "the namespace of the apply of configmaps absent/e does not exist",
      });
    });
    it("names who owns the fields, and forces nothing", async () => {
      const { object } = await write(
        applyRequest(deployment("owned"), web("owned", { replicas: 1 }), { fieldManager: "tool-a" }),
      );
      const uid = meta(object, "uid");
      await plane.admin(
        "PATCH",
        "/apis/apps/v1/namespaces/default/deployments/owned?fieldManager=kubectl-edit",
        { spec: { minReadySeconds: 3 } },
        "application/merge-patch+json",
      );
      await plane.admin(
        "PATCH",
        "/apis/apps/v1/namespaces/default/deployments/owned/scale?fieldManager=hpa-x",
        { spec: { replicas: 3 } },
        "application/merge-patch+json",
      );
      const live = await planner.get(deployment("owned"));
      const ours = web("owned", { minReadySeconds: 9, replicas: 9 }, { image: "y" });
      const found = await failure(
        write(applyRequest(deployment("owned"), ours, { ...manager, uid }), meta(live, "resourceVersion")),
      );
      expect(found.code).toBe("CLUSTER_CONFLICT");
      expect(found.message).toBe(
        'other managers own fields of the apply of deployments.apps default/owned: .spec.minReadySeconds ("kubectl-edit" by Update of apps/v1); .spec.replicas ("hpa-x" by Update of scale, apps/v1); .spec.template.spec.containers[name="c"].image ("tool-a" by Apply)',
      );
      expect(found.causes).toContainEqual({
        reason: "FieldManagerConflict",
        field: ".spec.replicas",
        immutable: false,
        manager: { manager: "hpa-x", operation: "Update", subresource: "scale", apiVersion: "apps/v1" },
      });
      expect(valueAt(await planner.get(deployment("owned")), ["spec", "replicas"])).toBe(3);
    });
    it("says what does not fit the schema, where the server answers 500", async () => {
      const dry = (object: JsonObject, path: ObjectPath): Promise<unknown> =>
        planner.dryRun(applyRequest(path, object, manager));
      const refusals: readonly [JsonObject, ObjectPath, string][] = [
        [web("bad", { replicaz: 3 }), deployment("bad"), ".spec.replicaz is not in the schema"],
        [web("bad", { replicas: CANARY }), deployment("bad"), ".spec.replicas must be a number"],
        [
          { ...map("bad"), data: { password: { nested: CANARY } } },
          configMap("bad"),
          ".data.password must be a string",
        ],
        [{ ...web("bad", { paused: CANARY }) }, deployment("bad"), ".spec.paused must be a boolean"],
        [
          web(
            "bad",
            {},
            {
              env: [
                { name: "A", value: CANARY },
                { name: "A", value: "2" },
              ],
            },
          ),
          deployment("bad"),
          '.spec.template.spec.containers[name="c"].env holds two items with the same key',
        ],
        [
          {
            apiVersion: "v1",
            kind: "Secret",
            metadata: { name: "bad", namespace: "default" },
            data: { p: `${CANARY}!` },
          },
          secret("bad"),
          "the object holds a value that cannot be converted, such as bad base64",
        ],
        [
          {
            apiVersion: "example.com/v1",
            kind: "Widget",
            metadata: { name: "bad", namespace: "default" },
            spec: { n: 1, m: CANARY },
          },
          { group: "example.com", version: "v1", plural: "widgets", namespace: "default", name: "bad" },
          ".spec.m is not in the schema",
        ],
      ];
      for (const [object, path, message] of refusals) {
        const found = await failure(dry(object, path));
        expect(found).toMatchObject({ code: "CLUSTER_REFUSED", effect: "no" });
        expect(found.message).toContain(message);
      }
      const both = await failure(dry(web("bad", { replicaz: 3, paused: CANARY }), deployment("bad")));
      // The server walks a map in no order and may stop at the first fault: one of the two, or both, and nothing else.
      const places = both.causes.map((cause) => JSON.stringify(cause));
      expect(places.length).toBeGreaterThan(0);
      expect(places.every((place) => /replicaz|paused/.test(place))).toBe(true);
      const post = await failure(
        planner.dryRun(createRequest(deployment("bad"), web("bad", { replicaz: CANARY }), manager)),
      );
      expect(post).toMatchObject({
        code: "CLUSTER_REFUSED",
        message:
          "the API server refuses the dry run of the creation of deployments.apps in default: spec.replicaz is not in the schema",
      });
    });
    it("says which fields are missing, wrong or immutable, without their values", async () => {
      const dry = (path: ObjectPath, object: JsonObject, uid: string, version: string): Promise<unknown> =>
        planner.dryRun(applyRequest(path, object, { ...manager, uid }), version);
      const partial: JsonObject = {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "partial" },
        spec: { replicas: -1 },
      };
      const missingFields = await failure(
        planner.dryRun(applyRequest(deployment("partial"), partial, manager)),
      );
      expect(missingFields.message).toContain("spec.selector is missing");
      expect(missingFields.message).toContain("spec.replicas is not valid");
      const { object } = await write(applyRequest(deployment("fixed"), web("fixed"), manager));
      const live = [meta(object, "uid"), meta(object, "resourceVersion")] as const;
      const other = web("fixed", { selector: { matchLabels: { app: CANARY } } });
      const immutable = await failure(dry(deployment("fixed"), other, ...live));
      expect(immutable.causes).toContainEqual({
        reason: "FieldValueInvalid",
        field: "spec.selector",
        immutable: true,
      });
      expect(immutable.message).toContain("spec.selector may not change once set");
      const job = (value: string): JsonObject => ({
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { name: "job", namespace: "default" },
        spec: {
          template: {
            spec: {
              restartPolicy: "Never",
              containers: [{ name: "c", image: "x", env: [{ name: "P", value }] }],
            },
          },
        },
      });
      const jobPath: ObjectPath = {
        group: "batch",
        version: "v1",
        plural: "jobs",
        namespace: "default",
        name: "job",
      };
      const made = await write(applyRequest(jobPath, job("old"), manager));
      const changed = await failure(
        dry(jobPath, job(CANARY), meta(made.object, "uid"), meta(made.object, "resourceVersion")),
      );
      expect(changed).toMatchObject({
        code: "CLUSTER_REFUSED",
        message:
          "the API server refuses the dry run of the apply of jobs.batch default/job: spec.template may not change once set",
      });
      const frozen: JsonObject = { ...map("frozen", { p: CANARY }), immutable: true };
      const kept = await write(applyRequest(configMap("frozen"), frozen, manager));
      const thawed = await failure(
        dry(
          configMap("frozen"),
          { ...frozen, data: { p: `${CANARY}2` } },
          meta(kept.object, "uid"),
          meta(kept.object, "resourceVersion"),
        ),
      );
      expect(thawed.causes).toContainEqual({ reason: "FieldValueForbidden", field: "data", immutable: true });
    });
    it("values of CEL rules, of quantities and of custom resources stay out of messages", async () => {
      const widgets: ObjectPath = {
        group: "example.com",
        version: "v1",
        plural: "widgets",
        namespace: "default",
        name: "w",
      };
      const widget = (spec: JsonObject): JsonObject => ({
        apiVersion: "example.com/v1",
        kind: "Widget",
        metadata: { name: "w", namespace: "default" },
        spec,
      });
      expect(
        await failure(planner.dryRun(applyRequest(widgets, widget({ s: CANARY }), manager))),
      ).toMatchObject({
        message:
          "the API server refuses the dry run of the apply of widgets.example.com default/w: spec is not valid",
      });
      expect(await failure(planner.dryRun(applyRequest(widgets, widget({ n: 7 }), manager)))).toMatchObject({
        message:
          "the API server refuses the dry run of the apply of widgets.example.com default/w: spec.n is not valid",
      });
      await plane.admin(
        "PATCH",
        "/apis/example.com/v1/namespaces/default/widgets/w?fieldManager=other",
        widget({ s: "a", set: [CANARY] }),
      );
      const live = await planner.get(widgets);
      const dup = await failure(
        planner.dryRun(
          applyRequest(widgets, widget({ set: [CANARY, CANARY] }), { ...manager, uid: meta(live, "uid") }),
          meta(live, "resourceVersion"),
        ),
      );
      expect(dup.code).toBe("CLUSTER_REFUSED");
      const quantity = await failure(
        planner.dryRun(
          applyRequest(deployment("q"), web("q", {}, { resources: { limits: { cpu: CANARY } } }), manager),
        ),
      );
      expect(quantity.code).toBe("CLUSTER_REFUSED");
      const large = map("large", { p: CANARY.repeat(100_000) });
      expect(await failure(planner.dryRun(applyRequest(configMap("large"), large, manager)))).toMatchObject({
        code: "CLUSTER_REFUSED",
      });
      const larger = map("larger", { p: CANARY.repeat(300_000) });
      expect(await failure(planner.dryRun(applyRequest(configMap("larger"), larger, manager)))).toMatchObject(
        {
          code: "CLUSTER_REFUSED",
          message:
            "the dry run of the apply of configmaps default/larger is larger than the API server takes (3 MiB)",
        },
      );
    });
    it("hands fields of a client-side apply over, at the version that was read", async () => {
      await plane.admin(
        "POST",
        "/api/v1/namespaces/default/configmaps?fieldManager=kubectl-client-side-apply",
        map("csa"),
      );
      const live = await planner.get(configMap("csa"));
      const [entry] = valueAt(live, ["metadata", "managedFields"]) as readonly JsonObject[];
      const managedFields = [{ ...entry, manager: "kubeops", operation: "Apply" }];
      const request = managedFieldsRequest(configMap("csa"), {
        uid: meta(live, "uid"),
        managedFields,
        ...manager,
      });
      expect(await failure(write(request, "1"))).toMatchObject({ code: "CLUSTER_CONFLICT" });
      const answer = await write(request, meta(live, "resourceVersion"));
      expect(valueAt(answer.object, ["metadata", "managedFields", 0, "manager"])).toBe("kubeops");
      const other = managedFieldsRequest(configMap("csa"), { uid: "another", managedFields, ...manager });
      expect(await failure(write(other, meta(answer.object, "resourceVersion")))).toMatchObject({
        code: "CLUSTER_REFUSED",
      });
    });
  });

  describe("deleting", () => {
    it("only what was read: another UID or version is refused, a dry run as well", async () => {
      const { object } = await write(applyRequest(configMap("d"), map("d"), manager));
      const uid = meta(object, "uid");
      const version = meta(object, "resourceVersion");
      const request = deleteRequest(configMap("d"), { uid, propagation: "Background" });
      const foreign = deleteRequest(configMap("d"), { uid: "another", propagation: "Background" });
      for (const attempt of [
        (): Promise<unknown> => planner.dryRun(foreign, version),
        (): Promise<unknown> => write(foreign, version),
      ]) {
        expect(await failure(attempt())).toMatchObject({
          code: "CLUSTER_CONFLICT",
          message: expect.stringContaining("deleted and made anew, since it was read") as string,
        });
      }
      for (const attempt of [
        (): Promise<unknown> => planner.dryRun(request, "1"),
        (): Promise<unknown> => write(request, "1"),
      ]) {
        expect(await failure(attempt())).toMatchObject({
          code: "CLUSTER_CONFLICT",
          message: expect.stringContaining("was changed since it was read") as string,
        });
      }
      expect((await planner.dryRun(request, version)).status).toBe(200);
      expect(await planner.get(configMap("d"))).toBeDefined();
      expect((await write(request, version)).status).toBe(200);
      expect(await planner.get(configMap("d"))).toBeUndefined();
      expect(await failure(write(request, version))).toMatchObject({
        code: "CLUSTER_NOT_FOUND",
        message: "the object of the deletion of configmaps default/d does not exist",
      });
    });
    it("leaves dependents to their owner's finalizer where asked", async () => {
      const { object } = await write(applyRequest(deployment("dep"), web("dep"), manager));
      const request = deleteRequest(deployment("dep"), {
        uid: meta(object, "uid"),
        propagation: "Foreground",
      });
      const answer = await write(request, meta(object, "resourceVersion"));
      expect(valueAt(answer.object, ["metadata", "finalizers"])).toEqual(["foregroundDeletion"]);
    });
  });

  describe("admission", () => {
    it("policies, Pod Security and escalation are named, their texts are not told", async () => {
      await plane.admin("POST", "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies", {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "ValidatingAdmissionPolicy",
        metadata: { name: "no-marked" },
        spec: {
          failurePolicy: "Fail",
          matchConstraints: {
            resourceRules: [
              {
                apiGroups: [""],
                apiVersions: ["v1"],
                operations: ["CREATE", "UPDATE"],
                resources: ["configmaps"],
              },
            ],
          },
          validations: [
            {
              expression: "!has(object.data) || !('marked' in object.data)",
              messageExpression: "'value is ' + object.data.marked",
            },
          ],
        },
      });
      const bind = (name: string, validationActions: readonly string[], label: string): Promise<unknown> =>
        plane.admin("POST", "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings", {
          apiVersion: "admissionregistration.k8s.io/v1",
          kind: "ValidatingAdmissionPolicyBinding",
          metadata: { name },
          spec: {
            policyName: "no-marked",
            validationActions,
            matchResources: { namespaceSelector: { matchLabels: { [label]: "yes" } } },
          },
        });
      await bind("deny", ["Deny"], "strict");
      await bind("warn", ["Warn"], "lenient");
      for (const [name, label] of [
        ["strict", "strict"],
        ["lenient", "lenient"],
      ] as const) {
        await plane.admin("POST", "/api/v1/namespaces", {
          apiVersion: "v1",
          kind: "Namespace",
          metadata: {
            name,
            labels: {
              [label]: "yes",
              "pod-security.kubernetes.io/enforce": "restricted",
              "pod-security.kubernetes.io/warn": "restricted",
            },
          },
        });
      }
      const marked = (namespace: string): PlannedRequest =>
        applyRequest(
          configMap("m", namespace),
          { ...map("m", { marked: CANARY }), metadata: { name: "m", namespace } },
          manager,
        );
      // A new policy takes effect after a moment.
      const found = await until("the policy warns", async () => {
        const { warnings } = await planner.dryRun(marked("lenient"));
        return warnings.length > 0 && warnings;
      });
      expect(found).toEqual([
        { id: "validating-policy", text: "ValidatingAdmissionPolicy no-marked (binding warn) warns" },
      ]);
      expect(await failure(planner.dryRun(marked("strict")))).toMatchObject({
        code: "CLUSTER_REFUSED",
        message:
          "the API server refuses the dry run of the apply of configmaps strict/m: ValidatingAdmissionPolicy no-marked (binding deny) denies it",
      });
      const pod: JsonObject = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: {
          name: "p",
          namespace: "strict",
          annotations: { "container.apparmor.security.beta.kubernetes.io/c": `localhost/${CANARY}` },
        },
        spec: { containers: [{ name: "c", image: "x", env: [{ name: "P", value: CANARY }] }] },
      };
      const podPath: ObjectPath = {
        group: "",
        version: "v1",
        plural: "pods",
        namespace: "strict",
        name: "p",
      };
      expect(await failure(planner.dryRun(applyRequest(podPath, pod, manager)))).toMatchObject({
        code: "CLUSTER_REFUSED",
        message:
          "the API server refuses the dry run of the apply of pods strict/p: it violates Pod Security restricted:latest: allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile",
      });
      const strictWeb = { ...web("w"), metadata: { name: "w", namespace: "strict" } };
      const warned = await planner.dryRun(
        applyRequest({ ...deployment("w"), namespace: "strict" }, strictWeb, manager),
      );
      expect(warned.warnings).toEqual([
        {
          id: "pod-security",
          text: "it would violate Pod Security restricted:latest: allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile",
        },
      ]);
      const rights = {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRole",
        metadata: { name: "role-maker" },
        rules: [
          {
            apiGroups: ["rbac.authorization.k8s.io"],
            resources: ["roles"],
            verbs: ["create", "patch", "get"],
          },
          { apiGroups: [""], resources: ["namespaces"], verbs: ["get"] },
        ],
      };
      await plane.admin("POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", rights);
      await plane.admin("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRoleBinding",
        metadata: { name: "role-maker" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "role-maker" },
        subjects: [{ kind: "User", name: "planner" }],
      });
      const maker = openPlanner(
        loadKubeconfig(plane.kubeconfig("planner"), { file: "f", readFile: () => new Uint8Array() }),
        pin,
      );
      closing.push(maker);
      const role = {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "Role",
        metadata: { name: "r", namespace: "default" },
        rules: [{ apiGroups: [""], resources: ["secrets"], verbs: ["get"] }],
      };
      const rolePath: ObjectPath = {
        group: "rbac.authorization.k8s.io",
        version: "v1",
        plural: "roles",
        namespace: "default",
        name: "r",
      };
      const question = { verb: "patch", group: rolePath.group, resource: "roles", namespace: "default" };
      await until("the role is in force", async () => {
        const review = maker.selfSubjectAccessReview({ ...question, name: "r" });
        return (await review.catch(() => ({ allowed: false }))).allowed;
      });
      expect(await failure(maker.dryRun(applyRequest(rolePath, role, manager)))).toMatchObject({
        code: "CLUSTER_FORBIDDEN",
        message:
          "the API server refuses the dry run of the apply of roles.rbac.authorization.k8s.io default/r: it would grant permissions that these credentials do not hold",
      });
    });
    it("quotas and service accounts are named", async () => {
      await plane.admin("POST", "/api/v1/namespaces", {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "small" },
      });
      await plane.admin("POST", "/api/v1/namespaces/small/resourcequotas", {
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "few" },
        spec: { hard: { configmaps: "0" } },
        status: {},
      });
      await plane.admin(
        "PATCH",
        "/api/v1/namespaces/small/resourcequotas/few/status",
        { status: { hard: { configmaps: "0" }, used: { configmaps: "0" } } },
        "application/merge-patch+json",
      );
      const request = applyRequest(
        configMap("a", "small"),
        { ...map("a"), metadata: { name: "a", namespace: "small" } },
        manager,
      );
      const message = await until("the quota is in force", async () => {
        const told = await planner.dryRun(request).then(
          () => "",
          (error: Error) => error.message,
        );
        return told.includes("ResourceQuota") && told;
      });
      expect(message).toBe(
        "the API server refuses the dry run of the apply of configmaps small/a: it exceeds ResourceQuota few",
      );
    });
    it("a namespace in deletion is told, also in a dry run", async () => {
      await plane.admin("POST", "/api/v1/namespaces", {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "leaving", finalizers: ["example.com/wait"] },
      });
      await plane.admin("DELETE", "/api/v1/namespaces/leaving");
      const request = applyRequest(
        configMap("a", "leaving"),
        { ...map("a"), metadata: { name: "a", namespace: "leaving" } },
        manager,
      );
      expect(await failure(planner.dryRun(request))).toMatchObject({
        code: "CLUSTER_REFUSED",
        message:
          "the API server refuses the dry run of the apply of configmaps leaving/a: its namespace is being deleted",
      });
    });
  });

  describe("K13 dry runs change nothing", () => {
    it("every request, its dry run, and the store before and after", async () => {
      const { object } = await write(applyRequest(configMap("dry"), map("dry"), manager));
      const identity = { ...manager, uid: meta(object, "uid") };
      const version = meta(object, "resourceVersion");
      const store = async (): Promise<string> => {
        const { body } = await plane.admin("GET", "/api/v1/namespaces/default/configmaps");
        return JSON.stringify(body["items"]);
      };
      const before = await store();
      const requests: readonly [PlannedRequest, string | undefined][] = [
        [applyRequest(configMap("dry"), map("dry", { k: "new" }), identity), version],
        [applyRequest(configMap("dry-new"), map("dry-new"), manager), undefined],
        [createRequest(configMap("dry-new"), map("dry-new"), manager), undefined],
        [deleteRequest(configMap("dry"), { uid: identity.uid, propagation: "Foreground" }), version],
        [
          managedFieldsRequest(configMap("dry"), { uid: identity.uid, managedFields: [{}], ...manager }),
          version,
        ],
      ];
      for (const [request, at] of requests) {
        expect([200, 201]).toContain((await planner.dryRun(request, at)).status);
        expect(dryRunOf(request).path).toContain("dryRun=All");
        expect(await store()).toBe(before);
      }
      const dry = plane
        .auditLog()
        .filter(
          (event) => JSON.stringify(event["requestURI"]).includes("dryRun=All") && event["verb"] === "delete",
        );
      expect(
        dry.map((event) => valueAt(event, ["requestObject", "dryRun"]) ?? valueAt(event, ["level"])),
      ).not.toContain(null);
    });
    it("a deletion with dryRun in its query alone would delete: what the gate is for", async () => {
      await plane.admin("POST", "/api/v1/namespaces/default/configmaps", map("trap"));
      const uid = meta((await plane.admin("GET", "/api/v1/namespaces/default/configmaps/trap")).body, "uid");
      await plane.admin("DELETE", "/api/v1/namespaces/default/configmaps/trap?dryRun=All", {
        apiVersion: "v1",
        kind: "DeleteOptions",
        preconditions: { uid },
      });
      expect((await plane.admin("GET", "/api/v1/namespaces/default/configmaps/trap")).status).toBe(404);
    });
  });

  it("K14 a pin that the server does not meet: no request but the question for the UID", async () => {
    const asked = (): readonly unknown[] => plane.auditLog().map((event) => event["requestURI"]);
    const before = asked().length;
    const foreignCa = openPlanner(
      { ...connection, caPem: `${connection.caPem ?? ""}${foreignAuthority.certificate}` },
      { ...pin, caKeySha256: foreignAuthority.keySha256 },
    );
    closing.push(foreignCa);
    expect(await failure(foreignCa.kubeSystemUid())).toMatchObject({ code: "CLUSTER_PIN" });
    expect(asked().length).toBe(before);
    const foreignUid = openPlanner(connection, { ...pin, kubeSystemUid: "another" });
    closing.push(foreignUid);
    const request = applyRequest(configMap("never"), map("never"), manager);
    expect(await failure(foreignUid.dryRun(request))).toMatchObject({ code: "CLUSTER_PIN" });
    expect(asked().slice(before)).toEqual(["/api/v1/namespaces/kube-system"]);
  });

  it("two hundred applies over one pool", async () => {
    const requests = Array.from({ length: 200 }, (_, index) =>
      applyRequest(configMap(`many-${index}`), map(`many-${index}`), manager),
    );
    const one = writer(...requests);
    for (const request of requests) expect((await one.write(request)).status).toBe(201);
    const maps = { group: "", version: "v1", plural: "configmaps", namespace: "default" };
    expect(
      (await planner.list(maps, { chunk: 50 })).items.filter((item) => meta(item, "name").startsWith("many-"))
        .length,
    ).toBe(200);
  });
});
