/** Defaults of Pods and their templates: k8s.io/kubernetes pkg/apis/core/v1/defaults.go. */
import { isObject, type Json } from "../json.ts";
import {
  all,
  each,
  type Fill,
  ifMissing,
  inside,
  insideAlways,
  missing,
  orElse,
  unset,
  when,
  withMember,
} from "./fill.ts";

/** Always for the tag latest and for none, else IfNotPresent (SetDefaults_Container, parsers.ParseImageName). */
export function pullPolicyOf(image: Json | undefined): "Always" | "IfNotPresent" {
  if (typeof image !== "string" || image.includes("@")) return "IfNotPresent";
  const name = image.slice(image.lastIndexOf("/") + 1);
  const colon = name.indexOf(":");
  return colon < 0 || name.slice(colon + 1) === "latest" ? "Always" : "IfNotPresent";
}

const httpGet: Fill = all(orElse("path", "/"), orElse("scheme", "HTTP"));
const probe: Fill = all(
  orElse("timeoutSeconds", 1),
  orElse("periodSeconds", 10),
  orElse("successThreshold", 1),
  orElse("failureThreshold", 3),
  inside("httpGet", httpGet),
  inside("grpc", ifMissing("service", "")),
);
const hook: Fill = inside("httpGet", httpGet);

const pullPolicy: Fill = (object) =>
  unset(object["imagePullPolicy"])
    ? withMember(object, "imagePullPolicy", pullPolicyOf(object["image"]))
    : object;

const container: Fill = all(
  pullPolicy,
  orElse("terminationMessagePath", "/dev/termination-log"),
  orElse("terminationMessagePolicy", "File"),
  each("ports", orElse("protocol", "TCP")),
  each("env", inside("valueFrom", inside("fieldRef", orElse("apiVersion", "v1")))),
  inside("livenessProbe", probe),
  inside("readinessProbe", probe),
  inside("startupProbe", probe),
  inside("lifecycle", all(inside("postStart", hook), inside("preStop", hook))),
  inside("securityContext", (context) =>
    missing(context["procMount"]) ? context : orElse("procMount", "Default")(context, 0),
  ),
);

const mode: Fill = ifMissing("defaultMode", 0o644);
const references: Fill = each("items", inside("fieldRef", orElse("apiVersion", "v1")));

/** Defaults of a claim's spec, in a claim and in a template of one. */
export const claimSpec: Fill = ifMissing("volumeMode", "Filesystem");

const volumeSources: Fill = all(
  inside("secret", mode),
  inside("configMap", mode),
  inside("downwardAPI", all(mode, references)),
  inside(
    "projected",
    all(
      mode,
      each(
        "sources",
        all(
          inside("serviceAccountToken", ifMissing("expirationSeconds", 3600)),
          inside("downwardAPI", references),
        ),
      ),
    ),
  ),
  inside("hostPath", ifMissing("type", "")),
  inside("iscsi", orElse("iscsiInterface", "default")),
  inside("rbd", all(orElse("pool", "rbd"), orElse("user", "admin"), orElse("keyring", "/etc/ceph/keyring"))),
  inside(
    "azureDisk",
    all(
      ifMissing("cachingMode", "ReadWrite"),
      ifMissing("kind", "Shared"),
      ifMissing("fsType", "ext4"),
      ifMissing("readOnly", false),
    ),
  ),
  inside("scaleIO", all(orElse("storageMode", "ThinProvisioned"), orElse("fsType", "xfs"))),
  inside("ephemeral", inside("volumeClaimTemplate", inside("spec", claimSpec))),
  inside("image", (image) =>
    unset(image["pullPolicy"]) ? withMember(image, "pullPolicy", pullPolicyOf(image["reference"])) : image,
  ),
);

/** A volume that names no source is an emptyDir. */
const noSource: Fill = (volume) =>
  Object.keys(volume).some((name) => name !== "name" && !missing(volume[name]))
    ? volume
    : withMember(volume, "emptyDir", {});

export const volume: Fill = all(noSource, volumeSources);
export const persistentVolumeSources: Fill = volumeSources;

/** serviceAccountName and its old name are kept the same. */
const accounts: Fill = (spec) => {
  const name = unset(spec["serviceAccountName"]) ? spec["serviceAccount"] : spec["serviceAccountName"];
  if (typeof name !== "string" || name === "") return spec;
  return withMember(withMember(spec, "serviceAccountName", name), "serviceAccount", name);
};

/** Whatever has containers: the spec of Pods and of templates. */
export const podSpec: Fill = all(
  accounts,
  orElse("dnsPolicy", "ClusterFirst"),
  orElse("restartPolicy", "Always"),
  ifMissing("securityContext", {}),
  ifMissing("terminationGracePeriodSeconds", 30),
  orElse("schedulerName", "default-scheduler"),
  each("volumes", volume),
  each("initContainers", container),
  each("containers", container),
  each("ephemeralContainers", container),
);

/** Requests that are left out are the limits; in Pods only, not in templates. */
const requestsOfLimits: Fill = (one) => {
  const resources = one["resources"];
  if (!isObject(resources) || !isObject(resources["limits"])) return one;
  const requests = isObject(resources["requests"]) ? resources["requests"] : {};
  return withMember(one, "resources", { ...resources, requests: { ...resources["limits"], ...requests } });
};

const hostPorts: Fill = each("ports", (port) =>
  unset(port["hostPort"]) ? withMember(port, "hostPort", port["containerPort"] ?? 0) : port,
);

/** The spec of a Pod itself (SetDefaults_Pod). */
export const podOnly: Fill = all(
  podSpec,
  (spec) => {
    const grace = spec["terminationGracePeriodSeconds"];
    return typeof grace === "number" && grace < 0
      ? withMember(spec, "terminationGracePeriodSeconds", 1)
      : spec;
  },
  each("initContainers", requestsOfLimits),
  each("containers", requestsOfLimits),
  ifMissing("enableServiceLinks", true),
  when(
    (spec) => spec["hostNetwork"] === true,
    all(each("initContainers", hostPorts), each("containers", hostPorts)),
  ),
);

/** A template of Pods, under this name. */
export function template(name: string): Fill {
  return inside(name, insideAlways("spec", podSpec));
}
