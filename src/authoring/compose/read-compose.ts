import type { Files } from "../../kube/files.ts";
import { isArray, isObject, type Json, valueAt } from "../../kube/json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import type { Problem } from "../../kube/problem.ts";
import { readDocuments } from "../../kube/yaml/read-documents.ts";
import type { ApplicationIntent, ConnectionIntent, WorkloadIntent } from "../intent/intent.ts";
import { connectionsOf } from "./connections.ts";
import { createSecretBook, type ProjectContext, type ServiceContext } from "./context.ts";
import { readEnvironment } from "./fields/environment.ts";
import { applyKompose } from "./fields/kompose-labels.ts";
import { providedOutside, settleRestart } from "./fields/lifecycle.ts";
import { readVolumesFrom } from "./fields/storage/mounts.ts";
import { readTopLevelNetwork } from "./fields/network.ts";
import { volumeIntents } from "./fields/storage/volumes.ts";
import type { Lookup } from "./interpolation/template.ts";
import { loadModel, withEnvironmentFiles } from "./load/load-project.ts";
import type { Loading } from "./load/read-file.ts";
import { createSources, folderOf, type InputDigest, joinPath } from "./load/sources.ts";
import { dnsLabel, serviceLabel } from "./names.ts";
import { emptyWorkload } from "../intent/empty-workload.ts";
import { readFields } from "./read-service.ts";
import { createLedger } from "./tree/ledger.ts";
import { isNull, itemsOf, malformed, type MapNode, mapOf, member, type Node, textOf } from "./tree/node.ts";

export interface ComposeOptions {
  /** Paths relative to the Files root, merged in this order. */
  readonly files: readonly string[];
  readonly namespace: string;
  /** Default: the top-level `name:`, else `folderName`. */
  readonly application?: string;
  readonly folderName: string;
  readonly profiles: readonly string[];
  /** Variables that the user named with --env NAME (with their values); nothing else of the environment (kernel K16). */
  readonly environment: Readonly<Record<string, string>>;
}

export interface ComposeRead {
  readonly intent: ApplicationIntent;
  /**
   * Every file that was read. Of a file that holds secrets (`.env`, `env_file`, a mounted credential) the digest covers
   * the names that were taken from it and no value: from a digest of a short secret the secret can be guessed (K17).
   */
  readonly inputs: readonly InputDigest[];
  readonly problems: readonly Problem[];
}

/** A document that is a Compose file: `services`, or `include` alone, and nothing that a Kubernetes object has. */
export function isCompose(document: Json): boolean {
  if (!isObject(document) || Object.hasOwn(document, "apiVersion") || Object.hasOwn(document, "kind"))
    return false;
  return (
    (Object.hasOwn(document, "services") && isObject(document["services"])) ||
    // A file may do nothing but include others (compose-spec 14-include.md).
    (Object.hasOwn(document, "include") && isArray(document["include"]))
  );
}

/**
 * Reads Compose files into an intent (compose-spec; compose-go for what it leaves open). Every field of the files is
 * named by exactly one row of the report, or lies below one; no secret value is in the result (kernel K16). Errors:
 * INPUT_MALFORMED, INPUT_CYCLE, INPUT_NOT_FOUND, INPUT_OUTSIDE, INPUT_EMPTY, INPUT_ENCODING, INPUT_TOO_LARGE, and what
 * Files throws, each with the place in the file.
 */
export function readCompose(files: Files, options: ComposeOptions): ComposeRead {
  const loading: Loading = {
    sources: createSources(files),
    ledger: createLedger(),
    problems: [],
    roots: [],
    extended: new Map(),
  };
  const { sources, ledger, problems } = loading;
  const paths = options.files.map((path) => ({ path: joinPath("", path) }));
  const first = paths[0];
  if (first === undefined) throw new OpsError("INPUT_EMPTY", "no Compose file was named");
  const folder = folderOf(first.path);
  const named: Lookup = (name) =>
    Object.hasOwn(options.environment, name) ? options.environment[name] : undefined;
  const dotenv = joinPath(folder, ".env");
  const environment = sources.kind(dotenv, undefined) === "file" ? [{ path: dotenv }] : [];
  const variables = withEnvironmentFiles(environment, loading, named);
  // Compose sets the project's name for interpolation (compose-spec 04-version-and-name.md).
  let projectName: string | undefined;
  const lookup: Lookup = (name) => {
    const value = variables(name);
    if (value !== undefined || name !== "COMPOSE_PROJECT_NAME") return value;
    projectName ??= dnsLabel(options.application ?? writtenName(paths, loading) ?? options.folderName);
    return projectName;
  };
  const model = loadModel(paths, { folder, lookup, chain: [] }, loading);
  const nameNode = member(model, "name");
  if (nameNode !== undefined) {
    if (options.application === undefined) ledger.mark(nameNode, "used");
    else ledger.mark(nameNode, "changed", "another name was given");
  }
  const application = dnsLabel(
    options.application ?? (nameNode === undefined ? options.folderName : textOf(nameNode)),
  );
  const project = createProject({ application, model, lookup, profiles: options.profiles, loading });
  readServices(project);
  const services = [...project.services.values()];
  const connections = connectionsOf(services);
  offerShownPorts(services, connections);
  const workloads = services.map(finish).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const volumes = volumeIntents(project);
  reportTopLevel(project);
  const intent: ApplicationIntent = {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "Intent",
    namespace: options.namespace,
    source: "compose",
    application,
    workloads,
    configs: [...project.configIntents.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    secrets: project.book.all(),
    volumes,
    connections,
    report: ledger.report(loading.roots),
  };
  refuseLeaks(project, intent);
  return { intent, inputs: sources.inputs(), problems };
}

/** The `name:` of the last file that has one, when it is a plain text: what is needed before the files are interpolated. */
function writtenName(paths: readonly { readonly path: string }[], loading: Loading): string | undefined {
  let name: string | undefined;
  for (const { path } of paths) {
    if (loading.sources.kind(path, undefined) !== "file") continue;
    for (const { value } of readDocuments(path, loading.sources.bytes(path, undefined))) {
      const written = valueAt(value, ["name"]);
      if (typeof written === "string" && !written.includes("$")) name = written;
    }
  }
  return name;
}

interface ProjectParts {
  readonly application: string;
  readonly model: MapNode;
  readonly lookup: Lookup;
  readonly profiles: readonly string[];
  readonly loading: Loading;
}

function topLevel(model: MapNode, name: string): ReadonlyMap<string, Node> {
  const node = member(model, name);
  return node === undefined ? new Map() : mapOf(node).entries;
}

function createProject(parts: ProjectParts): ProjectContext {
  const { application, model, lookup, loading } = parts;
  const { sources, ledger, problems } = loading;
  const excluded = new Map<string, string>();
  const services = new Map<string, ServiceContext>();
  const project: ProjectContext = {
    application,
    sources,
    ledger,
    problems,
    model,
    volumes: topLevel(model, "volumes"),
    configs: topLevel(model, "configs"),
    secrets: topLevel(model, "secrets"),
    networks: topLevel(model, "networks"),
    services,
    excluded,
    lookup,
    book: createSecretBook(),
    configIntents: new Map(),
    volumeClaims: new Map(),
    sensitive: new Set(),
  };
  const taken = new Map<string, string>();
  for (const [key, node] of topLevel(model, "services")) {
    if (isNull(node)) malformed(node, "has neither image nor build");
    const service = mapOf(node);
    const reason = leftOut(service, parts.profiles);
    if (reason !== undefined) {
      ledger.mark(service, "dropped", reason);
      excluded.set(key, reason);
      continue;
    }
    const name = serviceLabel(key);
    const other = taken.get(name);
    if (other !== undefined)
      malformed(service, `and services.${other} would both be named ${name}`, "rename one of them");
    taken.set(name, key);
    if (name !== key) {
      problems.push({
        code: "compose/service-renamed",
        severity: "warning",
        message: `service ${JSON.stringify(key)} becomes ${name}: the name of a Service is a DNS label. Whoever calls it by its old name no longer finds it`,
        place: service.keyPlace,
        path: service.path,
      });
    }
    services.set(key, createService(project, key, name, service));
  }
  if (services.size === 0) {
    const hint =
      excluded.size > 0
        ? { hint: "choose a profile with --compose-profile" }
        : member(model, "services") === undefined
          ? { hint: "a Compose file has its services under services: (the format of version 1 is not read)" }
          : {};
    throw new OpsError("INPUT_EMPTY", "no service is left to run", { place: model.place, ...hint });
  }
  return project;
}

/** Why a service does not run: none of its profiles is chosen (compose-spec 15-profiles.md), or something else provides it. */
function leftOut(service: MapNode, chosen: readonly string[]): string | undefined {
  const node = member(service, "profiles");
  const profiles = node === undefined ? [] : itemsOf(node).map(textOf);
  if (profiles.length > 0 && !chosen.includes("*") && !profiles.some((profile) => chosen.includes(profile)))
    return `none of its profiles is chosen (${profiles.join(", ")})`;
  return member(service, "provider") === undefined ? undefined : providedOutside;
}

function createService(project: ProjectContext, key: string, name: string, node: MapNode): ServiceContext {
  return {
    project,
    key,
    name,
    node,
    draft: { ...emptyWorkload, name, place: node.keyPlace },
    env: new Map(),
    known: [],
    evidence: [],
    health: {},
    kompose: {},
    restartNode: undefined,
    attempts: undefined,
    links: [],
    dependencies: [],
    linkAliases: new Map(),
  };
}

function readServices(project: ProjectContext): void {
  const services = [...project.services.values()];
  // First every environment, so that no other field carries a value that became a reference somewhere.
  for (const service of services) readEnvironment(service);
  for (const service of services) readFields(service);
  for (const service of services) readVolumesFrom(service);
  // What others wait for until it has ended is a Job.
  for (const service of services) {
    for (const { target, condition } of service.dependencies) {
      const other = project.services.get(target);
      if (condition === "completed" && other !== undefined && other.draft.mode === "replicated")
        other.draft.mode = "job";
    }
  }
  for (const service of services) {
    applyKompose(service);
    settleRestart(service);
    if (service.draft.mode === "job" && service.draft.replicas !== undefined) {
      service.draft.completions = service.draft.replicas;
      delete service.draft.replicas;
    }
    if (service.draft.mode === "global") delete service.draft.replicas;
  }
  refuseCycles(services);
}

/** Services that wait for each other never start (compose-go loader/normalize.go, checkConsistency). */
function refuseCycles(services: readonly ServiceContext[]): void {
  const byKey = new Map(services.map((service) => [service.key, service]));
  const done = new Set<string>();
  for (const start of services) {
    const path: { key: string; next: number }[] = [{ key: start.key, next: 0 }];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const dependency = byKey.get(top.key)?.dependencies[top.next++];
      if (done.has(top.key) || dependency === undefined) {
        done.add(top.key);
        path.pop();
        continue;
      }
      const at = path.findIndex(({ key }) => key === dependency.target);
      if (at >= 0) {
        const chain = [...path.slice(at).map(({ key }) => key), dependency.target].join(" → ");
        throw new OpsError("INPUT_CYCLE", `services wait for each other: ${chain}`, {
          place: dependency.node.place,
        });
      }
      path.push({ key: dependency.target, next: 0 });
    }
  }
}

/** A port at which another service is called is one that the service offers, also where the file does not list it. */
function offerShownPorts(
  services: readonly ServiceContext[],
  connections: readonly ConnectionIntent[],
): void {
  for (const { to, ports, place } of connections) {
    const draft = services.find(({ name }) => name === to)?.draft;
    if (draft === undefined) continue;
    for (const { port, protocol } of ports) {
      if (draft.ports.some((each) => each.port === port && each.protocol === protocol)) continue;
      draft.ports = [...draft.ports, { port, protocol, published: false, place }];
    }
  }
}

function finish(service: ServiceContext): WorkloadIntent {
  return { ...service.draft, env: [...service.env.values()] };
}

/** What of the top level nobody took, where a better reason than the general one is known. */
function reportTopLevel(project: ProjectContext): void {
  const { ledger, model } = project;
  for (const node of project.networks.values()) readTopLevelNetwork(node, ledger);
  for (const [key, node] of project.volumes)
    if (!project.volumeClaims.has(key)) ledger.mark(node, "dropped", "no service that runs uses it");
  for (const name of ["secrets", "configs"] as const) {
    for (const node of project[name].values())
      ledger.overridden(node, "no service that runs uses it, or none of this");
  }
  for (const name of ["volumes", "networks", "secrets", "configs", "services", "name"]) {
    const node = model.entries.get(name);
    if (node !== undefined && (isNull(node) || (node.kind === "map" && node.entries.size === 0)))
      ledger.mark(node, "used");
  }
}

/**
 * The last line of kernel K16: a distinctive value that became a reference may stand nowhere in the intent. What the
 * readers of the fields could not know (a key, a name, a path) is refused here, by the name of its variable only.
 */
function refuseLeaks(project: ProjectContext, intent: ApplicationIntent): void {
  if (project.sensitive.size === 0) return;
  const text = JSON.stringify(intent);
  for (const value of project.sensitive) {
    if (!text.includes(JSON.stringify(value).slice(1, -1))) continue;
    const services = [...project.services.values()];
    const owner =
      services.find((service) => service.known.some((each) => each.value === value)) ?? services[0];
    const variable = owner?.known.find((each) => each.value === value)?.variable;
    const what =
      variable === undefined ? "the value of a secret" : `the value of ${variable} of service ${owner?.key}`;
    throw new OpsError(
      "INPUT_SECRET_DATA",
      `${what}, which became a reference to a Secret, also stands in another field`,
      {
        ...(owner === undefined ? {} : { place: owner.node.keyPlace }),
        hint: "take it out of the other field, or let that field read the variable",
      },
    );
  }
}
