/** Probes and lifecycle hooks. */
import type { JsonObject } from "../../../../kube/json.ts";
import { port, portOrName } from "../engine/amounts.ts";
import { each, fields, isSet, nonNegative, numberOf, oneOf, required, text } from "../engine/build.ts";
import { type Check, report, reportAt, type Run } from "../engine/run.ts";
import { notHeaderName } from "../engine/texts.ts";

const exec: Check = fields("core validateExecAction", { command: required() });

const httpGet: Check = fields(
  "core validateHTTPGetAction",
  {
    port: portOrName,
    scheme: oneOf(["HTTP", "HTTPS"], true),
    httpHeaders: each(fields("core validateHTTPGetAction", { name: text(notHeaderName) })),
  },
  (value, run) => {
    if (!isSet(value, "port")) reportAt(run, "port", "server/required", "port");
  },
);

const tcpSocket: Check = fields("core validateTCPSocketAction", { port: portOrName }, (value, run) => {
  if (!isSet(value, "port")) reportAt(run, "port", "server/required", "port");
});

const grpc: Check = fields("core validateGRPCAction", { port }, (value, run) => {
  if (!isSet(value, "port")) reportAt(run, "port", "server/required", "port");
});

const probeHandlers: readonly string[] = ["exec", "httpGet", "tcpSocket", "grpc"];
const hookHandlers: readonly string[] = ["exec", "httpGet", "tcpSocket", "sleep"];

function oneHandler(value: JsonObject, names: readonly string[], run: Run): void {
  let found = 0;
  for (const name of names) {
    if (!isSet(value, name)) continue;
    found++;
    if (found > 1) reportAt(run, name, "server/forbidden", name, "only one handler may be set");
  }
  if (found === 0) report(run, "server/required", `one of ${names.join(", ")}`);
}

function probe(source: string, cross: (value: JsonObject, run: Run) => void): Check {
  return fields(
    source,
    {
      exec,
      httpGet,
      tcpSocket,
      grpc,
      initialDelaySeconds: nonNegative,
      timeoutSeconds: nonNegative,
      periodSeconds: nonNegative,
      successThreshold: nonNegative,
      failureThreshold: nonNegative,
    },
    (value, run) => {
      oneHandler(value, probeHandlers, run);
      const grace = numberOf(value, "terminationGracePeriodSeconds");
      if (grace !== undefined && grace <= 0)
        reportAt(
          run,
          "terminationGracePeriodSeconds",
          "server/out-of-range",
          String(grace),
          "it must be greater than 0",
        );
      cross(value, run);
    },
  );
}

function onlyOneSuccess(value: JsonObject, run: Run): void {
  const threshold = numberOf(value, "successThreshold");
  if (threshold !== undefined && threshold !== 0 && threshold !== 1)
    reportAt(run, "successThreshold", "server/out-of-range", String(threshold), "it must be 1 here");
}

export const livenessProbe: Check = probe("core validateLivenessProbe", onlyOneSuccess);
export const startupProbe: Check = probe("core validateStartupProbe", onlyOneSuccess);
export const readinessProbe: Check = probe("core validateReadinessProbe", (value, run) => {
  if (isSet(value, "terminationGracePeriodSeconds"))
    reportAt(
      run,
      "terminationGracePeriodSeconds",
      "server/forbidden",
      "terminationGracePeriodSeconds",
      "a readiness probe has none",
    );
});

/** validateLifecycle. `grace` is the Pod's grace period in seconds. */
export function checkLifecycle(lifecycle: JsonObject, grace: number, run: Run): void {
  for (const hook of ["postStart", "preStop"]) {
    const handler = lifecycle[hook];
    if (typeof handler !== "object" || handler === null || Array.isArray(handler)) continue;
    run.path.push(hook);
    hookRule(handler, run);
    run.source = "core validateSleepAction";
    const sleep = (handler as JsonObject)["sleep"];
    const seconds =
      typeof sleep === "object" && sleep !== null ? numberOf(sleep as JsonObject, "seconds") : undefined;
    if (seconds !== undefined && (seconds < 0 || seconds > grace))
      reportAt(
        run,
        ["sleep", "seconds"],
        "server/out-of-range",
        String(seconds),
        `it must be between 0 and the grace period of ${grace} seconds`,
      );
    else if (seconds === 0 && run.minor < 33)
      reportAt(run, ["sleep", "seconds"], "server/out-of-range", "0", "it must be greater than 0");
    run.path.pop();
  }
}

const hookRule: Check = fields("core validateLifecycle", { exec, httpGet, tcpSocket }, (value, run) => {
  oneHandler(value, hookHandlers, run);
});
