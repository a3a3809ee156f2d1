import { containerExample, inContainer, inPod, none, podExample } from "./helpers.ts";
import type { Hit, PracticeRow, Profile } from "./practice.ts";
import { type ContainerSubject, get, textAt, textsAt } from "./subjects.ts";

const everywhere: readonly Profile[] = ["default", "baseline", "restricted", "production", "nsa", "cis"];
const restrictedUp: readonly Profile[] = ["restricted", "production", "nsa", "cis"];
const pss = "https://kubernetes.io/docs/concepts/security/pod-security-standards/";

/** A field of a container's security context, or of the Pod's where the container does not set it. */
function effective(subject: ContainerSubject, ...path: readonly string[]): ReturnType<typeof get> {
  return get(subject.context, ...path) ?? get(subject.pod.context, ...path);
}

/** Capabilities that lead out of a container or over the network of a node (capabilities(7); Pod Security baseline allows none of them). */
const dangerous: ReadonlySet<string> = new Set([
  "ALL",
  "BPF",
  "DAC_READ_SEARCH",
  "NET_ADMIN",
  "PERFMON",
  "SYSLOG",
  "SYS_ADMIN",
  "SYS_BOOT",
  "SYS_MODULE",
  "SYS_PTRACE",
  "SYS_RAWIO",
  "SYS_TIME",
]);

function capabilityName(text: string): string {
  const upper = text.toUpperCase();
  return upper.startsWith("CAP_") ? upper.slice(4) : upper;
}

function dropsAll(subject: ContainerSubject): boolean {
  return textsAt(subject.context, "capabilities", "drop").some(([, name]) => capabilityName(name) === "ALL");
}

/** Practices about what a container may do to its node. */
export const securityRows: readonly PracticeRow[] = [
  {
    id: "security/privileged",
    severity: "warning",
    profiles: everywhere,
    title: "Containers are not privileged",
    why: "A privileged container has every capability and every device: it is root on its node.",
    fix: "remove securityContext.privileged, and add the one capability that is needed",
    source: pss,
    same: [
      "kube-linter:privileged-container",
      "kube-score:container-security-context-privileged",
      "polaris:runAsPrivileged",
      "trivy:KSV-0017",
      "kubescape:C-0057",
      "checkov:CKV_K8S_16",
      "kubesec:Privileged",
      "kubeaudit:privileged",
    ],
    frameworks: ["CIS 5.2.2", "NSA privileged containers", "MITRE T1610"],
    podSecurity: ["privileged"],
    positive: containerExample("securityContext: {privileged: true}"),
    negative: containerExample("securityContext: {privileged: false}"),
    container: (subject) =>
      get(subject.context, "privileged") === true
        ? inContainer(subject, "is privileged", "securityContext", "privileged")
        : none,
  },
  {
    id: "security/privilege-escalation",
    severity: "warning",
    profiles: restrictedUp,
    title: "Processes cannot gain more privileges than their parent",
    why: "A set-user-ID program in the image turns any user into root unless the kernel forbids it.",
    fix: "set securityContext.allowPrivilegeEscalation: false",
    source: pss,
    same: [
      "kube-linter:privilege-escalation-container",
      "polaris:privilegeEscalationAllowed",
      "trivy:KSV-0001",
      "kubescape:C-0016",
      "checkov:CKV_K8S_20",
      "kubesec:AllowPrivilegeEscalation",
      "kubeaudit:privesc",
    ],
    frameworks: ["CIS 5.2.6", "NSA allowPrivilegeEscalation"],
    podSecurity: ["allowPrivilegeEscalation"],
    positive: containerExample("image: a:1"),
    negative: containerExample("securityContext: {allowPrivilegeEscalation: false}"),
    container: (subject) =>
      subject.pod.windows || get(subject.context, "allowPrivilegeEscalation") === false
        ? none
        : inContainer(subject, "allows privilege escalation", "securityContext", "allowPrivilegeEscalation"),
  },
  {
    id: "security/run-as-non-root",
    severity: "warning",
    profiles: restrictedUp,
    title: "Containers say that they do not run as root",
    why: "Without it the image decides, and most images run as root.",
    fix: "set securityContext.runAsNonRoot: true, with a runAsUser where the image has none",
    source: pss,
    same: [
      "kube-linter:run-as-non-root",
      "polaris:runAsRootAllowed",
      "trivy:KSV-0012",
      "kubescape:C-0013",
      "checkov:CKV_K8S_23",
      "kubesec:RunAsNonRoot",
      "kubeaudit:nonroot",
    ],
    frameworks: ["CIS 5.2.7", "NSA non-root"],
    podSecurity: ["runAsNonRoot"],
    positive: containerExample("image: a:1"),
    negative: containerExample("securityContext: {runAsNonRoot: true}"),
    container: (subject) => {
      const user = effective(subject, "runAsUser");
      if (effective(subject, "runAsNonRoot") === true || subject.pod.windows) return none;
      if (get(subject.pod.spec, "hostUsers") === false) return none;
      return typeof user === "number" && user !== 0
        ? none
        : user === 0
          ? none
          : inContainer(subject, "may run as root", "securityContext", "runAsNonRoot");
    },
  },
  {
    id: "security/root-user",
    severity: "warning",
    profiles: everywhere,
    title: "No container asks for user 0",
    why: "Root in the container is root on the node as soon as one wall of it fails.",
    fix: "set securityContext.runAsUser to a user of the image above 0",
    source: pss,
    same: ["trivy:KSV-0105", "kube-linter:run-as-non-root", "checkov:CKV_K8S_23", "polaris:runAsRootAllowed"],
    frameworks: ["CIS 5.2.7"],
    podSecurity: ["runAsUser"],
    positive: containerExample("securityContext: {runAsUser: 0}"),
    negative: containerExample("securityContext: {runAsUser: 1000}"),
    container: (subject) => {
      if (get(subject.pod.spec, "hostUsers") === false) return none;
      if (get(subject.context, "runAsUser") === 0)
        return inContainer(subject, "runs as user 0", "securityContext", "runAsUser");
      if (get(subject.context, "runAsUser") !== undefined || get(subject.pod.context, "runAsUser") !== 0)
        return none;
      return [
        {
          path: [...subject.pod.specPath, "securityContext", "runAsUser"],
          message: `container ${subject.name} runs as user 0`,
          container: subject.name,
        },
      ];
    },
  },
  {
    id: "security/capabilities-kept",
    severity: "warning",
    profiles: restrictedUp,
    title: "Containers drop all capabilities",
    why: "The capabilities that a runtime gives by default (NET_RAW among them) are needed by hardly any program.",
    fix: "set securityContext.capabilities.drop: [ALL], and add back what the program needs",
    source: pss,
    same: [
      "kube-linter:drop-net-raw-capability",
      "polaris:insecureCapabilities",
      "trivy:KSV-0003",
      "trivy:KSV-0106",
      "trivy:KSV-0119",
      "kubescape:C-0046",
      "checkov:CKV_K8S_28",
      "checkov:CKV_K8S_37",
      "kubesec:CapDropAll",
      "kubeaudit:capabilities",
    ],
    frameworks: ["CIS 5.2.9", "CIS 5.2.10", "NSA capabilities"],
    podSecurity: ["capabilities_restricted"],
    positive: containerExample("securityContext: {capabilities: {drop: [NET_RAW]}}"),
    negative: containerExample("securityContext: {capabilities: {drop: [ALL]}}"),
    container: (subject) =>
      subject.pod.windows || dropsAll(subject)
        ? none
        : inContainer(subject, "does not drop all capabilities", "securityContext", "capabilities"),
  },
  {
    id: "security/dangerous-capability",
    severity: "warning",
    profiles: everywhere,
    title: "No container adds a capability that leads out of it",
    why: "SYS_ADMIN, SYS_PTRACE, SYS_MODULE and their like are enough to take over the node.",
    fix: "remove the capability, or give the container a node of its own",
    source: "capabilities(7); https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    same: [
      "polaris:dangerousCapabilities",
      "trivy:KSV-0005",
      "trivy:KSV-0120",
      "trivy:KSV-0022",
      "kubescape:C-0046",
      "checkov:CKV_K8S_25",
      "checkov:CKV_K8S_39",
      "kubesec:CapSysAdmin",
      "kube-linter:scc-deny-privileged-container",
    ],
    frameworks: ["CIS 5.2.8", "MITRE T1611"],
    podSecurity: ["capabilities_baseline"],
    positive: containerExample("securityContext: {capabilities: {add: [CAP_SYS_ADMIN]}}"),
    negative: containerExample("securityContext: {capabilities: {add: [NET_BIND_SERVICE]}}"),
    container: (subject) =>
      textsAt(subject.context, "capabilities", "add").flatMap(([index, name]) =>
        dangerous.has(capabilityName(name))
          ? inContainer(
              subject,
              `adds the capability ${name}`,
              "securityContext",
              "capabilities",
              "add",
              index,
            )
          : none,
      ),
  },
  {
    id: "security/writable-root-filesystem",
    severity: "warning",
    profiles: ["production", "nsa", "cis"],
    title: "The root file system of containers is read-only",
    why: "An intruder cannot put tools into an image that he cannot write.",
    fix: "set securityContext.readOnlyRootFilesystem: true and mount an emptyDir where the program writes",
    source: "NSA/CISA Kubernetes Hardening Guide 1.2, immutable container file systems",
    same: [
      "kube-linter:no-read-only-root-fs",
      "kube-score:container-security-context-readonlyrootfilesystem",
      "polaris:notReadOnlyRootFilesystem",
      "trivy:KSV-0014",
      "kubescape:C-0017",
      "checkov:CKV_K8S_22",
      "kubesec:ReadOnlyRootFilesystem",
      "kubeaudit:rootfs",
    ],
    frameworks: ["NSA immutable file systems"],
    positive: containerExample("image: a:1"),
    negative: containerExample("securityContext: {readOnlyRootFilesystem: true}"),
    container: (subject) =>
      subject.pod.windows || get(subject.context, "readOnlyRootFilesystem") === true
        ? none
        : inContainer(subject, "can write its root file system", "securityContext", "readOnlyRootFilesystem"),
  },
  {
    id: "security/seccomp-unset",
    severity: "warning",
    profiles: restrictedUp,
    title: "Containers have a seccomp profile",
    why: "Without one a container may call every system call of the kernel.",
    fix: "set securityContext.seccompProfile: {type: RuntimeDefault} on the Pod",
    source: pss,
    same: [
      "kube-score:container-seccomp-profile",
      "polaris:linuxHardening",
      "trivy:KSV-0030",
      "kubescape:C-0210",
      "checkov:CKV_K8S_31",
      "kubesec:SeccompAny",
      "kubeaudit:seccomp",
    ],
    frameworks: ["CIS 5.7.2", "NSA seccomp"],
    podSecurity: ["seccompProfile_restricted"],
    positive: containerExample("image: a:1"),
    negative: containerExample("securityContext: {seccompProfile: {type: RuntimeDefault}}"),
    container: (subject) =>
      subject.pod.windows || effective(subject, "seccompProfile", "type") !== undefined
        ? none
        : inContainer(subject, "has no seccomp profile", "securityContext", "seccompProfile"),
  },
  {
    id: "security/seccomp-unconfined",
    severity: "warning",
    profiles: everywhere,
    title: "No container switches seccomp off",
    why: "Unconfined allows every system call, also those through which containers were left before.",
    fix: "set seccompProfile.type: RuntimeDefault",
    source: pss,
    same: ["trivy:KSV-0104", "kubesec:SeccompUnconfined", "kubeaudit:seccomp"],
    frameworks: ["CIS 5.7.2"],
    podSecurity: ["seccompProfile_baseline", "seccompProfile_restricted"],
    positive: containerExample("securityContext: {seccompProfile: {type: Unconfined}}"),
    negative: containerExample("securityContext: {seccompProfile: {type: RuntimeDefault}}"),
    container: (subject) =>
      textAt(subject.context, "seccompProfile", "type") === "Unconfined"
        ? inContainer(subject, "switches seccomp off", "securityContext", "seccompProfile", "type")
        : none,
  },
  {
    id: "security/apparmor-unconfined",
    severity: "warning",
    profiles: everywhere,
    title: "No container switches AppArmor off",
    why: "The runtime's profile forbids writes to /proc and mounts; unconfined forbids nothing.",
    fix: "set appArmorProfile.type: RuntimeDefault",
    source: pss,
    same: ["trivy:KSV-0002", "kubeaudit:apparmor"],
    frameworks: ["CIS 5.7.3"],
    podSecurity: ["appArmorProfile"],
    positive: containerExample("securityContext: {appArmorProfile: {type: Unconfined}}"),
    negative: containerExample("securityContext: {appArmorProfile: {type: RuntimeDefault}}"),
    container: (subject) =>
      textAt(subject.context, "appArmorProfile", "type") === "Unconfined"
        ? inContainer(subject, "switches AppArmor off", "securityContext", "appArmorProfile", "type")
        : none,
  },
  {
    id: "security/proc-mount",
    severity: "warning",
    profiles: everywhere,
    title: "The kernel's files in /proc stay masked",
    why: "An unmasked /proc lets a container read and write the kernel's settings.",
    fix: "remove procMount",
    source: pss,
    same: ["kube-linter:unsafe-proc-mount", "polaris:procMount", "trivy:KSV-0027", "kubesec:ProcMount"],
    frameworks: [],
    podSecurity: ["procMount"],
    positive: containerExample("securityContext: {procMount: Unmasked}"),
    negative: containerExample("securityContext: {procMount: Default}"),
    container: (subject) =>
      textAt(subject.context, "procMount") === "Unmasked" && get(subject.pod.spec, "hostUsers") !== false
        ? inContainer(subject, "has an unmasked /proc", "securityContext", "procMount")
        : none,
  },
  {
    id: "security/host-process",
    severity: "warning",
    profiles: everywhere,
    title: "No Windows container runs on the host",
    why: "A HostProcess container is a process of the node.",
    fix: "remove windowsOptions.hostProcess",
    source: pss,
    same: ["polaris:hostProcess", "trivy:KSV-0103"],
    frameworks: [],
    podSecurity: ["windowsHostProcess"],
    positive: containerExample("securityContext: {windowsOptions: {hostProcess: true}}"),
    negative: containerExample("securityContext: {windowsOptions: {hostProcess: false}}"),
    container: (subject) =>
      effective(subject, "windowsOptions", "hostProcess") === true
        ? inContainer(subject, "runs on the host", "securityContext", "windowsOptions", "hostProcess")
        : none,
  },
  {
    id: "security/low-user-id",
    severity: "info",
    profiles: ["nsa"],
    title: "User and group are above 10000",
    why: "A low id can be that of a user of the node, whose files it then reaches after a break-out.",
    fix: "set runAsUser and runAsGroup to ids above 10000",
    source: "trivy-checks KSV-0020, KSV-0021; kube-score",
    same: [
      "kube-score:container-security-context-user-group-id",
      "trivy:KSV-0020",
      "trivy:KSV-0021",
      "checkov:CKV_K8S_40",
      "kubesec:RunAsUser",
      "kubesec:RunAsGroup",
    ],
    frameworks: [],
    positive: containerExample("securityContext: {runAsUser: 1000}"),
    negative: containerExample("securityContext: {runAsUser: 10001, runAsGroup: 10001}"),
    container: (subject) => {
      const low = (["runAsUser", "runAsGroup"] as const).filter((field) => {
        const id = effective(subject, field);
        return id === undefined || (typeof id === "number" && id > 0 && id <= 10_000);
      });
      return subject.pod.windows || low.length === 0
        ? none
        : inContainer(subject, `has no ${low.join(" and ")} above 10000`, "securityContext");
    },
  },
  {
    id: "security/root-group",
    severity: "info",
    profiles: ["cis", "nsa"],
    title: "No process is in group 0",
    why: "Files of many images and nodes are open to the group root.",
    fix: "choose a group above 0 for runAsGroup, fsGroup and supplementalGroups",
    source: "trivy-checks KSV-0116",
    same: ["trivy:KSV-0116", "kubescape:C-0013"],
    frameworks: [],
    positive: podExample("securityContext: {fsGroup: 0}, containers: [{name: a}]"),
    negative: podExample("securityContext: {fsGroup: 1000}, containers: [{name: a}]"),
    pod: (subject) =>
      (["runAsGroup", "fsGroup"] as const).flatMap((field): readonly Hit[] =>
        get(subject.context, field) === 0 ? inPod(subject, `${field} is 0`, "securityContext", field) : none,
      ),
  },
];
