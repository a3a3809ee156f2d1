import { request as httpsRequest, Agent } from "node:https";
import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { isObject, type Json } from "../../../kube/json.ts";
import type { OpsError } from "../../../kube/ops-error.ts";
import type { KubeConnection } from "./connection.ts";
import { type CredentialSource, credentialSource, type SentCredential } from "./credentials.ts";
import { readFailure } from "./errors/api-failure.ts";
import { clusterError, failureError } from "./errors/cluster-error.ts";
import { spendPermit, type WritePermits } from "./request/permits.ts";
import { type PreparedRequest, prepareRequest, type WireRequest } from "./request/prepare-request.ts";
import { connectProved } from "./tls/connect.ts";
import { type Endpoint, endpointOf, type TransportPin } from "./tls/endpoint.ts";
import { defaultLimits, type TransportLimits } from "./wire/limits.ts";
import { type LineStream, lineStream } from "./wire/line-stream.ts";
import { type Answer, readAnswer } from "./wire/read-answer.ts";
import { aborted, effectOf, requestError, retryPause } from "./wire/wire-errors.ts";

export interface TransportOptions {
  /** What the server must prove before a credential is sent. */
  readonly pin?: TransportPin;
  /** What may be written; without it nothing. */
  readonly permits?: WritePermits;
  /** Reviews of others may be asked too: for a command that only looks, and was told to ask. Default: no. */
  readonly othersReview?: boolean;
  readonly limits?: Partial<TransportLimits>;
  /** Waits before a retry, in milliseconds; for tests. */
  readonly wait?: (milliseconds: number) => Promise<void>;
}

/** The only way to an API server. See `openTransport`. */
export interface Transport {
  readonly connection: KubeConnection;
  /**
   * Sends one request. What is not a read, a self review, a dry run or a permitted write is refused before a byte leaves
   * (kernel K13), as a bug of the caller.
   * @throws {TypeError} for a refused request
   * @throws {OpsError} CLUSTER_…; `clusterErrorCause` tells whether a write may have taken effect
   */
  send(request: WireRequest, signal?: AbortSignal): Promise<Answer>;
  /** Opens a watch. @throws {OpsError} CLUSTER_… when it does not begin; while reading, when the stream breaks. */
  stream(path: string, accept: string | undefined, signal?: AbortSignal): Promise<LineStream>;
  /** The server's clock at its last answer, in milliseconds since 1970; null before the first. */
  serverTime(): number | null;
  /** Ends all connections. */
  close(): void;
}

/**
 * Opens a transport: one pool of kept connections, over which every request goes. Each connection proves the pinned CA key
 * before a credential is sent over it, and the pinned UID of kube-system before anything else is asked over it (kernel
 * K14). Redirects are not followed, sessions not resumed, proxies not used. Nothing is connected yet. It stands on node:https:
 * fetch and undici give no hold on the socket between its handshake and its first byte, and join repeated headers.
 * @throws {OpsError} CLUSTER_PIN, CLUSTER_TLS when the connection cannot lead to the pinned cluster.
 */
export function openTransport(connection: KubeConnection, options: TransportOptions = {}): Transport {
  return new PinnedTransport(connection, options);
}

const mostAttempts = 8;

class PinnedTransport implements Transport {
  readonly connection: KubeConnection;
  readonly #options: TransportOptions;
  readonly #limits: TransportLimits;
  readonly #endpoint: Endpoint;
  readonly #basePath: string;
  readonly #agent: Agent;
  readonly #credentials: CredentialSource;
  readonly #closed = new AbortController();
  #serverTime: number | null = null;
  #active = 0;
  readonly #queue: (() => void)[] = [];

  constructor(connection: KubeConnection, options: TransportOptions) {
    this.connection = connection;
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#endpoint = endpointOf(connection, options.pin);
    this.#basePath = new URL(connection.server).pathname.replace(/\/$/, "");
    this.#credentials = credentialSource(connection);
    // Idle connections are given up before the server does (90 s and more), so that a write never meets a closed one.
    this.#agent = new Agent({ keepAlive: true, timeout: 20_000 });
    this.#agent.createConnection = (_options, callback) => {
      this.#connect().then(
        (socket) => callback?.(null, socket),
        (error: Error) => callback?.(error, undefined as never),
      );
      return undefined;
    };
  }

  serverTime(): number | null {
    return this.#serverTime;
  }

  close(): void {
    this.#closed.abort();
    this.#agent.destroy();
  }

  async send(request: WireRequest, signal?: AbortSignal): Promise<Answer> {
    const prepared = this.#prepare(request);
    if (prepared.kind === "watch") throw new TypeError("a watch is opened with stream");
    await this.#enter();
    try {
      return await this.#attempts(prepared, signal);
    } finally {
      this.#leave();
    }
  }

  async stream(path: string, accept: string | undefined, signal?: AbortSignal): Promise<LineStream> {
    const prepared = this.#prepare({ method: "GET", path, ...(accept !== undefined && { accept }) });
    if (prepared.kind !== "watch") throw new TypeError("only a watch is a stream");
    const response = await this.#exchange(this.#agent, prepared, signal);
    if (response.statusCode === 200) return lineStream(response, this.connection.server, this.#limits);
    const answer = await readAnswer(response, prepared, this.#limits);
    throw this.#failure(answer, response, prepared);
  }

  #prepare(request: WireRequest): PreparedRequest {
    if (this.#closed.signal.aborted) throw new TypeError("the client is closed");
    return prepareRequest(request, this.#options.permits, this.#options.othersReview);
  }

  async #attempts(prepared: PreparedRequest, signal: AbortSignal | undefined): Promise<Answer> {
    let waited = 0;
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await this.#exchange(this.#agent, prepared, signal);
        const answer = await readAnswer(response, prepared, this.#limits);
        if (answer.status >= 300 && answer.status !== 304) throw this.#failure(answer, response, prepared);
        if (prepared.permit !== undefined && this.#options.permits !== undefined)
          spendPermit(this.#options.permits, prepared.permit);
        return answer;
      } catch (error) {
        const pause = retryPause(error, prepared, attempt);
        const tooLong = pause === undefined || waited + pause > this.#limits.patienceMs;
        if (tooLong || attempt >= mostAttempts) throw error;
        waited += pause;
        await this.#wait(pause, signal);
      }
    }
  }

  async #wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    if (milliseconds === 0) return;
    if (this.#options.wait !== undefined) return this.#options.wait(milliseconds);
    try {
      await sleep(milliseconds, undefined, { signal: this.#stopSignal(signal) });
    } catch {
      throw aborted();
    }
  }

  #stopSignal(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closed.signal : AbortSignal.any([signal, this.#closed.signal]);
  }

  async #enter(): Promise<void> {
    if (this.#active < this.#limits.concurrency) this.#active++;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
  }

  #leave(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#active--;
    else next();
  }

  /** A connection that has proved the pin, and over which the UID of kube-system has been read. */
  async #connect(): Promise<TLSSocket> {
    const credential = await this.#credentials.get();
    const { socket } = await connectProved(this.#endpoint, credential.certificate);
    const uid = this.#options.pin?.kubeSystemUid ?? null;
    if (uid === null) return socket;
    try {
      await this.#checkUid(socket, uid);
      return socket;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** Reads the UID over this very socket, before it joins the pool. */
  async #checkUid(socket: TLSSocket, uid: string): Promise<void> {
    const once = new Agent({ keepAlive: true });
    once.createConnection = () => socket;
    const prepared = this.#prepare({
      method: "GET",
      path: "/api/v1/namespaces/kube-system",
      accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
    });
    const response = await this.#exchange(once, prepared, undefined);
    const answer = await readAnswer(response, prepared, this.#limits);
    if (answer.status === 403) {
      const message = "the credentials may not read namespace kube-system, whose UID the pin names";
      throw clusterError("CLUSTER_PIN", message, {
        hint: "allow get of namespaces with resourceNames [kube-system]",
      });
    }
    if (answer.status !== 200) throw this.#failure(answer, response, prepared);
    if (kubeSystemUidOf(answer.body) !== uid) {
      const message = `${this.connection.server} has another kube-system than the pin names: this is another cluster`;
      throw clusterError("CLUSTER_PIN", message, {
        hint: "if the cluster was made anew, pin it anew with kubeops charter pin",
      });
    }
  }

  /** Sends, and gives the answer's head. The token is added here: the agent's sockets have proved themselves. */
  async #exchange(
    agent: Agent,
    prepared: PreparedRequest,
    signal: AbortSignal | undefined,
  ): Promise<IncomingMessage> {
    const credential = await this.#credentials.get();
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    let sent = false;
    const request = httpsRequest({
      agent,
      host: this.#endpoint.host,
      port: this.#endpoint.port,
      method: prepared.method,
      path: `${this.#basePath}${prepared.path}`,
      headers: {
        ...prepared.headers,
        ...this.#authorisation(credential),
        "user-agent": "kubeops",
        // With a length always: Node.js sends the body of a DELETE unframed without one, and the server would read it
        // as the next request.
        ...(prepared.body !== undefined && { "content-length": Buffer.byteLength(prepared.body) }),
      },
      signal: this.#stopSignal(signal),
    });
    const timer = setTimeout(() => {
      const message = `the API server did not answer the ${prepared.label} in time`;
      request.destroy(clusterError("CLUSTER_UNREACHABLE", message, { effect: effectOf(prepared, sent) }));
    }, this.#limits.answerMs);
    request.on("socket", (socket) => {
      sent = true;
      // The socket outlives its first agent: it joins the pool when its UID is right.
      if (agent !== this.#agent) socket.emit("agentRemove");
    });
    request.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(requestError(error, prepared, sent, request.reusedSocket));
    });
    request.on("response", (response) => {
      clearTimeout(timer);
      const time = Date.parse(response.headers.date ?? "");
      if (!Number.isNaN(time)) this.#serverTime = time;
      resolve(response);
    });
    request.end(prepared.body);
    return promise;
  }

  #authorisation(credential: SentCredential): Record<string, string | string[]> {
    const headers: Record<string, string | string[]> = {};
    if (credential.token !== undefined) headers["authorization"] = `Bearer ${credential.token}`;
    const { impersonate } = this.connection;
    if (impersonate === null) return headers;
    headers["impersonate-user"] = impersonate.user;
    if (impersonate.uid !== undefined) headers["impersonate-uid"] = impersonate.uid;
    // A list becomes one header for each group: a joined one would name a single group.
    if (impersonate.groups !== undefined && impersonate.groups.length > 0)
      headers["impersonate-group"] = [...impersonate.groups];
    for (const [key, values] of Object.entries(impersonate.extra ?? {}))
      headers[`impersonate-extra-${encodeURIComponent(key)}`] = [...values];
    return headers;
  }

  #failure(answer: Answer, response: IncomingMessage, prepared: PreparedRequest): OpsError {
    if (answer.status === 401) this.#credentials.drop();
    const retryAfter = response.headers["retry-after"];
    return failureError(readFailure(answer.status, answer.text, prepared.label, retryAfter));
  }
}

/** UID of an object that is namespace kube-system. */
export function kubeSystemUidOf(body: Json | undefined): string | undefined {
  const metadata = isObject(body) ? body["metadata"] : undefined;
  if (!isObject(metadata) || metadata["name"] !== "kube-system") return undefined;
  const uid = metadata["uid"];
  return typeof uid === "string" ? uid : undefined;
}
