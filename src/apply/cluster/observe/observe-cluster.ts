import type { JsonObject } from "../../../kube/json.ts";
import { identity, objectKey } from "../../../kube/object-key.ts";
import { printable } from "../../../kube/printable.ts";
import type { ObjectKey } from "../../../kube/read-object.ts";
import { FIELD_MANAGER } from "../../../plan/change/applyset.ts";
import type { ClusterPin, ClusterState, LiveObject } from "../../../plan/cluster-state.ts";
import type { ServerVersion } from "../client/reader/version.ts";
import type { KubePlanner } from "../client/writer.ts";
import { withDependents } from "./dependents.ts";
import { observeObject } from "./observe-object.ts";
import { servedKind } from "./served-kind.ts";
import { readSurroundings } from "./surroundings.ts";

export interface ClusterQuestion {
  /** A client that proves the pin (kernel K14). How many requests it sends at once is its own limit. */
  readonly reader: KubePlanner;
  /** Name of the target in the charter. */
  readonly name: string;
  readonly pin: ClusterPin;
  /** What is to be written, with namespaces. */
  readonly objects: readonly JsonObject[];
  readonly deletions: readonly ObjectKey[];
  readonly fieldManager?: string;
  /** What cannot be changed may be deleted and made again: the server is asked about that as well. */
  readonly recreate?: boolean;
  /** What client-side appliers own is to pass to us: the server is asked what an apply makes of it then. */
  readonly takeOver?: boolean;
  /** False asks for no dry run: every object says that it waits for apply. */
  readonly dryRun?: boolean;
}

/**
 * What a plan has to know of a cluster: every object that it touches as it stands, what the server's dry run of exactly
 * our request makes of it, whether the credentials may, and what lies around. What the server says against one object is
 * part of the answer.
 * @throws {OpsError} CLUSTER_… when the cluster cannot be read, is not the pinned one, or is too busy
 */
export async function observeCluster(question: ClusterQuestion): Promise<ClusterState> {
  const { reader, name, pin, objects, deletions } = question;
  const version = await reader.version();
  const written = objects.map((object) => ({ key: objectKey(object), object }));
  const asked = [...written, ...deletions.map((key) => ({ key, object: null }))];
  const surroundings = await readSurroundings(reader, touchedNamespaces(asked));
  const standing = new Set(
    surroundings.filter(({ kind }) => kind === "Namespace").map((object) => objectKey(object).name),
  );
  const coming = new Set(
    written.filter(({ key }) => isNamespace(key) && !standing.has(key.name)).map(({ key }) => key.name),
  );
  const rows = await Promise.all(
    asked.map(async ({ key, object }): Promise<LiveObject> => {
      const served = await servedKind(reader.discovery, key, objects);
      if ("refusal" in served) return unserved(key, served.refusal);
      if (served.comesWithPlan)
        return absent(
          served.key,
          served.kind,
          `its kind ${printable(key.kind)}.${printable(key.group)} comes with this plan`,
        );
      const reason = coming.has(key.namespace)
        ? `its namespace ${printable(key.namespace)} comes with this plan`
        : question.dryRun === false
          ? "no dry run was asked for: it waits for apply"
          : null;
      return observeObject(reader, {
        key: served.key,
        kind: served.kind,
        object,
        fieldManager: question.fieldManager ?? FIELD_MANAGER,
        notDryRun: reason,
        recreate: question.recreate === true,
        takeOver: question.takeOver === true,
      });
    }),
  );
  const going = new Set(deletions.map(identity));
  const whole = await withDependents(reader, rows, going);
  return {
    name,
    pin,
    serverVersion: versionText(version),
    minor: version.minor,
    objects: new Map(whole.map((row) => [identity(row.key), row])),
    surroundings,
  };
}

function isNamespace(key: ObjectKey): boolean {
  return key.group === "" && key.kind === "Namespace";
}

/** The namespaces whose surroundings count for changes of these objects. */
export function touchedNamespaces(changes: readonly { readonly key: ObjectKey }[]): ReadonlySet<string> {
  return new Set(changes.flatMap(({ key }) => namespacesOf(key)));
}

function namespacesOf(key: ObjectKey): readonly string[] {
  if (isNamespace(key)) return [key.name];
  return key.namespace === "" ? [] : [key.namespace];
}

function versionText({ gitVersion, minor, binaryMinor }: ServerVersion): string {
  return minor === binaryMinor ? gitVersion : `${gitVersion} (emulates 1.${minor})`;
}

/** An object of a kind that the server does not serve yet: there can be none. */
function absent(
  key: ObjectKey,
  kind: { readonly resource: string; readonly namespaced: boolean },
  notDryRun: string | null,
): LiveObject {
  return {
    key,
    resource: kind.resource,
    namespaced: kind.namespaced,
    live: null,
    merged: null,
    notDryRun,
    access: [],
    refusal: null,
    conflicts: [],
    warnings: [],
  };
}

function unserved(key: ObjectKey, refusal: string): LiveObject {
  const kind = { resource: "", namespaced: key.namespace !== "" };
  return { ...absent(key, kind, null), refusal };
}
