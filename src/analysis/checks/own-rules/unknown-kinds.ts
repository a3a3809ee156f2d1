import { allResources } from "../../../kube/catalogue/catalogue.ts";
import { isArray, isObject, type JsonObject, valueAt } from "../../../kube/json.ts";
import { nearestName } from "../../../kube/nearest-name.ts";
import { objectKey } from "../../../kube/object-key.ts";
import type { Place } from "../../../kube/place.ts";
import { printable } from "../../../kube/printable.ts";
import { type Gvk, allLifecycles } from "../deprecations/lifecycle.ts";
import { glob } from "../../../kube/glob.ts";
import type { OwnRule } from "./own-rule.ts";

/** A kind that a rule is for and that nobody knows: the rule never says anything of it. */
export interface UnknownKind {
  readonly rule: OwnRule;
  /** As it is written. */
  readonly kind: string;
  readonly place: Place;
  readonly message: string;
  readonly hint: string;
}

/** The kinds that a CustomResourceDefinition defines; none for what is no definition. */
export function definedKinds(definition: JsonObject): readonly Gvk[] {
  const { group: of, kind: what } = objectKey(definition);
  const group = valueAt(definition, ["spec", "group"]);
  const kind = valueAt(definition, ["spec", "names", "kind"]);
  const versions = valueAt(definition, ["spec", "versions"]);
  if (of !== "apiextensions.k8s.io" || what !== "CustomResourceDefinition") return [];
  if (typeof group !== "string" || typeof kind !== "string" || !isArray(versions)) return [];
  return versions.flatMap((entry) =>
    isObject(entry) && typeof entry["name"] === "string" ? [{ group, version: entry["name"], kind }] : [],
  );
}

/**
 * The kinds in `match.kinds` of rules that fit nothing: no kind of Kubernetes itself in any version, and none of `known`.
 * `match.apiVersions` counts: a Deployment of `app/v1` is unknown as well.
 */
export function unknownKinds(rules: readonly OwnRule[], known: readonly Gvk[]): readonly UnknownKind[] {
  const asking = rules.filter(({ match }) => match.kinds.length > 0);
  if (asking.length === 0) return [];
  const byKind = Map.groupBy([...allResources(), ...allLifecycles(), ...known], ({ kind }) => kind);
  return asking.flatMap((rule) =>
    rule.match.kinds.flatMap((pattern, index): readonly UnknownKind[] => {
      const fitting = pattern.includes("*")
        ? [...byKind.keys()].filter((kind) => glob(pattern, kind)).flatMap((kind) => byKind.get(kind) ?? [])
        : (byKind.get(pattern) ?? []);
      const { apiVersions } = rule.match;
      if (
        fitting.some((gvk) => apiVersions.length === 0 || apiVersions.some((one) => glob(one, textOf(gvk))))
      )
        return [];
      const place = rule.kindPlaces[index] ?? rule.place;
      return [{ rule, kind: pattern, place, ...told(rule, pattern, { fitting, names: [...byKind.keys()] }) }];
    }),
  );
}

function textOf({ group, version }: Gvk): string {
  return group === "" ? version : `${group}/${version}`;
}

function told(
  { id, match }: OwnRule,
  pattern: string,
  { fitting, names }: { readonly fitting: readonly Gvk[]; readonly names: readonly string[] },
): Pick<UnknownKind, "message" | "hint"> {
  const kind = printable(pattern);
  if (fitting.length > 0) {
    const served = [...new Set(fitting.map(textOf))].sort();
    const wanted = match.apiVersions.map(printable).join(", ");
    const meant = match.apiVersions.map((one) => nearestName(one, served)).find((one) => one !== undefined);
    return {
      message: `${id} is for ${kind} of ${wanted}, which nobody knows: it says nothing of any object`,
      hint:
        meant === undefined
          ? `${kind} is of ${served.slice(0, 6).map(printable).join(", ")}`
          : `did you mean ${printable(meant)}?`,
    };
  }
  const meant = nearestName(pattern, names);
  return {
    message: `${id} is for ${kind}, a kind that nobody knows: it says nothing of any object`,
    hint:
      meant === undefined
        ? "correct it, or add the definition of the custom resource: kubeops schemas add <file or folder>"
        : `did you mean ${printable(meant)}?`,
  };
}
