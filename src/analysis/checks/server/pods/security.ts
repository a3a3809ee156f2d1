/** Security contexts of Pods and containers. */
import { isObject, type JsonObject } from "../../../../kube/json.ts";
import {
  byteLength,
  each,
  fields,
  isSet,
  listOf,
  objectOf,
  oneOf,
  range,
  required,
  text,
  textOf,
} from "../engine/build.ts";
import { type Check, report, reportAt, type Run, shown } from "../engine/run.ts";
import { notLocalPath, notSubdomain } from "../engine/texts.ts";

const id: Check = range(0, 2_147_483_647);

const profileTypes = ["Localhost", "RuntimeDefault", "Unconfined"];

const seccompProfile: Check = fields(
  "core validateSeccompProfileField",
  { type: required(oneOf(profileTypes)) },
  (value, run) => {
    const local = value["type"] === "Localhost";
    const profile = textOf(value, "localhostProfile");
    if (local && !isSet(value, "localhostProfile"))
      reportAt(run, "localhostProfile", "server/required", "localhostProfile", "type is Localhost");
    if (!local && isSet(value, "localhostProfile"))
      reportAt(
        run,
        "localhostProfile",
        "server/forbidden",
        "localhostProfile",
        "it goes with type Localhost only",
      );
    const reason = local && profile !== undefined ? notLocalPath(profile, run.minor) : undefined;
    if (reason !== undefined) reportAt(run, "localhostProfile", "server/invalid", shown(profile), reason);
  },
);

const appArmorProfile: Check = fields(
  "core ValidateAppArmorProfileField",
  { type: required(oneOf(profileTypes)) },
  (value, run) => {
    const profile = textOf(value, "localhostProfile");
    const type = textOf(value, "type");
    if (type === "Localhost") {
      if (profile === undefined) return;
      if (profile.trim() === "" && profile === "")
        reportAt(run, "localhostProfile", "server/required", "localhostProfile", "type is Localhost");
      else if (profile !== profile.trim())
        reportAt(
          run,
          "localhostProfile",
          "server/invalid",
          shown(profile),
          "it must not begin or end with a space",
        );
      if (byteLength(profile) > 4095)
        reportAt(
          run,
          "localhostProfile",
          "server/too-long",
          shown(profile),
          "at most 4095 bytes are allowed",
        );
    } else if ((type === "RuntimeDefault" || type === "Unconfined") && isSet(value, "localhostProfile"))
      reportAt(
        run,
        "localhostProfile",
        "server/forbidden",
        "localhostProfile",
        "it goes with type Localhost only",
      );
  },
);

const netBios = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const windowsDomain =
  /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;

function notWindowsUser(name: string): string | undefined {
  if (name === "") return "it must not be empty";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  if (/[\u0000-\u001f\u007f]/.test(name)) return "it must not hold control characters";
  const parts = name.split("\\");
  if (parts.length > 2) return "it must not hold more than one backslash";
  const domain = parts.length === 2 ? (parts[0] ?? "") : undefined;
  const user = parts.at(-1) ?? "";
  if (domain !== undefined && domain.length >= 256) return "its domain must have fewer than 256 characters";
  if (domain !== undefined && !netBios.test(domain) && !windowsDomain.test(domain))
    return "its domain is neither a NetBios nor a DNS name";
  if (user === "") return "its user must not be empty";
  if (user.length > 104) return "its user must not have more than 104 characters";
  if (/^[. ]+$/.test(user)) return "its user must not be of points and spaces only";
  return /["/\\:;|=,+*?<>@[\]]/.test(user) ? 'its user must not hold any of "/\\:;|=,+*?<>@[]' : undefined;
}

const windowsOptions: Check = fields("core validateWindowsSecurityContextOptions", {
  gmsaCredentialSpecName: text(notSubdomain),
  gmsaCredentialSpec: text(
    (spec) =>
      spec === ""
        ? "it must not be empty"
        : byteLength(spec) > 65_536
          ? "it must not have more than 64 KiB"
          : undefined,
    false,
  ),
  runAsUserName: text(notWindowsUser, false),
});

const containerContext: Check = fields(
  "core ValidateSecurityContext",
  {
    runAsUser: id,
    runAsGroup: id,
    procMount: oneOf(["Default", "Unmasked"]),
    seccompProfile,
    appArmorProfile,
    windowsOptions,
  },
  (value, run) => {
    if (value["allowPrivilegeEscalation"] !== false) return;
    if (value["privileged"] === true)
      reportAt(
        run,
        "allowPrivilegeEscalation",
        "server/forbidden",
        "allowPrivilegeEscalation: false",
        "privileged is true",
      );
    if (listOf(objectOf(value, "capabilities"), "add").includes("CAP_SYS_ADMIN"))
      reportAt(
        run,
        "allowPrivilegeEscalation",
        "server/forbidden",
        "allowPrivilegeEscalation: false",
        "CAP_SYS_ADMIN is added",
      );
  },
);

/** ValidateSecurityContext of a container. `userNamespace`: spec.hostUsers is false. */
export function checkContainerSecurity(context: JsonObject, userNamespace: boolean, run: Run): void {
  containerContext(context, run);
  run.source = "core ValidateSecurityContext";
  if (context["procMount"] === "Unmasked" && !userNamespace && run.minor >= 30)
    reportAt(run, "procMount", "server/invalid", '"Unmasked"', "spec.hostUsers must be false for it");
}

const sysctlName = /^(?:[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?$/;

/** The namespace of a sysctl (k8s.io/component-helpers, utilsysctl.GetNamespace). */
function sysctlNamespace(name: string): "ipc" | "net" | undefined {
  // Slashes may stand for points; the first of the two decides which form it is.
  const first = /[./]/.exec(name)?.[0];
  const dotted =
    first === "/" ? name.replaceAll(/[./]/g, (separator) => (separator === "/" ? "." : "/")) : name;
  if (dotted.startsWith("net.")) return "net";
  if (
    dotted.startsWith("kernel.shm") ||
    dotted.startsWith("kernel.msg") ||
    dotted.startsWith("fs.mqueue.") ||
    dotted === "kernel.sem"
  )
    return "ipc";
  return undefined;
}

const podContext: Check = fields("core validatePodSpecSecurityContext", {
  fsGroup: id,
  runAsUser: id,
  runAsGroup: id,
  supplementalGroups: each(id),
  fsGroupChangePolicy: oneOf(["OnRootMismatch", "Always"]),
  supplementalGroupsPolicy: oneOf(["Merge", "Strict"]),
  seLinuxChangePolicy: oneOf(["Recursive", "MountOption"]),
  seccompProfile,
  appArmorProfile,
  windowsOptions,
});

export function checkPodSecurity(spec: JsonObject, run: Run): void {
  const context = objectOf(spec, "securityContext");
  if (context === undefined) return;
  run.path.push("securityContext");
  podContext(context, run);
  run.source = "core validateSysctls";
  const seen = new Set<string>();
  for (const [index, sysctl] of listOf(context, "sysctls").entries()) {
    if (!isObject(sysctl)) continue;
    const name = textOf(sysctl, "name");
    const path = ["sysctls", index, "name"];
    if (name === undefined) continue;
    if (name === "") reportAt(run, path, "server/required", "name");
    else if (name.length > 253 || !sysctlName.test(name))
      reportAt(run, path, "server/name", shown(name), "it is no name of a sysctl");
    else if (seen.has(name)) reportAt(run, path, "server/duplicate", shown(name));
    seen.add(name);
    const namespace = sysctlNamespace(name);
    if (namespace === "net" && spec["hostNetwork"] === true)
      reportAt(run, path, "server/forbidden", shown(name), "hostNetwork is true");
    if (namespace === "ipc" && spec["hostIPC"] === true)
      reportAt(run, path, "server/forbidden", shown(name), "hostIPC is true");
  }
  run.path.pop();
}

const windowsPodContext = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "fsGroup",
  "fsGroupChangePolicy",
  "runAsUser",
  "runAsGroup",
  "supplementalGroups",
  "supplementalGroupsPolicy",
  "seLinuxChangePolicy",
];
const windowsContainerContext = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "capabilities",
  "readOnlyRootFilesystem",
  "privileged",
  "allowPrivilegeEscalation",
  "procMount",
  "runAsUser",
  "runAsGroup",
];

/** validateOS, validateLinux and validateWindows. */
export function checkOs(spec: JsonObject, containers: readonly PlacedContext[], run: Run): void {
  const os = objectOf(spec, "os");
  if (os === undefined) return;
  run.source = "core validateOS";
  const name = textOf(os, "name");
  if (name === undefined) return;
  if (name === "") return reportAt(run, ["os", "name"], "server/required", "name");
  const context = objectOf(spec, "securityContext");
  if (name === "linux") {
    run.source = "core validateLinux";
    if (isSet(context, "windowsOptions"))
      reportAt(
        run,
        ["securityContext", "windowsOptions"],
        "server/forbidden",
        "windowsOptions",
        "spec.os.name is linux",
      );
    for (const { path, context: own } of containers)
      if (isSet(own, "windowsOptions"))
        reportAt(
          run,
          [...path, "windowsOptions"],
          "server/forbidden",
          "windowsOptions",
          "spec.os.name is linux",
        );
    return;
  }
  if (name !== "windows")
    return reportAt(run, ["os", "name"], "server/not-supported", shown(name), "linux, windows");
  run.source = "core validateWindows";
  const why = "spec.os.name is windows";
  for (const field of windowsPodContext)
    if (isSet(context, field)) reportAt(run, ["securityContext", field], "server/forbidden", field, why);
  if (listOf(context, "sysctls").length > 0)
    reportAt(run, ["securityContext", "sysctls"], "server/forbidden", "sysctls", why);
  for (const field of ["hostPID", "hostIPC"])
    if (spec[field] === true) reportAt(run, field, "server/forbidden", field, why);
  for (const field of ["hostUsers", "shareProcessNamespace"])
    if (isSet(spec, field)) reportAt(run, field, "server/forbidden", field, why);
  for (const { path, context: own } of containers) {
    for (const field of windowsContainerContext)
      if (isSet(own, field)) reportAt(run, [...path, field], "server/forbidden", field, why);
  }
}

/** The security context of a container, with its path in the Pod's spec; undefined where it has none. */
export interface PlacedContext {
  readonly path: readonly (string | number)[];
  readonly context: JsonObject | undefined;
}

/** validateWindowsHostProcessPod. */
export function checkHostProcess(spec: JsonObject, containers: readonly PlacedContext[], run: Run): void {
  run.source = "core validateWindowsHostProcessPod";
  const pod = objectOf(objectOf(spec, "securityContext"), "windowsOptions")?.["hostProcess"];
  let hosted = 0;
  for (const { path, context } of containers) {
    const own = objectOf(context, "windowsOptions")?.["hostProcess"];
    if (typeof pod === "boolean" && typeof own === "boolean" && pod !== own)
      reportAt(
        run,
        [...path, "windowsOptions", "hostProcess"],
        "server/mismatch",
        String(own),
        `the Pod says ${String(pod)}`,
      );
    if (own === true || (own === undefined && pod === true)) hosted++;
  }
  if (hosted === 0) return;
  if (hosted !== containers.length)
    report(run, "server/invalid", "this Pod", "when one container is a HostProcess container, all must be");
  if (spec["hostNetwork"] !== true)
    reportAt(run, "hostNetwork", "server/required", "hostNetwork: true", "HostProcess containers need it");
}
