import type { ImageReference } from "../images/image-reference.ts";
import type { KnownImage } from "../images/known-image.ts";
import type { ApplicationIntent, Protocol, VolumeIntent, WorkloadIntent } from "../intent/intent.ts";
import type { Ledger } from "./ledger.ts";

export type WorkloadKind = "Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "CronJob";

/** A workload as every specialist sees it: the intent, and what was decided about it once. */
export interface Workload {
  readonly intent: WorkloadIntent;
  readonly kind: WorkloadKind;
  /** Name of the object; the intent's name unless its kind allows fewer characters. */
  readonly objectName: string;
  readonly image: ImageReference;
  readonly known: KnownImage | undefined;
  readonly user: ResolvedUser;
  /** Sorted by number and protocol. */
  readonly ports: readonly OfferedPort[];
  /** Ports by which the container is probed and that it does not offer to others. */
  readonly probePorts: readonly number[];
  readonly claims: readonly Claim[];
  /** More than one Pod at a time by intent. */
  readonly several: boolean;
}

export interface ResolvedUser {
  readonly uid: number;
  /** Absent: the image decides, as Docker does where the input names a user alone. */
  readonly gid?: number;
  /** The input asks for root. */
  readonly root: boolean;
}

/** A port that others may connect to. */
export interface OfferedPort {
  readonly port: number;
  readonly protocol: Protocol;
  /** IANA service name, unique in the Pod. */
  readonly name: string;
  readonly appProtocol?: string;
  readonly published: boolean;
  /** Further numbers under which the Service offers it. */
  readonly servicePorts: readonly number[];
  /** `input`: the file lists it; `connection`: another workload opens it; `image`: the image is known to listen on it. */
  readonly origin: "input" | "connection" | "image";
}

/** A volume that a workload mounts, and how it comes to be. */
export interface Claim {
  readonly volume: VolumeIntent;
  /** A claim template of the StatefulSet, or a claim of its own that the Pod names. */
  readonly how: "template" | "claim";
  /** Used by more than one Pod. */
  readonly shared: boolean;
}

/** What all specialists work with. */
export interface Application {
  /** With at most one mount a path. */
  readonly intent: ApplicationIntent;
  /** Sorted by name. */
  readonly workloads: readonly Workload[];
  readonly byName: ReadonlyMap<string, Workload>;
  readonly edges: readonly Edge[];
  /** The namespace is a shared one of every cluster: neither made nor closed as a whole. */
  readonly sharedNamespace: boolean;
  readonly ledger: Ledger;
}

/** A connection that the objects allow. No ports: all ports, since none is known. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly ports: readonly { readonly port: number; readonly protocol: Protocol }[];
}
