import { readFileSync, statSync } from "node:fs";
import { parseCheckpoint } from "./checkpoint.ts";
import type { Checkpoint } from "./event.ts";
import { openNote, parseVerifier } from "./signed-note.ts";
import { verifyLog } from "./verify.ts";

// The stand-alone verifier: `node audit-verify.mjs LOG_FOLDER --key KEYFILE_OR_TEXT [--checkpoint FILE]`. It needs no
// other file of ours, so that whoever audits a log can read the whole of what he runs.

const usage = `usage: audit-verify LOG_FOLDER --key KEY [--checkpoint FILE]

Verifies an audit log without trusting whoever wrote it.
  KEY    the log's verifier key (name+hash+base64), or a file that holds it; keep it outside of the log's folder
  FILE   a checkpoint that was kept outside of the folder: with it truncation and fork up to its size are found
Exit: 0 the log is valid, 1 it is not, 2 it could not be asked.

example: node audit-verify.mjs ~/.local/state/kubeops/log --key ./log.key.pub --checkpoint ./checkpoint-of-monday
`;

// A full bundle of the largest entries: 256 × (2 + 65535) bytes.
const maxFileBytes = 256 * 65_537;

class UsageError extends Error {}

function main(args: readonly string[]): number {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(usage);
    return 0;
  }
  const { folder, key, checkpointFile } = readArguments(args);
  const verifierKey = parseVerifier(key) === undefined ? fileText(key, "key").trim() : key;
  const outside = checkpointFile === undefined ? undefined : outsideCheckpoint(checkpointFile, verifierKey);
  const report = verifyLog((path) => readIfThere(`${folder}/${path}`), verifierKey, outside);
  const lines = [
    report.valid ? "valid" : "NOT VALID",
    `entries  ${report.size}`,
    `root     ${report.root}`,
    ...report.problems.map((problem) => `problem  ${problem}`),
    ...report.notExcluded.map((what) => `open     ${what}`),
  ];
  process.stdout.write(`${lines.map(printable).join("\n")}\n`);
  return report.valid ? 0 : 1;
}

function readArguments(args: readonly string[]): {
  readonly folder: string;
  readonly key: string;
  readonly checkpointFile: string | undefined;
} {
  const folders: string[] = [];
  const named = new Map<string, string>();
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? "";
    if (!argument.startsWith("-")) folders.push(argument);
    else {
      const [, name, inline] = /^--(key|checkpoint)(?:=(.*))?$/s.exec(argument) ?? [];
      if (name === undefined) throw new UsageError(`unknown option ${argument}`);
      const value = inline ?? args[(index += 1)];
      if (value === undefined || value === "") throw new UsageError(`--${name} needs a value`);
      if (named.has(name)) throw new UsageError(`--${name} is given twice`);
      named.set(name, value);
    }
  }
  const [folder] = folders;
  const key = named.get("key");
  if (folder === undefined || folders.length > 1) throw new UsageError("name one log folder");
  if (key === undefined)
    throw new UsageError("--key is missing: a key from inside the folder proves nothing");
  return { folder, key, checkpointFile: named.get("checkpoint") };
}

/** A signed checkpoint must hold; three bare lines are believed, as whoever kept them outside says so. */
function outsideCheckpoint(path: string, verifierKey: string): Checkpoint {
  const text = fileText(path, "checkpoint");
  const verifier = parseVerifier(verifierKey);
  const opened = verifier && text.includes("\n\n") ? openNote(Buffer.from(text, "utf8"), verifier) : { text };
  if ("problem" in opened) throw new UsageError(`${path}: ${opened.problem}`);
  const parsed = parseCheckpoint(opened.text);
  if (parsed === undefined) throw new UsageError(`${path} is no checkpoint`);
  return parsed.checkpoint;
}

function fileText(path: string, what: string): string {
  const bytes = readIfThere(path);
  if (bytes === undefined) throw new UsageError(`the ${what} file ${path} is not there`);
  return bytes.toString("utf8");
}

function readIfThere(path: string): Buffer | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    // A pipe would hang us, a device never end; no file of a log is as large as this.
    if (!found.isFile() || found.size > maxFileBytes) throw new UsageError(`${path} is no file of a log`);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOTDIR") return undefined;
    throw new UsageError(`${path} cannot be read (${String(code)})`, { cause: error });
  }
}

/** Names come from files that nobody has verified yet: nothing of them may steer a terminal. */
function printable(line: string): string {
  return line.replace(/[^\x20-\x7e]/g, (char) => `\\u{${char.codePointAt(0)?.toString(16) ?? ""}}`);
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${printable(error.message)}\n\n${usage}`);
  process.exitCode = 2;
}
