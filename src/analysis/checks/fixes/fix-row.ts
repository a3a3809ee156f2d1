import type { JsonObject, JsonPath } from "../../../kube/json.ts";
import type { Finding } from "../../findings/finding.ts";
import type { Edit } from "./edit.ts";
import type { FixWorld } from "./fix-world.ts";

/** An object with a finding that a row may take away. Every path starts at the object. */
export interface FixSubject {
  readonly object: JsonObject;
  readonly finding: Finding;
  /** Where the finding stands. */
  readonly path: JsonPath;
  /** `path` and the other places of the same fault in this object. */
  readonly paths: readonly JsonPath[];
  /** Minor of Kubernetes 1 that the objects are for; of an upgrade the later one. */
  readonly minor: number;
  readonly world: FixWorld;
}

/**
 * What an edit does to what runs. `same`: the object means what it meant, or what it was meant to say where the API server
 * refuses or drops what is written. `behaviour`: a right or a default changes that the finding is about; a program that
 * relies on it fails, so the change has to be tried.
 */
export type FixEffect = "same" | "behaviour";

/** One way to take a finding away. */
export interface FixRow {
  /** The code of the finding. */
  readonly id: string;
  /** What is done, in one line. */
  readonly describe: string;
  readonly effect: FixEffect;
  /** The server did not read the object before: what practices say of it now is no fault of the fix. */
  readonly reveals?: true;
  /** The edits may bring findings to all objects of the namespace that the object is. */
  readonly reaches?: "namespace";
  /** The edits, with paths in the object; undefined where only a person can tell what is right. */
  readonly edits: (subject: FixSubject) => readonly Edit[] | undefined;
}
