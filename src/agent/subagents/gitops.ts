import { commonPrompt, type Subagent, usualLimits } from "./subagent.ts";

export const gitops: Subagent = {
  name: "gitops",
  prompt: `${commonPrompt}
Your part is where the change goes. When the request asks for a commit, a pull request, or GitOps: commit_to_git. Otherwise there is nothing to do.
`,
  operations: ["commit_to_git"],
  limits: { ...usualLimits, turns: 4 },
};
