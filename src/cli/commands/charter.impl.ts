import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { publicKeyOf } from "../../apply/approval/sign.ts";
import { fingerprint, normaliseKey } from "../../apply/approval/public-key.ts";
import {
  describeTrustRoot,
  initTrustRoot,
  loadTrustRoot,
  signCharter,
} from "../../apply/trust-root/trust-root.ts";
import { ExitCode } from "../../kube/error-table.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import { initialCharter } from "../../plan/charter/initial-charter.ts";
import type { CliContext } from "../context.ts";
import { columns, style } from "../display/style.ts";
import { guarded } from "../errors.ts";
import type { GitAccessFlags } from "../flags.ts";
import { openTarget } from "../git-access.ts";
import { wantsColor } from "../flags.ts";
import { locate, openSession } from "../session.ts";
import { rootPath } from "../trust-root-path.ts";
import { gitSpec, locationOf } from "../targets/git.ts";

export interface CharterInitFlags {
  readonly name: string;
  readonly owner: string;
  readonly principal?: string;
  readonly target?: string;
  readonly namespace?: readonly string[];
  readonly gitCredentials?: string;
  readonly gitCa?: string;
  readonly reconciler: "none" | "keeping" | "pruning";
  readonly softwareKeys: boolean;
  readonly trustRoot?: string;
  readonly output: "text" | "json";
  readonly color: "auto" | "always" | "never";
}

export interface CharterSignFlags {
  readonly key: string;
  readonly trustRoot?: string;
  readonly output: "text" | "json";
  readonly color: "auto" | "always" | "never";
}

export interface CharterShowFlags {
  readonly trustRoot?: string;
  readonly output: "text" | "json";
  readonly color: "auto" | "always" | "never";
}

export async function charterInit(this: CliContext, flags: CharterInitFlags): Promise<void> {
  await guarded(this, flags, async () => {
    const ownerKey = normaliseKey(publicKeyOf(resolve(this.cwd, flags.owner)));
    const path = rootPath(this, flags);
    const target = flags.target === undefined ? undefined : await targetOf(this, flags, flags.target);
    const charterText = initialCharter({
      name: flags.name,
      owner: { principal: flags.principal ?? this.user, key: ownerKey },
      namespaces: flags.namespace ?? [],
      softwareKeys: flags.softwareKeys,
      reconciler: flags.reconciler,
      ...(target === undefined ? {} : { target }),
    });
    initTrustRoot(path, { charterText, ownerKey, ids: this.ids });
    this.process.stdout.write(
      flags.output === "json"
        ? `${JSON.stringify({ apiVersion: "kubernetes-operations.dev/v1", kind: "CharterInitialised", path, owner: fingerprint(ownerKey) })}\n`
        : `wrote ${path}/charter.yaml, pinned its owner ${fingerprint(ownerKey)}\n`,
    );
    this.process.stderr.write(
      `next: read and edit ${path}/charter.yaml, then kubeops charter sign --key <the owner's key>\n`,
    );
    return ExitCode.done;
  });
}

async function targetOf(
  context: CliContext,
  flags: GitAccessFlags,
  text: string,
): Promise<{ name: string; url: string; branches: readonly string[]; folders: readonly string[] }> {
  const spec = gitSpec(text);
  const opened = await openTarget(context, flags, {
    url: locationOf(context, spec.url),
    branch: spec.branch,
  });
  try {
    return {
      name: "gitops",
      url: opened.url,
      branches: [opened.branch],
      folders: [spec.folder],
    };
  } finally {
    await opened.close();
  }
}

export async function charterSign(this: CliContext, flags: CharterSignFlags): Promise<void> {
  await guarded(this, flags, async () => {
    const path = rootPath(this, flags);
    const signed = await signCharter(path, resolve(this.cwd, flags.key), this.env);
    const session = openSession(this, { trustRoot: path });
    try {
      session.record({ type: "charter-signed", charter: signed.digest });
    } finally {
      session.close();
    }
    this.process.stdout.write(
      flags.output === "json"
        ? `${JSON.stringify({ apiVersion: "kubernetes-operations.dev/v1", kind: "CharterSigned", digest: signed.digest, serial: signed.charter.metadata.serial })}\n`
        : `signed charter ${printable(signed.charter.metadata.name)} (serial ${signed.charter.metadata.serial}) ${signed.digest}\n`,
    );
    return ExitCode.done;
  });
}

export async function charterShow(this: CliContext, flags: CharterShowFlags): Promise<void> {
  await guarded(this, flags, async () => {
    const path = rootPath(this, flags);
    const { problem, trusted, owner, highestSerial } = describeTrustRoot(path, flags.trustRoot !== undefined);
    const standing = trusted?.standing ?? "not established";
    if (flags.output === "json") {
      const charter = trusted === null ? null : { digest: trusted.charterDigest, charter: trusted.charter };
      this.process.stdout.write(
        `${JSON.stringify({ apiVersion: "kubernetes-operations.dev/v1", kind: "TrustRoot", path, standing, problem: problem === null ? null : { code: problem.code, message: problem.message }, owner: owner?.fingerprint ?? null, highestSerial, charter })}\n`,
      );
    } else {
      const paint = style(wantsColor(this, flags));
      const state =
        problem === null ? paint.green("signed by its owner") : paint.red(printable(problem.message));
      const rows = [
        ["trust root", printable(path)],
        [
          "standing",
          standing === "advisory"
            ? "advisory: the running user can write it, or it was named by a flag"
            : standing,
        ],
        ["owner", owner?.fingerprint ?? "none"],
        ["state", state],
      ];
      this.process.stdout.write(`${columns(rows).join("\n")}\n\n`);
      for (const line of readCharter(path).trimEnd().split("\n"))
        this.process.stdout.write(`${printable(line)}\n`);
    }
    return problem === null ? ExitCode.done : ExitCode.no;
  });
}

function readCharter(path: string): string {
  try {
    return readFileSync(resolve(path, "charter.yaml"), "utf8");
  } catch (cause) {
    throw new OpsError("CHARTER_MISSING", `there is no charter in ${path}`, {
      hint: "kubeops charter init writes one",
      cause,
    });
  }
}

export async function charterVerify(this: CliContext, flags: CharterShowFlags): Promise<void> {
  await guarded(this, flags, async () => {
    const location = locate(this, flags);
    if (location === undefined) {
      throw new OpsError("CHARTER_MISSING", "there is no trust root", {
        hint: "kubeops charter init makes one",
      });
    }
    const root = loadTrustRoot(location);
    const { name, serial } = root.charter.metadata;
    this.process.stdout.write(
      flags.output === "json"
        ? `${JSON.stringify({ apiVersion: "kubernetes-operations.dev/v1", kind: "CharterVerified", path: root.path, standing: root.standing, name, serial, digest: root.charterDigest, owner: root.owner.fingerprint })}\n`
        : `charter ${printable(name)} (serial ${serial}) is signed by its pinned owner ${root.owner.fingerprint}\n  digest  ${root.charterDigest}\n  where   ${root.path}${root.standing === "advisory" ? " (advisory: the running user can write it, or it was named by a flag)" : ""}\n`,
    );
    return ExitCode.done;
  });
}
