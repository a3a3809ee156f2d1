import { spawnSync } from "node:child_process";
import { expect } from "vitest";
import { canonicalJson } from "../../../src/kube/canonical-json.ts";
import type { Json } from "../../../src/kube/json.ts";
import { buildKustomization } from "../../../src/kube/kustomize/build.ts";
import { memoryFiles } from "../../support/memory-files.ts";
import { largeOracle } from "../../support/oracle.ts";
import { leftOut } from "../../support/suites.ts";
import type { Case } from "./trees.ts";

/** Members without a value mean nothing to the server, and kustomize keeps some of them. */
function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([key, member]) => [key, withoutNulls(member)]),
  );
}

/** The oracle is no release of kustomize, and says so. */
function withoutVersion(value: Json): Json {
  return JSON.parse(
    JSON.stringify(value).replace(/"kustomize-(?:v[\d.]+|\(devel\)|unknown)"/, '"kustomize"'),
  ) as Json;
}

/** What is built here, as kustomize gives it. */
function ours({ files, folder }: Case): unknown {
  const built = buildKustomization(memoryFiles(files), folder);
  if (built.kind !== "built")
    return {
      refused: built.kind === "refused" ? built.problems.map((p) => p.message) : built.problem.message,
    };
  return built.documents.map(({ value }) => withoutVersion(withoutNulls(value)));
}

const oracle = largeOracle("kustomize");

interface Answer {
  readonly objects: Json[] | null;
  readonly error?: string;
}

/** Where kustomize ends its process over one question, that is its answer. */
function answersTo(asked: readonly Case[]): readonly Answer[] {
  const answers: Answer[] = [];
  while (answers.length < asked.length) {
    const { status, stdout, stderr } = spawnSync("program" in oracle ? oracle.program : "", [], {
      input: asked
        .slice(answers.length)
        .map((one) => `${JSON.stringify(one)}\n`)
        .join(""),
      encoding: "utf8",
      maxBuffer: 1 << 30,
    });
    answers.push(...stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Answer])));
    if (status === 0) return answers;
    expect(stderr).toContain("yaml: cannot decode");
    answers.push({ objects: null, error: "it ended" });
  }
  return answers;
}

export const skip: boolean = "reason" in oracle && leftOut("kustomizations against kustomize", oracle.reason);

/** Trees that both built alike, by what kustomize made of them; and the first that they did not. */
export interface Compared {
  readonly built: readonly { readonly one: Case; readonly objects: readonly Json[] }[];
  /** Trees that kustomize refuses, with what was said here. */
  readonly refused: readonly { readonly one: Case; readonly error: string; readonly mine: unknown }[];
  readonly differences: readonly unknown[];
}

/** Builds every tree here and by kustomize: the same objects in the same order, and the same ones refused. */
export function compare(asked: readonly Case[]): Compared {
  const answers = answersTo(asked);
  const built: Compared["built"][number][] = [];
  const refused: Compared["refused"][number][] = [];
  const differences: unknown[] = [];
  for (const [index, one] of asked.entries()) {
    const answer = answers[index];
    const mine = ours(one);
    if (answer?.error !== undefined) {
      refused.push({ one, error: answer.error, mine });
      if (Array.isArray(mine)) differences.push({ files: one.files, error: answer.error });
      continue;
    }
    const objects = (answer?.objects ?? []).map((object) => withoutVersion(withoutNulls(object)));
    built.push({ one, objects });
    if (canonicalJson(mine) !== canonicalJson(objects))
      differences.push({ files: one.files, mine, theirs: objects });
  }
  return { built, refused, differences };
}
