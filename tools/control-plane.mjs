// Builds the test control plane once, from Go modules, into a cache folder outside the repository: etcd, kube-apiserver,
// kube-controller-manager, kube-scheduler, kubectl and KWOK. The key of the cache is what the result depends on.
// Prints the folder on standard output. `--path` prints it without building (exit code 1 when it is not there).
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = join(dirname(fileURLToPath(import.meta.url)), "control-plane");
const KUBERNETES = "1.37.2";
const KWOK = "0.8.0";
const programs = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kwok"];
const stages = [
  "node/fast/node-initialize.yaml",
  "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
  "pod/fast/pod-ready.yaml",
  "pod/fast/pod-complete.yaml",
  "pod/fast/pod-delete.yaml",
];

function go(args, options = {}) {
  return spawnSync("go", args, { encoding: "utf8", maxBuffer: 1 << 26, ...options });
}

const version = go(["env", "GOVERSION"]);
if (version.status !== 0)
  fail("go is not installed", "install Go 1.26 or newer; the control plane is built from Go modules");

const inputs = ["kubernetes/go.mod", "kubernetes/go.sum", "etcd/go.mod", "etcd/go.sum"].map((file) =>
  readFileSync(join(here, file)),
);
const hash = createHash("sha256");
for (const input of [...inputs, version.stdout, KUBERNETES, KWOK, process.arch])
  hash.update(input).update("\0");
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "kubeops", "control-plane");
const folder = join(cache, hash.digest("hex").slice(0, 16));

if (programs.every((name) => existsSync(join(folder, name)))) {
  process.stdout.write(`${folder}\n`);
  process.exit(0);
}
if (process.argv.includes("--path")) process.exit(1);

mkdirSync(cache, { recursive: true });
const work = mkdtempSync(join(tmpdir(), "kubeops-control-plane-"));
const bin = join(work, "bin");
mkdirSync(bin);
const started = Date.now();
process.stderr.write(
  `building the test control plane (Kubernetes ${KUBERNETES}) once, about 10 minutes on 2 cores\n`,
);
try {
  cpSync(here, work, { recursive: true });
  await build("etcd", join(work, "etcd"), [], ["go.etcd.io/etcd/server/v3"]);
  renameSync(join(bin, "server"), join(bin, "etcd"));
  await build(
    "kwok",
    work,
    [
      `-X sigs.k8s.io/kwok/pkg/consts.Version=v${KWOK}`,
      `-X sigs.k8s.io/kwok/pkg/consts.KubeVersion=v${KUBERNETES}`,
    ],
    [`sigs.k8s.io/kwok/cmd/kwok@v${KWOK}`],
  );
  const [major, minor] = KUBERNETES.split(".");
  const flags = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((name) => [
    `-X ${name}.gitVersion=v${KUBERNETES}`,
    `-X ${name}.gitMajor=${major}`,
    `-X ${name}.gitMinor=${minor}`,
    `-X ${name}.gitTreeState=clean`,
  ]);
  await build(
    "kube-apiserver, kube-controller-manager, kube-scheduler, kubectl",
    join(work, "kubernetes"),
    flags,
    ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"].map(
      (name) => `k8s.io/kubernetes/cmd/${name}`,
    ),
    ["-tags=selinux,notest,grpcnotrace"],
  );
  writeFileSync(join(bin, "kwok.yaml"), kwokStages());
  const fresh = `${folder}.${process.pid}`;
  cpSync(bin, fresh, { recursive: true });
  if (existsSync(folder)) rmSync(folder, { recursive: true });
  renameSync(fresh, folder);
  process.stderr.write(
    `done in ${Math.round((Date.now() - started) / 1000)} s: ${readdirSync(folder).join(", ")}\n`,
  );
  process.stdout.write(`${folder}\n`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

function build(what, cwd, flags, packages, more = []) {
  return new Promise((resolve) => {
    const begun = Date.now();
    process.stderr.write(`  ${what} …\n`);
    const remote = packages.some((name) => name.includes("@"));
    const child = spawn(
      "go",
      ["install", "-trimpath", ...more, `-ldflags=-s -w ${flags.join(" ")}`, ...packages],
      {
        cwd,
        env: {
          ...process.env,
          CGO_ENABLED: "0",
          GOTOOLCHAIN: "local",
          GOFLAGS: remote ? "" : "-mod=readonly",
          GOBIN: bin,
        },
        stdio: ["ignore", "inherit", "pipe"],
      },
    );
    let said = "";
    child.stderr.on("data", (chunk) => (said = (said + chunk).slice(-10_000)));
    const tick = setInterval(
      () => process.stderr.write(`  … ${Math.round((Date.now() - begun) / 1000)} s\n`),
      60_000,
    );
    child.on("close", (status) => {
      clearInterval(tick);
      if (status !== 0) fail(`go install of ${what} failed`, said);
      process.stderr.write(`  ${what}: ${Math.round((Date.now() - begun) / 1000)} s\n`);
      resolve();
    });
  });
}

/** KWOK's stages that play the kubelet, from the module that the binary was built from. */
function kwokStages() {
  const module = JSON.parse(go(["mod", "download", "-json", `sigs.k8s.io/kwok@v${KWOK}`]).stdout);
  return stages
    .map((file) => readFileSync(join(module.Dir, "kustomize/stage", file), "utf8"))
    .join("\n---\n");
}

function fail(what, hint) {
  process.stderr.write(`error: ${what}\n  hint: ${hint}\n`);
  process.exit(3);
}
