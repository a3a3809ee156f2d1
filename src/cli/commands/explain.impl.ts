import { ruleCodes, ruleOf } from "../../analysis/checks/rule-table.ts";
import { checkTextOfOwn } from "../../analysis/checks/explain/own-check-text.ts";
import { type OwnRule, ruleOfOwn } from "../../analysis/checks/own-rules/own-rule.ts";
import { findResources, resourceWords } from "../../kube/catalogue/find-resource.ts";
import type { ResourceType } from "../../kube/catalogue/catalogue.ts";
import { ExitCode } from "../../kube/error-table.ts";
import { isArray, isObject, type JsonObject, valueAt } from "../../kube/json.ts";
import { nearestName } from "../../kube/nearest-name.ts";
import { versionText } from "../../kube/object-key.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import { explainNative } from "../../kube/schema/explain-native.ts";
import { explainOpenApi } from "../../kube/schema/explain-openapi.ts";
import type { Explained } from "../../kube/schema/explained.ts";
import { componentFileKinds, componentSchemaOf, schemaOf } from "../../kube/schema/schemas.ts";
import type { CliContext } from "../context.ts";
import { checkText, elsewhereText, type ExplainedKind, explainText } from "../display/explain-text.ts";
import { quoted } from "../display/quoted.ts";
import { type Style, style } from "../display/style.ts";
import { guarded } from "../errors.ts";
import { wantsColor } from "../flags.ts";
import { cachePath } from "../paths.ts";
import { openSchemaStore, type SchemaStore } from "../schema-store/schema-store.ts";
import { minorOf } from "../kube-version.ts";

export interface ExplainFlags {
  readonly kubeVersion?: string;
  readonly apiVersion?: string;
  readonly recursive: boolean;
  readonly config?: string;
  readonly output: "text" | "json";
  readonly color: "auto" | "always" | "never";
}

export async function explain(this: CliContext, flags: ExplainFlags, asked: string): Promise<void> {
  await guarded(this, flags, async () => {
    const paint = style(wantsColor(this, flags));
    const { stdout } = this.process;
    const own = await ownChecks(this, flags.config, asked);
    const told = await explainedCheck(asked, { output: flags.output, paint, own });
    if (told !== undefined) {
      stdout.write(told);
      return ExitCode.done;
    }
    const explained = await find(asked, flags, openSchemaStore(cachePath(this)));
    stdout.write(
      flags.output === "json"
        ? `${JSON.stringify(explanationJson(explained, flags.recursive))}\n`
        : explainText(explained, flags.recursive, paint),
    );
    return ExitCode.done;
  });
}

const HEAD = { apiVersion: "kubernetes-operations.dev/v1", kind: "Explanation" };

interface Answer {
  readonly output: "text" | "json";
  readonly paint: Style;
  readonly own: readonly OwnRule[];
}

/** The rules of one's own, where one of them is asked for: settings that are wrong must not stop everything else. */
async function ownChecks(
  context: CliContext,
  config: string | undefined,
  asked: string,
): Promise<readonly OwnRule[]> {
  if (!asked.startsWith("own/") && config === undefined) return [];
  // Reading them takes the compiler of CEL, which nothing else here needs.
  const { readSettings } = await import("../check-settings.ts");
  return readSettings(context, config).rules;
}

/** A check of ours, or one of another tool, as it is asked for; undefined where a field may be meant. */
async function explainedCheck(asked: string, { output, paint, own }: Answer): Promise<string | undefined> {
  const { checkTextOf } = await import("../../analysis/checks/explain/check-text.ts");
  const mine = own.find(({ id }) => id === asked);
  const check = mine === undefined ? checkTextOf(asked) : checkTextOfOwn(mine);
  if (check !== undefined) {
    const { help } = mine === undefined ? (ruleOf(asked) ?? {}) : ruleOfOwn(mine);
    return output === "json"
      ? `${JSON.stringify({ ...HEAD, finding: { ...check, help } })}\n`
      : checkText(check, paint);
  }
  const { findElsewhere, foreignIds } = await import("../../analysis/checks/elsewhere/elsewhere.ts");
  const ofTool = asked.includes("/") ? asked.replace("/", ":") : asked;
  const found = findResources(asked).length > 0 ? [] : findElsewhere(ofTool);
  if (found.length > 0) {
    return output === "json"
      ? `${JSON.stringify({ ...HEAD, elsewhere: found.map(({ tool, check: { id, name, also }, ours, reason }) => ({ tool, id, name, ...(also === undefined ? {} : { also }), checks: ours, ...(reason === undefined ? {} : { reason }) })) })}\n`
      : elsewhereText(found, (id) => checkTextOf(id)?.title ?? "", paint);
  }
  if (asked.includes("/")) unknownRule(asked, foreignIds(), own);
  if (/:|^(?:CKV2?_|KSV|KCV|AVD-|C-\d)/i.test(asked)) unknownForeign(asked, foreignIds());
  const ending = ruleCodes().find((code) => code.slice(code.indexOf("/") + 1) === asked);
  if (ending !== undefined && findResources(asked).length === 0)
    throw new OpsError("USAGE", `there is no kind ${quoted(asked)}`, { hint: `did you mean ${ending}?` });
  return undefined;
}

function unknownRule(asked: string, foreign: readonly string[], own: readonly OwnRule[]): never {
  const codes = [...ruleCodes(), ...own.map(({ id }) => id)];
  const meant = nearestName(asked, codes) ?? nearestName(asked.replace("/", ":"), foreign);
  const family = codes.filter((code) => code.startsWith(asked.slice(0, asked.indexOf("/") + 1)));
  throw new OpsError("USAGE", `there is no finding ${quoted(asked)}`, {
    hint:
      meant === undefined
        ? family.length > 0
          ? `findings of this family: ${family.slice(0, 12).join(", ")}${family.length > 12 ? ", …" : ""}`
          : "ids of findings stand in the reports of kubeops check, e.g. schema/unknown-field; kubeops check --list-checks lists them all"
        : `did you mean ${meant}?`,
  });
}

function unknownForeign(asked: string, foreign: readonly string[]): never {
  const meant = nearestName(asked, foreign);
  throw new OpsError("USAGE", `there is no check ${quoted(asked)} of another tool that is known here`, {
    hint:
      meant === undefined
        ? "docs/reference/checks-of-other-tools.md lists them; kubeops check --list-checks lists ours"
        : `did you mean ${meant}?`,
  });
}

interface Root {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly note: string;
  readonly is: Explained;
}

async function find(asked: string, flags: ExplainFlags, store: SchemaStore): Promise<ExplainedKind> {
  const minor = minorOf(flags.kubeVersion);
  const parts = asked.split(".").map((part) => part.replace(/(?:\[[^\]]*\])+$/, ""));
  if (parts.includes("")) {
    throw new OpsError("USAGE", `${quoted(asked)} has an empty part`, {
      hint: "write a kind and fields with points between, e.g. deployment.spec.strategy",
    });
  }
  // A group may stand behind the kind: the longest beginning that names a kind is it.
  for (let length = parts.length; length > 0; length--) {
    const word = parts.slice(0, length).join(".");
    const versions = chosen(findResources(word), flags.apiVersion);
    const root = versions === undefined ? undefined : await nativeRoot(versions, minor, flags.apiVersion);
    if (root !== undefined) return along(root, parts.slice(length), printable(word));
  }
  const component = await componentRoot(parts[0] ?? "", flags.apiVersion, minor);
  if (component !== undefined) return along(component, parts.slice(1), printable(parts[0] ?? ""));
  const custom = storedRoot(parts, flags.apiVersion, store);
  if (custom !== undefined)
    return along(custom.root, parts.slice(custom.length), printable(parts.slice(0, custom.length).join(".")));
  const [word = ""] = parts;
  const meant = nearestName(word.toLowerCase(), resourceWords());
  const wanted = flags.apiVersion === undefined ? "" : ` of ${printable(flags.apiVersion)}`;
  throw new OpsError("USAGE", `there is no kind ${quoted(word)}${wanted}`, {
    hint:
      meant === undefined
        ? "for a custom resource add its definition first: kubeops schemas add <folder or file>"
        : `did you mean ${meant}?`,
  });
}

function chosen(
  kinds: readonly (readonly ResourceType[])[],
  apiVersion: string | undefined,
): readonly ResourceType[] | undefined {
  if (apiVersion === undefined) return kinds[0];
  return kinds.find((versions) => versions.some((type) => versionText(type) === apiVersion));
}

async function nativeRoot(
  versions: readonly ResourceType[],
  minor: number,
  apiVersion: string | undefined,
): Promise<Root | undefined> {
  const type =
    versions.find((row) =>
      apiVersion === undefined ? row.minors.includes(minor) : versionText(row) === apiVersion,
    ) ??
    versions.find((row) => row.offByDefault.includes(minor)) ??
    versions[0];
  const schema = type === undefined ? undefined : schemaOf(type, minor);
  if (type === undefined || schema === undefined) return undefined;
  const { descriptions } = await import("../../kube/schema/descriptions.generated.ts");
  const { group, version, kind } = type;
  return { group, version, kind, note: servedText(type, minor), is: explainNative(schema, descriptions) };
}

/** A file that a component reads at its start, e.g. `kubeletconfiguration`; of several versions the last by name. */
async function componentRoot(
  word: string,
  apiVersion: string | undefined,
  minor: number,
): Promise<Root | undefined> {
  const found = componentFileKinds()
    .map((id) => id.split("/"))
    .filter(([group, version, kind]) => {
      if (kind?.toLowerCase() !== word.toLowerCase()) return false;
      return apiVersion === undefined || apiVersion === `${group}/${version}`;
    });
  for (const [group = "", version = "", kind = ""] of found.reverse()) {
    const schema = componentSchemaOf({ group, version, kind }, minor);
    if (schema === undefined || schema.fields.size === 0) continue;
    const { descriptions } = await import("../../kube/schema/descriptions.generated.ts");
    const note = "a file for a component, no object of the API";
    return { group, version, kind, note, is: explainNative(schema, descriptions) };
  }
  return undefined;
}

/** A custom resource whose definition was added, and how many parts of what was asked name it: kind, or kind and group. */
function storedRoot(
  parts: readonly string[],
  apiVersion: string | undefined,
  store: SchemaStore,
): { readonly root: Root; readonly length: number } | undefined {
  const asked = parts.join(".").toLowerCase();
  const begins = (word: string): boolean => asked === word || asked.startsWith(`${word}.`);
  for (const { group, kind, words } of store.list()) {
    const version = apiVersion === undefined ? undefined : apiVersion.slice(apiVersion.indexOf("/") + 1);
    const word = [...words.map((name) => `${name}.${group}`), ...words].find(begins);
    if (word === undefined || (apiVersion !== undefined && apiVersion !== `${group}/${version}`)) continue;
    const definition = store.find(group, kind, true);
    const chosen = definition === undefined ? undefined : versionOf(definition, version);
    const schema = valueAt(chosen, ["schema", "openAPIV3Schema"]);
    if (!isObject(schema) || typeof chosen?.["name"] !== "string") continue;
    const root = { group, version: chosen["name"], kind, note: "", is: explainOpenApi(schema) };
    return { root, length: word.split(".").length };
  }
  return undefined;
}

/** The version of a definition that is told: the one that was asked for, else the stored one, else the first. */
function versionOf(definition: JsonObject, version: string | undefined): JsonObject | undefined {
  const rows = valueAt(definition, ["spec", "versions"]);
  const versions = isArray(rows) ? rows.filter(isObject) : [];
  if (version !== undefined) return versions.find((entry) => entry["name"] === version);
  return versions.find((entry) => entry["storage"] === true) ?? versions[0];
}

function servedText(type: ResourceType, minor: number): string {
  if (type.minors.includes(minor)) return "";
  return type.offByDefault.includes(minor)
    ? `Kubernetes 1.${minor} serves it only where somebody has switched it on`
    : `Kubernetes 1.${minor} does not serve it; this is how another version had it`;
}

function along(root: Root, path: readonly string[], word: string): ExplainedKind {
  let is = root.is;
  let required = false;
  for (const [index, name] of path.entries()) {
    const fields = is.fields();
    const field = fields.find((candidate) => candidate.name === name);
    if (field === undefined) {
      const where = [word, ...path.slice(0, index).map(printable)].join(".");
      const names = fields.map((candidate) => candidate.name);
      const meant = nearestName(name, names);
      throw new OpsError("USAGE", `${where} has no field ${quoted(name)}`, {
        hint: noField(where, is, names, meant),
      });
    }
    ({ is, required } = field);
  }
  const { group, version, kind, note } = root;
  return { group, version, kind, note, path, required, is };
}

function noField(where: string, is: Explained, names: readonly string[], meant: string | undefined): string {
  if (meant !== undefined) return `did you mean ${where}.${meant}?`;
  if (names.length === 0) return `it is ${is.type} and has no fields`;
  const shown = names.slice(0, 12).map(printable).join(", ");
  return `it has ${shown}${names.length > 12 ? ` and ${names.length - 12} more` : ""}`;
}

/** Fields of fields that `--recursive` puts into JSON. */
const JSON_DEPTH = 8;

function explanationJson(asked: ExplainedKind, recursive: boolean): object {
  const { group, version, kind: resource, path, required, note, is } = asked;
  return {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "Explanation",
    field: {
      resource: { group, version, kind: resource },
      path,
      ...(note === "" ? {} : { note }),
      ...(path.length === 0 ? {} : { required }),
      ...nodeJson(is, recursive ? JSON_DEPTH : 1),
    },
  };
}

function nodeJson(is: Explained, depth: number): object {
  const fields = depth > 0 ? is.fields() : [];
  return {
    type: is.type,
    description: is.description,
    ...(is.values.length === 0 ? {} : { values: is.values }),
    ...(is.facts.length === 0 ? {} : { facts: is.facts }),
    ...(fields.length === 0
      ? {}
      : {
          fields: fields.map(({ name, required, is: inner }) => ({
            name,
            required,
            ...nodeJson(inner, depth - 1),
          })),
        }),
  };
}
