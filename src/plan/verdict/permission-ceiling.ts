import { type Atom, ruleSet } from "../../analysis/rbac/evaluate/covers.ts";
import type { PolicyRule } from "../../analysis/rbac/model/policy-rule.ts";
import type { PermissionCeiling } from "../charter.ts";
import type { Facts, VerdictReason } from "../plan.ts";

type Gain = Facts["permissions"]["gained"][number];
type Opened = Facts["permissions"]["opened"][number];
type Reason = Omit<VerdictReason, "rule">;

/** A gain held against the ceiling: within it, a person looks at it; beyond it, it is denied. No ceiling is zero (kernel K7). */
export function gainReasons(ceiling: PermissionCeiling | undefined, gain: Gain): readonly Reason[] {
  const where = gain.namespace === "" ? "everywhere" : `in namespace ${gain.namespace}`;
  const what = `${gain.who} gains ${where}: ${gain.sentences.length === 0 ? "rights without effect there" : gain.sentences.join("; ")}`;
  const deny = (why: string): readonly Reason[] => [{ decision: "denied", message: `${what}; ${why}` }];
  if (ceiling === undefined) return deny("the charter allows no permission to be gained");
  if ((ceiling.subjectsThatNeverGain ?? []).includes(gain.subject))
    return deny("the charter says that this subject never gains");
  if (gain.truncated) return deny("it is too much to be looked at");
  const forbidden = new Set(ceiling.forbiddenVerbs ?? []);
  const verb = gain.atoms.find(
    (atom) => forbidden.has(atom.verb) || (forbidden.size > 0 && atom.verb === "*"),
  );
  if (verb !== undefined) return deny(`the charter forbids the verb ${JSON.stringify(verb.verb)}`);
  const rules = ceiling.max
    .filter(({ namespaces }) => namespaces === undefined || namespaces.includes(gain.namespace))
    .flatMap(({ rules: list }) => list.map(fullRule));
  const { covered, uncovered } = coversAtoms(rules, gain);
  if (!covered)
    return deny(
      `${uncovered} of its ${gain.atoms.length} rights ${uncovered === 1 ? "is" : "are"} beyond what the charter allows at most`,
    );
  return [{ decision: "needs-approval", message: what }];
}

function coversAtoms(
  rules: readonly PolicyRule[],
  gain: Gain,
): { readonly covered: boolean; readonly uncovered: number } {
  const set = ruleSet(rules);
  const atoms = gain.atoms.map(
    (atom): Atom =>
      "path" in atom
        ? { kind: "url", verb: atom.verb, path: atom.path ?? "" }
        : {
            kind: "resource",
            verb: atom.verb,
            group: atom.group ?? "",
            resource: atom.resource ?? "",
            ...(atom.name === undefined ? {} : { name: atom.name }),
          },
  );
  const uncovered = atoms.filter((atom) => !set.covers(atom)).length;
  return { covered: uncovered === 0, uncovered };
}

function fullRule(rule: PermissionCeiling["max"][number]["rules"][number]): PolicyRule {
  return {
    verbs: rule.verbs,
    apiGroups: rule.apiGroups ?? [],
    resources: rule.resources ?? [],
    resourceNames: rule.resourceNames ?? [],
    nonResourceURLs: rule.nonResourceURLs ?? [],
  };
}

/** An attack path that opens: denied without a ceiling, and where the ceiling forbids what it leads to. */
export function pathReasons(ceiling: PermissionCeiling | undefined, opened: Opened): readonly Reason[] {
  const what = `${opened.who} would newly reach ${opened.reaches}: ${opened.steps.join(", then ")}`;
  if (ceiling === undefined)
    return [{ decision: "denied", message: `${what}; the charter allows no attack path to open` }];
  const forbidden = ceiling.forbiddenPaths ?? ["cluster-admin", "node", "secrets", "namespace", "traffic"];
  return [
    (forbidden as readonly string[]).includes(opened.goal)
      ? { decision: "denied", message: `${what}; the charter forbids paths to ${opened.goal}` }
      : { decision: "needs-approval", message: what },
  ];
}
