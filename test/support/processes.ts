import { spawnSync } from "node:child_process";

/** Processes that run and whose command line names the folder, a line each; zombies do not run. */
export function processesOf(folder: string): readonly string[] {
  const { status, stdout, stderr } = spawnSync("ps", ["-eo", "pid=,args="], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`ps: ${stderr}`);
  return stdout.split("\n").filter((line) => line.includes(folder));
}
