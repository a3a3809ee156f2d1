import { matchesSelector, type Requirement, type Selector } from "../../../../kube/selector.ts";
import { NAMESPACE_NAME_LABEL } from "../../model/read-workloads.ts";
import { canHold } from "../../sets/label-box.ts";
import type { Term } from "../policy.ts";
import { canonicalSelector, namespaceNamed } from "../reading.ts";
import { type CalicoSelector, operators } from "./selector.ts";

/** Labels that Calico gives to pods (libcalico-go/lib/backend/k8s/conversion). */
export const NAMESPACE_LABEL = "projectcalico.org/namespace";
export const SERVICE_ACCOUNT_LABEL = "projectcalico.org/serviceaccount";
export const ORCHESTRATOR_LABEL = "projectcalico.org/orchestrator";
/** Labels of the namespace and of the ServiceAccount, as the pod inherits them, and the name of either. */
export const NAMESPACE_PREFIX = "pcns.";
export const SERVICE_ACCOUNT_PREFIX = "pcsa.";
export const NAME_LABEL = "projectcalico.org/name";

/** Alternatives of a selector up to which it is looked at. */
const MOST_ALTERNATIVES = 512;

/** Conditions that must hold together, for the namespace and for the pod. */
interface Alternative {
  readonly namespace: Selector;
  readonly pods: Selector;
}

/**
 * The pods that a selector selects, as terms of which one must hold. `own`: the name of the policy's namespace. Undefined
 * where there are too many alternatives.
 */
export function termsOf(selector: CalicoSelector, own: string): readonly Term[] | undefined {
  const alternatives = alternativesOf(selector, false);
  if (alternatives === undefined) return undefined;
  const found = new Map<string, Term>();
  for (const { namespace, pods } of alternatives) {
    // The policy's own namespace by its name alone is that one and no other.
    const isOwn = own !== "" && namespaceNamed(namespace) === own;
    const term = { namespace: isOwn ? own : namespace, pods };
    found.set(JSON.stringify(term), term);
  }
  return [...found.values()];
}

function alternativesOf(selector: CalicoSelector, negated: boolean): readonly Alternative[] | undefined {
  switch (selector.kind) {
    case "all":
    case "global":
      return negated ? [] : [always];
    case "not":
      return alternativesOf(selector.of, !negated);
    case "test":
      return testOf(selector, negated);
    default:
      return (selector.kind === "and") === negated
        ? oneOf(selector.of, negated)
        : allOf(selector.of, negated);
  }
}

const always: Alternative = { namespace: [], pods: [] };

function oneOf(of: readonly CalicoSelector[], negated: boolean): readonly Alternative[] | undefined {
  const found = new Map<string, Alternative>();
  for (const each of of) {
    const some = alternativesOf(each, negated);
    if (some === undefined) return undefined;
    add(found, some);
    if (found.size > MOST_ALTERNATIVES) return undefined;
  }
  return [...found.values()];
}

function allOf(of: readonly CalicoSelector[], negated: boolean): readonly Alternative[] | undefined {
  const parts: (readonly Alternative[])[] = [];
  for (const each of of) {
    const some = alternativesOf(each, negated);
    if (some === undefined) return undefined;
    parts.push(some);
  }
  // What leaves no choice is put together at once: the text of a selector may hold thousands of it.
  const sure = parts.filter(({ length }) => length === 1).flat();
  let found = possible([together(sure)]);
  for (const some of parts.filter(({ length }) => length !== 1)) {
    if (some.length * found.length > MOST_ALTERNATIVES * 16) return undefined;
    found = possible(found.flatMap((left) => some.map((right) => together([left, right]))));
    if (found.length > MOST_ALTERNATIVES) return undefined;
  }
  return found;
}

function together(of: readonly Alternative[]): Alternative {
  return {
    namespace: canonicalSelector(of.flatMap(({ namespace }) => namespace)),
    pods: canonicalSelector(of.flatMap(({ pods }) => pods)),
  };
}

function possible(alternatives: readonly Alternative[]): readonly Alternative[] {
  const found = new Map<string, Alternative>();
  add(found, alternatives);
  return [...found.values()];
}

/** Adds what is new and something can fulfil. Beside what always holds nothing else is needed. */
function add(found: Map<string, Alternative>, more: readonly Alternative[]): void {
  for (const alternative of more) {
    const key = JSON.stringify(alternative);
    if (found.has(key) || found.has(alwaysKey)) continue;
    if (!canHold(alternative.namespace) || !canHold(alternative.pods)) continue;
    if (key === alwaysKey) found.clear();
    found.set(key, alternative);
  }
}

const alwaysKey = JSON.stringify(always);

type TestNode = Extract<CalicoSelector, { kind: "test" }>;

function testOf({ key, test, values }: TestNode, negated: boolean): readonly Alternative[] {
  const [plain, opposite] = operators[test];
  const operator = negated ? opposite : plain;
  // A set without members holds nothing.
  if (values.length === 0 && (operator === "In" || operator === "NotIn"))
    return operator === "In" ? [] : [always];
  // Every text begins and ends with nothing.
  if (values[0] === "" && (test === "starts with" || test === "ends with" || test === "contains"))
    return testOf({ kind: "test", key, test: "has", values: [] }, negated);
  if (key === ORCHESTRATOR_LABEL)
    return matchesSelector([{ key, operator, values }], { [key]: "k8s" }) ? [always] : [];
  const side = sideOf(key);
  if (side.always && (operator === "Exists" || operator === "DoesNotExist"))
    return operator === "Exists" ? [always] : [];
  const requirement: Requirement = { key: side.key, operator, values };
  return [side.namespace ? { namespace: [requirement], pods: [] } : { namespace: [], pods: [requirement] }];
}

interface Side {
  readonly namespace: boolean;
  readonly key: string;
  /** Every pod has it. */
  readonly always: boolean;
}

/** Whose label it is that a pod has under this key. */
function sideOf(key: string): Side {
  if (key === NAMESPACE_LABEL || key === NAMESPACE_PREFIX + NAME_LABEL)
    return { namespace: true, key: NAMESPACE_NAME_LABEL, always: true };
  if (key.startsWith(NAMESPACE_PREFIX))
    return { namespace: true, key: key.slice(NAMESPACE_PREFIX.length), always: false };
  if (key === SERVICE_ACCOUNT_PREFIX + NAME_LABEL)
    return { namespace: false, key: SERVICE_ACCOUNT_LABEL, always: false };
  return { namespace: false, key, always: false };
}
