import { existsSync } from "node:fs";
import { join } from "node:path";
import { ruleOf } from "../analysis/checks/rule-table.ts";
import { type Baseline, parseBaseline } from "../analysis/checks/settings/baseline.ts";
import { parseSettings } from "../analysis/checks/settings/parse-settings.ts";
import { type CheckSettings, noSettings } from "../analysis/checks/settings/settings.ts";
import { OpsError } from "../kube/ops-error.ts";
import { printable } from "../kube/printable.ts";
import type { CliContext } from "./context.ts";
import { readOneDocument } from "./read-document.ts";

const NAME = "kubeops.yaml";

/** The settings of the working folder, or of the file that is named; none where there is none. */
export function readSettings(context: CliContext, named: string | undefined): CheckSettings {
  if (named === undefined && !existsSync(join(context.cwd, NAME))) return noSettings;
  const document = readOneDocument(context, named ?? NAME, { plain: true });
  const parsed = parseSettings(document.value, document.places, (id) => ruleOf(id) !== undefined);
  if (parsed.ok) return parsed.settings;
  const { message, path, hint } = parsed.problem;
  throw new OpsError("INPUT_MALFORMED", message, {
    place: document.places.value(path),
    ...(hint === undefined ? {} : { hint }),
  });
}

export function readBaseline(context: CliContext, path: string): Baseline {
  const baseline = parseBaseline(readOneDocument(context, path, { plain: true }).value);
  if (baseline === undefined)
    throw new OpsError("INPUT_MALFORMED", `${printable(path)} is no baseline`, {
      hint: "kubeops check ... --write-baseline FILE writes one",
    });
  return baseline;
}
