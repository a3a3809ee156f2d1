import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mcpTools } from "../../src/mcp/tools/table.ts";
import { makeWorld, must, planShop, repository, type World } from "../support/cli.ts";
import { deep } from "../support/suites.ts";
import { type Connected, connect, initialize, raw, request } from "./connect.ts";

const nobody = `sha256:${"0".repeat(64)}`;

/** The real server over a real pipe, with a real client. */
describe("kubeops mcp over stdio", () => {
  let world: World;
  let digest: string;
  beforeAll(() => {
    world = makeWorld().prepare();
    world.copy(join(repository, "examples/shop"), "shop");
    world.charter();
    must(world.kubeops(planShop()));
    digest = (JSON.parse(readFileSync(world.path("plan.json"), "utf8")) as { digest: string }).digest;
  });
  afterAll(() => world.remove());

  describe.each(["modern", "legacy"] as const)("in the %s era", (era) => {
    let server: Connected;
    beforeAll(async () => {
      server = await connect(world, { era });
    });
    afterAll(() => server.close());

    test("explain setup tells targets, namespaces and kinds", async () => {
      const { value } = await server.call("explain", { id: "setup" });
      expect(value.targets).toEqual([{ name: "gitops", kind: "git" }]);
      expect(value.charter.namespaces).toEqual(["shop"]);
      expect(value.trustRoot).toBe("advisory");
    });

    test("explain knows findings, rules, widenings and errors, and says when it knows nothing", async () => {
      for (const [id, kind] of [
        ["object/name", "finding"],
        ["charter/kind", "verdict rule"],
        ["charter/widening/secret-use", "verdict rule"],
        ["secret-use", "widening"],
        ["APPROVAL_MISSING", "error"],
        ["constructor", "unknown"],
        ["toString", "unknown"],
      ] as const)
        expect((await server.call("explain", { id })).value.kind, id).toBe(kind);
    });

    test("check judges a text, without a word of its values", async () => {
      const { value, isError } = await server.call("check", {
        manifests:
          'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Not_A_Name-hunter2, labels: {app: "hunter3 !"}}\ndata: {a: hunter3}\n',
      });
      expect(isError).toBe(false);
      expect(value.counts.error).toBe(2);
      expect(value.findings.rows[0]).toMatchObject({
        id: "object/name",
        severity: "error",
        file: "<stdin>",
        line: 3,
      });
      expect(JSON.stringify(value)).not.toContain("hunter3");
    });

    test("show_plan shows what a reviewer sees, and no value", async () => {
      const { value } = await server.call("show_plan", { plan: digest });
      expect(value.plan).toBe(digest);
      expect(value.decision).toBe("needs-approval");
      expect(value.counts).toEqual({ create: expect.any(Number), update: 0, delete: 0, unchanged: 0 });
      expect(value.changes.total).toBe(value.counts.create);
      expect(value.images.rows.length).toBeGreaterThan(0);
      expect(value.secretsThatMustExist.length).toBeGreaterThan(0);
      // Values, prose and paths of the input.
      const text = JSON.stringify(value);
      for (const word of ["compose.yaml", "only-an-example", "services.", world.folder])
        expect(text).not.toContain(word);
    });

    test("show_plan goes on where its lists end", async () => {
      const { value } = await server.call("show_plan", { plan: digest, offset: 2 });
      const whole = (await server.call("show_plan", { plan: digest })).value;
      expect(value.changes.total).toBe(whole.changes.total);
      expect(value.changes.rows[0]).toEqual(whole.changes.rows[2]);
    });

    test("request_approval gives the commands and approves nothing", async () => {
      const { value } = await server.call("request_approval", { plan: digest });
      expect(value).toMatchObject({
        required: 1,
        holding: 0,
        trustRoot: "advisory",
        approvers: ["anna"],
        commands: [
          `kubeops show ${digest} --objects`,
          `kubeops approve ${digest} --key <the person's own key>`,
        ],
      });
      expect(existsSync(world.path("home/.local/state/kubeops/approvals"))).toBe(false);
    });

    test("apply_plan is refused for want of an approval, and nothing happens", async () => {
      const { value, isError } = await server.call("apply_plan", { plan: digest });
      expect(isError).toBe(true);
      expect(value.error).toEqual({
        code: "APPROVAL_MISSING",
        message: "The plan lacks an approval that the charter asks for.",
        hint: "Call request_approval and give a person the command; nobody else can approve.",
      });
      expect(must(world.run("git", ["-C", "gitops", "for-each-ref"])).stdout).toBe("");
    });

    test("audit_query shows calls and refusals by digests and codes", async () => {
      const { value } = await server.call("audit_query", { plan: digest, limit: 3 });
      expect(value.entries.map((entry: { type: string }) => entry.type)).toContain("tool-call");
      expect(JSON.stringify(value)).not.toMatch(/anna|root|compose/);
      const refusals = (await server.call("audit_query", { type: "refusal", limit: 1 })).value.entries;
      expect(refusals[0]).toMatchObject({ call: "apply_plan", code: "APPROVAL_MISSING", plan: digest });
    });

    test("a plan that nobody made, and one that is no digest, are refused", async () => {
      // Not even a file of the working folder that bears the name of a digest is read.
      world.write(nobody, readFileSync(world.path("plan.json")));
      expect((await server.call("show_plan", { plan: nobody })).value.error.code).toBe("PLAN_NOT_FOUND");
      for (const plan of [
        "plan.json",
        "../plan.json",
        digest.slice(7),
        digest.slice(0, 20),
        `${digest}\n`,
        "",
        7,
        null,
        [digest],
      ]) {
        const tool = era === "modern" ? "apply_plan" : "show_plan";
        const { value, isError } = await server.call(tool, { plan });
        expect([isError, value.error.code], `${tool} ${String(plan)}`).toEqual([true, "USAGE"]);
      }
    });

    test("K6 arguments that no schema has are refused by every tool: paths, flags, hosts, contexts, keys", async () => {
      // The eras differ in how a call arrives, not in how it is read: one of each family is enough for the second.
      const strange = [
        "path",
        "filename",
        "trustRoot",
        "trust-root",
        "kubeconfig",
        "context",
        "server",
        "key",
        "state",
        "project",
        "yes",
        "force",
        "constructor",
        "-f",
      ].slice(0, deep ? undefined : era === "modern" ? 7 : 2);
      const good: Record<string, Record<string, unknown>> = {
        check: {},
        explain: { id: "setup" },
        plan_change: { target: "gitops", namespace: "shop", operations: [{ kind: "commit_to_git" }] },
        show_plan: { plan: digest },
        request_approval: { plan: digest },
        apply_plan: { plan: digest },
        audit_query: {},
      };
      expect(Object.keys(good)).toEqual(mcpTools.map(({ name }) => name));
      for (const [name, args] of Object.entries(good)) {
        for (const key of strange) {
          const { value, isError } = await server.call(name, { ...args, [key]: "/etc/passwd" });
          expect([isError, value.error.code], `${name} ${key}`).toEqual([true, "USAGE"]);
          expect(JSON.stringify(value)).not.toContain("passwd");
        }
      }
    });

    test("a target that is not offered, and names that try to be more, are refused", async () => {
      for (const target of [
        "other",
        "cluster:prod",
        "git:/etc#x",
        "gitops --trust-root /tmp",
        "../gitops",
        "-sURL",
        "",
        "a".repeat(300),
      ]) {
        const { value, isError } = await server.call("plan_change", {
          target,
          namespace: "shop",
          operations: [{ kind: "commit_to_git" }],
        });
        expect([isError, ["USAGE", "TARGET_INVALID"].includes(value.error.code)], target).toEqual([
          true,
          true,
        ]);
      }
      for (const namespace of ["Shop", "shop;ls", "--all-namespaces", "../x", "", "a".repeat(64), 1]) {
        const { value, isError } = await server.call("plan_change", {
          target: "gitops",
          namespace,
          operations: [{ kind: "commit_to_git" }],
        });
        expect([isError, value.error.code], String(namespace)).toEqual([true, "USAGE"]);
      }
    });

    test("huge and deep arguments are refused before they are looked at", async () => {
      let nested: unknown = "x";
      for (let depth = 0; depth < 200; depth++) nested = [nested];
      for (const args of [
        { manifests: "x".repeat(600_000) },
        { manifests: "x".repeat(300_000) },
        { manifests: nested },
        { manifests: Array.from({ length: 30_000 }, () => 0) },
      ]) {
        const { value, isError } = await server.call("check", args);
        expect([isError, ["USAGE", "AGENT_LIMIT"].includes(value.error.code)]).toEqual([true, true]);
      }
    });

    test("an unknown tool and an unknown method are errors of the protocol", async () => {
      await expect(server.client.callTool({ name: "approve_plan", arguments: {} })).rejects.toThrow(
        /no such tool/,
      );
      await expect(server.client.callTool({ name: "__proto__", arguments: {} })).rejects.toThrow(
        /no such tool/,
      );
      await expect(server.client.request({ method: "resources/list" } as never)).rejects.toThrow();
    });
  });

  test("check without a text judges the operator's folder, and nothing outside it", async () => {
    world.write("project/bad.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Bad_Name}\n");
    world.write("project/notes.yaml", "remember: the milk\n");
    must(world.run("ln", ["-s", world.path("plan.json"), "project/outside.json"]));
    const server = await connect(world, { args: ["--project", "project"] });
    const { value, isError } = await server.call("check");
    // A link out of the folder is refused, and the folder is not judged without it.
    expect([isError, value.error?.code]).toEqual([true, "INPUT_OUTSIDE"]);
    must(world.run("rm", ["project/outside.json"]));
    expect((await server.call("check")).value).toMatchObject({
      checked: "project folder",
      files: 1,
      leftAside: 1,
      findings: { total: 1, rows: [{ id: "object/name", file: "project/bad.yaml", line: 3 }] },
    });
    await server.close();
  });

  test("any JSON as arguments of any tool is answered, changes nothing and shows no path of the machine", async () => {
    const server = await connect(world);
    const key = fc.constantFrom(
      "plan",
      "target",
      "namespace",
      "operations",
      "id",
      "manifests",
      "limit",
      "before",
      "kind",
      "name",
      "x",
    );
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom(
        digest,
        "gitops",
        "shop",
        "deploy",
        "setup",
        "$(id)",
        "../../etc/passwd",
        "-o yaml",
        "https://10.0.0.1",
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...mcpTools.map(({ name }) => name)),
        fc.dictionary(key, value, { maxKeys: 4 }),
        async (name, args) => {
          const answer = await server.call(name, args);
          expect(JSON.stringify(answer.value)).not.toContain(world.folder);
        },
      ),
      { numRuns: deep ? 1000 : 40 },
    );
    expect(must(world.run("git", ["-C", "gitops", "for-each-ref"])).stdout).toBe("");
    expect(readdirSync(world.path("home/.local/state/kubeops/plans"))).toHaveLength(1);
    await server.close();
  }, 300_000);

  test("every call and every refusal is in a log that verifies", () => {
    const list = must(world.kubeops(["audit", "list"])).stdout;
    expect(list).toMatch(/tool-call +[0-9a-f]{12} +apply_plan/);
    expect(list).toMatch(/refusal +[0-9a-f]{12} +apply_plan APPROVAL_MISSING/);
    expect(must(world.kubeops(["audit", "verify"])).stdout).toContain("valid:");
  });

  test("malformed messages are passed over, and what follows is answered", async () => {
    const ran = await raw(world, [
      initialize,
      "not json\n",
      "{\n",
      "[]\n",
      "null\n",
      '{"jsonrpc":"1.0","id":5}\n'.replace('"id":5', '"nr":5'),
      `${"[".repeat(100_000)}\n`,
      "\u0000\n",
      Buffer.from([0xff, 0xfe, 0x0a]),
      "\n",
      request(1, "tools/list"),
      request(2, "tools/call", { name: "explain", arguments: { id: "setup" } }),
    ]);
    expect(ran.status).toBe(0);
    const answers = ran.lines.map((line) => JSON.parse(line) as { id?: number; result?: object });
    expect(
      answers
        .filter(({ result }) => result !== undefined)
        .map(({ id }) => id)
        .sort(),
    ).toEqual([0, 1, 2]);
  });

  test("a message of 10 MB is thrown away with an answer, and the connection goes on", async () => {
    const huge = request(1, "tools/call", {
      name: "check",
      arguments: { manifests: "x".repeat(10_000_000) },
    });
    const ran = await raw(world, [initialize, Buffer.from(huge), request(2, "tools/list")]);
    expect(ran.status).toBe(0);
    const answers = ran.lines.map(
      (line) => JSON.parse(line) as { id?: number | null; error?: { code: number } },
    );
    expect(answers.find(({ id }) => id === null)?.error?.code).toBe(-32600);
    expect(answers.some(({ id }) => id === 2)).toBe(true);
    expect(ran.stderr).toContain("was thrown away");
  });

  test("standard output holds nothing but the protocol, and a client that goes away ends the server", async () => {
    const ran = await raw(world, [
      initialize,
      request(1, "tools/call", { name: "apply_plan", arguments: { plan: digest } }),
    ]);
    for (const line of ran.lines) expect((JSON.parse(line) as { jsonrpc: string }).jsonrpc).toBe("2.0");
    expect(ran.status).toBe(0);
    // The operator reads what the model does not.
    expect(ran.stderr).toContain(
      "apply_plan: the plan has 0 of 1 approvals that it needs [APPROVAL_MISSING]",
    );
  });

  test("without a charter it starts, and says what is missing", async () => {
    const empty = makeWorld();
    const server = await connect(empty);
    expect((await server.call("explain", { id: "setup" })).value.charter).toMatch(/^none/);
    const { value } = await server.call("plan_change", {
      target: "gitops",
      namespace: "shop",
      operations: [{ kind: "commit_to_git" }],
    });
    expect(value.error.code).toBe("TARGET_INVALID");
    await server.close();
    empty.remove();
  });

  test("a target that the charter does not name, and a flag for a trust root, end it at the start", () => {
    const wrong = world.kubeops(["mcp", "--target", "nowhere"]);
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain("the charter names no target nowhere");
    const flag = world.kubeops(["mcp", "--trust-root", world.path("home")]);
    expect(flag.status).toBe(2);
    expect(flag.stderr).toContain("trust-root");
    expect(world.kubeops(["mcp", "--project", "nowhere"]).status).toBe(2);
  });

  test("only what the operator names with --target is offered and applied to", async () => {
    const server = await connect(world, { args: ["--target", "git:./gitops@main#apps/other"] });
    expect((await server.call("explain", { id: "setup" })).value.targets).toEqual([
      { name: "gitops@main#apps/other", kind: "git" },
    ]);
    expect((await server.call("apply_plan", { plan: digest })).value.error.code).toBe("TARGET_INVALID");
    await server.close();
  });

  test("many calls at once are all answered", async () => {
    const server = await connect(world);
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => server.call("explain", { id: "setup" })),
    );
    expect(answers.every(({ isError }) => !isError)).toBe(true);
    await server.close();
  });

  test("with a person's signature apply_plan carries the plan out, once", async () => {
    must(world.kubeops(["approve", "plan.json", "--key", "id_ed25519", "--yes"]));
    const server = await connect(world);
    expect((await server.call("request_approval", { plan: digest })).value).toMatchObject({
      holding: 1,
      next: "apply_plan may be called.",
    });
    const { value, isError } = await server.call("apply_plan", { plan: digest });
    expect(isError).toBe(false);
    expect(value).toMatchObject({
      plan: digest,
      done: true,
      alreadyDone: false,
      trustRoot: "advisory",
      branch: `kubeops/${digest.slice(7, 19)}`,
    });
    expect((await server.call("apply_plan", { plan: digest })).value.alreadyDone).toBe(true);
    expect(
      must(world.run("git", ["-C", "gitops", "for-each-ref", "--format=%(objectname)"])).stdout.trim(),
    ).toBe(value.commit);
    await server.close();
  });
});
