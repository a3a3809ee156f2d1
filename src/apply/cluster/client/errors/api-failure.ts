import { isArray, isObject, type Json, type JsonObject } from "../../../../kube/json.ts";
import { printable } from "../../../../kube/printable.ts";
import { type AdmissionText, admissionDenial } from "./admission-text.ts";
import { safeFieldPath } from "./field-path.ts";

/**
 * A failed answer of the API server without any text of the server: its messages echo whole objects, Secret data
 * included (control-plane facts 4.5, measured), so codes, reasons, field paths and names are all that is kept
 * (kernel K17).
 */
export interface ApiFailure {
  readonly status: number;
  /** A `metav1.StatusReason`; `Unknown` for none and for what is not in the list. */
  readonly reason: string;
  /** What was asked, in our words: `apply of deployments.apps shop/web`. */
  readonly request: string;
  /** The resource that the server names: `namespaces` when an object's namespace is missing. */
  readonly resource: string | null;
  readonly causes: readonly FailureCause[];
  /** The admission rule that denied it, when the message is one of a known form. */
  readonly denial: AdmissionText | null;
  /** The credentials lack a right, as opposed to an admission rule that objects. */
  readonly unauthorized: boolean;
  /** The object that was meant by its UID is another one now, or gone. */
  readonly identityChanged: boolean;
  readonly retryAfterSeconds: number | null;
}

export interface FailureCause {
  /** A `metav1.CauseType`, or `TypedPatch` for what server-side apply answers with 500 (control-plane facts 4.3). */
  readonly reason: string;
  /** Field path; empty when the server names none. */
  readonly field: string;
  /** The field may not change once it is set: an update cannot succeed, a recreation can. */
  readonly immutable: boolean;
  /** Conflicts: who owns the field. */
  readonly manager?: FieldOwner;
  /** TypedPatch: what is wrong, from a fixed list. */
  readonly problem?: string;
}

export interface FieldOwner {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly subresource: string | null;
  readonly apiVersion: string | null;
}

/** apimachinery pkg/apis/meta/v1/types.go. */
const statusReasons: ReadonlySet<string> = new Set([
  "Unauthorized",
  "Forbidden",
  "NotFound",
  "AlreadyExists",
  "Conflict",
  "Gone",
  "Invalid",
  "ServerTimeout",
  "StoreReadError",
  "Timeout",
  "TooManyRequests",
  "BadRequest",
  "MethodNotAllowed",
  "NotAcceptable",
  "RequestEntityTooLarge",
  "UnsupportedMediaType",
  "InternalError",
  "Expired",
  "ServiceUnavailable",
]);

const causeReasons: ReadonlySet<string> = new Set([
  "FieldValueNotFound",
  "FieldValueRequired",
  "FieldValueDuplicate",
  "FieldValueInvalid",
  "FieldValueNotSupported",
  "FieldValueForbidden",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTooFew",
  "FieldValueTypeInvalid",
  "UnexpectedServerResponse",
  "FieldManagerConflict",
  "ResourceVersionTooLarge",
  "NamespaceTerminating",
]);

/** Texts of validation that mean: this field cannot be changed (control-plane facts 4.5). */
const immutableTexts =
  /field is immutable|may not change once set|is immutable after creation|updates to statefulset spec for fields other than|may not be changed|cannot be changed|field cannot be changed|^(?:[^:]{0,256}: ){0,2}(?:cannot change roleRef|updates to (?:provisioner|parameters|reclaimPolicy|volumeBindingMode) are forbidden)/i;

const mostCauses = 200;

/** Reads the body of a failed answer. Everything in it is the server's: nothing is taken over as text. */
export function readFailure(
  status: number,
  body: string,
  request: string,
  retryAfter: string | undefined,
): ApiFailure {
  const parsed = parse(body);
  const message = text(parsed?.["message"]);
  const details = isObject(parsed?.["details"]) ? parsed["details"] : {};
  const resource = text(details["kind"]);
  const reason = text(parsed?.["reason"]);
  const causes = [...statusCauses(details["causes"]), ...messageCauses(status, message)];
  return {
    status,
    reason: statusReasons.has(reason) ? reason : "Unknown",
    request,
    resource: /^[a-zA-Z0-9][a-zA-Z0-9.-]{0,252}$/.test(resource) ? resource : null,
    causes,
    denial: admissionDenial(message) ?? terminating(causes),
    unauthorized: status === 403 && /is forbidden: User "|cannot impersonate|^User "/.test(message),
    identityChanged:
      /^uid mismatch: |the UID in the precondition \(|uid mismatch: the provided object/.test(message) ||
      causes.some(({ field, immutable }) => field === "metadata.uid" && immutable),
    retryAfterSeconds: seconds(retryAfter),
  };
}

function terminating(causes: readonly FailureCause[]): AdmissionText | null {
  return causes.some(({ reason }) => reason === "NamespaceTerminating")
    ? { id: "namespace-terminating", text: "its namespace is being deleted" }
    : null;
}

function parse(body: string): JsonObject | undefined {
  try {
    const value = JSON.parse(body) as Json;
    return isObject(value) && value["kind"] === "Status" ? value : undefined;
  } catch {
    // An unknown group or version answers `404 page not found` as plain text.
    return undefined;
  }
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function seconds(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,6}$/.test(header.trim()) ? Number(header.trim()) : null;
}

function statusCauses(causes: Json | undefined): FailureCause[] {
  if (!isArray(causes)) return [];
  const found: FailureCause[] = [];
  for (const cause of causes.length > mostCauses ? causes.slice(0, mostCauses - 1) : causes) {
    if (!isObject(cause)) continue;
    const reason = text(cause["reason"]);
    const message = text(cause["message"]);
    const manager = reason === "FieldManagerConflict" ? fieldOwner(message) : undefined;
    found.push({
      reason: causeReasons.has(reason) ? reason : "Other",
      field: safeFieldPath(text(cause["field"])),
      immutable: immutableTexts.test(message),
      ...(manager !== undefined && { manager }),
    });
  }
  // The server's order of conflicts is that of a Go map: another one each time.
  if (found.some(({ manager }) => manager !== undefined)) return found.toSorted(byField);
  // What is left out may be wrong in another way.
  if (causes.length > mostCauses) found.push({ reason: "Other", field: "", immutable: false });
  return found;
}

function byField(one: FailureCause, other: FailureCause): number {
  const keys = [one, other].map(({ field, manager }) => `${field} ${manager?.manager} ${manager?.operation}`);
  return (keys[0] ?? "") < (keys[1] ?? "") ? -1 : 1;
}

/**
 * `conflict with "hpa-x" with subresource "scale" using apps/v1` (apimachinery,
 * pkg/util/managedfields/internal/conflict.go). Names of managers are at most 128 printable bytes, chosen by the writer.
 */
function fieldOwner(message: string): FieldOwner | undefined {
  const match =
    /^conflict with ("(?:[^"\\]|\\.)*")(?: with subresource "([a-z]{1,63})")?(?: using ([A-Za-z0-9./-]{1,317})(?: at \S{1,40})?)?$/.exec(
      message.slice(0, 2048),
    );
  if (match === null) return undefined;
  return {
    manager: printable(unquoted(match[1] ?? "")).slice(0, 256),
    // Only Update managers are printed with their version.
    operation: match[3] === undefined ? "Apply" : "Update",
    subresource: match[2] ?? null,
    apiVersion: match[3] ?? null,
  };
}

/** Go's %q, whose usual escapes are JSON's. */
function unquoted(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted.slice(1, -1);
  }
}

/** What is wrong with a field, where only the message tells: server-side apply's 500 and strict decoding's 400. */
function messageCauses(status: number, message: string): FailureCause[] {
  const found: FailureCause[] = [];
  const add = (reason: string, field: string, problem: string): void => {
    if (found.length < mostCauses)
      found.push({ reason, field: safeFieldPath(field), immutable: false, problem });
  };
  const typed = /^failed to create typed patch object \([^;]{0,512}; [^)]{0,512}\): (.*)$/s.exec(message);
  if (typed !== null) {
    const said = typed[1] ?? "";
    // Several errors stand on lines of their own under `errors:` (structured-merge-diff typed/helpers.go).
    const lines = said.startsWith("errors:\n") ? said.split("\n").slice(1) : [said];
    for (const line of lines) typedPatchCause(line.trim(), add);
    if (found.length === 0) add("TypedPatch", "", "does not fit its schema");
  } else if (message.startsWith("failed to convert new object")) {
    add("TypedPatch", "", "holds a value that cannot be converted, such as bad base64");
  } else if (status === 400) {
    const [, strict] =
      /strict decoding error: ((?:(?:unknown|duplicate) field "[^"]{1,512}"(?:, )?)+)$/.exec(message) ?? [];
    for (const [, kind, field] of (strict ?? "").matchAll(/(unknown|duplicate) field "([^"]{1,512})"/g))
      add("StrictDecoding", field ?? "", kind === "unknown" ? "is not in the schema" : "is set twice");
  }
  return found;
}

/** One line of structured-merge-diff: `.spec.replicas: expected numeric (int or float), got string`. */
function typedPatchCause(line: string, add: (reason: string, field: string, problem: string) => void): void {
  const match =
    /^(\.[^:\s]{0,512}): (field not declared in schema|expected ([a-z]+)|duplicate entries for key|[^\n]*)/.exec(
      line,
    );
  if (match === null) return;
  const [, field = "", what = "", expected] = match;
  if (what === "field not declared in schema") add("TypedPatch", field, "is not in the schema");
  else if (expected !== undefined && ["numeric", "string", "boolean", "map", "list"].includes(expected))
    add("TypedPatch", field, `must be ${expected === "numeric" ? "a number" : `a ${expected}`}`);
  else if (what === "duplicate entries for key")
    add("TypedPatch", field, "holds two items with the same key");
  else add("TypedPatch", field, "does not fit its schema");
}
