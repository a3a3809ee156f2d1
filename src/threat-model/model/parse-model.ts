import { isArray, isObject, type Json, type JsonObject } from "../../kube/json.ts";
import type { Acceptance } from "../compare/compare-models.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { AgentPage } from "../report/page.ts";
import { factorSets } from "../score/factors.ts";
import { modelThreats, type ThreatModel } from "./threat-model.ts";

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };

/**
 * A model out of a file that may say anything: its inventory is checked, and everything else is computed again from it. A
 * file whose states or numbers do not follow from its own evidence is refused, so a better score cannot be written in.
 */
export function parseModel(value: Json): Parsed<ThreatModel> {
  if (!isObject(value) || value["kind"] !== "ThreatModel")
    return bad("it is no threat model (kind ThreatModel)");
  const inventory = value["inventory"];
  if (!isInventory(inventory)) return bad("its inventory is not what kubeops threat-model -o json writes");
  const model = modelThreats(inventory);
  if (JSON.stringify(sorted(model as unknown as Json)) !== JSON.stringify(sorted(value)))
    return bad(
      "its states or numbers do not follow from its own evidence: it was edited, or another version of kubeops made it",
    );
  return { ok: true, value: model };
}

function bad(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}

/** Members in one order, so that two files with the same content are equal. */
function sorted(value: Json): Json {
  if (isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key] ?? null)]),
  );
}

const isText = (value: Json | undefined): boolean => typeof value === "string";
const isEvidence = (value: Json | undefined): boolean =>
  isObject(value) && isText(value["file"]) && typeof value["line"] === "number" && isText(value["what"]);
const isTexts = (value: Json | undefined): boolean => isArray(value) && value.every(isText);
const listOf =
  (test: (value: Json | undefined) => boolean) =>
  (value: Json | undefined): boolean =>
    isArray(value) && value.every(test);
const fields =
  (shape: Readonly<Record<string, (value: Json | undefined) => boolean>>) =>
  (value: Json | undefined): boolean =>
    isObject(value) && Object.entries(shape).every(([key, test]) => test(value[key]));
const optional =
  (test: (value: Json | undefined) => boolean) =>
  (value: Json | undefined): boolean =>
    value === undefined || test(value);
const isFlag = (value: Json | undefined): boolean => typeof value === "boolean";

const isAct = fields({ kind: isText, evidence: isEvidence });
const isTools = fields({ inheritsAll: isFlag, names: isTexts, denied: isTexts, capabilities: isTexts });

const inventoryShape: Readonly<Record<string, (value: Json | undefined) => boolean>> = {
  subject: isText,
  version: optional(isText),
  description: optional(isEvidence),
  manifests: listOf(fields({ host: isText, evidence: isEvidence })),
  instructions: listOf(
    fields({
      kind: isText,
      name: isText,
      evidence: isEvidence,
      tools: isTools,
      toolsEvidence: isEvidence,
      model: optional(fields({ id: isText, pinned: isFlag, evidence: isEvidence })),
      memory: optional(isEvidence),
      turns: optional(isEvidence),
      acts: listOf(isAct),
    }),
  ),
  hooks: listOf(
    fields({ event: isText, matcher: isText, handler: isText, failsClosed: isFlag, evidence: isEvidence }),
  ),
  servers: listOf(
    fields({
      name: isText,
      transport: isText,
      pinned: isFlag,
      fetchesCode: isFlag,
      remote: isFlag,
      encrypted: isFlag,
      exposed: isFlag,
      authenticated: isFlag,
      literalSecrets: listOf(isEvidence),
      credentials: listOf(isEvidence),
      readOnly: isFlag,
      evidence: isEvidence,
    }),
  ),
  settings: listOf(fields({ kind: isText, rule: isText, evidence: isEvidence })),
  scripts: listOf(fields({ path: isText, acts: listOf(isAct), evidence: isEvidence })),
  anomalies: listOf(isAct),
  identities: listOf(
    fields({
      subject: isText,
      readsSecrets: listOf(isEvidence),
      writes: listOf(isEvidence),
      escalates: listOf(isEvidence),
      clusterWide: isFlag,
      evidence: isEvidence,
    }),
  ),
  controls: listOf(
    fields({ id: isText, title: isText, state: isText, code: isTexts, tests: isTexts, evidence: isEvidence }),
  ),
  files: (value) => typeof value === "number",
};

const checkInventory = fields(inventoryShape);

function isInventory(value: Json | undefined): value is JsonObject & Inventory {
  return checkInventory(value);
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Accepted risks: a list of `{change, owner, reason, expires}`. A risk without owner, reason or end is not accepted. */
export function parseAcceptances(value: Json): Parsed<readonly Acceptance[]> {
  const list = isObject(value) ? value["accepted"] : value;
  if (!isArray(list)) return bad("it must be a list, or an object with a list `accepted`");
  const accepted: Acceptance[] = [];
  for (const [index, entry] of list.entries()) {
    const word = (key: string): string => {
      const given = isObject(entry) ? entry[key] : undefined;
      return typeof given === "string" ? given.trim() : "";
    };
    for (const key of ["change", "owner", "reason", "expires"]) {
      if (word(key) === "") return bad(`entry ${index + 1} has no ${key}`);
    }
    const expires = word("expires");
    if (!DAY.test(expires) || Number.isNaN(Date.parse(`${expires}T00:00:00Z`)))
      return bad(`entry ${index + 1}: expires must be a day such as 2027-01-31`);
    accepted.push({ change: word("change"), owner: word("owner"), reason: word("reason"), expires });
  }
  return { ok: true, value: accepted };
}

const LAYERS = 7;
const STEPS = 10;

/** The data of a page (kind AgentPage): name, summary, factors in steps of 0.1, and seven paragraphs. */
export function parseAgentPage(value: Json): Parsed<AgentPage> {
  if (!isObject(value) || value["kind"] !== "AgentPage") return bad("it is no page (kind AgentPage)");
  const { name, summary, factors, layers } = value;
  if (typeof name !== "string" || typeof summary !== "string") return bad("name and summary must be texts");
  if (!isObject(factors)) return bad("factors must be an object");
  const known = factorSets["v0.5"].map(({ id }) => id);
  const values: Record<string, number> = {};
  for (const [id, factor] of Object.entries(factors)) {
    if (!known.includes(id)) return bad(`${JSON.stringify(id)} is no factor; they are ${known.join(", ")}`);
    if (
      typeof factor !== "number" ||
      factor < 0 ||
      factor > 1 ||
      Math.round(factor * STEPS) / STEPS !== factor
    )
      return bad(`factor ${id} must be 0 to 1 in steps of 0.1`);
    values[id] = factor;
  }
  if (!isArray(layers) || layers.length !== LAYERS) return bad("layers must be a list of seven paragraphs");
  const paragraphs = layers.filter((one): one is string => typeof one === "string");
  if (paragraphs.length !== LAYERS) return bad("layers must be texts");
  return { ok: true, value: { name, summary, factors: values, layers: paragraphs } };
}
