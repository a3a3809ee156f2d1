import { type JsonPath, pathText, startsWith } from "../../../kube/json.ts";
import { identity } from "../../../kube/object-key.ts";
import { type Finding, isAtLeast } from "../../findings/finding.ts";
import { type UpgradeCode, upgradeTable } from "./upgrade-table.ts";

/** What both versions of the server say of the same objects. */
export interface Judgements {
  readonly before: readonly Finding[];
  readonly after: readonly Finding[];
  readonly to: number;
}

/** Findings that the tables of versions tell in their own way. */
const ofVersions: ReadonlySet<string> = new Set([
  "object/not-served",
  "object/off-by-default",
  "object/component-not-read",
]);

/**
 * What the server of the target says and the one before did not: fields it does not know or drops, Pods that Pod Security
 * refuses, and everything else it refuses. And what it takes from now on: fields that were dropped.
 */
export function comparedFindings({ before, after, to }: Judgements): readonly Finding[] {
  const known = new Set(before.map(sameness));
  const refused = Map.groupBy(
    before.filter(({ severity }) => severity === "error"),
    ownerKey,
  );
  const fresh = after.filter(
    (finding) =>
      !known.has(sameness(finding)) &&
      !ofVersions.has(finding.code) &&
      !(refused.get(ownerKey(finding)) ?? []).some((old) => isRelated(old.path, finding.path)),
  );
  const dropped = Map.groupBy(
    after.filter(({ code }) => code === "schema/field-off" || code === "schema/unknown-field"),
    ownerKey,
  );
  const now = new Set(after.map(valueKey));
  return [
    ...fresh.flatMap((finding) => freshFinding(finding, to)),
    ...before
      .filter((finding) => finding.code === "schema/field-off")
      .filter((finding) => !now.has(valueKey(finding)))
      .filter(
        (finding) => !(dropped.get(ownerKey(finding)) ?? []).some((old) => isRelated(old.path, finding.path)),
      )
      .map((finding) => told("upgrade/field-takes-effect", finding, fieldOf(finding), `1.${to}`)),
  ];
}

/** A value of an object, whatever place in it a finding stands at. */
function valueKey(finding: Finding): string {
  return JSON.stringify([ownerKey(finding), finding.path]);
}

function sameness(finding: Finding): string {
  const { code, place } = finding;
  return JSON.stringify([code, place?.line, place?.column, valueKey(finding)]);
}

/** The object of a finding, or its line where it is about none. */
function ownerKey({ place, object }: Finding): string {
  return JSON.stringify([place?.file, object === undefined ? place?.line : identity(object)]);
}

/** Is one value inside the other? What was refused before is no news, also where both versions say it of another value. */
function isRelated(left: JsonPath = [], right: JsonPath = []): boolean {
  return startsWith(left, right) || startsWith(right, left);
}

function freshFinding(finding: Finding, to: number): readonly Finding[] {
  const { code, severity, message } = finding;
  const version = `1.${to}`;
  if (code === "schema/unknown-field" || code === "custom-resource/unknown-field")
    return [told("upgrade/removed-field", finding, fieldOf(finding), version, finding.hint)];
  if (code === "schema/field-off") {
    const gate = /the feature gates? (.+) of Kubernetes/.exec(message)?.[1] ?? "a feature gate";
    return [told("upgrade/dropped-field", finding, fieldOf(finding), gate)];
  }
  if (code.startsWith("pod-security/"))
    return [{ ...told("upgrade/pod-security", finding, message, version, finding.hint), severity }];
  if (!isAtLeast(severity, "error")) return [];
  return [told("upgrade/refused", finding, `${message} (${code})`, version, finding.hint)];
}

/** The path in the object; in a list of objects that of the document. */
function fieldOf({ path = [] }: Finding): string {
  return pathText(withoutItems(path));
}

function withoutItems(path: JsonPath): JsonPath {
  return path[0] === "items" && typeof path[1] === "number" ? withoutItems(path.slice(2)) : path;
}

/** The finding under another code, at its place. */
function told(code: UpgradeCode, finding: Finding, what: string, other: string, hint?: string): Finding {
  const row = upgradeTable[code];
  const advice = hint ?? row.hint;
  const { hint: _, ...rest } = finding;
  return {
    ...rest,
    code,
    severity: row.severity,
    message: row.message(what, other),
    ...(advice === undefined ? {} : { hint: advice }),
  };
}
