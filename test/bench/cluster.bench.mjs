// Planning 200 existing objects of a real cluster, and applying 200, beside bare server-side applies one after the other on
// the same server. Each kind of request, the journal and the log are timed apart. Needs `npm run control-plane`.
import { subscribe } from "node:diagnostics_channel";
import { Agent, request } from "node:https";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { clusterCli } from "../support/cluster/cluster-cli.ts";
import { clusterWorld, INVENTORY } from "../support/cluster/cluster-world.ts";
import { readKubeconfig } from "../../src/apply/cluster/client/kubeconfig.ts";

if (controlPlaneMissing !== undefined) {
  process.stdout.write(`left out: ${controlPlaneMissing}\n`);
  process.exit(0);
}

const count = Number(process.argv[2] ?? 200);
const plane = await controlPlane({ components: "api" });
const spent = new Map();

/** Requests by kind: how many, and how long from the first byte sent to the whole answer read. */
function add(kind, milliseconds) {
  const row = spent.get(kind) ?? { count: 0, milliseconds: 0 };
  row.count += 1;
  row.milliseconds += milliseconds;
  spent.set(kind, row);
}
const begun = new WeakMap();
subscribe("http.client.request.start", ({ request: sent }) => begun.set(sent, performance.now()));
subscribe("http.client.response.finish", ({ request: sent, response }) => {
  const start = begun.get(sent);
  if (start !== undefined) response.once("end", () => add(kindOf(sent), performance.now() - start));
});
function kindOf({ method, path }) {
  if (path.includes("dryRun=All")) return "dry run";
  if (path.includes("accessreviews")) return "review";
  if (method === "GET") return "read";
  return path.includes(`/namespaces/${INVENTORY}/`) ? "marker" : "write";
}

/** The functions of an object, timed. */
function timed(kind, object, names) {
  const wrapped = { ...object };
  for (const name of names) {
    wrapped[name] = (...args) => {
      const start = performance.now();
      try {
        return object[name](...args);
      } finally {
        add(kind, performance.now() - start);
      }
    };
  }
  return wrapped;
}

const namespaces = [INVENTORY, "shop", "other"];
for (const name of namespaces)
  await plane.admin("POST", "/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name },
  });

/** Half Deployments, a quarter each Services and ConfigMaps. */
function objectOf(index, namespace, round) {
  const metadata = { name: `a${index}`, namespace, labels: { app: `a${index}` } };
  if (index % 4 === 1)
    return {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { selector: { app: `a${index}` }, ports: [{ name: "http", port: 80 + round, targetPort: 8080 }] },
    };
  if (index % 4 === 3)
    return { apiVersion: "v1", kind: "ConfigMap", metadata, data: { mode: `m${round}`, size: "3" } };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: {
      replicas: 2 + round,
      selector: { matchLabels: { app: `a${index}` } },
      template: {
        metadata: { labels: { app: `a${index}` } },
        spec: {
          automountServiceAccountToken: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 1000,
            seccompProfile: { type: "RuntimeDefault" },
          },
          containers: [
            {
              name: "c",
              image: `ghcr.io/acme/a@sha256:${"a".repeat(64)}`,
              ports: [{ containerPort: 8080 }],
              resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { memory: "64Mi" } },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
              },
            },
          ],
        },
      },
    },
  };
}
const objectsOf = (namespace, round) =>
  Array.from({ length: count }, (_unused, index) => objectOf(index, namespace, round));

/** What a plain client does: one connection that is kept, one server-side apply after the other. */
const { certificateAuthority: _authority, ...connection } = readKubeconfig(plane.kubeconfigFile("admin"));
const plain = new Agent({ keepAlive: true, maxSockets: 1 });
const { cert, key, ca } = plainCredentials();
function plainCredentials() {
  const config = JSON.parse(readFileSync(join(plane.folder, "admin.conf"), "utf8"));
  const text = (value) => Buffer.from(value, "base64").toString("utf8");
  const { user } = config.users[0];
  return {
    cert: text(user["client-certificate-data"]),
    key: text(user["client-key-data"]),
    ca: text(config.clusters[0].cluster["certificate-authority-data"]),
  };
}
function bareApply(object) {
  const { apiVersion, kind, metadata } = object;
  const root = apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
  const path = `${root}/namespaces/${metadata.namespace}/${kind.toLowerCase()}s/${metadata.name}?fieldManager=plain`;
  const body = JSON.stringify(object);
  return new Promise((resolve, reject) => {
    const sent = request(
      `${connection.server}${path}`,
      {
        method: "PATCH",
        agent: plain,
        cert,
        key,
        ca,
        headers: {
          "content-type": "application/apply-patch+yaml",
          "content-length": Buffer.byteLength(body),
        },
      },
      (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("end", () => {
          const answer = Buffer.concat(chunks).toString("utf8");
          if (response.statusCode > 299) reject(new Error(answer));
          else resolve(JSON.parse(answer));
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}
async function bare(objects) {
  const start = performance.now();
  for (const object of objects) await bareApply(object);
  return performance.now() - start;
}

function report(title, milliseconds) {
  process.stdout.write(`${title.padEnd(46)} ${milliseconds.toFixed(0).padStart(6)} ms\n`);
  for (const [kind, row] of [...spent].sort()) {
    const each = `${(row.milliseconds / row.count).toFixed(1)} ms each`;
    process.stdout.write(
      `    ${kind.padEnd(10)} ${String(row.count).padStart(5)} ${row.milliseconds.toFixed(0).padStart(8)} ms in all, ${each}\n`,
    );
  }
  spent.clear();
}
const world = await clusterWorld(plane, (spec) => ({ ...spec, maxChanges: 10_000 }));
async function apply(plan) {
  const ports = world.ports();
  const { journal, log, state } = ports;
  const timedJournal = {
    ...timed("journal", journal, ["runs", "consumeNonce"]),
    begin: (...args) => timed("journal", journal.begin(...args), ["record", "finish", "steps"]),
  };
  const marks = {};
  const start = performance.now();
  let before = new Map();
  await world.apply(plan, {
    journal: timedJournal,
    log: timed("log", log, ["append", "checkpoint", "extends", "entries"]),
    state: timed("state", state, ["savePreimages", "approvals"]),
    onStep: ({ step }) => {
      if (marks[step] !== undefined) return;
      marks[step] = performance.now() - start;
      // The first object's read and dry run come before it is announced: they count to what goes before.
      if (step === "writing") before = new Map([...spent].map(([kind, row]) => [kind, row.milliseconds]));
    },
  });
  const total = performance.now() - start;
  // From here on one request goes after the other: their times add up to what passes.
  const since = (...kinds) =>
    kinds.reduce((sum, kind) => sum + (spent.get(kind)?.milliseconds ?? 0) - (before.get(kind) ?? 0), 0);
  return { total, marks, since };
}

try {
  // Both ways warm: the first requests of a server and of a process are slow for everybody.
  await bare(objectsOf("other", 0));
  const first = await world.plan({ objects: objectsOf("shop", 0) });
  await world.approve(first);
  await apply(first);
  spent.clear();

  let start = performance.now();
  const second = await world.plan({ objects: objectsOf("shop", 1) });
  report(`plan ${count} existing objects, all changed`, performance.now() - start);
  start = performance.now();
  await world.plan({ objects: objectsOf("shop", 0) });
  report(`plan ${count} existing objects, none changed`, performance.now() - start);

  const cli = await clusterCli(plane, (text) => text.replace("maxChanges: 100", "maxChanges: 10000"), [
    "shop",
  ]);
  try {
    cli.objects("objects.json", ...objectsOf("shop", 1));
    start = performance.now();
    const ran = cli.kubeops("plan", "-f", "objects.json", "--target", "cluster:dev", "-q");
    if (ran.status > 1) throw new Error(ran.stderr);
    report("the first of them through the command line", performance.now() - start);
  } finally {
    cli.world.remove();
  }

  // Both in turns, and the least disturbed round of each: other programs on the machine only ever add.
  let plainTime = Number.POSITIVE_INFINITY;
  let best;
  for (let round = 1; round <= 3; round++) {
    spent.clear();
    plainTime = Math.min(plainTime, await bare(objectsOf("other", round)));
    spent.clear();
    const plan = round === 1 ? second : await world.plan({ objects: objectsOf("shop", round) });
    await world.approve(plan);
    spent.clear();
    const { total, marks, since } = await apply(plan);
    const parts = {
      total,
      before: marks.writing,
      dryRuns: since("dry run"),
      records: since("journal", "log", "state"),
      writes: since("write"),
      reads: since("read"),
    };
    const itself = total - parts.before - parts.dryRuns - parts.records;
    if (best === undefined || itself < best.itself) best = { ...parts, itself, spent: new Map(spent) };
  }
  spent.clear();
  process.stdout.write(`bare server-side apply of ${count}, changed: ${plainTime.toFixed(0)} ms\n`);
  for (const [kind, row] of best.spent) spent.set(kind, row);
  report(`kubeops apply of ${count}, changed`, best.total);
  const line = (title, milliseconds) =>
    process.stdout.write(
      `  ${title.padEnd(48)} ${milliseconds.toFixed(0).padStart(6)} ms, ${(milliseconds / plainTime).toFixed(2)} times bare\n`,
    );
  line("until the first write (reads, reviews, dry runs)", best.before);
  line("dry runs right before the writes", best.dryRuns);
  line("journal and log", best.records);
  line("the applying itself (aim: 1.5)", best.itself);
  line("  of it: writes", best.writes);
  line("  of it: reads, where controllers wrote meanwhile", best.reads);
  line("  of it: the client", best.itself - best.writes - best.reads);
} finally {
  world.remove();
  plain.destroy();
  await plane.stop();
}
