import type { JsonPath } from "../../kube/json.ts";
import { objectKey } from "../../kube/object-key.ts";
import type { ProblemRow, Severity } from "../../kube/problem.ts";
import type { ReadObject } from "../../kube/read-object.ts";
import type { Finding } from "./finding.ts";

/** What one finding fills into its row. */
export interface RowTexts {
  /** Printable already. */
  readonly what: string;
  readonly other: string;
  /** Instead of the row's. */
  readonly hint?: string | undefined;
  readonly severity?: Severity | undefined;
  /** Where it stands: at the value of the path (the default), or at its key. */
  readonly at?: "value" | "key";
}

/** A finding of a row of a table about an object, at one of its paths. */
export function rowFinding(
  code: string,
  row: ProblemRow,
  read: ReadObject,
  path: JsonPath,
  texts: RowTexts,
): Finding {
  const hint = texts.hint ?? row.hint;
  return {
    code,
    severity: texts.severity ?? row.severity,
    message: row.message(texts.what, texts.other),
    place: read.places[texts.at ?? "value"](path),
    path: [...read.path, ...path],
    object: objectKey(read.object),
    ...(hint === undefined ? {} : { hint }),
  };
}
