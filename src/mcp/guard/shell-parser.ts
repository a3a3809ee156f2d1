/**
 * Reads a command line of a POSIX shell far enough to know which programs it starts with which words: lists and pipes,
 * quotes and escapes, substitutions, here-documents, braces. It executes nothing and knows only the variables that the
 * line itself sets. The grammar is that of POSIX.1-2024 XCU 2 and of what bash adds to it.
 */
export interface ShellWord {
  readonly text: string;
  /** Part of it is only known when it runs: a variable, a substitution, a pattern of files. */
  readonly dynamic: boolean;
  /** Part of it is the value of a variable, which the shell may split into words. */
  readonly expanded?: true;
}

export interface ShellCommand {
  readonly words: readonly ShellWord[];
  /** Text of a here-document or a here-string. */
  readonly input?: string;
  /** It reads what the command before it in the list writes. */
  readonly piped: boolean;
}

export type ShellLine =
  | { readonly ok: true; readonly commands: readonly ShellCommand[] }
  /** Quotes or brackets do not close, or it is nested too deep. */
  | { readonly ok: false };

const MAX_DEPTH = 12;

const unreadable = new Error("the line cannot be read");

/** All commands of a line, those within substitutions included, in the order in which they are read. */
export function parseShell(line: string): ShellLine {
  const commands: Listed[] = [];
  try {
    read(line, 0, { commands, variables: new Map(), aliases: new Map() }, 0, "");
    return { ok: true, commands };
  } catch (error) {
    if (error === unreadable || error instanceof RangeError) return { ok: false };
    throw error;
  }
}

/** A command whose here-document may still follow. */
type Listed = { -readonly [K in keyof ShellCommand]: ShellCommand[K] };

interface World {
  readonly commands: Listed[];
  readonly variables: Map<string, string>;
  readonly aliases: Map<string, string>;
}

/** Marks of braces and commas that no quote protects, while a word is read. */
const OPEN = "\u{e000}";
const COMMA = "\u{e001}";
const CLOSE = "\u{e002}";

interface Reading {
  text: string;
  dynamic: boolean;
  expanded: boolean;
  begun: boolean;
}

const nothing = (): Reading => ({ text: "", dynamic: false, expanded: false, begun: false });

/** A here-document whose text follows after the line. */
interface Document {
  readonly delimiter: string;
  readonly tabs: boolean;
  readonly quoted: boolean;
  /** The command that reads it; undefined where only assignments stood. */
  owner: Listed | undefined;
}

/** Reads from `at` up to an unquoted `until` at this level, or to the end; gives where it stopped. */
function read(line: string, at: number, world: World, depth: number, until: "" | ")"): number {
  if (depth > MAX_DEPTH) throw unreadable;
  let words: ShellWord[] = [];
  let word: Reading = nothing();
  let input: string | undefined;
  let piped = false;
  let redirect: "" | "file" | "string" | "document" | "document-tabs" = "";
  let heredocQuoted = false;
  /** Here-documents of the command that is being read: the last ones. */
  let owned = 0;
  const documents: Document[] = [];
  let index = at;
  // Parentheses of subshells, functions and case patterns; they only end commands.
  let open = 0;

  const endWord = (): void => {
    if (!word.begun) return;
    const done = word;
    word = nothing();
    const kind = redirect;
    redirect = "";
    if (kind === "file") return;
    if (kind === "string") {
      input = plain(done.text);
      return;
    }
    if (kind !== "") {
      documents.push({
        delimiter: plain(done.text),
        tabs: kind === "document-tabs",
        quoted: heredocQuoted,
        owner: undefined,
      });
      owned++;
      return;
    }
    for (const text of braces(done.text))
      words.push({ text, dynamic: done.dynamic, ...(done.expanded ? { expanded: true } : {}) });
  };

  const endCommand = (pipe = false): void => {
    endWord();
    const listed = finish(words, input, piped, world, depth);
    for (const document of documents.slice(documents.length - owned)) document.owner = listed;
    owned = 0;
    words = [];
    input = undefined;
    piped = pipe;
  };

  while (index < line.length) {
    const char = line.charAt(index);
    if (char === "\\") {
      if (line.charAt(index + 1) === "\n") {
        index += 2;
        continue;
      }
      word.begun = true;
      word.text += line.charAt(index + 1);
      if (redirect.startsWith("document")) heredocQuoted = true;
      index += 2;
      continue;
    }
    if (char === "'") {
      const close = line.indexOf("'", index + 1);
      if (close < 0) throw unreadable;
      word.begun = true;
      word.text += line.slice(index + 1, close);
      if (redirect.startsWith("document")) heredocQuoted = true;
      index = close + 1;
      continue;
    }
    if (char === '"') {
      word.begun = true;
      if (redirect.startsWith("document")) heredocQuoted = true;
      index = quoted(line, index + 1, word, world, depth);
      continue;
    }
    if (char === "$" || char === "`") {
      word.begun = true;
      index = expansion(line, index, word, world, depth, false);
      continue;
    }
    if ((char === "<" || char === ">") && line.charAt(index + 1) === "(" && !word.begun) {
      word.begun = true;
      word.dynamic = true;
      index = read(line, index + 2, world, depth + 1, ")") + 1;
      continue;
    }
    if (char === "#" && !word.begun) {
      const end = line.indexOf("\n", index);
      index = end < 0 ? line.length : end;
      continue;
    }
    if (char === " " || char === "\t" || char === "\r") {
      endWord();
      index++;
      continue;
    }
    if (char === "<" || char === ">" || (char === "&" && line.charAt(index + 1) === ">")) {
      // The number before a redirection is part of it.
      if (/^\d+$/.test(word.text)) word = nothing();
      endWord();
      if (line.startsWith("<<<", index)) {
        redirect = "string";
        index += 3;
      } else if (line.startsWith("<<-", index)) {
        redirect = "document-tabs";
        heredocQuoted = false;
        index += 3;
      } else if (line.startsWith("<<", index)) {
        redirect = "document";
        heredocQuoted = false;
        index += 2;
      } else {
        redirect = "file";
        index += /^(?:&>>?|>>|>&|>\||<&|<>|[<>])/.exec(line.slice(index, index + 3))?.[0].length ?? 1;
      }
      continue;
    }
    if (char === "\n") {
      endCommand();
      index++;
      for (const document of documents.splice(0)) index = hereDocument(line, index, document, world, depth);
      continue;
    }
    if (char === ";" || char === "&" || char === "|") {
      const pipe = char === "|" && line.charAt(index + 1) !== "|";
      endCommand(pipe);
      index += pipe && line.charAt(index + 1) === "&" ? 2 : line.charAt(index + 1) === char ? 2 : 1;
      continue;
    }
    if (char === "(") {
      endCommand();
      open++;
      index++;
      continue;
    }
    if (char === ")") {
      if (open === 0 && until === ")") break;
      endCommand();
      open = Math.max(0, open - 1);
      index++;
      continue;
    }
    word.begun = true;
    if (char === "{") word.text += OPEN;
    else if (char === ",") word.text += COMMA;
    else if (char === "}") word.text += CLOSE;
    else {
      // What a pattern of file names becomes is not known.
      if (char === "*" || char === "?" || char === "[")
        word.dynamic = word.dynamic || char !== "[" || index > 0;
      word.text += char;
    }
    index++;
  }
  if (index >= line.length && until === ")") throw unreadable;
  endCommand();
  return index;
}

/** Reads the text of a here-document; substitutions in it run unless its delimiter was quoted. */
function hereDocument(line: string, at: number, document: Document, world: World, depth: number): number {
  let index = at;
  let body = "";
  while (index < line.length) {
    const end = line.indexOf("\n", index);
    const raw = line.slice(index, end < 0 ? line.length : end);
    index = end < 0 ? line.length : end + 1;
    const text = document.tabs ? raw.replace(/^\t+/, "") : raw;
    if (text === document.delimiter) break;
    body += `${text}\n`;
  }
  if (!document.quoted && /[$`]/.test(body)) {
    const word: Reading = { ...nothing(), begun: true };
    quoted(`${body.replaceAll('"', '\\"')}"`, 0, word, world, depth);
  }
  if (document.owner !== undefined) document.owner.input = (document.owner.input ?? "") + body;
  return index;
}

/** Reads a text in double quotes from after the opening one; gives where it goes on after the closing one. */
function quoted(line: string, at: number, word: Reading, world: World, depth: number): number {
  let index = at;
  while (index < line.length) {
    const char = line.charAt(index);
    if (char === '"') return index + 1;
    if (char === "\\" && '"\\$`\n'.includes(line.charAt(index + 1))) {
      if (line.charAt(index + 1) !== "\n") word.text += line.charAt(index + 1);
      index += 2;
    } else if (char === "$" || char === "`") {
      index = expansion(line, index, word, world, depth, true);
    } else {
      word.text += char;
      index++;
    }
  }
  throw unreadable;
}

/** Reads what begins with `$` or a back-quote; gives where it goes on. */
function expansion(
  line: string,
  at: number,
  word: Reading,
  world: World,
  depth: number,
  inQuotes: boolean,
): number {
  const next = line.charAt(at + 1);
  if (line.charAt(at) === "`") return backQuoted(line, at, word, world, depth);
  if (next === "(") {
    word.dynamic = true;
    return read(line, at + 2, world, depth + 1, ")") + 1;
  }
  if (next === "{") {
    const close = closingBrace(line, at + 2);
    const inner = line.slice(at + 2, close);
    const known = /^[A-Za-z_][A-Za-z0-9_]*$/.test(inner) ? world.variables.get(inner) : undefined;
    if (known === undefined) {
      word.dynamic = true;
      // A default may hold a substitution.
      if (/[$`]/.test(inner)) read(inner, 0, world, depth + 1, "");
    } else expanded(word, known);
    return close + 1;
  }
  if (next === "'" && !inQuotes) {
    const match = /^\$'((?:[^'\\]|\\[\s\S])*)'/.exec(line.slice(at));
    if (match === null) throw unreadable;
    word.text += unescapeAnsi(match[1] ?? "");
    return at + match[0].length;
  }
  if (next === '"' && !inQuotes) return quoted(line, at + 2, word, world, depth);
  const name = /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])/.exec(line.slice(at + 1, at + 65))?.[0];
  if (name === undefined) {
    word.text += "$";
    return at + 1;
  }
  const known = world.variables.get(name);
  if (known === undefined) word.dynamic = true;
  else expanded(word, known);
  return at + 1 + name.length;
}

function expanded(word: Reading, value: string): void {
  word.text += value;
  word.expanded = true;
}

function backQuoted(line: string, at: number, word: Reading, world: World, depth: number): number {
  let index = at + 1;
  let inner = "";
  while (index < line.length && line.charAt(index) !== "`") {
    if (line.charAt(index) === "\\" && "`\\$".includes(line.charAt(index + 1))) index++;
    inner += line.charAt(index);
    index++;
  }
  if (index >= line.length) throw unreadable;
  word.dynamic = true;
  read(inner, 0, world, depth + 1, "");
  return index + 1;
}

function closingBrace(line: string, at: number): number {
  let open = 1;
  for (let index = at; index < line.length; index++) {
    const char = line.charAt(index);
    if (char === "\\") index++;
    else if (char === "{") open++;
    else if (char === "}" && --open === 0) return index;
  }
  throw unreadable;
}

const ansi: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", a: "\u0007", e: "\u001b" };

/** Escapes of `$'…'` (bash manual, ANSI-C Quoting). */
function unescapeAnsi(text: string): string {
  return text.replace(
    /\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|([\s\S]))/g,
    (_, hex?: string, short?: string, long?: string, octal?: string, char?: string) => {
      const digits = hex ?? short ?? long;
      const code = digits === undefined ? Number.parseInt(octal ?? "", 8) : Number.parseInt(digits, 16);
      if (char !== undefined) return ansi[char] ?? char;
      return code <= 0x10ffff ? String.fromCodePoint(code) : "";
    },
  );
}

/** A word with `{a,b}` as the words that it becomes; at most a hundred. */
function braces(text: string): readonly string[] {
  const waiting = [text];
  const done: string[] = [];
  while (waiting.length > 0 && done.length + waiting.length < 100) {
    const word = waiting.shift() ?? "";
    // The innermost pair with a comma.
    const match = /\u{e000}([^\u{e000}\u{e002}]*\u{e001}[^\u{e000}\u{e002}]*)\u{e002}/u.exec(word);
    if (match === null) {
      done.push(plain(word));
      continue;
    }
    const [before, after] = [word.slice(0, match.index), word.slice(match.index + match[0].length)];
    for (const part of (match[1] ?? "").split(COMMA)) waiting.push(before + part + after);
  }
  return [...done, ...waiting.map(plain)];
}

function plain(text: string): string {
  return text.replaceAll(OPEN, "{").replaceAll(COMMA, ",").replaceAll(CLOSE, "}");
}

/** Words before a command that are no program. */
const reserved = new Set([
  "!",
  "{",
  "}",
  "if",
  "then",
  "elif",
  "else",
  "fi",
  "do",
  "done",
  "while",
  "until",
  "esac",
]);

/** Takes a command as read: its assignments and aliases are remembered, and it is listed without them. */
function finish(
  given: readonly ShellWord[],
  input: string | undefined,
  piped: boolean,
  world: World,
  depth: number,
): Listed | undefined {
  let words = [...given];
  for (;;) {
    const [first] = words;
    if (first === undefined) return undefined;
    const assigned = /^([A-Za-z_][A-Za-z0-9_]*)\+?=([\s\S]*)$/.exec(first.text);
    if (assigned !== null) {
      const [, name = "", value = ""] = assigned;
      if (first.dynamic) world.variables.delete(name);
      else world.variables.set(name, value);
    } else if (!reserved.has(first.text)) break;
    words = words.slice(1);
  }
  if (words[0]?.text === "export" || words[0]?.text === "declare" || words[0]?.text === "readonly") {
    for (const { text, dynamic } of words.slice(1)) {
      const assigned = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(text);
      if (assigned !== null && !dynamic) world.variables.set(assigned[1] ?? "", assigned[2] ?? "");
    }
  }
  if (words[0]?.text === "alias") {
    for (const { text } of words.slice(1)) {
      const made = /^([^=\s]+)=([\s\S]*)$/.exec(text);
      if (made !== null) world.aliases.set(made[1] ?? "", made[2] ?? "");
    }
  }
  const alias = words[0] === undefined ? undefined : world.aliases.get(words[0].text);
  if (alias !== undefined && depth < MAX_DEPTH && words[0]?.text !== "alias") {
    const before = world.commands.length;
    const own: World = { ...world, aliases: new Map() };
    read(alias, 0, own, depth + 1, "");
    const last = world.commands[world.commands.length - 1];
    if (world.commands.length > before && last !== undefined) {
      last.words = [...last.words, ...words.slice(1)];
      if (input !== undefined) last.input = input;
      return last;
    }
  }
  // Without quotes the shell splits it; it is taken for split, whatever the quotes.
  words = words.flatMap((word) =>
    word.expanded === true && !word.dynamic && /\s/.test(word.text)
      ? word.text
          .trim()
          .split(/\s+/)
          .map((text) => ({ text, dynamic: false }))
      : [word],
  );
  const listed: Listed = { words, piped, ...(input === undefined ? {} : { input }) };
  world.commands.push(listed);
  return listed;
}
