import { OpsError } from "../../kube/ops-error.ts";

/** Lets some calls run at once and some wait; more are refused, and as many calls as a process answers in all. */
export interface Gate {
  /** @throws {OpsError} AGENT_LIMIT when too many wait, or the process has answered as many calls as it may. */
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | "cancelled">;
  /** Settles when nothing runs or waits. */
  idle(): Promise<void>;
}

export interface GateLimits {
  readonly atOnce: number;
  readonly waiting: number;
  /** Calls of one process: a model that loops comes to an end, and the operator looks. */
  readonly inAll: number;
}

export const defaultLimits: GateLimits = { atOnce: 4, waiting: 32, inAll: 2000 };

export function gate(limits: GateLimits = defaultLimits): Gate {
  const queue: (() => void)[] = [];
  const idlers: (() => void)[] = [];
  let running = 0;
  let seen = 0;

  const turn = (): Promise<void> => {
    if (running < limits.atOnce) {
      running++;
      return Promise.resolve();
    }
    // The place of the call that ends is handed over: `running` stays.
    return new Promise((start) => queue.push(start));
  };

  const done = (): void => {
    const next = queue.shift();
    if (next !== undefined) {
      next();
      return;
    }
    running--;
    if (running === 0) for (const settle of idlers.splice(0)) settle();
  };

  return {
    run: async (work, signal) => {
      seen++;
      if (seen > limits.inAll)
        throw new OpsError("AGENT_LIMIT", `this process has answered ${limits.inAll} calls`, {
          hint: "the operator looks at the audit log and starts the server again",
        });
      if (queue.length >= limits.waiting)
        throw new OpsError("AGENT_LIMIT", `${limits.waiting} calls wait already`, {
          hint: "wait for the answers of earlier calls",
        });
      await turn();
      try {
        // Who cancelled while waiting gets nothing done.
        if (signal.aborted) return "cancelled";
        return await work();
      } finally {
        done();
      }
    },
    idle: () => (running === 0 ? Promise.resolve() : new Promise((settle) => idlers.push(settle))),
  };
}
