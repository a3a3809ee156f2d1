import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mcpConformance } from "../../tools/mcp-conformance.mjs";
import { repository } from "../support/cli.ts";
import { leftOut } from "../support/suites.ts";
import { type HttpEntry, httpEntry } from "./http-entry.ts";

/**
 * Scenarios that the product fails because it has not what they call, and why it has not. A scenario that fails and is not
 * here, and one that is here and passes, fail the test.
 */
const noTestTools = "calls a tool of the suite's own example server; our tools are a closed list";
const noResources = "resources: everything a model sees is an answer of a tool, projected in one place";
const noPrompts =
  "prompts: hosts would paste them into a conversation; the skill of the plug-in is read by choice";
const noAsking =
  "asks the client's user or model: an answer of the host is no approval, and nothing is asked of its model";
const noLogging = "logging/setLevel: log lines are for the operator, on standard error";
const noCompletion =
  "completion/complete: there is no prompt and no resource whose arguments it would complete";

const noSessions = "warnings only: sessions and resumable streams of HTTP; the product speaks stdio";

const both: Readonly<Record<string, string>> = {
  "completion-complete": noCompletion,
  "tools-call-simple-text": noTestTools,
  "tools-call-image": noTestTools,
  "tools-call-audio": noTestTools,
  "tools-call-embedded-resource": noTestTools,
  "tools-call-mixed-content": noTestTools,
  "tools-call-error": noTestTools,
  "tools-call-with-progress": noTestTools,
  "json-schema-2020-12": noTestTools,
  "resources-list": noResources,
  "resources-read-text": noResources,
  "resources-read-binary": noResources,
  "resources-templates-read": noResources,
  "prompts-list": noPrompts,
  "prompts-get-simple": noPrompts,
  "prompts-get-with-args": noPrompts,
  "prompts-get-embedded-resource": noPrompts,
  "prompts-get-with-image": noPrompts,
};

const only2025: Readonly<Record<string, string>> = {
  "server-sse-multiple-streams": noSessions,
  "logging-set-level": noLogging,
  "tools-call-with-logging": noTestTools,
  "tools-call-sampling": noAsking,
  "tools-call-elicitation": noAsking,
  "elicitation-sep1034-defaults": noAsking,
  "elicitation-sep1330-enums": noAsking,
  "resources-subscribe": noResources,
  "resources-unsubscribe": noResources,
};

const noTasks = "the extension tasks, which we do not announce: a run is followed by audit_query";

const only2026: Readonly<Record<string, string>> = {
  "sep-2164-resource-not-found": `warnings only: ${noResources}`,
  "input-required-result-missing-input-response": noAsking,
  "input-required-result-ignore-extra-params": noTestTools,
  "server-stateless":
    "four of 28 checks call diagnostic tools of the suite's own example server; the others pass",
  caching: "three of seven checks list prompts and resources; tools/list and server/discover pass",
  "input-required-result-basic-elicitation": noAsking,
  "input-required-result-basic-sampling": noAsking,
  "input-required-result-basic-list-roots": noAsking,
  "input-required-result-request-state": noAsking,
  "input-required-result-multiple-input-requests": noAsking,
  "input-required-result-multi-round": noAsking,
  "input-required-result-non-tool-request": noAsking,
  "input-required-result-result-type": noAsking,
  "input-required-result-tampered-state": noAsking,
  "input-required-result-capability-check": noAsking,
  "tasks-lifecycle": noTasks,
  "tasks-capability-negotiation": noTasks,
  "tasks-wire-fields": noTasks,
  "tasks-request-state-removal": noTasks,
  "tasks-mrtr-input": noTasks,
  "tasks-request-headers": noTasks,
  "tasks-dispatch-and-envelope": noTasks,
  "tasks-required-task-error": noTasks,
  "tasks-mrtr-composition": noTasks,
  "http-custom-header-server-validation": noTestTools,
};

const released = join(repository, "node_modules/@modelcontextprotocol/conformance/dist/index.js");
const prerelease = mcpConformance();

describe("the conformance suite of MCP, over a test HTTP entry", () => {
  let entry: HttpEntry;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "kubeops-conformance-"));
    // No scenario gets as far as the state of a machine.
    entry = await httpEntry({
      open: async () => {
        throw new Error("a scenario reached the state");
      },
    });
  });
  afterAll(async () => {
    await entry.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function run(
    program: string,
    words: readonly string[],
    expected: Readonly<Record<string, string>>,
  ): Promise<string> {
    const baseline = join(folder, "expected.yml");
    writeFileSync(
      baseline,
      `server:\n${Object.keys(expected)
        .map((name) => `  - ${name}\n`)
        .join("")}`,
    );
    const child = spawn(
      process.execPath,
      [program, "server", "--url", entry.url, "--expected-failures", baseline, ...words],
      {
        cwd: folder,
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => (out += chunk.toString("utf8")));
    const status = await new Promise((ended) => child.once("close", ended));
    const summary = out.slice(out.indexOf("=== SUMMARY"));
    expect(status, summary).toBe(0);
    return summary;
  }

  test("2025-11-25, by the released suite", async () => {
    const summary = await run(released, ["--suite", "all"], {
      ...both,
      ...only2025,
      "server-sse-polling": noSessions,
    });
    for (const name of ["server-initialize", "ping", "tools-list", "dns-rebinding-protection"])
      expect(summary).toContain(`✓ ${name}: `);
  });

  describe.skipIf(
    prerelease === undefined &&
      leftOut("MCP conformance for 2026-07-28", "run: node tools/mcp-conformance.mjs"),
  )("by the prerelease", () => {
    test.each([
      ["2025-11-25", { ...both, ...only2025 }],
      ["2026-07-28", { ...both, ...only2026 }],
    ] as const)("%s", async (revision, expected) => {
      const summary = await run(
        prerelease ?? "",
        ["--requirements", revision, "-o", join(folder, revision)],
        expected,
      );
      for (const name of ["tools-list", "dns-rebinding-protection"]) expect(summary).toContain(`✓ ${name}: `);
    });
  });
});
