import { isObject, type JsonObject, valueAt } from "../../../kube/json.ts";
import type { ClusterPin, KubeConnection } from "./connection.ts";
import { type AdmissionText, admissionWarnings } from "./errors/admission-text.ts";
import { clusterError } from "./errors/cluster-error.ts";
import { renewManagedFields, type WritePermits } from "./request/permits.ts";
import { dryRunOf, type PlannedRequest } from "./request/planned-request.ts";
import { type KubeReader, readerOver, type ReaderOptions } from "./reader/reader.ts";
import { openTransport, type Transport } from "./transport.ts";

/** What a write or its dry run answers. */
export interface WriteAnswer {
  /** 200 changed or the same as before, 201 created. */
  readonly status: number;
  /** The object after the request; for a deletion what the server gives: the object, or a Status. */
  readonly object: JsonObject;
  readonly warnings: readonly AdmissionText[];
  /** Id of the event in the server's audit log. */
  readonly auditId: string | null;
}

/** Reads, and asks what a write would do. */
export interface KubePlanner extends KubeReader {
  /**
   * The server's dry run of a request: the same checks and admission, nothing stored.
   * @param resourceVersion as for `write`
   * @throws {OpsError} CLUSTER_…; {TypeError} for requests that have no dry run (TokenRequest)
   */
  dryRun(request: PlannedRequest, resourceVersion?: string): Promise<WriteAnswer>;
}

/** Reads, and writes what its permits name. */
export interface KubeWriter extends KubePlanner {
  /**
   * Sends a permitted request, once.
   * @param resourceVersion the version that the object was read at a moment ago, for requests that take one
   * @throws {OpsError} CLUSTER_…; `clusterErrorCause(error).effect` tells whether it may have taken effect
   * @throws {TypeError} when no permit names exactly this request
   */
  write(request: PlannedRequest, resourceVersion?: string): Promise<WriteAnswer>;
  /**
   * Sends a permitted replacement of managedFields with the entries that other managers have now.
   * @throws as `write`
   */
  handOver(planned: PlannedRequest, fresh: PlannedRequest, resourceVersion: string): Promise<WriteAnswer>;
  /** Sends a permitted TokenRequest and gives the token, which stands in no plan and no log. */
  mintToken(
    request: PlannedRequest,
  ): Promise<{ readonly token: string; readonly expirationTimestamp: string }>;
}

/** A client that reads and dry-runs; it cannot write. A pin is not optional: the dry run carries objects out. */
export function openPlanner(
  connection: KubeConnection,
  pin: ClusterPin,
  options: ReaderOptions = {},
): KubePlanner {
  return plannerOver(openTransport(connection, { ...options, pin }));
}

/** The client that writes: what the permits name, to the pinned cluster, and nothing else (kernel K13, K14). */
export function openWriter(
  connection: KubeConnection,
  pin: ClusterPin,
  permits: WritePermits,
  options: ReaderOptions = {},
): KubeWriter {
  const transport = openTransport(connection, { ...options, pin, permits });
  return {
    ...plannerOver(transport),
    write: (request, resourceVersion) => exchange(transport, request, resourceVersion),
    handOver: (planned, fresh, resourceVersion) => {
      renewManagedFields(permits, planned, fresh);
      return exchange(transport, fresh, resourceVersion);
    },
    mintToken: async (request) => {
      const { object } = await exchange(transport, request, undefined);
      const token = valueAt(object, ["status", "token"]);
      const expires = valueAt(object, ["status", "expirationTimestamp"]);
      if (typeof token !== "string" || typeof expires !== "string")
        throw clusterError("CLUSTER_ANSWER", "the answer to the token request holds no token");
      return { token, expirationTimestamp: expires };
    },
  };
}

function plannerOver(transport: Transport): KubePlanner {
  return {
    ...readerOver(transport),
    dryRun: (request, resourceVersion) => exchange(transport, dryRunOf(request), resourceVersion),
  };
}

async function exchange(
  transport: Transport,
  planned: PlannedRequest,
  resourceVersion: string | undefined,
): Promise<WriteAnswer> {
  const { status, body, rawHeaders, auditId } = await transport.send({
    planned,
    ...(resourceVersion !== undefined && { resourceVersion }),
  });
  if (!isObject(body))
    throw clusterError("CLUSTER_ANSWER", "the answer to a write is no object", { effect: "unknown" });
  return { status, object: body, warnings: admissionWarnings(rawHeaders), auditId };
}
