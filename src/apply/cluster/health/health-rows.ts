import { isArray, isObject, type JsonObject, valueAt } from "../../../kube/json.ts";
import { because, type Health, type HealthView, wordOf } from "./health-view.ts";

interface HealthRow {
  /** `group/kind`. */
  readonly kinds: readonly string[];
  readonly source: string;
  /** Its controller writes observedGeneration: until it does, nothing in the status is about this object. */
  readonly observed?: boolean;
  readonly judge: (view: HealthView) => Health;
}

const healthy = (message: string): Health => ({ state: "healthy", message });
const progressing = (message: string): Health => ({ state: "progressing", message });
const failed = (message: string): Health => ({ state: "failed", message });

/** The first count that is too low, in words. */
function short(
  ...counts: readonly (readonly [have: number, want: number, what: string])[]
): Health | undefined {
  const found = counts.find(([have, want]) => have < want);
  return found === undefined ? undefined : progressing(`${found[2]}: ${found[0]} of ${found[1]}`);
}

const kstatus = "fluxcd/cli-utils pkg/kstatus/status/core.go";
/** Seconds after which a Pod that fits on no node is taken for failed (the same file, ScheduleWindow). */
const scheduleWindow = 15_000;

/** How kinds say that they are healthy. Kinds without a row are judged by their condition Ready. */
export const healthRows: readonly HealthRow[] = [
  {
    kinds: ["apps/Deployment"],
    source: `${kstatus} (deploymentConditions)`,
    observed: true,
    judge: (view) => {
      const progress = view.condition("Progressing");
      if (progress?.reason === "ProgressDeadlineExceeded") return failed("its progress deadline has passed");
      const want = view.number("spec", "replicas") ?? 1;
      const have = view.number("status", "replicas") ?? 0;
      const updated = view.number("status", "updatedReplicas") ?? 0;
      const failure = view.condition("ReplicaFailure");
      const suffix = failure?.status === "True" ? `, pods cannot be made${because(failure)}` : "";
      const missing = short(
        [have, want, `replicas${suffix}`],
        [updated, want, `updated replicas${suffix}`],
        [want, have, "replicas of the old form that still run; wanted"],
        [view.number("status", "availableReplicas") ?? 0, updated, "available replicas"],
        [view.number("status", "readyReplicas") ?? 0, want, "ready replicas"],
      );
      if (missing !== undefined) return missing;
      // Without a deadline there is no condition Progressing (pkg/controller/deployment/util/deployment_util.go).
      const endless = (view.number("spec", "progressDeadlineSeconds") ?? 2_147_483_647) === 2_147_483_647;
      if (!endless && progress?.reason !== "NewReplicaSetAvailable")
        return progressing("its new ReplicaSet is not available yet");
      return view.condition("Available")?.status === "True"
        ? healthy(`${want} of ${want} replicas available`)
        : progressing("not available");
    },
  },
  {
    kinds: ["apps/ReplicaSet"],
    source: `${kstatus} (replicasetConditions)`,
    observed: true,
    judge: (view) => {
      const failure = view.condition("ReplicaFailure");
      if (failure?.status === "True") return progressing(`pods cannot be made${because(failure)}`);
      const want = view.number("spec", "replicas") ?? 1;
      const have = view.number("status", "replicas") ?? 0;
      return (
        short(
          [view.number("status", "fullyLabeledReplicas") ?? 0, want, "labelled replicas"],
          [view.number("status", "availableReplicas") ?? 0, want, "available replicas"],
          [view.number("status", "readyReplicas") ?? 0, want, "ready replicas"],
          [want, have, "replicas too many; wanted"],
        ) ?? healthy(`${want} of ${want} replicas available`)
      );
    },
  },
  {
    kinds: ["apps/StatefulSet"],
    source: `${kstatus} (stsConditions)`,
    observed: true,
    judge: (view) => {
      if (view.text("spec", "updateStrategy", "type") === "OnDelete")
        return healthy("its pods are updated when somebody deletes them (OnDelete)");
      const want = view.number("spec", "replicas") ?? 1;
      const have = view.number("status", "replicas") ?? 0;
      const missing = short(
        [have, want, "replicas"],
        [view.number("status", "readyReplicas") ?? 0, want, "ready replicas"],
        [want, have, "replicas too many; wanted"],
      );
      if (missing !== undefined) return missing;
      const partition = view.number("spec", "updateStrategy", "rollingUpdate", "partition");
      if (partition !== undefined && partition !== 0) {
        const updated = view.number("status", "updatedReplicas") ?? 0;
        return (
          short([updated, want - partition, "updated replicas"]) ??
          healthy(`${updated} of ${want} replicas updated, as its partition wants`)
        );
      }
      const current = short([
        view.number("status", "currentReplicas") ?? 0,
        want,
        "replicas of the new form",
      ]);
      if (current !== undefined) return current;
      if (view.text("status", "currentRevision") !== view.text("status", "updateRevision"))
        return progressing("its new revision is not everywhere yet");
      return healthy(`${want} of ${want} replicas ready`);
    },
  },
  {
    kinds: ["apps/DaemonSet"],
    source: `${kstatus} (daemonsetConditions)`,
    observed: true,
    judge: (view) => {
      const want = view.number("status", "desiredNumberScheduled");
      if (want === undefined) return progressing("on how many nodes it is to run is not known yet");
      return (
        short(
          [view.number("status", "currentNumberScheduled") ?? 0, want, "scheduled pods"],
          [view.number("status", "updatedNumberScheduled") ?? 0, want, "updated pods"],
          [view.number("status", "numberAvailable") ?? 0, want, "available pods"],
          [view.number("status", "numberReady") ?? 0, want, "ready pods"],
        ) ?? healthy(`${want} of ${want} pods available`)
      );
    },
  },
  {
    kinds: ["batch/Job"],
    source: "kstatus says current once it has started; ours waits for its end (apply facts 3.18)",
    judge: (view) => {
      const over = view.condition("Failed");
      if (over?.status === "True") return failed(`failed${because(over)}`);
      if (view.condition("Complete")?.status === "True") return healthy("complete");
      if (view.condition("Suspended")?.status === "True") return healthy("suspended, as it wants");
      const succeeded = view.number("status", "succeeded") ?? 0;
      return progressing(`${succeeded} of ${view.number("spec", "completions") ?? 1} completions`);
    },
  },
  { kinds: ["/Pod"], source: `${kstatus} (podConditions); Failed is failed (apply facts 3.19)`, judge: pod },
  {
    kinds: ["/PersistentVolumeClaim"],
    source: `${kstatus} (pvcConditions); Lost: k8s.io/api core/v1 ClaimLost`,
    judge: (view) => {
      const phase = view.text("status", "phase");
      if (phase === "Bound") return healthy("bound");
      return phase === "Lost" ? failed("its volume is lost") : progressing("not bound");
    },
  },
  {
    kinds: ["/Service"],
    source: `${kstatus} (serviceConditions); an address is waited for (apply facts 3.21)`,
    judge: (view) => {
      if (view.text("spec", "type") !== "LoadBalancer") return healthy("there");
      const ingress = valueAt(view.object, ["status", "loadBalancer", "ingress"]);
      return isArray(ingress) && ingress.length > 0
        ? healthy("the load balancer has an address")
        : progressing("the load balancer has no address yet");
    },
  },
  {
    kinds: ["policy/PodDisruptionBudget"],
    source: "kstatus says current always; ours waits until it is computed (apply facts 3.20)",
    observed: true,
    judge: (view) =>
      view.number("status", "observedGeneration") === undefined
        ? progressing("which disruptions it allows is not computed yet")
        : healthy(`${view.number("status", "disruptionsAllowed") ?? 0} disruptions allowed`),
  },
  {
    kinds: ["apiextensions.k8s.io/CustomResourceDefinition"],
    source: `${kstatus} (crdConditions)`,
    judge: (view) => {
      const names = view.condition("NamesAccepted");
      if (names?.status === "False") return failed(`its names are not accepted${because(names)}`);
      const established = view.condition("Established");
      if (established?.status === "True") return healthy("established");
      return established?.status === "False" && established.reason !== "Installing"
        ? failed(`not established${because(established)}`)
        : progressing("not established yet");
    },
  },
  {
    kinds: ["apiregistration.k8s.io/APIService"],
    source: "k8s.io/kube-aggregator pkg/apis/apiregistration/v1 (condition Available)",
    judge: (view) => {
      const available = view.condition("Available");
      if (available?.status === "True") return healthy("available");
      return progressing(`not available${available === undefined ? "" : because(available)}`);
    },
  },
  {
    kinds: ["/Namespace"],
    source: "k8s.io/api core/v1 NamespacePhase",
    judge: (view) =>
      view.text("status", "phase") === "Active" ? healthy("active") : progressing("not active yet"),
  },
  {
    kinds: [
      "/ConfigMap",
      "/Secret",
      "/ServiceAccount",
      "/LimitRange",
      "/ResourceQuota",
      "batch/CronJob",
      "networking.k8s.io/NetworkPolicy",
      "networking.k8s.io/Ingress",
      "networking.k8s.io/IngressClass",
      "rbac.authorization.k8s.io/Role",
      "rbac.authorization.k8s.io/RoleBinding",
      "rbac.authorization.k8s.io/ClusterRole",
      "rbac.authorization.k8s.io/ClusterRoleBinding",
      "scheduling.k8s.io/PriorityClass",
      "storage.k8s.io/StorageClass",
      "node.k8s.io/RuntimeClass",
    ],
    source: `${kstatus} (alwaysReady): what is there, works`,
    judge: () => healthy("there"),
  },
];

function pod(view: HealthView): Health {
  const phase = view.text("status", "phase");
  const ready = view.condition("Ready");
  switch (phase) {
    case "Succeeded":
      return healthy("succeeded");
    case "Failed":
      return failed("failed");
    case "Running": {
      if (ready?.status === "True") return healthy("ready");
      const crashing = waitingFor(view.object, "CrashLoopBackOff");
      return crashing === undefined ? progressing("running, not ready") : failed(crashing);
    }
    case "Pending": {
      const scheduled = view.condition("PodScheduled");
      if (scheduled?.status === "False" && scheduled.reason === "Unschedulable") {
        const since = scheduled.since ?? createdAt(view);
        return since === null || view.now - since > scheduleWindow
          ? failed("fits on no node")
          : progressing("fits on no node yet");
      }
      const crashing = waitingFor(view.object, "CrashLoopBackOff");
      if (crashing !== undefined) return failed(crashing);
      const pulling = waitingFor(view.object, "ImagePullBackOff") ?? waitingFor(view.object, "ErrImagePull");
      return progressing(pulling ?? "pending");
    }
    default:
      return progressing("not scheduled yet");
  }
}

function createdAt(view: HealthView): number | null {
  const time = Date.parse(view.text("metadata", "creationTimestamp") ?? "");
  return Number.isNaN(time) ? null : time;
}

/** The first container that waits for this reason, in words. */
function waitingFor(object: JsonObject, reason: string): string | undefined {
  for (const list of ["initContainerStatuses", "containerStatuses"]) {
    const statuses = valueAt(object, ["status", list]);
    for (const status of isArray(statuses) ? statuses : []) {
      if (isObject(status) && wordOf(valueAt(status, ["state", "waiting", "reason"])) === reason)
        return `a container waits: ${reason}`;
    }
  }
  return undefined;
}
