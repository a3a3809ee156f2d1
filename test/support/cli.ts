import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ReportJson } from "../../src/analysis/findings/json.ts";
import { checkOutput } from "./output-check.ts";

export const repository: string = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const program = join(repository, "bin", "kubeops.cjs");

/** The words that plan examples/shop, copied to `shop`, for the Git target of `prepare` and `charter`. */
export const planShop = (out = "plan.json"): readonly string[] =>
  `plan -f shop/compose.yaml -n shop --target git:./gitops#apps/shop --out ${out}`.split(" ");

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of its own with its own home: what a command may see of the world. */
export interface World {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  path(...parts: string[]): string;
  write(path: string, content: string | Uint8Array): string;
  copy(from: string, to: string): void;
  kubeops(
    args: readonly string[],
    options?: {
      readonly input?: string | Uint8Array;
      readonly env?: Readonly<Record<string, string>>;
      readonly cwd?: string;
    },
  ): Ran;
  start(
    args: readonly string[],
    options?: { readonly env?: Readonly<Record<string, string>> },
  ): ChildProcessWithoutNullStreams;
  run(
    command: string,
    args: readonly string[],
    options?: { readonly cwd?: string; readonly input?: string },
  ): Ran;
  /** Bare Git repository `gitops` with branch main unborn, SSH key `id_ed25519`. */
  prepare(): World;
  /** Trust root with a signed charter for git:./gitops@main#folder. */
  charter(options?: {
    readonly namespaces?: readonly string[];
    readonly folder?: string;
    readonly reconciler?: "none" | "keeping" | "pruning";
    readonly edit?: (text: string) => string;
  }): World;
  remove(): void;
}

export function makeWorld(): World {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "kubeops-test-")));
  const env: Readonly<Record<string, string>> = {
    PATH: process.env["PATH"] ?? "",
    HOME: join(folder, "home"),
    // The trust root is looked for in the home of the user database; this names another place (then advisory).
    XDG_CONFIG_HOME: join(folder, "home/.config"),
    LC_ALL: "C.UTF-8",
    TZ: "UTC",
  };
  mkdirSync(env["HOME"] ?? "", { recursive: true });
  const world: World = {
    folder,
    env,
    path: (...parts) => join(folder, ...parts),
    write(path, content) {
      const full = join(folder, path);
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, content);
      return full;
    },
    copy: (from, to) => cpSync(from, join(folder, to), { recursive: true }),
    kubeops(args, options = {}) {
      const ran = result(
        spawnSync(process.execPath, [program, ...args], {
          cwd: options.cwd ?? folder,
          env: { ...env, ...options.env },
          input: options.input ?? "",
          maxBuffer: 1 << 28,
        }),
      );
      checkOutput(args, ran);
      return ran;
    },
    start: (args, options = {}) =>
      spawn(process.execPath, [program, ...args], {
        cwd: folder,
        env: { ...env, ...options.env },
      }),
    run: (command, args, options = {}) =>
      result(
        spawnSync(command, args, {
          cwd: options.cwd ?? folder,
          env: {
            ...env,
            GIT_CONFIG_NOSYSTEM: "1",
            GIT_AUTHOR_NAME: "t",
            GIT_AUTHOR_EMAIL: "t@example.com",
            GIT_COMMITTER_NAME: "t",
            GIT_COMMITTER_EMAIL: "t@example.com",
          },
          input: options.input ?? "",
          maxBuffer: 1 << 28,
        }),
      ),
    prepare() {
      must(world.run("git", ["init", "--quiet", "--bare", "--initial-branch=main", "gitops"]));
      must(world.run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", "id_ed25519"]));
      return world;
    },
    charter(options = {}) {
      const folderName = options.folder ?? "apps/shop";
      must(
        world.kubeops([
          "charter",
          "init",
          "--name",
          "test",
          "--owner",
          "id_ed25519.pub",
          "--principal",
          "anna",
          "--software-keys",
          "--reconciler",
          options.reconciler ?? "none",
          "--target",
          `git:./gitops@main#${folderName}`,
          ...(options.namespaces ?? ["shop"]).flatMap((name) => ["-n", name]),
        ]),
      );
      if (options.edit !== undefined) {
        const file = join(env["HOME"] ?? "", ".config/kubeops/charter.yaml");
        const { readFileSync } = process.getBuiltinModule("node:fs");
        writeFileSync(file, options.edit(readFileSync(file, "utf8")), { mode: 0o600 });
      }
      must(world.kubeops(["charter", "sign", "--key", "id_ed25519"]));
      return world;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  return world;
}

/** Runs the program while this process goes on: a server of the test can answer it. */
export async function running(
  world: World,
  args: readonly string[],
  options: {
    readonly env?: Readonly<Record<string, string>>;
    /** Called with the child as soon as it runs. */
    readonly started?: (child: ChildProcessWithoutNullStreams) => void;
  } = {},
): Promise<Ran> {
  const child = world.start(args, options.env === undefined ? {} : { env: options.env });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  child.stdin.end();
  options.started?.(child);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code));
  });
  const ran = {
    status,
    stdout: Buffer.concat(stdout).toString("utf8"),
    stderr: Buffer.concat(stderr).toString("utf8"),
  };
  checkOutput(args, ran);
  return ran;
}

/** Fails loudly when a step that a test only needs did not work. */
export function must(ran: Ran): Ran {
  if (ran.status !== 0) throw new Error(`exit code ${ran.status}\n${ran.stdout}\n${ran.stderr}`);
  return ran;
}

/** What `check -o json` printed. */
export function reportOf({ status, stdout, stderr }: Ran): ReportJson {
  if (stdout === "") throw new Error(`exit code ${status}, no report\n${stderr}`);
  return JSON.parse(stdout) as ReportJson;
}

function result(ran: { status: number | null; stdout: Buffer; stderr: Buffer; error?: Error }): Ran {
  if (ran.error !== undefined) throw ran.error;
  return { status: ran.status, stdout: ran.stdout.toString("utf8"), stderr: ran.stderr.toString("utf8") };
}
