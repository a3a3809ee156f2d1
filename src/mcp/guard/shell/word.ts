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
const MAX_BRACED = 2048;

/** A word with `{a,b}` as the words that it becomes (bash manual, Brace Expansion); at most a hundred. */
export function braces(text: string): readonly string[] {
  // Looking for pairs costs the square of the length, and no name of a program is as long.
  if (!text.includes(OPEN) || text.length > MAX_BRACED) return [plain(text)];
  const words = expandBraces(text, 0).map(plain);
  // `{,a}`: what is empty without quotes is no word.
  return words.length > 1 ? words.filter((word) => word !== "") : words;
}

const [OPEN = "", COMMA = "", CLOSE = ""] = Object.values(marks);

function expandBraces(text: string, depth: number): readonly string[] {
  const found = depth > 20 ? undefined : firstBraces(text);
  if (found === undefined) return [text];
  const after = expandBraces(text.slice(found.end), depth + 1);
  const words: string[] = [];
  for (const part of found.parts) {
    for (const inner of expandBraces(part, depth + 1)) {
      for (const rest of after) {
        if (words.length === MAX_WORDS) return words;
        words.push(text.slice(0, found.begin) + inner + rest);
      }
    }
  }
  return words;
}

/** The first pair of braces that holds a comma of its own, and its parts. */
function firstBraces(
  text: string,
): { readonly begin: number; readonly end: number; readonly parts: readonly string[] } | undefined {
  for (let begin = text.indexOf(OPEN); begin >= 0; begin = text.indexOf(OPEN, begin + 1)) {
    let open = 0;
    let from = begin + 1;
    const parts: string[] = [];
    for (let at = begin; at < text.length; at++) {
      const char = text.charAt(at);
      if (char === OPEN) open++;
      else if (char === COMMA && open === 1) {
        parts.push(text.slice(from, at));
        from = at + 1;
      } else if (char === CLOSE && --open === 0) {
        if (parts.length > 0) return { begin, end: at + 1, parts: [...parts, text.slice(from, at)] };
        break;
      }
    }
  }
  return undefined;
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
