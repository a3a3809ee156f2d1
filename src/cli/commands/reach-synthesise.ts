import type { JsonObject } from "../../kube/json.ts";
import type { CliContext } from "../context.ts";
import type { Profile } from "../../analysis/network/engine/profiles.ts";
import type { ReachFlags } from "./reach.impl.ts";
export function synthesise(_c: CliContext, _f: ReachFlags, _o: readonly JsonObject[], _p: Profile): number {
  return 0;
}
