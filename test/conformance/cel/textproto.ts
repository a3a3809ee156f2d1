/** The text format of protocol buffers, as far as the conformance tests of CEL use it. */
export type TextValue = string | number | bigint | boolean | TextMessage | Uint8Array;
export interface TextMessage {
  readonly [field: string]: readonly TextValue[];
}

export function parseTextproto(text: string): TextMessage {
  const tokens = tokensOf(text);
  let next = 0;
  const message = (end: string | undefined): TextMessage => {
    const fields: Record<string, TextValue[]> = {};
    while (next < tokens.length && tokens[next]?.text !== end) {
      const name = tokens[next++]?.text ?? "";
      if (tokens[next]?.text === ":") next++;
      (fields[name] ??= []).push(...values());
      if (tokens[next]?.text === "," || tokens[next]?.text === ";") next++;
    }
    next++;
    return fields;
  };
  const values = (): TextValue[] => {
    if (tokens[next]?.text !== "[") return [value()];
    next++;
    const found: TextValue[] = [];
    while (tokens[next]?.text !== "]") {
      found.push(value());
      if (tokens[next]?.text === ",") next++;
    }
    next++;
    return found;
  };
  const value = (): TextValue => {
    const token = tokens[next++];
    if (token === undefined) throw new Error("the text ends too early");
    if (token.text === "{") return message("}");
    if (token.bytes !== undefined) {
      const parts = [...token.bytes];
      while (tokens[next]?.bytes !== undefined) parts.push(...(tokens[next++]?.bytes ?? []));
      return Uint8Array.from(parts);
    }
    if (token.text === "true") return true;
    if (token.text === "false") return false;
    if (/^-?(?:0x[0-9a-fA-F]+|[0-9]+)$/.test(token.text)) {
      const digits = token.text.replace(/^-/, "");
      return token.text.startsWith("-") ? -BigInt(digits) : BigInt(digits);
    }
    const number = Number(token.text.replace(/f$/, ""));
    if (!Number.isNaN(number)) return number;
    if (/^-?inf(?:inity)?$/i.test(token.text)) return token.text.startsWith("-") ? -Infinity : Infinity;
    if (/^nan$/i.test(token.text)) return Number.NaN;
    return token.text;
  };
  return message(undefined);
}

interface TextToken {
  readonly text: string;
  readonly bytes?: readonly number[];
}

const pattern =
  /\s+|#[^\n]*|("(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*')|(\[[A-Za-z_][A-Za-z0-9_./]*\])|([-A-Za-z0-9_.+]+)|([{}[\]:,;])/y;

function tokensOf(text: string): TextToken[] {
  const tokens: TextToken[] = [];
  pattern.lastIndex = 0;
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null) throw new Error(`unexpected ${JSON.stringify(text.slice(at, at + 20))}`);
    if (match[1] !== undefined) tokens.push({ text: '""', bytes: unquote(match[1].slice(1, -1)) });
    else if (match[2] !== undefined || match[3] !== undefined || match[4] !== undefined)
      tokens.push({ text: match[0] });
  }
  return tokens;
}

const simple: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  "\\": 92,
  "'": 39,
  '"': 34,
  "?": 63,
};

function unquote(inner: string): number[] {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (let at = 0; at < inner.length; ) {
    if (inner[at] !== "\\") {
      const character = String.fromCodePoint(inner.codePointAt(at) ?? 0);
      bytes.push(...encoder.encode(character));
      at += character.length;
      continue;
    }
    const rest = inner.slice(at + 1);
    const octal = /^[0-7]{1,3}/.exec(rest);
    const hex = /^[xX]([0-9a-fA-F]{1,2})/.exec(rest);
    const unicode = /^(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(rest);
    if (octal !== null) {
      bytes.push(Number.parseInt(octal[0], 8) & 0xff);
      at += 1 + octal[0].length;
    } else if (hex !== null) {
      bytes.push(Number.parseInt(hex[1] ?? "0", 16));
      at += 1 + hex[0].length;
    } else if (unicode !== null) {
      bytes.push(
        ...encoder.encode(String.fromCodePoint(Number.parseInt(unicode[1] ?? unicode[2] ?? "0", 16))),
      );
      at += 1 + unicode[0].length;
    } else {
      bytes.push(simple[rest[0] ?? ""] ?? 0);
      at += 2;
    }
  }
  return bytes;
}
