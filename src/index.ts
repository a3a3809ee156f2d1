/**
 * The library: pure and runtime-neutral (no file, no network, no clock). What stands here is public API, named one by one;
 * everything else may change without notice.
 */
export { podSecurityLevelOf, podSecurityViolations } from "./analysis/checks/pod-security/pod-security.ts";
export type { PodSecurityLevel, PodSecurityViolation } from "./analysis/checks/pod-security/pod-security.ts";
export { checkInputs } from "./analysis/checks/reading/check-objects.ts";
export type { Finding } from "./analysis/findings/finding.ts";
export { readCompose } from "./authoring/compose/read-compose.ts";
export type { ComposeOptions, ComposeRead } from "./authoring/compose/read-compose.ts";
export type { ApplicationIntent, Authored, Intent, ObjectsIntent } from "./authoring/intent/intent.ts";
export { author } from "./authoring/specialists/author.ts";
export { canonicalJson } from "./kube/canonical-json.ts";
export { jsonDigest, sha256Hex } from "./kube/digest.ts";
export { errorTable, ExitCode } from "./kube/error-table.ts";
export type { OpsErrorCode } from "./kube/error-table.ts";
export type { Files } from "./kube/files.ts";
export type { Json, JsonArray, JsonObject, JsonPath } from "./kube/json.ts";
export { OpsError } from "./kube/ops-error.ts";
export type { Place } from "./kube/place.ts";
export type { Problem, Severity } from "./kube/problem.ts";
export { readInputs } from "./kube/read-inputs.ts";
export type { InputFile } from "./kube/read-inputs.ts";
export type { ObjectKey, PlaceMap, ReadDocument, ReadObject } from "./kube/read-object.ts";
export { readObjects } from "./kube/read-objects.ts";
export { emitYaml } from "./kube/yaml/emit-yaml.ts";
export { readDocuments } from "./kube/yaml/read-documents.ts";
export type { ApprovalStatement, SignatureVerifier, SignedApproval } from "./plan/approval-statement.ts";
export { judgeApprovals } from "./plan/approval/judge-approvals.ts";
export { buildPlan, filesOf, parsePlan, planText, reproducePlan } from "./plan/build-plan.ts";
export type { PlanInput } from "./plan/build-plan.ts";
export type { Charter } from "./plan/charter.ts";
export { charterDigest, parseCharter } from "./plan/charter/parse-charter.ts";
export type { GitState } from "./plan/git-state.ts";
export type { Facts, Plan, PlanDigest, Verdict } from "./plan/plan.ts";
