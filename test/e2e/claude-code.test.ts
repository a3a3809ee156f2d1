import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeWorld, must, repository, type World } from "../support/cli.ts";
import {
  type ClaudeOptions,
  type ClaudeRun,
  claudeProgram,
  runClaude,
} from "../support/claude-code/run-claude.ts";
import {
  type Endpoint,
  type ScriptedTurn,
  type Seen,
  scriptedEndpoint,
} from "../support/claude-code/scripted-endpoint.ts";
import { leftOut } from "../support/suites.ts";

const TOOLS = "mcp__plugin_kubernetes-operations_kubeops__";
const all = [
  "check",
  "explain",
  "plan_change",
  "show_plan",
  "request_approval",
  "apply_plan",
  "audit_query",
].map((name) => TOOLS + name);

const operations = [
  {
    kind: "deploy",
    name: "api",
    image: "ghcr.io/acme/api:1.4.2",
    replicas: 3,
    ports: [{ port: 8080 }],
    secrets: [{ variable: "DB_PASSWORD", secret: "api", key: "db-password" }],
  },
  { kind: "restrict", workload: "api", allowFrom: [] },
  { kind: "commit_to_git" },
];
const change = { target: "gitops", namespace: "shop", operations };

const call = (tool: string, input: unknown): ScriptedTurn => ({ call: [{ tool, input }] });
const shell = (command: string): ScriptedTurn => call("Bash", { command, description: "a step" });
const last = ({ results }: Seen): { plan: string; decision?: string } =>
  JSON.parse(results.at(-1) ?? "{}") as never;

/** Secrets that lie about in every place that a careless tool would read. */
const canary = "canary-5be1c0de-of-this-run";

/**
 * The real Claude Code with our plug-in: its subagents, its hook and its consent, driven by a scripted model that says what a
 * model might. Nothing leaves the loopback.
 */
describe.skipIf(
  claudeProgram === undefined &&
    leftOut("the plug-in in the real Claude Code", "run: node tools/claude-code.mjs"),
)("the plug-in in Claude Code", () => {
  let world: World;
  let endpoint: Endpoint | undefined;
  beforeEach(() => {
    world = makeWorld().prepare().charter();
    world.write(".env", `DB_PASSWORD=${canary}\n`);
    world.write(
      "secret.yaml",
      `apiVersion: v1\nkind: Secret\nmetadata: {name: api}\nstringData: {db-password: ${canary}}\n# ${canary}\n`,
    );
    world.write(
      "home/.kube/config",
      `apiVersion: v1\nkind: Config\nusers: [{name: me, user: {token: ${canary}}}]\n`,
    );
  });
  afterEach(async () => {
    await endpoint?.close();
    endpoint = undefined;
    world.remove();
  });

  async function run(
    script: { readonly main: readonly ScriptedTurn[]; readonly subagent?: readonly ScriptedTurn[] },
    options: ClaudeOptions,
  ): Promise<ClaudeRun> {
    endpoint = await scriptedEndpoint(script);
    const ran = await runClaude(world, endpoint, options);
    expect(ran.status, ran.stderr).toBe(0);
    expect(endpoint.left(), "turns of the script that nobody asked for").toEqual({ main: 0, subagent: 0 });
    // Whatever happened: the model was sent no secret.
    for (const body of endpoint.bodies) expect(body).not.toContain(canary);
    return ran;
  }

  const results = (ran: ClaudeRun): string[] =>
    ran.events.flatMap((event) => {
      const content = (event["message"] as { content?: unknown } | undefined)?.content;
      return Array.isArray(content)
        ? (content as { type: string; content?: unknown }[])
            .filter(({ type }) => type === "tool_result")
            .map((block) =>
              typeof block.content === "string" ? block.content : JSON.stringify(block.content),
            )
        : [];
    });
  const branches = (): string =>
    must(world.run("git", ["-C", "gitops", "for-each-ref", "--format=%(refname:short)"])).stdout.trim();

  test("the host's own validator passes, with warnings as errors", () => {
    const ran = spawnSync(
      claudeProgram ?? "",
      ["plugin", "validate", "--strict", join(repository, "plugin")],
      {
        env: { ...world.env, CLAUDE_CONFIG_DIR: world.path("claude") },
        encoding: "utf8",
      },
    );
    expect([ran.status, ran.stdout + ran.stderr]).toEqual([0, expect.stringContaining("Validation passed")]);
  });

  test("it loads everything: server, seven tools, four subagents, the skill, and no error", async () => {
    const ran = await run({ main: [{ say: "hello" }] }, {});
    const init = ran.events.find(({ type, subtype }) => type === "system" && subtype === "init") ?? {};
    expect(init["mcp_servers"]).toEqual([
      expect.objectContaining({ name: "plugin:kubernetes-operations:kubeops", status: "connected" }),
    ]);
    expect((init["tools"] as string[]).filter((name) => name.startsWith("mcp__"))).toEqual([...all].sort());
    expect(init["agents"]).toEqual(
      expect.arrayContaining(
        ["gitops", "manifests", "networking", "reviewer"].map(
          (name) => `kubernetes-operations:kubeops-${name}`,
        ),
      ),
    );
    expect(init["skills"]).toContain("kubernetes-operations:kubernetes-change");
    expect(init["plugin_errors"] ?? []).toEqual([]);
  });

  test("a subagent makes a plan, with the tools of its file and no others", async () => {
    let offered: readonly string[] = [];
    const ran = await run(
      {
        main: [
          call("Agent", {
            subagent_type: "kubernetes-operations:kubeops-manifests",
            description: "plan the api",
            prompt: "three replicas of ghcr.io/acme/api:1.4.2 on 8080 in shop",
            run_in_background: false,
          }),
          { say: "planned" },
        ],
        subagent: [
          (seen) => {
            offered = seen.tools;
            return { call: [{ tool: `${TOOLS}explain`, input: { id: "setup" } }] };
          },
          // The folder holds a Secret with its value: it is judged, and not shown.
          call(`${TOOLS}check`, {}),
          call(`${TOOLS}plan_change`, change),
          (seen) => ({ say: `the plan is ${last(seen).plan}, ${last(seen).decision ?? ""}` }),
        ],
      },
      { allowedTools: all },
    );
    expect([...offered].sort()).toEqual(
      ["check", "explain", "plan_change", "show_plan"].map((name) => TOOLS + name).sort(),
    );
    const [plan] = readdirSync(world.path("home/.local/state/kubeops/plans"));
    expect(
      results(ran).some((text) =>
        text.includes(`the plan is sha256:${plan?.slice(0, 64) ?? ""}, needs-approval`),
      ),
    ).toBe(true);
    expect(branches()).toBe("");
  });

  test("the hook refuses kubectl apply in the host's shell, though a rule allows the shell, and names the tools", async () => {
    world.write("bin/kubectl", "#!/bin/sh\necho ran > kubectl-ran\n");
    must(world.run("chmod", ["+x", "bin/kubectl"]));
    const ran = await run(
      {
        main: [
          shell("./bin/kubectl apply -f secret.yaml"),
          shell("bash -c 'cat secret.yaml | ./bin/kubectl apply -f -'"),
          call("Monitor", {
            command: "./bin/kubectl apply -f secret.yaml",
            description: "watch",
            timeout_ms: 1000,
            persistent: false,
          }),
          shell("echo hello from the shell"),
          { say: "done" },
        ],
      },
      { allowedTools: ["Bash", "Monitor"] },
    );
    const [first = "", second = "", watched = "", third = ""] = results(ran);
    for (const text of [first, second, watched]) {
      expect(text).toContain("kubeops guard: kubectl apply may write to a cluster past the charter");
      expect(text).toContain(`${TOOLS}plan_change`);
    }
    expect(third).toContain("hello from the shell");
    expect(readdirSync(world.folder)).not.toContain("kubectl-ran");
  });

  test("the hook refuses inside a subagent, and with every permission given", async () => {
    const ran = await run(
      {
        main: [
          call("Agent", {
            subagent_type: "general-purpose",
            description: "apply",
            prompt: "apply it",
            run_in_background: false,
          }),
          { say: "done" },
        ],
        subagent: [shell("kubectl delete namespace shop"), { say: "refused" }],
      },
      { allowedTools: ["Bash", "Agent"] },
    );
    expect(JSON.stringify(ran.events)).toContain("kubeops guard: kubectl delete may write to a cluster");
  });

  test("apply_plan asks the host's user each time, whatever the rules say; nobody there is no", async () => {
    const ran = await run(
      {
        main: [
          call(`${TOOLS}plan_change`, change),
          (seen) => ({ call: [{ tool: `${TOOLS}apply_plan`, input: { plan: last(seen).plan } }] }),
          { say: "done" },
        ],
      },
      { allowedTools: all },
    );
    expect(results(ran).at(-1)).toContain("requires permission");
    expect(branches()).toBe("");
  });

  test("with the user's yes but without a signature apply_plan is refused", async () => {
    const ran = await run(
      {
        main: [
          call(`${TOOLS}plan_change`, change),
          (seen) => ({ call: [{ tool: `${TOOLS}apply_plan`, input: { plan: last(seen).plan } }] }),
          { say: "done" },
        ],
      },
      { allowedTools: all, user: () => true },
    );
    expect(ran.asked).toEqual([`${TOOLS}apply_plan`]);
    expect(results(ran).at(-1)).toContain("APPROVAL_MISSING");
    expect(branches()).toBe("");
  });

  test("after a person signed with their own key apply_plan carries out exactly the plan", async () => {
    let plan = "";
    const ran = await run(
      {
        main: [
          call(`${TOOLS}plan_change`, change),
          (seen) => {
            plan = last(seen).plan;
            return { call: [{ tool: `${TOOLS}request_approval`, input: { plan } }] };
          },
          (seen) => {
            // The person, in a terminal of their own, with the command that the model handed on.
            const { commands } = JSON.parse(seen.results.at(-1) ?? "{}") as { commands: readonly string[] };
            expect(commands[1]).toBe(`kubeops approve ${plan} --key <the person's own key>`);
            must(world.kubeops(["approve", plan, "--key", "id_ed25519", "--yes"]));
            return { call: [{ tool: `${TOOLS}apply_plan`, input: { plan } }] };
          },
          call(`${TOOLS}audit_query`, { limit: 50 }),
          { say: "done" },
        ],
      },
      { allowedTools: all, user: () => true },
    );
    expect(ran.asked).toEqual([`${TOOLS}apply_plan`]);
    expect(branches()).toBe(`kubeops/${plan.slice(7, 19)}`);
    const files = must(world.run("git", ["-C", "gitops", "ls-tree", "-r", "--name-only", branches()])).stdout;
    expect(files).toContain("apps/shop/");
    const log = JSON.parse(results(ran).at(-1) ?? "{}") as {
      entries: readonly { type: string; plan?: string }[];
    };
    expect(log.entries.filter((entry) => entry.plan === plan).map(({ type }) => type)).toEqual(
      expect.arrayContaining(["apply-outcome", "apply-intent", "approval", "tool-call", "plan"]),
    );
    expect(must(world.kubeops(["audit", "verify"])).stdout).toContain("valid:");
  });
});
