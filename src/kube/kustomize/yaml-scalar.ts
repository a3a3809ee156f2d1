/**
 * A text as go-yaml v3 writes it on one line: plain where that reads as the same text, in double quotes where it would read
 * as something else, in single quotes where its characters mean something to YAML. Undefined for what takes several lines
 * or escapes (go.yaml.in/yaml/v3 encode.go stringv, emitterc.go yaml_emitter_analyze_scalar).
 */
export function yamlScalar(text: string): string | undefined {
  if (!/^[\t -~\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]+$/.test(text) || looksLikeTime.test(text))
    return undefined;
  if (text.includes("\t") || readsAsOther(text)) return JSON.stringify(text);
  return meansSomething(text) ? `'${text.replaceAll("'", "''")}'` : text;
}

/** The text of a scalar that `yamlScalar` wrote. */
export function scalarOf(written: string): string {
  if (written.startsWith('"')) return JSON.parse(written) as string;
  return written.startsWith("'") ? written.slice(1, -1).replaceAll("''", "'") : written;
}

/** A date is a time only when there is such a day. */
const looksLikeTime = /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt ].*)?$/;

const words: ReadonlySet<string> = new Set(
  [
    "~ null Null NULL true True TRUE false False FALSE <<",
    ".nan .NaN .NAN .inf .Inf .INF +.inf +.Inf +.INF -.inf -.Inf -.INF",
    // What YAML 1.1 read as true or false is quoted for those who still do.
    "y Y yes Yes YES on On ON n N no No NO off Off OFF",
  ]
    .join(" ")
    .split(" "),
);

function readsAsOther(text: string): boolean {
  if (words.has(text)) return true;
  if (/^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/.test(text)) return true;
  if (!/^[-+.\d]/.test(text)) return false;
  const number = text.replaceAll("_", "");
  return (
    /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(number) ||
    /^[-+]?0(?:[xX][\da-fA-F]+|[oO][0-7]+|[bB][01]+)$/.test(number)
  );
}

function meansSomething(text: string): boolean {
  return (
    /^(?:---|\.\.\.)/.test(text) ||
    /^[#,[\]{}&*!|>'"%@`]/.test(text) ||
    /^[-?:](?: |$)/.test(text) ||
    /^ | $|:(?: |$)| #/.test(text)
  );
}
