/** Requests and limits: core validateResourceRequirements. */
import { isObject, type JsonObject } from "../../../../kube/json.ts";
import { compareQuantities, quantityText, type Quantity } from "../../../../kube/quantity.ts";
import { amountsOf } from "../engine/amounts.ts";
import { isSet, listOf, objectOf, textOf } from "../engine/build.ts";
import { reportAt, type Run, shown } from "../engine/run.ts";
import { notLabel, notQualifiedName } from "../engine/texts.ts";

const containerResources = new Set(["cpu", "memory", "ephemeral-storage"]);
const podResources = new Set(["cpu", "memory"]);

export function isHugePages(name: string): boolean {
  return name.startsWith("hugepages-");
}

/** IsNativeResource: without a domain, or of kubernetes.io. */
export function isNative(name: string): boolean {
  return !name.includes("/") || name.includes("kubernetes.io/");
}

/** IsExtendedResourceName. */
export function isExtended(name: string): boolean {
  if (isNative(name) || name.startsWith("requests.")) return false;
  return notQualifiedName(`requests.${name}`) === undefined;
}

export function overcommits(name: string): boolean {
  return isNative(name) && !isHugePages(name);
}

const standard = new Set([
  "cpu",
  "memory",
  "ephemeral-storage",
  "requests.cpu",
  "requests.memory",
  "requests.ephemeral-storage",
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "storage",
  "requests.storage",
  "services.nodeports",
  "services.loadbalancers",
]);

/** validateResourceName: a qualified name; without a domain a standard one. */
export function notResourceName(name: string): string | undefined {
  const reason = notQualifiedName(name);
  if (reason !== undefined) return reason;
  if (name.includes("/") || standard.has(name) || isHugePages(name) || name.startsWith("requests.hugepages-"))
    return undefined;
  return "it must be a standard resource, or have a domain, as in example.com/gpu";
}

/** ValidateContainerResourceName. */
export function notContainerResource(name: string): string | undefined {
  const reason = notQualifiedName(name);
  if (reason !== undefined) return reason;
  if (!name.includes("/"))
    return containerResources.has(name) || isHugePages(name)
      ? undefined
      : "containers have cpu, memory, ephemeral-storage, hugepages-<size> and resources with a domain";
  return isNative(name) || isExtended(name) ? undefined : "it is no valid name of an extended resource";
}

function notPodResource(name: string): string | undefined {
  const reason = notResourceName(name);
  if (reason !== undefined) return reason;
  return podResources.has(name) || isHugePages(name)
    ? undefined
    : "a Pod as a whole has cpu, memory and hugepages-<size>";
}

/** IsIntegerResourceName. */
const wholeResources = new Set([
  "pods",
  "services",
  "replicationcontrollers",
  "resourcequotas",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "services.nodeports",
  "services.loadbalancers",
]);
const UNIT = 10n ** 9n;

/** ValidateResourceQuantityValue: not negative, and whole where it counts things. */
export function notAmount(name: string, amount: Quantity): string | undefined {
  if (amount.nano < 0n) return "it must be 0 or more";
  const whole = wholeResources.has(name) || isExtended(name);
  return whole && amount.nano % UNIT !== 0n ? "it must be a whole number" : undefined;
}

/** IsHugePageResourceValueDivisible. */
function notPages(name: string, amount: Quantity): string | undefined {
  const size = amountsOf({ size: name.slice("hugepages-".length) }).get("size");
  if (size === undefined || size.nano <= 0n || size.nano % UNIT !== 0n || amount.nano % size.nano !== 0n)
    return "it must be a multiple of the page size that its name says";
  return undefined;
}

/** validateResourceRequirements of a container (`claims`: the names of the Pod's claims) or of a Pod as a whole. */
export function checkResources(
  value: JsonObject,
  level: "container" | "pod",
  claims: ReadonlySet<string>,
  run: Run,
): void {
  run.source = "core validateResourceRequirements";
  const limits = amountsOf(objectOf(value, "limits"));
  const requests = amountsOf(objectOf(value, "requests"));
  checkList("limits", limits, level, run);
  checkList("requests", requests, level, run);
  for (const [name, amount] of requests) {
    const limit = limits.get(name);
    const path = ["requests", name];
    if (limit === undefined) {
      if (!overcommits(name) && notResourceOf(level, name) === undefined)
        reportAt(
          run,
          path,
          "server/required",
          `limits.${name}`,
          "a resource that cannot be overcommitted needs a limit equal to its request",
        );
      continue;
    }
    const order = compareQuantities(amount, limit);
    if (order !== 0 && !overcommits(name))
      reportAt(
        run,
        path,
        "server/invalid",
        shown(quantityText(amount)),
        `it must be equal to the limit of ${quantityText(limit)}`,
      );
    else if (order > 0)
      reportAt(
        run,
        path,
        "server/invalid",
        shown(quantityText(amount)),
        `it must not be more than the limit of ${quantityText(limit)}`,
      );
  }
  const names = [...limits.keys(), ...requests.keys()];
  if (names.some(isHugePages) && !names.some((name) => name === "cpu" || name === "memory"))
    reportAt(run, [], "server/forbidden", "huge pages", "they need cpu or memory beside them");
  checkClaims(value, claims, level, run);
}

function notResourceOf(level: "container" | "pod", name: string): string | undefined {
  return level === "pod" ? notPodResource(name) : notContainerResource(name);
}

function checkList(
  list: string,
  amounts: ReadonlyMap<string, Quantity>,
  level: "container" | "pod",
  run: Run,
): void {
  for (const [name, amount] of amounts) {
    const path = [list, name];
    const reason = notResourceOf(level, name);
    if (reason !== undefined) reportAt(run, path, "server/name", shown(name), reason);
    const bad = notAmount(name, amount) ?? (isHugePages(name) ? notPages(name, amount) : undefined);
    if (bad !== undefined) reportAt(run, path, "server/invalid", shown(quantityText(amount)), bad);
  }
}

function checkClaims(
  value: JsonObject,
  claims: ReadonlySet<string>,
  level: "container" | "pod",
  run: Run,
): void {
  if (level === "pod") {
    if (isSet(value, "claims"))
      reportAt(run, "claims", "server/forbidden", "claims", "they are named by containers only");
    return;
  }
  const seen = new Set<string>();
  for (const [index, claim] of listOf(value, "claims").entries()) {
    if (!isObject(claim)) continue;
    const name = textOf(claim, "name");
    const request = textOf(claim, "request") ?? "";
    const path = ["claims", index];
    if (name === undefined) continue;
    if (name === "") {
      reportAt(run, path, "server/required", "name");
      continue;
    }
    if (request !== "") {
      const reason = notLabel(request);
      if (reason !== undefined) reportAt(run, [...path, "request"], "server/name", shown(request), reason);
    }
    const id = request === "" ? name : `${name}/${request}`;
    const whole = request === "" && [...seen].some((other) => other.startsWith(`${name}/`));
    if (seen.has(name) || seen.has(id) || whole) reportAt(run, path, "server/duplicate", shown(id));
    seen.add(id);
    if (!claims.has(name))
      reportAt(run, path, "server/not-found", shown(name), "spec.resourceClaims has none of this name");
  }
}
