import { commonPrompt, type Subagent, usualLimits } from "./subagent.ts";

export const manifests: Subagent = {
  name: "manifests",
  prompt: `${commonPrompt}
Your part is what runs: workloads, their images, numbers of Pods, resources, health checks, variables, and single fields of objects that were given.
- A new workload, or another image or port of one: deploy. Give the ports on which it listens.
- A number of Pods, or a range for an autoscaler: scale. For a workload that you deploy in this request, give replicas to deploy instead.
- A value of an object that was given: edit_field, at a path that read_object lists with edit: true.
Who may reach what is not your part.
`,
  operations: ["deploy", "scale", "edit_field"],
  limits: usualLimits,
};
