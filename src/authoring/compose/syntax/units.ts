const durationUnits: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
};

/** Seconds of a duration (`1m30s`, `500ms`, `90`; compose-spec 11-extension.md "Specifying durations"); undefined when it is none. */
export function durationSeconds(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d+(?:\.\d+)?$/.test(trimmed)) return Number(trimmed);
  if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d|w))+$/.test(trimmed)) return undefined;
  let seconds = 0;
  for (const [, number = "0", unit = "s"] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d|w)/g))
    seconds += Number(number) * (durationUnits[unit] ?? 0);
  return seconds;
}

const byteUnits: Readonly<Record<string, number>> = { "": 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/**
 * Bytes of a Compose size (`50M`, `1.5gb`, `64mib`; 11-extension.md "Specifying byte values"; go-units RAMInBytes: every
 * unit counts by 1024). Undefined when it is none.
 */
export function byteCount(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([kmgtp])?i?b?)$/i.exec(text.trim());
  if (match === null) return undefined;
  const power = byteUnits[(match[2] ?? "").toLowerCase()] ?? 0;
  const bytes = Math.round(Number(match[1]) * 1024 ** power);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Thousandths of a core from a number of cores; undefined when it is none. */
export function milliCores(text: string): number | undefined {
  if (!/^\d+(?:\.\d+)?$/.test(text.trim())) return undefined;
  const milli = Math.ceil(Number((Number(text) * 1000).toFixed(6)));
  return Number.isSafeInteger(milli) ? milli : undefined;
}
