import { objectKey } from "../../../kube/object-key.ts";
import { podTemplateOf } from "../../../kube/pod-template.ts";
import { printable } from "../../../kube/printable.ts";
import type { Severity } from "../../../kube/problem.ts";
import type { ObjectKey, ReadObject } from "../../../kube/read-object.ts";
import type { Finding } from "../../findings/finding.ts";
import { type LevelAt, MODES, namespacePolicies, type PodSecurityMode } from "./namespace-policy.ts";
import { podSecurityViolations, type PodSecurityViolation } from "./pod-security.ts";
import { podSecurityCode } from "./rules.ts";

/** A level that is asked of every Pod, or what the labels of the Namespaces among the objects ask. */
export type PodSecurityAsked = "baseline" | "restricted" | "labels";

const severities: Readonly<Record<PodSecurityMode, Severity>> = {
  enforce: "error",
  warn: "warning",
  audit: "info",
};

/** The namespace into which an object goes that names none. */
const DEFAULT_NAMESPACE = "default";

/**
 * What Pod Security admission would refuse (error), warn of (warning) and write into the audit log (info): one finding a
 * check and object, at its first offending value, with the others as related places; where a value is missing, at the
 * container. Admission refuses Pods; a workload is taken, and its Pods refused, which is an error here too. A violation is
 * told once, by its severest mode.
 */
export function podSecurityFindings(
  objects: readonly ReadObject[],
  asked: PodSecurityAsked,
  minor: number,
): readonly Finding[] {
  const { policies, findings } = namespacePolicies(objects);
  const found = [...findings];
  if (asked === "labels" && policies.size === 0) return found;
  for (const read of objects) {
    if (podTemplateOf(read.object) === undefined) continue;
    const key = objectKey(read.object);
    const policy =
      asked === "labels"
        ? policies.get(key.namespace === "" ? DEFAULT_NAMESPACE : key.namespace)
        : { enforce: { level: asked, version: "latest" as const } };
    const told = new Set<string>();
    for (const mode of MODES) {
      const at = policy?.[mode];
      if (at === undefined) continue;
      const version = at.version === "latest" ? minor : at.version;
      for (const violation of podSecurityViolations(read.object, at.level, version)) {
        if (told.has(violation.check)) continue;
        told.add(violation.check);
        found.push(findingOf(read, key, violation, { mode, at, labelled: asked === "labels", minor }));
      }
    }
  }
  return found;
}

interface Ruling {
  readonly mode: PodSecurityMode;
  readonly at: LevelAt;
  /** A label asks it, not the user. */
  readonly labelled: boolean;
  readonly minor: number;
}

function findingOf(
  read: ReadObject,
  key: ObjectKey,
  violation: PodSecurityViolation,
  ruling: Ruling,
): Finding {
  const { mode, at, labelled, minor } = ruling;
  const [first = [], ...others] = violation.paths;
  const version = at.version === "latest" ? `v1.${minor}` : `v1.${at.version}`;
  const who = key.kind === "Pod" ? "violates" : "Pods of it violate";
  const hint = labelled
    ? `namespace ${printable(key.namespace === "" ? DEFAULT_NAMESPACE : key.namespace)} ${consequence(mode, key)}`
    : undefined;
  return {
    code: podSecurityCode(violation.check),
    severity: severities[mode],
    message: `${who} PodSecurity "${at.level}:${version}": ${violation.reason} (${printable(violation.detail)})`,
    place: read.places.value(first),
    path: [...read.path, ...first],
    object: key,
    ...(hint === undefined ? {} : { hint }),
    ...(others.length === 0
      ? {}
      : {
          related: others.map((path) => ({
            place: read.places.value(path),
            path: [...read.path, ...path],
          })),
        }),
  };
}

function consequence(mode: PodSecurityMode, { kind }: ObjectKey): string {
  if (mode === "audit") return "writes it into the audit log";
  if (mode === "warn") return "warns of it";
  return kind === "Pod" ? "refuses the Pod" : `takes the ${printable(kind)} and refuses every Pod of it`;
}
