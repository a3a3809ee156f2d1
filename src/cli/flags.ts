import type { FlagParametersForType } from "@stricli/core";
import type { CliContext } from "./context.ts";
import type { RequestFlags } from "./request.ts";

/** Flags that several commands share, with the words of kubectl and Terraform. */
export interface OutputFlags {
  readonly output: "text" | "json";
  readonly color: "auto" | "always" | "never";
  readonly quiet: boolean;
}

export interface TrustFlags {
  readonly trustRoot?: string;
  readonly state?: string;
}

export const text = (input: string): string => input;

export const outputFlag = {
  kind: "enum",
  values: ["text", "json"],
  default: "text",
  brief: "Output format",
} as const;

export const colorFlag = {
  kind: "enum",
  values: ["auto", "always", "never"],
  default: "auto",
  brief: "Colours (auto: on a terminal, and not with NO_COLOR)",
} as const;

export const quietFlag = {
  kind: "boolean",
  default: false,
  withNegated: false,
  brief: "No progress, only results",
} as const;

export const trustRootFlag = {
  kind: "parsed",
  parse: (input: string): string => input,
  optional: true,
  placeholder: "folder",
  brief: "Trust root to use instead of /etc/kubeops or ~/.config/kubeops (then advisory)",
} as const;

export const stateFlag = {
  kind: "parsed",
  parse: (input: string): string => input,
  optional: true,
  placeholder: "folder",
  brief: "State folder to use instead of $XDG_STATE_HOME/kubeops",
} as const;

/** How an https repository is reached. Nothing of it is stored, and nothing but the repository's own URL gets it. */
export interface GitAccessFlags {
  readonly gitCredentials?: string;
  readonly gitCa?: string;
}

export const gitCredentialsFlag = {
  kind: "parsed",
  parse: (input: string): string => input,
  optional: true,
  placeholder: "file",
  brief: "File (mode 0600) with a line https://user:token@host for an https repository",
} as const;

export const gitCaFlag = {
  kind: "parsed",
  parse: (input: string): string => input,
  optional: true,
  placeholder: "file",
  brief: "PEM certificates that alone are trusted for an https repository",
} as const;

export const kubeVersionFlag = {
  kind: "parsed",
  parse: (input: string): string => input,
  optional: true,
  placeholder: "1.N",
  brief:
    "Kubernetes version that the objects are for (default: that of the target cluster, or the newest known)",
} as const;

/** Whether a command prints colours. */
export function wantsColor(context: CliContext, flags: Pick<OutputFlags, "color">): boolean {
  if (flags.color !== "auto") return flags.color === "always";
  const noColor = context.env["NO_COLOR"];
  return context.terminal && (noColor === undefined || noColor === "");
}

/** What is asked for, and of which target: the flags of `plan` and `diff`. */
export interface AskFlags extends RequestFlags {
  readonly target: readonly string[];
  readonly kubeVersion?: string;
}

export const requestFlags: FlagParametersForType<AskFlags, CliContext> = {
  filename: {
    kind: "parsed",
    parse: (input: string): string => input,
    optional: true,
    variadic: true,
    placeholder: "path",
    brief: "Compose files (merged in this order), or files and folders of objects, or -; may be given again",
  },
  namespace: {
    kind: "parsed",
    parse: (input: string): string => input,
    optional: true,
    placeholder: "name",
    brief: "Namespace (default: the Compose project's name; for objects: default)",
  },
  target: {
    kind: "parsed",
    parse: (input: string): string => input,
    variadic: true,
    placeholder: "target",
    brief:
      "Where the change goes: git:<path or https URL>[@branch]#folder or cluster:<name>; two targets make two plans",
  },
  prune: {
    kind: "boolean",
    default: false,
    withNegated: false,
    brief:
      "Delete what earlier plans wrote there (in a cluster: in the namespaces of this request) and this request lacks",
  },
  recreate: {
    kind: "boolean",
    default: false,
    withNegated: false,
    brief:
      "In a cluster: delete and make again what cannot be changed, as kubectl replace --force; the charter has to name each object",
  },
  takeOver: {
    kind: "boolean",
    default: false,
    withNegated: false,
    brief:
      "In a cluster: take over what kubectl apply owns of the objects, so that what the request leaves out goes; the charter has to allow it",
  },
  application: {
    kind: "parsed",
    parse: (input: string): string => input,
    optional: true,
    placeholder: "name",
    brief: "Name of the application (default: the Compose project's name)",
  },
  composeProfile: {
    kind: "parsed",
    parse: (input: string): string => input,
    optional: true,
    variadic: true,
    placeholder: "name",
    brief: "Compose profile to switch on; may be given again",
  },
  env: {
    kind: "parsed",
    parse: (input: string): string => input,
    optional: true,
    variadic: true,
    placeholder: "NAME",
    brief: "Variable of the environment that Compose files may read; may be given again",
  },
  kubeVersion: kubeVersionFlag,
};

/** Which credentials lead to a pinned cluster. They never choose the cluster. */
export interface ClusterAccessFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
}

export const clusterAccessFlags: FlagParametersForType<ClusterAccessFlags, CliContext> = {
  kubeconfig: {
    kind: "parsed",
    parse: (input: string): string => input,
    optional: true,
    placeholder: "file",
    brief: "Kubeconfig with credentials for the pinned cluster (default: $KUBECONFIG, then ~/.kube/config)",
  },
  context: {
    kind: "parsed",
    parse: (input: string): string => input,
    optional: true,
    placeholder: "name",
    brief: "Its context (default: the one that leads to the pinned cluster)",
  },
};

/** What every command takes that works on a plan at its target. */
export interface WorkFlags extends OutputFlags, TrustFlags, GitAccessFlags {}

export const workFlags: FlagParametersForType<WorkFlags, CliContext> = {
  gitCredentials: gitCredentialsFlag,
  gitCa: gitCaFlag,
  trustRoot: trustRootFlag,
  state: stateFlag,
  output: outputFlag,
  color: colorFlag,
  quiet: quietFlag,
};
