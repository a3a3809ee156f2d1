import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeWorld, must, repository } from "../support/cli.ts";

/** The picture in the README is the real output of the real command. UPDATE_README=1 takes the new one over. */
test("the README shows a plan as the terminal shows it", () => {
  const world = makeWorld().prepare();
  try {
    world.copy(join(repository, "examples/hello"), "hello");
    world.charter({ namespaces: ["hello"], folder: "apps/hello" });
    const { stdout } = must(
      world.kubeops([
        "plan",
        "-f",
        "hello/compose.yaml",
        "-n",
        "hello",
        "--target",
        "git:./gitops#apps/hello",
      ]),
    );
    const picture = stdout
      .slice(0, stdout.indexOf("\n\nDecided for you"))
      .replaceAll(world.folder, "/srv")
      .replaceAll(/SHA256:[A-Za-z0-9+/]{43}/g, "SHA256:vl0fI58XX8RmuTPftACkW8qQpa5QzMmZUOPtSUoKfTg")
      .replaceAll(/sha256:[0-9a-f]{64}/g, `sha256:${"f091b6c9952d".padEnd(64, "4f54aad3179e5c72")}`)
      .replaceAll(/(Plan |kubeops\/)[0-9a-f]{12}/g, "$1f091b6c9952d");
    const file = join(repository, "README.md");
    const readme = readFileSync(file, "utf8");
    const block = /```text\n([\s\S]*?)\n```/.exec(readme)?.[1];
    if (process.env["UPDATE_README"] === "1")
      writeFileSync(
        file,
        readme.replace(/```text\n[\s\S]*?\n```/, () => `\`\`\`text\n${picture}\n\`\`\``),
      );
    else expect(block).toBe(picture);
  } finally {
    world.remove();
  }
});
