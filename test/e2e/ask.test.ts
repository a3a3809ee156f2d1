import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { examples } from "../../src/cli/examples.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { makeWorld, must, repository, running, type World } from "../support/cli.ts";
import { calling, modelEndpoint, type Script } from "../support/model-endpoint.ts";

const sentence = "three replicas of ghcr.io/acme/api:1.4.2 on 8080, only web may reach it";
const target = ["--target", "git:./gitops#apps/shop"];
const deploy = { name: "api", image: "ghcr.io/acme/api:1.4.2", replicas: 3, ports: [{ port: 8080 }] };
const competent = calling({
  manifests: [["deploy", { ...deploy, rationale: "As asked.\u001b[2J" }]],
  networking: [["restrict", { workload: "api", allowFrom: ["web"] }]],
});

describe("ask", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld().prepare();
    world.charter();
    world.copy(join(repository, "examples/shop"), "shop");
  });
  afterAll(() => world.remove());

  const planOf = (file: string): Plan => JSON.parse(readFileSync(world.path(file), "utf8")) as Plan;

  async function ask(script: Script, args: readonly string[], protocol?: "openai") {
    const endpoint = await modelEndpoint(script, protocol);
    try {
      const ran = await running(world, ["ask", ...args, ...target], { env: endpoint.env });
      return { ...ran, asked: endpoint.asked };
    } finally {
      await endpoint.close();
    }
  }

  test("a sentence becomes a plan: operations, objects, and who said what", async () => {
    const ran = await ask(competent, [sentence, "-n", "shop", "--out", "plan.json"]);
    expect(ran.stderr.split("\n").slice(0, 10)).toEqual([
      "asking anthropic/claude-sonnet-5-5; it sees the sentence, no values",
      "manifests: asked",
      "manifests: deploy recorded",
      "manifests: done, 1 operations, 240 tokens",
      "networking: asked",
      "networking: restrict recorded",
      "networking: done, 1 operations, 240 tokens",
      "gitops: asked",
      "gitops: done, 0 operations, 120 tokens",
      "600 tokens in all; the price of the model is not known",
    ]);
    expect(ran.status).toBe(0);
    expect(ran.stdout).toMatch(/^Plan [0-9a-f]{12} {2}needs approval: 1 of anna\n/);
    expect(ran.stdout).toContain(`  request  ask "${sentence}" -n shop\n`);
    expect(ran.stdout).toContain(
      [
        "Said by a model (anthropic/claude-sonnet-5-5, which had read: request)",
        '  manifests   deploy    image="ghcr.io/acme/api:1.4.2" name="api" ports=[{"port":8080}] replicas=3',
        '  networking  restrict  allowFrom=["web"] workload="api"',
        "",
        "Words of the model: not checked, and nothing follows from them",
        "  | manifests, deploy: As asked.\\u{1b}[2J",
      ].join("\n"),
    );
    const plan = planOf("plan.json");
    expect(plan.changes.map(({ key, operation }) => `${operation} ${key.kind} ${key.name}`)).toEqual([
      "create Service api",
      "create ServiceAccount api",
      "create Deployment api",
      "create NetworkPolicy allow-dns",
      "create NetworkPolicy api",
      "create NetworkPolicy default-deny",
      "create NetworkPolicy web-to-api",
      "create PodDisruptionBudget api",
    ]);
    expect(plan.request.agent?.prompts.map(({ subagent }) => subagent)).toEqual([
      "manifests",
      "networking",
      "gitops",
    ]);
  });

  test("the model is told its tools, the sentence, and nothing of the others", async () => {
    const { asked } = await ask(competent, [sentence, "-n", "shop"]);
    expect(asked.map(({ subagent, turn, tools }) => [subagent, turn, tools.join(" ")])).toEqual([
      ["manifests", 0, "deploy scale edit_field"],
      ["manifests", 1, "deploy scale edit_field"],
      ["networking", 0, "expose connect restrict"],
      ["networking", 1, "expose connect restrict"],
      ["gitops", 0, "commit_to_git"],
    ]);
    for (const { bytes, subagent } of asked) {
      expect(bytes).toContain(sentence);
      expect(bytes).not.toContain("test-key-that-must-not-leak");
      // What the first one said is in its own context and in no other.
      expect(bytes.includes("As asked."), subagent).toBe(
        subagent === "manifests" && bytes.includes("toolu_0"),
      );
    }
  });

  test("rules of the folder judge what a model asked for, and wrong ones end it before it is asked", async () => {
    const rule = (expression: string): string =>
      `apiVersion: kubernetes-operations.dev/v1\nkind: Settings\ncheck: {rules: [{id: own/two, title: Two, severity: error, match: {kinds: [Deployment]}, expression: "${expression}"}]}\n`;
    world.write("kubeops.yaml", rule("object.spec.replicas == 2"));
    const ran = await ask(competent, [sentence, "-n", "shop", "--out", "ruled.json"]);
    expect(ran.status).toBe(1);
    expect(planOf("ruled.json").findings).toContainEqual(
      expect.objectContaining({ code: "own/two", severity: "error", message: "Two" }),
    );
    world.write("kubeops.yaml", rule("1 +"));
    const wrong = await ask(competent, [sentence, "-n", "shop"]);
    expect([wrong.status, wrong.asked]).toEqual([2, []]);
    rmSync(world.path("kubeops.yaml"));
  });

  test("the log says who was asked before the model heard of it, and never what", () => {
    const entries = must(world.kubeops(["audit", "export"])).stdout;
    expect(entries).toContain("agent-intent");
    expect(entries).not.toContain("acme");
    const types = [...must(world.kubeops(["audit", "list"])).stdout.matchAll(/^\d+ +\S+ +([a-z-]+)/gm)].map(
      ([, type]) => type,
    );
    expect(types.slice(2, 9)).toEqual([
      "agent-intent",
      "tool-call",
      "agent-intent",
      "tool-call",
      "agent-intent",
      "plan",
      "agent-outcome",
    ]);
    must(world.kubeops(["audit", "verify"]));
  });

  test("approve and apply make the plan again without a model (K1)", () => {
    must(world.kubeops(["approve", "plan.json", "--key", "id_ed25519", "--yes"]));
    const ran = must(world.kubeops(["apply", "plan.json"]));
    expect(ran.stdout).toContain("kubeops/");
    const { digest } = planOf("plan.json");
    const branch = `kubeops/${digest.slice(7, 19)}`;
    const files = must(world.run("git", ["-C", "gitops", "ls-tree", "-r", "--name-only", branch])).stdout;
    expect(files).toContain("apps/shop/deployment-api.yaml");
  });

  test("the words of the model cannot be changed in the file: it is not the plan that was made (K1)", () => {
    const text = readFileSync(world.path("plan.json"), "utf8");
    for (const [from, to] of [
      ['"allowFrom":["web"]', '"allowFrom":["any"]'],
      ["As asked.", "Approved by anna."],
      ['"model":"claude-sonnet-5-5"', '"model":"another"'],
    ] as const) {
      world.write("forged.json", text.replace(from, to));
      const ran = world.kubeops(["approve", "forged.json", "--key", "id_ed25519", "--yes"]);
      expect(ran.stderr).toContain("[PLAN_DIGEST]");
    }
  });

  test("another protocol, the same request: the same objects", async () => {
    const ran = await ask(competent, [sentence, "-n", "shop", "--out", "other.json"], "openai");
    expect(ran.stderr).toContain("asking openai-compatible/local;");
    expect(ran.status).toBe(0);
    expect(
      ran.asked.every(({ headers }) => headers["authorization"] === "Bearer test-key-that-must-not-leak"),
    ).toBe(true);
    expect(planOf("other.json").intent).toEqual(planOf("plan.json").intent);
    expect(planOf("other.json").changes).toEqual(planOf("plan.json").changes);
  });

  test("about a Compose file: its workloads are read by structure, and changed", async () => {
    const script: Script = ({ subagent, turn, results }) => {
      if (subagent !== "manifests") return { text: "nothing to do" };
      if (turn === 0) return { calls: [{ name: "list_objects", args: {} }] };
      if (turn === 1) {
        expect(results[0]?.text).toContain('"kind":"StatefulSet","name":"db","namespace":"shop"');
        return { calls: [{ name: "read_object", args: { objectKind: "Deployment", objectName: "web" } }] };
      }
      if (turn > 2) return { text: "done" };
      expect(results[0]?.text).toContain(
        '"path":["spec","template","spec","containers","[name=web]","image"]',
      );
      expect(results[0]?.text).not.toContain('"edit"');
      return { calls: [{ name: "scale", args: { workload: "web", replicas: 5 } }] };
    };
    const ran = await ask(script, [
      "five of web",
      "-f",
      "shop/compose.yaml",
      "-n",
      "shop",
      "--out",
      "compose.json",
    ]);
    expect(ran.stderr).toContain("manifests: scale recorded\n");
    expect(ran.status).toBe(0);
    const plan = planOf("compose.json");
    expect(plan.request.text).toBe('ask "five of web" -f compose.yaml -n shop');
    expect(plan.request.inputs.length).toBeGreaterThan(0);
    expect(plan.request.agent?.taint).toEqual(["request", "projection"]);
    const web = plan.changes.find(({ key }) => key.kind === "Deployment" && key.name === "web");
    expect(web?.object).toMatchObject({ spec: { replicas: 5 } });
    expect(ran.stdout).toContain("operations:1:1");
    // No value of the project reached the model.
    for (const { bytes } of ran.asked) expect(bytes).not.toContain("only-an-example");
  });

  test("about given objects: one field is set, and the diff shows it", async () => {
    world.write(
      "k8s/web.json",
      JSON.stringify({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "front", namespace: "shop" },
        spec: {
          replicas: 2,
          selector: { matchLabels: { app: "front" } },
          template: {
            metadata: { labels: { app: "front" } },
            spec: { containers: [{ name: "front", image: "ghcr.io/acme/front:1.0.0" }] },
          },
        },
      }),
    );
    const path = ["spec", "template", "spec", "containers", "[name=front]", "image"];
    const edit = { objectKind: "Deployment", objectName: "front", path, value: "ghcr.io/acme/front:1.1.0" };
    const script = calling({ manifests: [["edit_field", edit]] });
    const ran = await ask(script, ["front to 1.1.0", "-f", "k8s/", "--out", "edit.json"]);
    const plan = planOf("edit.json");
    expect(ran.status).toBe(1);
    expect(plan.intent.source).toBe("objects");
    expect(plan.facts.images.map(({ image }) => image)).toEqual(["ghcr.io/acme/front:1.1.0"]);
  });

  test("the example of its help page runs", async () => {
    const row = examples.find(({ model }) => model === true)!;
    const words = [...row.example.replaceAll("\\\n", " ").matchAll(/"([^"]*)"|(\S+)/gu)].map(
      ([, quoted, word]) => quoted ?? word!,
    );
    const endpoint = await modelEndpoint(competent);
    const ran = await running(world, words.slice(1), { env: endpoint.env });
    await endpoint.close();
    expect(ran.status).toBe(0);
  });

  test("two targets are two plans of one answer", async () => {
    const ran = await ask(competent, [
      sentence,
      "-n",
      "shop",
      "--out",
      "both.json",
      "--target",
      "git:./gitops#apps/other",
    ]);
    expect(ran.asked.length).toBe(5);
    // The charter names one of the two folders.
    expect(ran.status).toBe(1);
    const [one, two] = [planOf("both-1.json"), planOf("both-2.json")];
    expect([one, two].map(({ verdict }) => verdict.decision).sort()).toEqual(["denied", "needs-approval"]);
    expect(one.intent).toEqual(two.intent);
  });

  test("the same answers make the same plan, byte for byte", async () => {
    const args = [sentence, "-n", "shop", "-q", "-o", "json"];
    const [one, two] = [await ask(competent, args), await ask(competent, args)];
    expect(one.stdout).toBe(two.stdout);
    expect(one.stderr).toBe("");
    expect(one.asked.map(({ bytes }) => bytes)).toEqual(two.asked.map(({ bytes }) => bytes));
  });
});
