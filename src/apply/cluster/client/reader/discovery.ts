import { isArray, isObject, type Json, type JsonObject, valueAt } from "../../../../kube/json.ts";
import type { ResourcePath } from "../request/api-path.ts";
import type { Transport } from "../transport.ts";

/** A kind that the API server serves, in one version. */
export interface ApiResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly subresources: readonly string[];
  /** The aggregated server behind it did not answer: the list may be old. */
  readonly stale: boolean;
}

export interface Discovery {
  /** Everything that is served; the server's preferred version of a group first. */
  resources(): Promise<readonly ApiResource[]>;
  /** The resource of a kind; undefined when the server does not serve it in this version. */
  resourceFor(key: {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
  }): Promise<ApiResource | undefined>;
  /** Forgets what was read: a kind may have been added. The next question asks with the ETag. */
  refresh(): void;
}

const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** Aggregated discovery (KEP-3352; two requests for everything), kept until `refresh`, asked again by ETag. */
export function openDiscovery(transport: Transport): Discovery {
  const documents = new Map<
    string,
    { readonly etag: string | undefined; readonly found: readonly ApiResource[] }
  >();
  let current: Promise<ReadonlyMap<string, ApiResource>> | undefined;

  async function read(path: string): Promise<readonly ApiResource[]> {
    const known = documents.get(path);
    const answer = await transport.send({
      method: "GET",
      path,
      accept: aggregated,
      ...(known?.etag !== undefined && { ifNoneMatch: known.etag }),
    });
    if (answer.status === 304 && known !== undefined) return known.found;
    const found = readGroups(answer.body);
    documents.set(path, { etag: answer.etag, found });
    return found;
  }

  async function readAll(): Promise<ReadonlyMap<string, ApiResource>> {
    const both = await Promise.all([read("/api"), read("/apis")]);
    return new Map(both.flat().map((each) => [keyOf(each), each]));
  }

  function table(): Promise<ReadonlyMap<string, ApiResource>> {
    current ??= readAll().catch((error: unknown) => {
      current = undefined;
      throw error;
    });
    return current;
  }

  return {
    resources: async () => [...(await table()).values()],
    resourceFor: async (key) => (await table()).get(keyOf(key)),
    refresh: () => {
      current = undefined;
    },
  };
}

function keyOf(key: { readonly group: string; readonly version: string; readonly kind: string }): string {
  return `${key.group}/${key.version}/${key.kind}`;
}

function readGroups(body: Json | undefined): readonly ApiResource[] {
  const found: ApiResource[] = [];
  for (const group of items(body, "items")) {
    const name = textAt(group, ["metadata", "name"]);
    for (const version of items(group, "versions")) {
      const stale = version["freshness"] === "Stale";
      for (const resource of items(version, "resources")) {
        const kind = textAt(resource, ["responseKind", "kind"]);
        const plural = textAt(resource, ["resource"]);
        // A subresource without a resource of its own has an empty kind.
        if (kind === "" || plural === "") continue;
        found.push({
          group: name,
          version: textAt(version, ["version"]),
          kind,
          plural,
          namespaced: resource["scope"] === "Namespaced",
          verbs: texts(resource["verbs"]),
          subresources: items(resource, "subresources").map((each) => textAt(each, ["subresource"])),
          stale,
        });
      }
    }
  }
  return found;
}

function items(value: Json | undefined, member: string): readonly JsonObject[] {
  const list = isObject(value) && Object.hasOwn(value, member) ? value[member] : undefined;
  return isArray(list) ? list.filter((each) => isObject(each)) : [];
}

function textAt(value: Json | undefined, path: readonly string[]): string {
  const found = valueAt(value, path);
  return typeof found === "string" ? found : "";
}

function texts(value: Json | undefined): readonly string[] {
  return isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

/** The path parts of a served resource, in a namespace. */
export function resourcePath(resource: ApiResource, namespace: string): ResourcePath {
  const { group, version, plural, namespaced } = resource;
  return { group, version, plural, namespace: namespaced ? namespace : "" };
}
