import { isObject, type JsonObject, valueAt } from "../../../../kube/json.ts";
import { objectPath, type ObjectPath, type ResourcePath } from "../request/api-path.ts";
import type { ClusterPin, KubeConnection } from "../connection.ts";
import { clusterError, clusterErrorCause } from "../errors/cluster-error.ts";
import { kubeSystemUidOf, openTransport, type Transport, type TransportOptions } from "../transport.ts";
import { type Discovery, openDiscovery } from "./discovery.ts";
import { listAll, type ListOptions, type ListResult, metadataAccept } from "./list.ts";
import {
  type AccessAnswer,
  type AccessQuestion,
  askAbout,
  askAccess,
  askSelf,
  type ReviewAttributes,
  type UserInfo,
} from "./reviews.ts";
import { readVersion, type ServerVersion } from "./version.ts";
import { watchAll, type WatchEvent, type WatchOptions } from "./watch.ts";

/** Reads and reviews of one cluster; nothing else can be asked through it. All methods throw OpsError CLUSTER_…. */
export interface KubeReader {
  readonly connection: KubeConnection;
  readonly discovery: Discovery;
  version(): Promise<ServerVersion>;
  /** An object; undefined when there is none of that name. A kind that is not served is CLUSTER_NOT_FOUND. */
  get(path: ObjectPath, options?: { readonly metadataOnly?: boolean }): Promise<JsonObject | undefined>;
  list(resource: ResourcePath, options?: ListOptions): Promise<ListResult>;
  watch(resource: ResourcePath, options: WatchOptions): AsyncGenerator<WatchEvent>;
  selfSubjectAccessReview(question: AccessQuestion): Promise<AccessAnswer>;
  selfSubjectReview(): Promise<UserInfo>;
  /** What the server answers about somebody else. Only for a reader that was opened with `othersReview`. */
  accessReview(
    who: { readonly user: string; readonly groups: readonly string[] },
    attributes: ReviewAttributes,
  ): Promise<AccessAnswer>;
  /** UID of namespace kube-system: which cluster this is. */
  kubeSystemUid(): Promise<string>;
  /** The server's clock at its last answer, in milliseconds since 1970 (kernel K9); null before the first. */
  serverTime(): number | null;
  close(): void;
}

export type ReaderOptions = Omit<TransportOptions, "pin" | "permits">;

/**
 * A client that reads. With a pin, nothing is sent to a server that does not meet it (kernel K14); without one the
 * kubeconfig's CA decides, for commands that only look. Nothing is connected before the first question.
 * @throws {OpsError} CLUSTER_PIN, CLUSTER_TLS when the connection cannot lead to the pinned cluster.
 */
export function openReader(
  connection: KubeConnection,
  pin?: ClusterPin,
  options: ReaderOptions = {},
): KubeReader {
  return readerOver(openTransport(connection, { ...options, ...(pin !== undefined && { pin }) }));
}

/** For this folder alone: what reads over a transport. */
export function readerOver(transport: Transport): KubeReader {
  return {
    connection: transport.connection,
    discovery: openDiscovery(transport),
    version: () => readVersion(transport),
    get: (path, options) => getObject(transport, path, options?.metadataOnly === true),
    list: (resource, options) => listAll(transport, resource, options ?? {}),
    watch: (resource, options) => watchAll(transport, resource, options),
    selfSubjectAccessReview: (question) => askAccess(transport, question),
    selfSubjectReview: () => askSelf(transport),
    accessReview: (who, attributes) => askAbout(transport, who, attributes),
    kubeSystemUid: () => readKubeSystemUid(transport),
    serverTime: () => transport.serverTime(),
    close: () => transport.close(),
  };
}

async function getObject(
  transport: Transport,
  path: ObjectPath,
  metadataOnly: boolean,
): Promise<JsonObject | undefined> {
  try {
    const { body } = await transport.send({
      method: "GET",
      path: objectPath(path),
      ...(metadataOnly && { accept: metadataAccept.one }),
    });
    // Names are compared: an answer about another object is no answer.
    if (!isObject(body) || valueAt(body, ["metadata", "name"]) !== path.name)
      throw clusterError("CLUSTER_ANSWER", `the answer to the reading of ${path.plural} is not that object`);
    return body;
  } catch (error) {
    const failure = clusterErrorCause(error)?.failure;
    if (failure?.status === 404 && failure.reason === "NotFound" && failure.resource !== null)
      return undefined;
    throw error;
  }
}

export async function readKubeSystemUid(transport: Transport): Promise<string> {
  const { body } = await transport.send({
    method: "GET",
    path: "/api/v1/namespaces/kube-system",
    accept: metadataAccept.one,
  });
  const uid = kubeSystemUidOf(body);
  if (uid === undefined || !/^[0-9a-zA-Z-]{1,64}$/.test(uid))
    throw clusterError("CLUSTER_ANSWER", "namespace kube-system has no UID");
  return uid;
}
