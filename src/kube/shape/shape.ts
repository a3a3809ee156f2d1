import type { RequiredAsIn } from "./required-as-in.ts";

/**
 * The shape of a document of ours as data: the checker (check-shape.ts) and the published JSON Schemas (json-schema.ts)
 * come from the same rows, so they cannot drift apart.
 */
export type Shape =
  | TextShape
  | LiteralShape
  | IntegerShape
  | { readonly kind: "number" }
  | { readonly kind: "boolean" }
  | ListShape
  | RecordShape
  | MapShape
  | ChoiceShape
  | { readonly kind: "nullable"; readonly shape: Shape }
  /** Any JSON value: an object of somebody else's schema. */
  | { readonly kind: "any" }
  /** Any JSON object. */
  | { readonly kind: "object" };

export interface TextShape {
  readonly kind: "text";
  /** What the text must be, to follow "is not ". */
  readonly what: string;
  /** Anchored, valid with the `u` flag. Absent: any text. */
  readonly pattern?: RegExp;
  /** A better reason than `what` for some wrong texts. */
  readonly explain?: (text: string) => string | undefined;
}

export interface LiteralShape {
  readonly kind: "literal";
  readonly values: readonly (string | number)[];
}

export interface IntegerShape {
  readonly kind: "integer";
  readonly least: number;
  readonly most: number;
}

export interface ListShape {
  readonly kind: "list";
  readonly items: Shape;
  readonly least: number;
  /** No two items are equal. For lists of texts and numbers. */
  readonly distinct: boolean;
}

export interface RecordShape {
  readonly kind: "record";
  readonly members: Readonly<Record<string, Member>>;
}

export interface MapShape {
  readonly kind: "map";
  readonly values: Shape;
}

/** One of several records. They are told apart by their members: the first that has every member that it needs is meant. */
export interface ChoiceShape {
  readonly kind: "choice";
  readonly shapes: readonly RecordShape[];
}

export interface Member {
  readonly shape: Shape;
  readonly required: boolean;
  /** For the reader of the schema. */
  readonly description?: string;
}
interface RequiredMember extends Member {
  readonly required: true;
}
interface OptionalMember extends Member {
  readonly required: false;
}

/** The members of `T`, each required or optional as in `T`: a type that changes without its shape does not compile. */
export type MembersOf<T> = RequiredAsIn<T, RequiredMember, OptionalMember>;

export function record<T extends object>(members: MembersOf<T>): RecordShape {
  return { kind: "record", members };
}

export function need(shape: Shape, description?: string): RequiredMember {
  return description === undefined ? { shape, required: true } : { shape, required: true, description };
}

export function may(shape: Shape, description?: string): OptionalMember {
  return description === undefined ? { shape, required: false } : { shape, required: false, description };
}

export function list(
  items: Shape,
  options: { readonly least?: number; readonly distinct?: boolean } = {},
): ListShape {
  return { kind: "list", items, least: options.least ?? 0, distinct: options.distinct ?? false };
}

export function literal(...values: readonly (string | number)[]): LiteralShape {
  return { kind: "literal", values };
}

export function integer(least: number, most: number = Number.MAX_SAFE_INTEGER): IntegerShape {
  return { kind: "integer", least, most };
}

export function text(
  what: string,
  pattern: RegExp,
  explain?: (text: string) => string | undefined,
): TextShape {
  return explain === undefined ? { kind: "text", what, pattern } : { kind: "text", what, pattern, explain };
}

export function map(values: Shape): MapShape {
  return { kind: "map", values };
}

export function choice(...shapes: readonly RecordShape[]): ChoiceShape {
  return { kind: "choice", shapes };
}

export function nullable(shape: Shape): Shape {
  return { kind: "nullable", shape };
}

export const anyText: Shape = { kind: "text", what: "a text" };
export const boolean: Shape = { kind: "boolean" };
export const anyNumber: Shape = { kind: "number" };
export const any: Shape = { kind: "any" };
export const anyObject: Shape = { kind: "object" };
