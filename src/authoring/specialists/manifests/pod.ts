import { jsonDigest } from "../../../kube/digest.ts";
import type { JsonObject } from "../../../kube/json.ts";
import { byText } from "../../../kube/by-text.ts";
import { members, unlessEmpty } from "../members.ts";
import { isDnsLabel, isQualifiedName } from "../names.ts";
import { dnsConfig, hostAliases } from "../networking/pod-network.ts";
import { spreading } from "../scaling/spread.ts";
import { podSecurityContext } from "../security/security-context.ts";
import { serviceAccountName } from "../security/service-accounts.ts";
import type { Application, Workload } from "../workload.ts";
import { containerOf } from "./container.ts";
import { noteLabels, runningLabels, sorted, validAnnotations } from "./labels.ts";
import { mountsOf } from "./storage/volumes.ts";

/** Annotation of Pods: digest of the ConfigMaps they read, so that a plan that changes one restarts them. */
export const CONFIG_DIGEST = "kubernetes-operations.dev/config-digest";

/** The Pod template of a workload. */
export function podTemplate(application: Application, workload: Workload): JsonObject {
  const { intent, kind } = workload;
  const { ledger } = application;
  noteLabels(application, workload);
  const mounts = mountsOf(application, workload);
  const name = serviceAccountName(workload);
  return {
    metadata: members({
      labels: runningLabels(application, workload),
      annotations: unlessEmpty(
        sorted({
          ...validAnnotations(intent.annotations),
          ...configDigest(application, mounts.configs),
        }),
      ),
    }),
    spec: members({
      serviceAccountName: name,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      restartPolicy:
        kind === "Job" || kind === "CronJob"
          ? intent.restart === "never"
            ? "Never"
            : "OnFailure"
          : undefined,
      terminationGracePeriodSeconds: intent.stopGraceSeconds,
      hostname: hostname(application, workload),
      subdomain: subdomain(application, workload),
      hostNetwork: intent.hostNetwork === true ? true : undefined,
      hostPID: intent.hostPid === true ? true : undefined,
      hostIPC: intent.hostIpc === true ? true : undefined,
      dnsPolicy: intent.hostNetwork === true ? "ClusterFirstWithHostNet" : undefined,
      dnsConfig: dnsConfig(workload, ledger),
      hostAliases: hostAliases(workload, ledger),
      imagePullSecrets: pullSecrets(application, workload),
      nodeSelector: nodeSelector(application, workload),
      ...spreading(application, workload),
      securityContext: podSecurityContext(workload, mounts.needGroup, ledger),
      containers: [containerOf(application, workload, mounts)],
      volumes: unlessEmpty([...mounts.volumes]),
    }),
  };
}

function configDigest(application: Application, names: readonly string[]): Record<string, string> {
  const read = application.intent.configs
    .filter((config) => config.external !== true && names.includes(config.name))
    .sort((left, right) => byText(left.name, right.name))
    .map(({ name, data, binaryData }) => ({ name, data, binaryData }));
  return read.length === 0 ? {} : { [CONFIG_DIGEST]: jsonDigest(read).slice("sha256:".length, 7 + 16) };
}

function hostname(application: Application, workload: Workload): string | undefined {
  const { hostname, name } = workload.intent;
  if (hostname === undefined) return undefined;
  if (workload.kind !== "StatefulSet" && isDnsLabel(hostname)) return hostname;
  application.ledger.note(
    "network/hostname",
    name,
    workload.kind === "StatefulSet"
      ? `hostname ${hostname} is not set: each Pod of a StatefulSet is called by its own name.`
      : `hostname ${JSON.stringify(hostname)} is not set: the name of a Pod's host is a DNS label.`,
  );
  return undefined;
}

/** A subdomain is a label below the namespace; what Compose calls a domain name has no counterpart. */
function subdomain(application: Application, workload: Workload): string | undefined {
  const { domainname, name } = workload.intent;
  if (domainname === undefined) return undefined;
  const usable = isDnsLabel(domainname);
  application.ledger.note(
    "network/domainname",
    name,
    usable
      ? `domainname ${domainname} became the Pod's subdomain: it resolves only with a headless Service of that name.`
      : `domainname ${JSON.stringify(domainname)} is not set: a Pod's domain is that of the cluster.`,
  );
  return usable ? domainname : undefined;
}

function pullSecrets(application: Application, workload: Workload): JsonObject[] | undefined {
  const names = [...new Set(workload.intent.imagePullSecrets ?? [])].sort(byText);
  for (const name of names)
    application.ledger.require({
      kind: "secret",
      subject: name,
      text: `Secret ${name} of type kubernetes.io/dockerconfigjson must exist in namespace ${application.intent.namespace}: ${workload.intent.name} pulls its image with it. Log in to the registry first; the command takes the credentials from Docker's file.`,
      command: `kubectl create secret generic ${name} -n ${application.intent.namespace} --type=kubernetes.io/dockerconfigjson --from-file=.dockerconfigjson=$HOME/.docker/config.json`,
    });
  return unlessEmpty(names.map((name) => ({ name })));
}

function nodeSelector(application: Application, workload: Workload): JsonObject | undefined {
  const selector = Object.entries(workload.intent.nodeSelector ?? {});
  for (const [key] of selector)
    if (!isQualifiedName(key))
      application.ledger.note(
        "placement/invalid-label",
        workload.intent.name,
        `the node label ${JSON.stringify(key)} breaks the syntax of labels: it is left out.`,
      );
  return unlessEmpty(sorted(Object.fromEntries(selector.filter(([key]) => isQualifiedName(key)))));
}
