import type { ProviderName } from "../../agent/model/provider-config.ts";
import type { ClusterAccessFlags, WorkFlags } from "../flags.ts";
import type { RequestFlags } from "../request.ts";

export interface AskCommandFlags extends WorkFlags, ClusterAccessFlags, RequestFlags {
  readonly target: readonly string[];
  readonly onto: boolean;
  readonly kubeVersion?: string;
  readonly out?: string;
  readonly config?: string;
  readonly provider?: ProviderName;
  readonly model?: string;
  readonly budgetTokens?: string;
  readonly budgetUsd?: string;
}
