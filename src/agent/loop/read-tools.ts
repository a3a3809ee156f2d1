import { canonicalJson } from "../../kube/canonical-json.ts";
import type { Json, JsonObject } from "../../kube/json.ts";
import type { ModelTool } from "../model/model-port.ts";
import { need, type RecordField, record, text } from "../operations/field.ts";
import { recordSchema } from "../operations/field-schema.ts";
import { kindGrammar, objectNameGrammar } from "../operations/grammars.ts";
import { parseRecord } from "../operations/parse-field.ts";
import { projectObjects, type ProjectedObject } from "../projection/projection.ts";

/** Most characters of one answer of a read tool. */
export const MAX_READ = 48_000;

/** Tools that read the projection of what the person gave, and nothing else: no cluster, no file, no network. */
export interface ReadTools {
  readonly tools: readonly ModelTool[];
  /** The answer of a read tool; undefined for another name. */
  readonly call: (name: string, args: unknown) => ReadAnswer | undefined;
}
export interface ReadAnswer {
  readonly ok: boolean;
  readonly text: string;
}

const nothing: RecordField = { kind: "record", members: {} };
const oneObject = record<{ readonly objectKind: string; readonly objectName: string }>({
  objectKind: need(text(kindGrammar), "Kind of the object."),
  objectName: need(text(objectNameGrammar), "Name of the object."),
});

export function readTools(objects: readonly JsonObject[], editable: boolean): ReadTools {
  if (objects.length === 0) return { tools: [], call: () => undefined };
  const { objects: list, ...rest } = projectObjects(objects, { editable });
  const projected = list as unknown as readonly ProjectedObject[];
  const answer = (value: unknown): ReadAnswer => bounded(canonicalJson(value));
  return {
    tools: [
      {
        name: "list_objects",
        description: "List the objects that the person gave with the request: kinds and names.",
        input: recordSchema(nothing),
      },
      {
        name: "read_object",
        description:
          "Read the structure of one given object. Values of variables, Secrets, ConfigMaps, annotations, arguments and commands are withheld. Fields with edit: true may be set.",
        input: recordSchema(oneObject),
      },
    ],
    call: (name, args) => {
      const problems: string[] = [];
      if (name === "list_objects") {
        if (parseRecord(nothing, args, "", problems) === undefined) return refused(problems);
        return answer({ objects: projected.map(identityOf), ...rest });
      }
      if (name !== "read_object") return undefined;
      const asked = parseRecord(oneObject, args, "", problems);
      if (asked === undefined) return refused(problems);
      const found = projected.filter(
        (object) => object.kind === asked["objectKind"] && object.name === asked["objectName"],
      );
      return found.length === 0
        ? refused(["no such object was given"])
        : answer({ objects: found as unknown as Json });
    },
  };
}

function identityOf({ apiVersion, kind, name, namespace }: ProjectedObject): object {
  return { apiVersion, kind, name, namespace };
}

function bounded(text: string): ReadAnswer {
  return text.length <= MAX_READ
    ? { ok: true, text }
    : {
        ok: false,
        text: `the answer would have ${text.length} characters, more than ${MAX_READ}: read single objects`,
      };
}

function refused(problems: readonly string[]): ReadAnswer {
  return { ok: false, text: problems.join("; ") };
}
