import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import type { ReadDocument } from "../../kube/read-object.ts";
import { readDocuments } from "../../kube/yaml/read-documents.ts";
import type { CliContext } from "../context.ts";

const MAX_BYTES = 64 * 1024 * 1024;

/**
 * The one document of a file of at most 64 MiB, YAML or JSON, that is no input of objects: settings, a baseline, a threat
 * model. `plain`: a pipe is refused, as in a file that is read because it lies there.
 * @throws {OpsError} INPUT_NOT_FOUND, INPUT_UNREADABLE, INPUT_TOO_LARGE, INPUT_MALFORMED
 */
export function readOneDocument(
  context: CliContext,
  path: string,
  options: { readonly plain?: boolean } = {},
): ReadDocument {
  const absolute = resolve(context.cwd, path);
  let bytes: Uint8Array;
  try {
    const stat = statSync(absolute);
    if (options.plain === true && !stat.isFile())
      throw new OpsError("INPUT_UNREADABLE", `${printable(path)} is no plain file`);
    if (stat.size > MAX_BYTES)
      throw new OpsError("INPUT_TOO_LARGE", `${printable(path)} has ${stat.size} bytes`);
    bytes = readFileSync(absolute);
  } catch (error) {
    if (OpsError.is(error)) throw error;
    throw new OpsError("INPUT_NOT_FOUND", `${printable(path)} cannot be read`, { cause: error });
  }
  return oneDocument(path, readDocuments(path, bytes));
}

/**
 * The one document of a file that was read.
 * @throws {OpsError} INPUT_MALFORMED
 */
export function oneDocument(path: string, documents: readonly ReadDocument[]): ReadDocument {
  const problem = documents.flatMap((document) => document.problems).find((one) => one.severity === "error");
  if (problem !== undefined)
    throw new OpsError(
      "INPUT_MALFORMED",
      problem.message,
      problem.place === undefined ? {} : { place: problem.place },
    );
  const [document] = documents;
  if (document === undefined || documents.length > 1)
    throw new OpsError("INPUT_MALFORMED", `${printable(path)} must hold one document`);
  return document;
}
