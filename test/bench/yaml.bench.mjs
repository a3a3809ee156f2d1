// Speed of the YAML reader, places included, beside js-yaml on the same text.
// node test/bench/yaml.bench.mjs, with KUBEOPS_CONFORMANCE_DATA set; other YAML files may be named.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { loadAll, parseEvents } from "js-yaml";
import { readDocuments } from "../../src/kube/yaml/read-documents.ts";

const data = process.env.KUBEOPS_CONFORMANCE_DATA;
const named = process.argv.slice(2);
const sources =
  named.length > 0
    ? named
    : data === undefined
      ? []
      : [
          join(data, "real/argo-cd"),
          join(data, "real/kube-prometheus"),
          join(data, "real/microservices-demo"),
        ];
if (sources.length === 0) {
  console.log("left out: set KUBEOPS_CONFORMANCE_DATA, or name YAML files");
  process.exit(0);
}

function filesOf(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Median milliseconds of this process's own time, of rounds that last a second and a half together. */
function median(action) {
  const times = [];
  const end = performance.now() + 1500;
  do {
    const start = process.cpuUsage();
    action();
    times.push(process.cpuUsage(start).user / 1000);
  } while (performance.now() < end || times.length < 5);
  return times.sort((left, right) => left - right)[times.length >> 1];
}

for (const source of sources) {
  const files = filesOf(source).map((file) => readFileSync(file));
  const texts = files.map((bytes) => bytes.toString("utf8"));
  const size = files.reduce((sum, bytes) => sum + bytes.length, 0) / 1e6;
  const reader = median(() => files.forEach((bytes) => readDocuments("bench.yaml", bytes)));
  const load = median(() => texts.forEach((text) => loadAll(text)));
  const events = median(() => texts.forEach((text) => parseEvents(text, {})));
  const speed = (time) => `${time.toFixed(1)} ms ${((size * 1000) / time).toFixed(1)} MB/s`;
  console.log(`${source}: ${files.length} files, ${size.toFixed(2)} MB`);
  console.log(`  readDocuments       ${speed(reader)}`);
  console.log(`  js-yaml loadAll     ${speed(load)} (reader/loadAll ${(reader / load).toFixed(2)})`);
  console.log(`  js-yaml parseEvents ${speed(events)} (reader/parseEvents ${(reader / events).toFixed(2)})`);
}
