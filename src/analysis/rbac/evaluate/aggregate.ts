import type { Finding } from "../../findings/finding.ts";
import { matchesSelector, type Selector } from "../../../kube/selector.ts";
import { rbacFinding } from "../model/rbac-findings.ts";
import { type Role, roleText } from "../model/role.ts";

export interface Aggregated {
  /** Of an aggregated ClusterRole: the roles whose written rules it has; of roles without selectors nothing. */
  readonly sources: ReadonlyMap<Role, readonly Role[]>;
  readonly findings: readonly Finding[];
}

/**
 * What the aggregation controller makes of ClusterRoles with selectors
 * (kubernetes: pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go): the rules of every other
 * ClusterRole that one of the selectors takes. Rules written into an aggregated role are overwritten, but for one case:
 * where nothing is gathered the controller applies no rules field, and the written ones stay.
 *
 * Roles that gather each other form a group: the rules of each reach all of them, and rules written into any of them may
 * go round for ever, so they count. Roles are shared, not copied: the cost is the number of selected roles.
 */
export function aggregate(clusterRoles: readonly Role[]): Aggregated {
  const aggregated = clusterRoles.filter(({ selectors }) => selectors !== undefined);
  const findings: Finding[] = [];
  const sources = new Map<Role, readonly Role[]>();
  if (aggregated.length === 0) return { sources, findings };
  const select = selectorIndex(clusterRoles);
  const members = new Map<Role, ReadonlySet<Role>>();
  for (const role of aggregated) {
    const selected = (role.selectors ?? []).flatMap((selector) =>
      selector === null ? [] : select(selector),
    );
    members.set(role, new Set(selected.filter((other) => other !== role)));
  }
  for (const group of groupsOf(aggregated, members)) {
    const leaves = gathered(group, members, sources);
    const circular = group.length > 1;
    const gathersRules = [...leaves].some(({ written }) => written.length > 0);
    // Where nothing is gathered, and where rules may go round, what is written counts.
    if (circular || !gathersRules) for (const role of group) leaves.add(role);
    findings.push(...group.flatMap((role) => aggregationFindings(role, group, gathersRules)));
    const list = [...leaves];
    for (const role of group) sources.set(role, list);
  }
  return { sources, findings };
}

/** What a group of roles takes from outside. Groups come in an order in which everything that is gathered stands before. */
function gathered(
  group: readonly Role[],
  members: ReadonlyMap<Role, ReadonlySet<Role>>,
  sources: ReadonlyMap<Role, readonly Role[]>,
): Set<Role> {
  const leaves = new Set<Role>();
  const inside = new Set(group);
  for (const role of group)
    for (const member of members.get(role) ?? [])
      if (!inside.has(member)) for (const leaf of sources.get(member) ?? [member]) leaves.add(leaf);
  return leaves;
}

function aggregationFindings(role: Role, group: readonly Role[], gathersRules: boolean): readonly Finding[] {
  if (role.input === undefined) return [];
  const other = group.find((one) => one !== role);
  if (other !== undefined) {
    const texts = { what: roleText(role), other: roleText(other) };
    return [rbacFinding("rbac/aggregation-cycle", role.input, ["aggregationRule"], texts)];
  }
  return gathersRules && role.written.length > 0
    ? [rbacFinding("rbac/rules-overwritten", role.input, ["rules"], { what: roleText(role) })]
    : [];
}

/** Roles by selector; those of a selector with an exact label are found by that label, not by trying all. */
function selectorIndex(roles: readonly Role[]): (selector: Selector) => readonly Role[] {
  const byLabel = new Map<string, Role[]>();
  for (const role of roles) {
    for (const [key, value] of Object.entries(role.labels)) {
      const text = `${key}=${value}`;
      const same = byLabel.get(text);
      if (same === undefined) byLabel.set(text, [role]);
      else same.push(role);
    }
  }
  const known = new Map<string, readonly Role[]>();
  return (selector) => {
    const id = JSON.stringify(selector);
    const before = known.get(id);
    if (before !== undefined) return before;
    const exact = selector.find(({ operator }) => operator === "In");
    const candidates =
      exact === undefined
        ? roles
        : exact.values.flatMap((value) => byLabel.get(`${exact.key}=${value}`) ?? []);
    const found = candidates.filter((role) => matchesSelector(selector, role.labels));
    known.set(id, found);
    return found;
  };
}

/** Strongly connected groups of aggregated roles, what is gathered first (Tarjan's algorithm, without recursion). */
function groupsOf(
  roles: readonly Role[],
  members: ReadonlyMap<Role, ReadonlySet<Role>>,
): readonly (readonly Role[])[] {
  const order = new Map<Role, number>();
  const low = new Map<Role, number>();
  const open: Role[] = [];
  const isOpen = new Set<Role>();
  const groups: Role[][] = [];
  for (const start of roles) {
    if (order.has(start)) continue;
    const path: { readonly role: Role; readonly rest: Iterator<Role> }[] = [];
    const enter = (role: Role): void => {
      order.set(role, order.size);
      low.set(role, order.size - 1);
      open.push(role);
      isOpen.add(role);
      path.push({ role, rest: (members.get(role) ?? new Set<Role>()).values() });
    };
    enter(start);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { role, rest } = top;
      const next = rest.next();
      if (next.done !== true) {
        const member = next.value;
        if (!members.has(member)) continue;
        if (!order.has(member)) enter(member);
        else if (isOpen.has(member)) low.set(role, Math.min(low.get(role) ?? 0, order.get(member) ?? 0));
        continue;
      }
      path.pop();
      const parent = path.at(-1)?.role;
      if (parent !== undefined) low.set(parent, Math.min(low.get(parent) ?? 0, low.get(role) ?? 0));
      if (low.get(role) !== order.get(role)) continue;
      const group: Role[] = [];
      for (let member = open.pop(); member !== undefined; member = open.pop()) {
        isOpen.delete(member);
        group.push(member);
        if (member === role) break;
      }
      groups.push(group.reverse());
    }
  }
  return groups;
}
