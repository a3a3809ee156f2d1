import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FindingJson } from "../../src/analysis/findings/json.ts";
import { makeWorld, must, type Ran, reportOf, repository, type World } from "../support/cli.ts";

const HEAD = "apiVersion: kubernetes-operations.dev/v1\nkind: Settings\ncheck:\n";

/** Rules of a repository's own, and their tests, from the command line. */
describe("rules of one's own", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld();
    world.write("k8s/deployment.yaml", deployment("shop", 1));
  });
  afterAll(() => world.remove());

  const deployment = (name: string, replicas: number): string =>
    [
      "apiVersion: apps/v1",
      "kind: Deployment",
      `metadata: {name: ${name}, namespace: prod}`,
      "spec:",
      `  replicas: ${replicas}`,
      "  selector: {matchLabels: {app: a}}",
      "  template:",
      "    metadata: {labels: {app: a}}",
      "    spec:",
      "      containers:",
      "        - name: web",
      "          image: ghcr.io/acme/web:1.0@sha256:0000000000000000000000000000000000000000000000000000000000000000",
      "",
    ].join("\n");

  const settings = (...rules: readonly string[]) =>
    world.write("kubeops.yaml", `${HEAD}  rules:\n${rules.map((rule) => `    - ${rule}\n`).join("")}`);
  const check = (...words: readonly string[]) =>
    world.kubeops(["check", "k8s", "--profile", "none", ...words]);
  const found = (...words: readonly string[]): readonly FindingJson[] =>
    reportOf(check("-o", "json", ...words)).findings;
  const said = (...words: readonly string[]): readonly string[] =>
    found(...words).map(
      ({ code, severity, message, place }) =>
        `${place?.line}:${place?.column} ${severity} ${code} ${message}`,
    );
  const refused = (...rules: readonly string[]): string => {
    settings(...rules);
    const ran = check();
    expect([ran.status, ran.stdout]).toEqual([2, ""]);
    return ran.stderr.split("\n")[0] ?? "";
  };

  const two =
    "{id: own/two, title: Two replicas, severity: error, match: {kinds: [Deployment]}, expression: object.spec.replicas >= 2, path: spec.replicas, fix: set it to 2, rationale: nodes go}";

  it("are checks like any other: places, severities, profiles, exemptions, baselines, every output", () => {
    settings(two);
    expect(said()).toEqual(["5:13 error own/two Two replicas"]);
    expect(check().status).toBe(1);
    expect(check("--fail-on", "info", "--write-baseline", "baseline.json").status).toBe(0);
    expect(check("--baseline", "baseline.json").status).toBe(0);
    for (const output of ["sarif", "junit", "github", "gitlab"])
      expect(check("-o", output).stdout).toContain("own/two");
    expect(check("-o", "sarif").stdout).toContain(
      "nodes go What to do: set it to 2. Source of the rule: own rule, kubeops.yaml:5:7",
    );
    expect(check("--list-checks").stdout).toMatch(/^own\/two +error +Two replicas$/m);
    const explained = world.kubeops(["explain", "own/two"]);
    expect([explained.status, explained.stdout]).toEqual([0, expect.stringContaining("nodes go")]);
    const unknown = world.kubeops(["explain", "own/tow"]);
    expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringContaining("did you mean own/two?")]);

    const write = (more: string) => world.write("kubeops.yaml", `${HEAD}${more}  rules: [${two}]\n`);
    write("  severity: {own/two: info}\n");
    expect(said()).toEqual(["5:13 info own/two Two replicas"]);
    write("  disable: [own/two]\n");
    expect(said()).toEqual([]);
    write("  exemptions: [{check: own/two, object: Deployment/shop, reason: it is idle}]\n");
    expect([said(), check().stderr]).toEqual([[], "not counted: 1 exempt by settings or annotations\n"]);
    settings(two.replace("{id", "{profiles: [production], id"));
    expect(said()).toEqual([]);
    expect(world.kubeops(["check", "k8s", "--profile", "production"]).stdout).toContain("own/two");
    world.write(
      "k8s/deployment.yaml",
      deployment("shop", 1).replace(
        "prod}",
        "prod, annotations: {check.kubernetes-operations.dev/own.two: it is idle}}",
      ),
    );
    settings(two);
    expect(said()).toEqual([]);
    world.write("k8s/deployment.yaml", deployment("shop", 1));
    const fixed = world.kubeops(["fix", "k8s", "--dry-run", "--profile", "none"]);
    expect(fixed.stdout + fixed.stderr).toContain("own/two");
  });

  it("are refused at the place in the expression, with what to do", () => {
    expect(refused("{id: own/a, title: A, expression: 'true && objekt.a == 1'}")).toBe(
      "error: kubeops.yaml:5:50: the expression does not compile: undeclared reference to 'objekt' (in container '') [INPUT_MALFORMED]",
    );
    expect(
      refused(
        "id: own/a\n      title: A\n      match: {kinds: [Deployment]}\n      expression: |\n        true &&\n          object.spec.replcas > 1",
      ),
    ).toBe(
      "error: kubeops.yaml:10:22: the expression does not fit apps/v1 Deployment: undefined field 'replcas' [INPUT_MALFORMED]",
    );
    expect(
      refused("{id: own/a, title: A, match: {kinds: [Deployment]}, expression: object.spec.replicas > '1'}"),
    ).toMatch(
      /^error: kubeops\.yaml:5:92: the expression does not fit apps\/v1 Deployment: found no matching overload for '_>_'/,
    );
    expect(refused("{id: own/a, title: A, expression: object.spec}")).toBe(
      "error: kubeops.yaml:5:41: the expression gives dyn, and bool is wanted [INPUT_MALFORMED]",
    );
    expect(refused("{id: own/a, title: A, expression: 'true', messageExpression: 1 + 1}")).toBe(
      "error: kubeops.yaml:5:68: the expression gives int, and string is wanted [INPUT_MALFORMED]",
    );
    expect(
      refused("{id: own/a, title: A, expression: 'true'}", "{id: own/a, title: B, expression: 'true'}"),
    ).toBe("error: kubeops.yaml:6:12: there are two rules own/a [INPUT_MALFORMED]");
    expect(refused("{id: security/privileged, title: A, expression: 'true'}")).toContain(
      "kubeops.yaml:5:12: check.rules[0].id is not own/",
    );
    expect(refused("{id: own/a, title: A, expresion: 'true'}")).toBe(
      'error: kubeops.yaml:5:29: unknown key "expresion" [INPUT_MALFORMED]',
    );
    expect(refused("{id: own/a, title: A, expression: 'true', path: 'spec..a'}")).toBe(
      "error: kubeops.yaml:5:55: path is no path of a field [INPUT_MALFORMED]",
    );
    expect(refused("{id: own/a, title: A, expression: container.name != ''}")).toContain(
      "undeclared reference to 'container'",
    );
    expect(refused("{id: own/a, title: A, expression: request.name != ''}")).toContain(
      "undeclared reference to 'request'",
    );
    expect(refused("{id: own/a, title: A, expression: '((((', severity: error}")).toContain("Syntax error");
    expect(refused(`{id: own/a, title: A, expression: "${"(".repeat(20_000)}"}`)).toContain(
      "recursion limit exceeded",
    );
  });

  it("know fields that one of several kinds has, and any field where a kind is not known", () => {
    settings(
      "{id: own/a, title: A, match: {kinds: [Deployment, CronJob]}, expression: 'object.kind == \"CronJob\" ? has(object.spec.schedule) : has(object.spec.replicas)'}",
      "{id: own/b, title: B, match: {kinds: [Rollout]}, expression: object.spec.anything == 1}",
      "{id: own/c, title: C, match: {kinds: [Secret]}, expression: object.data.a == 'b'}",
    );
    // Nothing is known of the kind: that is said, and its fields are not judged.
    expect(said()).toEqual([
      expect.stringMatching(/^6:45 warning settings\/unknown-kind own\/b is for Rollout, /),
    ]);
  });

  it("that cannot be decided are findings: absent fields, cost, and messages that fail", () => {
    settings(
      "{id: own/absent, title: A, severity: error, expression: object.spec.paused == false}",
      "{id: own/loops, title: A, expression: 'lists.range(10000).all(a, lists.range(10000).all(b, a + b >= 0))'}",
      "{id: own/compares, title: A, expression: 'lists.range(300000).all(a, [objects] == [objects])'}",
      "{id: own/doubles, title: A, variables: [{name: a, expression: object.metadata.name}, {name: b, expression: 'lists.range(60).map(i, variables.a).join(variables.a)'}], expression: 'lists.range(200000).all(i, variables.b + variables.b != string(i))'}",
      "{id: own/regex, title: A, expression: '!object.metadata.name.matches(\"^(s+h+o+p*)+$\")', messageExpression: 'object.metadata.nothing + \"\"', message: the pattern fits}",
      "{id: own/unicode, title: A, expression: 'false', messageExpression: '\"za\u017c\u00f3\u0142\u0107 \\u202E \\n next \\x07\"'}",
    );
    expect(said()).toEqual([
      "3:18 error own/absent the rule cannot be decided here: no such key: paused",
      "3:18 warning own/compares the rule cannot be decided here: its expression takes more than the limit for one object",
      "3:18 warning own/doubles the rule cannot be decided here: its expression takes more than the limit for one object",
      "3:18 warning own/loops the rule cannot be decided here: its expression takes more than the limit for one object",
      "3:18 warning own/regex the pattern fits (its messageExpression says nothing: no such key: nothing)",
      "3:18 warning own/unicode za\\u{17c}\\u{f3}\\u{142}\\u{107} \\u{202e} next \\u{7}",
    ]);
  }, 60_000);

  it("double texts and lists without taking all memory", () => {
    const variables = Array.from({ length: 40 }, (_none, at) =>
      at === 0
        ? "{name: v0, expression: object.metadata.name}"
        : `{name: v${at}, expression: variables.v${at - 1} + variables.v${at - 1}}`,
    );
    settings(
      `{id: own/texts, title: A, variables: [${variables.join(", ")}], expression: variables.v39 != ''}`,
      `{id: own/lists, title: A, variables: [${variables.join(", ").replace("object.metadata.name", "'[1, 2]'")}], expression: "variables.v39 != []"}`,
    );
    const messages = found().map(({ code, message }) => `${code} ${message}`);
    expect(messages).toHaveLength(2);
    for (const message of messages) expect(message).toContain("takes more than the limit for one object");
  }, 60_000);

  it("look at neighbours, all objects and the Namespace", () => {
    world.write(
      "world/a.yaml",
      `${deployment("shop", 2)}---\napiVersion: v1\nkind: Namespace\nmetadata: {name: prod, labels: {team: blue}}\n---\n${deployment("other", 2).replace("prod", "dev")}`,
    );
    settings(
      "{id: own/near, title: A, match: {kinds: [Deployment]}, expression: 'neighbours.Deployment.size() == 2 && neighbours.Nothing.size() == 0', messageExpression: 'string(neighbours.Deployment.size())'}",
      "{id: own/all, title: A, match: {kinds: [Deployment]}, expression: objects.size() == 4, messageExpression: string(objects.size())}",
      "{id: own/team, title: A, match: {kinds: [Deployment]}, expression: 'namespaceObject != null && namespaceObject.metadata.labels.team == \"red\"', messageExpression: 'namespaceObject == null ? \"none\" : string(namespaceObject.metadata.labels.team)'}",
    );
    const { findings } = reportOf(world.kubeops(["check", "world", "--profile", "none", "-o", "json"]));
    expect(findings.map(({ code, message }) => `${code} ${message}`)).toEqual([
      "own/all 3",
      "own/near 1",
      "own/team blue",
      "own/all 3",
      "own/near 1",
      "own/team none",
    ]);
  });

  it("come from files too, inside the folder of the settings", () => {
    const rules = (id: string, more = "") =>
      `apiVersion: kubernetes-operations.dev/v1\nkind: Rules\nrules:\n  - {id: ${id}, title: A, expression: object.kind != 'Deployment'${more}}\n`;
    world.write("rules/a.yaml", rules("own/a"));
    world.write("rules/deep/b.yaml", rules("own/b"));
    const files = (...patterns: readonly string[]) => {
      world.write("kubeops.yaml", `${HEAD}  ruleFiles: [${patterns.map((one) => `"${one}"`).join(", ")}]\n`);
      return check("-o", "json");
    };
    const codes = (ran: Ran) => reportOf(ran).findings.map(({ code }) => code);
    expect(codes(files("rules/*.yaml"))).toEqual(["own/a"]);
    expect(codes(files("rules/**/*.yaml", "./rules/a.yaml"))).toEqual(["own/a", "own/b"]);
    const first = (ran: { status: number | null; stderr: string }) => [ran.status, JSON.parse(ran.stderr)];
    expect(first(files("rules/nothing.yaml"))).toEqual([
      2,
      expect.objectContaining({
        code: "INPUT_NOT_FOUND",
        place: { file: "kubeops.yaml", line: 4, column: 15 },
      }),
    ]);
    expect(first(files("../outside.yaml"))).toEqual([2, expect.objectContaining({ code: "INPUT_OUTSIDE" })]);
    world.write("rules/a.yaml", rules("own/a", ", match: {kind: [Pod]}"));
    expect(first(files("rules/*.yaml"))).toEqual([
      2,
      expect.objectContaining({
        message: 'unknown key "kind"',
        hint: "did you mean kinds?",
        place: { file: "rules/a.yaml", line: 4, column: 76 },
      }),
    ]);
    world.write("rules/a.yaml", rules("own/b"));
    expect(first(files("rules/**/*.yaml"))).toEqual([
      2,
      expect.objectContaining({ message: "there are two rules own/b" }),
    ]);
    world.write("rules/a.yaml", deployment("x", 1));
    expect(first(files("rules/a.yaml"))[0]).toBe(2);
    world.write("rules/a.yaml", "a: [");
    expect(first(files("rules/a.yaml"))[0]).toBe(2);
  });

  describe("--test-rules", () => {
    const object = (replicas: number) =>
      `{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicas: ${replicas}}}`;
    const tested = (tests: string) => two.replace("{id", `{tests: [${tests}], id`);
    const run = (...words: readonly string[]) => world.kubeops(["check", "--test-rules", ...words]);

    it("prints every test with its place, and says what no test shows", () => {
      settings(
        tested(
          `{name: one, object: ${object(1)}, expect: fail, message: Two replicas}, {name: two, object: ${object(2)}, expect: pass}`,
        ),
        "{id: own/untested, title: A, expression: 'true'}",
        `{id: own/never, title: A, expression: 'true', tests: [{name: x, object: ${object(1)}, expect: pass}]}`,
      );
      const ran = run();
      expect([ran.status, ran.stderr, ran.stdout.split("\n")]).toEqual([
        0,
        "",
        [
          "ok    own/two  one  kubeops.yaml:5:16",
          "ok    own/two  two  kubeops.yaml:5:157",
          "ok    own/never  x  kubeops.yaml:7:61",
          "none  own/untested  has no test  kubeops.yaml:6:7",
          "none  own/never  has no test in which it finds something  kubeops.yaml:7:7",
          "3 tests: 3 passed, 0 failed",
          "",
        ],
      ]);
      expect(run("--fail-on", "warning").status).toBe(1);
      expect(JSON.parse(run("-o", "json").stdout)).toMatchObject({
        kind: "RuleTests",
        passed: 3,
        failed: 0,
        tests: [
          { rule: "own/two", name: "one", passed: true, expected: "fail", got: "fail", place: { line: 5 } },
          {},
          {},
        ],
        untested: [{ rule: "own/untested" }],
        neverFail: [{ rule: "own/never" }],
      });
    });

    it("fails where a test is not as expected, and says what was found instead", () => {
      settings(
        tested(
          [
            `{name: a, object: ${object(1)}, expect: pass}`,
            `{name: b, object: ${object(2)}, expect: fail}`,
            `{name: c, object: ${object(1)}, expect: fail, message: three}`,
            "{name: d, object: {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}, expect: pass}",
            "{name: e, object: {apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {}}, expect: fail}",
            "{name: f, object: {apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {}}, expect: error}",
            "{name: g, file: tests/two.yaml, expect: fail}",
          ].join(", "),
        ),
      );
      world.write("tests/two.yaml", `${deployment("a", 2)}---\n${deployment("b", 1)}`);
      const ran = run();
      expect(ran.status).toBe(1);
      expect(ran.stdout.split("\n").map((line) => line.replace(/ {2}kubeops.*$/, ""))).toEqual([
        "FAIL  own/two  a",
        "      expected pass, got fail: Two replicas (at spec.replicas)",
        "FAIL  own/two  b",
        "      expected fail, got pass",
        "FAIL  own/two  c",
        '      no finding says "three": Two replicas (at spec.replicas)',
        "FAIL  own/two  d",
        "      expected pass, got skip: the rule is for none of the objects; look at match and for, or expect skip",
        "FAIL  own/two  e",
        "      expected fail, got error: the rule cannot be decided here: no such key: replicas (at spec.replicas)",
        "ok    own/two  f",
        "ok    own/two  g",
        "7 tests: 2 passed, 5 failed",
        "",
      ]);
    });

    it("refuses what is no test, no rule and no object", () => {
      const error = (...words: readonly string[]): string => {
        const ran = run(...words);
        expect([ran.status, ran.stdout]).toEqual([2, ""]);
        return ran.stderr.split("\n")[0] ?? "";
      };
      settings(tested(`{name: a, object: ${object(1)}, objects: [${object(1)}], expect: pass}`));
      expect(error()).toContain("kubeops.yaml:5:16: a test has one of object, objects and file");
      settings(tested("{name: a, expect: pass}"));
      expect(error()).toContain("a test has one of object, objects and file");
      settings(tested(`{name: a, object: ${object(1)}, expect: maybe}`));
      expect(error()).toContain('check.rules[0].tests[0].expect is none of "pass", "fail", "skip", "error"');
      settings(tested("{name: a, object: {kind: Pod}, expect: pass}"));
      expect(error()).toMatch(/^error: kubeops\.yaml:5:\d+: /);
      settings(tested("{name: a, file: ../x.yaml, expect: pass}"));
      expect(error()).toContain("[INPUT_OUTSIDE]");
      settings(tested("{name: a, file: none.yaml, expect: pass}"));
      expect(error()).toContain("[INPUT_NOT_FOUND]");
      settings(two);
      expect(error("k8s")).toContain("--test-rules judges the objects of tests, not files");
      expect(error("-o", "sarif")).toContain("--test-rules has no output sarif");
      world.write("kubeops.yaml", HEAD);
      expect(error()).toBe("error: there is no rule to test [USAGE]");
    });
  });

  it("runs the examples of the guide", () => {
    const guide = readFileSync(join(repository, "docs/guide/own-rules.md"), "utf8");
    const blocks = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? "");
    expect(blocks.map((text) => /^kind: (\w+)$/m.exec(text)?.[1])).toEqual(["Settings", "Rules"]);
    world.write("kubeops.yaml", `${blocks[0]}  ruleFiles: [rules.yaml]\n`);
    world.write("rules.yaml", blocks[1] ?? "");
    const ran = world.kubeops(["check", "--test-rules", "--fail-on", "warning"]);
    expect([ran.status, ran.stdout]).toEqual([
      0,
      expect.stringMatching(/^(ok {4}.*\n)+13 tests: 13 passed, 0 failed\n$/),
    ]);
    const settings = readFileSync(join(repository, "docs/guide/checks.md"), "utf8");
    const [, block = ""] = /```yaml\n(# yaml-language-server[\s\S]*?)```/.exec(settings) ?? [];
    world.write("kubeops.yaml", block);
    expect([0, 1]).toContain(check().status);
  });

  describe("that are for nobody", () => {
    const of = (match: string, more = ""): string =>
      `{id: own/a, title: A, match: {${match}}, expression: 'true'${more}}`;
    const nobody = (...words: readonly string[]): readonly string[] =>
      found(...words).flatMap(({ code, severity, message, hint, place }) =>
        code === "settings/unknown-kind"
          ? [`${place?.file}:${place?.line}:${place?.column} ${severity} ${message} (${hint})`]
          : [],
      );

    it.each<readonly [string, string | undefined]>([
      ["kinds: [Deploymnet]", "did you mean Deployment?"],
      ["kinds: [deployment]", "did you mean Deployment?"],
      ["kinds: [Ingresses]", "did you mean Ingress?"],
      ["kinds: [Deployment, Frobnicator]", "correct it, or add the definition"],
      ["kinds: ['Deploymnet*']", "did you mean Deployment?"],
      ["kinds: [Deployment], apiVersions: [app/v1]", "did you mean apps/v1?"],
      ["kinds: [Deployment], apiVersions: [batch/v1]", "Deployment is of apps/v1"],
      ["kinds: [Deployment]", undefined],
      ["kinds: ['*Set', 'Deploy*']", undefined],
      ["kinds: ['*']", undefined],
      // Gone for long, and still a kind.
      ["kinds: [PodSecurityPolicy]", undefined],
      ["kinds: [Ingress], apiVersions: [extensions/*]", undefined],
      ["apiVersions: [example.com/v1]", undefined],
    ])("%s", (match, hint) => {
      settings(of(match));
      const lines = nobody();
      expect(lines.length).toBe(hint === undefined ? 0 : 1);
      if (hint === undefined) return;
      expect(lines[0]).toContain(hint);
      expect(lines[0]).toMatch(
        /^kubeops\.yaml:5:\d+ warning own\/a is for .*, .*: it says nothing of any object/,
      );
      // At the kind itself.
      const [, , column] = lines[0]?.split(/[: ]/) ?? [];
      const line = readFileSync(world.path("kubeops.yaml"), "utf8").split("\n")[4] ?? "";
      const kind = /kinds: \[(?:Deployment, )?'?([A-Za-z]+)/.exec(line)?.[1] ?? "";
      expect(line.slice(Number(column) - 1).replace("'", "")).toMatch(new RegExp(`^${kind}`));
      expect([check().status, check("--fail-on", "warning").status]).toEqual([0, 1]);
      const tested = world.kubeops(["check", "--test-rules"]);
      expect([tested.status, tested.stdout]).toEqual([0, expect.stringMatching(/warn {2}own\/a is for /)]);
      expect(tested.stdout).toContain(hint);
      expect(world.kubeops(["check", "--test-rules", "--fail-on", "warning"]).status).toBe(1);
      const json = JSON.parse(world.kubeops(["check", "--test-rules", "-o", "json"]).stdout) as {
        readonly unknownKinds: readonly object[];
      };
      expect(json.unknownKinds).toEqual([
        expect.objectContaining({ rule: "own/a", hint: expect.stringContaining(hint) as string }),
      ]);
    });

    const crd = [
      "apiVersion: apiextensions.k8s.io/v1",
      "kind: CustomResourceDefinition",
      "metadata: {name: rollouts.example.com}",
      "spec:",
      "  group: example.com",
      "  scope: Namespaced",
      "  names: {plural: rollouts, kind: Rollout}",
      "  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]",
      "",
    ].join("\n");
    const rollout = "apiVersion: example.com/v1\nkind: Rollout\nmetadata: {name: a}\n";

    it("a kind that a definition or an object of the input, or the store, knows is known", () => {
      settings(of("kinds: [Rollout], apiVersions: [example.com/v1]"));
      expect(nobody()).toHaveLength(1);
      for (const text of [crd, rollout]) {
        world.write("k8s/more.yaml", text);
        expect(nobody()).toEqual([]);
      }
      rmSync(world.path("k8s/more.yaml"));
      expect(nobody()).toHaveLength(1);
      world.write("crd.yaml", crd);
      must(world.kubeops(["schemas", "add", "crd.yaml"]));
      expect(nobody()).toEqual([]);
      expect(world.kubeops(["check", "--test-rules"]).stdout).not.toContain("warn ");
      settings(of("kinds: [Rollout], apiVersions: [example.com/v2]"));
      expect(nobody()[0]).toContain("did you mean example.com/v1?");
      settings(of("kinds: [Rolout]"));
      expect(nobody()[0]).toContain("did you mean Rollout?");
      must(world.kubeops(["schemas", "remove", "--all"]));
    });

    it("is said once, in rule files at their own place, of overlays only where none knows it, and can be turned off", () => {
      world.write("kubeops.yaml", `${HEAD}  ruleFiles: [more.yaml]\n`);
      const more = `apiVersion: kubernetes-operations.dev/v1\nkind: Rules\nrules:\n  - ${of("kinds: [Rollout]")}\n`;
      world.write("more.yaml", more);
      expect(nobody()).toEqual([expect.stringMatching(/^more\.yaml:4:\d+ warning/)]);
      world.write("over/one/kustomization.yaml", "resources: [a.yaml]\n");
      world.write("over/one/a.yaml", rollout);
      world.write("over/two/kustomization.yaml", "resources: [b.yaml]\n");
      world.write("over/two/b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n");
      const overlays = (...names: readonly string[]): readonly string[] =>
        reportOf(world.kubeops(["check", ...names, "--profile", "none", "-o", "json"])).findings.map(
          ({ code }) => code,
        );
      expect(overlays("over/one", "over/two")).not.toContain("settings/unknown-kind");
      expect(overlays("over/two")).toEqual(["settings/unknown-kind"]);
      world.write("kubeops.yaml", `${HEAD}  ruleFiles: [more.yaml]\n  disable: [settings/unknown-kind]\n`);
      expect(nobody()).toEqual([]);
      world.write(
        "kubeops.yaml",
        `${HEAD}  ruleFiles: [more.yaml]\n  severity: {settings/unknown-kind: error}\n`,
      );
      expect(check().status).toBe(1);
      world.write("kubeops.yaml", `${HEAD}  ruleFiles: [more.yaml]\n  disable: [own/a]\n`);
      expect(nobody()).toEqual([]);
      expect(must(world.kubeops(["explain", "settings/unknown-kind"])).stdout).toContain(
        "Rules are for kinds that there are",
      );
    });
  });
});
