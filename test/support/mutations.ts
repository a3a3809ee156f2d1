import * as fc from "fast-check";
import type { Json, JsonObject } from "../../src/kube/json.ts";

/** Every path of a value that leads to a member or an item. */
function paths(value: Json, at: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (value === null || typeof value !== "object") return [at];
  const parts = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [at, ...parts.flatMap(([step, part]) => paths(part as Json, [...at, step]))];
}

/** A copy in which one place is changed: another value, taken away, or a member more. */
function mutated(
  value: Json,
  path: readonly (string | number)[],
  change: "remove" | "extra" | { readonly value: Json },
): Json {
  const copy = structuredClone(value);
  let holder = copy as Record<string | number, Json>;
  for (const step of path.slice(0, -1)) holder = holder[step] as Record<string | number, Json>;
  const last = path.at(-1);
  if (last === undefined)
    return change === "remove"
      ? null
      : change === "extra"
        ? { ...(copy as JsonObject), extra: 1 }
        : change.value;
  if (change === "remove") {
    if (Array.isArray(holder)) holder.splice(Number(last), 1);
    else delete holder[last];
  } else if (change === "extra") {
    const there = holder[last];
    if (Array.isArray(there)) there.push("extra");
    else if (there !== null && typeof there === "object") (there as Record<string, Json>)["extra"] = 1;
    else holder[last] = { extra: 1 };
  } else holder[last] = change.value;
  return copy;
}

const values: readonly Json[] = [
  null,
  true,
  -1,
  0,
  1.5,
  1e6,
  "",
  "x",
  "*",
  "Shop",
  "../a",
  "sha256:x",
  [],
  ["x", "x"],
  {},
  { mac: null },
  "create",
];

/** A sample in which one place is changed, and what was changed, as text. `more` are values to put there, beside the usual ones. */
export function mutations(
  samples: readonly Json[],
  more: readonly Json[] = [],
): fc.Arbitrary<{ readonly other: Json; readonly what: string }> {
  const change = fc.oneof(
    fc.constant("remove" as const),
    fc.constant("extra" as const),
    fc.constantFrom(...values, ...more).map((value) => ({ value })),
  );
  return fc
    .constantFrom(...samples)
    .chain((value) => fc.tuple(fc.constant(value), fc.constantFrom(...paths(value)), change))
    .map(([value, path, one]) => ({
      other: mutated(value, path, one),
      what: `${JSON.stringify(path)} ${JSON.stringify(one)}`,
    }));
}
