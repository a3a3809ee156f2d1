import type { AuditLog } from "../audit/log-store.ts";
import { openLog } from "../audit/log-store.ts";
import { openState, type StateFolder } from "../apply/state/state-folder.ts";
import { loadTrustRoot, locateTrustRoot, type TrustRoot } from "../apply/trust-root/trust-root.ts";
import { OpsError } from "../kube/ops-error.ts";
import type { Recorded } from "../audit/event.ts";
import { resolve } from "node:path";
import type { CliContext } from "./context.ts";
import { statePath } from "./paths.ts";
import { toolVersion } from "./version.ts";

/** What a command works with: the state folder, its audit log, and the trust root if there is one. */
export interface Session {
  readonly state: StateFolder;
  readonly log: AuditLog;
  readonly trustRoot: TrustRoot | undefined;
  /** Appends to the audit log, with the standing of the trust root. */
  readonly record: (event: Recorded) => void;
  readonly close: () => void;
}

export interface SessionFlags {
  readonly trustRoot?: string;
  readonly state?: string;
}

export function locate(context: CliContext, flags: SessionFlags): ReturnType<typeof locateTrustRoot> {
  return locateTrustRoot({
    ...(flags.trustRoot === undefined ? {} : { flag: resolve(context.cwd, flags.trustRoot) }),
    home: context.home,
    ...(context.env["XDG_CONFIG_HOME"] === undefined
      ? {}
      : { xdgConfigHome: context.env["XDG_CONFIG_HOME"] }),
  });
}

/**
 * Opens the state and the trust root. A missing trust root is undefined (a plan is then denied and says how to make one);
 * one that is there and does not hold is an error.
 */
export function openSession(context: CliContext, flags: SessionFlags): Session {
  const location = locate(context, flags);
  const trustRoot = location === undefined ? undefined : loadTrustRoot(location);
  const state = openState(statePath(context, flags.state));
  const log = openLog(state.logFolder, { clock: context.clock, actor: context.user, tool: toolVersion });
  return {
    state,
    log,
    trustRoot,
    record: (event) => {
      log.append({ ...event, ...(trustRoot === undefined ? {} : { trustRoot: trustRoot.standing }) });
    },
    close: () => log.close(),
  };
}

/** The same for commands that cannot do without a trust root. */
export function openTrustedSession(
  context: CliContext,
  flags: SessionFlags,
): Session & { readonly trustRoot: TrustRoot } {
  const session = openSession(context, flags);
  if (session.trustRoot === undefined) {
    session.close();
    throw new OpsError("CHARTER_MISSING", "there is no charter: nothing may be approved or applied", {
      hint: "kubeops charter init writes one, kubeops charter sign signs it",
    });
  }
  return { ...session, trustRoot: session.trustRoot };
}
