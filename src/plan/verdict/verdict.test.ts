import { describe, expect, it } from "vitest";
import { renderObject } from "../../authoring/render/render.ts";
import type { JsonObject } from "../../kube/json.ts";
import type { GitPlanInput as PlanInput } from "../plan-input.ts";
import { buildPlan, filesOf } from "../build-plan.ts";
import type { CharterSpec, CharterGitTarget } from "../charter.ts";
import type { Plan } from "../plan.ts";
import { prunable } from "../prune.ts";
import {
  charterWith,
  configMap,
  deployment,
  inputFor,
  publicKey,
  serviceAccount,
  stateAfter,
  stateWith,
} from "../testing/fixtures.ts";
import { undoRequest } from "../undo.ts";
import { verdictRules } from "./rules.ts";

/** `decision rule: message` of every reason. */
function reasons(plan: Plan): readonly string[] {
  return plan.verdict.reasons.map((reason) => `${reason.decision} ${reason.rule}: ${reason.message}`);
}

function denials(plan: Plan): readonly string[] {
  return plan.verdict.reasons
    .filter((reason) => reason.decision === "denied")
    .map((reason) => `${reason.rule}: ${reason.message}`);
}

function planned(
  objects: readonly JsonObject[],
  spec: Partial<CharterSpec> = {},
  git: Partial<CharterGitTarget["git"]> = {},
  more: Partial<PlanInput> = {},
): Plan {
  return buildPlan(inputFor(objects, { charter: charterWith(spec, git), ...more }));
}

const a = configMap("a");
const web = [deployment("web"), serviceAccount("web")];

describe("the verdict", () => {
  it("is denied without a charter, whatever the plan", () => {
    const plan = buildPlan(inputFor([a], { charter: null, charterOwner: null, macKey: null }));
    expect(plan.charter).toBeNull();
    expect(reasons(plan)).toEqual([
      "denied charter/missing: there is no charter in the trust root, and what no charter allows is denied: kubeops charter init writes one",
    ]);
    expect(plan.verdict.approvals).toEqual({ required: 0, approvers: [], presence: false });
  });

  it("needs the charter's approvals where nothing else objects", () => {
    const plan = planned([a]);
    expect(reasons(plan)).toEqual([
      "needs-approval charter/approvals: the charter asks for one approval of every plan",
    ]);
    expect(plan.verdict.approvals).toEqual({ required: 1, approvers: ["owner@example.org"], presence: true });
  });

  it("is allowed without approval only where the charter asks for none and nothing needs one", () => {
    const approvals = {
      required: 0,
      approvers: [{ principal: "a", key: publicKey(1) }],
      maxValiditySeconds: 60,
      softwareKeysFor: ["gitops"],
    };
    expect(planned([a], { approvals }).verdict).toEqual({
      decision: "allowed",
      reasons: [],
      approvals: { required: 0, approvers: [], presence: false },
    });
    const needing = planned([...web], { approvals });
    expect(needing.verdict.decision).toBe("needs-approval");
    expect(needing.verdict.approvals).toEqual({ required: 1, approvers: ["a"], presence: false });
    expect(denials(planned([...web], { approvals: { ...approvals, approvers: [] } }))).toEqual([
      "charter/approvers: the plan needs approval, and the charter names no approver",
    ]);
  });

  it("has a test for every rule", () => {
    expect(verdictRules.map(({ id }) => id).sort()).toEqual(
      [
        "charter/unbound",
        "charter/target",
        "charter/permissions",
        "charter/attack-path",
        "charter/reachability",
        "charter/max-changes",
        "charter/namespace",
        "charter/kind",
        "charter/deletion",
        "charter/recreation",
        "charter/image",
        "charter/pod-security",
        "charter/own-rules",
        "charter/widening",
        "charter/ownership",
        "git/substitution",
        "finding",
      ].sort(),
    );
    expect(verdictRules.every(({ title, example }) => title !== "" && example !== "")).toBe(true);
  });

  it("charter/unbound: K17 a trust root without a key binds nothing", () => {
    expect(denials(planned([a], {}, {}, { macKey: null }))).toEqual([
      "charter/unbound: the trust root has no key to bind plans with",
    ]);
  });

  it.each<readonly [string, Partial<CharterGitTarget["git"]>, Partial<PlanInput>, string]>([
    ["repository", { url: "/srv/other" }, {}, "the charter names no target /srv/gitops; it names /srv/other"],
    [
      "branch",
      { branches: ["prod"] },
      {},
      "the charter allows no branch main of target gitops; it allows prod",
    ],
    [
      "folder",
      { folders: ["apps/web", "x/*"] },
      {},
      'the charter allows no folder "apps/shop" of target gitops; it allows "apps/web", "x/*"',
    ],
    [
      "root",
      { root: "apps" },
      {},
      'the plan was made under the root "apps/shop", and the charter\'s is "apps"',
    ],
    ["mode", {}, { mode: "onto" }, "the charter lets no plan move branch main of target gitops itself"],
  ])("charter/target: another %s", (_name, git, more, message) => {
    // A row that is not the repository's says nothing about substitution and pruning; neither matters for a ConfigMap.
    expect(denials(planned([a], {}, git, more))).toEqual([`charter/target: ${message}`]);
  });
  it("charter/target: a branch that apply made is a place to start from, never one to move", () => {
    const on = (branch: string, mode: "branch" | "onto"): readonly string[] =>
      denials(planned([a], {}, { onto: true }, { state: stateWith({}, { branch }), mode }));
    expect(on("kubeops/0123456789ab", "branch")).toEqual([]);
    expect(on("kubeops/0123456789ab", "onto").length).toBe(1);
    expect(on("kubeops/main", "branch").length).toBe(1);
    expect(on("kubeops/0123456789ab/x", "branch").length).toBe(1);
  });
  it("charter/target: what the charter names", () => {
    expect(denials(planned([a], {}, { folders: ["apps/*"], onto: true }, { mode: "onto" }))).toEqual([]);
  });

  const may: Partial<CharterSpec> = {
    kinds: [
      {
        group: "rbac.authorization.k8s.io",
        kinds: ["Role", "RoleBinding"],
        operations: ["create", "update", "delete"],
      },
      { group: "", kinds: ["ConfigMap"], operations: ["create"] },
    ],
    widening: [
      { id: "role", decision: "allow" },
      { id: "binding", decision: "allow" },
    ],
  };
  const api = "rbac.authorization.k8s.io";
  const giving = (
    rules: JsonObject[],
    subject: JsonObject = { kind: "ServiceAccount", name: "web" },
  ): JsonObject[] => [
    { apiVersion: `${api}/v1`, kind: "Role", metadata: { name: "r", namespace: "shop" }, rules },
    {
      apiVersion: `${api}/v1`,
      kind: "RoleBinding",
      metadata: { name: "r", namespace: "shop" },
      roleRef: { apiGroup: api, kind: "Role", name: "r" },
      subjects: [subject],
    },
  ];
  const readPods = { apiGroups: [""], resources: ["pods"], verbs: ["get"] };
  const readSecrets = { apiGroups: [""], resources: ["secrets"], verbs: ["get"] };

  it("charter/permissions: K7 without a ceiling nobody gains anything", () => {
    expect(denials(planned(giving([readPods]), may))).toEqual([
      "charter/permissions: ServiceAccount shop/web gains in namespace shop: read pods; the charter allows no permission to be gained",
    ]);
    expect(denials(planned(giving([]), may))).toEqual([]);
  });

  it("charter/permissions: what is within the ceiling a person looks at, what is beyond is denied", () => {
    const ceiling: Partial<CharterSpec> = {
      ...may,
      ceilings: { permissions: { max: [{ namespaces: ["shop"], rules: [readPods] }], forbiddenPaths: [] } },
    };
    const within = planned(giving([readPods]), ceiling).verdict;
    expect([within.decision, within.reasons.filter(({ rule }) => rule === "charter/permissions")]).toEqual([
      "needs-approval",
      [
        {
          rule: "charter/permissions",
          decision: "needs-approval",
          message: "ServiceAccount shop/web gains in namespace shop: read pods",
        },
      ],
    ]);
    expect(denials(planned(giving([readPods, readSecrets]), ceiling))).toEqual([
      "charter/permissions: ServiceAccount shop/web gains in namespace shop: read the values of Secrets; read pods; 1 of its 2 rights is beyond what the charter allows at most",
    ]);
    // A wildcard is covered by a wildcard only.
    expect(denials(planned(giving([{ ...readPods, verbs: ["*"] }]), ceiling)).length).toBe(1);
    const elsewhere = { max: [{ namespaces: ["other"], rules: [readPods] }] };
    expect(
      denials(planned(giving([readPods]), { ...may, ceilings: { permissions: elsewhere } })).length,
    ).toBe(1);
  });

  it("charter/permissions: forbidden verbs, and subjects that never gain", () => {
    const all = [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }];
    const under = (more: object): readonly string[] =>
      denials(
        planned(giving([readPods]), {
          ...may,
          ceilings: { permissions: { max: [{ rules: all }], forbiddenPaths: [], ...more } },
        }),
      );
    expect(under({})).toEqual([]);
    expect(under({ forbiddenVerbs: ["get"] })).toEqual([
      'charter/permissions: ServiceAccount shop/web gains in namespace shop: read pods; the charter forbids the verb "get"',
    ]);
    expect(under({ subjectsThatNeverGain: ["user:system:serviceaccount:shop:web"] })).toEqual([
      "charter/permissions: ServiceAccount shop/web gains in namespace shop: read pods; the charter says that this subject never gains",
    ]);
  });

  it("charter/attack-path: K7 none opens to what the charter forbids", () => {
    const startPods = { apiGroups: [""], resources: ["pods"], verbs: ["create"] };
    const under = (forbiddenPaths: readonly ("node" | "secrets")[]): readonly string[] =>
      denials(
        planned(giving([startPods]), {
          ...may,
          ceilings: { permissions: { max: [{ rules: [startPods] }], forbiddenPaths } },
        }),
      );
    expect(under([])).toEqual([]);
    expect(under(["node"])).toEqual([
      "charter/attack-path: ServiceAccount shop/web would newly reach root on a node: starts a privileged pod in shop, which enforces no Pod Security level; the charter forbids paths to node",
    ]);
    expect(
      denials(planned(giving([startPods]), may)).filter((text) => text.startsWith("charter/attack-path")),
    ).toEqual([
      "charter/attack-path: ServiceAccount shop/web would newly reach root on a node: starts a privileged pod in shop, which enforces no Pod Security level; the charter allows no attack path to open",
      "charter/attack-path: ServiceAccount shop/web would newly reach the Secrets of namespace shop: starts a pod in shop that mounts them (their names must be known); the charter allows no attack path to open",
    ]);
  });

  it("charter/max-changes: K5 more than one person can look through", () => {
    const many = (count: number): JsonObject[] =>
      Array.from({ length: count }, (_, index) => configMap(`m${index}`));
    expect(denials(planned(many(100)))).toEqual([]);
    expect(denials(planned(many(101)))).toEqual([
      "charter/max-changes: 101 changes are more than the 100 that the charter lets one plan have; split the request",
    ]);
    expect(denials(planned(many(3), { maxChanges: 2 }))).toEqual([
      "charter/max-changes: 3 changes are more than the 2 that the charter lets one plan have; split the request",
    ]);
    // What stays as it is is no change.
    const state = stateWith(
      Object.fromEntries(many(3).map((object, index) => [`apps/shop/${index}.yaml`, renderObject(object)])),
    );
    expect(denials(planned(many(5), { maxChanges: 2 }, {}, { state }))).toEqual([]);
  });

  it("charter/namespace", () => {
    const other = { ...a, metadata: { name: "a", namespace: "other" } };
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "kube-system" } };
    expect(denials(planned([other, namespace]))).toEqual([
      "charter/namespace: ConfigMap other/a: the charter names no namespace other",
      "charter/namespace: Namespace kube-system: the charter names no namespace kube-system",
    ]);
  });

  it("charter/kind: with group and operation", () => {
    const kinds = (
      operations: ("create" | "update" | "delete")[],
      group = "",
      kind = "ConfigMap",
    ): Partial<CharterSpec> => ({ kinds: [{ group, kinds: [kind], operations }] });
    expect(denials(planned([a], kinds(["update", "delete"])))).toEqual([
      "charter/kind: ConfigMap shop/a: the charter does not let ConfigMap be created",
    ]);
    expect(denials(planned([a], kinds(["create"], "apps")))).toEqual([
      "charter/kind: ConfigMap shop/a: the charter does not let ConfigMap be created",
    ]);
    const state = stateWith({ "apps/shop/a.yaml": renderObject(a) });
    expect(denials(planned([configMap("a", { a: "2" })], kinds(["create"]), {}, { state }))).toEqual([
      "charter/kind: ConfigMap shop/a: the charter does not let ConfigMap be changed",
    ]);
    expect(denials(planned([a], kinds(["create"])))).toEqual([]);
  });

  it("charter/image: registries, tags and names", () => {
    const image = (name: string, images: CharterSpec["images"]): Plan =>
      planned([deployment("web", {}, { image: name }), serviceAccount("web")], { images });
    const path = "spec.template.spec.containers[name=web].image";
    expect(image("quay.io/x/y:1", { allowed: ["docker.io/library"] }).verdict.reasons[0]).toMatchObject({
      rule: "charter/image",
      decision: "denied",
      message: "Deployment.apps shop/web: the charter allows no image of quay.io/x/y",
      path,
    });
    expect(reasons(image("nginx:1", { allowed: ["docker.io/library"] }))).toContain(
      "needs-approval charter/image: Deployment.apps shop/web: nginx:1 is named by a tag, which may become another image",
    );
    expect(denials(image("nginx:1", { allowed: ["docker.io/library"], tags: "deny" }))).toEqual([
      "charter/image: Deployment.apps shop/web: nginx:1 is named by a tag, which may become another image",
    ]);
    expect(
      denials(image(`nginx@sha256:${"a".repeat(64)}`, { allowed: ["docker.io"], tags: "deny" })),
    ).toEqual([]);
    expect(denials(image("NGINX", { allowed: ["*"] }))[0]).toBe(
      'charter/image: Deployment.apps shop/web: "NGINX" is no name of an image',
    );
    expect(
      denials(
        planned(
          [
            deployment("web", { initContainers: [{ name: "i", image: "evil.example/x" }] }),
            serviceAccount("web"),
          ],
          { images: { allowed: ["ghcr.io/acme"] } },
        ),
      )[0],
    ).toBe("charter/image: Deployment.apps shop/web: the charter allows no image of evil.example/x");
    expect(
      denials(
        planned(
          [
            deployment("web", { volumes: [{ name: "v", image: { reference: "evil.example/x" } }] }),
            serviceAccount("web"),
          ],
          { images: { allowed: ["ghcr.io/acme"] } },
        ),
      )[0],
    ).toBe("charter/image: Deployment.apps shop/web: the charter allows no image of evil.example/x");
  });

  it("charter/pod-security: Pods and namespaces up to the charter's level", () => {
    const root = [deployment("web", { securityContext: {} }), serviceAccount("web")];
    expect(denials(planned(root))).toEqual([
      "charter/pod-security: Deployment.apps shop/web needs Pod Security baseline; the charter allows restricted",
    ]);
    expect(denials(planned(root, { podSecurity: "baseline" }))).toEqual([]);
    const namespace = (labels: JsonObject): JsonObject => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "shop", labels },
    });
    const enforce = (level: string): JsonObject => namespace({ "pod-security.kubernetes.io/enforce": level });
    expect(denials(planned([enforce("baseline")]))).toEqual([
      "charter/pod-security: Namespace shop would enforce Pod Security baseline; the charter allows restricted",
    ]);
    expect(denials(planned([enforce("nonsense")], { podSecurity: "privileged" }))).toEqual([
      "charter/pod-security: Namespace shop would enforce Pod Security nonsense; the charter allows privileged",
    ]);
    expect(denials(planned([enforce("baseline")], { podSecurity: "baseline" }))).toEqual([]);
    const state = stateWith({ "apps/shop/n.yaml": renderObject(enforce("restricted")) });
    expect(denials(planned([namespace({})], {}, {}, { state }))).toEqual([
      "charter/pod-security: Namespace shop would enforce Pod Security privileged; the charter allows restricted",
    ]);
  });

  it("finding: at the charter's severity", () => {
    const old = { ...deployment("x"), apiVersion: "apps/v1beta1" };
    const all = {
      kinds: [{ group: "apps", kinds: ["Deployment"], operations: ["create" as const] }],
      widening: ["unknown-kind", "service-account-use"].map((id) => ({ id, decision: "approval" as const })),
    };
    const message =
      "finding/error: Deployment.apps shop/x: Kubernetes 1.34 does not serve it: apps/v1beta1 Deployment [api/not-served]";
    expect(denials(planned([old], all))).toEqual([message]);
    expect(denials(planned([old], { ...all, findings: { deny: "none" } }))).toEqual([]);
    const latest = [deployment("web", {}, { image: "nginx:latest" }), serviceAccount("web")];
    expect(denials(planned(latest))).toEqual([]);
    expect(denials(planned(latest, { findings: { deny: "warning" } }))).toEqual([
      "finding/warning: Deployment.apps shop/web: nginx:latest names whatever is newest when a Pod starts [image/latest]",
    ]);
    const namespace = {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "shop", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    };
    const refused = planned(
      [
        namespace,
        deployment("web", {
          securityContext: { runAsNonRoot: false, seccompProfile: { type: "RuntimeDefault" } },
        }),
        serviceAccount("web"),
      ],
      { podSecurity: "baseline" },
    );
    expect(denials(refused).map((line) => line.replace(/^.*\[/, "["))).toEqual([
      "[pod-security/runAsNonRoot]",
    ]);
  });
});

describe("K7 widening", () => {
  it("is denied where the charter has no row, and the strictest of several rows counts", () => {
    const rows = (...widening: CharterSpec["widening"][number][]): Plan => planned(web, { widening });
    const message = "Deployment.apps shop/web: runs as its own ServiceAccount shop/web, without a token";
    expect(denials(rows())).toEqual([
      `charter/widening/own-service-account: ${message}; the charter does not name own-service-account for it`,
    ]);
    const row = { id: "own-service-account", decision: "allow" } as const;
    expect(reasons(rows(row)).some((line) => line.includes("widening"))).toBe(false);
    expect(reasons(rows(row, { ...row, decision: "approval" }))).toContain(
      `needs-approval charter/widening/own-service-account: ${message}`,
    );
    expect(denials(rows({ ...row, namespaces: ["other"] })).length).toBe(1);
    expect(denials(rows({ ...row, namespaces: ["shop"], names: ["web"] }))).toEqual([]);
    expect(denials(rows({ ...row, names: ["api"] })).length).toBe(1);
  });

  it("no namespace of a row holds for a cluster-scoped object", () => {
    const role = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "x" },
      rules: [],
    };
    const spec = {
      kinds: [
        { group: "rbac.authorization.k8s.io", kinds: ["ClusterRole"], operations: ["create" as const] },
      ],
    };
    expect(
      denials(
        planned([role], { ...spec, widening: [{ id: "role", decision: "approval", namespaces: ["shop"] }] }),
      ),
    ).toEqual([
      "charter/widening/role: ClusterRole.rbac.authorization.k8s.io x: ClusterRole x is created; the charter does not name role for it",
    ]);
    expect(
      denials(planned([role], { ...spec, widening: [{ id: "role", decision: "approval", names: ["x"] }] })),
    ).toEqual([]);
  });
});

describe("K8 deletions and recreations", () => {
  const claim = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "data", namespace: "shop" },
    spec: { accessModes: ["ReadWriteOnce"] },
  };
  const state = ((): ReturnType<typeof stateWith> => {
    const empty = stateWith({});
    return stateAfter(empty, filesOf(planned([a, claim]), empty));
  })();
  const deleting = (spec: Partial<CharterSpec>, git: Partial<CharterGitTarget["git"]>): Plan =>
    planned([], spec, git, { state, deletions: prunable(state, "apps/shop", []) });

  it("denies every deletion that a pruning controller follows, unless the charter names the object", () => {
    const plan = deleting({}, { reconciler: "pruning" });
    expect(denials(plan)).toEqual([
      "charter/deletion: ConfigMap shop/a: a pruning controller deletes the object; the charter does not name it under deletions",
      "charter/deletion: PersistentVolumeClaim shop/data: a pruning controller deletes the object; the charter does not name it under deletions",
    ]);
    expect(plan.changes.map(({ key, reversibility }) => [key.name, reversibility])).toEqual([
      ["a", { kind: "new-identity", reason: "made again it is another object, with another UID" }],
      ["data", { kind: "irreversible", reason: "the data of the volume is lost, unless its class keeps it" }],
    ]);
    expect(plan.facts.irreversible.map(({ key }) => key.name)).toEqual(["a", "data"]);
    const named = [
      { group: "", kind: "ConfigMap", namespace: "shop", name: "a" },
      { group: "", kind: "PersistentVolumeClaim", namespace: "shop", name: "data" },
    ];
    expect(denials(deleting({ deletions: named }, { reconciler: "pruning" }))).toEqual([]);
    expect(
      denials(
        deleting({ deletions: [named[0]!, { ...named[1]!, namespace: "other" }] }, { reconciler: "pruning" }),
      ).length,
    ).toBe(1);
    expect(
      denials(deleting({ deletions: [named[0]!, { ...named[1]!, kind: "Pod" }] }, { reconciler: "pruning" }))
        .length,
    ).toBe(1);
  });

  it("takes pruning for granted where the charter says nothing", () => {
    const { reconciler: _, ...git } = (charterWith().spec.targets[0] as CharterGitTarget).git;
    const charter = charterWith({ targets: [{ name: "gitops", git }] });
    const plan = buildPlan(inputFor([], { charter, state, deletions: prunable(state, "apps/shop", []) }));
    expect(denials(plan).filter((line) => line.startsWith("charter/deletion")).length).toBe(2);
    expect(plan.assumptions.map(({ id }) => id)).toContain("git/reconciler-pruning");
  });

  it("lets the kinds decide where nothing follows the files, and says so", () => {
    for (const reconciler of ["none", "keeping"] as const) {
      const plan = deleting({}, { reconciler });
      expect(denials(plan)).toEqual([]);
      expect(plan.facts.irreversible).toEqual([]);
      expect(plan.assumptions.map(({ id }) => id)).toContain(
        reconciler === "none" ? "git/reconciler-absent" : "git/reconciler-keeping",
      );
    }
    const kinds = [
      {
        group: "",
        kinds: ["ConfigMap", "PersistentVolumeClaim"],
        operations: ["create" as const, "update" as const],
      },
    ];
    expect(denials(deleting({ kinds }, {})).length).toBe(2);
  });

  it.each<readonly [string, JsonObject, JsonObject, string]>([
    [
      "a Deployment's selector",
      deployment("web"),
      {
        ...deployment("web"),
        spec: { ...(deployment("web")["spec"] as JsonObject), selector: { matchLabels: { app: "x" } } },
      },
      "spec.selector",
    ],
    [
      "a claim's class",
      claim,
      { ...claim, spec: { accessModes: ["ReadWriteOnce"], storageClassName: "fast" } },
      "spec.storageClassName",
    ],
    [
      "an immutable ConfigMap",
      { ...a, immutable: true },
      { ...configMap("a", { a: "2" }), immutable: true },
      "data",
    ],
  ])("denies a change that needs a new object: %s", (_name, before, after, field) => {
    const there = stateWith({
      "apps/shop/x.yaml": renderObject(before),
      "apps/shop/sa.yaml": renderObject(serviceAccount("web")),
    });
    const plan = planned([after], {}, { reconciler: "keeping" }, { state: there });
    const line = denials(plan).find((reason) => reason.startsWith("charter/recreation"));
    expect(line).toContain(`: ${field} cannot be changed: the object has to be deleted and made again`);
    const key = plan.changes[0]!.key;
    const deletions = [{ group: key.group, kind: key.kind, namespace: key.namespace, name: key.name }];
    expect(
      denials(planned([after], { deletions }, { reconciler: "keeping" }, { state: there })).some((reason) =>
        reason.startsWith("charter/recreation"),
      ),
    ).toBe(false);
  });

  it("takes the growth of a claim for an update", () => {
    const sized = (storage: string): JsonObject => ({
      ...claim,
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } } },
    });
    const plan = planned(
      [sized("2Gi")],
      {},
      { reconciler: "keeping" },
      { state: stateWith({ "apps/shop/x.yaml": renderObject(sized("1Gi")) }) },
    );
    expect(plan.changes[0]?.reversibility).toEqual({ kind: "reversible" });
  });
});

describe("K12 undo is a plan", () => {
  it("of its own, judged by the charter of its time, and it brings back what was", () => {
    const before = stateWith({ "apps/shop/a.yaml": renderObject(a) });
    const input = inputFor([configMap("a", { a: "2" }), configMap("b")], { state: before });
    const plan = buildPlan(input);
    const after = stateAfter(before, filesOf(plan, before));
    const undo = buildPlan({ ...input, ...undoRequest(plan, before), state: after });
    expect(undo.request.text).toBe(`undo ${plan.digest}`);
    expect(undo.changes.map(({ key, operation }) => [key.name, operation])).toEqual([
      ["a", "update"],
      ["b", "delete"],
    ]);
    expect(undo.verdict.decision).toBe("needs-approval");
    expect(stateAfter(after, filesOf(undo, after)).files).toEqual(before.files);
    const strict = buildPlan({
      ...input,
      ...undoRequest(plan, before),
      state: after,
      charter: charterWith({}, { reconciler: "pruning" }),
    });
    expect(denials(strict)).toEqual([
      "charter/deletion: ConfigMap shop/b: a pruning controller deletes the object; the charter does not name it under deletions",
    ]);
  });
  it("refuses a state that is not the one before", () => {
    const before = stateWith({ "apps/shop/a.yaml": renderObject(a) });
    const plan = buildPlan(inputFor([configMap("a", { a: "2" })], { state: before }));
    expect(() => undoRequest(plan, null)).toThrow(
      "ConfigMap shop/a does not stand in the state that the plan was made against",
    );
  });
});

describe("K18 substitution", () => {
  const text = "echo ${HOME}";
  const withArgs = [deployment("web", {}, { args: ["-c", text] }), serviceAccount("web")];
  it("denies ${ wherever Flux would substitute, names the place, and takes $${ for one too", () => {
    const plan = planned(withArgs, {}, { substitutes: true });
    expect(plan.verdict.reasons.find((reason) => reason.rule === "git/substitution")).toMatchObject({
      decision: "denied",
      path: "spec.template.spec.containers[0].args[1]",
      message:
        "Deployment.apps shop/web: spec.template.spec.containers[0].args[1] holds ${, which Flux substitutes; what it applies would not be what the plan shows",
    });
    expect(denials(planned([configMap("a", { x: "$${HOME}" })], {}, { substitutes: true })).length).toBe(1);
    const inKey = denials(planned([configMap("a", { "${x}": "1" })], {}, { substitutes: true }));
    expect(inKey.map((line) => line.split(":")[0])).toEqual(["git/substitution", "finding/error"]);
    expect(denials(planned([configMap("a", { x: "$HOME $(HOME)" })], {}, { substitutes: true }))).toEqual([]);
  });
  it("by default, and not where the charter says that nothing substitutes", () => {
    const { substitutes: _, ...git } = (charterWith().spec.targets[0] as CharterGitTarget).git;
    const charter = charterWith({ targets: [{ name: "gitops", git }] });
    expect(denials(buildPlan(inputFor([configMap("a", { x: text })], { charter }))).length).toBe(1);
    expect(denials(planned(withArgs))).toEqual([]);
  });
  it("nor in an object that Flux is told to leave alone, which is a fact of its own", () => {
    const off = configMap(
      "a",
      { x: text },
      { annotations: { "kustomize.toolkit.fluxcd.io/substitute": "disabled" } },
    );
    expect(denials(planned([off], {}, { substitutes: true })).map((line) => line.split(":")[0])).toEqual([
      "charter/widening/gitops-annotation",
    ]);
  });
});

describe("assumptions", () => {
  it("say what is not proved, not computed and not enforced", () => {
    const plan = planned([a]);
    expect(plan.assumptions.map(({ id }) => id)).toEqual([
      "git/effect-not-proved",
      "git/no-dry-run",
      "git/reconciler-absent",
      "facts/folder-only",
      "facts/permissions",
      "facts/reachability",
      "credentials/push",
      "approval/requester",
      "executor/same-user",
    ]);
    expect(
      planned([deployment("web", {}, { image: "a:1" }), serviceAccount("web")]).assumptions.map(
        ({ id }) => id,
      ),
    ).toContain("image/tags");
  });
});
