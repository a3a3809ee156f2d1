import { buildCommand, type Command } from "@stricli/core";
import type { CliContext } from "../context.ts";
import { checkConfigFlag, colorFlag, outputFlag, switchFlag, text, textFlag } from "../flags.ts";
import type { ExplainFlags } from "./explain.impl.ts";

export const explainCommand: Command<CliContext> = buildCommand<ExplainFlags, [string], CliContext>({
  loader: async () => (await import("./explain.impl.ts")).explain,
  parameters: {
    flags: {
      kubeVersion: textFlag("1.N", "Kubernetes version whose fields are told (default: the newest known)"),
      apiVersion: textFlag(
        "group/version",
        "API version of the kind (default: the newest stable one that is served)",
      ),
      recursive: switchFlag("List the fields of fields too, names and types only"),
      config: checkConfigFlag,
      output: outputFlag,
      color: colorFlag,
    },
    aliases: { o: "output" },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "A kind and a path of fields, or the id of a check, ours, your own or another tool's",
          parse: text,
          placeholder: "kind.field.field | family/check | tool:check",
        },
      ],
    },
  },
  docs: {
    brief: "Explain a field of a kind, a check, or a check of another tool",
    fullDescription:
      "Tells the type, the values, the default and the description of a field, and the fields in it, for the Kubernetes version that is asked for: as kubectl explain does, without a cluster. Custom resources are explained when their definition was added by kubeops schemas add. With the id of a check, e.g. backdoor/clusterrolebinding-mimics-system, it tells the rule, why it is one, what to do, where it comes from, an example, and what the same check is called in kube-linter, kube-score, polaris, trivy, kubescape, checkov, KICS and kubesec. With the id of a check of these, e.g. CKV_K8S_20 or kube-linter:run-as-non-root, it names ours. Rules of one's own in kubeops.yaml are told with their tests as examples.",
  },
});
