import type { JsonPath } from "../../../kube/json.ts";
import type { Severity } from "../../../kube/problem.ts";
import type { ReadObject } from "../../../kube/read-object.ts";
import type { ContainerSubject, ObjectSubject, PodSubject } from "./subjects.ts";
import type { ObjectIndex } from "./object-index.ts";

/**
 * Which rows are on. `default` is quiet: what hardly any team would switch off. `baseline` and `restricted` are Pod
 * Security's levels as practices, `production` adds what keeps a service up, `nsa` and `cis` what those guides ask, `all`
 * is every row.
 */
export type Profile = "default" | "baseline" | "restricted" | "production" | "nsa" | "cis" | "all";

export const profiles: readonly Profile[] = [
  "default",
  "baseline",
  "restricted",
  "production",
  "nsa",
  "cis",
  "all",
];

/** A place in an object where a practice is not kept. */
export interface Hit {
  readonly path: JsonPath;
  readonly message: string;
  /** The place is that of the key that ends the path. */
  readonly key?: boolean;
  /** Instead of the row's severity: a reference to something that may be elsewhere is less certain. */
  readonly severity?: Severity;
  readonly container?: string;
  readonly related?: readonly { readonly read: ReadObject; readonly path: JsonPath }[];
}

export interface PracticeText {
  /** `family/kebab-case`; stable. */
  readonly id: string;
  readonly severity: Severity;
  readonly profiles: readonly Profile[];
  /** What should be so, in one line. */
  readonly title: string;
  readonly why: string;
  /** What to do. */
  readonly fix: string;
  readonly source: string;
  /** The same check in other tools, as `tool:id`. */
  readonly same: readonly string[];
  /** Where guides ask for it. */
  readonly frameworks: readonly string[];
  /** Pod Security checks that report the same fault: where one did, this row is silent. */
  readonly podSecurity?: readonly string[];
  /** First and last minor for which it holds. */
  readonly since?: number;
  readonly until?: number;
  /** Documents in which it is found, and their nearest neighbours in which it is not. */
  readonly positive: string;
  readonly negative: string;
}

/** One row looks at one kind of subject. */
export type PracticeRow = PracticeText &
  (
    | { readonly container: (subject: ContainerSubject, index: ObjectIndex) => readonly Hit[] }
    | { readonly pod: (subject: PodSubject, index: ObjectIndex) => readonly Hit[] }
    | { readonly object: (subject: ObjectSubject, index: ObjectIndex) => readonly Hit[] }
  );
