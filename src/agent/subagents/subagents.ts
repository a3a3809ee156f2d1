import { gitops } from "./gitops.ts";
import { manifests } from "./manifests.ts";
import { networking } from "./networking.ts";
import type { Subagent } from "./subagent.ts";

/** The subagents in the order in which they are asked. */
export const subagents: readonly Subagent[] = [manifests, networking, gitops];
