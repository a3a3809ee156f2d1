import type { Elsewhere } from "../../analysis/checks/elsewhere/elsewhere.ts";
import type { CheckText } from "../../analysis/checks/explain/check-text.ts";
import { printable, printableRest } from "../../kube/printable.ts";
import type { Explained, ExplainedField } from "../../kube/schema/explained.ts";
import type { Style } from "./style.ts";

const WIDTH = 80;
/** Depth to which `--recursive` goes: schemas may contain themselves. */
const DEPTH = 12;
/** Lines of a recursive list: a Pod template inside a custom resource has thousands. */
const LINES = 5000;

export interface ExplainedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Path of fields under the kind; empty for the kind itself. */
  readonly path: readonly string[];
  readonly required: boolean;
  readonly is: Explained;
  /** A line about the version that is told. */
  readonly note: string;
}

/** A field or kind as kubectl explain lays it out. */
export function explainText(asked: ExplainedKind, recursive: boolean, { bold }: Style): string {
  const { is, path } = asked;
  const lines = [
    ...(asked.group === "" ? [] : [`${bold("GROUP:")}      ${printable(asked.group)}`]),
    `${bold("KIND:")}       ${printable(asked.kind)}`,
    `${bold("VERSION:")}    ${printable(asked.version)}`,
    ...(asked.note === "" ? [] : [`${bold("NOTE:")}       ${printable(asked.note)}`]),
    "",
  ];
  if (path.length > 0) {
    const mark = asked.required ? " -required-" : "";
    lines.push(`${bold("FIELD:")} ${printable(path.at(-1) ?? "")} <${printableRest(is.type)}>${mark}`);
    lines.push(...details(is, "  "), "");
  }
  lines.push(bold("DESCRIPTION:"), ...wrapped(is.description === "" ? "<none>" : is.description, "    "), "");
  const fields = is.fields();
  if (fields.length > 0) {
    lines.push(bold("FIELDS:"));
    if (recursive) listFields(fields, "  ", 1, lines);
    else for (const field of fields) lines.push(...fieldLines(field));
  }
  return `${lines.join("\n").trimEnd()}\n`;
}

function head({ name, required, is }: ExplainedField): string {
  return `${printable(name)} <${printableRest(is.type)}>${required ? " -required-" : ""}`;
}

function fieldLines(field: ExplainedField): readonly string[] {
  return [
    `  ${head(field)}`,
    ...details(field.is, "  "),
    ...wrapped(field.is.description === "" ? "<none>" : field.is.description, "    "),
    "",
  ];
}

function details({ values, facts }: Explained, indent: string): readonly string[] {
  return [
    ...(values.length === 0 ? [] : [`${indent}enum: ${values.map(printable).join(", ")}`]),
    ...facts.map((fact) => `${indent}${printable(fact)}`),
  ];
}

function listFields(fields: readonly ExplainedField[], indent: string, depth: number, lines: string[]): void {
  for (const field of fields) {
    if (lines.length > LINES) return;
    if (lines.length === LINES) {
      lines.push("  (the rest is left out)");
      return;
    }
    lines.push(`${indent}${head(field)}`);
    if (field.is.values.length > 0) lines.push(`${indent}enum: ${field.is.values.map(printable).join(", ")}`);
    if (depth < DEPTH) listFields(field.is.fields(), `${indent}  `, depth + 1, lines);
  }
}

/** Paragraphs broken into lines of a readable width. */
function wrapped(text: string, indent: string): readonly string[] {
  return text.split("\n").flatMap((paragraph) => {
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(/\s+/).map(printable)) {
      if (line !== "" && indent.length + line.length + 1 + word.length > WIDTH) {
        lines.push(indent + line);
        line = word;
      } else line += line === "" ? word : ` ${word}`;
    }
    if (line !== "") lines.push(indent + line);
    return lines;
  });
}

/** Everything that is said of a check. */
export function checkText(check: CheckText, { bold }: Style): string {
  const section = (title: string, text: string): readonly string[] => [
    "",
    bold(`${title}:`),
    ...wrapped(text, "    "),
  ];
  const list = (title: string, items: readonly string[]): readonly string[] =>
    items.length === 0 ? [] : section(title, items.join(", "));
  const { id, severity, title, since, until, profiles, parameters, given, exampleVersion } = check;
  const at = exampleVersion === undefined ? "" : ` (--kube-version ${exampleVersion})`;
  const beside = given === undefined ? [] : ["", bold(`GIVEN, ${given.what}:`), ...block(given.text)];
  const lines = [
    `${bold("FINDING:")}    ${id}`,
    `${bold("SEVERITY:")}   ${severity}`,
    ...(since === undefined && until === undefined
      ? []
      : [
          `${bold("VERSIONS:")}   ${since === undefined ? "" : `from ${since}`}${until === undefined ? "" : ` to ${until}`}`,
        ]),
    ...(profiles.length === 0
      ? []
      : [`${bold("PROFILES:")}   ${[...new Set([...profiles, "all"])].join(", ")}`]),
    ...(parameters.length === 0
      ? []
      : [
          `${bold("SETTINGS:")}   silent without ${parameters.map((key) => `check.${key}`).join(", ")} in kubeops.yaml`,
        ]),
    "",
    bold("RULE:"),
    ...wrapped(title, "    "),
    ...(check.why === "" ? [] : section("WHY", check.why)),
    ...(check.fix === "" ? [] : section("WHAT TO DO", check.fix)),
    ...section("SOURCE", check.source),
    ...list("GUIDES", check.guides),
    ...list("IN OTHER TOOLS", check.same),
    ...beside,
    ...(check.positive === "" ? [] : ["", bold(`FOUND IN${at}:`), ...block(check.positive)]),
    ...(check.negative === "" ? [] : ["", bold(`NOT FOUND IN${at}:`), ...block(check.negative)]),
  ];
  return `${lines.join("\n")}\n`;
}

/** An example; its long lines are cut. */
function block(text: string): readonly string[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `    ${printable(line.length > WIDTH * 5 ? `${line.slice(0, WIDTH * 5)}...` : line)}`);
}

/** Which of our checks say what checks of other tools say. */
export function elsewhereText(
  found: readonly Elsewhere[],
  titleOf: (id: string) => string,
  { bold }: Style,
): string {
  const blocks = found.map(({ tool, check, ours, reason }) =>
    [
      `${bold("CHECK:")}      ${tool}:${check.id}`,
      ...((check.also ?? []).length === 0 ? [] : [`${bold("ALSO:")}       ${(check.also ?? []).join(", ")}`]),
      "",
      bold("IT SAYS:"),
      ...wrapped(check.name, "    "),
      "",
      ...(ours.length === 0
        ? [bold("NOT COVERED:"), ...wrapped(reason ?? "nothing of ours says this", "    ")]
        : [bold("OURS:"), ...ours.flatMap((id) => [`    ${id}`, ...wrapped(titleOf(id), "        ")])]),
    ].join("\n"),
  );
  return `${blocks.join("\n\n")}\n`;
}
