import type { CompiledCel } from "../../../kube/cel/cel.ts";
import type { JsonObject, JsonPath } from "../../../kube/json.ts";
import type { Place } from "../../../kube/place.ts";
import type { Severity } from "../../../kube/problem.ts";
import type { ReadDocument } from "../../../kube/read-object.ts";
import { type Rule, ruleWith } from "../../findings/rule.ts";
import type { Profile } from "../practices/practice.ts";
import type { Expected, RuleLevel, WrittenRule } from "./rule-shape.ts";

/** Which objects a rule is for. An empty list, or map, fits everything; `*` stands for any characters. */
export interface RuleMatch {
  readonly apiVersions: readonly string[];
  readonly kinds: readonly string[];
  readonly namespaces: readonly string[];
  readonly names: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface RuleTest {
  readonly name: string;
  readonly expect: Expected;
  /** What one of the findings says. */
  readonly message?: string;
  /** The objects, or the file that holds them, relative to the one that holds the rule. */
  readonly given: { readonly documents: readonly ReadDocument[] } | { readonly file: string };
  readonly place: Place;
}

/** A rule of a repository's own: an expression that must hold. */
export interface OwnRule {
  /** `own/kebab-case`. */
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  readonly level: RuleLevel;
  readonly match: RuleMatch;
  /** Profiles in which it is on; empty: in every one. */
  readonly profiles: readonly Profile[];
  readonly params: JsonObject;
  readonly variables: readonly { readonly name: string; readonly program: CompiledCel }[];
  readonly program: CompiledCel;
  /** What a finding says; absent: the title. */
  readonly message?: string;
  readonly messageProgram?: CompiledCel;
  /** Where a finding stands, from the object, Pod template or container on. */
  readonly path: JsonPath;
  readonly why?: string;
  readonly fix?: string;
  readonly source: string;
  readonly tests: readonly RuleTest[];
  readonly place: Place;
  /** Of each kind in `match`. */
  readonly kindPlaces: readonly Place[];
  /** As it stands in its file. */
  readonly written: WrittenRule;
}

/** What reports say of the rule. */
export function ruleOfOwn({ id, severity, title, why, fix, source }: OwnRule): Rule {
  return ruleWith({
    id,
    severity,
    title,
    ...(why === undefined ? {} : { why }),
    ...(fix === undefined ? {} : { fix }),
    source,
  });
}
