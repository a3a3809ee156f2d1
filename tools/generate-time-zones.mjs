// Writes the names of time zones that Go knows (lib/time/zoneinfo.zip of the Go toolchain, embedded in kube-apiserver).
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim();
const version = execFileSync("go", ["env", "GOVERSION"], { encoding: "utf8" }).trim();
const zip = readFileSync(join(root, "lib/time/zoneinfo.zip"));

/** Names of the files of an archive, from its central directory. */
function namesOf(bytes) {
  let end = bytes.length - 22;
  while (bytes.readUInt32LE(end) !== 0x06054b50) end--;
  const names = [];
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const length = bytes.readUInt16LE(at + 28);
    names.push(bytes.toString("utf8", at + 46, at + 46 + length));
    at += 46 + length + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return names.filter((name) => !name.endsWith("/")).sort();
}

const text = `// Made by tools/generate-time-zones.mjs from lib/time/zoneinfo.zip of ${version}.
/** Names of the time zones that a CronJob may name, joined by spaces. */
export const timeZoneNames: string = ${JSON.stringify(namesOf(zip).join(" "))};
`;
writeFileSync(
  new URL("../src/analysis/checks/server/workloads/time-zones.generated.ts", import.meta.url),
  text,
);
