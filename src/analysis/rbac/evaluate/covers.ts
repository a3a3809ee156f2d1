import { ALL, type PolicyRule, urlMatches } from "../model/policy-rule.ts";

/** The smallest thing a rule can give: one verb on one resource of one group, of one name or of all; or one verb on one path. */
export type Atom =
  | {
      readonly kind: "resource";
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      /** Undefined: every name, and the collection. */
      readonly name?: string;
    }
  | { readonly kind: "url"; readonly verb: string; readonly path: string };

export interface Coverage {
  readonly covered: boolean;
  /** In the order of the rules, each once. */
  readonly uncovered: readonly Atom[];
  /** More atoms than are looked at: those that were not count as not covered. */
  readonly truncated: boolean;
}

/** Atoms of one question that are looked at. Real clusters have some thousands. */
const MOST_ATOMS = 1_000_000;
/** A rule with more atoms is not taken apart for the index; it is asked as it is. */
const WIDE = 4096;

/**
 * A set of rules that answers whether an atom is covered. An atom is covered by ONE rule (component-helpers:
 * auth/rbac/validation/policy_comparator.go, ruleCovers). A rule is a product of its lists, so one of its own atoms, or one
 * with stars in their place, decides: a few look-ups instead of a walk over all rules.
 */
export interface RuleSet {
  covers(atom: Atom): boolean;
}

export function ruleSet(rules: Iterable<PolicyRule>): RuleSet {
  const atoms = new Set<string>();
  const wide: PolicyRule[] = [];
  const urls: PolicyRule[] = [];
  const seen = new Set<PolicyRule>();
  for (const rule of rules) {
    if (seen.has(rule)) continue;
    seen.add(rule);
    // A rule with names covers no path (ruleCovers); the server refuses such a rule anyhow.
    if (rule.nonResourceURLs.length > 0 && rule.resourceNames.length === 0) urls.push(rule);
    const size = rule.apiGroups.length * rule.resources.length * rule.verbs.length;
    if (size * Math.max(1, rule.resourceNames.length) > WIDE) wide.push(rule);
    else
      for (const atom of resourceAtoms(rule))
        atoms.add(atomKey(atom.verb, atom.group, atom.resource, atom.name));
  }
  const wideSets = wide.map(setsOf);
  return {
    covers: (atom) => {
      if (atom.kind === "url")
        return urls.some(
          (rule) =>
            (rule.verbs.includes(ALL) || rule.verbs.includes(atom.verb)) &&
            rule.nonResourceURLs.some((url) => url === atom.path || urlMatches(url, atom.path)),
        );
      const resources = coveringResources(atom.resource);
      if (coveringKeys(atom, resources).some((key) => atoms.has(key))) return true;
      return wideSets.some(
        (sets) =>
          both(atom.verb).some((verb) => sets.verbs.has(verb)) &&
          both(atom.group).some((group) => sets.apiGroups.has(group)) &&
          resources.some((resource) => sets.resources.has(resource)) &&
          (sets.resourceNames.size === 0 || (atom.name !== undefined && sets.resourceNames.has(atom.name))),
      );
    },
  };
}

function setsOf(
  rule: PolicyRule,
): Readonly<Record<"verbs" | "apiGroups" | "resources" | "resourceNames", ReadonlySet<string>>> {
  return {
    verbs: new Set(rule.verbs),
    apiGroups: new Set(rule.apiGroups),
    resources: new Set(rule.resources),
    resourceNames: new Set(rule.resourceNames),
  };
}

/** Every atom of a rule that covers this one: itself, or stars in the place of its parts; of its name, or of all. */
function coveringKeys(
  atom: Extract<Atom, { kind: "resource" }>,
  resources: readonly string[],
): readonly string[] {
  const names = atom.name === undefined ? [undefined] : [undefined, atom.name];
  return both(atom.verb).flatMap((verb) =>
    both(atom.group).flatMap((group) =>
      resources.flatMap((resource) => names.map((name) => atomKey(verb, group, resource, name))),
    ),
  );
}

function both(word: string): readonly string[] {
  return word === ALL ? [ALL] : [word, ALL];
}

/** What a rule may name to cover a resource: itself, all, or the subresource of all (resourceCoversAll). */
function coveringResources(resource: string): readonly string[] {
  const slash = resource.indexOf("/");
  return slash < 0 ? [resource, ALL] : [resource, ALL, `*${resource.slice(slash)}`];
}

function atomKey(verb: string, group: string, resource: string, name: string | undefined): string {
  return JSON.stringify(name === undefined ? [verb, group, resource] : [verb, group, resource, name]);
}

export function* atomsOf(rule: PolicyRule): Generator<Atom> {
  yield* resourceAtoms(rule);
  for (const path of rule.nonResourceURLs) for (const verb of rule.verbs) yield { kind: "url", verb, path };
}

function* resourceAtoms(rule: PolicyRule): Generator<Extract<Atom, { kind: "resource" }>> {
  for (const group of rule.apiGroups)
    for (const resource of rule.resources)
      for (const verb of rule.verbs) yield* namedAtoms(rule, { verb, group, resource });
}

function* namedAtoms(
  { resourceNames }: PolicyRule,
  part: { readonly verb: string; readonly group: string; readonly resource: string },
): Generator<Extract<Atom, { kind: "resource" }>> {
  if (resourceNames.length === 0) yield { kind: "resource", ...part };
  for (const name of resourceNames) yield { kind: "resource", ...part, name };
}

export function idOfAtom(atom: Atom): string {
  return atom.kind === "url"
    ? JSON.stringify([atom.verb, atom.path])
    : atomKey(atom.verb, atom.group, atom.resource, atom.name);
}

/**
 * Whether the owner's rules cover the servant's: upstream's `Covers`, with the same answer and the same uncovered atoms.
 * Rules that the owner has as they are need no taking apart.
 */
export function covers(
  owner: Iterable<PolicyRule> | RuleSet,
  servant: Iterable<PolicyRule>,
  options: { readonly most?: number } = {},
): Coverage {
  const isSet = "covers" in owner;
  const same = new Set<PolicyRule>(isSet ? [] : owner);
  const set = isSet ? owner : ruleSet(same);
  const uncovered = new Map<string, Atom>();
  const most = options.most ?? MOST_ATOMS;
  let looked = 0;
  for (const rule of servant) {
    if (same.has(rule)) continue;
    for (const atom of atomsOf(rule)) {
      if (++looked > most) return { covered: false, uncovered: [...uncovered.values()], truncated: true };
      if (!set.covers(atom)) uncovered.set(idOfAtom(atom), atom);
    }
  }
  return { covered: uncovered.size === 0, uncovered: [...uncovered.values()], truncated: false };
}

/** `delete pods/exec (core) named a`. */
export function atomText(atom: Atom): string {
  if (atom.kind === "url") return `${atom.verb} ${atom.path}`;
  const group = atom.group === "" ? "" : atom.group === ALL ? " of every API group" : `.${atom.group}`;
  const slash = atom.resource.indexOf("/");
  const resource =
    group.startsWith(".") && slash >= 0
      ? `${atom.resource.slice(0, slash)}${group}${atom.resource.slice(slash)}`
      : `${atom.resource}${group}`;
  return `${atom.verb} ${resource}${atom.name === undefined ? "" : ` named ${JSON.stringify(atom.name)}`}`;
}
