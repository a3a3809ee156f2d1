import type { KubeReader } from "../../../apply/cluster/client/reader/reader.ts";
import type { AccessRequest } from "../../../analysis/rbac/model/policy-rule.ts";
import type { Identity } from "../../../analysis/rbac/model/subject.ts";

/** What the API server answers to the same question, with every authorizer that it has. */
export interface ServerAnswer {
  readonly allowed: boolean;
  readonly agrees: boolean;
}

export async function askServer(
  reader: KubeReader,
  identity: Identity,
  request: AccessRequest,
  ours: boolean,
): Promise<ServerAnswer> {
  const { allowed } = await reader.accessReview({ user: identity.user, groups: identity.groups }, request);
  return { allowed, agrees: allowed === ours };
}
