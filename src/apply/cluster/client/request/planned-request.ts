import { canonicalJson } from "../../../../kube/canonical-json.ts";
import type { Json, JsonObject } from "../../../../kube/json.ts";
import {
  collectionPath,
  objectPath,
  type ObjectPath,
  type Query,
  type ResourcePath,
  withQuery,
} from "./api-path.ts";

/**
 * A writing request as a plan fixes it: method, path with query, content type and body. What is not known before the
 * object is read again, its resourceVersion, is added by the transport at one fixed place (`takesVersion`).
 */
export interface PlannedRequest {
  readonly method: "POST" | "PATCH" | "DELETE";
  /** Path and query on the server, in the one form that `parsePath` reads. */
  readonly path: string;
  readonly contentType: "application/json" | "application/apply-patch+yaml" | "application/json-patch+json";
  readonly body: Json;
  /**
   * Where the transport adds the freshly read resourceVersion: nowhere; in the object's metadata; in the preconditions
   * of a deletion; as a last operation of a JSON patch.
   */
  readonly takesVersion: "no" | "metadata" | "preconditions" | "patch";
}

export interface ApplyOptions {
  readonly fieldManager: string;
  /** The live object's UID: with it the apply never creates. Absent for objects that are to be created. */
  readonly uid?: string;
}

/** A resourceVersion that no object has: etcd's revision 1 is its empty store. `0` would mean "whatever is there" (measured). */
const NO_VERSION = "1";

/**
 * Server-side apply, never forced. With a UID it updates exactly that object, and the transport adds the version that was
 * read; without one it creates, and an object that appeared meanwhile answers 409 (control-plane facts 4.2).
 */
export function applyRequest(target: ObjectPath, object: JsonObject, options: ApplyOptions): PlannedRequest {
  const metadata = metadataOf(object);
  const identified =
    options.uid === undefined
      ? { ...metadata, resourceVersion: NO_VERSION }
      : { ...metadata, uid: options.uid };
  return {
    method: "PATCH",
    path: withQuery(objectPath(target), writeQuery(options.fieldManager)),
    contentType: "application/apply-patch+yaml",
    body: { ...object, metadata: identified },
    takesVersion: options.uid === undefined ? "no" : "metadata",
  };
}

/** Creation by POST: for markers, and where the name is the server's to check. */
export function createRequest(
  target: ResourcePath,
  object: JsonObject,
  options: { readonly fieldManager: string },
): PlannedRequest {
  metadataOf(object);
  return {
    method: "POST",
    path: withQuery(collectionPath(target), writeQuery(options.fieldManager)),
    contentType: "application/json",
    body: object,
    takesVersion: "no",
  };
}

export interface DeleteOptions {
  readonly uid: string;
  readonly propagation: "Background" | "Foreground" | "Orphan";
}

/** Deletion of exactly the object that was read: by its UID, and the version that the transport adds. */
export function deleteRequest(target: ObjectPath, options: DeleteOptions): PlannedRequest {
  return {
    method: "DELETE",
    path: objectPath(target),
    contentType: "application/json",
    body: {
      apiVersion: "v1",
      kind: "DeleteOptions",
      preconditions: { uid: options.uid },
      propagationPolicy: options.propagation,
    },
    takesVersion: "preconditions",
  };
}

/**
 * Replaces the managedFields of one object, which is how fields of a client-side apply are handed to a server-side one
 * (client-go, util/csaupgrade). The transport adds the version that was read.
 */
export function managedFieldsRequest(
  target: ObjectPath,
  options: { readonly uid: string; readonly managedFields: Json; readonly fieldManager: string },
): PlannedRequest {
  return {
    method: "PATCH",
    path: withQuery(objectPath(target), writeQuery(options.fieldManager)),
    contentType: "application/json-patch+json",
    body: [
      { op: "test", path: "/metadata/uid", value: options.uid },
      { op: "replace", path: "/metadata/managedFields", value: options.managedFields },
    ],
    takesVersion: "patch",
  };
}

/**
 * Makes an object what is wanted member by member, whoever owns what. Only for dry runs: no plan permits it, so it cannot be
 * sent as a write.
 */
export function replacementRequest(
  target: ObjectPath,
  options: {
    readonly uid: string;
    readonly live: JsonObject;
    readonly wanted: JsonObject;
    readonly fieldManager: string;
  },
): PlannedRequest {
  const { uid, live, wanted, fieldManager } = options;
  const metadata = (object: JsonObject): JsonObject => {
    const value = object["metadata"];
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
  };
  return {
    method: "PATCH",
    path: withQuery(objectPath(target), writeQuery(fieldManager)),
    contentType: "application/json-patch+json",
    body: [
      { op: "test", path: "/metadata/uid", value: uid },
      ...replaced("", live, wanted, new Set(["apiVersion", "kind", "metadata", "status"])),
      ...replaced(
        "/metadata",
        metadata(live),
        metadata(wanted),
        new Set(["managedFields", "resourceVersion"]),
      ),
    ],
    takesVersion: "patch",
  };
}

function replaced(
  at: string,
  live: JsonObject,
  wanted: JsonObject,
  but: ReadonlySet<string>,
): readonly JsonObject[] {
  return [...new Set([...Object.keys(live), ...Object.keys(wanted)])]
    .filter((name) => !but.has(name))
    .flatMap((name): readonly JsonObject[] => {
      const path = `${at}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      const value = Object.hasOwn(wanted, name) ? wanted[name] : undefined;
      const was = Object.hasOwn(live, name) ? live[name] : undefined;
      if (value === undefined) return [{ op: "remove", path }];
      return was !== undefined && canonicalJson(was) === canonicalJson(value)
        ? []
        : [{ op: "add", path, value }];
    });
}

export interface TokenOptions {
  /** Empty for the API server itself. */
  readonly audiences: readonly string[];
  /** At least 600 (control-plane facts 4.7). */
  readonly expirationSeconds: number;
  readonly boundObject?: {
    readonly apiVersion: "v1";
    readonly kind: "Pod" | "Secret" | "Node";
    readonly name: string;
    readonly uid: string;
  };
}

/** A token of a ServiceAccount. It has no dry run: the server mints a real token then too (measured on 1.37). */
export function tokenRequest(
  namespace: string,
  serviceAccount: string,
  options: TokenOptions,
): PlannedRequest {
  const account = objectPath({
    group: "",
    version: "v1",
    plural: "serviceaccounts",
    namespace,
    name: serviceAccount,
  });
  return {
    method: "POST",
    path: `${account}/token`,
    contentType: "application/json",
    body: {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: {
        audiences: options.audiences,
        expirationSeconds: options.expirationSeconds,
        ...(options.boundObject !== undefined && { boundObjectRef: { ...options.boundObject } }),
      },
    },
    takesVersion: "no",
  };
}

/**
 * The same request as a dry run. A deletion says so in its body as well: with a body the server does not look at the query,
 * and `?dryRun=All` alone deletes (measured on 1.37; apiserver, pkg/endpoints/handlers/delete.go).
 */
export function dryRunOf(request: PlannedRequest): PlannedRequest {
  const path = `${request.path}${request.path.includes("?") ? "&" : "?"}dryRun=All`;
  return request.method === "DELETE"
    ? { ...request, path, body: { ...(request.body as JsonObject), dryRun: ["All"] } }
    : { ...request, path };
}

function writeQuery(fieldManager: string): Query {
  if (fieldManager === "" || Buffer.byteLength(fieldManager) > 128)
    throw new TypeError("a field manager has 1 to 128 bytes");
  return [
    ["fieldManager", fieldManager],
    ["fieldValidation", "Strict"],
  ];
}

/** Metadata without what only the server sets: sent back it is refused or acts as a precondition (control-plane facts 4.1). */
function metadataOf(object: JsonObject): JsonObject {
  const metadata = object["metadata"];
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata))
    throw new TypeError("an object to be written has metadata");
  for (const field of ["uid", "resourceVersion", "managedFields"]) {
    if (Object.hasOwn(metadata, field)) throw new TypeError(`metadata.${field} is not a planner's to set`);
  }
  return metadata as JsonObject;
}
