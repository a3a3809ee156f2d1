import { isObject, type JsonPath } from "../../../../kube/json.ts";
import { namespaceOf, objectKey } from "../../../../kube/object-key.ts";
import { type Direction, type Policy, stages, type Term } from "../policy.ts";
import { type PolicyReader, shown } from "../reading.ts";
import {
  both,
  type CalicoContext,
  hasNamespace,
  hasServiceAccount,
  inherited,
  inNamespace,
  refuseGlobal,
  selectorAt,
  textAt,
} from "./entity.ts";
import { calicoMetadata } from "./network-sets.ts";
import { readRule } from "./rule.ts";
import type { CalicoSelector } from "./selector.ts";
import { NAMESPACE_PREFIX, SERVICE_ACCOUNT_PREFIX, termsOf } from "./selector-terms.ts";

/** A policy of Calico before its place among the others is known. */
export interface CalicoPolicy {
  readonly policy: Policy;
  readonly tier: string;
  /** Lower first; infinite where none is written. */
  readonly order: number;
  /** Name without what Calico puts before it: decides between equal orders. */
  readonly name: string;
}

/** projectcalico.org NetworkPolicy and GlobalNetworkPolicy (updateprocessors/networkpolicyprocessor.go, globalnetworkpolicyprocessor.go). */
export function readCalicoPolicy(
  reader: PolicyReader,
  context: Omit<CalicoContext, "namespace">,
): CalicoPolicy | undefined {
  const { object } = reader;
  const key = objectKey(object);
  const namespace = key.kind === "NetworkPolicy" ? namespaceOf(object) : "";
  if (reader.has(["spec"]) && !isObject(reader.at(["spec"]))) {
    reader.problem("invalid", ["spec"], "must be a mapping");
    return undefined;
  }
  const types = typesOf(reader);
  const order = orderOf(reader);
  const tier = textAt(reader, ["spec", "tier"]) || "default";
  const before = reader.problems.length;
  const selector = subjectOf(reader, namespace);
  const unread = reader.problems.slice(before).some(({ kind }) => kind === "unmodelled");
  const rules = {
    ingress: directionRules(reader, "ingress", { ...context, namespace }),
    egress: directionRules(reader, "egress", { ...context, namespace }),
  };
  if (reader.invalid || unread || hostOnly(reader)) return undefined;
  const subject = selector === undefined ? everyPod : termsOf(selector, namespace);
  if (subject === undefined) {
    reader.problem(
      "unmodelled",
      ["spec", "selector"],
      "its selectors have too many alternatives: the policy counts as absent",
    );
    return undefined;
  }
  const { name } = calicoMetadata(object);
  return {
    tier,
    order,
    name,
    policy: {
      kind: `Calico ${key.kind}`,
      namespace,
      name: key.name,
      object,
      stage: stages.policies,
      tier,
      subject,
      isolates: types,
      applies: types,
      rules: { ingress: types.ingress ? rules.ingress : [], egress: types.egress ? rules.egress : [] },
    },
  };
}

const everyPod: readonly Term[] = [{ namespace: [], pods: [] }];

function subjectOf(reader: PolicyReader, namespace: string): CalicoSelector | undefined {
  for (const member of ["selector", "namespaceSelector", "serviceAccountSelector"])
    refuseGlobal(reader, ["spec", member]);
  const selector = selectorAt(reader, ["spec", "selector"]);
  const accounts = selectorAt(reader, ["spec", "serviceAccountSelector"]);
  if (namespace !== "")
    return both(
      inNamespace(namespace),
      selector,
      accounts === undefined ? undefined : inherited(accounts, SERVICE_ACCOUNT_PREFIX),
    );
  const namespaces = selectorAt(reader, ["spec", "namespaceSelector"]);
  return both(
    selector,
    namespaces === undefined ? undefined : inherited(namespaces, NAMESPACE_PREFIX, hasNamespace),
    accounts === undefined ? undefined : inherited(accounts, SERVICE_ACCOUNT_PREFIX, hasServiceAccount),
  );
}

/**
 * Where no types are written, they follow from the rules (api/pkg/defaults/networkpolicy.go). Objects of the group
 * crd.projectcalico.org do not go through that API: without types they hold in both directions (felix/calc/policy_sorter.go
 * ExtractPolicyMetadata).
 */
function typesOf(reader: PolicyReader): Readonly<Record<Direction, boolean>> {
  const listed = reader.list(["spec", "types"]);
  for (const [index, type] of listed.entries()) {
    if (type !== "Ingress" && type !== "Egress")
      reader.problem("invalid", ["spec", "types", index], `${shown(type)} must be Ingress or Egress`);
    else if (listed.indexOf(type) !== index)
      reader.problem("invalid", ["spec", "types", index], `${type} stands there twice`);
  }
  if (listed.length > 0) return { ingress: listed.includes("Ingress"), egress: listed.includes("Egress") };
  if (objectKey(reader.object).group === "crd.projectcalico.org") return { ingress: true, egress: true };
  const egress = reader.list(["spec", "egress"]).length > 0;
  return { ingress: !egress || reader.list(["spec", "ingress"]).length > 0, egress };
}

export function orderOf(reader: PolicyReader): number {
  const at: JsonPath = ["spec", "order"];
  if (!reader.has(at)) return Number.POSITIVE_INFINITY;
  const order = reader.at(at);
  if (typeof order === "number") return order;
  reader.problem("invalid", at, `${shown(order)} must be a number`);
  return Number.POSITIVE_INFINITY;
}

function directionRules(
  reader: PolicyReader,
  direction: Direction,
  context: CalicoContext,
): Policy["rules"][Direction] {
  return reader
    .list(["spec", direction])
    .flatMap((_, index) => readRule(reader, ["spec", direction, index], direction, context));
}

/** Policies for the interfaces of nodes leave pods alone (felix/calc/event_sequencer.go tierInfoToProtoTierInfo). */
function hostOnly(reader: PolicyReader): boolean {
  const flagged = (member: string): boolean => reader.at(["spec", member]) === true;
  const what = flagged("preDNAT") ? "preDNAT" : flagged("doNotTrack") ? "doNotTrack" : undefined;
  if (what !== undefined)
    reader.problem(
      "unmodelled",
      ["spec", what],
      "it holds for host endpoints, which are not modelled; pods are not touched",
    );
  else if (flagged("applyOnForward"))
    reader.problem(
      "unmodelled",
      ["spec", "applyOnForward"],
      "what it does to traffic that host endpoints forward is not modelled",
    );
  return what !== undefined;
}
