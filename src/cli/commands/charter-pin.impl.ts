import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pinOf } from "../../apply/cluster/client/pin.ts";
import { writeAtomically } from "../../apply/files/atomic-write.ts";
import { ExitCode } from "../../kube/error-table.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import { emitYaml } from "../../kube/yaml/emit-yaml.ts";
import type { CharterClusterTarget } from "../../plan/charter.ts";
import { parseCharter } from "../../plan/charter/parse-charter.ts";
import { namedConnection } from "../cluster-access.ts";
import type { CliContext } from "../context.ts";
import { columns } from "../display/style.ts";
import { guarded } from "../errors.ts";
import type { ClusterAccessFlags } from "../flags.ts";
import { rootPath } from "../trust-root-path.ts";

export interface CharterPinFlags extends ClusterAccessFlags {
  readonly name: string;
  readonly inventory: string;
  readonly softwareKeys: boolean;
  readonly trustRoot?: string;
  readonly output: "text" | "json";
  readonly color: "auto" | "always" | "never";
}

export async function charterPin(this: CliContext, flags: CharterPinFlags): Promise<void> {
  await guarded(this, flags, async () => {
    const file = resolve(rootPath(this, flags), "charter.yaml");
    const text = readCharter(file);
    const connection = namedConnection(this, flags);
    const pin = await pinOf(connection);
    if (pin.tlsServerName !== undefined) {
      throw new OpsError(
        "KUBECONFIG_INVALID",
        "tls-server-name is set: a charter pins a cluster under its own name",
        {
          hint: "use the address that the server's certificate is for",
        },
      );
    }
    const { url, caKeySha256, kubeSystemUid } = pin;
    const target: CharterClusterTarget = {
      name: flags.name,
      cluster: { url, caKeySha256, kubeSystemUid, inventory: flags.inventory },
    };
    const edited = withTarget(text, target, flags.softwareKeys);
    // What is written is a charter, whatever the text looked like before.
    const charter = parseCharter(edited, file);
    writeAtomically(file, edited, { mode: 0o600 });
    if (flags.output === "json") {
      this.process.stdout.write(
        `${JSON.stringify({ apiVersion: "kubernetes-operations.dev/v1", kind: "ClusterPinned", file, serial: charter.metadata.serial, target })}\n`,
      );
    } else {
      const rows = [
        ["cluster", printable(flags.name)],
        ["address", url],
        ["CA key", `sha256 ${caKeySha256}`],
        ["kube-system", kubeSystemUid],
        ["read as", `context ${printable(connection.context)}`],
      ];
      this.process.stdout.write(
        `pinned in ${printable(file)} (serial ${charter.metadata.serial}, not signed yet)\n${columns(rows).join("\n")}\n`,
      );
    }
    this.process.stderr.write(
      "next: compare this with what the cluster's owner says, then kubeops charter sign --key <the owner's key>\n",
    );
    return ExitCode.done;
  });
}

function readCharter(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new OpsError("CHARTER_MISSING", `there is no charter at ${file}`, {
      hint: "kubeops charter init writes one",
      cause,
    });
  }
}

/** The charter's text with one more target and the next serial; comments and everything else stay as they are. */
export function withTarget(text: string, target: CharterClusterTarget, softwareKeys: boolean): string {
  const row = emitYaml([{ name: target.name, cluster: { ...target.cluster } }])
    .trimEnd()
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
  const edits: readonly (readonly [RegExp, string])[] = [
    [/^ {2}targets:(?: \[\])?[ \t]*$/m, `  targets:\n${row}`],
    ...(softwareKeys
      ? ([
          [
            /^ {4}softwareKeysFor:(?: \[\])?[ \t]*$/m,
            `    softwareKeysFor:\n      - ${emitYaml(target.name).trimEnd()}`,
          ],
        ] as const)
      : []),
  ];
  let edited = text.replace(
    /^( {2}serial: )(\d+)/m,
    (_line, key: string, serial: string) => `${key}${Number(serial) + 1}`,
  );
  for (const [place, insert] of edited === text ? [] : edits) {
    if (!place.test(edited)) return refuse(row);
    edited = edited.replace(place, () => insert);
  }
  return edited === text ? refuse(row) : edited;
}

function refuse(row: string): never {
  throw new OpsError(
    "CHARTER_INVALID",
    "the charter is not laid out as charter init writes it, so it is not edited",
    {
      hint: `raise the serial and add under spec.targets:\n${row}`,
    },
  );
}
