import type { JsonObject } from "../../../kube/json.ts";
import type { HealthIntent, ProbeIntent } from "../../intent/intent.ts";
import { assumed } from "../../images/match-image.ts";
import type { Ledger } from "../ledger.ts";
import { members } from "../members.ts";
import type { Workload } from "../workload.ts";
import { escapeExpansion } from "./expansion.ts";

/** Compose's defaults where Kubernetes' differ too much: a command needs more than a second. */
const DEFAULT_INTERVAL = 30;
const DEFAULT_TIMEOUT = 5;
const DEFAULT_RETRIES = 3;
const DEFAULT_START_INTERVAL = 5;
/** Seconds that a program may take to start before it is restarted: Compose never restarts one, a database may recover. */
const START_PATIENCE = 300;

/**
 * The probes of a container. Compose's healthcheck becomes readiness and liveness; since Compose itself never restarts an
 * unhealthy container, liveness waits for twice as many failures, after readiness took it out of its Services, and begins
 * only when a startup probe has succeeded once. Without a healthcheck only images that are known to listen get a readiness probe.
 */
export function probesOf(workload: Workload, ledger: Ledger): JsonObject {
  const { intent, kind } = workload;
  const { health, name } = intent;
  if (kind === "Job" || kind === "CronJob") {
    if (health !== undefined)
      ledger.note(
        "health/not-for-jobs",
        name,
        "its healthcheck is left out: a Job ends by itself and nothing waits for it to be ready.",
      );
    return {};
  }
  if (health === undefined) return assumedProbe(workload, ledger);
  const retries = atLeastOne(health.retries ?? DEFAULT_RETRIES);
  const period = atLeastOne(health.intervalSeconds ?? DEFAULT_INTERVAL);
  const timeout = atLeastOne(health.timeoutSeconds ?? DEFAULT_TIMEOUT);
  const common = { periodSeconds: period, timeoutSeconds: timeout };
  return members({
    startupProbe: startup(health, retries, timeout),
    livenessProbe: { ...handler(health.test), ...common, failureThreshold: retries * 2 },
    readinessProbe: { ...handler(health.readiness ?? health.test), ...common, failureThreshold: retries },
  });
}

function startup(health: HealthIntent, retries: number, timeout: number): JsonObject {
  const seconds = health.startPeriodSeconds ?? 0;
  const period = atLeastOne(health.startIntervalSeconds ?? DEFAULT_START_INTERVAL);
  return {
    ...handler(health.test),
    periodSeconds: period,
    timeoutSeconds: timeout,
    // Docker starts to count failures when the start period is over.
    failureThreshold: Math.ceil((seconds + START_PATIENCE) / period) + retries,
  };
}

function handler(probe: ProbeIntent): JsonObject {
  if (probe.kind === "exec") return { exec: { command: probe.command.map(escapeExpansion) } };
  if (probe.kind === "http") return { httpGet: { path: probe.path, port: probe.port } };
  return { tcpSocket: { port: probe.port } };
}

/** The kubelet takes whole seconds and counts from one. */
function atLeastOne(value: number): number {
  return Math.max(1, Math.ceil(value));
}

function assumedProbe(workload: Workload, ledger: Ledger): JsonObject {
  const { known, intent } = workload;
  const listening = known?.ports.find(
    (row) =>
      row.protocol !== "UDP" &&
      workload.ports.some((port) => port.port === row.port && port.protocol === "TCP"),
  );
  if (known === undefined || listening === undefined) {
    ledger.note(
      "health/none",
      intent.name,
      "the input has no healthcheck: the Pod counts as ready as soon as it runs, and a hung program is not restarted.",
    );
    return {};
  }
  ledger.note(
    "health/assumed-probe",
    intent.name,
    `the input has no healthcheck: the Pod is ready when port ${listening.port} accepts connections, on which ${intent.image} is ${assumed(known)} to listen; a hung program is not restarted.`,
  );
  return {
    readinessProbe: {
      tcpSocket: { port: listening.port },
      periodSeconds: 10,
      timeoutSeconds: DEFAULT_TIMEOUT,
      failureThreshold: DEFAULT_RETRIES,
    },
  };
}
