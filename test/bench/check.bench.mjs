// The whole process of `kubeops check`, and of kubeconform and kube-score beside it where Go can build them, on production-like sets of 10 objects (Deployment, Service, HPA, PDB, NetworkPolicy,
// RBAC), one file a set, and once as one stream on standard input: wall and CPU seconds (user + system), peak MiB.
// node test/bench/check.bench.mjs [folder …] measures folders too; with KUBEOPS_CONFORMANCE_DATA also the public manifests.
import { spawn } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkPeers } from "./check-peers.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const program = join(root, "bin", "kubeops.cjs");

/** Ten objects, about 7.7 kB, of one application. */
export function objectSet(number) {
  const name = `app-${number}`;
  const labels = (indent) =>
    ["name", "instance", "component", "part-of"]
      .map((label) => `${" ".repeat(indent)}app.kubernetes.io/${label}: ${name}\n`)
      .join("");
  const head = (apiVersion, kind, suffix = "") =>
    `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: ${name}${suffix}\n  namespace: team-${number % 10}\n  labels:\n${labels(4)}  annotations:\n    example.com/owner: team-${number % 10}@example.com\n    example.com/runbook: "https://runbooks.example.com/${name}"\n`;
  const probe = (path) =>
    `            httpGet:\n              path: ${path}\n              port: http\n            initialDelaySeconds: 5\n            periodSeconds: 10\n            timeoutSeconds: 3\n`;
  const container = (container, port) =>
    `        - name: ${container}\n          image: registry.example.com/team/${name}-${container}:1.${number}.0\n          imagePullPolicy: IfNotPresent\n          args: ["--listen=:${port}", "--log-format=json"]\n          ports:\n            - name: ${container === "web" ? "http" : "metrics"}\n              containerPort: ${port}\n              protocol: TCP\n          env:\n            - name: POD_NAME\n              valueFrom:\n                fieldRef:\n                  fieldPath: metadata.name\n            - name: DATABASE_HOST\n              value: "${name}-db.internal.example.com"\n            - name: MAX_CONNECTIONS\n              value: "64"\n          resources:\n            requests:\n              cpu: 100m\n              memory: 128Mi\n            limits:\n              memory: 256Mi\n          livenessProbe:\n${probe("/healthz")}          readinessProbe:\n${probe("/ready")}          securityContext:\n            allowPrivilegeEscalation: false\n            readOnlyRootFilesystem: true\n            capabilities:\n              drop: ["ALL"]\n          volumeMounts:\n            - name: tmp\n              mountPath: /tmp\n            - name: config\n              mountPath: /etc/${name}\n              readOnly: true\n`;
  return [
    `${head("apps/v1", "Deployment")}spec:\n  replicas: 3\n  revisionHistoryLimit: 5\n  strategy:\n    type: RollingUpdate\n    rollingUpdate:\n      maxSurge: 1\n      maxUnavailable: 0\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: ${name}\n  template:\n    metadata:\n      labels:\n${labels(8)}    spec:\n      serviceAccountName: ${name}\n      automountServiceAccountToken: false\n      securityContext:\n        runAsNonRoot: true\n        runAsUser: 10001\n        seccompProfile:\n          type: RuntimeDefault\n      topologySpreadConstraints:\n        - maxSkew: 1\n          topologyKey: topology.kubernetes.io/zone\n          whenUnsatisfiable: ScheduleAnyway\n          labelSelector:\n            matchLabels:\n              app.kubernetes.io/name: ${name}\n      containers:\n${container("web", 8080)}      volumes:\n        - name: tmp\n          emptyDir: {}\n        - name: config\n          configMap:\n            name: ${name}\n`,
    `${head("v1", "Service")}spec:\n  type: ClusterIP\n  selector:\n    app.kubernetes.io/name: ${name}\n  ports:\n    - name: http\n      port: 80\n      targetPort: http\n      protocol: TCP\n`,
    `${head("v1", "ServiceAccount")}automountServiceAccountToken: false\n`,
    `${head("v1", "ConfigMap")}data:\n  config.yaml: |\n    listen: ":8080"\n    log:\n      level: info\n      format: json\n  LOG_LEVEL: info\n`,
    `${head("autoscaling/v2", "HorizontalPodAutoscaler")}spec:\n  scaleTargetRef:\n    apiVersion: apps/v1\n    kind: Deployment\n    name: ${name}\n  minReplicas: 3\n  maxReplicas: 10\n  metrics:\n    - type: Resource\n      resource:\n        name: cpu\n        target:\n          type: Utilization\n          averageUtilization: 70\n`,
    `${head("policy/v1", "PodDisruptionBudget")}spec:\n  maxUnavailable: 1\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: ${name}\n`,
    `${head("networking.k8s.io/v1", "NetworkPolicy")}spec:\n  podSelector:\n    matchLabels:\n      app.kubernetes.io/name: ${name}\n  policyTypes: [Ingress, Egress]\n  ingress:\n    - from:\n        - namespaceSelector:\n            matchLabels:\n              kubernetes.io/metadata.name: ingress\n      ports:\n        - port: 8080\n          protocol: TCP\n  egress:\n    - ports:\n        - port: 53\n          protocol: UDP\n`,
    `${head("networking.k8s.io/v1", "Ingress")}spec:\n  ingressClassName: nginx\n  rules:\n    - host: ${name}.example.com\n      http:\n        paths:\n          - path: /\n            pathType: Prefix\n            backend:\n              service:\n                name: ${name}\n                port:\n                  name: http\n`,
    `${head("rbac.authorization.k8s.io/v1", "Role")}rules:\n  - apiGroups: [""]\n    resources: [configmaps]\n    resourceNames: [${name}]\n    verbs: [get, watch]\n`,
    `${head("rbac.authorization.k8s.io/v1", "RoleBinding")}roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: Role\n  name: ${name}\nsubjects:\n  - kind: ServiceAccount\n    name: ${name}\n    namespace: team-${number % 10}\n`,
  ].join("---\n");
}

/** Runs a command once under time(1), which tells CPU time and peak memory of any program. */
function run(words, input) {
  return new Promise((done, failed) => {
    const descriptor = input === undefined ? "ignore" : openSync(input, "r");
    const start = performance.now();
    const child = spawn("/usr/bin/time", ["-f", "%U %S %M", "-o", times, ...words], {
      stdio: [descriptor, "ignore", "ignore"],
    });
    child.on("error", failed);
    child.on("close", (status) => {
      if (descriptor !== "ignore") closeSync(descriptor);
      const wall = (performance.now() - start) / 1000;
      const [user, system, peak] = readFileSync(times, "utf8")
        .trim()
        .split("\n")
        .at(-1)
        .split(" ")
        .map(Number);
      done({ status, wall, cpu: user + system, peak: peak / 1024 });
    });
  });
}

const kubeops = { name: "kubeops check", command: (paths) => [process.execPath, program, "check", ...paths] };

/** Every program in turn, round for round, so that what else the machine does meets all of them alike. */
async function measure(name, paths, input) {
  const programs = input === undefined ? [kubeops, ...peers] : [kubeops];
  const runs = programs.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { command, files }] of programs.entries())
      runs[index].push(await run(command(files === true ? filesIn(paths) : paths), input));
  }
  const medians = runs.map(
    (each) => each.sort((left, right) => left.cpu - right.cpu)[Math.floor(ROUNDS / 2)],
  );
  process.stdout.write(`${name}\n`);
  for (const [index, { wall, cpu, peak, status }] of medians.entries()) {
    const ratio = index === 0 ? "" : `  ours is ${(medians[0].cpu / cpu).toFixed(2)} of its CPU`;
    process.stdout.write(
      `  ${programs[index].name.padEnd(18)} wall ${wall.toFixed(2)} s  CPU ${cpu.toFixed(2)} s  peak ${peak.toFixed(0)} MiB  exit ${status}${ratio}\n`,
    );
  }
}

function filesIn(paths) {
  return paths.flatMap((path) =>
    statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
          .map((entry) => join(entry.parentPath, entry.name))
      : [path],
  );
}

const ROUNDS = 3;
const peers = checkPeers();
const folder = mkdtempSync(join(tmpdir(), "kubeops-bench-"));
const times = join(folder, "times");
try {
  for (const sets of [1, 100, 1000]) {
    const inner = join(folder, String(sets));
    mkdirSync(inner);
    for (let number = 0; number < sets; number++)
      writeFileSync(join(inner, `set-${number}.yaml`), objectSet(number));
    await measure(sets === 1 ? "one set" : `${sets * 10} objects`, [inner]);
  }
  const stream = join(folder, "stream.yaml");
  writeFileSync(stream, Array.from({ length: 1000 }, (_, number) => objectSet(number)).join("---\n"));
  await measure("10000 objects as a stream", ["-"], stream);
  const data = process.env.KUBEOPS_CONFORMANCE_DATA;
  if (data !== undefined) await measure("public manifests", [join(data, "real")]);
  for (const path of process.argv.slice(2)) {
    const files = statSync(path).isDirectory() ? readdirSync(path, { recursive: true }).length : 1;
    await measure(`${path} (${files} files)`, [path]);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
