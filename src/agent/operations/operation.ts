/**
 * The whole language of a model: typed operations, nothing else. None names a cluster, a namespace, a repository, a file, a
 * flag or a command: those are the person's to say. Every text but the rationale is of a grammar.
 */
export type Operation =
  | DeployOperation
  | ExposeOperation
  | ConnectOperation
  | RestrictOperation
  | ScaleOperation
  | EditFieldOperation
  | CommitToGitOperation;

export type OperationKind = Operation["kind"];

interface OperationBase {
  /** Prose of the model, for people only: it is shown fenced and escaped, and nothing is ever derived from it. */
  readonly rationale?: string;
}

/** A workload of one container, or another image, size or port for one of the same name. */
export interface DeployOperation extends OperationBase {
  readonly kind: "deploy";
  readonly name: string;
  readonly image: string;
  readonly replicas?: number;
  readonly ports?: readonly PortArgument[];
  readonly cpuRequest?: string;
  readonly memoryRequest?: string;
  readonly cpuLimit?: string;
  readonly memoryLimit?: string;
  readonly health?: HealthArgument;
  /** Words, numbers and host names; a credential is refused. */
  readonly settings?: readonly SettingArgument[];
  readonly secrets?: readonly SecretArgument[];
}

export interface PortArgument {
  readonly port: number;
  readonly protocol?: "TCP" | "UDP";
}

/** An HTTP path, or no path: then the port must accept connections. */
export interface HealthArgument {
  readonly port: number;
  readonly path?: string;
}

export interface SettingArgument {
  readonly name: string;
  readonly value: string;
}

/** A variable whose value stands under a key of a Secret that its owner makes. */
export interface SecretArgument {
  readonly variable: string;
  readonly secret: string;
  readonly key: string;
}

/** A port for every Pod of the cluster; with a host also from outside, through an Ingress. */
export interface ExposeOperation extends OperationBase {
  readonly kind: "expose";
  readonly workload: string;
  readonly port: number;
  readonly host?: string;
  /** Secret of type kubernetes.io/tls, by name. */
  readonly tlsSecret?: string;
}

/** Lets one workload open connections to another, or to addresses outside: one of `to` and `cidr`. */
export interface ConnectOperation extends OperationBase {
  readonly kind: "connect";
  readonly from: string;
  readonly to?: string;
  readonly cidr?: string;
  readonly port?: number;
  readonly protocol?: "TCP" | "UDP";
}

/** Only these workloads may connect to it; none: nobody. */
export interface RestrictOperation extends OperationBase {
  readonly kind: "restrict";
  readonly workload: string;
  readonly allowFrom: readonly string[];
}

/** A fixed number of Pods, or a range for an autoscaler: `replicas`, or `min` and `max`. */
export interface ScaleOperation extends OperationBase {
  readonly kind: "scale";
  readonly workload: string;
  readonly replicas?: number;
  readonly min?: number;
  readonly max?: number;
  readonly cpuPercent?: number;
}

/** One value of an object that the person gave, at a path that the projection shows as one that may be edited. */
export interface EditFieldOperation extends OperationBase {
  readonly kind: "edit_field";
  readonly objectKind: string;
  readonly objectName: string;
  /** Members by name, items of lists as `[name=web]` or `[0]`. */
  readonly path: readonly string[];
  readonly value: string | number | boolean;
}

/** The change is to go to the Git target that the person named. It chooses nothing. */
export interface CommitToGitOperation extends OperationBase {
  readonly kind: "commit_to_git";
}
