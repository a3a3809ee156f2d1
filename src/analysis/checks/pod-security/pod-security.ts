import type { JsonObject, JsonPath } from "../../../kube/json.ts";
import type { PodCheck } from "./baseline-checks.ts";
import { type CheckRow, checks } from "./check-table.ts";
import { type PodView, podViewOf } from "./pod-view.ts";

export type PodSecurityLevel = "privileged" | "baseline" | "restricted";

/** One check of the Pod Security Standards that an object fails, in the words of Pod Security admission. */
export interface PodSecurityViolation {
  /** Id of the check upstream, e.g. `runAsNonRoot`. */
  readonly check: string;
  readonly level: "baseline" | "restricted";
  readonly reason: string;
  readonly detail: string;
  /** Every offending value inside the object; the container where a value is missing. */
  readonly paths: readonly JsonPath[];
  /** Container name, when one container alone is to blame. */
  readonly container?: string;
}

interface ResolvedCheck {
  readonly id: string;
  readonly level: "baseline" | "restricted";
  readonly run: PodCheck;
}

const newest = Math.max(...checks.flatMap((check) => check.versions.map((version) => version.from)));
const resolved = new Map<string, readonly ResolvedCheck[]>();

/**
 * What of an object's Pod template fails a level of the Pod Security Standards of Kubernetes 1.`minor`: the verdict and
 * the texts of Pod Security admission, after the server's defaults. Empty for the level `privileged` and for objects
 * without a Pod template. A minor above the newest rules uses the newest. Whether the object is well-formed is another
 * check's question: lists and mappings of a wrong type are passed over.
 */
export function podSecurityViolations(
  object: JsonObject,
  level: PodSecurityLevel,
  minor: number,
): readonly PodSecurityViolation[] {
  const pod = level === "privileged" ? undefined : podViewOf(object);
  return pod === undefined ? [] : violations(pod, resolve(level, minor));
}

/** The strictest level that an object passes; `restricted` for objects without a Pod template. */
export function podSecurityLevelOf(object: JsonObject, minor: number): PodSecurityLevel {
  const pod = podViewOf(object);
  if (pod === undefined || violations(pod, resolve("restricted", minor)).length === 0) return "restricted";
  return violations(pod, resolve("baseline", minor)).length === 0 ? "baseline" : "privileged";
}

function violations(pod: PodView, asked: readonly ResolvedCheck[]): readonly PodSecurityViolation[] {
  const found: PodSecurityViolation[] = [];
  for (const { id, level, run } of asked) {
    const fault = run(pod);
    if (fault !== undefined) found.push({ check: id, level, ...fault });
  }
  return found;
}

/** The checks of a level at a version, once for each (policy/registry.go, populate). */
function resolve(level: PodSecurityLevel, minor: number): readonly ResolvedCheck[] {
  // Not a number means not known: the newest rules.
  const version = Number.isNaN(minor) ? newest : Math.min(Math.max(Math.trunc(minor), 0), newest);
  const key = `${level}/${version}`;
  const known = resolved.get(key);
  if (known !== undefined) return known;
  const rows = checks.filter((check) => level === "restricted" || check.level === "baseline");
  const overridden = new Set(rows.map((check) => versionAt(check, version)?.overrides));
  const fresh = rows.flatMap((check) => {
    const at = versionAt(check, version);
    return at === undefined || overridden.has(check.id)
      ? []
      : [{ id: check.id, level: check.level, run: at.run }];
  });
  resolved.set(key, fresh);
  return fresh;
}

function versionAt(check: CheckRow, minor: number): CheckRow["versions"][number] | undefined {
  return check.versions.findLast((version) => version.from <= minor);
}
