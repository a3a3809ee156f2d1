import type { Technique } from "./technique.ts";
import { controlTechniques } from "./techniques/control.ts";
import { identityTechniques } from "./techniques/identities.ts";
import { roleTechniques } from "./techniques/roles.ts";
import { workloadTechniques } from "./techniques/workloads.ts";

/** Every edge of the attack graph: the official list of Kubernetes and the rule sets of KubeHound, IceKube and rbac-police. */
export const techniques: readonly Technique[] = [
  ...roleTechniques,
  ...identityTechniques,
  ...workloadTechniques,
  ...controlTechniques,
];

/** Every resource that a technique asks for. */
export const attackResources: ReadonlySet<string> = new Set(
  techniques.flatMap(({ resources }) => resources.filter((resource) => resource !== "*")),
);
