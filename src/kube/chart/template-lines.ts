/** What a line of a template prints, as far as its text says. */
export type TemplateLine =
  /** Text without an action: it prints itself. */
  | { readonly kind: "text"; readonly text: string }
  /** Text around actions: what it prints begins, goes on and ends with these pieces. */
  | { readonly kind: "mixed"; readonly pieces: readonly string[] }
  /** Nothing but actions that print something: any number of lines. */
  | { readonly kind: "prints"; readonly column: number }
  /** Nothing that prints: control, comments, the inside of an action. */
  | { readonly kind: "silent" };

const control =
  /^(?:-\s)?\s*(?:(?:if|else|end|range|with|define|block|break|continue)\b|\/\*|\$[A-Za-z0-9_]*\s*(?:,\s*\$[A-Za-z0-9_]+\s*)?:?=)/;

/**
 * The lines of a template of Go (text/template/parse/lex.go): actions stand between `{{` and `}}`, which inside of a quoted
 * text of an action ends nothing; a comment ends at its end. Linear in the length of the text.
 */
export function templateLines(text: string): readonly TemplateLine[] {
  const lines: TemplateLine[] = [];
  let pieces: string[] = [];
  let prints = false;
  let column = 0;
  let lineStart = 0;
  let piece = 0;
  const endLine = (end: number, inside: boolean): void => {
    if (!inside) pieces.push(text.slice(piece, end).replace(/\r$/, ""));
    lines.push(lineOf(pieces, { prints, column, begins: lineStart, text, end }));
    pieces = [];
    prints = false;
    column = 0;
    lineStart = end + 1;
    piece = end + 1;
  };
  let at = 0;
  for (;;) {
    const open = text.indexOf("{{", at);
    for (let end = nextLine(text, at, open); end >= 0; end = nextLine(text, end + 1, open))
      endLine(end, false);
    if (open < 0) break;
    pieces.push(text.slice(piece, open));
    const close = actionEnd(text, open + 2);
    const action = text.slice(open + 2, Math.min(close, open + 300));
    if (!control.test(action)) {
      if (!prints) column = open - lineStart;
      prints = true;
    }
    for (let end = nextLine(text, open, close); end >= 0; end = nextLine(text, end + 1, close)) {
      // The inside of an action: the line where it begins keeps what stands before it, the others print nothing.
      pieces.push("");
      endLine(end, true);
    }
    piece = close;
    at = close;
  }
  endLine(text.length, false);
  return lines;
}

function nextLine(text: string, from: number, before: number): number {
  const end = text.indexOf("\n", from);
  return end >= 0 && (before < 0 || end < before) ? end : -1;
}

/** Just behind the `}}` of the action that begins here. */
function actionEnd(text: string, from: number): number {
  const body = text.startsWith("- ", from) ? from + 2 : from;
  const comment = /\s*\/\*/y;
  comment.lastIndex = body;
  if (comment.test(text)) {
    const end = text.indexOf("*/", comment.lastIndex);
    const close = end < 0 ? -1 : text.indexOf("}}", end);
    return close < 0 ? text.length : close + 2;
  }
  const token = /["`']|\}\}/g;
  token.lastIndex = body;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[0] === "}}") return token.lastIndex;
    const end = quoteEnd(text, token.lastIndex, match[0]);
    if (end < 0) return text.length;
    token.lastIndex = end;
  }
  return text.length;
}

function quoteEnd(text: string, from: number, quote: string): number {
  if (quote === "`") {
    const end = text.indexOf("`", from);
    return end < 0 ? -1 : end + 1;
  }
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (character === "\\") at++;
    else if (character === quote) return at + 1;
    else if (character === "\n") return -1;
  }
  return -1;
}

function lineOf(
  pieces: readonly string[],
  line: {
    readonly prints: boolean;
    readonly column: number;
    readonly begins: number;
    readonly text: string;
    readonly end: number;
  },
): TemplateLine {
  const [first = ""] = pieces;
  if (pieces.length === 1)
    return line.text.slice(line.begins, line.end).trim() === first.trim()
      ? { kind: "text", text: first.trimEnd() }
      : { kind: "silent" };
  if (pieces.some((piece) => piece.trim() !== "")) return { kind: "mixed", pieces };
  return line.prints ? { kind: "prints", column: line.column } : { kind: "silent" };
}
