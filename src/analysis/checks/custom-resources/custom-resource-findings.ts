import { type JsonObject, type JsonPath, valueAt } from "../../../kube/json.ts";
import { nearestName } from "../../../kube/nearest-name.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { printable } from "../../../kube/printable.ts";
import type { ReadObject } from "../../../kube/read-object.ts";
import { crdFaults, isCrd } from "../../../kube/structural/crd.ts";
import type { Fault } from "../../../kube/structural/fault.ts";
import { instanceFaults } from "../../../kube/structural/instance.ts";
import {
  type DefinedVersion,
  SchemaTooLarge,
  type Structural,
  versionsOfCrd,
} from "../../../kube/structural/schema.ts";
import type { Finding } from "../../findings/finding.ts";
import { type CustomResourceCode, customResourceFinding } from "./custom-resource-table.ts";

/** Most findings of one object: a list of ten thousand wrong items is one mistake. */
const MAX_FINDINGS = 100;

const instanceCodes: Readonly<Record<Fault["kind"], CustomResourceCode>> = {
  unknown: "custom-resource/unknown-field",
  required: "custom-resource/required",
  type: "custom-resource/type",
  value: "custom-resource/value",
  duplicate: "custom-resource/duplicate",
  rule: "custom-resource/rule",
  cost: "custom-resource/cost",
  expression: "custom-resource/rule",
  schema: "custom-resource/value",
  uncertain: "custom-resource/not-certain",
};

const definitionCodes: Readonly<Record<Fault["kind"], CustomResourceCode>> = {
  unknown: "definition/field",
  required: "definition/field",
  type: "definition/field",
  value: "definition/field",
  duplicate: "definition/field",
  rule: "definition/schema",
  cost: "definition/cost",
  expression: "definition/expression",
  schema: "definition/schema",
  uncertain: "definition/not-certain",
};

/**
 * What the API server of a minor would refuse of custom resources and of their definitions. `definitions`: the definition
 * of a kind, by `group/kind`, from the inputs or a store.
 */
export function customResourceFindings(
  reads: readonly ReadObject[],
  minor: number,
  definitions: ReadonlyMap<string, JsonObject>,
): readonly Finding[] {
  const versions = new Map<JsonObject, readonly DefinedVersion[]>();
  return reads.flatMap((read) => {
    if (isCrd(read.object)) return definitionFindings(read, minor);
    const { group, kind } = objectKey(read.object);
    const definition = definitions.get(`${group}/${kind}`);
    return definition === undefined ? [] : instanceFindings(read, minor, versionsOf(definition, versions));
  });
}

function versionsOf(
  definition: JsonObject,
  known: Map<JsonObject, readonly DefinedVersion[]>,
): readonly DefinedVersion[] {
  const before = known.get(definition);
  if (before !== undefined) return before;
  let made: readonly DefinedVersion[];
  try {
    made = versionsOfCrd(definition);
  } catch (error) {
    // The finding of the definition says it.
    if (!(error instanceof SchemaTooLarge)) throw error;
    made = [];
  }
  known.set(definition, made);
  return made;
}

function definitionFindings(read: ReadObject, minor: number): readonly Finding[] {
  return crdFaults(read.object, minor)
    .slice(0, MAX_FINDINGS)
    .map((fault) =>
      customResourceFinding(definitionCodes[fault.kind], read, fault.path, { other: fault.message }),
    );
}

function instanceFindings(
  read: ReadObject,
  minor: number,
  versions: readonly DefinedVersion[],
): readonly Finding[] {
  if (versions.length === 0) return [];
  const { version } = objectKey(read.object);
  const defined = versions.find(({ name }) => name === version);
  if (defined?.served !== true) {
    const served = versions.filter((each) => each.served).map(({ name }) => name);
    const hint = served.length === 0 ? "no version is served" : `served are ${printable(served.join(", "))}`;
    return [customResourceFinding("custom-resource/not-served", read, ["apiVersion"], { hint })];
  }
  return instanceFaults(read.object, defined, minor)
    .slice(0, MAX_FINDINGS)
    .map((fault) => {
      const code = instanceCodes[fault.kind];
      const meant = fault.kind === "unknown" ? nearest(defined.schema, fault.path) : undefined;
      return customResourceFinding(code, read, fault.path, {
        other: fault.message,
        ...(meant === undefined ? {} : { hint: `did you mean ${printable(meant)}?` }),
      });
    });
}

/** The field of the schema that somebody may have meant. */
function nearest(schema: Structural | undefined, path: JsonPath): string | undefined {
  let current = schema;
  for (const step of path.slice(0, -1)) {
    const next: Structural | true | undefined =
      typeof step === "number" ? current?.items : (current?.properties.get(step) ?? current?.additional);
    current = next === true ? undefined : next;
  }
  const name = path.at(-1);
  return typeof name === "string" && current !== undefined
    ? nearestName(name, current.properties.keys())
    : undefined;
}

/** The definitions among objects, by `group/kind`. */
export function definitionsAmong(reads: readonly ReadObject[]): ReadonlyMap<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  for (const { object } of reads) {
    if (!isCrd(object)) continue;
    const group = valueAt(object, ["spec", "group"]);
    const kind = valueAt(object, ["spec", "names", "kind"]);
    if (typeof group === "string" && typeof kind === "string") found.set(`${group}/${kind}`, object);
  }
  return found;
}
