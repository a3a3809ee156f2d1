/** The library: pure, runtime-neutral. What stands here is public API, named one by one. */
export { canonicalJson } from "./kube/canonical-json.ts";
export { OpsError } from "./kube/ops-error.ts";
export type { OpsErrorCode } from "./kube/error-table.ts";
export type { Plan } from "./plan/plan.ts";
