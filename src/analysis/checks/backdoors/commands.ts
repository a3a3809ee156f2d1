import { mappingsAt, textAt, textsAt, type ContainerSubject } from "../practices/subjects.ts";
import type { JsonObject, JsonPath } from "../../../kube/json.ts";

/** A text of a container that is run, with its place. */
export interface RunText {
  readonly path: JsonPath;
  readonly text: string;
}

/** Longer than any command that a person writes; what stands further on is looked at through its beginning alone. */
export const MAX_TEXT: number = 64 * 1024;

/** Command and arguments as one line; nothing where there are none. */
export function commandTexts(container: JsonObject, path: JsonPath): readonly RunText[] {
  const command = textsAt(container, "command");
  const words = [...command, ...textsAt(container, "args")].map(([, word]) => word);
  if (words.length === 0) return [];
  return [
    {
      path: [...path, command.length > 0 ? "command" : "args"],
      text: words.join(" ").slice(0, MAX_TEXT),
    },
  ];
}

/** Every text that a container runs: command and arguments as one line, probes and lifecycle hooks. */
export function runTexts({ container, path }: ContainerSubject): readonly RunText[] {
  const texts = [...commandTexts(container, path)];
  for (const where of [
    ["livenessProbe", "exec"],
    ["readinessProbe", "exec"],
    ["startupProbe", "exec"],
    ["lifecycle", "postStart", "exec"],
    ["lifecycle", "preStop", "exec"],
  ] as const) {
    const inner = textsAt(container, ...where, "command").map(([, word]) => word);
    if (inner.length > 0)
      texts.push({ path: [...path, ...where, "command"], text: inner.join(" ").slice(0, MAX_TEXT) });
  }
  return texts;
}

/** The values of a container's variables, which a shell may run. */
export function variableTexts({ container, path }: ContainerSubject): readonly RunText[] {
  return mappingsAt(container, "env").flatMap(([index, variable]) => {
    const value = textAt(variable, "value");
    return value === undefined
      ? []
      : [{ path: [...path, "env", index, "value"], text: value.slice(0, MAX_TEXT) }];
  });
}

const base64 = /[A-Za-z0-9+/]{24,}={0,2}/g;

/** A text, and what stands in it in base64, once and twice over. */
export function withDecoded(text: string): readonly string[] {
  const texts = [text];
  for (let depth = 0, from = 0; depth < 2; depth++) {
    const until = texts.length;
    for (; from < until; from++) {
      for (const match of (texts[from] ?? "").matchAll(base64)) {
        const plain = plainText(match[0]);
        if (plain !== undefined) texts.push(plain);
        if (texts.length > 50) return texts;
      }
    }
  }
  return texts;
}

/** The text that base64 stands for; undefined where it is no text. */
function plainText(encoded: string): string | undefined {
  try {
    const text = atob(encoded);
    return /^[\t\n\r -~]{12,}$/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
