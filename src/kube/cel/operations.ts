import { spend, spendText } from "./meter.ts";
import { durationOf, timestampOf } from "./time.ts";
import {
  CelDuration,
  CelError,
  CelList,
  CelMap,
  CelOpaque,
  CelOptional,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  type CelValue,
  isError,
  keyOf,
  listOf,
} from "./values.ts";

/** Operators of CEL on values; what they refuse is an error value with cel-go's text. */

export const NO_OVERLOAD: CelError = new CelError("no such overload");
const INT_OVERFLOW = new CelError("integer overflow");
const UINT_OVERFLOW = new CelError("unsigned integer overflow");
const MAX_INT = 2n ** 63n - 1n;
const MIN_INT = -(2n ** 63n);
const MAX_UINT = 2n ** 64n - 1n;

export function int(value: bigint): bigint | CelError {
  return value > MAX_INT || value < MIN_INT ? INT_OVERFLOW : value;
}

export function uint(value: bigint): CelUint | CelError {
  return value < 0n || value > MAX_UINT ? UINT_OVERFLOW : new CelUint(value);
}

/** An operand that is an error is the result. */
function refused(left: CelValue, right: CelValue = null): CelError {
  if (isError(left)) return left;
  return isError(right) ? right : NO_OVERLOAD;
}

export function add(left: CelValue, right: CelValue): CelValue {
  if (typeof left === "bigint" && typeof right === "bigint") return int(left + right);
  if (typeof left === "string" && typeof right === "string") {
    spendText(left.length + right.length);
    return left + right;
  }
  if (typeof left === "number" && typeof right === "number") return left + right;
  if (left instanceof CelUint && right instanceof CelUint) return uint(left.value + right.value);
  if (left instanceof CelList && right instanceof CelList) return concat(left, right);
  if (left instanceof Uint8Array && right instanceof Uint8Array) {
    spendText(left.length + right.length);
    const joined = new Uint8Array(left.length + right.length);
    joined.set(left);
    joined.set(right, left.length);
    return joined;
  }
  return addTimes(left, right);
}

function addTimes(left: CelValue, right: CelValue): CelValue {
  if (left instanceof CelDuration && right instanceof CelDuration)
    return durationOf(left.nanos + right.nanos);
  if (left instanceof CelDuration && right instanceof CelTimestamp)
    return timestampOf(left.nanos + right.nanos, right.offset);
  if (left instanceof CelTimestamp && right instanceof CelDuration)
    return timestampOf(left.nanos + right.nanos, left.offset);
  return refused(left, right);
}

/** Lists of the server's list types merge: a set takes what it lacks, a map list replaces items of the same keys. */
function concat(left: CelList, right: CelList): CelValue {
  const typing = left.listType;
  spend(typing === undefined ? right.size : left.size + right.size);
  if (typing?.kind === "set") {
    const items = [...left];
    const known = new Set(items.map(scalarKey));
    const fresh = [...right].filter((item) => !known.has(scalarKey(item)));
    return listOf([...items, ...fresh], typing);
  }
  if (typing?.kind === "map") {
    const items = [...left];
    const places = new Map(items.map((item, index) => [listKey(item, typing.keys), index]));
    for (const item of right) {
      const key = listKey(item, typing.keys);
      const place = places.get(key);
      if (place === undefined) {
        places.set(key, items.length);
        items.push(item);
      } else items[place] = item;
    }
    return listOf(items, typing);
  }
  // A list that is built item by item, as macros do, must not copy what it has.
  return GrowingList.join(left, right);
}

/** A list that shares its items with the lists it grew from. */
class GrowingList extends CelList {
  readonly #items: CelValue[];
  constructor(items: CelValue[], size: number) {
    super({ size, at: (index) => items[index] ?? null });
    this.#items = items;
  }
  static join(left: CelList, right: CelList): CelList {
    const shared = left instanceof GrowingList && left.#items.length === left.size;
    if (!shared) spend(left.size);
    const items = shared ? left.#items : [...left];
    for (const item of right) items.push(item);
    return new GrowingList(items, items.length);
  }
}

function listKey(item: CelValue, keys: readonly string[]): string {
  return JSON.stringify(keys.map((key) => (item instanceof CelMap ? keyText(item.find(key)) : "")));
}

/** Items of sets are scalars: known by type and text, numbers by amount. */
function scalarKey(value: CelValue): string {
  if (value instanceof CelList) return JSON.stringify([...value].map(scalarKey));
  if (value instanceof CelMap)
    return JSON.stringify(value.keys().map((key) => [scalarKey(key), scalarKey(value.find(key) ?? null)]));
  if (typeof value === "string") return `s${value}`;
  if (isNumeric(value)) return `n${toDouble(value)}`;
  if (value instanceof CelTimestamp || value instanceof CelDuration) return `t${value.nanos}`;
  if (value instanceof Uint8Array) return `b${value.join(",")}`;
  return JSON.stringify(value) ?? "";
}

function keyText(value: CelValue | undefined): string {
  return value === undefined ? "" : `${typeof value}:${String(keyOf(value) ?? "")}`;
}

export function subtract(left: CelValue, right: CelValue): CelValue {
  if (typeof left === "bigint" && typeof right === "bigint") return int(left - right);
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (left instanceof CelUint && right instanceof CelUint) return uint(left.value - right.value);
  if (left instanceof CelDuration && right instanceof CelDuration)
    return durationOf(left.nanos - right.nanos);
  if (left instanceof CelTimestamp && right instanceof CelDuration)
    return timestampOf(left.nanos - right.nanos, left.offset);
  if (left instanceof CelTimestamp && right instanceof CelTimestamp) {
    const nanos = left.nanos - right.nanos;
    return int(nanos) === nanos ? durationOf(nanos) : INT_OVERFLOW;
  }
  return refused(left, right);
}

export function multiply(left: CelValue, right: CelValue): CelValue {
  if (typeof left === "bigint" && typeof right === "bigint") return int(left * right);
  if (typeof left === "number" && typeof right === "number") return left * right;
  if (left instanceof CelUint && right instanceof CelUint) return uint(left.value * right.value);
  return refused(left, right);
}

export function divide(left: CelValue, right: CelValue): CelValue {
  if (typeof left === "bigint" && typeof right === "bigint")
    return right === 0n ? new CelError("division by zero") : int(left / right);
  if (typeof left === "number" && typeof right === "number") return left / right;
  if (left instanceof CelUint && right instanceof CelUint)
    return right.value === 0n ? new CelError("division by zero") : uint(left.value / right.value);
  return refused(left, right);
}

export function modulo(left: CelValue, right: CelValue): CelValue {
  if (typeof left === "bigint" && typeof right === "bigint") {
    if (right === 0n) return new CelError("modulus by zero");
    return left === MIN_INT && right === -1n ? INT_OVERFLOW : left % right;
  }
  if (left instanceof CelUint && right instanceof CelUint)
    return right.value === 0n ? new CelError("modulus by zero") : uint(left.value % right.value);
  return refused(left, right);
}

export function negate(value: CelValue): CelValue {
  if (typeof value === "bigint") return int(-value);
  if (typeof value === "number") return -value;
  if (value instanceof CelDuration) return durationOf(-value.nanos);
  return refused(value);
}

/** −1, 0 or 1; an error where the two have no order. */
export function compare(left: CelValue, right: CelValue): -1 | 0 | 1 | CelError {
  if (typeof left === "bigint" && typeof right === "bigint") return order(left, right);
  if (isNumeric(left) && isNumeric(right)) return compareNumbers(left, right);
  if (typeof left === "string" && typeof right === "string") return compareTexts(left, right);
  if (typeof left === "boolean" && typeof right === "boolean") return order(Number(left), Number(right));
  if (left instanceof Uint8Array && right instanceof Uint8Array) return compareBytes(left, right);
  if (left instanceof CelTimestamp && right instanceof CelTimestamp) return order(left.nanos, right.nanos);
  if (left instanceof CelDuration && right instanceof CelDuration) return order(left.nanos, right.nanos);
  return refused(left, right);
}

function order<T extends bigint | number>(left: T, right: T): -1 | 0 | 1 {
  if (left < right) return -1;
  return left > right ? 1 : 0;
}

type Numeric = bigint | number | CelUint;

function isNumeric(value: CelValue): value is Numeric {
  return typeof value === "bigint" || typeof value === "number" || value instanceof CelUint;
}

function compareNumbers(left: Numeric, right: Numeric): -1 | 0 | 1 | CelError {
  if (typeof left === "number" || typeof right === "number") {
    const first = toDouble(left);
    const second = toDouble(right);
    if (Number.isNaN(first) || Number.isNaN(second)) return new CelError("NaN values cannot be ordered");
    return order(first, second);
  }
  return order(integerOf(left), integerOf(right));
}

function toDouble(value: Numeric): number {
  return typeof value === "number" ? value : Number(integerOf(value));
}

function integerOf(value: bigint | CelUint): bigint {
  return typeof value === "bigint" ? value : value.value;
}

/** By code points, which is the order of UTF-8 too. */
function compareTexts(left: string, right: string): -1 | 0 | 1 {
  const length = Math.min(left.length, right.length);
  spendText(length);
  if (left === right) return 0;
  for (let index = 0; index < length; index++) {
    const first = left.charCodeAt(index);
    const second = right.charCodeAt(index);
    if (first === second) continue;
    const surrogates = first >= 0xd800 && first <= 0xdfff;
    if (surrogates !== (second >= 0xd800 && second <= 0xdfff)) return surrogates ? 1 : -1;
    return first < second ? -1 : 1;
  }
  return left.length < right.length ? -1 : 1;
}

function compareBytes(left: Uint8Array, right: Uint8Array): -1 | 0 | 1 {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return order(left.length, right.length);
}

/** Equality of CEL: numbers by amount, lists and maps by their parts. */
export function equal(left: CelValue, right: CelValue): boolean | CelError {
  if (isError(left)) return left;
  if (isError(right)) return right;
  if (left === null || right === null) return left === right;
  if (typeof left === "string") return textsEqual(left, right);
  if (typeof left === "boolean") return left === right;
  spend(1);
  if (isNumeric(left)) return isNumeric(right) && compareNumbers(left, right) === 0;
  if (left instanceof CelList) return right instanceof CelList && listsEqual(left, right);
  if (left instanceof CelMap) return right instanceof CelMap && mapsEqual(left, right);
  if (left instanceof CelOptional) return right instanceof CelOptional && optionalsEqual(left, right);
  if (left instanceof CelOpaque)
    return right instanceof CelOpaque && right.type.name === left.type.name
      ? left.key === right.key
      : NO_OVERLOAD;
  return plainEqual(left, right);
}

function textsEqual(left: string, right: CelValue): boolean {
  if (typeof right !== "string" || left.length !== right.length) return false;
  spendText(left.length);
  return left === right;
}

function plainEqual(left: Uint8Array | CelTimestamp | CelDuration | CelTypeValue, right: CelValue): boolean {
  if (left instanceof Uint8Array) return right instanceof Uint8Array && compareBytes(left, right) === 0;
  if (left instanceof CelTimestamp) return right instanceof CelTimestamp && left.nanos === right.nanos;
  if (left instanceof CelDuration) return right instanceof CelDuration && left.nanos === right.nanos;
  return right instanceof CelTypeValue && left.name === right.name;
}

function optionalsEqual(left: CelOptional, right: CelOptional): boolean | CelError {
  if (left.value === undefined || right.value === undefined) return left.value === right.value;
  return equal(left.value, right.value);
}

function listsEqual(left: CelList, right: CelList): boolean | CelError {
  if (left.size !== right.size) return false;
  const typing = left.listType;
  if (typing?.kind === "set") {
    const others = new Set([...right].map(scalarKey));
    return [...left].every((item) => others.has(scalarKey(item)));
  }
  if (typing?.kind === "map") {
    const others = new Map([...right].map((item) => [listKey(item, typing.keys), item]));
    return [...left].every((item) => {
      const other = others.get(listKey(item, typing.keys));
      return other !== undefined && equal(item, other) === true;
    });
  }
  for (let index = 0; index < left.size; index++) {
    const same = equal(left.at(index), right.at(index));
    if (same !== true) return same;
  }
  return true;
}

function mapsEqual(left: CelMap, right: CelMap): boolean | CelError {
  if (left.size !== right.size) return false;
  for (const key of left.keys()) {
    const other = right.find(key);
    if (other === undefined) return false;
    const same = equal(left.find(key) ?? null, other);
    if (same !== true) return same;
  }
  return true;
}

/** Is the item in the list? An error of a comparison counts only when no other item is equal. */
export function contains(list: CelList, item: CelValue): boolean | CelError {
  let found: CelError | undefined;
  for (let index = 0; index < list.size; index++) {
    const same = equal(item, list.at(index));
    if (same === true) return true;
    if (isError(same)) found ??= same;
  }
  return found?.unknown === true ? found : false;
}

export function isIn(item: CelValue, aggregate: CelValue): boolean | CelError {
  if (isError(item)) return item;
  if (aggregate instanceof CelList) return contains(aggregate, item);
  if (aggregate instanceof CelMap) {
    const found = aggregate.find(item);
    return found instanceof CelError ? found : found !== undefined;
  }
  return refused(aggregate);
}

/** `aggregate[index]`, and a field of a map or object. */
export function index(aggregate: CelValue, at: CelValue): CelValue {
  if (isError(aggregate)) return aggregate;
  if (isError(at)) return at;
  if (aggregate instanceof CelList) {
    const place = placeOf(at);
    if (isError(place)) return place;
    return place < 0 || place >= aggregate.size
      ? new CelError(`index out of bounds: ${shownKey(at)}`)
      : aggregate.at(place);
  }
  if (aggregate instanceof CelMap) {
    const found = aggregate.find(at);
    return found === undefined ? new CelError(`no such key: ${shownKey(at)}`) : found;
  }
  if (aggregate instanceof CelOptional) return optionalIndex(aggregate, at);
  return new CelError(typeof at === "string" ? `no such key: ${at}` : "no such overload");
}

function placeOf(at: CelValue): number | CelError {
  if (typeof at === "bigint") return Number(at);
  if (at instanceof CelUint) return Number(at.value);
  if (typeof at === "number" && Number.isInteger(at)) return at;
  return new CelError(`unsupported index type '${typeof at}' in list`);
}

function shownKey(key: CelValue): string {
  return key instanceof CelUint ? String(key.value) : typeof key === "object" ? "" : String(key);
}

/** The value of an optional field or index: absent is none. */
export function optionalIndex(aggregate: CelValue, at: CelValue): CelValue {
  if (isError(aggregate)) return aggregate;
  if (isError(at)) return at;
  if (aggregate instanceof CelOptional)
    return aggregate.value === undefined ? aggregate : optionalIndex(aggregate.value, at);
  if (aggregate instanceof CelMap) {
    const found = aggregate.find(at);
    return found instanceof CelError ? found : new CelOptional(found);
  }
  if (aggregate instanceof CelList) {
    const place = placeOf(at);
    if (isError(place)) return place;
    return new CelOptional(place < 0 || place >= aggregate.size ? undefined : aggregate.at(place));
  }
  // What has no parts has none of that name.
  return new CelOptional(undefined);
}

/** The map with these entries too; an error for a key that it has. */
export function insert(map: CelMap, entries: readonly (readonly [CelValue, CelValue])[]): CelValue {
  for (const [key] of entries) {
    if (map.find(key) !== undefined)
      return new CelError(`insert failed: key ${shownKey(key)} already exists`);
  }
  return GrowingMap.grown(map, entries);
}

interface Slot {
  readonly place: number;
  readonly key: CelValue;
  readonly value: CelValue;
}

/** A map that shares its entries with the maps it grew from: what was added later is not in them. */
class GrowingMap extends CelMap {
  readonly #slots: Map<string | bigint | boolean, Slot>;
  constructor(slots: Map<string | bigint | boolean, Slot>, size: number) {
    super({
      size,
      find: (key) => {
        const known = keyOf(key);
        const slot = known === undefined ? undefined : slots.get(known);
        return slot === undefined || slot.place >= size ? undefined : slot.value;
      },
      keys: () => [...slots.values()].slice(0, size).map((slot) => slot.key),
    });
    this.#slots = slots;
  }
  static grown(map: CelMap, entries: readonly (readonly [CelValue, CelValue])[]): GrowingMap {
    const shared = map instanceof GrowingMap && map.#slots.size === map.size;
    const slots = shared ? map.#slots : new Map<string | bigint | boolean, Slot>();
    const put = (key: CelValue, value: CelValue): void => {
      const known = keyOf(key);
      if (known !== undefined) slots.set(known, { place: slots.size, key, value });
    };
    if (!shared) for (const key of map.keys()) put(key, map.find(key) ?? null);
    for (const [key, value] of entries) put(key, value);
    return new GrowingMap(slots, slots.size);
  }
}

/** What `optional.ofNonZeroValue` takes for nothing. */
export function isZero(value: CelValue): boolean {
  if (value === null || value === false || value === 0n || value === 0 || value === "") return true;
  if (value instanceof CelUint) return value.value === 0n;
  if (value instanceof Uint8Array) return value.length === 0;
  if (value instanceof CelList || value instanceof CelMap) return value.size === 0;
  if (value instanceof CelDuration) return value.nanos === 0n;
  if (value instanceof CelOptional) return value.value === undefined;
  return false;
}
