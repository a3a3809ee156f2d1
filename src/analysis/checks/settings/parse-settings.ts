import type { JsonPath } from "../../../kube/json.ts";
import { pathText } from "../../../kube/json.ts";
import { printable } from "../../../kube/printable.ts";
import type { PlaceMap, ReadDocument } from "../../../kube/read-object.ts";
import { checkShape } from "../../../kube/shape/check-shape.ts";
import type { RecordShape } from "../../../kube/shape/shape.ts";
import { parseRules, type RulesWritten } from "../own-rules/parse-rules.ts";
import { rulesShape, type WrittenRules } from "../own-rules/rule-shape.ts";
import {
  type CheckSettings,
  type Exemption,
  isFixed,
  type SettingsProblem,
  WrongSettings,
} from "./settings.ts";
import { settingsShape, type WrittenCheck, type WrittenSettings } from "./settings-shape.ts";

export type ParsedSettings =
  | { readonly ok: true; readonly settings: CheckSettings }
  | { readonly ok: false; readonly problem: SettingsProblem };

/** What is read of a document of settings or rules. */
export type SettingsDocument = Pick<ReadDocument, "file" | "value" | "places" | "source">;

/**
 * Reads `kubeops.yaml`, and the files of rules that it names. A key that is not known, a check that does not exist, an
 * exemption without a reason and a rule that does not compile are refused.
 */
export function parseSettings(
  document: SettingsDocument,
  isCheck: (id: string) => boolean,
  ruleFiles: readonly SettingsDocument[] = [],
): ParsedSettings {
  try {
    return { ok: true, settings: settingsOf(document, isCheck, ruleFiles) };
  } catch (error) {
    if (error instanceof WrongSettings) return { ok: false, problem: error.problem };
    throw error;
  }
}

/** The files of rules that settings name, as they are written; none where the settings are not in shape. */
export function ruleFilesOf({ value }: SettingsDocument): readonly string[] {
  if (checkShape(settingsShape, value) !== undefined) return [];
  return (value as unknown as WrittenSettings).check?.ruleFiles ?? [];
}

function settingsOf(
  document: SettingsDocument,
  isCheck: (id: string) => boolean,
  ruleFiles: readonly SettingsDocument[],
): CheckSettings {
  inShape(document, settingsShape, "docs/guide/checks.md");
  const check: WrittenCheck = (document.value as unknown as WrittenSettings).check ?? {};
  const rules = rulesOf(document, check, ruleFiles);
  const own = new Set(rules.map(({ id }) => id));
  const known = (id: string, path: JsonPath): string => {
    const place = document.places.value(path);
    if (!isCheck(id) && !own.has(id))
      throw new WrongSettings({
        message: `${quoted(id)} is no check`,
        place,
        hint: "kubeops check --list-checks names them all",
      });
    if (isFixed(id))
      throw new WrongSettings({
        message: `${quoted(id)} says what the API server refuses, and no setting changes that`,
        place,
      });
    return id;
  };
  const ids = (key: "enable" | "disable"): readonly string[] =>
    (check[key] ?? []).map((id, index) => known(id, ["check", key, index]));
  return {
    ...(check.profile === undefined || check.profile === null ? {} : { profile: check.profile }),
    enable: ids("enable"),
    disable: ids("disable"),
    severity: new Map(
      Object.entries(check.severity ?? {}).map(([id, severity]) => [
        known(id, ["check", "severity", id]),
        severity,
      ]),
    ),
    allowedRegistries: check.allowedRegistries ?? [],
    requiredLabels: check.requiredLabels ?? [],
    exemptions: exemptionsOf(check, document.places, known),
    rules,
  };
}

function rulesOf(
  document: SettingsDocument,
  check: WrittenCheck,
  ruleFiles: readonly SettingsDocument[],
): CheckSettings["rules"] {
  const written: RulesWritten[] = [{ document, path: ["check", "rules"], rules: check.rules ?? [] }];
  for (const file of ruleFiles) {
    inShape(file, rulesShape, "docs/guide/own-rules.md");
    const { rules } = file.value as unknown as WrittenRules;
    written.push({ document: file, path: ["rules"], rules });
  }
  return parseRules(written);
}

function exemptionsOf(
  { exemptions }: WrittenCheck,
  places: PlaceMap,
  known: (id: string, path: JsonPath) => string,
): readonly Exemption[] {
  return (exemptions ?? []).map(({ check, reason, namespace, object, container }, index) => {
    const path = ["check", "exemptions", index];
    return {
      check: known(check, [...path, "check"]),
      reason,
      ...given({ namespace, object, container }),
      place: places.value(path),
    };
  });
}

/** The members that say something. */
function given<T extends Readonly<Record<string, string | null | undefined>>>(
  members: T,
): { readonly [K in keyof T]?: string } {
  const said: { [K in keyof T]?: string } = {};
  for (const key in members) {
    const value = members[key];
    if (typeof value === "string") said[key] = value;
  }
  return said;
}

function inShape(document: SettingsDocument, shape: RecordShape, guide: string): void {
  const wrong = checkShape(shape, document.value);
  if (wrong === undefined) return;
  const { path, at, message, hint } = wrong;
  const where = pathText(path);
  throw new WrongSettings({
    message: at === "key" ? message : `${where === "" ? "the document" : printable(where)} ${message}`,
    place: at === "key" ? document.places.key(path) : document.places.value(path),
    hint: hint ?? `see ${guide} for an example`,
  });
}

function quoted(text: string): string {
  return JSON.stringify(printable(text.slice(0, 80)));
}
