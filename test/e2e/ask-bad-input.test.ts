import { chmodSync, existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, must, running, type World } from "../support/cli.ts";
import { bySubagent, calling, modelEndpoint, type Reply, type Script } from "../support/model-endpoint.ts";

const key = "test-key-that-must-not-leak";
const deploy = { name: "api", image: "ghcr.io/acme/api:1.4.2" };
const competent = calling({ manifests: [["deploy", deploy]] });

/** Always the same reply. */
const always =
  (reply: Reply): Script =>
  () =>
    reply;

interface Case {
  readonly name: string;
  readonly script?: Script;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly code: string;
  readonly says?: string;
  /** Requests that reach the model. */
  readonly asked: number;
}

const cases: readonly Case[] = [
  {
    name: "no key",
    env: { ANTHROPIC_API_KEY: "", ANTHROPIC_BASE_URL: "" },
    status: 2,
    code: "MODEL_MISSING",
    says: "without a model: kubeops plan -f compose.yaml -n shop --target git:./gitops#apps/shop",
    asked: 0,
  },
  {
    name: "a provider without its key",
    args: ["--provider", "anthropic"],
    env: { ANTHROPIC_API_KEY: "" },
    status: 2,
    code: "MODEL_MISSING",
    says: "ANTHROPIC_API_KEY is not set",
    asked: 0,
  },
  {
    name: "two providers",
    env: { OPENAI_API_KEY: key },
    status: 2,
    code: "MODEL_CONFIG",
    says: "--provider says which one is asked",
    asked: 0,
  },
  {
    name: "a base URL in the clear",
    env: { ANTHROPIC_BASE_URL: "http://models.example" },
    status: 2,
    code: "MODEL_CONFIG",
    says: "neither https nor of this machine",
    asked: 0,
  },
  {
    name: "a base URL with a key in it",
    env: { ANTHROPIC_BASE_URL: `https://user:${key}@models.example` },
    status: 2,
    code: "MODEL_CONFIG",
    asked: 0,
  },
  {
    name: "a key with a line break",
    env: { ANTHROPIC_API_KEY: `${key}\nx: y` },
    status: 2,
    code: "MODEL_CONFIG",
    asked: 0,
  },
  {
    name: "a model without a name",
    args: ["--provider", "openai-compatible"],
    env: { OPENAI_API_KEY: key },
    status: 2,
    code: "MODEL_CONFIG",
    says: "--model",
    asked: 0,
  },
  { name: "no sentence", args: ["--"], status: 2, code: "USAGE", asked: 0 },
  {
    name: "a wrong key",
    script: always({
      status: 401,
      body: JSON.stringify({ error: { type: "authentication_error", message: `invalid x-api-key ${key}` } }),
    }),
    status: 3,
    code: "MODEL_AUTH",
    asked: 1,
  },
  {
    name: "an unknown model",
    script: always({
      status: 404,
      body: JSON.stringify({ error: { type: "not_found_error", message: key } }),
    }),
    status: 3,
    code: "MODEL_ANSWER",
    says: "check the name of the model",
    asked: 1,
  },
  {
    name: "a rate limit that stays",
    script: always({ status: 429, headers: { "retry-after": "0" } }),
    status: 3,
    code: "MODEL_BUSY",
    says: "limits the rate",
    asked: 4,
  },
  {
    name: "a rate limit for an hour is not waited for",
    script: always({ status: 429, headers: { "retry-after": "3600" } }),
    status: 3,
    code: "MODEL_BUSY",
    asked: 1,
  },
  {
    name: "an overload that stays",
    script: always({ status: 529, headers: { "retry-after": "0" } }),
    status: 3,
    code: "MODEL_BUSY",
    asked: 4,
  },
  {
    name: "a stream that always breaks off",
    script: always({ calls: [{ name: "deploy", args: deploy }], truncated: true }),
    status: 3,
    code: "MODEL_UNREACHABLE",
    says: "broke off",
    asked: 4,
  },
  {
    name: "an answer that is no event stream",
    script: always({ status: 200, headers: { "content-type": "text/html" }, body: "<html>proxy</html>" }),
    status: 3,
    code: "MODEL_UNREACHABLE",
    asked: 4,
  },
  {
    name: "a redirect to elsewhere",
    script: always({ status: 307, headers: { location: "http://127.0.0.1:9/v1/messages" } }),
    status: 3,
    code: "MODEL_UNREACHABLE",
    asked: 4,
  },
  {
    name: "invalid calls without end",
    script: always({
      calls: [
        { name: "deploy", args: "{not json" },
        { name: "exec", args: { command: "id" } },
      ],
    }),
    status: 3,
    code: "MODEL_BUDGET",
    says: "made 9 calls that were refused or repeated",
    asked: 5,
  },
  {
    name: "the same call without end",
    script: always({ calls: [{ name: "deploy", args: deploy }] }),
    status: 3,
    code: "MODEL_BUDGET",
    says: "refused or repeated",
    asked: 10,
  },
  {
    name: "other calls without end",
    script: ({ turn }) => ({ calls: [{ name: "deploy", args: { ...deploy, name: `api-${turn}` } }] }),
    status: 3,
    code: "MODEL_BUDGET",
    says: "was not done after 12 turns",
    asked: 12,
  },
  {
    name: "too many calls at once",
    script: always({
      calls: Array.from({ length: 40 }, (_, index) => ({
        name: "deploy",
        args: { ...deploy, name: `a${index}` },
      })),
    }),
    status: 3,
    code: "MODEL_BUDGET",
    asked: 1,
  },
  {
    name: "a flood of text",
    script: always({ text: "x".repeat(400_000) }),
    status: 3,
    code: "MODEL_BUDGET",
    says: "wrote more than 262144 characters",
    asked: 1,
  },
  {
    name: "a budget that the first request does not fit",
    args: ["--budget-tokens", "500"],
    status: 3,
    code: "MODEL_BUDGET",
    says: "of 500 are left",
    asked: 0,
  },
  {
    name: "a budget that is used up half-way",
    script: bySubagent({
      manifests: [{ calls: [{ name: "deploy", args: deploy }], usage: { input: 30_000, output: 9000 } }],
    }),
    args: ["--budget-tokens", "30000"],
    status: 3,
    code: "MODEL_BUDGET",
    says: "took the last of 30000 tokens",
    asked: 1,
  },
  {
    name: "a budget that is no number",
    args: ["--budget-tokens", "lots"],
    status: 2,
    code: "USAGE",
    asked: 0,
  },
  {
    name: "a budget of money without a price",
    args: ["--budget-usd", "1"],
    status: 2,
    code: "USAGE",
    says: "--budget-tokens",
    asked: 0,
  },
  {
    name: "an answer cut at its limit",
    script: always({ stopReason: "max_tokens" }),
    status: 3,
    code: "MODEL_BUDGET",
    asked: 1,
  },
  {
    name: "a refusal",
    script: always({ stopReason: "refusal" }),
    status: 3,
    code: "MODEL_ANSWER",
    says: "refuses",
    asked: 1,
  },
  {
    name: "nothing proposed",
    script: always({ text: "I would rather not." }),
    status: 2,
    code: "AGENT_EMPTY",
    asked: 3,
  },
  {
    name: "a contradiction",
    script: calling({
      manifests: [["deploy", deploy]],
      networking: [
        ["expose", { workload: "api", port: 80 }],
        ["restrict", { workload: "api", allowFrom: [] }],
      ],
    }),
    status: 2,
    code: "AGENT_QUESTION",
    says: "opens api to every Pod of the cluster",
    asked: 5,
  },
];

describe("bad input to ask: a clear end, and nothing written", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld().prepare();
    world.charter();
  });
  afterAll(() => world.remove());

  const target = ["--target", "git:./gitops#apps/shop"];
  const plans = (): readonly string[] => {
    const folder = world.path("home/.local/state/kubeops/plans");
    return existsSync(folder) ? readdirSync(folder) : [];
  };
  const refs = (): string => must(world.run("git", ["-C", "gitops", "for-each-ref"])).stdout;

  // Most of their time is waiting.
  test.concurrent.each(cases)("$name", async (row) => {
    const endpoint = await modelEndpoint(row.script ?? competent);
    const words = row.args?.includes("--") === true ? [] : ["run the api"];
    const ran = await running(
      world,
      ["ask", ...words, "-n", "shop", ...target, "--out", "never.json", ...(row.args ?? [])],
      { env: { ...endpoint.env, ...row.env } },
    );
    await endpoint.close();
    expect(ran.stderr).toContain(`[${row.code}]`);
    expect(ran.stderr).toContain(row.says ?? "");
    expect({ status: ran.status, stdout: ran.stdout, asked: endpoint.asked.length }).toEqual({
      status: row.status,
      stdout: "",
      asked: row.asked,
    });
    // An error is told in as many lines as it has parts, and holds no key and no text of the endpoint.
    expect(ran.stderr).not.toContain(key);
    expect(ran.stderr).not.toContain("<html>");
    expect(existsSync(world.path("never.json"))).toBe(false);
    expect(plans()).toEqual([]);
    expect(refs()).toBe("");
  });

  test("the log says how each one ended, holds no key, and verifies", () => {
    const list = must(world.kubeops(["audit", "list"])).stdout;
    for (const code of ["MODEL_AUTH", "MODEL_BUSY", "MODEL_UNREACHABLE", "MODEL_BUDGET", "AGENT_QUESTION"])
      expect(list).toMatch(new RegExp(`agent-failure .*${code}`));
    expect(world.run("grep", ["-r", "-l", "-a", key, "home", "gitops"])).toMatchObject({
      status: 1,
      stdout: "",
    });
    must(world.kubeops(["audit", "verify"]));
  });

  test("what passes is waited for: a limit, an overload and a broken answer, then a plan", async () => {
    let number = 0;
    const endpoint = await modelEndpoint((asked) => {
      number++;
      if (number === 1) return { status: 429, headers: { "retry-after": "0" } };
      if (number === 2) return { status: 529, headers: { "retry-after": "0" } };
      if (number === 3)
        return { calls: [{ name: "deploy", args: { ...deploy, name: "ghost" } }], truncated: true };
      return asked.subagent === "manifests" && asked.results.length === 0
        ? { calls: [{ name: "deploy", args: deploy }] }
        : { text: "done" };
    });
    const ran = await running(world, ["ask", "run the api", "-n", "shop", ...target], { env: endpoint.env });
    await endpoint.close();
    expect(ran.stderr).toContain("manifests: anthropic limits the rate (HTTP 429); again in 0 s\n");
    expect(ran.status).toBe(0);
    // What the broken answer said is void.
    expect(ran.stdout).not.toContain("ghost");
  });

  test("an invalid call is answered with what is wrong, and a valid one counts", async () => {
    const wrong = "x".repeat(5000);
    const endpoint = await modelEndpoint(({ subagent, turn }) => {
      if (subagent !== "manifests" || turn > 1) return { text: "done" };
      return {
        calls:
          turn === 0
            ? [{ name: "deploy", args: { ...deploy, image: wrong } }]
            : [{ name: "deploy", args: deploy }],
      };
    });
    const ran = await running(world, ["ask", "run the api", "-n", "shop", ...target], { env: endpoint.env });
    await endpoint.close();
    expect(ran.status).toBe(0);
    expect(endpoint.asked[1]?.results).toEqual([
      { text: "image must be an image such as ghcr.io/acme/api:1.4.2", isError: true },
    ]);
    expect(must(world.kubeops(["audit", "list"])).stdout).toContain("CALL_REFUSED");
  });

  test("an endpoint that is down", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise<void>((resolve) => void server.close(() => resolve()));
    const env = { ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}` };
    const ran = await running(world, ["ask", "run the api", "-n", "shop", ...target], { env });
    expect(ran.stderr).toContain(`anthropic cannot be reached at 127.0.0.1:${port} [MODEL_UNREACHABLE]`);
    expect(ran.status).toBe(3);
  });

  test("a key in a file: of the user alone it is taken, else refused", async () => {
    const endpoint = await modelEndpoint(competent);
    const file = world.write("key", `${key}\n`);
    const env = { ANTHROPIC_BASE_URL: endpoint.url, ANTHROPIC_API_KEY_FILE: file };
    chmodSync(file, 0o644);
    const open = await running(world, ["ask", "run the api", "-n", "shop", ...target], { env });
    expect(open.stderr).toContain("can be read by others [MODEL_CONFIG]");
    expect(open.status).toBe(2);
    chmodSync(file, 0o600);
    const ran = await running(world, ["ask", "run the api", "-n", "shop", ...target], { env });
    await endpoint.close();
    expect(ran.status).toBe(0);
    expect(endpoint.asked[0]?.headers["authorization"]).toBe(`Bearer ${key}`);
  });

  test("what the person gave and no plan may hold never reaches the model", async () => {
    const endpoint = await modelEndpoint(competent);
    world.write(
      "secret.yaml",
      "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}\nstringData: {password: c4n4ry}\n",
    );
    for (const [args, code] of [
      [["run the api with ghp_0123456789abcdefghijABCDEFGHIJ012345", "-n", "shop"], "INPUT_SECRET_DATA"],
      [["run the api", "-f", "secret.yaml"], "INPUT_SECRET_DATA"],
      [["run the api"], "USAGE"],
      [["run the api", "-n", "../etc"], "USAGE"],
      [["run the api", "-f", "nowhere.yaml"], "INPUT_NOT_FOUND"],
    ] as const) {
      const ran = await running(world, ["ask", ...args, ...target], { env: endpoint.env });
      expect(ran.stderr).toContain(`[${code}]`);
      expect(ran.status).toBe(2);
      expect(ran.stderr).not.toMatch(/c4n4ry|ghp_0123/);
    }
    await endpoint.close();
    expect(endpoint.asked).toEqual([]);
  });

  test("Ctrl-C while the model is silent: exit 130, and nothing but the log says so", async () => {
    const before = plans();
    let child: { kill: (signal: "SIGINT") => boolean } | undefined;
    const endpoint = await modelEndpoint(() => {
      child?.kill("SIGINT");
      return { hangs: true };
    });
    const ran = await running(world, ["ask", "run the api", "-n", "shop", ...target, "--out", "never.json"], {
      env: endpoint.env,
      started: (started) => {
        child = started;
      },
    });
    await endpoint.close();
    expect(ran.status).toBe(130);
    expect(ran.stdout).toBe("");
    expect(existsSync(world.path("never.json"))).toBe(false);
    expect(plans()).toEqual(before);
    expect(must(world.kubeops(["audit", "list"])).stdout).toMatch(/agent-failure .*INTERRUPTED/);
    must(world.kubeops(["audit", "verify"]));
  });
});
