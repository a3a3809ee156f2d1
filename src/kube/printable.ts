/**
 * The text with every character outside printable ASCII written as `\u{…}` (lower-case hexadecimal; line ends and tabs
 * too): what a person sees is the whole text, on one line, and no terminal control, bidirectional mark or look-alike
 * letter hides in it (kernel K5). A text that itself spells such an escape prints with its backslash as `\u{5c}`, so
 * two different texts never print the same.
 */
export function printable(text: string): string {
  // Space to tilde is printable ASCII: nearly every text, which needs no copy.
  if (!/[^ -~]|\\u\{/.test(text)) return text;
  return text.replace(
    /[^ -~]|\\(?=u\{)/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/**
 * The same escapes for a text of which parts are printable already, such as a message around a quoted name: characters
 * outside printable ASCII are escaped, escapes stay as they are. Applying it twice changes nothing.
 */
export function printableRest(text: string): string {
  if (!/[^ -~]/.test(text)) return text;
  return text.replace(/[^ -~]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The first `most` UTF-16 units of a text, printable, with dots where there are more. */
export function printableStart(text: string, most: number): string {
  return text.length > most ? `${printable(text.slice(0, most))}...` : printable(text);
}

/** A message of several lines in one, cut to `most` UTF-16 units, with its unprintable characters escaped. */
export function printableLine(text: string, most: number): string {
  const line = text.replaceAll(/\s*\n\s*/g, " ");
  return printableRest(line.length > most ? `${line.slice(0, most)}...` : line);
}
