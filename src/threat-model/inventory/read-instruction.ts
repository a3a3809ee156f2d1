import { actsOf } from "./act-table.ts";
import { evidence, shown } from "./evidence.ts";
import type { ActKind, Capability, Evidence, Instruction } from "./inventory.ts";
import { readValue, type ReadValue, textOf, wordsOf } from "./read-values.ts";
import { toolsOf } from "./tool-table.ts";

interface Parts {
  readonly front: ReadValue | undefined;
  readonly malformed: boolean;
  readonly body: string;
  /** Line in which the body begins. */
  readonly bodyLine: number;
}

/** Takes a Markdown file apart into its front matter and its body. */
function partsOf(file: string, text: string): Parts {
  const match = /^---[ \t]*\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/.exec(text);
  if (match === null) return { front: undefined, malformed: false, body: text, bodyLine: 1 };
  const front = readValue(file, match[1] ?? "", 2);
  const bodyLine = match[0].split("\n").length;
  return { front, malformed: front === undefined, body: text.slice(match[0].length), bodyLine };
}

/** What a text can only do with a shell. */
const shellActs: ReadonlySet<ActKind> = new Set<ActKind>([
  "cluster-write",
  "cluster-read",
  "secret-read",
  "git-push",
  "gitops-write",
  "remote-install",
  "network-read",
]);

function withShell(capabilities: readonly Capability[]): readonly Capability[] {
  return [...new Set<Capability>([...capabilities, "shell"])].sort();
}

/** Model names that move: aliases of the hosts, and ids without a date or a version. */
const pinnedModel = /\d{8}$|-\d{4}-\d{2}-\d{2}$|@\d/;

export interface ReadInstruction {
  readonly instruction: Instruction;
  /** The front matter cannot be read: hosts then take none of it, tools included. */
  readonly malformed?: Evidence;
}

/** Reads an agent, skill or command file of any host: front matter names tools and model, the body instructs. */
export function readInstruction(
  kind: Instruction["kind"],
  file: string,
  text: string,
  fallbackName: string,
): ReadInstruction {
  const { front, malformed, body, bodyLine } = partsOf(file, text);
  const value = front?.value ?? {};
  const line = (key: string): number => front?.lineOf([key]) ?? 1;
  const listed = wordsOf(value[kind === "agent" ? "tools" : "allowed-tools"]);
  const denied = wordsOf(value["disallowedTools"]) ?? wordsOf(value["disallowed-tools"]) ?? [];
  const name = shown(textOf(value["name"]) ?? fallbackName);
  const model = textOf(value["model"]);
  const bodyActs = actsOf(body, bodyLine, text);
  const description = textOf(value["description"]);
  const descriptionActs =
    description === undefined
      ? []
      : actsOf(description.replaceAll("\n", " "), line("description"), text).map((act) => ({
          ...act,
          line: line("description"),
        }));
  const acts = [...descriptionActs, ...bodyActs].map((act) => ({
    kind: act.kind,
    evidence: evidence(file, act.line, `${kind} ${name} ${act.what}`),
  }));
  const { tools, toolsEvidence } = kind === "agent" ? agentTools() : hostTools();

  /** An agent without a list gets every tool of its host (agent-hosts 1.1). */
  function agentTools(): Pick<Instruction, "tools" | "toolsEvidence"> {
    return {
      tools: toolsOf(listed, denied),
      toolsEvidence:
        listed === undefined
          ? evidence(file, 1, `agent ${name} lists no tools: it gets every tool of its host`)
          : evidence(file, line("tools"), `agent ${name} has the tools ${shown(listed.join(", "))}`),
    };
  }

  /**
   * A skill or command uses its host's tools; `allowed-tools` pre-approves and takes none away. It is taken to have what it
   * pre-approves and what its own text needs.
   */
  function hostTools(): Pick<Instruction, "tools" | "toolsEvidence"> {
    const needs = acts.find((act) => shellActs.has(act.kind));
    const own = toolsOf(listed ?? [], denied);
    return {
      tools: needs === undefined ? own : { ...own, capabilities: withShell(own.capabilities) },
      toolsEvidence:
        listed !== undefined
          ? evidence(file, line("allowed-tools"), `${kind} ${name} pre-approves ${shown(listed.join(", "))}`)
          : (needs?.evidence ?? evidence(file, 1, `${kind} ${name} uses the tools of its host`)),
    };
  }

  return {
    instruction: {
      kind,
      name,
      evidence: evidence(file, line("name"), `${kind} ${name}`),
      tools,
      toolsEvidence,
      ...(model === undefined || model === "inherit"
        ? {}
        : {
            model: {
              id: shown(model),
              pinned: pinnedModel.test(model),
              evidence: evidence(file, line("model"), `${kind} ${name} uses model ${shown(model)}`),
            },
          }),
      ...(value["memory"] === undefined
        ? {}
        : { memory: evidence(file, line("memory"), `${kind} ${name} keeps a memory across sessions`) }),
      ...(value["maxTurns"] === undefined
        ? {}
        : { turns: evidence(file, line("maxTurns"), `${kind} ${name} has a limit of turns`) }),
      acts,
    },
    ...(malformed ? { malformed: evidence(file, 1, `front matter of ${kind} ${name} cannot be read`) } : {}),
  };
}
