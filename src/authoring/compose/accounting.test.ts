import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compose, rows } from "../../../test/support/compose.ts";
import { deep } from "../../../test/support/suites.ts";
import type { Json } from "../../kube/json.ts";
import { pathText } from "../../kube/json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { droppedServiceFields } from "./fields/dropped.ts";
import { serviceFields } from "./read-service.ts";

/** Every leaf of a document as people write its path; empty mappings and lists are leaves. */
function leaves(value: Json, path: (string | number)[] = []): readonly string[] {
  if (typeof value !== "object" || value === null) return [pathText(path)];
  const children = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  if (children.length === 0) return [pathText(path)];
  return children.flatMap(([key, child]) => leaves(child as Json, [...path, key]));
}

function covers(row: string, leaf: string): boolean {
  return leaf === row || leaf.startsWith(`${row}.`) || leaf.startsWith(`${row}[`);
}

/** Asserts that every leaf lies at or below exactly one row, and that every row has a reason unless it is used. False when the document was refused. */
function accounted(document: Json): boolean {
  let read: ReturnType<typeof compose>;
  try {
    read = compose(JSON.stringify(document));
  } catch (error) {
    // A document that is refused names no field wrongly; what else is thrown is a bug.
    if (OpsError.is(error)) return false;
    throw error;
  }
  const fields = read.intent.report.map(({ field }) => field);
  for (const leaf of leaves(document)) {
    expect([leaf, fields.filter((field) => covers(field, leaf))]).toEqual([leaf, [expect.any(String)]]);
  }
  for (const row of read.intent.report) expect(row.disposition === "used").toBe(row.reason === undefined);
  return true;
}

const names = [
  ...Object.keys(serviceFields),
  ...Object.keys(droppedServiceFields),
  "image",
  "environment",
  "volumes_from",
  "profiles",
  "x-any",
  "unheard_of",
  "cpu_period",
];

/** Values that the readers of fields take, in all their forms. Fields without a row get any value. */
const samples: Readonly<Record<string, readonly Json[]>> = {
  deploy: [
    { mode: "global", replicas: 2, labels: { a: "b", "kompose.hpa.cpu": 50 } },
    {
      replicas: 2,
      resources: {
        limits: { cpus: "0.5", memory: "1g", pids: 5 },
        reservations: { cpus: 1, devices: [{ capabilities: ["gpu"] }] },
      },
    },
    {
      restart_policy: { condition: "on-failure", delay: "5s", max_attempts: 3, window: "1m" },
      update_config: { order: "start-first", parallelism: 2, delay: "10s", monitor: "5s" },
    },
    {
      placement: {
        constraints: ["node.labels.a == b", "node.role == manager", "x != y"],
        preferences: [{ spread: "node.labels.zone" }, { spread: "foo" }],
        max_replicas_per_node: 1,
      },
      endpoint_mode: "dnsrr",
      rollback_config: { order: "stop-first" },
    },
    { mode: "replicated-job", replicas: 3 },
  ],
  labels: [
    ["a=b", "c", "a=d"],
    {
      a: 1,
      "com.docker.compose.x": "y",
      "bad key": "z",
      "kompose.service.type": "nodeport",
      "kompose.unheard": 1,
    },
  ],
  annotations: [{ a: "b", token: "hunter2" }, ["x=y"]],
  environment: [
    { A: 1, B: null, DB_PASSWORD: "x", "bad name": "y" },
    ["A=1", "B", "A=2", "U=https://u:p@db:5432/x"],
  ],
  entrypoint: ["sh -c 'a b'", ["a", "--password", "b"], [], null],
  command: ["echo a && b", ["a", "$$(b)"], ""],
  networks: [
    ["n"],
    { n: null, default: { aliases: ["x", "db", "A_B"], ipv4_address: "1.2.3.4" } },
    { n: {} },
  ],
  network_mode: ["host", "none", "bridge", "service:db", "other"],
  links: [["db", "db:other"]],
  ports: [
    ["80", "8080:81/udp", "127.0.0.1:9:9", "1-200", "8000-9000:82"],
    [
      { target: 80, published: "8080", mode: "host", name: "web", protocol: "tcp", host_ip: "0.0.0.0" },
      { target: 81, app_protocol: "http", mode: "ingress" },
    ],
  ],
  expose: [["80", 81, "90-92/udp"]],
  volumes: [
    ["data:/d:ro", "/anonymous", "./x:/etc/x", "/var/run/docker.sock:/s", "~/a:/b", "./x:relative"],
    [
      { type: "volume", source: "data", target: "/v", volume: { subpath: "s", nocopy: true } },
      { type: "tmpfs", target: "/t", tmpfs: { size: 100, mode: 1 } },
      { type: "bind", source: "./y", target: "/y", bind: { propagation: "shared" } },
      { type: "volume", target: "/w" },
      { type: "image", source: "a", target: "/i" },
    ],
  ],
  tmpfs: ["/run", ["/run:size=64m,mode=755", "/tmp"]],
  configs: [["c"], [{ source: "c", target: "/c", mode: 292, uid: "1" }]],
  secrets: [["s"], [{ source: "s", target: "t", mode: "0440", gid: "2" }, "u"]],
  healthcheck: [
    { test: "curl x", interval: "1m30s", retries: 3, timeout: "500ms" },
    { disable: true, interval: "5s" },
    { test: ["NONE"], retries: 1 },
    { test: ["CMD", "mysql", "-psecret"], start_period: "1s" },
    { interval: "5s", start_interval: "1s" },
  ],
  depends_on: [
    ["db"],
    {
      db: { condition: "service_healthy", restart: true, required: false },
      none: { required: false, condition: "service_started" },
    },
  ],
  extra_hosts: [["a=1.2.3.4", "b:::1", "c:host-gateway"], { a: "1.2.3.4", b: ["::1", "x"] }],
  sysctls: [{ "net.core.somaxconn": 1024, "bad name": 1 }, ["a.b=1", "a.b=2"]],
  dns: ["1.1.1.1", ["8.8.8.8", "name"]],
  dns_search: ["a.example"],
  dns_opt: [["ndots:2", "use-vc"]],
  user: ["1000:1000", "postgres", "1:staff", 5],
  group_add: [[1, "mail"]],
  cap_add: [["NET_ADMIN", "CAP_SYS_TIME"]],
  cap_drop: [["ALL"]],
  security_opt: [
    [
      "no-new-privileges:true",
      "seccomp=unconfined",
      "apparmor:x",
      "label:user:U",
      "seccomp:./p.json",
      "other",
    ],
  ],
  restart: ["no", false, "always", "on-failure:3", "unless-stopped"],
  scale: [3, "2"],
  cpus: ["0.5", 2, 0],
  cpu_quota: [50_000, "50ms"],
  cpu_period: [100_000],
  mem_limit: ["1g", 0],
  mem_reservation: ["64m"],
  pids_limit: [5, -1],
  shm_size: ["64m"],
  platform: ["linux/amd64", "linux/arm64/v8", "wasi/wasm"],
  pull_policy: ["always", "if_not_present", "daily"],
  stop_grace_period: ["1m30s", "500ms"],
  hostname: ["web", "a.b"],
  domainname: ["example", "a.b"],
  container_name: ["my-web", "My_Web", "db"],
  working_dir: ["/srv"],
  read_only: [true, "false"],
  privileged: [false],
  stdin_open: [true],
  tty: ["yes"],
  pid: ["host", "service:db"],
  ipc: ["host", "shareable"],
  volumes_from: [["db:ro", "container:x"]],
  profiles: [[]],
  image: ["nginx:1"],
  "x-kubeops": [{ egress: [{ cidr: "0.0.0.0/0", ports: ["443/tcp", 53] }], other: 1 }, { egress: [] }],
};

const anything = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(
      fc.constantFrom<Json>("a", "80", true, false, null, 1, 0, "", "a=b", "x=1.2.3.4"),
      fc.string({ maxLength: 6 }).filter((text) => !text.includes("$")),
    ),
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(
      fc.string({ minLength: 1, maxLength: 5 }).filter((key) => !["__proto__", "<<"].includes(key)),
      tie("tree"),
      { maxKeys: 3, noNullPrototype: true },
    ),
  ),
})).tree;

/** Puts an unknown member into some mappings of a value: it must be reported, and nothing else may change. */
function salted(value: Json, salt: boolean[]): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => salted(item as Json, salt));
  const members = Object.entries(value).map(([key, member]): [string, Json] => [key, salted(member, salt)]);
  return Object.fromEntries(
    salt.shift() === true ? [...members, ["unheard_of", [{ of: "it" }, {}, []]]] : members,
  );
}

const field = fc.constantFrom(...names).chain((name) => {
  const given = Object.hasOwn(samples, name) ? samples[name] : undefined;
  const value =
    given === undefined
      ? anything
      : fc.oneof({ weight: 40, arbitrary: fc.constantFrom(...given) }, { weight: 1, arbitrary: anything });
  return fc.tuple(fc.constant(name), value);
});
const saltable = new Set(["deploy", "ports", "volumes", "healthcheck", "configs", "secrets", "x-kubeops"]);
const services = fc
  .tuple(fc.array(field, { minLength: 1, maxLength: 8 }), fc.array(fc.boolean(), { maxLength: 12 }))
  .map(([fields, salt]): Json => {
    const service: Record<string, Json> = { image: "nginx" };
    for (const [name, value] of fields) service[name] = saltable.has(name) ? salted(value, [...salt]) : value;
    if ("network_mode" in service) delete service["networks"];
    return service;
  });

describe("every field of the input is used or named", () => {
  test("every leaf of any service lies at or below exactly one row", () => {
    let read = 0;
    let refused = 0;
    fc.assert(
      fc.property(services, anything, (web, top) => {
        const ok = accounted({
          services: { web, db: { image: "postgres", volumes: ["data:/x"] } },
          volumes: { data: { driver: "local", driver_opts: top, labels: ["a=b"] }, unused: top },
          networks: { n: { internal: true, ipam: top } },
          configs: { c: { content: "text", template_driver: top }, d: { file: "./no" } },
          secrets: { s: { file: "./s.txt", labels: top }, u: { external: true, name: "else" } },
          "x-top": top,
          other: top,
        });
        if (ok) read++;
        else refused++;
      }),
      { numRuns: deep ? 20_000 : 1200 },
    );
    // The property says nothing when nearly everything is refused.
    expect(read / (read + refused)).toBeGreaterThan(0.6);
  });
  test.each(Object.keys(samples))("every form of %s is taken", (name) => {
    for (const value of samples[name] ?? []) {
      const web = { image: "nginx", [name]: value };
      const rest = {
        volumes: { data: null },
        networks: { n: null },
        configs: { c: { content: "x" } },
        secrets: { s: { file: "a" }, u: { external: true } },
      };
      expect([value, accounted({ services: { web, db: { image: "postgres" } }, ...rest })]).toEqual([
        value,
        true,
      ]);
    }
  });
  test("each known field alone, with values of every shape", () => {
    const shapes: readonly Json[] = [
      "a",
      "",
      1,
      true,
      null,
      [],
      {},
      ["a"],
      ["a", { b: [{}] }],
      { a: "b" },
      { a: { b: ["c", {}] } },
      [["a"]],
    ];
    for (const name of names)
      for (const shape of shapes) accounted({ services: { web: { image: "nginx", [name]: shape } } });
  });
  test("what nobody knows is named as such, what is known says why", () => {
    const read = compose(
      "version: '3'\nservices:\n  web:\n    image: nginx\n    colour: {red: 1, blue: [2]}\n    ulimits: {nofile: {soft: 1, hard: 2}, nproc: 3}\n    x-a: {b: c}\n    deploy: {colour: red, endpoint_mode: dnsrr}\n    healthcheck: {interval: 5s}\n    ports: [{target: 80, colour: red}]\nseasons: {spring: 1}\n",
    );
    expect(rows(read)).toEqual([
      "dropped version: obsolete: the Compose specification has one version",
      "used services.web.image",
      "dropped services.web.colour.red: not a field of the Compose specification that kubeops knows",
      "dropped services.web.colour.blue[0]: not a field of the Compose specification that kubeops knows",
      "dropped services.web.ulimits: the container runtime of the node sets the limits of processes",
      "dropped services.web.x-a: an extension field has no effect",
      "dropped services.web.deploy.colour: not a field of the Compose specification that kubeops knows",
      "dropped services.web.deploy.endpoint_mode: a Service has one virtual address",
      "dropped services.web.healthcheck.interval: Kubernetes does not run the HEALTHCHECK of an image: name the test here",
      "used services.web.ports[0].target",
      "dropped services.web.ports[0].colour: not a field of the Compose specification that kubeops knows",
      "dropped seasons.spring: not a field of the Compose specification that kubeops knows",
    ]);
  });
  test("a service that no chosen profile has is one row", () => {
    const read = compose("services: {web: {image: a}, debug: {image: b, profiles: [dev], ports: ['80']}}");
    expect(rows(read, "services.debug")).toEqual([
      "dropped services.debug: none of its profiles is chosen (dev)",
    ]);
  });
  test("keys like those of prototypes are keys", () => {
    accounted({
      services: {
        constructor: {
          image: "a",
          toString: { valueOf: "x" },
          environment: { constructor: "1", hasOwnProperty: "2" },
        },
      },
    });
    const read = compose('{"services": {"web": {"image": "a", "labels": {"__proto__": "x", "a": "b"}}}}');
    expect(rows(read, "services.web.labels")).toEqual([
      "dropped services.web.labels.__proto__: its key is none that Kubernetes takes",
      "used services.web.labels.a",
    ]);
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });
});
