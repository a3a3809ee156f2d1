import { isDuration } from "../../../../kube/schema/scalar-text.ts";
/** Cron schedules as github.com/robfig/cron/v3 ParseStandard reads them; kube-apiserver uses it for CronJobs. */

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

interface Bounds {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly names?: readonly string[];
}

const bounds: readonly Bounds[] = [
  { name: "minute", low: 0, high: 59 },
  { name: "hour", low: 0, high: 23 },
  { name: "day of month", low: 1, high: 31 },
  { name: "month", low: 1, high: 12, names: months },
  { name: "day of week", low: 0, high: 6, names: days },
];

const descriptors = new Set([
  "@yearly",
  "@annually",
  "@monthly",
  "@weekly",
  "@daily",
  "@midnight",
  "@hourly",
]);

/** Why a text is no schedule; undefined when it is one. */
export function notSchedule(schedule: string): string | undefined {
  if (schedule === "") return "it must not be empty";
  let spec = schedule;
  if (spec.startsWith("TZ=") || spec.startsWith("CRON_TZ=")) {
    const space = spec.indexOf(" ");
    if (space < 0) return "it names a time zone and no times";
    spec = spec.slice(space).trim();
  }
  if (spec.startsWith("@")) return notDescriptor(spec);
  const parts = spec
    .trim()
    .split(/\s+/u)
    .filter((part) => part !== "");
  if (parts.length !== bounds.length)
    return `it has ${parts.length} fields; five are needed: minute hour day month weekday`;
  for (const [index, bound] of bounds.entries()) {
    const reason = notField(parts[index] ?? "", bound);
    if (reason !== undefined) return `its ${bound.name} ${reason}`;
  }
  return undefined;
}

function notDescriptor(spec: string): string | undefined {
  if (descriptors.has(spec)) return undefined;
  if (spec.startsWith("@every ")) {
    return isDuration(spec.slice("@every ".length)) ? undefined : "its interval is no duration, as in 1h30m";
  }
  return `it is none of ${[...descriptors].join(", ")}, @every <duration>`;
}

function notField(field: string, bound: Bounds): string | undefined {
  // strings.FieldsFunc: empty parts between commas are dropped.
  const parts = field.split(",").filter((part) => part !== "");
  for (const part of parts) {
    const reason = notRange(part, bound);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function notRange(expression: string, { low, high, names }: Bounds): string | undefined {
  const rangeAndStep = expression.split("/");
  const lowAndHigh = (rangeAndStep[0] ?? "").split("-");
  if (rangeAndStep.length > 2) return "has more than one '/'";
  let start: number | undefined;
  let end: number | undefined;
  if (lowAndHigh[0] === "*" || lowAndHigh[0] === "?") {
    start = low;
    end = high;
  } else {
    if (lowAndHigh.length > 2) return "has more than one '-'";
    start = numberOrName(lowAndHigh[0] ?? "", names, low);
    end = lowAndHigh.length === 2 ? numberOrName(lowAndHigh[1] ?? "", names, low) : start;
    if (start === undefined || end === undefined) return `holds "${expression}", which is no number`;
  }
  let step = 1;
  if (rangeAndStep.length === 2) {
    const given = numberOrName(rangeAndStep[1] ?? "", undefined, low);
    if (given === undefined) return `holds "${expression}", whose step is no number`;
    step = given;
    if (lowAndHigh.length === 1) end = Math.max(end, high);
  }
  if (start < low) return `begins below ${low}`;
  if (end > high) return `goes above ${high}`;
  if (start > end) return `begins after its end in "${expression}"`;
  return step === 0 ? "has a step of 0" : undefined;
}

function numberOrName(text: string, names: readonly string[] | undefined, low: number): number | undefined {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  if (named >= 0) return named + low;
  // strconv.Atoi takes a sign; a negative number is refused.
  return /^\+?[0-9]{1,18}$/.test(text) ? Number(text) : undefined;
}
