import { emptyWorkload } from "../../src/authoring/intent/empty-workload.ts";
import type {
  ApplicationIntent,
  ConnectionIntent,
  PortIntent,
  WorkloadIntent,
} from "../../src/authoring/intent/intent.ts";
import type { Place } from "../../src/kube/place.ts";

export const place: Place = { file: "compose.yaml", line: 1, column: 1 };

/** A workload of which the input says no more than `changes`. */
export function workload(name: string, changes: Partial<WorkloadIntent> = {}): WorkloadIntent {
  return {
    ...emptyWorkload,
    name,
    place,
    image: `registry.example/${name}:1.0.0`,
    ...changes,
  };
}

export function application(
  workloads: readonly WorkloadIntent[],
  changes: Partial<ApplicationIntent> = {},
): ApplicationIntent {
  return {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "Intent",
    source: "compose",
    namespace: "shop",
    application: "shop",
    report: [],
    workloads,
    configs: [],
    secrets: [],
    volumes: [],
    connections: [],
    ...changes,
  };
}

export function port(number: number, changes: Partial<PortIntent> = {}): PortIntent {
  return { port: number, protocol: "TCP", published: false, place, ...changes };
}

export function connection(from: string, to: string, ...ports: readonly number[]): ConnectionIntent {
  return {
    from,
    to,
    ports: ports.map((number) => ({ port: number, protocol: "TCP" as const })),
    reason: "depends_on",
    place,
  };
}

/** A web server, a database and a cache, with secrets, a configuration file and volumes. */
export const shop: ApplicationIntent = application(
  [
    workload("web", {
      image: "nginx:1.29-alpine",
      ports: [port(80, { published: true, servicePort: 8080 })],
      mounts: [
        { kind: "config", config: "web-conf", key: "default.conf", path: "/etc/nginx/conf.d/default.conf" },
      ],
      replicas: 3,
      dependsOn: [{ workload: "api", condition: "started", required: true }],
      networks: ["front"],
      aliases: ["www"],
    }),
    workload("api", {
      image: "ghcr.io/acme/api:2.4.1",
      user: { uid: 1500, gid: 1500 },
      readOnlyRoot: true,
      ports: [port(8080)],
      env: [
        { name: "DB_HOST", value: "db" },
        { name: "DB_PASSWORD", secret: "shop-db", key: "password" },
        { name: "GREETING", value: "costs $(PRICE) or $$5" },
      ],
      mounts: [
        { kind: "empty", path: "/tmp", memory: true, sizeBytes: 64 * 1024 ** 2 },
        { kind: "secret", secret: "shop-token", key: "token", path: "/run/secrets/token" },
      ],
      health: {
        test: { kind: "http", path: "/healthz", port: 8080 },
        intervalSeconds: 10,
        timeoutSeconds: 3,
        retries: 5,
        startPeriodSeconds: 30,
      },
      resources: { cpuLimitMilli: 500, memoryLimitBytes: 256 * 1024 ** 2 },
      autoscale: { min: 2, max: 6, cpuPercent: 70 },
      dependsOn: [
        { workload: "db", condition: "healthy", required: true },
        { workload: "cache", condition: "started", required: false },
      ],
      networks: ["front", "back"],
      egress: [{ cidr: "0.0.0.0/0", ports: [{ port: 443, protocol: "TCP" }] }],
    }),
    workload("db", {
      image: "postgres:17-alpine",
      env: [{ name: "POSTGRES_PASSWORD", secret: "shop-db", key: "password" }],
      mounts: [{ kind: "claim", volume: "data", path: "/var/lib/postgresql/data", readOnly: false }],
      health: { test: { kind: "exec", command: ["pg_isready", "-U", "postgres"] } },
      networks: ["back"],
    }),
    workload("cache", { image: "redis:8", networks: ["back"] }),
  ],
  {
    configs: [{ name: "web-conf", data: { "default.conf": "server {\n  listen 80;\n}\n" } }],
    secrets: [
      {
        name: "shop-db",
        keys: [{ key: "password", reason: "interpolated ${DB_PASSWORD}", place, file: ".env" }],
      },
      {
        name: "shop-token",
        keys: [{ key: "token", reason: "secrets.token", place, file: "secrets/token.txt" }],
      },
    ],
    volumes: [{ name: "data", sizeBytes: 20 * 1024 ** 3, labels: {}, place }],
    connections: [connection("web", "api"), connection("api", "db", 5432), connection("api", "cache")],
  },
);

/** A migration that must be over before the server starts, and a clean-up every night. */
export const jobs: ApplicationIntent = application(
  [
    workload("migrate", {
      image: "ghcr.io/acme/migrate:3",
      user: { uid: 1000 },
      restart: "never",
      args: ["up", "--all"],
      dependsOn: [{ workload: "db", condition: "healthy", required: true }],
    }),
    workload("server", {
      ports: [port(3000, { published: true })],
      dependsOn: [{ workload: "migrate", condition: "completed", required: true }],
      restart: "on-failure",
    }),
    workload("db", { image: "mysql:8.4" }),
    workload("cleanup", {
      mode: "cron",
      schedule: "15 3 * * *",
      restart: "never",
      concurrencyPolicy: "Replace",
      networks: [],
    }),
    workload("import", { mode: "job", completions: 4, restart: "on-failure", backoffLimit: 2 }),
  ],
  {
    namespace: "batch",
    application: "batch",
    connections: [connection("migrate", "db"), connection("server", "db")],
  },
);

/** One Pod on every node. */
export const agents: ApplicationIntent = application(
  [
    workload("exporter", {
      image: "prom/node-exporter:v1.9.1",
      mode: "global",
      ports: [port(9100, { published: true })],
      update: { order: "stop-first", parallelism: 2, minReadySeconds: 5 },
    }),
  ],
  { namespace: "agents", application: "agents" },
);

/** What asks for more than Pod Security *restricted* allows. */
export const relaxed: ApplicationIntent = application(
  [
    workload("legacy", {
      image: "registry.example/legacy:9",
      user: { name: "root" },
      capabilities: { add: ["CHOWN", "CAP_SETUID"], drop: [] },
      ports: [port(80)],
    }),
    workload("netadmin", { capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] } }),
    workload("engine", {
      image: "portainer/portainer-ce:2.21.0",
      user: { uid: 0, gid: 0 },
      mounts: [
        { kind: "host", hostPath: "/var/run/docker.sock", path: "/var/run/docker.sock", readOnly: true },
        { kind: "claim", volume: "engine", path: "/data", readOnly: false },
      ],
      ports: [port(9443, { published: true })],
    }),
    workload("sniffer", { privileged: true, hostNetwork: true, hostPid: true, hostIpc: true }),
    workload("tuned", {
      sysctls: [
        { name: "net.core.somaxconn", value: "1024" },
        { name: "net.ipv4.tcp_rmem", value: "4096 87380 6291456" },
      ],
      seccomp: "unconfined",
      appArmor: "unconfined",
      noNewPrivileges: false,
    }),
  ],
  {
    namespace: "legacy",
    application: "legacy",
    volumes: [{ name: "engine", labels: {}, place }],
  },
);
