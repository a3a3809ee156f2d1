import type { HealthIntent, ProbeIntent } from "../../intent/intent.ts";
import {
  shellCredentials,
  shellReference,
  wordCredentials,
} from "../../../analysis/checks/secrets/command-credentials.ts";
import { type ServiceContext, variableFor } from "../context.ts";
import { durationSeconds } from "../syntax/units.ts";
import {
  booleanOf,
  integerOf,
  malformed,
  type MapNode,
  mapOf,
  member,
  type Node,
  textOf,
} from "../tree/node.ts";
import { forbiddenValues } from "./command.ts";

type Draft = { -readonly [Key in keyof HealthIntent]?: HealthIntent[Key] };

const noImageCheck = "Kubernetes does not run the HEALTHCHECK of an image: name the test here";

/** `healthcheck` (compose-spec 05-services.md): NONE, CMD, CMD-SHELL, a string, or `disable`. */
export function readHealth(service: ServiceContext, node: Node): void {
  const { ledger } = service.project;
  const health = mapOf(node);
  const disable = member(health, "disable");
  const testNode = member(health, "test");
  if (disable !== undefined) ledger.mark(disable, "used");
  const none = testNode !== undefined && isNone(testNode);
  if (none || (disable !== undefined && booleanOf(disable))) {
    for (const [key, part] of health.entries) {
      if (none && key === "test") ledger.mark(part, "used");
      else if (key !== "disable") ledger.mark(part, "dropped", "the check is disabled");
    }
    return;
  }
  const draft = readSettings(service, health, testNode);
  service.health = draft;
  if (draft.test !== undefined) service.draft.health = { ...draft, test: draft.test };
}

function readSettings(service: ServiceContext, health: MapNode, testNode: Node | undefined): Draft {
  const test = testNode === undefined ? undefined : readTest(service, testNode);
  const lost =
    test !== undefined ? undefined : testNode === undefined ? noImageCheck : "the check is dropped";
  const draft: Draft = test === undefined ? {} : { test };
  const times = {
    interval: "intervalSeconds",
    timeout: "timeoutSeconds",
    start_period: "startPeriodSeconds",
    start_interval: "startIntervalSeconds",
  } as const;
  for (const [key, name] of Object.entries(times)) {
    const part = member(health, key);
    if (part === undefined) continue;
    draft[name] = readSeconds(service, part, key === "start_period" ? 0 : 1, lost);
  }
  const retries = member(health, "retries");
  if (retries !== undefined) {
    draft.retries = Math.max(1, integerOf(retries));
    account(service, retries, lost);
  }
  return draft;
}

function account(service: ServiceContext, node: Node, lost: string | undefined): void {
  if (lost === undefined) service.project.ledger.mark(node, "used");
  else service.project.ledger.mark(node, "dropped", lost);
}

/** Whole seconds, rounded up: Kubernetes has no others. */
function readSeconds(service: ServiceContext, node: Node, least: number, lost: string | undefined): number {
  const seconds = durationSeconds(textOf(node));
  if (seconds === undefined) return malformed(node, "must be a duration, as 1m30s");
  const whole = Math.max(least, Math.ceil(seconds));
  if (whole === seconds || lost !== undefined) account(service, node, lost);
  else service.project.ledger.mark(node, "changed", `Kubernetes counts whole seconds: ${whole}`);
  return whole;
}

function isNone(node: Node): boolean {
  const first = node.kind === "list" ? node.items[0] : undefined;
  return first !== undefined && textOf(first) === "NONE";
}

function readTest(service: ServiceContext, node: Node): ProbeIntent | undefined {
  if (node.kind === "scalar") return shellTest(service, node, node, textOf(node));
  if (node.kind === "map") return malformed(node, "must be a list or a single value");
  const [kind, ...rest] = node.items;
  if (kind === undefined) {
    service.project.ledger.mark(node, "dropped", "there is no check to run");
    return undefined;
  }
  if (textOf(kind) === "CMD-SHELL")
    return shellTest(service, node, rest[0] ?? node, rest.map(textOf).join(" "));
  if (textOf(kind) !== "CMD") return malformed(kind, "must be NONE, CMD or CMD-SHELL");
  const words = rest.map(textOf);
  if (words.length === 0) return malformed(node, "names no command");
  service.evidence.push({
    text: words.join(" "),
    reason: "healthcheck",
    place: node.place,
    mayBeHost: false,
  });
  if (wordCredentials(words, forbiddenValues(service, rest)).some((spans) => spans.length > 0)) {
    service.project.ledger.mark(
      node,
      "dropped",
      "a credential stands in it, and Kubernetes puts no variable into the command of a probe; write it as CMD-SHELL",
    );
    return undefined;
  }
  service.project.ledger.mark(node, "used");
  return { kind: "exec", command: words };
}

function shellTest(service: ServiceContext, node: Node, textNode: Node, text: string): ProbeIntent {
  const { ledger } = service.project;
  if (text.trim() === "") return malformed(node, "names no command");
  service.evidence.push({ text, reason: "healthcheck", place: node.place, mayBeHost: false });
  const spans = shellCredentials(text, forbiddenValues(service, [textNode]));
  const command = shellReference(text, spans, (value, hint) => variableFor(service, value, hint, node));
  if (spans.length === 0) ledger.mark(node, "used");
  else
    ledger.mark(
      node,
      "reference",
      "a credential in it becomes a key of a Secret, which the shell reads from a variable",
    );
  return { kind: "exec", command: ["/bin/sh", "-c", command] };
}
