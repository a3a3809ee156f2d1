import { OpsError } from "../kube/ops-error.ts";

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400 };

/** `90s`, `30m`, `4h`, `1h30m` → seconds. */
export function seconds(text: string): number {
  if (!/^(\d{1,6}[smhd])+$/.test(text)) {
    throw new OpsError("USAGE", `${JSON.stringify(text)} is not a time`, {
      hint: "write it as 90s, 30m, 4h or 1h30m",
    });
  }
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([smhd])/g))
    total += Number(count) * (units[unit ?? ""] ?? 0);
  return total;
}
