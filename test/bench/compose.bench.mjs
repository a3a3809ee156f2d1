// Reading Compose files and authoring objects, in process: the example, and the public applications where the data is.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { applicationsOf, awesomeCompose, rowOf } from "../../tools/compose-applications.mjs";

const data = awesomeCompose();
const shop = { name: "shop", folder: join(import.meta.dirname, "../../examples/shop"), file: "compose.yaml" };
for (const [what, applications] of [
  ["example shop", [shop]],
  ...(data === undefined ? [] : [["public applications", applicationsOf(data)]]),
]) {
  let objects = 0;
  for (const application of applications) objects += (await rowOf(application)).objects;
  const times = [];
  for (let round = 0; round < 15; round++) {
    const begun = performance.now();
    for (const application of applications) await rowOf(application);
    times.push(performance.now() - begun);
  }
  const spent = times.sort((left, right) => left - right)[7];
  process.stdout.write(
    `${what.padEnd(20)} ${applications.length} applications, ${objects} objects: ${spent.toFixed(1)} ms, ${((objects / spent) * 1000).toFixed(0)} objects/s\n`,
  );
}
if (data === undefined) process.stdout.write("public applications  left out: set KUBEOPS_CONFORMANCE_DATA\n");

// The peer, as a whole process beside our whole process: kompose convert, built once from its Go module.
const root = join(import.meta.dirname, "../..");
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "kubeops", "peers");
const kompose = join(cache, "kompose-1.38.0");
if (!existsSync(kompose)) {
  mkdirSync(cache, { recursive: true });
  const built = spawnSync("go", ["build", "-o", kompose, "github.com/kubernetes/kompose"], {
    cwd: join(root, "tools/peers/kompose"),
    env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly" },
    encoding: "utf8",
  });
  if (built.status !== 0)
    process.stdout.write(
      `kompose              left out: ${built.stderr?.trim().split("\n")[0] ?? built.error}\n`,
    );
}
if (existsSync(kompose)) {
  const folder = mkdtempSync(join(tmpdir(), "kubeops-bench-"));
  const env = { HOME: folder, PATH: process.env.PATH };
  spawnSync("git", ["init", "-q", "--bare", "--initial-branch=main", join(folder, "gitops")]);
  const compose = join(shop.folder, shop.file);
  const median = (program, args) => {
    const times = Array.from({ length: 9 }, () => {
      const begun = performance.now();
      spawnSync(program, args, { cwd: folder, env, stdio: "ignore" });
      return performance.now() - begun;
    });
    return times.sort((left, right) => left - right)[4];
  };
  const peer = median(kompose, ["convert", "-f", compose, "--stdout"]);
  const plan = median(process.execPath, [
    join(root, "bin/kubeops.cjs"),
    "plan",
    "-f",
    compose,
    "--target",
    "git:./gitops#shop",
    "-q",
  ]);
  process.stdout.write(
    `kompose convert      ${peer.toFixed(0)} ms; kubeops plan ${plan.toFixed(0)} ms (ratio ${(plan / peer).toFixed(1)}: it also reads Git, judges, stores and logs durably)\n`,
  );
  rmSync(folder, { recursive: true });
}
