import { Ajv, type ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { outputs } from "../../src/cli/outputs/outputs.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../src/kube/json.ts";

/** The schema, refusing every key that it does not name: what is published of outputs leaves room for later versions. */
export function closedSchema(schema: Json): Json {
  if (isArray(schema)) return schema.map(closedSchema);
  if (!isObject(schema)) return schema;
  const parts = Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, closedSchema(part)]));
  return schema["type"] === "object" && isObject(schema["properties"])
    ? { ...parts, additionalProperties: false }
    : parts;
}

/** A validator that refuses every key that the schema does not name. */
export function compileClosed(schema: JsonObject): ValidateFunction {
  const options = { strict: true, strictRequired: false, allErrors: true, unicodeRegExp: true } as const;
  const draft7 = JSON.stringify(schema["$schema"]).includes("draft-07");
  return (draft7 ? new Ajv({ ...options, strictTypes: false }) : new Ajv2020(options)).compile(
    closedSchema(schema) as JsonObject,
  );
}

const compiled = new Map<string, ValidateFunction>();

/** The kind that a document says that it is. */
export function kindOf(document: Json): string {
  const kind = isObject(document) ? document["kind"] : undefined;
  return typeof kind === "string" ? kind : "none";
}

/** Why a document is not what its kind says; undefined where it is. */
export function outputFault(document: Json): string | undefined {
  const kind = kindOf(document);
  const row = outputs.find((output) => output.kind === kind);
  if (row === undefined) return `no schema is published for kind ${kind}`;
  const validate = compiled.get(kind) ?? compileClosed(row.schema);
  compiled.set(kind, validate);
  if (validate(document)) return undefined;
  const faults = (validate.errors ?? [])
    .slice(0, 5)
    .map(({ instancePath, message, params }) => `${instancePath} ${message ?? ""} ${JSON.stringify(params)}`);
  return `not by schemas/${row.name}.schema.json: ${faults.join("; ")}`;
}

/** Words with which a command is asked for JSON. */
export function asksForJson(args: readonly string[]): boolean {
  return args.some(
    (word, index) =>
      word === "--output=json" ||
      word === "-o=json" ||
      (word === "json" && /^(?:-o|--output)$/.test(args[index - 1] ?? "")),
  );
}

/** The documents that a command printed with `-o json`. */
export function documentsOf(text: string): readonly Json[] {
  try {
    return [JSON.parse(text) as Json];
  } catch {
    // Two targets make two plans, a line each.
    return text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Json);
  }
}

/** A List of Kubernetes objects, as `charter inventory` prints it. */
const isList = (document: Json): boolean =>
  isObject(document) && document["apiVersion"] === "v1" && document["kind"] === "List";

/**
 * Holds what a run of the program printed against the published schemas, whichever test ran it: every kind has one, and
 * no key is printed that it does not name.
 */
export function checkOutput(
  args: readonly string[],
  ran: { readonly stdout: string; readonly stderr: string },
): void {
  if (!asksForJson(args)) return;
  const documents: Json[] = [];
  if (ran.stdout !== "") documents.push(...documentsOf(ran.stdout).filter((document) => !isList(document)));
  for (const line of ran.stderr.split("\n"))
    if (line.startsWith('{"apiVersion"')) documents.push(JSON.parse(line) as Json);
  for (const document of documents) {
    const fault = outputFault(document);
    if (fault !== undefined) throw new Error(`kubeops ${args.join(" ")}: ${fault}`);
  }
}
