import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applicationsOf } from "../../tools/compose-applications.mjs";
import { projectFiles } from "../../src/apply/files/node-files.ts";
import { readCompose } from "../../src/authoring/compose/read-compose.ts";
import type { ApplicationIntent, Prerequisite } from "../../src/authoring/intent/intent.ts";
import { author } from "../../src/authoring/specialists/author.ts";
import { isArray, isObject, type Json, type JsonObject, valueAt } from "../../src/kube/json.ts";
import type { ClusterPlan } from "../../src/apply/run/git-plan.ts";
import { makeWorld, must, type Ran } from "../support/cli.ts";
import { clusterWorld, type ClusterWorld, INVENTORY } from "../support/cluster/cluster-world.ts";
import { differences, type Everything, openEverything } from "../support/cluster/everything.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { conformanceData, deep, leftOut } from "../support/suites.ts";
import { until } from "../support/until.ts";

const folder = conformanceData("compose/awesome-compose");
const all = folder === undefined ? [] : applicationsOf(folder);
/** One whose namespace comes with its plan, one with Secrets and claims, one that Pod Security restricted refuses. */
const byDefault = ["nextcloud-redis-mariadb", "nginx-nodejs-redis", "pihole-cloudflared-DoH"];
/** The one that goes its way wholly through the command line: a StatefulSet, a claim, and no Secret. */
const byHand = all.find(({ name }) => name === "react-express-mongodb");
const few = all.filter(({ name }) => byDefault.includes(name));
const servers = deep
  ? ([
      { server: "1.37", emulated: undefined, applications: all },
      { server: "1.35 (emulated)", emulated: "1.35", applications: few },
      { server: "1.34 (emulated)", emulated: "1.34", applications: few },
    ] as const)
  : ([{ server: "1.37", emulated: undefined, applications: few }] as const);

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
describe.skipIf(missing).each(servers)("awesome-compose on $server", ({ emulated, applications }) => {
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
    await settled(plane, everything);
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

  test.each(applications)("$name", async (application) => {
    const { name, folder: project } = application;
    const namespace = name.toLowerCase();
    const intent = intentOf(application);
    const { relaxations, prerequisites, objects } = author(intent);
    const claims = claimsOf(objects);
    for (const claim of claims) await makeVolume(plane, namespace, claim);
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
      await world.charter((spec) => ({ ...spec, podSecurity: "restricted" }));
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

    const back = await undone(world, plan, secrets.length > 0 && level !== "privileged");
    await world.approve(back);
    await world.apply(back);
    // Claims that a StatefulSet's controller made hold data: no plan made them, so undo leaves them, with their namespace.
    const left =
      secrets.length === 0 ? [] : claims.map((claim) => `left: persistentvolumeclaims ${namespace}/${claim}`);
    await comesBack(everything, before, elsewhere, left.toSorted());
  });

  test("one of them wholly from the command line", async () => {
    if (byHand === undefined) throw new Error("it is not among the applications");
    const { name, folder: project, file } = byHand;
    const cli = makeWorld();
    try {
      must(cli.run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", "id_ed25519"]));
      cli.copy(project, name);
      cli.write("dev.kubeconfig", plane.kubeconfig("admin").replaceAll('"test"', '"dev"'));
      const run = (...words: readonly string[]): Ran => must(cli.kubeops(words));
      const access = ["--kubeconfig", "dev.kubeconfig"];
      run(
        "charter",
        "init",
        "--name",
        "test",
        "--owner",
        "id_ed25519.pub",
        "--principal",
        "anna",
        "-n",
        name,
      );
      run("charter", "pin", "--context", "dev", "--name", "dev", "--software-keys", ...access);
      const charter = `${cli.env["XDG_CONFIG_HOME"]}/kubeops/charter.yaml`;
      const edit = (change: (text: string) => string): void => {
        writeFileSync(charter, change(readFileSync(charter, "utf8")), { mode: 0o600 });
        run("charter", "sign", "--key", "id_ed25519");
      };
      edit((text) => text);
      const inventory = run("charter", "inventory", "dev").stdout;
      const kubectl = ["--kubeconfig", `${plane.folder}/admin.conf`, "apply", "--server-side", "-f", "-"];
      must(cli.run(plane.kubectl, kubectl, { input: inventory }));
      for (const claim of claimsOf(author(intentOf(byHand)).objects)) await makeVolume(plane, name, claim);
      const elsewhere = new Set([INVENTORY]);
      const before = await everything(elsewhere);

      run(
        "plan",
        "-f",
        `${name}/${file}`,
        "-n",
        name,
        "--target",
        "cluster:dev",
        "--out",
        "plan.json",
        ...access,
      );
      run("approve", "plan.json", "--key", "id_ed25519", "--yes", ...access);
      const applied = run("apply", "plan.json", "--wait", "1m", ...access);
      expect(applied.stdout).toContain("all healthy");
      const pods = await list(plane, `/api/v1/namespaces/${name}/pods`);
      expect(pods.length).toBeGreaterThanOrEqual(3);
      expect(pods.filter((pod) => !isReady(pod))).toEqual([]);

      const denied = cli.kubeops(["undo", "plan.json", "--out", "undo.json", ...access]);
      expect(denied.stdout).toContain("the charter does not name it under deletions");
      expect(denied.status).toBe(1);
      const plan = JSON.parse(readFileSync(cli.path("plan.json"), "utf8")) as {
        readonly changes: readonly { readonly key: Readonly<Record<string, string>> }[];
      };
      const rows = plan.changes.map(
        ({ key }) =>
          `    - {group: "${key["group"]}", kind: ${key["kind"]}, name: ${key["name"]}${key["namespace"] === "" ? "" : `, namespace: ${key["namespace"]}`}}\n`,
      );
      // Other Pods of a live namespace are not read, so the charter has to let policies go.
      const policies = "    - id: networkpolicy-removed\n      decision: approval\n";
      edit((text) =>
        text
          .replace("serial: 2", "serial: 3")
          .replace("  widening:\n", `  widening:\n${policies}`)
          .replace("  deletions: []\n", `  deletions:\n${rows.join("")}`),
      );
      run("undo", "plan.json", "--out", "undo.json", ...access);
      run("approve", "undo.json", "--key", "id_ed25519", "--yes", ...access);
      run("apply", "undo.json", ...access);
      await comesBack(everything, before, elsewhere, []);
      expect(run("audit", "verify").stdout).toMatch(/^valid: /);
    } finally {
      cli.remove();
    }
  });
});

type Application = (typeof all)[number];

function intentOf({ name, folder: project, file }: Application): ApplicationIntent {
  const { intent } = readCompose(projectFiles(project), {
    files: [file ?? ""],
    namespace: name.toLowerCase(),
    application: name.toLowerCase(),
    folderName: name,
    profiles: [],
    environment: {},
  });
  return intent;
}

/** Started from a seed, the controllers put their new certificates everywhere; what they still write would be our difference. */
async function settled(plane: ControlPlane, everything: () => Promise<Everything>): Promise<void> {
  let last = await everything();
  const quiet = async (): Promise<boolean> => {
    const now = await everything();
    const same = differences(last, now).length === 0;
    last = now;
    const roots = [...now].filter(([id]) => id.endsWith("/kube-root-ca.crt"));
    return same && roots.every(([, root]) => valueAt(root, ["data", "ca.crt"]) === plane.caPem);
  };
  await until("nothing moves any more", quiet, { limit: 90_000, pause: 700 });
}

async function planned(world: ClusterWorld, intent: ApplicationIntent): Promise<ClusterPlan> {
  const plan = await world.plan({ intent });
  expect(plan.verdict.reasons.filter(({ decision }) => decision === "denied")).toEqual([]);
  return plan;
}

/**
 * The way back. It is denied until the charter names the StatefulSets, which hold data, and lets a namespace enforce no
 * level again, where it enforced none before.
 */
async function undone(world: ClusterWorld, plan: ClusterPlan, unlabelled: boolean): Promise<ClusterPlan> {
  const sets = plan.changes.flatMap(({ key }) => (key.kind === "StatefulSet" ? [key] : []));
  if (sets.length > 0 || unlabelled) {
    const { verdict } = await world.undo(plan);
    const denied = verdict.reasons
      .filter(({ decision }) => decision === "denied")
      .map(({ key }) => key?.kind);
    expect(new Set(denied)).toEqual(
      new Set([...sets.map(({ kind }) => kind), ...(unlabelled ? ["Namespace"] : [])]),
    );
    await world.charter(({ deletions = [], ...spec }) => ({
      ...spec,
      deletions: [
        ...deletions,
        ...sets.map(({ group, kind, namespace, name }) => ({ group, kind, namespace, name })),
      ],
      ...(unlabelled && { podSecurity: "privileged" as const }),
    }));
  }
  const back = await world.undo(plan);
  expect(back.verdict.reasons.filter(({ decision }) => decision === "denied")).toEqual([]);
  return back;
}

async function differs(
  everything: (without: ReadonlySet<string>) => Promise<Everything>,
  before: Everything,
  without: ReadonlySet<string>,
): Promise<readonly string[]> {
  return differences(before, await everything(without));
}

/** Waits until the state before is there again, but for what is left; controllers clear up after a deletion. */
async function comesBack(
  everything: (without: ReadonlySet<string>) => Promise<Everything>,
  before: Everything,
  without: ReadonlySet<string>,
  left: readonly string[],
): Promise<void> {
  let found: readonly string[] = [];
  await until(
    () => `only this is left: ${JSON.stringify(left)} (it is: ${found.join("\n")})`,
    async () => {
      found = await differs(everything, before, without);
      return JSON.stringify(found) === JSON.stringify(left);
    },
    { pause: 250 },
  );
}

async function makeNamespace(plane: ControlPlane, name: string): Promise<void> {
  await plane.admin("POST", "/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels: { team: "somebody" } },
  });
  // What every namespace gets from the controllers belongs to the state before.
  for (const path of ["serviceaccounts/default", "configmaps/kube-root-ca.crt"])
    await until(`${name} has its ${path}`, async () => {
      return (await plane.admin("GET", `/api/v1/namespaces/${name}/${path}`)).status === 200;
    });
}

/** Runs the command that the prerequisite names, as its owner would, with the real kubectl. */
function makeSecret(plane: ControlPlane, project: string, { command = "", text }: Prerequisite): void {
  const keys = /its keys: (.*?)\. The /s.exec(text)?.[1] ?? "";
  const names = keys.split(/, (?=[\w.-]+ \()/).map((key) => key.replace(/ \(.*/s, ""));
  const input = command.includes("--from-env-file")
    ? names.map((key) => `${key}=made-up\n`).join("")
    : "made-up";
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
      Array.from({ length: replicas }, (_, index) => `${nameOf(template)}-${nameOf(object)}-${index}`),
    );
  });
}

function nameOf(value: Json): string {
  const name = valueAt(value, ["metadata", "name"]);
  if (typeof name !== "string") throw new Error("it has no name");
  return name;
}

let volumes = 0;

/** KWOK provisions nothing: a volume for a claim, which the controller has seen before it looks for one. */
async function makeVolume(plane: ControlPlane, namespace: string, claim: string): Promise<void> {
  const name = `volume-${volumes++}`;
  await plane.admin("POST", "/api/v1/persistentvolumes", {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name },
    spec: {
      capacity: { storage: "100Gi" },
      accessModes: ["ReadWriteOnce", "ReadWriteMany"],
      persistentVolumeReclaimPolicy: "Retain",
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name: claim },
      hostPath: { path: "/nowhere" },
    },
  });
  await until(`${name} is available`, async () => {
    const { body } = await plane.admin("GET", `/api/v1/persistentvolumes/${name}`);
    return valueAt(body, ["status", "phase"]) === "Available";
  });
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
