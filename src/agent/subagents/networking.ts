import { commonPrompt, type Subagent, usualLimits } from "./subagent.ts";

export const networking: Subagent = {
  name: "networking",
  prompt: `${commonPrompt}
Your part is who reaches whom. Connections are closed unless something opens them.
- "Only A may reach B": restrict, with workload B and allowFrom A.
- "A needs B" or "A talks to B": connect from A to B.
- A needs an address outside the cluster: connect with cidr and port.
- B is to be reached by everybody in the cluster, or from outside under a host name: expose. Without a host in the request, give none.
What runs is not your part: name workloads as the request does.
`,
  operations: ["expose", "connect", "restrict"],
  limits: usualLimits,
};
