import type { Capability, Tools } from "./inventory.ts";

interface ToolRow {
  readonly pattern: RegExp;
  readonly capability: Capability;
  /** A tool of this row and one that is none. */
  readonly positive: string;
  readonly negative: string;
}

/** Tools of the known hosts by what they let an agent do (agent-hosts: Claude Code, Codex, Cursor, VS Code, Gemini CLI). */
export const toolTable: readonly ToolRow[] = [
  {
    pattern:
      /^(?:Bash|BashOutput|KillShell|PowerShell|shell|local_shell|exec|execute|run_shell_command|run_terminal_cmd|runCommands|runInTerminal|terminal)$/i,
    capability: "shell",
    positive: "Bash",
    negative: "BashLike",
  },
  {
    pattern:
      /^(?:Write|Edit|MultiEdit|NotebookEdit|apply_patch|write_file|edit_file|editFiles|replace|createFile|search_replace)$/i,
    capability: "write-files",
    positive: "Write",
    negative: "WriteUp",
  },
  {
    pattern:
      /^(?:Read|Glob|Grep|LS|NotebookRead|read_file|readFile|list_directory|search|codebase|usages|grep_search|file_search)$/i,
    capability: "read-files",
    positive: "Read",
    negative: "Reader",
  },
  {
    pattern: /^(?:WebFetch|WebSearch|web_fetch|web_search|fetch|google_web_search|browser)$/i,
    capability: "network",
    positive: "WebFetch",
    negative: "Web",
  },
  {
    pattern: /^(?:Task|Agent|SendMessage|TeamCreate|runSubagent|spawn_agent)$/i,
    capability: "subagents",
    positive: "Task",
    negative: "TaskList",
  },
  { pattern: /^(?:memory|save_memory|Memory)$/i, capability: "memory", positive: "memory", negative: "mem" },
  {
    pattern: /^mcp__|^[\w-]+\/(?:\*|[\w-]+)$/,
    capability: "server",
    positive: "mcp__a__b",
    negative: "mcp_a",
  },
];

/** A specifier such as `Bash(git:*)` is the tool before the bracket: a pattern on a command line is no boundary. */
export function toolName(text: string): string {
  const bracket = text.indexOf("(");
  return (bracket < 0 ? text : text.slice(0, bracket)).trim();
}

const all: ReadonlySet<Capability> = new Set(toolTable.map((row) => row.capability));

/** The capabilities of a list of tools; those of every tool where there is no list. */
export function toolsOf(names: readonly string[] | undefined, denied: readonly string[]): Tools {
  const inheritsAll = names === undefined || names.some((name) => name === "*" || name === "all");
  const kept = (names ?? []).filter((name) => !denied.includes(name));
  const capabilities = new Set<Capability>(inheritsAll ? all : kept.flatMap(capabilitiesOf));
  if (inheritsAll) {
    // Denying by name takes a capability away only when each known tool of it is denied, which no list proves.
    for (const row of toolTable) if (denied.includes(row.positive)) capabilities.delete(row.capability);
  }
  return {
    inheritsAll,
    names: [...(names ?? [])].sort(),
    denied: [...denied].sort(),
    capabilities: [...capabilities].sort(),
  };
}

function capabilitiesOf(name: string): readonly Capability[] {
  const tool = toolName(name);
  return toolTable.filter((row) => row.pattern.test(tool)).map((row) => row.capability);
}
