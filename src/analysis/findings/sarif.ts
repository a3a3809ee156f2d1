import { pathText } from "../../kube/json.ts";
import { keyText } from "../../kube/object-key.ts";
import type { Place } from "../../kube/place.ts";
import { printable, printableRest } from "../../kube/printable.ts";
import type { Severity } from "../../kube/problem.ts";
import { type Finding, sortFindings } from "./finding.ts";
import { fingerprints } from "./fingerprint.ts";
import type { RuleOf } from "./rule.ts";

export interface SarifOptions {
  /** Version of this tool. */
  readonly version: string;
  readonly ruleOf: RuleOf;
  /** What was not read, and why: notes of the run. */
  readonly skipped?: readonly { readonly path: string; readonly reason: string }[];
}

const levels: Readonly<Record<Severity, "error" | "warning" | "note">> = {
  error: "error",
  warning: "warning",
  info: "note",
};

const ROOT = "%SRCROOT%";

/**
 * Findings as a SARIF 2.1.0 log (OASIS): one run, the rules that have findings, URIs relative to the working folder,
 * fingerprints that stay when lines move. Messages are printable ASCII, whatever stands in a finding.
 */
export function sarifLog(
  findings: readonly Finding[],
  options: SarifOptions,
): Readonly<Record<string, unknown>> {
  const sorted = sortFindings(findings);
  const names = fingerprints(sorted);
  const codes = [...new Set(sorted.map((finding) => finding.code))].sort();
  const indices = new Map(codes.map((code, index) => [code, index]));
  return {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "kubeops",
            version: options.version,
            rules: codes.map((code) => ruleOf(code, options.ruleOf)),
          },
        },
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: { [ROOT]: { description: { text: "The working folder of the run." } } },
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: (options.skipped ?? []).map(({ path, reason }) => ({
              level: "note",
              message: { text: `left aside: ${printableRest(reason)}` },
              locations: [{ physicalLocation: { artifactLocation: artifact(path) } }],
            })),
          },
        ],
        results: sorted.map((finding, index) => ({
          ruleId: printable(finding.code),
          ruleIndex: indices.get(finding.code) ?? -1,
          level: levels[finding.severity],
          message: { text: messageOf(finding) },
          locations: locations(finding),
          ...related(finding),
          ...(finding.renderedBy === undefined
            ? {}
            : { properties: { renderedBy: finding.renderedBy.map(printable) } }),
          partialFingerprints: { "kubeopsFinding/v1": names[index] ?? "" },
        })),
      },
    ],
  };
}

/** The log as text, with its line's end. */
export function renderFindingsSarif(findings: readonly Finding[], options: SarifOptions): string {
  return `${JSON.stringify(sarifLog(findings, options), null, 2)}\n`;
}

function ruleOf(code: string, of: RuleOf): Readonly<Record<string, unknown>> {
  const rule = of(code);
  const title = printableRest(rule?.title ?? code);
  const help = printableRest(rule?.help ?? title);
  return {
    id: printable(code),
    shortDescription: { text: title },
    help: { text: help },
    ...(rule === undefined ? {} : { defaultConfiguration: { level: levels[rule.severity] } }),
    properties: { tags: ["kubernetes", ...(code.startsWith("pod-security/") ? ["security"] : [])] },
  };
}

function messageOf({ message, hint, fix }: Finding): string {
  const parts = [
    message,
    ...(hint === undefined ? [] : [`hint: ${hint}`]),
    ...(fix === undefined ? [] : [`fix: ${fix}`]),
  ];
  return parts.map(printableRest).join("\n");
}

function locations({ place, object, path }: Finding): readonly unknown[] {
  const name = [
    ...(object === undefined ? [] : [keyText(object)]),
    ...(path === undefined || path.length === 0 ? [] : [pathText(path)]),
  ];
  if (place === undefined && name.length === 0) return [];
  return [
    {
      ...(place === undefined ? {} : { physicalLocation: physical(place) }),
      ...(name.length === 0
        ? {}
        : { logicalLocations: [{ fullyQualifiedName: printable(name.join(" ")), kind: "object" }] }),
    },
  ];
}

function related({ related: others }: Finding): { readonly relatedLocations?: readonly unknown[] } {
  if (others === undefined || others.length === 0) return {};
  return {
    relatedLocations: others.map(({ place }, index) => ({
      id: index + 1,
      physicalLocation: physical(place),
    })),
  };
}

function physical(place: Place): unknown {
  return {
    artifactLocation: artifact(place.file),
    region: { startLine: place.line, startColumn: place.column },
  };
}

function artifact(path: string): unknown {
  return { uri: relativeUri(path), uriBaseId: ROOT };
}

/** A path as a relative URI: no part of it can be taken for a scheme, a query, a fragment or an authority. */
function relativeUri(path: string): string {
  const parts = path.toWellFormed().split("/").map(encodeURIComponent);
  while (parts.length > 1 && parts[0] === "") parts.shift();
  return parts.join("/");
}
