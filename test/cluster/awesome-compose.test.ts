import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applicationsOf } from "../../tools/compose-applications.mjs";
import { projectFiles } from "../../src/apply/files/node-files.ts";
import { readCompose } from "../../src/authoring/compose/read-compose.ts";
import type { Intent, Prerequisite } from "../../src/authoring/intent/intent.ts";
import { author } from "../../src/authoring/specialists/author.ts";
import { isArray, isObject, type JsonObject, valueAt } from "../../src/kube/json.ts";
import type { ClusterPlan } from "../../src/apply/run/git-plan.ts";
import { clusterWorld, type ClusterWorld, INVENTORY } from "../support/cluster/cluster-world.ts";
import { differences, type Everything, openEverything } from "../support/cluster/everything.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { conformanceData, deep, leftOut } from "../support/suites.ts";

const folder = conformanceData("compose/awesome-compose");
const all = folder === undefined ? [] : applicationsOf(folder);
/** One whose namespace comes with its plan, one with Secrets and claims, one that Pod Security restricted refuses. */
const byDefault = ["nextcloud-redis-mariadb", "nginx-nodejs-redis", "pihole-cloudflared-DoH"];
const few = all.filter(({ name }) => byDefault.includes(name));
const servers = deep
  ? ([
      { emulated: undefined, applications: all },
      { emulated: "1.35", applications: few },
      { emulated: "1.34", applications: few },
    ] as const)
  : ([{ emulated: undefined, applications: few }] as const);

const missing =
  (controlPlaneMissing !== undefined &&
    leftOut("public Compose applications in a cluster", controlPlaneMissing)) ||
  (folder === undefined &&
    leftOut(
      "public Compose applications in a cluster",
      "set KUBEOPS_CONFORMANCE_DATA to a folder with compose/awesome-compose (docker/awesome-compose)",
    ));

test.skipIf(missing)("there are applications", () => {
  expect(all.length).toBeGreaterThanOrEqual(39);
  expect(few.map(({ name }) => name)).toEqual(byDefault);
});

/**
 * Public applications on a real API server with controllers, scheduler and a KWOK node: planned, approved, applied, their
 * Pods ready, undone, and every object of the whole cluster as it was before. Where Secrets have to be there first, their
 * namespace is too, and undo gives it back its labels; where the namespace comes with the plan, the charter names it, and
 * undo deletes it: both ways are ways that people go.
 */
describe.skipIf(missing).each(servers)("awesome-compose on $emulated", ({ emulated, applications }) => {
  let plane: ControlPlane;
  let world: ClusterWorld;
  let everything: (without?: ReadonlySet<string>) => Promise<Everything>;

  beforeAll(async () => {
    plane = await controlPlane({ components: "all", ...(emulated !== undefined && { emulated }) });
    await plane.admin("POST", "/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: INVENTORY },
    });
    everything = await openEverything(plane);
    const namespaces = applications.map(({ name }) => name.toLowerCase());
    world = await clusterWorld(plane, ({ targets, ...spec }) => ({
      ...spec,
      targets: targets.map((target) =>
        "cluster" in target ? { ...target, cluster: { ...target.cluster, ownDeletions: true } } : target,
      ),
      namespaces,
      deletions: namespaces.map((name) => ({ group: "", kind: "Namespace", name })),
    }));
  });
  afterAll(async () => {
    world?.remove();
    await plane?.stop();
  });

  test.each(applications)("$name", async ({ name, folder: project, file }) => {
    const namespace = name.toLowerCase();
    const { intent } = readCompose(projectFiles(project), {
      files: [file ?? ""],
      namespace,
      application: namespace,
      folderName: name,
      profiles: [],
      environment: {},
    });
    const { relaxations, prerequisites, objects } = author(intent);
    const claims = claimsOf(objects);
    for (const claim of claims) await plane.admin("POST", "/api/v1/persistentvolumes", volume(namespace, claim));
    const secrets = prerequisites.filter(({ kind }) => kind === "secret");
    if (secrets.length > 0) await makeNamespace(plane, namespace);
    for (const secret of secrets) makeSecret(plane, project, secret);
    const elsewhere = new Set([INVENTORY]);
    const before = await everything(elsewhere);

    const level = relaxations.some((row) => row.level === "privileged")
      ? "privileged"
      : relaxations.length > 0
        ? "baseline"
        : "restricted";
    if (level !== "restricted") {
      const denied = await world.plan({ intent });
      expect(denied.verdict.decision).toBe("denied");
      expect(denied.verdict.reasons.map(({ rule }) => rule)).toContain("charter/pod-security");
    }
    await world.charter((spec) => ({ ...spec, podSecurity: level }));
    const plan = await planned(world, intent);
    expect(await differs(everything, before, elsewhere)).toEqual([]);
    await world.approve(plan);
    const outcome = await world.apply(plan, { wait: { timeoutMs: 45_000 } });
    expect(outcome.health?.objects.filter(({ health }) => health?.state !== "healthy")).toEqual([]);
    expect(outcome.written.length).toBe(objects.length);
    expect(await enforced(plane, namespace)).toBe(level);
    const pods = await list(plane, `/api/v1/namespaces/${namespace}/pods`);
    expect(pods.length).toBeGreaterThanOrEqual(replicasOf(objects));
    expect(pods.filter((pod) => !isReady(pod))).toEqual([]);
    const second = await planned(world, intent);
    expect(second.changes.filter(({ operation }) => operation !== "unchanged")).toEqual([]);

    const back = await world.undo(plan);
    expect(back.verdict.reasons.filter(({ decision }) => decision === "denied")).toEqual([]);
    await world.approve(back);
    await world.apply(back);
    // Claims that a StatefulSet's controller made hold data: no plan made them, so undo leaves them, with their namespace.
    const left = secrets.length === 0 ? [] : claims.map((claim) => `left: persistentvolumeclaims ${namespace}/${claim}`);
    await expect
      .poll(() => differs(everything, before, elsewhere), { timeout: 45_000, interval: 250 })
      .toEqual(left.toSorted());
  });
});

async function planned(world: ClusterWorld, intent: Intent): Promise<ClusterPlan> {
  const plan = await world.plan({ intent });
  expect(plan.verdict.reasons.filter(({ decision }) => decision === "denied")).toEqual([]);
  return plan;
}

async function differs(
  everything: (without: ReadonlySet<string>) => Promise<Everything>,
  before: Everything,
  without: ReadonlySet<string>,
): Promise<readonly string[]> {
  return differences(before, await everything(without));
}

async function makeNamespace(plane: ControlPlane, name: string): Promise<void> {
  await plane.admin("POST", "/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels: { team: "somebody" } },
  });
  // What every namespace gets from the controllers belongs to the state before.
  for (const path of ["serviceaccounts/default", "configmaps/kube-root-ca.crt"])
    await expect
      .poll(async () => (await plane.admin("GET", `/api/v1/namespaces/${name}/${path}`)).status, { timeout: 10_000 })
      .toBe(200);
}

/** Runs the command that the prerequisite names, as its owner would, with the real kubectl. */
function makeSecret(plane: ControlPlane, project: string, { command = "", text }: Prerequisite): void {
  const keys = /its keys: (.*?)\. The value/s.exec(text)?.[1] ?? "";
  const names = keys.split(/, (?=[\w.-]+ \()/).map((key) => key.replace(/ \(.*/s, ""));
  const input = command.includes("--from-env-file") ? names.map((key) => `${key}=made-up\n`).join("") : "made-up";
  // Through a pipe: Node.js gives its children sockets, which nobody can open as /dev/stdin.
  const ran = spawnSync("sh", ["-c", `cat | ${command}`], {
    cwd: project,
    input,
    encoding: "utf8",
    env: {
      PATH: `${dirname(plane.kubectl)}:${process.env["PATH"] ?? ""}`,
      KUBECONFIG: `${plane.folder}/admin.conf`,
      HOME: plane.folder,
    },
  });
  if (ran.status !== 0) throw new Error(`${command}: ${ran.stderr}`);
}

/** Names of the claims that the StatefulSets' controller will make. */
function claimsOf(objects: readonly JsonObject[]): readonly string[] {
  return objects.flatMap((object) => {
    const templates = valueAt(object, ["spec", "volumeClaimTemplates"]);
    const replicas = valueAt(object, ["spec", "replicas"]) ?? 1;
    if (!isArray(templates) || typeof replicas !== "number") return [];
    return templates.flatMap((template) =>
      Array.from(
        { length: replicas },
        (_, index) =>
          `${String(valueAt(template, ["metadata", "name"]))}-${String(valueAt(object, ["metadata", "name"]))}-${index}`,
      ),
    );
  });
}

/** KWOK provisions nothing: a volume for a claim. */
function volume(namespace: string, name: string): JsonObject {
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: `${namespace}-${name}` },
    spec: {
      capacity: { storage: "100Gi" },
      accessModes: ["ReadWriteOnce", "ReadWriteMany"],
      persistentVolumeReclaimPolicy: "Retain",
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name },
      hostPath: { path: "/nowhere" },
    },
  };
}

function replicasOf(objects: readonly JsonObject[]): number {
  return objects
    .filter(({ kind }) => kind === "Deployment" || kind === "StatefulSet")
    .map((object) => valueAt(object, ["spec", "replicas"]) ?? 1)
    .reduce<number>((sum, replicas) => sum + Number(replicas), 0);
}

async function list(plane: ControlPlane, path: string): Promise<readonly JsonObject[]> {
  const { items } = (await plane.admin("GET", path)).body;
  return isArray(items) ? items.filter((each) => isObject(each)) : [];
}

async function enforced(plane: ControlPlane, namespace: string): Promise<unknown> {
  const { body } = await plane.admin("GET", `/api/v1/namespaces/${namespace}`);
  return valueAt(body, ["metadata", "labels", "pod-security.kubernetes.io/enforce"]);
}

function isReady(pod: JsonObject): boolean {
  const conditions = valueAt(pod, ["status", "conditions"]);
  return (
    isArray(conditions) &&
    conditions.some((entry) => valueAt(entry, ["type"]) === "Ready" && valueAt(entry, ["status"]) === "True")
  );
}
