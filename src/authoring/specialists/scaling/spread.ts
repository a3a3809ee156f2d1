import type { JsonObject } from "../../../kube/json.ts";
import { selectorLabels } from "../manifests/labels.ts";
import { isQualifiedName } from "../names.ts";
import type { Application, Workload } from "../workload.ts";

const HOST = "kubernetes.io/hostname";
const ZONE = "topology.kubernetes.io/zone";

/**
 * Keeps the Pods of one workload apart: over zones by a spread constraint, over nodes by anti-affinity (which kube-linter
 * and kube-score look for). Both are wishes: a small cluster still runs the workload. What the input spreads by comes first.
 */
export function spreading(
  application: Application,
  workload: Workload,
): Record<string, JsonObject | JsonObject[]> {
  const { intent } = workload;
  const asked = [...new Set(intent.spreadBy ?? [])];
  for (const key of asked)
    if (!isQualifiedName(key))
      application.ledger.note(
        "placement/invalid-label",
        intent.name,
        `the node label ${JSON.stringify(key)} breaks the syntax of labels: it is left out.`,
      );
  const keys = asked.filter(isQualifiedName);
  if (keys.length === 0 && !workload.several) return {};
  const labelSelector = { matchLabels: selectorLabels(application, intent.name) };
  return {
    ...(workload.several
      ? {
          affinity: {
            podAntiAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                { weight: 100, podAffinityTerm: { labelSelector, topologyKey: HOST } },
              ],
            },
          },
        }
      : {}),
    topologySpreadConstraints: (keys.length > 0 ? keys : [ZONE]).map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector,
    })),
  };
}
