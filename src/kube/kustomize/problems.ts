import type { Place } from "../place.ts";
import { type PlainProblemRow, type Problem, rowProblem } from "../problem.ts";

export type KustomizationProblemCode =
  | "kustomization/malformed"
  | "kustomization/not-found"
  | "kustomization/outside"
  | "kustomization/cycle"
  | "kustomization/conflict"
  | "kustomization/patch"
  | "kustomization/replacement"
  | "kustomization/var"
  | "kustomization/field"
  | "kustomization/too-large"
  | "kustomization/not-built";

/** Why kustomize would not build a kustomization: one row, one id. */
export const kustomizationProblems: Readonly<Record<KustomizationProblemCode, PlainProblemRow>> = {
  "kustomization/malformed": {
    severity: "error",
    message: (what) => `not a kustomization that can be built: ${what}`,
    source: "sigs.k8s.io/kustomize/api types/kustomization.go (unknown fields are refused)",
  },
  "kustomization/not-found": {
    severity: "error",
    message: (what) => `${what} does not exist`,
    hint: "paths are relative to the folder of the kustomization",
    source: "sigs.k8s.io/kustomize/api internal/target/kusttarget.go (accumulateResources)",
  },
  "kustomization/outside": {
    severity: "error",
    message: (what) => `${what} lies outside the folder that may be read`,
    hint: "files stand in the folder of the kustomization that names them; bases in the repository, or below the working folder",
    source: "sigs.k8s.io/kustomize/api internal/loader/loadrestrictions.go; kernel K16",
  },
  "kustomization/cycle": {
    severity: "error",
    message: (what) => `${what} is a folder that is being built already`,
    hint: "a base does not name what builds on it",
    source: "sigs.k8s.io/kustomize/api internal/loader/fileloader.go (errIfArgEqualOrHigher)",
  },
  "kustomization/conflict": {
    severity: "error",
    message: (what) => `two objects become one: ${what}`,
    hint: "name it once, or give one of them another name",
    source: "sigs.k8s.io/kustomize/api resmap/reswrangler.go (Append, appendReplaceOrMerge)",
  },
  "kustomization/patch": {
    severity: "error",
    message: (what) => `the patch cannot be applied: ${what}`,
    source: "sigs.k8s.io/kustomize/api internal/builtins/PatchTransformer.go",
  },
  "kustomization/replacement": {
    severity: "error",
    message: (what) => `the replacement cannot be made: ${what}`,
    source: "sigs.k8s.io/kustomize/api filters/replacement/replacement.go",
  },
  "kustomization/var": {
    severity: "error",
    message: (what) => `the var cannot be replaced: ${what}`,
    hint: "vars are deprecated: replacements do the same",
    source: "sigs.k8s.io/kustomize/api internal/accumulator/resaccumulator.go",
  },
  "kustomization/field": {
    severity: "error",
    message: (what) => `a field cannot be changed: ${what}`,
    source: "sigs.k8s.io/kustomize/api filters/fieldspec",
  },
  "kustomization/too-large": {
    severity: "error",
    message: (what) => `more than can be built here: ${what}`,
    hint: "build a part of it",
    source: "limits of kubeops: 1000 folders, 50,000 objects, 5,000,000 values",
  },
  "kustomization/not-built": {
    severity: "warning",
    message: (what) => `${what} is not built here: the files of the folder are checked as they stand`,
    hint: "let kustomize build it, and check what it makes: kustomize build FOLDER | kubeops check -",
    source: "docs/guide/check.md (kustomizations)",
  },
};

/** A problem of the table; `what` is printable already. */
export function kustomizationProblem(code: KustomizationProblemCode, place: Place, what: string): Problem {
  return rowProblem(code, kustomizationProblems[code], place, { what });
}
