import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Answer of the real ssh-keygen. */
export interface SshKeygenResult {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export function sshKeygen(args: readonly string[], input: Uint8Array | string = ""): SshKeygenResult {
  const run = spawnSync("ssh-keygen", [...args], {
    input,
    encoding: "utf8",
    timeout: 60_000,
    env: { PATH: process.env["PATH"] },
  });
  return { ok: run.status === 0, stdout: run.stdout ?? "", stderr: run.stderr ?? "" };
}

export const haveSshKeygen: boolean = spawnSync("ssh-keygen", ["-?"]).error === undefined;

/** Key types that ssh-keygen can make without a device. */
export const softwareKeyTypes: readonly (readonly [name: string, ...args: string[]])[] = [
  ["ed25519", "-t", "ed25519"],
  ["ecdsa-256", "-t", "ecdsa", "-b", "256"],
  ["ecdsa-384", "-t", "ecdsa", "-b", "384"],
  ["ecdsa-521", "-t", "ecdsa", "-b", "521"],
  ["rsa-2048", "-t", "rsa", "-b", "2048"],
  ["rsa-3072", "-t", "rsa", "-b", "3072"],
  ["rsa-4096", "-t", "rsa", "-b", "4096"],
];

/** Makes a key pair FILE, FILE.pub. */
export function makeKey(file: string, args: readonly string[], passphrase: string = ""): void {
  const made = sshKeygen(["-q", "-N", passphrase, "-C", "a comment", "-f", file, ...args]);
  if (!made.ok) throw new Error(made.stderr);
}

/** What `ssh-keygen -Y verify` says, where `key` alone is allowed. */
export function sshKeygenVerifies(
  key: string,
  message: Uint8Array,
  namespace: string,
  armoured: string | Uint8Array,
): boolean {
  return inFolder((folder) => {
    writeFileSync(join(folder, "allowed"), `me@example.org ${key}\n`);
    writeFileSync(join(folder, "sig"), armoured);
    const args = ["-Y", "verify", "-f", join(folder, "allowed"), "-I", "me@example.org", "-n", namespace];
    return sshKeygen([...args, "-s", join(folder, "sig")], message).ok;
  });
}

/** What `ssh-keygen -Y check-novalidate` says: whether the signature holds for the key in it, whoever that is. */
export function sshKeygenChecks(
  message: Uint8Array,
  namespace: string,
  armoured: string | Uint8Array,
): boolean {
  return inFolder((folder) => {
    writeFileSync(join(folder, "sig"), armoured);
    return sshKeygen(["-Y", "check-novalidate", "-n", namespace, "-s", join(folder, "sig")], message).ok;
  });
}

function inFolder<T>(act: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "ssh-keygen-"));
  try {
    return act(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
