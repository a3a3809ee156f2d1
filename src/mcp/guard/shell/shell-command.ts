export interface ShellWord {
  readonly text: string;
  /** Part of it is only known when it runs: a variable, a substitution, a pattern of files. */
  readonly dynamic: boolean;
  /** Part of it is the value of a variable, which the shell may split into words. */
  readonly expanded?: true;
}

export interface ShellCommand {
  readonly words: readonly ShellWord[];
  /** Text of a here-document or a here-string. */
  readonly input?: string;
  /** It reads what the command before it in the list writes. */
  readonly piped: boolean;
}

/** A command whose here-document may still follow. */
export type Listed = { -readonly [K in keyof ShellCommand]: ShellCommand[K] };

/** What a line has brought about so far. */
export interface World {
  readonly commands: Listed[];
  readonly variables: Map<string, string>;
  readonly aliases: Map<string, string>;
}

/** Thrown where quotes or brackets do not close, or where it is nested too deep. */
export const unreadable: Error = new Error("the line cannot be read");

export const MAX_DEPTH = 12;
