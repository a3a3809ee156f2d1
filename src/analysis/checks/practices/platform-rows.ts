import { containerExample, inContainer, none, podExample } from "./helpers.ts";
import { parseImage } from "./image-reference.ts";
import type { Hit, PracticeRow, Profile } from "./practice.ts";
import { get, type ContainerSubject, mappingsAt, type PodSubject, textAt, textsAt } from "./subjects.ts";

const everywhere: readonly Profile[] = ["default", "baseline", "restricted", "production", "nsa", "cis"];

/** Registries that are no longer written to. */
const retired: ReadonlyMap<string, string> = new Map([
  ["k8s.gcr.io", "registry.k8s.io"],
  ["gcr.io/google-containers", "registry.k8s.io"],
  ["gcr.io/google_containers", "registry.k8s.io"],
]);

const stateful = (mode: string): string =>
  `apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a, namespace: shop}\nspec: {serviceName: a, selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: a, image: 'a:1'}]}}, volumeClaimTemplates: [{metadata: {name: d}, spec: {accessModes: [${mode}], resources: {requests: {storage: 1Gi}}}}]}`;

/** Parts of a platform that are past their time, and limits that a namespace or an object has by itself. */
export const platformRows: readonly PracticeRow[] = [
  {
    id: "supply-chain/retired-registry",
    severity: "warning",
    profiles: everywhere,
    title: "No image comes from a registry that gets no more versions",
    why: "k8s.gcr.io was frozen in April 2023: what is pulled from it has had no security fix since, and may vanish.",
    fix: "name the image in registry.k8s.io",
    source: "https://kubernetes.io/blog/2023/02/06/k8s-gcr-io-freeze-announcement/",
    same: ["kubescape:C-0253", "marvin:M-409"],
    frameworks: [],
    positive: containerExample("image: 'k8s.gcr.io/pause:3.5'"),
    negative: containerExample("image: 'registry.k8s.io/pause:3.5'"),
    container: (subject) => {
      const [old, now] = retiredOf(subject) ?? [];
      return old === undefined || now === undefined
        ? none
        : inContainer(subject, `has an image of ${old}, which ${now} has replaced`, "image");
    },
  },
  {
    id: "security/tiller",
    severity: "warning",
    profiles: everywhere,
    title: "Tiller of Helm 2 is not run",
    why: "Whoever reaches its port has its rights, which are mostly those of cluster-admin; Helm 2 ended in 2020.",
    fix: "remove it, and install with Helm 3 or later, which needs no server",
    source: "https://helm.sh/blog/helm-v2-deprecation-timeline/; trivy-checks KSV-0102",
    same: [
      "trivy:KSV-0102",
      "checkov:CKV_K8S_34",
      "checkov:CKV_K8S_44",
      "checkov:CKV_K8S_45",
      "kics:tiller_is_deployed",
      "kics:tiller_service_is_not_deleted",
      "kics:tiller_deployment_is_accessible_from_within_the_cluster",
    ],
    frameworks: ["MITRE T1609"],
    positive: containerExample("image: 'gcr.io/kubernetes-helm/tiller:v2.16.1'"),
    negative: containerExample("image: 'example.com/tiller-docs:v2'"),
    object: (subject, index) => {
      const { kind, name } = subject.key;
      if (kind === "Service")
        return name === "tiller-deploy" || textAt(subject.object, "spec", "selector", "name") === "tiller"
          ? [{ path: ["metadata", "name"], message: `Service ${name} leads to Tiller of Helm 2` }]
          : none;
      const pod = index.podOf(subject);
      return pod === undefined ? none : tillerHits(pod);
    },
  },
  {
    id: "exposure/dashboard",
    severity: "warning",
    profiles: ["production", "nsa", "cis"],
    title: "The dashboard is not part of what is run",
    why: "It acts with the rights of its account for whoever opens it, and was the way into clusters before.",
    fix: "remove it, and use a client that runs with the rights of its user",
    source: "Threat Matrix for Kubernetes, exposed sensitive interfaces; checkov CKV_K8S_33",
    same: ["checkov:CKV_K8S_33", "kics:dashboard_is_enabled", "kubescape:C-0014"],
    frameworks: ["MITRE T1133"],
    positive: containerExample("image: 'kubernetesui/dashboard:v2.7.0'"),
    negative: containerExample("image: 'grafana/grafana:11.0.0'"),
    container: (subject) =>
      isDashboard(subject) ? inContainer(subject, "is the Kubernetes dashboard", "image") : none,
  },
  {
    id: "namespace/no-limit-range",
    severity: "info",
    profiles: ["nsa"],
    title: "Namespaces have limits for a single Pod",
    why: "A LimitRange gives requests and limits to what asks for none, and stops one Pod from taking the quota of all.",
    fix: "add a LimitRange",
    source: "NSA/CISA Kubernetes Hardening Guide 1.2, resource policies",
    same: ["trivy:KSV-0039", "kics:pod_or_container_without_limit_range"],
    frameworks: ["NSA resource policies"],
    positive: "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}",
    negative:
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: l, namespace: shop}\nspec: {limits: [{type: Container, max: {memory: 1Gi}}]}",
    object: ({ key }, index) =>
      key.kind === "Namespace" && key.group === "" && index.of("LimitRange", key.name).length === 0
        ? [
            {
              path: ["metadata", "name"],
              message: `namespace ${key.name} has no LimitRange in the input`,
            },
          ]
        : none,
  },
  {
    id: "security/apparmor-unset",
    severity: "info",
    profiles: ["nsa"],
    title: "Containers name an AppArmor profile",
    why: "Without one the profile is what the node's runtime has by itself, which on some nodes is none.",
    fix: "set securityContext.appArmorProfile: {type: RuntimeDefault} on the Pod, where the nodes have AppArmor",
    source: "https://kubernetes.io/docs/tutorials/security/apparmor/; trivy-checks KSV-0002",
    same: [
      "trivy:KSV-0002",
      "kubesec:ApparmorAny",
      "kics:missing_app_armor_config",
      "polaris:linuxHardening",
    ],
    frameworks: ["CIS 5.7.3"],
    since: 30,
    positive: containerExample("image: 'a:1'"),
    negative: podExample(
      "securityContext: {appArmorProfile: {type: RuntimeDefault}}, containers: [{name: a, image: 'a:1'}]",
    ),
    container: (subject) =>
      namesAppArmor(subject) ? none : inContainer(subject, "names no AppArmor profile", "securityContext"),
  },
  {
    id: "reliability/claim-access-mode",
    severity: "info",
    profiles: ["production"],
    title: "Claims of a StatefulSet are for one node at a time",
    why: "Every Pod of a StatefulSet has a claim of its own: a mode for many nodes gives it nothing, and leaves out most storage.",
    fix: "use accessModes: [ReadWriteOnce] or [ReadWriteOncePod]",
    source: "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes; kubesec",
    same: [
      "kubesec:VolumeClaimAccessModeReadWriteOnce",
      "kics:incorrect_volume_claim_access_mode_read_write_once",
    ],
    frameworks: [],
    positive: stateful("ReadWriteMany"),
    negative: stateful("ReadWriteOnce"),
    object: ({ key, object }) =>
      key.kind === "StatefulSet"
        ? mappingsAt(object, "spec", "volumeClaimTemplates").flatMap(([index, claim]): readonly Hit[] => {
            const modes = textsAt(claim, "spec", "accessModes").map(([, mode]) => mode);
            return modes.length === 0 || modes.some((mode) => mode.startsWith("ReadWriteOnce"))
              ? none
              : [
                  {
                    path: ["spec", "volumeClaimTemplates", index, "spec", "accessModes"],
                    message: `StatefulSet ${key.name} claims a volume per Pod that many nodes may use at once`,
                  },
                ];
          })
        : none,
  },
];

function retiredOf({ container }: ContainerSubject): readonly [string, string] | undefined {
  const image = textAt(container, "image");
  const parsed = image === undefined ? undefined : parseImage(image);
  if (parsed === undefined) return undefined;
  const full = `${parsed.registry}/${parsed.repository}`;
  return [...retired].find(([old]) => full.startsWith(`${old}/`));
}

function repositoryOf(container: ContainerSubject["container"]): string {
  const image = textAt(container, "image");
  return (image === undefined ? undefined : parseImage(image))?.repository ?? "";
}

function tillerHits({ labels, containers, key }: PodSubject): readonly Hit[] {
  const labelled = labels["app"] === "helm" && labels["name"] === "tiller";
  return containers
    .filter(({ container }) => labelled || /(?:^|\/)tiller$/.test(repositoryOf(container)))
    .map(({ path, name }) => ({
      path: [...path, "image"],
      message: `container ${name} of ${key.kind} ${key.name} is Tiller of Helm 2`,
      container: name,
    }));
}

function isDashboard({ container, pod }: ContainerSubject): boolean {
  return (
    /(?:^|\/)kubernetes-dashboard(?:-(?:amd64|arm64|web|api))?$|^kubernetesui\/dashboard(?:-(?:web|api))?$/.test(
      repositoryOf(container),
    ) || pod.labels["k8s-app"] === "kubernetes-dashboard"
  );
}

function namesAppArmor({ pod, context, name }: ContainerSubject): boolean {
  return (
    pod.windows ||
    get(context, "appArmorProfile", "type") !== undefined ||
    get(pod.context, "appArmorProfile", "type") !== undefined ||
    pod.annotations[`container.apparmor.security.beta.kubernetes.io/${name}`] !== undefined
  );
}
