import type { ServiceContext } from "./context.ts";
import { readCommand } from "./fields/command.ts";
import { readDeploy, readPlatform, readScale } from "./fields/deploy.ts";
import { readGrants } from "./fields/storage/granted.ts";
import { readHealth } from "./fields/health.ts";
import { readLabels } from "./fields/labels.ts";
import {
  readDependsOn,
  readGracePeriod,
  readImage,
  readPullPolicy,
  readRestart,
  readWorkingDirectory,
} from "./fields/lifecycle.ts";
import { readShmSize, readTmpfs, readVolumes } from "./fields/storage/mounts.ts";
import {
  readContainerName,
  readDns,
  readExtension,
  readExtraHosts,
  readHostname,
  readLinks,
  readNetworkMode,
  readNetworks,
} from "./fields/network.ts";
import { readExpose, readPorts } from "./fields/ports.ts";
import { readCpuQuota, readCpus, readMemory, readPids } from "./fields/resources.ts";
import {
  readCapabilities,
  readFlag,
  readGroups,
  readHostNamespace,
  readSecurityOptions,
  readSysctls,
  readUser,
} from "./fields/security.ts";
import { isNull, malformed, member, type Node } from "./tree/node.ts";

type Reader = (service: ServiceContext, node: Node) => void;

/**
 * The fields of a service that have an effect, in the order in which they are read: `deploy` before the older fields
 * that say the same. `image`, `build`, `environment` and `env_file` are read before; `volumes_from` after every service.
 */
export const serviceFields: Readonly<Record<string, Reader>> = {
  deploy: readDeploy,
  labels: (service, node) => readLabels(service, node, "annotation"),
  annotations: (service, node) => readLabels(service, node, "annotation"),
  entrypoint: (service, node) => readCommand(service, node, "command"),
  command: (service, node) => readCommand(service, node, "args"),
  working_dir: readWorkingDirectory,
  networks: readNetworks,
  network_mode: readNetworkMode,
  container_name: readContainerName,
  hostname: (service, node) => readHostname(service, node, "hostname"),
  domainname: (service, node) => readHostname(service, node, "domainname"),
  links: readLinks,
  ports: readPorts,
  expose: readExpose,
  volumes: readVolumes,
  tmpfs: readTmpfs,
  shm_size: readShmSize,
  configs: (service, node) => readGrants(service, node, "configs"),
  secrets: (service, node) => readGrants(service, node, "secrets"),
  healthcheck: readHealth,
  depends_on: readDependsOn,
  scale: readScale,
  cpus: (service, node) => readCpus(service, "cpuLimitMilli", node),
  cpu_quota: (service, node) => readCpuQuota(service, node, member(service.node, "cpu_period")),
  mem_limit: (service, node) => readMemory(service, "memoryLimitBytes", node),
  mem_reservation: (service, node) => readMemory(service, "memoryRequestBytes", node),
  pids_limit: readPids,
  restart: readRestart,
  user: readUser,
  group_add: readGroups,
  read_only: (service, node) => readFlag(service, node, "readOnlyRoot"),
  cap_add: (service, node) => readCapabilities(service, node, "add"),
  cap_drop: (service, node) => readCapabilities(service, node, "drop"),
  privileged: (service, node) => readFlag(service, node, "privileged"),
  security_opt: readSecurityOptions,
  pid: (service, node) =>
    readHostNamespace(service, node, "hostPid", "every container has its own process namespace"),
  ipc: (service, node) => readHostNamespace(service, node, "hostIpc", "every Pod has its own IPC namespace"),
  sysctls: readSysctls,
  extra_hosts: readExtraHosts,
  dns: (service, node) => readDns(service, node, "nameservers"),
  dns_search: (service, node) => readDns(service, node, "searches"),
  dns_opt: (service, node) => readDns(service, node, "options"),
  stop_grace_period: readGracePeriod,
  stdin_open: (service, node) => readFlag(service, node, "stdin"),
  tty: (service, node) => readFlag(service, node, "tty"),
  pull_policy: readPullPolicy,
  platform: readPlatform,
  "x-kubeops": readExtension,
};

/** Fields that are read elsewhere, or say something about the reading itself. */
const otherFields: readonly string[] = [
  "image",
  "build",
  "environment",
  "env_file",
  "profiles",
  "volumes_from",
  "cpu_period",
];

/** Reads every field of a service but its environment, which is read for all services before. */
export function readFields(service: ServiceContext): void {
  readImage(service);
  const { ledger } = service.project;
  for (const [name, read] of Object.entries(serviceFields)) {
    const node = service.node.entries.get(name);
    if (node === undefined) continue;
    // An empty field is as good as none (compose-go loader/omitEmpty.go); a list that should be one may not be.
    if (isNull(node) && name !== "command" && name !== "entrypoint") ledger.mark(node, "used");
    else if (isEmpty(node) && name !== "command" && name !== "entrypoint") ledger.mark(node, "used");
    else read(service, node);
  }
  const profiles = service.node.entries.get("profiles");
  if (profiles !== undefined) ledger.mark(profiles, "used");
  for (const name of otherFields) {
    const node = service.node.entries.get(name);
    if (node !== undefined && (isNull(node) || isEmpty(node)) && name !== "build") ledger.mark(node, "used");
  }
  if (
    service.node.entries.has("networks") &&
    service.node.entries.has("network_mode") &&
    service.draft.networks.length === 0
  )
    malformed(service.node.entries.get("network_mode") ?? service.node, "cannot stand beside networks");
}

function isEmpty(node: Node): boolean {
  return (
    (node.kind === "list" && node.items.length === 0) || (node.kind === "map" && node.entries.size === 0)
  );
}
