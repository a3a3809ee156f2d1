/** Fields and resources that environment variables and downward API volumes refer to. */
import { quantityText } from "../../../../kube/quantity.ts";
import { quantityOf } from "../engine/amounts.ts";
import { fields, listOf, required, textOf } from "../engine/build.ts";
import { type Check, reportAt, shown } from "../engine/run.ts";
import { notQualifiedName } from "../engine/texts.ts";

/** Labels that ConvertDownwardAPIFieldLabel (pkg/apis/core/pods/helpers.go) knows, beside those with a subscript. */
const knownFields = new Set([
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.restartPolicy",
  "spec.serviceAccountName",
  "spec.schedulerName",
  "status.phase",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
  "spec.host",
]);

/** validateObjectFieldSelector with the fields that may be referred to. */
export function fieldReference(allowed: readonly string[]): Check {
  const fieldsAllowed = new Set(allowed);
  const list = allowed.join(", ");
  return fields("core validateObjectFieldSelector", { fieldPath: required() }, (value, run) => {
    const version = textOf(value, "apiVersion");
    const path = textOf(value, "fieldPath");
    if (version === undefined || path === undefined || path === "") return;
    if (version !== "" && version !== "v1") {
      reportAt(run, "apiVersion", "server/not-supported", shown(version), "v1");
      return;
    }
    const subscript = /^(.*)\['(.*)'\]$/s.exec(path);
    const [, map = "", key = ""] = subscript ?? [];
    if (subscript !== null) {
      const reason =
        map === "metadata.annotations" || map === "metadata.labels"
          ? notQualifiedName(map === "metadata.labels" ? key : key.toLowerCase())
          : "only metadata.annotations and metadata.labels take a key";
      if (reason !== undefined) reportAt(run, "fieldPath", "server/invalid", shown(path), reason);
      return;
    }
    const meant = path === "spec.host" ? "spec.nodeName" : path;
    if (!knownFields.has(path) || !fieldsAllowed.has(meant))
      reportAt(run, "fieldPath", "server/not-supported", shown(path), list);
  });
}

const resources = ["cpu", "memory", "ephemeral-storage"].flatMap((name) => [
  `limits.${name}`,
  `requests.${name}`,
]);
const resourceSet = new Set(resources);
const byteDivisors = new Set([
  "1",
  "1k",
  "1M",
  "1G",
  "1T",
  "1P",
  "1E",
  "1Ki",
  "1Mi",
  "1Gi",
  "1Ti",
  "1Pi",
  "1Ei",
]);
const hugePages = /^(?:limits|requests)\.hugepages-/;

/** validateContainerResourceFieldSelector. `inVolume`: the container must be named. */
export function resourceReference(inVolume: boolean): Check {
  return fields("core validateContainerResourceFieldSelector", {}, (value, run) => {
    const container = textOf(value, "containerName");
    const resource = textOf(value, "resource");
    if (container === undefined || resource === undefined) return;
    if (inVolume && container === "") reportAt(run, "containerName", "server/required", "containerName");
    else if (resource === "") reportAt(run, "resource", "server/required", "resource");
    else if (!resourceSet.has(resource) && !hugePages.test(resource))
      reportAt(
        run,
        "resource",
        "server/not-supported",
        shown(resource),
        `${resources.join(", ")}, and hugepages`,
      );
    const divisor = quantityOf(value["divisor"]);
    if (divisor === undefined || divisor.nano === 0n) return;
    const unit = quantityText(divisor);
    const cpu = resource === "limits.cpu" || resource === "requests.cpu";
    if (!resourceSet.has(resource) && !hugePages.test(resource)) return;
    if (cpu ? unit !== "1m" && unit !== "1" : !byteDivisors.has(unit))
      reportAt(
        run,
        "divisor",
        "server/not-supported",
        shown(unit),
        cpu ? "1m, 1" : [...byteDivisors].join(", "),
      );
  });
}

const sources = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];

/** How many of the sources of a variable's value are set. */
export function sourcesOf(value: Parameters<typeof listOf>[0]): number {
  return sources.filter((name) => value?.[name] !== undefined && value[name] !== null).length;
}
