import { OpsError } from "../../../kube/ops-error.ts";
import type { Place } from "../../../kube/place.ts";
import { interpolate, type Lookup } from "./template.ts";

/** One variable of an environment file. `value` is undefined for a line without `=`: the environment gives it, if anything does. */
export interface DotenvVariable {
  readonly name: string;
  readonly value: string | undefined;
  readonly line: number;
}

const space = /[\t\v\f\r \u0085\u00a0]/;
const nameCharacter = /[\p{L}\p{N}_.\-[\]]/u;
const simpleEscapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  '"': '"',
  "\\": "\\",
  // `\$` keeps the dollar sign from interpolation.
  $: "$$",
};

function expandEscapes(text: string): string {
  return text.replace(/\\([abcfnrtv$"\\]|0\d{0,3})/g, (match, code: string) => {
    if (code.startsWith("0")) {
      const octal = /^[0-7]{3}$/.test(code.slice(1)) ? Number.parseInt(code.slice(1), 8) : undefined;
      return octal === undefined || octal > 255 ? match : String.fromCharCode(octal);
    }
    return simpleEscapes[code] ?? match;
  });
}

/**
 * Reads an environment file as Compose does (05-services.md "Env_file format"; compose-go dotenv/parser.go): comments,
 * `export`, `:` for `=`, quotes over several lines, escapes in double quotes, interpolation unless single-quoted.
 * `lookup` is the project's environment; it wins over earlier lines. Errors: INPUT_MALFORMED, never with a value in it.
 */
export function parseDotenv(text: string, file: string, lookup: Lookup): readonly DotenvVariable[] {
  const source = (text.startsWith("\uFEFF") ? text.slice(1) : text).replaceAll("\r\n", "\n");
  const variables = new Map<string, DotenvVariable>();
  let at = 0;
  let line = 1;

  function fail(message: string): never {
    const place: Place = { file, line, column: 1 };
    throw new OpsError("INPUT_MALFORMED", message, { place });
  }
  function skipBlank(): void {
    while (at < source.length) {
      const c = source.charAt(at);
      if (c === "\n") line++;
      else if (c === "#") {
        while (at < source.length && source.charAt(at) !== "\n") at++;
        continue;
      } else if (!space.test(c)) return;
      at++;
    }
  }
  function expanded(value: string, start: number): string {
    const result = interpolate(value, (name) => lookup(name) ?? variables.get(name)?.value);
    if ("fault" in result) {
      line = start;
      return fail(`the value ${result.fault}`);
    }
    return result.text;
  }
  function quoted(quote: string): string {
    const start = line;
    let value = "";
    for (let i = at + 1; i < source.length; i++) {
      const c = source.charAt(i);
      if (c === "\n") line++;
      if (c === "\\") {
        const next = source.charAt(i + 1);
        if (next === "\n") line++;
        value += next === quote ? quote : c + next;
        i++;
      } else if (c === quote) {
        at = i + 1;
        return quote === "'" ? value : expanded(expandEscapes(value), start);
      } else value += c;
    }
    line = start;
    return fail(`the quote ${quote} is not closed`);
  }
  function unquoted(): string {
    const end = source.indexOf("\n", at);
    const rest = source.slice(at, end < 0 ? source.length : end);
    at += rest.length;
    const comment = rest.indexOf(" #");
    return expanded((comment < 0 ? rest : rest.slice(0, comment)).trimEnd(), line);
  }

  for (skipBlank(); at < source.length; skipBlank()) {
    const prefix = /^export[\t\v\f\r ]+/.exec(source.slice(at, at + 64));
    if (prefix !== null) at += prefix[0].length;
    const nameStart = at;
    const nameLine = line;
    while (at < source.length && !/[=:\n]/.test(source.charAt(at))) {
      const c = source.charAt(at);
      if (!space.test(c) && !nameCharacter.test(c))
        fail("a variable's name holds a character that Compose refuses");
      at++;
    }
    const name = source.slice(nameStart, at).trim();
    if (name === "" || space.test(name)) fail("a line is not NAME=VALUE");
    const inherited = at >= source.length || source.charAt(at) === "\n";
    let value: string | undefined;
    if (inherited) value = lookup(name);
    else {
      at++;
      while (at < source.length && space.test(source.charAt(at))) at++;
      const quote = source.charAt(at);
      value = quote === '"' || quote === "'" ? quoted(quote) : unquoted();
    }
    variables.delete(name);
    variables.set(name, { name, value, line: nameLine });
  }
  return [...variables.values()];
}

/** The `raw` format of `env_file`: `NAME=VALUE` lines, nothing interpreted (05-services.md "format"). */
export function parseRawEnvironment(text: string, file: string): readonly DotenvVariable[] {
  const variables = new Map<string, DotenvVariable>();
  const lines = (text.startsWith("\uFEFF") ? text.slice(1) : text).split(/\r?\n/);
  for (const [index, content] of lines.entries()) {
    const trimmed = content.trimStart();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const equals = trimmed.indexOf("=");
    const name = equals < 0 ? trimmed.trimEnd() : trimmed.slice(0, equals);
    if (name === "" || /\s/.test(name)) {
      throw new OpsError("INPUT_MALFORMED", "a line is not NAME=VALUE", {
        place: { file, line: index + 1, column: 1 },
      });
    }
    variables.delete(name);
    variables.set(name, {
      name,
      value: equals < 0 ? undefined : trimmed.slice(equals + 1),
      line: index + 1,
    });
  }
  return [...variables.values()];
}
