import { containerExample, inContainer, inPod, none, podExample } from "./helpers.ts";
import type { ObjectIndex } from "./object-index.ts";
import type { PracticeRow, Profile } from "./practice.ts";
import { serviceAccountOf } from "../../../kube/pod-template.ts";
import { get, mappingsAt, numberAt, textAt } from "./subjects.ts";

const everywhere: readonly Profile[] = ["default", "baseline", "restricted", "production", "nsa", "cis"];
const baselineUp: readonly Profile[] = ["baseline", "restricted", "production", "nsa", "cis"];
const pss = "https://kubernetes.io/docs/concepts/security/pod-security-standards/";

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

const granted = Symbol("ServiceAccounts that bindings name");

/** A binding of the input gives something to this account of its own: its Pods call the API server on purpose. */
function isGranted(index: ObjectIndex, namespace: string, name: string): boolean {
  if (name === "default") return false;
  return index
    .once(
      granted,
      () =>
        new Set(
          ["RoleBinding", "ClusterRoleBinding"].flatMap((kind) =>
            index
              .all(kind)
              .flatMap((binding) =>
                mappingsAt(binding.object, "subjects").flatMap(([, one]) =>
                  textAt(one, "kind") === "ServiceAccount"
                    ? [`${textAt(one, "namespace") ?? binding.namespace}\0${textAt(one, "name") ?? ""}`]
                    : [],
                ),
              ),
          ),
        ),
    )
    .has(`${namespace}\0${name}`);
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

/** Practices about what a Pod shares with its node, and what it is given. */
export const hostRows: readonly PracticeRow[] = [
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
      // A socket is used through a read-only mount as well: the row of the runtime's socket speaks of it.
      const names = new Set(
        hostPaths(subject.pod.spec)
          .filter(({ path }) => !runtimeSocket.test(path) && path !== "/dev/log")
          .map((volume) => volume.name),
      );
      if (names.size === 0) return none;
      return mappingsAt(subject.container, "volumeMounts").flatMap(([index, mount]) =>
        names.has(textAt(mount, "name") ?? "") && get(mount, "readOnly") !== true
          ? inContainer(
              subject,
              `can write to the node's files in volume ${textAt(mount, "name") ?? ""}`,
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
      if (isGranted(index, subject.namespace, serviceAccountOf(subject.spec).name)) return none;
      const own = get(subject.spec, "automountServiceAccountToken");
      if (own !== undefined)
        return own === false
          ? none
          : inPod(subject, "the Pod mounts a token of the API server", "automountServiceAccountToken");
      const account = index.named("ServiceAccount", subject.namespace, serviceAccountOf(subject.spec).name);
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
      serviceAccountOf(subject.spec).name === "default"
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
      serviceAccountOf(subject.spec).field === "serviceAccount"
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
    same: ["kube-linter:read-secret-from-env-var", "checkov:CKV_K8S_35", "kubescape:C-0207"],
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
