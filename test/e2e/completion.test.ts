import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { join } from "node:path";
import { makeWorld, must, repository, type World } from "../support/cli.ts";
import { leftOut } from "../support/suites.ts";

describe("completion", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld();
    world.write(
      "bin/kubeops",
      `#!/bin/sh\nexec ${process.execPath} ${join(repository, "bin/kubeops.cjs")} "$@"\n`,
    );
    must(world.run("chmod", ["+x", "bin/kubeops"]));
  });
  afterAll(() => world.remove());

  const propose = (...words: string[]): string[] =>
    must(world.kubeops(["__complete", "--", ...words]))
      .stdout.trim()
      .split("\n")
      .map((line) => line.split("\t")[0] ?? "");

  test("commands, subcommands, flags and values are proposed; hidden ones are not", () => {
    expect(propose("")).toEqual(
      expect.arrayContaining(["plan", "show", "approve", "apply", "undo", "check", "audit", "charter"]),
    );
    expect(propose("")).not.toContain("__complete");
    expect(propose("audit", "v")).toEqual(["verify"]);
    expect(propose("plan", "--comp")).toEqual(["--compose-profile"]);
    expect(propose("show", "-o", "")).toEqual(["text", "json"]);
    expect(propose("completion", "z")).toEqual(["zsh"]);
  });

  test("the bash script completes in a real bash", () => {
    must(world.kubeops(["completion", "bash"]));
    const ran = must(
      world.run("bash", [
        "-c",
        'PATH="$PWD/bin:$PATH"; source <(kubeops completion bash); COMP_WORDS=(kubeops cha); COMP_CWORD=1; _kubeops; printf "%s\\n" "${COMPREPLY[@]}"',
      ]),
    );
    expect(ran.stdout).toBe("charter\n");
  });

  const shells = [
    ["zsh", "/usr/bin/zsh", ["-n"]],
    ["fish", "/usr/bin/fish", ["-n"]],
  ] as const;
  for (const [shell, program, args] of shells) {
    // The scripts of shells that are not installed are held by their text alone.
    test.skipIf(!existsSync(program) && !process.env["KUBEOPS_SHELLS"] && leftOutQuietly(shell))(
      `the ${shell} script is read without a fault by ${shell}`,
      () => {
        const file = world.write(`completion.${shell}`, must(world.kubeops(["completion", shell])).stdout);
        const ran = must(world.run(program, [...args, file]));
        expect(ran.stderr).toBe("");
      },
    );
  }

  test("another shell is refused", () => {
    const ran = world.kubeops(["completion", "tcsh"]);
    expect(ran.status).toBe(2);
    expect(ran.stderr).toContain("there is for bash, zsh, fish, powershell");
  });
});

function leftOutQuietly(shell: string): boolean {
  return leftOut(`completion in a real ${shell}`, `install ${shell}`);
}
