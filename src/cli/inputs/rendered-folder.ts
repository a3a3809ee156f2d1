import type { InputFile, SkippedFile } from "../../kube/read-inputs.ts";

/** What stands for a folder or an archive that was named. */
export interface RenderedFolder {
  /** The objects that it makes, and what was found while they were made. */
  readonly input?: InputFile;
  /** What of it was left aside, and why. */
  readonly skipped: readonly SkippedFile[];
  /** It is a folder that could not be rendered here: it is also read as it stands. */
  readonly asItStands: boolean;
}
