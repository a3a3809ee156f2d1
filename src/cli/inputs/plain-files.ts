import { lstatSync, readFileSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import { writeAtomically } from "../../apply/files/atomic-write.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import { type InputFile, readInputs, readStdin, type SkippedFile } from "../../kube/read-inputs.ts";
import { quotedPath } from "../../kube/unrendered.ts";
import { isPackedChart } from "./chart-options.ts";
import type { CliContext } from "../context.ts";
import { projectOf, withoutOwnFiles } from "./inputs.ts";
import { sha256 } from "../sha256.ts";

/** A file that was read to be edited. */
export interface PlainFile {
  readonly input: InputFile;
  /** Its text without byte order mark. */
  readonly text: string;
  readonly bom: boolean;
  /** The file itself, where its name is a link inside the project folder. */
  readonly real: string;
}

export interface PlainFiles {
  readonly files: readonly PlainFile[];
  /** Everything that was read, files that are no text too. */
  readonly inputs: readonly InputFile[];
  readonly skipped: readonly SkippedFile[];
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Files as they lie on the disk: nothing is rendered. Links are followed inside the folder that holds all names, and
 * refused out of it.
 * @throws {OpsError} INPUT_MALFORMED for a packed chart; what `readInputs` throws
 */
export function readPlainFiles(context: Pick<CliContext, "cwd">, names: readonly string[]): PlainFiles {
  const packed = names.find((name) => isPackedChart(context, name));
  if (packed !== undefined)
    throw new OpsError(
      "INPUT_MALFORMED",
      `${printable(packed)} is a packed Helm chart, of which nothing is edited`,
      {
        hint: `edit the folder that it was made of; what is wrong with it says: kubeops check ${quotedPath(packed)}`,
      },
    );
  const project = projectOf(context, names);
  const bytes = new Map<string, Uint8Array>();
  const read = readInputs(
    {
      ...project.files,
      read(path, limit) {
        const content = project.files.read(path, limit);
        bytes.set(project.files.display(path), content);
        return content;
      },
    },
    project.names,
    { sha256, leaveUnrendered: true },
  );
  const { inputs, skipped } = withoutOwnFiles(read);
  return {
    inputs,
    files: inputs.flatMap((input) => {
      const content = bytes.get(input.path);
      return content === undefined
        ? []
        : plainFile(input, content, realpathSync(resolve(context.cwd, input.path)));
    }),
    skipped,
  };
}

/** Standard input as a file that is edited. */
export async function readPlainStdin(context: Pick<CliContext, "readStdin">): Promise<PlainFiles> {
  const content = await context.readStdin();
  const input = readStdin(content, { sha256 });
  return { inputs: [input], files: plainFile(input, content, ""), skipped: [] };
}

function plainFile(input: InputFile, content: Uint8Array, real: string): readonly PlainFile[] {
  const bom = content[0] === 0xef && content[1] === 0xbb && content[2] === 0xbf;
  try {
    return [{ input, text: utf8.decode(content), bom, real }];
  } catch {
    // The reader has told that it is no text.
    return [];
  }
}

export function fileText({ bom }: PlainFile, text: string): string {
  return bom ? `\uFEFF${text}` : text;
}

/**
 * Puts a new text in the place of a file, whole or not at all, with its mode and owner. A file that is not what was read
 * any more is left as it is.
 * @throws {OpsError} INPUT_CHANGED, OUTPUT_FAILED
 */
export function replacePlainFile(context: Pick<CliContext, "cwd">, file: PlainFile, text: string): void {
  const { input, real } = file;
  const changed = (cause?: unknown): OpsError =>
    new OpsError("INPUT_CHANGED", `${printable(input.path)} changed while it was worked on`, {
      hint: "run the command again",
      ...(cause === undefined ? {} : { cause }),
    });
  let stat: ReturnType<typeof lstatSync>;
  try {
    stat = lstatSync(real);
    const same =
      realpathSync(resolve(context.cwd, input.path)) === real &&
      stat.isFile() &&
      sha256(readFileSync(real)) === input.sha256;
    if (!same) throw changed();
  } catch (error) {
    throw OpsError.is(error) ? error : changed(error);
  }
  const owner = { uid: stat.uid, gid: stat.gid };
  writeAtomically(real, fileText(file, text), { mode: stat.mode & 0o7777, owner });
}
