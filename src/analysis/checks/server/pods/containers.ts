/** The containers of a Pod: core validateContainers, validateInitContainers and what every container has. */
import { isObject, type Json, type JsonObject } from "../../../../kube/json.ts";
import {
  each,
  fields,
  isSet,
  listOf,
  numberOf,
  objectOf,
  oneOf,
  required,
  text,
  textOf,
} from "../engine/build.ts";
import { type Check, inside, reportAt, type Run, shown } from "../engine/run.ts";
import { hasBackstep, label, notLocalPath, notPortName } from "../engine/texts.ts";
import { env, envFrom } from "./environment.ts";
import { checkLifecycle, livenessProbe, readinessProbe, startupProbe } from "./probes.ts";
import { checkResources } from "./resources.ts";
import { checkContainerSecurity, type PlacedContext } from "./security.ts";
import type { Volumes } from "./volumes.ts";

/** What the rules for a container need of its Pod. */
export interface PodAround {
  readonly volumes: Volumes;
  readonly claims: ReadonlySet<string>;
  readonly restartPolicy: string;
  /** Grace period in seconds. */
  readonly grace: number;
  readonly os: string | undefined;
  /** spec.hostUsers is false. */
  readonly userNamespace: boolean;
  /** A Pod itself, not a template. */
  readonly isPod: boolean;
}

export const pullPolicy: Check = oneOf(["Always", "IfNotPresent", "Never"], true);

const common: Check = fields("core validateContainerCommon", {
  name: required(label),
  image: required(),
  terminationMessagePolicy: oneOf(["File", "FallbackToLogsOnError"], true),
  imagePullPolicy: pullPolicy,
  env,
  envFrom,
});

const protocols = oneOf(["TCP", "UDP", "SCTP"], true);

function checkPorts(container: JsonObject, run: Run): void {
  const ports = listOf(container, "ports");
  if (ports.length === 0) return;
  run.source = "core validateContainerPorts";
  run.path.push("ports");
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) {
    if (!isObject(port)) continue;
    run.path.push(index);
    const name = textOf(port, "name") ?? "";
    if (name !== "") {
      const reason = notPortName(name);
      if (reason !== undefined) reportAt(run, "name", "server/name", shown(name), reason);
      else if (names.has(name)) reportAt(run, "name", "server/duplicate", shown(name));
      names.add(name);
    }
    const number = numberOf(port, "containerPort");
    if (!isSet(port, "containerPort") || number === 0)
      reportAt(run, "containerPort", "server/required", "containerPort");
    else if (number !== undefined && (number < 1 || number > 65535))
      reportAt(run, "containerPort", "server/out-of-range", String(number), "it must be between 1 and 65535");
    const host = numberOf(port, "hostPort");
    if (host !== undefined && (host < 0 || host > 65535))
      reportAt(run, "hostPort", "server/out-of-range", String(host), "it must be between 1 and 65535");
    inside(run, "protocol", port["protocol"], protocols);
    run.path.pop();
  }
  run.path.pop();
}

/** checkHostPortConflicts: protocol, address and port on the host belong to one container port. */
function checkHostPorts(container: JsonObject, index: number, taken: Set<string>, run: Run): void {
  for (const [place, port] of listOf(container, "ports").entries()) {
    if (!isObject(port)) continue;
    const host = numberOf(port, "hostPort") ?? 0;
    if (host === 0) continue;
    const protocol = textOf(port, "protocol") || "TCP";
    const id = `${protocol}/${textOf(port, "hostIP") ?? ""}/${host}`;
    if (taken.has(id))
      reportAt(
        run,
        [index, "ports", place, "hostPort"],
        "server/duplicate",
        `host port ${host} (${protocol})`,
      );
    taken.add(id);
  }
}

const mountRule: Check = fields("core ValidateVolumeMounts", {
  name: required(),
  mountPath: required(),
  subPath: text((path, minor) => (path === "" ? undefined : notLocalPath(path, minor)), false),
  subPathExpr: text((path, minor) => (path === "" ? undefined : notLocalPath(path, minor)), false),
  mountPropagation: oneOf(["Bidirectional", "HostToContainer", "None"]),
  recursiveReadOnly: oneOf(["Disabled", "Enabled", "IfPossible"]),
});

function checkMounts(container: JsonObject, around: PodAround, run: Run): void {
  const mounts = listOf(container, "volumeMounts");
  const devices = listOf(container, "volumeDevices");
  if (mounts.length === 0 && devices.length === 0) return;
  const mountNames = new Set<Json>();
  const mountPaths = new Set<Json>();
  for (const mount of mounts) {
    if (isObject(mount)) mountNames.add(mount["name"] ?? "");
  }
  const deviceNames = new Set<Json>();
  const devicePaths = new Set<Json>();
  for (const device of devices) {
    if (!isObject(device)) continue;
    deviceNames.add(device["name"] ?? "");
    devicePaths.add(device["devicePath"] ?? "");
  }
  const privileged = objectOf(container, "securityContext")?.["privileged"] === true;
  for (const [index, mount] of mounts.entries()) {
    if (!isObject(mount)) continue;
    run.path.push("volumeMounts", index);
    mountRule(mount, run);
    run.source = "core ValidateVolumeMounts";
    const name = textOf(mount, "name") ?? "";
    if (name !== "" && !around.volumes.has(name))
      reportAt(run, "name", "server/not-found", shown(name), "there is no volume of this name");
    const path = mount["mountPath"] ?? "";
    if (path !== "" && mountPaths.has(path)) reportAt(run, "mountPath", "server/duplicate", shown(path));
    mountPaths.add(path);
    if (deviceNames.has(name))
      reportAt(run, "name", "server/duplicate", shown(name), "volumeDevices has it too");
    if (devicePaths.has(path))
      reportAt(run, "mountPath", "server/duplicate", shown(path), "volumeDevices has it too");
    if ((textOf(mount, "subPath") ?? "") !== "" && (textOf(mount, "subPathExpr") ?? "") !== "")
      reportAt(run, "subPathExpr", "server/forbidden", "subPathExpr", "subPath is set");
    checkMountModes(mount, privileged, run);
    run.path.pop();
    run.path.pop();
  }
  checkDevices(devices, { names: mountNames, paths: mountPaths }, around.volumes, run);
}

function checkMountModes(mount: JsonObject, privileged: boolean, run: Run): void {
  const propagation = mount["mountPropagation"];
  run.source = "core validateMountPropagation";
  if (propagation === "Bidirectional" && !privileged)
    reportAt(
      run,
      "mountPropagation",
      "server/forbidden",
      "Bidirectional",
      "only privileged containers may have it",
    );
  const readOnly = mount["recursiveReadOnly"];
  if (readOnly !== "Enabled" && readOnly !== "IfPossible") return;
  run.source = "core validateMountRecursiveReadOnly";
  if (mount["readOnly"] !== true)
    reportAt(run, "recursiveReadOnly", "server/forbidden", "recursiveReadOnly", "readOnly is not true");
  if (propagation !== undefined && propagation !== "None")
    reportAt(
      run,
      "recursiveReadOnly",
      "server/forbidden",
      "recursiveReadOnly",
      "mountPropagation is not None",
    );
}

function checkDevices(
  devices: readonly Json[],
  mounts: { readonly names: ReadonlySet<Json>; readonly paths: ReadonlySet<Json> },
  volumes: Volumes,
  run: Run,
): void {
  run.source = "core ValidateVolumeDevices";
  const names = new Set<string>();
  const paths = new Set<string>();
  for (const [index, device] of devices.entries()) {
    if (!isObject(device)) continue;
    const name = textOf(device, "name");
    const path = textOf(device, "devicePath");
    if (name === undefined || path === undefined) continue;
    run.path.push("volumeDevices", index);
    const volume = volumes.get(name);
    if (name === "") reportAt(run, "name", "server/required", "name");
    else if (volume === undefined)
      reportAt(run, "name", "server/not-found", shown(name), "there is no volume of this name");
    else if (!isSet(volume, "persistentVolumeClaim") && !isSet(volume, "ephemeral"))
      reportAt(run, "name", "server/invalid", shown(name), "a device needs a volume of a claim");
    if (names.has(name)) reportAt(run, "name", "server/duplicate", shown(name));
    if (mounts.names.has(name))
      reportAt(run, "name", "server/duplicate", shown(name), "volumeMounts has it too");
    if (path === "") reportAt(run, "devicePath", "server/required", "devicePath");
    if (paths.has(path)) reportAt(run, "devicePath", "server/duplicate", shown(path));
    const reason = hasBackstep(path, run.minor);
    if (reason !== undefined) reportAt(run, "devicePath", "server/invalid", shown(path), reason);
    else paths.add(path);
    if (mounts.paths.has(path))
      reportAt(run, "devicePath", "server/duplicate", shown(path), "volumeMounts has it too");
    if (name !== "") names.add(name);
    run.path.pop();
    run.path.pop();
  }
}

function checkResizePolicy(container: JsonObject, restartPolicy: string, run: Run): void {
  run.source = "core validateResizePolicy";
  const seen = new Set<string>();
  for (const [index, policy] of listOf(container, "resizePolicy").entries()) {
    if (!isObject(policy)) continue;
    const path = ["resizePolicy", index];
    const resource = textOf(policy, "resourceName");
    const restart = textOf(policy, "restartPolicy");
    if (resource === undefined || restart === undefined) continue;
    if (seen.has(resource)) reportAt(run, path, "server/duplicate", shown(resource));
    seen.add(resource);
    if (resource === "") reportAt(run, [...path, "resourceName"], "server/required", "resourceName");
    else if (resource !== "cpu" && resource !== "memory")
      reportAt(run, [...path, "resourceName"], "server/not-supported", shown(resource), "cpu, memory");
    if (restart === "") reportAt(run, [...path, "restartPolicy"], "server/required", "restartPolicy");
    else if (restart !== "NotRequired" && restart !== "RestartContainer")
      reportAt(
        run,
        [...path, "restartPolicy"],
        "server/not-supported",
        shown(restart),
        "NotRequired, RestartContainer",
      );
    else if (restartPolicy === "Never" && restart !== "NotRequired")
      reportAt(
        run,
        [...path, "restartPolicy"],
        "server/invalid",
        shown(restart),
        "it must be NotRequired, since the Pod's restartPolicy is Never",
      );
  }
}

/** What every container must be: validateContainerCommon. */
function checkCommon(container: JsonObject, around: PodAround, run: Run): void {
  common(container, run);
  checkPorts(container, run);
  checkMounts(container, around, run);
  const resources = objectOf(container, "resources");
  if (resources !== undefined) {
    run.path.push("resources");
    checkResources(resources, "container", around.claims, run);
    run.path.pop();
  }
  checkResizePolicy(container, around.restartPolicy, run);
  const security = objectOf(container, "securityContext");
  if (security !== undefined) {
    run.path.push("securityContext");
    checkContainerSecurity(security, around.userNamespace, run);
    run.path.pop();
  }
  const image = textOf(container, "image");
  if (around.isPod && image !== undefined && image !== image.trim()) {
    run.source = "core validateContainerOnlyForPod";
    reportAt(run, "image", "server/invalid", shown(image), "it must not begin or end with a space");
  }
}

function checkHooks(container: JsonObject, around: PodAround, run: Run): void {
  const lifecycle = objectOf(container, "lifecycle");
  if (lifecycle !== undefined) {
    run.path.push("lifecycle");
    checkLifecycle(lifecycle, around.grace, run);
    run.path.pop();
  }
  inside(run, "livenessProbe", container["livenessProbe"], livenessProbe);
  inside(run, "readinessProbe", container["readinessProbe"], readinessProbe);
  inside(run, "startupProbe", container["startupProbe"], startupProbe);
}

const exitCodeRule: Check = fields("core validateContainerRestartPolicy", {}, (value, run) => {
  const action = textOf(value, "action");
  const allowed = run.minor >= 36 ? ["Restart", "RestartAllContainers"] : ["Restart"];
  if (action !== undefined && !allowed.includes(action))
    reportAt(
      run,
      "action",
      action === "" ? "server/required" : "server/not-supported",
      action === "" ? "action" : shown(action),
      allowed.join(", "),
    );
  const codes = objectOf(value, "exitCodes");
  if (!isSet(value, "exitCodes")) reportAt(run, "exitCodes", "server/required", "exitCodes");
  if (codes === undefined) return;
  const operator = textOf(codes, "operator");
  if (operator !== undefined && operator !== "In" && operator !== "NotIn")
    reportAt(run, ["exitCodes", "operator"], "server/not-supported", shown(operator), "In, NotIn");
  if (listOf(codes, "values").length > 255)
    reportAt(run, ["exitCodes", "values"], "server/too-many", "the list", "at most 255");
});

/** Since when containers may have a restartPolicy of their own (feature ContainerRestartRules). */
const RESTART_RULES = 35;

function checkRestart(container: JsonObject, isInit: boolean, run: Run): void {
  run.source = "core validateContainerRestartPolicy";
  const policy = textOf(container, "restartPolicy");
  const rules = listOf(container, "restartPolicyRules");
  if (policy === undefined) return;
  if (run.minor < RESTART_RULES) {
    if (!isSet(container, "restartPolicy")) return;
    if (!isInit)
      reportAt(
        run,
        "restartPolicy",
        "server/forbidden",
        "restartPolicy",
        "only init containers have one of their own",
      );
    else if (policy !== "Always")
      reportAt(run, "restartPolicy", "server/not-supported", shown(policy), "Always");
    return;
  }
  if (!isSet(container, "restartPolicy")) {
    if (rules.length > 0)
      reportAt(run, "restartPolicy", "server/required", "restartPolicy", "restartPolicyRules is set");
  } else if (!["Always", "Never", "OnFailure"].includes(policy))
    reportAt(run, "restartPolicy", "server/not-supported", shown(policy), "Always, Never, OnFailure");
  if (isInit && policy === "Always" && run.minor < 36 && rules.length > 0)
    reportAt(run, "restartPolicyRules", "server/forbidden", "restartPolicyRules", "restartPolicy is Always");
  if (rules.length > 20) reportAt(run, "restartPolicyRules", "server/too-many", "the list", "at most 20");
  inside(run, "restartPolicyRules", container["restartPolicyRules"], each(exitCodeRule));
}

/** validateContainers. */
export function checkContainers(spec: JsonObject, around: PodAround, run: Run): void {
  const containers = listOf(spec, "containers");
  run.source = "core validateContainers";
  if (containers.length === 0) {
    if (!isSet(spec, "containers") || Array.isArray(spec["containers"]))
      reportAt(run, "containers", "server/required", "containers", "a Pod has at least one");
    return;
  }
  run.path.push("containers");
  const names = new Set<string>();
  const hostPorts = new Set<string>();
  for (const [index, container] of containers.entries()) {
    if (!isObject(container)) continue;
    run.path.push(index);
    checkCommon(container, around, run);
    duplicateName(container, names, run, "core validateContainers");
    checkHooks(container, around, run);
    checkRestart(container, false, run);
    run.path.pop();
    run.source = "core checkHostPortConflicts";
    checkHostPorts(container, index, hostPorts, run);
  }
  run.path.pop();
}

function duplicateName(container: JsonObject, names: Set<string>, run: Run, source: string): void {
  run.source = source;
  const name = textOf(container, "name");
  if (name === undefined || name === "") return;
  if (names.has(name))
    reportAt(run, "name", "server/duplicate", shown(name), "names of containers must differ");
  names.add(name);
}

/** validateInitContainers. */
export function checkInitContainers(spec: JsonObject, around: PodAround, run: Run): void {
  const containers = listOf(spec, "initContainers");
  if (containers.length === 0) return;
  run.path.push("initContainers");
  const names = new Set<string>();
  for (const container of listOf(spec, "containers")) {
    const name = isObject(container) ? container["name"] : undefined;
    if (typeof name === "string") names.add(name);
  }
  for (const [index, container] of containers.entries()) {
    if (!isObject(container)) continue;
    run.path.push(index);
    checkCommon(container, around, run);
    duplicateName(container, names, run, "core validateInitContainers");
    checkRestart(container, true, run);
    run.source = "core validateInitContainers";
    if (container["restartPolicy"] === "Always") checkHooks(container, around, run);
    else {
      for (const field of ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"])
        if (isSet(container, field))
          reportAt(
            run,
            field,
            "server/forbidden",
            field,
            "only init containers with restartPolicy Always have it",
          );
      if (run.minor >= 35) checkInitResize(container, run);
    }
    if (run.minor < 33 && listOf(container, "resizePolicy").length > 0)
      reportAt(run, "resizePolicy", "server/forbidden", "resizePolicy", "init containers have none");
    run.path.pop();
    run.source = "core checkHostPortConflicts";
    checkHostPorts(container, index, new Set(), run);
  }
  run.path.pop();
}

function checkInitResize(container: JsonObject, run: Run): void {
  for (const [index, policy] of listOf(container, "resizePolicy").entries()) {
    if (isObject(policy) && policy["restartPolicy"] === "RestartContainer")
      reportAt(
        run,
        ["resizePolicy", index, "restartPolicy"],
        "server/invalid",
        '"RestartContainer"',
        "only init containers with restartPolicy Always may have it",
      );
  }
}

/** The security contexts of all containers, with their paths. */
export function contextsOf(spec: JsonObject): readonly PlacedContext[] {
  const contexts: PlacedContext[] = [];
  for (const list of ["initContainers", "containers", "ephemeralContainers"]) {
    for (const [index, container] of listOf(spec, list).entries()) {
      if (isObject(container))
        contexts.push({
          path: [list, index, "securityContext"],
          context: objectOf(container, "securityContext"),
        });
    }
  }
  return contexts;
}
