import { keyText } from "../../../kube/object-key.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import { printable } from "../../../kube/printable.ts";
import type { KubeReader } from "../client/reader/reader.ts";
import { pathOf } from "../observe/change-request.ts";
import { finalizersOf, uidOf } from "../observe/live-facts.ts";
import { refuseSuccessor } from "./drift.ts";
import type { LiveWrite } from "./planned-writes.ts";

export interface GoneWait {
  readonly reader: Pick<KubeReader, "get">;
  readonly timeoutMs: number;
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Called at the first look, and whenever the object waits for other finalizers. */
  readonly onWaiting: (finalizers: readonly string[]) => Promise<void>;
}

/** Between two looks: soon at first, then every second. */
const pauses = [50, 100, 200, 300, 500] as const;

/**
 * Waits until an object that this run deleted is gone. Finalizers are never stripped.
 * @throws {OpsError} TARGET_REFUSED when it takes too long, with what it waits for; TARGET_DRIFT when another object took
 *   its place.
 */
export async function untilGone(change: LiveWrite, options: GoneWait): Promise<void> {
  const { reader, timeoutMs, wait, onWaiting } = options;
  let told: string | undefined;
  for (let waited = 0, look = 0; ; look++) {
    const live = await reader.get(pathOf(change.key, change.live));
    const finalizers = live === undefined ? [] : finalizersOf(live);
    if (told !== finalizers.join()) await onWaiting(finalizers);
    told = finalizers.join();
    if (live === undefined) return;
    if (uidOf(live) !== change.live.uid) refuseSuccessor(change, live);
    const pause = pauses[look] ?? 1000;
    if (waited + pause > timeoutMs) {
      const why =
        finalizers.length === 0
          ? "nothing says what it waits for"
          : `it waits for ${finalizers.length === 1 ? "the finalizer" : "the finalizers"} ${finalizers.map(printable).join(", ")}`;
      throw new OpsError(
        "TARGET_REFUSED",
        `${printable(keyText(change.key))} was deleted to be made again, and is not gone after ${Math.round(timeoutMs / 1000)} s: ${why}`,
        { hint: "whoever set a finalizer takes it away when its work is done; it is never stripped" },
      );
    }
    await wait(pause);
    waited += pause;
  }
}
