import { isArray, isObject, type Json, type JsonObject, valueAt } from "../../../kube/json.ts";
import { namespaceOf, objectKey } from "../../../kube/object-key.ts";
import { containersOf, podTemplateOf } from "../../../kube/pod-template.ts";
import { listAt, type ServiceModel } from "../entry/services.ts";
import type { Workload } from "../model/workload.ts";

/** A workload names a Service: where, and on which port. */
export interface Reference {
  readonly service: ServiceModel;
  readonly port: number | undefined;
  /** `env DB_HOST of container web`. */
  readonly where: string;
}

/** ConfigMaps by `namespace/name`. Secrets are not read: their values enter nothing. */
export function configMaps(objects: readonly JsonObject[]): ReadonlyMap<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  for (const object of objects) {
    const key = objectKey(object);
    if (key.group === "" && key.kind === "ConfigMap") found.set(`${namespaceOf(object)}/${key.name}`, object);
  }
  return found;
}

/** The Services that a workload names in env, command, args, and in the ConfigMaps that it uses. */
export function referencesOf(
  workload: Workload,
  services: ReadonlyMap<string, ServiceModel>,
  maps: ReadonlyMap<string, JsonObject>,
): readonly Reference[] {
  const template = podTemplateOf(workload.object);
  if (template === undefined) return [];
  const found: Reference[] = [];
  const look = (text: Json | undefined, where: string): void => {
    if (typeof text !== "string") return;
    for (const { host, port } of hostsIn(text)) {
      const service = serviceOf(host, workload.namespace, services);
      if (service !== undefined) found.push({ service, port, where });
    }
  };
  const lookMap = (name: Json | undefined, key: Json | undefined, where: string): void => {
    const data =
      typeof name === "string" ? valueAt(maps.get(`${workload.namespace}/${name}`), ["data"]) : undefined;
    if (!isObject(data)) return;
    for (const [member, text] of Object.entries(data)) {
      if (key !== undefined && key !== member) continue;
      // A file holds many lines, an entry one.
      for (const line of typeof text === "string" ? text.split("\n").slice(0, MOST_LINES) : [])
        look(line.includes("=") ? line.slice(line.indexOf("=") + 1) : line, `${where}, key ${member}`);
    }
  };
  for (const { container } of containersOf(template.spec)) {
    const name = typeof container["name"] === "string" ? container["name"] : "";
    for (const member of ["command", "args"] as const) {
      const words = container[member];
      for (const word of isArray(words) ? words : []) look(word, `${member} of container ${name}`);
    }
    for (const entry of listAt(container, ["env"])) {
      const variable = valueAt(entry, ["name"]);
      const where = `env ${typeof variable === "string" ? variable : ""} of container ${name}`;
      look(valueAt(entry, ["value"]), where);
      const source = ["valueFrom", "configMapKeyRef"];
      lookMap(valueAt(entry, [...source, "name"]), valueAt(entry, [...source, "key"]) ?? "", where);
    }
    for (const entry of listAt(container, ["envFrom"])) {
      const map = valueAt(entry, ["configMapRef", "name"]);
      lookMap(map, undefined, `ConfigMap ${typeof map === "string" ? map : ""} in env of container ${name}`);
    }
  }
  for (const volume of listAt(template.spec, ["volumes"])) {
    const map = valueAt(volume, ["configMap", "name"]);
    if (typeof map === "string") lookMap(map, undefined, `ConfigMap ${map} as a volume`);
  }
  return found;
}

const MOST_LINES = 2000;
const label = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";
const URL_HOST = new RegExp(
  `[a-z][a-z0-9+.-]*://(?:[^@/\\s]{1,200}@)?(${label}(?:\\.${label}){0,8})(?::(\\d{1,5}))?`,
  "g",
);
const HOST_PORT = new RegExp(`(?:^|[\\s,;'"=(@/])(${label}(?:\\.${label}){0,8}):(\\d{1,5})(?![\\d.])`, "g");
const QUALIFIED = new RegExp(
  `(?:^|[\\s,;'"=(@/])(${label}\\.${label}\\.svc(?:\\.[a-z0-9.-]{1,100})?)(?::(\\d{1,5}))?`,
  "g",
);
const WHOLE = new RegExp(`^(${label}(?:\\.${label}){0,8})(?::(\\d{1,5}))?/?$`);
const LONGEST = 4096;

/** Hosts that a text names, as a URL, with a port, as a name of the cluster's DNS, or as the whole text. */
function hostsIn(text: string): readonly { readonly host: string; readonly port: number | undefined }[] {
  const value = text
    .trim()
    .replace(/^["']|["']$/g, "")
    .slice(0, LONGEST);
  const found = new Map<string, { readonly host: string; readonly port: number | undefined }>();
  const add = (host: string | undefined, port: string | undefined): void => {
    if (host === undefined) return;
    const known = [...found.values()].some((other) => other.host === host && other.port !== undefined);
    if (port !== undefined || !known)
      found.set(`${host}:${port ?? ""}`, { host, port: port === undefined ? undefined : Number(port) });
  };
  for (const match of value.matchAll(URL_HOST)) add(match[1], match[2]);
  for (const match of value.matchAll(HOST_PORT)) add(match[1], match[2]);
  for (const match of value.matchAll(QUALIFIED)) add(match[1], match[2]);
  const whole = WHOLE.exec(value);
  if (whole !== null) add(whole[1], whole[2]);
  return [...found.values()];
}

/** `svc`, `svc.ns`, `svc.ns.svc`, `svc.ns.svc.cluster.local`: as the cluster's DNS reads it in that namespace. */
function serviceOf(
  host: string,
  namespace: string,
  services: ReadonlyMap<string, ServiceModel>,
): ServiceModel | undefined {
  const [name = "", other, kind] = host.split(".");
  if (other === undefined) return services.get(`${namespace}/${name}`);
  return kind === undefined || kind === "svc" ? services.get(`${other}/${name}`) : undefined;
}
