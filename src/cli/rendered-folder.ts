import type { InputFile, SkippedFile } from "../kube/read-inputs.ts";

/** What stands for a folder that was named. */
export interface RenderedFolder {
  /** The objects that it makes, and what was found while they were made. */
  readonly input?: InputFile;
  /** What of it was left aside, and why. */
  readonly skipped: readonly SkippedFile[];
  /** It could not be rendered here: it is also read as it stands. */
  readonly asItStands: boolean;
}
