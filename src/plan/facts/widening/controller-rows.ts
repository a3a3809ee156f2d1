import { isArray, isObject, type JsonObject, pathText, valueAt } from "../../../kube/json.ts";
import { LAST_APPLIED } from "../../../kube/last-applied.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { podTemplateOf } from "../../../kube/pod-template.ts";
import { matchesLabels } from "../../../kube/selector.ts";
import { walk } from "../references.ts";
import { gitopsMarks } from "./gitops-rows.ts";
import { cloudMarks } from "./identity-rows.ts";
import { added, type ChangedObject, deployment, type Detected, example, type WideningRow } from "./row.ts";

/**
 * Annotations and labels with a prefix that only describe an object, or that a row of its own looks at. A key without a
 * prefix is private to its user (concepts/overview/working-with-objects/labels.md, Syntax and character set), but for the
 * few below that programs are known to act on.
 */
const quiet: readonly RegExp[] = [
  /^kubernetes-operations\.dev\//u,
  /^app\.kubernetes\.io\//u,
  /^kubernetes\.io\/(?:description|change-cause)$/u,
  /^kubectl\.kubernetes\.io\/(?:default-container|default-logs-container|restartedAt)$/u,
  /^deployment\.kubernetes\.io\/revision$/u,
  /^rbac\.authorization\.k(?:ubernetes|8s)\.io\//u,
  // Pod Security looks at these.
  /^(?:container\.apparmor\.security\.beta|seccomp\.security\.alpha)\.kubernetes\.io\//u,
  ...gitopsMarks,
  ...cloudMarks,
];
/** Grafana's Helm chart loads ConfigMaps and Secrets with these labels from every namespace (values.yaml, sidecar). */
const loud: readonly RegExp[] = [/^grafana_(?:alert|dashboard|datasource|notifier|plugin)$/u];

interface Mark {
  readonly key: string;
  readonly value: string;
}

/** Annotations and labels that may direct a controller, at any depth (of Pods, Jobs, claims), by their paths. */
function marksOf(object: JsonObject | null): ReadonlyMap<string, Mark> {
  const found = new Map<string, Mark>();
  if (object === null) return found;
  const { group, kind } = objectKey(object);
  walk(object, "", (member, value, path) => {
    const isMark = /(?:^|\.)metadata\.(?:annotations|labels)$/u.test(path) && isObject(value);
    if (!isMark || (member !== "annotations" && member !== "labels")) return;
    // Labels of a Namespace have rows of their own.
    if (group === "" && kind === "Namespace" && path === "metadata.labels") return;
    for (const [key, text] of Object.entries(value)) {
      const acts = key.includes("/")
        ? !quiet.some((known) => known.test(key))
        : loud.some((known) => known.test(key));
      if (acts) found.set(`${path}[${JSON.stringify(key)}]`, { key, value: JSON.stringify(text) });
    }
  });
  return found;
}

function marksChanged({ before, after, operation, takesOver }: ChangedObject): readonly Detected[] {
  if (after === null) return [];
  const had = marksOf(before);
  const has = marksOf(after);
  // kubectl's copy of the object goes with kubectl's part in it, which is a fact of its own.
  const copyGoes = operation === "recreate" || takesOver !== undefined;
  // What stood there before may be a live value (kernel K17): only its name is told.
  return [
    ...[...has].flatMap(([path, { key, value }]): readonly Detected[] => {
      const was = had.get(path);
      return was?.value === value
        ? []
        : [
            {
              path,
              detail: `${was === undefined ? "carries" : "carries another value of"} ${key}`,
              subject: key,
            },
          ];
    }),
    ...[...had]
      .filter(([path, { key }]) => !has.has(path) && !(copyGoes && key === LAST_APPLIED))
      .map(([path, { key }]): Detected => ({ path, detail: `carries ${key} no more`, subject: key })),
  ];
}

/** Volumes whose content is of the object's own namespace and kinds, or that a row of its own looks at. */
const plainVolumes: ReadonlySet<string> = new Set([
  "configMap",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "hostPath",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);

function volumesOf(object: JsonObject): readonly { readonly volume: JsonObject; readonly path: string }[] {
  const template = podTemplateOf(object);
  const volumes = template === undefined ? undefined : valueAt(template.spec, ["volumes"]);
  if (template === undefined || !isArray(volumes)) return [];
  return volumes.flatMap((volume, index) => {
    const name = valueAt(volume, ["name"]);
    const at = typeof name === "string" ? `name=${name}` : String(index);
    return isObject(volume)
      ? [{ volume, path: `${pathText([...template.path, "spec", "volumes"])}[${at}]` }]
      : [];
  });
}

function drivenVolumes(object: JsonObject): readonly Detected[] {
  return volumesOf(object).flatMap(({ volume, path }) =>
    Object.keys(volume)
      .filter((type) => type !== "name" && !plainVolumes.has(type))
      .map((type) => {
        const driver = valueAt(volume, [type, "driver"]);
        const subject = typeof driver === "string" && driver !== "" ? driver : type;
        return { path: `${path}.${type}`, detail: `mounts what ${subject} gives`, subject };
      }),
  );
}

function foreignClaims(object: JsonObject, folder: readonly JsonObject[]): readonly Detected[] {
  const { namespace } = objectKey(object);
  return volumesOf(object).flatMap(({ volume, path }) => {
    const name = valueAt(volume, ["persistentVolumeClaim", "claimName"]);
    if (typeof name !== "string") return [];
    const isOurs = folder.some((other) => {
      const key = objectKey(other);
      return (
        key.group === "" &&
        key.kind === "PersistentVolumeClaim" &&
        key.namespace === namespace &&
        key.name === name
      );
    });
    return isOurs
      ? []
      : [
          {
            path: `${path}.persistentVolumeClaim`,
            detail: `mounts PersistentVolumeClaim ${namespace}/${name}, which the folder does not hold`,
            subject: name,
          },
        ];
  });
}

function deviceClaims(object: JsonObject): readonly Detected[] {
  const template = podTemplateOf(object);
  const claims = template === undefined ? undefined : valueAt(template.spec, ["resourceClaims"]);
  if (template === undefined || !isArray(claims)) return [];
  return claims.flatMap((claim) => {
    const name =
      valueAt(claim, ["resourceClaimName"]) ??
      valueAt(claim, ["resourceClaimTemplateName"]) ??
      valueAt(claim, ["name"]);
    const subject = typeof name === "string" ? name : "?";
    return [
      {
        path: pathText([...template.path, "spec", "resourceClaims"]),
        detail: `takes the devices of claim ${subject}`,
        subject,
      },
    ];
  });
}

/** Autoscalers and disruption budgets that act on what the folder does not hold. */
function foreignControl(object: JsonObject, folder: readonly JsonObject[]): readonly Detected[] {
  const { group, kind, namespace } = objectKey(object);
  if (group === "autoscaling" && kind === "HorizontalPodAutoscaler") {
    const target = valueAt(object, ["spec", "scaleTargetRef"]);
    const named = (field: string): string => {
      const value = valueAt(target, [field]);
      return typeof value === "string" ? value : "";
    };
    const version = named("apiVersion");
    const isOurs = folder.some((other) => {
      const key = objectKey(other);
      return (
        key.namespace === namespace &&
        key.kind === named("kind") &&
        key.name === named("name") &&
        (version.includes("/") ? version.slice(0, version.indexOf("/")) : "") === key.group
      );
    });
    return isOurs
      ? []
      : [
          {
            path: "spec.scaleTargetRef",
            detail: `scales ${named("kind")} ${namespace}/${named("name")}, which the folder does not hold`,
            subject: named("name"),
          },
        ];
  }
  if (group !== "policy" || kind !== "PodDisruptionBudget") return [];
  const selector = valueAt(object, ["spec", "selector"]);
  const names =
    isObject(selector) &&
    ["matchLabels", "matchExpressions"].some((member) => {
      const part = valueAt(selector, [member]);
      return isArray(part) ? part.length > 0 : isObject(part) && Object.keys(part).length > 0;
    });
  const isOurs =
    names &&
    folder.some((other) => {
      const template = podTemplateOf(other);
      return (
        template !== undefined &&
        objectKey(other).namespace === namespace &&
        matchesLabels(selector, template.labels)
      );
    });
  return isOurs
    ? []
    : [
        {
          path: "spec.selector",
          detail: names
            ? "holds up evictions of Pods that the folder does not hold"
            : "holds up evictions of every Pod of the namespace",
        },
      ];
}

const kubernetes = "kubernetes/website:content/en/docs";
const claim: JsonObject = example("v1", "PersistentVolumeClaim", { spec: {} }, { name: "data" });
const mounting: JsonObject = deployment({
  volumes: [{ name: "v", persistentVolumeClaim: { claimName: "data" } }],
});
const scaled: JsonObject = deployment({ containers: [] });
function autoscaler(name: string): JsonObject {
  return example("autoscaling/v2", "HorizontalPodAutoscaler", {
    spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name } },
  });
}

export const controllerRows: readonly WideningRow[] = [
  {
    id: "controller-mark",
    title: "An annotation or label that may direct a controller or an admission webhook",
    why: "Such keys mount secrets of a vault, join other networks, leave the mesh, publish names and open ways in: whatever the program that reads them may do.",
    source: `${kubernetes}/reference/labels-annotations-taints/_index.md; hashicorp/vault-k8s agent-inject; k8snetworkplumbingwg/multus-cni; istio/istio sidecar.istio.io`,
    detect: marksChanged,
    positive: {
      before: null,
      after: example("v1", "ConfigMap", {}, { annotations: { "vault.hashicorp.com/agent-inject": "true" } }),
    },
    negative: {
      before: null,
      after: example(
        "v1",
        "ConfigMap",
        {},
        { annotations: { team: "a" }, labels: { "app.kubernetes.io/name": "x" } },
      ),
    },
  },
  {
    id: "volume-driver",
    title: "A volume of a driver or a server that the Pod names itself",
    why: "The driver brings data and credentials from outside of the namespace (secrets of a vault, shares of a server).",
    source: `${kubernetes}/concepts/storage/ephemeral-volumes.md (CSI driver restrictions)`,
    detect: (change) => added(change, drivenVolumes),
    positive: {
      before: null,
      after: deployment({ volumes: [{ name: "v", csi: { driver: "secrets-store.csi.k8s.io" } }] }),
    },
    negative: { before: null, after: deployment({ volumes: [{ name: "v", emptyDir: {} }] }) },
  },
  {
    id: "claim-use",
    title: "A PersistentVolumeClaim is mounted that the folder does not hold",
    why: "It may be the data of another workload of the namespace.",
    source: `${kubernetes}/concepts/storage/persistent-volumes.md (Claims As Volumes)`,
    detect: (change, folder) =>
      added(change, (object) =>
        foreignClaims(object, object === change.before ? folder.before : folder.after),
      ),
    positive: { before: null, after: mounting },
    negative: { before: null, after: mounting, others: [claim] },
  },
  {
    id: "device-claim",
    title: "Devices are claimed",
    why: "A claim allocates devices of nodes, one with admin access also those of others.",
    source: `${kubernetes}/concepts/scheduling-eviction/dynamic-resource-allocation.md (Admin access)`,
    detect: (change) => added(change, deviceClaims),
    positive: {
      before: null,
      after: deployment({ resourceClaims: [{ name: "g", resourceClaimName: "gpu" }] }),
    },
    negative: { before: null, after: scaled },
  },
  {
    id: "workload-control",
    title: "An autoscaler or a disruption budget for what the folder does not hold",
    why: "It changes the number of Pods of another workload, or keeps nodes from being drained.",
    source: `${kubernetes}/tasks/run-application/horizontal-pod-autoscale.md; ${kubernetes}/tasks/run-application/configure-pdb.md`,
    detect: (change, folder) =>
      added(change, (object) =>
        foreignControl(object, object === change.before ? folder.before : folder.after),
      ),
    positive: { before: null, after: autoscaler("other") },
    negative: { before: null, after: autoscaler("x"), others: [scaled] },
  },
];
