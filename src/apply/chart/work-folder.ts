import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A fresh folder of our own with an empty home in it; removed also when the process ends early. */
export interface WorkFolder {
  readonly path: string;
  readonly remove: () => void;
}

export function makeWorkFolder(): WorkFolder {
  const path = mkdtempSync(join(tmpdir(), "kubeops-helm-"));
  mkdirSync(join(path, "home"));
  const erase = (): void => rmSync(path, { recursive: true, force: true });
  process.once("exit", erase);
  return {
    path,
    remove: () => {
      process.removeListener("exit", erase);
      erase();
    },
  };
}
