import { buildCommand, type Command } from "@stricli/core";
import type { CliContext } from "../context.ts";
import {
  checkConfigFlag,
  colorFlag,
  filenameFlag,
  filenameWords,
  kubeVersionFlag,
  profileFlag,
  quietFlag,
  switchFlag,
  textFlag,
  textsFlag,
} from "../flags.ts";
import type { CheckFlags } from "./check.impl.ts";

export const checkCommand: Command<CliContext> = buildCommand<CheckFlags, string[], CliContext>({
  loader: async () => (await import("./check.impl.ts")).check,
  parameters: {
    flags: {
      filename: filenameFlag,
      against: textsFlag(
        "path",
        "Files or folders as they stand: also say which changes the API server would refuse as updates; may be given again",
      ),
      kubeVersion: kubeVersionFlag,
      upgradeTo: textsFlag(
        "1.N",
        "Also say what an upgrade to this Kubernetes version breaks or changes, from --kube-version on (default: the minor before); product=1.N names the release of another product; may be given again",
      ),
      podSecurity: {
        kind: "enum",
        values: ["baseline", "restricted"],
        optional: true,
        brief:
          "Judge every Pod by this Pod Security level: what enforcing it would break (default: by the labels of the Namespaces in the input)",
      },
      profile: profileFlag,
      values: textsFlag(
        "file",
        "Values for the Helm charts that are named, above their own; may be given again, the last one wins",
      ),
      set: textsFlag(
        "key=value",
        "A value for the Helm charts that are named, as helm --set; may be given again",
      ),
      release: textFlag(
        "name",
        "Name of the release that the charts are rendered for (default: release-name)",
      ),
      namespace: textFlag("name", "Namespace that the charts are rendered for (default: default)"),
      config: checkConfigFlag,
      baseline: textFlag("file", "Count only findings that this file does not know"),
      writeBaseline: textFlag("file", "Write the findings of today to a file for --baseline"),
      listChecks: switchFlag("List every check instead of checking"),
      testRules: switchFlag("Run the tests of the rules in kubeops.yaml instead of checking"),
      output: {
        kind: "enum",
        values: ["text", "json", "sarif", "junit", "github", "gitlab"],
        default: "text",
        brief: "Output format",
      },
      failOn: {
        kind: "enum",
        values: ["error", "warning", "info"],
        default: "error",
        brief: "Lowest severity that makes exit code 1",
      },
      color: colorFlag,
      quiet: quietFlag,
    },
    aliases: { f: "filename", n: "namespace", o: "output", q: "quiet" },
    positional: filenameWords,
  },
  docs: {
    brief: "Check Kubernetes objects: what the API server and Pod Security would refuse, and where",
    fullDescription:
      "Reads objects as the API server reads them and reports what it and Pod Security admission would refuse, with file, line and column. Offline. A folder with a kustomization that is named itself is built, without kustomize and without a network. A Helm chart that is named itself, a folder or an archive (chart-1.2.3.tgz), is rendered by the helm on PATH, without plug-ins, network or cluster. Of those that are met in a folder the command is named that renders them, and the files of a kustomization are read as they stand. Rules of one's own, in CEL, stand in kubeops.yaml; --test-rules runs their tests.",
  },
});
