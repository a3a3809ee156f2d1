import { isArray, isObject, type Json, type JsonObject, type JsonPath, valueAt } from "../../../kube/json.ts";
import { keyText, objectKey } from "../../../kube/object-key.ts";
import { type Requirement, type Selector, selectorOf } from "../../../kube/selector.ts";
import { NAMESPACE_NAME_LABEL } from "../model/read-workloads.ts";
import { cidrSet, type IpSet, ipText, minusIps, noIps, coversIps } from "../sets/ip-set.ts";
import { MAX_PORT } from "../sets/port-space.ts";
import { pathText } from "../../../kube/json.ts";
import { printable } from "../../../kube/printable.ts";

/** Something about a policy that the API server refuses, or that makes an answer incomplete. */
export interface NetworkProblem {
  /** `invalid`: the API server refuses the object, which therefore has no effect. `unmodelled`: the answer is incomplete. `undefined`: the field's own documents leave it open. */
  readonly kind: "invalid" | "unmodelled" | "undefined";
  readonly message: string;
  readonly object: JsonObject;
  readonly path: JsonPath;
}

/** Reads one object with the path in hand; collects problems. */
export class PolicyReader {
  readonly problems: NetworkProblem[] = [];
  readonly #told = new Set<string>();
  readonly object: JsonObject;
  /** Ranges of ports are known; where they are not, a range is its first port. */
  readonly endPorts: boolean;

  /** A NetworkPolicy applies in a direction in which it has rules, whatever its policyTypes say. */
  readonly rulesBeatTypes: boolean;

  constructor(object: JsonObject, endPorts = true, rulesBeatTypes = false) {
    this.object = object;
    this.endPorts = endPorts;
    this.rulesBeatTypes = rulesBeatTypes;
  }

  get invalid(): boolean {
    return this.problems.some((problem) => problem.kind === "invalid");
  }

  problem(kind: NetworkProblem["kind"], path: JsonPath, message: string): void {
    const where = path.length === 0 ? "" : ` ${pathText(path)}`;
    const text = `${printable(keyText(objectKey(this.object)))}${printable(where)}: ${message}`;
    // A member may be read more than once; what is wrong with it is told once.
    const told = `${kind} ${text}`;
    if (this.#told.has(told)) return;
    this.#told.add(told);
    this.problems.push({ kind, path, object: this.object, message: text });
  }

  at(path: JsonPath): Json | undefined {
    return valueAt(this.object, path);
  }

  /** The items of a list; nothing where it is absent. What is no list is a problem. */
  list(path: JsonPath): readonly Json[] {
    const value = this.at(path);
    if (value === undefined || value === null) return [];
    if (isArray(value)) return value;
    this.problem("invalid", path, "must be a list");
    return [];
  }

  has(path: JsonPath): boolean {
    const value = this.at(path);
    return value !== undefined && value !== null;
  }

  /** A LabelSelector; what the API server refuses selects nothing and is a problem. */
  selector(path: JsonPath): Selector | undefined {
    const value = this.at(path);
    const selector = selectorOf(value);
    if (selector === undefined) this.problem("invalid", path, "is no label selector");
    return selector === undefined ? undefined : canonicalSelector(selector);
  }

  cidr(path: JsonPath): IpSet {
    const value = this.at(path);
    const set = typeof value === "string" ? cidrSet(value) : undefined;
    if (set === undefined) {
      this.problem("invalid", path, `${shown(value)} is no CIDR block such as 10.0.0.0/8 or 2001:db8::/32`);
      return noIps;
    }
    return set;
  }

  /** A block and its exceptions, each of which must lie inside of it. */
  block(cidr: JsonPath, excepts: JsonPath): IpSet {
    const whole = this.cidr(cidr);
    let left = whole;
    for (const index of this.list(excepts).keys()) {
      const path = [...excepts, index];
      const except = this.cidr(path);
      if (!coversIps(whole, except) || ipText(whole) === ipText(except))
        this.problem("invalid", path, `must be a part of ${ipText(whole)}, and not all of it`);
      left = minusIps(left, except);
    }
    return left;
  }

  port(path: JsonPath, least = 1): number | undefined {
    const value = this.at(path);
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= MAX_PORT)
      return value;
    this.problem("invalid", path, `${shown(value)} is no port from ${least} to ${MAX_PORT}`);
    return undefined;
  }
}

/** Requirements sorted and without repeats, so that equal selectors look equal. */
export function canonicalSelector(selector: Selector): Selector {
  const seen = new Map<string, Requirement>();
  for (const requirement of selector)
    seen.set(`${requirement.key} ${requirement.operator} ${requirement.values.join()}`, requirement);
  return [...seen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, requirement]) => requirement);
}

/** What a selector of namespaces says to mean one of them by its name. */
export function namespaceByName(namespace: string): Requirement {
  return { key: NAMESPACE_NAME_LABEL, operator: "In", values: [namespace] };
}

/** The one namespace that a selector of namespaces means by its name alone. */
export function namespaceNamed(selector: Selector): string | undefined {
  const [only, ...rest] = selector;
  const [name, ...others] = only?.values ?? [];
  const byName = only?.key === NAMESPACE_NAME_LABEL && only.operator === "In";
  return byName && rest.length === 0 && others.length === 0 ? name : undefined;
}

export function shown(value: Json | undefined): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return printable(text.length > 60 ? `${text.slice(0, 60)}...` : text);
}

export function textAt(value: Json | undefined, key: string): string {
  const member = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return typeof member === "string" ? member : "";
}
