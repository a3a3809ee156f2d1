import { describe, expect, it } from "vitest";
import { readStdin } from "../../../kube/read-inputs.ts";
import { checkInputs } from "../reading/check-objects.ts";
import type { Release } from "./third-party-table.ts";
import { upgradeTable } from "./upgrade-table.ts";

interface Asked {
  readonly from: number;
  readonly to: number;
  readonly products?: ReadonlyMap<string, Release>;
}

const latest: Asked = { from: 36, to: 37 };

function found(text: string, { from, to, products = new Map() }: Asked = latest) {
  return checkInputs([readStdin(new TextEncoder().encode(text))], {
    minor: from,
    podSecurity: "labels",
    upgrade: { to, products },
  }).filter(({ code }) => code.startsWith("upgrade/"));
}

const codes = (text: string, asked?: Asked) => found(text, asked).map(({ code }) => code);
const pod = (spec: string, metadata = "") =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: a${metadata}}\nspec: {containers: [{name: a, image: b}], ${spec}}\n`;

describe.each(Object.entries(upgradeTable))("%s", (code, row) => {
  it("is what its example has, and its neighbour has not", () => {
    const positive = found(row.positive, row.example);
    expect([...new Set(positive.map((finding) => finding.code))]).toEqual([code]);
    expect(positive[0]?.severity).toBe(code === "upgrade/no-effect" ? "error" : row.severity);
    expect(codes(row.negative, row.example)).toEqual([]);
  });
});

describe("versions of kinds", () => {
  it("are told with their replacement, once, at the apiVersion", () => {
    const text =
      "apiVersion: flowcontrol.apiserver.k8s.io/v1beta3\nkind: PriorityLevelConfiguration\nmetadata: {name: a}\nspec: {type: Limited, limited: {nominalConcurrencyShares: 5, limitResponse: {type: Reject}}}\n";
    expect(found(text, { from: 31, to: 37 })).toMatchObject([
      {
        code: "upgrade/removed-api",
        severity: "error",
        message:
          "flowcontrol.apiserver.k8s.io/v1beta3 PriorityLevelConfiguration is not served any more by Kubernetes 1.37",
        hint: "Kubernetes 1.37 serves it as flowcontrol.apiserver.k8s.io/v1; spec.limited.nominalConcurrencyShares: 0 means none (before: the default of 30)",
        place: { line: 1, column: 13 },
      },
    ]);
  });

  it("that the cluster of today does not serve are no matter of the upgrade", () => {
    const text = "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: a}\n";
    expect(codes(text)).toEqual([]);
    const all = checkInputs([readStdin(new TextEncoder().encode(text))], { minor: 36, upgrade: { to: 37 } });
    expect(all.map(({ code }) => code)).toEqual(["object/not-served"]);
    expect(all[0]?.hint).toContain("policy/v1; an empty spec.selector");
  });

  it("say where a chain of replacements ends", () => {
    const psp = "apiVersion: extensions/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: a}\n";
    const [finding] = checkInputs([readStdin(new TextEncoder().encode(psp))], { minor: 37 });
    expect([finding?.code, finding?.hint]).toEqual([
      "object/not-served",
      "no version of it is served any more; label the Namespaces with pod-security.kubernetes.io/enforce (Pod Security admission), or use a policy engine",
    ]);
  });

  it("of native groups that went with all their versions are known to be gone", () => {
    const preset = "apiVersion: settings.k8s.io/v1alpha1\nkind: PodPreset\nmetadata: {name: a}\n";
    const [finding] = checkInputs([readStdin(new TextEncoder().encode(preset))], { minor: 37 });
    expect(finding?.code).toBe("object/not-served");
  });

  it("deprecated and on by default are told without an upgrade; off by default they are not", () => {
    const check = (text: string) =>
      checkInputs([readStdin(new TextEncoder().encode(text))], { minor: 37 }).map(({ code }) => code);
    expect(check("apiVersion: v1\nkind: Endpoints\nmetadata: {name: a}\n")).toEqual([
      "upgrade/deprecated-api",
    ]);
    expect(
      check(
        "apiVersion: certificates.k8s.io/v1beta1\nkind: ClusterTrustBundle\nmetadata: {name: a}\nspec: {trustBundle: b}\n",
      ),
    ).not.toContain("upgrade/deprecated-api");
  });
});

describe("kinds of other products", () => {
  const certificate =
    "apiVersion: cert-manager.io/v1beta1\nkind: Certificate\nmetadata: {name: a}\nspec: {secretName: b, issuerRef: {name: c}}\n";
  const at = (release: Release): Asked => ({ ...latest, products: new Map([["cert-manager", release]]) });

  it("depend on the release that is asked for", () => {
    expect(codes(certificate)).toEqual(["upgrade/removed-custom-api"]);
    expect(codes(certificate, at([1, 6]))).toEqual(["upgrade/removed-custom-api"]);
    expect(codes(certificate, at([1, 5]))).toEqual(["upgrade/deprecated-custom-api"]);
    expect(codes(certificate, at([1, 3]))).toEqual([]);
  });

  it("are left to a definition among the inputs that serves them", () => {
    const definition = (extra: string) =>
      `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: certificates.cert-manager.io}\nspec:\n  group: cert-manager.io\n  scope: Namespaced\n  names: {kind: Certificate, plural: certificates}\n  versions: [{name: v1beta1, served: true, storage: true${extra}, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]\n---\n`;
    expect(codes(definition("") + certificate)).toEqual([]);
    expect(codes(definition(", deprecated: true") + certificate)).toEqual(["upgrade/removed-custom-api"]);
  });
});

describe("parts of objects", () => {
  it("that a Pod no more starts with are errors, others warnings", () => {
    expect(found(pod("volumes: [{name: a, gitRepo: {repository: b}}]"))).toMatchObject([
      { code: "upgrade/no-effect", severity: "error", path: ["spec", "volumes", 0, "gitRepo"] },
    ]);
    expect(
      found(pod("", ", annotations: {seccomp.security.alpha.kubernetes.io/pod: runtime/default}")),
    ).toMatchObject([{ code: "upgrade/no-effect", severity: "warning" }]);
  });

  it("with the field that replaces an annotation are left alone", () => {
    const annotated = ", annotations: {container.apparmor.security.beta.kubernetes.io/a: runtime/default}";
    expect(codes(pod("", annotated))).toEqual(["upgrade/deprecated-field"]);
    expect(codes(pod("securityContext: {appArmorProfile: {type: RuntimeDefault}}", annotated))).toEqual([]);
  });

  it("finds the labels of nodes wherever a Pod names them", () => {
    const label = "failure-domain.beta.kubernetes.io/zone";
    const spec = `nodeSelector: {${label}: a}, topologySpreadConstraints: [{maxSkew: 1, whenUnsatisfiable: DoNotSchedule, topologyKey: ${label}, labelSelector: {}}], affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: ${label}, operator: Exists}]}]}}, podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: ${label}, labelSelector: {}}]}}`;
    expect(found(pod(spec)).map(({ path }) => path?.slice(1, 3))).toEqual([
      ["nodeSelector", label],
      ["topologySpreadConstraints", 0],
      ["affinity", "nodeAffinity"],
      ["affinity", "podAntiAffinity"],
    ]);
    expect(codes(pod("nodeSelector: {topology.kubernetes.io/zone: a}"))).toEqual([]);
  });

  it("tells a field that its description calls deprecated", () => {
    expect(
      found(
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: LoadBalancer, loadBalancerIP: 192.0.2.1, ports: [{port: 80}]}\n",
      ),
    ).toMatchObject([{ code: "upgrade/deprecated-field", path: ["spec", "loadBalancerIP"] }]);
  });

  it("warns of externalIPs from 1.36 on", () => {
    const service =
      "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {externalIPs: [192.0.2.1], ports: [{port: 80}]}\n";
    expect(codes(service, { from: 34, to: 35 })).toEqual([]);
    expect(codes(service, { from: 35, to: 36 })).toEqual(["upgrade/deprecated-field"]);
  });
});

describe("feature gates", () => {
  it("that go, or are locked the other way, stop the component that names them", () => {
    const apiServer = (gates: string) =>
      pod(
        `initContainers: [{name: c, image: d, command: [/usr/bin/kube-apiserver, --feature-gates=${gates}]}]`,
      );
    expect(found(apiServer("SidecarContainers=true"))).toMatchObject([
      { code: "upgrade/feature-gate", severity: "error" },
    ]);
    expect(codes(apiServer("NoGateOfOurs=true"))).toEqual([]);
    const kubelet = (gates: string) =>
      `apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfeatureGates: {${gates}}\n`;
    expect(codes(kubelet("SELinuxMount: true"))).toEqual([]);
    expect(
      found(kubelet("AllowOverwriteTerminationGracePeriodSeconds: true"), { from: 34, to: 35 }),
    ).toMatchObject([
      { code: "upgrade/changed-default" },
      { code: "upgrade/changed-default" },
      { code: "upgrade/feature-gate", message: expect.stringContaining("locks it to false") as string },
    ]);
  });

  it("of other programs are theirs", () => {
    const other = pod(
      "initContainers: [{name: c, image: d, command: [cert-manager, --feature-gates=SidecarContainers=true]}]",
    );
    expect(codes(other)).toEqual([]);
  });

  it("of kubeadm's extra arguments are read in both forms", () => {
    const kubeadm = (version: string, args: string) =>
      `apiVersion: kubeadm.k8s.io/${version}\nkind: ClusterConfiguration\napiServer: {extraArgs: ${args}}\n`;
    expect(codes(kubeadm("v1beta4", "[{name: feature-gates, value: SidecarContainers=true}]"))).toEqual([
      "upgrade/feature-gate",
    ]);
    expect(codes(kubeadm("v1beta3", "{feature-gates: SidecarContainers=true}"))).toContain(
      "upgrade/feature-gate",
    );
  });
});

describe("an object that nothing changes for", () => {
  it("has no finding, whatever the versions", () => {
    const deployment =
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {a: b}}\n  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}\n";
    for (let from = 31; from < 37; from++)
      for (let to = from + 1; to <= 37; to++) expect(codes(deployment, { from, to })).toEqual([]);
  });
});
