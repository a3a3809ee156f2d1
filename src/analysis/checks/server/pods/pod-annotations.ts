/** Annotations of Pods that the server reads: core ValidatePodSpecificAnnotations. */
import { isObject, type JsonObject } from "../../../../kube/json.ts";
import { listOf, objectOf, textOf } from "../engine/build.ts";
import { reportAt, type Run, shown } from "../engine/run.ts";
import { notLocalPath } from "../engine/texts.ts";
import { tolerations } from "./placing.ts";

const MIRROR = "kubernetes.io/config.mirror";
const DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";
const TOLERATIONS = "scheduler.alpha.kubernetes.io/tolerations";
const SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/";
const APPARMOR = "container.apparmor.security.beta.kubernetes.io/";

/** The run stands at the annotations. */
export function checkPodAnnotations(annotations: JsonObject | undefined, spec: JsonObject, run: Run): void {
  if (annotations === undefined) return;
  run.source = "core ValidatePodSpecificAnnotations";
  for (const [key, value] of Object.entries(annotations)) {
    if (typeof value !== "string") continue;
    if (key === MIRROR) {
      if (textOf(spec, "nodeName") === "")
        reportAt(run, key, "server/invalid", shown(value), "a mirror Pod needs spec.nodeName");
    } else if (key === DELETION_COST) {
      if (!isCost(value))
        reportAt(
          run,
          key,
          "server/invalid",
          shown(value),
          "it must be a 32-bit integer without plus sign or leading zeros",
        );
    } else if (key === TOLERATIONS) checkTolerations(key, value, run);
    else if (key === SECCOMP_POD || key.startsWith(SECCOMP_CONTAINER)) checkSeccomp(key, value, run);
    else if (key.startsWith(APPARMOR)) checkAppArmor(key, value, spec, run);
  }
}

function isCost(value: string): boolean {
  if (!/^(?:0|-?[1-9][0-9]{0,9})$/.test(value)) return false;
  const cost = Number(value);
  return cost >= -2_147_483_648 && cost <= 2_147_483_647;
}

function checkTolerations(key: string, value: string, run: Run): void {
  if (value === "") return;
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return reportAt(run, key, "server/invalid", shown(value), "it must be a list of tolerations in JSON");
  }
  run.path.push(key);
  tolerations(parsed as never, run);
  run.path.pop();
}

function checkSeccomp(key: string, value: string, run: Run): void {
  run.source = "core ValidateSeccompPodAnnotations";
  if (value === "runtime/default" || value === "docker/default" || value === "unconfined") return;
  const reason = value.startsWith("localhost/")
    ? notLocalPath(value.slice("localhost/".length), run.minor)
    : "it is no seccomp profile";
  if (reason !== undefined) reportAt(run, key, "server/invalid", shown(value), reason);
}

function checkAppArmor(key: string, value: string, spec: JsonObject, run: Run): void {
  run.source = "core ValidateAppArmorPodAnnotations";
  const name = key.slice(APPARMOR.length);
  const containers = ["initContainers", "containers", "ephemeralContainers"].flatMap((list) =>
    listOf(spec, list),
  );
  const container = containers.find((each) => isObject(each) && each["name"] === name);
  if (container === undefined)
    reportAt(run, key, "server/not-found", shown(name), "there is no container of this name");
  if (
    value !== "" &&
    value !== "runtime/default" &&
    value !== "unconfined" &&
    !value.startsWith("localhost/")
  )
    reportAt(run, key, "server/invalid", shown(value), "it is no AppArmor profile");
  if (!isObject(container)) return;
  const profile =
    objectOf(objectOf(container, "securityContext"), "appArmorProfile") ??
    objectOf(objectOf(spec, "securityContext"), "appArmorProfile");
  if (profile === undefined || objectOf(spec, "os")?.["name"] === "windows") return;
  run.source = "core validateAppArmorAnnotationsAndFieldsMatchOnCreate";
  const wanted: Readonly<Record<string, string>> = {
    Unconfined: "unconfined",
    RuntimeDefault: "runtime/default",
    Localhost: `localhost/${textOf(profile, "localhostProfile") ?? ""}`,
  };
  const type = textOf(profile, "type") ?? "";
  if (Object.hasOwn(wanted, type) && wanted[type] !== value)
    reportAt(run, key, "server/mismatch", shown(value), "the container's appArmorProfile says otherwise");
}
