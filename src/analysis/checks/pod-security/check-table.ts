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
  { id: "appArmorProfile", level: "baseline", versions: [{ from: 0, run: baseline.appArmorProfile }] },
  {
    id: "capabilities_baseline",
    level: "baseline",
    versions: [{ from: 0, run: baseline.capabilitiesBaseline }],
  },
  { id: "hostNamespaces", level: "baseline", versions: [{ from: 0, run: baseline.hostNamespaces }] },
  { id: "hostPathVolumes", level: "baseline", versions: [{ from: 0, run: baseline.hostPathVolumes }] },
  { id: "hostPorts", level: "baseline", versions: [{ from: 0, run: baseline.hostPorts }] },
  {
    id: "hostProbesAndHostLifecycle",
    level: "baseline",
    versions: [{ from: 34, run: baseline.hostProbesAndHostLifecycle }],
  },
  { id: "privileged", level: "baseline", versions: [{ from: 0, run: baseline.privileged }] },
  {
    id: "procMount",
    level: "baseline",
    versions: [
      { from: 0, run: baseline.procMount },
      { from: 35, run: exceptInUserNamespace(baseline.procMount) },
    ],
  },
  {
    id: "seLinuxOptions",
    level: "baseline",
    versions: [
      { from: 0, run: baseline.seLinuxOptions(seLinuxTypes) },
      { from: 31, run: baseline.seLinuxOptions([...seLinuxTypes, "container_engine_t"]) },
    ],
  },
  {
    id: "seccompProfile_baseline",
    level: "baseline",
    versions: [
      { from: 0, run: baseline.seccompAnnotations },
      { from: 19, run: baseline.seccompBaseline },
    ],
  },
  {
    id: "sysctls",
    level: "baseline",
    versions: [
      { from: 0, run: baseline.sysctls(sysctls0) },
      { from: 27, run: baseline.sysctls(sysctls27) },
      { from: 29, run: baseline.sysctls(sysctls29) },
      { from: 32, run: baseline.sysctls(sysctls32) },
      { from: 37, run: baseline.sysctls(sysctls37) },
    ],
  },
  { id: "windowsHostProcess", level: "baseline", versions: [{ from: 0, run: baseline.windowsHostProcess }] },
  {
    id: "allowPrivilegeEscalation",
    level: "restricted",
    versions: [
      { from: 8, run: restricted.allowPrivilegeEscalation },
      { from: 25, run: exceptOnWindows(restricted.allowPrivilegeEscalation) },
    ],
  },
  {
    id: "capabilities_restricted",
    level: "restricted",
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
    versions: [{ from: 35, run: baseline.procMount, overrides: "procMount" }],
  },
  {
    id: "restrictedVolumes",
    level: "restricted",
    versions: [{ from: 0, run: restricted.restrictedVolumes, overrides: "hostPathVolumes" }],
  },
  {
    id: "runAsNonRoot",
    level: "restricted",
    versions: [
      { from: 0, run: restricted.runAsNonRoot },
      { from: 35, run: exceptInUserNamespace(restricted.runAsNonRoot) },
    ],
  },
  {
    id: "runAsUser",
    level: "restricted",
    versions: [
      { from: 23, run: restricted.runAsUser },
      { from: 35, run: exceptInUserNamespace(restricted.runAsUser) },
    ],
  },
  {
    id: "seccompProfile_restricted",
    level: "restricted",
    versions: [
      { from: 19, run: restricted.seccompRestricted, overrides: "seccompProfile_baseline" },
      { from: 25, run: exceptOnWindows(restricted.seccompRestricted), overrides: "seccompProfile_baseline" },
    ],
  },
];
