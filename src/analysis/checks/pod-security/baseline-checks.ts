import { goQuote } from "../../../kube/go-quote.ts";
import type { Json, JsonPath } from "../../../kube/json.ts";
import { Blame, distinct, type Fault, named, plural, quoted, soleContainer } from "./fault.ts";
import { items, mapping, member, type PodView, text } from "./pod-view.ts";

// The rules and the words are those of k8s.io/pod-security-admission v0.37.2, policy/check_*.go. A value that the server
// would refuse (a text where a boolean belongs) counts as forbidden wherever only some values are allowed.

export type PodCheck = (pod: PodView) => Fault | undefined;

/** A setting that stands in the Pod's securityContext and in each container's. */
interface Setters {
  /** `pod`, `containers "a", "b"`, joined by `and`. */
  readonly who: string;
  readonly paths: readonly JsonPath[];
  readonly container?: string;
}

/** Who sets `field` of a securityContext so that `isBad` says what is wrong; undefined when nobody does. */
export function settersOf(
  pod: PodView,
  field: JsonPath,
  isBad: (context: Json) => boolean,
): Setters | undefined {
  const who: string[] = [];
  const paths: JsonPath[] = [];
  if (pod.context !== undefined && isBad(pod.context)) {
    who.push("pod");
    paths.push([...pod.path, "securityContext", ...field]);
  }
  const blame = new Blame();
  for (const container of pod.containers) {
    if (container.context !== undefined && isBad(container.context))
      blame.add(container, [...container.path, "securityContext", ...field]);
  }
  who.push(...blame.phrases);
  if (who.length === 0) return undefined;
  const sole = paths.length === 0 ? soleContainer(blame.names) : {};
  return { who: who.join(" and "), paths: [...paths, ...blame.paths], ...sole };
}

const appArmorPrefix = "container.apparmor.security.beta.kubernetes.io/";

export function appArmorProfile(pod: PodView): Fault | undefined {
  const types: string[] = [];
  const setters = settersOf(pod, ["appArmorProfile", "type"], (context) => {
    const profile = member(context, "appArmorProfile");
    if (profile === undefined) return false;
    const type = text(member(profile, "type"));
    if (type === "RuntimeDefault" || type === "Localhost") return false;
    types.push(type);
    return true;
  });
  const annotations = Object.entries(pod.annotations).filter(
    ([key, value]) =>
      key.startsWith(appArmorPrefix) &&
      value !== "" &&
      value !== "runtime/default" &&
      !value.startsWith("localhost/"),
  );
  if (setters === undefined && annotations.length === 0) return undefined;
  const values = [
    ...distinct(types),
    ...annotations.map(([key, value]) => `${key}=${goQuote(value)}`).sort(),
  ];
  const who = setters === undefined ? [] : [setters.who];
  if (annotations.length > 0) who.push(plural("annotation", annotations.length));
  return {
    reason: plural("forbidden AppArmor profile", values.length),
    detail: `${who.join(" and ")} must not set AppArmor profile type to ${quoted(values)}`,
    paths: [...(setters?.paths ?? []), ...annotations.map(([key]) => [...pod.annotationsPath, key])],
    ...(annotations.length === 0 && setters?.container !== undefined ? { container: setters.container } : {}),
  };
}

const defaultCapabilities: ReadonlySet<string> = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);

export function capabilitiesBaseline(pod: PodView): Fault | undefined {
  const { blame, capabilities } = addedCapabilities(pod, (name) => defaultCapabilities.has(name));
  if (blame.names.length === 0) return undefined;
  return {
    reason: "non-default capabilities",
    detail: `${named("container", blame.names)} must not include ${quoted(capabilities)} in securityContext.capabilities.add`,
    paths: blame.paths,
    ...soleContainer(blame.names),
  };
}

/** Containers that add a capability which is not allowed. */
export function addedCapabilities(
  pod: PodView,
  isAllowed: (name: string) => boolean,
): { readonly blame: Blame; readonly capabilities: readonly string[] } {
  const blame = new Blame();
  const capabilities: string[] = [];
  for (const container of pod.containers) {
    const bad = items(member(container.context, "capabilities"), "add").filter(
      ([, name]) => !isAllowed(text(name)),
    );
    if (bad.length === 0) continue;
    capabilities.push(...bad.map(([, name]) => text(name)));
    const list = [...container.path, "securityContext", "capabilities", "add"];
    blame.add(container, ...bad.map(([index]) => [...list, index]));
  }
  return { blame, capabilities: distinct(capabilities) };
}

export function hostNamespaces(pod: PodView): Fault | undefined {
  const shared = ["hostNetwork", "hostPID", "hostIPC"].filter((field) => isSet(member(pod.spec, field)));
  if (shared.length === 0) return undefined;
  return {
    reason: "host namespaces",
    detail: shared.map((field) => `${field}=true`).join(", "),
    paths: shared.map((field) => [...pod.path, field]),
  };
}

/** A boolean that is on; anything but false and nothing counts as on. */
function isSet(value: Json | undefined): boolean {
  return value !== undefined && value !== false;
}

export function hostPathVolumes(pod: PodView): Fault | undefined {
  const volumes = items(pod.spec, "volumes").filter(([, volume]) => member(volume, "hostPath") !== undefined);
  if (volumes.length === 0) return undefined;
  return {
    reason: "hostPath volumes",
    detail: named(
      "volume",
      volumes.map(([, volume]) => text(member(volume, "name"))),
    ),
    paths: volumes.map(([index]) => [...pod.path, "volumes", index, "hostPath"]),
  };
}

export function hostPorts(pod: PodView): Fault | undefined {
  const blame = new Blame();
  const ports: string[] = [];
  for (const container of pod.containers) {
    const paths: JsonPath[] = [];
    for (const [index, port] of items(container.fields, "ports")) {
      const field = hostPortField(pod, container.path, port);
      if (field === undefined) continue;
      ports.push(text(member(port, field)));
      paths.push([...container.path, "ports", index, field]);
    }
    if (paths.length > 0) blame.add(container, ...paths);
  }
  if (blame.names.length === 0) return undefined;
  const distinctPorts = distinct(ports);
  const uses = blame.names.length === 1 ? "uses" : "use";
  return {
    reason: "hostPort",
    detail: `${named("container", blame.names)} ${uses} ${plural("hostPort", distinctPorts.length)} ${distinctPorts.join(", ")}`,
    paths: blame.paths,
    ...soleContainer(blame.names),
  };
}

/** The field that gives a port its hostPort. */
function hostPortField(
  pod: PodView,
  container: JsonPath,
  port: Json,
): "hostPort" | "containerPort" | undefined {
  const isOpen = (value: Json | undefined): boolean => value !== undefined && value !== 0;
  if (isOpen(member(port, "hostPort"))) return "hostPort";
  const follows = pod.portsBecomeHostPorts && !container.includes("ephemeralContainers");
  return follows && isOpen(member(port, "containerPort")) ? "containerPort" : undefined;
}

const handlers: readonly (readonly string[])[] = [
  ["livenessProbe"],
  ["readinessProbe"],
  ["startupProbe"],
  ["lifecycle", "postStart"],
  ["lifecycle", "preStop"],
];

export function hostProbesAndHostLifecycle(pod: PodView): Fault | undefined {
  const blame = new Blame();
  const hosts: string[] = [];
  for (const container of pod.containers) {
    const paths: JsonPath[] = [];
    for (const path of handlers) {
      let handler: Json | undefined = container.fields;
      for (const step of path) handler = member(handler, step);
      for (const action of ["httpGet", "tcpSocket"]) {
        const host = member(member(handler, action), "host");
        if (host === undefined || host === "") continue;
        hosts.push(text(host));
        paths.push([...container.path, ...path, action, "host"]);
      }
    }
    if (paths.length > 0) blame.add(container, ...paths);
  }
  if (blame.names.length === 0) return undefined;
  const names = distinct(blame.names);
  const distinctHosts = distinct(hosts);
  const uses = names.length === 1 ? "uses" : "use";
  return {
    reason: "probe or lifecycle host",
    detail: `${named("container", names)} ${uses} ${named("probe or lifecycle host", distinctHosts)}`,
    paths: blame.paths,
    ...soleContainer(names),
  };
}

export function privileged(pod: PodView): Fault | undefined {
  const blame = new Blame();
  for (const container of pod.containers) {
    if (isSet(member(container.context, "privileged")))
      blame.add(container, [...container.path, "securityContext", "privileged"]);
  }
  if (blame.names.length === 0) return undefined;
  return {
    reason: "privileged",
    detail: `${named("container", blame.names)} must not set securityContext.privileged=true`,
    paths: blame.paths,
    ...soleContainer(blame.names),
  };
}

export function procMount(pod: PodView): Fault | undefined {
  const blame = new Blame();
  const types: string[] = [];
  for (const container of pod.containers) {
    const type = member(container.context, "procMount");
    if (type === undefined || type === "Default") continue;
    types.push(text(type));
    blame.add(container, [...container.path, "securityContext", "procMount"]);
  }
  if (blame.names.length === 0) return undefined;
  return {
    reason: "procMount",
    detail: `${named("container", blame.names)} must not set securityContext.procMount to ${quoted(distinct(types))}`,
    paths: blame.paths,
    ...soleContainer(blame.names),
  };
}

export function seLinuxOptions(allowedTypes: readonly string[]): PodCheck {
  return (pod) => {
    const types: string[] = [];
    let setsUser = false;
    let setsRole = false;
    const setters = settersOf(pod, ["seLinuxOptions"], (context) => {
      const options = member(context, "seLinuxOptions");
      if (options === undefined) return false;
      const type = text(member(options, "type"));
      const isBadType = type !== "" && !allowedTypes.includes(type);
      const user = text(member(options, "user")) !== "";
      const role = text(member(options, "role")) !== "";
      if (isBadType) types.push(type);
      setsUser ||= user;
      setsRole ||= role;
      return isBadType || user || role;
    });
    if (setters === undefined) return undefined;
    const { who, ...rest } = setters;
    const faults = types.length === 0 ? [] : [named("type", distinct(types))];
    if (setsUser) faults.push("user may not be set");
    if (setsRole) faults.push("role may not be set");
    return {
      reason: "seLinuxOptions",
      detail: `${who} set forbidden securityContext.seLinuxOptions: ${faults.join("; ")}`,
      ...rest,
    };
  };
}

const seccompPod = "seccomp.security.alpha.kubernetes.io/pod";
const seccompContainer = "container.seccomp.security.alpha.kubernetes.io/";

/** Before 1.19 the profiles were annotations. */
export function seccompAnnotations(pod: PodView): Fault | undefined {
  const keys = [seccompPod, ...pod.containers.map((container) => `${seccompContainer}${container.name}`)];
  const bad = distinct(keys).filter((key) => {
    const value = pod.annotations[key];
    return (
      value !== undefined &&
      value !== "runtime/default" &&
      value !== "docker/default" &&
      !value.startsWith("localhost/")
    );
  });
  if (bad.length === 0) return undefined;
  return {
    reason: "seccompProfile",
    detail: `forbidden ${plural("annotation", bad.length)} ${bad
      .map((key) => `${key}=${goQuote(pod.annotations[key] ?? "")}`)
      .sort()
      .join(", ")}`,
    paths: bad.map((key) => [...pod.annotationsPath, key]),
  };
}

export function seccompBaseline(pod: PodView): Fault | undefined {
  const types: string[] = [];
  const setters = settersOf(pod, ["seccompProfile", "type"], (context) => {
    const profile = member(context, "seccompProfile");
    if (profile === undefined || isSeccompAllowed(profile)) return false;
    types.push(text(member(profile, "type")));
    return true;
  });
  if (setters === undefined) return undefined;
  const { who, ...rest } = setters;
  return {
    reason: "seccompProfile",
    detail: `${who} must not set securityContext.seccompProfile.type to ${quoted(distinct(types))}`,
    ...rest,
  };
}

export function isSeccompAllowed(profile: Json | undefined): boolean {
  const type = member(profile, "type");
  return type === "RuntimeDefault" || type === "Localhost";
}

export function sysctls(allowed: readonly string[]): PodCheck {
  return (pod) => {
    const bad = items(pod.context, "sysctls").filter(
      ([, sysctl]) => !allowed.includes(text(member(sysctl, "name"))),
    );
    if (bad.length === 0) return undefined;
    return {
      reason: "forbidden sysctls",
      detail: bad.map(([, sysctl]) => text(member(sysctl, "name"))).join(", "),
      paths: bad.map(([index, sysctl]) => [
        ...pod.path,
        "securityContext",
        "sysctls",
        index,
        ...(mapping(sysctl) === undefined ? [] : ["name"]),
      ]),
    };
  };
}

export function windowsHostProcess(pod: PodView): Fault | undefined {
  const setters = settersOf(pod, ["windowsOptions", "hostProcess"], (context) =>
    isSet(member(member(context, "windowsOptions"), "hostProcess")),
  );
  if (setters === undefined) return undefined;
  const { who, ...rest } = setters;
  return {
    reason: "hostProcess",
    detail: `${who} must not set securityContext.windowsOptions.hostProcess=true`,
    ...rest,
  };
}
