import { isArray, isObject, type Json, type JsonObject } from "../../../../kube/json.ts";
import { isSafePlain } from "../../../../kube/yaml/scalars/safe-plain.ts";

/** How values are written at a place of a text. */
export interface Style {
  /** Only JSON may stand here. */
  readonly json: boolean;
  /** What stands between a key and its value, and after a comma: `: ` and `, `, or without spaces. */
  readonly colon: string;
  readonly comma: string;
}

export const yamlStyle: Style = { json: false, colon: ": ", comma: ", " };

/** Words that need no quotes in brackets either. */
const flowWord = /^[A-Za-z_/][A-Za-z0-9_./-]*$/;

function isEmpty(value: Json): boolean {
  return isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

/** A value on one line. `quote` keeps the quotes of the text that it replaces. */
export function inlineText(value: Json, style: Style, quote: "" | "'" | '"' = "", inFlow = true): string {
  if (typeof value === "string") {
    if (style.json || quote === '"') return JSON.stringify(value);
    if (quote === "'" && /^[ -~]*$/.test(value)) return `'${value.replaceAll("'", "''")}'`;
    return (!inFlow || flowWord.test(value)) && isSafePlain(value) ? value : JSON.stringify(value);
  }
  if (isArray(value)) return `[${value.map((item) => inlineText(item, style)).join(style.comma)}]`;
  if (isObject(value)) return `{${membersText(value, style)}}`;
  return JSON.stringify(value);
}

/** Members in brackets on one line, without the brackets. */
export function membersText(fields: JsonObject, style: Style): string {
  return Object.entries(fields)
    .map(([name, value]) => `${keyText(name, style)}${style.colon}${inlineText(value, style)}`)
    .join(style.comma);
}

/** Members of JSON over several lines, the first one without its indentation. */
export function jsonLines(fields: JsonObject, style: Style, indent: string, unit: string): readonly string[] {
  return Object.entries(fields).flatMap(([name, value], index, { length }) => {
    const comma = index < length - 1 ? "," : "";
    const start = `${indent}${JSON.stringify(name)}${style.colon}`;
    if (!isObject(value) || isEmpty(value)) return [`${start}${inlineText(value, style)}${comma}`];
    return [`${start}{`, ...jsonLines(value, style, indent + unit, unit), `${indent}}${comma}`];
  });
}

export function keyText(name: string, style: Style): string {
  return style.json || !isSafePlain(name) ? JSON.stringify(name) : name;
}

/** Members in block style, one line after the other. */
export function blockLines(fields: JsonObject, indent: string, step: string): readonly string[] {
  return Object.entries(fields).flatMap(([name, value]) => {
    const key = `${indent}${keyText(name, yamlStyle)}:`;
    if (isEmpty(value)) return [`${key} ${inlineText(value, yamlStyle)}`];
    if (isObject(value)) return [key, ...blockLines(value, indent + step, step)];
    if (isArray(value) && value.some((item) => typeof item === "object" && item !== null))
      return [key, ...value.flatMap((item) => itemLines(item, indent, step))];
    return [`${key} ${inlineText(value, yamlStyle, "", false)}`];
  });
}

/** An item of a list in block style; `indent` stands before its dash. */
export function itemLines(item: Json, indent: string, step: string): readonly string[] {
  if (!isObject(item) || isEmpty(item)) return [`${indent}- ${inlineText(item, yamlStyle, "", false)}`];
  const [first = "", ...rest] = blockLines(item, `${indent}  `, step);
  return [`${indent}- ${first.slice(indent.length + 2)}`, ...rest];
}
