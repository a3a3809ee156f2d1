import type { Listed, ShellWord, World } from "./shell-command.ts";

/** Words before a command that are no program (POSIX.1-2024 XCU 2.4). */
const reserved: ReadonlySet<string> = new Set(
  "! { } if then elif else fi do done while until esac".split(" "),
);

export interface ReadCommand {
  readonly words: readonly ShellWord[];
  readonly input: string | undefined;
  readonly piped: boolean;
}

/**
 * Takes a command as it was read: its assignments and aliases are remembered, and it is listed without them. `expand` reads
 * the text of an alias. Gives the listed command; undefined where there is none.
 */
export function listCommand(
  { words: given, input, piped }: ReadCommand,
  world: World,
  expand: ((alias: string) => void) | undefined,
): Listed | undefined {
  const words = afterAssignments(given, world.variables);
  const [head] = words;
  if (head === undefined) return undefined;
  if (/^(?:export|declare|readonly|local|typeset)$/.test(head.text))
    for (const word of words.slice(1)) assign(word, world.variables);
  if (head.text === "alias") {
    for (const { text } of words.slice(1)) {
      const made = /^([^=\s]+)=([\s\S]*)$/.exec(text);
      if (made !== null) world.aliases.set(made[1] ?? "", made[2] ?? "");
    }
  }
  const alias = world.aliases.get(head.text);
  if (alias !== undefined && expand !== undefined) {
    const before = world.commands.length;
    expand(alias);
    const last = world.commands.at(-1);
    if (last !== undefined && world.commands.length > before) {
      last.words = [...last.words, ...words.slice(1)];
      if (input !== undefined) last.input = input;
      return last;
    }
  }
  const listed: Listed = { words: split(words), piped, ...(input === undefined ? {} : { input }) };
  world.commands.push(listed);
  return listed;
}

function afterAssignments(given: readonly ShellWord[], variables: Map<string, string>): readonly ShellWord[] {
  let index = 0;
  for (const word of given) {
    if (!assign(word, variables) && !reserved.has(word.text)) break;
    index++;
  }
  return given.slice(index);
}

/** Whether a word is an assignment; its value is then known from here on, or not any more. */
function assign({ text, dynamic }: ShellWord, variables: Map<string, string>): boolean {
  const assigned = /^([A-Za-z_][A-Za-z0-9_]*)\+?=([\s\S]*)$/.exec(text);
  if (assigned === null) return false;
  const [, name = "", value = ""] = assigned;
  if (dynamic) variables.delete(name);
  else variables.set(name, value);
  return true;
}

/** The value of a variable is split where it stands without quotes: taken for split, whatever the quotes. */
function split(words: readonly ShellWord[]): readonly ShellWord[] {
  return words.flatMap((word) =>
    word.expanded === true && !word.dynamic && /\s/.test(word.text)
      ? word.text
          .trim()
          .split(/\s+/)
          .map((text) => ({ text, dynamic: false }))
      : [word],
  );
}
