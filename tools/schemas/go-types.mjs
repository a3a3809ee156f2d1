// Reads the type declarations of a Go package of the Kubernetes API: structs with their JSON fields, named types and
// the constants of them. It reads what gofmt writes; it is no parser of Go.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const fieldLine = /^\t(?:([A-Za-z_][A-Za-z0-9_]*)\s+)?(\*?[A-Za-z0-9_.[\]*{}]+)\s+`([^`]*)`/;
const constant = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s+([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*"([^"]*)"/;
const converted = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*([A-Z][A-Za-z0-9_]*)\("([^"]*)"\)/;
const untyped = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*"([^"]*)"/;
const aliased = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s+([A-Z][A-Za-z0-9_]*)\s*=\s*([A-Za-z_][A-Za-z0-9_.]*)\s*$/;

/**
 * @typedef {{ name: string, type: string, json: string, inline: boolean, omitempty: boolean, doc: string[], imports: Map<string, string> }} GoField
 * @typedef {{ kind: "struct", name: string, fields: GoField[], doc: string[] } | { kind: "named", name: string, type: string, doc: string[], imports: Map<string, string> }} GoType
 * @param {string} folder of the package
 * @returns {{ types: Map<string, GoType>, constants: { type: string, value: string, doc: string[] }[], group: string | undefined, folder: string } | undefined}
 */
export function goPackage(folder) {
  if (!existsSync(folder)) return undefined;
  const types = new Map();
  const constants = [];
  let group;
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith(".go") || name.endsWith("_test.go") || /^(?:zz_)?generated/.test(name)) continue;
    const text = readFileSync(join(folder, name), "utf8");
    group ??= /^\/\/ \+groupName=(\S*)/m.exec(text)?.[1];
    group ??= /^const GroupName = "([^"]*)"/m.exec(text)?.[1];
    readFile(text, types, constants);
  }
  return { types, constants, group, folder };
}

function readFile(text, types, constants) {
  const imports = importsOf(text);
  const lines = text.split("\n");
  let doc = [];
  let earlier = [];
  let inConstants = false;
  const values = new Map();
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at];
    const comment = /^\s*\/\/ ?(.*)$/.exec(line);
    if (comment !== null) {
      doc.push(comment[1]);
      continue;
    }
    if (line.trim() === "") {
      // gengo takes the tags of the comment block above the last one too.
      earlier = doc;
      doc = [];
      continue;
    }
    const struct = /^type ([A-Za-z0-9_]+) struct \{$/.exec(line);
    const empty = /^type ([A-Za-z0-9_]+) struct ?\{\s*\}$/.exec(line);
    const named = /^type ([A-Za-z0-9_]+) (?:= )?([A-Za-z0-9_.[\]*]+)\s*(?:\/\/.*)?$/.exec(line);
    const whole = [...earlier.filter((entry) => entry.startsWith("+")), ...doc];
    if (struct !== null) {
      const fields = [];
      at = readFields(lines, at + 1, fields, imports);
      types.set(struct[1], { kind: "struct", name: struct[1], fields, doc: whole });
    } else if (empty !== null) {
      types.set(empty[1], { kind: "struct", name: empty[1], fields: [], doc: whole });
    } else if (named !== null) {
      types.set(named[1], { kind: "named", name: named[1], type: named[2], doc: whole, imports });
    } else if (/^const \($/.test(line)) inConstants = true;
    else if (line === ")") inConstants = false;
    const body = inConstants ? line : /^const (.*)$/.exec(line)?.[1];
    if (body !== undefined) readConstant(body, doc, constants, values);
    doc = [];
    earlier = [];
  }
}

function readConstant(body, doc, constants, values) {
  const typed = constant.exec(body);
  const conversion = converted.exec(body);
  const alias = aliased.exec(body);
  const bare = untyped.exec(body);
  if (typed !== null) {
    values.set(typed[1], typed[3]);
    constants.push({ type: typed[2], value: typed[3], doc });
  } else if (conversion !== null) constants.push({ type: conversion[2], value: conversion[3], doc });
  else if (alias !== null && values.has(alias[3]))
    constants.push({ type: alias[2], value: values.get(alias[3]), doc });
  else if (bare !== null) values.set(bare[1], bare[2]);
}

function readFields(lines, from, fields, imports) {
  let doc = [];
  let at = from;
  for (; lines[at] !== "}"; at++) {
    const line = lines[at];
    const comment = /^\s*\/\/ ?(.*)$/.exec(line);
    if (comment !== null) {
      doc.push(comment[1]);
      continue;
    }
    if (line.trim() === "") {
      doc = doc.filter((entry) => entry.startsWith("+"));
      continue;
    }
    const field = fieldLine.exec(line);
    const json = field === null ? null : /json:"([^"]*)"/.exec(field[3]);
    if (field !== null && json !== null) {
      const [json_, ...options] = json[1].split(",");
      const embedded = field[1] === undefined;
      if (json_ !== "-") {
        fields.push({
          name: field[1] ?? field[2],
          type: field[2],
          json: json_ === "" && !embedded ? field[1] : json_,
          inline: embedded && (json_ === "" || options.includes("inline")),
          omitempty: options.includes("omitempty") || options.includes("omitzero"),
          doc,
          imports,
        });
      }
    } else if (/^\t[A-Za-z0-9_.*]+$/.test(line)) {
      fields.push({
        name: line.trim(),
        type: line.trim(),
        json: "",
        inline: true,
        omitempty: false,
        doc,
        imports,
      });
    } else if (/^\t[A-Z]/.test(line) && !/`/.test(line)) {
      // A field without a tag is known by its Go name.
      const bare = /^\t([A-Za-z0-9_]+)\s+(\S+)/.exec(line);
      if (bare !== null)
        fields.push({
          name: bare[1],
          type: bare[2],
          json: bare[1],
          inline: false,
          omitempty: false,
          doc,
          imports,
        });
    }
    doc = [];
  }
  return at;
}

function importsOf(text) {
  const imports = new Map();
  const block = /^import \(\n([\s\S]*?)\n\)/m.exec(text)?.[1] ?? /^import (.*)$/m.exec(text)?.[1] ?? "";
  for (const match of block.matchAll(/^\s*(?:([A-Za-z0-9_]+) )?"([^"]+)"/gm)) {
    const parts = match[2].split("/");
    imports.set(match[1] ?? parts.at(-1), match[2]);
  }
  return imports;
}

/** What people read: the comment without its tags, one paragraph a line, as openapi-gen takes it. */
export function descriptionOf(doc) {
  let text = "";
  for (const line of doc) {
    if (line.trim() === "---") break;
    const trimmed = line.trimEnd();
    if (/^\s*\+/.test(trimmed) || trimmed.startsWith("TODO")) continue;
    if (trimmed.trim() === "") text += text === "" || text.endsWith("\n") ? "" : "\n";
    else if (/^\s/.test(trimmed) || /^\s*[-*] /.test(trimmed))
      text += `${text === "" || text.endsWith("\n") ? "" : "\n"}${trimmed}\n`;
    else text += `${text === "" || text.endsWith("\n") ? "" : " "}${trimmed}`;
  }
  return text.trim();
}

/** The tags of a comment, `+name=value` and `+name`, with the wrapper of a stage taken off (`+k8s:beta(since: "1.37")=+k8s:minimum=0`). */
export function tagsOf(doc) {
  const tags = [];
  for (const line of doc) {
    let text = line.trim();
    if (!text.startsWith("+")) continue;
    let stage = "";
    const wrapped = /^\+k8s:(alpha|beta)\(since: ?"[^"]*"\)=(\+.*)$/.exec(text);
    if (wrapped !== null) {
      stage = wrapped[1];
      text = wrapped[2];
    }
    const match = /^\+([A-Za-z0-9:_-]+)(?:\(([^)]*)\))?(?:=(.*))?$/.exec(text);
    if (match !== null) tags.push({ name: match[1], argument: match[2] ?? "", value: match[3] ?? "", stage });
  }
  return tags;
}
