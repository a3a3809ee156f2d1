import { objectProblems } from "../../kube/object-problems.ts";
import type { Severity } from "../../kube/problem.ts";
import { yamlProblems } from "../../kube/yaml/yaml-problems.ts";
import type { Rule } from "../findings/rule.ts";
import { backdoorTable } from "./backdoors/backdoor-table.ts";
import { podSecurityRules } from "./pod-security/rules.ts";
import { practices } from "./practices/practice-table.ts";
import { objectFindings } from "./reading/object-findings.ts";
import { secretTable } from "./secrets/secret-table.ts";

interface TableRow {
  readonly severity: Severity;
  readonly message: (what: string, other: string) => string;
  readonly hint?: string;
  readonly source: string;
}

const GAP = "...";
let rules: ReadonlyMap<string, Rule> | undefined;

/** The rule of a code of any table of checks; undefined for a code that no table lists. */
export function ruleOf(code: string): Rule | undefined {
  rules ??= new Map(
    [...tableRules(), ...podSecurityRules(), ...practiceRules(), ...dangerRules()].map((rule) => [
      rule.id,
      rule,
    ]),
  );
  return rules.get(code);
}

function tableRules(): readonly Rule[] {
  const tables: readonly Readonly<Record<string, TableRow>>[] = [
    yamlProblems,
    objectProblems,
    objectFindings,
  ];
  return tables.flatMap((table) =>
    Object.entries(table).map(([id, row]) => ({
      id,
      severity: row.severity,
      title: row.message(GAP, GAP),
      help: `${row.hint === undefined ? "" : `What to do: ${row.hint}. `}Source of the rule: ${row.source}`,
    })),
  );
}

function practiceRules(): readonly Rule[] {
  return practices.map((row) => ({
    id: row.id,
    severity: row.severity,
    title: row.title,
    help: `${row.why} What to do: ${row.fix}. Source of the rule: ${row.source}`,
  }));
}

function dangerRules(): readonly Rule[] {
  return [
    ...backdoorTable.map((row) => ({
      id: row.id,
      severity: row.severity,
      title: row.title,
      help: `What to do: ${row.hint}. Source of the rule: ${row.source}`,
    })),
    ...Object.entries(secretTable).map(([id, row]) => ({
      id,
      severity: row.severity,
      title: row.message(GAP),
      help: `What to do: ${row.hint}. Source of the rule: ${row.source}`,
    })),
  ];
}
