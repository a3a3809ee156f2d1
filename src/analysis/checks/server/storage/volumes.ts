/** PersistentVolume, StorageClass, VolumeAttachment, CSIDriver, CSINode, CSIStorageCapacity, VolumeAttributesClass. */
import { isObject, type Json, type JsonObject } from "../../../../kube/json.ts";
import { nanoOf, nonNegativeQuantity } from "../engine/amounts.ts";
import {
  byteLength,
  each,
  fields,
  isSet,
  listOf,
  maxLength,
  nonNegative,
  numberOf,
  objectOf,
  oneOf,
  required,
  text,
  textOf,
  textOrEmpty,
  unique,
} from "../engine/build.ts";
import { type Check, inside, report, reportAt, type Run, shown } from "../engine/run.ts";
import { labelKey, labelSelector } from "../engine/selectors.ts";
import { notQualifiedName, notSubdomain, subdomain } from "../engine/texts.ts";
import { nodeSelector } from "../pods/placing.ts";
import { csiDriverName, onlyOne, persistentVolumeSources, portalTooLong } from "../pods/volume-sources.ts";
import { accessModes, volumeModes } from "./claims.ts";

const names = Object.keys(persistentVolumeSources);
/** Sources that the server looks at before flexVolume, which it does not hold against them. */
const beforeFlex = new Set(
  "hostPath gcePersistentDisk awsElasticBlockStore glusterfs flocker nfs rbd quobyte cephfs iscsi cinder fc".split(
    " ",
  ),
);

const nodeAffinity: Check = fields(
  "core validateVolumeNodeAffinity",
  { required: nodeSelector },
  (value, run) => {
    if (!isSet(value, "required")) reportAt(run, "required", "server/required", "required");
  },
);

const common: Check = fields("core ValidatePersistentVolumeSpec", {
  accessModes: required(accessModes),
  ...persistentVolumeSources,
});

const whole: Check = fields(
  "core ValidatePersistentVolumeSpec",
  {
    persistentVolumeReclaimPolicy: oneOf(["Delete", "Recycle", "Retain"], true),
    nodeAffinity,
    storageClassName: textOrEmpty(notSubdomain),
    volumeMode: oneOf(volumeModes),
  },
  checkCapacity,
  (value, run) => {
    const cls = textOf(value, "volumeAttributesClassName");
    if (run.minor < 34 || !isSet(value, "volumeAttributesClassName") || cls === undefined) return;
    if (cls === "")
      reportAt(
        run,
        "volumeAttributesClassName",
        "server/required",
        "volumeAttributesClassName",
        "it must not be empty",
      );
    else inside(run, "volumeAttributesClassName", cls, subdomain);
    if (!isSet(value, "csi"))
      reportAt(run, "csi", "server/required", "csi", "volumeAttributesClassName is set");
  },
);

function checkCapacity(value: JsonObject, run: Run): void {
  const capacity = objectOf(value, "capacity") ?? {};
  const resources = Object.keys(capacity);
  if (!Object.hasOwn(capacity, "storage"))
    reportAt(run, ["capacity", "storage"], "server/required", "capacity.storage");
  for (const name of resources) {
    const nano = nanoOf(capacity[name]);
    if (name !== "storage") reportAt(run, ["capacity", name], "server/not-supported", shown(name), "storage");
    if (nano !== undefined && nano <= 0n)
      reportAt(
        run,
        ["capacity", name],
        "server/out-of-range",
        shown(capacity[name]),
        "it must be greater than 0",
      );
  }
}

/** path.Clean of a path that is the root. */
function isRoot(path: string): boolean {
  const steps = path.split("/").filter((step) => step !== "" && step !== ".");
  return path.startsWith("/") && steps.every((step) => step === "..");
}

function checkSources(value: JsonObject, name: Json | undefined, run: Run): void {
  run.source = "core ValidatePersistentVolumeSpec";
  const flex = isSet(value, "flexVolume");
  const asked = flex ? names.filter((source) => beforeFlex.has(source)) : names;
  let found = onlyOne(value, asked, run) + Number(flex);
  if (flex) {
    for (const source of names) {
      if (source === "flexVolume" || beforeFlex.has(source) || !isSet(value, source)) continue;
      found++;
      reportAt(run, source, "server/forbidden", source, "only one volume type may be set");
    }
  }
  if (found === 0) report(run, "server/required", "a volume source", "for instance csi or nfs");
  portalTooLong(value, name, run);
}

/** ValidatePersistentVolume; the run stands at the object. */
export const persistentVolume: Check = fields("core ValidatePersistentVolume", {}, (object, run) => {
  const value = object["spec"] ?? {};
  if (!isObject(value)) return;
  run.path.push("spec");
  common(value, run);
  whole(value, run);
  checkSources(value, objectOf(object, "metadata")?.["name"], run);
  if (isSet(value, "local") && !isSet(value, "nodeAffinity"))
    reportAt(run, "nodeAffinity", "server/required", "nodeAffinity", "a local volume is on one node");
  const hostPath = textOf(objectOf(value, "hostPath") ?? {}, "path");
  if (hostPath !== undefined && isRoot(hostPath) && value["persistentVolumeReclaimPolicy"] === "Recycle")
    reportAt(
      run,
      "persistentVolumeReclaimPolicy",
      "server/forbidden",
      '"Recycle"',
      "hostPath is the root of the node",
    );
  run.path.pop();
});

const inlineVolume: Check = fields("core ValidatePersistentVolumeSpec", {}, (value, run) => {
  common(value, run);
  run.source = "core ValidatePersistentVolumeSpec";
  for (const field of ["claimRef", "nodeAffinity"])
    if (isSet(value, field)) reportAt(run, field, "server/forbidden", field, "an inline volume has none");
  if (Object.keys(objectOf(value, "capacity") ?? {}).length > 0)
    reportAt(run, "capacity", "server/forbidden", "capacity", "an inline volume has none");
  const policy = textOf(value, "persistentVolumeReclaimPolicy") ?? "";
  if (policy !== "" && policy !== "Retain")
    reportAt(
      run,
      "persistentVolumeReclaimPolicy",
      "server/forbidden",
      shown(policy),
      "an inline volume has Retain",
    );
  if ((textOf(value, "storageClassName") ?? "") !== "")
    reportAt(run, "storageClassName", "server/forbidden", "storageClassName", "an inline volume has none");
  if (isSet(value, "volumeMode") && value["volumeMode"] !== "Filesystem")
    reportAt(
      run,
      "volumeMode",
      "server/forbidden",
      shown(value["volumeMode"]),
      "an inline volume has Filesystem",
    );
  if (!isSet(value, "csi")) reportAt(run, "csi", "server/required", "csi", "an inline volume needs it");
  onlyOne(value, names, run);
});

/** ValidateVolumeAttachment: its spec. */
export const volumeAttachment: Check = fields(
  "storage validateVolumeAttachmentSpec",
  { attacher: required(csiDriverName), nodeName: required(subdomain) },
  (value, run) => {
    const source = objectOf(value, "source") ?? {};
    const inline = isSet(source, "inlineVolumeSpec");
    const named = isSet(source, "persistentVolumeName");
    run.path.push("source");
    if (inline === named)
      report(run, "server/required", "exactly one of inlineVolumeSpec and persistentVolumeName");
    else if (named) {
      if (source["persistentVolumeName"] === "")
        reportAt(run, "persistentVolumeName", "server/required", "persistentVolumeName");
      else inside(run, "persistentVolumeName", source["persistentVolumeName"], subdomain);
    } else inside(run, "inlineVolumeSpec", source["inlineVolumeSpec"], inlineVolume);
    run.path.pop();
  },
);

const provisioner: Check = text((name) => notQualifiedName(name.toLowerCase()));

const parameters: Check = (value, run) => {
  if (!isObject(value)) return;
  const entries = Object.entries(value);
  let size = 0;
  for (const [key, parameter] of entries) {
    if (key === "") report(run, "server/invalid", '""', "a parameter needs a name");
    size += byteLength(key) + (typeof parameter === "string" ? byteLength(parameter) : 0);
  }
  if (entries.length > 512) report(run, "server/too-many", "parameters", `${entries.length} of at most 512`);
  if (size > 262_144) report(run, "server/too-long", "parameters", `${size} of at most 262144 bytes`);
};

const topologyTerm: Check = fields("core ValidateTopologySelectorTerm", {
  matchLabelExpressions: (value, run) => {
    each(
      fields("core validateTopologySelectorLabelRequirement", {
        key: required(labelKey),
        values: required(unique()),
      }),
    )(value, run);
    unique((item) => (isObject(item) ? item["key"] : undefined))(value, run);
  },
});

/** The requirements of a term, whatever their order; the server compares terms so. */
function termId(term: Json): string | undefined {
  if (!isObject(term)) return undefined;
  const parts = listOf(term, "matchLabelExpressions").map((entry) =>
    isObject(entry)
      ? `${textOf(entry, "key") ?? ""}=${[...listOf(entry, "values")].map(String).sort().join(",")}`
      : "",
  );
  return parts.sort().join(";");
}

/** ValidateStorageClass. */
export const storageClass: Check = fields("storage ValidateStorageClass", {
  provisioner: required(provisioner),
  parameters,
  reclaimPolicy: oneOf(["Delete", "Retain"], true),
  volumeBindingMode: oneOf(["Immediate", "WaitForFirstConsumer"]),
  allowedTopologies: (value, run) => {
    each(topologyTerm)(value, run);
    unique(termId)(value, run);
    if (!Array.isArray(value)) return;
    // The server compares with terms that are empty, so an empty one counts as standing twice.
    for (const [index, term] of (value as readonly Json[]).entries())
      if (termId(term) === "")
        reportAt(run, [index, "matchLabelExpressions"], "server/required", "matchLabelExpressions");
  },
});

export const volumeAttributesClass: Check = fields(
  "storage ValidateVolumeAttributesClass",
  {
    driverName: required(provisioner),
    parameters,
  },
  (value, run) => {
    if (Object.keys(objectOf(value, "parameters") ?? {}).length === 0)
      reportAt(run, "parameters", "server/required", "parameters", "at least one");
  },
);

/** validateCSIDriverSpec. */
export const csiDriver: Check = fields(
  "storage validateCSIDriverSpec",
  {
    fsGroupPolicy: oneOf(["ReadWriteOnceWithFSType", "File", "None"]),
    volumeLifecycleModes: each(oneOf(["Persistent", "Ephemeral"])),
    tokenRequests: (value, run) => {
      each(
        fields("storage validateTokenRequests", {}, (request, inner) => {
          const seconds = numberOf(request, "expirationSeconds");
          if (seconds !== undefined && (seconds < 600 || seconds > 2 ** 32))
            reportAt(
              inner,
              "expirationSeconds",
              "server/out-of-range",
              String(seconds),
              "it must be between 600 and 4294967296",
            );
        }),
      )(value, run);
      unique((item) => (isObject(item) ? (textOf(item, "audience") ?? null) : undefined))(value, run);
    },
  },
  (value, run) => {
    const period = numberOf(value, "nodeAllocatableUpdatePeriodSeconds");
    if (run.minor >= 35 && period !== undefined && period < 10)
      reportAt(
        run,
        "nodeAllocatableUpdatePeriodSeconds",
        "server/out-of-range",
        String(period),
        "it must be 10 or more",
      );
    if (
      run.minor >= 35 &&
      isSet(value, "serviceAccountTokenInSecrets") &&
      listOf(value, "tokenRequests").length === 0
    )
      reportAt(
        run,
        "serviceAccountTokenInSecrets",
        "server/forbidden",
        "serviceAccountTokenInSecrets",
        "tokenRequests is empty",
      );
  },
);

const driver: Check = fields("storage validateCSINodeDriver", {
  name: required(csiDriverName),
  nodeID: required(maxLength(256)),
  allocatable: fields("storage validateCSINodeDriverAllocatable", { count: nonNegative }),
  topologyKeys: (value, run) => {
    each((key, inner) => {
      if (key === "") return report(inner, "server/required", "a key");
      text(notQualifiedName)(key, inner);
    })(value, run);
    unique()(value, run);
  },
});

export const csiNode: Check = fields("storage validateCSINodeSpec", {
  drivers: (value, run) => {
    each(driver)(value, run);
    unique((item) => (isObject(item) ? item["name"] : undefined))(value, run);
  },
});

export const storageCapacity: Check = fields("storage ValidateCSIStorageCapacity", {
  nodeTopology: labelSelector,
  storageClassName: required(text(notSubdomain)),
  capacity: nonNegativeQuantity,
});

/** ValidateStorageVersionMigration: its spec. */
export const storageMigration: Check = fields(
  "storagemigration ValidateStorageVersionMigration",
  {
    resource: fields("storagemigration ValidateStorageVersionMigration", {
      resource: required(
        text((name) =>
          /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/.test(name) && name.length <= 63
            ? undefined
            : "it must be of lower-case letters, digits and '-', and begin with a letter",
        ),
      ),
      group: textOrEmpty(notSubdomain),
    }),
  },
  (value: JsonObject, run: Run) => {
    if (!isSet(value, "resource"))
      reportAt(run, ["resource", "resource"], "server/required", "resource.resource");
  },
);
