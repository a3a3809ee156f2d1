import { checkInputs } from "../analysis/checks/reading/check-objects.ts";
import { readCompose } from "../authoring/compose/read-compose.ts";
import type { Authored, Intent } from "../authoring/intent/intent.ts";
import { author } from "../authoring/specialists/author.ts";
import { scopeOf } from "../kube/catalogue/catalogue.ts";
import { jsonDigest } from "../kube/digest.ts";
import type { Files } from "../kube/files.ts";
import { isObject, type JsonObject } from "../kube/json.ts";
import { objectKey } from "../kube/object-key.ts";
import { OpsError } from "../kube/ops-error.ts";
import { placeText } from "../kube/place.ts";
import { printable, printableRest } from "../kube/printable.ts";
import type { Problem } from "../kube/problem.ts";
import { readObjects } from "../kube/read-objects.ts";
import type { PlanInput } from "../plan/build-plan.ts";
import type { CliContext } from "./context.ts";
import { type Inputs, inputNames, readRequest } from "./inputs/inputs.ts";

/** How a person says what is wanted: files, and how Compose files are read. `plan` and `diff` share it. */
export interface RequestFlags {
  readonly filename?: readonly string[];
  readonly namespace?: string;
  readonly prune: boolean;
  readonly recreate: boolean;
  readonly takeOver: boolean;
  readonly application?: string;
  readonly composeProfile?: readonly string[];
  readonly env?: readonly string[];
}

/** What was asked for, before any target is looked at. */
export interface AskedFor extends Pick<PlanInput, "request" | "intent" | "authored"> {
  readonly intent: Intent;
  readonly objects: readonly JsonObject[];
}

/** Reads the inputs into an intent and its objects. `minor` is the Kubernetes that they are checked for. */
export async function readAsked(
  context: CliContext,
  flags: RequestFlags,
  words: readonly string[],
  minor: number,
): Promise<AskedFor> {
  const named = inputNames(flags.filename, words);
  const inputs = await readRequest(context, named);
  const read =
    inputs.kind === "compose" ? composeRequest(context, inputs, flags) : objectsRequest(inputs, flags, minor);
  const names = inputs.kind === "compose" ? inputs.names : named;
  return {
    ...read,
    request: {
      text: requestText(flags, names),
      inputs: read.inputs,
      ...(flags.recreate ? { recreate: true } : {}),
      ...(flags.takeOver ? { takeOver: true } : {}),
    },
  };
}

interface Read {
  readonly intent: Intent;
  readonly objects: readonly JsonObject[];
  readonly authored: Pick<Authored, "relaxations" | "prerequisites" | "notes">;
  readonly inputs: readonly { readonly path: string; readonly sha256: string }[];
}

/** The request as the same flags would say it again; no value of the environment stands in it. */
function requestText(flags: RequestFlags, names: readonly string[]): string {
  const words = ["plan", ...names.flatMap((name) => ["-f", name])];
  if (flags.namespace !== undefined) words.push("-n", flags.namespace);
  if (flags.application !== undefined) words.push("--application", flags.application);
  for (const profile of flags.composeProfile ?? []) words.push("--compose-profile", profile);
  for (const name of flags.env ?? []) words.push("--env", name);
  if (flags.prune) words.push("--prune");
  if (flags.recreate) words.push("--recreate");
  if (flags.takeOver) words.push("--take-over");
  return words.join(" ");
}

function composeRequest(
  context: CliContext,
  inputs: Extract<Inputs, { kind: "compose" }>,
  flags: RequestFlags,
): Read {
  const read = readCompose(inputs.files, {
    files: inputs.names,
    namespace: flags.namespace ?? "",
    ...(flags.application === undefined ? {} : { application: flags.application }),
    folderName: inputs.folderName,
    profiles: flags.composeProfile ?? [],
    environment: namedEnvironment(context, flags.env ?? []),
  });
  for (const problem of read.problems) {
    context.process.stderr.write(problemText(problem));
  }
  // Without -n an application lives in a namespace of its own name.
  const namespace = flags.namespace ?? read.intent.application;
  const intent = fromProject({ ...read.intent, namespace }, inputs.files);
  const authored = author(intent);
  return { intent, objects: authored.objects, authored, inputs: read.inputs };
}

/** A remark of the reader in the form of an error: what, where, what to do. */
function problemText({ severity, message, code, place, hint }: Problem): string {
  const where = place === undefined ? "" : `${printable(placeText(place))}: `;
  const advice = hint === undefined ? "" : `  hint: ${printableRest(hint)}\n`;
  return `${severity}: ${where}${printableRest(message)} [${code}]\n${advice}`;
}

/**
 * Places relative to the project folder instead of the working folder: a plan is the same wherever its maker stood.
 */
function fromProject<T>(value: T, files: Files): T {
  const prefix = files.display("x").slice(0, -1);
  const rebase = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(rebase);
    if (typeof part !== "object" || part === null) return part;
    const copy = Object.fromEntries(Object.entries(part).map(([name, member]) => [name, rebase(member)]));
    if (
      typeof copy["file"] === "string" &&
      typeof copy["line"] === "number" &&
      copy["file"].startsWith(prefix)
    ) {
      copy["file"] = copy["file"].slice(prefix.length);
    }
    return copy;
  };
  return rebase(value) as T;
}

/** Only what was named, and only what is set (kernel K16). */
function namedEnvironment(context: CliContext, names: readonly string[]): Readonly<Record<string, string>> {
  const values: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const name of names) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new OpsError("USAGE", `${JSON.stringify(name)} is not the name of a variable`, {
        hint: "--env takes a name; its value is read from the environment",
      });
    }
    const value = context.env[name];
    if (value === undefined) throw new OpsError("USAGE", `--env ${name}: the variable is not set`);
    values[name] = value;
  }
  return values;
}

function objectsRequest(
  inputs: Extract<Inputs, { kind: "objects" }>,
  flags: RequestFlags,
  minor: number,
): Read {
  const refused = checkInputs(inputs.inputs, { minor }).find((finding) => finding.severity === "error");
  if (refused !== undefined) {
    throw new OpsError("INPUT_REFUSED", `${refused.message} [${refused.code}]`, {
      ...(refused.place === undefined ? {} : { place: refused.place }),
      hint: refused.hint ?? "kubeops check shows everything that is refused",
    });
  }
  const namespace = flags.namespace ?? "default";
  const { objects } = readObjects(inputs.inputs.flatMap((input) => input.documents));
  if (objects.length === 0) throw new OpsError("INPUT_EMPTY", "no Kubernetes object was found in the inputs");
  const placed = objects.map((read) => inNamespace(read.object, namespace));
  return {
    intent: {
      apiVersion: "kubernetes-operations.dev/v1",
      kind: "Intent",
      source: "objects",
      namespace,
      objects: placed.map((object) => ({ key: objectKey(object), digest: jsonDigest(object) })),
      report: [],
    },
    objects: placed,
    authored: { relaxations: [], prerequisites: [], notes: [] },
    inputs: inputs.inputs.map(({ path, sha256 }) => ({ path, sha256 })),
  };
}

/** Fills in the namespace of a namespaced object that names none, as kubectl does. */
function inNamespace(object: JsonObject, namespace: string): JsonObject {
  const key = objectKey(object);
  if (key.namespace !== "" || scopeOf(key.group, key.kind) !== "namespaced") return object;
  const metadata = isObject(object["metadata"]) ? object["metadata"] : {};
  return { ...object, metadata: { ...metadata, namespace } };
}
