import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isObject, type Json, valueAt } from "../../../kube/json.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import { printable } from "../../../kube/printable.ts";
import { runProgram } from "../../process/run-program.ts";
import type { KubeConnection, KubeCredentials } from "./connection.ts";
import { clusterError } from "./errors/cluster-error.ts";
import type { ClientCertificate } from "./tls/connect.ts";

/** What is sent to a server that has proved itself. */
export interface SentCredential {
  readonly token?: string;
  readonly certificate?: ClientCertificate;
}

export interface CredentialSource {
  /** @throws {OpsError} CLUSTER_AUTH when a plug-in gives none. */
  get(): Promise<SentCredential>;
  /** The server did not accept it: a plug-in is asked anew the next time. */
  drop(): void;
}

export function credentialSource(connection: KubeConnection): CredentialSource {
  const { credentials } = connection;
  if (credentials.kind === "exec") return execSource(credentials);
  const fixed: SentCredential =
    credentials.kind === "token"
      ? { token: credentials.token }
      : credentials.kind === "certificate"
        ? { certificate: { certPem: credentials.certPem, keyPem: credentials.keyPem } }
        : {};
  return { get: () => Promise.resolve(fixed), drop: () => {} };
}

/** What the pinned plug-in gives, until it expires (client-go, plugin/pkg/client/auth/exec). */
function execSource(credentials: KubeCredentials & { readonly kind: "exec" }): CredentialSource {
  let current: Promise<{ readonly credential: SentCredential; readonly until: number }> | undefined;
  return {
    async get() {
      const known = await current;
      // Renewed a little earlier than it expires: a request takes time.
      if (known !== undefined && known.until - 10_000 > Date.now()) return known.credential;
      current = runPlugin(credentials);
      try {
        return (await current).credential;
      } catch (error) {
        current = undefined;
        throw error;
      }
    },
    drop() {
      current = undefined;
    },
  };
}

async function runPlugin({
  plugin,
  apiVersion,
}: KubeCredentials & { readonly kind: "exec" }): Promise<{ credential: SentCredential; until: number }> {
  const name = printable(plugin.path);
  const digest = await fileSha256(plugin.path);
  if (digest !== plugin.sha256) {
    throw clusterError("CLUSTER_AUTH", `the credential plug-in ${name} is not the one that was pinned`, {
      hint: `its SHA-256 is ${digest ?? "not known: it cannot be read"}; pinned is ${plugin.sha256}`,
    });
  }
  const result = await runProgram({
    program: plugin.path,
    args: plugin.args,
    cwd: "/",
    env: {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      HOME: process.env["HOME"] ?? "/",
      ...plugin.env,
      KUBERNETES_EXEC_INFO: JSON.stringify({
        apiVersion,
        kind: "ExecCredential",
        spec: { interactive: false },
      }),
    },
    timeoutMs: 60_000,
    maxOutput: 1024 * 1024,
  }).catch((error: unknown) => {
    if (!OpsError.is(error)) throw error;
    throw clusterError("CLUSTER_AUTH", `the credential plug-in ${name} could not be run`);
  });
  // What it printed is not shown: it may hold the credential.
  const output = result.status === 0 ? parsed(result.stdout.toString("utf8")) : undefined;
  if (!isObject(output) || output["kind"] !== "ExecCredential" || output["apiVersion"] !== apiVersion)
    throw clusterError(
      "CLUSTER_AUTH",
      `the credential plug-in ${name} gave no ExecCredential of ${apiVersion}`,
    );
  return readCredential(output, name);
}

function readCredential(output: Json, name: string): { credential: SentCredential; until: number } {
  const text = (field: string): string | undefined => {
    const value = valueAt(output, ["status", field]);
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const token = text("token");
  const certPem = text("clientCertificateData");
  const keyPem = text("clientKeyData");
  const expires = text("expirationTimestamp");
  const until = expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires);
  const usable = token !== undefined && /^[\x21-\x7e]+$/.test(token);
  const certificate = certPem !== undefined && keyPem !== undefined ? { certPem, keyPem } : undefined;
  if ((!usable && certificate === undefined) || (token !== undefined && !usable) || Number.isNaN(until))
    throw clusterError("CLUSTER_AUTH", `the credential plug-in ${name} gave no token and no certificate`);
  return {
    credential: { ...(token !== undefined && { token }), ...(certificate !== undefined && { certificate }) },
    until,
  };
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

async function fileSha256(path: string): Promise<string | undefined> {
  try {
    return createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
  } catch {
    return undefined;
  }
}
