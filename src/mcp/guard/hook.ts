import { judgeLine, type Refusal } from "./guard.ts";

/** Names of the tools by which hosts run commands. Some hosts ignore a hook's matcher: every other tool passes here. */
const shellTools: ReadonlySet<string> = new Set([
  "Bash",
  "PowerShell",
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
  if (!shellTools.has(name)) return undefined;
  const command = member(member(input, "tool_input"), "command");
  if (typeof command === "string") return judgeLine(command);
  // Codex hands the words of a command.
  if (Array.isArray(command) && command.every((word) => typeof word === "string"))
    return judgeLine(command.map(shellQuoted).join(" "));
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
