import { buildCommand, type Command } from "@stricli/core";
import type { CliContext } from "../context.ts";
import {
  clusterAccessFlags,
  colorFlag,
  filenameFlag,
  quietFlag,
  switchFlag,
  text,
  textFlag,
} from "../flags.ts";
import type { ReachFlags } from "./reach-flags.ts";

export const reachCommand: Command<CliContext> = buildCommand<ReachFlags, string[], CliContext>({
  loader: async () => (await import("./reach.impl.ts")).reach,
  parameters: {
    flags: {
      filename: filenameFlag,
      exposed: switchFlag(
        "What is open to the internet, to other namespaces and to pods that do not exist yet",
      ),
      diff: switchFlag("Compare two states: reach --diff before/ after/"),
      future: switchFlag("With --diff: look at pods that do not exist yet, too"),
      compare: switchFlag(
        "Two sets of policies: is what the second lets through equal, contained, more, or neither? Objects of -f belong to both",
      ),
      redundant: switchFlag("Policies and rules that nobody would miss, and those that match nobody"),
      coverage: switchFlag("Is every pod isolated by some policy, for ingress and for egress?"),
      assert: textFlag("file", "Judge what must and must not be possible (kind: ReachAssertions)"),
      synthesise: switchFlag("Write the least policies for what the workloads declare that they need"),
      flows: textFlag("file", "With --synthesise: flows that were seen or are wanted, as JSON"),
      map: switchFlag("A picture to zoom and search, in one HTML file (the same as -o html)"),
      out: textFlag("file", "Write the result there"),
      full: switchFlag("Every workload by itself instead of groups that policies do not tell apart"),
      networkPlugin: {
        kind: "enum",
        values: ["generic", "calico", "cilium", "ovn-kubernetes", "no-end-port", "none"],
        default: "generic",
        brief: "What the network plugin does where Kubernetes leaves it open",
      },
      output: {
        kind: "enum",
        values: ["text", "json", "csv", "md", "dot", "svg", "html"],
        default: "text",
        brief: "Output format",
      },
      ...clusterAccessFlags,
      color: colorFlag,
      quiet: quietFlag,
    },
    aliases: { f: "filename", o: "output", q: "quiet" },
    positional: {
      kind: "array",
      parameter: {
        brief:
          "FROM and TO[:PORT], each NAMESPACE/[KIND/]NAME, internet, a CIDR block, new or new:NAMESPACE; with --diff and --compare two paths",
        parse: text,
        placeholder: "end",
      },
    },
  },
  docs: {
    brief: "Show who can talk to whom, and why: the reachability that network policies leave",
    fullDescription:
      "Reads workloads, namespaces, Services, ways in and network policies of every known kind from files, or from a cluster with --kubeconfig. Without ends it prints who reaches whom; with two ends it answers yes or no (exit code 0 or 1) and says which rules decide on each side. Exit code 2 where a policy is one that the API server would refuse.",
  },
});
