import type { JsonObject } from "../../../../kube/json.ts";
import type { MountIntent } from "../../../intent/intent.ts";
import { byText } from "../../../../kube/by-text.ts";
import { members, textOf } from "../../members.ts";
import { isDnsLabel } from "../../names.ts";
import type { Application, Workload } from "../../workload.ts";
import { binaryQuantity } from "./claims.ts";
import { escapeExpansion } from "../expansion.ts";
import { plainPath } from "./mount-paths.ts";
import { dataFolder, noteLostData, scratchPaths } from "./scratch.ts";

/** Volumes of a Pod, mounts of its container, and what follows from them. */
export interface Mounts {
  readonly volumes: readonly JsonObject[];
  readonly volumeMounts: readonly JsonObject[];
  /** Environment that the mounts ask for. */
  readonly env: readonly { readonly name: string; readonly value: string }[];
  /** Names of the ConfigMaps whose content the container reads. */
  readonly configs: readonly string[];
  /** Volumes whose files the group must be able to read or write. */
  readonly needGroup: boolean;
}

/** What is gathered for one Pod. */
interface Draft {
  readonly application: Application;
  readonly workload: Workload;
  readonly names: VolumeNames;
  readonly volumes: JsonObject[];
  readonly volumeMounts: JsonObject[];
}

type Of<K extends MountIntent["kind"]> = Extract<MountIntent, { kind: K }>;

/** Folder whose files all come from us: secrets there are mounted as a folder, so that they follow a change. */
const secretsFolder = "/run/secrets";

/** Mode of secret files: owner and group may read. */
const SECRET_MODE = 0o440;
const CONFIG_MODE = 0o444;

export function mountsOf(application: Application, workload: Workload): Mounts {
  const { mounts } = workload.intent;
  const into: Draft = {
    application,
    workload,
    names: volumeNames(workload),
    volumes: [],
    volumeMounts: [],
  };
  const { names, volumes, volumeMounts } = into;
  const of = <K extends MountIntent["kind"]>(kind: K): Of<K>[] =>
    mounts.filter((mount): mount is Of<K> => mount.kind === kind);

  addClaims(into, of("claim"));
  noteLostData(application, workload);
  addConfigs(into, of("config"));
  addSecrets(into, of("secret"));
  for (const mount of of("host")) {
    const name = names.take("host", mount.path);
    volumes.push({ name, hostPath: { path: mount.hostPath } });
    volumeMounts.push(members({ name, mountPath: mount.path, readOnly: mount.readOnly ? true : undefined }));
  }
  const scratch = [...of("empty"), ...scratchPaths(workload)].sort((left, right) =>
    byText(left.path, right.path),
  );
  for (const mount of scratch) {
    const name = names.take("scratch", mount.path);
    volumes.push({
      name,
      emptyDir: members({
        medium: mount.memory ? "Memory" : undefined,
        sizeLimit: mount.sizeBytes === undefined ? undefined : binaryQuantity(mount.sizeBytes),
      }),
    });
    volumeMounts.push({ name, mountPath: mount.path });
  }
  return {
    volumes: volumes.sort((left, right) => byText(textOf(left, "name"), textOf(right, "name"))),
    volumeMounts: volumeMounts.sort((left, right) =>
      byDepth(textOf(left, "mountPath"), textOf(right, "mountPath")),
    ),
    env: dataFolder(workload),
    configs: [...new Set(of("config").map((mount) => mount.config))],
    needGroup: of("claim").length > 0 || of("secret").length > 0,
  };
}

/**
 * Runtimes mount in the order of depth and keep ours among equals (containerd, orderedMounts), so what stands deeper is
 * not hidden. Secrets come last: a mount at /var/run would cover /run/secrets.
 */
function byDepth(left: string, right: string): number {
  const depth = left.split("/").length - right.split("/").length;
  return depth || Number(left === secretsFolder) - Number(right === secretsFolder) || byText(left, right);
}

/** Gives names to volumes, unique in the Pod and legible. */
interface VolumeNames {
  take(prefix: string, path: string): string;
}

/** Claim templates keep their names, since the claims bear them. */
function volumeNames(workload: Workload): VolumeNames {
  const taken = new Set(workload.claims.map((claim) => claim.volume.name));
  return {
    take(prefix, path) {
      const tail = path
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, "-")
        .replaceAll(/^-+|-+$/g, "")
        .slice(-50)
        .replace(/^-+/, "");
      const base = tail === "" ? prefix : `${prefix}-${tail}`;
      let name = base;
      for (let number = 2; taken.has(name) || !isDnsLabel(name); number += 1) name = `${base}-${number}`;
      taken.add(name);
      return name;
    },
  };
}

function addClaims({ workload, volumes, volumeMounts }: Draft, mounts: readonly Of<"claim">[]): void {
  const data = workload.known?.data;
  for (const claim of workload.claims)
    if (claim.how === "claim")
      volumes.push({ name: claim.volume.name, persistentVolumeClaim: { claimName: claim.volume.name } });
  for (const mount of mounts) {
    const holdsData =
      data !== undefined && plainPath(mount.path) === data.path && mount.subPath === undefined;
    const subPath = mount.subPath ?? (holdsData ? data.subPath : undefined);
    volumeMounts.push(
      members({
        name: mount.volume,
        mountPath: mount.path,
        subPath: subPath,
        readOnly: mount.readOnly ? true : undefined,
      }),
    );
  }
}

/** One volume a ConfigMap; every file by itself, so that it hides nothing else of its folder. */
function addConfigs(
  { application, workload, names, volumes, volumeMounts }: Draft,
  mounts: readonly Of<"config">[],
): void {
  for (const config of [...new Set(mounts.map((mount) => mount.config))].sort(byText)) {
    const own = mounts.filter((mount) => mount.config === config);
    const name = names.take("config", config);
    const files = numbered(own.map((mount) => ({ key: mount.key, mode: mount.mode ?? CONFIG_MODE })));
    volumes.push({
      name,
      configMap: { name: config, defaultMode: CONFIG_MODE, items: files.items(CONFIG_MODE) },
    });
    for (const mount of own)
      volumeMounts.push({
        name,
        mountPath: mount.path,
        subPath: files.path(mount.key, mount.mode ?? CONFIG_MODE),
        readOnly: true,
      });
  }
  if (mounts.length > 0)
    application.ledger.note(
      "config/fixed-at-start",
      workload.intent.name,
      "its configuration files are read when a Pod starts; a plan that changes them restarts the Pods.",
    );
}

function addSecrets(
  { application, workload, names, volumes, volumeMounts }: Draft,
  mounts: readonly Of<"secret">[],
): void {
  // A token would be mounted below /var/run/secrets, which is the same folder; ours are never mounted.
  const free = !workload.intent.mounts.some((mount) => mount.kind !== "secret" && below(mount.path));
  const inFolder = free
    ? mounts.filter((mount) => below(mount.path) && plainPath(mount.path) !== secretsFolder)
    : [];
  if (inFolder.length > 0) {
    const name = names.take("secrets", "");
    const sources = [...new Set(inFolder.map((mount) => mount.secret))].sort(byText).map((secret) => ({
      secret: {
        name: secret,
        items: inFolder
          .filter((mount) => mount.secret === secret)
          .map((mount) =>
            members({
              key: mount.key,
              path: plainPath(mount.path).slice(secretsFolder.length + 1),
              mode: otherMode(mount.mode, SECRET_MODE),
            }),
          ),
      },
    }));
    volumes.push({ name, projected: { defaultMode: SECRET_MODE, sources } });
    volumeMounts.push({ name, mountPath: secretsFolder, readOnly: true });
  }
  const others = mounts.filter((mount) => !inFolder.includes(mount));
  for (const secret of [...new Set(others.map((mount) => mount.secret))].sort(byText)) {
    const own = others.filter((mount) => mount.secret === secret);
    const name = names.take("secret", secret);
    const files = numbered(own.map((mount) => ({ key: mount.key, mode: mount.mode ?? SECRET_MODE })));
    volumes.push({
      name,
      secret: { secretName: secret, defaultMode: SECRET_MODE, items: files.items(SECRET_MODE) },
    });
    for (const mount of own)
      volumeMounts.push({
        name,
        mountPath: mount.path,
        subPath: files.path(mount.key, mount.mode ?? SECRET_MODE),
        readOnly: true,
      });
    application.ledger.note(
      "secret/fixed-at-start",
      workload.intent.name,
      `files of Secret ${secret} that stand by themselves are read when a Pod starts: a changed value reaches it with its next start.`,
    );
  }
}

/** One file for each pair of key and mode; a key that is mounted with two modes is two files. */
function numbered(files: readonly { readonly key: string; readonly mode: number }[]): {
  items(defaultMode: number): JsonObject[];
  path(key: string, mode: number): string;
} {
  const paths = new Map<string, { key: string; mode: number; path: string }>();
  const taken = new Set<string>();
  for (const { key, mode } of files.toSorted(
    (left, right) => byText(left.key, right.key) || left.mode - right.mode,
  )) {
    if (paths.has(`${mode}/${key}`)) continue;
    const path = taken.has(key) ? `${key}.${mode.toString(8)}` : key;
    taken.add(path);
    paths.set(`${mode}/${key}`, { key, mode, path });
  }
  return {
    items: (defaultMode) =>
      [...paths.values()].map(({ key, mode, path }) =>
        members({ key, path, mode: otherMode(mode, defaultMode) }),
      ),
    path: (key, mode) => paths.get(`${mode}/${key}`)?.path ?? key,
  };
}

function otherMode(mode: number | undefined, usual: number): number | undefined {
  return mode === undefined || mode === usual ? undefined : mode;
}

/** Whether a path is the folder of secrets or lies in it. */
function below(path: string): boolean {
  return `${plainPath(path)}/`.startsWith(`${secretsFolder}/`);
}

/** Env entries that mounts ask for, escaped like all others. */
export function mountEnv(mounts: Mounts): JsonObject[] {
  return mounts.env.map(({ name, value }) => ({ name, value: escapeExpansion(value) }));
}
