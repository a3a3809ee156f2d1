import { isObject } from "../../kube/json.ts";
import { actsOf } from "./act-table.ts";
import { anomaliesOf } from "./anomaly-table.ts";
import { evidence, shown } from "./evidence.ts";
import type {
  Anomaly,
  ClusterIdentity,
  Control,
  Evidence,
  Hook,
  Instruction,
  Inventory,
  Script,
  Server,
  Setting,
} from "./inventory.ts";
import { readHooks, readSettings } from "./read-hooks.ts";
import { readInstruction } from "./read-instruction.ts";
import { readServers } from "./read-servers.ts";
import { readValue, textOf } from "./read-values.ts";

/** A file of the folder, or why it was not read. Paths are relative, with `/`. */
export type FolderFile =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly left: "link" | "too-large" | "unreadable"; readonly what: string };

export interface InventoryExtras {
  readonly identities?: readonly ClusterIdentity[];
  readonly controls?: readonly Control[];
}

interface Draft {
  name: string | undefined;
  version: string | undefined;
  description: Evidence | undefined;
  readonly manifests: { host: string; evidence: Evidence }[];
  readonly instructions: Instruction[];
  readonly hooks: Hook[];
  readonly servers: Server[];
  readonly settings: Setting[];
  readonly scripts: Script[];
  readonly anomalies: Anomaly[];
  files: number;
}

interface Reader {
  readonly pattern: RegExp;
  readonly read: (draft: Draft, path: string, text: string) => void;
}

/** Which file is what, first match wins (agent-hosts 1 to 6). */
const readers: readonly Reader[] = [
  { pattern: /(?:^|\/)\.claude-plugin\/plugin\.json$/, read: manifest("Claude Code") },
  { pattern: /(?:^|\/)\.codex-plugin\/plugin\.json$/, read: manifest("Codex") },
  { pattern: /(?:^|\/)\.cursor-plugin\/plugin\.json$/, read: manifest("Cursor") },
  { pattern: /^plugin\.json$/, read: manifest("Agent Plugins") },
  { pattern: /(?:^|\/)(?:gemini-extension\.json)$/, read: manifest("Gemini CLI") },
  {
    pattern: /(?:^|\/)(?:\.mcp\.json|mcp\.json|mcp_config\.json|claude_desktop_config\.json)$/,
    read: serversAt("mcpServers", "servers"),
  },
  { pattern: /(?:^|\/)hooks\/[^/]+\.json$|(?:^|\/)hooks\.json$/, read: hooksFile },
  { pattern: /(?:^|\/)(?:settings(?:\.local)?|managed-settings)\.json$/, read: settingsFile },
  { pattern: /(?:^|\/)SKILL\.md$/, read: instruction("skill") },
  {
    pattern: /(?:^|\/)agents\/(?:[^/]+\/)*[^/]+\.md$|\.agent\.md$|\.chatmode\.md$/,
    read: instruction("agent"),
  },
  { pattern: /(?:^|\/)commands\/(?:[^/]+\/)*[^/]+\.md$|\.prompt\.md$/, read: instruction("command") },
  {
    pattern:
      /(?:^|\/)(?:AGENTS|CLAUDE|GEMINI|AGENTS\.override)\.md$|(?:^|\/)copilot-instructions\.md$|\.mdc$/,
    read: instruction("skill"),
  },
  { pattern: /(?:^|\/)skills\/.*\.md$/, read: referenceText },
  { pattern: /\.(?:sh|bash|zsh|py|js|mjs|cjs|ts|rb|ps1)$/, read: script },
];

/** Everything that the files tell of an agent. Nothing is run, no link is followed, and no text of theirs is believed. */
export function readInventory(
  subject: string,
  files: readonly FolderFile[],
  extras: InventoryExtras = {},
): Inventory {
  const draft: Draft = {
    name: undefined,
    version: undefined,
    description: undefined,
    manifests: [],
    instructions: [],
    hooks: [],
    servers: [],
    settings: [],
    scripts: [],
    anomalies: [],
    files: 0,
  };
  const sorted = [...files].sort((left, right) =>
    left.path < right.path ? -1 : Number(left.path > right.path),
  );
  for (const file of sorted) readFile(draft, file);
  return {
    subject: draft.name ?? subject,
    ...(draft.version === undefined ? {} : { version: draft.version }),
    ...(draft.description === undefined ? {} : { description: draft.description }),
    manifests: draft.manifests,
    instructions: draft.instructions,
    hooks: draft.hooks,
    servers: draft.servers,
    settings: draft.settings,
    scripts: draft.scripts,
    anomalies: draft.anomalies,
    identities: extras.identities ?? [],
    controls: extras.controls ?? [],
    files: draft.files,
  };
}

function readFile(draft: Draft, file: FolderFile): void {
  if ("left" in file) {
    draft.anomalies.push({ kind: file.left, evidence: evidence(file.path, 1, file.what) });
    return;
  }
  const reader = readers.find(({ pattern }) => pattern.test(file.path));
  if (reader === undefined) return;
  draft.files++;
  for (const { kind, line, what } of anomaliesOf(file.text))
    draft.anomalies.push({ kind, evidence: evidence(file.path, line, what) });
  reader.read(draft, file.path, file.text);
}

function malformed(draft: Draft, path: string, what: string): void {
  draft.anomalies.push({ kind: "malformed", evidence: evidence(path, 1, what) });
}

function manifest(host: string): Reader["read"] {
  return (draft, path, text) => {
    const read = readValue(path, text);
    if (read === undefined) {
      malformed(draft, path, `the manifest for ${host} cannot be read`);
      return;
    }
    draft.manifests.push({ host, evidence: evidence(path, 1, `plug-in manifest for ${host}`) });
    // The first manifest names the plug-in; a marketplace folder holds many.
    draft.name ??= shownText(textOf(read.value["name"]));
    draft.version ??= shownText(textOf(read.value["version"]));
    const description = textOf(read.value["description"]);
    if (description !== undefined)
      draft.description ??= evidence(path, read.lineOf(["description"]), "its manifest describes it");
    draft.servers.push(...readServers(path, read, ["mcpServers"]));
    if (isObject(read.value["hooks"])) draft.hooks.push(...readHooks(path, read));
  };
}

function shownText(text: string | undefined): string | undefined {
  return text === undefined ? undefined : shown(text);
}

function serversAt(...keys: readonly string[]): Reader["read"] {
  return (draft, path, text) => {
    const read = readValue(path, text);
    if (read === undefined) malformed(draft, path, "the server configuration cannot be read");
    else for (const key of keys) draft.servers.push(...readServers(path, read, [key]));
  };
}

function hooksFile(draft: Draft, path: string, text: string): void {
  const read = readValue(path, text);
  if (read === undefined) malformed(draft, path, "the hooks cannot be read");
  else draft.hooks.push(...readHooks(path, read));
}

function settingsFile(draft: Draft, path: string, text: string): void {
  const read = readValue(path, text);
  if (read === undefined) {
    malformed(draft, path, "the settings cannot be read");
    return;
  }
  draft.settings.push(...readSettings(path, read));
  draft.hooks.push(...readHooks(path, read));
  draft.servers.push(...readServers(path, read, ["mcpServers"]));
}

function instruction(kind: Instruction["kind"]): Reader["read"] {
  return (draft, path, text) => {
    const parts = path.split("/");
    const own = (parts.at(-1) ?? "").replace(/\.[^.]+$/, "");
    const read = readInstruction(kind, path, text, own === "SKILL" ? (parts.at(-2) ?? own) : own);
    draft.instructions.push(read.instruction);
    if (read.malformed !== undefined) draft.anomalies.push({ kind: "malformed", evidence: read.malformed });
  };
}

/** A text that a skill points to: what it says counts, and it has no tools of its own. */
function referenceText(draft: Draft, path: string, text: string): void {
  const acts = actsOf(text, 1);
  if (acts.length > 0) addScript(draft, path, acts, "reference text");
}

function script(draft: Draft, path: string, text: string): void {
  // A comment does nothing; blank lines keep the numbers.
  const code = text.replace(/^[ \t]*(?:\/\/|#|\*|\/\*)[^\n]*$/gm, "");
  addScript(draft, path, actsOf(code, 1), "script");
}

function addScript(draft: Draft, path: string, acts: ReturnType<typeof actsOf>, what: string): void {
  draft.scripts.push({
    path: shown(path),
    acts: acts.map((act) => ({ kind: act.kind, evidence: evidence(path, act.line, `${what} ${act.what}`) })),
    evidence: evidence(path, 1, what),
  });
}
