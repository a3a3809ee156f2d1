/** What strconv and cel-go write with a letter after a backslash. */
export const goEscapes: ReadonlyMap<string, string> = new Map([
  ["\u0007", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
  ["\\", "\\\\"],
  ['"', '\\"'],
]);

/** A text in Go's quotes (`%q`: strconv.Quote). */
export function goQuote(text: string): string {
  let quoted = "";
  for (const character of text) {
    const known = goEscapes.get(character);
    const code = character.codePointAt(0) ?? 0;
    if (known !== undefined) quoted += known;
    else if (code < 32 || code === 127) quoted += `\\x${code.toString(16).padStart(2, "0")}`;
    else if (code < 127 || isPrintable(character)) quoted += character;
    else
      quoted +=
        code > 0xffff
          ? `\\U${code.toString(16).padStart(8, "0")}`
          : `\\u${code.toString(16).padStart(4, "0")}`;
  }
  return `"${quoted}"`;
}

/** Letters, marks, numbers, punctuation and symbols, as Go's strconv.IsPrint. */
function isPrintable(character: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character);
}
