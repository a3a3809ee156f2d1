import { describe, expect, it } from "vitest";
import { versionsOf } from "../../../kube/catalogue/catalogue.ts";
import type { JsonObject } from "../../../kube/json.ts";
import { identity, objectKey } from "../../../kube/object-key.ts";
import { buildPlan } from "../../build-plan.ts";
import {
  charterWith,
  configMap,
  deployment as goodDeployment,
  inputFor,
  serviceAccount,
} from "../../testing/fixtures.ts";
import { wideningIds } from "../widening-ids.ts";
import type { ChangedObject, Detected, Example, FolderView, WideningRow } from "./row.ts";
import { deployment, example } from "./row.ts";
import { wideningFacts, wideningTable } from "./table.ts";

const table = wideningTable(34);

function cased(
  { before, after, others = [], owners, takesOver }: Example,
  goes: readonly JsonObject[] = [],
): { readonly change: ChangedObject; readonly folder: FolderView } {
  const key = objectKey((after ?? before)!);
  const operation = before === null ? "create" : after === null ? "delete" : "update";
  const one = (object: JsonObject | null): JsonObject[] => (object === null ? [] : [object]);
  return {
    change: {
      key,
      operation,
      before,
      after,
      ...(owners === undefined ? {} : { owners }),
      ...(takesOver === undefined ? {} : { takesOver }),
    },
    folder: { before: [...others, ...goes, ...one(before)], after: [...others, ...one(after)] },
  };
}

function detect(row: WideningRow, given: Example, goes: readonly JsonObject[] = []): readonly Detected[] {
  const { change, folder } = cased(given, goes);
  return row.detect(change, folder);
}

function row(id: string): WideningRow {
  return table.find((candidate) => candidate.id === id)!;
}

describe("K7 the widening table", () => {
  it("has every id once, in the order of the list", () => {
    expect(table.map(({ id }) => id)).toEqual(wideningIds);
  });

  it.each(table.map((one) => [one.id, one] as const))("%s finds its example and not the other", (id, one) => {
    const goes = id === "networkpolicy-removed-with-its-pods" ? [deployment({ containers: [] })] : [];
    expect(detect(one, one.positive, goes).length).toBeGreaterThan(0);
    expect(detect(one, one.negative)).toEqual([]);
    expect(one.why).not.toBe("");
    expect(one.source).not.toBe("");
  });

  it.each(table.map((one) => [one.id, one] as const))(
    "%s is denied by a charter that does not name it",
    (id, one) => {
      const example = one.positive;
      // Rows about what goes or changes need a folder with it: their facts are tested below.
      if (example.before !== null || example.after === null || (example.others ?? []).length > 0) return;
      const charter = charterWith({ widening: [] });
      const plan = buildPlan(inputFor([example.after], { charter }));
      const rules = plan.verdict.reasons
        .filter((reason) => reason.decision === "denied")
        .map((reason) => reason.rule);
      expect(rules).toContain(
        id === "pod-security-level" ? "charter/pod-security" : `charter/widening/${id}`,
      );
      const named = buildPlan(
        inputFor([example.after], { charter: charterWith({ widening: [{ id, decision: "approval" }] }) }),
      );
      const still = named.verdict.reasons
        .filter((reason) => reason.decision === "denied")
        .map((reason) => reason.rule);
      if (id !== "pod-security-level") expect(still).not.toContain(`charter/widening/${id}`);
    },
  );

  it("tells what is new, not what was there", () => {
    const env = (...names: string[]): JsonObject =>
      deployment({
        containers: [
          {
            name: "c",
            env: names.map((name) => ({ name, valueFrom: { secretKeyRef: { name, key: "k" } } })),
          },
        ],
      });
    expect(detect(row("secret-use"), { before: env("a"), after: env("a", "b") })).toEqual([
      {
        path: "spec.template.spec.containers[name=c].env[name=b].valueFrom.secretKeyRef",
        detail: "uses Secret shop/b, key k",
        subject: "b",
      },
    ]);
    expect(detect(row("secret-use"), { before: env("a", "b"), after: env("a") })).toEqual([]);
  });

  it.each<readonly [string, JsonObject, string]>([
    ["envFrom", { containers: [{ name: "c", envFrom: [{ secretRef: { name: "s" } }] }] }, "s"],
    [
      "init container",
      {
        initContainers: [
          { name: "c", env: [{ name: "A", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }] },
        ],
      },
      "s",
    ],
    ["volume", { volumes: [{ name: "v", secret: { secretName: "s" } }] }, "s"],
    [
      "projected volume",
      { volumes: [{ name: "v", projected: { sources: [{ secret: { name: "s" } }] } }] },
      "s",
    ],
    [
      "CSI driver",
      { volumes: [{ name: "v", csi: { driver: "d", nodePublishSecretRef: { name: "s" } } }] },
      "s",
    ],
    ["azureFile", { volumes: [{ name: "v", azureFile: { secretName: "s" } }] }, "s"],
    ["FlexVolume", { volumes: [{ name: "v", flexVolume: { driver: "d", secretRef: { name: "s" } } }] }, "s"],
  ])("sees a Secret used by %s", (_name, spec, subject) => {
    expect(
      detect(row("secret-use"), { before: null, after: deployment(spec) }).map((found) => found.subject),
    ).toContain(subject);
  });

  it("sees Secrets of Ingress TLS, of ServiceAccounts and of kinds that are not known", () => {
    const uses = (after: JsonObject): readonly string[] =>
      detect(row("secret-use"), { before: null, after }).map((found) => found.subject ?? "");
    expect(
      uses(example("networking.k8s.io/v1", "Ingress", { spec: { tls: [{ secretName: "tls" }] } })),
    ).toEqual(["tls"]);
    expect(uses(example("v1", "ServiceAccount", { secrets: [{ name: "t" }] }))).toEqual(["t"]);
    expect(
      uses(
        example("example.org/v1", "Widget", {
          spec: { auth: { passwordSecretRef: { name: "w", key: "k" } } },
        }),
      ),
    ).toEqual(["w"]);
  });

  it("tells a token mount by the Pod, then by its account, then as the server does", () => {
    const pod = (automount?: boolean): JsonObject =>
      deployment({
        serviceAccountName: "web",
        ...(automount === undefined ? {} : { automountServiceAccountToken: automount }),
      });
    const account = (automount?: boolean): JsonObject =>
      example(
        "v1",
        "ServiceAccount",
        automount === undefined ? {} : { automountServiceAccountToken: automount },
        { name: "web" },
      );
    const mounts = (after: JsonObject, ...others: JsonObject[]): boolean =>
      detect(row("token-mount"), { before: null, after, others }).length > 0;
    expect(mounts(pod(false), account(true))).toBe(false);
    expect(mounts(pod(true), account(false))).toBe(true);
    expect(mounts(pod(), account(false))).toBe(false);
    expect(mounts(pod(), account(true))).toBe(true);
    expect(mounts(pod(), account())).toBe(true);
    expect(mounts(pod())).toBe(true);
    expect(
      mounts(
        deployment({
          automountServiceAccountToken: false,
          volumes: [{ name: "t", projected: { sources: [{ serviceAccountToken: { path: "t" } }] } }],
        }),
      ),
    ).toBe(true);
    expect(mounts(account(true))).toBe(true);
    expect(mounts(account(false))).toBe(false);
    // An account of another namespace is another account.
    expect(
      mounts(
        pod(),
        example(
          "v1",
          "ServiceAccount",
          { automountServiceAccountToken: false },
          { name: "web", namespace: "other" },
        ),
      ),
    ).toBe(true);
  });

  it("takes an account for a Pod's own only when the folder brings it and no token is mounted", () => {
    const pod = deployment({ serviceAccountName: "web", automountServiceAccountToken: true });
    const account = example("v1", "ServiceAccount", { automountServiceAccountToken: false }, { name: "web" });
    expect(detect(row("own-service-account"), { before: null, after: pod, others: [account] })).toEqual([]);
    expect(
      detect(row("service-account-use"), { before: null, after: pod, others: [account] }).map(
        (found) => found.detail,
      ),
    ).toEqual(["runs as ServiceAccount shop/web"]);
    expect(
      detect(row("service-account-use"), {
        before: null,
        after: deployment({ automountServiceAccountToken: false }),
      }).map((found) => found.subject),
    ).toEqual(["default"]);
  });

  it("tells a removed policy that leaves Pods from one that goes with them", () => {
    const policy = example("networking.k8s.io/v1", "NetworkPolicy", {
      spec: { podSelector: { matchLabels: { app: "x" } } },
    });
    const pods = deployment({ containers: [] });
    const other = deployment({ containers: [] }, { app: "y" });
    const removed = (given: Example, goes: JsonObject[] = []): string[] =>
      ["networkpolicy-removed", "networkpolicy-removed-with-its-pods"].filter(
        (id) => detect(row(id), given, goes).length > 0,
      );
    expect(removed({ before: policy, after: null, others: [pods] })).toEqual(["networkpolicy-removed"]);
    expect(removed({ before: policy, after: null }, [pods])).toEqual(["networkpolicy-removed-with-its-pods"]);
    expect(removed({ before: policy, after: null, others: [other] }, [pods])).toEqual([
      "networkpolicy-removed-with-its-pods",
    ]);
    // Nothing in the folder says whose policy it is.
    expect(removed({ before: policy, after: null })).toEqual(["networkpolicy-removed"]);
    const all = example("networking.k8s.io/v1", "NetworkPolicy", { spec: {} });
    expect(removed({ before: all, after: null, others: [other] }, [pods])).toEqual(["networkpolicy-removed"]);
  });

  it("sees labels that a standing Service or policy selects, and labels that leave one", () => {
    const found = (given: Example): readonly string[] =>
      detect(row("pod-labels-selected"), given).map(({ detail }) => detail);
    const pods = (app: string): JsonObject => deployment({ containers: [] }, { app });
    const policy = (spec: JsonObject, namespace = "shop"): JsonObject =>
      example("networking.k8s.io/v1", "NetworkPolicy", { spec }, { name: "p", namespace });
    const applies = policy({
      podSelector: { matchExpressions: [{ key: "app", operator: "In", values: ["a"] }] },
    });
    expect(found({ before: null, after: pods("a"), others: [applies] })).toEqual([
      "labels of the Pods: NetworkPolicy shop/p applies to them",
    ]);
    expect(found({ before: null, after: pods("b"), others: [applies] })).toEqual([]);
    expect(found({ before: pods("a"), after: pods("b"), others: [applies] })).toEqual([
      "labels of the Pods: NetworkPolicy shop/p applies to them no more",
    ]);
    expect(found({ before: pods("a"), after: pods("a"), others: [applies] })).toEqual([]);
    const peers = policy(
      { podSelector: {}, ingress: [{ from: [{ podSelector: { matchLabels: { app: "a" } } }] }] },
      "other",
    );
    expect(found({ before: null, after: pods("a"), others: [peers] })).toEqual([
      "labels of the Pods: NetworkPolicy other/p names them as peers",
    ]);
    const service = (app: string): JsonObject =>
      example("v1", "Service", { spec: { selector: { app } } }, { name: "s" });
    expect(found({ before: service("a"), after: service("b") })).toEqual([
      "the Service sends traffic to other Pods",
    ]);
    expect(found({ before: null, after: service("b"), others: [pods("b")] })).toEqual([]);
  });

  it("covers every native kind that reaches beyond its namespace, by a row or by cluster-scoped", () => {
    const kinds = [
      "/Node",
      "storage.k8s.io/StorageClass",
      "certificates.k8s.io/CertificateSigningRequest",
      "flowcontrol.apiserver.k8s.io/FlowSchema",
      "storage.k8s.io/CSIDriver",
    ];
    for (const kind of kinds) {
      const [group = "", name = ""] = kind.split("/");
      const version = versionsOf(group, name)[0]?.version ?? "v1";
      const object = {
        apiVersion: group === "" ? version : `${group}/${version}`,
        kind: name,
        metadata: { name: "x" },
      };
      const change: ChangedObject = {
        key: objectKey(object),
        operation: "create",
        before: null,
        after: object,
      };
      expect([
        kind,
        wideningFacts([change], { before: [], after: [object] }, 34).map(({ id }) => id),
      ]).toEqual([kind, ["cluster-scoped"]]);
    }
  });

  it("takes away a guard as it takes one that is brought", () => {
    for (const id of ["webhook", "admission-policy", "crd", "role", "binding", "apiservice"]) {
      const { after } = row(id).positive;
      expect([id, detect(row(id), { before: after, after: null }).length]).toEqual([id, 1]);
    }
  });
});

describe("K17 facts hold no value that stood before", () => {
  it("of an annotation that goes", () => {
    const before = configMap("a", {}, { annotations: { "argocd.argoproj.io/tracking-id": "s3cr3t-marker" } });
    const details = wideningFacts(
      [{ key: objectKey(before), operation: "update", before, after: configMap("a", {}) }],
      { before: [], after: [] },
      34,
    );
    expect(details.map(({ id, detail }) => [id, detail])).toEqual([
      ["gitops-annotation", "no more as it was: argocd.argoproj.io/tracking-id"],
    ]);
  });
});

it("reads the account of a Pod as the API server does: the old field counts beside an empty new one (K7)", () => {
  const row = table.find(({ id }) => id === "service-account-use")!;
  const found = detect(row, {
    before: deployment({ serviceAccountName: "", containers: [] }),
    after: deployment({ serviceAccountName: "", serviceAccount: "admin", containers: [] }),
  });
  expect(found.map(({ detail }) => detail)).toEqual(["runs as ServiceAccount shop/admin"]);
});

describe("facts of a plan", () => {
  it("count, and name kinds, namespaces, images, Secrets and exposure", () => {
    const service: JsonObject = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", namespace: "shop" },
      spec: { type: "LoadBalancer" },
    };
    const web = goodDeployment(
      "web",
      {},
      {
        image: "nginx:1.27",
        env: [
          { name: "P", valueFrom: { secretKeyRef: { name: "db", key: "p" } } },
          { name: "Q", valueFrom: { secretKeyRef: { name: "db", key: "a" } } },
        ],
      },
    );
    const { facts } = buildPlan(inputFor([service, web, serviceAccount("web")]));
    expect(facts.counts).toEqual({ create: 3, update: 0, delete: 0, unchanged: 0 });
    expect(
      facts.kinds.map(({ group, kind, operation, count }) => `${group}/${kind} ${operation} ${count}`),
    ).toEqual(["/Service create 1", "/ServiceAccount create 1", "apps/Deployment create 1"]);
    expect(facts.namespaces).toEqual(["shop"]);
    expect(facts.images).toEqual([
      {
        image: "nginx:1.27",
        registry: "docker.io",
        repository: "library/nginx",
        tag: "1.27",
        digest: null,
        change: "added",
        usedBy: ["Deployment.apps shop/web, container web"],
      },
    ]);
    expect(facts.secrets).toEqual([
      { namespace: "shop", name: "db", keys: ["a", "p"], usedBy: ["Deployment.apps shop/web"] },
    ]);
    expect(facts.exposure.map(({ key, how }) => [identity(key), how])).toEqual([
      ["/Service/shop/web", "type LoadBalancer"],
    ]);
    expect(facts.permissions).toEqual({
      state: "computed",
      partial: false,
      gained: [],
      lost: [],
      opened: [],
      closed: [],
      pathsComplete: true,
    });
  });
});
