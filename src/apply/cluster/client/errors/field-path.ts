/** Keys and names as Kubernetes writes them: label and annotation keys, environment names, ports, mount paths. */
const identifier = /^[A-Za-z0-9._/:@$-]{1,253}$/;
const longest = 512;

/**
 * A field path of a server's message, with everything taken out that could be a value (kernel K17): items of sets are
 * values themselves, keys of lists and maps stay when they read like a name. Accepts both notations of the server:
 * `.spec.containers[name="c"].image` (structured-merge-diff, fieldpath/element.go) and
 * `spec.containers[0].image`, `data[password]` (apimachinery, util/validation/field/path.go).
 */
export function safeFieldPath(text: string): string {
  let safe = "";
  let at = 0;
  while (at < text.length && safe.length < longest) {
    const character = text.charAt(at);
    if (character === "[") {
      const end = closingBracket(text, at);
      safe += `[${safeSelector(text.slice(at + 1, end))}]`;
      at = end + 1;
    } else {
      const word = /^[A-Za-z0-9_.$/:@-]+/.exec(text.slice(at, at + longest))?.[0];
      if (word === undefined) return `${safe}...`;
      safe += word;
      at += word.length;
    }
  }
  return at < text.length ? `${safe.slice(0, longest)}...` : safe;
}

/** Index of the bracket that closes the one at `start`, past quoted texts; the end of the text when none does. */
function closingBracket(text: string, start: number): number {
  let quoted = false;
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (quoted && character === "\\") at++;
    else if (character === '"') quoted = !quoted;
    else if (character === "]" && !quoted) return at;
  }
  return text.length;
}

function safeSelector(content: string): string {
  if (/^\d{1,9}$/.test(content)) return content;
  // An item of a set is written `[="value"]`: the value itself.
  if (content.startsWith("=")) return "=...";
  const pairs = content.match(/[A-Za-z0-9_-]+=(?:"(?:[^"\\]|\\.)*"|[^,"]*)/g);
  if (pairs !== null && pairs.join(",") === content) return pairs.map(safePair).join(",");
  const bare = content.replace(/^"(.*)"$/, "$1");
  return identifier.test(bare) ? bare : "...";
}

function safePair(pair: string): string {
  const equals = pair.indexOf("=");
  const value = pair.slice(equals + 1);
  const bare = value.replace(/^"(.*)"$/, "$1");
  return `${pair.slice(0, equals)}=${identifier.test(bare) ? value : "..."}`;
}
