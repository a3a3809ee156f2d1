import { OpsError } from "../../../kube/ops-error.ts";
import type { Place } from "../../../kube/place.ts";
import type { Problem } from "../../../kube/problem.ts";
import type { ReadDocument } from "../../../kube/read-object.ts";
import { readDocuments } from "../../../kube/yaml/read-documents.ts";
import type { Ledger, Root } from "../tree/ledger.ts";
import type { Node } from "../tree/node.ts";
import { decodeUtf8, type Sources } from "./sources.ts";

/** What the parts of loading share. */
export interface Loading {
  readonly sources: Sources;
  readonly ledger: Ledger;
  readonly problems: Problem[];
  readonly roots: Root[];
  /** Trees of files that services are extended from, by path: read once. */
  readonly extended: Map<string, ExtendedFile>;
}
export interface ExtendedFile {
  readonly services: ReadonlyMap<string, Node>;
  /** Services that something extends. */
  readonly taken: Set<string>;
}

// Problems of Kubernetes' reading that say nothing about Compose: merges are defined there, and texts that YAML 1.1
// would retype are texts for Compose too.
function concernsCompose(problem: Problem): boolean {
  if (problem.code === "yaml/merge-override") return false;
  return problem.code !== "yaml/ambiguous-scalar" || /read as the (?:boolean|number)/.test(problem.message);
}

/** The problem in words that fit Compose; the reader speaks of the API server. */
function adapted(problem: Problem): Problem {
  if (problem.code === "yaml/duplicate-key")
    return { ...problem, message: problem.message.split(";")[0] ?? problem.message };
  if (problem.code === "yaml/merge-order") {
    return {
      ...problem,
      message:
        "a merge (<<) stands after a key that it also holds, and readers do not agree which of the two counts",
    };
  }
  if (problem.code !== "yaml/ambiguous-scalar") return problem;
  const boolean = problem.message.includes("read as the boolean");
  const message = boolean
    ? "this is a text for Compose and a boolean for YAML 1.1 readers"
    : "YAML readers do not read this number alike";
  return { ...problem, message, hint: "write it in quotes" };
}

/** The documents of one Compose file. Errors: INPUT_MALFORMED at the first place that the reader could not read. */
export function readFile(
  path: string,
  loading: Loading,
  place: Place | undefined,
): { source: string; documents: readonly ReadDocument[] } {
  const { sources, problems } = loading;
  const kind = sources.kind(path, place);
  const at = place === undefined ? {} : { place };
  if (kind === undefined)
    throw new OpsError("INPUT_NOT_FOUND", `${sources.display(path)} does not exist`, at);
  if (kind === "folder") throw new OpsError("INPUT_UNREADABLE", `${sources.display(path)} is a folder`, at);
  const bytes = sources.bytes(path, place);
  sources.record(path, bytes);
  const file = sources.display(path);
  const source = decodeUtf8(bytes, file);
  const documents = readDocuments(file, bytes);
  for (const found of documents.flatMap((document) => document.problems)) {
    const problem = adapted(found);
    if (problem.severity === "error") {
      throw new OpsError("INPUT_MALFORMED", problem.message, {
        ...(problem.place === undefined ? {} : { place: problem.place }),
        ...(problem.hint === undefined ? {} : { hint: problem.hint }),
      });
    }
    if (concernsCompose(found)) problems.push(problem);
  }
  return { source, documents };
}
