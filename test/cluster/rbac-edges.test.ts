import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { builtinObjects } from "../../src/analysis/rbac/bootstrap/builtin.ts";
import { covers } from "../../src/analysis/rbac/evaluate/covers.ts";
import { mayImpersonate } from "../../src/analysis/rbac/evaluate/impersonation.ts";
import { buildRbac, rbacInputs } from "../../src/analysis/rbac/evaluate/rbac.ts";
import { readRule } from "../../src/analysis/rbac/model/policy-rule.ts";
import { bindingText, roleText } from "../../src/analysis/rbac/model/role.ts";
import { userIdentity } from "../../src/analysis/rbac/model/subject.ts";
import { techniques } from "../../src/analysis/rbac/paths/techniques.ts";
import type { AttackFixture } from "../../src/analysis/rbac/paths/technique.ts";
import type { Json, JsonObject } from "../../src/kube/json.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { type RawAnswer, type RawClient, type RawRequest, rawClient } from "../support/rbac/raw-client.ts";
import { dice } from "../support/rbac/random-rbac.ts";
import { deep, leftOut } from "../support/suites.ts";
import { untilAllowed } from "../support/cluster/allowed.ts";

const skip =
  controlPlaneMissing !== undefined && leftOut("attack edges on the real API server", controlPlaneMissing);

const API = "rbac.authorization.k8s.io/v1";
const rbacPath = `/apis/${API}`;

/** What an attacker does, as requests; the answer of each must not be 403 where there is an edge. */
type Act = (given: { readonly csr: string }) => readonly Omit<RawRequest, "token">[];

const pod = (namespace: string, spec: JsonObject): Omit<RawRequest, "token"> => ({
  method: "POST",
  path: `/api/v1/namespaces/${namespace}/pods?dryRun=All`,
  body: { metadata: { name: "evil" }, spec: { containers: [{ name: "c", image: "i" }], ...spec } },
});
const privileged = (namespace: string): Omit<RawRequest, "token"> =>
  pod(namespace, { containers: [{ name: "c", image: "i", securityContext: { privileged: true } }] });
const merge = "application/merge-patch+json";
const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" };
const full = [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }];

/** Techniques that the API server alone decides, by id. The others need a kubelet, a cloud or a controller that is not there. */
const acts: Readonly<Record<string, Act>> = {
  "full-rights": () => [
    { method: "GET", path: "/api/v1/secrets" },
    { method: "DELETE", path: "/api/v1/nodes/absent" },
  ],
  "bind-role": () => [
    {
      method: "POST",
      path: `${rbacPath}/clusterrolebindings?dryRun=All`,
      body: { metadata: { name: "evil" }, roleRef, subjects: [{ kind: "User", name: "evil" }] },
    },
  ],
  "escalate-role": () => [
    {
      method: "PATCH",
      path: `${rbacPath}/clusterroles/attack?dryRun=All`,
      contentType: merge,
      body: { rules: full },
    },
    // The role of the fixture may not patch: then a PUT.
    {
      method: "PUT",
      path: `${rbacPath}/clusterroles/attack?dryRun=All`,
      body: { metadata: { name: "attack" }, rules: full },
    },
  ],
  "escalate-and-bind": () => [
    {
      method: "POST",
      path: `${rbacPath}/namespaces/shop/roles?dryRun=All`,
      body: { metadata: { name: "evil" }, rules: full },
    },
    {
      method: "POST",
      path: `${rbacPath}/namespaces/shop/rolebindings?dryRun=All`,
      body: {
        metadata: { name: "evil" },
        roleRef: { ...roleRef, kind: "Role", name: "strong" },
        subjects: [{ kind: "User", name: "evil" }],
      },
    },
  ],
  impersonate: () => [
    {
      method: "GET",
      path: "/api/v1/secrets",
      headers: { "impersonate-user": "x", "impersonate-group": "system:masters" },
    },
  ],
  "impersonate-constrained": () => [
    {
      method: "GET",
      path: "/api/v1/namespaces/shop/secrets/absent",
      headers: { "impersonate-user": "system:serviceaccount:shop:target" },
    },
  ],
  "token-request": () => [
    { method: "POST", path: "/api/v1/namespaces/shop/serviceaccounts/target/token", body: { spec: {} } },
  ],
  "read-secrets": () => [{ method: "GET", path: "/api/v1/secrets" }],
  "create-token-secret": () => [
    {
      method: "POST",
      path: "/api/v1/namespaces/shop/secrets?dryRun=All",
      body: {
        metadata: { name: "t", annotations: { "kubernetes.io/service-account.name": "target" } },
        type: "kubernetes.io/service-account-token",
      },
    },
    { method: "GET", path: "/api/v1/namespaces/shop/secrets/t" },
  ],
  "approve-certificate": ({ csr }) => [
    {
      method: "POST",
      path: "/apis/certificates.k8s.io/v1/certificatesigningrequests?dryRun=All",
      body: {
        metadata: { name: "other" },
        spec: { request: csr, signerName: "kubernetes.io/kube-apiserver-client", usages: ["client auth"] },
      },
    },
    {
      method: "PUT",
      path: "/apis/certificates.k8s.io/v1/certificatesigningrequests/standing/approval?dryRun=All",
      body: {
        metadata: { name: "standing" },
        spec: { request: csr, signerName: "kubernetes.io/kube-apiserver-client", usages: ["client auth"] },
        status: { conditions: [{ type: "Approved", status: "True", reason: "evil" }] },
      },
    },
  ],
  "pod-as-account": () => [
    {
      method: "POST",
      path: "/apis/apps/v1/namespaces/shop/deployments?dryRun=All",
      body: {
        metadata: { name: "evil" },
        spec: {
          selector: { matchLabels: { a: "b" } },
          template: {
            metadata: { labels: { a: "b" } },
            spec: { serviceAccountName: "target", containers: [{ name: "c", image: "i" }] },
          },
        },
      },
    },
  ],
  "privileged-pod": () => [privileged("shop")],
  "open-namespace": () => [
    {
      method: "PATCH",
      path: "/api/v1/namespaces/guarded?dryRun=All",
      contentType: merge,
      body: { metadata: { labels: { "pod-security.kubernetes.io/enforce": "privileged" } } },
    },
  ],
  "host-path-volume": () => [
    {
      method: "POST",
      path: "/api/v1/persistentvolumes?dryRun=All",
      body: {
        metadata: { name: "disk" },
        spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/" } },
      },
    },
  ],
  "debug-container": () => [
    {
      method: "PATCH",
      path: "/api/v1/namespaces/shop/pods/web/ephemeralcontainers?dryRun=All",
      contentType: "application/strategic-merge-patch+json",
      body: { spec: { ephemeralContainers: [{ name: "d", image: "i" }] } },
    },
  ],
  "replace-image": () => [
    {
      method: "PATCH",
      path: "/api/v1/namespaces/shop/pods/web?dryRun=All",
      contentType: "application/strategic-merge-patch+json",
      body: { spec: { containers: [{ name: "c", image: "evil" }] } },
    },
  ],
  webhook: () => [
    {
      method: "PATCH",
      path: "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/standing?dryRun=All",
      contentType: merge,
      body: { metadata: { labels: { a: "b" } } },
    },
  ],
  "node-proxy": () => [{ method: "GET", path: "/api/v1/nodes/absent/proxy/pods" }],
  "aws-auth": () => [
    {
      method: "PATCH",
      path: "/api/v1/namespaces/kube-system/configmaps/aws-auth?dryRun=All",
      contentType: merge,
      body: { data: { mapUsers: "evil" } },
    },
  ],
  "hijack-traffic": () => [
    {
      method: "PATCH",
      path: "/api/v1/namespaces/shop/services/web/status?dryRun=All",
      contentType: merge,
      body: { status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } },
    },
  ],
};

describe.skipIf(skip)("on the real API server", () => {
  let plane: ControlPlane;
  let client: RawClient;
  let csr: string;
  let count = 0;

  beforeAll(async () => {
    plane = await controlPlane({ components: "api", apiServerFlags: ["--audit-log-path="] });
    client = rawClient(plane);
    csr = makeRequest();
    const make = async (path: string, body: JsonObject): Promise<void> => {
      const { status, body: answer } = await client.send({ method: "POST", path, body });
      if (status !== 201 && status !== 409) throw new Error(`${path}: ${status} ${JSON.stringify(answer)}`);
    };
    for (const metadata of [
      { name: "shop" },
      { name: "evil" },
      { name: "guarded", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
      { name: "baseline", labels: { "pod-security.kubernetes.io/enforce": "baseline" } },
    ])
      await make("/api/v1/namespaces", { metadata });
    for (const [namespace, name] of [
      ["shop", "target"],
      ["shop", "default"],
      ["guarded", "default"],
      ["baseline", "default"],
    ] as const)
      await make(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name } });
    await make("/api/v1/namespaces/shop/pods", {
      metadata: { name: "web" },
      spec: { containers: [{ name: "c", image: "i" }] },
    });
    await make("/api/v1/namespaces/shop/services", {
      metadata: { name: "web" },
      spec: { ports: [{ port: 80 }] },
    });
    await make("/api/v1/namespaces/kube-system/configmaps", { metadata: { name: "aws-auth" } });
    await make(`${rbacPath}/clusterrolebindings`, {
      metadata: { name: "target" },
      roleRef,
      subjects: [{ kind: "ServiceAccount", name: "target", namespace: "shop" }],
    });
    await make(`${rbacPath}/namespaces/shop/roles`, { metadata: { name: "strong" }, rules: full });
    await make("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", {
      metadata: { name: "standing" },
      webhooks: [],
    });
    await make("/apis/certificates.k8s.io/v1/certificatesigningrequests", {
      metadata: { name: "standing" },
      spec: { request: csr, signerName: "kubernetes.io/kube-apiserver-client", usages: ["client auth"] },
    });
  });
  afterAll(async () => {
    client?.close();
    await plane?.stop();
  });

  /** A ServiceAccount of its own with the rules of a fixture, and its token. */
  async function attacker({ rules, namespace }: AttackFixture): Promise<string> {
    const name = `attacker-${count++}`;
    await client.send({
      method: "POST",
      path: "/api/v1/namespaces/evil/serviceaccounts",
      body: { metadata: { name } },
    });
    // The role has the name that the fixture's own steps use; escalation needs it to be bound.
    await client.send({ method: "DELETE", path: `${rbacPath}/clusterroles/attack` });
    await client.send({
      method: "POST",
      path: `${rbacPath}/clusterroles`,
      body: { metadata: { name: "attack" }, rules: [...rules.map((rule) => ({ ...rule })), mark(name)] },
    });
    const binding = {
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "attack" },
      subjects: [{ kind: "ServiceAccount", name, namespace: "evil" }],
    };
    const path = namespace === undefined ? "clusterrolebindings" : `namespaces/${namespace}/rolebindings`;
    await client.send({ method: "POST", path: `${rbacPath}/${path}`, body: binding });
    const { body } = await client.send({
      method: "POST",
      path: `/api/v1/namespaces/evil/serviceaccounts/${name}/token`,
      body: { spec: {} },
    });
    const user = `system:serviceaccount:evil:${name}`;
    // Its own rule tells the role from the one before, which the authorizer may still see.
    await untilAllowed(plane, user, {
      verb: "see",
      group: "mark",
      resource: name,
      namespace: namespace ?? "",
    });
    return (body["status"] as { token: string }).token;
  }

  const mark = (name: string): JsonObject => ({ apiGroups: ["mark"], resources: [name], verbs: ["see"] });

  async function answers(id: string, fixture: AttackFixture): Promise<readonly RawAnswer[]> {
    const token = await attacker(fixture);
    const found: RawAnswer[] = [];
    for (const request of acts[id]!({ csr })) found.push(await client.send({ ...request, token }));
    return found;
  }

  const ids = Object.keys(acts);

  test.each(ids)(
    "%s: the edge is there, and its neighbour is not",
    async (id) => {
      const technique = techniques.find((one) => one.id === id)!;
      const positive = await answers(id, technique.positive);
      const counterStatuses =
        id === "privileged-pod"
          ? [
              (
                await client.send({
                  ...privileged("baseline"),
                  token: await attacker({ rules: technique.positive.rules }),
                })
              ).status,
            ]
          : (await answers(id, technique.counter)).map(({ status }) => status);
      const statuses = positive.map(({ status }) => status);
      // One of several ways is enough where the technique says "update or patch".
      const isOneOf = id === "escalate-role";
      expect([
        id,
        isOneOf
          ? statuses.some((status) => status < 300)
          : statuses.every((status) => status !== 403 && status !== 401),
        statuses,
      ]).toEqual([id, true, statuses]);
      if (id === "impersonate-constrained") return; // its neighbour is an older version
      expect([id, counterStatuses.includes(403), counterStatuses]).toEqual([id, true, counterStatuses]);
    },
    60_000,
  );

  test("roles and bindings that the server makes are those of our table", async () => {
    const { roles, bindings } = builtinObjects(37);
    const problems: string[] = [];
    const list = async (path: string): Promise<readonly JsonObject[]> =>
      (await client.send({ method: "GET", path: `${rbacPath}/${path}` })).body["items"] as JsonObject[];
    const live = new Map<string, JsonObject>();
    for (const [plural, kind] of [
      ["clusterroles", "ClusterRole"],
      ["roles", "Role"],
      ["clusterrolebindings", "ClusterRoleBinding"],
      ["rolebindings", "RoleBinding"],
    ] as const)
      for (const item of await list(plural)) {
        const metadata = item["metadata"] as {
          name: string;
          namespace?: string;
          labels?: Record<string, string>;
        };
        if (metadata.labels?.["kubernetes.io/bootstrapping"] === "rbac-defaults")
          live.set(
            `${kind} ${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name}`,
            item,
          );
      }
    for (const role of roles) {
      const stored = live.get(roleText(role));
      const rules = ((stored?.["rules"] ?? []) as Json[]).map((rule) => readRule(rule)!);
      if (stored === undefined) problems.push(`${roleText(role)} is not there`);
      else if (
        !covers(rules, role.written).covered ||
        (role.selectors === undefined && !covers(role.written, rules).covered)
      )
        problems.push(`${roleText(role)} differs`);
      live.delete(roleText(role));
    }
    for (const binding of bindings) {
      const stored = live.get(bindingText(binding)) as unknown as
        | { subjects?: { kind: string; name: string; namespace?: string }[] }
        | undefined;
      const theirs = (stored?.subjects ?? [])
        .map(({ kind, name, namespace }) => `${kind} ${namespace ?? ""}/${name}`)
        .sort();
      const ours = binding.subjects.map(({ kind, name, namespace }) => `${kind} ${namespace}/${name}`).sort();
      if (stored === undefined || JSON.stringify(ours) !== JSON.stringify(theirs))
        problems.push(bindingText(binding));
      live.delete(bindingText(binding));
    }
    expect([problems, [...live.keys()]]).toEqual([[], []]);
  });

  test("impersonation is answered as the server answers it", async () => {
    const d = dice(5);
    const users = [
      "anna",
      "system:serviceaccount:shop:target",
      "system:serviceaccount:shop:other",
      "system:node:n1",
      "system:anonymous",
    ];
    const verbs = [
      "impersonate",
      "impersonate:user-info",
      "impersonate:serviceaccount",
      "impersonate:arbitrary-node",
    ];
    const on = ["user-info", "serviceaccount", "arbitrary-node"].map((mode) => `impersonate-on:${mode}:list`);
    const objects: JsonObject[] = [];
    const callers = Array.from({ length: deep ? 60 : 15 }, (_, index) => `caller-${index}`);
    for (const name of callers) {
      const rules: JsonObject[] = Array.from({ length: 1 + d.below(3) }, () => ({
        apiGroups: d.some(["", "authentication.k8s.io", "*"], 2),
        resources: d.some(
          ["users", "groups", "serviceaccounts", "nodes", "uids", "configmaps", "userextras/scopes", "*"],
          4,
        ),
        verbs: d.some([...verbs, ...on, "*"], 4),
        ...(d.chance(0.4) ? { resourceNames: d.some(["anna", "target", "n1", "g1", "g2", "u-1"], 3) } : {}),
      }));
      if (d.chance(0.6)) rules.push({ apiGroups: [""], resources: ["configmaps"], verbs: d.some(on, 3) });
      objects.push(
        { apiVersion: API, kind: "ClusterRole", metadata: { name }, rules },
        {
          apiVersion: API,
          kind: "ClusterRoleBinding",
          metadata: { name },
          roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
          subjects: [{ kind: "User", name }],
        },
      );
    }
    // The last role of all and the last binding of all: what was made before them is seen by then.
    const last = callers.at(-1) ?? "";
    (objects.at(-2)!["rules"] as Json[]).push(mark(last));
    for (const object of objects)
      await client.send({
        method: "POST",
        path: `${rbacPath}/${object["kind"] === "ClusterRole" ? "clusterroles" : "clusterrolebindings"}`,
        body: object,
      });
    await untilAllowed(plane, last, { verb: "see", group: "mark", resource: last });
    const rbac = buildRbac(rbacInputs(objects), { minor: 37, builtin: true });
    // A client certificate for each caller: impersonation of impersonators does not exist.
    const wrong: unknown[] = [];
    let yes = 0;
    let asked = 0;
    for (const name of callers) {
      const config = rawClient(
        { kubeconfig: () => plane.kubeconfig(name), caPem: plane.caPem, apiUrl: plane.apiUrl },
        8,
      );
      for (let turn = 0; turn < 20; turn++) {
        const user = d.one(users);
        const groups = d.chance(0.5) ? [] : d.some(["g1", "g2", "system:masters", "g3", "g4", "g5"], 5);
        const uid = d.chance(0.15) ? "u-1" : undefined;
        const { body } = await config.send({
          method: "GET",
          path: "/api/v1/namespaces/shop/configmaps",
          as: { user, groups, ...(uid === undefined ? {} : { uid }) },
        });
        const message = typeof body["message"] === "string" ? body["message"] : "";
        const refused = /cannot impersonate|impersonat/.test(message);
        const ours = mayImpersonate(
          rbac,
          userIdentity(name),
          { user, groups, ...(uid === undefined ? {} : { uid }) },
          {
            kind: "resource",
            verb: "list",
            group: "",
            resource: "configmaps",
            subresource: "",
            namespace: "shop",
            name: "",
          },
        );
        asked++;
        if (ours.allowed) yes++;
        if (ours.allowed === refused) wrong.push({ name, user, groups, uid, ours, message });
      }
      config.close();
    }
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(yes).toBeGreaterThan(asked / 20);
    expect(yes).toBeLessThan(asked);
  }, 120_000);
});

/** A certificate request for user anna, in base64. */
function makeRequest(): string {
  const folder = mkdtempSync(join(tmpdir(), "kubeops-csr-"));
  try {
    const file = join(folder, "anna.csr");
    execFileSync(
      "openssl",
      [
        "req",
        "-new",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-keyout",
        join(folder, "key"),
        "-subj",
        "/CN=anna",
        "-out",
        file,
      ],
      { stdio: "ignore" },
    );
    return readFileSync(file).toString("base64");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
