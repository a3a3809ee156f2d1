import type { RuleExample } from "../../findings/rule.ts";

const pod = (spec: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\nspec: {${spec}}`;
const container = (fields: string): string => pod(`containers: [{name: a, image: 'a:1'${fields}}]`);
const context = (fields: string): string => container(`, securityContext: {${fields}}`);
const namespace = (label: string): string =>
  `apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {${label}}}`;

/** A Pod that a check refuses at its level, and its nearest neighbour that the check takes; by the id of the check. */
export const podSecurityExamples: Readonly<Record<string, RuleExample>> = {
  appArmorProfile: {
    positive: context("appArmorProfile: {type: Unconfined}"),
    negative: context("appArmorProfile: {type: RuntimeDefault}"),
  },
  capabilities_baseline: {
    positive: context("capabilities: {add: [NET_ADMIN]}"),
    negative: context("capabilities: {add: [CHOWN]}"),
  },
  hostNamespaces: {
    positive: pod("hostNetwork: true, containers: [{name: a, image: 'a:1'}]"),
    negative: pod("hostNetwork: false, containers: [{name: a, image: 'a:1'}]"),
  },
  hostPathVolumes: {
    positive: pod("volumes: [{name: v, hostPath: {path: /srv}}], containers: [{name: a, image: 'a:1'}]"),
    negative: pod("volumes: [{name: v, emptyDir: {}}], containers: [{name: a, image: 'a:1'}]"),
  },
  hostPorts: {
    positive: container(", ports: [{containerPort: 80, hostPort: 80}]"),
    negative: container(", ports: [{containerPort: 80}]"),
  },
  hostProbesAndHostLifecycle: {
    positive: container(", livenessProbe: {httpGet: {host: 127.0.0.1, port: 80}}"),
    negative: container(", livenessProbe: {httpGet: {port: 80}}"),
  },
  privileged: {
    positive: context("privileged: true"),
    negative: context("privileged: false"),
  },
  procMount: {
    positive: context("procMount: Unmasked"),
    negative: context("procMount: Default"),
  },
  seLinuxOptions: {
    positive: context("seLinuxOptions: {type: spc_t}"),
    negative: context("seLinuxOptions: {type: container_t}"),
  },
  seccompProfile_baseline: {
    positive: context("seccompProfile: {type: Unconfined}"),
    negative: context("seccompProfile: {type: RuntimeDefault}"),
  },
  sysctls: {
    positive: pod(
      "securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]}, containers: [{name: a, image: 'a:1'}]",
    ),
    negative: pod(
      "securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies, value: '1'}]}, containers: [{name: a, image: 'a:1'}]",
    ),
  },
  windowsHostProcess: {
    positive: context("windowsOptions: {hostProcess: true}"),
    negative: context("windowsOptions: {hostProcess: false}"),
  },
  allowPrivilegeEscalation: {
    positive: context("allowPrivilegeEscalation: true"),
    negative: context("allowPrivilegeEscalation: false"),
  },
  capabilities_restricted: {
    positive: context("capabilities: {drop: [NET_RAW]}"),
    negative: context("capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}"),
  },
  procMount_restricted: {
    positive: pod(
      "hostUsers: false, containers: [{name: a, image: 'a:1', securityContext: {procMount: Unmasked}}]",
    ),
    negative: pod(
      "hostUsers: false, containers: [{name: a, image: 'a:1', securityContext: {procMount: Default}}]",
    ),
  },
  restrictedVolumes: {
    positive: pod("volumes: [{name: v, nfs: {server: n, path: /}}], containers: [{name: a, image: 'a:1'}]"),
    negative: pod(
      "volumes: [{name: v, persistentVolumeClaim: {claimName: v}}], containers: [{name: a, image: 'a:1'}]",
    ),
  },
  runAsNonRoot: {
    positive: container(""),
    negative: context("runAsNonRoot: true"),
  },
  runAsUser: {
    positive: context("runAsUser: 0"),
    negative: context("runAsUser: 1000"),
  },
  seccompProfile_restricted: {
    positive: container(""),
    negative: context("seccompProfile: {type: RuntimeDefault}"),
  },
  // Of the finding NAMESPACE_LABEL, which is of no check.
  "namespace-label": {
    positive: namespace("pod-security.kubernetes.io/enforce: strict"),
    negative: namespace("pod-security.kubernetes.io/enforce: restricted"),
  },
};
