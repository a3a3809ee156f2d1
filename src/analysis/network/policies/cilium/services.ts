import { isObject, type JsonObject, type JsonPath, textMap, valueAt } from "../../../../kube/json.ts";
import { namespaceOf, objectKey } from "../../../../kube/object-key.ts";
import { printable } from "../../../../kube/printable.ts";
import { mapSelector, matchesSelector } from "../../../../kube/selector.ts";
import { listAt, readServices, type ServiceModel } from "../../entry/services.ts";
import { addressSet, type IpSet, unionIps } from "../../sets/ip-set.ts";
import type { Term } from "../policy.ts";
import { canonicalSelector, type PolicyReader, shown } from "../reading.ts";
import { isPodLabelSeen } from "./identity-labels.ts";
import { readRequirements } from "./selector.ts";

/** The Services among the objects, and the addresses of those that have no selector. */
export interface KnownServices {
  readonly all: readonly ServiceModel[];
  readonly byName: ReadonlyMap<string, readonly ServiceModel[]>;
  /** By `namespace/name`. */
  readonly addresses: ReadonlyMap<string, readonly IpSet[]>;
  /** Selectors are asked about Services at most so often: input is not trusted. */
  readonly budget: { left: number };
}

const MOST_ASKED = 5_000_000;

export function readKnownServices(objects: readonly JsonObject[]): KnownServices {
  const all = [...readServices(objects).values()];
  const byName = Map.groupBy(all, ({ name }) => name);
  return { all, byName, addresses: endpointAddresses(objects), budget: { left: MOST_ASKED } };
}

/** Addresses in Endpoints and EndpointSlices. */
function endpointAddresses(objects: readonly JsonObject[]): ReadonlyMap<string, readonly IpSet[]> {
  const found = new Map<string, IpSet[]>();
  for (const object of objects) {
    const { group, kind, name } = objectKey(object);
    const slice = group === "discovery.k8s.io" && kind === "EndpointSlice";
    if (!slice && !(group === "" && kind === "Endpoints")) continue;
    const service = slice ? valueAt(object, ["metadata", "labels", "kubernetes.io/service-name"]) : name;
    const texts = slice
      ? listAt(object, ["endpoints"]).flatMap((endpoint) => listAt(endpoint, ["addresses"]))
      : listAt(object, ["subsets"]).flatMap((subset) =>
          listAt(subset, ["addresses"]).map((address) => valueAt(address, ["ip"])),
        );
    if (typeof service !== "string") continue;
    const key = `${namespaceOf(object)}/${service}`;
    const sets = texts.flatMap((text) => (typeof text === "string" ? (addressSet(text) ?? []) : []));
    const known = found.get(key);
    if (known === undefined) found.set(key, sets);
    else for (const set of sets) known.push(set);
  }
  return found;
}

export interface ServicesRead {
  readonly terms: readonly Term[];
  readonly ips: IpSet;
  /** How many Services of the input are meant, and how many of them have a selector. */
  readonly services: number;
  readonly withSelector: number;
  readonly unknown: readonly string[];
}

/**
 * `toServices`: the pods behind the Services, and the addresses of Services without selector, never their own addresses
 * (pkg/policy/k8s/service.go processRule). A namespace that is not written means every namespace.
 */
export function readToServices(reader: PolicyReader, path: JsonPath, known: KnownServices): ServicesRead {
  const terms: Term[] = [];
  const sets: IpSet[] = [];
  const unknown = new Set<string>();
  let services = 0;
  let withSelector = 0;
  for (const [index, entry] of reader.list(path).entries()) {
    const meant = isObject(entry) ? servicesOf(reader, [...path, index], known, unknown) : [];
    if (!isObject(entry)) reader.problem("invalid", [...path, index], "must be a mapping");
    services += meant.length;
    for (const service of meant) {
      if (service.selector !== undefined) {
        withSelector++;
        const term = podsBehind(service);
        if (term !== undefined) terms.push(term);
        continue;
      }
      const addresses = known.addresses.get(`${service.namespace}/${service.name}`);
      if (addresses === undefined)
        unknown.add(
          `the addresses behind Service ${printable(`${service.namespace}/${service.name}`)}, which has no selector, are not in the input`,
        );
      else sets.push(...addresses);
    }
  }
  return {
    terms,
    ips: unionIps(sets),
    services,
    withSelector,
    unknown: [...unknown],
  };
}

function servicesOf(
  reader: PolicyReader,
  at: JsonPath,
  known: KnownServices,
  unknown: Set<string>,
): readonly ServiceModel[] {
  if (reader.has([...at, "k8sServiceSelector"])) {
    const namespace = reader.at([...at, "k8sServiceSelector", "namespace"]) ?? "";
    const requirements = readRequirements(reader, [...at, "k8sServiceSelector", "selector"]);
    if (requirements === undefined) return [];
    known.budget.left -= known.all.length * Math.max(1, requirements.length);
    if (known.budget.left < 0) {
      unknown.add("too many Services and selectors of Services: not all of them were compared");
      return [];
    }
    // The source of a label is not looked at.
    return known.all.filter(
      (service) =>
        (namespace === "" || service.namespace === namespace) &&
        matchesSelector(requirements, textMap(valueAt(service.object, ["metadata", "labels"]))),
    );
  }
  const name = reader.at([...at, "k8sService", "serviceName"]);
  const namespace = reader.at([...at, "k8sService", "namespace"]) ?? "";
  if (typeof name !== "string" || typeof namespace !== "string") {
    reader.problem(
      "invalid",
      at,
      `${shown(name)} must be the serviceName of a k8sService, or a k8sServiceSelector must stand here`,
    );
    return [];
  }
  return (known.byName.get(name) ?? []).filter(
    (service) => namespace === "" || service.namespace === namespace,
  );
}

function podsBehind({ selector, namespace }: ServiceModel): Term | undefined {
  const pods = mapSelector(selector);
  // A label that is not part of an identity matches nothing.
  return pods?.every(({ key }) => isPodLabelSeen(key)) === true
    ? { namespace, pods: canonicalSelector(pods) }
    : undefined;
}
