import { daysIn } from "../days-in.ts";

/**
 * Texts that types of Kubernetes decode themselves. Sources: Go package time (Parse, ParseDuration), encoding/base64
 * StdEncoding, k8s.io/apimachinery pkg/apis/meta/v1 time.go and micro_time.go.
 */

const time = /^(\d{4})-(\d\d)-(\d\d)T(\d\d?):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|[+-](\d\d):(\d\d))$/;

/** Is it a time of RFC 3339, as Go reads it? `micro`: with exactly six digits behind the seconds, as MicroTime asks. */
export function isTime(text: string, micro = false): boolean {
  const match = time.exec(text);
  if (match === null) return false;
  const [, year, month, day, hour, minute, second, fraction, zoneHour = "0", zoneMinute = "0"] = match;
  if (micro && fraction?.length !== 6) return false;
  return (
    Number(month) >= 1 &&
    Number(month) <= 12 &&
    Number(day) >= 1 &&
    Number(day) <= daysIn(Number(year), Number(month)) &&
    Number(hour) <= 23 &&
    Number(minute) <= 59 &&
    Number(second) <= 59 &&
    Number(zoneHour) <= 24 &&
    Number(zoneMinute) <= 59
  );
}

/** Is it a duration of Go, e.g. `1h30m`? */
export function isDuration(text: string): boolean {
  return /^[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(text);
}

/** Offset of the first byte that is no base64 as Go reads it; undefined when all is. Line breaks are passed over. */
export function badBase64(text: string): number | undefined {
  if (!/[\r\n]/.test(text)) return badBase64Line(text);
  return badBase64Line(text.replaceAll(/[\r\n]/g, ""));
}

function badBase64Line(text: string): number | undefined {
  const body = /^[A-Za-z0-9+/]*/.exec(text)?.[0].length ?? 0;
  const padding = text.length - body;
  const wanted = (4 - (body % 4)) % 4;
  if (padding === wanted && wanted !== 3 && /^=*$/.test(text.slice(body))) return undefined;
  return body;
}
