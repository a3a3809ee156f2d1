import { buildCommand, type Command } from "@stricli/core";
import type { CliContext } from "../context.ts";
import {
  colorFlag,
  kubeVersionFlag,
  outputFlag,
  quietFlag,
  switchFlag,
  text,
  textFlag,
  textsFlag,
} from "../flags.ts";
import type { CanFlags } from "./can/flags.ts";

export const canCommand: Command<CliContext> = buildCommand<CanFlags, string[], CliContext>({
  loader: async () => (await import("./can.impl.ts")).can,
  parameters: {
    flags: {
      list: switchFlag("Everything that SUBJECT can do, with the role and binding that give it"),
      who: switchFlag("Who can do it: VERB TYPE[/NAME]"),
      paths: switchFlag("Attack paths of SUBJECT, with the rights that each step takes and how to cut it"),
      to: textFlag(
        "goal",
        "What paths lead to: cluster-admin (default), node, secrets, secrets:NS, namespace:NS, traffic, a subject",
      ),
      diff: switchFlag(
        "Who gains and loses what between BEFORE and AFTER, and which attack paths open and close",
      ),
      atoms: switchFlag("With --diff: every single right, beside the plain words"),
      least: switchFlag(
        "The least roles that SUBJECT needs: for an audit log, a plan, or a job such as 'deploys to shop'",
      ),
      subject: textFlag("subject", "With --least: whose requests, and whom the roles are for"),
      name: textFlag("name", "With --least: name of the roles and bindings"),
      denied: switchFlag("With --least: take requests in that were refused"),
      anyName: switchFlag("With --least: every object of a kind, not only those that were named"),
      filename: textsFlag(
        "path",
        "Roles, bindings and what they stand in: file, folder, glob or -; may be given again",
      ),
      namespace: textFlag("name", "Namespace of the request (default: default)"),
      allNamespaces: switchFlag("In all namespaces at once"),
      subresource: textFlag("name", "Subresource: exec, log, status, scale, …"),
      asGroup: textsFlag("name", "A group that the user is in as well; may be given again"),
      builtin: {
        kind: "boolean",
        default: true,
        withNegated: true,
        brief:
          "Take the roles and bindings that Kubernetes makes itself to be there, unless the input has its own",
      },
      kubeVersion: kubeVersionFlag,
      kubeconfig: textFlag("file", "Ask about the live cluster of this kubeconfig; reads only"),
      context: textFlag(
        "name",
        "Its context; with the kubeconfig of $KUBECONFIG or ~/.kube/config when none is named",
      ),
      verify: switchFlag(
        "Ask the API server the same by a SubjectAccessReview, and fail where it answers otherwise",
      ),
      output: outputFlag,
      color: colorFlag,
      quiet: quietFlag,
    },
    aliases: { f: "filename", n: "namespace", A: "allNamespaces", o: "output", q: "quiet" },
    positional: {
      kind: "array",
      parameter: {
        brief: "SUBJECT VERB TYPE[/NAME] or SUBJECT VERB /path: user:NAME, group:NAME, sa:NAMESPACE/NAME",
        parse: text,
        placeholder: "word",
      },
    },
  },
  docs: {
    brief: "Who can do what, and through which role and binding: from files or a live cluster",
    fullDescription:
      "Answers as the API server would, with the rule and the binding that decide. Exit code 0 for yes, 1 for no. Words after -f are read as in kubectl auth can-i; where NAME is also a subresource of TYPE (pods/exec) it asks which is meant. Files are read offline; with --kubeconfig or --context the live roles and bindings are read.",
  },
});
