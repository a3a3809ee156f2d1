// The linters beside which check.bench.mjs and upgrade.bench.mjs measure us, built once from their Go modules into the cache folder, and the
// schemas that kubeconform reads: made from the OpenAPI documents of k8s.io/kubernetes, as its own are.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "kubeops", "peers");
const KUBERNETES = "1.37.2";

function built(name, version, path) {
  const program = join(cache, `${name}-${version}`);
  if (existsSync(program)) return program;
  mkdirSync(cache, { recursive: true });
  process.stdout.write(`building ${name} ${version}…\n`);
  const made = spawnSync("go", ["build", "-o", program, path], {
    cwd: join(root, "tools/peers", name),
    env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly" },
    encoding: "utf8",
  });
  if (made.status === 0) return program;
  process.stdout.write(`${name} left out: ${made.stderr?.trim().split("\n")[0] ?? made.error}\n`);
  return undefined;
}

/** Peers as functions from input paths to a command line; with `target` they tell what that version does not serve. */
export function checkPeers({ target = false } = {}) {
  const peers = [];
  const kubeconform = built("kubeconform", "0.7.0", "github.com/yannh/kubeconform/cmd/kubeconform");
  const schemas = kubeconform === undefined ? undefined : schemaFolder();
  if (kubeconform !== undefined && schemas !== undefined)
    peers.push({
      name: "kubeconform 0.7.0",
      command: (paths) => [
        kubeconform,
        "-strict",
        // Its schemas are those of the target: a kind without one is a version that the target does not have.
        ...(target ? [] : ["-ignore-missing-schemas"]),
        "-schema-location",
        join(schemas, "{{.ResourceKind}}{{.KindSuffix}}.json"),
        ...paths,
      ],
    });
  const score = built("kube-score", "1.20.0", "github.com/zegl/kube-score/cmd/kube-score");
  if (score !== undefined)
    peers.push({
      name: "kube-score 1.20.0",
      files: true,
      command: (paths) => [
        score,
        "score",
        // Its check "stable-version" judges API versions by it.
        ...(target ? ["--kubernetes-version", `v${KUBERNETES.split(".").slice(0, 2).join(".")}`] : []),
        ...paths,
      ],
    });
  return peers;
}

/** One JSON Schema a kind, with everything that it refers to. */
function schemaFolder() {
  const folder = join(cache, `kubeconform-schemas-${KUBERNETES}`);
  if (existsSync(join(folder, "done"))) return folder;
  const answer = spawnSync("go", ["mod", "download", "-json", `k8s.io/kubernetes@v${KUBERNETES}`], {
    encoding: "utf8",
  });
  if (answer.status !== 0) return undefined;
  const source = join(JSON.parse(answer.stdout).Dir, "api/openapi-spec/v3");
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(source)) {
    const schemas = JSON.parse(readFileSync(join(source, file), "utf8")).components?.schemas ?? {};
    for (const [name, schema] of Object.entries(schemas)) {
      const marks = schema["x-kubernetes-group-version-kind"] ?? [];
      if (marks.length !== 1) continue;
      const [{ group, version, kind }] = marks;
      const suffix = group === "" ? `-${version}` : `-${group.split(".")[0]}-${version}`;
      const definitions = {};
      const body = collect(name, schemas, definitions);
      writeFileSync(
        join(folder, `${kind.toLowerCase()}${suffix}.json`.toLowerCase()),
        JSON.stringify({ $schema: "http://json-schema.org/draft-07/schema#", ...body, definitions }),
      );
    }
  }
  writeFileSync(join(folder, "done"), "");
  return folder;
}

const PREFIX = "#/components/schemas/";

function collect(name, schemas, definitions) {
  const rewrite = (value) => {
    if (Array.isArray(value)) return value.map(rewrite);
    if (value === null || typeof value !== "object") return value;
    const out = {};
    for (const [key, inner] of Object.entries(value)) {
      if (key === "description" || key.startsWith("x-kubernetes")) continue;
      if (key === "$ref" && typeof inner === "string" && inner.startsWith(PREFIX)) {
        const target = inner.slice(PREFIX.length);
        if (!(target in definitions)) {
          definitions[target] = {};
          definitions[target] = bodyOf(schemas[target]);
        }
        out.$ref = `#/definitions/${target}`;
      } else out[key] = rewrite(inner);
    }
    return out;
  };
  const bodyOf = (schema) => {
    const body = rewrite(schema);
    return body.properties === undefined ? body : { ...body, additionalProperties: false };
  };
  return bodyOf(schemas[name]);
}
