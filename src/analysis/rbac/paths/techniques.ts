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

/** Resources that techniques ask for beside those that make them worth trying: a step may take rights of several roles. */
const besides: readonly string[] = [
  "certificatesigningrequests",
  "certificatesigningrequests/approval",
  "clusterrolebindings",
  "namespaces",
  "nodes",
  "nodes/status",
  "persistentvolumeclaims",
  "persistentvolumes",
  "pods",
  "pods/eviction",
  "rolebindings",
];

/** Every resource that a technique asks for: roles without any of them are not looked at. */
export const attackResources: ReadonlySet<string> = new Set(
  techniques
    .flatMap(({ resources }) => resources)
    .concat(besides)
    .filter((resource) => resource !== "*"),
);
