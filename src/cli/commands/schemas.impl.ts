import { ExitCode } from "../../kube/error-table.ts";
import { isObject, type JsonObject } from "../../kube/json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { placeText } from "../../kube/place.ts";
import { printable, printableRest } from "../../kube/printable.ts";
import { readObjects } from "../../kube/read-objects.ts";
import { namedConnection } from "../cluster-access.ts";
import type { CliContext } from "../context.ts";
import { quoted } from "../display/quoted.ts";
import { columns } from "../display/style.ts";
import { guarded } from "../errors.ts";
import type { ClusterAccessFlags } from "../flags.ts";
import { readObjectInputs } from "../inputs/inputs.ts";
import { cachePath } from "../paths.ts";
import { openSchemaStore, type SchemaStore, type StoredKind } from "../schema-store/schema-store.ts";

export interface SchemasFlags {
  readonly output: "text" | "json";
  readonly color: "auto" | "always" | "never";
}

export interface SchemasAddFlags extends SchemasFlags, ClusterAccessFlags {
  readonly filename?: readonly string[];
  readonly quiet: boolean;
}

export interface SchemasRemoveFlags extends SchemasFlags {
  readonly all: boolean;
}

function storeOf(context: CliContext): SchemaStore {
  return openSchemaStore(cachePath(context));
}

interface Source {
  readonly definition: JsonObject;
  readonly source: string;
}

/** What was not added, and why. */
interface Refused {
  readonly source: string;
  readonly reason: string;
}

export async function schemasAdd(
  this: CliContext,
  flags: SchemasAddFlags,
  ...words: string[]
): Promise<void> {
  await guarded(this, flags, async () => {
    const named = [...(flags.filename ?? []), ...words];
    const live = flags.kubeconfig !== undefined || flags.context !== undefined;
    if (named.length === 0 && !live) {
      throw new OpsError("USAGE", "nothing was named to add", {
        hint: "name files or folders with CustomResourceDefinitions, or a cluster with --kubeconfig",
      });
    }
    const files = named.length === 0 ? { sources: [], refused: [] } : await fromFiles(this, named);
    const sources = [...files.sources, ...(live ? await fromCluster(this, flags) : [])];
    const store = storeOf(this);
    const added: StoredKind[] = [];
    const refused: Refused[] = [...files.refused];
    for (const { definition, source } of sources) {
      const stored = store.add(definition, source);
      if (typeof stored === "string") refused.push({ source, reason: stored });
      else added.push(stored);
    }
    if (added.length === 0) {
      const [first] = refused;
      throw new OpsError("INPUT_EMPTY", "no CustomResourceDefinition was found to add", {
        hint:
          first === undefined
            ? "name the files that hold them"
            : `${printable(first.source)}: ${first.reason}`,
      });
    }
    const { stdout, stderr } = this.process;
    if (flags.output === "json")
      stdout.write(`${JSON.stringify(reportJson("SchemasAdded", added, { refused }))}\n`);
    else stdout.write(`added ${count(added.length)} to ${printable(store.folder)}\n${kindsText(added)}`);
    if (!flags.quiet && flags.output === "text")
      for (const { source, reason } of refused)
        stderr.write(`skipped a definition of ${printable(source)}: ${printableRest(reason)}\n`);
    return ExitCode.done;
  });
}

/** The definitions in files, and the documents that cannot be read: a definition may stand in them. */
async function fromFiles(
  context: CliContext,
  names: readonly string[],
): Promise<{ readonly sources: readonly Source[]; readonly refused: readonly Refused[] }> {
  const { inputs } = await readObjectInputs(context, names, { leaveUnrendered: true });
  const documents = inputs.flatMap((input) => input.documents);
  return {
    sources: readObjects(documents)
      .objects.filter(({ object }) => object["kind"] === "CustomResourceDefinition")
      .map(({ object, file }) => ({ definition: object, source: file })),
    refused: documents.flatMap(({ value, problems, file }): readonly Refused[] => {
      const [problem] = problems.filter(({ severity }) => severity === "error");
      if (isObject(value) || problem === undefined) return [];
      return [{ source: placeText(problem.place ?? { file, line: 1, column: 1 }), reason: problem.message }];
    }),
  };
}

async function fromCluster(context: CliContext, flags: SchemasAddFlags): Promise<readonly Source[]> {
  const { liveDefinitions } = await import("../schema-store/live-definitions.ts");
  const connection = namedConnection(context, flags);
  const { definitions, from } = await liveDefinitions(connection);
  if (from === "openapi" && !flags.quiet)
    context.process.stderr.write(
      "the definitions may not be listed with these credentials: they were made from /openapi/v3\n",
    );
  return definitions.map((definition) => ({ definition, source: connection.server }));
}

export async function schemasList(this: CliContext, flags: SchemasFlags): Promise<void> {
  await guarded(this, flags, async () => {
    const kinds = storeOf(this).list();
    this.process.stdout.write(
      flags.output === "json"
        ? `${JSON.stringify(reportJson("Schemas", kinds))}\n`
        : kinds.length === 0
          ? "no definition was added; kubeops schemas add <folder or file> adds them\n"
          : kindsText(kinds),
    );
    return ExitCode.done;
  });
}

export async function schemasRemove(
  this: CliContext,
  flags: SchemasRemoveFlags,
  ...names: string[]
): Promise<void> {
  await guarded(this, flags, async () => {
    if (flags.all === names.length > 0) {
      throw new OpsError(
        "USAGE",
        flags.all ? "--all and names exclude each other" : "nothing was named to remove",
        {
          hint: "name kinds as kubeops schemas list shows them, or --all",
        },
      );
    }
    const store = storeOf(this);
    const kinds = store.list();
    const chosen = flags.all ? kinds : names.map((name) => named(name, kinds));
    for (const { group, kind } of chosen) store.remove(group, kind);
    this.process.stdout.write(
      flags.output === "json"
        ? `${JSON.stringify(reportJson("SchemasRemoved", chosen))}\n`
        : `removed ${count(chosen.length)}\n`,
    );
    return ExitCode.done;
  });
}

function named(name: string, kinds: readonly StoredKind[]): StoredKind {
  const found = kinds.find(({ group, kind }) => `${kind}.${group}`.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found;
  throw new OpsError("INPUT_NOT_FOUND", `${quoted(name)} is not in the schema store`, {
    hint: "kubeops schemas list shows the names",
  });
}

function count(number: number): string {
  return `${number} definition${number === 1 ? "" : "s"}`;
}

function kindsText(kinds: readonly StoredKind[]): string {
  const rows = kinds.map(({ group, kind, versions, source }) => [
    printable(`${kind}.${group}`),
    printable(versions.join(", ")),
    printable(source),
  ]);
  return `${columns(rows).join("\n")}\n`;
}

function reportJson(kind: string, kinds: readonly StoredKind[], more: object = {}): object {
  return {
    apiVersion: "kubernetes-operations.dev/v1",
    kind,
    definitions: kinds.map(({ group, kind: name, versions, source }) => ({
      group,
      kind: name,
      versions,
      source,
    })),
    ...more,
  };
}
