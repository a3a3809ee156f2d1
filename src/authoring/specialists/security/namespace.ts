import type { PodSecurityLevel } from "../../../analysis/checks/pod-security/pod-security.ts";
import type { JsonObject } from "../../../kube/json.ts";
import { applicationLabels, sorted } from "../manifests/labels.ts";
import type { Application } from "../workload.ts";

/**
 * The namespace with Pod Security labels: enforced at the level that its Pods need, audited and warned about at
 * *restricted*, so that what is relaxed stays in sight. `latest`: a rule that a newer cluster adds counts at once.
 * Shared namespaces are not ours to label: none is made for them.
 */
export function namespaces(application: Application, level: PodSecurityLevel): JsonObject[] {
  const { intent, ledger } = application;
  if (application.sharedNamespace) {
    ledger.note(
      "namespace/shared",
      undefined,
      `namespace ${intent.namespace} holds other people's objects: it is not made or labelled, and only this application's Pods are closed off.`,
    );
    return [];
  }
  if ((intent.standing?.length ?? 0) > 0) {
    ledger.note(
      "namespace/standing",
      undefined,
      `namespace ${intent.namespace} stands already, since workloads of it are named: it is not made or labelled.`,
    );
    return [];
  }
  const prefix = "pod-security.kubernetes.io";
  return [
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: intent.namespace,
        labels: sorted({
          ...applicationLabels(application),
          [`${prefix}/enforce`]: level,
          [`${prefix}/enforce-version`]: "latest",
          [`${prefix}/audit`]: "restricted",
          [`${prefix}/audit-version`]: "latest",
          [`${prefix}/warn`]: "restricted",
          [`${prefix}/warn-version`]: "latest",
        }),
      },
    },
  ];
}
