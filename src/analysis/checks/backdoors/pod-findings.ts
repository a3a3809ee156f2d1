import type { JsonPath } from "../../../kube/json.ts";
import { printable } from "../../../kube/printable.ts";
import { parseImage } from "../practices/image-reference.ts";
import { plainPath } from "../practices/host-rows.ts";
import { serviceAccountOf } from "../../../kube/pod-template.ts";
import { get, mappingsAt, type PodSubject, textAt } from "../practices/subjects.ts";

/** A sign at a place of an object. */
export interface Hit {
  readonly id: string;
  readonly path: JsonPath;
  readonly message: string;
  readonly key?: boolean;
}

const none: readonly Hit[] = [];

/** Parts of the control plane whose Pods run in kube-system, and what their images are called. */
const controlPlane =
  /^(?:kube-apiserver|kube-controller-manager|kube-scheduler|kube-proxy|etcd|coredns|cloud-controller-manager)(?:-|$)/;
const ownRegistries =
  /^(?:registry\.k8s\.io|k8s\.gcr\.io|gcr\.io|[a-z0-9-]+-docker\.pkg\.dev|quay\.io|mcr\.microsoft\.com|public\.ecr\.aws|\d+\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?|gke\.gcr\.io|registry\.opensuse\.org|docker\.io\/(?:rancher|kindest|coredns|k3s)|rancher)(?:[/:]|$)/;
const tokenFolder = "/var/run/secrets/kubernetes.io/serviceaccount";
const manifestsFolder =
  /^\/etc\/kubernetes(?:\/manifests)?(?:\/|$)|^\/var\/lib\/kubelet\/manifests(?:\/|$)|^\/var\/lib\/rancher\/k3s\/(?:server|agent)\/(?:pod-)?manifests(?:\/|$)/;

/** Signs in a Pod as a whole. */
export function inPod(pod: PodSubject): readonly Hit[] {
  const hits: Hit[] = [];
  const { name } = pod.key;
  if (pod.namespace === "kube-system" && controlPlane.test(name)) {
    const strange = pod.containers.find(({ container }) => {
      const image = textAt(container, "image") ?? "";
      return image !== "" && !ownRegistries.test(image) && parseImage(image)?.registry === "docker.io";
    });
    if (strange !== undefined)
      hits.push({
        id: "backdoor/control-plane-imitation",
        path: [...strange.path, "image"],
        message: `${pod.key.kind} ${printable(name)} has the name of a part of the control plane, and the image ${printable(textAt(strange.container, "image") ?? "")}`,
      });
  }
  hits.push(...volumesOf(pod), ...everywhere(pod), ...accountOf(pod), ...preloadOf(pod));
  return hits;
}

function volumesOf(pod: PodSubject): readonly Hit[] {
  const hits: Hit[] = [];
  const secrets = new Set<string>();
  const manifests = new Set<string>();
  for (const [, volume] of mappingsAt(pod.spec, "volumes")) {
    const name = textAt(volume, "name") ?? "";
    if (textAt(volume, "secret", "secretName") !== undefined) secrets.add(name);
    const path = textAt(volume, "hostPath", "path");
    if (path !== undefined && manifestsFolder.test(plainPath(path))) manifests.add(name);
  }
  for (const { container, path, name } of pod.containers) {
    for (const [index, mount] of mappingsAt(container, "volumeMounts")) {
      const volume = textAt(mount, "name") ?? "";
      const at = [...path, "volumeMounts", index];
      if (manifests.has(volume) && get(mount, "readOnly") !== true)
        hits.push({
          id: "backdoor/static-pod-folder",
          path: at,
          message: `container ${printable(name)} can write where the kubelet looks for static Pods`,
        });
      const target = plainPath(textAt(mount, "mountPath") ?? "");
      if (secrets.has(volume) && (target === tokenFolder || target === `/run${tokenFolder.slice(8)}`))
        hits.push({
          id: "backdoor/mounted-token",
          path: at,
          message: `container ${printable(name)} has a Secret where the token of its ServiceAccount belongs`,
        });
    }
  }
  return hits;
}

/** ServiceAccounts of controllers, which run inside kube-controller-manager and in no Pod (bootstrap policy). */
const controllerAccount =
  /^(?:attachdetach|certificate|clusterrole-aggregation|cronjob|daemon-set|deployment|disruption|endpoint(?:slice(?:mirroring)?)?|ephemeral-volume|expand|generic-garbage-collector|horizontal-pod-autoscaler|job|legacy-service-account-token-cleaner|namespace|node|persistent-volume-binder|pod-garbage-collector|pv-protection|pvc-protection|replicaset|replication|resourcequota|root-ca-cert-publisher|route|service|service-account|service-cidrs|statefulset|ttl(?:-after-finished)?|validatingadmissionpolicy-status)(?:-controller)?$/;

function accountOf(pod: PodSubject): readonly Hit[] {
  const { name: account, field } = serviceAccountOf(pod.spec);
  return pod.namespace === "kube-system" && controllerAccount.test(account)
    ? [
        {
          id: "backdoor/controller-account",
          path: [...pod.specPath, field],
          message: `the Pods run as ${printable(account)}, which belongs to a controller of Kubernetes`,
        },
      ]
    : none;
}

/** A library that is loaded into every program, out of a folder that another container fills. */
function preloadOf(pod: PodSubject): readonly Hit[] {
  const scratch = new Set(
    mappingsAt(pod.spec, "volumes").flatMap(([, volume]) =>
      get(volume, "emptyDir") === undefined ? [] : [textAt(volume, "name") ?? ""],
    ),
  );
  return pod.containers.flatMap(({ container, path, name }) =>
    mappingsAt(container, "env").flatMap(([index, variable]): readonly Hit[] => {
      const value = textAt(variable, "value") ?? "";
      if (textAt(variable, "name") !== "LD_PRELOAD" || value === "") return none;
      const mounted = mappingsAt(container, "volumeMounts").some(
        ([, mount]) =>
          scratch.has(textAt(mount, "name") ?? "") &&
          plainPath(value).startsWith(`${plainPath(textAt(mount, "mountPath") ?? "/none")}/`),
      );
      return mounted
        ? [
            {
              id: "backdoor/preload",
              path: [...path, "env", index],
              message: `container ${printable(name)} loads a library out of a folder that others fill`,
            },
          ]
        : none;
    }),
  );
}

/** Images that hold a shell and nothing else. */
const plainImages = /(?:^|\/)(?:alpine|busybox|debian|ubuntu|centos|fedora|bash|amazonlinux)(?::|@|$)/;

function everywhere(pod: PodSubject): readonly Hit[] {
  if (pod.key.kind !== "DaemonSet") return none;
  const roots = new Set(
    mappingsAt(pod.spec, "volumes").flatMap(([, volume]) =>
      plainPath(textAt(volume, "hostPath", "path") ?? "/none") === "/" &&
      get(volume, "hostPath") !== undefined
        ? [textAt(volume, "name") ?? ""]
        : [],
    ),
  );
  const strange = pod.containers.find(
    ({ container, context }) =>
      get(context, "privileged") === true &&
      plainImages.test(textAt(container, "image") ?? "") &&
      (get(pod.spec, "hostPID") === true ||
        mappingsAt(container, "volumeMounts").some(([, mount]) => roots.has(textAt(mount, "name") ?? ""))),
  );
  return strange === undefined
    ? none
    : [
        {
          id: "backdoor/privileged-everywhere",
          path: strange.path,
          message: `container ${printable(strange.name)} is a privileged shell with the processes or files of every node`,
        },
      ];
}
