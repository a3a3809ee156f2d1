import { isArray, isObject, type Json } from "../../../kube/json.ts";
import { schemaAddress } from "../../../kube/schema-address.ts";
import { type Finding, sortFindings } from "../../findings/finding.ts";
import { fingerprints } from "../../findings/fingerprint.ts";

const HEX = /^[0-9a-f]{64}$/;
const API_VERSION = "kubernetes-operations.dev/v1";

export interface Baseline {
  readonly known: ReadonlySet<string>;
}

/** The findings of today as a file: only what is new counts from then on. It holds digests, codes and files, no values. */
export function baselineJson(findings: readonly Finding[]): string {
  const sorted = sortFindings(findings);
  const names = fingerprints(sorted);
  const entries = sorted
    .map((finding, index) => ({
      fingerprint: names[index] ?? "",
      code: finding.code,
      file: finding.place?.file ?? "",
    }))
    .sort((left, right) => (left.fingerprint < right.fingerprint ? -1 : 1));
  const baseline = {
    $schema: schemaAddress("baseline"),
    apiVersion: API_VERSION,
    kind: "Baseline",
    findings: entries,
  };
  return `${JSON.stringify(baseline, null, 2)}\n`;
}

/** Reads a baseline; undefined where it is none. */
export function parseBaseline(value: Json): Baseline | undefined {
  if (!isObject(value) || value["apiVersion"] !== API_VERSION || value["kind"] !== "Baseline")
    return undefined;
  const entries = value["findings"];
  if (!isArray(entries)) return undefined;
  const known = new Set<string>();
  for (const entry of entries) {
    if (!isObject(entry) || !["code", "file"].every((key) => isTextOrAbsent(entry[key]))) return undefined;
    const fingerprint = entry["fingerprint"];
    if (typeof fingerprint !== "string" || !HEX.test(fingerprint)) return undefined;
    known.add(fingerprint);
  }
  return { known };
}

function isTextOrAbsent(value: Json | undefined): boolean {
  return value === undefined || typeof value === "string";
}

/** The findings that the baseline does not know, how many it knows, and how many of it are gone. */
export function newFindings(
  findings: readonly Finding[],
  { known }: Baseline,
): { readonly fresh: readonly Finding[]; readonly old: number; readonly gone: number } {
  const sorted = sortFindings(findings);
  const names = fingerprints(sorted);
  const fresh = sorted.filter((_, index) => !known.has(names[index] ?? ""));
  const seen = new Set(names);
  return {
    fresh,
    old: sorted.length - fresh.length,
    gone: [...known].filter((name) => !seen.has(name)).length,
  };
}
