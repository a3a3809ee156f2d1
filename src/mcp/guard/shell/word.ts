/** A word while it is read. */
export interface Reading {
  text: string;
  dynamic: boolean;
  expanded: boolean;
  begun: boolean;
}

export const emptyWord = (): Reading => ({ text: "", dynamic: false, expanded: false, begun: false });

/** Marks of braces and commas that no quote protects, while a word is read. */
const marks: Readonly<Record<string, string>> = { "{": "\u{e000}", ",": "\u{e001}", "}": "\u{e002}" };

export function marked(char: string): string {
  return marks[char] ?? char;
}

/** The text with its marks as the characters that they stand for. */
export function plain(text: string): string {
  return text.replaceAll("\u{e000}", "{").replaceAll("\u{e001}", ",").replaceAll("\u{e002}", "}");
}

const MAX_WORDS = 100;

/** A word with `{a,b}` as the words that it becomes (bash manual, Brace Expansion); at most a hundred. */
export function braces(text: string): readonly string[] {
  const waiting = [text];
  const done: string[] = [];
  while (waiting.length > 0 && done.length + waiting.length < MAX_WORDS) {
    const word = waiting.shift() ?? "";
    // The innermost pair with a comma.
    const match = /\u{e000}([^\u{e000}\u{e002}]*\u{e001}[^\u{e000}\u{e002}]*)\u{e002}/u.exec(word);
    if (match === null) {
      done.push(plain(word));
      continue;
    }
    const [before, after] = [word.slice(0, match.index), word.slice(match.index + match[0].length)];
    for (const part of (match[1] ?? "").split("\u{e001}")) waiting.push(before + part + after);
  }
  return [...done, ...waiting.map(plain)];
}

const named: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", a: "\u0007", e: "\u001b" };

/** Escapes of `$'…'` (bash manual, ANSI-C Quoting). */
export function unescapeAnsi(text: string): string {
  return text.replace(
    /\\(?:[xuU]([0-9A-Fa-f]{1,8})|([0-7]{1,3})|([\s\S]))/g,
    (_, hex: string | undefined, octal: string | undefined, char: string | undefined) => {
      if (char !== undefined) return named[char] ?? char;
      const code = hex === undefined ? Number.parseInt(octal ?? "", 8) : Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : "";
    },
  );
}
