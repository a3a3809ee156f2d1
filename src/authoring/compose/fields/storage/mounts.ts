import type { MountIntent } from "../../../intent/intent.ts";
import type { ServiceContext } from "../../context.ts";
import { objectName } from "../../names.ts";
import { byteCount } from "../../syntax/units.ts";
import { isHostPath, splitVolume } from "../../syntax/volume.ts";
import {
  booleanOf,
  itemsOf,
  listOf,
  malformed,
  type MapNode,
  mapOf,
  member,
  optional,
  readMember,
  type Node,
  textOf,
} from "../../tree/node.ts";
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
    anonymous(service, [item], path);
  } else if (isHostPath(volume.source)) bind(service, [item], volume.source, path, readOnly);
  else if (volumes.has(volume.source)) {
    claim(service, item, volume.source, { path, readOnly });
    ledger.mark(item, "used");
  } else malformed(item, `names the volume ${volume.source}, which is not defined under volumes`);
}

/** Folders that a build fills: an empty mount over one of them takes from the image what it needs to run. */
const builtFolder =
  /(?:^|\/)(?:node_modules|vendor|bower_components|\.venv|venv|site-packages|target|dist|\.next|obj|bin)$/;

/** Folders over which a bind mount of this service stands. */
function shielded(service: ServiceContext, path: string): boolean {
  const volumes = member(service.node, "volumes");
  return (volumes === undefined ? [] : listOf(volumes).items).some((item) => {
    const short = item.kind === "map" ? undefined : splitVolume(textOf(item));
    const target =
      item.kind === "map"
        ? readMember(item, "target", textOf)
        : short?.source === undefined
          ? undefined
          : short.target;
    return target !== undefined && path.startsWith(`${target.replace(/\/+$/, "")}/`);
  });
}

/** An anonymous volume: Docker fills it with what the image has there; an empty folder hides that. */
function anonymous(service: ServiceContext, nodes: readonly Node[], path: string): void {
  const { ledger } = service.project;
  const hides = service.node.entries.has("build") && (builtFolder.test(path) || shielded(service, path));
  if (!hides) addMount(service, { kind: "empty", path, memory: false });
  for (const node of nodes) {
    if (hides)
      ledger.mark(
        node,
        "dropped",
        "it only shields a folder of the image; an empty folder would hide the image's own",
      );
    else
      ledger.mark(
        node,
        "changed",
        "an anonymous volume becomes an empty folder that lives as long as the Pod",
      );
  }
}

function claim(
  service: ServiceContext,
  node: Node,
  volume: string,
  mount: { readonly path: string; readonly readOnly: boolean; readonly subPath?: string },
): void {
  const { volumes, volumeClaims, application, ledger, problems } = service.project;
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
  if (service.node.entries.has("build") && builtFolder.test(mount.path)) {
    problems.push({
      code: "compose/volume-hides-image",
      severity: "warning",
      message: `the volume ${volume} lies over ${mount.path} of an image that is built: Docker fills a new volume with the image's files, a claim starts empty`,
      place: node.place,
      path: node.path,
      hint: "leave the volume out, or let the image fill it when it starts",
    });
  }
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

interface LongMount {
  readonly item: MapNode;
  readonly path: string;
  readonly readOnly: boolean;
  readonly source: Node | undefined;
  /** The members that every type of mount has. */
  readonly core: readonly Node[];
}

function readLong(service: ServiceContext, item: MapNode): void {
  const { ledger } = service.project;
  const typeNode = member(item, "type") ?? malformed(item, "needs type");
  const targetNode = member(item, "target") ?? malformed(item, "needs target");
  const path = targetPath(service, item, textOf(targetNode));
  if (path === undefined) return;
  const source = member(item, "source");
  const core = [typeNode, targetNode, member(item, "read_only"), source].filter((node) => node !== undefined);
  const long: LongMount = {
    item,
    path,
    readOnly: readMember(item, "read_only", booleanOf) ?? false,
    source,
    core,
  };
  const type = textOf(typeNode);
  if (type === "volume") longVolume(service, long);
  else if (type === "bind") {
    bind(service, core, textOf(source ?? malformed(item, "needs source")), path, long.readOnly);
    for (const name of ["bind", "consistency"])
      readMember(item, name, (node) => ledger.mark(node, "dropped", "it concerns a mount of the host"));
  } else if (type === "tmpfs") {
    const sizeNode = readMember(item, "tmpfs", (node) => member(mapOf(node), "size"));
    const sizeBytes =
      sizeNode === undefined
        ? undefined
        : (byteCount(textOf(sizeNode)) ?? malformed(sizeNode, "must be a size, as 64m"));
    addMount(service, { kind: "empty", path, memory: true, ...optional("sizeBytes", sizeBytes) });
    for (const node of sizeNode === undefined ? core : [...core, sizeNode]) ledger.mark(node, "used");
  } else ledger.mark(item, "dropped", "Kubernetes has no mount of this type");
}

function longVolume(service: ServiceContext, { item, path, readOnly, source, core }: LongMount): void {
  const { ledger, volumes } = service.project;
  const options = readMember(item, "volume", mapOf);
  readMember(options, "nocopy", (node) => ledger.mark(node, "used"));
  if (source === undefined) {
    anonymous(service, core, path);
    return;
  }
  if (!volumes.has(textOf(source))) malformed(source, "names a volume that is not defined under volumes");
  claim(service, item, textOf(source), {
    path,
    readOnly,
    ...optional("subPath", readMember(options, "subpath", textOf)),
  });
  readMember(options, "subpath", (node) => ledger.mark(node, "used"));
  for (const node of core) ledger.mark(node, "used");
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
