import type { JsonObject } from "../../../../kube/json.ts";
import type { ApplicationIntent, VolumeIntent, WorkloadIntent } from "../../../intent/intent.ts";
import { byText } from "../../../../kube/by-text.ts";
import { members, unlessEmpty } from "../../members.ts";
import type { Application, Claim, WorkloadKind } from "../../workload.ts";
import { objectMetadata, sorted, validLabels } from "../labels.ts";

/** Size of a volume whose input names none: 10 GiB, the smallest disk of the large clouds; it can grow, never shrink. */
export const DEFAULT_VOLUME_BYTES: number = 10 * 1024 ** 3;

export interface VolumeUse {
  readonly volume: VolumeIntent;
  /** Names of the workloads that mount it. */
  readonly workloads: ReadonlySet<string>;
  readonly written: boolean;
}

/** Who uses which volume. A volume that is mounted and not declared counts as declared without size and class. */
export function volumeUses(intent: ApplicationIntent): ReadonlyMap<string, VolumeUse> {
  const uses = new Map<string, { volume: VolumeIntent; workloads: Set<string>; written: boolean }>();
  const declared = new Map(intent.volumes.map((volume) => [volume.name, volume]));
  for (const workload of intent.workloads)
    for (const mount of workload.mounts) {
      if (mount.kind !== "claim") continue;
      const volume = declared.get(mount.volume) ?? { name: mount.volume, labels: {}, place: workload.place };
      const use = uses.get(mount.volume) ?? { volume, workloads: new Set<string>(), written: false };
      use.workloads.add(workload.name);
      use.written ||= !mount.readOnly;
      uses.set(mount.volume, use);
    }
  return uses;
}

/** The volumes of one workload, sorted by name. */
export function resolveClaims(
  workload: WorkloadIntent,
  kind: WorkloadKind,
  several: boolean,
  uses: ReadonlyMap<string, VolumeUse>,
): readonly Claim[] {
  const names = new Set(workload.mounts.flatMap((mount) => (mount.kind === "claim" ? [mount.volume] : [])));
  const parallel =
    several ||
    kind === "DaemonSet" ||
    (kind === "Job" && (workload.completions ?? workload.replicas ?? 1) > 1);
  return [...names].sort(byText).flatMap((name): Claim[] => {
    const use = uses.get(name);
    if (use === undefined) return [];
    const alone = use.workloads.size === 1;
    if (kind === "StatefulSet" && alone && use.volume.external !== true)
      return [{ volume: use.volume, how: "template", shared: false }];
    return [{ volume: use.volume, how: "claim", shared: parallel || !alone }];
  });
}

function claimSpec(volume: VolumeIntent, shared: boolean): JsonObject {
  return members({
    accessModes: [shared ? "ReadWriteMany" : "ReadWriteOnce"],
    storageClassName: volume.storageClass,
    resources: { requests: { storage: volumeBytes(volume) } },
  });
}

function volumeBytes(volume: VolumeIntent): string {
  const bytes = volume.sizeBytes ?? DEFAULT_VOLUME_BYTES;
  return binaryQuantity(bytes);
}

/** Bytes as a quantity: the largest binary unit that divides them (resource.Quantity, canonical BinarySI form). */
export function binaryQuantity(bytes: number): string {
  let rest = Math.max(1, Math.ceil(bytes));
  for (const unit of ["", "Ki", "Mi", "Gi", "Ti", "Pi"]) {
    if (rest % 1024 !== 0 || unit === "Pi") return `${rest}${unit}`;
    rest /= 1024;
  }
  return String(rest);
}

/** The claim templates of a StatefulSet. */
export function claimTemplates(claims: readonly Claim[]): JsonObject[] {
  return claims
    .filter((claim) => claim.how === "template")
    .map((claim) => ({
      metadata: members({
        name: claim.volume.name,
        labels: unlessEmpty(sorted(validLabels(claim.volume.labels))),
      }),
      spec: claimSpec(claim.volume, false),
    }));
}

/** The PersistentVolumeClaims that are objects of their own, and what is to be said about volumes. */
export function persistentVolumeClaims(application: Application): JsonObject[] {
  const { ledger, intent } = application;
  const own = new Map<string, { volume: VolumeIntent; shared: boolean; users: string[] }>();
  const used = new Set<string>();
  for (const workload of application.workloads)
    for (const claim of workload.claims) {
      const { volume } = claim;
      used.add(volume.name);
      if (volume.external === true) {
        ledger.require({
          kind: "volume",
          subject: volume.name,
          text: `PersistentVolumeClaim ${volume.name} must exist in namespace ${intent.namespace}: ${workload.intent.name} mounts it and the input says that it is made elsewhere.${claim.shared ? " More than one Pod uses it: it must offer ReadWriteMany." : ""}`,
        });
        continue;
      }
      if (volume.sizeBytes === undefined)
        ledger.note(
          "storage/assumed-size",
          workload.intent.name,
          `volume ${volume.name} names no size: ${binaryQuantity(DEFAULT_VOLUME_BYTES)} is asked for.`,
        );
      if (claim.how === "template") continue;
      const entry = own.get(volume.name) ?? { volume, shared: false, users: [] };
      entry.shared ||= claim.shared;
      entry.users.push(workload.intent.name);
      own.set(volume.name, entry);
    }
  for (const volume of intent.volumes)
    if (!used.has(volume.name))
      ledger.note(
        "storage/unused-volume",
        undefined,
        `no service mounts volume ${volume.name}: no claim is made.`,
      );
  return [...own.values()].map(({ volume, shared, users }) => {
    if (shared) {
      ledger.require({
        kind: "volume",
        subject: volume.name,
        text: `Volume ${volume.name} is used by more than one Pod (${users.join(", ")}): its storage class (${volume.storageClass ?? "the cluster's default"}) must offer ReadWriteMany, else the claim stays pending.`,
      });
    }
    return {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: objectMetadata(application, volume.name, volume.labels),
      spec: claimSpec(volume, shared),
    };
  });
}
