/** Where the data of a volume comes from: the sources that Pods and PersistentVolumes share, and each one's own. */
import type { Json, JsonObject } from "../../../../kube/json.ts";
import { nonNegativeQuantity } from "../engine/amounts.ts";
import {
  byteLength,
  each,
  eachMember,
  fields,
  isSet,
  listOf,
  numberOf,
  objectOf,
  oneOf,
  range,
  required,
  text,
  textOf,
} from "../engine/build.ts";
import { type Check, report, reportAt, type Run, shown } from "../engine/run.ts";
import {
  hasBackstep,
  label,
  labelOrEmpty,
  notFreeLocalPath,
  notLabel,
  notLocalPath,
  notSubdomain,
} from "../engine/texts.ts";

export const fileMode: Check = range(0, 0o777);
const noBacksteps: Check = text(hasBackstep, false);
const localPath: Check = text(notLocalPath, false);
export const freeLocalPath: Check = text(notFreeLocalPath, false);

const hostPathTypes = [
  "",
  "DirectoryOrCreate",
  "Directory",
  "FileOrCreate",
  "File",
  "Socket",
  "CharDevice",
  "BlockDevice",
];

export const hostPath: Check = fields("core validateHostPathVolumeSource", {
  path: required(noBacksteps),
  type: oneOf(hostPathTypes),
});

const gitRepo: Check = fields("core validateGitRepoVolumeSource", {
  repository: required(),
  directory: localPath,
});

const iqnForm = /iqn\.\d{4}-\d{2}\.([0-9A-Za-z\-.]+)(:[^,;*&$|\s]+)$/;

const initiator: Check = text((value) => (value === "" ? undefined : notInitiator(value)), false);
const initiatorName: Check = text(notInitiator, false);

function notInitiator(value: string): string | undefined {
  if (value.startsWith("iqn"))
    return iqnForm.test(value) ? undefined : "it is no iqn name, as in iqn.2001-04.com.example:storage";
  if (value.startsWith("eui")) return /^eui.[0-9A-Za-z]{16}$/.test(value) ? undefined : "it is no eui name";
  if (value.startsWith("naa")) return /^naa.[0-9A-Za-z]{32}$/.test(value) ? undefined : "it is no naa name";
  return "it must begin with iqn, eui or naa";
}

const scsi = {
  targetPortal: required(),
  iqn: required(initiator),
  lun: range(0, 255),
};

function chapSecret(value: JsonObject, run: Run): void {
  if (
    (value["chapAuthDiscovery"] === true || value["chapAuthSession"] === true) &&
    !isSet(value, "secretRef")
  )
    reportAt(run, "secretRef", "server/required", "secretRef", "CHAP authentication needs it");
}

const iscsi: Check = fields("core validateISCSIVolumeSource", { ...scsi, initiatorName }, chapSecret);
const iscsiVolume: Check = fields(
  "core validateISCSIPersistentVolumeSource",
  {
    ...scsi,
    initiatorName,
    secretRef: fields("core validateISCSIPersistentVolumeSource", { name: required() }),
  },
  chapSecret,
);

const fc: Check = fields("core validateFCVolumeSource", {}, (value, run) => {
  const names = listOf(value, "targetWWNs");
  const ids = listOf(value, "wwids");
  if (names.length === 0 && ids.length === 0)
    reportAt(run, "targetWWNs", "server/required", "targetWWNs or wwids");
  if (names.length > 0 && ids.length > 0)
    reportAt(run, "targetWWNs", "server/forbidden", "targetWWNs", "wwids is set; only one of the two may be");
  if (names.length === 0) return;
  const lun = numberOf(value, "lun");
  if (!isSet(value, "lun")) reportAt(run, "lun", "server/required", "lun", "targetWWNs is set");
  else if (lun !== undefined && (lun < 0 || lun > 255))
    reportAt(run, "lun", "server/out-of-range", String(lun), "it must be between 0 and 255");
});

const gcePersistentDisk: Check = fields("core validateGCEPersistentDiskVolumeSource", {
  pdName: required(),
  partition: range(0, 255),
});
const awsElasticBlockStore: Check = fields("core validateAWSElasticBlockStoreVolumeSource", {
  volumeID: required(),
  partition: range(0, 255),
});

export const keyToPath: Check = fields("core validateKeyToPath", {
  key: required(),
  path: required(freeLocalPath),
  mode: fileMode,
});

const nfs: Check = fields("core validateNFSVolumeSource", {
  server: required(),
  path: required(text((value) => (value.startsWith("/") ? undefined : "it must be an absolute path"), false)),
});

const quobyte: Check = fields(
  "core validateQuobyteVolumeSource",
  { registry: required(), volume: required() },
  (value, run) => {
    const registry = textOf(value, "registry");
    const tenant = textOf(value, "tenant") ?? "";
    if (registry === undefined || registry === "") return;
    if (tenant.length >= 65)
      reportAt(run, "tenant", "server/too-long", "tenant", "at most 64 characters are allowed");
    else if (!registry.split(",").every(isHostPort))
      reportAt(
        run,
        "registry",
        "server/invalid",
        shown(registry),
        "it must be pairs host:port, joined by commas",
      );
  },
);

/** net.SplitHostPort: one colon outside of brackets. */
function isHostPort(value: string): boolean {
  return /^(?:[^:[\]]*|\[[^[\]]*\]):[^:[\]]*$/.test(value);
}

const glusterfs = { endpoints: required(), path: required() };

const flocker: Check = fields("core validateFlockerVolumeSource", {}, (value, run) => {
  const name = textOf(value, "datasetName") ?? "";
  const uuid = textOf(value, "datasetUUID") ?? "";
  if (name === "" && uuid === "") report(run, "server/required", "datasetName or datasetUUID");
  if (name !== "" && uuid !== "")
    reportAt(
      run,
      "datasetUUID",
      "server/forbidden",
      "datasetUUID",
      "datasetName is set; only one of the two may be",
    );
  if (name.includes("/")) reportAt(run, "datasetName", "server/invalid", shown(name), "it must not hold '/'");
});

const rbd = { monitors: required(), image: required() };
const cephfs = { monitors: required() };
const named: Check = fields("core validateCinderVolumeSource", { name: required() });
const namedFar: Check = fields("core validateCinderPersistentVolumeSource", {
  name: required(),
  namespace: required(),
});

const reservedOption: Check = (value, run) => {
  if (typeof value !== "string") return;
  const slash = value.indexOf("/");
  const domain = `.${(slash < 0 ? value : value.slice(0, slash)).toLowerCase()}`;
  if (domain.endsWith(".kubernetes.io") || domain.endsWith(".k8s.io"))
    report(run, "server/invalid", shown(value), "kubernetes.io and k8s.io are reserved");
};
const flexVolume: Check = fields("core validateFlexVolumeSource", {
  driver: required(),
  options: eachMember(undefined, reservedOption),
});

const azureFile = { secretName: required(), shareName: required() };

const azureDisk: Check = fields(
  "core validateAzureDisk",
  {
    diskName: required(),
    diskURI: required(),
    cachingMode: oneOf(["None", "ReadOnly", "ReadWrite"]),
    kind: oneOf(["Dedicated", "Managed", "Shared"]),
  },
  (value, run) => {
    const uri = textOf(value, "diskURI");
    const kind = isSet(value, "kind") ? textOf(value, "kind") : "Shared";
    if (uri === undefined || kind === undefined) return;
    const start = kind === "Managed" ? "/subscriptions/" : "https://";
    if (!uri.startsWith(start))
      reportAt(run, "diskURI", "server/invalid", shown(uri), `for this kind it must begin with ${start}`);
  },
);

const scaleIO = { gateway: required(), system: required(), volumeName: required() };
const storageos = { volumeName: required(label), volumeNamespace: labelOrEmpty };

const local: Check = fields("core validateLocalVolumeSource", { path: required(noBacksteps) });

/** ValidateCSIDriverName. */
export const csiDriverName: Check = (value, run) => {
  if (typeof value !== "string" || value === "") return;
  if (value.length > 63) report(run, "server/too-long", shown(value), "at most 63 characters are allowed");
  const reason = notSubdomain(value.toLowerCase());
  if (reason !== undefined) report(run, "server/name", shown(value), reason);
};

const farSecret: Check = fields("core validatePVSecretReference", {
  name: required(text(notSubdomain)),
  namespace: required(label),
});

const csiVolume: Check = fields("core validateCSIPersistentVolumeSource", {
  driver: required(csiDriverName),
  volumeHandle: required(),
  controllerPublishSecretRef: farSecret,
  controllerExpandSecretRef: farSecret,
  nodePublishSecretRef: farSecret,
  nodeExpandSecretRef: farSecret,
});

const csi: Check = fields("core validateCSIVolumeSource", {
  driver: required(csiDriverName),
  nodePublishSecretRef: fields("core validateCSIVolumeSource", { name: required(text(notSubdomain)) }),
});

const shared: Readonly<Record<string, Check>> = {
  hostPath,
  gcePersistentDisk,
  awsElasticBlockStore,
  fc,
  flocker,
  nfs,
  quobyte,
  flexVolume,
  vsphereVolume: fields("core validateVsphereVolumeSource", { volumePath: required() }),
  photonPersistentDisk: fields("core validatePhotonPersistentDiskVolumeSource", { pdID: required() }),
  portworxVolume: fields("core validatePortworxVolumeSource", { volumeID: required() }),
  azureDisk,
};

/** The sources of a Pod's volume that need nothing of the Pod. */
export const podVolumeSources: Readonly<Record<string, Check>> = {
  ...shared,
  emptyDir: fields("core validateVolumeSource", { sizeLimit: nonNegativeQuantity }),
  gitRepo,
  secret: fields("core validateSecretVolumeSource", {
    secretName: required(),
    defaultMode: fileMode,
    items: each(keyToPath),
  }),
  configMap: fields("core validateConfigMapVolumeSource", {
    name: required(),
    defaultMode: fileMode,
    items: each(keyToPath),
  }),
  iscsi,
  glusterfs: fields("core validateGlusterfsVolumeSource", glusterfs),
  persistentVolumeClaim: fields("core validatePersistentClaimVolumeSource", { claimName: required() }),
  rbd: fields("core validateRBDVolumeSource", rbd),
  cinder: fields("core validateCinderVolumeSource", { volumeID: required(), secretRef: named }),
  cephfs: fields("core validateCephFSVolumeSource", cephfs),
  azureFile: fields("core validateAzureFile", azureFile),
  storageos: fields("core validateStorageOSVolumeSource", { ...storageos, secretRef: named }),
  scaleIO: fields("core validateScaleIOVolumeSource", scaleIO),
  csi,
  image: fields("core validateImageVolumeSource", {
    pullPolicy: oneOf(["Always", "IfNotPresent", "Never"], true),
  }),
};

const claimNamespace: Check = (value, run) => {
  if (typeof value !== "string") return;
  const reason = value === "" ? "it must be the name of a namespace" : notLabel(value);
  if (reason !== undefined) report(run, "server/name", shown(value), reason);
};

/** The sources of a PersistentVolume. */
export const persistentVolumeSources: Readonly<Record<string, Check>> = {
  ...shared,
  glusterfs: fields("core validateGlusterfsPersistentVolumeSource", {
    ...glusterfs,
    endpointsNamespace: claimNamespace,
  }),
  rbd: fields("core validateRBDPersistentVolumeSource", rbd),
  cephfs: fields("core validateCephFSPersistentVolumeSource", cephfs),
  iscsi: iscsiVolume,
  cinder: fields("core validateCinderPersistentVolumeSource", { volumeID: required(), secretRef: namedFar }),
  azureFile: fields("core validateAzureFilePV", azureFile, (value, run) => {
    if (isSet(value, "secretNamespace") && value["secretNamespace"] === "")
      reportAt(run, "secretNamespace", "server/required", "secretNamespace");
  }),
  scaleIO: fields("core validateScaleIOPersistentVolumeSource", scaleIO),
  local,
  storageos: fields("core validateStorageOSPersistentVolumeSource", { ...storageos, secretRef: namedFar }),
  csi: csiVolume,
};

/** Exactly one source: each is looked at, and every one beyond the first is refused. */
export function onlyOne(value: JsonObject, names: readonly string[], run: Run): number {
  let found = 0;
  for (const name of names) {
    if (!isSet(value, name)) continue;
    found++;
    if (found > 1) reportAt(run, name, "server/forbidden", name, "only one volume type may be set");
  }
  return found;
}

/** ISCSI: `<name>:<portal>` must be short where the initiator is named. */
export function portalTooLong(source: JsonObject | undefined, name: Json | undefined, run: Run): void {
  const iscsiSource = objectOf(source, "iscsi");
  if (iscsiSource === undefined || !isSet(iscsiSource, "initiatorName") || typeof name !== "string") return;
  const portal = textOf(iscsiSource, "targetPortal") ?? "";
  if (byteLength(`${name}:${portal}`) > 64)
    reportAt(
      run,
      ["iscsi", "targetPortal"],
      "server/too-long",
      shown(portal),
      "name and portal have more than 64 bytes together",
    );
}
