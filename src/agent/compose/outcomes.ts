import type { FieldReport } from "../../authoring/intent/intent.ts";
import type { Place } from "../../kube/place.ts";
import { printable } from "../../kube/printable.ts";
import type { Operation } from "../operations/operation.ts";
import type { Question, QuestionCode, SourcedOperation } from "./compose-input.ts";

/** One operation at work: its place in the merged list, and who said it. */
export interface Turn<T extends Operation = Operation> {
  readonly index: number;
  readonly operation: T;
  readonly sources: readonly string[];
}

/** What becomes of operations: rows of the report, questions, and which value each field was given by whom. */
export interface Outcomes {
  /** Gives a field a value. False, and a question, when another operation gave it another one. */
  readonly claim: (field: string, value: string | number | boolean, turn: Turn) => boolean;
  readonly changed: (turn: Turn, reason: string) => void;
  readonly dropped: (turn: Turn, reason: string) => void;
  readonly ask: (code: QuestionCode, text: string) => void;
  readonly report: () => readonly FieldReport[];
  readonly questions: () => readonly Question[];
}

/** Where an operation stands: it has no file. */
export function placeOf({ index }: Pick<Turn, "index">): Place {
  return { file: "operations", line: index + 1, column: 1 };
}

/** How an operation is named to people: `operations[2] (deploy, said by manifests)`. */
export function turnText({ index, operation, sources }: Turn): string {
  return `operations[${index}] (${operation.kind}, said by ${sources.map(printable).join(" and ")})`;
}

export function newOutcomes(operations: readonly SourcedOperation[]): Outcomes {
  const claims = new Map<string, { readonly value: string | number | boolean; readonly turn: Turn }>();
  const reasons = new Map<number, { disposition: "changed" | "dropped"; readonly texts: string[] }>();
  const questions = new Map<string, Question>();
  const say = (turn: Turn, disposition: "changed" | "dropped", reason: string): void => {
    const row = reasons.get(turn.index) ?? { disposition, texts: [] };
    if (row.texts.includes(reason)) return;
    row.texts.push(reason);
    reasons.set(turn.index, row);
  };
  const ask = (code: QuestionCode, text: string): void => {
    questions.set(`${code} ${text}`, { code, text });
  };
  return {
    claim: (field, value, turn) => {
      const other = claims.get(field);
      if (other === undefined || other.value === value) {
        claims.set(field, other ?? { value, turn });
        return true;
      }
      ask(
        "agent/conflict",
        `${field} is to be ${JSON.stringify(other.value)} by ${turnText(other.turn)} and ${JSON.stringify(value)} by ${turnText(turn)}: which one?`,
      );
      return false;
    },
    changed: (turn, reason) => say(turn, "changed", reason),
    dropped: (turn, reason) => say(turn, "dropped", reason),
    ask,
    report: () =>
      operations.map(({ operation }, index) => {
        const row = reasons.get(index);
        return {
          field: `operations[${index}].${operation.kind}`,
          place: placeOf({ index }),
          disposition: row?.disposition ?? "used",
          ...(row === undefined ? {} : { reason: row.texts.join("; ") }),
        };
      }),
    questions: () => [...questions.values()],
  };
}

/** Where the change goes is the person's to say: an operation for Git cannot make a cluster's change one of a repository. */
export function askForGit(outcomes: Outcomes, turn: Turn): void {
  outcomes.ask(
    "agent/needs-git",
    `${turnText(turn)} is for Git, and the target is a cluster: name a repository with --target, or ask without Git`,
  );
}
