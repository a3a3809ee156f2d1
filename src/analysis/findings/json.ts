import type { JsonPath } from "../../kube/json.ts";
import type { Place } from "../../kube/place.ts";
import type { Severity } from "../../kube/problem.ts";
import type { ObjectKey } from "../../kube/read-object.ts";
import {
  countFindings,
  type Finding,
  type FindingCounts,
  type RelatedPlace,
  sortFindings,
} from "./finding.ts";

export interface FindingJson {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly place?: Place;
  readonly path?: JsonPath;
  readonly object?: ObjectKey;
  readonly hint?: string;
  readonly fix?: string;
  readonly related?: readonly RelatedPlace[];
  /** Folders that made the object. */
  readonly renderedBy?: readonly string[];
}

export interface ReportJson {
  readonly apiVersion: "kubernetes-operations.dev/v1";
  readonly kind: "Report";
  readonly findings: readonly FindingJson[];
  readonly counts: FindingCounts;
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

/** Findings for programs: sorted, with stable keys, and what was not read. */
export function findingsJson(
  findings: readonly Finding[],
  skipped: readonly { readonly path: string; readonly reason: string }[] = [],
): ReportJson {
  return {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "Report",
    findings: sortFindings(findings).map((finding) => ({
      code: finding.code,
      severity: finding.severity,
      message: finding.message,
      ...(finding.place === undefined ? {} : { place: finding.place }),
      ...(finding.path === undefined ? {} : { path: finding.path }),
      ...(finding.object === undefined ? {} : { object: finding.object }),
      ...(finding.hint === undefined ? {} : { hint: finding.hint }),
      ...(finding.fix === undefined ? {} : { fix: finding.fix }),
      ...(finding.related === undefined ? {} : { related: finding.related }),
      ...(finding.renderedBy === undefined ? {} : { renderedBy: finding.renderedBy }),
    })),
    counts: countFindings(findings),
    skipped: skipped.map(({ path, reason }) => ({ path, reason })),
  };
}
