/** The data types of RFC 4251 section 5, as far as SSH keys and signatures use them. Lengths are bytes. */

/** Reads one buffer from front to back. Every method answers undefined when what it reads is not there or not canonical. */
export interface WireReader {
  u8(): number | undefined;
  u32(): number | undefined;
  /** Length-prefixed bytes. */
  string(): Buffer | undefined;
  /** Length-prefixed text of printable ASCII: names of types, curves, applications, namespaces. */
  text(): string | undefined;
  /** A positive integer in shortest form, as big-endian bytes without a leading zero. */
  positive(): Buffer | undefined;
  bytes(count: number): Buffer | undefined;
  /** True when everything was read. */
  end(): boolean;
}

export function wireReader(data: Uint8Array): WireReader {
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  let at = 0;
  const bytes = (count: number): Buffer | undefined => {
    if (count > buffer.length - at) return undefined;
    at += count;
    return buffer.subarray(at - count, at);
  };
  const u32 = (): number | undefined => bytes(4)?.readUInt32BE();
  const string = (): Buffer | undefined => {
    const length = u32();
    return length === undefined ? undefined : bytes(length);
  };
  return {
    bytes,
    u32,
    string,
    u8: () => bytes(1)?.readUInt8(),
    text: () => {
      const value = string()?.toString("latin1");
      return value !== undefined && /^[\x21-\x7e]*$/.test(value) ? value : undefined;
    },
    positive: () => {
      const value = string();
      const [first, second] = [value?.[0], value?.[1]];
      if (value === undefined || first === undefined || first >= 0x80) return undefined;
      if (first !== 0) return value;
      // A zero may only keep the sign bit clear; zero itself is the empty string.
      return second !== undefined && second >= 0x80 ? value.subarray(1) : undefined;
    },
    end: () => at === buffer.length,
  };
}

export function wireU32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
}

/** Length-prefixed bytes, or text as UTF-8. */
export function wireString(value: Uint8Array | string): Buffer {
  const data = typeof value === "string" ? Buffer.from(value, "utf8") : value;
  return Buffer.concat([wireU32(data.length), data]);
}

/** A positive integer, given as big-endian bytes, in shortest form. */
export function wirePositive(value: Uint8Array): Buffer {
  let start = 0;
  while (start < value.length && value[start] === 0) start += 1;
  const digits = value.subarray(start);
  const first = digits[0];
  return wireString(
    first !== undefined && first >= 0x80 ? Buffer.concat([Buffer.from([0]), digits]) : digits,
  );
}

/** Base64 text as bytes, or undefined when it is not the one canonical spelling of its bytes (RFC 4648 section 3.5). */
export function canonicalBase64(text: string): Buffer | undefined {
  const data = Buffer.from(text, "base64");
  return data.toString("base64") === text ? data : undefined;
}
