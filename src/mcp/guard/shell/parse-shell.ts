import { expansion, quoted, type Scope } from "./expansion.ts";
import { listCommand } from "./list-command.ts";
import {
  type Listed,
  MAX_DEPTH,
  type ShellCommand,
  type ShellWord,
  unreadable,
  type World,
} from "./shell-command.ts";
import { braces, emptyWord, marked, plain, type Reading } from "./word.ts";

export type ShellLine =
  | { readonly ok: true; readonly commands: readonly ShellCommand[] }
  /** Quotes or brackets do not close, or it is nested too deep. */
  | { readonly ok: false };

/**
 * Reads a command line of a POSIX shell far enough to know which programs it starts with which words: lists and pipes,
 * quotes and escapes, substitutions, here-documents, braces. It executes nothing and knows only the variables that the
 * line itself sets. The grammar is that of POSIX.1-2024 XCU 2 and of what bash adds to it. All commands of the line are
 * given, those within substitutions included, in the order in which they are read.
 */
export function parseShell(line: string): ShellLine {
  const commands: Listed[] = [];
  try {
    read(line, 0, { commands, variables: new Map([["IFS", " "]]), aliases: new Map() }, 0, "");
    return { ok: true, commands };
  } catch (error) {
    if (error === unreadable || error instanceof RangeError) return { ok: false };
    throw error;
  }
}

/** A here-document whose text follows after the line. */
interface Document {
  readonly delimiter: string;
  readonly tabs: boolean;
  readonly quoted: boolean;
  /** The command that reads it; undefined where only assignments stood. */
  owner: Listed | undefined;
}

type Redirect = "none" | "file" | "string" | "document" | "document-tabs";

interface State {
  readonly line: string;
  readonly world: World;
  readonly depth: number;
  readonly scope: Scope;
  at: number;
  word: Reading;
  words: ShellWord[];
  input: string | undefined;
  piped: boolean;
  redirect: Redirect;
  /** The delimiter of the here-document that is being read is quoted: nothing in its text runs. */
  delimiterQuoted: boolean;
  readonly documents: Document[];
  /** Here-documents of the command that is being read: the last ones. */
  owned: number;
  /** Parentheses of subshells, functions and case patterns; they only end commands. */
  open: number;
}

/** Reads from `at` up to an unquoted `until` at this level, or to the end; gives where it stopped. */
function read(line: string, at: number, world: World, depth: number, until: "" | ")"): number {
  if (depth > MAX_DEPTH) throw unreadable;
  const nested = (text: string): void => void read(text, 0, world, depth + 1, "");
  const inParentheses = (from: number): number => read(line, from, world, depth + 1, ")") + 1;
  const state: State = {
    line,
    world,
    depth,
    scope: { line, variables: world.variables, nested, inParentheses },
    at,
    word: emptyWord(),
    words: [],
    input: undefined,
    piped: false,
    redirect: "none",
    delimiterQuoted: false,
    documents: [],
    owned: 0,
    open: 0,
  };
  while (state.at < line.length) {
    const char = line.charAt(state.at);
    if (char === ")" && until === ")" && state.open === 0) break;
    const handler = handlers.find(({ chars, when }) => chars.includes(char) && (when?.(state) ?? true));
    if (handler === undefined) character(state, char);
    else handler.act(state, char);
  }
  if (state.at >= line.length && until === ")") throw unreadable;
  endCommand(state, false);
  return state.at;
}

interface Handler {
  readonly chars: string;
  readonly when?: (state: State) => boolean;
  readonly act: (state: State, char: string) => void;
}

const next = ({ line, at }: State): string => line.charAt(at + 1);

/** What the characters do that are not only themselves; the first row that fits. */
const handlers: readonly Handler[] = [
  {
    chars: "\\",
    act: (state) => {
      if (next(state) !== "\n") {
        quotes(state);
        state.word.text += next(state);
      }
      state.at += 2;
    },
  },
  {
    chars: "'",
    act: (state) => {
      const close = state.line.indexOf("'", state.at + 1);
      if (close < 0) throw unreadable;
      quotes(state);
      state.word.text += state.line.slice(state.at + 1, close);
      state.at = close + 1;
    },
  },
  {
    chars: '"',
    act: (state) => {
      quotes(state);
      state.at = quoted(state.scope, state.at + 1, state.word);
    },
  },
  {
    chars: "$`",
    act: (state) => {
      state.word.begun = true;
      state.at = expansion(state.scope, state.at, state.word, false);
    },
  },
  {
    chars: "<>",
    when: (state) => next(state) === "(" && !state.word.begun,
    act: (state) => {
      state.word.begun = true;
      state.word.dynamic = true;
      state.at = state.scope.inParentheses(state.at + 2);
    },
  },
  {
    chars: "#",
    when: (state) => !state.word.begun,
    act: (state) => {
      const end = state.line.indexOf("\n", state.at);
      state.at = end < 0 ? state.line.length : end;
    },
  },
  {
    chars: " \t\r",
    act: (state) => {
      endWord(state);
      state.at++;
    },
  },
  { chars: "<>", act: redirection },
  { chars: "&", when: (state) => next(state) === ">", act: redirection },
  {
    chars: "\n",
    act: (state) => {
      endCommand(state, false);
      state.at++;
      for (const document of state.documents.splice(0)) hereDocument(state, document);
    },
  },
  {
    chars: ";&|",
    act: (state, char) => {
      const pipe = char === "|" && next(state) !== "|";
      endCommand(state, pipe);
      state.at += next(state) === char || (pipe && next(state) === "&") ? 2 : 1;
    },
  },
  {
    chars: "()",
    act: (state, char) => {
      endCommand(state, false);
      state.open = Math.max(0, state.open + (char === "(" ? 1 : -1));
      state.at++;
    },
  },
];

function quotes(state: State): void {
  state.word.begun = true;
  if (state.redirect.startsWith("document")) state.delimiterQuoted = true;
}

function character(state: State, char: string): void {
  state.word.begun = true;
  // What a pattern of file names becomes is not known.
  if (char === "*" || char === "?" || (char === "[" && state.word.text !== "")) state.word.dynamic = true;
  state.word.text += marked(char);
  state.at++;
}

const operators: readonly (readonly [string, Redirect])[] = [
  ["<<<", "string"],
  ["<<-", "document-tabs"],
  ["<<", "document"],
  ["&>>", "file"],
  ["&>", "file"],
  [">>", "file"],
  [">&", "file"],
  [">|", "file"],
  ["<&", "file"],
  ["<>", "file"],
  ["<", "file"],
  [">", "file"],
];

function redirection(state: State): void {
  // The number before a redirection is part of it.
  if (/^\d+$/.test(state.word.text)) state.word = emptyWord();
  endWord(state);
  const [operator, kind] = operators.find(([text]) => state.line.startsWith(text, state.at)) ?? ["<", "file"];
  state.redirect = kind;
  state.delimiterQuoted = false;
  state.at += operator.length;
}

function endWord(state: State): void {
  const { word, redirect } = state;
  if (!word.begun) return;
  state.word = emptyWord();
  state.redirect = "none";
  if (redirect === "file") return;
  if (redirect === "string") {
    state.input = plain(word.text);
    return;
  }
  if (redirect === "none") {
    const { dynamic, expanded } = word;
    for (const text of braces(word.text))
      state.words.push({ text, dynamic, ...(expanded ? { expanded: true } : {}) });
    return;
  }
  state.documents.push({
    delimiter: plain(word.text),
    tabs: redirect === "document-tabs",
    quoted: state.delimiterQuoted,
    owner: undefined,
  });
  state.owned++;
}

function endCommand(state: State, pipe: boolean): void {
  endWord(state);
  const { world, depth, words, input, piped } = state;
  // An alias is not expanded within itself.
  const expand =
    depth < MAX_DEPTH
      ? (alias: string): void => void read(alias, 0, { ...world, aliases: new Map() }, depth + 1, "")
      : undefined;
  const listed = listCommand({ words, input, piped }, world, expand);
  for (const document of state.documents.slice(state.documents.length - state.owned)) document.owner = listed;
  state.owned = 0;
  state.words = [];
  state.input = undefined;
  state.piped = pipe;
}

/** Reads the text of a here-document; substitutions in it run unless its delimiter was quoted. */
function hereDocument(state: State, document: Document): void {
  const { line, scope } = state;
  let body = "";
  while (state.at < line.length) {
    const end = line.indexOf("\n", state.at);
    const raw = line.slice(state.at, end < 0 ? line.length : end);
    state.at = end < 0 ? line.length : end + 1;
    const text = document.tabs ? raw.replace(/^\t+/, "") : raw;
    if (text === document.delimiter) break;
    body += `${text}\n`;
  }
  // As if it stood in double quotes, but that those in it are its own.
  if (!document.quoted && /[$`]/.test(body)) scope.nested(`: "${body.replaceAll('"', '\\"')}"`);
  if (document.owner !== undefined) document.owner.input = (document.owner.input ?? "") + body;
}
