import type { JsonObject } from "../../kube/json.ts";
import type { Place } from "../../kube/place.ts";
import type { ObjectKey } from "../../kube/read-object.ts";

/**
 * The request as typed data: what a person asked for, before any object exists. It never holds a secret value:
 * a value that may be secret is a reference (kernel K16). Canonical JSON of it is stable; a plan embeds it.
 */
export type Intent = ApplicationIntent | ObjectsIntent;

interface IntentBase {
  readonly apiVersion: "kubernetes-operations.dev/v1";
  readonly kind: "Intent";
  /** Namespace that namespaced objects without one go to. */
  readonly namespace: string;
  /** What became of every field of the input. */
  readonly report: readonly FieldReport[];
}

/** Existing objects are the request: the plan holds the objects; here only which they are. */
export interface ObjectsIntent extends IntentBase {
  readonly source: "objects";
  readonly objects: readonly { readonly key: ObjectKey; readonly digest: string }[];
}

/** An application to be run: from Compose files, from the operations of a model, or from both (then `operations`). */
export interface ApplicationIntent extends IntentBase {
  readonly source: "compose" | "operations";
  /** Name of the application, a DNS label: `app.kubernetes.io/part-of`. */
  readonly application: string;
  readonly workloads: readonly WorkloadIntent[];
  readonly configs: readonly ConfigIntent[];
  readonly secrets: readonly SecretIntent[];
  readonly volumes: readonly VolumeIntent[];
  readonly connections: readonly ConnectionIntent[];
  /** Workloads of the application that stand in the namespace already and are not part of this request: connections may name them. */
  readonly standing?: readonly string[];
}

/**
 * What became of one field of the input. Every field of the input is named by exactly one row, or lies below one.
 * `used`: it is in the intent. `reference`: its value became a reference to a Secret. `changed`: it is used, not as it
 * stands. `dropped`: it has no effect. All but `used` carry a reason.
 */
export interface FieldReport {
  /** As people write it: `services.web.ports[0]`. */
  readonly field: string;
  readonly place: Place;
  readonly disposition: "used" | "reference" | "changed" | "dropped";
  readonly reason?: string;
}

/** One Compose service: one workload with one container. Optional members are absent when the input is silent. */
export interface WorkloadIntent {
  /** DNS label. */
  readonly name: string;
  readonly place: Place;
  readonly image: string;
  /** The input builds the image: it must be pushed under the name in `image` first. */
  readonly imageIsBuilt?: boolean;
  /** Parts of `image` that came from interpolation: a fact, since the file alone does not say them. */
  readonly imageInterpolated?: boolean;
  readonly imagePullPolicy?: "Always" | "IfNotPresent" | "Never";
  readonly imagePullSecrets?: readonly string[];
  /** Kubernetes `command` (Compose `entrypoint`). */
  readonly command?: readonly string[];
  /** Kubernetes `args` (Compose `command`). */
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly stdin?: boolean;
  readonly tty?: boolean;
  readonly env: readonly EnvIntent[];
  readonly ports: readonly PortIntent[];
  readonly mounts: readonly MountIntent[];
  readonly health?: HealthIntent;
  readonly resources: ResourcesIntent;
  /** `replicated` Deployment or StatefulSet, `global` DaemonSet, `job` Job, `cron` CronJob. */
  readonly mode: "replicated" | "global" | "job" | "cron";
  /** The input asks for this kind by name (a kompose label). */
  readonly controller?: "Deployment" | "StatefulSet" | "DaemonSet";
  readonly schedule?: string;
  readonly concurrencyPolicy?: "Allow" | "Forbid" | "Replace";
  readonly replicas?: number;
  /** Completions and parallelism of a job. */
  readonly completions?: number;
  readonly backoffLimit?: number;
  readonly autoscale?: AutoscaleIntent;
  readonly restart: "always" | "on-failure" | "never";
  readonly user?: UserIntent;
  readonly supplementalGroups?: readonly number[];
  readonly fsGroup?: number;
  readonly readOnlyRoot?: boolean;
  readonly privileged?: boolean;
  readonly noNewPrivileges?: boolean;
  readonly capabilities: { readonly add: readonly string[]; readonly drop: readonly string[] };
  readonly seccomp?: "unconfined";
  readonly appArmor?: "unconfined" | string;
  readonly hostNetwork?: boolean;
  readonly hostPid?: boolean;
  readonly hostIpc?: boolean;
  readonly sysctls: readonly { readonly name: string; readonly value: string }[];
  readonly stopGraceSeconds?: number;
  readonly hostname?: string;
  readonly domainname?: string;
  readonly extraHosts: readonly { readonly ip: string; readonly hostnames: readonly string[] }[];
  readonly dns?: {
    readonly nameservers: readonly string[];
    readonly searches: readonly string[];
    readonly options: readonly { readonly name: string; readonly value?: string }[];
  };
  readonly dependsOn: readonly {
    readonly workload: string;
    readonly condition: "started" | "healthy" | "completed";
    readonly required: boolean;
  }[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly spreadBy?: readonly string[];
  readonly update?: {
    readonly order: "start-first" | "stop-first";
    readonly parallelism?: number;
    readonly minReadySeconds?: number;
  };
  readonly serviceAccount?: string;
  /** Names other than its own by which the input lets others reach it (network aliases, container_name): more Services. */
  readonly aliases: readonly string[];
  /** Compose networks it stands on; `default` when the input names none; empty for `network_mode: none`. */
  readonly networks: readonly string[];
  /** Host names under which clients from outside reach a port of it, through an Ingress. */
  readonly hosts?: readonly HostIntent[];
  /** Outside addresses it may open connections to. Absent: none but DNS. */
  readonly egress?: readonly {
    readonly cidr: string;
    readonly ports: readonly { readonly port: number; readonly protocol: Protocol }[];
  }[];
}

export type Protocol = "TCP" | "UDP" | "SCTP";

export type EnvIntent =
  | { readonly name: string; readonly value: string }
  /** The value became a reference: key `key` of Secret `secret`. */
  | { readonly name: string; readonly secret: string; readonly key: string };

export interface PortIntent {
  readonly port: number;
  readonly protocol: Protocol;
  readonly name?: string;
  readonly appProtocol?: string;
  /** The port under which the Service offers it; `port` when absent. From `published` in Compose. */
  readonly servicePort?: number;
  /** True for `ports:` (open beyond the application's own edges), false for `expose:`. */
  readonly published: boolean;
  readonly place: Place;
}

export interface HostIntent {
  readonly host: string;
  readonly port: number;
  /** Secret of type kubernetes.io/tls that stands in the namespace. Absent: plain HTTP. */
  readonly tlsSecret?: string;
}

export type MountIntent =
  | {
      readonly kind: "claim";
      readonly volume: string;
      readonly path: string;
      readonly readOnly: boolean;
      readonly subPath?: string;
    }
  | {
      readonly kind: "config";
      readonly config: string;
      readonly key: string;
      readonly path: string;
      readonly mode?: number;
    }
  | {
      readonly kind: "secret";
      readonly secret: string;
      readonly key: string;
      readonly path: string;
      readonly mode?: number;
    }
  | { readonly kind: "empty"; readonly path: string; readonly memory: boolean; readonly sizeBytes?: number }
  /** A path of the node: only what a container cannot do without (it costs Pod Security `privileged`). */
  | { readonly kind: "host"; readonly hostPath: string; readonly path: string; readonly readOnly: boolean };

export interface HealthIntent {
  readonly test: ProbeIntent;
  /** Where the input names another probe for readiness (a kompose label). */
  readonly readiness?: ProbeIntent;
  readonly intervalSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly retries?: number;
  readonly startPeriodSeconds?: number;
  readonly startIntervalSeconds?: number;
}
export type ProbeIntent =
  | { readonly kind: "exec"; readonly command: readonly string[] }
  | { readonly kind: "http"; readonly path: string; readonly port: number }
  | { readonly kind: "tcp"; readonly port: number };

/** CPU in thousandths of a core, memory in bytes. */
export interface ResourcesIntent {
  readonly cpuLimitMilli?: number;
  readonly cpuRequestMilli?: number;
  readonly memoryLimitBytes?: number;
  readonly memoryRequestBytes?: number;
  readonly pids?: number;
}

export interface AutoscaleIntent {
  readonly min: number;
  readonly max: number;
  readonly cpuPercent?: number;
  readonly memoryPercent?: number;
}

export interface UserIntent {
  readonly uid?: number;
  readonly gid?: number;
  /** A name that only the image can resolve. */
  readonly name?: string;
}

/** Text files that are no secret: one ConfigMap. */
export interface ConfigIntent {
  readonly name: string;
  readonly data: Readonly<Record<string, string>>;
  /** Base64. */
  readonly binaryData?: Readonly<Record<string, string>>;
  /** It exists outside the application: it is mounted, not made, and `data` is empty. */
  readonly external?: boolean;
}

/** A Secret that must exist. Its values are never here; `files` names the project file a value would come from. */
export interface SecretIntent {
  readonly name: string;
  readonly keys: readonly SecretKeyIntent[];
}
export interface SecretKeyIntent {
  readonly key: string;
  /** Why it is a reference: `env_file .env.db`, `secrets.db-password`, `interpolated ${DB_PASSWORD}`, `literal that looks like a password`. */
  readonly reason: string;
  readonly place: Place;
  /** Project file that holds the value, if one does. */
  readonly file?: string;
}

export interface VolumeIntent {
  readonly name: string;
  readonly sizeBytes?: number;
  readonly storageClass?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The claim exists outside the application: it is used, not made. */
  readonly external?: boolean;
  readonly place: Place;
}

/** The input shows that `from` opens connections to `to`. */
export interface ConnectionIntent {
  readonly from: string;
  readonly to: string;
  /** Empty: all ports that `to` offers. */
  readonly ports: readonly { readonly port: number; readonly protocol: Protocol }[];
  /** `depends_on`, `links`, `environment DB_HOST`, `nginx.conf names it`… */
  readonly reason: string;
  readonly place: Place;
}

/** What the specialists made of an intent. `objects` is in stable order. */
export interface Authored {
  readonly objects: readonly JsonObject[];
  readonly relaxations: readonly Relaxation[];
  readonly prerequisites: readonly Prerequisite[];
  readonly notes: readonly AuthoringNote[];
}

/** A container that does not pass Pod Security *restricted*, and the smallest thing that keeps it from it. */
export interface Relaxation {
  readonly workload: string;
  readonly container: string;
  /** The level that the whole Pod passes: the namespace needs it. */
  readonly level: "baseline" | "privileged";
  /** Pod Security check, as `capabilities_restricted`. */
  readonly check: string;
  readonly field: string;
  readonly reason: string;
}

/** What its owner must do before the objects can work. */
export interface Prerequisite {
  readonly kind: "secret" | "image" | "volume" | "other";
  readonly subject: string;
  readonly text: string;
  /** A command that does it. No value stands in its arguments. */
  readonly command?: string;
}

/** What a specialist assumed or decided that a reader should know: `image/assumed-user`, … */
export interface AuthoringNote {
  readonly code: string;
  readonly workload?: string;
  readonly message: string;
}
