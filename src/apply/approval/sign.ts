import { sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { OpsError } from "../../kube/ops-error.ts";
import { findProgram, type ProgramResult, runProgram } from "../process/run-program.ts";
import { makeScratchFolder } from "../process/scratch-folder.ts";
import { readKeyFile } from "./key-file.ts";
import { keyLine } from "./public-key.ts";
import { formatSshsig, signedData } from "./sshsig.ts";
import { sshSignatureVerifier } from "./verify-signature.ts";
import { wireString } from "./wire.ts";

export { publicKeyOf } from "./key-file.ts";
export { generateKey } from "./private-key.ts";

export interface SignRequest {
  /** A private key file, or a .pub file whose private key an agent holds (or that stands beside it). */
  readonly keyFile: string;
  readonly namespace: string;
  readonly message: Uint8Array;
  /** The user's environment; of it, SSH_AUTH_SOCK, SSH_ASKPASS, SSH_ASKPASS_REQUIRE, DISPLAY, WAYLAND_DISPLAY and HOME are passed on. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const passedOn = [
  "SSH_AUTH_SOCK",
  "SSH_ASKPASS",
  "SSH_ASKPASS_REQUIRE",
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "HOME",
] as const;

/** Time to find the security key and touch it, or to type a passphrase. */
const patience = 5 * 60_000;

/**
 * An armoured SSHSIG over the message. An unencrypted Ed25519 key is used in this process; every other key (with a
 * passphrase, in an agent, RSA, ECDSA, security key) through ssh-keygen, which asks the person. What comes back was
 * verified here: it is by the key of `keyFile`, over these bytes, in this namespace.
 * @throws {OpsError} KEY_UNUSABLE for the key file, SIGN_FAILED when no valid signature was made, STATE_UNWRITABLE.
 */
export async function signMessage(request: SignRequest): Promise<string> {
  if (!/^[A-Za-z0-9][\w.@-]{0,255}$/.test(request.namespace)) {
    throw new TypeError(`not a namespace for signatures: ${JSON.stringify(request.namespace)}`);
  }
  const key = readKeyFile(request.keyFile);
  const armoured =
    key.signer === undefined
      ? await signByProgram(request)
      : formatSshsig({
          publicKey: key.publicKey.blob,
          namespace: request.namespace,
          hash: "sha512",
          signature: Buffer.concat([
            wireString("ssh-ed25519"),
            wireString(sign(null, signedData(request.message, request.namespace, "sha512"), key.signer)),
          ]),
        });
  const verified = sshSignatureVerifier.verify(request.message, request.namespace, armoured);
  if (verified?.key === keyLine(key.publicKey)) return armoured;
  throw new OpsError(
    "SIGN_FAILED",
    `the signature that was made does not verify for the key of ${request.keyFile}`,
    {
      hint: "the private key does not belong to the public one, or the agent signed with another key",
    },
  );
}

/**
 * The message goes by a file in a folder of its own, since standard input must stay the person's terminal: ssh-keygen
 * would read a passphrase from it. Somebody who changes the file only makes the signature fail our verification.
 */
async function signByProgram(request: SignRequest): Promise<string> {
  const folder = makeScratchFolder("sign");
  try {
    const file = join(folder.path, "message");
    writeFileSync(file, request.message, { mode: 0o600, flag: "wx" });
    const result = await run({
      program: findProgram("ssh-keygen"),
      args: ["-Y", "sign", "-n", request.namespace, "-f", resolve(request.keyFile), file],
      cwd: folder.path,
      env: environmentOf(request.environment),
      timeoutMs: patience,
      terminal: process.stdin.isTTY || process.stderr.isTTY,
    });
    if (result.status !== 0) throw refusal(request.keyFile, result);
    return readFileSync(`${file}.sig`, "latin1");
  } finally {
    folder.remove();
  }
}

async function run(program: Parameters<typeof runProgram>[0]): Promise<ProgramResult> {
  try {
    return await runProgram(program);
  } catch (cause) {
    if (!OpsError.is(cause)) throw cause;
    throw new OpsError("SIGN_FAILED", cause.message, {
      cause,
      hint: "nothing was signed; run the command again",
    });
  }
}

function environmentOf(environment: SignRequest["environment"]): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of passedOn) {
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

function refusal(keyFile: string, result: ProgramResult): OpsError {
  const said = result.stderr
    .split(/[\r\n]+/)
    .map((line) => line.replaceAll(/[^\x20-\x7e]/g, "?").trim())
    .findLast((line) => line !== "" && !/^Signing (file|data) /.test(line));
  return new OpsError(
    "SIGN_FAILED",
    `ssh-keygen did not sign with ${keyFile}${said === undefined ? "" : `: ${said}`}`,
    {
      hint: "plug the security key in and touch it, type the passphrase in a terminal, or load the key: ssh-add FILE",
    },
  );
}
