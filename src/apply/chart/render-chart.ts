import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { isInvalidYaml } from "../../kube/chart/helm-error.ts";
import type { Gzip } from "../../kube/chart/packed-chart.ts";
import { labelSyntax } from "../../kube/name-syntax.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { type ProgramLimit, type ProgramResult, runProgram } from "../process/run-program.ts";
import { type Helm, helmEnvironment, makeHelmFolder } from "./helm.ts";

/** What Helm is asked for. Names are checked here again: they become arguments. */
export interface RenderRequest {
  readonly helm: Helm;
  /** Files of the chart by their paths in it. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The chart as an archive, which then is handed over in the place of the files. */
  readonly archive?: Uint8Array;
  /** Minor of Kubernetes 1. */
  readonly minor: number;
  /** `group/version` and `group/version/Kind` that the cluster would serve besides what Helm knows. */
  readonly apiVersions: readonly string[];
  readonly namespace: string;
  readonly release: string;
  /** Contents of values files, each above those before. */
  readonly values: readonly Uint8Array[];
  /** Assignments as for `helm --set`, above every file. */
  readonly set: readonly string[];
  readonly timeoutMs?: number;
}

export type RenderResult =
  /** What it printed; `stderr` where it took some of it for no YAML. */
  | { readonly kind: "rendered"; readonly output: Uint8Array; readonly stderr: string }
  | { readonly kind: "failed"; readonly stderr: string }
  /** It was stopped at a limit. */
  | { readonly kind: "stopped"; readonly why: ProgramLimit };

const TIMEOUT_MS = 30_000;
const MAX_OUTPUT: number = 32 * 1024 * 1024;
const MAX_MEMORY: number = 1024 * 1024 * 1024;

export const gzip: Gzip = {
  unpack: (bytes, limit) => {
    if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return "no-gzip";
    try {
      const content = gunzipSync(bytes, { maxOutputLength: Math.max(1, limit) });
      return new Uint8Array(content.buffer, content.byteOffset, content.length);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE" ? "too-large" : "damaged";
    }
  },
  pack: (bytes) => gzipSync(bytes, { level: 1 }),
};

const apiVersion = /^[A-Za-z0-9](?:[A-Za-z0-9./-]{0,300}[A-Za-z0-9])?$/;

/** Whether a text can be the name of a release (helm.sh/helm pkg/chart/common/util/validate_name.go). */
export function isReleaseName(name: string): boolean {
  return name.length <= 53 && labelSyntax.test(name);
}

export function isNamespaceName(name: string): boolean {
  return name.length <= 63 && labelSyntax.test(name);
}

/**
 * Runs `helm template` on a copy of a chart in a fresh folder: fixed arguments, an environment of our own, limits of time,
 * memory and output. It reaches no cluster (client-side rendering), no repository (the chart is a folder, dependencies are not
 * fetched), no plug-in, and no name server (`--enable-dns` is not given).
 */
export async function renderChart(request: RenderRequest): Promise<RenderResult> {
  const { files, archive, release, namespace, values, set } = request;
  if (!isReleaseName(release) || !isNamespaceName(namespace) || set.some((one) => one.includes("\0")))
    throw new OpsError("USAGE", "the release, the namespace or a value cannot be handed to Helm");
  const folder = makeHelmFolder();
  try {
    const chart = join(folder.path, archive === undefined ? "chart" : "chart.tgz");
    const write = (path: string, bytes: Uint8Array): void =>
      writeFileSync(path, bytes, { flag: "wx", mode: 0o600 });
    if (archive !== undefined) write(chart, archive);
    for (const [path, bytes] of archive === undefined ? files : []) {
      const to = join(chart, path);
      mkdirSync(dirname(to), { recursive: true });
      write(to, bytes);
    }
    const valuesFiles = values.map((bytes, index) => {
      const path = join(folder.path, `values-${index + 1}.yaml`);
      write(path, bytes);
      return path;
    });
    const args = [
      "template",
      "--include-crds",
      `--namespace=${namespace}`,
      `--kube-version=1.${request.minor}.0`,
      ...request.apiVersions.filter((one) => apiVersion.test(one)).map((one) => `--api-versions=${one}`),
      ...valuesFiles.map((path) => `--values=${path}`),
      ...set.map((one) => `--set=${one}`),
    ];
    const run = (more: readonly string[]): Promise<ProgramResult> =>
      runProgram({
        program: request.helm.program,
        args: [...args, ...more, "--", release, chart],
        cwd: folder.path,
        env: helmEnvironment(folder.path),
        timeoutMs: request.timeoutMs ?? TIMEOUT_MS,
        maxOutput: MAX_OUTPUT,
        maxMemory: MAX_MEMORY,
        limitIsAnswer: true,
        endsWithUs: true,
      });
    const result = await run([]);
    if (result.stopped !== undefined) return { kind: "stopped", why: result.stopped };
    const stderr = withoutFolder(result.stderr, folder.path);
    if (result.status === 0) return { kind: "rendered", output: result.stdout, stderr: "" };
    if (!isInvalidYaml(stderr)) return { kind: "failed", stderr };
    // One template that is no YAML would hide what is to say of all others: with --debug Helm prints them all the same.
    const all = await run(["--debug"]);
    if (all.stopped !== undefined) return { kind: "stopped", why: all.stopped };
    return all.stdout.length === 0
      ? { kind: "failed", stderr }
      : { kind: "rendered", output: all.stdout, stderr };
  } finally {
    folder.remove();
  }
}

/** The name of our folder is no news to anybody, and another every time. */
function withoutFolder(text: string, folder: string): string {
  return text.replaceAll(`${folder}/chart/`, "").replaceAll(`${folder}/`, "");
}
