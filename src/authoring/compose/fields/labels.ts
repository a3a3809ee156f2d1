import { literal, type ServiceContext } from "../context.ts";
import { isLabelValue, isQualifiedName } from "../names.ts";
import { isNull, type Node, pairsOf, textOf } from "../tree/node.ts";
import { isKomposeLabel, readKomposeLabel } from "./kompose-labels.ts";

/** Longest annotations of an object together: 256 KiB (apimachinery TotalAnnotationSizeLimitB); one text gets a part. */
const longestAnnotation = 64 * 1024;

/**
 * `labels`, `annotations` and `deploy.labels`. Labels of a container are read by programs, not by selectors: they become
 * annotations (as kompose does); those of `deploy` become labels where Kubernetes takes their value as one.
 */
export function readLabels(service: ServiceContext, node: Node, as: "label" | "annotation"): void {
  const { project } = service;
  const { ledger } = project;
  const pairs = pairsOf(node, (lost) => ledger.overridden(lost, "a later entry has the same name"));
  for (const [key, part] of pairs.entries) {
    if (isKomposeLabel(key)) {
      readKomposeLabel(service, key, part);
      continue;
    }
    const value = isNull(part) ? "" : textOf(part);
    if (key.startsWith("com.docker.compose"))
      ledger.mark(part, "dropped", "labels of Compose itself are reserved");
    else if (!isQualifiedName(key)) ledger.mark(part, "dropped", "its key is none that Kubernetes takes");
    else if (/(?:^|\.)(?:kubernetes|k8s)\.io\//.test(key))
      ledger.mark(
        part,
        "dropped",
        "keys of Kubernetes mean something to the cluster; kubeops sets them itself",
      );
    else if (value.length > longestAnnotation)
      ledger.mark(part, "dropped", "it is too long for an annotation");
    else {
      const text = literal(project, part, key, value);
      if (text === undefined) continue;
      const asLabel = as === "label" && isLabelValue(text);
      const member = asLabel ? "labels" : "annotations";
      service.draft[member] = { ...service.draft[member], [key]: text };
      if (as === "label" && !asLabel)
        ledger.mark(part, "changed", "Kubernetes takes no such value for a label: it becomes an annotation");
      else ledger.mark(part, "used");
    }
  }
}
