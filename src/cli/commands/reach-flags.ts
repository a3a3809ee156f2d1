import type { ClusterAccessFlags } from "../flags.ts";

export interface ReachFlags extends ClusterAccessFlags {
  readonly filename?: readonly string[];
  readonly exposed: boolean;
  readonly diff: boolean;
  readonly future: boolean;
  readonly compare: boolean;
  readonly redundant: boolean;
  readonly coverage: boolean;
  readonly assert?: string;
  readonly synthesise: boolean;
  readonly flows?: string;
  readonly map: boolean;
  readonly out?: string;
  readonly full: boolean;
  readonly networkPlugin: "generic" | "calico" | "cilium" | "ovn-kubernetes" | "no-end-port" | "none";
  readonly output: "text" | "json" | "csv" | "md" | "dot" | "svg" | "html";
  readonly color: "auto" | "always" | "never";
  readonly quiet: boolean;
}
