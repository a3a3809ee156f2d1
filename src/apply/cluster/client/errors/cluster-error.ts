import type { OpsErrorCode } from "../../../../kube/error-table.ts";
import { OpsError } from "../../../../kube/ops-error.ts";
import { printable } from "../../../../kube/printable.ts";
import type { ApiFailure, FailureCause, FieldOwner } from "./api-failure.ts";

/** What stands behind an OpsError of the client: plain data, free of live values. */
export interface ClusterErrorCause {
  /** The API server's answer, when there was one. */
  readonly failure: ApiFailure | null;
  /**
   * Whether the request may have taken effect: `no` when it was not sent or was refused, `unknown` when the connection
   * broke or the server gave up in between.
   */
  readonly effect: "no" | "unknown";
  /** Code of the system or of TLS: `ECONNREFUSED`, `CERT_HAS_EXPIRED`. */
  readonly system: string | null;
}

const causes = new WeakSet<object>();

/** An OpsError of the client. Errors of Node.js are never attached: a parser's error holds the bytes of the answer. */
export function clusterError(
  code: OpsErrorCode,
  message: string,
  details: Partial<ClusterErrorCause> & { readonly hint?: string } = {},
): OpsError {
  const cause: ClusterErrorCause = Object.freeze({
    failure: details.failure ?? null,
    effect: details.effect ?? "no",
    system: details.system ?? null,
  });
  causes.add(cause);
  return new OpsError(code, message, { cause, ...(details.hint !== undefined && { hint: details.hint }) });
}

/** What is known about an error of the client; undefined for every other error. */
export function clusterErrorCause(error: unknown): ClusterErrorCause | undefined {
  if (!OpsError.is(error)) return undefined;
  const { cause } = error;
  return typeof cause === "object" && cause !== null && causes.has(cause)
    ? (cause as ClusterErrorCause)
    : undefined;
}

interface Said {
  readonly code: OpsErrorCode;
  readonly text: string;
  readonly hint?: string;
}

/** The error for a failed answer. */
export function failureError(failure: ApiFailure): OpsError {
  const { code, text, hint } = say(failure);
  // A server that gave up waiting may have carried the request out.
  const effect =
    failure.status === 504 || (failure.status >= 500 && code === "CLUSTER_ANSWER") ? "unknown" : "no";
  return clusterError(code, text, { failure, effect, ...(hint !== undefined && { hint }) });
}

function say(failure: ApiFailure): Said {
  const { status, request, denial } = failure;
  if (denial !== null) {
    const code = denial.id === "escalation" ? "CLUSTER_FORBIDDEN" : "CLUSTER_REFUSED";
    return {
      code,
      text: `the API server refuses the ${request}: ${denial.text}`,
    };
  }
  if (failure.causes.some(({ reason }) => reason === "TypedPatch" || reason === "StrictDecoding"))
    return {
      code: "CLUSTER_REFUSED",
      text: `the API server refuses the ${request}${causeList(failure.causes)}`,
    };
  switch (status) {
    case 401:
      return {
        code: "CLUSTER_AUTH",
        text: `the API server does not accept the credentials (${request})`,
        hint: "the token or certificate is unknown, expired or revoked: get new credentials",
      };
    case 403:
      return {
        code: failure.unauthorized ? "CLUSTER_FORBIDDEN" : "CLUSTER_REFUSED",
        text: failure.unauthorized
          ? `the credentials do not allow the ${request}`
          : `an admission rule of the API server refuses the ${request}`,
      };
    case 404:
      return notFound(failure);
    case 409:
      return conflict(failure);
    case 410:
      return {
        code: "CLUSTER_EXPIRED",
        text: `the API server no longer has the version that the ${request} starts from`,
      };
    case 413:
      return { code: "CLUSTER_REFUSED", text: `the ${request} is larger than the API server takes (3 MiB)` };
    case 422:
      return failure.identityChanged
        ? conflict(failure)
        : {
            code: "CLUSTER_REFUSED",
            text: `the API server refuses the ${request}${causeList(failure.causes)}`,
          };
    case 429:
    case 503:
      return {
        code: "CLUSTER_BUSY",
        text: `the API server is ${status === 429 ? "overloaded" : "not ready"} (${request}), also after waiting`,
      };
    case 504:
      return failure.causes.some(({ reason }) => reason === "ResourceVersionTooLarge")
        ? {
            code: "CLUSTER_EXPIRED",
            text: `the API server does not have the version that the ${request} starts from: its store is older`,
            hint: "the cluster's store may have been restored from a backup",
          }
        : { code: "CLUSTER_BUSY", text: `the API server gave up waiting (${request})` };
    default:
      return status >= 500
        ? { code: "CLUSTER_ANSWER", text: `the API server failed inside (${status}) at the ${request}` }
        : {
            code: "CLUSTER_REFUSED",
            text: `the API server refuses the ${request} (${status} ${failure.reason})${causeList(failure.causes)}`,
          };
  }
}

function notFound({ request, resource, reason }: ApiFailure): Said {
  const code = "CLUSTER_NOT_FOUND";
  // `404 page not found` is plain text, and a missing resource names no kind: both mean that the kind is not served.
  if (reason !== "NotFound" || resource === null)
    return { code, text: `the API server does not serve the kind of the ${request}` };
  if (resource === "namespaces" && !request.includes(" namespaces "))
    return { code, text: `the namespace of the ${request} does not exist` };
  return { code, text: `the object of the ${request} does not exist` };
}

function conflict({ request, reason, causes: found, identityChanged }: ApiFailure): Said {
  const code = "CLUSTER_CONFLICT";
  if (reason === "AlreadyExists") return { code, text: `the object of the ${request} exists already` };
  const owned = found.filter((cause) => cause.reason === "FieldManagerConflict");
  if (owned.length > 0) {
    return {
      code,
      text: `other managers own fields of the ${request}: ${listed(owned.map(({ field, manager }) => `${field} (${ownerText(manager)})`))}`,
      hint: "leave the fields out, set them to the value they have, or ask the owner to give them up; nothing is forced",
    };
  }
  if (identityChanged)
    return {
      code,
      text: `the object of the ${request} was deleted, or deleted and made anew, since it was read`,
    };
  return { code, text: `the object of the ${request} was changed since it was read` };
}

/** `kubectl-edit by Update of apps/v1`, `hpa-x by Update of scale, apps/v1`, `tool-a by Apply`. */
export function ownerText(owner: FieldOwner | undefined): string {
  if (owner === undefined) return "another manager";
  const where = [owner.subresource, owner.apiVersion].filter((part) => part !== null).join(", ");
  return `${printable(JSON.stringify(owner.manager))} by ${owner.operation}${where === "" ? "" : ` of ${where}`}`;
}

/** Words for the causes of a Status (apimachinery, pkg/util/validation/field/errors.go). */
const causeWords: Readonly<Record<string, string>> = {
  FieldValueNotFound: "names something that is not there",
  FieldValueRequired: "is missing",
  FieldValueDuplicate: "is there twice",
  FieldValueInvalid: "is not valid",
  FieldValueNotSupported: "has a value that is not supported",
  FieldValueForbidden: "is not allowed",
  FieldValueTooLong: "is too long",
  FieldValueTooMany: "has too many items",
  FieldValueTooFew: "has too few items",
  FieldValueTypeInvalid: "has the wrong type",
};

function causeList(found: readonly FailureCause[]): string {
  const words = found.map(({ field, reason, immutable, problem }) => {
    const what = problem ?? (immutable ? "may not change once set" : (causeWords[reason] ?? "is refused"));
    return `${field === "" ? "the object" : field} ${what}`;
  });
  return words.length === 0 ? "" : `: ${listed([...new Set(words)])}`;
}

function listed(items: readonly string[]): string {
  const shown = items.slice(0, 20).join("; ");
  return items.length > 20 ? `${shown}; and ${items.length - 20} more` : shown;
}
