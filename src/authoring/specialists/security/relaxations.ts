import {
  type PodSecurityLevel,
  podSecurityLevelOf,
  type PodSecurityViolation,
  podSecurityViolations,
} from "../../../analysis/checks/pod-security/pod-security.ts";
import { SUPPORTED_MINORS } from "../../../kube/catalogue/catalogue.ts";
import { type JsonObject, pathText } from "../../../kube/json.ts";
import type { Relaxation } from "../../intent/intent.ts";
import type { Workload } from "../workload.ts";

export interface Relaxed {
  readonly relaxations: readonly Relaxation[];
  /** What the namespace must enforce at most. */
  readonly level: PodSecurityLevel;
}

const weakness: Readonly<Record<PodSecurityLevel, number>> = { restricted: 0, baseline: 1, privileged: 2 };

/**
 * What keeps the Pods from *restricted*, found by the very check that judges plans and not by what authoring believes it
 * wrote. The namespace follows `latest` of whatever cluster it lands on, so every supported minor version is asked.
 */
export function relaxationsOf(objects: ReadonlyMap<Workload, JsonObject>): Relaxed {
  let level: PodSecurityLevel = "restricted";
  const relaxations: Relaxation[] = [];
  for (const [workload, object] of objects) {
    const found = violationsOf(object);
    if (found.size === 0) continue;
    const needed = weakest(SUPPORTED_MINORS.map((minor) => podSecurityLevelOf(object, minor)));
    level = weakest([level, needed]);
    for (const [check, { violation, minors }] of [...found].sort(([left], [right]) =>
      left < right ? -1 : 1,
    ))
      relaxations.push({
        workload: workload.intent.name,
        container: violation.container ?? workload.intent.name,
        // A Pod that fails restricted only is at baseline.
        level: needed === "privileged" ? "privileged" : "baseline",
        check,
        field: violation.paths[0] === undefined ? "" : pathText(violation.paths[0]),
        reason: `${violation.reason} (${violation.detail})${askedBy(check, workload)}${since(minors)}`,
      });
  }
  return { relaxations, level };
}

function weakest(levels: readonly PodSecurityLevel[]): PodSecurityLevel {
  return levels.reduce((left, right) => (weakness[left] >= weakness[right] ? left : right), "restricted");
}

function violationsOf(
  object: JsonObject,
): Map<string, { violation: PodSecurityViolation; minors: readonly number[] }> {
  const found = new Map<string, { violation: PodSecurityViolation; minors: number[] }>();
  for (const minor of SUPPORTED_MINORS)
    for (const violation of podSecurityViolations(object, "restricted", minor)) {
      const entry = found.get(violation.check) ?? { violation, minors: [] };
      entry.minors.push(minor);
      found.set(violation.check, entry);
    }
  return found;
}

function since(minors: readonly number[]): string {
  return minors.length === SUPPORTED_MINORS.length
    ? ""
    : `; on Kubernetes ${minors.map((minor) => `1.${minor}`).join(", ")}`;
}

type Cause = (workload: Workload) => string | undefined;

/** What of the input asks for it, by check. */
const causes: ReadonlyMap<string, Cause> = new Map<string, Cause>([
  ["runAsNonRoot", ({ user }) => (user.root ? "user: root" : undefined)],
  ["runAsUser", ({ user }) => (user.root ? "user: root" : undefined)],
  [
    "allowPrivilegeEscalation",
    ({ intent }) => (intent.privileged === true ? "privileged: true" : "no-new-privileges: false"),
  ],
  ["privileged", () => "privileged: true"],
  ["capabilities_baseline", ({ intent }) => `cap_add: [${intent.capabilities.add.join(", ")}]`],
  ["capabilities_restricted", ({ intent }) => `cap_add: [${intent.capabilities.add.join(", ")}]`],
  ["hostNamespaces", () => "the namespaces of the node"],
  ["hostPorts", () => "the network of the node"],
  ["hostPathVolumes", hostPaths],
  ["restrictedVolumes", hostPaths],
  ["seccompProfile_baseline", () => "seccomp: unconfined"],
  ["seccompProfile_restricted", () => "seccomp: unconfined"],
  ["appArmorProfile", () => "apparmor: unconfined"],
  ["sysctls", () => "sysctls"],
]);

function hostPaths({ intent }: Workload): string {
  const paths = intent.mounts.flatMap((mount) => (mount.kind === "host" ? [mount.hostPath] : []));
  return `the node's ${paths.join(", ")}`;
}

function askedBy(check: string, workload: Workload): string {
  const cause = causes.get(check)?.(workload);
  return cause === undefined ? "" : `; the input asks for ${cause}`;
}
