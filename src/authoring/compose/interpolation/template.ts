/**
 * Interpolation of Compose values (compose-spec 12-interpolation.md; compose-go template/template.go for what the
 * document leaves open): `$X`, `${X}`, `${X:-d}`, `${X-d}`, `${X:?e}`, `${X?e}`, `${X:+a}`, `${X+a}`, `$$`, nested.
 */
export interface Interpolated {
  readonly text: string;
  /** Every variable that was looked up, in order, once. */
  readonly variables: readonly string[];
  /** Variables that are not set and have no default: they became empty. */
  readonly unset: readonly string[];
}

export type Lookup = (name: string) => string | undefined;

/** What is wrong with a template. The message never quotes it: a default in it may be a secret. */
export interface TemplateFault {
  readonly fault: string;
}

interface State {
  readonly lookup: Lookup;
  readonly variables: Set<string>;
  readonly unset: Set<string>;
  depth: number;
}

const namePattern = /[A-Za-z_][A-Za-z0-9_]*/y;
const maxDepth = 32;

function nameAt(text: string, at: number): string | undefined {
  namePattern.lastIndex = at;
  return namePattern.exec(text)?.[0];
}

/** Index of the brace that closes the one before `from`; -1 when none does. */
function closing(text: string, from: number): number {
  let open = 1;
  for (let i = from; i < text.length; i++) {
    if (text.startsWith("${", i)) {
      open++;
      i++;
    } else if (text[i] === "}" && --open === 0) return i;
  }
  return -1;
}

function braced(body: string, state: State): string | TemplateFault {
  const name = nameAt(body, 0);
  if (name === undefined) return { fault: "has ${…} that names no variable" };
  const value = state.lookup(name);
  state.variables.add(name);
  const rest = body.slice(name.length);
  if (rest === "") {
    if (value === undefined) state.unset.add(name);
    return value ?? "";
  }
  const colon = rest.startsWith(":");
  const operator = rest[colon ? 1 : 0];
  const word = rest.slice(colon ? 2 : 1);
  const present = value !== undefined && !(colon && value === "");
  switch (operator) {
    case "-":
      return present ? (value ?? "") : expand(word, state);
    case "+":
      return present ? expand(word, state) : "";
    case "?":
      if (present) return value ?? "";
      return { fault: `needs the variable ${name}${word === "" || word.includes("$") ? "" : `: ${word}`}` };
    default:
      return { fault: `has an operator after ${name} that Compose does not know` };
  }
}

function expand(text: string, state: State): string | TemplateFault {
  if (++state.depth > maxDepth) return { fault: `nests variables deeper than ${maxDepth}` };
  let out = "";
  let at = 0;
  for (;;) {
    const dollar = text.indexOf("$", at);
    if (dollar < 0) break;
    out += text.slice(at, dollar);
    const next = text[dollar + 1];
    if (next === "$") {
      out += "$";
      at = dollar + 2;
    } else if (next === "{") {
      const end = closing(text, dollar + 2);
      if (end < 0) return { fault: "has ${ without }" };
      const value = braced(text.slice(dollar + 2, end), state);
      if (typeof value !== "string") return value;
      out += value;
      at = end + 1;
    } else {
      const name = nameAt(text, dollar + 1);
      if (name === undefined) out += "$";
      else {
        const value = state.lookup(name);
        state.variables.add(name);
        if (value === undefined) state.unset.add(name);
        out += value ?? "";
      }
      at = dollar + 1 + (name?.length ?? 0);
    }
  }
  state.depth--;
  return out + text.slice(at);
}

export function interpolate(text: string, lookup: Lookup): Interpolated | TemplateFault {
  if (!text.includes("$")) return { text, variables: [], unset: [] };
  const state: State = { lookup, variables: new Set(), unset: new Set(), depth: 0 };
  const result = expand(text, state);
  if (typeof result !== "string") return result;
  return { text: result, variables: [...state.variables], unset: [...state.unset] };
}
