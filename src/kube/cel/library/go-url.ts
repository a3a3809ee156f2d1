import { fromUtf8, utf8 } from "../values.ts";
import { parseAddress } from "./addresses.ts";
import { goQuote } from "../../go-quote.ts";

/** URLs as Go's net/url reads them: what it takes for one, and the parts it names. */
export interface GoUrl {
  readonly scheme: string;
  readonly opaque: string;
  readonly user: string | undefined;
  readonly host: string;
  /** Decoded. */
  readonly path: string;
  /** As written. */
  readonly rawPath: string;
  readonly rawQuery: string;
  readonly forceQuery: boolean;
  readonly fragment: string;
}

type Mode = "path" | "host" | "zone" | "query" | "user" | "fragment";

const unreserved = /[A-Za-z0-9\-_.~]/;
/** Characters that each part may hold as they are, beside the unreserved. */
const plain: Readonly<Record<Mode, string>> = {
  path: "$&+,/:;=@",
  host: "!$&'()*+,;=:[]<>\"",
  zone: "!$&'()*+,;=:[]<>\"",
  query: "",
  user: "$&+,;=",
  fragment: "$&+,/:;=?@!()*",
};

function mustEscape(character: string, mode: Mode): boolean {
  return !unreserved.test(character) && !plain[mode].includes(character);
}

class UrlFault extends Error {}

/** Latin-1 text of bytes: one character a byte. */
function bytesText(text: string): string {
  let result = "";
  for (const byte of utf8(text)) result += String.fromCharCode(byte);
  return result;
}

function textOfBytes(bytes: string): string {
  const array = Uint8Array.from(bytes, (character) => character.charCodeAt(0));
  return fromUtf8(array) ?? new TextDecoder().decode(array);
}

function unescape(text: string, mode: Mode): string {
  const inHost = mode === "host" || mode === "zone";
  let result = "";
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === "%") {
      const escape = text.slice(at, at + 3);
      if (!/^%[0-9a-fA-F]{2}$/.test(escape)) throw new UrlFault(`invalid URL escape ${goQuote(escape)}`);
      const value = Number.parseInt(escape.slice(1), 16);
      const letter = String.fromCharCode(value);
      if (mode === "host" && value < 0x80 && escape !== "%25")
        throw new UrlFault(`invalid URL escape ${goQuote(escape)}`);
      if (mode === "zone" && escape !== "%25" && letter !== " " && mustEscape(letter, "host"))
        throw new UrlFault(`invalid URL escape ${goQuote(escape)}`);
      result += letter;
      at += 2;
    } else if (character === "+" && mode === "query") result += " ";
    else {
      if (inHost && character < "\u0080" && mustEscape(character, mode))
        throw new UrlFault(`invalid character ${goQuote(character)} in host name`);
      result += bytesText(character);
    }
  }
  return result;
}

function escape(bytes: string, mode: Mode): string {
  let result = "";
  for (const byte of bytes) {
    result += mustEscape(byte, mode)
      ? `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`
      : byte;
  }
  return result;
}

/** Reads a URL: with `request` as url.ParseRequestURI, else as url.Parse. A text says why it is none. */
export function parseGoUrl(text: string, request: boolean): GoUrl | string {
  try {
    if (request) return read(text, true);
    const hash = text.indexOf("#");
    const url = read(hash < 0 ? text : text.slice(0, hash), false);
    return { ...url, fragment: hash < 0 ? "" : unescape(text.slice(hash + 1), "fragment") };
  } catch (error) {
    if (error instanceof UrlFault) return `parse ${goQuote(text)}: ${error.message}`;
    throw error;
  }
}

function schemeOf(text: string): readonly [string, string] {
  const match = /^([A-Za-z][A-Za-z0-9+\-.]*):/.exec(text);
  if (match !== null) return [(match[1] ?? "").toLowerCase(), text.slice(match[0].length)];
  if (text.startsWith(":")) throw new UrlFault("missing protocol scheme");
  return ["", text];
}

// oxlint-disable-next-line no-control-regex -- these are what Go refuses
const control = /[\u0000-\u001f\u007f]/;

function read(text: string, request: boolean): GoUrl {
  if (control.test(text)) throw new UrlFault("net/url: invalid control character in URL");
  if (text === "" && request) throw new UrlFault("empty url");
  const none = {
    scheme: "",
    opaque: "",
    user: undefined,
    host: "",
    rawQuery: "",
    forceQuery: false,
    fragment: "",
  };
  if (text === "*") return { ...none, path: "*", rawPath: "*" };
  const [scheme, after] = schemeOf(text);
  const forceQuery = after.endsWith("?") && after.indexOf("?") === after.length - 1;
  const mark = after.indexOf("?");
  let rest = mark < 0 ? after : after.slice(0, mark);
  const rawQuery = mark < 0 ? "" : after.slice(mark + 1);
  if (!rest.startsWith("/")) {
    if (scheme !== "") return { ...none, scheme, opaque: rest, path: "", rawPath: "", rawQuery, forceQuery };
    if (request) throw new UrlFault("invalid URI for request");
    if ((rest.split("/")[0] ?? "").includes(":"))
      throw new UrlFault("first path segment in URL cannot contain colon");
  }
  let user: string | undefined;
  let host = "";
  if ((scheme !== "" || (!request && !rest.startsWith("///"))) && rest.startsWith("//")) {
    const slash = rest.indexOf("/", 2);
    const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
    rest = slash < 0 ? "" : rest.slice(slash);
    [user, host] = authorityOf(scheme, authority);
  }
  return { ...none, scheme, user, host, path: unescape(rest, "path"), rawPath: rest, rawQuery, forceQuery };
}

function authorityOf(scheme: string, authority: string): readonly [string | undefined, string] {
  const at = authority.lastIndexOf("@");
  const host = hostOf(scheme, authority.slice(at + 1));
  if (at < 0) return [undefined, host];
  const user = authority.slice(0, at);
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user)) throw new UrlFault("net/url: invalid userinfo");
  const colon = user.indexOf(":");
  const parts = colon < 0 ? [user] : [user.slice(0, colon), user.slice(colon + 1)];
  return [parts.map((part) => escape(unescape(part, "user"), "user")).join(":"), host];
}

function hostOf(scheme: string, host: string): string {
  const open = host.lastIndexOf("[");
  if (open > 0) throw new UrlFault("invalid IP-literal");
  if (open === 0) return literalOf(host);
  const first = host.indexOf(":");
  if (first >= 0) {
    const from = scheme === "http" || scheme === "https" ? first : host.lastIndexOf(":");
    checkPort(host.slice(from));
  }
  return textOfBytes(unescape(host, "host"));
}

function checkPort(port: string): void {
  if (port !== "" && !/^:[0-9]*$/.test(port)) throw new UrlFault(`invalid port ${goQuote(port)} after host`);
}

function literalOf(host: string): string {
  const close = host.lastIndexOf("]");
  if (close < 0) throw new UrlFault("missing ']' in host");
  const port = host.slice(close + 1);
  checkPort(port);
  const inner = host.slice(1, close);
  const zone = inner.indexOf("%25");
  const name =
    zone < 0
      ? unescape(inner, "host")
      : unescape(inner.slice(0, zone), "host") + unescape(inner.slice(zone), "zone");
  const address = parseAddress(name);
  if (typeof address === "string") throw new UrlFault(`invalid host: ${address}`);
  if (address.bytes.length === 4) throw new UrlFault("invalid IP-literal");
  return `[${name}]${port}`;
}

export function urlHostname({ host }: GoUrl): string {
  const close = host.indexOf("]");
  if (host.startsWith("[") && close > 0) return host.slice(1, close);
  const colon = host.indexOf(":");
  return colon < 0 ? host : host.slice(0, colon);
}

export function urlPort({ host }: GoUrl): string {
  const close = host.startsWith("[") ? host.indexOf("]") : -1;
  const colon = host.indexOf(":", Math.max(0, close));
  return colon < 0 ? "" : host.slice(colon + 1);
}

export function urlEscapedPath({ path, rawPath }: GoUrl): string {
  if (path === "*") return "*";
  const usable = Array.from(rawPath).every(
    (character) => "!$&'()*+,;=:@[]%".includes(character) || !mustEscape(character, "path"),
  );
  return usable ? rawPath : escape(path, "path");
}

/** Names and their values, in the order of their first mention. */
export function urlQuery({ rawQuery }: GoUrl): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const part of rawQuery.split("&")) {
    if (part === "" || part.includes(";")) continue;
    const equals = part.indexOf("=");
    try {
      const name = textOfBytes(unescape(equals < 0 ? part : part.slice(0, equals), "query"));
      const value = equals < 0 ? "" : textOfBytes(unescape(part.slice(equals + 1), "query"));
      const values = found.get(name);
      if (values === undefined) found.set(name, [value]);
      else values.push(value);
    } catch (error) {
      // Go leaves out what it cannot decode.
      if (!(error instanceof UrlFault)) throw error;
    }
  }
  return found;
}

export function urlText(url: GoUrl): string {
  let text = url.scheme === "" ? "" : `${url.scheme}:`;
  if (url.opaque !== "") text += url.opaque;
  else {
    if (url.host !== "" || url.user !== undefined || (url.scheme !== "" && url.rawPath.startsWith("//")))
      text += `//${url.user === undefined ? "" : `${url.user}@`}${escape(bytesText(url.host), "host")}`;
    text += urlEscapedPath(url);
  }
  if (url.forceQuery || url.rawQuery !== "") text += `?${url.rawQuery}`;
  return url.fragment === "" ? text : `${text}#${escape(url.fragment, "fragment")}`;
}
