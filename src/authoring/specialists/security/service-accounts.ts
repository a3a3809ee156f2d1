import type { JsonObject } from "../../../kube/json.ts";
import { isDnsSubdomain } from "../names.ts";
import { workloadMetadata } from "../manifests/labels.ts";
import type { Application, Workload } from "../workload.ts";

/** The account of a workload's Pods: its own, or the one that the input names. */
export function serviceAccountName(workload: Workload): string {
  const { serviceAccount, name } = workload.intent;
  return serviceAccount !== undefined && isDnsSubdomain(serviceAccount) ? serviceAccount : name;
}

/**
 * One ServiceAccount a workload, without a token. One that the input names is not made: it exists with rights that somebody
 * gave it, and making it here would put them into this plan's hands.
 */
export function serviceAccounts(application: Application): JsonObject[] {
  return application.workloads.flatMap((workload) => {
    const { name, serviceAccount } = workload.intent;
    if (serviceAccount !== undefined) {
      if (isDnsSubdomain(serviceAccount)) {
        application.ledger.require({
          kind: "other",
          subject: serviceAccount,
          text: `ServiceAccount ${serviceAccount} must exist in namespace ${application.intent.namespace}: ${name} runs under it. Its token is not mounted.`,
        });
        return [];
      }
      application.ledger.note(
        "security/service-account",
        name,
        `${JSON.stringify(serviceAccount)} is no name of a ServiceAccount: the workload gets one of its own.`,
      );
    }
    return [
      {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: workloadMetadata(application, workload, name),
        automountServiceAccountToken: false,
      },
    ];
  });
}
