import { objectKey } from "../../../src/kube/object-key.ts";
import { changeFindings } from "../../../src/analysis/checks/changes/change-findings.ts";
import { semanticallyEqual } from "../../../src/analysis/checks/changes/equal.ts";
import { isObject, type Json, type JsonObject } from "../../../src/kube/json.ts";
import { readStdin } from "../../../src/kube/read-inputs.ts";
import type { ReadObject } from "../../../src/kube/read-object.ts";
import { readObjects } from "../../../src/kube/read-objects.ts";
import type { Base } from "./bases.ts";
import { differences } from "./differences.ts";
import { changed, type Mutation, mutationsOf } from "./generate.ts";
import { ourErrors } from "./judge.ts";
import type { Schemas } from "./schemas.ts";
import { accepted, type Verdict } from "./server.ts";

/** A standing object, and what it is to be replaced by. */
export interface UpdateCase {
  readonly id: string;
  readonly kind: string;
  readonly before: JsonObject;
  readonly after: JsonObject;
}

/** What the server keeps of a standing object; a replacement carries it unless it says otherwise. */
function replacement(live: JsonObject, mutation: Mutation): JsonObject {
  const metadata = isObject(live["metadata"]) ? live["metadata"] : {};
  const { managedFields: _managed, ...kept } = metadata as Record<string, Json>;
  return changed({ ...live, metadata: kept }, mutation);
}

/** Changes of a standing object in each field of its base, the same on every run. */
export function updatesOf(
  base: Base,
  live: JsonObject,
  all: readonly Base[],
  schemas: Schemas,
): readonly UpdateCase[] {
  return mutationsOf(base, all, schemas)
    .filter(({ path, name }) => path[0] !== "metadata" && path[0] !== "status" && !unreadable.test(name))
    .map((mutation) => ({
      id: `${base.id} ${mutation.path.join(".")} ${mutation.name}`,
      kind: objectKey(base.object).kind,
      before: live,
      after: replacement(live, mutation),
    }));
}

/** Values that no update is needed to refuse. */
const unreadable = /unknown|for object|for list|for scalar|for text|for number|for boolean|null/;

export interface UpdateAgreement {
  readonly refused: number;
  readonly found: number;
  readonly explained: ReadonlyMap<string, number>;
  readonly unexplained: readonly string[];
}

interface UpdateDifference {
  readonly id: string;
  readonly side: "missed" | "extra";
  readonly why: string;
  /** Codes of what check and the comparison found. */
  readonly holds: (one: UpdateCase, message: string, codes: readonly string[]) => boolean;
}

const keeps = new Set(["CertificateSigningRequest", "Namespace", "Service", "Job", "Pod"]);

/** Every kind of disagreement about updates that the test allows, beside those about creations. */
export const updateDifferences: readonly UpdateDifference[] = [
  {
    id: "empty-values",
    side: "missed",
    why: "behind a pointer in Go an empty value differs from none; a file that writes it is taken to say nothing",
    holds: ({ before, after }) => semanticallyEqual(before["spec"], after["spec"]),
  },
  {
    id: "gated-affinity",
    side: "missed",
    why: "how the node affinity of a Pod that waits at a gate may change is not judged",
    holds: ({ kind }, message) => kind === "Pod" && message.includes("spec.affinity.nodeAffinity"),
  },
  {
    id: "defaulted-selector",
    side: "missed",
    why: "the selector of a Job that the server made itself is not in a file",
    holds: ({ kind }, message) => kind === "Job" && message.includes("`selector` does not match"),
  },
  {
    id: "cleared",
    side: "missed",
    why: "what is not written is taken to stay as the server has it",
    holds: ({ id, kind }, message) =>
      (kind === "Node" && /spec\.(podCIDRs|providerID|externalID)/.test(message)) ||
      (kind === "PersistentVolume" && message.includes("volumeAttributesClassName")) ||
      (kind === "PersistentVolumeClaim" && id.includes("spec.volumeName removed")) ||
      (kind === "Pod" && message.includes("existing toleration")),
  },
  {
    id: "other-namespace",
    side: "missed",
    why: "a source in another namespace is behind a gate that is off; the server looks at it before it drops it",
    holds: ({ id }) => id.includes("dataSourceRef.namespace"),
  },
  {
    id: "kept",
    side: "extra",
    why: "on an update the server keeps or fills in what a creation would be refused for; check judges objects as new ones",
    holds: ({ kind }, _message, codes) => keeps.has(kind) && !codes.includes("server/immutable"),
  },
  {
    id: "dropped",
    side: "extra",
    why: "the server keeps no version, kind and status of a claim template, and no stopSignal, whose type has no mark of its gate",
    holds: ({ id }) => /volumeClaimTemplates\.0\.(?:apiVersion|kind|status)|lifecycle\.stopSignal/.test(id),
  },
];

const encoder = new TextEncoder();

function read(object: JsonObject): readonly ReadObject[] {
  return readObjects(readStdin(encoder.encode(JSON.stringify(object))).documents).objects;
}

/** Compares what check and the comparison of files find with what the server says to updates. */
export function compareUpdates(
  cases: readonly UpdateCase[],
  verdicts: readonly Verdict[],
  minor: number,
): UpdateAgreement {
  const explained = new Map<string, number>();
  const unexplained: string[] = [];
  let refused = 0;
  let found = 0;
  for (const [index, one] of cases.entries()) {
    const verdict = verdicts[index];
    if (verdict === undefined) throw new Error(`no verdict about ${one.id}`);
    // A controller wrote the object between the two requests.
    if (verdict.status === 409) continue;
    const faults = changeFindings(read(one.before), read(one.after), minor);
    const codes = [...ourErrors(one.after, minor).map(({ code }) => code), ...faults.map(({ code }) => code)];
    const takes = accepted(verdict);
    if (!takes) refused++;
    if (!takes && codes.length > 0) found++;
    if (takes === (codes.length === 0)) continue;
    const side = takes ? "extra" : "missed";
    const general = differences.find(
      (row) =>
        row.side === side &&
        row.holds(verdict.message, { ...one, object: one.after, path: "", mutation: "" }, codes, verdict),
    );
    const row =
      general ??
      updateDifferences.find((other) => other.side === side && other.holds(one, verdict.message, codes));
    if (row === undefined) {
      const what = takes ? `the server takes it; ${codes.join(" ")}` : verdict.message.slice(0, 300);
      unexplained.push(`${one.id}: ${what}`);
      continue;
    }
    if (general?.cluster === true) refused--;
    explained.set(row.id, (explained.get(row.id) ?? 0) + 1);
  }
  return { refused, found, explained, unexplained };
}
