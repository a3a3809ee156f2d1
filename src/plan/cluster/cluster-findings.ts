import { resourceOf } from "../../kube/catalogue/catalogue.ts";
import { type JsonObject, valueAt } from "../../kube/json.ts";
import { LAST_APPLIED } from "../../kube/last-applied.ts";
import { keyText, objectKey } from "../../kube/object-key.ts";
import { APPLYSET, isMember } from "../change/applyset.ts";
import type { LiveObject } from "../cluster-state.ts";
import type { PlanFinding } from "../plan.ts";
import type { ClusterStep } from "./cluster-step.ts";
import { managedEntries, sharedPaths, sharedPlaces } from "./managed-fields.ts";
import { conflictPath } from "./conflict-path.ts";

interface Given {
  /** Id of our ApplySet; null where the charter names no cluster. */
  readonly set: string | null;
  readonly undoes: boolean;
  /** The minor version that the cluster serves. */
  readonly minor: number;
}

interface FindingRow {
  readonly code: string;
  readonly severity: PlanFinding["severity"];
  readonly find: (
    step: ClusterStep,
    given: Given,
  ) => readonly { readonly message: string; readonly path?: string }[];
}

/** What only the server knows about a change. Its texts were rebuilt without values before they came here (kernel K17). */
const rows: readonly FindingRow[] = [
  {
    code: "cluster/refused",
    severity: "error",
    find: (step) =>
      step.found.refusal === null || (step.operation === "update" && step.immutable.explainsRefusal)
        ? []
        : [
            {
              message: `the server refuses ${step.operation === "recreate" ? "that it is deleted and made again" : "it"}: ${step.found.refusal}`,
            },
          ],
  },
  {
    // An update that the server cannot take: unlike kubectl replace --force, nothing is deleted that nobody asked for.
    code: "cluster/immutable-field",
    severity: "error",
    find: (step) =>
      step.operation === "recreate"
        ? []
        : step.immutable.fields.map((path) => ({
            message:
              "cannot be changed: the object would have to be deleted and made again; --recreate plans that (as kubectl replace --force does it), where the charter names the object under deletions",
            path,
          })),
  },
  {
    code: "cluster/recreated",
    severity: "warning",
    find: ({ operation, immutable: { reversibility } }) =>
      operation === "recreate" && reversibility.kind !== "reversible"
        ? [{ message: `is deleted and made again: ${reversibility.reason}` }]
        : [],
  },
  {
    code: "cluster/goes-along",
    severity: "warning",
    find: ({ operation, found }) =>
      operation !== "delete" && operation !== "recreate"
        ? []
        : (found.dependents ?? []).map((key) => ({
            message: `${keyText(key)} names it as its owner: the server's garbage collector deletes it too`,
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
  {
    // Two programs of one name write as one field manager, so that no conflict tells their objects apart.
    code: "cluster/other-set",
    severity: "error",
    find: ({ found, desired }, { set }) => {
      const other = valueAt(found.live ?? undefined, ["metadata", "labels", APPLYSET.partOf]);
      return desired === null || set === null || other === undefined || other === set
        ? []
        : [
            {
              message:
                "is a member of another set, which another inventory or tool keeps: it is not taken over",
              path: `metadata.labels["${APPLYSET.partOf}"]`,
            },
          ];
    },
  },
  {
    // What a client-side apply set belongs to an Update of its own: leaving it out takes nothing away (kubernetes/website
    // server-side-apply.md; client-go util/csaupgrade, which kubectl apply --server-side runs).
    code: "cluster/kept-field",
    severity: "warning",
    find: ({ found, desired, takesOver, operation }, { undoes }) =>
      undoes || desired === null || found.live === null || takesOver !== undefined || operation === "recreate"
        ? []
        : keptFields(found.live, desired).map((path) => ({
            message: isSecret(desired)
              ? "was set by kubectl apply, and stays: it is not in the request, and nothing of a Secret is taken over"
              : "was set by kubectl apply, and stays although the request leaves it out; --take-over plans that it passes to kubeops and goes",
            path,
          })),
  },
  {
    // KEP-5080, stable in 1.34: before, Pods could live on while what guarded them was gone.
    code: "cluster/namespace-order",
    severity: "warning",
    find: ({ key, operation }, { minor }) =>
      operation === "delete" && key.group === "" && key.kind === "Namespace" && minor < 34
        ? [
            {
              message:
                "Kubernetes before 1.34 deletes what lies in a namespace in no order: Pods can outlive the NetworkPolicies that guard them, so delete the workloads first",
            },
          ]
        : [],
  },
];

function isSecret(object: JsonObject): boolean {
  const { group, kind } = objectKey(object);
  return group === "" && kind === "Secret";
}

const clientSide = "kubectl-client-side-apply";
const lastApplied = `metadata.annotations["${LAST_APPLIED}"]`;

/** Paths that a client-side apply owns of a live object, and the object to apply does not say. */
function keptFields(live: JsonObject, desired: JsonObject): readonly string[] {
  const entries = managedEntries(live).filter(
    ({ manager, operation, subresource }) =>
      manager === clientSide && operation === "Update" && subresource === "",
  );
  const said = new Set(entries.flatMap(({ fields }) => sharedPaths(fields, desired)));
  const there = entries.flatMap(({ fields }) => sharedPlaces(fields, live));
  // Keys of items are names in the kinds that are known; in others' kinds they are values like any other (kernel K17).
  const known = resourceOf(objectKey(live)) !== undefined;
  const kept = there.filter(({ path }) => path !== lastApplied && !said.has(path));
  return [...new Set(kept.map(({ path, masked }) => (known ? path : masked)))];
}

/** Nothing was asked of the server, and nothing says why. */
function unexplained({ merged, notDryRun, refusal, conflicts }: LiveObject): boolean {
  return merged === null && notDryRun === null && refusal === null && conflicts.length === 0;
}

/** Findings of a cluster about what the plan changes. */
export function clusterFindings(steps: readonly ClusterStep[], given: Given): readonly PlanFinding[] {
  return steps
    .filter(({ operation }) => operation !== "unchanged")
    .flatMap((step) =>
      rows.flatMap(({ code, severity, find }) =>
        find(step, given).map((found): PlanFinding => ({ code, severity, key: step.key, ...found })),
      ),
    );
}
