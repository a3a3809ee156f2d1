import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isArray, isObject, type Json, type JsonObject } from "../../../src/kube/json.ts";
import { readStdin } from "../../../src/kube/read-inputs.ts";

/** One valid object, from which the generator makes faulty ones. */
export interface Base {
  /** `file#number`, for people. */
  readonly id: string;
  readonly object: JsonObject;
}

/** The valid objects beside this file, in the order of their files. */
export function bases(): readonly Base[] {
  const folder = join(import.meta.dirname, "objects");
  return readdirSync(folder)
    .toSorted()
    .flatMap((file) => {
      const { documents } = readStdin(readFileSync(join(folder, file)));
      return documents.map((document, index): Base => {
        const problem = document.problems.find(({ severity }) => severity === "error");
        if (problem !== undefined) throw new Error(`${file}: ${problem.message}`);
        return { id: `${file.replace(/\.yaml$/, "")}#${index}`, object: plain(document.value) as JsonObject };
      });
    });
}

/** What has to stand in the cluster first. */
export function seeds(): readonly JsonObject[] {
  const { documents } = readStdin(readFileSync(join(import.meta.dirname, "seeds.yaml")));
  return documents.map(({ value }) => plain(value) as JsonObject);
}

/** A copy without shared parts. */
function plain(value: Json): Json {
  if (isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
}
