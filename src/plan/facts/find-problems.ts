import {
  podSecurityViolations,
  type PodSecurityLevel,
} from "../../analysis/checks/pod-security/pod-security.ts";
import { ownFindingsWithoutValues } from "../../analysis/checks/own-rules/own-findings.ts";
import { type Exemption, isFixed } from "../../analysis/checks/settings/settings.ts";
import { Exemptions } from "../../analysis/checks/settings/exempt.ts";
import type { OwnRule } from "../../analysis/checks/own-rules/own-rule.ts";
import { judgeObjects } from "../../analysis/checks/judge-objects.ts";
import { checkObject } from "../../analysis/checks/reading/check-objects.ts";
import type { Finding } from "../../analysis/findings/finding.ts";
import { resourceOf, scopeOf, versionsOf } from "../../kube/catalogue/catalogue.ts";
import { isObject, type Json, type JsonObject, pathText, valueAt } from "../../kube/json.ts";
import { identity, objectKey, versionText } from "../../kube/object-key.ts";
import type { ObjectKey, ReadObject } from "../../kube/read-object.ts";
import type { TargetFolder } from "../change/target-folder.ts";
import type { PlanFinding } from "../plan.ts";
import { imageUses } from "./build-facts.ts";
import { parseImage } from "./image-reference.ts";
import { POD_SECURITY_LABEL } from "./widening/namespace-rows.ts";
import type { ChangedObject, FolderView } from "./widening/row.ts";

export interface FindingWorld {
  readonly folder: FolderView;
  /** Objects that were to be deleted and are not there. */
  readonly absent: readonly ObjectKey[];
  /** Level of the charter, for namespaces whose label says nothing. */
  readonly podSecurity: PodSecurityLevel;
  readonly minor: number;
  /** The objects as they were given or are in the folder, with their values: what the checks look at. */
  readonly checked: readonly JsonObject[];
  /** Rules of the repository's own. */
  readonly rules: readonly OwnRule[];
  /** Exemptions of the repository, where they count: then those of annotations do, too. */
  readonly exemptions: readonly Exemption[] | undefined;
  /** What is found in this kind of target only. */
  readonly ofTarget: readonly PlanFinding[];
}

interface Judged extends FindingWorld {
  /** `checked`, by identity, as the checks read it. */
  readonly reads: readonly ReadObject[];
  /** Identities of what the plan writes. */
  readonly written: ReadonlySet<string>;
}

/** Levels that namespaces enforce, by name. */
type EnforcedLevels = ReadonlyMap<string, PodSecurityLevel | undefined>;

/** What is wrong or worth knowing about the objects that the plan writes, sorted by object, path and code. */
export function findProblems(changed: readonly ChangedObject[], asked: FindingWorld): readonly PlanFinding[] {
  // Where two objects would do (two autoscalers of one Deployment), the checks take the first: the order of files decides nothing.
  const world: Judged = {
    ...asked,
    reads: byIdentity(asked.checked).map(readOf),
    written: new Set(changed.flatMap(({ key, after }) => (after === null ? [] : [identity(key)]))),
  };
  const found: PlanFinding[] = [...world.ofTarget];
  const levels = enforcedLevels(world.folder.after);
  for (const key of world.absent) {
    found.push({
      code: "plan/nothing-to-delete",
      severity: "info",
      message: "was to be deleted and is not there",
      key,
    });
  }
  for (const change of changed) {
    const { key, after } = change;
    if (after === null) continue;
    found.push(
      ...apiFindings(key, world.minor),
      ...imageFindings(key, after),
      ...podFindings(key, after, world, levels.get(key.namespace)),
    );
  }
  const checked = [...checkFindings(world, levels), ...ownRuleFindings(world)];
  found.push(...planFindings(checked, world));
  return found.sort(bySubject);
}

/** What is worth knowing about the files of a target folder that a plan writes, and about its kustomization.yaml. */
export function folderFindings(
  changed: readonly ChangedObject[],
  target: TargetFolder,
): readonly PlanFinding[] {
  const found: PlanFinding[] = [...kustomizationFindings(target), ...overridingFindings(target)];
  for (const { key, after } of changed) {
    const standing = target.objects.get(identity(key));
    if (after === null || standing === undefined || standing.ours) continue;
    found.push({
      code: "git/foreign-file",
      severity: "info",
      message: `stands in ${standing.file}, which no plan of ours left as it is: the file is written over, its comments and layout are lost`,
      key,
    });
  }
  return found;
}

/** Families that say the same in a plan's own words: of images, of what is served, of Pod Security. */
const otherwise: ReadonlySet<string> = new Set([
  "supply-chain/moving-tag",
  "object/not-served",
  "object/off-by-default",
  "object/unknown-kind",
]);

/**
 * What `kubeops check` finds in the objects that the plan writes: refusals of the API server, credentials, backdoors, and
 * the practices of the quiet default. References are looked for in the whole target; where not all of it was read, those
 * that lead nowhere are left out, and everywhere those to what may stand elsewhere (info).
 */
function checkFindings(world: Judged, levels: EnforcedLevels): readonly Finding[] {
  const { reads, written } = world;
  const own = reads.filter((read) => written.has(identity(objectKey(read.object))));
  const minor = world.minor;
  const violations = own.flatMap((read) => podSecurityFindingsOf(read.object, world, levels));
  return [
    ...own.flatMap((read) => checkObject(read, minor)),
    ...judgeObjects(reads, { minor, profile: "default", known: violations }).filter(
      ({ object, code, severity }) =>
        object !== undefined &&
        written.has(identity(object)) &&
        !(code.startsWith("reference/") && (severity === "info" || world.folder.partial === true)),
    ),
  ].filter(({ code, object }) => !otherwise.has(code) && object !== undefined);
}

/**
 * Findings of `kubeops check` as a plan has them. Of these an exemption of the repository takes the force, where the charter
 * says so (kernel K7), but not of what the API server refuses; what only a plan finds no exemption is for.
 */
function planFindings(found: readonly Finding[], { reads, exemptions }: Judged): readonly PlanFinding[] {
  const exempt = exemptions === undefined ? undefined : new Exemptions(reads, exemptions);
  return found.map((finding): PlanFinding => {
    const { code, severity, message, object, path } = finding;
    const reason = isFixed(code) ? undefined : exempt?.reasonOf(finding);
    return {
      code,
      severity,
      message,
      ...(object === undefined ? {} : { key: object }),
      ...(path === undefined ? {} : { path: pathText(path) }),
      ...(reason === undefined ? {} : { exempt: reason }),
    };
  });
}

/**
 * What rules of the repository's own find in the objects that the plan writes. They see the other objects of the target
 * folder, too, as far as it was read; of a Secret they see the keys of its values, and no finding says what an expression
 * made: a rule cannot carry a value into a plan (kernel K17).
 */
function ownRuleFindings({ reads, rules, written }: Judged): readonly Finding[] {
  if (rules.length === 0) return [];
  const shown = reads.map((read) => ({ ...read, object: withoutSecretValues(read.object) }));
  return ownFindingsWithoutValues(shown, rules, ({ key }) => written.has(identity(key)));
}

function byIdentity(objects: readonly JsonObject[]): readonly JsonObject[] {
  return objects
    .map((object): readonly [string, JsonObject] => [identity(objectKey(object)), object])
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, object]) => object);
}

/** A Secret with its keys and without values; any other object as it is. */
function withoutSecretValues(object: JsonObject): JsonObject {
  const { group, kind } = objectKey(object);
  if (group !== "" || kind !== "Secret") return object;
  const emptied = (value: Json | undefined): Json =>
    isObject(value) ? Object.fromEntries(Object.keys(value).map((key) => [key, ""])) : null;
  const { metadata } = object;
  const shown: Record<string, Json> = { ...object };
  for (const member of ["data", "stringData"])
    if (object[member] !== undefined) shown[member] = emptied(object[member]);
  if (isObject(metadata) && metadata["annotations"] !== undefined)
    shown["metadata"] = { ...metadata, annotations: emptied(metadata["annotations"]) };
  return shown;
}

const nowhere = { file: "", line: 1, column: 1 };

/** An object of a plan as the checks read it; places in files it has none. */
function readOf(object: JsonObject): ReadObject {
  return { object, file: "", document: 0, path: [], places: { value: () => nowhere, key: () => nowhere } };
}

/** Pod Security's violations in the form that silences the practices which mean the same. */
function podSecurityFindingsOf(
  object: JsonObject,
  world: FindingWorld,
  levels: EnforcedLevels,
): readonly Finding[] {
  const key = objectKey(object);
  const level = levels.get(key.namespace) ?? world.podSecurity;
  return podSecurityViolations(object, level, world.minor).map(({ check, reason }) => ({
    code: `pod-security/${check}`,
    severity: "error",
    message: reason,
    object: key,
  }));
}

function bySubject(left: PlanFinding, right: PlanFinding): number {
  const [a, b] = [left, right].map(({ key, path, code, message }) =>
    [key === undefined ? "" : identity(key), path ?? "", code, message].join("\0"),
  );
  return (a ?? "") < (b ?? "") ? -1 : a === b ? 0 : 1;
}

function apiFindings(key: ObjectKey, minor: number): readonly PlanFinding[] {
  const found: PlanFinding[] = [];
  const type = resourceOf(key);
  const native = versionsOf(key.group, key.kind).length > 0;
  if (native && type?.minors.includes(minor) !== true) {
    const switched = type?.offByDefault.includes(minor) === true;
    found.push({
      code: switched ? "api/off-by-default" : "api/not-served",
      severity: switched ? "warning" : "error",
      message: `Kubernetes 1.${minor} ${switched ? "serves it only when it is switched on" : "does not serve it"}: ${versionText(key)} ${key.kind}`,
      key,
      path: "apiVersion",
    });
  }
  if (key.namespace === "" && scopeOf(key.group, key.kind) === "namespaced") {
    found.push({
      code: "object/no-namespace",
      severity: "error",
      message: "names no namespace",
      key,
      path: "metadata",
    });
  }
  return found;
}

function imageFindings(key: ObjectKey, object: JsonObject): readonly PlanFinding[] {
  return imageUses(object).flatMap(({ image, path }): readonly PlanFinding[] => {
    const parts = parseImage(image);
    if (parts === undefined) {
      return [
        {
          code: "image/invalid",
          severity: "error",
          message: `${JSON.stringify(image)} is no name of an image`,
          key,
          path,
        },
      ];
    }
    if (parts.digest !== null || (parts.tag !== null && parts.tag !== "latest")) return [];
    return [
      {
        code: parts.tag === null ? "image/no-tag" : "image/latest",
        severity: "warning",
        message: `${image} names whatever is newest when a Pod starts`,
        key,
        path,
      },
    ];
  });
}

function podFindings(
  key: ObjectKey,
  object: JsonObject,
  world: FindingWorld,
  enforced: PodSecurityLevel | undefined,
): readonly PlanFinding[] {
  const level = enforced ?? world.podSecurity;
  return podSecurityViolations(object, level, world.minor).map((violation) => ({
    code: `pod-security/${violation.check}`,
    // Without a label nothing refuses the Pods; how far they may go is then the charter's rule, not a finding's.
    severity: enforced === undefined ? "warning" : "error",
    message: `${violation.reason}: ${violation.detail} (${enforced === undefined ? `level ${level} of the charter` : `the namespace enforces ${level}`})`,
    key,
    path: violation.paths[0] === undefined ? "" : pathText(violation.paths[0]),
  }));
}

/** The levels that the objects of namespaces in the folder enforce, by name; none for one that says nothing that is a level. */
function enforcedLevels(objects: readonly JsonObject[]): EnforcedLevels {
  const levels = new Map<string, PodSecurityLevel | undefined>();
  for (const object of objects) {
    const key = objectKey(object);
    if (key.group !== "" || key.kind !== "Namespace" || levels.has(key.name)) continue;
    const level = valueAt(object, ["metadata", "labels", `${POD_SECURITY_LABEL}enforce`]);
    levels.set(
      key.name,
      level === "restricted" || level === "baseline" || level === "privileged" ? level : undefined,
    );
  }
  return levels;
}

/** Members of a kustomization that only say what is applied, not how it is changed on the way. */
const plainMembers: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata", "resources"]);

/**
 * Files that make a reconciler apply something else than the objects of the folder (argo-cd docs/user-guide/tool_detection.md
 * and parameters.md, Store Overrides In Git; fluxcd source-controller docs/spec/v1/gitrepositories.md, Excluding files).
 */
const overriding: readonly { readonly file: RegExp; readonly what: string }[] = [
  {
    file: /(?:^|\/)\.argocd-source(?:-[^/]*)?\.yaml$/u,
    what: "overrides parameters of an Argo CD Application",
  },
  { file: /(?:^|\/)Chart\.yaml$/u, what: "makes the folder a Helm chart for Argo CD" },
  { file: /(?:^|\/)\.sourceignore$/u, what: "leaves files out of what Flux applies" },
];

function overridingFindings(target: TargetFolder): readonly PlanFinding[] {
  return [...target.files.keys()].flatMap((file) =>
    overriding
      .filter((row) => row.file.test(file))
      .map(
        ({ what }): PlanFinding => ({
          code: "git/overriding-file",
          severity: "error",
          message: `${file} ${what}: what is applied is not what the plan shows`,
        }),
      ),
  );
}

function kustomizationFindings(target: TargetFolder): readonly PlanFinding[] {
  const { kustomization } = target;
  if (kustomization === null) return [];
  const changing = Object.keys(kustomization.value)
    .filter((member) => !plainMembers.has(member))
    .sort();
  return changing.length === 0
    ? []
    : [
        {
          code: "git/kustomization-transforms",
          severity: "error",
          message: `${kustomization.file} changes objects on their way (${changing.join(", ")}): what is applied is not what the plan shows`,
          path: changing[0] ?? "",
        },
      ];
}
