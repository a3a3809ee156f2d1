import { LATEST_MINOR, servedBy } from "../../../kube/catalogue/catalogue.ts";
import { type CelEnvironment, celEnvironment } from "../../../kube/cel/environment.ts";
import { type CelType, DYN, listType, mapType, STRING, structType } from "../../../kube/cel/types.ts";
import { versionText } from "../../../kube/object-key.ts";
import { asWritten, nativeType } from "../admission/native-type.ts";
import { glob } from "../../../kube/glob.ts";
import type { RuleMatch } from "./own-rule.ts";
import type { RuleLevel } from "./rule-shape.ts";

/** Types of what a rule is evaluated for. */
export interface SubjectTypes {
  readonly object: CelType;
  readonly pod: CelType;
  readonly container: CelType;
  /** The kinds behind the type of the object, for messages. */
  readonly of: string;
}

export const anySubject: SubjectTypes = { object: DYN, pod: DYN, container: DYN, of: "" };

/** What expressions of a rule may name. */
export function ruleEnvironment(
  level: RuleLevel,
  types: SubjectTypes,
  variables: ReadonlyMap<string, CelType>,
): CelEnvironment {
  const known = new Map<string, CelType>([
    ["object", types.object],
    ["namespaceObject", DYN],
    ["objects", listType(DYN)],
    ["neighbours", mapType(STRING, listType(DYN))],
    ["params", DYN],
    ["variables", structType("kubeops.variables", variables)],
  ]);
  if (level !== "object") known.set("pod", types.pod);
  if (level === "container") {
    known.set("container", types.container);
    known.set("containerRole", STRING);
  }
  // Everything that the newest version has: no server of an older one evaluates these.
  return celEnvironment({ minor: LATEST_MINOR + 1, variables: known });
}

/** Kinds that are looked into for one rule; one for more is not typed. */
const MOST_KINDS = 20;

/**
 * The types of the objects that a rule is for, where all of its kinds are written out and known: of several kinds, every
 * field that one of them has. Undefined where an object may be of a kind of which nothing is known.
 */
export function subjectTypes(match: RuleMatch, level: RuleLevel): SubjectTypes | undefined {
  const template = podTypes();
  const ofPods = level === "object" ? {} : { pod: template.pod, container: template.container };
  if (match.kinds.length === 0 || match.kinds.some((kind) => kind.includes("*")))
    return level === "object" ? undefined : { ...anySubject, ...ofPods, of: "Pods" };
  const kinds = servedBy(LATEST_MINOR).filter(
    (type) =>
      match.kinds.includes(type.kind) &&
      (match.apiVersions.length === 0 || match.apiVersions.some((one) => glob(one, versionText(type)))),
  );
  const foreign = match.kinds.some((kind) => !kinds.some((type) => type.kind === kind));
  if (foreign || kinds.length > MOST_KINDS)
    return level === "object" ? undefined : { ...anySubject, ...ofPods, of: "Pods" };
  const types = kinds.map((type) => nativeType(type, LATEST_MINOR, asWritten) ?? DYN);
  return {
    ...anySubject,
    ...ofPods,
    object: types.reduce(merged),
    of: kinds.map((type) => `${versionText(type)} ${type.kind}`).join(", "),
  };
}

function podTypes(): { readonly pod: CelType; readonly container: CelType } {
  const type = nativeType({ group: "apps", version: "v1", kind: "Deployment" }, LATEST_MINOR, asWritten);
  const pod = fieldOf(fieldOf(type, "spec"), "template");
  const spec = fieldOf(pod, "spec");
  const lists = ["initContainers", "containers", "ephemeralContainers"].map(
    (name) => fieldOf(spec, name)?.params[0] ?? DYN,
  );
  return { pod: pod ?? DYN, container: lists.reduce(merged) };
}

function fieldOf(type: CelType | undefined, name: string): CelType | undefined {
  return type?.fields?.get(name);
}

/** A type that has every field that one of two has; anything where they are no structures and differ. */
function merged(left: CelType, right: CelType): CelType {
  if (left === right) return left;
  if (
    left.kind === "struct" &&
    right.kind === "struct" &&
    left.fields !== undefined &&
    right.fields !== undefined
  ) {
    const fields = new Map(left.fields);
    for (const [name, type] of right.fields) {
      const before = fields.get(name);
      fields.set(name, before === undefined ? type : merged(before, type));
    }
    return structType(left.name === right.name ? left.name : "object", fields);
  }
  if (left.kind !== right.kind || left.params.length !== right.params.length) return DYN;
  if (left.params.length > 0)
    return { ...left, params: left.params.map((type, at) => merged(type, right.params[at] ?? DYN)) };
  return left.name === right.name ? left : DYN;
}
