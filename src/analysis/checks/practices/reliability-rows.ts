import { containerExample, deploymentExample, inContainer, inPod, none, podExample } from "./helpers.ts";
import type { Hit, PracticeRow, Profile } from "./practice.ts";
import { hasClaim, isAnswering } from "./served.ts";
import { type ContainerSubject, get, mappingsAt, numberAt, textAt } from "./subjects.ts";

const production: readonly Profile[] = ["production"];
const everywhere: readonly Profile[] = ["default", "baseline", "restricted", "production", "nsa", "cis"];
const serving = (subject: ContainerSubject): boolean =>
  subject.role === "container" && subject.pod.longRunning;

const probes = ["livenessProbe", "readinessProbe", "startupProbe"] as const;

/** A port that a probe asks for and the container does not name. */
function probePorts(subject: ContainerSubject): readonly Hit[] {
  const ports = mappingsAt(subject.container, "ports");
  return probes.flatMap((probe) =>
    (["httpGet", "tcpSocket", "grpc"] as const).flatMap((action): readonly Hit[] => {
      const port = get(subject.container, probe, action, "port");
      if (typeof port !== "string" && typeof port !== "number") return none;
      if (get(subject.container, probe, action, "host") !== undefined) return none;
      const known = ports.some(([, one]) =>
        typeof port === "string" ? textAt(one, "name") === port : numberAt(one, "containerPort") === port,
      );
      // Ports need not be declared: a number is only in doubt where others are declared; a name must be.
      if (known || (typeof port === "number" && ports.length === 0)) return none;
      return inContainer(
        subject,
        `has a ${probe} on port ${port}, which it does not declare`,
        probe,
        action,
        "port",
      );
    }),
  );
}

function sameProbes({ container }: ContainerSubject): boolean {
  const pick = (probe: string): string =>
    JSON.stringify(
      ["httpGet", "tcpSocket", "grpc", "exec"].map((action) => get(container, probe, action) ?? null),
    );
  return (
    get(container, "livenessProbe") !== undefined &&
    get(container, "readinessProbe") !== undefined &&
    pick("livenessProbe") === pick("readinessProbe")
  );
}

const replicatedKinds: ReadonlySet<string> = new Set(["Deployment", "StatefulSet"]);

const plainPod = "containers: [{name: a}]";

/** What keeps a service up, and what it may use. */
export const reliabilityRows: readonly PracticeRow[] = [
  {
    id: "reliability/liveness-probe",
    severity: "info",
    profiles: production,
    title: "Containers that serve have a liveness probe",
    why: "A program that hangs is restarted only where something asks it.",
    fix: "add a livenessProbe that asks the program alone, not what it depends on",
    source: "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",
    same: [
      "kube-linter:no-liveness-probe",
      "polaris:livenessProbeMissing",
      "kubescape:C-0056",
      "checkov:CKV_K8S_8",
      "kube-score:pod-probes",
    ],
    frameworks: [],
    positive: deploymentExample("", plainPod),
    negative: deploymentExample("", "containers: [{name: a, livenessProbe: {httpGet: {path: /, port: 80}}}]"),
    container: (subject) =>
      serving(subject) && get(subject.container, "livenessProbe") === undefined
        ? inContainer(subject, "has no liveness probe", "livenessProbe")
        : none,
  },
  {
    id: "reliability/readiness-probe",
    severity: "warning",
    profiles: production,
    title: "Containers that serve have a readiness probe",
    why: "Without it a Service sends requests to a Pod that is still starting, and to one that cannot answer.",
    fix: "add a readinessProbe",
    source: "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",
    same: [
      "kube-linter:no-readiness-probe",
      "polaris:readinessProbeMissing",
      "kubescape:C-0018",
      "checkov:CKV_K8S_9",
      "kube-score:pod-probes",
    ],
    frameworks: [],
    positive: deploymentExample("", plainPod),
    negative: deploymentExample(
      "",
      "containers: [{name: a, readinessProbe: {httpGet: {path: /, port: 80}}}]",
    ),
    container: (subject, index) =>
      serving(subject) && get(subject.container, "readinessProbe") === undefined
        ? inContainer(subject, "has no readiness probe", "readinessProbe").map((hit) =>
            isAnswering(subject, index) ? hit : { ...hit, severity: "info" },
          )
        : none,
  },
  {
    id: "reliability/identical-probes",
    severity: "info",
    profiles: production,
    title: "Liveness and readiness ask different questions",
    why: "With the same question a Pod that is only busy is restarted instead of spared.",
    fix: "let the liveness probe ask less, or wait longer",
    source: "kube-score pod-probes-identical",
    same: ["kube-score:pod-probes-identical"],
    frameworks: [],
    positive: containerExample(
      "livenessProbe: {tcpSocket: {port: 80}}, readinessProbe: {tcpSocket: {port: 80}}",
    ),
    negative: containerExample(
      "livenessProbe: {tcpSocket: {port: 80}}, readinessProbe: {httpGet: {path: /, port: 80}}",
    ),
    container: (subject) =>
      sameProbes(subject)
        ? inContainer(subject, "asks the same for liveness and readiness", "livenessProbe")
        : none,
  },
  {
    id: "reliability/probe-port",
    severity: "warning",
    profiles: everywhere,
    title: "Probes ask ports that the container has",
    why: "A probe on a port that nothing listens on never succeeds, and the Pod never gets ready.",
    fix: "correct the port, or declare it",
    source: "kube-linter liveness-port, readiness-port, startup-port",
    same: ["kube-linter:liveness-port", "kube-linter:readiness-port", "kube-linter:startup-port"],
    frameworks: [],
    positive: containerExample(
      "ports: [{containerPort: 8080}], livenessProbe: {httpGet: {path: /, port: 80}}",
    ),
    negative: containerExample(
      "ports: [{containerPort: 8080, name: web}], livenessProbe: {httpGet: {path: /, port: web}}",
    ),
    container: probePorts,
  },
  {
    id: "reliability/not-spread",
    severity: "info",
    profiles: production,
    title: "Replicas are spread over nodes",
    why: "All replicas on one node fail together.",
    fix: "add topologySpreadConstraints over kubernetes.io/hostname",
    source: "https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/",
    same: [
      "kube-linter:no-anti-affinity",
      "kube-score:deployment-has-host-podantiaffinity",
      "kube-score:statefulset-has-host-podantiaffinity",
      "kube-score:pod-topology-spread-constraints",
      "polaris:topologySpreadConstraint",
    ],
    frameworks: [],
    positive: deploymentExample("replicas: 2", plainPod),
    negative: deploymentExample(
      "replicas: 2",
      "topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: a}}}], containers: [{name: a}]",
    ),
    pod: (subject) =>
      replicatedKinds.has(subject.key.kind) &&
      (subject.replicas ?? 0) > 1 &&
      mappingsAt(subject.spec, "topologySpreadConstraints").length === 0 &&
      get(subject.spec, "affinity", "podAntiAffinity") === undefined
        ? inPod(
            subject,
            "it leaves the spreading of its replicas over nodes to the defaults of the scheduler",
          )
        : none,
  },
  {
    id: "reliability/no-rolling-update",
    severity: "info",
    profiles: production,
    title: "Deployments are updated Pod by Pod",
    why: "Recreate stops every Pod before the first new one starts.",
    fix: "set strategy.type: RollingUpdate, unless two versions must never run side by side",
    source: "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy",
    same: ["kube-linter:no-rolling-update-strategy", "kube-score:deployment-strategy", "kubescape:C-0305"],
    frameworks: [],
    positive: deploymentExample("strategy: {type: Recreate}", plainPod),
    negative: deploymentExample("strategy: {type: RollingUpdate}", plainPod),
    // Two Pods of an update cannot both have a claim that one node mounts: such a Deployment needs Recreate.
    pod: (subject) =>
      subject.key.kind === "Deployment" &&
      textAt(subject.object, "spec", "strategy", "type") === "Recreate" &&
      !hasClaim(subject)
        ? [
            {
              path: ["spec", "strategy", "type"],
              message: "the Deployment stops every Pod before it starts new ones",
            },
          ]
        : none,
  },
  {
    id: "reliability/naked-pod",
    severity: "info",
    profiles: ["production", "nsa"],
    title: "Pods belong to a controller",
    why: "Nothing makes a Pod again that was evicted or whose node is gone.",
    fix: "use a Deployment, StatefulSet, DaemonSet or Job",
    source:
      "https://kubernetes.io/docs/concepts/configuration/overview/#naked-pods-vs-replicasets-deployments-and-jobs",
    same: ["kubescape:C-0073", "marvin:M-401"],
    frameworks: [],
    positive: podExample(plainPod),
    negative: podExample(`restartPolicy: Never, ${plainPod}`),
    pod: (subject) =>
      subject.key.kind === "Pod" &&
      subject.longRunning &&
      get(subject.object, "metadata", "ownerReferences") === undefined
        ? [{ path: ["kind"], message: "the Pod belongs to no controller" }]
        : none,
  },
  {
    id: "reliability/job-kept",
    severity: "info",
    profiles: production,
    title: "Jobs that are done go away",
    why: "Finished Jobs and their Pods stay for ever otherwise.",
    fix: "set ttlSecondsAfterFinished",
    source: "https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/",
    same: ["kube-linter:job-ttl-seconds-after-finished"],
    frameworks: [],
    positive:
      "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, namespace: shop}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: a}]}}}",
    negative:
      "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, namespace: shop}\nspec: {ttlSecondsAfterFinished: 60, template: {spec: {restartPolicy: Never, containers: [{name: a}]}}}",
    object: (subject) =>
      subject.key.kind === "Job" && get(subject.object, "spec", "ttlSecondsAfterFinished") === undefined
        ? [{ path: ["spec"], message: "the Job stays when it is done" }]
        : none,
  },
  {
    id: "reliability/cronjob-deadline",
    severity: "info",
    profiles: production,
    title: "CronJobs say how late they may start",
    why: "After 100 missed starts without a deadline a CronJob never starts again.",
    fix: "set startingDeadlineSeconds",
    source: "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/",
    same: ["kube-score:cronjob-has-deadline"],
    frameworks: [],
    positive:
      "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a, namespace: shop}\nspec: {schedule: '0 0 * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a}]}}}}}",
    negative:
      "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a, namespace: shop}\nspec: {schedule: '0 0 * * *', startingDeadlineSeconds: 300, jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a}]}}}}}",
    object: (subject) =>
      subject.key.kind === "CronJob" && get(subject.object, "spec", "startingDeadlineSeconds") === undefined
        ? [{ path: ["spec"], message: "the CronJob has no startingDeadlineSeconds" }]
        : none,
  },
  {
    id: "reliability/priority-class",
    severity: "info",
    profiles: [],
    title: "Pods have a priority class",
    why: "Under pressure Pods of equal priority are evicted by what they use, not by what they are for.",
    fix: "set priorityClassName",
    source: "https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/",
    same: ["kube-linter:priority-class-name", "polaris:priorityClassNotSet"],
    frameworks: [],
    positive: podExample(plainPod),
    negative: podExample(`priorityClassName: high, ${plainPod}`),
    pod: (subject) =>
      textAt(subject.spec, "priorityClassName") === undefined
        ? inPod(subject, "the Pod has no priority class", "priorityClassName")
        : none,
  },
  {
    id: "reliability/duplicate-variable",
    severity: "warning",
    profiles: everywhere,
    title: "Every variable of a container is set once",
    why: "The last one counts, and server-side apply refuses the list.",
    fix: "remove all but one",
    source: "k8s.io/api core/v1 Container.env (list map by name)",
    same: [
      "kube-linter:duplicate-env-var",
      "kube-score:environment-variable-key-duplication",
      "kubescape:C-0295",
    ],
    frameworks: [],
    positive: containerExample("env: [{name: A, value: b}, {name: A, value: c}]"),
    negative: containerExample("env: [{name: A, value: b}, {name: B, value: c}]"),
    container: (subject) => {
      const seen = new Set<string>();
      return mappingsAt(subject.container, "env").flatMap(([index, variable]) => {
        const name = textAt(variable, "name") ?? "";
        if (!seen.has(name)) {
          seen.add(name);
          return none;
        }
        return inContainer(subject, `sets the variable ${name} more than once`, "env", index, "name");
      });
    },
  },
];
