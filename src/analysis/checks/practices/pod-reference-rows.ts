import type { Json, JsonPath } from "../../../kube/json.ts";
import { serviceAccountOf } from "../../../kube/pod-template.ts";
import { matchesLabels, matchesMap, selectorOf } from "../../../kube/selector.ts";
import { deploymentExample, none, podExample } from "./helpers.ts";
import type { Hit, PracticeRow, Profile } from "./practice.ts";
import { exampleService as service, exampleWorkload as workload, hasNear, missing } from "./references.ts";
import { get, mappingsAt, membersAt, type ObjectSubject, type PodSubject, textAt } from "./subjects.ts";

const everywhere: readonly Profile[] = ["default", "baseline", "restricted", "production", "nsa", "cis"];

const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}\ndata: {k: v}";

/** A key of a ConfigMap or Secret that is in the input. */
function hasKey(object: ObjectSubject, key: string): boolean {
  return ["data", "binaryData", "stringData"].some((field) =>
    membersAt(object.object, field).some(([name]) => name === key),
  );
}

interface ConfigUse {
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string;
  readonly key: string | undefined;
  readonly path: JsonPath;
}

/** Every use of a ConfigMap or Secret that a Pod cannot start without. */
function configUses(pod: PodSubject): readonly ConfigUse[] {
  const uses: ConfigUse[] = [];
  const add = (
    kind: ConfigUse["kind"],
    source: Json | undefined,
    path: JsonPath,
    nameField = "name",
  ): void => {
    const name = textAt(source, nameField);
    if (name === undefined || name === "" || get(source, "optional") === true) return;
    uses.push({ kind, name, key: textAt(source, "key"), path: [...path, nameField] });
    for (const [index, item] of mappingsAt(source, "items")) {
      const key = textAt(item, "key");
      if (key !== undefined) uses.push({ kind, name, key, path: [...path, "items", index, "key"] });
    }
  };
  for (const { container, path } of pod.containers) {
    for (const [index, variable] of mappingsAt(container, "env")) {
      const at = [...path, "env", index, "valueFrom"];
      add("ConfigMap", get(variable, "valueFrom", "configMapKeyRef"), [...at, "configMapKeyRef"]);
      add("Secret", get(variable, "valueFrom", "secretKeyRef"), [...at, "secretKeyRef"]);
    }
    for (const [index, source] of mappingsAt(container, "envFrom")) {
      add("ConfigMap", get(source, "configMapRef"), [...path, "envFrom", index, "configMapRef"]);
      add("Secret", get(source, "secretRef"), [...path, "envFrom", index, "secretRef"]);
    }
  }
  for (const [index, volume] of mappingsAt(pod.spec, "volumes")) {
    const at = [...pod.specPath, "volumes", index];
    add("ConfigMap", get(volume, "configMap"), [...at, "configMap"]);
    add("Secret", get(volume, "secret"), [...at, "secret"], "secretName");
    for (const [number, source] of mappingsAt(volume, "projected", "sources")) {
      const inner = [...at, "projected", "sources", number];
      add("ConfigMap", get(source, "configMap"), [...inner, "configMap"]);
      add("Secret", get(source, "secret"), [...inner, "secret"]);
    }
  }
  return uses;
}

/** Names that Pods and their controllers stand on. */
export const podReferenceRows: readonly PracticeRow[] = [
  {
    id: "reference/service-account",
    severity: "warning",
    profiles: everywhere,
    title: "Pods name a ServiceAccount that exists",
    why: "No Pod is created otherwise.",
    fix: "add the ServiceAccount, or correct the name",
    source: "https://kubernetes.io/docs/concepts/security/service-accounts/",
    same: ["kube-linter:non-existent-service-account", "kubescape:C-0307"],
    frameworks: [],
    positive: `${podExample("serviceAccountName: b, containers: [{name: a}]")}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: shop}`,
    negative: `${podExample("serviceAccountName: a, containers: [{name: a}]")}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: shop}`,
    pod: (subject, index) => {
      const { name, field } = serviceAccountOf(subject.spec);
      return name === "default"
        ? none
        : missing(index, "ServiceAccount", subject.namespace, name, [...subject.specPath, field]);
    },
  },
  {
    id: "reference/configuration",
    severity: "warning",
    profiles: everywhere,
    title: "Pods name ConfigMaps, Secrets and keys that exist",
    why: "A container waits for ever for a ConfigMap, Secret or key that is not there.",
    fix: "add it, correct the name, or say optional: true",
    source: "https://kubernetes.io/docs/concepts/configuration/configmap/",
    same: ["kubescape:C-0299", "popeye:POP-1202"],
    frameworks: [],
    positive: `${podExample("containers: [{name: a, env: [{name: A, valueFrom: {configMapKeyRef: {name: c, key: q}}}]}]")}\n---\n${configMap}`,
    negative: `${podExample("containers: [{name: a, env: [{name: A, valueFrom: {configMapKeyRef: {name: c, key: k}}}]}]")}\n---\n${configMap}`,
    pod: (subject, index) =>
      configUses(subject).flatMap((use): readonly Hit[] => {
        const target = index.named(use.kind, subject.namespace, use.name);
        if (target === undefined) {
          // Secrets rarely lie beside manifests, and ConfigMaps of another application say nothing: a remark.
          const found = missing(index, use.kind, subject.namespace, use.name, use.path);
          return use.kind === "Secret" || !hasNear(index, use.kind, subject)
            ? found.map((hit) => ({ ...hit, severity: "info" as const }))
            : found;
        }
        return use.key === undefined || hasKey(target, use.key)
          ? none
          : [{ path: use.path, message: `${use.kind} ${use.name} has no key ${use.key}` }];
      }),
  },
  {
    id: "reference/volume-claim",
    severity: "warning",
    profiles: everywhere,
    title: "Pods name a PersistentVolumeClaim that exists",
    why: "The Pod waits for ever for a claim that is not there.",
    fix: "add the claim, or correct the name",
    source: "https://kubernetes.io/docs/concepts/storage/persistent-volumes/",
    same: ["popeye:POP-1300", "kubevious:missing-pvc"],
    frameworks: [],
    positive: `${podExample("volumes: [{name: v, persistentVolumeClaim: {claimName: d}}], containers: [{name: a}]")}\n---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c, namespace: shop}\nspec: {}`,
    negative: `${podExample("volumes: [{name: v, persistentVolumeClaim: {claimName: c}}], containers: [{name: a}]")}\n---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c, namespace: shop}\nspec: {}`,
    pod: (subject, index) => {
      // A StatefulSet puts the claims of its templates in the place of volumes of the same name (stateful_set_utils.go updateStorage).
      const templates = new Set(
        mappingsAt(subject.object, "spec", "volumeClaimTemplates").map(([, claim]) =>
          textAt(claim, "metadata", "name"),
        ),
      );
      return mappingsAt(subject.spec, "volumes").flatMap(([number, volume]): readonly Hit[] => {
        const name = textAt(volume, "persistentVolumeClaim", "claimName");
        return name === undefined || templates.has(textAt(volume, "name"))
          ? none
          : missing(index, "PersistentVolumeClaim", subject.namespace, name, [
              ...subject.specPath,
              "volumes",
              number,
              "persistentVolumeClaim",
              "claimName",
            ]).map((hit) =>
              hasNear(index, "PersistentVolumeClaim", subject) ? hit : { ...hit, severity: "info" as const },
            );
      });
    },
  },
  {
    id: "reference/volume-mount",
    severity: "info",
    profiles: everywhere,
    title: "Every volume of a Pod is used",
    why: "A volume that nothing mounts is a leftover, or a mount that was forgotten.",
    fix: "mount it, or remove it",
    source: "https://kubernetes.io/docs/concepts/storage/volumes/",
    same: ["kubevious:unused-volume"],
    frameworks: [],
    positive: podExample("volumes: [{name: v, emptyDir: {}}], containers: [{name: a}]"),
    negative: podExample(
      "volumes: [{name: v, emptyDir: {}}], containers: [{name: a, volumeMounts: [{name: v, mountPath: /v}]}]",
    ),
    pod: (subject) => {
      const used = new Set(
        subject.containers.flatMap(({ container }) => [
          ...mappingsAt(container, "volumeMounts").map(([, mount]) => textAt(mount, "name") ?? ""),
          ...mappingsAt(container, "volumeDevices").map(([, device]) => textAt(device, "name") ?? ""),
        ]),
      );
      return mappingsAt(subject.spec, "volumes").flatMap(([number, volume]): readonly Hit[] => {
        const name = textAt(volume, "name") ?? "";
        return used.has(name)
          ? none
          : [
              {
                path: [...subject.specPath, "volumes", number],
                message: `no container mounts the volume ${name}`,
              },
            ];
      });
    },
  },
  {
    id: "reference/stateful-service",
    severity: "warning",
    profiles: everywhere,
    title: "A StatefulSet names a headless Service that selects its Pods",
    why: "Its Pods have no names of their own in DNS otherwise.",
    fix: "add a Service with clusterIP: None, and name it in serviceName",
    source: "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id",
    same: ["kube-score:statefulset-has-servicename"],
    frameworks: [],
    positive: `apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s, namespace: shop}\nspec: {serviceName: a, selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: a}]}}}\n---\n${service("selector: {app: a}, ports: [{port: 80}]")}`,
    negative: `apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s, namespace: shop}\nspec: {serviceName: a, selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: a}]}}}\n---\n${service("clusterIP: None, selector: {app: a}, ports: [{port: 80}]")}`,
    pod: (subject, index) => {
      if (subject.key.kind !== "StatefulSet") return none;
      const name = textAt(subject.object, "spec", "serviceName") ?? "";
      if (name === "") return none;
      const target = index.named("Service", subject.namespace, name);
      if (target === undefined)
        return missing(index, "Service", subject.namespace, name, ["spec", "serviceName"]);
      if (textAt(target.object, "spec", "clusterIP") !== "None")
        return [
          {
            path: ["spec", "serviceName"],
            message: `Service ${name} is not headless`,
            related: [{ read: target.read, path: ["spec"] }],
          },
        ];
      return matchesMap(get(target.object, "spec", "selector"), subject.labels)
        ? none
        : [
            {
              path: ["spec", "serviceName"],
              message: `Service ${name} does not select its Pods`,
              related: [{ read: target.read, path: ["spec", "selector"] }],
            },
          ];
    },
  },
  {
    id: "reference/workloads-share-pods",
    severity: "warning",
    profiles: everywhere,
    title: "No two controllers select the same Pods",
    why: "Each takes the other's Pods for its own, and they delete and create against each other.",
    fix: "give each a label of its own in selector and template",
    source: "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector",
    same: ["gatekeeper:uniqueserviceselector", "popeye:POP-1101"],
    frameworks: [],
    positive: `${workload}\n---\n${deploymentExample("", "containers: [{name: a}]", "b").replaceAll("app: b", "app: a")}`,
    negative: `${workload}\n---\n${deploymentExample("", "containers: [{name: a}]", "b")}`,
    pod: (subject, index) => {
      if (!controllers.has(subject.key.kind)) return none;
      const other = index
        .podsBy(subject.namespace, selectorOf(get(subject.object, "spec", "selector")), MOST_SHARED)
        .find(
          (pod) =>
            pod.read !== subject.read &&
            pod.key.kind === subject.key.kind &&
            pod.key.name < subject.key.name &&
            controllers.has(pod.key.kind) &&
            matchesLabels(get(pod.object, "spec", "selector"), subject.labels),
        );
      return other === undefined
        ? none
        : [
            {
              path: ["spec", "selector"],
              message: `${other.key.kind} ${other.key.name} selects the same Pods`,
              related: [{ read: other.read, path: ["spec", "selector"] }],
            },
          ];
    },
  },
];

/** Workloads with the same labels that are looked at. */
const MOST_SHARED = 1000;

const controllers: ReadonlySet<string> = new Set(["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"]);
