import { chartProblems } from "../../kube/chart/problems.ts";
import { objectProblems } from "../../kube/object-problems.ts";
import type { ProblemRow } from "../../kube/problem.ts";
import { yamlProblems } from "../../kube/yaml/yaml-problems.ts";
import type { Rule } from "../findings/rule.ts";
import { backdoorTable } from "./backdoors/backdoor-table.ts";
import { admissionFindingTable } from "./admission/admission-table.ts";
import { upgradeTable } from "./deprecations/upgrade-table.ts";
import { customResourceFindingTable } from "./custom-resources/custom-resource-table.ts";
import { networkFindings } from "../network/findings/finding-table.ts";
import { permissionRules } from "./permissions/permission-findings.ts";
import { podSecurityRules } from "./pod-security/rules.ts";
import { practices } from "./practices/practice-table.ts";
import { objectFindings } from "./reading/object-findings.ts";
import { secretTable } from "./secrets/secret-table.ts";
import { parameterRules } from "./settings/parameters.ts";
import { schemaFindingTable } from "./schema/schema-table.ts";
import { serverCodes } from "./server/engine/server-codes.ts";

/** A row of any of the tables; not every one has examples. */
type TableRow = Omit<ProblemRow, "positive" | "negative"> & Partial<Record<"positive" | "negative", string>>;

const tables: readonly Readonly<Record<string, TableRow>>[] = [
  yamlProblems,
  objectProblems,
  chartProblems,
  objectFindings,
  schemaFindingTable,
  customResourceFindingTable,
  admissionFindingTable,
  serverCodes,
  upgradeTable,
  networkFindings,
];

const GAP = "...";
let rules: ReadonlyMap<string, Rule> | undefined;

/** The rule of a code of any table of checks; undefined for a code that no table lists. */
export function ruleOf(code: string): Rule | undefined {
  return allRules().get(code);
}

/** Every code of every table, in the order of the tables. */
export function ruleCodes(): readonly string[] {
  return [...allRules().keys()];
}

/** An input in which the finding of a code is, and one in which it is not; undefined where its table has none. */
export function ruleExample(
  code: string,
): { readonly positive: string; readonly negative: string } | undefined {
  const row = tables.find((table) => Object.hasOwn(table, code))?.[code];
  if (typeof row?.positive !== "string" || typeof row.negative !== "string") return undefined;
  return { positive: row.positive, negative: row.negative };
}

function allRules(): ReadonlyMap<string, Rule> {
  rules ??= new Map(
    [
      ...tableRules(),
      ...podSecurityRules(),
      ...permissionRules(),
      ...practiceRules(),
      ...dangerRules(),
      ...settingRules(),
    ].map((rule) => [rule.id, rule]),
  );
  return rules;
}

function tableRules(): readonly Rule[] {
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

function settingRules(): readonly Rule[] {
  return [
    ...Object.entries(parameterRules).map(([id, row]) => ({
      id,
      severity: row.severity,
      title: row.title,
      help: `What to do: ${row.hint}. Source of the rule: ${row.source}`,
    })),
    {
      id: "settings/unused-exemption",
      severity: "warning",
      title: "Every exemption is for something that is there",
      help: "What to do: remove it, or correct what it is for. Source of the rule: this program's settings",
    },
  ];
}
