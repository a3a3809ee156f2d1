import { type ImageReference, isFloating, parseImageReference } from "../images/image-reference.ts";
import { knownImage } from "../images/match-image.ts";
import type { ApplicationIntent, WorkloadIntent } from "../intent/intent.ts";
import type { Ledger } from "./ledger.ts";
import { resolveKind } from "./manifests/kind.ts";
import { resolveClaims, type VolumeUse, volumeUses } from "./manifests/storage/claims.ts";
import { distinctMounts } from "./manifests/storage/mount-paths.ts";
import { byText } from "../../kube/by-text.ts";
import { fitName } from "./names.ts";
import { resolveEdges } from "./networking/edges.ts";
import { resolvePorts } from "./networking/ports.ts";
import { resolveUser } from "./security/user.ts";
import { shellWord } from "./shell-word.ts";
import type { Application, Workload } from "./workload.ts";

/** Namespaces that every cluster has and that hold other people's objects. */
const shared: ReadonlySet<string> = new Set(["default", "kube-system", "kube-public", "kube-node-lease"]);

/**
 * Longest names: a StatefulSet's Pods carry the label controller-revision-hash, `<name>-<10 characters>`, and a CronJob
 * adds 11 characters to its Jobs' names; both must fit into 63 (pkg/apis/batch/validation; kubernetes#64023).
 */
const longest: Readonly<Record<string, number>> = { StatefulSet: 52, CronJob: 52 };

/** Decides once, for all specialists, what each workload is. */
export function resolve(asked: ApplicationIntent, ledger: Ledger): Application {
  const intent: ApplicationIntent = {
    ...asked,
    workloads: asked.workloads.map((workload) => ({ ...workload, mounts: distinctMounts(workload, ledger) })),
  };
  const uses = volumeUses(intent);
  const workloads = intent.workloads
    .toSorted((left, right) => byText(left.name, right.name))
    .map((workload) => resolveWorkload(intent, workload, uses, ledger));
  const byName = new Map(workloads.map((workload) => [workload.intent.name, workload]));
  return {
    intent,
    workloads,
    byName,
    edges: resolveEdges(intent, byName, ledger),
    sharedNamespace: shared.has(intent.namespace),
    ledger,
  };
}

function resolveWorkload(
  intent: ApplicationIntent,
  workload: WorkloadIntent,
  uses: ReadonlyMap<string, VolumeUse>,
  ledger: Ledger,
): Workload {
  const image = parseImageReference(workload.image);
  // What the input builds may stand on anything, whatever its name.
  const known = workload.imageIsBuilt === true ? undefined : knownImage(image);
  const kind = resolveKind(intent, workload, known, uses, ledger);
  const several =
    (kind === "Deployment" || kind === "StatefulSet") &&
    ((workload.replicas ?? 1) > 1 || (workload.autoscale !== undefined && workload.autoscale.max > 1));
  imageNotes(workload, image, ledger);
  return {
    intent: workload,
    kind,
    objectName: fitName(workload.name, longest[kind] ?? 63),
    image,
    known,
    user: resolveUser(workload, known, ledger),
    ports: resolvePorts(intent, workload, known, ledger),
    probePorts: probePorts(workload),
    claims: resolveClaims(workload, kind, several, uses),
    several,
  };
}

function probePorts(workload: WorkloadIntent): readonly number[] {
  const ports = new Set<number>();
  for (const probe of [workload.health?.test, workload.health?.readiness])
    if (probe !== undefined && probe.kind !== "exec") ports.add(probe.port);
  return [...ports].sort((left, right) => left - right);
}

function imageNotes(workload: WorkloadIntent, reference: ImageReference, ledger: Ledger): void {
  const { name, image } = workload;
  const nowhere = reference.registry === "docker.io" && reference.repository.startsWith("library/");
  if (workload.imageIsBuilt === true) {
    ledger.require({
      kind: "image",
      subject: image,
      text: `The input builds ${image} for ${name}: build it and push it to a registry that the cluster can pull from.${nowhere ? " The name has no registry and no user: give it one with image:, nobody can push to it as it stands." : ""}`,
      command: `docker compose build ${name} && docker push ${shellWord(image)}`,
    });
  }
  if (isFloating(reference))
    ledger.note(
      "image/floating-tag",
      name,
      `${image} names no fixed version: the bytes behind it change without a plan. Name a version, better a digest.`,
    );
  if (workload.imageInterpolated === true)
    ledger.note(
      "image/interpolated",
      name,
      `part of ${image} comes from a variable: the file alone does not say which image it is.`,
    );
}
