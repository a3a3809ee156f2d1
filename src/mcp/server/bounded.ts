/** Most bytes, roughly, that the arguments of one call may have: UTF-16 units of all texts and keys. */
export const MAX_ARGUMENT_UNITS: number = 512 * 1024;
const MAX_DEPTH = 32;
const MAX_NODES = 20_000;

/**
 * Why arguments are too large to look at; undefined when they are not. Walks without recursion, so that no nesting that a
 * parser let through exhausts the stack of what comes after.
 */
export function tooLarge(value: unknown): string | undefined {
  const waiting: { readonly value: unknown; readonly depth: number }[] = [{ value, depth: 0 }];
  let nodes = 0;
  let units = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    nodes++;
    if (nodes > MAX_NODES) return `the arguments hold more than ${MAX_NODES} values`;
    if (next.depth > MAX_DEPTH) return `the arguments are nested deeper than ${MAX_DEPTH}`;
    if (typeof next.value === "string") units += next.value.length;
    else if (typeof next.value === "object" && next.value !== null) {
      for (const [key, inner] of Object.entries(next.value)) {
        units += key.length;
        waiting.push({ value: inner, depth: next.depth + 1 });
        if (waiting.length > MAX_NODES) return `the arguments hold more than ${MAX_NODES} values`;
      }
    }
    if (units > MAX_ARGUMENT_UNITS) return `the arguments have more than ${MAX_ARGUMENT_UNITS} characters`;
  }
  return undefined;
}
