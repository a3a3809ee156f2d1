import { isArray, isObject, type Json, type JsonObject, type JsonPath } from "../../../kube/json.ts";
import { printable } from "../../../kube/printable.ts";
import type { Severity } from "../../../kube/problem.ts";
import type { PlaceMap } from "../../../kube/read-object.ts";
import { type Profile, profiles } from "../practices/practice.ts";
import type { CheckSettings, Exemption, SettingsProblem } from "./settings.ts";

export type ParsedSettings =
  | { readonly ok: true; readonly settings: CheckSettings }
  | { readonly ok: false; readonly problem: SettingsProblem };

/** Families that say what the API server refuses: nobody's settings change that. */
export const fixed: ReadonlySet<string> = new Set(["yaml", "object", "schema", "server"]);
/** What a finding can weigh. */
export const severities: readonly string[] = ["error", "warning", "info"];
const EXAMPLE = "see docs/guide/checks.md for an example";

/** Thrown within this file only; parseSettings gives it back as a value. */
class Wrong extends Error {
  readonly problem: SettingsProblem;
  constructor(message: string, path: JsonPath, hint?: string) {
    super(message);
    this.problem = { message, path, ...(hint === undefined ? {} : { hint }) };
  }
}

/** Reads `kubeops.yaml`. A key that is not known, a check that does not exist and an exemption without a reason are refused. */
export function parseSettings(
  value: Json,
  places: PlaceMap,
  isCheck: (id: string) => boolean,
): ParsedSettings {
  try {
    return { ok: true, settings: settingsOf(value, places, isCheck) };
  } catch (error) {
    if (error instanceof Wrong) return { ok: false, problem: error.problem };
    throw error;
  }
}

function settingsOf(value: Json, places: PlaceMap, isCheck: (id: string) => boolean): CheckSettings {
  const root = mapping(value, [], ["apiVersion", "kind", "check"]);
  if (root["apiVersion"] !== "kubernetes-operations.dev/v1")
    throw new Wrong("apiVersion must be kubernetes-operations.dev/v1", ["apiVersion"], EXAMPLE);
  if (root["kind"] !== "Settings") throw new Wrong("kind must be Settings", ["kind"], EXAMPLE);
  const check = mapping(
    root["check"] ?? {},
    ["check"],
    ["profile", "enable", "disable", "severity", "allowedRegistries", "requiredLabels", "exemptions"],
  );
  const known = (id: string, path: JsonPath): string => {
    if (!isCheck(id))
      throw new Wrong(`${quoted(id)} is no check`, path, "kubeops check --list-checks names them all");
    if (fixed.has(id.split("/")[0] ?? ""))
      throw new Wrong(`${quoted(id)} says what the API server refuses, and no setting changes that`, path);
    return id;
  };
  const ids = (key: string): readonly string[] =>
    texts(check[key], ["check", key]).map((id, index) => known(id, ["check", key, index]));
  return {
    ...profileOf(check["profile"]),
    enable: ids("enable"),
    disable: ids("disable"),
    severity: severityOf(check["severity"], known),
    allowedRegistries: texts(check["allowedRegistries"], ["check", "allowedRegistries"]),
    requiredLabels: texts(check["requiredLabels"], ["check", "requiredLabels"]),
    exemptions: exemptionsOf(check["exemptions"], places, known),
  };
}

function profileOf(value: Json | undefined): { readonly profile?: Profile } {
  if (value === undefined || value === null) return {};
  const profile = profiles.find((one) => one === value);
  if (profile === undefined)
    throw new Wrong(`profile must be one of ${profiles.join(", ")}`, ["check", "profile"]);
  return { profile };
}

function severityOf(
  value: Json | undefined,
  known: (id: string, path: JsonPath) => string,
): ReadonlyMap<string, Severity> {
  const map = new Map<string, Severity>();
  if (value === undefined || value === null) return map;
  const path = ["check", "severity"];
  if (!isObject(value)) throw new Wrong("severity must be a mapping from checks to severities", path);
  for (const [id, severity] of Object.entries(value)) {
    known(id, [...path, id]);
    if (typeof severity !== "string" || !severities.includes(severity))
      throw new Wrong(`a severity is ${severities.join(", ")}`, [...path, id]);
    map.set(id, severity as Severity);
  }
  return map;
}

function exemptionsOf(
  value: Json | undefined,
  places: PlaceMap,
  known: (id: string, path: JsonPath) => string,
): readonly Exemption[] {
  if (value === undefined || value === null) return [];
  if (!isArray(value)) throw new Wrong("exemptions must be a list", ["check", "exemptions"]);
  return value.map((entry, index) => {
    const path = ["check", "exemptions", index];
    const map = mapping(entry, path, ["check", "namespace", "object", "container", "reason"]);
    const word = (key: string): string | undefined => {
      const text = map[key];
      if (text === undefined || text === null) return undefined;
      if (typeof text !== "string" || text.trim() === "")
        throw new Wrong(`${key} must be a text`, [...path, key]);
      return text;
    };
    const check = word("check");
    const reason = word("reason");
    if (check === undefined) throw new Wrong("an exemption names a check", path);
    if (reason === undefined)
      throw new Wrong("an exemption has a reason", path, "say why the place need not keep the check");
    const [namespace, object, container] = [word("namespace"), word("object"), word("container")];
    return {
      check: known(check, [...path, "check"]),
      reason,
      ...(namespace === undefined ? {} : { namespace }),
      ...(object === undefined ? {} : { object }),
      ...(container === undefined ? {} : { container }),
      place: places.value(path),
    };
  });
}

function mapping(value: Json | undefined, path: JsonPath, keys: readonly string[]): JsonObject {
  if (!isObject(value)) throw new Wrong("a mapping is expected here", path, EXAMPLE);
  const strange = Object.keys(value).find((key) => !keys.includes(key));
  if (strange !== undefined)
    throw new Wrong(`${quoted(strange)} is not known`, [...path, strange], `known: ${keys.join(", ")}`);
  return value;
}

function texts(value: Json | undefined, path: JsonPath): readonly string[] {
  if (value === undefined || value === null) return [];
  if (!isArray(value)) throw new Wrong("a list of texts is expected here", path);
  return value.map((item, index) => {
    if (typeof item !== "string" || item === "") throw new Wrong("a text is expected here", [...path, index]);
    return item;
  });
}

function quoted(text: string): string {
  return JSON.stringify(printable(text.slice(0, 80)));
}
