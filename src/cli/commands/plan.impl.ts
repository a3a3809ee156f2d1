import { writeAtomically } from "../../apply/files/atomic-write.ts";
import { resolve } from "node:path";
import { readCompose } from "../../authoring/compose/read-compose.ts";
import type { Authored, Intent } from "../../authoring/intent/intent.ts";
import { author } from "../../authoring/specialists/author.ts";
import { checkInputs } from "../../analysis/checks/reading/check-objects.ts";
import { scopeOf } from "../../kube/catalogue/catalogue.ts";
import type { Files } from "../../kube/files.ts";
import { jsonDigest } from "../../kube/digest.ts";
import { ExitCode } from "../../kube/error-table.ts";
import { isObject, type JsonObject } from "../../kube/json.ts";
import { objectKey } from "../../kube/object-key.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { readObjects } from "../../kube/read-objects.ts";
import { buildPlan, planText } from "../../plan/build-plan.ts";
import { prunable } from "../../plan/prune.ts";
import { charterGitTarget, type GitTargetSpec, parseTargetSpec } from "../../plan/target.ts";
import type { Plan } from "../../plan/plan.ts";
import type { CliContext } from "../context.ts";
import { guarded } from "../errors.ts";
import { openTarget } from "../git-access.ts";
import { type Inputs, inputNames, readRequest } from "../inputs.ts";
import { planOutput } from "../display/plan-output.ts";
import { minorOf, openSession, type Session } from "../session.ts";
import { toolVersion } from "../version.ts";

export interface PlanFlags {
  readonly gitCredentials?: string;
  readonly gitCa?: string;
  readonly filename?: readonly string[];
  readonly namespace?: string;
  readonly target: string;
  readonly onto: boolean;
  readonly prune: boolean;
  readonly application?: string;
  readonly composeProfile?: readonly string[];
  readonly env?: readonly string[];
  readonly kubeVersion?: string;
  readonly out?: string;
  readonly trustRoot?: string;
  readonly state?: string;
  readonly output: "text" | "json";
  readonly color: "auto" | "always" | "never";
  readonly quiet: boolean;
}

interface Request {
  readonly intent: Intent;
  readonly objects: readonly JsonObject[];
  readonly authored: Pick<Authored, "relaxations" | "prerequisites" | "notes">;
  readonly inputs: readonly { readonly path: string; readonly sha256: string }[];
}

export async function plan(this: CliContext, flags: PlanFlags, ...words: string[]): Promise<void> {
  await guarded(this, flags, async () => {
    const spec = gitSpec(flags.target);
    const minor = minorOf(flags.kubeVersion);
    const names = inputNames(flags.filename, words);
    const inputs = await readRequest(this, names);
    const request = requestOf(this, inputs, flags, minor);
    const session = openSession(this, flags);
    try {
      const made = await makePlan(this, flags, session, {
        names: inputs.kind === "compose" ? inputs.names : names,
        request,
        spec,
        minor,
      });
      storePlan(this, session, made, flags.out);
      planOutput(this, flags, session, made, flags.out);
      return made.verdict.decision === "denied" ? ExitCode.no : ExitCode.done;
    } finally {
      session.close();
    }
  });
}

/** The repository that a target names. */
export function gitSpec(text: string): GitTargetSpec {
  const spec = parseTargetSpec(text);
  if (spec.kind === "git") return spec;
  throw new OpsError("USAGE", `cluster:${spec.name}: this command does not do clusters yet`, {
    hint: "git:<path or https URL>[@branch]#folder",
  });
}

interface Making {
  readonly names: readonly string[];
  readonly request: Request;
  readonly spec: GitTargetSpec;
  readonly minor: number;
}

async function makePlan(
  context: CliContext,
  flags: PlanFlags,
  session: Session,
  making: Making,
): Promise<Plan> {
  const { request, spec } = making;
  const target = await openTarget(context, flags, {
    url: locationOf(context, spec.url),
    branch: spec.branch,
  });
  const done = context.onInterrupt(() => void target.close());
  try {
    const { trustRoot } = session;
    const charterTarget =
      trustRoot === undefined ? undefined : charterGitTarget(trustRoot.charter, target.url);
    const state = await target.readState(charterTarget?.git.root ?? spec.folder);
    return buildPlan({
      request: { text: requestText(flags, making.names), inputs: request.inputs },
      intent: request.intent,
      objects: request.objects,
      authored: request.authored,
      deletions: flags.prune ? prunable(state, spec.folder, request.objects) : [],
      state,
      folder: spec.folder,
      mode: flags.onto ? "onto" : "branch",
      charter: trustRoot?.charter ?? null,
      charterOwner: trustRoot?.owner.fingerprint ?? null,
      macKey: trustRoot?.macKey ?? null,
      toolVersion,
      minor: making.minor,
    });
  } finally {
    done();
    await target.close();
  }
}

/** A local path is taken relative to the working folder; an https URL stays as it is. */
export function locationOf(context: CliContext, url: string): string {
  return url.startsWith("https://") ? url : resolve(context.cwd, url);
}

/** Stores a plan under its digest, where the user asked for it too, and logs it. */
export function storePlan(context: CliContext, session: Session, made: Plan, out: string | undefined): void {
  const bytes = planText(made);
  session.state.savePlan(made.digest, bytes);
  if (out !== undefined) writeAtomically(resolve(context.cwd, out), bytes);
  session.record({
    type: "plan",
    plan: made.digest,
    target: jsonDigest(made.target),
    verdict: made.verdict.decision,
    ...(made.charter === null ? {} : { charter: made.charter.digest }),
    ...(made.request.undoes === undefined ? {} : { undoes: made.request.undoes }),
  });
}

/** The request as the same flags would say it again; no value of the environment stands in it. */
function requestText(flags: PlanFlags, names: readonly string[]): string {
  const words = ["plan", ...names.flatMap((name) => ["-f", name])];
  if (flags.namespace !== undefined) words.push("-n", flags.namespace);
  if (flags.application !== undefined) words.push("--application", flags.application);
  for (const profile of flags.composeProfile ?? []) words.push("--compose-profile", profile);
  for (const name of flags.env ?? []) words.push("--env", name);
  if (flags.prune) words.push("--prune");
  return words.join(" ");
}

function requestOf(context: CliContext, inputs: Inputs, flags: PlanFlags, minor: number): Request {
  return inputs.kind === "compose"
    ? composeRequest(context, inputs, flags)
    : objectsRequest(inputs, flags, minor);
}

function composeRequest(
  context: CliContext,
  inputs: Extract<Inputs, { kind: "compose" }>,
  flags: PlanFlags,
): Request {
  const read = readCompose(inputs.files, {
    files: inputs.names,
    namespace: flags.namespace ?? "",
    ...(flags.application === undefined ? {} : { application: flags.application }),
    folderName: inputs.folderName,
    profiles: flags.composeProfile ?? [],
    environment: namedEnvironment(context, flags.env ?? []),
  });
  for (const problem of read.problems) {
    context.process.stderr.write(`${problem.severity}: ${problem.message} [${problem.code}]\n`);
  }
  // Without -n an application lives in a namespace of its own name.
  const namespace = flags.namespace ?? read.intent.application;
  const intent = fromProject({ ...read.intent, namespace }, inputs.files);
  const authored = author(intent);
  return { intent, objects: authored.objects, authored, inputs: read.inputs };
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
  flags: PlanFlags,
  minor: number,
): Request {
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
