import { statSync } from "node:fs";
import { resolve } from "node:path";
import { ExitCode } from "../../kube/error-table.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { scrubEnvironment } from "../../mcp/environment.ts";
import type { McpPorts } from "../../mcp/ports.ts";
import { serveMcp } from "../../mcp/stdio/serve.ts";
import type { CliContext } from "../context.ts";
import { guarded } from "../errors.ts";
import type { ClusterAccessFlags, GitAccessFlags } from "../flags.ts";
import type { ServerFlags } from "../mcp/mcp-session.ts";
import { toolVersion } from "../version.ts";

/** Every flag is the operator's. There is none for a trust root (kernel K6). */
export interface McpFlags extends ClusterAccessFlags, GitAccessFlags {
  readonly project?: string;
  readonly target?: readonly string[];
  readonly filename?: readonly string[];
  readonly state?: string;
}

export async function mcp(this: CliContext, flags: McpFlags): Promise<void> {
  await guarded(this, {}, async () => {
    const context: CliContext = { ...this, env: scrubEnvironment(process.env) };
    const project = resolve(context.cwd, flags.project ?? ".");
    if (statSync(project, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new OpsError("INPUT_NOT_FOUND", `the project folder ${flags.project ?? "."} does not exist`);
    const { target, filename, project: _, ...access } = flags;
    const served: ServerFlags = { ...access, project, targets: target ?? [], filename: filename ?? [] };
    const ports: McpPorts = {
      // Loaded by the first call: the server has answered its host by then.
      open: async () => (await import("../mcp/mcp-session.ts")).openMcpSession(context, served),
    };
    // A person who started it by hand would wait for nothing.
    if (process.stdin.isTTY)
      process.stderr.write(
        "kubeops mcp: waiting for messages of the Model Context Protocol on standard input; a host starts it, Ctrl-D ends it\n",
      );
    if (served.targets.length > 0) await refuseWrongTargets(ports);
    await serveMcp(
      ports,
      { version: toolVersion },
      {
        stdin: process.stdin,
        stdout: process.stdout,
        report: (line) => process.stderr.write(`kubeops mcp: ${line}\n`),
      },
    );
    return ExitCode.done;
  });
}

/** A target that nobody knows is told at the start. A missing or broken charter is not: each call says so, and it can be mended. */
async function refuseWrongTargets(ports: McpPorts): Promise<void> {
  try {
    (await ports.open()).close();
  } catch (error) {
    if (!OpsError.is(error) || error.code === "USAGE" || error.code === "TARGET_INVALID") throw error;
    process.stderr.write(`kubeops mcp: ${error.message}\n`);
  }
}
