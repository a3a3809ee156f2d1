import { chartProblems } from "../../kube/chart/problems.ts";
import { objectProblems } from "../../kube/object-problems.ts";
import { kustomizationProblems } from "../../kube/kustomize/problems.ts";
import type { PlainProblemRow, ProblemRow } from "../../kube/problem.ts";
import { yamlProblems } from "../../kube/yaml/yaml-problems.ts";
import { type Rule, type RuleExample, ruleWith } from "../findings/rule.ts";
import { backdoorOf, backdoorTable } from "./backdoors/backdoor-table.ts";
import { admissionFindingTable } from "./admission/admission-table.ts";
import { upgradeTable } from "./deprecations/upgrade-table.ts";
import { customResourceFindingTable } from "./custom-resources/custom-resource-table.ts";
import { networkFindings } from "../network/findings/finding-table.ts";
import { permissionRules } from "./permissions/permission-findings.ts";
import { podSecurityExamples } from "./pod-security/examples.ts";
import { podSecurityCheckOf, podSecurityRules } from "./pod-security/rules.ts";
import { practiceOf, practices } from "./practices/practice-table.ts";
import { otherExamples } from "./explain/other-examples.ts";
import { rbacFindings } from "../rbac/model/rbac-findings.ts";
import { objectFindings } from "./reading/object-findings.ts";
import { secretTable } from "./secrets/secret-table.ts";
import { parameterRules } from "./settings/parameters.ts";
import { schemaFindingTable } from "./schema/schema-table.ts";
import { serverCodes } from "./server/engine/server-codes.ts";

/** A row of any of the tables; not every one has examples. */
type TableRow = PlainProblemRow & Partial<ProblemRow>;

const tables: readonly Readonly<Record<string, TableRow>>[] = [
  yamlProblems,
  objectProblems,
  kustomizationProblems,
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
export function ruleExample(code: string): RuleExample | undefined {
  const row = otherExamples[code] ?? practiceOf(code) ?? backdoorOf(code) ?? tableRow(code);
  if (row?.positive !== undefined && row.negative !== undefined)
    return { positive: row.positive, negative: row.negative };
  const check = podSecurityCheckOf(code);
  return check === undefined ? undefined : podSecurityExamples[check];
}

function tableRow(code: string): Partial<RuleExample> | undefined {
  const all: readonly Readonly<Record<string, Partial<RuleExample>>>[] = [
    ...tables,
    rbacFindings,
    secretTable,
  ];
  return all.find((table) => Object.hasOwn(table, code))?.[code];
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
    Object.entries(table).map(([id, { severity, message, hint, source }]) =>
      ruleWith({ id, severity, title: message(GAP, GAP), ...fixOf(hint), source }),
    ),
  );
}

function fixOf(hint: string | undefined): { readonly fix?: string } {
  return hint === undefined ? {} : { fix: hint };
}

function practiceRules(): readonly Rule[] {
  return practices.map(({ id, severity, title, why, fix, source }) =>
    ruleWith({ id, severity, title, why, fix, source }),
  );
}

function dangerRules(): readonly Rule[] {
  return [
    ...backdoorTable.map(({ id, severity, title, hint, source }) =>
      ruleWith({ id, severity, title, fix: hint, source }),
    ),
    ...Object.entries(secretTable).map(([id, { severity, message, hint, source }]) =>
      ruleWith({ id, severity, title: message(GAP), fix: hint, source }),
    ),
  ];
}

function settingRules(): readonly Rule[] {
  return [
    ...Object.entries(parameterRules).map(([id, { severity, title, hint, source }]) =>
      ruleWith({ id, severity, title, fix: hint, source }),
    ),
    ruleWith({
      id: "settings/unused-exemption",
      severity: "warning",
      title: "Every exemption is for something that is there",
      fix: "remove it, or correct what it is for",
      source: "this program's settings",
    }),
    ruleWith({
      id: "settings/unknown-kind",
      severity: "warning",
      title: "Rules are for kinds that there are",
      fix: "correct the kind in match, or add the definition of the custom resource: kubeops schemas add",
      source: "this program's settings",
    }),
  ];
}
