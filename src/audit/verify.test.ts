import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { entries, entry, filesOf, type LogFiles, readerOf, writer } from "../../test/support/log-files.ts";
import { deep } from "../../test/support/suites.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import type { Checkpoint } from "./event.ts";
import { leafHash } from "./merkle.ts";
import { signNote } from "./signed-note.ts";
import { encodeBundle, encodeTile } from "./tiles.ts";
import { type LogReport, verifyLog } from "./verify.ts";

const by = writer();
const verify = (files: LogFiles, outside?: Checkpoint): LogReport =>
  verifyLog(readerOf(files), by.verifierKey, outside);
const checkpointOf = (files: LogFiles): Checkpoint =>
  parseCheckpoint(Buffer.from(files.get("checkpoint")!).toString("utf8").split("\n\n")[0]!.concat("\n"))!
    .checkpoint;
const notExcluded = ["truncation and fork not excluded"];
const plan = `sha256:${"ab".repeat(32)}`;

describe("a whole log", () => {
  test.each([1, 2, 255, 256, 257, 600])("of %i entries is valid", (size) => {
    const files = filesOf(entries(size), by);
    expect(verify(files)).toEqual({
      valid: true,
      size,
      root: checkpointOf(files).root,
      problems: [],
      notExcluded,
    });
  });

  test("that is being written to is judged by its newest checkpoint", () => {
    const [older, newer] = [filesOf(entries(5), by), filesOf(entries(6), by)];
    let reads = 0;
    // The older checkpoint is read; by then the files are the newer ones.
    const read = (path: string): Uint8Array | undefined => ((reads += 1) === 1 ? older : newer).get(path);
    expect(verifyLog(read, by.verifierKey)).toMatchObject({ valid: true, size: 6 });
  });
});

describe("whoever has no key", () => {
  const small = filesOf(entries(4), by);
  const large = filesOf(entries(259), by);

  test("changes no byte of any file unseen", () => {
    for (const [path, bytes] of small) {
      for (let at = 0; at < bytes.length; at += 1) {
        for (const mask of deep ? [1, 2, 4, 8, 16, 32, 64, 128] : [1, 32]) {
          const changed = Uint8Array.from(bytes);
          changed[at] = (changed[at] ?? 0) ^ mask;
          const report = verify(new Map(small).set(path, changed));
          expect(report.valid, `${path} byte ${at} mask ${mask}`).toBe(false);
          expect(report.problems.length).toBeGreaterThan(0);
        }
      }
    }
  });

  test("changes, cuts, adds or removes nothing in a log with full and partial tiles unseen", () => {
    const paths = [...large.keys()];
    const mutation = fc.record({
      path: fc.constantFrom(...paths),
      how: fc.constantFrom("flip", "cut", "insert", "remove", "empty", "swap"),
      at: fc.nat(1_000_000),
      byte: fc.integer({ min: 1, max: 255 }),
      other: fc.constantFrom(...paths),
    });
    fc.assert(
      fc.property(mutation, ({ path, how, at, byte, other }) => {
        const files = new Map(large);
        const bytes = Buffer.from(files.get(path)!);
        const place = at % bytes.length;
        if (how === "flip") {
          bytes[place] = (bytes[place] ?? 0) ^ byte;
          files.set(path, bytes);
        } else if (how === "cut") files.set(path, bytes.subarray(0, place));
        else if (how === "insert")
          files.set(
            path,
            Buffer.concat([bytes.subarray(0, place), Uint8Array.of(byte), bytes.subarray(place)]),
          );
        else if (how === "remove") files.delete(path);
        else if (how === "empty") files.set(path, new Uint8Array());
        else files.set(path, files.get(other)!).set(other, bytes);
        // key.pub in the folder may be missing: the key that counts comes from elsewhere.
        const immaterial = (how === "remove" && path === "key.pub") || (how === "swap" && path === other);
        expect(verify(files).valid).toBe(immaterial);
      }),
      { numRuns: deep ? 3000 : 150 },
    );
  });

  test.each([
    ["swaps two entries", (log: Uint8Array[]) => log.splice(1, 2, log[2]!, log[1]!)],
    ["takes one out", (log: Uint8Array[]) => log.splice(2, 1)],
    ["puts one in", (log: Uint8Array[]) => log.splice(2, 0, entry("refusal"))],
    ["changes one", (log: Uint8Array[]) => log.splice(2, 1, entry("refusal", { target: "another" }))],
    ["repeats one", (log: Uint8Array[]) => log.splice(2, 1, log[1]!)],
  ])("%s, with all tiles made new: found", (_, change) => {
    const log = entries(4);
    change(log);
    const forged = filesOf(log, by);
    forged.set("checkpoint", small.get("checkpoint")!);
    expect(verify(forged).valid).toBe(false);
    // Also with a checkpoint of a key of his own, and with his key in the folder.
    expect(verify(filesOf(log, writer(by.name))).problems).toEqual([
      expect.stringMatching(/^checkpoint: the note is not signed by log\.example\/one\+[0-9a-f]{8}$/),
    ]);
  });

  test("sets the checkpoint back while later entries lie there: found", () => {
    const files = new Map([...filesOf(entries(6), by), ...filesOf(entries(4), by)]);
    expect(verify(files).problems).toEqual([
      "checkpoint: entries lie beyond its size 4: it was set back to an older one",
    ]);
  });

  test("an append that was cut off lies beyond the checkpoint: that is whole", () => {
    const files = new Map([...filesOf(entries(5), by), ...filesOf(entries(4), by)]);
    expect(verify(files)).toMatchObject({ valid: true, size: 4 });
    const atFull = new Map([...filesOf(entries(256), by), ...filesOf(entries(255), by)]);
    expect(verify(atFull)).toMatchObject({ valid: true, size: 255 });
  });
});

describe("messages", () => {
  const files = filesOf(entries(3), by);
  const without = (path: string): LogFiles => {
    const copy = new Map(files);
    copy.delete(path);
    return copy;
  };

  test.each([
    ["checkpoint", "there is no checkpoint: nothing was logged here, or it was removed"],
    ["tile/entries/000.p/3", "tile/entries/000.p/3: it is missing"],
    ["tile/0/000.p/3", "tile/0/000.p/3: it is missing"],
  ])("without %s", (path, problem) => {
    expect(verify(without(path)).problems).toEqual([problem]);
  });

  test("a tile or bundle with other bytes", () => {
    expect(verify(new Map(files).set("tile/0/000.p/3", new Uint8Array(96))).problems).toEqual([
      "tile/0/000.p/3: it is not what the entries give",
    ]);
    const bundle = encodeBundle([...entries(3), entry("refusal")]);
    expect(verify(new Map(files).set("tile/entries/000.p/3", bundle)).problems).toEqual([
      "tile/entries/000.p/3: it does not hold exactly 3 entries",
    ]);
  });

  test("a file that is there and cannot be read", () => {
    const read = (path: string): Uint8Array | undefined => {
      if (path === "tile/0/000.p/3") throw new Error("EACCES");
      return files.get(path);
    };
    expect(verifyLog(read, by.verifierKey)).toMatchObject({
      valid: false,
      problems: ["tile/0/000.p/3: it is there and cannot be read", "tile/0/000.p/3: it is missing"],
    });
  });

  test("a key that is none, and another one in the folder", () => {
    expect(verifyLog(readerOf(files), "nonsense").problems).toEqual([
      "the key is no verifier key (name+hash+base64, Ed25519)",
    ]);
    const other = Buffer.from(`${writer().verifierKey}\n`);
    expect(verify(new Map(files).set("key.pub", other)).problems).toEqual([
      "key.pub: it is not the key that the log is verified with",
    ]);
  });

  test("of a log with faults everywhere, the first fifty and a count", () => {
    const log = [entry("log-created"), ...Array.from({ length: 99 }, () => Buffer.from("{}"))];
    const { problems } = verify(filesOf(log, by));
    expect(problems.length).toBe(51);
    expect(problems[50]).toBe("and 49 more");
  });
});

describe("whoever holds the key still cannot write", () => {
  const problemsOf = (...log: Uint8Array[]): readonly string[] => verify(filesOf(log, by)).problems;
  const created = entry("log-created");

  test.each([
    ["what is no JSON", Buffer.from("{"), "it is not JSON in UTF-8"],
    ["bytes that are no text", Buffer.from([0x22, 0xff, 0x22]), "it is not JSON in UTF-8"],
    ["a list", Buffer.from("[]"), "it is no object"],
    ["an empty object", Buffer.from("{}"), "it has no apiVersion"],
    ["white space", Buffer.concat([entry("refusal"), Buffer.from(" ")]), "it is not in canonical form"],
    [
      "a byte order mark",
      Buffer.concat([Buffer.from("\ufeff"), entry("refusal")]),
      "it is not JSON in UTF-8",
    ],
    [
      "a field twice",
      Buffer.from(entry("refusal").toString().replace("{", '{"actor":"bob",')),
      "it is not in canonical form",
    ],
    ["a field that nobody knows", entry("refusal", { secret: "x" }), 'it has an unknown field "secret"'],
    [
      "a prototype",
      Buffer.from(entry("refusal").toString().replace("}", ',"__proto__":"x"}')),
      'it has an unknown field "__proto__"',
    ],
    ["a number", entry("refusal", { target: 1 }), "its target is not one line of at most 1024 characters"],
    [
      "an object in a field",
      entry("refusal", { target: {} }),
      "its target is not one line of at most 1024 characters",
    ],
    [
      "two lines",
      entry("refusal", { target: "a\nb" }),
      "its target is not one line of at most 1024 characters",
    ],
    [
      "a local time",
      entry("refusal", { time: "2026-11-25T12:00:00" }),
      "its time is not a time in UTC with milliseconds",
    ],
    [
      "a day that is none",
      entry("refusal", { time: "2026-13-25T12:00:00.000Z" }),
      "its time is not a time in UTC with milliseconds",
    ],
    [
      "a short digest",
      entry("refusal", { plan: "sha256:ab" }),
      "its plan is not `sha256:` and 64 hexadecimal digits",
    ],
    [
      "an effect without intent",
      entry("apply-outcome", { plan }),
      `apply-outcome without an apply-intent of ${plan} before it`,
    ],
    [
      "a failure without intent",
      entry("apply-failure", { plan }),
      `apply-failure without an apply-intent of ${plan} before it`,
    ],
    ["a second beginning", entry("log-created"), "log-created stands inside the log"],
  ])("%s", (_, bytes, problem) => {
    expect(problemsOf(created, bytes)).toEqual([`entry 1: ${problem}`]);
  });

  test("a log that begins elsewhere, a type that is none, and extension lines", () => {
    expect(problemsOf(entry("refusal"))).toEqual(["entry 0: the log does not begin with log-created"]);
    const type =
      "log-created, charter-signed, plan, approval, apply-intent, apply-outcome, apply-failure, refusal, tool-call, agent-intent, agent-outcome, agent-failure";
    const wrong = Buffer.from(created.toString().replace("log-created", "toString"));
    expect(problemsOf(created, wrong)).toEqual([`entry 1: its type is not one of: ${type}`]);
    const files = filesOf(entries(2), by);
    const { origin, size, root } = checkpointOf(files);
    const note = signNote(`${origin}\n${size}\n${root}\nmore\n`, by.name, by.privateKey);
    expect(verify(files.set("checkpoint", Buffer.from(note))).problems).toEqual([
      "checkpoint: it has extension lines, which nobody can audit",
    ]);
  });

  test("a checkpoint of another origin or another root", () => {
    const files = filesOf(entries(2), by);
    const { origin, size, root } = checkpointOf(files);
    const sign = (text: string): LogFiles =>
      new Map(files).set("checkpoint", Buffer.from(signNote(text, by.name, by.privateKey)));
    expect(verify(sign(`else.example\n${size}\n${root}\n`)).problems).toEqual([
      "checkpoint: its origin else.example is not the key's name log.example/one",
    ]);
    const zero = Buffer.alloc(32).toString("base64");
    expect(verify(sign(`${origin}\n${size}\n${zero}\n`)).problems).toEqual([
      `checkpoint: the entries have the root ${root}, it says ${zero}`,
    ]);
    expect(verify(sign(`${origin}\n9007199254740991\n${root}\n`)).problems).toEqual([
      "tile/entries/000: it is missing",
    ]);
    expect(verify(sign("hello\n")).problems).toEqual(["checkpoint: its text is no checkpoint"]);
  });

  test("forged leaf tiles that fit a forged bundle", () => {
    const log = entries(3);
    const files = filesOf(log, by);
    log[1] = entry("refusal", { target: "another" });
    files.set("tile/entries/000.p/3", encodeBundle(log));
    files.set("tile/0/000.p/3", encodeTile(log.map(leafHash)));
    expect(verify(files).problems).toEqual([
      expect.stringMatching(/^checkpoint: the entries have the root [\w+/=]+, it says [\w+/=]+$/),
    ]);
  });
});

describe("intents and outcomes", () => {
  const intent = entry("apply-intent", { plan });
  const outcome = entry("apply-outcome", { plan, result: "0".repeat(40) });
  const open = `entry 1: apply-intent of ${plan} has no outcome: its effect is not known`;

  test.each([
    ["a pair", [intent, outcome], []],
    ["a failure ends it as well", [intent, entry("apply-failure", { plan, code: "TARGET_REFUSED" })], []],
    ["a resumed run logs its intent again", [intent, intent, outcome], []],
    [
      "two plans",
      [intent, entry("apply-intent", { plan: plan.replace("ab", "cd") }), outcome],
      [open.replace("entry 1", "entry 2").replace("ab", "cd")],
    ],
    ["an open one is said and is valid", [intent], [open]],
  ])("%s", (_, log, said) => {
    const report = verify(filesOf([entry("log-created"), ...log], by));
    expect(report).toMatchObject({ valid: true, problems: [], notExcluded: [...notExcluded, ...said] });
  });
});

describe("K19 the log claims what it can", () => {
  const long = filesOf(entries(300), by);
  const short = filesOf(entries(40), by);

  test("K19 truncation to an older, whole state is found with an outside checkpoint", () => {
    expect(verify(short, checkpointOf(long))).toMatchObject({
      valid: false,
      problems: ["truncated: the outside checkpoint has 300 entries, the log 40"],
    });
  });

  test("K19 and is not claimed to be excluded without one", () => {
    expect(verify(short)).toMatchObject({ valid: true, notExcluded: ["truncation and fork not excluded"] });
  });

  test("K19 a fork by the holder of the key is found with an outside checkpoint, whatever its size", () => {
    for (const size of [40, 41, 300]) {
      const fork = filesOf(entries(size, "forked "), by);
      expect(verify(fork)).toMatchObject({ valid: true, notExcluded });
      expect(verify(fork, checkpointOf(short))).toMatchObject({
        valid: false,
        problems: ["forked: the first 40 entries are not those of the outside checkpoint"],
      });
    }
  });

  test("K19 a log that grew from the outside checkpoint is valid, and says what lies after it", () => {
    expect(verify(long, checkpointOf(short))).toMatchObject({
      valid: true,
      notExcluded: ["truncation and fork after entry 40 not excluded"],
    });
    const empty = { origin: by.name, size: 0, root: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" };
    expect(verify(long, empty)).toMatchObject({ valid: true });
  });

  test("K19 an outside checkpoint of another log is no evidence for this one", () => {
    const other = { ...checkpointOf(short), origin: "else.example" };
    expect(verify(long, other).problems).toEqual(["the outside checkpoint is of another log: else.example"]);
  });
});

describe("the stand-alone script", () => {
  const folder = mkdtempSync(join(tmpdir(), "kubeops-verify-"));
  const script = join(folder, "alone", "audit-verify.mjs");
  const logFolder = join(folder, "log");
  beforeAll(async () => {
    for (const [path, bytes] of filesOf(entries(260), by)) {
      mkdirSync(dirname(join(logFolder, path)), { recursive: true });
      writeFileSync(join(logFolder, path), bytes);
    }
    const source = fileURLToPath(new URL("verify-main.ts", import.meta.url));
    const result = await build({
      entryPoints: [source],
      outfile: script,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node22.19",
      metafile: true,
      logLevel: "error",
    });
    const imported = Object.values(result.metafile.outputs).flatMap((output) => output.imports);
    expect([...new Set(imported.map(({ path }) => path))].sort()).toEqual(["node:crypto", "node:fs"]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [script, ...args], { cwd: folder, encoding: "utf8", env: {} });

  test("stands alone and says that a log is valid", () => {
    expect(readdirSync(dirname(script))).toEqual(["audit-verify.mjs"]);
    const { root } = checkpointOf(filesOf(entries(260), by));
    expect(run("log", "--key", by.verifierKey)).toMatchObject({
      status: 0,
      stdout: `valid\nentries  260\nroot     ${root}\nopen     truncation and fork not excluded\n`,
      stderr: "",
    });
  });

  test("finds a truncated log with a checkpoint from outside, signed or bare", () => {
    const later = filesOf(entries(261), by).get("checkpoint")!;
    writeFileSync(join(folder, "signed"), later);
    writeFileSync(join(folder, "bare"), Buffer.from(later).toString("utf8").split("\n\n")[0]!.concat("\n"));
    writeFileSync(join(folder, "key"), `${by.verifierKey}\n`);
    for (const file of ["signed", "bare"]) {
      const result = run("log", "--key", "key", `--checkpoint=${file}`);
      expect(result.status).toBe(1);
      expect(result.stdout).toContain("NOT VALID\n");
      expect(result.stdout).toContain(
        "problem  truncated: the outside checkpoint has 261 entries, the log 260\n",
      );
    }
  });

  test.each([
    [[], "name one log folder"],
    [["log"], "--key is missing: a key from inside the folder proves nothing"],
    [["log", "--key"], "--key needs a value"],
    [["log", "--key", "a", "--key", "b"], "--key is given twice"],
    [["log", "--key", "nowhere"], "the key file nowhere is not there"],
    [["log", "--what"], "unknown option --what"],
    [["log", "--key", by.verifierKey, "--checkpoint", "alone/audit-verify.mjs"], "alone/audit-verify.mjs"],
  ])("%j is a question that cannot be asked", (args, message) => {
    const result = run(...args);
    expect(result.status).toBe(2);
    expect(result.stderr.startsWith(message)).toBe(true);
    expect(result.stdout).toBe("");
  });
});
