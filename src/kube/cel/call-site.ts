import type { Implementation, Overload } from "./declare.ts";
import { charge, type Run } from "./frame.ts";
import type { CallCost } from "./runtime-cost.ts";
import { CelError, type CelValue, fits, typeNameOf } from "./values.ts";

/** A call in a program. */
export interface CallSite {
  readonly work: Implementation;
  readonly cost: CallCost;
  readonly lenient: boolean;
  readonly before: boolean;
  readonly runs: readonly Run[];
}

/** Operators and functions of two arguments: the most frequent ones. */
export function binary({ work, cost, runs }: CallSite): Run {
  const [left, right] = runs;
  if (left === undefined || right === undefined) throw new Error("an operator lacks an operand");
  return (frame) => {
    const a = left(frame);
    const b = right(frame);
    const failed = failure(a, b);
    const value = failed ?? work(a, b, null, null);
    charge(frame, cost([a, b], value));
    return value;
  };
}

function failure(a: CelValue, b: CelValue): CelError | undefined {
  if (a instanceof CelError) return b instanceof CelError && b.unknown ? b : a;
  return b instanceof CelError ? b : undefined;
}

export function general(call: CallSite): Run {
  return call.runs.length > 2 && !call.lenient ? variadic(call) : unary(call);
}

/** Up to two arguments: all are evaluated, and paid for, even when one failed. */
function unary({ work, cost, lenient, before, runs }: CallSite): Run {
  return (frame) => {
    const args = runs.map((run) => run(frame));
    const [a = null, b = null] = args;
    const failed = lenient ? undefined : failure(a, b);
    if (failed === undefined && before) charge(frame, cost(args, null));
    const value = failed ?? work(a, b, null, null);
    if (!before || failed !== undefined) charge(frame, cost(args, value));
    return value;
  };
}

/** Three arguments and more: the first that fails ends the call, unpaid. */
function variadic({ work, cost, before, runs }: CallSite): Run {
  return (frame) => {
    const args: CelValue[] = [];
    for (const run of runs) {
      const value = run(frame);
      if (value instanceof CelError) return value;
      args.push(value);
    }
    const [a = null, b = null, c = null, d = null] = args;
    if (before) charge(frame, cost(args, null));
    const value = work(a, b, c, d);
    if (!before) charge(frame, cost(args, value));
    return value;
  };
}

/** Finds the overload that fits the arguments when they are known. */
export function dispatcher(name: string, overloads: readonly Overload[], count: number): Implementation {
  return (a, b, c, d) => {
    const args = [a, b, c, d].slice(0, count);
    for (const overload of overloads) {
      if (overload.params.every((param, at) => fits(args[at] ?? null, param)))
        return overload.run(a, b, c, d);
    }
    return new CelError(`no such overload: ${name}(${args.map(typeNameOf).join(", ")})`);
  };
}
