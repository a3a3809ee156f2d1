import { hash } from "node:crypto";
import { openReader } from "../../apply/cluster/client/reader/reader.ts";
import type { ApiResource } from "../../apply/cluster/client/reader/discovery.ts";
import type { JsonObject } from "../../kube/json.ts";
import { valueAt } from "../../kube/json.ts";
import { versionText } from "../../kube/object-key.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { placeText } from "../../kube/place.ts";
import { printable, printableRest } from "../../kube/printable.ts";
import { readInputs } from "../../kube/read-inputs.ts";
import { readObjects } from "../../kube/read-objects.ts";
import type { ReadDocument } from "../../kube/read-object.ts";
import { namedConnection } from "../cluster-access.ts";
import type { CliContext } from "../context.ts";
import type { ClusterAccessFlags } from "../flags.ts";
import { inputNames, projectOf, readObjectInputs } from "../inputs/inputs.ts";

export interface ObjectsAsked extends ClusterAccessFlags {
  readonly filename?: readonly string[];
  readonly quiet: boolean;
}

/** The objects that a question is about: of the files that were named, else of the cluster that was. */
export async function reachObjects(context: CliContext, flags: ObjectsAsked): Promise<readonly JsonObject[]> {
  if (flags.filename === undefined && (flags.kubeconfig !== undefined || flags.context !== undefined))
    return liveObjects(context, flags);
  return fileObjects(context, inputNames(flags.filename, []), flags.quiet);
}

/**
 * Objects of files. An answer about a part of them would be wrong, so what cannot be read ends the run.
 * @throws {OpsError} INPUT_MALFORMED, INPUT_EMPTY
 */
export async function fileObjects(
  context: CliContext,
  names: readonly string[],
  quiet: boolean,
): Promise<readonly JsonObject[]> {
  const { inputs, skipped } = await readObjectInputs(context, names, { leaveUnrendered: true });
  const documents = inputs.flatMap((input) => input.documents);
  for (const document of documents) requireRead(document);
  const { objects, problems } = readObjects(documents);
  const notes = [
    ...skipped.map(({ path, reason }) => `skipped ${printable(path)}: ${printableRest(reason)}`),
    ...problems.map(
      ({ message, place }) =>
        `left aside: ${place === undefined ? "" : `${printable(placeText(place))}: `}${printableRest(message)}`,
    ),
  ];
  if (!quiet) for (const note of notes) context.process.stderr.write(`${note}\n`);
  if (objects.length === 0) {
    throw new OpsError("INPUT_EMPTY", "no Kubernetes object was found in the inputs", {
      hint:
        skipped[0] === undefined ? "name the folder that holds manifests" : printableRest(skipped[0].reason),
    });
  }
  return objects.map(({ object }) => object);
}

function requireRead({ value, problems }: ReadDocument): void {
  const [problem] = problems.filter(({ severity }) => severity === "error");
  if (problem === undefined || value !== null) return;
  throw new OpsError("INPUT_MALFORMED", printableRest(problem.message), {
    ...(problem.place === undefined ? {} : { place: problem.place }),
    hint: "an answer about the rest would be wrong: mend the file, or leave it out",
  });
}

/** The documents of one file that is no Kubernetes object: assertions, flows. */
export function oneFile(context: CliContext, name: string): readonly ReadDocument[] {
  const project = projectOf(context, [name]);
  const { inputs } = readInputs(project.files, project.names, {
    sha256: (bytes) => hash("sha256", bytes, "hex"),
  });
  return inputs.flatMap((input) => input.documents);
}

/** Kinds that say who reaches whom, by `group/kind`. ReplicaSets and Jobs only name the owners of Pods. */
const kinds: ReadonlySet<string> = new Set([
  "/Namespace",
  "/Pod",
  "/Service",
  "/ServiceAccount",
  "apps/Deployment",
  "apps/StatefulSet",
  "apps/DaemonSet",
  "batch/CronJob",
  "networking.k8s.io/NetworkPolicy",
  "networking.k8s.io/Ingress",
  "policy.networking.k8s.io/AdminNetworkPolicy",
  "policy.networking.k8s.io/BaselineAdminNetworkPolicy",
  "policy.networking.k8s.io/ClusterNetworkPolicy",
  "cilium.io/CiliumNetworkPolicy",
  "cilium.io/CiliumClusterwideNetworkPolicy",
  "cilium.io/CiliumCIDRGroup",
  "cilium.io/CiliumLocalRedirectPolicy",
  "cilium.io/CiliumEnvoyConfig",
  "cilium.io/CiliumClusterwideEnvoyConfig",
  "crd.projectcalico.org/NetworkPolicy",
  "crd.projectcalico.org/GlobalNetworkPolicy",
  "crd.projectcalico.org/NetworkSet",
  "crd.projectcalico.org/GlobalNetworkSet",
  "crd.projectcalico.org/Tier",
  "crd.projectcalico.org/StagedNetworkPolicy",
  "crd.projectcalico.org/StagedGlobalNetworkPolicy",
  "crd.projectcalico.org/HostEndpoint",
  "projectcalico.org/NetworkPolicy",
  "projectcalico.org/GlobalNetworkPolicy",
  "projectcalico.org/NetworkSet",
  "projectcalico.org/GlobalNetworkSet",
  "projectcalico.org/Tier",
  "projectcalico.org/StagedNetworkPolicy",
  "projectcalico.org/StagedGlobalNetworkPolicy",
  "projectcalico.org/HostEndpoint",
  "crd.antrea.io/NetworkPolicy",
  "crd.antrea.io/ClusterNetworkPolicy",
  "gateway.networking.k8s.io/Gateway",
  "gateway.networking.k8s.io/HTTPRoute",
  "gateway.networking.k8s.io/GRPCRoute",
  "gateway.networking.k8s.io/TLSRoute",
  "gateway.networking.k8s.io/TCPRoute",
  "gateway.networking.k8s.io/UDPRoute",
  "gateway.networking.k8s.io/ReferenceGrant",
  "route.openshift.io/Route",
  "security.istio.io/AuthorizationPolicy",
  "k8s.ovn.org/EgressFirewall",
  "k8s.ovn.org/UserDefinedNetwork",
  "k8s.ovn.org/ClusterUserDefinedNetwork",
  "apps/ReplicaSet",
  "batch/Job",
  "k8s.cni.cncf.io/NetworkAttachmentDefinition",
]);

const metadataKinds: ReadonlySet<string> = new Set([
  "apps/ReplicaSet",
  "batch/Job",
  "k8s.cni.cncf.io/NetworkAttachmentDefinition",
]);

async function liveObjects(context: CliContext, flags: ObjectsAsked): Promise<readonly JsonObject[]> {
  const reader = openReader(namedConnection(context, flags));
  try {
    const served = new Map<string, ApiResource>();
    for (const resource of await reader.discovery.resources()) {
      const key = `${resource.group}/${resource.kind}`;
      // The first version of a kind is the one that the server prefers.
      if (kinds.has(key) && resource.verbs.includes("list") && !served.has(key)) served.set(key, resource);
    }
    const found: JsonObject[] = [];
    for (const [key, { group, version, plural }] of [...served].sort(([left], [right]) =>
      left < right ? -1 : 1,
    )) {
      const metadataOnly = metadataKinds.has(key);
      const { items } = await reader.list({ group, version, plural, namespace: "" }, { metadataOnly });
      const [, kind = ""] = key.split("/");
      const apiVersion = versionText({ group, version });
      found.push(
        ...items.map((item) => (metadataOnly ? { ...item, apiVersion, kind } : item)).filter(isRunning),
      );
    }
    return found;
  } finally {
    reader.close();
  }
}

/** Pods that have ended talk to nobody. */
function isRunning(object: JsonObject): boolean {
  if (object["kind"] !== "Pod") return true;
  const phase = valueAt(object, ["status", "phase"]);
  return phase !== "Succeeded" && phase !== "Failed";
}
