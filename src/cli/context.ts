import type { CommandContext, StricliProcess } from "@stricli/core";
import type { Clock, Ids } from "../kube/clock.ts";

/** Everything of the world that a command may touch: it arrives here, so that a test can give another world. */
export interface CliContext extends CommandContext {
  readonly process: StricliProcess;
  /** Working folder, absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly ids: Ids;
  /** User name as the operating system gives it. */
  readonly user: string;
  /** Home folder from the user database: HOME belongs to whoever started us, and must not choose a trust root (kernel K6). */
  readonly home: string;
  /** Standard input and standard error are a person's terminal. */
  readonly interactive: boolean;
  /** Standard output is a terminal that shows colours. */
  readonly terminal: boolean;
  readonly readStdin: () => Promise<Uint8Array>;
  /** Asks the person at the terminal; the answer without the line's end. */
  readonly ask: (question: string) => Promise<string>;
  /** Runs `cleanup` when the run is interrupted; gives what takes it back. */
  readonly onInterrupt: (cleanup: () => void) => () => void;
}
