import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { get as httpGet } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { JsonObject } from "../../src/kube/json.ts";
import { binaries, controlPlaneMissing } from "./control-plane/binaries.ts";
import { type GuardedProcess, startGuarded } from "./control-plane/guarded-process.ts";
import {
  certificateConfig,
  type StateFiles,
  tokenConfig,
  writeStateFiles,
} from "./control-plane/state-files.ts";
import { until } from "./until.ts";

export { controlPlaneMissing };

export interface ControlPlaneOptions {
  /** Serve the API of an older minor (`--emulated-version`). */
  readonly emulated?: "1.34" | "1.35";
  /** `api`: etcd and kube-apiserver, nothing runs pods. `all`: with controllers, scheduler and a KWOK node. */
  readonly components?: "api" | "all";
  /** Admission plug-ins to switch off: `ServiceAccount` lets pods be created where no controller makes accounts. */
  readonly admissionOff?: readonly string[];
  /** More flags for kube-apiserver. */
  readonly apiServerFlags?: readonly string[];
  /** Start from an empty store although a seed is there: seeded clusters share the UID of kube-system. */
  readonly fresh?: boolean;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
  readonly body: JsonObject;
}

export interface ControlPlane {
  readonly apiUrl: string;
  /** CA certificate of the API server. */
  readonly caFile: string;
  readonly caPem: string;
  /** SHA-256 of the CA's public key, as pins hold it. */
  readonly caKeySha256: string;
  /** State folder; removed by `stop`. */
  readonly folder: string;
  /** The real kubectl. */
  readonly kubectl: string;
  /**
   * A kubeconfig: `admin` is system:masters by certificate; `agent`, `alice`, `bob` and `planner` have tokens; every other
   * name gets a fresh client certificate with these groups.
   */
  kubeconfig(user: string, groups?: readonly string[]): string;
  /** The same, as a file of the state folder. */
  kubeconfigFile(user: string, groups?: readonly string[]): string;
  /** The token of a token user. */
  token(user: string): string;
  /** Events of the audit log so far, oldest first. */
  auditLog(): readonly JsonObject[];
  /** A request as system:masters, by a client that is not the one under test: the second writer. */
  admin(method: string, path: string, body?: unknown, contentType?: string): Promise<ApiAnswer>;
  /** Stops the API server and etcd, and keeps the store. */
  pause(): Promise<void>;
  /** Starts them again, on the same address, with the store as it is, or as it was in an earlier copy. */
  resume(store?: string): Promise<void>;
  /** Copies the store while paused, and gives the copy's folder. */
  copyStore(): Promise<string>;
  /** Ends everything and removes the state folder. */
  stop(): Promise<void>;
}

/** Starts a real control plane on free loopback ports; throws when the programs are absent (`controlPlaneMissing`). */
export async function controlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  if (binaries === undefined) throw new Error(controlPlaneMissing);
  const seed = options.components === "all" && options.fresh !== true ? await seedFor(options) : undefined;
  return start(binaries, options, seed);
}

/** A stopped store in which the bootstrap is done and the node exists; made once for each version. */
async function seedFor(options: ControlPlaneOptions): Promise<string> {
  if (binaries === undefined) throw new Error(controlPlaneMissing);
  const home = join(dirname(binaries), "seeds");
  const seed = join(home, `${basename(binaries)}-${options.emulated ?? "current"}`);
  if (existsSync(seed)) return seed;
  mkdirSync(home, { recursive: true });
  const plane = await start(
    binaries,
    { components: "all", ...(options.emulated && { emulated: options.emulated }) },
    undefined,
  );
  try {
    await plane.pause();
    const copy = mkdtempSync(join(home, "new-"));
    await copyFolder(join(plane.folder, "etcd"), copy);
    try {
      renameSync(copy, seed);
    } catch {
      // Another test process was faster.
      rmSync(copy, { recursive: true });
    }
  } finally {
    await plane.stop();
  }
  return seed;
}

async function copyFolder(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, preserveTimestamps: true });
}

async function start(
  programs: string,
  options: ControlPlaneOptions,
  seed: string | undefined,
): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), "kubeops-control-plane-"));
  const ports = await freePorts(6);
  const apiUrl = `https://127.0.0.1:${ports[2]}`;
  const files = writeStateFiles(folder, apiUrl);
  const plane = new Plane(programs, options, files, ports, apiUrl);
  try {
    await plane.begin(seed);
  } catch (error) {
    await plane.stop();
    throw error;
  }
  return plane;
}

class Plane implements ControlPlane {
  readonly apiUrl: string;
  readonly caFile: string;
  readonly caPem: string;
  readonly caKeySha256: string;
  readonly folder: string;
  readonly kubectl: string;
  readonly #programs: string;
  readonly #options: ControlPlaneOptions;
  readonly #files: StateFiles;
  readonly #ports: readonly number[];
  readonly #agent: Agent;
  /** In the order of starting. */
  #running: GuardedProcess[] = [];
  #configs = 0;

  constructor(
    programs: string,
    options: ControlPlaneOptions,
    files: StateFiles,
    ports: readonly number[],
    apiUrl: string,
  ) {
    this.#programs = programs;
    this.#options = options;
    this.#files = files;
    this.#ports = ports;
    this.apiUrl = apiUrl;
    this.folder = files.folder;
    this.kubectl = join(programs, "kubectl");
    this.caPem = files.authority.certificate;
    this.caKeySha256 = files.authority.keySha256;
    this.caFile = join(files.folder, "ca.crt");
    const admin = files.authority.issue({
      commonName: "kubeops-test-admin",
      organizations: ["system:masters"],
      usage: "client",
    });
    this.#agent = new Agent({ keepAlive: true, ca: this.caPem, key: admin.key, cert: admin.certificate });
  }

  kubeconfig(user: string, groups: readonly string[] = []): string {
    if (user === "admin") return readFileSync(join(this.folder, "admin.conf"), "utf8");
    const token = this.#files.token(user);
    if (token !== undefined) return tokenConfig(this.apiUrl, this.caPem, token);
    const issued = this.#files.authority.issue({ commonName: user, organizations: groups, usage: "client" });
    return certificateConfig(this.apiUrl, this.caPem, issued);
  }

  kubeconfigFile(user: string, groups: readonly string[] = []): string {
    const file = join(this.folder, `user-${this.#configs++}.kubeconfig`);
    writeFileSync(file, this.kubeconfig(user, groups), { mode: 0o600 });
    return file;
  }

  token(user: string): string {
    const token = this.#files.token(user);
    if (token === undefined) throw new Error(`${user} has no token`);
    return token;
  }

  auditLog(): readonly JsonObject[] {
    const lines = readFileSync(join(this.folder, "audit.log"), "utf8").trimEnd().split("\n");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as JsonObject);
  }

  admin(method: string, path: string, body?: unknown, contentType?: string): Promise<ApiAnswer> {
    const type = contentType ?? (method === "PATCH" ? "application/apply-patch+yaml" : "application/json");
    const sent = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    // Without a length Node sends the body of a DELETE unframed, and the server takes it for the next request.
    const headers =
      sent === undefined ? {} : { "content-type": type, "content-length": String(sent.byteLength) };
    return new Promise((resolve, reject) => {
      const request = httpsRequest(
        `${this.apiUrl}${path}`,
        { method, agent: this.#agent, headers },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            const text = Buffer.concat(chunks).toString("utf8");
            let parsed: JsonObject = {};
            try {
              parsed = JSON.parse(text) as JsonObject;
            } catch {
              // Health and unknown groups answer with plain text.
            }
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parsed });
          });
        },
      );
      request.on("error", reject);
      request.end(sent);
    });
  }

  async begin(store: string | undefined): Promise<void> {
    if (store !== undefined) await copyFolder(store, join(this.folder, "etcd"));
    await this.#startStore();
    if (this.#options.components !== "all") return;
    // KWOK takes a node over through its lease only: one that an earlier run holds makes it wait for 40 s.
    await this.admin("DELETE", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/kwok-0");
    await Promise.all([this.#startControllers(), this.#startScheduler(), this.#startKwok()]);
    const node = {
      apiVersion: "v1",
      kind: "Node",
      metadata: {
        name: "kwok-0",
        labels: { "kubernetes.io/hostname": "kwok-0", "kubernetes.io/os": "linux" },
      },
    };
    await this.admin("POST", "/api/v1/nodes", node);
    await this.#until("the node is ready", async () => {
      const { body } = await this.admin("GET", "/api/v1/nodes/kwok-0");
      const { status, spec } = body as {
        status?: { conditions?: { type: string; status: string }[] };
        spec?: { taints?: unknown[] };
      };
      const ready = status?.conditions?.some((entry) => entry.type === "Ready" && entry.status === "True");
      return ready === true && (spec?.taints ?? []).length === 0;
    });
    // KWOK's node offers no ephemeral storage, and Pods that ask for some would wait for ever.
    const storage = { "ephemeral-storage": "1Ti" };
    await this.admin(
      "PATCH",
      "/api/v1/nodes/kwok-0/status",
      { status: { capacity: storage, allocatable: storage } },
      "application/merge-patch+json",
    );
    await this.#until("controllers run", async () => {
      const { status } = await this.admin("GET", "/api/v1/namespaces/default/serviceaccounts/default");
      return status === 200;
    });
  }

  async pause(): Promise<void> {
    // etcd last: an API server without its store hangs in its own shutdown.
    for (const each of this.#running.reverse()) await each.stop("SIGTERM");
    this.#running = [];
  }

  async resume(store?: string): Promise<void> {
    if (store !== undefined) rmSync(join(this.folder, "etcd"), { recursive: true, force: true });
    await this.begin(store);
  }

  async copyStore(): Promise<string> {
    const copy = mkdtempSync(join(this.folder, "store-"));
    await copyFolder(join(this.folder, "etcd"), copy);
    return copy;
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    await Promise.all(this.#running.map((each) => each.stop("SIGKILL")));
    this.#running = [];
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #startStore(): Promise<void> {
    const [client, peer, api] = this.#ports;
    const clientUrl = `http://127.0.0.1:${client}`;
    const peerUrl = `http://127.0.0.1:${peer}`;
    await this.#launch("etcd", [
      "--name=e",
      `--data-dir=${this.folder}/etcd`,
      `--listen-client-urls=${clientUrl}`,
      `--advertise-client-urls=${clientUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=e=${peerUrl}`,
      "--unsafe-no-fsync=true",
      "--log-level=warn",
    ]);
    await this.#until("etcd is ready", () => answers(`${clientUrl}/readyz`));
    const off = this.#options.admissionOff ?? [];
    await this.#launch("kube-apiserver", [
      `--etcd-servers=${clientUrl}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${api}`,
      "--advertise-address=192.0.2.10",
      "--endpoint-reconciler-type=none",
      `--tls-cert-file=${this.folder}/apiserver.crt`,
      `--tls-private-key-file=${this.folder}/apiserver.key`,
      `--client-ca-file=${this.folder}/ca.crt`,
      `--token-auth-file=${this.folder}/tokens.csv`,
      "--authorization-mode=RBAC",
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${this.folder}/sa.pub`,
      `--service-account-signing-key-file=${this.folder}/sa.key`,
      "--service-cluster-ip-range=10.96.0.0/16",
      `--requestheader-client-ca-file=${this.folder}/front-ca.crt`,
      "--requestheader-allowed-names=front-proxy-client",
      "--requestheader-username-headers=X-Remote-User",
      "--requestheader-group-headers=X-Remote-Group",
      "--requestheader-extra-headers-prefix=X-Remote-Extra-",
      "--allow-privileged=true",
      `--audit-policy-file=${this.folder}/audit-policy.yaml`,
      `--audit-log-path=${this.folder}/audit.log`,
      "--audit-log-format=json",
      "--audit-log-mode=blocking",
      "--profiling=false",
      "--v=1",
      ...(off.length === 0 ? [] : [`--disable-admission-plugins=${off.join(",")}`]),
      ...this.#emulation(),
      ...(this.#options.apiServerFlags ?? []),
    ]);
    // The certificate is verified here: a stale server on the same port would answer with another CA.
    await this.#until(
      "the API server is ready",
      async () => (await this.admin("GET", "/readyz")).status === 200,
    );
    await this.#until("kube-system is there", async () => {
      return (await this.admin("GET", "/api/v1/namespaces/kube-system")).status === 200;
    });
  }

  async #startControllers(): Promise<void> {
    await this.#launch("kube-controller-manager", [
      ...this.#componentFlags("kcm", 3),
      `--service-account-private-key-file=${this.folder}/sa.key`,
      `--root-ca-file=${this.folder}/ca.crt`,
      `--cluster-signing-cert-file=${this.folder}/ca.crt`,
      `--cluster-signing-key-file=${this.folder}/ca.key`,
      "--use-service-account-credentials=true",
      "--service-cluster-ip-range=10.96.0.0/16",
    ]);
  }

  async #startScheduler(): Promise<void> {
    await this.#launch("kube-scheduler", this.#componentFlags("sched", 4));
  }

  async #startKwok(): Promise<void> {
    const port = this.#ports[5];
    await this.#launch("kwok", [
      `--kubeconfig=${this.folder}/admin.conf`,
      `--config=${this.#programs}/kwok.yaml`,
      "--manage-all-nodes=true",
      "--node-ip=",
      "--node-name=localhost",
      `--node-port=${port}`,
      `--server-address=127.0.0.1:${port}`,
      "--node-lease-duration-seconds=40",
      `--tls-cert-file=${this.folder}/apiserver.crt`,
      `--tls-private-key-file=${this.folder}/apiserver.key`,
    ]);
  }

  #componentFlags(config: string, port: number): string[] {
    const file = `${this.folder}/${config}.conf`;
    return [
      `--kubeconfig=${file}`,
      `--authentication-kubeconfig=${file}`,
      `--authorization-kubeconfig=${file}`,
      "--leader-elect=false",
      "--bind-address=127.0.0.1",
      `--secure-port=${this.#ports[port]}`,
      "--authorization-always-allow-paths=/healthz,/readyz,/livez,/metrics",
      "--kube-api-qps=500",
      "--kube-api-burst=1000",
      ...this.#emulation(),
    ];
  }

  #emulation(): string[] {
    return this.#options.emulated === undefined ? [] : [`--emulated-version=${this.#options.emulated}`];
  }

  async #launch(program: string, args: readonly string[]): Promise<void> {
    const path = join(this.#programs, program);
    this.#running.push(await startGuarded(program, path, args, join(this.folder, `${program}.log`)));
  }

  /** Asks until it is so; fails when a program ends meanwhile, or after a minute (the sheet's figure for a busy machine). */
  async #until(what: string, ask: () => Promise<boolean>): Promise<void> {
    const failed = Promise.race(this.#running.map((each) => each.failed));
    await until(what, () => Promise.race([ask().catch(() => false), failed]), { limit: 60_000, pause: 50 });
  }
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    httpGet(url, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on("error", () => resolve(false));
  });
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once("error", reject);
          server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            resolve(typeof address === "object" && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
