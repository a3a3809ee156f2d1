import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from "node:fs";
import { OpsError } from "../../kube/ops-error.ts";
import { isPrivateKeyFile, type PrivateKeyFile, readPrivateKey } from "./private-key.ts";
import { keyLine, parsePublicKey } from "./public-key.ts";

/** Largest key file that is read: RSA with 16,384 bits takes 13 KiB. */
const largest = 64 * 1024;

/**
 * The public key line (type and base64) of a private key file in OpenSSH format, encrypted or not, or of a .pub file.
 * @throws {OpsError} KEY_UNUSABLE with what to do.
 */
export function publicKeyOf(keyFile: string): string {
  return keyLine(readKeyFile(keyFile).publicKey);
}

/** Reads a private or public key file. @throws {OpsError} KEY_UNUSABLE with what to do. */
export function readKeyFile(keyFile: string): PrivateKeyFile {
  const { text, stats } = readSmallFile(keyFile);
  if (isPrivateKeyFile(text)) {
    refuseOpenPermissions(keyFile, stats);
    const key = readPrivateKey(text);
    if (typeof key !== "string") return key;
    throw new OpsError("KEY_UNUSABLE", `the key file ${keyFile} cannot be used: ${key}`, {
      hint: "use an Ed25519, ECDSA or RSA key (2048 bits or more) or a security key, made by ssh-keygen",
    });
  }
  const pem = /^-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----/.exec(text)?.[1];
  if (pem !== undefined) {
    throw new OpsError("KEY_UNUSABLE", `the key file ${keyFile} is in PEM format (${pem})`, {
      hint: `convert it to OpenSSH's own format: ssh-keygen -p -f ${quoted(keyFile)}`,
    });
  }
  if (text.startsWith("PuTTY-User-Key-File-")) {
    throw new OpsError("KEY_UNUSABLE", `the key file ${keyFile} is in PuTTY's format`, {
      hint: `convert it: puttygen ${quoted(keyFile)} -O private-openssh-new -o id_for_kubeops`,
    });
  }
  try {
    return { publicKey: parsePublicKey(text.replace(/\r?\n$/, "")) };
  } catch (cause) {
    if (!OpsError.is(cause)) throw cause;
    throw new OpsError("KEY_UNUSABLE", `the key file ${keyFile} cannot be used: ${cause.message}`, {
      cause,
      hint:
        cause.hint ??
        "give a private key file made by ssh-keygen, or its .pub file when an agent holds the key",
    });
  }
}

function readSmallFile(keyFile: string): { text: string; stats: Stats } {
  let descriptor: number;
  try {
    // O_NONBLOCK: opening a pipe would wait for its writer.
    descriptor = openSync(keyFile, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw new OpsError(
      "KEY_UNUSABLE",
      `the key file ${keyFile} ${missing ? "does not exist" : "cannot be read"}`,
      {
        cause,
        hint: missing
          ? "name an existing key with --key, or make one: ssh-keygen -t ed25519-sk"
          : "check its permissions and those of its folder",
      },
    );
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new OpsError("KEY_UNUSABLE", `the key file ${keyFile} is not a regular file`);
    if (stats.size > largest)
      throw new OpsError("KEY_UNUSABLE", `the key file ${keyFile} is too large for a key`);
    return { text: readFileSync(descriptor, "latin1"), stats };
  } finally {
    closeSync(descriptor);
  }
}

/** As ssh does (authfile.c, sshkey_perm_ok): a private key of ours that others can read or write is no secret. */
function refuseOpenPermissions(keyFile: string, stats: Stats): void {
  if (process.getuid === undefined || stats.uid !== process.getuid() || (stats.mode & 0o077) === 0) return;
  const mode = `0${(stats.mode & 0o777).toString(8)}`;
  throw new OpsError(
    "KEY_UNUSABLE",
    `the permissions ${mode} of the private key file ${keyFile} are too open`,
    {
      hint: `make it readable to you only: chmod 600 ${quoted(keyFile)}`,
    },
  );
}

function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
