import type { JsonObject, JsonPath } from "../../../kube/json.ts";
import { valueAt } from "../../../kube/json.ts";
import { objectKey, versionText } from "../../../kube/object-key.ts";
import { resourceOf } from "../../../kube/catalogue/catalogue.ts";
import type { ObjectKey, ReadObject } from "../../../kube/read-object.ts";
import type { Finding } from "../../findings/finding.ts";
import { bodyNoteOf } from "./body-notes.ts";
import { defaultsThatChange } from "./changed-defaults.ts";
import { deprecatedFieldsOf } from "./deprecated-fields.ts";
import { componentAdvice, componentFileRowOf, isRead } from "./component-files.ts";
import { readerOf } from "./component-table.ts";
import { brokenGates } from "./feature-gates.ts";
import { isDeprecated, isServed, lifecycleOf, replacementOf, replacementText } from "./lifecycle.ts";
import { hasCome, type Release, releaseText, thirdPartyRowOf } from "./third-party-table.ts";
import { upgradeFinding } from "./upgrade-table.ts";
import { deprecatedUses } from "./use-table.ts";

/** An upgrade of a cluster, in minors of Kubernetes 1. */
export interface Upgrade {
  readonly from: number;
  readonly to: number;
  /** Releases of products that come with it; of the others the newest is meant. */
  readonly products?: ReadonlyMap<string, Release>;
}

/** What the tables say of an upgrade: versions, fields, uses, defaults and gates that go or change. */
export function upgradeFindings(
  objects: readonly ReadObject[],
  upgrade: Upgrade,
  definitions: ReadonlyMap<string, JsonObject>,
): readonly Finding[] {
  return objects.flatMap((read) => {
    const key = objectKey(read.object);
    return [
      ...removedApi(read, key, upgrade),
      ...deprecatedApi(read, key, upgrade.to),
      ...removedComponentApi(read, key, upgrade),
      ...deprecatedComponentApi(read, upgrade.to),
      ...thirdParty(read, key, upgrade, definitions),
      ...deprecatedParts(read, key, upgrade.to),
      ...defaultsThatChange(read.object, upgrade.from, upgrade.to).map(({ row, path }) =>
        upgradeFinding("upgrade/changed-default", read, path, {
          what: row.what,
          other: `1.${row.minor}`,
          hint: row.hint,
          ...(row.severity === undefined ? {} : { severity: row.severity }),
        }),
      ),
      ...brokenGates(read.object, upgrade.from, upgrade.to).map(({ name, path, reason }) =>
        upgradeFinding("upgrade/feature-gate", read, path, { what: name, other: reason, at: "key" }),
      ),
    ];
  });
}

const VERSION: JsonPath = ["apiVersion"];

function removedApi(read: ReadObject, key: ObjectKey, { from, to }: Upgrade): readonly Finding[] {
  // What neither serves is told without an upgrade.
  if (!isServed(key, from) || isServed(key, to)) return [];
  return [
    upgradeFinding("upgrade/removed-api", read, VERSION, {
      what: `${versionText(key)} ${key.kind}`,
      other: `1.${to}`,
      hint: adviceFor(key, to),
    }),
  ];
}

/** What the server of a minor warns of: a version that it serves and that is deprecated. */
function deprecatedApi(read: ReadObject, key: ObjectKey, minor: number): readonly Finding[] {
  if (!isServed(key, minor) || !isDeprecated(key, minor)) return [];
  const { deprecated, removed } = lifecycleOf(key) ?? {};
  const until = removed === undefined ? "" : `, and not served from 1.${removed} on`;
  return [
    upgradeFinding("upgrade/deprecated-api", read, VERSION, {
      what: `${versionText(key)} ${key.kind}`,
      other: `since Kubernetes 1.${deprecated}${until}`,
      hint: adviceFor(key, minor),
    }),
  ];
}

/** The same for what is on by default in a minor, where nobody speaks of an upgrade. */
export function deprecatedByDefault(read: ReadObject, minor: number): readonly Finding[] {
  const key = objectKey(read.object);
  return resourceOf(key)?.minors.includes(minor) === true ? deprecatedApi(read, key, minor) : [];
}

function removedComponentApi(read: ReadObject, key: ObjectKey, { from, to }: Upgrade): readonly Finding[] {
  // What neither reads is told without an upgrade.
  if (isRead(key, from) !== true || isRead(key, to) !== false) return [];
  return [
    upgradeFinding("upgrade/removed-component-api", read, VERSION, {
      what: `${versionText(key)} ${key.kind}`,
      other: `${readerOf(key.group)} of Kubernetes 1.${to}`,
      hint: componentAdvice(key, to),
    }),
  ];
}

/** A file of a version that its component reads and warns of, also where nobody speaks of an upgrade. */
export function deprecatedComponentApi(read: ReadObject, minor: number): readonly Finding[] {
  const key = objectKey(read.object);
  const { deprecated, removed } = componentFileRowOf(key) ?? {};
  if (deprecated === undefined || deprecated > minor || isRead(key, minor) === false) return [];
  const until = removed === undefined ? "" : `, and not read from 1.${removed} on`;
  return [
    upgradeFinding("upgrade/deprecated-component-api", read, VERSION, {
      what: `${versionText(key)} ${key.kind}`,
      other: `since Kubernetes 1.${deprecated}${until}`,
      hint: componentAdvice(key, minor),
    }),
  ];
}

/** What to write instead of a version that goes, and what that changes; told of the version that a minor serves. */
export function adviceFor(key: ObjectKey, minor: number): string {
  const replacement = replacementOf(key, minor);
  const note = bodyNoteOf(key);
  const then = note === undefined ? "" : `; ${note}`;
  if (replacement === undefined) return `no version of it is served any more${then}`;
  const off = replacement.minors.includes(minor) ? "" : ", which is off by default";
  return `Kubernetes 1.${minor} serves it as ${replacementText(key, replacement)}${off}${then}`;
}

/** Kinds of other products. A definition among the inputs or in the store knows better than the table. */
function thirdParty(
  read: ReadObject,
  key: ObjectKey,
  { products }: Upgrade,
  definitions: ReadonlyMap<string, JsonObject>,
): readonly Finding[] {
  const row = thirdPartyRowOf(key);
  if (row === undefined || servesItself(definitions.get(`${key.group}/${key.kind}`), key.version)) return [];
  const target = products?.get(row.product);
  const note = row.note === undefined ? "" : `; ${row.note}`;
  const hint = row.replacement === undefined ? "nothing takes its place" : `use ${row.replacement}${note}`;
  const what = `${versionText(key)} ${key.kind}`;
  if (row.removed !== undefined && hasCome(row.removed, target)) {
    const other = `${row.product} ${releaseText(row.removed)}`;
    return [upgradeFinding("upgrade/removed-custom-api", read, VERSION, { what, other, hint })];
  }
  if (!hasCome(row.deprecated, target)) return [];
  const goes = row.removed === undefined ? "" : ` (not served from ${releaseText(row.removed)} on)`;
  const other = `${row.product} ${releaseText(row.deprecated)}${goes}`;
  return [upgradeFinding("upgrade/deprecated-custom-api", read, VERSION, { what, other, hint })];
}

function servesItself(definition: JsonObject | undefined, version: string): boolean {
  const versions = definition === undefined ? undefined : valueAt(definition, ["spec", "versions"]);
  return (
    Array.isArray(versions) &&
    versions.some(
      (one) =>
        valueAt(one, ["name"]) === version &&
        valueAt(one, ["served"]) === true &&
        valueAt(one, ["deprecated"]) !== true,
    )
  );
}

function deprecatedParts(read: ReadObject, key: ObjectKey, minor: number): readonly Finding[] {
  const told = new Set<string>();
  const found: Finding[] = [];
  for (const { row, use } of deprecatedUses(read.object, key, minor)) {
    told.add(JSON.stringify(use.path));
    const at = use.key ? "key" : "value";
    if (row.dead !== undefined && row.dead <= minor)
      found.push(
        upgradeFinding("upgrade/no-effect", read, use.path, {
          what: row.what,
          other: `since Kubernetes 1.${row.dead} nothing reads it${row.fatal === undefined ? "" : ", and Pods with it do not start"}`,
          hint: row.instead,
          ...(row.fatal === undefined ? {} : { severity: "error" as const }),
          at,
        }),
      );
    else
      found.push(
        upgradeFinding("upgrade/deprecated-field", read, use.path, {
          what: row.what,
          other: `the API server of 1.${minor} warns of it`,
          hint: row.instead,
          at,
        }),
      );
  }
  for (const { path, text } of deprecatedFieldsOf(read, key, minor)) {
    if (told.has(JSON.stringify(path))) continue;
    found.push(
      upgradeFinding("upgrade/deprecated-field", read, path, {
        what: String(path.at(-1)),
        other: text,
        at: "key",
      }),
    );
  }
  return found;
}
