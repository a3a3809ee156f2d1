import type { Json } from "../../kube/json.ts";
import { identity, keyText } from "../../kube/object-key.ts";
import { jsonDigest } from "../../kube/digest.ts";
import { printable, printableRest } from "../../kube/printable.ts";
import { emitYaml } from "../../kube/yaml/emit-yaml.ts";
import type { Change, ClusterTarget, GitTarget, Plan, Shown, VerdictReason } from "../../plan/plan.ts";
import { flowText } from "../../plan/verdict/reachability-ceiling.ts";
import { columns, type Style } from "./style.ts";

const marks = { create: "+", update: "~", recreate: "-/+", delete: "-", unchanged: "=" } as const;

/**
 * A plan as a person reads it: from its bytes and nothing else, widening first, nothing cut short, everything that
 * is not printable ASCII escaped (kernel K5).
 */
export function planText(plan: Plan, paint: Style, options: { readonly objects: boolean }): string {
  const denied = plan.verdict.decision === "denied";
  const sections = [
    header(plan, paint),
    // A plan that is denied cannot be signed: why it is denied is what its reader came for.
    denied ? verdict(plan, paint) : "",
    widening(plan, paint),
    reachability(plan, paint),
    exposure(plan, paint),
    deletions(plan, paint),
    resets(plan, paint),
    images(plan, paint),
    denied ? "" : verdict(plan, paint),
    changes(plan, paint, options.objects),
    findings(plan, paint),
    relaxations(plan, paint),
    secrets(plan, paint),
    prerequisites(plan, paint),
    request(plan, paint),
    agent(plan, paint),
    prose(plan, paint),
    notes(plan, paint),
    assumptions(plan, paint),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function section(title: string, paint: Style, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `${paint.bold(title)}\n${lines.join("\n")}`;
}

/** The first 12 digits of a digest: what people say to each other. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, 12);
}

function header(plan: Plan, paint: Style): string {
  const rows = [
    ["request", printable(plan.request.text)],
    ...(plan.target.kind === "git" ? gitRows(plan, plan.target) : clusterRows(plan.target)),
    [
      "charter",
      plan.charter === null
        ? "none"
        : `${printable(plan.charter.name)} (serial ${plan.charter.serial}, owner ${printable(plan.charter.owner)})`,
    ],
    ...rulesRows(plan),
    ["digest", plan.digest],
  ];
  return [
    `${paint.bold(`Plan ${shortDigest(plan.digest)}`)}  ${decision(plan, paint)}`,
    ...columns(rows),
  ].join("\n");
}

/** Which rules of the repository's own judged the plan. */
function rulesRows({ request: { rules = [] } }: Plan): readonly (readonly string[])[] {
  return rules.length === 0 ? [] : [["own rules", `${rules.length}, ${jsonDigest(rules)}`]];
}

function gitRows(plan: Plan, target: GitTarget): readonly (readonly string[])[] {
  const where = `git:${target.url}@${target.branch}#${target.folder === "" ? "." : target.folder}`;
  const how =
    target.mode === "onto"
      ? `moves ${target.branch} itself`
      : `on a new branch kubeops/${shortDigest(plan.digest)}`;
  return [
    ["target", printable(where)],
    ["base", printable(`${target.base ?? "unborn branch"}, ${how}`)],
  ];
}

function clusterRows(target: ClusterTarget): readonly (readonly string[])[] {
  const { url, caKeySha256, kubeSystemUid } = target.pin;
  return [
    ["target", printable(`cluster:${target.name} at ${url}, Kubernetes ${target.serverVersion}`)],
    ["pin", printable(`CA key ${caKeySha256}, kube-system ${kubeSystemUid}`)],
  ];
}

function decision(plan: Plan, paint: Style): string {
  const { decision: word, approvals } = plan.verdict;
  if (word === "denied") return paint.red("denied");
  if (word === "allowed") return paint.green("allowed");
  const who = `${approvals.required} of ${approvals.approvers.map(printable).join(", ")}`;
  return paint.yellow(`needs approval: ${who}${approvals.presence ? ", with a security key" : ""}`);
}

/** Rules whose reasons say no more than the rows of another section. */
const elsewhere = /^charter\/(?:widening\/.*|image)$/;

function verdict(plan: Plan, paint: Style): string {
  const line = (reason: VerdictReason): string[] => [
    reason.decision === "denied" ? paint.red("denied") : paint.yellow("approval"),
    printable(reason.rule),
    printable(reason.message),
  ];
  const denied = plan.verdict.reasons.filter((reason) => reason.decision === "denied");
  const asks = plan.verdict.reasons.filter((reason) => reason.decision !== "denied");
  const counts = new Map<string, number>();
  for (const { rule } of asks) if (elsewhere.test(rule)) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  const grouped = [...counts].map(([rule, count]) => [
    paint.yellow("approval"),
    printable(rule),
    `${count} ${count === 1 ? "row" : "rows"} under ${rule === "charter/image" ? "Images" : "Widens"}`,
  ]);
  return section(
    "Verdict",
    paint,
    columns([...denied.map(line), ...asks.filter(({ rule }) => !elsewhere.test(rule)).map(line), ...grouped]),
  );
}

function widening(plan: Plan, paint: Style): string {
  // One line for each object and kind of widening; every fact stands in it.
  const groups = new Map<string, { readonly head: readonly string[]; readonly details: string[] }>();
  for (const fact of plan.facts.widening) {
    const group = `${fact.id} ${identity(fact.key)}`;
    const known = groups.get(group) ?? {
      head: [paint.yellow("!"), fact.id, printable(keyText(fact.key))],
      details: [],
    };
    known.details.push(printable(fact.detail));
    groups.set(group, known);
  }
  const lines = columns([...groups.values()].map(({ head, details }) => [...head, details.join("; ")]));
  lines.push(...permissionLines(plan.facts.permissions, paint));
  return section("Widens", paint, lines);
}

/** Who can newly reach whom, in plain words: what opens first, nothing left out. */
function reachability(plan: Plan, paint: Style): string {
  const { flows, incomplete } = plan.facts.reachability;
  const lines = flows.map((flow) => {
    const opens = flow.what !== "closed";
    return `  ${opens ? paint.yellow("!") : paint.green("-")} ${printableRest(flowText(flow))}`;
  });
  for (const why of incomplete) lines.push(`  ${paint.red("incomplete")}: ${printableRest(why)}`);
  if (lines.length === 0) lines.push(paint.dim("  no change in who reaches whom"));
  return section("Reaches", paint, lines);
}

/** Who gains what, in plain words; attack paths step by step. */
function permissionLines(facts: Plan["facts"]["permissions"], paint: Style): readonly string[] {
  const where = (namespace: string): string =>
    namespace === "" ? "everywhere" : `in namespace ${namespace}`;
  const told = (gain: (typeof facts.gained)[number]): string =>
    gain.sentences.length === 0 ? "rights without effect there" : gain.sentences.join("; ");
  const lines = [
    ...facts.gained.map(
      (gain) =>
        `  ${paint.red("+")} ${printable(`${gain.who} gains ${where(gain.namespace)}: ${told(gain)}`)} ${paint.dim(`(${printable(gain.bindings.join(", "))})`)}`,
    ),
    ...facts.lost.map(
      (gain) =>
        `  ${paint.green("-")} ${printable(`${gain.who} loses ${where(gain.namespace)}: ${told(gain)}`)}`,
    ),
    ...facts.opened.flatMap((path) => [
      `  ${paint.red("!")} ${printable(`${path.who} newly reaches ${path.reaches}:`)}`,
      ...path.steps.map((step, index) => `      ${index + 1}. ${printable(step)}`),
    ]),
    ...facts.closed.map(
      (path) => `  ${paint.green("-")} ${printable(`${path.who} no longer reaches ${path.reaches}`)}`,
    ),
  ];
  const partial = facts.partial ? ", as far as roles and bindings were read" : "";
  return facts.gained.length + facts.opened.length === 0
    ? [...lines, paint.dim(`  permissions: nobody gains anything${partial}`)]
    : lines;
}

function exposure(plan: Plan, paint: Style): string {
  return section(
    "Exposes",
    paint,
    columns(
      plan.facts.exposure.map((fact) => [
        paint.yellow("!"),
        printable(keyText(fact.key)),
        printable(fact.how),
      ]),
    ),
  );
}

function images(plan: Plan, paint: Style): string {
  const mark = { added: paint.green("+"), removed: paint.red("-"), kept: "=" };
  return section(
    "Images",
    paint,
    columns(
      plan.facts.images.map((image) => [
        mark[image.change],
        printable(image.image),
        image.digest === null ? paint.yellow("a tag, not a digest") : "pinned by digest",
        `used by ${image.usedBy.map(printable).join(", ")}`,
      ]),
    ),
  );
}

function deletions(plan: Plan, paint: Style): string {
  const irreversible = new Map(plan.facts.irreversible.map((fact) => [identity(fact.key), fact]));
  const rows = plan.facts.deletions.map((fact) => [
    paint.red("-"),
    printable(keyText(fact.key)),
    printable(irreversible.get(identity(fact.key))?.reason ?? fact.reason),
  ]);
  const recreated = plan.changes.filter(({ operation }) => operation === "recreate");
  const again = recreated.map(({ key, reversibility }) => [
    paint.red("-/+"),
    printable(keyText(key)),
    reversibility.kind === "irreversible" ? paint.red("irreversible") : "",
    reversibility.kind === "reversible" ? "" : printable(reversibility.reason),
  ]);
  const along = plan.changes.flatMap(({ key, live }) =>
    (live?.dependents ?? []).map((dependent) => [
      paint.red("-"),
      printable(keyText(dependent)),
      `goes with ${printable(keyText(key))}, which it names as its owner`,
    ]),
  );
  const told = new Set([...plan.facts.deletions, ...recreated].map(({ key }) => identity(key)));
  const others = plan.facts.irreversible.filter((fact) => !told.has(identity(fact.key)));
  return [
    section("Deletes", paint, columns([...rows, ...along])),
    section("Deletes and makes again", paint, columns(again)),
    section(
      "Cannot be undone",
      paint,
      columns(others.map((fact) => [paint.red("!"), printable(keyText(fact.key)), printable(fact.reason)])),
    ),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function changes(plan: Plan, paint: Style, objects: boolean): string {
  const { create, update, recreate = 0, delete: remove, unchanged } = plan.facts.counts;
  const again = recreate === 0 ? "" : `${recreate} to delete and make again, `;
  const title = `Changes  ${create} to create, ${update} to update, ${again}${remove} to delete, ${unchanged} unchanged`;
  const shown = plan.changes.filter((change) => change.operation !== "unchanged");
  const heads = columns(
    shown.map((change) => [
      markOf(change, paint),
      printable(keyText(change.key)),
      paint.dim(printable(change.file)),
    ]),
  );
  const lines: string[] = [];
  shown.forEach((change, index) => {
    lines.push(heads[index] ?? "");
    if (change.operation === "create" && change.diff.length > 0)
      lines.push(`      ${paint.yellow("the server makes something else of it")}:`);
    if (change.operation !== "delete") lines.push(...fieldLines(change, paint));
    lines.push(...liveLines(change, paint));
    if (change.reversibility.kind !== "reversible") {
      lines.push(`      ${paint.red(change.reversibility.kind)}: ${printable(change.reversibility.reason)}`);
    }
    if (objects && change.object !== null) {
      for (const line of emitYaml(change.object).trimEnd().split("\n"))
        lines.push(`      ${printable(line)}`);
    }
  });
  return section(title, paint, lines.length === 0 ? ["  nothing"] : lines);
}

/** What the cluster says about a change: who else owns what it touches, and what could not be seen beforehand. */
function liveLines({ live }: Change, paint: Style): string[] {
  if (live === undefined) return [];
  return [
    ...(live.takesOver === undefined
      ? []
      : [
          `      ${paint.yellow("takes over")} from ${live.takesOver.from.map(printable).join(", ")}: ${live.takesOver.paths.map(printable).join(", ")}`,
        ]),
    ...live.owners.map(
      ({ manager, path }) => `      ${paint.yellow("shared")} ${printable(path)} with ${printable(manager)}`,
    ),
    ...(live.notDryRun === null ? [] : [`      ${paint.yellow("no dry run")}: ${printable(live.notDryRun)}`]),
    ...live.warnings.map((warning) => `      ${paint.yellow("warning")}: ${printable(warning)}`),
  ];
}

function resets(plan: Plan, paint: Style): string {
  return section(
    "Goes back to a default",
    paint,
    columns(
      (plan.facts.resets ?? []).map(({ key, path }) => [
        paint.yellow("!"),
        printable(keyText(key)),
        printable(path),
      ]),
    ),
  );
}

/** The changes alone, as `diff` prints them. */
export function changesText(plan: Plan, paint: Style): string {
  return `${[changes(plan, paint, false), findings(plan, paint)].filter((part) => part !== "").join("\n\n")}\n`;
}

function markOf(change: Change, paint: Style): string {
  const mark = marks[change.operation];
  if (change.operation === "create") return paint.green(mark);
  return change.operation === "delete" || change.operation === "recreate"
    ? paint.red(mark)
    : paint.yellow(mark);
}

function fieldLines(change: Change, paint: Style): string[] {
  return columns(
    change.diff.map((field) => [
      printable(field.path),
      field.operation === "add"
        ? paint.green("added")
        : field.operation === "remove"
          ? paint.red("removed")
          : paint.yellow("changed"),
      [field.before, field.after]
        .map(shownText)
        .filter((text) => text !== "")
        .join(" -> "),
    ]),
    "      ",
  );
}

function shownText(shown: Shown | undefined): string {
  if (shown === undefined) return "";
  if ("value" in shown) return printable(JSON.stringify(shown.value));
  return shown.mac === null ? "(value not shown)" : `(value not shown, mac ${shown.mac.slice(0, 12)})`;
}

/** Words of the repository's settings, which may have several lines. */
function inOneLine(words: string): string {
  return printable(words.trim().replaceAll(/\s*\n\s*/g, " "));
}

function findings(plan: Plan, paint: Style): string {
  const colour = { error: paint.red, warning: paint.yellow, info: paint.cyan };
  const fixes = new Map(
    (plan.request.rules ?? []).flatMap(({ id, fix }) =>
      fix === undefined ? [] : [[id, `; to do: ${inOneLine(fix)}`]],
    ),
  );
  return section(
    "Findings",
    paint,
    columns(
      plan.findings.map((finding) => [
        colour[finding.severity](finding.severity),
        printable(finding.code),
        [
          finding.key === undefined ? "" : `${printable(keyText(finding.key))}: `,
          finding.path === undefined || finding.path === "" || finding.message.includes(finding.path)
            ? ""
            : `${printable(finding.path)}: `,
          printable(finding.message),
          finding.exempt === undefined
            ? (fixes.get(finding.code) ?? "")
            : `; exempt: ${inOneLine(finding.exempt)}`,
        ].join(""),
      ]),
    ),
  );
}

function relaxations(plan: Plan, paint: Style): string {
  return section(
    "Relaxed from Pod Security restricted",
    paint,
    columns(
      plan.authoring.relaxations.map((row) => [
        paint.yellow("!"),
        printable(`${row.workload}/${row.container}`),
        row.level,
        printable(row.check),
        printable(`${row.field}: ${row.reason}`),
      ]),
    ),
  );
}

function secrets(plan: Plan, paint: Style): string {
  return section(
    "Secrets that must exist (values are never here)",
    paint,
    columns(
      plan.facts.secrets.map((secret) => [
        printable(`${secret.namespace}/${secret.name}`),
        secret.keys.length === 0 ? "" : `keys ${secret.keys.map(printable).join(", ")}`,
        `used by ${secret.usedBy.map(printable).join(", ")}`,
      ]),
    ),
  );
}

function prerequisites(plan: Plan, paint: Style): string {
  const lines: string[] = [];
  for (const row of plan.authoring.prerequisites) {
    lines.push(`  ${printable(row.text)}`);
    if (row.command !== undefined) lines.push(`    ${paint.cyan("$")} ${printable(row.command)}`);
  }
  return section("Before it works", paint, lines);
}

/** Everything that a model said, argument by argument, and what it had read before. */
function agent(plan: Plan, paint: Style): string {
  const { agent: record } = plan.request;
  if (record === undefined) return "";
  const rows = record.operations.map(({ sources, operation }) => {
    const { kind, rationale: _, ...args } = operation;
    const words = Object.entries(args).map(
      ([name, value]) => `${printable(name)}=${printable(JSON.stringify(value))}`,
    );
    return [printable(sources.join(", ")), kindText(kind), words.join(" ")];
  });
  const read = record.taint.map(printable).join(", ");
  return section(
    `Said by a model (${printable(record.provider)}/${printable(record.model)}, which had read: ${read})`,
    paint,
    columns(rows),
  );
}

/** A plan file is a claim: what stands where a kind should is shown as it stands. */
function kindText(kind: Json | undefined): string {
  return printable(typeof kind === "string" ? kind : JSON.stringify(kind ?? null));
}

/** The one place where a model's own words are shown: fenced, escaped, and labelled for what they are. */
function prose(plan: Plan, paint: Style): string {
  const lines = (plan.request.agent?.operations ?? []).flatMap(({ sources, operation }) => {
    const { kind, rationale } = operation;
    return typeof rationale === "string"
      ? [`  | ${printable(sources.join(", "))}, ${kindText(kind)}: ${printable(rationale)}`]
      : [];
  });
  return section("Words of the model: not checked, and nothing follows from them", paint, lines);
}

/** What became of the fields of the request that are not simply used. */
function request(plan: Plan, paint: Style): string {
  const colour = { dropped: paint.red, changed: paint.yellow, reference: paint.cyan, used: paint.green };
  const rows = plan.intent.report.filter((row) => row.disposition !== "used");
  return section(
    "Fields of the request that are not used as they stand",
    paint,
    columns(
      rows.map((row) => [
        colour[row.disposition](row.disposition),
        printable(`${row.place.file}:${row.place.line}:${row.place.column}`),
        printable(row.field),
        printable(row.reason ?? ""),
      ]),
    ),
  );
}

function notes(plan: Plan, paint: Style): string {
  return section(
    "Decided for you",
    paint,
    columns(
      plan.authoring.notes.map((note) => [
        printable(note.code),
        printable(note.workload ?? ""),
        printable(note.message),
      ]),
    ),
  );
}

function assumptions(plan: Plan, paint: Style): string {
  return section(
    "Assumed, not proved",
    paint,
    columns(plan.assumptions.map((row) => [printable(row.id), printable(row.text)])),
  );
}
