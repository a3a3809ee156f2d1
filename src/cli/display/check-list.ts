import { guidesOf, sameElsewhere } from "../../analysis/checks/elsewhere/elsewhere.ts";
import type { FixEffect } from "../../analysis/checks/fixes/fix-row.ts";
import type { OwnRule } from "../../analysis/checks/own-rules/own-rule.ts";
import { fixOf } from "../../analysis/checks/fixes/fix-table.ts";
import { practiceOf } from "../../analysis/checks/practices/practice-table.ts";
import { ruleCodes, ruleOf } from "../../analysis/checks/rule-table.ts";
import { printableRest } from "../../kube/printable.ts";

export interface Listed {
  readonly id: string;
  readonly severity: string;
  readonly title: string;
  /** Profiles in which it is on; empty: always on, whatever the profile. */
  readonly profiles: readonly string[];
  /** The same check in other tools. */
  readonly same: readonly string[];
  readonly frameworks: readonly string[];
  /** Whether `kubeops fix` may take its findings away, and what it does then. */
  readonly fixable: boolean;
  readonly fix?: { readonly describe: string; readonly effect: FixEffect };
}

function ownListed({ id, severity, title, profiles }: OwnRule): Listed {
  return { id, severity, title: printableRest(title), profiles, same: [], frameworks: [], fixable: false };
}

function listed(own: readonly OwnRule[]): readonly Listed[] {
  return ruleCodes()
    .flatMap((id): readonly Listed[] => {
      const rule = ruleOf(id);
      if (rule === undefined) return [];
      const practice = practiceOf(id);
      const row = fixOf(id);
      return [
        {
          id,
          severity: rule.severity,
          title: rule.title,
          profiles: practice?.profiles ?? [],
          same: sameElsewhere(id),
          frameworks: guidesOf(id),
          fixable: row !== undefined,
          ...(row === undefined ? {} : { fix: { describe: row.describe, effect: row.effect } }),
        },
      ];
    })
    .concat(own.map(ownListed))
    .sort((left, right) => (left.id < right.id ? -1 : 1));
}

/** Every check, those of a repository's own too: for people in columns, for programs as one object. */
export function checkListText(output: string, own: readonly OwnRule[]): string {
  const checks = listed(own);
  if (output === "json")
    return `${JSON.stringify({ apiVersion: "kubernetes-operations.dev/v1", kind: "CheckList", checks })}\n`;
  const width = Math.max(...checks.map((check) => check.id.length));
  const lines = checks.map(
    ({ id, severity, title, profiles }) =>
      `${id.padEnd(width)}  ${severity.padEnd(7)}  ${title}${profiles.length === 0 ? "" : `  [${profiles.join(" ")}]`}`,
  );
  return `${lines.join("\n")}\n`;
}
