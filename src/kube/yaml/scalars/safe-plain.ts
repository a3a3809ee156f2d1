import { ambiguity } from "./ambiguous-scalar.ts";
import { resolvePlain } from "./resolve-scalar.ts";

/** Words that some reader of YAML takes for a boolean, null or a number, in any case. */
const words: ReadonlySet<string> = new Set([
  "y",
  "n",
  "yes",
  "no",
  "on",
  "off",
  "true",
  "false",
  "null",
  "nan",
  "inf",
]);

/** Printable ASCII that may begin a plain scalar without meaning anything. */
const first = /^[A-Za-z0-9_/.$-]/;
const inner = /^[ -~]*$/;
/** Anything of digits, points, colons and the letters of number syntaxes may be a number, a version, a time to somebody. */
const numeric = /^[-+.]?[0-9][-+0-9._:,eExXoObBa-fA-FTtZz ]*$/;
const special = /: |:$| #| $|^-(?: |$|--)|^\.|^-[.+]|["'`\\{}[\]]|, /;

/**
 * Whether every reader of YAML 1.1, YAML 1.2 and go-yaml v2 takes the text, written plain as a key or value in a block
 * collection, for the same text (facts: yaml.md 2, 5 and 7). Rather too strict than too lax.
 */
export function isSafePlain(text: string): boolean {
  return (
    first.test(text) &&
    inner.test(text) &&
    !special.test(text) &&
    !numeric.test(text) &&
    !(text.length <= 5 && words.has(text.toLowerCase())) &&
    // The API server's own reading decides for what the rules above do not foresee (`-_0` is a number).
    resolvePlain(text) === text &&
    ambiguity(text, text) === undefined
  );
}
