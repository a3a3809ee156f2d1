/** PersistentVolumeClaims, and the templates of them that Pods and StatefulSets hold. */
import { isObject, type JsonObject } from "../../../../kube/json.ts";
import { nanoOf } from "../engine/amounts.ts";
import {
  each,
  fields,
  from,
  isSet,
  objectOf,
  oneOf,
  required,
  textOf,
  textOrEmpty,
} from "../engine/build.ts";
import { type Check, inside, report, reportAt, type Run, shown } from "../engine/run.ts";
import { annotations, labels, labelSelector } from "../engine/selectors.ts";
import { notSubdomain, subdomainOrEmpty } from "../engine/texts.ts";

export const accessModeNames: readonly string[] = [
  "ReadWriteOnce",
  "ReadOnlyMany",
  "ReadWriteMany",
  "ReadWriteOncePod",
];
export const volumeModes: readonly string[] = ["Block", "Filesystem"];

/** Access modes: known ones, and ReadWriteOncePod alone. */
export const accessModes: Check = (value, run) => {
  each(oneOf(accessModeNames))(value, run);
  if (!Array.isArray(value)) return;
  const modes = value.filter((mode) => typeof mode === "string" && accessModeNames.includes(mode));
  if (modes.includes("ReadWriteOncePod") && modes.some((mode) => mode !== "ReadWriteOncePod"))
    report(run, "server/forbidden", "ReadWriteOncePod", "it cannot stand beside other access modes");
};

/** Without dataSourceRef only claims and snapshots stay as dataSource; every other is dropped (pvc strategy). */
function isKept(value: JsonObject): boolean {
  const group = textOf(value, "apiGroup");
  const kind = textOf(value, "kind");
  return (
    (kind === "PersistentVolumeClaim" && group === "") ||
    (kind === "VolumeSnapshot" && group === "snapshot.storage.k8s.io")
  );
}

const dataSource: Check = fields(
  "core validateDataSource",
  { name: required(), kind: required(), apiGroup: subdomainOrEmpty },
  (value, run) => {
    const group = textOf(value, "apiGroup");
    const kind = textOf(value, "kind");
    if (group === "" && kind !== undefined && kind !== "" && kind !== "PersistentVolumeClaim")
      reportAt(
        run,
        "kind",
        "server/invalid",
        shown(kind),
        "without apiGroup it must be PersistentVolumeClaim",
      );
  },
);

/** ValidatePersistentVolumeClaimSpec. */
export const claimSpec: Check = fields(
  "core ValidatePersistentVolumeClaimSpec",
  {
    accessModes: required(accessModes),
    selector: labelSelector,
    storageClassName: textOrEmpty(notSubdomain),
    volumeMode: oneOf(volumeModes),
    dataSourceRef: dataSource,
    volumeAttributesClassName: from(34, textOrEmpty(notSubdomain)),
  },
  (value, run) => {
    const storage = objectOf(objectOf(value, "resources"), "requests")?.["storage"];
    const nano = nanoOf(storage);
    if (storage === undefined || storage === null)
      reportAt(run, ["resources", "requests", "storage"], "server/required", "resources.requests.storage");
    else if (nano !== undefined && nano <= 0n)
      reportAt(
        run,
        ["resources", "requests", "storage"],
        "server/out-of-range",
        shown(storage),
        "it must be greater than 0",
      );
    checkSources(value, run);
  },
);

function checkSources(value: JsonObject, run: Run): void {
  const source = objectOf(value, "dataSource");
  const written = objectOf(value, "dataSourceRef");
  // One with a namespace is dropped: the feature gate CrossNamespaceVolumeDataSource is off.
  const reference = written === undefined || isSet(written, "namespace") ? undefined : written;
  if (source === undefined || (reference === undefined && !isKept(source))) return;
  inside(run, "dataSource", source, dataSource);
  if (reference === undefined) return;
  const same =
    isSet(source, "apiGroup") === isSet(reference, "apiGroup") &&
    ["apiGroup", "kind", "name"].every((name) => textOf(source, name) === textOf(reference, name));
  if (!same)
    reportAt(run, "dataSource", "server/mismatch", "dataSource", "it must be the same as dataSourceRef");
}

/** Metadata of a template of claims. */
export const templateMeta: Check = fields(
  "core ValidateTemplateObjectMeta",
  { labels, annotations },
  (value, run) => {
    for (const name of Object.keys(value)) {
      if (name === "labels" || name === "annotations" || value[name] === "" || value[name] === null) continue;
      reportAt(run, name, "server/forbidden", name, "a template of a claim has labels and annotations only");
    }
  },
);

/** ValidatePersistentVolumeClaimTemplate of an ephemeral volume. */
export const claimTemplate: Check = fields(
  "core ValidatePersistentVolumeClaimTemplate",
  {
    metadata: templateMeta,
  },
  (value, run) => {
    const spec = value["spec"] ?? {};
    if (!isObject(spec)) return;
    run.path.push("spec");
    claimSpec(spec, run);
    run.path.pop();
  },
);
