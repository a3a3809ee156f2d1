import { readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { jsonDigest } from "../../src/kube/digest.ts";
import { planDigest } from "../../src/plan/plan-text.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { planText } from "../../src/plan/build-plan.ts";
import type { JsonObject } from "../../src/kube/json.ts";
import { makeWorld, must, type Ran, type World } from "../support/cli.ts";

/** Rules of a repository's own judge its plans, and approve and apply judge by them again (kernel K1, K7). */
describe("rules of one's own in a plan", () => {
  let world: World;
  const worlds: World[] = [];
  beforeEach(() => {
    world = makeWorld().prepare().charter();
    worlds.push(world);
    world.write("k8s/cm.yaml", configMap("a", "team: blue"));
  });
  afterAll(() => worlds.forEach((one) => one.remove()));

  const configMap = (name: string, data: string): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: shop}\ndata: {${data}}\n`;
  const settings = (...rules: readonly string[]): string =>
    world.write("kubeops.yaml", head + `  rules:\n${rules.map((rule) => `    - ${rule}\n`).join("")}`);
  const head = "apiVersion: kubernetes-operations.dev/v1\nkind: Settings\ncheck:\n";
  const owner =
    "{id: own/owner, title: Configuration names its owner, severity: error, match: {kinds: [ConfigMap]}, expression: \"'owner' in object.data\", path: data, fix: add the key owner}";
  const words = (...more: readonly string[]): readonly string[] => [
    "plan",
    "-f",
    "k8s",
    "-n",
    "shop",
    "--target",
    "git:./gitops#apps/shop",
    "--out",
    "plan.json",
    ...more,
  ];
  const plan = (...more: readonly string[]): Ran => world.kubeops(words(...more));
  const made = (): Plan => JSON.parse(readFileSync(world.path("plan.json"), "utf8")) as Plan;
  const own = (): readonly string[] =>
    made().findings.flatMap(({ code, severity, key, path, message }) =>
      code.startsWith("own/") ? [`${severity} ${code} ${key?.name ?? ""} ${path ?? ""}: ${message}`] : [],
    );

  it("K7 an error denies the plan, and is shown with its place and what to do", () => {
    settings(owner);
    const ran = plan();
    expect([ran.status, made().verdict.decision]).toEqual([1, "denied"]);
    expect(own()).toEqual(["error own/owner a data: Configuration names its owner"]);
    expect(ran.stdout).toMatch(
      /denied +finding\/error +ConfigMap shop\/a: Configuration names its owner \[own\/owner\]/,
    );
    expect(ran.stdout).toContain(
      "ConfigMap shop/a: data: Configuration names its owner; to do: add the key owner",
    );
    expect(ran.stdout).toContain(`own rules  1, ${jsonDigest(made().request.rules)}`);
    const refused = world.kubeops(["approve", "plan.json", "--key", "id_ed25519", "--yes"]);
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining("PLAN_DENIED")]);
    world.write("k8s/cm.yaml", configMap("a", "owner: blue"));
    expect(plan().status).toBe(0);
    expect(own()).toEqual([]);
  });

  it("a warning is shown and denies nothing, unless the charter says so", () => {
    settings(owner.replace("severity: error", "severity: warning"));
    expect(plan().status).toBe(0);
    expect(own()).toEqual(["warning own/owner a data: Configuration names its owner"]);
  });

  it("K1 approve and apply judge by the rules that the plan recorded, wherever its makers' files went", () => {
    world.write("k8s/cm.yaml", configMap("a", "owner: blue"));
    settings(owner);
    must(plan());
    rmSync(world.path("kubeops.yaml"));
    must(world.kubeops(["approve", "plan.json", "--key", "id_ed25519", "--yes"]));
    settings(owner.replace("'owner' in object.data", "false"));
    must(world.kubeops(["apply", "plan.json"]));
    // What is brought back stood there before: undo asks no rule.
    must(world.kubeops(["undo", "plan.json", "--out", "plan.json"]));
    expect(made().request.rules).toBeUndefined();
  });

  it.each<readonly [string, (request: JsonObject) => unknown]>([
    [
      "taken out",
      (request) => Object.fromEntries(Object.entries(request).filter(([name]) => name !== "rules")),
    ],
    ["made milder", (request) => ({ ...request, rules: [{ ...ruleOf(request), severity: "info" }] })],
    [
      "given another expression",
      (request) => ({ ...request, rules: [{ ...ruleOf(request), expression: "true" }] }),
    ],
    ["made none", (request) => ({ ...request, rules: [{ ...ruleOf(request), expression: "1 +" }] })],
  ])("K1 a plan whose rule was %s is refused", (_, change) => {
    settings(owner);
    plan();
    const { digest: __, ...whole } = made();
    const request = change(whole.request as unknown as JsonObject);
    for (const findings of [whole.findings, []]) {
      const other = { ...whole, request, findings } as Omit<Plan, "digest">;
      world.write("forged.json", planText({ ...other, digest: planDigest(other) }));
      const ran = world.kubeops(["approve", "forged.json", "--key", "id_ed25519", "--yes"]);
      expect([ran.status, ran.stderr]).toEqual([3, expect.stringContaining("request.mac differs")]);
    }
  });

  it("K1 a finding of a rule that was taken out of a plan comes back", () => {
    settings(owner);
    plan();
    const { digest: __, ...whole } = made();
    const other = { ...whole, findings: whole.findings.filter(({ code }) => code !== "own/owner") };
    world.write("forged.json", planText({ ...other, digest: planDigest(other) }));
    const ran = world.kubeops(["approve", "forged.json", "--key", "id_ed25519", "--yes"]);
    expect([ran.status, ran.stderr]).toEqual([3, expect.stringContaining("PLAN_NOT_REPRODUCED")]);
  });

  it("the same rules give the same plan, in whatever file and order, and with whatever is for people", () => {
    const second =
      "{id: own/b, title: B, expression: 'size(objects) > 0 && objects[0].metadata.name == \"a\"'}";
    world.write("k8s/other.yaml", configMap("b", "owner: x"));
    settings(owner, second);
    plan();
    const first = made().digest;
    const asRules = (rule: string): string =>
      `apiVersion: kubernetes-operations.dev/v1\nkind: Rules\nrules:\n  - ${rule}\n`;
    world.write("rules/one.yaml", asRules(second));
    world.write(
      "rules/two.yaml",
      asRules(
        owner.replace(
          "path: data",
          "path: data, rationale: somebody is called, tests: [{name: t, object: {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {}}, expect: fail}]",
        ),
      ),
    );
    world.write("kubeops.yaml", `${head}  ruleFiles: [rules/two.yaml, rules/one.yaml]\n`);
    plan();
    expect(made().digest).toBe(first);
    expect(made().request.rules?.map(({ id }) => id)).toEqual(["own/b", "own/owner"]);
    // Files of objects in another order, under other names.
    world.write("k8s/cm.yaml", configMap("b", "owner: x"));
    world.write("k8s/other.yaml", configMap("a", "team: blue"));
    plan();
    expect([made().findings, made().request.rules]).toEqual([
      expect.arrayContaining([expect.objectContaining({ code: "own/owner" })]),
      expect.any(Array),
    ]);
    expect(own().filter((line) => line.includes("own/b"))).toEqual([]);
  });

  it("severities, profiles and what is off count as for check; exemptions of a repository do not (K7)", () => {
    const profiled = owner.replace("own/owner", "own/profiled").replace("path:", "profiles: [nsa], path:");
    world.write(
      "k8s/cm.yaml",
      configMap("a", "team: blue").replace(
        "namespace: shop",
        "namespace: shop, annotations: {check.kubernetes-operations.dev/own.owner: says the model}",
      ),
    );
    const of = (more: string): readonly string[] => {
      world.write("kubeops.yaml", `${head}${more}  rules:\n    - ${owner}\n    - ${profiled}\n`);
      plan();
      return own().map((line) => line.split(" ").slice(0, 2).join(" "));
    };
    expect(of("  exemptions: [{check: own/owner, reason: legacy}]\n")).toEqual(["error own/owner"]);
    expect(of("  profile: nsa\n")).toEqual(["error own/owner", "error own/profiled"]);
    expect(of("  enable: [own/profiled]\n  disable: [own/owner]\n")).toEqual(["error own/profiled"]);
    expect(of("  severity: {own/owner: info}\n")).toEqual(["info own/owner"]);
  });

  it("K7 exemptions count where the charter says so, and the plan says why; approve judges by them again", () => {
    world = makeWorld()
      .prepare()
      .charter({ edit: (text) => text.replace("repositoryExemptions: false", "repositoryExemptions: true") });
    worlds.push(world);
    world.write("k8s/cm.yaml", configMap("a", "team: blue"));
    world.write(
      "kubeops.yaml",
      `${head}  exemptions: [{check: own/owner, object: ConfigMap/a, reason: until the move}]\n  rules: [${owner}]\n`,
    );
    const ran = must(plan());
    expect(ran.stdout).toMatch(
      /error +own\/owner +ConfigMap shop\/a: data: Configuration names its owner; exempt: until the move/,
    );
    expect(made().request.exemptions).toEqual([
      { check: "own/owner", object: "ConfigMap/a", reason: "until the move" },
    ]);
    rmSync(world.path("kubeops.yaml"));
    must(world.kubeops(["approve", "plan.json", "--key", "id_ed25519", "--yes"]));
    must(world.kubeops(["apply", "plan.json"]));
  });

  it("K7 an exemption by annotation counts where the charter names its key as well", () => {
    const key = "check.kubernetes-operations.dev/own.owner";
    for (const named of [false, true]) {
      world = makeWorld()
        .prepare()
        .charter({
          edit: (text) =>
            text
              .replace("repositoryExemptions: false", "repositoryExemptions: true")
              .replace(
                "  podSecurity:",
                named ? `    - {id: controller-mark, decision: approval, names: [${key}]}\n$&` : "$&",
              ),
        });
      worlds.push(world);
      world.write(
        "k8s/cm.yaml",
        configMap("a", "team: blue").replace(
          "namespace: shop",
          `namespace: shop, annotations: {${key}: legacy}`,
        ),
      );
      settings(owner);
      plan();
      expect(made().findings.map(({ code, exempt }) => `${code} ${exempt ?? ""}`)).toEqual([
        "own/owner legacy",
      ]);
      expect(
        made()
          .verdict.reasons.filter(({ decision }) => decision === "denied")
          .map(({ rule }) => rule),
      ).toEqual(named ? [] : ["charter/widening/controller-mark"]);
    }
  });

  it("a link to nothing in the place of the settings ends a plan: no rule is left out unseen", () => {
    symlinkSync("gone.yaml", world.path("kubeops.yaml"));
    for (const ran of [plan(), world.kubeops(["check", "k8s"])])
      expect([ran.status, ran.stderr]).toEqual([2, expect.stringContaining("kubeops.yaml")]);
  });

  it("a charter that names the rules denies what was planned beside them", () => {
    settings(owner.replace("error", "info"));
    plan();
    const digest = jsonDigest(made().request.rules);
    world = makeWorld()
      .prepare()
      .charter({
        edit: (text) => text.replace(/^(\s+)repositoryExemptions: false/m, `$&\n$1ownRules: ${digest}`),
      });
    worlds.push(world);
    world.write("k8s/cm.yaml", configMap("a", "team: blue"));
    const ran = plan();
    expect([ran.status, ran.stdout]).toEqual([
      1,
      expect.stringMatching(
        /denied +charter\/own-rules +the charter asks for the repository's own rules sha256:/,
      ),
    ]);
    settings(owner.replace("error", "info"));
    must(plan());
  });

  it("K17 no value gets into a plan through a rule: not by its message, not by what fails, not out of a Secret", () => {
    // A Secret with a value stands in the repository, committed by somebody else.
    must(world.run("git", ["clone", "--quiet", "gitops", "work"]));
    world.write(
      "work/apps/shop/secret.yaml",
      "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop, annotations: {last: s3cr3t}}\nstringData: {password: s3cr3t}\n",
    );
    world.write("work/apps/shop/kustomization.yaml", "resources:\n  - secret.yaml\n");
    const cwd = world.path("work");
    must(world.run("git", ["checkout", "--quiet", "-b", "main"], { cwd }));
    must(world.run("git", ["add", "."], { cwd }));
    must(world.run("git", ["commit", "--quiet", "-m", "x"], { cwd }));
    must(world.run("git", ["push", "--quiet", "origin", "main"], { cwd }));
    world.write("k8s/cm.yaml", configMap("a", "team: t0ps3cr3t"));
    const secret = "objects.filter(o, o.kind == 'Secret')[0]";
    settings(
      "{id: own/says, title: Says, severity: info, match: {kinds: [ConfigMap]}, expression: 'false', messageExpression: string(object.data.team)}",
      "{id: own/fails, title: Fails, severity: info, match: {kinds: [ConfigMap]}, expression: int(object.data.team) > 1}",
      `{id: own/sees, title: Sees the key, severity: info, match: {kinds: [ConfigMap]}, expression: "!('password' in ${secret}.stringData)"}`,
      `{id: own/knows, title: Knows the value, severity: info, match: {kinds: [ConfigMap]}, expression: "!${secret}.stringData.password.startsWith('s3')"}`,
      `{id: own/notes, title: Knows the annotation, severity: info, match: {kinds: [ConfigMap]}, expression: "!${secret}.metadata.annotations.last.startsWith('s3')"}`,
    );
    must(plan());
    expect(own()).toEqual([
      "info own/fails a metadata.name: the rule cannot be decided here: Fails",
      "info own/says a metadata.name: Says",
      "info own/sees a metadata.name: Sees the key",
    ]);
    const { changes: _, files: __, ...rest } = made();
    expect(JSON.stringify(rest)).not.toMatch(/s3cr3t/);
  });

  it("settings that are wrong end a plan before anything is stored, and --config names others", () => {
    settings("{id: own/a, title: A, expression: object.}");
    const ran = plan();
    expect([ran.status, ran.stdout]).toEqual([2, ""]);
    expect(ran.stderr).toMatch(/^error: kubeops\.yaml:5:\d+: the expression does not compile/);
    world.write("other.yaml", `${head}  rules: [${owner}]\n`);
    expect(plan("--config", "other.yaml").status).toBe(1);
    expect(own()).toHaveLength(1);
    const none = plan("--config", "gone.yaml");
    expect([none.status, none.stderr]).toEqual([2, expect.stringContaining("gone.yaml")]);
    // A look is no plan: it asks no rule.
    expect(
      world.kubeops(["diff", "-f", "k8s", "-n", "shop", "--target", "git:./gitops#apps/shop"]).status,
    ).toBe(1);
  });

  it("rules that are too large for a plan are refused, and say what to do", () => {
    world.write(
      "kubeops.yaml",
      JSON.stringify({
        apiVersion: "kubernetes-operations.dev/v1",
        kind: "Settings",
        check: {
          rules: [
            {
              id: "own/a",
              title: "A",
              expression: "true",
              params: { list: Array.from({ length: 200_000 }, () => "abcdef") },
            },
          ],
        },
      }),
    );
    const ran = plan();
    expect([ran.status, ran.stderr]).toEqual([
      2,
      expect.stringContaining("[INPUT_TOO_LARGE]\n  hint: a plan records the rules"),
    ]);
  });

  it("rules of the folder judge what a Compose file becomes", () => {
    world.copy(join(import.meta.dirname, "../../examples/shop"), "shop");
    settings(
      '{id: own/two, title: Two replicas, severity: error, match: {kinds: [Deployment]}, expression: "object.spec.?replicas.orValue(1) >= 2", path: spec.replicas}',
    );
    const ran = world.kubeops([
      "plan",
      "-f",
      "shop/compose.yaml",
      "-n",
      "shop",
      "--target",
      "git:./gitops#apps/shop",
      "--out",
      "plan.json",
    ]);
    expect([ran.status, ran.stderr]).toEqual([1, expect.any(String)]);
    expect(own().map((line) => line.split(" ")[2])).toEqual(["cache", "worker"]);
  });
});

function ruleOf(request: JsonObject): JsonObject {
  const [rule] = request["rules"] as readonly JsonObject[];
  return rule ?? {};
}
