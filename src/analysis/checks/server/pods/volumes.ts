/** The volumes of a Pod: core ValidateVolumes and what stands in them. */
import { isObject, type Json, type JsonObject } from "../../../../kube/json.ts";
import { notSignerName } from "../engine/signers.ts";
import { labelSelector } from "../engine/selectors.ts";
import { claimTemplate } from "../storage/claims.ts";
import {
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
import { label, notDomainPrefixedKey, notFreeLocalPath, notSubdomain } from "../engine/texts.ts";
import { fieldReference, resourceReference } from "./references.ts";
import {
  fileMode,
  freeLocalPath,
  keyToPath,
  onlyOne,
  podVolumeSources,
  portalTooLong,
} from "./volume-sources.ts";

const volumeFields = [
  "metadata.name",
  "metadata.namespace",
  "metadata.labels",
  "metadata.annotations",
  "metadata.uid",
];

const downwardFile: Check = fields(
  "core validateDownwardAPIVolumeFile",
  {
    path: required(freeLocalPath),
    fieldRef: fieldReference(volumeFields),
    mode: fileMode,
  },
  (value, run) => {
    const field = isSet(value, "fieldRef");
    const resource = objectOf(value, "resourceFieldRef");
    if (field && isSet(value, "resourceFieldRef"))
      report(run, "server/forbidden", "resourceFieldRef", "fieldRef is set; only one of the two may be");
    else if (!field && !isSet(value, "resourceFieldRef"))
      report(run, "server/required", "fieldRef or resourceFieldRef");
    else if (!field && resource !== undefined) {
      run.path.push("resourceFieldRef");
      resourceReference(true)(resource, run);
      run.path.pop();
    }
  },
);

const downwardAPI: Check = fields("core validateDownwardAPIVolumeSource", {
  defaultMode: fileMode,
  items: each(downwardFile),
});

const trustBundle: Check = fields(
  "core validateProjectionSources",
  { path: required(freeLocalPath) },
  (value, run) => {
    const byName = isSet(value, "name");
    const bySigner = isSet(value, "signerName");
    const name = textOf(value, "name");
    const signer = textOf(value, "signerName");
    if (byName && bySigner)
      report(run, "server/forbidden", "signerName", "name is set; only one of the two may be");
    else if (byName) {
      if (name !== undefined) {
        const reason = name === "" ? "it must not be empty" : notTrustBundleName(name);
        if (reason !== undefined) reportAt(run, "name", "server/name", shown(name), reason);
      }
      if (isSet(value, "labelSelector"))
        reportAt(run, "labelSelector", "server/forbidden", "labelSelector", "name is set");
    } else if (bySigner) {
      if (signer !== undefined) {
        const reason = notSignerName(signer);
        if (reason !== undefined) reportAt(run, "signerName", "server/name", shown(signer), reason);
      }
      const selector = objectOf(value, "labelSelector");
      if (selector !== undefined) {
        run.path.push("labelSelector");
        labelSelector(selector, run);
        run.path.pop();
      }
    } else report(run, "server/required", "name or signerName");
  },
);

/** ValidateClusterTrustBundleName: `signer:name` of a domain, or a plain name. */
export function notTrustBundleName(name: string): string | undefined {
  const colon = name.indexOf(":");
  return notSubdomain(colon < 0 ? name : name.slice(name.lastIndexOf(":") + 1));
}

const certificate: Check = fields(
  "core validateProjectionSources",
  {
    signerName: text(notSignerName),
    keyType: oneOf(["RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"]),
    credentialBundlePath: text(
      (path, minor) => (path === "" ? undefined : notFreeLocalPath(path, minor)),
      false,
    ),
    keyPath: text((path, minor) => (path === "" ? undefined : notFreeLocalPath(path, minor)), false),
    certificateChainPath: text(
      (path, minor) => (path === "" ? undefined : notFreeLocalPath(path, minor)),
      false,
    ),
    userAnnotations: eachMember(undefined, text(notDomainPrefixedKey)),
  },
  (value, run) => {
    if (!isSet(value, "signerName")) reportAt(run, "signerName", "server/required", "signerName");
    if (!isSet(value, "keyType")) reportAt(run, "keyType", "server/required", "keyType");
    const most = numberOf(value, "maxExpirationSeconds");
    const signer = textOf(value, "signerName") ?? "";
    const limit = signer.startsWith("kubernetes.io/") ? 86_400 : 91 * 86_400;
    if (most !== undefined && (most < 3600 || most > limit))
      reportAt(
        run,
        "maxExpirationSeconds",
        "server/out-of-range",
        String(most),
        `it must be between 3600 and ${limit}`,
      );
    const paths = ["credentialBundlePath", "keyPath", "certificateChainPath"];
    if (paths.every((name) => textOf(value, name) === ""))
      report(run, "server/required", paths.join(", or "));
  },
);

const tokenExpiry: Check = range(600, 2 ** 32);

const projectedSources: Readonly<Record<string, Check>> = {
  secret: fields("core validateProjectionSources", { name: required(), items: each(keyToPath) }),
  configMap: fields("core validateProjectionSources", { name: required(), items: each(keyToPath) }),
  downwardAPI: fields("core validateProjectionSources", { items: each(downwardFile) }),
  serviceAccountToken: fields("core validateProjectionSources", {
    expirationSeconds: tokenExpiry,
    path: required(freeLocalPath),
  }),
  clusterTrustBundle: trustBundle,
  podCertificate: certificate,
};

const projectedSource: Check = fields("core validateProjectionSources", projectedSources, oneSource);

const projected: Check = fields(
  "core validateProjectedVolumeSource",
  {
    defaultMode: fileMode,
    sources: each((source, run) => projectedSource(keptOf(source, run.minor), run)),
  },
  (value, run) => {
    const seen = new Set<string>();
    for (const [index, source] of listOf(value, "sources").entries()) {
      const kept = keptOf(source, run.minor);
      if (isObject(kept)) projectedPaths(kept, index, seen, run);
    }
  },
);

/** Before the gate PodCertificateRequest is on the server drops podCertificate; nothing in its type says so. */
const POD_CERTIFICATE = 37;

function keptOf(source: Json, minor: number): Json {
  if (minor >= POD_CERTIFICATE || !isObject(source) || source["podCertificate"] === undefined) return source;
  const { podCertificate: _podCertificate, ...kept }: JsonObject = source;
  return kept;
}

function oneSource(value: JsonObject, run: Run): void {
  let found = 0;
  for (const name of Object.keys(projectedSources)) if (isSet(value, name)) found++;
  if (found > 1) report(run, "server/forbidden", "more than one of the sources", "an item holds one source");
}

function projectedPaths(source: JsonObject, index: number, seen: Set<string>, run: Run): void {
  const add = (path: Json | undefined, at: readonly (string | number)[]): void => {
    if (typeof path !== "string" || path === "") return;
    if (seen.has(path)) reportAt(run, ["sources", index, ...at], "server/duplicate", shown(path));
    seen.add(path);
  };
  for (const name of ["secret", "configMap", "downwardAPI"]) {
    for (const [item, entry] of listOf(objectOf(source, name), "items").entries()) {
      if (isObject(entry)) add(entry["path"], [name, "items", item, "path"]);
    }
  }
  add(objectOf(source, "clusterTrustBundle")?.["path"], ["clusterTrustBundle", "path"]);
  const pair = objectOf(source, "podCertificate");
  for (const name of ["credentialBundlePath", "keyPath", "certificateChainPath"])
    add(pair?.[name], ["podCertificate", name]);
}

const sources: Readonly<Record<string, Check>> = {
  ...podVolumeSources,
  downwardAPI,
  projected,
  ephemeral: fields("core validateEphemeralVolumeSource", { volumeClaimTemplate: required(claimTemplate) }),
};
const sourceNames = Object.keys(sources);

const volume: Check = fields("core ValidateVolumes", { name: required(label), ...sources }, (value, run) => {
  onlyOne(value, sourceNames, run);
  portalTooLong(value, value["name"], run);
});

/** Volumes of a Pod by name, as containers mount them. */
export type Volumes = ReadonlyMap<string, JsonObject>;

/** ValidateVolumes. Gives the volumes by name. `podName` is known for Pods only. */
export function checkVolumes(
  spec: JsonObject,
  { name: podName, isPod }: { readonly name: string; readonly isPod: boolean },
  run: Run,
): Volumes {
  const volumes = new Map<string, JsonObject>();
  const list = spec["volumes"];
  if (!Array.isArray(list)) return volumes;
  run.path.push("volumes");
  each(volume)(list, run);
  run.source = "core ValidateVolumes";
  const created = new Set<string>();
  for (const [index, item] of (list as readonly Json[]).entries()) {
    if (!isObject(item)) continue;
    const name = item["name"];
    if (typeof name !== "string" || name === "") continue;
    if (volumes.has(name)) reportAt(run, [index, "name"], "server/duplicate", shown(name));
    volumes.set(name, item);
    const image = objectOf(item, "image");
    // Asked of Pods only before 1.37.
    if (image !== undefined && (isPod || run.minor >= 37) && textOf(image, "reference") === "")
      reportAt(run, [index, "image", "reference"], "server/required", "reference");
    if (podName !== "" && isSet(item, "ephemeral")) {
      const claim = `${podName}-${name}`;
      created.add(claim);
      const reason = notSubdomain(claim);
      if (reason !== undefined)
        reportAt(
          run,
          [index, "name"],
          "server/name",
          shown(name),
          `its claim would be named ${claim}: ${reason}`,
        );
    }
  }
  if (created.size > 0) {
    for (const [index, item] of (list as readonly Json[]).entries()) {
      const claim = objectOf(isObject(item) ? item : undefined, "persistentVolumeClaim")?.["claimName"];
      if (typeof claim === "string" && created.has(claim))
        reportAt(
          run,
          [index, "persistentVolumeClaim", "claimName"],
          "server/invalid",
          shown(claim),
          "a claim of this name is made for an ephemeral volume",
        );
    }
  }
  run.path.pop();
  return volumes;
}
