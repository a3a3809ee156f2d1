import type { Assertion } from "../../analysis/network/ask/assertions.ts";
import type { ReplyJson } from "../../analysis/network/ask/question.ts";
import type { CoverageJson } from "../../analysis/network/render/coverage.ts";
import type { DeltaJson, DeltaLine } from "../../analysis/network/render/delta.ts";
import type { EffectsJson } from "../../analysis/network/render/effects.ts";
import type { ExposureJson } from "../../analysis/network/render/exposure.ts";
import type { MatrixLine, ReachabilityJson } from "../../analysis/network/render/matrix.ts";
import type { RelationJson } from "../../analysis/network/render/relation.ts";
import {
  anyObject,
  anyText,
  boolean,
  list,
  literal,
  map,
  may,
  type Member,
  need,
  nullable,
  type RecordShape,
  record,
  type Shape,
} from "../../kube/shape/shape.ts";
import { head, members, natural, output, texts } from "./parts.ts";

type Item<T> = T extends readonly (infer I)[] ? I : never;

const standing = {
  assumptions: need(texts, "What was taken for given."),
  incomplete: need(texts, "Why the answer is incomplete; empty where it is not."),
  invalid: need(texts, "Objects that the API server would refuse: they count as absent."),
};
const networkPlugin = need(anyText, "Whose reading of the policies this is.");
const ports = need(anyText, "Ports in words, as in the text output.");
const line: RecordShape = record<DeltaLine>({
  what: need(literal("opened", "closed", "changed")),
  from: need(texts),
  to: need(texts),
  before: ports,
  after: ports,
  gained: need(anyText, "Ports that are newly open."),
  lost: ports,
  future: need(boolean, "An end is a kind of pods that does not exist yet."),
});

export const reachability: RecordShape = record<ReachabilityJson>({
  ...head,
  kind: need(literal("Reachability")),
  networkPlugin,
  workloads: need(natural),
  policies: need(natural),
  groups: need(list(texts), "Workloads that no policy tells apart."),
  connections: need(list(record<MatrixLine>({ from: need(texts), to: need(texts), ports }))),
  ...standing,
});

type Side = Item<ReplyJson["pairs"]>["egress"];
const side: RecordShape = record<Side>({
  allowed: ports,
  because: need(literal("rules", "no policy", "outside", "node"), "What decides on this side."),
  rules: need(
    list(
      record<Item<Side["rules"]>>({
        rule: need(anyText),
        action: need(literal("allow", "deny", "pass")),
        ports,
      }),
    ),
  ),
  isolating: need(texts, "Policies because of which everything is denied that no rule allows."),
});

export const reachabilityAnswer: RecordShape = record<ReplyJson>({
  ...head,
  kind: need(literal("ReachabilityAnswer")),
  from: need(anyText),
  to: need(anyText),
  ports,
  answer: need(literal("yes", "no", "partly")),
  note: may(anyText),
  pairs: need(
    list(
      record<Item<ReplyJson["pairs"]>>({
        from: need(anyText),
        to: need(anyText),
        allowed: ports,
        egress: need(side),
        ingress: need(side),
      }),
    ),
  ),
});

type Group = Item<ExposureJson["groups"]>;
const openings: RecordShape = record<Group["ingress"]>({
  unprotected: need(boolean, "No policy selects it for this direction."),
  addresses: need(
    list(record<Item<Group["ingress"]["addresses"]>>({ addresses: need(texts), ports })),
    "Outside of the cluster.",
  ),
  everyPod: need(anyText, "Ports that every pod reaches, also one that does not exist yet."),
  newPods: need(
    list(
      record<Item<Group["ingress"]["newPods"]>>({
        namespace: need(nullable(anyText), "Null: a namespace that does not exist yet."),
        podLabels: need(map(anyText)),
        namespaceLabels: need(map(anyText)),
        ports,
      }),
    ),
  ),
});

export const exposure: RecordShape = record<ExposureJson>({
  ...head,
  kind: need(literal("Exposure")),
  networkPlugin,
  entries: need(
    list(
      record<Item<ExposureJson["entries"]>>({
        kind: need(anyText),
        by: need(anyText, "The object that opens the way."),
        at: need(anyText),
        via: need(anyText),
        workload: need(anyText),
        ports,
        open: need(anyText, "Ports of them that the policies let through."),
        from: may(texts, "Addresses that alone are let in."),
      }),
    ),
    "Ways in from outside.",
  ),
  deadEnds: need(
    list(
      record<Item<ExposureJson["deadEnds"]>>({ by: need(anyText), at: need(anyText), why: need(anyText) }),
    ),
  ),
  groups: need(
    list(record<Group>({ workloads: need(texts), ingress: need(openings), egress: need(openings) })),
  ),
  ...standing,
});

export const reachabilityDelta: RecordShape = record<DeltaJson>({
  ...head,
  kind: need(literal("ReachabilityDelta")),
  networkPlugin,
  added: need(texts, "Workloads that are newly there."),
  removed: need(texts),
  changes: need(list(line)),
  counts: need(
    record<DeltaJson["counts"]>({ opened: need(natural), changed: need(natural), closed: need(natural) }),
  ),
  ...standing,
});

export const reachabilityRelation: RecordShape = record<RelationJson>({
  ...head,
  kind: need(literal("ReachabilityRelation")),
  networkPlugin,
  relation: need(literal("equal", "contained", "contains", "neither")),
  disjoint: need(boolean),
  proved: need(boolean, "The second opens nothing, and nothing made the look incomplete."),
  witnesses: need(list(line), "Flows that only one of the two lets through."),
  flows: need(natural, "How many there are."),
  ...standing,
});

export const reachabilityEffects: RecordShape = record<EffectsJson>({
  ...head,
  kind: need(literal("ReachabilityEffects")),
  networkPlugin,
  policies: need(natural),
  withoutEffect: need(
    list(
      record<Item<EffectsJson["withoutEffect"]>>({
        effect: need(literal("vacuous", "redundant", "shadowed", "waiting")),
        policy: need(anyText),
        rule: may(anyText, "Absent: the whole policy."),
        why: need(anyText),
      }),
    ),
  ),
  ...standing,
});

const future: Shape = literal("all", "some", "none");
export const reachabilityCoverage: RecordShape = record<CoverageJson>({
  ...head,
  kind: need(literal("ReachabilityCoverage")),
  networkPlugin,
  covered: need(boolean),
  workloads: need(
    list(
      record<Item<CoverageJson["workloads"]>>({
        workload: need(anyText),
        hostNetwork: need(boolean, "It is in the network of its node, where no policy holds."),
        ingress: need(texts, "Policies that isolate it."),
        egress: need(texts),
      }),
    ),
  ),
  newPods: need(
    list(
      record<Item<CoverageJson["newPods"]>>({
        namespace: need(anyText),
        ingress: need(future),
        egress: need(future),
      }),
    ),
  ),
  ...standing,
});

const assertion = record<Assertion>({
  must: need(boolean),
  from: need(anyText),
  to: need(anyText),
  why: need(anyText),
});
const judged: Readonly<Record<string, Member>> = {
  held: need(boolean),
  against: need(texts, "Pairs against it."),
};
export const reachAssertionReport: RecordShape = output("ReachAssertionReport", {
  assertions: need(list(members({ ...assertion.members, ...judged }))),
  ...standing,
});

export const synthesisedPolicies: RecordShape = output("SynthesisedPolicies", {
  flows: need(
    list(
      members({ from: need(anyText), to: need(anyText), ports, evidence: need(anyText, "Who wants it.") }),
    ),
  ),
  policies: need(list(anyObject)),
  exact: need(boolean, "Proved: they allow these flows and DNS, and nothing else."),
  differences: need(texts),
  notes: need(texts),
});
