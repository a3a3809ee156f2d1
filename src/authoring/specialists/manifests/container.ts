import type { Json, JsonObject } from "../../../kube/json.ts";
import { byText } from "../../../kube/by-text.ts";
import { members, textOf, unlessEmpty } from "../members.ts";
import { containerSecurityContext } from "../security/security-context.ts";
import type { Application, Workload } from "../workload.ts";
import { escapeExpansion } from "./expansion.ts";
import { probesOf } from "./probes.ts";
import { resourcesOf } from "./resources.ts";
import { mountEnv, type Mounts } from "./storage/volumes.ts";

/** The one container of a workload. */
export function containerOf(application: Application, workload: Workload, mounts: Mounts): JsonObject {
  const { intent, known } = workload;
  const { ledger } = application;
  return members({
    name: intent.name,
    image: intent.image,
    imagePullPolicy: intent.imagePullPolicy,
    command: texts(intent.command),
    args: texts(intent.args),
    workingDir: intent.workingDir,
    stdin: intent.stdin,
    tty: intent.tty,
    ports: unlessEmpty(containerPorts(workload)),
    env: unlessEmpty(environment(workload, mounts)),
    resources: resourcesOf(intent, known, ledger),
    volumeMounts: unlessEmpty([...mounts.volumeMounts]),
    ...probesOf(workload, ledger),
    securityContext: containerSecurityContext(workload, ledger),
  });
}

function texts(words: readonly string[] | undefined): string[] | undefined {
  return words?.map(escapeExpansion);
}

function containerPorts(workload: Workload): JsonObject[] {
  const ports: JsonObject[] = workload.ports.map(({ name, port, protocol }) => ({
    name,
    containerPort: port,
    protocol,
  }));
  const offered = new Set(workload.ports.flatMap(({ port, protocol }) => (protocol === "TCP" ? [port] : [])));
  const names = new Set(workload.ports.map(({ name }) => name));
  for (const port of workload.probePorts) {
    if (offered.has(port)) continue;
    const name = `probe-${port}`;
    ports.push(members({ name: names.has(name) ? undefined : name, containerPort: port, protocol: "TCP" }));
  }
  return ports;
}

/** Sorted by name; of two entries with one name the last counts, as in Compose. */
function environment(workload: Workload, mounts: Mounts): Json[] {
  const byName = new Map<string, JsonObject>();
  for (const entry of mountEnv(mounts)) byName.set(textOf(entry, "name"), entry);
  const listen = workload.known?.listen;
  if (listen !== undefined && !workload.intent.env.some(({ name }) => name === listen.unless))
    byName.set(listen.variable, { name: listen.variable, value: listen.value });
  for (const entry of workload.intent.env)
    byName.set(
      entry.name,
      "secret" in entry
        ? { name: entry.name, valueFrom: { secretKeyRef: { name: entry.secret, key: entry.key } } }
        : { name: entry.name, value: escapeExpansion(entry.value) },
    );
  return [...byName].sort(([left], [right]) => byText(left, right)).map(([, entry]) => entry);
}
