import type { JsonObject } from "../../../kube/json.ts";
import { assumed } from "../../images/match-image.ts";
import type { Ledger } from "../ledger.ts";
import { byText } from "../../../kube/by-text.ts";
import { members, textOf, unlessEmpty } from "../members.ts";
import type { ResolvedUser, Workload } from "../workload.ts";

const portStart = "net.ipv4.ip_unprivileged_port_start";

/** The securityContext of a Pod. `mountsFiles`: it mounts volumes whose files its group must be able to read. */
export function podSecurityContext(workload: Workload, mountsFiles: boolean, ledger: Ledger): JsonObject {
  const { intent, user } = workload;
  const fsGroup = intent.fsGroup ?? (mountsFiles && !user.root ? ownGroup(user) : undefined);
  return members({
    runAsNonRoot: !user.root,
    runAsUser: user.uid,
    runAsGroup: user.gid,
    supplementalGroups: unlessEmpty([...(intent.supplementalGroups ?? [])]),
    fsGroup,
    // A large volume is not walked at every start.
    fsGroupChangePolicy: fsGroup === undefined ? undefined : "OnRootMismatch",
    seccompProfile: { type: intent.seccomp === "unconfined" ? "Unconfined" : "RuntimeDefault" },
    sysctls: unlessEmpty(sysctls(workload, ledger)),
  });
}

/** A group for files that are the Pod's alone: its own, unless that is the group of root. */
function ownGroup({ uid, gid }: ResolvedUser): number {
  return gid === undefined || gid === 0 ? uid : gid;
}

/**
 * The input's sysctls, and the one that lets a program without capabilities listen below 1024: it is on the safe list of the
 * kubelet and of Pod Security (baseline and restricted), and it grants less than the capability NET_BIND_SERVICE.
 */
function sysctls(workload: Workload, ledger: Ledger): JsonObject[] {
  const { intent, user, ports } = workload;
  const list = settable(workload, ledger);
  const low = ports.filter((port) => port.port < 1024).map((port) => port.port);
  // Root without the capability is refused below 1024 as everybody else.
  const capable =
    intent.privileged === true ||
    (user.root &&
      intent.capabilities.add.some((name) => ["NET_BIND_SERVICE", "ALL"].includes(capabilityName(name))));
  if (low.length === 0 || capable) return list;
  if (intent.hostNetwork === true) {
    ledger.note(
      "security/low-port",
      intent.name,
      `it listens below 1024 on the node's network without the capability: a Pod there can set no sysctl, so the node must allow it.`,
    );
    return list;
  }
  if (intent.sysctls.some(({ name }) => name === portStart)) return list;
  const first = Math.min(...low);
  ledger.note(
    "security/low-port",
    intent.name,
    `it listens on port ${first} without the capability NET_BIND_SERVICE: the sysctl ${portStart}=${first} of its own network allows that.`,
  );
  list.push({ name: portStart, value: String(first) });
  return list.sort((left, right) => byText(textOf(left, "name"), textOf(right, "name")));
}

/** Sysctls of the namespaces of the node are not a Pod's to set: the API server refuses them (validateSysctls). */
const ofNetwork = /^net[./]/;
const ofIpc = /^(?:kernel[./](?:shm|msg|sem)|fs[./]mqueue[./])/;

function settable({ intent }: Workload, ledger: Ledger): JsonObject[] {
  const byName = new Map<string, JsonObject>();
  for (const { name, value } of intent.sysctls) {
    const node =
      (intent.hostNetwork === true && ofNetwork.test(name)) || (intent.hostIpc === true && ofIpc.test(name));
    if (node)
      ledger.note(
        "security/sysctl-of-node",
        intent.name,
        `sysctl ${name} is left out: with the namespaces of the node it would be set for the whole node.`,
      );
    else byName.set(name, { name, value });
  }
  return [...byName].sort(([left], [right]) => byText(left, right)).map(([, entry]) => entry);
}

/** The securityContext of a container. */
export function containerSecurityContext(workload: Workload, ledger: Ledger): JsonObject {
  const { intent } = workload;
  const privileged = intent.privileged === true;
  if (privileged && !workload.user.root)
    ledger.note(
      "security/privileged-without-root",
      intent.name,
      `it is privileged, yet runs as user ${workload.user.uid}, who can use little of that. If it needs root, ask for it with user: "0".`,
    );
  return members({
    privileged: privileged ? true : undefined,
    // The API server refuses privileged together with false.
    allowPrivilegeEscalation: privileged || intent.noNewPrivileges === false,
    readOnlyRootFilesystem: readOnlyRoot(workload, ledger),
    capabilities: members({ drop: ["ALL"], add: unlessEmpty(addedCapabilities(workload, ledger)) }),
    appArmorProfile: appArmor(intent.appArmor),
  });
}

/**
 * Read-only where the input asks for it or the image is known to need no more than its writable paths. Elsewhere the root
 * stays writable: a program that writes beside its volumes would not start, and Pod Security does not ask for it.
 */
export function readOnlyRoot(workload: Workload, ledger?: Ledger): boolean {
  const { intent, known } = workload;
  if (intent.readOnlyRoot !== undefined) return intent.readOnlyRoot;
  if (known?.readOnlyRoot === true) return true;
  ledger?.note(
    "security/writable-root",
    intent.name,
    `what ${intent.image} writes beside its volumes is not known: its root file system stays writable. Try read_only: true with tmpfs: for what it writes.`,
  );
  return false;
}

function addedCapabilities(workload: Workload, ledger: Ledger): string[] {
  const { intent, known, user } = workload;
  const added = new Set(intent.capabilities.add.map(capabilityName));
  if (known?.fileCapability !== undefined && !added.has(known.fileCapability)) {
    added.add(known.fileCapability);
    ledger.note(
      "security/file-capability",
      intent.name,
      `${known.fileCapability} is added: the program of ${intent.image} is ${assumed(known)} to carry it as a file capability, and would not start without.`,
    );
  }
  const asked = [...added].filter((name) => name !== known?.fileCapability).sort(byText);
  if (asked.length > 0 && !user.root && intent.privileged !== true)
    ledger.note(
      "security/capability-without-root",
      intent.name,
      `${asked.join(", ")}: a program that runs as user ${user.uid} has a capability only if its file carries it. If it needs root, ask for it with user: "0".`,
    );
  return [...added].sort(byText);
}

/** Kubernetes names capabilities without the prefix of the kernel, in capitals. */
function capabilityName(name: string): string {
  return name.toUpperCase().replace(/^CAP_/, "");
}

function appArmor(profile: string | undefined): JsonObject | undefined {
  if (profile === undefined) return undefined;
  if (profile === "unconfined") return { type: "Unconfined" };
  if (profile === "docker-default" || profile === "runtime/default") return { type: "RuntimeDefault" };
  return { type: "Localhost", localhostProfile: profile.replace(/^localhost\//, "") };
}
