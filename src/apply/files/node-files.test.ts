import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { leftOut } from "../../../test/support/suites.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { readInputs } from "../../kube/read-inputs.ts";
import { projectFiles } from "./node-files.ts";

let home: string;
let root: string;

const object = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`;

beforeAll(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "kubeops-files-")));
  root = join(home, "project");
  mkdirSync(join(root, "a/b"), { recursive: true });
  mkdirSync(join(root, "a/.hidden"));
  mkdirSync(join(root, "node_modules"));
  writeFileSync(join(home, "outside.yaml"), object("outside"));
  writeFileSync(join(root, "one.yaml"), object("one"));
  writeFileSync(join(root, "a/two.yml"), object("two"));
  writeFileSync(
    join(root, "a/b/three.json"),
    '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"three"}}',
  );
  writeFileSync(join(root, "a/b/notes.txt"), "no manifest");
  writeFileSync(join(root, "a/values.yaml"), "image: x\n");
  writeFileSync(join(root, "a/.hidden/four.yaml"), object("four"));
  writeFileSync(join(root, "node_modules/five.yaml"), object("five"));
  writeFileSync(
    join(root, "a/kustomization.yaml"),
    "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
  );
  symlinkSync("one.yaml", join(root, "inside-link.yaml"));
  mkdirSync(join(root, "odd"));
  symlinkSync("../../outside.yaml", join(root, "odd/out-link.yaml"));
  symlinkSync("..", join(root, "odd/up"));
  symlinkSync("loop-b.yaml", join(root, "odd/loop-a.yaml"));
  symlinkSync("loop-a.yaml", join(root, "odd/loop-b.yaml"));
  symlinkSync("../..", join(root, "odd/out-folder"));
  symlinkSync("missing.yaml", join(root, "odd/dangling.yaml"));
});

afterAll(() => {
  chmodSync(root, 0o755);
  rmSync(home, { recursive: true, force: true });
});

function failure(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (OpsError.is(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "nothing was thrown";
}

describe("projectFiles", () => {
  it("reads, lists and names what is inside", () => {
    const files = projectFiles(root, { displayFrom: home });
    expect(new TextDecoder().decode(files.read("one.yaml"))).toBe(object("one"));
    expect(files.read("inside-link.yaml").length).toBe(files.size("one.yaml"));
    expect(files.kind("a")).toBe("folder");
    expect(files.kind(".")).toBe("folder");
    expect(files.kind("a/two.yml")).toBe("file");
    expect(files.kind("nothing")).toBeUndefined();
    expect(files.kind("one.yaml/x")).toBeUndefined();
    expect(files.kind("odd/dangling.yaml")).toBeUndefined();
    expect(files.list("a/b")).toEqual(["notes.txt", "three.json"]);
    expect(files.display("a/two.yml")).toBe("project/a/two.yml");
    expect(projectFiles(root).display("a/two.yml")).toBe("a/two.yml");
    expect(projectFiles(root, { displayFrom: join(root, "a") }).display("one.yaml")).toBe("../one.yaml");
  });

  it("K16: refuses every way out of the folder, with the exact message", () => {
    const files = projectFiles(root);
    for (const path of [
      "..",
      "../outside.yaml",
      "a/../../outside.yaml",
      join(home, "outside.yaml"),
      "/etc/passwd",
    ]) {
      for (const method of ["kind", "size", "read", "list"] as const) {
        expect(failure(() => files[method](path))).toBe(
          `INPUT_OUTSIDE: ${path} lies outside the project folder`,
        );
      }
    }
    for (const path of ["odd/out-link.yaml", "odd/out-folder", "odd/out-folder/outside.yaml"]) {
      for (const method of ["kind", "size", "read", "list"] as const) {
        expect(failure(() => files[method](path))).toBe(
          `INPUT_OUTSIDE: ${path} is a link out of the project folder`,
        );
      }
    }
    expect(failure(() => files.read("a/../one.yaml"))).toBe("nothing was thrown");
  });

  it("a folder whose name begins like the project's is outside", () => {
    mkdirSync(join(home, "project-2"));
    writeFileSync(join(home, "project-2/x.yaml"), object("x"));
    symlinkSync("../../project-2/x.yaml", join(root, "a/sibling.yaml"));
    expect(failure(() => projectFiles(root).read("a/sibling.yaml"))).toBe(
      "INPUT_OUTSIDE: a/sibling.yaml is a link out of the project folder",
    );
    rmSync(join(root, "a/sibling.yaml"));
  });

  it("says what is missing, looping, no file, or too large", () => {
    const files = projectFiles(root);
    expect(failure(() => files.read("nothing.yaml"))).toBe("INPUT_NOT_FOUND: nothing.yaml does not exist");
    expect(failure(() => files.read("a\u0000b"))).toBe("INPUT_NOT_FOUND: a\\u{0}b does not exist");
    expect(failure(() => files.read("odd/loop-a.yaml"))).toBe(
      "INPUT_UNREADABLE: odd/loop-a.yaml is a link that leads back to itself",
    );
    expect(failure(() => files.read("a"))).toBe("INPUT_UNREADABLE: a is a folder, not a file");
    expect(failure(() => files.list("one.yaml"))).toBe("INPUT_UNREADABLE: one.yaml is a file, not a folder");
    expect(failure(() => files.read("one.yaml", 10))).toBe(
      "INPUT_TOO_LARGE: one.yaml has 53 bytes; at most 10 are read",
    );
    expect(files.read("one.yaml", 53).length).toBe(53);
    expect(failure(() => projectFiles(join(home, "nowhere")))).toBe(
      `INPUT_NOT_FOUND: ${join(home, "nowhere")} is not a folder`,
    );
  });

  it("refuses a file of 300 MiB before it reads it", () => {
    const path = join(root, "a/huge.yaml");
    writeFileSync(path, "");
    truncateSync(path, 300 * 1024 * 1024);
    expect(failure(() => projectFiles(root).read("a/huge.yaml"))).toBe(
      "INPUT_TOO_LARGE: a/huge.yaml has 314572800 bytes; at most 268435456 are read",
    );
    rmSync(path);
  });

  it("does not wait for a pipe and reads no device", () => {
    const made = spawnSync("mkfifo", [join(root, "a/pipe.yaml")]);
    if (made.status !== 0) {
      leftOut("reading a pipe", "mkfifo");
      return;
    }
    expect(failure(() => projectFiles(root).read("a/pipe.yaml"))).toBe(
      "INPUT_UNREADABLE: a/pipe.yaml is a pipe, not a file",
    );
    rmSync(join(root, "a/pipe.yaml"));
    expect(failure(() => projectFiles("/dev").read("null"))).toBe(
      "INPUT_UNREADABLE: null is a device, not a file",
    );
  });

  it("says permission denied for a file, and for a folder, that may not be read", () => {
    const isRoot = process.getuid?.() === 0;
    writeFileSync(join(root, "a/secret.yaml"), object("secret"), { mode: 0o000 });
    mkdirSync(join(root, "closed"), { mode: 0o000 });
    const script = `
      import { projectFiles } from ${JSON.stringify(new URL("node-files.ts", import.meta.url).href)};
      const files = projectFiles(${JSON.stringify(root)});
      for (const [method, path] of [["read", "a/secret.yaml"], ["list", "closed"], ["kind", "closed/x.yaml"]]) {
        try { files[method](path); console.log("read"); } catch (error) { console.log(error.code + ": " + error.message); }
      }`;
    chmodSync(home, 0o755);
    // Root may read everything: the child gives its rights up.
    const child = spawnSync(process.execPath, ["--input-type=module", "--no-warnings", "-e", script], {
      ...(isRoot ? { uid: 65_534, gid: 65_534 } : {}),
      cwd: "/",
      encoding: "utf8",
    });
    chmodSync(join(root, "closed"), 0o755);
    rmSync(join(root, "closed"), { recursive: true });
    rmSync(join(root, "a/secret.yaml"));
    if (child.stdout === "") {
      leftOut(
        "reading without permission",
        `a user without rights who can read this checkout: ${child.stderr}`,
      );
      return;
    }
    expect(child.stdout.trim().split("\n")).toEqual([
      "INPUT_UNREADABLE: a/secret.yaml may not be read: permission denied",
      "INPUT_UNREADABLE: closed may not be read: permission denied",
      "INPUT_UNREADABLE: closed/x.yaml may not be read: permission denied",
    ]);
  });
});

describe("readInputs on a real folder", () => {
  const paths = (names: readonly string[]) => {
    const read = readInputs(projectFiles(root), names);
    return { read: read.inputs.map((input) => input.path), skipped: read.skipped };
  };

  it("walks a folder, leaves hidden folders aside, and names what it skips", () => {
    expect(paths(["a"])).toEqual({
      read: ["a/b/three.json", "a/two.yml"],
      skipped: [
        { path: "a/kustomization.yaml", reason: "a kustomization, not an object" },
        { path: "a/values.yaml", reason: "no apiVersion in it" },
      ],
    });
  });

  it("reads a file that is named itself, whatever it holds, and each file once", () => {
    expect(paths(["a/values.yaml", "./a//values.yaml"])).toEqual({ read: ["a/values.yaml"], skipped: [] });
    expect(paths(["one.yaml", "inside-link.yaml"])).toEqual({
      read: ["one.yaml"],
      skipped: [{ path: "inside-link.yaml", reason: "the same file as one.yaml" }],
    });
  });

  it.each([
    ["*.yaml", ["inside-link.yaml"]],
    ["a/*.yml", ["a/two.yml"]],
    ["a/**/*.json", ["a/b/three.json"]],
    ["**/*.yml", ["a/two.yml"]],
    ["a/?/thre?.json", ["a/b/three.json"]],
    ["a/b/**", ["a/b/three.json"]],
  ])("glob %s", (glob, read) => {
    rmSync(join(root, "odd"), { recursive: true, force: true });
    expect(paths([glob]).read).toEqual(read);
  });

  it("says when a name or glob fits nothing", () => {
    expect(failure(() => paths(["nothing"]))).toBe("INPUT_NOT_FOUND: nothing does not exist");
    expect(failure(() => paths(["a/*.toml"]))).toBe("INPUT_NOT_FOUND: no file matches a/*.toml");
    expect(failure(() => paths(["../outside.yaml"]))).toBe(
      "INPUT_OUTSIDE: ../outside.yaml lies outside the project folder",
    );
  });

  it("walks a loop of folder links once", () => {
    symlinkSync("..", join(root, "a/up"));
    expect(paths(["."]).skipped).toContainEqual({
      path: "a/up",
      reason: "a link to a folder that was walked already",
    });
    rmSync(join(root, "a/up"));
  });

  it("refuses a manifest that is a link out of the folder, and names other links out", () => {
    symlinkSync("../../outside.yaml", join(root, "a/out.yaml"));
    expect(failure(() => paths(["a"]))).toBe("INPUT_OUTSIDE: a/out.yaml is a link out of the project folder");
    rmSync(join(root, "a/out.yaml"));
    symlinkSync("../..", join(root, "a/out"));
    expect(paths(["a"]).skipped).toContainEqual({
      path: "a/out",
      reason: "a link out of the project folder",
    });
    rmSync(join(root, "a/out"));
  });
});
