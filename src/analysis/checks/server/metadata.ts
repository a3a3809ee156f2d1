/** ObjectMeta beyond what every check of metadata says: apimachinery pkg/api/validation/objectmeta.go. */
import { canonicalJson } from "../../../kube/canonical-json.ts";
import { isObject, type JsonObject } from "../../../kube/json.ts";
import type { ObjectKey } from "../../../kube/read-object.ts";
import { badName } from "../reading/names.ts";
import { each, fields, listOf, required, textOf } from "./engine/build.ts";
import { type Check, reportAt, type Run, shown } from "./engine/run.ts";
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
    const controllers = new Set<string>();
    for (const [index, reference] of listOf(value, "ownerReferences").entries()) {
      if (!isObject(reference) || reference["controller"] !== true) continue;
      // The server drops references that stand twice before it looks.
      const id = canonicalJson(reference);
      if (controllers.has(id)) continue;
      controllers.add(id);
      if (controllers.size > 1)
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
  },
);

/** Groups whose kinds are validated without pkg/apis/core, which holds finalizers to its own names. */
const otherGroups = new Set([
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "apiregistration.k8s.io",
  "coordination.k8s.io",
  "node.k8s.io",
]);
const otherKinds = new Set(["/Event", "policy/PodDisruptionBudget"]);
const standardFinalizers = new Set(["kubernetes", "orphan", "foregroundDeletion"]);

/** What the server refuses of an object's metadata; names, labels and annotations are checked where objects are read. */
export function checkMetadata(object: JsonObject, key: ObjectKey, native: boolean, run: Run): void {
  const value = object["metadata"];
  if (!isObject(value)) return;
  run.path.push("metadata");
  metadata(value, run);
  if (native) {
    if (!otherGroups.has(key.group) && !otherKinds.has(`${key.group}/${key.kind}`))
      checkFinalizers(value, run);
    checkGenerateName(value, key, run);
  }
  run.path.pop();
}

function checkFinalizers(value: JsonObject, run: Run): void {
  run.source = "core validateKubeFinalizerName";
  for (const [index, finalizer] of listOf(value, "finalizers").entries()) {
    if (typeof finalizer !== "string" || finalizer.includes("/") || standardFinalizers.has(finalizer))
      continue;
    if (notQualifiedName(finalizer) === undefined)
      reportAt(
        run,
        ["finalizers", index],
        "server/name",
        shown(finalizer),
        "it must have a domain, as in example.com/keep",
      );
  }
}

/** Kinds whose names are made of other fields, or whose prefix the server does not look at. */
const unchecked = new Set([
  "apiregistration.k8s.io/APIService",
  "certificates.k8s.io/ClusterTrustBundle",
  "resource.k8s.io/DeviceClass",
]);

/** A prefix of names may end in '-', and else obeys the rule for names. */
function checkGenerateName(value: JsonObject, key: ObjectKey, run: Run): void {
  const prefix = textOf(value, "generateName");
  if (prefix === undefined || prefix === "" || unchecked.has(`${key.group}/${key.kind}`)) return;
  run.source = "meta ValidateObjectMetaAccessor";
  const name = prefix.length > 1 && prefix.endsWith("-") ? `${prefix.slice(0, -1)}a` : prefix;
  const reason = badName(key.group, key.kind, name, run.minor);
  if (reason !== undefined) reportAt(run, "generateName", "server/name", shown(prefix), reason);
}
