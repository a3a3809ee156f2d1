import { isSecretText, literal, type ServiceContext } from "../context.ts";
import { objectName } from "../names.ts";
import { durationSeconds } from "../syntax/units.ts";
import {
  booleanOf,
  isNull,
  malformed,
  mapOf,
  member,
  namesOf,
  type Node,
  readMember,
  textOf,
} from "../tree/node.ts";

/** `image`, or the name under which the image that `build` makes must be pushed. */
export function readImage(service: ServiceContext): void {
  const { project, draft, node } = service;
  const image = member(node, "image");
  const build = member(node, "build");
  if (build !== undefined) draft.imageIsBuilt = true;
  if (image === undefined) {
    if (build === undefined) malformed(node, "has neither image nor build");
    draft.image = objectName(project.application, service.name);
    return;
  }
  const text = textOf(image).trim();
  if (text === "" || /\s/.test(text)) malformed(image, "must name an image");
  if (isSecretText(project, image, "image", text)) malformed(image, "holds a credential");
  draft.image = text;
  if (image.kind === "scalar" && image.variables.length > 0) draft.imageInterpolated = true;
  project.ledger.mark(image, "used");
}

export function readPullPolicy(service: ServiceContext, node: Node): void {
  const { ledger } = service.project;
  const policy = textOf(node);
  if (policy === "always") service.draft.imagePullPolicy = "Always";
  else if (policy === "never") service.draft.imagePullPolicy = "Never";
  else if (policy === "missing" || policy === "if_not_present")
    service.draft.imagePullPolicy = "IfNotPresent";
  else if (/^(?:build|daily|weekly|every_\w+)$/.test(policy)) {
    ledger.mark(node, "dropped", "a node pulls an image when a Pod starts, always or when it is missing");
    return;
  } else malformed(node, "must be always, never, missing, build, daily, weekly or every_<duration>");
  ledger.mark(node, "used");
}

/** `restart`: `deploy.restart_policy` wins. What it means depends on the kind: see `settleRestart`. */
export function readRestart(service: ServiceContext, node: Node): void {
  const text = node.kind === "scalar" && node.value === false ? "no" : textOf(node);
  const match = /^(no|always|unless-stopped|on-failure)(?::(\d{1,6}))?$/.exec(text);
  if (match === null) malformed(node, "must be no, always, on-failure[:N] or unless-stopped");
  if (service.restartNode !== undefined) {
    service.project.ledger.mark(node, "dropped", "deploy.restart_policy says otherwise");
    return;
  }
  service.draft.restart = match[1] === "no" ? "never" : match[1] === "on-failure" ? "on-failure" : "always";
  service.restartNode = node;
  if (match[2] !== undefined) service.attempts = { count: Number(match[2]), node };
}

/** Says what became of the restart policy, once the kind of the workload is known. */
export function settleRestart(service: ServiceContext): void {
  const { draft, restartNode, attempts } = service;
  const { ledger } = service.project;
  const once = draft.mode === "job" || draft.mode === "cron";
  if (once && draft.restart === "always") {
    draft.restart = "on-failure";
    if (restartNode !== undefined)
      ledger.mark(
        restartNode,
        "changed",
        "a Job ends when its command has succeeded: it is started again on failure",
      );
  } else if (restartNode !== undefined) {
    if (once || draft.restart === "always") ledger.mark(restartNode, "used");
    else ledger.mark(restartNode, "changed", "a workload that is no Job is always started again");
  }
  if (attempts === undefined) return;
  if (once) draft.backoffLimit ??= attempts.count;
  if (attempts.node === restartNode) return;
  if (once) ledger.mark(attempts.node, "used");
  else ledger.mark(attempts.node, "dropped", "a workload that is no Job is always started again");
}

export function readGracePeriod(service: ServiceContext, node: Node): void {
  const seconds = durationSeconds(textOf(node)) ?? malformed(node, "must be a duration, as 1m30s");
  const whole = Math.ceil(seconds);
  service.draft.stopGraceSeconds = whole;
  if (whole === seconds) service.project.ledger.mark(node, "used");
  else service.project.ledger.mark(node, "changed", `Kubernetes counts whole seconds: ${whole}`);
}

export function readWorkingDirectory(service: ServiceContext, node: Node): void {
  const text = literal(service.project, node, "working_dir");
  if (text === undefined) return;
  service.draft.workingDir = text;
  service.project.ledger.mark(node, "used");
}

/** Why a service with a `provider` does not run. */
export const providedOutside = "something outside this application provides the service";

/** `depends_on`, short and long. */
export function readDependsOn(service: ServiceContext, node: Node): void {
  for (const [name, part] of namesOf(node).entries) readDependency(service, name, part);
}

function readDependency(service: ServiceContext, name: string, part: Node): void {
  const { ledger, services } = service.project;
  const long = isNull(part) ? undefined : mapOf(part);
  const condition = readMember(long, "condition", conditionOf) ?? "started";
  const required = readMember(long, "required", booleanOf) ?? true;
  const other = services.get(name);
  if (other === undefined) {
    absentDependency(service, name, part, required);
    return;
  }
  service.draft.dependsOn = [...service.draft.dependsOn, { workload: other.name, condition, required }];
  service.dependencies.push({ target: name, condition, node: part });
  if (long === undefined || long.entries.size === 0) ledger.mark(part, "used");
  for (const each of ["condition", "required"]) readMember(long, each, (node) => ledger.mark(node, "used"));
  readMember(long, "restart", (node) =>
    ledger.mark(node, "dropped", "a service is not started again because another was updated"),
  );
}

function conditionOf(node: Node): "started" | "healthy" | "completed" {
  const text = textOf(node);
  if (text === "service_started") return "started";
  if (text === "service_healthy") return "healthy";
  if (text === "service_completed_successfully") return "completed";
  return malformed(node, "must be service_started, service_healthy or service_completed_successfully");
}

/** A service that does not run: an error when this one needs it (compose-spec 15-profiles.md). */
function absentDependency(service: ServiceContext, name: string, part: Node, required: boolean): void {
  const left = service.project.excluded.get(name);
  if (required && left === undefined) malformed(part, `names the service ${name}, which is not defined`);
  if (required && left !== undefined && left !== providedOutside)
    malformed(
      part,
      `needs the service ${name}: ${left}`,
      "choose its profile with --compose-profile, or say required: false",
    );
  service.project.ledger.mark(part, "dropped", left ?? "there is no such service, and it is not required");
}
