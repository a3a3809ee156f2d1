import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OpsError } from "../../kube/ops-error.ts";
import { readPlainFiles, replacePlainFile } from "./plain-files.ts";

const object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

describe("files that are edited", () => {
  let cwd: string;
  beforeEach(() => {
    cwd = realpathSync(mkdtempSync(join(tmpdir(), "kubeops-plain-")));
    writeFileSync(join(cwd, "a.yaml"), object);
  });
  afterEach(() => rmSync(cwd, { recursive: true, force: true }));

  function read() {
    const [file] = readPlainFiles({ cwd }, ["."]).files;
    if (file === undefined) throw new Error("nothing was read");
    return file;
  }

  function codeOf(work: () => void): string {
    try {
      work();
      return "done";
    } catch (error) {
      return OpsError.is(error) ? error.code : String(error);
    }
  }

  it("are replaced with their mode and mark, and nothing is left beside them", () => {
    writeFileSync(join(cwd, "a.yaml"), `\uFEFF${object}`);
    chmodSync(join(cwd, "a.yaml"), 0o640);
    const file = read();
    expect(file.text).toBe(object);
    replacePlainFile({ cwd }, file, `${object}# new\n`);
    expect(readFileSync(join(cwd, "a.yaml"), "utf8")).toBe(`\uFEFF${object}# new\n`);
    expect(statSync(join(cwd, "a.yaml")).mode & 0o777).toBe(0o640);
    expect(readdirSync(cwd)).toEqual(["a.yaml"]);
  });

  it("are left as they are when somebody changed, removed or exchanged them meanwhile", () => {
    const file = read();
    writeFileSync(join(cwd, "a.yaml"), "mine\n");
    expect(codeOf(() => replacePlainFile({ cwd }, file, "new\n"))).toBe("INPUT_CHANGED");
    expect(readFileSync(join(cwd, "a.yaml"), "utf8")).toBe("mine\n");
    rmSync(join(cwd, "a.yaml"));
    expect(codeOf(() => replacePlainFile({ cwd }, file, "new\n"))).toBe("INPUT_CHANGED");
    writeFileSync(join(cwd, "b.txt"), object);
    symlinkSync("b.txt", join(cwd, "a.yaml"));
    expect(codeOf(() => replacePlainFile({ cwd }, file, "new\n"))).toBe("INPUT_CHANGED");
    expect(readFileSync(join(cwd, "b.txt"), "utf8")).toBe(object);
  });

  it("are the targets of links, which stay links", () => {
    rmSync(join(cwd, "a.yaml"));
    writeFileSync(join(cwd, "b.txt"), object);
    symlinkSync("b.txt", join(cwd, "a.yaml"));
    replacePlainFile({ cwd }, read(), "new\n");
    expect(readFileSync(join(cwd, "b.txt"), "utf8")).toBe("new\n");
    expect(readFileSync(join(cwd, "a.yaml"), "utf8")).toBe("new\n");
  });
});
