import { printable } from "../../../kube/printable.ts";
import type { Comparison } from "../engine/compare.ts";
import type { Network } from "../engine/network.ts";

/** What every answer rests on, and what it does not know. */
export interface Standing {
  readonly assumptions: readonly string[];
  /** Why the answer is incomplete; empty where it is not. */
  readonly incomplete: readonly string[];
  /** Objects that the API server would refuse: they count as absent. */
  readonly invalid: readonly string[];
}

export function standingOf(net: Network, cut: readonly string[] = []): Standing {
  const of = (kind: "invalid" | "unmodelled" | "undefined"): readonly string[] => [
    ...new Set(net.problems.filter((problem) => problem.kind === kind).map(({ message }) => message)),
  ];
  const undeclared = [...net.namespaces.values()].filter(({ declared }) => !declared);
  const labels =
    undeclared.length === 0
      ? []
      : [
          `${listed(undeclared.map(({ name }) => printable(name)))}: not declared in the input, so of its labels only kubernetes.io/metadata.name is known`,
        ];
  return {
    assumptions: [...net.assumptions, ...labels],
    incomplete: [
      ...of("unmodelled"),
      ...of("undefined"),
      ...cut.map((name) =>
        name === ""
          ? "too many kinds of pods could come in new namespaces: not all of them are looked at"
          : `too many kinds of pods could come in namespace ${printable(name)}: not all of them are looked at`,
      ),
    ],
    invalid: of("invalid"),
  };
}

/**
 * What a comparison rests on. Where not everything is known of the state before, a flow may have been shown as open that
 * was closed: then the change opens more than is shown.
 */
export function standingOfChange({ before, after, cut }: Comparison): Standing {
  const standing = standingOf(after, cut);
  const known = new Set(standing.incomplete);
  const earlier = standingOf(before).incomplete.filter((what) => !known.has(what));
  return {
    ...standing,
    incomplete: [...standing.incomplete, ...earlier.map((what) => `before the change: ${what}`)],
  };
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(", ");
  const more = names.length > 5 ? ` and ${names.length - 5} more` : "";
  return `namespace${names.length === 1 ? "" : "s"} ${shown}${more}`;
}

export function standingText(standing: Standing, quiet = false): string {
  const block = (title: string, lines: readonly string[]): string =>
    lines.length === 0 ? "" : `\n${title}\n${lines.map((line) => `  - ${line}\n`).join("")}`;
  return (
    block("REFUSED by the API server, and so without effect:", standing.invalid) +
    block("INCOMPLETE:", standing.incomplete) +
    (quiet ? "" : block("assumed:", standing.assumptions))
  );
}
