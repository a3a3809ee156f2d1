import type { MountIntent } from "../../intent/intent.ts";
import type { ServiceContext } from "../context.ts";
import { objectName } from "../names.ts";
import { byteCount } from "../syntax/units.ts";
import { isHostPath, splitVolume } from "../syntax/volume.ts";
import {
  booleanOf,
  itemsOf,
  listOf,
  malformed,
  type MapNode,
  mapOf,
  member,
  type Node,
  textOf,
} from "../tree/node.ts";
import { bindFiles } from "./bind-files.ts";

function addMount(service: ServiceContext, mount: MountIntent): void {
  service.draft.mounts = [...service.draft.mounts.filter((each) => each.path !== mount.path), mount];
}

/** An absolute path of the container, or undefined: a mount needs one. */
function targetPath(service: ServiceContext, node: Node, text: string): string | undefined {
  if (text.startsWith("/") && !text.includes(":") && !text.split("/").includes(".."))
    return text.length > 1 ? text.replace(/\/+$/, "") : text;
  service.project.ledger.mark(node, "dropped", "the target is no absolute path of a Linux container");
  return undefined;
}

/** `volumes` (compose-spec 05-services.md), short and long. */
export function readVolumes(service: ServiceContext, node: Node): void {
  for (const item of listOf(node).items) {
    if (item.kind === "map") readLong(service, item);
    else readShort(service, item);
  }
}

function readShort(service: ServiceContext, item: Node): void {
  const { ledger, volumes } = service.project;
  const volume = splitVolume(textOf(item)) ?? malformed(item, "must be [SOURCE:]TARGET[:OPTIONS]");
  const path = targetPath(service, item, volume.target);
  if (path === undefined) return;
  const readOnly = volume.options.includes("ro");
  if (volume.source === undefined) {
    addMount(service, { kind: "empty", path, memory: false });
    ledger.mark(item, "changed", "an anonymous volume becomes an empty folder that lives as long as the Pod");
  } else if (isHostPath(volume.source)) bind(service, [item], volume.source, path, readOnly);
  else if (volumes.has(volume.source)) {
    claim(service, volume.source, { path, readOnly });
    ledger.mark(item, "used");
  } else malformed(item, `names the volume ${volume.source}, which is not defined under volumes`);
}

function claim(
  service: ServiceContext,
  volume: string,
  mount: { path: string; readOnly: boolean; subPath?: string },
): void {
  const { volumes, volumeClaims, application, ledger } = service.project;
  const definition = volumes.get(volume);
  const named = definition?.kind === "map" ? member(definition, "name") : undefined;
  const external = definition?.kind === "map" ? member(definition, "external") : undefined;
  const externalName = external?.kind === "map" ? member(external, "name") : undefined;
  const isExternal = external !== undefined && (external.kind === "map" || booleanOf(external));
  const wanted = named ?? externalName;
  const name =
    wanted !== undefined
      ? objectName(textOf(wanted))
      : isExternal
        ? objectName(volume)
        : objectName(application, volume);
  const entry = volumeClaims.get(volume) ?? { name, users: [] };
  if (!entry.users.includes(service)) entry.users.push(service);
  volumeClaims.set(volume, entry);
  addMount(service, { kind: "claim", volume: name, ...mount });
  if (wanted !== undefined && name !== textOf(wanted))
    ledger.mark(wanted, "changed", `a claim's name is a DNS label: ${name}`);
  else if (wanted !== undefined) ledger.mark(wanted, "used");
}

const sockets = /(?:^|\/)(?:docker|containerd|podman|crio)\.sock$/;

/** A mount of a host path. `nodes`: what of the input it accounts for. */
function bind(
  service: ServiceContext,
  nodes: readonly Node[],
  source: string,
  target: string,
  readOnly: boolean,
): void {
  const { ledger, sources } = service.project;
  const [first] = nodes;
  if (first === undefined) return;
  const drop = (reason: string): void => {
    for (const node of nodes) ledger.mark(node, "dropped", reason);
  };
  if (sockets.test(source))
    return drop(
      "the socket of the container engine would give the whole node away; there is none in a cluster",
    );
  const inside = sources.inside(first.folder, source);
  if (inside === undefined)
    return drop("a path of the host outside the project: no path of a node is mounted");
  const outcome = bindFiles(service, {
    source: inside,
    target,
    readOnly,
    node: first,
    built: service.node.entries.has("build"),
  });
  if ("reason" in outcome) return drop(outcome.reason);
  for (const mount of outcome.mounts) addMount(service, mount);
  for (const node of nodes) {
    if (outcome.secret)
      ledger.mark(node, "reference", "a file that holds credentials becomes a key of a Secret");
    else ledger.mark(node, "changed", "files of the project become a ConfigMap, which is read-only");
  }
}

function readLong(service: ServiceContext, item: MapNode): void {
  const { ledger, volumes } = service.project;
  const typeNode = member(item, "type") ?? malformed(item, "needs type");
  const targetNode = member(item, "target") ?? malformed(item, "needs target");
  const path = targetPath(service, item, textOf(targetNode));
  if (path === undefined) return;
  const readOnlyNode = member(item, "read_only");
  const readOnly = readOnlyNode !== undefined && booleanOf(readOnlyNode);
  const sourceNode = member(item, "source");
  const core = [typeNode, targetNode, readOnlyNode, sourceNode].filter((node) => node !== undefined);
  const use = (...nodes: readonly (Node | undefined)[]): void => {
    for (const node of [...core, ...nodes]) if (node !== undefined) ledger.mark(node, "used");
  };
  const options = (name: string): MapNode | undefined => {
    const found = member(item, name);
    return found === undefined ? undefined : mapOf(found);
  };
  switch (textOf(typeNode)) {
    case "volume": {
      const volumeOptions = options("volume");
      const subPathNode = volumeOptions === undefined ? undefined : member(volumeOptions, "subpath");
      const nocopy = volumeOptions === undefined ? undefined : member(volumeOptions, "nocopy");
      if (nocopy !== undefined) ledger.mark(nocopy, "used");
      if (sourceNode === undefined) {
        addMount(service, { kind: "empty", path, memory: false });
        for (const node of core)
          ledger.mark(
            node,
            "changed",
            "an anonymous volume becomes an empty folder that lives as long as the Pod",
          );
        return;
      }
      if (!volumes.has(textOf(sourceNode)))
        malformed(sourceNode, "names a volume that is not defined under volumes");
      const subPath = subPathNode === undefined ? undefined : textOf(subPathNode);
      claim(service, textOf(sourceNode), { path, readOnly, ...(subPath === undefined ? {} : { subPath }) });
      use(subPathNode);
      return;
    }
    case "bind":
      bind(service, core, textOf(sourceNode ?? malformed(item, "needs source")), path, readOnly);
      for (const [name, part] of item.entries)
        if (name === "bind" || name === "consistency")
          ledger.mark(part, "dropped", "it concerns a mount of the host");
      return;
    case "tmpfs": {
      const size = tmpfsSize(options("tmpfs"));
      addMount(service, {
        kind: "empty",
        path,
        memory: true,
        ...(size === undefined ? {} : { sizeBytes: size.bytes }),
      });
      use(size?.node);
      return;
    }
    default:
      ledger.mark(
        item,
        "dropped",
        `Kubernetes has no mount of type ${/^[a-z]{1,20}$/.test(textOf(typeNode)) ? textOf(typeNode) : "this"}`,
      );
  }
}

function tmpfsSize(
  options: MapNode | undefined,
): { readonly bytes: number; readonly node: Node } | undefined {
  const node = options === undefined ? undefined : member(options, "size");
  if (node === undefined) return undefined;
  return { bytes: byteCount(textOf(node)) ?? malformed(node, "must be a size, as 64m"), node };
}

/** `tmpfs`: paths, with options after a colon (`/run:size=64m,mode=755`). */
export function readTmpfs(service: ServiceContext, node: Node): void {
  const { ledger } = service.project;
  for (const item of itemsOf(node)) {
    const [target = "", ...rest] = textOf(item).split(":");
    const path = targetPath(service, item, target);
    if (path === undefined) continue;
    const options = rest
      .join(":")
      .split(",")
      .filter((option) => option !== "");
    const size = options.find((option) => option.startsWith("size="))?.slice(5);
    const bytes = size === undefined ? undefined : byteCount(size);
    addMount(service, {
      kind: "empty",
      path,
      memory: true,
      ...(bytes === undefined ? {} : { sizeBytes: bytes }),
    });
    const lost = options.filter(
      (option) => !/^(?:size=|rw$|noexec$|nosuid$|nodev$|exec$|suid$|dev$)/.test(option),
    );
    if (lost.length === 0) ledger.mark(item, "used");
    else ledger.mark(item, "changed", "an empty folder in memory takes a size and no other option");
  }
}

/** `shm_size`: a memory-backed /dev/shm. */
export function readShmSize(service: ServiceContext, node: Node): void {
  const bytes = byteCount(textOf(node)) ?? malformed(node, "must be a size, as 64m");
  addMount(service, { kind: "empty", path: "/dev/shm", memory: true, sizeBytes: bytes });
  service.project.ledger.mark(node, "used");
}

/** `volumes_from`: the claims and empty folders of another service, after every service has read its own. */
export function readVolumesFrom(service: ServiceContext): void {
  const node = member(service.node, "volumes_from");
  if (node === undefined) return;
  const { ledger, services } = service.project;
  for (const item of itemsOf(node)) {
    const [name = "", mode] = textOf(item).split(":");
    const other = services.get(name);
    if (other === undefined) {
      ledger.mark(item, "dropped", "it names no service of this application that runs");
      continue;
    }
    let taken = 0;
    for (const mount of other.draft.mounts) {
      if (service.draft.mounts.some((each) => each.path === mount.path)) continue;
      if (mount.kind === "host" || mount.kind === "secret") continue;
      addMount(service, mount.kind === "claim" && mode === "ro" ? { ...mount, readOnly: true } : mount);
      taken++;
    }
    if (taken > 0) ledger.mark(item, "used");
    else ledger.mark(item, "dropped", "the service that it names has no volumes of its own");
  }
}
