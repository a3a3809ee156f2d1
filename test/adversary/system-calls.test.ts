import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, must, repository, type World } from "../support/cli.ts";
import { bySubagent, modelEndpoint } from "../support/model-endpoint.ts";
import { leftOut } from "../support/suites.ts";
import { payloads } from "./payloads.ts";

/** Whether system calls can be watched here: the program is there, and the kernel lets it. */
const watched = spawnSync("strace", ["-f", "-o", "/dev/null", "true"]).status === 0;

/** The kernel's own account of what the program did: no code of Node or of ours stands in between. */
describe.skipIf(
  !watched && leftOut("system calls of a run with a hostile model", "strace, and the right to trace"),
)("system calls of a run with a hostile model", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld().prepare();
    world.charter();
  });
  afterAll(() => world.remove());

  test("K1 K4 K9 K13: it connects to the endpoint alone, listens nowhere, runs git and nothing else, opens no file that the model named", async () => {
    const hostile = payloads.flatMap(({ texts }) => texts);
    const calls = hostile.slice(-7).map((name) => ({ name: "deploy", args: { name, image: "nginx:1.29" } }));
    const honest = { name: "deploy", args: { name: "api", image: "ghcr.io/acme/api:1.4.2" } };
    const endpoint = await modelEndpoint(bySubagent({ manifests: [{ calls: [...calls, honest] }] }));
    const trace = world.path("trace");
    const child = spawn(
      "strace",
      [
        "-f",
        "-qq",
        "-s",
        "300",
        "-e",
        "trace=connect,bind,listen,execve,openat,sendto",
        "-o",
        trace,
        process.execPath,
        join(repository, "bin", "kubeops.cjs"),
        "ask",
        "run the api",
        "-n",
        "shop",
        "--target",
        "git:./gitops#apps/shop",
      ],
      { cwd: world.folder, env: { ...world.env, ...endpoint.env }, stdio: "ignore" },
    );
    const status = await new Promise((resolve) => child.on("close", resolve));
    const { port } = new URL(endpoint.url);
    await endpoint.close();
    expect(status).toBe(0);
    const lines = readFileSync(trace, "utf8").split("\n");
    const internet = lines.filter((line) => /\b(?:connect|bind|sendto)\(.*AF_INET6?/u.test(line));
    expect(internet.length).toBeGreaterThan(0);
    for (const line of internet) expect(line).toContain(`connect(`);
    for (const line of internet)
      expect(line).toContain(`sin_port=htons(${port}), sin_addr=inet_addr("127.0.0.1")`);
    expect(lines.filter((line) => /\blisten\(/u.test(line))).toEqual([]);
    const programs = lines.filter((line) => /\bexecve\(.* = 0$/u.test(line));
    for (const line of programs) {
      // The shell is git's own: it starts its other half for a local repository, with the fixed words that we give it.
      expect(line).toMatch(
        /execve\("(?:[^"]*\/(?:node|git|git-upload-pack)"|\/bin\/sh", \["\/bin\/sh", "-c", "\/\S*\/git -c 'core\.hooksPath=)/u,
      );
    }
    // What the model named is in no call of the kernel: not as a file, not as an argument.
    for (const text of hostile.slice(-7).filter((one) => one.length > 3)) {
      expect(
        lines.filter((line) => line.includes(text)),
        text,
      ).toEqual([]);
    }
    expect(must(world.run("git", ["-C", "gitops", "for-each-ref"])).stdout).toBe("");
  });
});
