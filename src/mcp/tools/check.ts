import { choice, may, record, text } from "../../agent/operations/field.ts";
import { LATEST_MINOR, SUPPORTED_MINORS } from "../../kube/catalogue/catalogue.ts";
import type { CheckArguments } from "../work/check.ts";
import { offsetMember } from "./inputs.ts";
import { type McpTool, reads, tool } from "./tool.ts";

/** Characters of a text that is checked. */
const MAX_MANIFESTS = 256 * 1024;

const versions = SUPPORTED_MINORS.map((minor) => `1.${minor}`);

export const checkTool: McpTool = tool<CheckArguments>({
  name: "check",
  title: "Check Kubernetes objects",
  description:
    "Checks Kubernetes objects offline: what the API server and Pod Security admission would refuse, with file, line and " +
    "path, and what the rules of the project's own kubeops.yaml do not allow. Without manifests it checks the operator's project folder; with manifests it checks that text, which you " +
    "wrote yourself. Values are never shown: a finding names its rule and its place, and explain tells what to do. " +
    "It changes nothing.",
  input: record<CheckArguments>({
    manifests: may(
      text({ what: `a text of at most ${MAX_MANIFESTS} characters`, most: MAX_MANIFESTS }),
      "YAML or JSON of Kubernetes objects that you wrote. Leave it out to check the project folder.",
    ),
    kubeVersion: may(choice(...versions), `Kubernetes version; default 1.${LATEST_MINOR}.`),
    podSecurity: may(
      choice("baseline", "restricted"),
      "Judge every Pod by this level; default: by the labels of the Namespaces.",
    ),
    offset: offsetMember,
  }),
  annotations: reads,
  run: async (args, session) => (await import("../work/check.ts")).check(args, session),
});
