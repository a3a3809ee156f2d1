import type { SecretIntent, SecretKeyIntent } from "../../intent/intent.ts";
import { byText } from "../../../kube/by-text.ts";
import { shellWord } from "../shell-word.ts";
import type { Application } from "../workload.ts";

/**
 * The Secrets that must exist: never made here, each with the command by which its owner makes it. The command names files
 * or standard input; no value stands in its arguments, where every process of the machine could read it.
 */
export function requireSecrets(application: Application): void {
  const { intent, ledger } = application;
  const declared = new Map(intent.secrets.map((secret) => [secret.name, secret]));
  const uses = secretUses(application);
  for (const secret of intent.secrets) {
    const users = uses.get(secret.name);
    if (users === undefined)
      ledger.note("secret/unused", undefined, `no service uses Secret ${secret.name}: it need not exist.`);
    else requireSecret(application, secret, users.workloads);
  }
  for (const [name, { workloads, keys }] of uses) {
    const known = new Set(declared.get(name)?.keys.map((key) => key.key));
    const missing = [...keys].filter((key) => !known.has(key)).sort(byText);
    if (missing.length > 0)
      ledger.require({
        kind: "secret",
        subject: name,
        text: `Secret ${name} in namespace ${intent.namespace} must have ${missing.length === 1 ? "the key" : "the keys"} ${missing.join(", ")}: ${[...workloads].sort(byText).join(", ")} reads ${missing.length === 1 ? "it" : "them"}. The input does not say where from.`,
      });
  }
}

interface SecretUse {
  readonly workloads: Set<string>;
  readonly keys: Set<string>;
}

function secretUses(application: Application): ReadonlyMap<string, SecretUse> {
  const uses = new Map<string, SecretUse>();
  const use = (secret: string, key: string, workload: string): void => {
    const entry = uses.get(secret) ?? { workloads: new Set(), keys: new Set() };
    entry.workloads.add(workload);
    entry.keys.add(key);
    uses.set(secret, entry);
  };
  for (const { intent } of application.workloads) {
    for (const entry of intent.env) if ("secret" in entry) use(entry.secret, entry.key, intent.name);
    for (const mount of intent.mounts) if (mount.kind === "secret") use(mount.secret, mount.key, intent.name);
  }
  return uses;
}

function requireSecret(application: Application, secret: SecretIntent, workloads: ReadonlySet<string>): void {
  const { namespace } = application.intent;
  const keys = secret.keys.toSorted((left, right) => byText(left.key, right.key));
  const why = keys.map((key) => `${key.key} (${key.reason})`).join(", ");
  const { options, how } = source(keys);
  application.ledger.require({
    kind: "secret",
    subject: secret.name,
    text: `Secret ${secret.name} must exist in namespace ${namespace} before ${[...workloads].sort(byText).join(", ")} can start; its keys: ${why}. ${how}`,
    command: ["kubectl create secret generic", secret.name, "-n", namespace, ...options].join(" "),
  });
}

/** Where the values come from, as options of kubectl, and a sentence that says so. */
function source(keys: readonly SecretKeyIntent[]): { options: readonly string[]; how: string } {
  const first = keys[0];
  const file = (key: SecretKeyIntent): string | undefined =>
    // Files of variables hold more than one value; only a file that is the value as a whole is taken as one.
    key.reason.startsWith("env_file") || key.reason.startsWith("interpolated") ? undefined : key.file;
  if (
    first !== undefined &&
    keys.every((key) => key.reason.startsWith("env_file") && key.file === first.file) &&
    first.file !== undefined
  )
    return {
      options: [`--from-env-file=${shellWord(first.file)}`],
      how: `The values stand in ${first.file}; every variable of that file becomes a key.`,
    };
  const without = keys.filter((key) => file(key) === undefined);
  if (without.length === keys.length && keys.length > 1)
    return {
      options: ["--from-env-file=/dev/stdin"],
      how: "The command reads lines KEY=VALUE from standard input until Ctrl-D.",
    };
  if (without.length <= 1)
    return {
      options: keys.map((key) => `--from-file=${shellWord(key.key)}=${shellWord(file(key) ?? "/dev/stdin")}`),
      how:
        without.length === 0
          ? "The values stand in the named files."
          : `The value of ${without[0]?.key} is read from standard input until Ctrl-D.`,
    };
  return {
    options: keys.map((key) => `--from-file=${shellWord(key.key)}=${shellWord(file(key) ?? `./${key.key}`)}`),
    how: `Put the value of ${without.map((key) => key.key).join(", ")} into a file of that name first, without a line break at its end, and remove it afterwards.`,
  };
}
