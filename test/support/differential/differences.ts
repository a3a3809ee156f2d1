import type { Case } from "./generate.ts";
import type { Verdict } from "./server.ts";

/** A kind of case in which kubeops and the server disagree, and why that is so. */
export interface Difference {
  readonly id: string;
  /** `missed`: the server refuses and kubeops does not; `extra`: the other way round. */
  readonly side: "missed" | "extra";
  readonly why: string;
  /** The server's answer hangs on its flags or on what stands in the cluster, not on the object alone. */
  readonly cluster?: true;
  /** What the server said, or for `extra` the codes that kubeops found. */
  readonly holds: (message: string, one: Case, codes: readonly string[], verdict: Verdict) => boolean;
}

const only =
  (...allowed: readonly string[]) =>
  (_: string, _case: Case, codes: readonly string[]): boolean =>
    codes.every((code) => allowed.includes(code));

const reviews = new Set([
  "LocalSubjectAccessReview",
  "SelfSubjectAccessReview",
  "SubjectAccessReview",
  "TokenReview",
]);

/** Every kind of disagreement that the differential test allows. */
export const differences: readonly Difference[] = [
  {
    id: "service-account",
    side: "missed",
    cluster: true,
    why: "admission looks for the ServiceAccount in the cluster",
    holds: (message) => message.includes("error looking up service account"),
  },
  {
    id: "runtime-class",
    side: "missed",
    cluster: true,
    why: "admission looks for the RuntimeClass in the cluster, and compares its overhead with the Pod's",
    holds: (message) => message.includes("pod rejected: "),
  },
  {
    id: "priority",
    side: "missed",
    cluster: true,
    why: "admission computes priority and preemption from PriorityClasses of the cluster; one may be the default",
    holds: (message) =>
      message.includes("priority admission controller computed") ||
      message.includes("no PriorityClass with name"),
  },
  {
    id: "address-families",
    side: "missed",
    cluster: true,
    why: "which families a Service may have is a flag of the server",
    holds: (message) =>
      message.includes("not configured for dual-stack") || message.includes("not configured on this cluster"),
  },
  {
    id: "allocation",
    side: "missed",
    cluster: true,
    why: "the address or the port is outside of the server's ranges, or another Service of the cluster has it",
    holds: (message) =>
      message.includes("failed to allocate") ||
      message.includes("provided port is") ||
      message.includes("already allocated"),
  },
  {
    id: "admin-access",
    side: "missed",
    cluster: true,
    why: "the namespace in the cluster must have a label",
    holds: (message) => message.includes("admin access to devices requires"),
  },
  {
    id: "exists",
    side: "missed",
    cluster: true,
    why: "an object of this name stands in the cluster already",
    holds: (message, _case, _codes, { status }) => status === 409 && message.includes("already exists"),
  },
  {
    id: "certificates",
    side: "missed",
    why: "of certificates and requests only the armour is read, not ASN.1",
    holds: (message) => /does not parse as X\.509|asn1:|x509:|CA bit/.test(message),
  },
  {
    id: "expressions",
    side: "missed",
    why: "CEL of these kinds is not compiled here",
    holds: (message) => /compilation failed|must evaluate to/.test(message),
  },
  {
    id: "whole-names",
    side: "missed",
    why: "a generateName beside a name is not held to names that are made of other fields",
    holds: (message, { kind }) =>
      message.includes("metadata.generateName") &&
      ["APIService", "ClusterTrustBundle", "IPAddress"].includes(kind),
  },
  {
    id: "rounded-ratio",
    side: "missed",
    why: "the server computes ratios of amounts beyond 64 bits with rounded figures",
    holds: (message, { kind }) => kind === "LimitRange" && message.includes("is greater than max/min"),
  },
  {
    id: "reviews",
    side: "extra",
    why: "a review is a question to the server, not an object; kubeops reads objects with an identity",
    holds: (message, one, codes) =>
      reviews.has(one.kind) &&
      only("object/no-name", "object/generate-name", "object/name")(message, one, codes),
  },
  {
    id: "identity",
    side: "extra",
    why: "kubeops asks for a name, since a generated one makes another object on each apply (kernel K4)",
    holds: only("object/no-name", "object/generate-name"),
  },
];
