import type { JsonObject } from "../../../kube/json.ts";
import { workloadMetadata } from "../manifests/labels.ts";
import { byText } from "../../../kube/by-text.ts";
import { members, unlessEmpty } from "../members.ts";
import type { Application, Workload } from "../workload.ts";
import { serviceName } from "./services.ts";

/**
 * One Ingress for each workload that is to be reached by host names. Its class is left to the cluster's default; a host
 * without a certificate is plain HTTP, and says so.
 */
export function ingresses(application: Application): JsonObject[] {
  return application.workloads.flatMap((workload) => {
    const hosts = [...(workload.intent.hosts ?? [])].sort((left, right) => byText(left.host, right.host));
    if (hosts.length === 0) return [];
    const { ledger } = application;
    const { name } = workload.intent;
    const plain = hosts.filter(({ tlsSecret }) => tlsSecret === undefined).map(({ host }) => host);
    if (plain.length > 0)
      ledger.note(
        "network/plain-http",
        name,
        `${plain.join(", ")} is reached without TLS: name a Secret of type kubernetes.io/tls for it.`,
      );
    ledger.note(
      "network/needs-ingress-controller",
      name,
      `${hosts.map(({ host }) => host).join(", ")} is reached only in a cluster with an ingress controller and a default IngressClass.`,
    );
    return [ingress(application, workload, hosts)];
  });
}

function ingress(
  application: Application,
  workload: Workload,
  hosts: NonNullable<Workload["intent"]["hosts"]>,
): JsonObject {
  const backend = { service: { name: serviceName(workload.intent.name) } };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: workloadMetadata(application, workload, workload.intent.name),
    spec: members({
      tls: unlessEmpty(
        hosts.flatMap(({ host, tlsSecret }) =>
          tlsSecret === undefined ? [] : [{ hosts: [host], secretName: tlsSecret }],
        ),
      ),
      rules: hosts.map(({ host, port }) => ({
        host,
        http: {
          paths: [
            {
              path: "/",
              pathType: "Prefix",
              backend: { service: { ...backend.service, port: { number: port } } },
            },
          ],
        },
      })),
    }),
  };
}
