import { isObject, type Json, type JsonObject, type JsonPath } from "../../kube/json.ts";
import { evidence, shown } from "./evidence.ts";
import type { Evidence, Server } from "./inventory.ts";
import { listOf, membersOf, type ReadValue, textOf } from "./read-values.ts";

/** Programs that fetch a package and run it. */
const fetchers = /(?:^|\/)(?:npx|bunx|uvx|pipx|docker|podman|nerdctl|deno|go)$/;
const exactVersion = /(?:@|==)v?\d+\.\d+\.\d+(?:[-+][\w.]+)?$|@sha256:[0-9a-f]{64}$/;
const secretName = /(?:token|secret|password|passwd|api_?key|credential|auth|private_?key)/i;
const credentialName = /(?:token|secret|password|passwd|api_?key|credential|private_?key|kubeconfig)/i;
const placeholder = /^$|^\$\{[^}]*\}$|^\$[A-Z_]+$|^<[^>]*>$|^(?:your|changeme|example|xxx)/i;
const readOnlyFlag = /^--?(?:read-?only|disable-destructive)(?:=true)?$/i;
const everywhere = /^(?:0\.0\.0\.0|\[?::\]?)(?::\d+)?$/;

/** The MCP servers that a configuration declares at `path` (`mcpServers`; VS Code: `servers`). */
export function readServers(file: string, read: ReadValue, path: JsonPath): readonly Server[] {
  let value: Json | undefined = read.value;
  for (const step of path) value = isObject(value) ? value[String(step)] : undefined;
  return membersOf(value).flatMap(([name, entry]) =>
    isObject(entry) ? [readServer(file, read, [...path, name], entry)] : [],
  );
}

function readServer(file: string, read: ReadValue, path: JsonPath, entry: JsonObject): Server {
  const name = shown(String(path.at(-1)));
  const line = (...more: JsonPath): number => read.lineOf([...path, ...more]);
  const url = textOf(entry["url"]) ?? textOf(entry["serverUrl"]) ?? textOf(entry["httpUrl"]);
  const command = textOf(entry["command"]) ?? "";
  const args = listOf(entry["args"]).filter((word): word is string => typeof word === "string");
  const parsed = url === undefined ? undefined : parseUrl(url);
  const fetches = fetchers.test(command) && !(command.endsWith("go") && !args.includes("run"));
  const variables = [...membersOf(entry["env"]), ...membersOf(entry["headers"])];
  const say = (at: JsonPath, what: string): Evidence => evidence(file, line(...at), `server ${name} ${what}`);
  const where = (key: string): string =>
    isObject(entry["env"]) && Object.hasOwn(entry["env"], key) ? "env" : "headers";
  return {
    name,
    transport: transportOf(textOf(entry["type"]), url),
    pinned: url === undefined && (!fetches || args.some((word) => exactVersion.test(word))),
    fetchesCode: fetches,
    // An address that is filled in later may be any.
    remote: url !== undefined && parsed?.local !== true,
    encrypted: parsed?.encrypted ?? true,
    exposed: args.some((word) => everywhere.test(word.replace(/^--?[\w-]+=/, ""))),
    authenticated:
      parsed === undefined ||
      entry["oauth"] !== undefined ||
      membersOf(entry["headers"]).some(([key]) => /auth|key|token/i.test(key)),
    literalSecrets: [
      ...variables
        .filter(([key, value]) => secretName.test(key) && typeof value === "string" && isLiteral(value))
        .map(([key]) => say([where(key), key], `has the credential ${shown(key)} in clear`)),
      ...(parsed?.credentials === true ? [say(["url"], "has credentials in its URL")] : []),
    ],
    credentials: [
      ...variables
        .filter(([key]) => credentialName.test(key))
        .map(([key]) => say([where(key), key], `is given the credential ${shown(key)}`)),
      ...args
        .filter((word) => /kubeconfig|\.kube\b/i.test(word))
        .map(() => say(["args"], "is given a kubeconfig")),
    ],
    readOnly: args.some((word) => readOnlyFlag.test(word)),
    evidence: say(
      [],
      url === undefined
        ? `is started as ${shown(command)}`
        : `is reached at ${shown(parsed?.host ?? "an unreadable URL")}`,
    ),
  };
}

function isLiteral(value: string): boolean {
  const bare = value.replace(/^(?:Bearer|Basic|token) +/i, "");
  return !placeholder.test(bare) && !bare.includes("${");
}

function transportOf(type: string | undefined, url: string | undefined): Server["transport"] {
  switch (type) {
    case "stdio":
    case "sse":
    case "ws":
    case "http":
      return type;
    case "streamable-http":
    case "streamableHttp":
      return "http";
    case undefined:
      return url === undefined ? "stdio" : "http";
    default:
      return "other";
  }
}

interface UrlFacts {
  readonly host: string;
  readonly local: boolean;
  readonly encrypted: boolean;
  readonly credentials: boolean;
}

const urlPattern = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#@]*)@)?(\[[^\]]*\]|[^/?#:]*)/i;

function parseUrl(url: string): UrlFacts | undefined {
  const match = urlPattern.exec(url);
  if (match === null) return undefined;
  const host = (match[3] ?? "").toLowerCase();
  return {
    host,
    local: /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(host),
    encrypted: /^(?:https|wss)$/i.test(match[1] ?? "") || /^(?:localhost|127\.|\[::1\])/.test(host),
    credentials: (match[2] ?? "") !== "" && !(match[2] ?? "").includes("$"),
  };
}
