import * as baseline from "./baseline-checks.ts";
import type { PodCheck } from "./baseline-checks.ts";
import * as restricted from "./restricted-checks.ts";

/** A check as it is from one minor version of Kubernetes on. */
export interface CheckVersion {
  readonly from: number;
  readonly run: PodCheck;
  /** Baseline check that this one says better: it is left out where this one runs. */
  readonly overrides?: string;
}

export interface CheckRow {
  readonly id: string;
  readonly level: "baseline" | "restricted";
  /** The rule in a few words (the newest version of it). */
  readonly rule: string;
  /** What makes a Pod pass. */
  readonly remedy: string;
  /** Oldest first; the newest that is not above the asked version counts. */
  readonly versions: readonly CheckVersion[];
}

const { exceptInUserNamespace, exceptOnWindows } = restricted;

const seLinuxTypes = ["container_t", "container_init_t", "container_kvm_t"];
const sysctls0 = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_unprivileged_port_start",
];
const sysctls27 = [...sysctls0, "net.ipv4.ip_local_reserved_ports"];
const sysctls29 = [
  ...sysctls27,
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
];
const sysctls32 = [...sysctls29, "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"];
const sysctls37 = [...sysctls32, "net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat"];

/**
 * The 19 checks of the Pod Security Standards (k8s.io/pod-security-admission v0.37.2, policy/), in the order in which
 * admission reports them: baseline first, then restricted, each by id.
 */
export const checks: readonly CheckRow[] = [
  {
    id: "appArmorProfile",
    level: "baseline",
    rule: "AppArmor profiles are RuntimeDefault, Localhost or not set",
    remedy: "remove the profile, or set appArmorProfile.type to RuntimeDefault or Localhost",
    versions: [{ from: 0, run: baseline.appArmorProfile }],
  },
  {
    id: "capabilities_baseline",
    level: "baseline",
    rule: "containers add only capabilities of the default set",
    remedy: "remove the capability from securityContext.capabilities.add",
    versions: [{ from: 0, run: baseline.capabilitiesBaseline }],
  },
  {
    id: "hostNamespaces",
    level: "baseline",
    rule: "Pods do not share the network, process or IPC namespace of the node",
    remedy: "remove hostNetwork, hostPID and hostIPC",
    versions: [{ from: 0, run: baseline.hostNamespaces }],
  },
  {
    id: "hostPathVolumes",
    level: "baseline",
    rule: "Pods mount no folder of the node",
    remedy: "use another type of volume than hostPath",
    versions: [{ from: 0, run: baseline.hostPathVolumes }],
  },
  {
    id: "hostPorts",
    level: "baseline",
    rule: "containers take no port of the node",
    remedy: "remove hostPort and reach the Pod through a Service",
    versions: [{ from: 0, run: baseline.hostPorts }],
  },
  {
    id: "hostProbesAndHostLifecycle",
    level: "baseline",
    rule: "probes and lifecycle hooks name no host",
    remedy: "remove host: the address of the Pod is taken then",
    versions: [{ from: 34, run: baseline.hostProbesAndHostLifecycle }],
  },
  {
    id: "privileged",
    level: "baseline",
    rule: "containers are not privileged",
    remedy: "remove securityContext.privileged",
    versions: [{ from: 0, run: baseline.privileged }],
  },
  {
    id: "procMount",
    level: "baseline",
    rule: "/proc is mounted with its masks, except in a user namespace",
    remedy: "remove securityContext.procMount, or set hostUsers: false",
    versions: [
      { from: 0, run: baseline.procMount },
      { from: 35, run: exceptInUserNamespace(baseline.procMount) },
    ],
  },
  {
    id: "seLinuxOptions",
    level: "baseline",
    rule: "SELinux types are those of containers, without user and role",
    remedy: "remove seLinuxOptions, or use type container_t",
    versions: [
      { from: 0, run: baseline.seLinuxOptions(seLinuxTypes) },
      { from: 31, run: baseline.seLinuxOptions([...seLinuxTypes, "container_engine_t"]) },
    ],
  },
  {
    id: "seccompProfile_baseline",
    level: "baseline",
    rule: "seccomp is not switched off",
    remedy: "remove the profile, or set seccompProfile.type to RuntimeDefault or Localhost",
    versions: [
      { from: 0, run: baseline.seccompAnnotations },
      { from: 19, run: baseline.seccompBaseline },
    ],
  },
  {
    id: "sysctls",
    level: "baseline",
    rule: "only sysctls that stay in the Pod are set",
    remedy: "remove the sysctl",
    versions: [
      { from: 0, run: baseline.sysctls(sysctls0) },
      { from: 27, run: baseline.sysctls(sysctls27) },
      { from: 29, run: baseline.sysctls(sysctls29) },
      { from: 32, run: baseline.sysctls(sysctls32) },
      { from: 37, run: baseline.sysctls(sysctls37) },
    ],
  },
  {
    id: "windowsHostProcess",
    level: "baseline",
    rule: "Windows Pods do not run as processes of the host",
    remedy: "remove windowsOptions.hostProcess",
    versions: [{ from: 0, run: baseline.windowsHostProcess }],
  },
  {
    id: "allowPrivilegeEscalation",
    level: "restricted",
    rule: "containers cannot gain privileges",
    remedy: "set securityContext.allowPrivilegeEscalation: false on every container",
    versions: [
      { from: 8, run: restricted.allowPrivilegeEscalation },
      { from: 25, run: exceptOnWindows(restricted.allowPrivilegeEscalation) },
    ],
  },
  {
    id: "capabilities_restricted",
    level: "restricted",
    rule: "containers drop all capabilities and add at most NET_BIND_SERVICE",
    remedy: "set securityContext.capabilities.drop: [ALL] on every container",
    versions: [
      { from: 22, run: restricted.capabilitiesRestricted, overrides: "capabilities_baseline" },
      {
        from: 25,
        run: exceptOnWindows(restricted.capabilitiesRestricted),
        overrides: "capabilities_baseline",
      },
    ],
  },
  {
    id: "procMount_restricted",
    level: "restricted",
    rule: "/proc is mounted with its masks",
    remedy: "remove securityContext.procMount",
    versions: [{ from: 35, run: baseline.procMount, overrides: "procMount" }],
  },
  {
    id: "restrictedVolumes",
    level: "restricted",
    rule: "volumes are of types that stay in the cluster",
    remedy:
      "use a configMap, csi, downwardAPI, emptyDir, ephemeral, image, persistentVolumeClaim, projected or secret volume",
    versions: [{ from: 0, run: restricted.restrictedVolumes, overrides: "hostPathVolumes" }],
  },
  {
    id: "runAsNonRoot",
    level: "restricted",
    rule: "containers do not run as root, except in a user namespace",
    remedy: "set securityContext.runAsNonRoot: true on the Pod or on every container",
    versions: [
      { from: 0, run: restricted.runAsNonRoot },
      { from: 35, run: exceptInUserNamespace(restricted.runAsNonRoot) },
    ],
  },
  {
    id: "runAsUser",
    level: "restricted",
    rule: "nothing asks for user 0, except in a user namespace",
    remedy: "set another user than 0, or none",
    versions: [
      { from: 23, run: restricted.runAsUser },
      { from: 35, run: exceptInUserNamespace(restricted.runAsUser) },
    ],
  },
  {
    id: "seccompProfile_restricted",
    level: "restricted",
    rule: "a seccomp profile is set",
    remedy: "set securityContext.seccompProfile.type: RuntimeDefault on the Pod or on every container",
    versions: [
      { from: 19, run: restricted.seccompRestricted, overrides: "seccompProfile_baseline" },
      { from: 25, run: exceptOnWindows(restricted.seccompRestricted), overrides: "seccompProfile_baseline" },
    ],
  },
];
