import { describe, expect, test } from "vitest";
import { compose, rows, service, workload } from "../../../../test/support/compose.ts";

type Case = readonly [fields: string, intent: object, rows: readonly string[]];

/** Each case: fields of a service, what must be in its workload, and the rows of the report about them. */
function check(cases: readonly Case[], rest = ""): void {
  test.each(cases)("%s", (fields, intent, report) => {
    const read = service(fields, rest);
    expect(workload(read)).toMatchObject(intent);
    expect(
      rows(read).filter((row) => row.includes(" services.web.") && row !== "used services.web.image"),
    ).toEqual(report.map((row) => row.replace(/ /, " services.web.")));
  });
}

describe("ports and expose", () => {
  const port = (port: number, more: object = {}): object => ({
    port,
    protocol: "TCP",
    published: true,
    ...more,
  });
  check([
    [
      "ports: ['80', '8080:81/udp']",
      { ports: [port(80), port(81, { protocol: "UDP", servicePort: 8080 })] },
      ["used ports[0]", "used ports[1]"],
    ],
    [
      "ports: ['9090-9091:8080-8081']",
      { ports: [port(8080, { servicePort: 9090 }), port(8081, { servicePort: 9091 })] },
      ["used ports[0]"],
    ],
    [
      "ports: ['8000-9000:80']",
      { ports: [port(80)] },
      ["changed ports[0]: a Service has one port for each port of the container, and takes none of a range"],
    ],
    [
      "ports: ['127.0.0.1:8001:81']",
      { ports: [port(81, { published: false })] },
      ["changed ports[0]: it is bound to the loopback address: offered inside the application only"],
    ],
    [
      "ports: ['10.0.0.1:80:80']",
      { ports: [port(80)] },
      ["changed ports[0]: a Service has an address of its own, not one of the host"],
    ],
    ["ports: ['1-200']", { ports: [] }, ["dropped ports[0]: a range of more than 100 ports"]],
    [
      "expose: [3000, '3001/udp', '8080-8081']",
      { ports: [3000, 3001, 8080, 8081].map((each) => ({ port: each, published: false })) },
      ["used expose[0]", "used expose[1]", "used expose[2]"],
    ],
    [
      "expose: ['80']\nports: ['8080:80']",
      { ports: [port(80, { servicePort: 8080 })] },
      ["used expose[0]", "used ports[0]"],
    ],
    [
      "ports: [{target: 80, published: '8080', protocol: tcp, app_protocol: http, name: web, mode: host, host_ip: 127.0.0.1}]",
      { ports: [port(80, { published: false, name: "web", appProtocol: "http" })] },
      [
        "used ports[0].target",
        "changed ports[0].published: it is bound to the loopback address: offered inside the application only",
        "used ports[0].protocol",
        "used ports[0].app_protocol",
        "used ports[0].name",
        "dropped ports[0].mode: no port of a node is opened: the Service offers it",
        "changed ports[0].host_ip: it is bound to the loopback address: offered inside the application only",
      ],
    ],
  ]);
});

describe("resources", () => {
  check([
    [
      "deploy: {resources: {limits: {cpus: '0.50', memory: 50M, pids: 1}, reservations: {cpus: '0.25', memory: 20M}}}",
      {
        resources: {
          cpuLimitMilli: 500,
          memoryLimitBytes: 52_428_800,
          pids: 1,
          cpuRequestMilli: 250,
          memoryRequestBytes: 20_971_520,
        },
      },
      ["limits.cpus", "limits.memory", "limits.pids", "reservations.cpus", "reservations.memory"].map(
        (each) => `used deploy.resources.${each}`,
      ),
    ],
    [
      "cpus: 1.5\nmem_limit: 1g\nmem_reservation: 512m\npids_limit: 100",
      {
        resources: {
          cpuLimitMilli: 1500,
          memoryLimitBytes: 1_073_741_824,
          memoryRequestBytes: 536_870_912,
          pids: 100,
        },
      },
      ["used cpus", "used mem_limit", "used mem_reservation", "used pids_limit"],
    ],
    [
      "deploy: {resources: {limits: {cpus: 1}}}\ncpus: 2",
      { resources: { cpuLimitMilli: 1000 } },
      ["used deploy.resources.limits.cpus", "dropped cpus: the deploy section says otherwise"],
    ],
    [
      "cpu_quota: 50000\ncpu_period: 25ms",
      { resources: { cpuLimitMilli: 2000 } },
      ["used cpu_quota", "used cpu_period"],
    ],
    ["pids_limit: -1\ncpus: 0", { resources: {} }, ["used pids_limit", "used cpus"]],
    [
      "deploy: {resources: {reservations: {devices: [{capabilities: [gpu], count: 1}]}}}",
      { resources: {} },
      ["dropped deploy.resources.reservations.devices: devices need a device plugin of the cluster"],
    ],
    [
      "cpu_shares: 5\nmem_swappiness: 1",
      { resources: {} },
      [
        "dropped cpu_shares: a relative weight says nothing without the other containers of the node; use deploy.resources.reservations.cpus",
        "dropped mem_swappiness: Kubernetes has no such setting for a container",
      ],
    ],
  ]);
});

describe("deploy, scale and restart", () => {
  check([
    ["deploy: {replicas: 3}", { replicas: 3, mode: "replicated" }, ["used deploy.replicas"]],
    ["scale: 2", { replicas: 2 }, ["used scale"]],
    [
      "deploy: {mode: global, replicas: 3}",
      { mode: "global" },
      ["used deploy.mode", "dropped deploy.replicas: one container runs on every node"],
    ],
    [
      "deploy: {mode: replicated-job, replicas: 4}\nrestart: on-failure:2",
      { mode: "job", completions: 4, backoffLimit: 2, restart: "on-failure" },
      ["used deploy.mode", "used deploy.replicas", "used restart"],
    ],
    ["restart: always", { restart: "always" }, ["used restart"]],
    ["restart: unless-stopped", { restart: "always" }, ["used restart"]],
    [
      "restart: 'no'",
      { restart: "never", mode: "replicated" },
      ["changed restart: a workload that is no Job is always started again"],
    ],
    [
      "restart: false",
      { restart: "never" },
      ["changed restart: a workload that is no Job is always started again"],
    ],
    [
      "deploy: {restart_policy: {condition: on-failure, max_attempts: 3, delay: 5s, window: 1m}}",
      { restart: "on-failure" },
      [
        "changed deploy.restart_policy.condition: a workload that is no Job is always started again",
        "dropped deploy.restart_policy.max_attempts: a workload that is no Job is always started again",
        "dropped deploy.restart_policy.delay: Kubernetes waits longer and longer between restarts, from 10 seconds to 5 minutes",
        "dropped deploy.restart_policy.window: Kubernetes waits longer and longer between restarts, from 10 seconds to 5 minutes",
      ],
    ],
    [
      "deploy: {update_config: {order: start-first, parallelism: 2, delay: 10s}}",
      { update: { order: "start-first", parallelism: 2, minReadySeconds: 10 } },
      [
        "used deploy.update_config.order",
        "used deploy.update_config.parallelism",
        "changed deploy.update_config.delay: a new Pod must be ready for so long before the next is replaced",
      ],
    ],
    [
      "deploy: {placement: {constraints: [node.labels.disk == ssd, node.platform.arch==x86_64, node.role == manager, node.labels.a != b], preferences: [{spread: node.labels.zone}], max_replicas_per_node: 1}}",
      {
        nodeSelector: { disk: "ssd", "kubernetes.io/arch": "amd64" },
        spreadBy: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"],
      },
      [
        "used deploy.placement.constraints[0]",
        "used deploy.placement.constraints[1]",
        "dropped deploy.placement.constraints[2]: it names nothing that a node of Kubernetes has as a label",
        "dropped deploy.placement.constraints[3]: a node selector can only ask for a value, not against one",
        "used deploy.placement.preferences[0]",
        "changed deploy.placement.max_replicas_per_node: the Pods are spread over the nodes; there is no hard limit for a node",
      ],
    ],
  ]);
  test("what another waits for until it has ended is a Job", () => {
    const read = compose(
      "services: {web: {image: a, depends_on: {init: {condition: service_completed_successfully}}}, init: {image: b, restart: 'no'}}",
    );
    expect(workload(read, "init")).toMatchObject({ mode: "job", restart: "never" });
    expect(workload(read).dependsOn).toEqual([{ workload: "init", condition: "completed", required: true }]);
    expect(read.intent.connections).toEqual([]);
  });
});

describe("identity and security", () => {
  check([
    ["user: '1000:1001'", { user: { uid: 1000, gid: 1001 } }, ["used user"]],
    ["user: 7", { user: { uid: 7 } }, ["used user"]],
    [
      "user: postgres",
      { user: { name: "postgres" } },
      ["changed user: only the image knows the number of its user"],
    ],
    [
      "user: '5:staff'",
      { user: { uid: 5 } },
      ["changed user: only the image knows the number of its group: the group is left out"],
    ],
    [
      "group_add: [44, mail]",
      { supplementalGroups: [44] },
      [
        "used group_add[0]",
        "dropped group_add[1]: only the image knows the number of the group: write the number",
      ],
    ],
    [
      "cap_add: [CAP_NET_ADMIN]\ncap_drop: [all]",
      { capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] } },
      ["used cap_add[0]", "used cap_drop[0]"],
    ],
    [
      "privileged: true\nread_only: true\ntty: true\nstdin_open: true",
      { privileged: true, readOnlyRoot: true, tty: true, stdin: true },
      ["used privileged", "used read_only", "used tty", "used stdin_open"],
    ],
    [
      "security_opt: ['no-new-privileges:true', 'seccomp=unconfined', 'apparmor:unconfined', 'label:disable']",
      { noNewPrivileges: true, seccomp: "unconfined", appArmor: "unconfined" },
      [
        "used security_opt[0]",
        "used security_opt[1]",
        "used security_opt[2]",
        "dropped security_opt[3]: the container runtime of the node labels containers for SELinux",
      ],
    ],
    [
      "pid: host\nipc: host\nnetwork_mode: host",
      { hostPid: true, hostIpc: true, hostNetwork: true },
      ["used pid", "used ipc", "used network_mode"],
    ],
    [
      "ipc: shareable\nuserns_mode: host",
      {},
      [
        "dropped ipc: every Pod has its own IPC namespace",
        "dropped userns_mode: Kubernetes chooses the user namespace of a Pod",
      ],
    ],
    [
      "sysctls: [net.core.somaxconn=1024]",
      { sysctls: [{ name: "net.core.somaxconn", value: "1024" }] },
      ["used sysctls[0]"],
    ],
  ]);
});

describe("network", () => {
  check(
    [
      [
        "networks: {n: {aliases: [api, A_B], ipv4_address: 10.0.0.1}}",
        { networks: ["n"], aliases: ["api"] },
        [
          "used networks.n.aliases[0]",
          "dropped networks.n.aliases[1]: it is no name of a Service: letters, digits and - only",
          "dropped networks.n.ipv4_address: the network plug-in of the cluster assigns addresses and interfaces",
        ],
      ],
      ["network_mode: none", { networks: [] }, ["used network_mode"]],
      [
        "network_mode: service:db",
        { networks: ["default"] },
        ["dropped network_mode: every service has a Pod, and so a network address, of its own"],
      ],
      [
        "container_name: front",
        { aliases: ["front"] },
        ["changed container_name: the name of a container is a name of the service: others reach it by it"],
      ],
      ["container_name: db", { aliases: [] }, ["dropped container_name: another service has this name"]],
      [
        "hostname: h\ndomainname: a.example",
        { hostname: "h" },
        [
          "used hostname",
          "dropped domainname: Kubernetes takes a DNS label here: small letters, digits and -",
        ],
      ],
      [
        "extra_hosts: ['a=1.2.3.4', 'b:1.2.3.4', 'c:[::1]', 'd:host-gateway']",
        {
          extraHosts: [
            { ip: "1.2.3.4", hostnames: ["a", "b"] },
            { ip: "::1", hostnames: ["c"] },
          ],
        },
        [
          "used extra_hosts[0]",
          "used extra_hosts[1]",
          "used extra_hosts[2]",
          "dropped extra_hosts[3]: a Pod knows no gateway of its host",
        ],
      ],
      [
        "extra_hosts: {a: 1.2.3.4}",
        { extraHosts: [{ ip: "1.2.3.4", hostnames: ["a"] }] },
        ["used extra_hosts.a"],
      ],
      [
        "dns: [1.1.1.1, resolver]\ndns_search: a.example\ndns_opt: ['ndots:2', use-vc]",
        {
          dns: {
            nameservers: ["1.1.1.1"],
            searches: ["a.example"],
            options: [{ name: "ndots", value: "2" }, { name: "use-vc" }],
          },
        },
        [
          "used dns[0]",
          "dropped dns[1]: it names no address",
          "used dns_search",
          "used dns_opt[0]",
          "used dns_opt[1]",
        ],
      ],
      [
        "x-kubeops: {egress: [{cidr: 203.0.113.0/24, ports: [443/tcp, 53/udp]}]}",
        {
          egress: [
            {
              cidr: "203.0.113.0/24",
              ports: [
                { port: 443, protocol: "TCP" },
                { port: 53, protocol: "UDP" },
              ],
            },
          ],
        },
        [
          "used x-kubeops.egress[0].cidr",
          "used x-kubeops.egress[0].ports[0]",
          "used x-kubeops.egress[0].ports[1]",
        ],
      ],
    ],
    "  db: {image: a}\nnetworks: {n: }\n",
  );
});

describe("health", () => {
  const exec = (...command: readonly string[]): object => ({ health: { test: { kind: "exec", command } } });
  check([
    [
      "healthcheck: {test: [CMD, curl, -f, http://localhost], interval: 1m30s, timeout: 10s, retries: 3, start_period: 40s, start_interval: 5s}",
      {
        health: {
          test: { kind: "exec", command: ["curl", "-f", "http://localhost"] },
          intervalSeconds: 90,
          timeoutSeconds: 10,
          retries: 3,
          startPeriodSeconds: 40,
          startIntervalSeconds: 5,
        },
      },
      ["test", "interval", "timeout", "retries", "start_period", "start_interval"].map(
        (each) => `used healthcheck.${each}`,
      ),
    ],
    [
      "healthcheck: {test: curl -f x || exit 1}",
      exec("/bin/sh", "-c", "curl -f x || exit 1"),
      ["used healthcheck.test"],
    ],
    [
      "healthcheck: {test: [CMD-SHELL, 'exit 0'], interval: 500ms}",
      exec("/bin/sh", "-c", "exit 0"),
      ["used healthcheck.test", "changed healthcheck.interval: Kubernetes counts whole seconds: 1"],
    ],
    [
      "healthcheck: {disable: true, interval: 5s}",
      {},
      ["used healthcheck.disable", "dropped healthcheck.interval: the check is disabled"],
    ],
    ["healthcheck: {test: [NONE]}", {}, ["used healthcheck.test"]],
    [
      "healthcheck: {test: [CMD, mysqladmin, ping, -psecretword], interval: 5s}",
      {},
      [
        "dropped healthcheck.test: a credential stands in it, and Kubernetes puts no variable into the command of a probe; write it as CMD-SHELL",
        "dropped healthcheck.interval: the check is dropped",
      ],
    ],
  ]);
  test("a disabled check is none", () => {
    expect(workload(service("healthcheck: {disable: true}"))).not.toHaveProperty("health");
  });
});

describe("labels", () => {
  check([
    [
      "labels: [a=b, 'traefik.http.routers.go.rule=Path(`/`)', com.docker.compose.x=y]",
      { annotations: { a: "b", "traefik.http.routers.go.rule": "Path(`/`)" } },
      ["used labels[0]", "used labels[1]", "dropped labels[2]: labels of Compose itself are reserved"],
    ],
    [
      "deploy: {labels: {tier: front, note: a b c}}",
      { labels: { tier: "front" }, annotations: { note: "a b c" } },
      [
        "used deploy.labels.tier",
        "changed deploy.labels.note: Kubernetes takes no such value for a label: it becomes an annotation",
      ],
    ],
    [
      "annotations: {kubernetes.io/x: y}",
      { annotations: {} },
      [
        'dropped annotations["kubernetes.io/x"]: keys of Kubernetes mean something to the cluster; kubeops sets them itself',
      ],
    ],
    [
      "labels: {kompose.controller.type: daemonset}",
      { controller: "DaemonSet", mode: "global" },
      ['used labels["kompose.controller.type"]'],
    ],
    [
      "labels: {kompose.cronjob.schedule: '0 3 * * *', kompose.cronjob.concurrency_policy: Forbid, kompose.cronjob.backoff_limit: '0'}",
      {
        mode: "cron",
        schedule: "0 3 * * *",
        concurrencyPolicy: "Forbid",
        backoffLimit: 0,
        restart: "on-failure",
      },
      ["schedule", "concurrency_policy", "backoff_limit"].map(
        (each) => `used labels["kompose.cronjob.${each}"]`,
      ),
    ],
    [
      "labels: {kompose.hpa.cpu: 50, kompose.hpa.memory: 70, kompose.hpa.replicas.min: 2, kompose.hpa.replicas.max: 10}",
      { autoscale: { min: 2, max: 10, cpuPercent: 50, memoryPercent: 70 } },
      ["cpu", "memory", "replicas.min", "replicas.max"].map((each) => `used labels["kompose.hpa.${each}"]`),
    ],
    [
      "labels: {kompose.image-pull-secret: reg, kompose.image-pull-policy: Always, kompose.serviceaccount-name: sa, kompose.security-context.fsgroup: 1001}",
      { imagePullSecrets: ["reg"], imagePullPolicy: "Always", serviceAccount: "sa", fsGroup: 1001 },
      ["image-pull-secret", "image-pull-policy", "serviceaccount-name", "security-context.fsgroup"].map(
        (each) => `used labels["kompose.${each}"]`,
      ),
    ],
    [
      "labels: {kompose.service.healthcheck.liveness.http_get_path: /h, kompose.service.healthcheck.liveness.http_get_port: 8080, kompose.service.healthcheck.readiness.tcp_port: 9090}\nhealthcheck: {interval: 10s}",
      {
        health: {
          test: { kind: "http", path: "/h", port: 8080 },
          readiness: { kind: "tcp", port: 9090 },
          intervalSeconds: 10,
        },
      },
      ["liveness.http_get_path", "liveness.http_get_port", "readiness.tcp_port"]
        .map((each) => `used labels["kompose.service.healthcheck.${each}"]`)
        .concat("used healthcheck.interval"),
    ],
    [
      "labels: {kompose.service.type: LoadBalancer, kompose.service.group: g}",
      {},
      [
        'dropped labels["kompose.service.type"]: it would open the application beyond the cluster: kubeops makes ClusterIP Services, and an edge is asked for on its own',
        'dropped labels["kompose.service.group"]: every service has a Pod of its own',
      ],
    ],
  ]);
});

describe("what the rest says", () => {
  check([
    [
      "stop_grace_period: 1m30s\nworking_dir: /srv\npull_policy: always\nplatform: linux/arm64",
      {
        stopGraceSeconds: 90,
        workingDir: "/srv",
        imagePullPolicy: "Always",
        nodeSelector: { "kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64" },
      },
      ["used stop_grace_period", "used working_dir", "used pull_policy", "used platform"],
    ],
    [
      "platform: wasi/wasm\npull_policy: daily",
      {},
      [
        "dropped platform: no node of Kubernetes has this platform; it needs a RuntimeClass",
        "dropped pull_policy: a node pulls an image when a Pod starts, always or when it is missing",
      ],
    ],
    [
      "command: echo a && b",
      { args: ["echo", "a"] },
      ['changed command: no shell runs it: Compose cuts it off at &; write sh -c "…"'],
    ],
    [
      "command: []\nentrypoint: null",
      {},
      [
        "dropped command: Kubernetes cannot empty the command of an image: it takes the image's own instead",
        "used entrypoint",
      ],
    ],
    [
      "stop_signal: SIGINT\ninit: true\ndevelop: {watch: [{path: ., action: sync}]}",
      {},
      [
        "dropped stop_signal: the container runtime sends the image's STOPSIGNAL; set it in the image",
        "dropped init: the container runtime runs the image's own process; put an init process into the image",
        "dropped develop: it concerns development on one machine",
      ],
    ],
  ]);
});
