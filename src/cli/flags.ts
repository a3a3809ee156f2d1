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

export interface SwitchFlag {
  readonly kind: "boolean";
  readonly default: false;
  readonly withNegated: false;
  readonly brief: string;
}

export interface TextFlag {
  readonly kind: "parsed";
  readonly parse: (input: string) => string;
  readonly optional: true;
  readonly placeholder: string;
  readonly brief: string;
}

export interface TextsFlag extends TextFlag {
  readonly variadic: true;
}

/** A switch that is off unless it is given. */
export function switchFlag(brief: string): SwitchFlag {
  return { kind: "boolean", default: false, withNegated: false, brief };
}

/** A flag with a text, which may be left out. */
export function textFlag(placeholder: string, brief: string): TextFlag {
  return { kind: "parsed", parse: text, optional: true, placeholder, brief };
}

/** The same, and it may be given again. */
export function textsFlag(placeholder: string, brief: string): TextsFlag {
  return { ...textFlag(placeholder, brief), variadic: true };
}

/** Objects to read; commands that take it take the same as positional words. */
export const filenameFlag: TextsFlag = textsFlag(
  "path",
  "File, folder, glob, or - for standard input; may be given again",
);

/** Positional words that are the same as --filename. */
export const filenameWords: {
  readonly kind: "array";
  readonly parameter: Readonly<Record<"brief" | "placeholder", string>> & Pick<TextFlag, "parse">;
} = {
  kind: "array",
  parameter: { brief: "The same as -f", parse: text, placeholder: "path" },
};

export const outFlag: TextFlag = textFlag("file", "Also write the plan to this file");

export const ontoFlag: SwitchFlag = switchFlag("Move the branch itself instead of making kubeops/<digest>");

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

export const quietFlag: SwitchFlag = switchFlag("No progress, only results");

export const trustRootFlag: TextFlag = textFlag(
  "folder",
  "Trust root to use instead of /etc/kubeops or ~/.config/kubeops (then advisory)",
);

export const stateFlag: TextFlag = textFlag(
  "folder",
  "State folder to use instead of $XDG_STATE_HOME/kubeops",
);

/** How an https repository is reached. Nothing of it is stored, and nothing but the repository's own URL gets it. */
export interface GitAccessFlags {
  readonly gitCredentials?: string;
  readonly gitCa?: string;
}

export const gitCredentialsFlag: TextFlag = textFlag(
  "file",
  "File (mode 0600) with a line https://user:token@host for an https repository",
);

export const gitCaFlag: TextFlag = textFlag(
  "file",
  "PEM certificates that alone are trusted for an https repository",
);

export const kubeVersionFlag: TextFlag = textFlag(
  "1.N",
  "Kubernetes version that the objects are for (default: that of the target cluster, or the newest known)",
);

/** Practices to judge by. */
export const profileFlag = {
  kind: "enum",
  values: ["default", "baseline", "restricted", "production", "nsa", "cis", "all", "none"],
  optional: true,
  brief: "Practices to judge by: a quiet default, a guide, or none (default: what kubeops.yaml says)",
} as const;

export const checkConfigFlag: TextFlag = textFlag(
  "file",
  "Settings of the checks (default: kubeops.yaml in the working folder, where there is one)",
);

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
  filename: textsFlag(
    "path",
    "Compose files (merged in this order), or files and folders of objects, or -; may be given again",
  ),
  namespace: textFlag("name", "Namespace (default: the Compose project's name; for objects: default)"),
  target: {
    kind: "parsed",
    parse: text,
    variadic: true,
    placeholder: "target",
    brief:
      "Where the change goes: git:<path or https URL>[@branch]#folder or cluster:<name>; two targets make two plans",
  },
  prune: switchFlag(
    "Delete what earlier plans wrote there (in a cluster: in the namespaces of this request) and this request lacks",
  ),
  recreate: switchFlag(
    "In a cluster: delete and make again what cannot be changed, as kubectl replace --force; the charter has to name each object",
  ),
  takeOver: switchFlag(
    "In a cluster: take over what kubectl apply owns of the objects, so that what the request leaves out goes; the charter has to allow it",
  ),
  application: textFlag("name", "Name of the application (default: the Compose project's name)"),
  composeProfile: textsFlag("name", "Compose profile to switch on; may be given again"),
  env: textsFlag("NAME", "Variable of the environment that Compose files may read; may be given again"),
  kubeVersion: kubeVersionFlag,
};

export const planConfigFlag: TextFlag = textFlag(
  "file",
  "Settings whose rules judge the plan, too (default: kubeops.yaml in the working folder, where there is one)",
);

/** Which credentials lead to a pinned cluster. They never choose the cluster. */
export interface ClusterAccessFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
}

export const clusterAccessFlags: FlagParametersForType<ClusterAccessFlags, CliContext> = {
  kubeconfig: textFlag(
    "file",
    "Kubeconfig with credentials for the pinned cluster (default: $KUBECONFIG, then ~/.kube/config)",
  ),
  context: textFlag("name", "Its context (default: the one that leads to the pinned cluster)"),
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
