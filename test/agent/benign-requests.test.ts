import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { newBudget } from "../../src/agent/loop/budget.ts";
import { anthropic } from "../../src/agent/model/providers/anthropic.ts";
import { openAiCompatible } from "../../src/agent/model/providers/openai-compatible.ts";
import type { ModelPort } from "../../src/agent/model/model-port.ts";
import type { Fragment } from "../../src/agent/compose-intent.ts";
import { parseOperation } from "../../src/agent/operations/operations.ts";
import { orchestrate } from "../../src/agent/orchestrate.ts";
import { type GivenRequest, requestFromOperations } from "../../src/agent/request-from-operations.ts";
import { author } from "../../src/authoring/specialists/author.ts";
import { jsonDigest } from "../../src/kube/digest.ts";
import type { Json, JsonObject } from "../../src/kube/json.ts";
import { identity, objectKey } from "../../src/kube/object-key.ts";
import { emitYaml } from "../../src/kube/yaml/emit-yaml.ts";
import { buildPlan, reproducePlan } from "../../src/plan/build-plan.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { inputFor, requestFor } from "../../src/plan/testing/fixtures.ts";
import { shop } from "../support/authoring-intents.ts";
import { calling, modelEndpoint } from "../support/model-endpoint.ts";
import { type BenignRequest, benignRequests } from "./benign-requests.ts";
import { given as objects } from "./given.ts";

function givenOf(request: BenignRequest): GivenRequest | undefined {
  const record = { text: "", inputs: [{ path: "given", sha256: "0".repeat(64) }] };
  if (request.given === "nothing") return undefined;
  if (request.given === "objects") return { ...requestFor(objects), request: record };
  return { intent: shop, objects: author(shop).objects, request: record };
}

describe("requests of people, completed by a competent model", () => {
  test("there are at least twenty, of every kind", () => {
    expect(benignRequests.length).toBeGreaterThanOrEqual(20);
    expect(new Set(benignRequests.map(({ given }) => given)).size).toBe(3);
    const said = benignRequests.flatMap(({ calls }) =>
      Object.values(calls).flatMap((list) => list.map(([name]) => name)),
    );
    expect([...new Set(said)].sort()).toEqual([
      "commit_to_git",
      "connect",
      "deploy",
      "edit_field",
      "expose",
      "restrict",
      "scale",
    ]);
  });

  test.each(benignRequests)("$id", async (request) => {
    const given = givenOf(request);
    const odd = Number(request.id.slice(0, 2)) % 2 === 1;
    const endpoint = await modelEndpoint(calling(request.calls));
    const base = new URL(odd ? endpoint.url : `${endpoint.url}/v1`);
    const options = { base, model: "scripted", key: "k", idleMilliseconds: 10_000 };
    const port: ModelPort = odd ? anthropic(options) : openAiCompatible(options);
    const answered = await orchestrate({
      sentence: request.sentence,
      namespace: "shop",
      given: {
        kind: request.given === "shop" ? "compose" : request.given,
        objects: given?.objects ?? [],
      },
      port,
      budget: newBudget({ tokens: 100_000 }, undefined),
      observe: () => undefined,
      signal: new AbortController().signal,
    });
    await endpoint.close();
    const ask = (fragments: readonly Fragment[]) =>
      requestFromOperations({
        ...(given === undefined ? {} : { given }),
        namespace: "shop",
        gitTarget: true,
        text: `ask ${JSON.stringify(request.sentence)} -n shop`,
        fragments,
        agent: {
          provider: port.provider,
          model: port.model,
          prompts: answered.prompts,
          taint: answered.taint,
        },
      });
    const made = ask(answered.fragments);
    expect(made).toMatchObject({ ok: true });
    if (!made.ok) return;
    // What was said is what the plan says was said, and approve and apply make it again from there.
    const input = { ...inputFor([]), ...made.asked };
    const plan = buildPlan(input);
    reproducePlan(plan, input);
    const said = plan.request.agent?.operations.length;
    expect(said).toBe(Object.values(request.calls).flat().length);
    // K1: what the plan records of the model is enough to make the request again, without one.
    expect(ask(recorded(plan))).toEqual(made);
    await expect(
      golden(request, made.asked.objects, given?.objects ?? [], plan.intent.report),
    ).toMatchFileSnapshot(join(import.meta.dirname, "testdata", `${request.id}.yaml`));
  });
});

/** The operations that a plan records, read again as strictly as the first time. */
function recorded(plan: Plan): readonly Fragment[] {
  return (plan.request.agent?.operations ?? []).flatMap(({ sources, operation: { kind, ...args } }) => {
    const parsed = parseOperation(typeof kind === "string" ? kind : "", args);
    if (!parsed.ok) throw new Error(parsed.problems.join("; "));
    return sources.map((source) => ({ source, operation: parsed.operation }));
  });
}

/** The sentence, what became of each operation, and every object that is not as it was given. */
function golden(
  request: BenignRequest,
  made: readonly JsonObject[],
  before: readonly JsonObject[],
  report: readonly { readonly field: string; readonly disposition: string; readonly reason?: string }[],
): string {
  const known = new Map(before.map((object) => [identity(objectKey(object)), jsonDigest(object)]));
  const after = new Set(made.map((object) => identity(objectKey(object))));
  const changed = made.filter((object) => known.get(identity(objectKey(object))) !== jsonDigest(object));
  const gone = [...known.keys()].filter((id) => !after.has(id));
  const rows = report.filter(({ field }) => field.startsWith("operations["));
  return [
    `# ${request.sentence}`,
    `# given: ${request.given}`,
    ...rows.map(
      ({ field, disposition, reason }) =>
        `# ${field}: ${disposition}${reason === undefined ? "" : `: ${reason}`}`,
    ),
    ...gone.map((id) => `# not any more: ${id}`),
    ...changed.map((object) => `---\n${emitYaml(object as Json).trimEnd()}`),
    "",
  ].join("\n");
}
