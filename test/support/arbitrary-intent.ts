import * as fc from "fast-check";
import type {
  ApplicationIntent,
  MountIntent,
  PortIntent,
  ProbeIntent,
  Protocol,
  WorkloadIntent,
} from "../../src/authoring/intent/intent.ts";
import { application, place, workload } from "./authoring-intents.ts";

const names = ["web", "api", "db", "cache", "job", "7up", "default-deny", "allow-dns", "a".repeat(63)];
const volumeNames = ["data", "media", "v".repeat(63)];
const configNames = ["conf", "conf.d"];
const secretNames = ["keys", "db.secret"];
const networks = ["default", "front", "back"];
const images = [
  "nginx",
  "nginx:1.29-alpine",
  "postgres:17",
  "postgres:17-alpine",
  "redis:7-alpine",
  "mysql",
  "mongo:8",
  "caddy:2",
  "dpage/pgadmin4",
  "portainer/portainer-ce",
  "rabbitmq:4",
  "wordpress",
  "elasticsearch:8.19.0",
  "registry.example:5000/team/app@sha256:0000000000000000000000000000000000000000000000000000000000000000",
  "ghcr.io/acme/app:1.2",
];

const paths = [
  "/data",
  "/data/db",
  "/tmp",
  "/run",
  "/var/run",
  "/run/secrets",
  "/etc/app.conf",
  "/var/lib/mysql",
  "/var/lib/postgresql/data",
  "/",
];
const path = fc.constantFrom(...paths);
const text = fc.string({ maxLength: 8 });
const protocol: fc.Arbitrary<Protocol> = fc.constantFrom("TCP", "UDP", "SCTP");
const portNumber = fc.constantFrom(1, 53, 80, 443, 3000, 5432, 6379, 8080, 65535);
const userId = fc.constantFrom(-1, 0, 33, 999, 10001, 2 ** 31, 1.5);

const port: fc.Arbitrary<PortIntent> = fc.record(
  {
    port: portNumber,
    protocol,
    name: fc.constantFrom("http", "HTTP", "a-very-long-port-name", "80", "x--y", ""),
    appProtocol: fc.constant("http"),
    servicePort: portNumber,
    published: fc.boolean(),
    place: fc.constant(place),
  },
  { requiredKeys: ["port", "protocol", "published", "place"] },
);

const mount: fc.Arbitrary<MountIntent> = fc.oneof(
  fc.record(
    {
      kind: fc.constant("claim" as const),
      volume: fc.constantFrom(...volumeNames),
      path,
      readOnly: fc.boolean(),
      subPath: fc.constant("sub"),
    },
    { requiredKeys: ["kind", "volume", "path", "readOnly"] },
  ),
  fc.record(
    {
      kind: fc.constant("config" as const),
      config: fc.constantFrom(...configNames),
      key: fc.constantFrom("a", "b.conf", "__proto__"),
      path,
      mode: fc.constantFrom(0o444, 0o755),
    },
    { requiredKeys: ["kind", "config", "key", "path"] },
  ),
  fc.record(
    {
      kind: fc.constant("secret" as const),
      secret: fc.constantFrom(...secretNames),
      key: fc.constantFrom("token", "__proto__"),
      path: fc.constantFrom("/run/secrets/token", "/run/secrets/other", "/etc/token", "/token"),
      mode: fc.constantFrom(0o400, 0o440),
    },
    { requiredKeys: ["kind", "secret", "key", "path"] },
  ),
  fc.record(
    {
      kind: fc.constant("empty" as const),
      path,
      memory: fc.boolean(),
      sizeBytes: fc.constantFrom(1, 1000, 1024 ** 3),
    },
    { requiredKeys: ["kind", "path", "memory"] },
  ),
  fc.record({
    kind: fc.constant("host" as const),
    hostPath: fc.constantFrom("/var/run/docker.sock", "/"),
    path,
    readOnly: fc.boolean(),
  }),
);

const probe: fc.Arbitrary<ProbeIntent> = fc.oneof(
  fc.record({ kind: fc.constant("exec" as const), command: fc.array(text, { minLength: 1, maxLength: 3 }) }),
  fc.record({ kind: fc.constant("http" as const), path: fc.constant("/healthz"), port: portNumber }),
  fc.record({ kind: fc.constant("tcp" as const), port: portNumber }),
);

const seconds = fc.constantFrom(0, 0.5, 1, 30);

const record = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.dictionary(
    fc.constantFrom(
      "team",
      "acme.io/team",
      "app.kubernetes.io/name",
      "-bad",
      "__proto__",
      "app.kubernetes.io/component",
    ),
    value,
    { maxKeys: 3 },
  );

const optional: fc.Arbitrary<Partial<WorkloadIntent>> = fc.record(
  {
    imageIsBuilt: fc.boolean(),
    imageInterpolated: fc.boolean(),
    imagePullPolicy: fc.constantFrom("Always" as const, "IfNotPresent" as const, "Never" as const),
    imagePullSecrets: fc.array(fc.constant("pull"), { maxLength: 2 }),
    command: fc.array(text, { maxLength: 2 }),
    args: fc.array(text, { maxLength: 2 }),
    workingDir: fc.constant("/app"),
    stdin: fc.boolean(),
    tty: fc.boolean(),
    health: fc.record(
      {
        test: probe,
        readiness: probe,
        intervalSeconds: seconds,
        timeoutSeconds: seconds,
        retries: fc.constantFrom(0, 3),
        startPeriodSeconds: seconds,
        startIntervalSeconds: seconds,
      },
      { requiredKeys: ["test"] },
    ),
    controller: fc.constantFrom("Deployment" as const, "StatefulSet" as const, "DaemonSet" as const),
    schedule: fc.constant("0 4 * * *"),
    concurrencyPolicy: fc.constantFrom("Allow" as const, "Forbid" as const, "Replace" as const),
    replicas: fc.constantFrom(0, 1, 2, 5),
    completions: fc.constantFrom(1, 3),
    backoffLimit: fc.constantFrom(0, 2),
    autoscale: fc.record(
      {
        min: fc.constantFrom(0, 1, 2),
        max: fc.constantFrom(1, 4),
        cpuPercent: fc.constant(60),
        memoryPercent: fc.constant(70),
      },
      { requiredKeys: ["min", "max"] },
    ),
    user: fc.record(
      { uid: userId, gid: userId, name: fc.constantFrom("root", "nobody", "postgres", "someone") },
      { requiredKeys: [] },
    ),
    supplementalGroups: fc.array(fc.constantFrom(20, 44), { maxLength: 2 }),
    fsGroup: fc.constant(2000),
    readOnlyRoot: fc.boolean(),
    privileged: fc.boolean(),
    noNewPrivileges: fc.boolean(),
    seccomp: fc.constant("unconfined" as const),
    appArmor: fc.constantFrom("unconfined", "docker-default", "localhost/mine"),
    hostNetwork: fc.boolean(),
    hostPid: fc.boolean(),
    hostIpc: fc.boolean(),
    stopGraceSeconds: fc.constantFrom(0, 60),
    hostname: fc.constantFrom("box", "Box_1"),
    domainname: fc.constantFrom("local", "example.org"),
    dns: fc.record({
      nameservers: fc.array(fc.constantFrom("9.9.9.9", "2620:fe::fe", "nowhere"), { maxLength: 4 }),
      searches: fc.array(fc.constantFrom("example.org", "bad_one"), { maxLength: 2 }),
      options: fc.array(
        fc.record({ name: fc.constant("ndots"), value: fc.constant("2") }, { requiredKeys: ["name"] }),
        { maxLength: 1 },
      ),
    }),
    nodeSelector: record(fc.constant("ssd")),
    spreadBy: fc.array(fc.constantFrom("topology.kubernetes.io/zone", "bad key"), { maxLength: 2 }),
    update: fc.record(
      {
        order: fc.constantFrom("start-first" as const, "stop-first" as const),
        parallelism: fc.constantFrom(0, 1, 3),
        minReadySeconds: fc.constant(7),
      },
      { requiredKeys: ["order"] },
    ),
    serviceAccount: fc.constantFrom("robot", "Bad Name"),
    egress: fc.array(
      fc.record({
        cidr: fc.constantFrom("0.0.0.0/0", "::/0", "10.1.2.3/8", "169.254.169.254/32", "203.0.113.7/32", "x"),
        ports: fc.array(fc.record({ port: portNumber, protocol }), { maxLength: 2 }),
      }),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: [] },
);

function workloadNamed(name: string, all: readonly string[]): fc.Arbitrary<WorkloadIntent> {
  return fc
    .tuple(
      optional,
      fc.record({
        image: fc.constantFrom(...images),
        env: fc.array(
          fc.oneof(
            fc.record({ name: fc.constantFrom("A", "PGDATA", "__proto__"), value: text }),
            fc.record({
              name: fc.constantFrom("B", "C"),
              secret: fc.constantFrom(...secretNames),
              key: fc.constant("token"),
            }),
          ),
          { maxLength: 3 },
        ),
        ports: fc.array(port, { maxLength: 3 }),
        mounts: fc.array(mount, { maxLength: 4 }),
        resources: fc.record(
          {
            cpuLimitMilli: fc.constantFrom(0, 50, 2000),
            cpuRequestMilli: fc.constantFrom(0, 10, 1500),
            memoryLimitBytes: fc.constantFrom(0, 2 ** 26, 1_000_000),
            memoryRequestBytes: fc.constantFrom(0, 2 ** 27),
            pids: fc.constant(100),
          },
          { requiredKeys: [] },
        ),
        mode: fc.constantFrom(
          "replicated" as const,
          "replicated" as const,
          "global" as const,
          "job" as const,
          "cron" as const,
        ),
        restart: fc.constantFrom("always" as const, "on-failure" as const, "never" as const),
        capabilities: fc.record({
          add: fc.array(fc.constantFrom("NET_BIND_SERVICE", "CAP_CHOWN", "sys_admin", "ALL"), {
            maxLength: 2,
          }),
          drop: fc.array(fc.constant("ALL"), { maxLength: 1 }),
        }),
        sysctls: fc.array(
          fc.record({
            name: fc.constantFrom(
              "net.core.somaxconn",
              "net.ipv4.tcp_rmem",
              "net.ipv4.ip_unprivileged_port_start",
            ),
            value: fc.constant("1"),
          }),
          { maxLength: 1 },
        ),
        extraHosts: fc.array(
          fc.record({
            ip: fc.constantFrom("10.0.0.1", "host-gateway"),
            hostnames: fc.array(fc.constantFrom("box", "Bad_1"), { maxLength: 2 }),
          }),
          { maxLength: 2 },
        ),
        dependsOn: fc.array(
          fc.record({
            workload: fc.constantFrom(...all, "nobody"),
            condition: fc.constantFrom("started" as const, "healthy" as const, "completed" as const),
            required: fc.boolean(),
          }),
          { maxLength: 2 },
        ),
        labels: record(fc.constantFrom("blue", "no spaces please", "")),
        annotations: record(text),
        aliases: fc.array(fc.constantFrom("www", "api", "Alias_1", "db-headless"), { maxLength: 2 }),
        networks: fc.uniqueArray(fc.constantFrom(...networks), { maxLength: 2 }),
      }),
    )
    .map(([some, rest]) => workload(name, { ...some, ...rest }));
}

/** Any application that a reader could make, odd ones above all. */
export const arbitraryIntent: fc.Arbitrary<ApplicationIntent> = fc
  .uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 5 })
  .chain((chosen) =>
    fc
      .record({
        workloads: fc.tuple(...chosen.map((name) => workloadNamed(name, chosen))),
        namespace: fc.constantFrom("shop", "default", "n".repeat(63)),
        configs: fc.uniqueArray(
          fc.record(
            {
              name: fc.constantFrom(...configNames),
              data: fc.dictionary(fc.constantFrom("a", "b.conf", "__proto__"), text, { maxKeys: 3 }),
              binaryData: fc.dictionary(fc.constant("bin"), fc.constant("AAEC"), { maxKeys: 1 }),
              external: fc.constant(true),
            },
            { requiredKeys: ["name", "data"] },
          ),
          { selector: (config) => config.name, maxLength: 2 },
        ),
        secrets: fc.uniqueArray(
          fc.record({
            name: fc.constantFrom(...secretNames),
            keys: fc.uniqueArray(
              fc.record(
                {
                  key: fc.constantFrom("token", "other"),
                  reason: fc.constantFrom("env_file .env", "secrets.token", "interpolated ${X}"),
                  place: fc.constant(place),
                  file: fc.constantFrom(".env", "it's a file"),
                },
                { requiredKeys: ["key", "reason", "place"] },
              ),
              { selector: (key) => key.key, maxLength: 2 },
            ),
          }),
          { selector: (secret) => secret.name, maxLength: 2 },
        ),
        volumes: fc.uniqueArray(
          fc.record(
            {
              name: fc.constantFrom(...volumeNames),
              sizeBytes: fc.constantFrom(1024 ** 3, 12345),
              storageClass: fc.constant("fast"),
              external: fc.constant(true),
              labels: record(fc.constant("blue")),
              place: fc.constant(place),
            },
            { requiredKeys: ["name", "labels", "place"] },
          ),
          { selector: (volume) => volume.name, maxLength: 3 },
        ),
        connections: fc.array(
          fc.record({
            from: fc.constantFrom(...chosen, "nobody"),
            to: fc.constantFrom(...chosen, "nobody"),
            ports: fc.array(fc.record({ port: portNumber, protocol }), { maxLength: 2 }),
            reason: fc.constant("depends_on"),
            place: fc.constant(place),
          }),
          { maxLength: 4 },
        ),
      })
      .map(({ workloads, ...rest }) => application(workloads, rest)),
  );
