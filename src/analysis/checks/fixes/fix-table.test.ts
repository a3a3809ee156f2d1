import { describe, expect, it } from "vitest";
import { readStdin } from "../../../kube/read-inputs.ts";
import type { Profile } from "../practices/practice.ts";
import { checkAll } from "../reading/check-objects.ts";
import { ruleOf } from "../rule-table.ts";
import { type Fixed, fixObjects } from "./fix-objects.ts";
import { fixOf, fixTable } from "./fix-table.ts";
import { fixWorld } from "./fix-world.ts";

interface Options {
  readonly profile?: Profile;
  readonly podSecurity?: "baseline" | "restricted";
  readonly minor?: number;
}

function fix(text: string, { profile = "all", podSecurity, minor = 37 }: Options = {}): Fixed {
  const input = readStdin(new TextEncoder().encode(text));
  return fixObjects({
    inputs: [input],
    texts: new Map([[input.path, text]]),
    minor,
    check: (inputs) =>
      checkAll(inputs, { minor, podSecurity: podSecurity ?? "labels", judge: { profile } }).kept,
  });
}

const textOf = (fixed: Fixed, text: string): string => [...fixed.files.values()][0]?.text ?? text;
const codesOf = (fixed: Fixed): readonly string[] =>
  [...fixed.files.values()].flatMap(({ mended }) => mended.map(({ finding }) => finding.code));

const meta = (name = "a"): string => `metadata: {name: ${name}, namespace: shop}\n`;
const pod = (spec: string): string => `apiVersion: v1\nkind: Pod\n${meta()}spec:\n${spec}`;
const container = (lines: string): string => pod(`  containers:\n  - name: a\n    image: b:1\n${lines}`);
const binding = (subject: string): string =>
  `apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n${meta()}roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}\nsubjects:\n- ${subject}\n`;
const budget = (lines: string): string =>
  `apiVersion: policy/v1\nkind: PodDisruptionBudget\n${meta()}spec:\n${lines}  selector: {matchLabels: {app: a}}\n`;

/** One of each row at least: the check, the text, what it is fixed to. */
type Case = readonly [string, string, string, Options?];

const cases: readonly Case[] = [
  [
    "object/label-value",
    `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels:\n    v: 1.10 # x\n`,
    `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels:\n    v: "1.10" # x\n`,
  ],
  [
    "object/annotation-value",
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, annotations: {b: true}}\n`,
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, annotations: {b: "true"}}\n`,
  ],
  [
    "object/null-text",
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  b:\n  c: d\n`,
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  b: ""\n  c: d\n`,
  ],
  [
    "object/namespace-on-cluster-scoped",
    `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  namespace: b\n`,
    `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n`,
    { profile: "default" },
  ],
  [
    "object/not-served",
    `apiVersion: batch/v1beta1\nkind: CronJob\n${meta()}spec:\n  schedule: '0 0 * * *'\n  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b:1}]}}}}\n`,
    `apiVersion: batch/v1\nkind: CronJob\n${meta()}spec:\n  schedule: '0 0 * * *'\n  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b:1}]}}}}\n`,
    { profile: "default" },
  ],
  [
    "schema/type",
    container('    env:\n    - {name: A, value: 0644}\n    stdin: "true"\n'),
    container('    env:\n    - {name: A, value: "0644"}\n    stdin: true\n'),
    { profile: "default" },
  ],
  [
    "schema/unknown-field",
    container("    imagepullpolicy: Always\n"),
    container("    imagePullPolicy: Always\n"),
    { profile: "default" },
  ],
  [
    "server/invalid",
    pod("  tolerations: [{operator: exists}]\n  containers: [{name: a, image: b:1}]\n"),
    pod("  tolerations: [{operator: Exists}]\n  containers: [{name: a, image: b:1}]\n"),
    { profile: "default" },
  ],
  [
    "server/not-supported",
    container("    imagePullPolicy: always\n"),
    container("    imagePullPolicy: Always\n"),
    { profile: "default" },
  ],
  [
    "rbac/subject-group",
    binding("{kind: User, name: anna, apiGroup: rbac}"),
    binding("{kind: User, name: anna, apiGroup: rbac.authorization.k8s.io}"),
    { profile: "default" },
  ],
  [
    "pod-security/namespace-label",
    `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  labels:\n    pod-security.kubernetes.io/enforce: Baseline\n    pod-security.kubernetes.io/enforce-version: "1.30"\n`,
    `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  labels:\n    pod-security.kubernetes.io/enforce: baseline\n    pod-security.kubernetes.io/enforce-version: "v1.30"\n`,
    { profile: "default" },
  ],
  [
    "yaml/ambiguous-scalar",
    container("    stdin: yes\n"),
    container("    stdin: true\n"),
    { profile: "default" },
  ],
  [
    "yaml/duplicate-key",
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  b: "1"\n  c: d\n  b: "1" # twice\n`,
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  c: d\n  b: "1" # twice\n`,
    { profile: "default" },
  ],
  [
    "custom-resource/unknown-field",
    `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}\nspec:\n  group: example.com\n  scope: Namespaced\n  names: {kind: Thing, plural: things}\n  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {replicas: {type: integer}}}}}}}]\n---\napiVersion: example.com/v1\nkind: Thing\n${meta()}spec:\n  replica: 1\n`,
    `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}\nspec:\n  group: example.com\n  scope: Namespaced\n  names: {kind: Thing, plural: things}\n  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {replicas: {type: integer}}}}}}}]\n---\napiVersion: example.com/v1\nkind: Thing\n${meta()}spec:\n  replicas: 1\n`,
    { profile: "default" },
  ],
  [
    "security/deprecated-service-account-field",
    pod("  serviceAccount: b\n  containers: [{name: a, image: b:1}]\n"),
    pod("  serviceAccountName: b\n  containers: [{name: a, image: b:1}]\n"),
    { profile: "default" },
  ],
  [
    "reliability/duplicate-variable",
    container(
      "    env:\n    - name: A\n      value: b\n    - {name: B, value: c}\n    - {name: A, value: d} # last\n",
    ),
    container("    env:\n    - {name: B, value: c}\n    - {name: A, value: d} # last\n"),
    { profile: "default" },
  ],
  [
    "schema/duplicate-item",
    container("    ports:\n    - {containerPort: 80}\n    - {containerPort: 80}\n"),
    container("    ports:\n    - {containerPort: 80}\n"),
    { profile: "default" },
  ],
  [
    "server/duplicate",
    `apiVersion: v1\nkind: Service\n${meta()}spec:\n  ports:\n  - port: 80\n  - port: 80\n`,
    `apiVersion: v1\nkind: Service\n${meta()}spec:\n  ports:\n  - port: 80\n`,
    { profile: "default" },
  ],
  [
    "network/dns-udp-only",
    `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n${meta()}spec:\n  podSelector: {}\n  policyTypes: [Egress]\n  egress:\n  - ports:\n    - protocol: UDP\n      port: 53\n`,
    `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n${meta()}spec:\n  podSelector: {}\n  policyTypes: [Egress]\n  egress:\n  - ports:\n    - protocol: UDP\n      port: 53\n    - protocol: TCP\n      port: 53\n`,
    { profile: "default" },
  ],
  [
    "reliability/budget-blocks-drain",
    budget("  maxUnavailable: 0\n"),
    budget("  maxUnavailable: 1\n"),
    { profile: "default" },
  ],
  [
    "reliability/budget-blocks-drain",
    budget("  minAvailable: 100%\n"),
    budget("  maxUnavailable: 1\n"),
    { profile: "default" },
  ],
  [
    "reliability/budget-keeps-unhealthy",
    budget("  maxUnavailable: 1\n"),
    `${budget("  maxUnavailable: 1\n")}  unhealthyPodEvictionPolicy: AlwaysAllow\n`,
    { profile: "production" },
  ],
  [
    "security/privilege-escalation",
    container(
      "    securityContext: {readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}, runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}\n",
    ),
    container(
      "    securityContext: {readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}, runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}, allowPrivilegeEscalation: false}\n",
    ),
    { profile: "restricted" },
  ],
  [
    "security/run-as-non-root",
    container(
      "    securityContext: {capabilities: {drop: [ALL]}, allowPrivilegeEscalation: false, seccompProfile: {type: RuntimeDefault}}\n",
    ),
    `${container("    securityContext: {capabilities: {drop: [ALL]}, allowPrivilegeEscalation: false, seccompProfile: {type: RuntimeDefault}}\n")}  securityContext:\n    runAsNonRoot: true\n`,
    { profile: "restricted" },
  ],
  [
    "security/capabilities-kept",
    container(
      "    securityContext:\n      runAsNonRoot: true\n      allowPrivilegeEscalation: false\n      seccompProfile: {type: RuntimeDefault}\n      capabilities:\n        drop:\n        - NET_RAW # first\n",
    ),
    container(
      "    securityContext:\n      runAsNonRoot: true\n      allowPrivilegeEscalation: false\n      seccompProfile: {type: RuntimeDefault}\n      capabilities:\n        drop:\n        - NET_RAW # first\n        - ALL\n",
    ),
    { profile: "restricted" },
  ],
  [
    "security/seccomp-unset",
    container(
      "    securityContext: {capabilities: {drop: [ALL]}, allowPrivilegeEscalation: false, runAsNonRoot: true}\n",
    ),
    `${container("    securityContext: {capabilities: {drop: [ALL]}, allowPrivilegeEscalation: false, runAsNonRoot: true}\n")}  securityContext:\n    seccompProfile:\n      type: RuntimeDefault\n`,
    { profile: "restricted" },
  ],
  [
    "pod-security/allowPrivilegeEscalation",
    pod("  containers:\n  - {name: a, image: b:1}\n  - name: c\n    image: d:1\n    securityContext: {}\n"),
    pod(
      "  containers:\n  - {name: a, image: b:1, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}\n  - name: c\n    image: d:1\n    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}\n  securityContext:\n    runAsNonRoot: true\n    seccompProfile:\n      type: RuntimeDefault\n",
    ),
    { podSecurity: "restricted", profile: "default" },
  ],
];

/** A case with its options. */
function named([first, second, third, options = {}]: Case): {
  readonly 0: string;
  readonly 1: string;
  readonly 2: string;
  readonly options: Options;
} {
  return { 0: first, 1: second, 2: third, options };
}

describe("the table of fixes", () => {
  it("has one row a check, of checks that there are", () => {
    expect(new Set(fixTable.map(({ id }) => id)).size).toBe(fixTable.length);
    expect(fixTable.filter(({ id }) => ruleOf(id) === undefined)).toEqual([]);
    expect(fixOf("supply-chain/moving-tag")).toBe(undefined);
  });

  it.each(cases.map(named))("$0", ({ 0: code, 1: text, 2: wanted, options }) => {
    const fixed = fix(text, options);
    expect(codesOf(fixed)).toContain(code);
    expect(textOf(fixed, text)).toBe(wanted);
    // Once more changes nothing, and what was claimed is not found any more.
    const second = fix(wanted, options);
    expect([...second.files.keys()]).toEqual([]);
    expect(second.left.map(({ finding }) => finding.code)).not.toContain(code);
  });

  it("has a case for every row, here or below", () => {
    const seen = new Set(cases.flatMap(([, text, , options]) => codesOf(fix(text, options))));
    const below = [
      "upgrade/removed-api",
      "upgrade/deprecated-api",
      "schema/enum",
      "security/service-account-token",
      "supply-chain/pull-policy",
      "namespace/no-pod-security-label",
    ];
    expect(fixTable.map(({ id }) => id).filter((id) => !seen.has(id) && !below.includes(id))).toEqual([]);
  });

  it("writes a word in its case where only the schema knows the words", () => {
    const object = { apiVersion: "v1", kind: "Pod", spec: { dnsPolicy: "clusterfirst" } };
    const path = ["spec", "dnsPolicy"];
    const edits = (hint: string) =>
      fixOf("schema/enum")?.edits({
        object,
        finding: { code: "schema/enum", severity: "error", message: "", hint },
        path,
        paths: [path],
        minor: 37,
        world: fixWorld([]),
      });
    expect(edits("did you mean ClusterFirst?")).toEqual([{ op: "set", path, value: "ClusterFirst" }]);
    expect(edits("did you mean Default?")).toBe(undefined);
  });

  it("takes the token from Pods of the default account, and from no other", () => {
    const text = pod("  containers: [{name: a, image: b:1}]\n");
    expect(textOf(fix(text, { profile: "cis" }), text)).toContain("automountServiceAccountToken: false");
    const own = pod("  serviceAccountName: b\n  containers: [{name: a, image: b:1}]\n");
    const fixed = fix(own, { profile: "cis" });
    expect(textOf(fixed, own)).not.toContain("automountServiceAccountToken");
    expect(textOf(fixed, own)).toContain("imagePullPolicy: Always");
    expect(fixed.left.map(({ finding }) => finding.code)).toContain("security/service-account-token");
    // An empty text is no name: the old field counts (serviceAccountOf).
    const old = pod('  serviceAccountName: ""\n  serviceAccount: b\n  containers: [{name: a, image: b:1}]\n');
    expect(textOf(fix(old, { profile: "cis" }), old)).not.toContain("automountServiceAccountToken");
    const bound = `${text}---\n${binding("{kind: ServiceAccount, name: default, namespace: shop}")}`;
    expect(textOf(fix(bound, { profile: "cis" }), bound)).not.toContain("automountServiceAccountToken");
  });

  it("brings an object to the version that is served, also where its practices are not kept", () => {
    const old = `apiVersion: extensions/v1beta1\nkind: Deployment\n${meta()}spec: # two\n  replicas: 2\n  template:\n    metadata: {labels: {app: a}}\n    spec: {containers: [{name: a, image: b}]}\n`;
    const fixed = fix(old, { profile: "default" });
    expect(codesOf(fixed)).toEqual(["object/not-served"]);
    expect(textOf(fixed, old)).toContain("apiVersion: apps/v1\n");
    expect(textOf(fixed, old)).toContain("spec: # two\n  replicas: 2\n");
    expect(textOf(fixed, old)).toContain("  selector:\n    matchLabels:\n      app: a\n");
  });

  it("labels a namespace only where its Pods of the input keep the level", () => {
    const namespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n";
    const good = `${namespace}---\n${container("")}`;
    expect(textOf(fix(good, { profile: "production" }), good)).toContain(
      "  name: shop\n  labels:\n    pod-security.kubernetes.io/enforce: baseline\n---",
    );
    const bad = `${namespace}---\n${container("    securityContext: {privileged: true}\n")}`;
    const fixed = fix(bad, { profile: "production" });
    expect(textOf(fixed, bad)).not.toContain("pod-security");
    const left = fixed.left.find(({ finding }) => finding.code === "namespace/no-pod-security-label");
    expect(left?.reason).toBe("it would bring pod-security/privileged");
    for (const other of [namespace, good.replaceAll("shop", "kube-system")])
      expect(textOf(fix(other, { profile: "production" }), other)).not.toContain("pod-security");
  });
});

describe("what is left to a person", () => {
  const left: readonly Case[] = [
    ["the version of an image", "supply-chain/moving-tag", pod("  containers: [{name: a, image: b}]\n")],
    [
      "a budget of one replica",
      "reliability/budget-blocks-drain",
      `${budget("  minAvailable: 1\n")}---\napiVersion: apps/v1\nkind: Deployment\n${meta()}spec: {replicas: 1, selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: a, image: b:1}]}}}\n`,
    ],
    [
      "a variable whose earlier value is read",
      "reliability/duplicate-variable",
      container("    env:\n    - {name: A, value: b}\n    - {name: A, value: $(A)c}\n"),
    ],
    ["a misspelt name of few letters", "schema/unknown-field", container("    ttyy: true\n")],
    [
      "a field that could be another",
      "schema/unknown-field",
      pod("  hostIPD: true\n  containers: [{name: a, image: b:1}]\n"),
    ],
    [
      "a word that means nothing",
      "server/not-supported",
      pod("  dnsPolicy: First\n  containers: [{name: a, image: b:1}]\n"),
    ],
    [
      "runAsNonRoot: false, which somebody wrote",
      "security/run-as-non-root",
      container("    securityContext: {runAsNonRoot: false}\n"),
      { profile: "restricted" },
    ],
    [
      "escalation of a privileged container",
      "security/privilege-escalation",
      container("    securityContext: {privileged: true}\n"),
      { profile: "restricted" },
    ],
    [
      "a number that readers read in two ways",
      "yaml/ambiguous-scalar",
      pod(
        "  volumes: [{name: c, configMap: {name: d, defaultMode: 0644}}]\n  containers: [{name: a, image: b:1}]\n",
      ),
    ],
    [
      "different values of one key",
      "yaml/duplicate-key",
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  b: "1"\n  b: "2"\n`,
    ],
    [
      "a value that an alias shares",
      "object/label-value",
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: &l\n    v: 1\n  annotations: *l\n`,
    ],
    [
      "a List in a List",
      "schema/unknown-field",
      `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a}\n  spec: {containers: [{name: a, image: b:1, foo: 1}]}\n`,
    ],
  ];
  it.each(left.map(named))("$0", ({ 1: code, 2: text, options }) => {
    const fixed = fix(text, { profile: "default", ...options });
    expect(codesOf(fixed)).not.toContain(code);
    expect(fixed.left.map(({ finding }) => finding.code)).toContain(code);
  });

  it("says why an edit is not made", () => {
    const fixed = fix(
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: &l\n    v: 1\n  annotations: *l\n`,
    );
    expect(new Set(fixed.left.map(({ reason }) => reason))).toEqual(
      new Set(["an anchor or alias stands at this place: others share what it holds"]),
    );
  });
});

describe("objects in lists and streams", () => {
  it("fixes items of a List at their places", () => {
    const text = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: a\n  spec:\n    serviceAccount: b\n    containers: [{name: a, image: b:1}]\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a, labels: {b: 1}}\n`;
    expect(textOf(fix(text, { profile: "default" }), text)).toBe(
      text.replace("serviceAccount:", "serviceAccountName:").replace("{b: 1}", '{b: "1"}'),
    );
  });

  it("tells two objects of one name apart", () => {
    const one = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: {b: 1}\n";
    const text = `${one}---\n${one.replace("{b: 1}", "{b: 2}")}`;
    expect(textOf(fix(text, { profile: "default" }), text)).toBe(
      text.replace("{b: 1}", '{b: "1"}').replace("{b: 2}", '{b: "2"}'),
    );
  });

  it("does not touch a file whose text is not given: it was rendered", () => {
    const input = readStdin(
      new TextEncoder().encode(pod("  serviceAccount: b\n  containers: [{name: a, image: b:1}]\n")),
    );
    const fixed = fixObjects({
      inputs: [input],
      texts: new Map(),
      minor: 37,
      check: (inputs) => checkAll(inputs, { minor: 37, judge: {} }).kept,
    });
    expect(fixed.files.size).toBe(0);
    expect(fixed.left.map(({ reason }) => reason)).toContain(
      "it is not in a plain file: change what it is made from",
    );
  });
});
