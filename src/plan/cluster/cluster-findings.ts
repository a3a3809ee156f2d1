import { isMember } from "../change/applyset.ts";
import type { LiveObject } from "../cluster-state.ts";
import type { PlanFinding } from "../plan.ts";
import type { ClusterStep } from "./cluster-step.ts";
import { recreatedFields } from "./immutable.ts";
import { conflictPath } from "./owners.ts";

interface FindingRow {
  readonly code: string;
  readonly severity: PlanFinding["severity"];
  readonly find: (
    step: ClusterStep,
    given: { readonly set: string | null; readonly undoes: boolean },
  ) => readonly { readonly message: string; readonly path?: string }[];
}

/** What only the server knows about a change. Its texts were rebuilt without values before they came here (kernel K17). */
const rows: readonly FindingRow[] = [
  {
    code: "cluster/refused",
    severity: "error",
    find: (step) =>
      step.found.refusal === null || recreatedFields(step).explainsRefusal
        ? []
        : [{ message: `the server refuses it: ${step.found.refusal}` }],
  },
  {
    code: "cluster/immutable-field",
    severity: "warning",
    find: (step) =>
      recreatedFields(step).fields.map((path) => ({
        message: "cannot be changed: the object would have to be deleted and made again",
        path,
      })),
  },
  {
    code: "cluster/conflict",
    severity: "error",
    find: ({ found }) =>
      found.conflicts.map(({ manager, path }) => ({
        message: `${manager} owns the field and wants another value; nothing is forced: leave the field out, set its value, or have ${manager} give it up`,
        path: conflictPath(path),
      })),
  },
  {
    code: "cluster/forbidden",
    severity: "error",
    find: ({ found }) =>
      found.access
        .filter(({ allowed }) => !allowed)
        .map(({ verb }) => ({ message: `the credentials may not ${verb} ${found.resource} here` })),
  },
  {
    code: "cluster/warning",
    severity: "info",
    find: ({ found }) => found.warnings.map((message) => ({ message: `the server warns: ${message}` })),
  },
  {
    code: "cluster/no-result",
    severity: "error",
    find: ({ operation, found }) =>
      operation !== "delete" && unexplained(found)
        ? [{ message: "nothing says what the server would make of it" }]
        : [],
  },
  {
    code: "object/no-namespace",
    severity: "error",
    find: ({ key, found }) =>
      found.namespaced && key.namespace === "" ? [{ message: "names no namespace", path: "metadata" }] : [],
  },
  {
    code: "object/has-namespace",
    severity: "error",
    find: ({ key, found }) =>
      !found.namespaced && key.namespace !== ""
        ? [{ message: "names a namespace, and its kind has none", path: "metadata.namespace" }]
        : [],
  },
  {
    code: "cluster/not-ours",
    severity: "warning",
    find: ({ operation, found }, { set, undoes }) =>
      undoes && operation === "delete" && found.live !== null && (set === null || !isMember(found.live, set))
        ? [{ message: "is no member of our inventory any more, and is to be deleted" }]
        : [],
  },
];

/** Nothing was asked of the server, and nothing says why. */
function unexplained({ merged, notDryRun, refusal, conflicts }: LiveObject): boolean {
  return merged === null && notDryRun === null && refusal === null && conflicts.length === 0;
}

/** Findings of a cluster about what the plan changes. */
export function clusterFindings(
  steps: readonly ClusterStep[],
  given: { readonly set: string | null; readonly undoes: boolean },
): readonly PlanFinding[] {
  return steps
    .filter(({ operation }) => operation !== "unchanged")
    .flatMap((step) =>
      rows.flatMap(({ code, severity, find }) =>
        find(step, given).map((found): PlanFinding => ({ code, severity, key: step.key, ...found })),
      ),
    );
}
