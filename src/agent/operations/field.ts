import type { RequiredAsIn } from "../../kube/shape/required-as-in.ts";

/** Forms of arguments, as data: the JSON Schema that a model sees and the parser come from the same rows. */
export type Field = TextField | IntegerField | ChoiceField | ScalarField | ListField | RecordField;

/** A text of one grammar. */
export interface TextField {
  readonly kind: "text";
  readonly grammar: Grammar;
}
export interface IntegerField {
  readonly kind: "integer";
  readonly least: number;
  readonly most: number;
}
export interface ChoiceField {
  readonly kind: "choice";
  readonly values: readonly string[];
}
/** A truth value, an integer, or a text of one grammar. */
export interface ScalarField {
  readonly kind: "scalar";
  readonly grammar: Grammar;
}
export interface ListField {
  readonly kind: "list";
  readonly items: Field;
  readonly least: number;
  readonly most: number;
}
export interface RecordField {
  readonly kind: "record";
  readonly members: Readonly<Record<string, Member>>;
}

export interface Member {
  readonly field: Field;
  readonly required: boolean;
  /** For the model. */
  readonly description: string;
}

/** The texts that a place takes. `pattern` is anchored and runs in linear time; `most` counts code points and is asked first. */
export interface Grammar {
  /** In an error: `a DNS label (…)`. */
  readonly what: string;
  readonly pattern?: RegExp;
  readonly most: number;
}

interface RequiredMember extends Member {
  readonly required: true;
}
interface OptionalMember extends Member {
  readonly required: false;
}

/** The members of `T`, each required or optional as in `T`: a type that changes without its rows does not compile. */
export type MembersOf<T> = RequiredAsIn<T, RequiredMember, OptionalMember>;

export function record<T extends object>(members: MembersOf<T>): RecordField {
  return { kind: "record", members };
}
export function need(field: Field, description: string): RequiredMember {
  return { field, required: true, description };
}
export function may(field: Field, description: string): OptionalMember {
  return { field, required: false, description };
}
export function text(grammar: Grammar): TextField {
  return { kind: "text", grammar };
}
export function integer(least: number, most: number): IntegerField {
  return { kind: "integer", least, most };
}
export function choice(...values: readonly string[]): ChoiceField {
  return { kind: "choice", values };
}
export function scalar(grammar: Grammar): ScalarField {
  return { kind: "scalar", grammar };
}
export function list(items: Field, least: number, most: number): ListField {
  return { kind: "list", items, least, most };
}
