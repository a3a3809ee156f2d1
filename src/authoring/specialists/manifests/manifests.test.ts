import { describe, expect, test } from "vitest";
import { application, place, port, workload } from "../../../../test/support/authoring-intents.ts";
import { claim, container, find, one, pod } from "../../../../test/support/authored.ts";
import { valueAt } from "../../../kube/json.ts";
import type { Authored, WorkloadIntent } from "../../intent/intent.ts";
import { author } from "../author.ts";

describe("which kind runs a workload", () => {
  const awaited = (restart: WorkloadIntent["restart"]): Authored =>
    author(
      application([
        workload("web", { restart }),
        workload("after", { dependsOn: [{ workload: "web", condition: "completed", required: true }] }),
      ]),
    );
  test.each<[string, () => Authored, string]>([
    ["nothing special", () => one({}), "Deployment"],
    ["on every node", () => one({ mode: "global" }), "DaemonSet"],
    ["a job", () => one({ mode: "job" }), "Job"],
    ["by schedule", () => one({ mode: "cron", schedule: "0 0 * * *" }), "CronJob"],
    ["a cron without a schedule", () => one({ mode: "cron" }), "Job"],
    ["never restarted, and nobody waits", () => one({ restart: "never" }), "Deployment"],
    ["never restarted, and somebody waits for its end", () => awaited("never"), "Job"],
    ["always restarted, and somebody waits for its end", () => awaited("always"), "Deployment"],
    ["a volume of its own", () => one({ mounts: [claim("data")] }), "StatefulSet"],
    ["a volume that it only reads", () => one({ mounts: [claim("data", "/data", true)] }), "Deployment"],
    ["several Pods and one volume", () => one({ mounts: [claim("data")], replicas: 2 }), "Deployment"],
    [
      "several Pods of a database",
      () => one({ image: "postgres:17", mounts: [claim("data")], replicas: 2 }),
      "StatefulSet",
    ],
    [
      "several Pods of a database and a claim that exists",
      () =>
        one(
          { image: "postgres:17", mounts: [claim("data")], replicas: 2 },
          { volumes: [{ name: "data", external: true, labels: {}, place }] },
        ),
      "Deployment",
    ],
    ["a kind by name", () => one({ mounts: [claim("data")], controller: "Deployment" }), "Deployment"],
  ])("%s", (_, build, kind) => {
    find(build(), kind, "web");
  });

  test("a Deployment that alone writes to a volume stops before it starts", () => {
    const authored = one({ mounts: [claim("data")], controller: "Deployment" });
    expect(valueAt(find(authored, "Deployment", "web"), ["spec", "strategy"])).toEqual({ type: "Recreate" });
  });

  test("a volume of several Pods must allow many writers, and that is a prerequisite", () => {
    const authored = author(
      application([workload("a", { mounts: [claim("data")] }), workload("b", { mounts: [claim("data")] })]),
    );
    expect(valueAt(find(authored, "PersistentVolumeClaim", "data"), ["spec", "accessModes"])).toEqual([
      "ReadWriteMany",
    ]);
    expect(authored.prerequisites.map((row) => `${row.kind} ${row.subject}`)).toEqual(["volume data"]);
  });

  test("names that Kubernetes would refuse are shortened without falling together", () => {
    const long = "a".repeat(62);
    const authored = author(
      application([
        workload(`${long}b`, { mode: "cron", schedule: "0 0 * * *" }),
        workload(`${long}c`, { mode: "cron", schedule: "0 0 * * *" }),
      ]),
    );
    const names = authored.objects
      .filter((object) => object["kind"] === "CronJob")
      .map((object) => valueAt(object, ["metadata", "name"]) as string);
    expect(new Set(names).size).toBe(2);
    for (const name of names) expect(name).toHaveLength(52);
  });
});

describe("Jobs", () => {
  test.each<[string, Partial<WorkloadIntent>, string, number]>([
    ["restarted on failure", { restart: "on-failure" }, "OnFailure", 6],
    ["never restarted", { restart: "never" }, "Never", 0],
    [
      "never restarted, with something it needs",
      { restart: "never", dependsOn: [{ workload: "db", condition: "healthy", required: true }] },
      "Never",
      6,
    ],
    ["with a limit of its own", { restart: "never", backoffLimit: 2 }, "Never", 2],
    ["restarted always", { restart: "always" }, "OnFailure", 6],
  ])("%s", (_, changes, policy, limit) => {
    const authored = one({ mode: "job", ...changes });
    expect(pod(authored, "restartPolicy")).toBe(policy);
    expect(valueAt(find(authored, "Job", "web"), ["spec", "backoffLimit"])).toBe(limit);
  });

  test("a Job does not remove itself: a reconciler would run it again", () => {
    expect(
      valueAt(find(one({ mode: "job" }), "Job", "web"), ["spec", "ttlSecondsAfterFinished"]),
    ).toBeUndefined();
  });
});

describe("resources", () => {
  const mi = 1024 ** 2;
  test.each<[string, WorkloadIntent["resources"], unknown, unknown]>([
    ["nothing asked", {}, { cpu: "100m", memory: "512Mi" }, { memory: "512Mi" }],
    [
      "limits",
      { cpuLimitMilli: 50, memoryLimitBytes: 64 * mi },
      { cpu: "50m", memory: "64Mi" },
      { cpu: "50m", memory: "64Mi" },
    ],
    [
      "a reservation",
      { cpuRequestMilli: 1000, memoryRequestBytes: 64 * mi },
      { cpu: "1", memory: "64Mi" },
      { memory: "512Mi" },
    ],
    [
      "a large reservation",
      { memoryRequestBytes: 1024 * mi },
      { cpu: "100m", memory: "1Gi" },
      { memory: "1Gi" },
    ],
    [
      "a reservation above the limit",
      { memoryRequestBytes: 128 * mi, memoryLimitBytes: 64 * mi },
      { cpu: "100m", memory: "64Mi" },
      { memory: "64Mi" },
    ],
    [
      "zero, which is no limit",
      { cpuLimitMilli: 0, memoryLimitBytes: 0 },
      { cpu: "100m", memory: "512Mi" },
      { memory: "512Mi" },
    ],
    ["odd bytes", { memoryLimitBytes: 1_000_001 }, { cpu: "100m", memory: "1000001" }, { memory: "1000001" }],
  ])("%s", (_, resources, requests, limits) => {
    const authored = container(one({ resources }), "resources");
    expect(authored).toEqual({
      requests: { ...(requests as object), "ephemeral-storage": "128Mi" },
      limits: { ...(limits as object), "ephemeral-storage": "2Gi" },
    });
  });

  test("an image that is known to need more gets it", () => {
    expect(container(one({ image: "elasticsearch:8.19.0" }), "resources", "limits", "memory")).toBe("2Gi");
  });
});

describe("probes", () => {
  test("a healthcheck takes a Pod out of its Services before it restarts it", () => {
    const authored = one({
      health: {
        test: { kind: "exec", command: ["sh", "-c", "test $$(id)"] },
        startPeriodSeconds: 9,
        startIntervalSeconds: 2,
        retries: 4,
      },
    });
    const exec = { command: ["sh", "-c", "test $$$$(id)"] };
    expect(container(authored, "startupProbe")).toEqual({
      exec,
      periodSeconds: 2,
      timeoutSeconds: 5,
      failureThreshold: 159,
    });
    expect(container(authored, "readinessProbe")).toEqual({
      exec,
      periodSeconds: 30,
      timeoutSeconds: 5,
      failureThreshold: 4,
    });
    expect(container(authored, "livenessProbe")).toEqual({
      exec,
      periodSeconds: 30,
      timeoutSeconds: 5,
      failureThreshold: 8,
    });
  });

  test("without a start period it still has five minutes to start: Compose would never restart it", () => {
    const authored = one({ health: { test: { kind: "tcp", port: 80 }, intervalSeconds: 10 } });
    expect(container(authored, "startupProbe")).toEqual({
      tcpSocket: { port: 80 },
      periodSeconds: 5,
      timeoutSeconds: 5,
      failureThreshold: 63,
    });
  });

  test("only images that are known to listen get one unasked, and never for liveness", () => {
    expect(container(one({ image: "redis:8" }), "readinessProbe", "tcpSocket")).toEqual({ port: 6379 });
    expect(container(one({ image: "redis:8" }), "livenessProbe")).toBeUndefined();
    expect(container(one({ ports: [port(80)] }), "readinessProbe")).toBeUndefined();
    expect(container(one({ image: "nginx:1", ports: [port(8080)] }), "readinessProbe")).toBeUndefined();
  });
});
