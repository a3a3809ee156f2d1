import { countFindings } from "../../analysis/findings/finding.ts";
import { LATEST_MINOR } from "../../kube/catalogue/catalogue.ts";
import type { JsonObject } from "../../kube/json.ts";
import type { McpSession } from "../ports.ts";
import { findingView } from "../view/finding-view.ts";
import { rowsOf } from "../view/rows.ts";

export interface CheckArguments {
  readonly manifests?: string;
  readonly kubeVersion?: string;
  readonly podSecurity?: "baseline" | "restricted";
  readonly offset?: number;
}

export async function check(
  { manifests, kubeVersion, podSecurity, offset = 0 }: CheckArguments,
  session: McpSession,
): Promise<JsonObject> {
  const { findings, files, skipped } = await session.check({
    ...(manifests === undefined ? {} : { manifests }),
    minor: kubeVersion === undefined ? LATEST_MINOR : Number(kubeVersion.slice(2)),
    ...(podSecurity === undefined ? {} : { podSecurity }),
  });
  return {
    checked: manifests === undefined ? "project folder" : "manifests",
    files,
    ...(skipped === 0 ? {} : { leftAside: skipped }),
    counts: { ...countFindings(findings) },
    findings: { ...rowsOf(findings, offset, findingView) },
  };
}
