/** ObjectMeta beyond what every check of metadata says: apimachinery pkg/api/validation/objectmeta.go. */
import { isObject, type JsonObject } from "../../../kube/json.ts";
import { each, eachMember, fields, listOf, required, text, textOf } from "./engine/build.ts";
import { type Check, reportAt, type Run, shown } from "./engine/run.ts";
import { labels } from "./engine/selectors.ts";
import { qualifiedName, notQualifiedName } from "./engine/texts.ts";

const owner: Check = fields(
  "meta validateOwnerReference",
  { apiVersion: required(), kind: required(), name: required(), uid: required() },
  (value, run) => {
    const version = textOf(value, "apiVersion") ?? "";
    if (version !== "" && (version.split("/").length > 2 || version.endsWith("/")))
      reportAt(
        run,
        "apiVersion",
        "server/invalid",
        shown(version),
        "it must be <group>/<version> or <version>",
      );
    if (version === "v1" && value["kind"] === "Event")
      reportAt(run, "kind", "server/invalid", '"Event"', "an Event cannot own anything");
  },
);

const metadata: Check = fields(
  "meta ValidateObjectMetaAccessor",
  { ownerReferences: each(owner), finalizers: each(qualifiedName) },
  (value, run) => {
    let controllers = 0;
    for (const [index, reference] of listOf(value, "ownerReferences").entries()) {
      if (!isObject(reference) || reference["controller"] !== true) continue;
      controllers++;
      if (controllers > 1)
        reportAt(
          run,
          ["ownerReferences", index, "controller"],
          "server/duplicate",
          "controller: true",
          "an object has one controller",
        );
    }
    const finalizers = listOf(value, "finalizers");
    if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion"))
      reportAt(
        run,
        "finalizers",
        "server/invalid",
        "finalizers",
        "orphan and foregroundDeletion cannot both be set",
      );
    const generation = value["generation"];
    if (typeof generation === "number" && generation < 0)
      reportAt(run, "generation", "server/out-of-range", String(generation), "it must be 0 or more");
  },
);

/** What the server refuses of an object's metadata; names, labels and annotations are checked where objects are read. */
export function checkMetadata(object: JsonObject, run: Run): void {
  const value = object["metadata"];
  if (!isObject(value)) return;
  run.path.push("metadata");
  metadata(value, run);
  run.path.pop();
}

const annotationKey: Check = text((key) => notQualifiedName(key.toLowerCase()));

/** Metadata of a Pod template or the like that is not the object's own: labels and annotations. */
export const innerMetadata: Check = fields("core ValidatePodTemplateSpec", {
  labels,
  annotations: eachMember(undefined, annotationKey),
});
