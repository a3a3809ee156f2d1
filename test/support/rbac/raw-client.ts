import { Agent, request } from "node:https";
import type { JsonObject } from "../../../src/kube/json.ts";
import type { ControlPlane } from "../control-plane.ts";

export interface RawAnswer {
  readonly status: number;
  readonly body: JsonObject;
  readonly warnings: readonly string[];
}

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Impersonate-User, and Impersonate-Group for each. */
  readonly as?: { readonly user: string; readonly groups: readonly string[]; readonly uid?: string };
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Instead of the administrator's certificate. */
  readonly token?: string;
}

/** Requests as the administrator over kept connections, a number at a time: for suites that ask tens of thousands. */
export interface RawClient {
  send(asked: RawRequest): Promise<RawAnswer>;
  /** Answers in the order of the requests. */
  all(asked: readonly RawRequest[]): Promise<readonly RawAnswer[]>;
  close(): void;
}

export function rawClient(
  plane: Pick<ControlPlane, "kubeconfig" | "caPem" | "apiUrl">,
  parallel: number = 24,
): RawClient {
  const config = plane.kubeconfig("admin");
  const data = (field: string): string => {
    const found = new RegExp(`"?${field}"?: *"?([A-Za-z0-9+/=]+)`).exec(config)?.[1];
    if (found === undefined) throw new Error(`the administrator's kubeconfig has no ${field}`);
    return Buffer.from(found, "base64").toString("utf8");
  };
  const shared = { ca: plane.caPem, keepAlive: true, maxSockets: parallel };
  const admin = new Agent({
    ...shared,
    cert: data("client-certificate-data"),
    key: data("client-key-data"),
  });
  const nobody = new Agent(shared);
  const send = (asked: RawRequest): Promise<RawAnswer> =>
    new Promise((resolve, reject) => {
      const body = asked.body === undefined ? undefined : Buffer.from(JSON.stringify(asked.body));
      const sent = request(
        `${plane.apiUrl}${asked.path}`,
        {
          method: asked.method,
          agent: asked.token === undefined ? admin : nobody,
          headers: {
            accept: "application/json",
            ...(body === undefined
              ? {}
              : {
                  "content-type": asked.contentType ?? "application/json",
                  "content-length": String(body.byteLength),
                }),
            ...(asked.token === undefined ? {} : { authorization: `Bearer ${asked.token}` }),
            ...(asked.as === undefined
              ? {}
              : {
                  "impersonate-user": asked.as.user,
                  ...(asked.as.groups.length === 0 ? {} : { "impersonate-group": [...asked.as.groups] }),
                  ...(asked.as.uid === undefined ? {} : { "impersonate-uid": asked.as.uid }),
                }),
            ...asked.headers,
          },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on("data", (chunk: Buffer) => chunks.push(chunk));
          answer.on("error", reject);
          answer.on("end", () => {
            let parsed: JsonObject = {};
            try {
              parsed = JSON.parse(Buffer.concat(chunks).toString("utf8")) as JsonObject;
            } catch {
              // Health and unknown paths answer with plain text.
            }
            const { warning } = answer.headers;
            resolve({
              status: answer.statusCode ?? 0,
              body: parsed,
              warnings: warning === undefined ? [] : [warning],
            });
          });
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });
  return {
    send,
    all: async (asked) => {
      const answers: RawAnswer[] = [];
      let next = 0;
      const worker = async (): Promise<void> => {
        for (let index = next++; index < asked.length; index = next++) {
          const one = asked[index];
          if (one !== undefined) answers[index] = await send(one);
        }
      };
      await Promise.all(Array.from({ length: parallel }, worker));
      return answers;
    },
    close: () => {
      admin.destroy();
      nobody.destroy();
    },
  };
}
