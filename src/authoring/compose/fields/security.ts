import type { UserIntent } from "../../intent/intent.ts";
import { literal, type ServiceContext } from "../context.ts";
import { pairsOf, booleanOf, itemsOf, listOf, malformed, type Node, textOf } from "../tree/node.ts";

const largestId = 2 ** 31 - 1;

function idOf(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) && Number(text) <= largestId ? Number(text) : undefined;
}

/** `user`: `uid`, `uid:gid`, or names, which only the image can resolve. */
export function readUser(service: ServiceContext, node: Node): void {
  const { ledger } = service.project;
  const text = literal(service.project, node, "user");
  if (text === undefined) return;
  const [user = "", group] = text.split(":");
  if (user === "" || /\s/.test(text)) malformed(node, "must be a user, or USER:GROUP");
  const uid = idOf(user);
  const gid = group === undefined ? undefined : idOf(group);
  const draft: UserIntent = {
    ...(uid === undefined ? { name: user } : { uid }),
    ...(gid === undefined ? {} : { gid }),
  };
  service.draft.user = draft;
  if (group !== undefined && gid === undefined)
    ledger.mark(node, "changed", "only the image knows the number of its group: the group is left out");
  else if (uid === undefined) ledger.mark(node, "changed", "only the image knows the number of its user");
  else ledger.mark(node, "used");
}

/** `group_add`: numbers become supplemental groups. */
export function readGroups(service: ServiceContext, node: Node): void {
  for (const item of listOf(node).items) {
    const gid = idOf(textOf(item));
    if (gid === undefined)
      service.project.ledger.mark(
        item,
        "dropped",
        "only the image knows the number of the group: write the number",
      );
    else {
      service.draft.supplementalGroups = [...new Set([...(service.draft.supplementalGroups ?? []), gid])];
      service.project.ledger.mark(item, "used");
    }
  }
}

/** `cap_add`, `cap_drop`: names without `CAP_`, as Kubernetes writes them. */
export function readCapabilities(service: ServiceContext, node: Node, what: "add" | "drop"): void {
  for (const item of listOf(node).items) {
    const name = textOf(item).toUpperCase().replace(/^CAP_/, "");
    if (!/^[A-Z][A-Z0-9_]{0,40}$/.test(name)) malformed(item, "must be the name of a capability");
    const before = service.draft.capabilities;
    service.draft.capabilities = { ...before, [what]: [...new Set([...before[what], name])] };
    service.project.ledger.mark(item, "used");
  }
}

/** `security_opt` (docker run --security-opt). */
export function readSecurityOptions(service: ServiceContext, node: Node): void {
  const { ledger } = service.project;
  for (const item of itemsOf(node)) {
    const [, option = "", value = ""] = /^([\w-]+)(?:[:=](.*))?$/s.exec(textOf(item)) ?? [];
    if (option === "no-new-privileges" && ["", "true", "false"].includes(value)) {
      service.draft.noNewPrivileges = value !== "false";
      ledger.mark(item, "used");
    } else if (option === "seccomp" && value === "unconfined") {
      service.draft.seccomp = "unconfined";
      ledger.mark(item, "used");
    } else if (option === "seccomp")
      ledger.mark(
        item,
        "dropped",
        "a seccomp profile must lie on every node; RuntimeDefault takes its place",
      );
    else if (option === "apparmor" && /^[\w.-]{1,100}$/.test(value)) {
      service.draft.appArmor = value;
      ledger.mark(item, "used");
    } else if (option === "label")
      ledger.mark(item, "dropped", "the container runtime of the node labels containers for SELinux");
    else ledger.mark(item, "dropped", "Kubernetes has no such setting");
  }
}

/** A boolean field of the workload. */
export function readFlag(
  service: ServiceContext,
  node: Node,
  name: "privileged" | "readOnlyRoot" | "stdin" | "tty",
): void {
  service.draft[name] = booleanOf(node);
  service.project.ledger.mark(node, "used");
}

/** `pid`, `ipc`: only `host` has a counterpart. */
export function readHostNamespace(
  service: ServiceContext,
  node: Node,
  name: "hostPid" | "hostIpc",
  otherwise: string,
): void {
  if (textOf(node) === "host") {
    service.draft[name] = true;
    service.project.ledger.mark(node, "used");
  } else service.project.ledger.mark(node, "dropped", otherwise);
}

/** `sysctls`, as a mapping or as `NAME=VALUE`. */
export function readSysctls(service: ServiceContext, node: Node): void {
  const { ledger } = service.project;
  const pairs = pairsOf(node, (lost) => ledger.overridden(lost, "a later entry has the same name"));
  for (const [name, part] of pairs.entries) {
    // k8s.io/kubernetes pkg/apis/core/validation IsValidSysctlName
    if (!/^[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?(?:[./][a-z0-9](?:[-_a-z0-9]*[a-z0-9])?)*$/.test(name)) {
      ledger.mark(part, "dropped", "it is no name of a kernel parameter");
      continue;
    }
    const value = literal(service.project, part, name);
    if (value === undefined) continue;
    service.draft.sysctls = [...service.draft.sysctls.filter((each) => each.name !== name), { name, value }];
    ledger.mark(part, "used");
  }
}
