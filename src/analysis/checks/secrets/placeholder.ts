import { isReference } from "./credentials.ts";

/** Words that stand where a value is to be put, and the values that every example has. */
const words =
  /^(?:x{3,}|\*{3,}|\.{3,}|-{3,}|0+|1234(?:5(?:6(?:7(?:8(?:9)?)?)?)?)?|abc(?:123|def)?|admin|base64[\w.-]*|change[-_. ]?(?:me|it|this)[\w.-]*|ch4ngeme|default|demo|dummy|empty|example[\w.-]*|fake[\w.-]*|fill[-_. ]?(?:me|in)[\w.-]*|foo|bar|foobar|guest|here|insert[\w.-]*|mock[\w.-]*|my[-_.]?[\w.-]*(?:password|passwd|pass|secret|token|key)[\w.-]*|n\/?a|none|not[-_]?(?:set|used|real)|null|pass|passw0?rd\d*|passwd|placeholder[\w.-]*|postgres|put[-_. ]?[\w.-]*|redacted|replace[\w.-]*|root|sample[\w.-]*|secret\w{0,3}|set[-_]?me[\w.-]*|some[-_]?[\w.-]*|super[-_]?secret|tbd|test[\w.-]*|to[-_]?be[-_]?[\w.-]*|todo[\w.-]*|token|undefined|unset|user|username|value|your[-_. ]?[\w.-]*)$/i;
const bracketed =
  /^(?:<[^>]*>|\[[^\]]*\]|\{\{.*\}\}|%[^%]+%|__\w+__|@[\w.]+@|REPLACE\b.*|TODO\b.*|CHANGE\b.*)$/i;

/** A text that says where a credential goes, and is none. */
export function isPlaceholder(value: string): boolean {
  const text = value.trim();
  if (text === "" || isReference(text)) return true;
  if (text.length > 200) return false;
  return words.test(text) || bracketed.test(text) || /^(.)\1*$/.test(text);
}
