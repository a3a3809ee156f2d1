import type { Json, JsonPath } from "../../../kube/json.ts";
import {
  addedCapabilities,
  isSeccompAllowed,
  type PodCheck,
  seccompBaseline,
  settersOf,
} from "./baseline-checks.ts";
import { Blame, distinct, type Fault, named, plural, quoted, soleContainer } from "./fault.ts";
import { items, mapping, member, type PodView, text } from "./pod-view.ts";

// The rules and the words are those of k8s.io/pod-security-admission v0.37.2, policy/check_*.go.

/** From 1.25 on, Windows Pods are exempt: their validation refuses the field anyway. */
export function exceptOnWindows(check: PodCheck): PodCheck {
  return (pod) => (pod.isWindows ? undefined : check(pod));
}

/** From 1.35 on, Pods with `hostUsers: false` are exempt (KEP-127). */
export function exceptInUserNamespace(check: PodCheck): PodCheck {
  return (pod) => (pod.inUserNamespace ? undefined : check(pod));
}

export function allowPrivilegeEscalation(pod: PodView): Fault | undefined {
  const blame = new Blame();
  for (const container of pod.containers) {
    const value = member(container.context, "allowPrivilegeEscalation");
    if (value === false) continue;
    blame.add(
      container,
      value === undefined
        ? container.path
        : [...container.path, "securityContext", "allowPrivilegeEscalation"],
    );
  }
  if (blame.names.length === 0) return undefined;
  return {
    reason: "allowPrivilegeEscalation != false",
    detail: `${named("container", blame.names)} must set securityContext.allowPrivilegeEscalation=false`,
    paths: blame.paths,
    ...soleContainer(blame.names),
  };
}

export function capabilitiesRestricted(pod: PodView): Fault | undefined {
  const missing = new Blame();
  for (const container of pod.containers) {
    const capabilities = member(container.context, "capabilities");
    if (!items(capabilities, "drop").some(([, name]) => name === "ALL"))
      missing.add(container, container.path);
  }
  const { blame: added, capabilities } = addedCapabilities(pod, (name) => name === "NET_BIND_SERVICE");
  const details: string[] = [];
  if (missing.names.length > 0)
    details.push(`${named("container", missing.names)} must set securityContext.capabilities.drop=["ALL"]`);
  if (added.names.length > 0)
    details.push(
      `${named("container", added.names)} must not include ${quoted(capabilities)} in securityContext.capabilities.add`,
    );
  if (details.length === 0) return undefined;
  return {
    reason: "unrestricted capabilities",
    detail: details.join("; "),
    paths: [...missing.paths, ...added.paths],
    ...soleContainer(distinct([...missing.names, ...added.names])),
  };
}

const allowedVolumes: readonly string[] = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

/** In the order in which admission looks for them. */
const forbiddenVolumes: readonly string[] = [
  "hostPath",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "gitRepo",
  "nfs",
  "iscsi",
  "glusterfs",
  "rbd",
  "flexVolume",
  "cinder",
  "cephfs",
  "flocker",
  "fc",
  "azureFile",
  "vsphereVolume",
  "quobyte",
  "azureDisk",
  "photonPersistentDisk",
  "portworxVolume",
  "scaleIO",
  "storageos",
];

export function restrictedVolumes(pod: PodView): Fault | undefined {
  const names: string[] = [];
  const types: string[] = [];
  const paths: JsonPath[] = [];
  for (const [index, volume] of items(pod.spec, "volumes")) {
    const type = forbiddenType(volume);
    if (type === undefined) continue;
    names.push(text(member(volume, "name")));
    types.push(type);
    paths.push([...pod.path, "volumes", index, ...(type === "unknown" ? [] : [type])]);
  }
  if (names.length === 0) return undefined;
  const distinctTypes = distinct(types);
  return {
    reason: "restricted volume types",
    detail: `${named("volume", names)} ${names.length === 1 ? "uses" : "use"} ${plural("restricted volume type", distinctTypes.length)} ${quoted(distinctTypes)}`,
    paths,
  };
}

/**
 * The type of a volume that is not allowed. A volume without a source becomes an emptyDir before admission
 * (core/v1/defaults.go, SetDefaults_Volume); a source that we do not know is forbidden.
 */
function forbiddenType(volume: Json): string | undefined {
  if (allowedVolumes.some((type) => member(volume, type) !== undefined)) return undefined;
  const known = forbiddenVolumes.find((type) => member(volume, type) !== undefined);
  if (known !== undefined) return known;
  const others = Object.entries(mapping(volume) ?? {}).filter(
    ([key, value]) => key !== "name" && value !== null,
  );
  return others.length === 0 ? undefined : "unknown";
}

/** What a container leaves to the Pod, and the Pod does not say. */
function unsaid(pod: PodView, podSays: boolean, says: (context: Json | undefined) => boolean): Blame {
  const blame = new Blame();
  if (podSays) return blame;
  for (const container of pod.containers) {
    if (!says(container.context)) blame.add(container, container.path);
  }
  return blame;
}

export function runAsNonRoot(pod: PodView): Fault | undefined {
  const reason = "runAsNonRoot != true";
  const field = "runAsNonRoot";
  const setters = settersOf(pod, [field], (context) => {
    const value = member(context, field);
    return value !== undefined && value !== true;
  });
  if (setters !== undefined) {
    const { who, ...rest } = setters;
    return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false`, ...rest };
  }
  const blame = unsaid(
    pod,
    member(pod.context, field) === true,
    (context) => member(context, field) !== undefined,
  );
  if (blame.names.length === 0) return undefined;
  return {
    reason,
    detail: `pod or ${named("container", blame.names)} must set securityContext.runAsNonRoot=true`,
    paths: blame.paths,
    ...soleContainer(blame.names),
  };
}

export function runAsUser(pod: PodView): Fault | undefined {
  const setters = settersOf(pod, ["runAsUser"], (context) => {
    const value = member(context, "runAsUser");
    return value !== undefined && !(typeof value === "number" && value !== 0);
  });
  if (setters === undefined) return undefined;
  const { who, ...rest } = setters;
  return { reason: "runAsUser=0", detail: `${who} must not set runAsUser=0`, ...rest };
}

export function seccompRestricted(pod: PodView): Fault | undefined {
  const explicit = seccompBaseline(pod);
  if (explicit !== undefined) return explicit;
  const podSays = isSeccompAllowed(member(pod.context, "seccompProfile"));
  const blame = unsaid(pod, podSays, (context) => member(context, "seccompProfile") !== undefined);
  if (blame.names.length === 0) return undefined;
  return {
    reason: "seccompProfile",
    detail: `pod or ${named("container", blame.names)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
    paths: blame.paths,
    ...soleContainer(blame.names),
  };
}
