import { describe, expect, test } from "vitest";
import { application, connection, place, port, workload } from "../../../test/support/authoring-intents.ts";
import { canonicalJson } from "../../kube/canonical-json.ts";
import type {
  ApplicationIntent,
  AutoscaleIntent,
  ConfigIntent,
  HealthIntent,
  MountIntent,
  PortIntent,
  ResourcesIntent,
  SecretKeyIntent,
  VolumeIntent,
  WorkloadIntent,
} from "../intent/intent.ts";
import { author } from "./author.ts";

/** A change, or why none can show. The types below make sure that no member of an intent is forgotten. */
type Effects<T> = { readonly [K in keyof Required<T>]: Partial<T> | "a place is for people" };

const health: HealthIntent = {
  test: { kind: "exec", command: ["true"] },
  startPeriodSeconds: 10,
};

const base: WorkloadIntent = workload("web", {
  mounts: [{ kind: "claim", volume: "data", path: "/data", readOnly: false }],
  ports: [port(8080)],
});

const onWorkload: Effects<WorkloadIntent> = {
  name: { name: "other" },
  place: "a place is for people",
  image: { image: "registry.example/web:2" },
  imageIsBuilt: { imageIsBuilt: true },
  imageInterpolated: { imageInterpolated: true },
  imagePullPolicy: { imagePullPolicy: "Always" },
  imagePullSecrets: { imagePullSecrets: ["pull"] },
  command: { command: ["run"] },
  args: { args: ["fast"] },
  workingDir: { workingDir: "/app" },
  stdin: { stdin: true },
  tty: { tty: true },
  env: { env: [{ name: "A", value: "1" }] },
  ports: { ports: [] },
  mounts: { mounts: [] },
  health: { health },
  resources: { resources: { cpuLimitMilli: 500 } },
  mode: { mode: "job" },
  controller: { controller: "Deployment" },
  schedule: { mode: "cron", schedule: "0 0 * * *" },
  concurrencyPolicy: { mode: "cron", schedule: "0 0 * * *", concurrencyPolicy: "Allow" },
  replicas: { replicas: 2 },
  completions: { mode: "job", completions: 2 },
  backoffLimit: { mode: "job", backoffLimit: 1 },
  autoscale: { autoscale: { min: 1, max: 2 } },
  restart: { restart: "never" },
  user: { user: { uid: 5 } },
  supplementalGroups: { supplementalGroups: [20] },
  fsGroup: { fsGroup: 5 },
  readOnlyRoot: { readOnlyRoot: true },
  privileged: { privileged: true },
  noNewPrivileges: { noNewPrivileges: false },
  capabilities: { capabilities: { add: ["CHOWN"], drop: [] } },
  seccomp: { seccomp: "unconfined" },
  appArmor: { appArmor: "mine" },
  hostNetwork: { hostNetwork: true },
  hostPid: { hostPid: true },
  hostIpc: { hostIpc: true },
  sysctls: { sysctls: [{ name: "net.ipv4.tcp_syncookies", value: "1" }] },
  stopGraceSeconds: { stopGraceSeconds: 5 },
  hostname: { hostname: "box" },
  domainname: { domainname: "example.org" },
  extraHosts: { extraHosts: [{ ip: "10.0.0.1", hostnames: ["box"] }] },
  dns: { dns: { nameservers: [], searches: ["example.org"], options: [] } },
  dependsOn: { dependsOn: [{ workload: "db", condition: "started", required: true }] },
  labels: { labels: { team: "a" } },
  annotations: { annotations: { note: "a" } },
  nodeSelector: { nodeSelector: { disk: "ssd" } },
  spreadBy: { spreadBy: ["zone"] },
  update: { update: { order: "stop-first" } },
  serviceAccount: { serviceAccount: "robot" },
  aliases: { aliases: ["www"] },
  networks: { networks: [] },
  hosts: { hosts: [{ host: "shop.example.org", port: 8080 }] },
  egress: { egress: [{ cidr: "192.0.2.0/24", ports: [] }] },
};

const onHealth: Effects<HealthIntent> = {
  test: { test: { kind: "tcp", port: 8080 } },
  readiness: { readiness: { kind: "http", path: "/ready", port: 8081 } },
  intervalSeconds: { intervalSeconds: 7 },
  timeoutSeconds: { timeoutSeconds: 7 },
  retries: { retries: 7 },
  startPeriodSeconds: { startPeriodSeconds: 70 },
  startIntervalSeconds: { startIntervalSeconds: 2 },
};

const onResources: Effects<ResourcesIntent> = {
  cpuLimitMilli: { cpuLimitMilli: 500 },
  cpuRequestMilli: { cpuRequestMilli: 50 },
  memoryLimitBytes: { memoryLimitBytes: 2 ** 28 },
  memoryRequestBytes: { memoryRequestBytes: 2 ** 27 },
  pids: { pids: 10 },
};

const onPort: Effects<PortIntent> = {
  port: { port: 9000 },
  protocol: { protocol: "UDP" },
  name: { name: "main" },
  appProtocol: { appProtocol: "http" },
  servicePort: { servicePort: 80 },
  published: { published: true },
  place: "a place is for people",
};

const onAutoscale: Effects<AutoscaleIntent> = {
  min: { min: 2 },
  max: { max: 9 },
  cpuPercent: { cpuPercent: 50 },
  memoryPercent: { memoryPercent: 50 },
};

const onVolume: Effects<VolumeIntent> = {
  name: { name: "other" },
  sizeBytes: { sizeBytes: 2 ** 30 },
  storageClass: { storageClass: "fast" },
  labels: { labels: { team: "a" } },
  external: { external: true },
  place: "a place is for people",
};

const onConfig: Effects<ConfigIntent> = {
  name: { name: "other" },
  data: { data: { "a.conf": "2" } },
  binaryData: { binaryData: { b: "AAEC" } },
  external: { external: true, data: {} },
};

const onSecretKey: Effects<SecretKeyIntent> = {
  key: { key: "other" },
  reason: { reason: "interpolated ${X}" },
  place: "a place is for people",
  file: { file: "a.txt" },
};

type Of<K extends MountIntent["kind"]> = Extract<MountIntent, { kind: K }>;
const onMount: { readonly [K in MountIntent["kind"]]: readonly [Of<K>, Effects<Omit<Of<K>, "kind">>] } = {
  claim: [
    { kind: "claim", volume: "data", path: "/data", readOnly: false },
    {
      volume: { volume: "other" },
      path: { path: "/other" },
      readOnly: { readOnly: true },
      subPath: { subPath: "sub" },
    },
  ],
  config: [
    { kind: "config", config: "conf", key: "a.conf", path: "/etc/a.conf" },
    {
      config: { config: "other" },
      key: { key: "b.conf" },
      path: { path: "/etc/b.conf" },
      mode: { mode: 0o755 },
    },
  ],
  secret: [
    { kind: "secret", secret: "keys", key: "token", path: "/run/secrets/token" },
    {
      secret: { secret: "other" },
      key: { key: "other" },
      path: { path: "/etc/token" },
      mode: { mode: 0o400 },
    },
  ],
  empty: [
    { kind: "empty", path: "/cache", memory: false },
    { path: { path: "/other" }, memory: { memory: true }, sizeBytes: { sizeBytes: 2 ** 20 } },
  ],
  host: [
    { kind: "host", hostPath: "/dev/kvm", path: "/dev/kvm", readOnly: false },
    { hostPath: { hostPath: "/dev/null" }, path: { path: "/dev/other" }, readOnly: { readOnly: true } },
  ],
};

const onApplication: Effects<Omit<ApplicationIntent, "apiVersion" | "kind" | "source" | "report">> = {
  namespace: { namespace: "other" },
  application: { application: "other" },
  workloads: { workloads: [] },
  configs: { configs: [{ name: "more", data: {} }] },
  secrets: { secrets: [{ name: "more", keys: [] }] },
  volumes: { volumes: [{ name: "more", labels: {}, place }] },
  connections: { connections: [connection("web", "web")] },
  standing: { standing: ["web-of-old"] },
};

function one(changes: Partial<WorkloadIntent>, more: Partial<ApplicationIntent> = {}): ApplicationIntent {
  return application([{ ...base, ...changes }], more);
}

/** Each row of a table as a case, with the intent before and after. */
function cases<T>(
  effects: Effects<T>,
  before: T,
  build: (value: T) => ApplicationIntent,
): [string, ApplicationIntent, ApplicationIntent][] {
  return Object.entries(effects as Record<string, Partial<T> | string>).flatMap(([member, change]) =>
    typeof change === "string" ? [] : [[member, build(before), build({ ...before, ...change })]],
  );
}

/** For members of Jobs: what would be the same without the member. */
const alone: Partial<Record<keyof WorkloadIntent, Partial<WorkloadIntent>>> = {
  schedule: { mode: "cron" },
  concurrencyPolicy: { mode: "cron", schedule: "0 0 * * *" },
  completions: { mode: "job" },
  backoffLimit: { mode: "job" },
};

describe("every member of an intent shows in objects, prerequisites or notes", () => {
  const table: [string, [string, ApplicationIntent, ApplicationIntent][]][] = [
    [
      "workload",
      cases(onWorkload, base, (value) => one(value)).map(([member, before, after]) => {
        const without = alone[member as keyof WorkloadIntent];
        return [member, without === undefined ? before : one(without), after];
      }),
    ],
    ["health", cases(onHealth, health, (value) => one({ health: value }))],
    ["resources", cases(onResources, {}, (value) => one({ resources: value }))],
    ["port", cases(onPort, port(8080), (value) => one({ ports: [value] }))],
    ["autoscale", cases(onAutoscale, { min: 1, max: 3 }, (value) => one({ autoscale: value }))],
    [
      "volume",
      cases<VolumeIntent>(onVolume, { name: "data", labels: {}, place }, (value) =>
        one({}, { volumes: [value] }),
      ),
    ],
    [
      "config",
      cases<ConfigIntent>(onConfig, { name: "conf", data: { "a.conf": "1" } }, (value) =>
        one({ mounts: [onMount.config[0]] }, { configs: [value] }),
      ),
    ],
    [
      "secret key",
      cases<SecretKeyIntent>(onSecretKey, { key: "token", reason: "secrets.token", place }, (value) =>
        one({ mounts: [onMount.secret[0]] }, { secrets: [{ name: "keys", keys: [value] }] }),
      ),
    ],
    ...Object.entries(onMount).map(
      ([kind, [mount, effects]]): [string, [string, ApplicationIntent, ApplicationIntent][]] => [
        `${kind} mount`,
        cases(effects as Effects<MountIntent>, mount, (value) => one({ mounts: [value] })),
      ],
    ),
    ["application", cases(onApplication, one({}), (value) => ({ ...one({}), ...value }))],
  ];
  for (const [what, rows] of table)
    test.each(rows)(`${what}: %s`, (_, before, after) => {
      expect(canonicalJson(author(after))).not.toBe(canonicalJson(author(before)));
    });
});
