// Entries a second that the audit log appends (durably, with fsync) and verifies. Run: node test/bench/audit.bench.mjs
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLog } from "../../src/audit/log-store.ts";
import { verifyLog } from "../../src/audit/verify.ts";
import { entries, filesOf, writer } from "../support/log-files.ts";

const seconds = (work) => {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
};
const line = (what, count, time) =>
  console.log(
    `${what.padEnd(28)} ${Math.round(count / time).toLocaleString("en")} entries/s (${count} in ${time.toFixed(2)} s)`,
  );

const folder = mkdtempSync(join(tmpdir(), "kubeops-bench-"));
try {
  const log = openLog(join(folder, "log"), {
    clock: { now: () => Date.now() },
    actor: "bench",
    tool: "bench",
  });
  const count = 600;
  line(
    "append, durable",
    count,
    seconds(() => {
      for (let index = 0; index < count; index += 1)
        log.append({ type: "refusal", target: `target ${index}` });
    }),
  );
  const read = (path) => {
    try {
      return readFileSync(join(folder, "log", path));
    } catch {
      return undefined;
    }
  };
  line(
    "verify a small log on disk",
    count,
    seconds(() => verifyLog(read, log.verifierKey)),
  );
  line(
    "check that it extends",
    count,
    seconds(() => log.extends(log.checkpoint())),
  );
  log.close();

  const by = writer();
  const many = 200_000;
  const files = filesOf(entries(many), by);
  let report;
  const time = seconds(() => (report = verifyLog((path) => files.get(path), by.verifierKey)));
  if (!report.valid) throw new Error(report.problems[0]);
  line("verify a large log", many, time);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
