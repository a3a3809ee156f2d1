import type { JsonObject } from "../../kube/json.ts";
import type { ObjectKey } from "../../kube/read-object.ts";
import type { LiveObject } from "../cluster-state.ts";
import type { LiveChange, Operation } from "../plan.ts";
import type { ImmutableFields } from "./immutable.ts";

/** One object of the change set, with everything that is known about it. */
export interface ClusterStep {
  readonly key: ObjectKey;
  readonly operation: Operation;
  /** The object to apply; null for a deletion. */
  readonly desired: JsonObject | null;
  /** What was found about the object; of a recreation, what the server says about the creation. */
  readonly found: LiveObject;
  /** Client-side appliers whose fields pass to us. */
  readonly takesOver: LiveChange["takesOver"];
  /** Fields that cannot become what is asked for. */
  readonly immutable: ImmutableFields;
  /** The live object, masked. */
  readonly before: JsonObject | null;
  /** What it becomes: the masked result of the dry run, or the object itself where there is none. */
  readonly after: JsonObject | null;
}
