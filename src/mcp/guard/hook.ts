import { judgeLine, type Refusal } from "./guard.ts";

/** Tools by which hosts run commands: without a command that can be read they are refused. Claude Code's `Monitor` is one. */
const shellTools: ReadonlySet<string> = new Set([
  "Bash",
  "PowerShell",
  "Monitor",
  "Shell",
  "run_in_terminal",
  "shell",
  "local_shell",
]);

/**
 * Judges what a host hands to a hook before a tool runs. What cannot be understood is refused: a guard that does not know
 * what it is asked has no reason to say yes.
 */
export function judgeHook(text: string): Refusal {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch {
    return "kubeops guard: the host's question is not JSON; the command is refused";
  }
  const name = member(input, "tool_name");
  if (typeof name !== "string")
    return "kubeops guard: the host does not say which tool is to run; it is refused";
  const command = member(member(input, "tool_input"), "command");
  if (typeof command === "string") return judgeLine(command);
  // Codex hands the words of a command.
  if (Array.isArray(command) && command.every((word) => typeof word === "string"))
    return judgeLine(command.map(shellQuoted).join(" "));
  // Some hosts ask before every tool, whatever the matcher says; a tool without a command is none of ours.
  if (!shellTools.has(name)) return undefined;
  return "kubeops guard: the host does not say which command is to run; it is refused";
}

function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
