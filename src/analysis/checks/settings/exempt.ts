import { isObject, valueAt } from "../../../kube/json.ts";
import { containersOf, podTemplateOf } from "../../../kube/pod-template.ts";
import { printable } from "../../../kube/printable.ts";
import { objectKey } from "../../../kube/object-key.ts";
import type { Place } from "../../../kube/place.ts";
import type { ObjectKey, ReadObject } from "../../../kube/read-object.ts";
import type { Finding } from "../../findings/finding.ts";
import { glob } from "../../../kube/glob.ts";
import { type CheckSettings, type Exemption, isFixed } from "./settings.ts";

/** Annotation `check.kubernetes-operations.dev/<family>.<check>: <reason>` exempts its object from one check. */
const EXEMPT_PREFIX = "check.kubernetes-operations.dev/";

export interface Exempted {
  readonly kept: readonly Finding[];
  /** Findings that an exemption took out, with its reason. */
  readonly exempt: readonly { readonly finding: Finding; readonly reason: string }[];
}

/**
 * Applies severities and exemptions of the settings and of annotations. An exemption that fits nothing is reported: it is a
 * leftover, or it was meant for something else. Without a reason an annotation exempts nothing.
 */
export function applySettings(
  findings: readonly Finding[],
  reads: readonly ReadObject[],
  settings: CheckSettings,
): Exempted {
  const exemptions = new Exemptions(reads, settings.exemptions);
  const kept: Finding[] = [];
  const exempt: { finding: Finding; reason: string }[] = [];
  for (const finding of findings) {
    const severity = settings.severity.get(finding.code);
    const own = severity === undefined ? finding : { ...finding, severity };
    const reason = exemptions.reasonOf(own);
    if (reason === undefined) kept.push(own);
    else exempt.push({ finding: own, reason });
  }
  return { kept: [...kept, ...exemptions.unused()], exempt };
}

/** Exemptions of settings, and those that annotations of the objects make. */
export class Exemptions {
  readonly #written: readonly Exemption[];
  readonly #writtenByCheck: ReadonlyMap<string, readonly Exemption[]>;
  readonly #inline: readonly InlineExemption[];
  readonly #inlineByTarget: ReadonlyMap<string, readonly InlineExemption[]>;
  readonly #readsByObject: ReadsByObject;
  readonly #used = new Set<Exemption | InlineExemption>();

  constructor(reads: readonly ReadObject[], written: readonly Exemption[]) {
    this.#written = written;
    this.#writtenByCheck = Map.groupBy(written, ({ check }) => check);
    this.#inline = inlineExemptions(reads);
    this.#inlineByTarget = Map.groupBy(
      this.#inline.filter(({ check, reason }) => reason.trim() !== "" && !isFixed(check)),
      ({ check, read }) => targetText(check, read.places.value([]), objectKey(read.object)),
    );
    this.#readsByObject = Map.groupBy(reads, (read) => objectText(read.file, objectKey(read.object)));
  }

  /** Why the finding does not count; undefined where it does. */
  reasonOf(finding: Finding): string | undefined {
    const named = inlineOf(finding, this.#inlineByTarget);
    const general = this.#writtenByCheck
      .get(finding.code)
      ?.find((one) => fits(one, finding, this.#readsByObject));
    if (named !== undefined) this.#used.add(named);
    if (general !== undefined) this.#used.add(general);
    return named?.reason ?? general?.reason;
  }

  /** What is to be said of exemptions that fitted none of the findings that were asked about. */
  unused(): readonly Finding[] {
    const found: Finding[] = [];
    for (const exemption of this.#written) {
      if (!this.#used.has(exemption))
        found.push({
          code: "settings/unused-exemption",
          severity: "warning",
          message: `the exemption from ${printable(exemption.check)} fits nothing`,
          place: exemption.place,
          hint: "remove it, or correct what it is for",
        });
    }
    for (const one of this.#inline) {
      if (one.reason.trim() === "")
        found.push(annotationFinding(one, "gives no reason, and exempts nothing"));
      else if (!this.#used.has(one)) found.push(annotationFinding(one, "fits nothing"));
    }
    return found;
  }
}

interface InlineExemption {
  readonly read: ReadObject;
  readonly annotation: string;
  readonly check: string;
  readonly reason: string;
}

function annotationFinding({ read, annotation, check }: InlineExemption, what: string): Finding {
  return {
    code: "settings/unused-exemption",
    severity: "warning",
    message: `the annotation for ${printable(check)} ${what}`,
    place: read.places.key(["metadata", "annotations", annotation]),
    path: [...read.path, "metadata", "annotations", annotation],
    hint: "remove it, or give the reason as its value",
  };
}

function inlineExemptions(reads: readonly ReadObject[]): readonly InlineExemption[] {
  return reads.flatMap((read) => {
    const annotations = valueAt(read.object, ["metadata", "annotations"]);
    if (!isObject(annotations)) return [];
    return Object.entries(annotations).flatMap(([annotation, value]) => {
      if (!annotation.startsWith(EXEMPT_PREFIX) || typeof value !== "string") return [];
      const name = annotation.slice(EXEMPT_PREFIX.length);
      const dot = name.indexOf(".");
      const check = dot < 0 ? name : `${name.slice(0, dot)}/${name.slice(dot + 1)}`;
      return [{ read, annotation, check, reason: value }];
    });
  });
}

/** The exemption that an annotation of the object of a finding makes from its check. */
function inlineOf(
  { code, object, place }: Finding,
  inline: ReadonlyMap<string, readonly InlineExemption[]>,
): InlineExemption | undefined {
  if (object === undefined || place === undefined) return undefined;
  return inline.get(targetText(code, place, object))?.[0];
}

function targetText(check: string, { file }: Place, object: ObjectKey): string {
  return `${check}\0${objectText(file, object)}`;
}

/** Objects by file and identity: findings are many, and so are objects. */
type ReadsByObject = ReadonlyMap<string, readonly ReadObject[]>;

/** With the group: a Service of Knative and one of Kubernetes may have one name, and are two objects. */
function objectText(file: string, { group, kind, namespace, name }: ObjectKey): string {
  return `${file}\0${group}\0${kind}\0${namespace}\0${name}`;
}

/** Is the exemption, of the finding's check, for its place? */
function fits(exemption: Exemption, finding: Finding, reads: ReadsByObject): boolean {
  const { object } = finding;
  if (exemption.namespace !== undefined && !glob(exemption.namespace, object?.namespace ?? "")) return false;
  if (exemption.object !== undefined) {
    if (object === undefined || !glob(exemption.object, `${object.kind}/${object.name}`)) return false;
  }
  return exemption.container === undefined || glob(exemption.container, containerName(finding, reads) ?? "");
}

/** Name of the container in which a finding stands. */
function containerName(finding: Finding, reads: ReadsByObject): string | undefined {
  const { path, object, place } = finding;
  if (path === undefined || object === undefined) return undefined;
  const text = path.join("\0");
  for (const read of reads.get(objectText(place?.file ?? "", object)) ?? []) {
    const template = podTemplateOf(read.object);
    if (template === undefined) continue;
    for (const { path: inSpec, container } of containersOf(template.spec)) {
      const start = [...read.path, ...template.path, "spec", ...inSpec].join("\0");
      const name = container["name"];
      if (text === start || text.startsWith(`${start}\0`)) return typeof name === "string" ? name : undefined;
    }
  }
  return undefined;
}
