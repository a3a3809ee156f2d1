import { printable } from "../../../kube/printable.ts";
import { type ObjectSubject, textAt, textsAt } from "../practices/subjects.ts";
import type { Hit } from "./pod-findings.ts";

const none: readonly Hit[] = [];

/** Signers of which kubelets ask for certificates of `system:node:…`. */
const ofNodes: ReadonlySet<string> = new Set([
  "kubernetes.io/kubelet-serving",
  "kubernetes.io/kube-apiserver-client-kubelet",
]);

const masters = "the group system:masters";
const ofSystem = "an identity of the system (system:…)";

/** A request for a login that nobody can take back: of the group of administrators, or of a part of Kubernetes. */
export function certificate(subject: ObjectSubject): readonly Hit[] {
  const { group, kind } = subject.key;
  const asked =
    kind === "CertificateSigningRequest"
      ? inRequest(subject)
      : group === "cert-manager.io" && kind === "Certificate"
        ? inCertificate(subject)
        : undefined;
  return asked === undefined
    ? none
    : [
        {
          id: "backdoor/masters-certificate",
          path: ["spec"],
          message: `it asks for a certificate of ${asked}`,
        },
      ];
}

function inRequest(subject: ObjectSubject): string | undefined {
  if (textsAt(subject.object, "spec", "groups").some(([, group]) => group === "system:masters"))
    return masters;
  let request = "";
  try {
    const pem = atob(textAt(subject.object, "spec", "request") ?? "");
    request = atob(pem.replace(/-----[^-]+-----|\s/g, ""));
  } catch {
    // It is no request that the server would take.
  }
  if (request.includes("system:masters")) return masters;
  const nodes = ofNodes.has(textAt(subject.object, "spec", "signerName") ?? "");
  return request.includes("system:") && !nodes ? ofSystem : undefined;
}

function inCertificate(subject: ObjectSubject): string | undefined {
  const organizations = textsAt(subject.object, "spec", "subject", "organizations").map(([, one]) => one);
  if (organizations.includes("system:masters")) return masters;
  const names = [...organizations, textAt(subject.object, "spec", "commonName") ?? ""];
  return names.some((name) => name.startsWith("system:")) ? ofSystem : undefined;
}

/** Who of the cloud is an administrator of an EKS cluster. */
export function cloudAdministrators(subject: ObjectSubject): readonly Hit[] {
  const { kind, name, group } = subject.key;
  if (group !== "" || kind !== "ConfigMap" || name !== "aws-auth" || subject.namespace !== "kube-system")
    return none;
  return (["mapRoles", "mapUsers"] as const).flatMap((field) => {
    const text = textAt(subject.object, "data", field) ?? "";
    if (!text.includes("system:masters")) return none;
    const who = /\b(?:rolearn|userarn):\s*["']?([^\s"']+)/.exec(text)?.[1];
    return [
      {
        id: "backdoor/cloud-administrators",
        path: ["data", field],
        message: `identities of the cloud get every right of the cluster by system:masters${who === undefined ? "" : `, ${printable(who)} among those that are mapped`}`,
      },
    ];
  });
}
