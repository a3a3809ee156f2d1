// Runs programs side by side as whole processes: wall and CPU seconds (user + system), peak MiB.
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const kubeopsProgram = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "bin", "kubeops.cjs");

/** `kubeops` with these words before the input paths. */
export function kubeops(...words) {
  const name = `kubeops ${words.join(" ")}`;
  return { name, command: (paths) => [process.execPath, kubeopsProgram, ...words, ...paths] };
}

const ROUNDS = 3;

/**
 * Every program in turn, round for round, so that what else the machine does meets all of them alike. The first is ours:
 * of the others it is told what part of their CPU time ours takes. `fresh` puts the inputs back before each run, where runs change them.
 */
export async function measure({ name, programs, paths, input, fresh = () => undefined }) {
  const folder = mkdtempSync(join(tmpdir(), "kubeops-times-"));
  const times = join(folder, "times");
  const runs = programs.map(() => []);
  try {
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, { command, files }] of programs.entries()) {
        fresh();
        runs[index].push(await run(command(files === true ? filesIn(paths) : paths), { input, times }));
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const medians = runs.map(
    (each) => each.sort((left, right) => left.cpu - right.cpu)[Math.floor(ROUNDS / 2)],
  );
  process.stdout.write(`${name}\n`);
  const width = Math.max(...programs.map((program) => program.name.length));
  for (const [index, { wall, cpu, peak, status }] of medians.entries()) {
    // time(1) counts in hundredths of a second.
    const told = index > 0 && cpu >= 0.02;
    const ratio = told ? `  the first takes ${(medians[0].cpu / cpu).toFixed(2)} of its CPU` : "";
    process.stdout.write(
      `  ${programs[index].name.padEnd(width)} wall ${wall.toFixed(2)} s  CPU ${cpu.toFixed(2)} s  peak ${peak.toFixed(0)} MiB  exit ${status}${ratio}\n`,
    );
  }
}

/** Runs a command once under time(1), which tells CPU time and peak memory of any program. */
function run(words, { input, times }) {
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

function filesIn(paths) {
  return paths.flatMap((path) =>
    statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
          .map((entry) => join(entry.parentPath, entry.name))
      : [path],
  );
}
