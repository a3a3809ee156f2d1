import { backdoorOf, backdoorTable } from "../backdoors/backdoor-table.ts";
import { podSecurityCheckOf } from "../pod-security/rules.ts";
import type { PracticeRow } from "../practices/practice.ts";
import { practiceOf, practices } from "../practices/practice-table.ts";
import { secretTable } from "../secrets/secret-table.ts";
import { notCovered, saidBy } from "./elsewhere-table.ts";
import type { OtherCheck } from "./other-tool.ts";
import { otherTools } from "./other-tools.generated.ts";

/** A check of another tool, and what of ours says the same. */
export interface Elsewhere {
  readonly tool: string;
  readonly check: OtherCheck;
  /** Our ids; empty where none of ours says it. */
  readonly ours: readonly string[];
  /** Why none of ours does. */
  readonly reason?: string;
}

const secretSame: Readonly<Record<string, { readonly same: readonly string[] }>> = secretTable;
const COMPONENT = "looks at nodes, components or a live cluster, not at manifests";

let byForeign: ReadonlyMap<string, readonly string[]> | undefined;

/** Our ids by `tool:id`. */
function ours(): ReadonlyMap<string, readonly string[]> {
  if (byForeign !== undefined) return byForeign;
  const found = new Map<string, string[]>();
  const add = (foreign: string, own: string): void => {
    const list = found.get(foreign) ?? [];
    if (!list.includes(own)) list.push(own);
    found.set(foreign, list);
  };
  for (const { id, same } of [...practices, ...backdoorTable]) for (const foreign of same) add(foreign, id);
  for (const [id, { same }] of Object.entries(secretSame)) for (const foreign of same) add(foreign, id);
  for (const [foreign, ids] of Object.entries(saidBy)) for (const id of ids) add(foreign, id);
  byForeign = found;
  return found;
}

/** The practices that a check of Pod Security silences. */
function silencedBy(id: string): readonly PracticeRow[] {
  const check = podSecurityCheckOf(id);
  return check === undefined ? [] : practices.filter((row) => row.podSecurity?.includes(check) === true);
}

/** The same check in other tools, as `tool:id`; a check of Pod Security has those of the practices that it silences. */
export function sameElsewhere(id: string): readonly string[] {
  const own = practiceOf(id)?.same ?? backdoorOf(id)?.same ?? secretSame[id]?.same ?? [];
  const shared = silencedBy(id).flatMap((row) => sameElsewhere(row.id));
  const more = Object.entries(saidBy).flatMap(([foreign, ids]) => (ids.includes(id) ? [foreign] : []));
  return [...new Set([...own, ...shared, ...more])];
}

/** Guides that ask for a check: what its row names, and of what guide kubescape says that its control is. */
export function guidesOf(id: string): readonly string[] {
  const same = sameElsewhere(id);
  const own = practiceOf(id);
  const rows = own === undefined ? silencedBy(id) : [own];
  const source = backdoorOf(id)?.source ?? "";
  const named = [
    ...rows.flatMap((row) => row.frameworks),
    ...[...source.matchAll(/\bT\d{4}(?:\.\d{3})?\b/g)].map(([technique]) => `MITRE ${technique}`),
    ...[...source.matchAll(/CIS Kubernetes Benchmark (\d[\d.]*\d)/g)].map(
      ([, section = ""]) => `CIS ${section}`,
    ),
  ];
  const families = new Set(named.map((guide) => guide.slice(0, guide.indexOf(" "))));
  const controls = otherTools.find(({ tool }) => tool === "kubescape")?.checks ?? [];
  const derived = controls
    .filter((control) => same.includes(`kubescape:${control.id}`))
    .flatMap((control) =>
      (control.guides ?? [])
        .filter((guide) => !families.has(guide))
        .map((guide) => `${guide} (kubescape ${control.id})`),
    );
  return [...new Set([...named, ...derived])];
}

/** Every check of every other tool, with what of ours says it or the reason why none does. */
export function allElsewhere(): readonly Elsewhere[] {
  return otherTools.flatMap(({ tool, checks }) => checks.map((check) => elsewhere(tool, check)));
}

function elsewhere(tool: string, check: OtherCheck): Elsewhere {
  const id = `${tool}:${check.id}`;
  const own = ours().get(id) ?? [];
  if (own.length > 0) return { tool, check, ours: own };
  const reason = notCovered.find(({ ids }) =>
    ids instanceof RegExp ? ids.test(id) : ids.includes(id),
  )?.reason;
  if (reason !== undefined) return { tool, check, ours: [], reason };
  return check.component === true ? { tool, check, ours: [], reason: COMPONENT } : { tool, check, ours: [] };
}

/**
 * What somebody means who asks for the id of a check of another tool: `CKV_K8S_20`, `kube-linter:run-as-non-root`, a
 * UUID of KICS, an older form such as `AVD-KSV-0001`. Letters may be of either case; several tools may share an id.
 */
export function findElsewhere(asked: string): readonly Elsewhere[] {
  const wanted = asked.toLowerCase();
  return otherTools.flatMap(({ tool, checks }) =>
    checks
      .filter((check) =>
        [check.id, ...(check.also ?? [])].some((id) => {
          const lower = id.toLowerCase();
          return lower === wanted || `${tool}:${lower}` === wanted;
        }),
      )
      .map((check) => elsewhere(tool, check)),
  );
}

/** Ids of checks of other tools, with and without the name of the tool, for suggestions. */
export function foreignIds(): readonly string[] {
  return otherTools.flatMap(({ tool, checks }) => checks.flatMap(({ id }) => [id, `${tool}:${id}`]));
}
