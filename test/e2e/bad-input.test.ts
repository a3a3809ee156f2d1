import { chmodSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canonicalJson } from "../../src/kube/canonical-json.ts";
import { jsonDigest } from "../../src/kube/digest.ts";
import { leftOut } from "../support/suites.ts";
import { type Ran, makeWorld, must, repository, type World } from "../support/cli.ts";

/** Every bad input has its exact message and exit code, and leaves nothing behind. */
describe("bad input", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld().prepare().charter();
    world.copy(join(repository, "examples/shop"), "shop");
  });
  afterAll(() => world.remove());

  const TARGET = ["--target", "git:./gitops#apps/shop"];
  const plan = (file: string, ...more: string[]): Ran =>
    world.kubeops(["plan", "-f", file, "-n", "shop", ...TARGET, "--out", "never.json", ...more]);

  function refused(ran: Ran, exit: number, message: string): void {
    expect(ran.stderr).toContain(message);
    expect(ran.stderr).not.toMatch(/\n\s+at .*:\d+/);
    expect(ran.stdout).toBe("");
    expect(ran.status).toBe(exit);
    expect(() => readFileSync(world.path("never.json"))).toThrow("ENOENT");
  }

  const config = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;

  test("no input", () => {
    refused(
      world.kubeops(["plan", ...TARGET]),
      2,
      "error: no input was named [USAGE]\n  hint: name files or folders with -f, or - for standard input\n",
    );
  });

  test("an empty name is not the working folder, and an empty standard input is nothing checked", () => {
    for (const words of [
      ["check", ""],
      ["fix", ""],
      ["plan", "-f", "", ...TARGET],
    ])
      refused(world.kubeops(words), 2, "error: an input has an empty name [USAGE]\n  hint: ");
    for (const input of ["", "\n# a comment\n---\n"])
      refused(
        world.kubeops(["check", "-"], { input }),
        2,
        "error: no Kubernetes object came from standard input [INPUT_EMPTY]\n  hint: ",
      );
  });

  test("an unknown command and an unknown flag", () => {
    refused(
      world.kubeops(["plam"]),
      2,
      'error: there is no command "plam" [USAGE]\n  hint: did you mean plan?',
    );
    refused(world.kubeops(["plan", "--frob"]), 2, "[USAGE]");
  });

  test("a file that is not there", () => {
    refused(plan("nothing.yaml"), 2, "[INPUT_NOT_FOUND]");
  });

  test("malformed YAML, with line and column", () => {
    world.write("bad/malformed.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n data: {}\n");
    refused(plan("bad/malformed.yaml"), 2, "error: bad/malformed.yaml:5:");
    world.write("bad/compose.yaml", "services:\n  web:\n    image: [a\n");
    refused(plan("bad/compose.yaml"), 2, "bad/compose.yaml:");
  });

  test("a file of 300 MiB", () => {
    const file = world.write("bad/huge.yaml", config("a"));
    truncateSync(file, 300 * 1024 * 1024);
    refused(plan("bad/huge.yaml"), 2, "[INPUT_TOO_LARGE]");
  });

  test("an alias bomb", () => {
    const lines = [
      "apiVersion: v1",
      "kind: ConfigMap",
      "metadata: {name: a}",
      "data:",
      "  a0: &a0 [x, x, x, x, x, x, x, x, x, x]",
    ];
    for (let i = 1; i < 10; i++)
      lines.push(`  a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(", ")}]`);
    world.write("bad/bomb.yaml", `${lines.join("\n")}\n`);
    refused(plan("bad/bomb.yaml"), 2, "yaml/too-many-aliases");
  });

  test("50,000 nested levels, in YAML and in JSON", () => {
    world.write("bad/deep.yaml", `${config("a")}data: ${"[".repeat(50_000)}${"]".repeat(50_000)}\n`);
    refused(plan("bad/deep.yaml"), 2, "yaml/too-deep");
    world.write(
      "bad/deep.json",
      `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}}`,
    );
    refused(plan("bad/deep.json"), 2, "yaml/too-deep");
  });

  test("NUL bytes and UTF-16", () => {
    world.write("bad/nul.yaml", `${config("a")}data: {a: "\u0000"}\n`);
    refused(plan("bad/nul.yaml"), 2, "yaml/encoding");
    world.write("bad/utf16.yaml", Buffer.from(`\ufeff${config("a")}`, "utf16le"));
    refused(plan("bad/utf16.yaml"), 2, "yaml/encoding");
  });

  test("a byte-order mark is no fault", () => {
    world.write("bom/config.yaml", `\ufeff${config("bom")}`);
    expect(must(world.kubeops(["check", "bom"])).status).toBe(0);
  });

  test("a loop of links, a link out of the folder, and a path out of the project", () => {
    mkdirSync(world.path("loop"), { recursive: true });
    symlinkSync("loop.yaml", world.path("loop/loop.yaml"));
    refused(plan("loop/loop.yaml"), 2, "loop/loop.yaml");
    world.write("outside.yaml", config("outside"));
    mkdirSync(world.path("linked"), { recursive: true });
    symlinkSync(world.path("outside.yaml"), world.path("linked/in.yaml"));
    refused(plan("linked"), 2, "[INPUT_OUTSIDE]");
    world.write("escape/compose.yaml", "services:\n  web:\n    image: a:1\n    env_file: ../outside.yaml\n");
    refused(plan("escape/compose.yaml"), 2, "[INPUT_OUTSIDE]");
  });

  test("a cycle in extends and in include", () => {
    world.write(
      "cycle/compose.yaml",
      "services:\n  a: {extends: {service: b}, image: a:1}\n  b: {extends: {service: a}}\n",
    );
    refused(plan("cycle/compose.yaml"), 2, "[INPUT_CYCLE]");
    world.write("include/compose.yaml", "include: [other.yaml]\nservices:\n  a: {image: a:1}\n");
    world.write("include/other.yaml", "include: [compose.yaml]\n");
    refused(plan("include/compose.yaml"), 2, "[INPUT_CYCLE]");
  });

  test("a missing env file, with its place", () => {
    world.write("env/compose.yaml", "services:\n  web:\n    image: a:1\n    env_file: missing.env\n");
    refused(plan("env/compose.yaml"), 2, "error: env/compose.yaml:4:");
  });

  test("a Secret that carries data", () => {
    world.write(
      "secret/secret.yaml",
      "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2}\n",
    );
    const ran = plan("secret/secret.yaml");
    refused(ran, 2, "[INPUT_SECRET_DATA]");
    expect(ran.stderr).not.toContain("hunter2");
  });

  test("the same object twice", () => {
    world.write("twice/a.yaml", config("same"));
    world.write("twice/b.yaml", config("same"));
    refused(plan("twice"), 2, "object/duplicate-identity");
  });

  test("a target that is none", () => {
    for (const target of [
      "gitops",
      "git:",
      "git:./gitops#../up",
      "git:ssh://host/x#a",
      "git:./gitops@-x#a",
      "git:https://user:pass@host/x#a",
    ]) {
      const ran = world.kubeops(["plan", "-f", "shop/compose.yaml", "--target", target]);
      expect(ran.stderr).toContain("[TARGET_INVALID]");
      expect(ran.status).toBe(2);
      expect(ran.stderr).not.toContain("pass@");
    }
    const ran = world.kubeops(["plan", "-f", "shop/compose.yaml", "--target", "git:./nowhere#a"]);
    expect(ran.stderr).toBe(
      `error: there is no repository at ${world.path("nowhere")} [TARGET_INVALID]\n  hint: make one: git init <folder>\n`,
    );
    expect(ran.status).toBe(2);
  });

  test("a plan that was edited, with and without its digest made to fit", () => {
    must(world.kubeops(["plan", "-f", "shop/compose.yaml", "-n", "shop", ...TARGET, "--out", "plan.json"]));
    const text = readFileSync(world.path("plan.json"), "utf8");
    world.write("edited.json", text.replace('"replicas":3', '"replicas":9'));
    const edited = world.kubeops(["show", "edited.json"]);
    expect(edited.stderr).toContain("[PLAN_DIGEST]");
    expect(edited.status).toBe(3);
    world.write("pretty.json", JSON.stringify(JSON.parse(text), undefined, 2));
    const pretty = world.kubeops(["show", "pretty.json"]);
    expect(pretty.stderr).toContain("[PLAN_MALFORMED]");
    expect(pretty.status).toBe(2);
  });

  test("a plan that was edited and given a fitting digest is shown, and neither approved nor applied", () => {
    const plan = JSON.parse(readFileSync(world.path("plan.json"), "utf8"));
    const change = plan.changes.find((row: { key: { kind: string } }) => row.key.kind === "Deployment");
    change.object.spec.template.spec.hostNetwork = true;
    change.digest = jsonDigest(change.object);
    const { digest: _old, ...rest } = plan;
    world.write("forged.json", `${canonicalJson({ ...rest, digest: jsonDigest(rest) })}\n`);
    expect(must(world.kubeops(["show", "forged.json", "--objects"])).stdout).toContain("hostNetwork: true");
    for (const command of [
      ["approve", "forged.json", "--key", "id_ed25519", "--yes"],
      ["apply", "forged.json"],
    ]) {
      const ran = world.kubeops(command);
      expect(ran.stderr).toContain("[PLAN_NOT_REPRODUCED]");
      expect(ran.status).toBe(3);
    }
  });

  test("an unsigned, an edited and a foreign charter", () => {
    const other = makeWorld().prepare();
    try {
      must(other.kubeops(["charter", "init", "--owner", "id_ed25519.pub"]));
      const unsigned = other.kubeops(["charter", "verify"]);
      expect(unsigned.stderr).toContain("[CHARTER_UNSIGNED]");
      expect(unsigned.status).toBe(1);
      must(other.kubeops(["charter", "sign", "--key", "id_ed25519"]));
      const file = other.path("home/.config/kubeops/charter.yaml");
      writeFileSync(file, readFileSync(file, "utf8").replace("namespaces: []", "namespaces: [kube-system]"));
      const edited = other.kubeops(["charter", "verify"]);
      expect(edited.stderr).toContain("[CHARTER_FOREIGN]");
      expect(edited.status).toBe(1);
      const foreign = other.kubeops(["charter", "sign", "--key", world.path("id_ed25519")]);
      expect(foreign.stderr).toContain("[CHARTER_FOREIGN]");
    } finally {
      other.remove();
    }
  });

  test("without a charter a plan is denied and says how to make one", () => {
    const other = makeWorld().prepare();
    try {
      other.copy(join(repository, "examples/shop"), "shop");
      const ran = other.kubeops(["plan", "-f", "shop/compose.yaml", ...TARGET]);
      expect(ran.stdout).toContain("charter/missing");
      expect(ran.stderr).toContain("next: kubeops charter init, then kubeops charter sign");
      expect(ran.status).toBe(1);
    } finally {
      other.remove();
    }
  });

  test("a key that no approver has, and a software key where presence is asked for", () => {
    must(world.run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", "stranger"]));
    const stranger = world.kubeops(["approve", "plan.json", "--key", "stranger", "--yes"]);
    expect(stranger.stderr).toContain("[APPROVER_UNKNOWN]");
    expect(stranger.status).toBe(1);
  });

  test("a base branch that moved", () => {
    must(world.kubeops(["approve", "plan.json", "--key", "id_ed25519", "--yes"]));
    const tree = must(
      world.run("git", ["-C", "gitops", "hash-object", "-t", "tree", "-w", "/dev/null"]),
    ).stdout.trim();
    const commit = must(world.run("git", ["-C", "gitops", "commit-tree", tree, "-m", "moved"])).stdout.trim();
    must(world.run("git", ["-C", "gitops", "update-ref", "refs/heads/main", commit]));
    const ran = world.kubeops(["apply", "plan.json"]);
    expect(ran.stderr).toContain("[TARGET_DRIFT]");
    expect(ran.status).toBe(3);
  });

  test("a full disk: the state keeps its old content and nothing half-written stays", () => {
    mkdirSync(world.path("small"), { recursive: true });
    const kubeops = `${process.execPath} ${join(repository, "bin/kubeops.cjs")}`;
    const script = `mount -t tmpfs -o size=48k,mode=700 tmpfs small && ${kubeops} plan -f shop/compose.yaml -n shop --target git:./gitops#apps/shop --state small -q >/dev/null; echo "exit $?"; ls -A small small/plans; ${kubeops} audit list --state small`;
    const ran = world.run("unshare", ["--mount", "sh", "-c", script]);
    if (ran.stderr.includes("Operation not permitted") || ran.stderr.includes("unshare")) {
      leftOut("a full disk", "run as root, which may mount a small file system");
      return;
    }
    expect(ran.stdout).toContain("exit 3\n");
    expect(ran.stderr).toMatch(/\[(?:STATE_UNWRITABLE|LOG_UNWRITABLE|OUTPUT_FAILED)\]/);
    expect(ran.stdout).not.toContain(".tmp");
    expect(ran.stderr).not.toMatch(/\n\s+at .*:\d+/);
  });

  test("a folder without permission", () => {
    world.write("closed/a.yaml", config("a"));
    chmodSync(world.path("closed"), 0o000);
    chmodSync(world.folder, 0o755);
    // Root reads everything: the command runs as nobody.
    const ran = world.run("setpriv", [
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      process.execPath,
      join(repository, "bin/kubeops.cjs"),
      "check",
      world.path("closed"),
    ]);
    expect(ran.stderr).toContain("[INPUT_UNREADABLE]");
    expect(ran.status).toBe(2);
    chmodSync(world.path("closed"), 0o755);
  });

  test("standard output on a full disk", () => {
    world.write("k8s/a.yaml", config("a"));
    const program = join(repository, "bin/kubeops.cjs");
    const ran = world.run("sh", ["-c", '"$0" "$1" check k8s > /dev/full', process.execPath, program]);
    expect(ran.stderr).toMatch(
      /^error: cannot write standard output \(ENOSPC\) \[OUTPUT_FAILED\]\n {2}hint: .+\n$/,
    );
    expect(ran.status).toBe(3);
    const both = world.run("sh", ["-c", '"$0" "$1" check gone 2> /dev/full', process.execPath, program]);
    expect(both.status).toBe(2);
  });

  test("a reader that goes away is no failure, and hides none", () => {
    // More than a pipe holds, so that the program finds out.
    for (let number = 0; number < 200; number++) world.write(`many/${number}.yaml`, config(`A_${number}`));
    const program = join(repository, "bin/kubeops.cjs");
    const status = (words: string): string => {
      const shell = `{ "$0" "$1" ${words} -o json; echo $? > status; } | head -c 1`;
      const ran = world.run("sh", ["-c", shell, process.execPath, program]);
      expect(ran.stderr).toBe("");
      return readFileSync(world.path("status"), "utf8").trim();
    };
    expect(status("check many")).toBe("1");
    expect(status("check --list-checks")).toBe("0");
  });

  test("no HOME: what needs none runs", () => {
    world.write("k8s/a.yaml", config("a"));
    expect(world.kubeops(["check", "k8s"], { env: { HOME: "" } })).toMatchObject({
      status: 0,
      stdout: "no findings in 1 file\n",
      stderr: "",
    });
  });
});
