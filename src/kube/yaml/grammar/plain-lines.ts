import { textCopy } from "../../text-copy.ts";
import { plainRunEnd } from "./scan-scalars.ts";
import { isBlankOrEnd, type Scanner } from "./scanner-state.ts";

/*
 * Nearly all lines of manifests are `key: value`, both plain. These functions take them from the text without tokens, and
 * leave the scanner as it would be after those: they take what cannot be anything else, and nothing is changed where they
 * give undefined.
 */

/** A scalar on its own line, and where it stands. */
export interface PlainPart {
  readonly text: string;
  readonly at: number;
  readonly end: number;
}

/** What a key that is taken here begins with: nothing that is an indicator, a number, a mark of a document or a merge. */
const keyStart = new Uint8Array(128);
const keyPart = new Uint8Array(128);
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_") {
  keyStart[character.charCodeAt(0)] = 1;
  keyPart[character.charCodeAt(0)] = 1;
}
for (const character of "0123456789./-") keyPart[character.charCodeAt(0)] = 1;

/** Far shorter than the longest simple key. */
const LONGEST_KEY = 200;

/** KEY, the key itself and VALUE. */
const KEY_TOKENS = 3;

/** The next key of the open block mapping with its colon, where it stands at the start of its line. */
export function takeKey(s: Scanner): PlainPart | undefined {
  const { text, pos } = s;
  if (s.head !== s.queue.length || s.flowLevel > 0 || !s.keyAllowed || s.keys[0]?.possible !== false)
    return undefined;
  if (pos - s.lineStart !== s.indent || (keyStart[text.charCodeAt(pos)] ?? 0) === 0) return undefined;
  let end = pos;
  let hash = 0;
  for (let code = text.charCodeAt(end); (keyPart[code] ?? 0) === 1; code = text.charCodeAt(++end))
    hash = (hash * 31 + code) | 0;
  if (text.charCodeAt(end) !== 58 || !isBlankOrEnd(text.charCodeAt(end + 1)) || end - pos > LONGEST_KEY)
    return undefined;
  s.pos = end + 1;
  s.plainEnd = end;
  s.keyAllowed = false;
  s.parsed += KEY_TOKENS;
  return { text: nameAt(text, pos, end, hash), at: pos, end };
}

const NAMES = 4096;
const names: string[] = Array.from({ length: NAMES }, () => "");

/**
 * The same few hundred keys stand in all manifests: each is one string that is known to be a name of members already,
 * instead of a new one that must be looked up as one.
 */
function nameAt(text: string, start: number, end: number, hash: number): string {
  const place = hash & (NAMES - 1);
  const known = names[place] ?? "";
  if (known.length === end - start && text.startsWith(known, start)) return known;
  const name = textCopy(text.slice(start, end));
  names[place] = name;
  return name;
}

/** Letters, digits and `/`: with none of them an indicator begins, nor a number with a sign or a point. */
const valueStart = new Uint8Array(128);
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/")
  valueStart[character.charCodeAt(0)] = 1;

/** A plain scalar of one word that fills the rest of its line, where the next line has something that is not part of it. */
export function takeValue(s: Scanner): PlainPart | undefined {
  if (s.head !== s.queue.length || s.flowLevel > 0) return undefined;
  const { text } = s;
  let at = s.pos;
  while (text.charCodeAt(at) === 32) at++;
  if ((valueStart[text.charCodeAt(at)] ?? 0) === 0) return undefined;
  const end = plainRunEnd(text, at, false);
  if (text.charCodeAt(end) !== 10) return undefined;
  let next = end + 1;
  while (text.charCodeAt(next) === 32) next++;
  // An empty line, a comment, a tab, the end and a second line of the scalar are for the scanner.
  const code = text.charCodeAt(next);
  if (next - end - 1 > s.indent || code <= 35) return undefined;
  s.pos = next;
  s.lineStart = end + 1;
  s.line++;
  s.plainEnd = end;
  s.keyAllowed = true;
  s.parsed++;
  return { text: text.slice(at, end), at, end };
}
