import { printable, printableRest } from "../../../kube/printable.ts";
import type { Finding } from "../../findings/finding.ts";
import { parseImage } from "../practices/image-reference.ts";
import type { ObjectIndex } from "../practices/object-index.ts";
import { textAt } from "../practices/subjects.ts";
import type { CheckSettings } from "./settings.ts";

/** Checks that say nothing before the settings give them their parameters. */
export const parameterRules = {
  "supply-chain/registry-not-allowed": {
    severity: "error",
    title: "Images come from the registries that the settings allow",
    hint: "use an image of an allowed registry, or add the registry to allowedRegistries",
    source: "kube-linter, trivy KSV-0125, kubescape C-0078, gatekeeper allowedrepos",
  },
  "metadata/required-label": {
    severity: "warning",
    title: "Workloads have the labels that the settings require",
    hint: "add the label",
    source: "kube-linter required-label, gatekeeper requiredlabels, kyverno require-labels, kubescape C-0076",
  },
} as const;

/** What the parameters of the settings ask for. */
export function parameterFindings(
  index: ObjectIndex,
  { allowedRegistries, requiredLabels }: CheckSettings,
): readonly Finding[] {
  if (allowedRegistries.length === 0 && requiredLabels.length === 0) return [];
  const findings: Finding[] = [];
  const allowed = allowedRegistries.map((one) => one.replace(/\/+$/, ""));
  for (const pod of index.pods) {
    if (allowed.length > 0) {
      for (const { container, path, name } of pod.containers) {
        const image = textAt(container, "image");
        if (image === undefined || isAllowed(image, allowed)) continue;
        const inner = [...path, "image"];
        findings.push({
          code: "supply-chain/registry-not-allowed",
          severity: parameterRules["supply-chain/registry-not-allowed"].severity,
          message: printableRest(
            `container ${name} has an image that is from no allowed registry: ${printable(image)}`,
          ),
          place: pod.read.places.value(inner),
          path: [...pod.read.path, ...inner],
          object: pod.key,
          hint: parameterRules["supply-chain/registry-not-allowed"].hint,
        });
      }
    }
    for (const label of requiredLabels) {
      if (textAt(pod.object, "metadata", "labels", label) !== undefined) continue;
      findings.push({
        code: "metadata/required-label",
        severity: parameterRules["metadata/required-label"].severity,
        message: printableRest(`${pod.key.kind} ${pod.key.name} lacks the label ${label}`),
        place: pod.read.places.value(["metadata"]),
        path: [...pod.read.path, "metadata", "labels"],
        object: pod.key,
        hint: parameterRules["metadata/required-label"].hint,
      });
    }
  }
  return findings;
}

/** An allowed registry fits whole parts: `ghcr.io/acme` is not `ghcr.io/acme-evil`. */
function isAllowed(image: string, allowed: readonly string[]): boolean {
  const parsed = parseImage(image);
  if (parsed === undefined) return false;
  const full = `${parsed.registry}/${parsed.repository}`;
  return allowed.some((one) => full === one || full.startsWith(`${one}/`));
}
