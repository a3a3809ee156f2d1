import { APPROVAL_NAMESPACE, CHARTER_NAMESPACE } from "../../plan/approval-statement.ts";
import { type ProgramRow, programOf, programs } from "./programs.ts";
import { harmless, interpreters, shells, wrappers } from "./wrappers.ts";
import { parseShell } from "./shell/parse-shell.ts";
import type { ShellCommand, ShellWord } from "./shell/shell-command.ts";

/** Undefined: the command may run. Else what the model is told. */
export type Refusal = string | undefined;

/** Longer lines are refused when they name a program of the table at all. */
const MAX_LINE = 64 * 1024;
const MAX_DEPTH = 6;

/** Names of the table anywhere in a text that cannot be read. */
const named = /\b(?:kubectl|oc|kubecolor|helm|flux|argocd|kustomize|helmfile|kapp|skaffold|kpt|kubeops)\b/i;

/**
 * Judges a command line of a host's shell: what starts a program that writes to a cluster past the charter, approves, or
 * signs in a person's place is refused. What is a program of the table and cannot be read is refused as well. A line that
 * only hides what it does well enough passes: the cluster's own permissions are the boundary, not this.
 */
export function judgeLine(line: string, depth = 0): Refusal {
  if (line.length > MAX_LINE || depth > MAX_DEPTH)
    return named.test(line) ? refusal("this command", "is too long to be read", "plan") : undefined;
  const parsed = parseShell(line);
  if (!parsed.ok) return named.test(line) ? refusal("this command", "cannot be read", "plan") : undefined;
  for (const [index, command] of parsed.commands.entries()) {
    const before = command.piped ? parsed.commands[index - 1] : undefined;
    const refused = judgeCommand(command, { before, depth, mentioned: named.test(line) });
    if (refused !== undefined) return refused;
  }
  return undefined;
}

interface Around {
  /** The command whose output it reads. */
  readonly before: ShellCommand | undefined;
  readonly depth: number;
  /** The line names a program of the table somewhere. */
  readonly mentioned: boolean;
}

function judgeCommand(command: ShellCommand, around: Around): Refusal {
  const { before, depth, mentioned } = around;
  const words = unwrapped(command.words);
  const [head, ...rest] = words;
  const split = command.words.findIndex(({ text }) => baseName(text) === "env");
  const text = split < 0 ? undefined : splitByEnv(command.words.slice(split + 1));
  if (text !== undefined) return judgeLine(text, depth + 1);
  if (head === undefined) return undefined;
  const name = baseName(head.text);
  const row = programOf(head.text);
  if (row !== undefined) return judgeProgram(name, row, appended(command, rest));
  if (head.dynamic) return judgeUnknown(rest, mentioned);
  // `watch 'kubectl delete pod x'`, `env -S 'kubectl apply'`.
  if (/\s/.test(head.text) && named.test(head.text)) return judgeLine(head.text, depth + 1);
  if (shells.has(name)) return judgeShell(rest, command, before, depth);
  if (name === "eval") return judgeLine(textOf(rest), depth + 1);
  if (name === "find" || name === "fd") return judgeFind(rest, command, around);
  if (name === "ssh-keygen") return judgeKeygen(rest);
  if (name === "source" || name === ".") return judgeSourced(command, around);
  if (interpreters.test(name)) return judgeText(name, interpreted(rest, command, before));
  if (harmless.has(name)) return undefined;
  return judgeBehind(rest, depth);
}

function textOf(words: readonly ShellWord[]): string {
  return words.map(({ text }) => text).join(" ");
}

function baseName(word: string): string {
  return (word.split(/[/\\]/).at(-1) ?? "").toLowerCase();
}

/** Everything that an interpreter is given as text: its arguments, its here-document, what is piped into it. */
function interpreted(
  words: readonly ShellWord[],
  { input }: ShellCommand,
  before: ShellCommand | undefined,
): string {
  return [textOf(words), input ?? "", before === undefined ? "" : printed(before)].join("\n");
}

/** `source <(…)` runs what another command prints: it cannot be read, and is refused where the line names a program. */
function judgeSourced({ words }: ShellCommand, { mentioned }: Around): Refusal {
  return mentioned && words.slice(1).some(({ dynamic }) => dynamic)
    ? refusal("this command", "runs a text that cannot be read", "plan")
    : undefined;
}

/** xargs puts words behind those of the line, which no line shows: the verb of `xargs kubectl` cannot be read. */
function appended({ words }: ShellCommand, rest: readonly ShellWord[]): readonly ShellWord[] {
  return words.some(({ text }) => baseName(text) === "xargs") ? [...rest, { text: "", dynamic: true }] : rest;
}

/** The words of `env -S 'a b'`, which env splits; undefined for none. */
function splitByEnv(words: readonly ShellWord[]): string | undefined {
  for (const [index, { text }] of words.entries()) {
    const joined = /^(?:-[A-Za-z0]*S|--split-string=)([\s\S]*)$/.exec(text)?.[1];
    if (joined !== undefined || text === "--split-string")
      return textOf([{ text: joined ?? "", dynamic: false }, ...words.slice(index + 1)]);
    if (!text.startsWith("-")) return undefined;
  }
  return undefined;
}

/** Takes `sudo -u x`, `env A=b`, `timeout 5` and their like away. */
function unwrapped(words: readonly ShellWord[]): readonly ShellWord[] {
  let rest = words;
  for (let turn = 0; turn < 20; turn++) {
    const [head] = rest;
    if (head === undefined || head.dynamic) return rest;
    const name = baseName(head.text);
    const valued = Object.hasOwn(wrappers, name) ? wrappers[name] : undefined;
    if (valued === undefined) return rest;
    rest = afterFlags(rest.slice(1), valued);
    // `env A=b`, `timeout 5`, `flock file`, `chrt 1`: words that stand before the program.
    if (name === "env" || name === "sudo")
      while (/^[A-Za-z_]\w*=/.test(rest[0]?.text ?? "")) rest = rest.slice(1);
    if (name === "timeout" || name === "flock" || name === "chrt") rest = rest.slice(1);
  }
  return rest;
}

function afterFlags(words: readonly ShellWord[], valued: readonly string[]): readonly ShellWord[] {
  let index = 0;
  while (index < words.length) {
    const text = words[index]?.text ?? "";
    if (text === "--") return words.slice(index + 1);
    if (!text.startsWith("-")) break;
    index += valued.includes(text) ? 2 : 1;
  }
  return words.slice(index);
}

function judgeProgram(name: string, row: ProgramRow, words: readonly ShellWord[]): Refusal {
  if (words.every(({ text, dynamic }) => !dynamic && helps.has(text))) return undefined;
  const args = afterFlags(words, row.valued);
  const [verb, next] = args;
  if (verb === undefined) return undefined;
  if (verb.dynamic) return refusal(name, "is called with a verb that cannot be read", row.instead);
  const first = verb.text.toLowerCase();
  const second = afterFlags(args.slice(1), row.valued)[0] ?? next;
  const two = `${first} ${second?.text ?? ""}`;
  const reads = row.reads.includes(first) || (second?.dynamic !== true && row.reads.includes(two));
  if (!reads) return refusal(`${name} ${shown(first)}`, reasons[row.instead], row.instead);
  if (row.shows?.(words.map(({ text }) => text)) === true)
    return refusal(`${name} ${shown(first)}`, "would show values of Secrets", row.instead);
  return undefined;
}

const helps: ReadonlySet<string> = new Set(["--help", "-h", "--version"]);

const reasons = {
  plan: "may write to a cluster past the charter, without a plan and without an approval",
  approve: "is for a person in a terminal of their own",
} as const;

function shown(verb: string): string {
  return /^[a-z][a-z0-9-]{0,31}$/.test(verb) ? verb : "...";
}

function judgeShell(
  words: readonly ShellWord[],
  command: ShellCommand,
  before: ShellCommand | undefined,
  depth: number,
): Refusal {
  // busybox sh, and flags that hold a c: -c, -lc, -euxc.
  const args = words[0] !== undefined && shells.has(words[0].text) ? words.slice(1) : words;
  const at = args.findIndex(({ text }) => /^-[A-Za-z]*c[A-Za-z]*$/.test(text) || text === "--command");
  if (at >= 0) {
    const script = args[at + 1];
    return script === undefined ? undefined : judgeLine(script.text, depth + 1);
  }
  if (command.input !== undefined) return judgeLine(command.input, depth + 1);
  return before === undefined ? undefined : judgeLine(printed(before), depth + 1);
}

/** What a command writes, where it can be told: the words of echo and printf, the here-document of cat. */
function printed(command: ShellCommand): string {
  const [head, ...rest] = unwrapped(command.words);
  const name = head === undefined ? "" : baseName(head.text);
  if (name === "echo") return textOf(rest.filter(({ text }) => !/^-[neE]+$/.test(text)));
  if (name === "printf")
    return rest
      .map(({ text }) => text)
      .join(" ")
      .replaceAll("\\n", "\n");
  return command.input ?? "";
}

function judgeFind(words: readonly ShellWord[], command: ShellCommand, around: Around): Refusal {
  for (const [index, { text }] of words.entries()) {
    if (!/^(?:-exec|-execdir|-ok|-okdir|-x|-X|--exec|--exec-batch)$/.test(text)) continue;
    const refused = judgeCommand(
      { ...command, words: words.slice(index + 1) },
      { ...around, before: undefined },
    );
    if (refused !== undefined) return refused;
  }
  return undefined;
}

/** A signature in a person's place, over one of our statements. */
function judgeKeygen(words: readonly ShellWord[]): Refusal {
  const text = textOf(words);
  return text.includes(APPROVAL_NAMESPACE) || text.includes(CHARTER_NAMESPACE)
    ? refusal("ssh-keygen", "would sign in a person's place", "approve")
    : undefined;
}

/** A program text of another language: names and verbs are searched. */
function judgeText(name: string, text: string): Refusal {
  const found = programs.find(
    (row) =>
      text.split(/[^\w.-]+/).some((word) => row.name.test(word)) &&
      text.split(/[^\w-]+/).some((word) => row.writes.includes(word)),
  );
  return found === undefined
    ? undefined
    : refusal(`a program of ${name}`, "starts a program that writes to clusters", found.instead);
}

/** The program is a variable or a pattern: refused when its verb is one of a write, and no other program's as well, or the line names one. */
function judgeUnknown(words: readonly ShellWord[], mentioned: boolean): Refusal {
  const verbs = words.filter(({ text }) => !text.startsWith("-")).map(({ text }) => text.toLowerCase());
  const [first = ""] = verbs;
  const found = programs.find((row) => row.writes.includes(first) && (mentioned || !common.has(first)));
  if (found !== undefined)
    return refusal(
      `a program that cannot be read, with ${shown(first)},`,
      "may write to a cluster",
      found.instead,
    );
  return judgeBehind(words, MAX_DEPTH);
}

/** Verbs of the table that many other programs have: by them alone nothing is known. */
const common: ReadonlySet<string> = new Set(
  (
    "run test install create push set cp edit dev login tag app cluster account repo " +
    "build debug live sync admin exec proxy upgrade uninstall un del label project cert"
  ).split(" "),
);

/** A wrapper that is not known: `docker run bitnami/kubectl apply`, `ssh host kubectl apply`, `parallel kubectl delete ::: a`. */
function judgeBehind(words: readonly ShellWord[], depth: number): Refusal {
  for (const [index, word] of words.entries()) {
    const row = programOf(word.text);
    if (row !== undefined) {
      const verb = afterFlags(words.slice(index + 1), row.valued)[0];
      if (verb !== undefined && (verb.dynamic || row.writes.includes(verb.text.toLowerCase())))
        return refusal(`${baseName(word.text)} ${shown(verb.text)}`, reasons[row.instead], row.instead);
    } else if (/\s/.test(word.text) && named.test(word.text) && depth < MAX_DEPTH) {
      // `ssh host 'kubectl apply …'`, `su -c '…'`.
      const refused = judgeLine(word.text, depth + 1);
      if (refused !== undefined) return refused;
    }
  }
  return undefined;
}

const TOOLS = "mcp__plugin_kubernetes-operations_kubeops__";

const ways = {
  plan:
    `Use the tools of the plug-in instead: ${TOOLS}plan_change makes a plan of typed operations, ` +
    `${TOOLS}request_approval gives a person the command that approves it, ${TOOLS}apply_plan carries it out.`,
  approve: `Give the command to the person: ${TOOLS}request_approval words it. When they have signed, ${TOOLS}apply_plan carries the plan out.`,
} as const;

function refusal(what: string, why: string, way: keyof typeof ways): string {
  return `kubeops guard: ${what} ${why}. ${ways[way]}`;
}
