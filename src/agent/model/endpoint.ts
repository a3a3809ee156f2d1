import { OpsError } from "../../kube/ops-error.ts";

/**
 * The base URL of a provider, from the operator's environment and from nowhere else: https, or http to this very machine.
 * Without user, query or fragment: a key in a URL ends in logs.
 * @throws {OpsError} MODEL_CONFIG
 */
export function modelEndpoint(text: string, variable: string): URL {
  const refuse = (reason: string): OpsError =>
    new OpsError("MODEL_CONFIG", `${variable} ${reason}`, {
      hint: "an https URL, or http://127.0.0.1:PORT for a model on this machine",
    });
  if (!URL.canParse(text)) throw refuse("is no URL");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") throw refuse("holds a user or a password");
  if (url.search !== "" || url.hash !== "") throw refuse("holds a query or a fragment");
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname))) {
    throw refuse(
      "is neither https nor of this machine: the key and the request would go over the network in the clear",
    );
  }
  return url;
}

/** A name would have to be looked up, and may lead elsewhere: `localhost` alone is fixed (RFC 6761 6.3). */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.(?:\d{1,3}\.){2}\d{1,3}$/u.test(hostname);
}

/** A path below a base URL. */
export function below(base: URL, path: string): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/u, "")}/${path}`;
  return url;
}
