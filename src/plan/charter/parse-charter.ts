import { jsonDigest } from "../../kube/digest.ts";
import { deepFreeze, type JsonPath, pathText } from "../../kube/json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import type { ReadDocument } from "../../kube/read-object.ts";
import { readDocuments } from "../../kube/yaml/read-documents.ts";
import type { Charter } from "../charter.ts";
import { checkShape } from "../../kube/shape/check-shape.ts";
import { charterRules } from "./charter-rules.ts";
import { charterShape } from "./charter-shape.ts";

/**
 * Reads a charter from YAML or JSON. Default deny: an unknown key anywhere, a wildcard, a cert-authority, an option of a
 * key, or a document that the reader complains of refuses to load.
 * @throws {OpsError} CHARTER_INVALID with the place.
 */
export function parseCharter(text: string, file: string): Charter {
  const documents = readDocuments(file, new TextEncoder().encode(text));
  const [document, second] = documents;
  if (document === undefined) throw new OpsError("CHARTER_INVALID", `${file} is empty`);
  if (second !== undefined) {
    throw new OpsError("CHARTER_INVALID", "a charter is one document, and here a second one starts", {
      place: second.places.value([]),
    });
  }
  return charterOf(document);
}

/** The charter that a read document holds. Errors as parseCharter. */
export function charterOf(document: ReadDocument): Charter {
  const [problem] = document.problems.filter((problem) => problem.severity !== "info");
  if (problem !== undefined) {
    throw new OpsError("CHARTER_INVALID", problem.message, {
      place: problem.place ?? document.places.value(problem.path ?? []),
      ...(problem.hint === undefined ? {} : { hint: problem.hint }),
    });
  }
  const wrong = checkShape(charterShape, document.value);
  if (wrong !== undefined) {
    const place = wrong.at === "key" ? document.places.key(wrong.path) : document.places.value(wrong.path);
    // For an unknown key the path is where it stands, the key itself is in the message.
    const path = wrong.at === "key" ? wrong.path.slice(0, -1) : wrong.path;
    throw new OpsError("CHARTER_INVALID", sentence(path, wrong.message, wrong.at === "key"), {
      place,
      ...(wrong.hint === undefined ? {} : { hint: wrong.hint }),
    });
  }
  const charter = document.value as unknown as Charter;
  for (const { fault } of charterRules) {
    const found = fault(charter);
    if (found !== undefined) {
      throw new OpsError("CHARTER_INVALID", sentence(found.path, found.message, false), {
        place: document.places.value(found.path),
      });
    }
  }
  return deepFreeze(charter);
}

function sentence(path: JsonPath, message: string, inside: boolean): string {
  if (path.length === 0) return inside ? `${message} in the charter` : `the charter ${message}`;
  const where = printable(pathText(path));
  return inside ? `${message} in ${where}` : `${where} ${message}`;
}

/** `sha256:<hex>` over the canonical JSON of the charter: comments and layout do not count. */
export function charterDigest(charter: Charter): string {
  return jsonDigest(charter);
}
