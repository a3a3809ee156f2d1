/** Pods and templates of Pods: core ValidatePodCreate and ValidatePodTemplateSpec. */
import { isObject, type Json, type JsonObject, textMap, valueAt } from "../../../../kube/json.ts";
import { matchesSelector, selectorOf } from "../../../../kube/selector.ts";
import { isSet, listOf, objectOf, textOf } from "../engine/build.ts";
import { reportAt, type Run, shown } from "../engine/run.ts";
import { checkPodAnnotations } from "./pod-annotations.ts";
import { checkPodSpec } from "./pod-spec.ts";

/** A Pod itself. */
export function checkPod(pod: JsonObject, run: Run): void {
  const spec = pod["spec"] ?? {};
  if (!isObject(spec)) return;
  const metadata = objectOf(pod, "metadata");
  run.path.push("metadata", "annotations");
  checkPodAnnotations(objectOf(metadata, "annotations"), spec, run);
  run.path.pop();
  run.path.pop();
  run.path.push("spec");
  checkPodSpec(spec, { isPod: true, name: textOf(metadata ?? {}, "name") ?? "" }, run);
  run.source = "core ValidatePodCreate";
  if (listOf(spec, "ephemeralContainers").length > 0)
    reportAt(
      run,
      "ephemeralContainers",
      "server/forbidden",
      "ephemeralContainers",
      "they are added to a running Pod only",
    );
  const node = textOf(spec, "nodeName");
  if (node !== undefined && node !== "" && listOf(spec, "schedulingGates").length > 0)
    reportAt(run, "nodeName", "server/forbidden", "nodeName", "schedulingGates is not empty");
  run.path.pop();
}

export interface TemplateRules {
  /** restartPolicy that Pods of this kind may have; undefined: any. */
  readonly restart?: readonly string[];
  /** What has this template, for messages; undefined where it may have activeDeadlineSeconds. */
  readonly noDeadline?: string;
}

/** ValidatePodTemplateSpec at the path where the run stands. */
export function checkTemplate(template: Json | undefined, rules: TemplateRules, run: Run): void {
  if (template !== undefined && !isObject(template)) return;
  const value: JsonObject = template ?? {};
  const spec = value["spec"] ?? {};
  if (!isObject(spec)) return;
  run.path.push("metadata", "annotations");
  checkPodAnnotations(objectOf(objectOf(value, "metadata"), "annotations"), spec, run);
  run.path.pop();
  run.path.pop();
  run.path.push("spec");
  checkPodSpec(spec, { isPod: false, name: "" }, run);
  run.source = "core ValidatePodTemplateSpec";
  if (listOf(spec, "ephemeralContainers").length > 0)
    reportAt(run, "ephemeralContainers", "server/forbidden", "ephemeralContainers", "a template has none");
  const restart = textOf(spec, "restartPolicy");
  if (rules.restart !== undefined && restart !== undefined) {
    const policy = restart === "" ? "Always" : restart;
    if (!rules.restart.includes(policy) && ["Always", "OnFailure", "Never"].includes(policy))
      reportAt(
        run,
        "restartPolicy",
        "server/not-supported",
        restart === "" ? 'the default "Always"' : shown(restart),
        rules.restart.join(", "),
      );
  }
  if (rules.noDeadline !== undefined && isSet(spec, "activeDeadlineSeconds"))
    reportAt(
      run,
      "activeDeadlineSeconds",
      "server/forbidden",
      "activeDeadlineSeconds",
      `a ${rules.noDeadline} runs without end`,
    );
  run.path.pop();
}

/** Labels that a template gives its Pods. */
export function labelsOf(template: Json | undefined): Readonly<Record<string, string>> {
  return textMap(valueAt(template, ["metadata", "labels"]));
}

/** The selector must select the Pods of the template (`spec` is where the run stands). */
export function checkSelects(spec: JsonObject, run: Run): void {
  const selector = objectOf(spec, "selector");
  if (selector === undefined) return;
  const requirements = selectorOf(selector);
  // What is no selector is told by the rules for selectors.
  if (requirements === undefined) return;
  if (!matchesSelector(requirements, labelsOf(spec["template"])))
    reportAt(
      run,
      ["template", "metadata", "labels"],
      "server/mismatch",
      "the labels of the template",
      "spec.selector does not select them",
    );
}
