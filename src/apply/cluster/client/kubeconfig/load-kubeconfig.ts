import { isObject } from "../../../../kube/json.ts";
import { OpsError } from "../../../../kube/ops-error.ts";
import { printable } from "../../../../kube/printable.ts";
import { readDocuments } from "../../../../kube/yaml/read-documents.ts";
import type { KubeConnection, PinnedExec } from "../connection.ts";
import { readCertificates } from "../tls/anchors.ts";
import {
  faultOf,
  flagOf,
  has,
  invalid,
  namedEntry,
  namesOf,
  type Part,
  textOf,
  unknownMembers,
} from "./fields.ts";
import { readCredentials, type ReadData, readImpersonation, userFields } from "./user.ts";

export interface KubeconfigOptions {
  /** The file as the user named it, for messages. */
  readonly file: string;
  /** Context to use; the file's current one when absent. */
  readonly context?: string;
  /**
   * Reads a file that the kubeconfig names, relative to the kubeconfig's folder or absolute; refuses what lies outside of that
   * folder, also through links (`readKubeconfig` gives it).
   */
  readonly readFile: (path: string) => Uint8Array;
  /** Credential plug-ins that the operator pinned. None by default. */
  readonly allowedExec?: readonly PinnedExec[];
}

/** Largest kubeconfig, and largest file that one names: 1 MiB. */
export const MAX_KUBECONFIG_BYTES: number = 1024 * 1024;

const rootFields: readonly string[] = [
  "apiVersion",
  "kind",
  "current-context",
  "clusters",
  "contexts",
  "users",
  "preferences",
];
const clusterFields: readonly string[] = [
  "server",
  "certificate-authority",
  "certificate-authority-data",
  "tls-server-name",
  "insecure-skip-tls-verify",
  "proxy-url",
  "disable-compression",
];
const contextFields: readonly string[] = ["cluster", "user", "namespace"];

/**
 * Reads a kubeconfig strictly: a kubeconfig is code in other clients (it starts programs, reads any file, turns TLS off), and
 * here it is data (kernel K14; facts: safety.md 7). Refused: plug-ins that nobody pinned, auth-provider, proxies, skipped
 * TLS verification, http, basic authentication, files outside of its folder. Fields that are not known are warnings.
 * No message holds a value of a credential.
 * @throws {OpsError} KUBECONFIG_INVALID with a place
 */
export function loadKubeconfig(text: string, options: KubeconfigOptions): KubeConnection {
  const root = readRoot(text, options.file);
  const contextName = options.context ?? textOf(root, "current-context");
  const known = namesOf(root, "contexts")
    .map((name) => printable(name))
    .join(", ");
  const offer = known === "" ? "the file holds no context" : `contexts of the file: ${known}`;
  if (contextName === undefined)
    throw invalid(
      root.document,
      [],
      `${printable(options.file)} has no current context`,
      `name one with --context; ${offer}`,
    );
  const context = namedEntry(root, "contexts", "context", contextName);
  if (context === undefined)
    throw invalid(root.document, [], `there is no context ${quoted(contextName)}`, offer);
  const cluster = referenced(root, context, "cluster", "clusters");
  const user = referenced(root, context, "user", "users");
  const read = reader(options);
  const warnings = [
    ...unknownMembers(root, rootFields, "the kubeconfig"),
    ...unknownMembers(context, contextFields, `context ${quoted(contextName)}`),
    ...unknownMembers(cluster, clusterFields, "the context's cluster"),
    ...unknownMembers(user, userFields, "the context's user"),
  ];
  const namespace = textOf(context, "namespace") ?? "default";
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(namespace))
    throw faultOf(context, "namespace", "is no name of a namespace");
  return Object.freeze({
    server: serverOf(cluster),
    caPem: caOf(cluster, read),
    tlsServerName: serverNameOf(cluster),
    credentials: readCredentials(user, options.allowedExec ?? [], read),
    impersonate: readImpersonation(user),
    namespace,
    context: contextName,
    warnings,
  });
}

function quoted(name: string): string {
  return printable(JSON.stringify(name));
}

function readRoot(text: string, file: string): Part {
  const bytes = new TextEncoder().encode(text);
  if (bytes.byteLength > MAX_KUBECONFIG_BYTES)
    throw new OpsError(
      "KUBECONFIG_INVALID",
      `${printable(file)} is larger than ${MAX_KUBECONFIG_BYTES} bytes`,
    );
  const documents = readDocuments(file, bytes);
  for (const { problems } of documents) {
    // The problem's own message may quote the file, which holds credentials.
    const problem = problems.find(({ severity }) => severity === "error");
    if (problem !== undefined) {
      throw new OpsError("KUBECONFIG_INVALID", `${printable(file)} cannot be read (${problem.code})`, {
        ...(problem.place !== undefined && { place: problem.place }),
        ...(problem.hint !== undefined && { hint: problem.hint }),
      });
    }
  }
  const [document, second] = documents.filter(({ value }) => value !== null);
  if (document === undefined) throw new OpsError("KUBECONFIG_INVALID", `${printable(file)} is empty`);
  if (second !== undefined)
    throw invalid(
      second,
      [],
      `${printable(file)} holds several documents, of which kubectl reads the first only`,
    );
  const { value } = document;
  if (!isObject(value)) throw invalid(document, [], `${printable(file)} is not a kubeconfig`);
  const root: Part = { document, path: [], value };
  if ((textOf(root, "kind") ?? "Config") !== "Config" || (textOf(root, "apiVersion") ?? "v1") !== "v1")
    throw invalid(document, ["kind"], `${printable(file)} is not a kubeconfig: apiVersion v1, kind Config`);
  return root;
}

function referenced(root: Part, context: Part, member: "cluster" | "user", list: string): Part {
  const name = textOf(context, member);
  if (name === undefined) throw invalid(context.document, context.path, `the context names no ${member}`);
  const found = namedEntry(root, list, member, name);
  if (found === undefined)
    throw faultOf(context, member, `names ${quoted(name)}, which ${list} does not hold`);
  return found;
}

function serverOf(cluster: Part): string {
  const written = textOf(cluster, "server");
  if (written === undefined) throw invalid(cluster.document, cluster.path, "the cluster has no server");
  const hint = "https://HOST[:PORT][/PATH]";
  // URL.parse takes white space and control characters away, and backslashes for slashes.
  if (!/^[\x21-\x7e]+$/.test(written) || written.includes("\\") || !URL.canParse(written))
    throw faultOf(cluster, "server", "is no URL", hint);
  const url = new URL(written);
  if (url.username !== "" || url.password !== "")
    throw faultOf(cluster, "server", "holds credentials, which belong to a user", hint);
  if (url.protocol !== "https:")
    throw faultOf(
      cluster,
      "server",
      `is ${printable(url.protocol)}//...: credentials are sent over https only`,
      hint,
    );
  if (written.includes("?") || written.includes("#")) throw faultOf(cluster, "server", "holds a query", hint);
  if (!/^(?:\/[A-Za-z0-9._~-]+)*\/?$/.test(url.pathname))
    throw faultOf(cluster, "server", "holds a path that is not made of plain names", hint);
  return `${url.origin}${url.pathname.replace(/\/$/, "")}`;
}

function serverNameOf(cluster: Part): string | null {
  const name = textOf(cluster, "tls-server-name");
  if (name === undefined) return null;
  if (!/^[A-Za-z0-9]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?$/.test(name))
    throw faultOf(cluster, "tls-server-name", "is no host name");
  return name;
}

function caOf(cluster: Part, read: ReadData): string | null {
  if (flagOf(cluster, "insecure-skip-tls-verify")) {
    throw faultOf(
      cluster,
      "insecure-skip-tls-verify",
      "would send credentials to anybody, and is refused",
      "put the cluster's CA in certificate-authority-data",
    );
  }
  if (textOf(cluster, "proxy-url") !== undefined)
    throw faultOf(cluster, "proxy-url", "is refused: the connection goes to the server itself");
  const pem = read(cluster, "certificate-authority");
  if (pem === undefined) return null;
  if (readCertificates(pem) === undefined)
    throw faultOf(cluster, "certificate-authority", "holds no PEM certificate that can be read");
  return pem;
}

/** `<name>-data` in base64, which wins over the file, as in client-go; else the file that `<name>` or `tokenFile` names. */
function reader(options: KubeconfigOptions): ReadData {
  return (part, name) => {
    const data = name === "tokenFile" ? undefined : textOf(part, `${name}-data`);
    if (data !== undefined) {
      const compact = data.replace(/\s/g, "");
      if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact))
        throw faultOf(part, `${name}-data`, "is not base64");
      return Buffer.from(compact, "base64").toString("utf8");
    }
    const path = textOf(part, name);
    if (path === undefined || !has(part, name)) return undefined;
    try {
      return Buffer.from(options.readFile(path)).toString("utf8");
    } catch (error) {
      if (!OpsError.is(error)) throw error;
      const outside = error.code === "INPUT_OUTSIDE";
      throw faultOf(
        part,
        name,
        outside
          ? `names ${quoted(path)}, which lies outside of the kubeconfig's folder`
          : `names a file that cannot be read: ${error.message}`,
        outside
          ? `copy the file into the folder, or use ${name === "tokenFile" ? "token" : `${name}-data`}`
          : undefined,
      );
    }
  };
}
