import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { ruleOf } from "../analysis/checks/rule-table.ts";
import { type Baseline, parseBaseline } from "../analysis/checks/settings/baseline.ts";
import { parseSettings } from "../analysis/checks/settings/parse-settings.ts";
import { type CheckSettings, noSettings } from "../analysis/checks/settings/settings.ts";
import { OpsError } from "../kube/ops-error.ts";
import { printable } from "../kube/printable.ts";
import type { ReadDocument } from "../kube/read-object.ts";
import { readDocuments } from "../kube/yaml/read-documents.ts";
import type { CliContext } from "./context.ts";

const NAME = "kubeops.yaml";
const MAX_BYTES = 64 * 1024 * 1024;

/** The settings of the working folder, or of the file that is named; none where there is none. */
export function readSettings(context: CliContext, named: string | undefined): CheckSettings {
  if (named === undefined && !existsSync(join(context.cwd, NAME))) return noSettings;
  const document = readOne(context, named ?? NAME);
  const parsed = parseSettings(document.value, document.places, (id) => ruleOf(id) !== undefined);
  if (parsed.ok) return parsed.settings;
  const { message, path, hint } = parsed.problem;
  throw new OpsError("INPUT_MALFORMED", message, {
    place: document.places.value(path),
    ...(hint === undefined ? {} : { hint }),
  });
}

export function readBaseline(context: CliContext, path: string): Baseline {
  const baseline = parseBaseline(readOne(context, path).value);
  if (baseline === undefined)
    throw new OpsError("INPUT_MALFORMED", `${printable(path)} is no baseline`, {
      hint: "kubeops check ... --write-baseline FILE writes one",
    });
  return baseline;
}

function readOne(context: CliContext, path: string): ReadDocument {
  const absolute = resolve(context.cwd, path);
  let bytes: Uint8Array;
  try {
    const stat = statSync(absolute);
    if (!stat.isFile()) throw new OpsError("INPUT_UNREADABLE", `${printable(path)} is no plain file`);
    if (stat.size > MAX_BYTES)
      throw new OpsError("INPUT_TOO_LARGE", `${printable(path)} has ${stat.size} bytes`);
    bytes = readFileSync(absolute);
  } catch (error) {
    if (OpsError.is(error)) throw error;
    throw new OpsError("INPUT_NOT_FOUND", `${printable(path)} cannot be read`, { cause: error });
  }
  const documents = readDocuments(path, bytes);
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
