import { createPrivateKey } from "node:crypto";
import { printable } from "../../../../kube/printable.ts";
import type { Impersonation, KubeCredentials, PinnedExec } from "../connection.ts";
import { readCertificates } from "../tls/anchors.ts";
import { faultOf, flagOf, has, type Part, partOf, partsOf, textOf, textsOf } from "./fields.ts";

export const userFields: readonly string[] = [
  "client-certificate",
  "client-certificate-data",
  "client-key",
  "client-key-data",
  "token",
  "tokenFile",
  "as",
  "as-uid",
  "as-groups",
  "as-user-extra",
  "username",
  "password",
  "auth-provider",
  "exec",
];

/** The bytes of `<name>-data`, else of the file that `<name>` names. */
export type ReadData = (part: Part, name: string) => string | undefined;

/** Credentials of a user entry. @throws {OpsError} KUBECONFIG_INVALID */
export function readCredentials(user: Part, allowed: readonly PinnedExec[], read: ReadData): KubeCredentials {
  if (has(user, "username") || has(user, "password")) {
    const name = has(user, "username") ? "username" : "password";
    throw faultOf(
      user,
      name,
      "is basic authentication, which API servers no longer have",
      "use a token or a certificate",
    );
  }
  if (has(user, "auth-provider")) {
    throw faultOf(
      user,
      "auth-provider",
      "starts a program or calls a service, and is refused",
      "use a token, a certificate, or an exec plug-in that the operator pins",
    );
  }
  const given = [
    ...(has(user, "exec") ? ["exec"] : []),
    ...(has(user, "token") || has(user, "tokenFile") ? ["token"] : []),
    ...(has(user, "client-certificate") || has(user, "client-certificate-data")
      ? ["client-certificate"]
      : []),
  ];
  if (given.length > 1) {
    const message = `stands beside ${given.filter((name) => name !== given[0]).join(" and ")}: one credential is used`;
    throw faultOf(user, given[0] ?? "", message, "keep one of them");
  }
  switch (given[0]) {
    case "exec":
      return execOf(user, allowed);
    case "token":
      return { kind: "token", token: tokenOf(user, read) };
    case "client-certificate":
      return certificateOf(user, read);
    default:
      return { kind: "none" };
  }
}

function tokenOf(user: Part, read: ReadData): string {
  const written = textOf(user, "token");
  if (written !== undefined && has(user, "tokenFile"))
    throw faultOf(
      user,
      "tokenFile",
      "stands beside token: which one counts depends on the client",
      "keep one of them",
    );
  const name = written === undefined ? "tokenFile" : "token";
  const token = (written ?? read(user, "tokenFile") ?? "").trim();
  if (!/^[\x21-\x7e]+$/.test(token))
    throw faultOf(
      user,
      name,
      "is no token: it is empty, or holds a space or a character that a header cannot carry",
    );
  return token;
}

function certificateOf(user: Part, read: ReadData): KubeCredentials {
  const certPem = read(user, "client-certificate") ?? "";
  const keyPem = read(user, "client-key");
  const [certificate] = readCertificates(certPem) ?? [];
  if (certificate === undefined) throw faultOf(user, "client-certificate", "holds no PEM certificate");
  if (keyPem === undefined) throw faultOf(user, "client-key", "is missing beside the client certificate");
  let matches = false;
  try {
    matches = certificate.checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    throw faultOf(user, "client-key", "holds no PEM key that can be read without a passphrase");
  }
  if (!matches) throw faultOf(user, "client-key", "is not the key of the client certificate");
  return { kind: "certificate", certPem, keyPem };
}

const execFields: readonly string[] = [
  "apiVersion",
  "command",
  "args",
  "env",
  "installHint",
  "interactiveMode",
  "provideClusterInfo",
];
const execVersions: readonly string[] = [
  "client.authentication.k8s.io/v1",
  "client.authentication.k8s.io/v1beta1",
];

/** A plug-in is run only when the operator pinned exactly this command: nothing in a kubeconfig starts a program. */
function execOf(user: Part, allowed: readonly PinnedExec[]): KubeCredentials {
  const exec = partOf(user, "exec");
  if (exec === undefined) throw faultOf(user, "exec", "is empty");
  const command = textOf(exec, "command") ?? "";
  const refuse = (why: string): Error =>
    faultOf(
      user,
      "exec",
      `runs ${printable(JSON.stringify(command))}, ${why}`,
      "use a token or a certificate, or let the operator pin the plug-in's path, digest and arguments",
    );
  const [unknown] = Object.keys(exec.value).filter((name) => !execFields.includes(name));
  if (unknown !== undefined)
    throw refuse(`and has a field ${printable(JSON.stringify(unknown))} that is not known`);
  const pinned = allowed.find((plugin) => plugin.path === command);
  if (pinned === undefined) throw refuse("which nobody pinned");
  if (!sameTexts(textsOf(exec, "args") ?? [], pinned.args))
    throw refuse("with other arguments than were pinned");
  const env = partsOf(exec, "env").map(
    (entry) => `${textOf(entry, "name") ?? ""}=${textOf(entry, "value") ?? ""}`,
  );
  const pinnedEnv = Object.entries(pinned.env ?? {}).map(([name, value]) => `${name}=${value}`);
  if (!sameTexts(env.toSorted(), pinnedEnv.toSorted()))
    throw refuse("with another environment than was pinned");
  if (flagOf(exec, "provideClusterInfo"))
    throw refuse("and asks for cluster information, which is not given");
  const apiVersion = textOf(exec, "apiVersion") ?? "";
  if (!execVersions.includes(apiVersion))
    throw refuse(`with an apiVersion other than ${execVersions.join(" and ")}`);
  return { kind: "exec", plugin: pinned, apiVersion };
}

function sameTexts(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index]);
}

/** `as…`: whom the requests impersonate. */
export function readImpersonation(user: Part): Impersonation | null {
  const as = textOf(user, "as");
  const uid = textOf(user, "as-uid");
  const groups = textsOf(user, "as-groups");
  const extraPart = partOf(user, "as-user-extra");
  if (as === undefined) {
    const [orphan] = ["as-uid", "as-groups", "as-user-extra"].filter((name) => has(user, name));
    if (orphan !== undefined) throw faultOf(user, orphan, "has no meaning without as");
    return null;
  }
  const extra =
    extraPart &&
    Object.fromEntries(Object.keys(extraPart.value).map((key) => [key, textsOf(extraPart, key) ?? []]));
  const texts = [as, uid ?? "", ...(groups ?? []), ...Object.values(extra ?? {}).flat()];
  // Values of headers: what a header cannot carry would be cut or refused later.
  if (texts.some((text) => !/^[\x20-\x7e]*$/.test(text)))
    throw faultOf(user, "as", "or what belongs to it holds a character that a header cannot carry");
  return {
    user: as,
    ...(uid !== undefined && { uid }),
    ...(groups !== undefined && { groups }),
    ...(extra !== undefined && { extra }),
  };
}
