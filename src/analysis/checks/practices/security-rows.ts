import { containerExample, inContainer, inPod, none, podExample } from "./helpers.ts";
import type { Hit, PracticeRow, Profile } from "./practice.ts";
import { type ContainerSubject, get, mappingsAt, numberAt, textAt, textsAt } from "./subjects.ts";

const everywhere: readonly Profile[] = ["default", "baseline", "restricted", "production", "nsa", "cis"];
const baselineUp: readonly Profile[] = ["baseline", "restricted", "production", "nsa", "cis"];
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

/** Paths of a node that give away the node when a container reaches them. */
const sensitivePath =
  /^(?:\/|\/(?:boot|dev|etc|home|lib|lib64|proc|root|run|sys|usr|var|var\/lib|var\/run)(?:\/.*)?)$/;
/** Below the sensitive ones, what log and storage agents mount everywhere. */
const commonPath =
  /^\/var\/(?:log|lib\/docker\/containers)(?:\/.*)?$|^\/(?:dev\/(?:shm|log|fuse|kvm|net\/tun)|etc\/(?:localtime|machine-id|os-release|ssl(?:\/.*)?)|lib\/modules|usr\/share\/zoneinfo.*)$/;
const runtimeSocket = /(?:^|\/)(?:docker|containerd|crio|cri-dockerd|podman)\.sock$/;

/** A path without doubled or trailing slashes, points resolved. */
export function plainPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

function hostPaths(
  spec: ReturnType<typeof get>,
): readonly { readonly index: number; readonly name: string; readonly path: string }[] {
  return mappingsAt(spec, "volumes").flatMap(([index, volume]) => {
    const path = textAt(volume, "hostPath", "path");
    return path === undefined ? [] : [{ index, name: textAt(volume, "name") ?? "", path: plainPath(path) }];
  });
}

function hostNamespace(
  field: "hostNetwork" | "hostPID" | "hostIPC",
  word: string,
  same: readonly string[],
): PracticeRow {
  return {
    id: `security/host-${word}`,
    severity: "warning",
    profiles: everywhere,
    title: `Pods do not share the node's ${word === "pid" ? "processes" : word === "ipc" ? "memory segments" : "network"}`,
    why: `${field} takes away the wall between the Pod and everything else on the node.`,
    fix: `remove ${field}`,
    source: pss,
    same,
    frameworks: ["CIS 5.2.3-5.2.5", "NSA host namespaces", "MITRE T1611"],
    podSecurity: ["hostNamespaces"],
    positive: podExample(`${field}: true, containers: [{name: a}]`),
    negative: podExample(`${field}: false, containers: [{name: a}]`),
    pod: (subject) => (get(subject.spec, field) === true ? inPod(subject, `${field} is true`, field) : none),
  };
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
    same: ["trivy:KSV-0002", "kubesec:ApparmorUnconfined", "kubeaudit:apparmor"],
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
      get(subject.context, "windowsOptions", "hostProcess") === true
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
  hostNamespace("hostNetwork", "network", [
    "kube-linter:host-network",
    "polaris:hostNetworkSet",
    "trivy:KSV-0009",
    "kubescape:C-0041",
    "checkov:CKV_K8S_19",
    "kubesec:HostNetwork",
    "kubeaudit:hostns",
  ]),
  hostNamespace("hostPID", "pid", [
    "kube-linter:host-pid",
    "polaris:hostPIDSet",
    "trivy:KSV-0010",
    "kubescape:C-0038",
    "checkov:CKV_K8S_17",
    "kubesec:HostPID",
    "kubeaudit:hostns",
  ]),
  hostNamespace("hostIPC", "ipc", [
    "kube-linter:host-ipc",
    "polaris:hostIPCSet",
    "trivy:KSV-0008",
    "kubescape:C-0038",
    "checkov:CKV_K8S_18",
    "kubesec:HostIPC",
    "kubeaudit:hostns",
  ]),
  {
    id: "security/runtime-socket",
    severity: "warning",
    profiles: everywhere,
    title: "No Pod mounts the socket of the container runtime",
    why: "Whoever reaches the socket starts privileged containers on the node.",
    fix: "remove the volume; build images without the node's runtime",
    source: "kyverno disallow-cri-sock-mount; CIS",
    same: [
      "kube-linter:docker-sock",
      "trivy:KSV-0006",
      "checkov:CKV_K8S_27",
      "kubesec:DockerSock",
      "kyverno:disallow-cri-sock-mount",
      "kubescape:C-0074",
    ],
    frameworks: ["MITRE T1611"],
    positive: podExample(
      "volumes: [{name: s, hostPath: {path: /var/run/docker.sock}}], containers: [{name: a}]",
    ),
    negative: podExample("volumes: [{name: s, hostPath: {path: /var/log}}], containers: [{name: a}]"),
    pod: (subject) =>
      hostPaths(subject.spec).flatMap(({ index, name, path }) =>
        runtimeSocket.test(path)
          ? inPod(
              subject,
              `volume ${name} is the socket of the container runtime`,
              "volumes",
              index,
              "hostPath",
              "path",
            )
          : none,
      ),
  },
  {
    id: "security/sensitive-host-path",
    severity: "warning",
    profiles: everywhere,
    title: "No Pod mounts a folder of the node that holds the node's secrets or programs",
    why: "/etc, /var/lib/kubelet, /proc and their like give a container the node, or its credentials.",
    fix: "mount a narrower folder, read-only, or use a volume of the cluster",
    source: "kube-linter sensitive-host-mounts; Threat Matrix for Kubernetes, writable hostPath mount",
    same: [
      "kube-linter:sensitive-host-mounts",
      "kubescape:C-0048",
      "polaris:hostPathSet",
      "kubeaudit:mounts",
    ],
    frameworks: ["MITRE T1611", "CIS 5.2.12"],
    podSecurity: ["hostPathVolumes", "restrictedVolumes"],
    positive: podExample("volumes: [{name: s, hostPath: {path: /etc/}}], containers: [{name: a}]"),
    negative: podExample("volumes: [{name: s, hostPath: {path: /var/log}}], containers: [{name: a}]"),
    pod: (subject) =>
      hostPaths(subject.spec).flatMap(({ index, name, path }) =>
        sensitivePath.test(path) && !commonPath.test(path) && !runtimeSocket.test(path)
          ? inPod(subject, `volume ${name} is ${path} of the node`, "volumes", index, "hostPath", "path")
          : none,
      ),
  },
  {
    id: "security/host-path",
    severity: "info",
    profiles: baselineUp,
    title: "Pods do not use folders of the node",
    why: "What a Pod leaves there stays, others read it, and the scheduler does not know that it belongs together.",
    fix: "use a PersistentVolumeClaim or an emptyDir",
    source: pss,
    same: ["polaris:hostPathSet", "trivy:KSV-0023", "kubescape:C-0048", "kyverno:disallow-host-path"],
    frameworks: ["CIS 5.2.12"],
    podSecurity: ["hostPathVolumes", "restrictedVolumes"],
    positive: podExample("volumes: [{name: s, hostPath: {path: /srv/data}}], containers: [{name: a}]"),
    negative: podExample("volumes: [{name: s, emptyDir: {}}], containers: [{name: a}]"),
    pod: (subject) =>
      hostPaths(subject.spec).flatMap(({ index, name, path }) =>
        (sensitivePath.test(path) && !commonPath.test(path)) || runtimeSocket.test(path)
          ? none
          : inPod(subject, `volume ${name} is ${path} of the node`, "volumes", index, "hostPath", "path"),
      ),
  },
  {
    id: "security/writable-host-path",
    severity: "warning",
    profiles: ["production", "nsa", "cis"],
    title: "Folders of the node are mounted read-only",
    why: "A writable folder of the node is a way to leave something there that the node runs.",
    fix: "set readOnly: true on the mount",
    source: "Threat Matrix for Kubernetes, writable hostPath mount",
    same: ["kube-linter:writable-host-mount", "kubescape:C-0045"],
    frameworks: ["MITRE T1611"],
    positive: podExample(
      "volumes: [{name: s, hostPath: {path: /srv}}], containers: [{name: a, volumeMounts: [{name: s, mountPath: /s}]}]",
    ),
    negative: podExample(
      "volumes: [{name: s, hostPath: {path: /srv}}], containers: [{name: a, volumeMounts: [{name: s, mountPath: /s, readOnly: true}]}]",
    ),
    container: (subject) => {
      const names = new Set(hostPaths(subject.pod.spec).map((volume) => volume.name));
      if (names.size === 0) return none;
      return mappingsAt(subject.container, "volumeMounts").flatMap(([index, mount]) =>
        names.has(textAt(mount, "name") ?? "") && get(mount, "readOnly") !== true
          ? inContainer(
              subject,
              `can write the node's folder in volume ${textAt(mount, "name") ?? ""}`,
              "volumeMounts",
              index,
            )
          : none,
      );
    },
  },
  {
    id: "security/host-port",
    severity: "warning",
    profiles: everywhere,
    title: "Containers take no port of the node",
    why: "A host port passes by NetworkPolicies and Services, and only one Pod a node can have it.",
    fix: "remove hostPort and use a Service",
    source: pss,
    same: [
      "polaris:hostPortSet",
      "trivy:KSV-0024",
      "kubescape:C-0044",
      "checkov:CKV_K8S_26",
      "kyverno:disallow-host-ports",
    ],
    frameworks: ["CIS 5.2.13"],
    podSecurity: ["hostPorts"],
    positive: containerExample("ports: [{containerPort: 80, hostPort: 80}]"),
    negative: containerExample("ports: [{containerPort: 80}]"),
    container: (subject) =>
      get(subject.pod.spec, "hostNetwork") === true
        ? none
        : mappingsAt(subject.container, "ports").flatMap(([index, port]) =>
            (numberAt(port, "hostPort") ?? 0) === 0
              ? none
              : inContainer(
                  subject,
                  `takes port ${numberAt(port, "hostPort")} of the node`,
                  "ports",
                  index,
                  "hostPort",
                ),
          ),
  },
  {
    id: "security/unsafe-sysctl",
    severity: "warning",
    profiles: everywhere,
    title: "Pods set only sysctls that are their own",
    why: "An unsafe sysctl changes other Pods of the node, or the node.",
    fix: "remove it, or set it on nodes made for it",
    source: pss,
    same: ["kube-linter:unsafe-sysctls", "trivy:KSV-0026"],
    frameworks: [],
    podSecurity: ["sysctls"],
    positive: podExample(
      "securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]}, containers: [{name: a}]",
    ),
    negative: podExample(
      "securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies, value: '1'}]}, containers: [{name: a}]",
    ),
    pod: (subject) =>
      mappingsAt(subject.context, "sysctls").flatMap(([index, sysctl]) => {
        const name = textAt(sysctl, "name") ?? "";
        return safeSysctls.has(name.replaceAll("/", "."))
          ? none
          : inPod(subject, `sysctl ${name} is not safe`, "securityContext", "sysctls", index, "name");
      }),
  },
  {
    id: "security/ssh-port",
    severity: "warning",
    profiles: everywhere,
    title: "No container runs an SSH server",
    why: "A shell by SSH passes by the API server, its permissions and its log.",
    fix: "remove the port; use kubectl exec, which is logged",
    source: "kube-linter ssh-port; Threat Matrix for Kubernetes, SSH server running inside container",
    same: ["kube-linter:ssh-port", "kubescape:C-0042"],
    frameworks: ["MITRE T1021.004"],
    positive: containerExample("ports: [{containerPort: 22}]"),
    negative: containerExample("ports: [{containerPort: 2222}, {containerPort: 22, protocol: UDP}]"),
    container: (subject) =>
      mappingsAt(subject.container, "ports").flatMap(([index, port]) =>
        numberAt(port, "containerPort") === 22 && (textAt(port, "protocol") ?? "TCP") === "TCP"
          ? inContainer(subject, "opens port 22", "ports", index, "containerPort")
          : none,
      ),
  },
  {
    id: "security/privileged-port",
    severity: "info",
    profiles: ["cis"],
    title: "Containers listen above port 1023",
    why: "A port below 1024 needs root or NET_BIND_SERVICE unless the runtime opens them.",
    fix: "let the program listen on a higher port and keep the Service's port",
    source: "trivy-checks KSV-0117",
    same: ["kube-linter:privileged-ports", "trivy:KSV-0117"],
    frameworks: [],
    positive: containerExample("ports: [{containerPort: 80}]"),
    negative: containerExample("ports: [{containerPort: 8080}]"),
    container: (subject) =>
      mappingsAt(subject.container, "ports").flatMap(([index, port]) => {
        const number = numberAt(port, "containerPort") ?? 0;
        return number > 0 && number < 1024 && number !== 22
          ? inContainer(subject, `listens on port ${number}`, "ports", index, "containerPort")
          : none;
      }),
  },
  {
    id: "security/host-aliases",
    severity: "info",
    profiles: ["nsa", "cis"],
    title: "Pods do not rewrite host names",
    why: "An entry in /etc/hosts sends a name somewhere else and is seen by nobody.",
    fix: "use DNS or a Service of type ExternalName",
    source: "trivy-checks KSV-0007",
    same: ["trivy:KSV-0007", "kubesec:HostAliases"],
    frameworks: [],
    positive: podExample("hostAliases: [{ip: 10.0.0.1, hostnames: [db]}], containers: [{name: a}]"),
    negative: podExample("containers: [{name: a}]"),
    pod: (subject) =>
      mappingsAt(subject.spec, "hostAliases").length > 0
        ? inPod(subject, "the Pod rewrites host names", "hostAliases")
        : none,
  },
  {
    id: "security/service-account-token",
    severity: "warning",
    profiles: ["production", "nsa", "cis"],
    title: "Pods that do not call the API server have no token for it",
    why: "The mounted token lets whoever gets into the container act as the ServiceAccount.",
    fix: "set automountServiceAccountToken: false on the Pod or its ServiceAccount",
    source: "CIS Kubernetes Benchmark 5.1.6",
    same: [
      "polaris:automountServiceAccountToken",
      "trivy:KSV-0036",
      "kubescape:C-0034",
      "checkov:CKV_K8S_38",
      "kubesec:AutomountServiceAccountToken",
      "kubeaudit:asat",
    ],
    frameworks: ["CIS 5.1.6", "NSA service account tokens", "MITRE T1528"],
    positive: podExample("containers: [{name: a}]"),
    negative: podExample("automountServiceAccountToken: false, containers: [{name: a}]"),
    pod: (subject, index) => {
      const own = get(subject.spec, "automountServiceAccountToken");
      if (own !== undefined)
        return own === false
          ? none
          : inPod(subject, "the Pod mounts a token of the API server", "automountServiceAccountToken");
      const name =
        textAt(subject.spec, "serviceAccountName") ?? textAt(subject.spec, "serviceAccount") ?? "default";
      const account = index.named("ServiceAccount", subject.namespace, name);
      return get(account?.object, "automountServiceAccountToken") === false
        ? none
        : inPod(subject, "the Pod mounts a token of the API server", "automountServiceAccountToken");
    },
  },
  {
    id: "security/default-service-account",
    severity: "info",
    profiles: ["cis"],
    title: "Pods have a ServiceAccount of their own",
    why: "What is granted to the default ServiceAccount is granted to every Pod of the namespace that names none.",
    fix: "make a ServiceAccount and set serviceAccountName",
    source: "CIS Kubernetes Benchmark 5.1.5",
    same: [
      "kube-linter:default-service-account",
      "checkov:CKV_K8S_41",
      "kubescape:C-0189",
      "kubesec:ServiceAccountName",
    ],
    frameworks: ["CIS 5.1.5"],
    positive: podExample("containers: [{name: a}]"),
    negative: podExample("serviceAccountName: a, containers: [{name: a}]"),
    pod: (subject) =>
      (textAt(subject.spec, "serviceAccountName") ?? textAt(subject.spec, "serviceAccount") ?? "default") ===
      "default"
        ? inPod(subject, "the Pod uses the default ServiceAccount", "serviceAccountName")
        : none,
  },
  {
    id: "security/deprecated-service-account-field",
    severity: "info",
    profiles: everywhere,
    title: "The field serviceAccountName is used, not serviceAccount",
    why: "serviceAccount is an old name that the server keeps for old clients.",
    fix: "rename the field to serviceAccountName",
    source: "k8s.io/api core/v1 PodSpec.DeprecatedServiceAccount",
    same: ["kube-linter:deprecated-service-account-field", "kubescape:C-0294"],
    frameworks: [],
    positive: podExample("serviceAccount: a, containers: [{name: a}]"),
    negative: podExample("serviceAccountName: a, serviceAccount: a, containers: [{name: a}]"),
    pod: (subject) =>
      textAt(subject.spec, "serviceAccount") !== undefined &&
      textAt(subject.spec, "serviceAccountName") === undefined
        ? [
            {
              path: [...subject.specPath, "serviceAccount"],
              message: "serviceAccount is the deprecated name of serviceAccountName",
              key: true,
            },
          ]
        : none,
  },
  {
    id: "security/secret-in-environment",
    severity: "info",
    profiles: ["nsa", "cis"],
    title: "Secrets are files, not environment variables",
    why: "An environment is inherited by every child and printed in crash reports.",
    fix: "mount the Secret as a volume",
    source: "CIS Kubernetes Benchmark 5.4.1",
    same: [
      "kube-linter:read-secret-from-env-var",
      "checkov:CKV_K8S_35",
      "kubescape:C-0207",
      "kubesec:SecretsAsEnvironmentVariables",
    ],
    frameworks: ["CIS 5.4.1"],
    positive: containerExample("env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]"),
    negative: containerExample("env: [{name: A, valueFrom: {configMapKeyRef: {name: s, key: k}}}]"),
    container: (subject) => [
      ...mappingsAt(subject.container, "env").flatMap(([index, variable]) =>
        get(variable, "valueFrom", "secretKeyRef") === undefined
          ? none
          : inContainer(
              subject,
              `has a Secret in the variable ${textAt(variable, "name") ?? ""}`,
              "env",
              index,
            ),
      ),
      ...mappingsAt(subject.container, "envFrom").flatMap(([index, source]) =>
        get(source, "secretRef") === undefined
          ? none
          : inContainer(subject, "has a whole Secret in its environment", "envFrom", index),
      ),
    ],
  },
];

/** Pod Security baseline's list (policy/check_sysctls.go, 1.37). */
const safeSysctls: ReadonlySet<string> = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_wmem",
]);
