import type { CelProblem } from "./ast.ts";
import { checkCel, type CheckedCel } from "./checker.ts";
import { compileChecked } from "./compile.ts";
import { CostExceeded } from "./cost-exceeded.ts";
import type { Run } from "./frame.ts";
import type { CelEnvironment } from "./environment.ts";
import { locate } from "./lexer.ts";
import { literalProblems } from "./literals.ts";
import { metered, WORK_LIMIT } from "./meter.ts";
import { parseCel } from "./parser.ts";
import type { CelType } from "./types.ts";
import { CelError, type CelValue } from "./values.ts";

export type { CelProblem } from "./ast.ts";

/** An expression that can be evaluated. */
export interface CompiledCel {
  readonly source: string;
  readonly result: CelType;
  readonly checked: CheckedCel;
  readonly run: Run;
  readonly slots: number;
}

export interface CelProblems {
  readonly problems: readonly CelProblem[];
  /** All of them as the API server prints them. */
  readonly text: string;
}

/** Budgets of the API server: of one evaluation (k8s.io/apiserver pkg/apis/cel/config.go). */
export const PER_CALL_LIMIT = 1_000_000;

export interface CelLimits {
  /** What the evaluation may cost. */
  readonly cost: number;
}

export interface CelResult {
  readonly value: CelValue;
  /** What it cost, the limit at most. */
  readonly cost: number;
  /** What it took beside that, in units of meter.ts. */
  readonly work: number;
  readonly exceeded: boolean;
}

/** Values of variables by their names, or what makes one: it is asked once an evaluation. */
export interface Bindings {
  get(name: string): CelValue | (() => CelValue) | undefined;
}

/** Reads, type-checks and plans an expression as the API server does; what it refuses, otherwise. */
export function compileCel(source: string, environment: CelEnvironment): CompiledCel | CelProblems {
  const parsed = parseCel(source, environment);
  if (!("expr" in parsed)) return refused(source, parsed);
  const checked = checkCel(parsed.expr, environment);
  if ("problems" in checked) return refused(source, checked.problems);
  const literals = literalProblems(checked, environment.homogeneous);
  if (literals.length > 0) return refused(source, literals);
  const compiled = compileChecked(checked, (name) => environment.structNamed(name));
  if ("message" in compiled)
    return { problems: [compiled], text: `program instantiation failed: ${compiled.message}` };
  return { source, result: checked.result, checked, run: compiled.run, slots: compiled.slots };
}

export function isCompiled(compiled: CompiledCel | CelProblems): compiled is CompiledCel {
  return "run" in compiled;
}

/** Problems that are shown, and the longest line that is shown with one (cel-go common/errors.go, error.go). */
const MOST_SHOWN = 100;
const MOST_LINE = 16_384;

function refused(source: string, problems: readonly CelProblem[]): CelProblems {
  const byPlace = (some: readonly CelProblem[]): readonly CelProblem[] =>
    some.toSorted((left, right) => left.at - right.at);
  const shown = byPlace(problems.slice(0, MOST_SHOWN)).map((problem) => problemText(source, problem));
  const more = problems.length - shown.length;
  if (more > 0) shown.push(`${more} more errors were truncated`);
  return { problems: byPlace(problems), text: shown.join("\n") };
}

/** A problem with the line of the source and a mark below it (cel-go common/error.go). */
export function problemText(source: string, { at, message }: CelProblem): string {
  if (at < 0) return `ERROR: <input>:-1:0: ${message}`;
  const { line, column } = locate(source, at);
  const text = source.split("\n")[line - 1] ?? "";
  const head = `ERROR: <input>:${line}:${column + 1}: ${message}`;
  if (text.length > MOST_LINE) return head;
  return `${head}\n | ${text.replaceAll("\t", " ")}\n | ${".".repeat(column)}^`;
}

/**
 * Evaluates a program. Values of variables are taken when an expression asks for them; a variable without one is an
 * error. Never throws: an evaluation that fails gives a `CelError`.
 */
export function evaluateCel(
  program: CompiledCel,
  bindings: Bindings,
  limits: CelLimits = { cost: PER_CALL_LIMIT },
): CelResult {
  const known = new Map<string, CelValue>();
  const frame = {
    slots: Array.from({ length: program.slots }, (): CelValue => null),
    read: (name: string): CelValue => {
      const before = known.get(name);
      if (before !== undefined) return before;
      const bound = bindings.get(name);
      const value =
        bound === undefined
          ? new CelError(`no such attribute(s): ${name}`)
          : typeof bound === "function"
            ? bound()
            : bound;
      known.set(name, value);
      return value;
    },
    cost: 0,
    limit: limits.cost,
  };
  const { result, used } = metered(WORK_LIMIT, (): CelValue | CostExceeded => {
    try {
      return program.run(frame);
    } catch (error) {
      if (error instanceof CostExceeded) return error;
      throw error;
    }
  });
  const work = Math.min(used, WORK_LIMIT);
  if (!(result instanceof CostExceeded)) return { value: result, cost: frame.cost, work, exceeded: false };
  const value = new CelError("operation cancelled: actual cost limit exceeded");
  return { value, cost: limits.cost, work, exceeded: true };
}
