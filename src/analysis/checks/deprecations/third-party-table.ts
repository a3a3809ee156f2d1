import type { Gvk } from "./lifecycle.ts";

/** A release of a product, as numbers: major, minor. */
export type Release = readonly [number, number];

/** Versions of kinds that a product defines. */
export interface ThirdPartyRow {
  readonly product: string;
  readonly group: string;
  /** Empty: every version of the group. */
  readonly versions: readonly string[];
  /** Empty: every kind of the versions. */
  readonly kinds: readonly string[];
  readonly deprecated: Release;
  /** The first release that does not serve it; undefined while there is none. */
  readonly removed?: Release;
  /** apiVersion, with the kind where that is another one; undefined where nothing takes its place. */
  readonly replacement?: string;
  readonly note?: string;
  readonly source: string;
}

// The rows of cert-manager and Istio are the facts of FairwindsOps/pluto versions.yaml (Apache-2.0, see NOTICE), with
// the group of ACME kinds put right; every other row names where its product says so.
const pluto = "FairwindsOps/pluto versions.yaml";
const certManager = `${pluto}; cert-manager.io/docs/releases/upgrading/remove-deprecated-apis`;
const certificateKinds = ["Certificate", "CertificateRequest", "ClusterIssuer", "Issuer"];
const acmeKinds = ["Challenge", "Order"];

const thirdPartyRows: readonly ThirdPartyRow[] = [
  {
    product: "cert-manager",
    group: "certmanager.k8s.io",
    versions: ["v1alpha1"],
    kinds: certificateKinds,
    deprecated: [0, 11],
    removed: [0, 11],
    replacement: "cert-manager.io/v1",
    note: "the fields were regrouped in v0.11 and v1.0: see the notes of both upgrades",
    source: pluto,
  },
  {
    product: "cert-manager",
    group: "certmanager.k8s.io",
    versions: ["v1alpha1"],
    kinds: acmeKinds,
    deprecated: [0, 11],
    removed: [0, 11],
    replacement: "acme.cert-manager.io/v1",
    source: pluto,
  },
  {
    product: "cert-manager",
    group: "cert-manager.io",
    versions: ["v1alpha2"],
    kinds: certificateKinds,
    deprecated: [1, 4],
    removed: [1, 6],
    replacement: "cert-manager.io/v1",
    note: "keyAlgorithm, keyEncoding and keySize stand under privateKey, organization under subject",
    source: certManager,
  },
  {
    product: "cert-manager",
    group: "cert-manager.io",
    versions: ["v1alpha3"],
    kinds: certificateKinds,
    deprecated: [1, 4],
    removed: [1, 6],
    replacement: "cert-manager.io/v1",
    note: "keyAlgorithm, keyEncoding and keySize stand under privateKey",
    source: certManager,
  },
  {
    product: "cert-manager",
    group: "cert-manager.io",
    versions: ["v1beta1"],
    kinds: certificateKinds,
    deprecated: [1, 4],
    removed: [1, 6],
    replacement: "cert-manager.io/v1",
    source: certManager,
  },
  {
    product: "cert-manager",
    group: "acme.cert-manager.io",
    versions: ["v1alpha2", "v1alpha3", "v1beta1"],
    kinds: acmeKinds,
    deprecated: [1, 4],
    removed: [1, 6],
    replacement: "acme.cert-manager.io/v1",
    source: certManager,
  },
  {
    product: "istio",
    group: "rbac.istio.io",
    versions: [],
    kinds: [],
    deprecated: [1, 4],
    removed: [1, 4],
    replacement: "security.istio.io/v1 AuthorizationPolicy",
    source: pluto,
  },
  {
    product: "istio",
    group: "authentication.istio.io",
    versions: ["v1alpha1"],
    kinds: [],
    deprecated: [1, 5],
    removed: [1, 6],
    replacement: "security.istio.io/v1 PeerAuthentication or RequestAuthentication",
    source: pluto,
  },
  {
    product: "gateway-api",
    group: "gateway.networking.k8s.io",
    versions: ["v1alpha2"],
    kinds: ["GRPCRoute"],
    deprecated: [1, 1],
    removed: [1, 2],
    replacement: "gateway.networking.k8s.io/v1",
    source: "kubernetes-sigs/gateway-api release v1.2.0",
  },
  {
    product: "gateway-api",
    group: "gateway.networking.k8s.io",
    versions: ["v1alpha2"],
    kinds: ["ReferenceGrant"],
    deprecated: [0, 6],
    removed: [1, 2],
    replacement: "gateway.networking.k8s.io/v1beta1",
    source: "kubernetes-sigs/gateway-api release v1.2.0",
  },
  {
    product: "gateway-api",
    group: "gateway.networking.k8s.io",
    versions: ["v1alpha2"],
    kinds: ["ReferencePolicy"],
    deprecated: [0, 5],
    removed: [0, 6],
    replacement: "gateway.networking.k8s.io/v1beta1 ReferenceGrant",
    source: "kubernetes-sigs/gateway-api release v0.6.0",
  },
  {
    product: "external-snapshotter",
    group: "snapshot.storage.k8s.io",
    versions: ["v1beta1"],
    kinds: ["VolumeSnapshot", "VolumeSnapshotClass", "VolumeSnapshotContent"],
    deprecated: [4, 1],
    removed: [6, 0],
    replacement: "snapshot.storage.k8s.io/v1",
    source: "kubernetes-csi/external-snapshotter CHANGELOG-6.0 (#709)",
  },
  {
    product: "external-secrets",
    group: "external-secrets.io",
    versions: ["v1beta1"],
    kinds: ["ClusterExternalSecret", "ClusterSecretStore", "ExternalSecret", "SecretStore"],
    deprecated: [0, 16],
    removed: [0, 17],
    replacement: "external-secrets.io/v1",
    source: "external-secrets release v0.17.0",
  },
  {
    product: "karpenter",
    group: "karpenter.sh",
    versions: ["v1alpha5"],
    kinds: ["Provisioner"],
    deprecated: [0, 32],
    removed: [0, 33],
    replacement: "karpenter.sh/v1 NodePool",
    source: "karpenter.sh/docs/upgrading/v1beta1-migration",
  },
  {
    product: "karpenter",
    group: "karpenter.sh",
    versions: ["v1alpha5"],
    kinds: ["Machine"],
    deprecated: [0, 32],
    removed: [0, 33],
    replacement: "karpenter.sh/v1 NodeClaim",
    source: "karpenter.sh/docs/upgrading/v1beta1-migration",
  },
  {
    product: "karpenter",
    group: "karpenter.k8s.aws",
    versions: ["v1alpha1"],
    kinds: ["AWSNodeTemplate"],
    deprecated: [0, 32],
    removed: [0, 33],
    replacement: "karpenter.k8s.aws/v1 EC2NodeClass",
    source: "karpenter.sh/docs/upgrading/v1beta1-migration",
  },
  {
    product: "cluster-api",
    group: "cluster.x-k8s.io",
    versions: ["v1alpha3"],
    kinds: [],
    deprecated: [1, 4],
    removed: [1, 5],
    replacement: "cluster.x-k8s.io/v1beta1",
    source: "cluster-api.sigs.k8s.io/developer/providers/migrations/v1.3-to-v1.4",
  },
  {
    product: "cluster-api",
    group: "cluster.x-k8s.io",
    versions: ["v1alpha4"],
    kinds: [],
    deprecated: [1, 4],
    removed: [1, 6],
    replacement: "cluster.x-k8s.io/v1beta1",
    source: "cluster-api.sigs.k8s.io/developer/providers/migrations/v1.5-to-v1.6",
  },
  {
    product: "flux",
    group: "helm.toolkit.fluxcd.io",
    versions: ["v2beta1", "v2beta2"],
    kinds: ["HelmRelease"],
    deprecated: [2, 3],
    replacement: "helm.toolkit.fluxcd.io/v2",
    source: "fluxcd/flux2 release v2.3.0",
  },
  {
    product: "flux",
    group: "source.toolkit.fluxcd.io",
    versions: ["v1beta1", "v1beta2"],
    kinds: ["HelmChart", "HelmRepository"],
    deprecated: [2, 3],
    replacement: "source.toolkit.fluxcd.io/v1",
    source: "fluxcd/flux2 release v2.3.0",
  },
  {
    product: "flux",
    group: "source.toolkit.fluxcd.io",
    versions: ["v1beta1", "v1beta2"],
    kinds: ["GitRepository"],
    deprecated: [2, 0],
    replacement: "source.toolkit.fluxcd.io/v1",
    source: "fluxcd/flux2 release v2.0.0",
  },
  {
    product: "flux",
    group: "kustomize.toolkit.fluxcd.io",
    versions: ["v1beta1", "v1beta2"],
    kinds: ["Kustomization"],
    deprecated: [2, 0],
    replacement: "kustomize.toolkit.fluxcd.io/v1",
    source: "fluxcd/flux2 release v2.0.0",
  },
];

/** Products with rows, sorted: what `--upgrade-to product=1.N` takes. */
export const products: readonly string[] = [...new Set(thirdPartyRows.map(({ product }) => product))].sort();

/** The row of a version of a kind; undefined where there is none. */
export function thirdPartyRowOf({ group, version, kind }: Gvk): ThirdPartyRow | undefined {
  return thirdPartyRows.find(
    (row) =>
      row.group === group &&
      (row.versions.length === 0 || row.versions.includes(version)) &&
      (row.kinds.length === 0 || row.kinds.includes(kind)),
  );
}

/** Has a release come? Without one, the newest is meant: everything has. */
export function hasCome(when: Release, target: Release | undefined): boolean {
  if (target === undefined) return true;
  return when[0] < target[0] || (when[0] === target[0] && when[1] <= target[1]);
}

export function releaseText([major, minor]: Release): string {
  return `${major}.${minor}`;
}
