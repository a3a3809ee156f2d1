export interface ShellWords {
  readonly words: readonly string[];
  /** Compose stops at the first of `; & | < >` outside quotes: what it stopped at. */
  readonly stoppedAt?: string;
  /** A quote or a backslash is not closed. */
  readonly open: boolean;
}

/**
 * Splits a command as Compose does (compose-go types/command.go; github.com/mattn/go-shellwords, Parse): words by white
 * space, single and double quotes, backslashes; no expansion, and no shell runs it.
 */
export function shellWords(text: string): ShellWords {
  const words: string[] = [];
  let word = "";
  let started = false;
  let quote = "";
  let escaped = false;
  for (const character of text) {
    if (escaped) {
      word += character;
      escaped = false;
      started = true;
    } else if (character === "\\" && quote !== "'") escaped = true;
    else if (quote !== "") {
      if (character === quote) quote = "";
      else word += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      started = true;
    } else if (/\s/.test(character)) {
      if (started) words.push(word);
      word = "";
      started = false;
    } else if (/[;&|<>]/.test(character)) {
      if (started) words.push(word);
      return { words, stoppedAt: character, open: false };
    } else {
      word += character;
      started = true;
    }
  }
  if (started) words.push(word);
  return { words, open: quote !== "" || escaped };
}

/**
 * Text that Kubernetes gives to the container as it stands: `$(NAME)` in commands, arguments and variables would be
 * replaced, and `$$` would become `$` (k8s.io/kubernetes third_party/forked/golang/expansion).
 */
export function escapeExpansion(text: string): string {
  return text.replaceAll(/\$+(?=(.?))/gs, (dollars, next: string) =>
    dollars.length > 1 || next === "(" ? dollars + dollars : dollars,
  );
}
