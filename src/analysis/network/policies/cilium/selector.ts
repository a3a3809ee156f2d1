import { isArray, isObject, type Json, type JsonPath } from "../../../../kube/json.ts";
import { isLabelKey, isLabelValue, type Requirement } from "../../../../kube/selector.ts";
import { NAMESPACE_NAME_LABEL } from "../../model/read-workloads.ts";
import { allV4, allV6, type IpSet, noIps, unionIps } from "../../sets/ip-set.ts";
import type { Term } from "../policy.ts";
import { canonicalSelector, namespaceNamed, type PolicyReader, namespaceByName, shown } from "../reading.ts";
import type { Reserved } from "./entities.ts";
import {
  CLUSTER_LABEL,
  isNamespaceLabelSeen,
  isPodLabelSeen,
  NAMESPACE_LABEL,
  NAMESPACE_LABELS_PREFIX,
  SERVICE_ACCOUNT_LABEL,
} from "./identity-labels.ts";

/** A requirement on a label of a source: `k8s:app`, `reserved:host`; `any` where none is written. */
export interface SourcedRequirement extends Requirement {
  readonly source: string;
  /** It stands in matchLabels. */
  readonly exact: boolean;
}

/**
 * The requirements of an EndpointSelector as Cilium validates it (pkg/policy/api/selector.go Sanitize, pkg/labels
 * ValidateLabelSelector). Undefined where it refuses it, which is a problem of the reader.
 */
export function readRequirements(
  reader: PolicyReader,
  path: JsonPath,
): readonly SourcedRequirement[] | undefined {
  const value = reader.at(path);
  const labels = isObject(value) ? (value["matchLabels"] ?? {}) : undefined;
  const expressions = isObject(value) ? (value["matchExpressions"] ?? []) : undefined;
  if (!isObject(labels) || !isArray(expressions)) {
    reader.problem("invalid", path, "is no label selector");
    return undefined;
  }
  const found: SourcedRequirement[] = [];
  let good = true;
  const add = (key: Json | undefined, rest: Omit<Requirement, "key">, exact: boolean, at: JsonPath): void => {
    const sourced = typeof key === "string" ? splitKey(key) : undefined;
    if (sourced === undefined) {
      good = false;
      reader.problem(
        "invalid",
        at,
        `${shown(key)} is no key of a label, alone or behind a source such as k8s:`,
      );
    } else found.push({ ...sourced, ...rest, exact });
  };
  for (const [key, text] of Object.entries(labels)) {
    const at = [...path, "matchLabels", key];
    if (typeof text === "string" && isLabelValue(text))
      add(key, { operator: "In", values: [text] }, true, at);
    else {
      good = false;
      reader.problem("invalid", at, `${shown(text)} is no value of a label`);
    }
  }
  for (const [index, expression] of expressions.entries()) {
    const at = [...path, "matchExpressions", index];
    const rest = operation(expression);
    if (rest === undefined || !isObject(expression)) {
      good = false;
      reader.problem(
        "invalid",
        at,
        "must be In or NotIn with values, or Exists or DoesNotExist without them",
      );
    } else add(expression["key"], rest, false, at);
  }
  return good ? found : undefined;
}

/** Source and key (pkg/labels IsValidCiliumLabelKey). */
function splitKey(text: string): { readonly source: string; readonly key: string } | undefined {
  const parts = text.split(":");
  const [first = "", second] = parts;
  if (parts.length > 2) return undefined;
  const key = second ?? first;
  if (!isLabelKey(key) || (second !== undefined && !/^[A-Za-z0-9]+$/.test(first))) return undefined;
  return { source: second === undefined ? "any" : first, key };
}

function operation(expression: Json): Omit<Requirement, "key"> | undefined {
  if (!isObject(expression)) return undefined;
  const { operator, values = [] } = expression;
  const listed = isArray(values) ? values : values === null ? [] : undefined;
  const texts = listed?.filter((value) => typeof value === "string" && isLabelValue(value)) ?? [];
  if (listed === undefined || texts.length !== listed.length) return undefined;
  const sorted = [...new Set(texts as readonly string[])].sort();
  if (operator === "In" || operator === "NotIn")
    return sorted.length > 0 ? { operator, values: sorted } : undefined;
  if (operator === "Exists" || operator === "DoesNotExist")
    return sorted.length === 0 ? { operator, values: [] } : undefined;
  return undefined;
}

/** Who a selector means. */
export interface Meant {
  /** Undefined: no pod. */
  readonly term: Term | undefined;
  readonly ips: IpSet;
  readonly reserved: readonly Reserved[];
  /** Why it is not known whom it means. */
  readonly unknown: readonly string[];
}

const isKubernetes = ({ source }: SourcedRequirement): boolean => source === "any" || source === "k8s";

/** The pods of a policy: those of its namespace, whatever the selector says of namespaces (pkg/k8s/apis/cilium.io/utils ParseToCiliumRule). */
export function subjectOf(requirements: readonly SourcedRequirement[], namespace: string): Meant {
  if (namespace === "") return meant(requirements, undefined);
  // What matchLabels says of the namespace by its source is overwritten with the policy's own.
  const kept = requirements.filter(
    ({ source, key, exact }) => !(exact && source === "k8s" && key === NAMESPACE_LABEL),
  );
  return meant(kept, namespace);
}

/**
 * The peers of a rule (getEndpointSelector): without a word on namespaces those of the policy's own namespace, for a
 * policy of the cluster the pods of any; a selector with a `reserved:` label is taken as it is.
 */
export function peersOf(requirements: readonly SourcedRequirement[], namespace: string): Meant {
  if (requirements.some(({ source }) => source === "reserved")) return meant(requirements, undefined, true);
  const named = requirements.some(
    (each) =>
      isKubernetes(each) && (each.key === NAMESPACE_LABEL || each.key.startsWith(NAMESPACE_LABELS_PREFIX)),
  );
  return meant(requirements, namespace === "" || named ? undefined : namespace);
}

function meant(
  requirements: readonly SourcedRequirement[],
  namespace: string | undefined,
  everything = false,
): Meant {
  const unknown = new Set<string>();
  const term = podsOf(requirements, namespace, unknown);
  if (!everything) return { term, ips: noIps, reserved: [], unknown: [...unknown] };
  const has = (...names: readonly string[]): boolean => requirements.every((each) => holds(each, names));
  const v4 = has("world", "world-ipv4");
  const v6 = has("world", "world-ipv6");
  if (has() && requirements.some(({ source }) => source !== "reserved"))
    unknown.add(
      "a selector that only excludes, reserved labels among others, also means what it excludes in Cilium 1.20 (aggregated identities): here it does not",
    );
  if (requirements.some(({ source, key }) => source === "reserved" && key.startsWith("world")))
    unknown.add(
      "whether reserved:world, reserved:world-ipv4 or reserved:world-ipv6 stands for the addresses outside depends on the address families of the cluster",
    );
  return {
    term,
    ips: unionIps([v4 ? allV4 : noIps, v6 ? allV6 : noIps]),
    reserved: [...reservedNames].filter((name) => has(name)),
    unknown: [...unknown],
  };
}

const reservedNames: ReadonlySet<Reserved> = new Set<Reserved>([
  "host",
  "remote-node",
  "kube-apiserver",
  "ingress",
  "health",
  "init",
  "unmanaged",
]);

/** Of an identity with nothing but these reserved labels. */
function holds({ source, key, operator, values }: SourcedRequirement, names: readonly string[]): boolean {
  const present = source === "reserved" && names.includes(key);
  switch (operator) {
    case "In":
      return present && values.includes("");
    case "NotIn":
      return !present || !values.includes("");
    case "Exists":
      return present;
    default:
      return !present;
  }
}

/** Which labels of namespaces and of pods have to fit. */
interface Wanted {
  readonly namespaces: Requirement[];
  readonly pods: Requirement[];
}

/** The pods for which all of it holds; undefined where it holds for none, whatever labels it has. */
function podsOf(
  requirements: readonly SourcedRequirement[],
  namespace: string | undefined,
  unknown: Set<string>,
): Term | undefined {
  const wanted: Wanted = { namespaces: [], pods: [] };
  for (const requirement of requirements) {
    const canHold = isKubernetes(requirement)
      ? take(requirement, wanted, unknown)
      : takeForeign(requirement, unknown);
    if (!canHold) return undefined;
  }
  const pods = canonicalSelector(wanted.pods);
  if (namespace !== undefined && wanted.namespaces.length === 0) return { namespace, pods };
  const scope = canonicalSelector(
    namespace === undefined ? wanted.namespaces : [...wanted.namespaces, namespaceByName(namespace)],
  );
  return { namespace: namespaceNamed(scope) ?? scope, pods };
}

function isNegative({ operator }: Requirement): boolean {
  return operator === "NotIn" || operator === "DoesNotExist";
}

/** Of a label that no pod has. */
function takeForeign(requirement: SourcedRequirement, unknown: Set<string>): boolean {
  if (requirement.source !== "reserved")
    unknown.add(
      `labels of the source ${shown(requirement.source)} are not modelled: no pod counts as having one`,
    );
  return isNegative(requirement);
}

/** Of a label of Kubernetes, or one that Cilium gives to every pod. Can it hold for a pod? */
function take({ key, operator, values }: SourcedRequirement, wanted: Wanted, unknown: Set<string>): boolean {
  const plain = (name: string): Requirement => ({ key: name, operator, values });
  const everyPodHas = (list: Requirement[], name: string): boolean => {
    if (operator === "In" || operator === "NotIn") list.push(plain(name));
    return operator !== "DoesNotExist";
  };
  if (key === NAMESPACE_LABEL) return everyPodHas(wanted.namespaces, NAMESPACE_NAME_LABEL);
  if (key === SERVICE_ACCOUNT_LABEL) return everyPodHas(wanted.pods, SERVICE_ACCOUNT_LABEL);
  if (key === CLUSTER_LABEL) {
    if (operator === "In" || operator === "NotIn")
      unknown.add("it names a cluster: the pods of the input count as those that are meant");
    return operator !== "DoesNotExist";
  }
  const ofNamespace = key.startsWith(NAMESPACE_LABELS_PREFIX);
  const label = ofNamespace ? key.slice(NAMESPACE_LABELS_PREFIX.length) : key;
  if (!(ofNamespace ? isNamespaceLabelSeen(label) : isPodLabelSeen(label)))
    return isNegative({ key, operator, values });
  (ofNamespace ? wanted.namespaces : wanted.pods).push(plain(label));
  return true;
}
