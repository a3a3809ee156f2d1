import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { writeAtomically } from "../../apply/files/atomic-write.ts";
import { openState } from "../../apply/state/state-folder.ts";
import { parseCheckpoint } from "../../audit/checkpoint.ts";
import type { AuditEvent, Checkpoint } from "../../audit/event.ts";
import { type AuditLog, openLog } from "../../audit/log-store.ts";
import { verifyLog } from "../../audit/verify.ts";
import { canonicalJson } from "../../kube/canonical-json.ts";
import { ExitCode } from "../../kube/error-table.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import type { CliContext } from "../context.ts";
import { shortDigest } from "../display/plan-text.ts";
import { columns, style } from "../display/style.ts";
import { guarded } from "../errors.ts";
import { wantsColor } from "../flags.ts";
import { statePath } from "../paths.ts";
import { toolVersion } from "../version.ts";

export interface AuditFlags {
  readonly state?: string;
  readonly output: "text" | "json";
  readonly color: "auto" | "always" | "never";
}

export interface AuditVerifyFlags extends AuditFlags {
  readonly log?: string;
  readonly key?: string;
  readonly checkpoint?: string;
}

export interface AuditExportFlags extends AuditFlags {
  readonly out?: string;
}

async function withLog(
  context: CliContext,
  flags: AuditFlags,
  work: (log: AuditLog) => number,
): Promise<void> {
  await guarded(context, flags, async () => {
    const state = openState(statePath(context, flags.state));
    const log = openLog(state.logFolder, { clock: context.clock, actor: context.user, tool: toolVersion });
    try {
      return work(log);
    } finally {
      log.close();
    }
  });
}

export async function auditList(this: CliContext, flags: AuditFlags): Promise<void> {
  await withLog(this, flags, (log) => {
    const entries = [...log.entries()];
    if (flags.output === "json") {
      this.process.stdout.write(
        `${JSON.stringify({ apiVersion: "kubernetes-operations.dev/v1", kind: "AuditList", entries: entries.map(({ index, event }) => ({ index, ...event })), checkpoint: log.checkpoint() })}\n`,
      );
      return ExitCode.done;
    }
    const paint = style(wantsColor(this, flags));
    const rows = entries.map(({ index, event }) => [
      String(index),
      paint.dim(printable(event.time)),
      /^(?:refusal|apply-failure|agent-failure)$/.test(event.type) ? paint.red(event.type) : event.type,
      event.plan === undefined ? "" : shortDigest(event.plan),
      printable(detail(event)),
    ]);
    this.process.stdout.write(`${columns(rows, "").join("\n")}${rows.length > 0 ? "\n" : ""}`);
    return ExitCode.done;
  });
}

function detail(event: AuditEvent): string {
  const parts = [
    event.subagent,
    event.call,
    event.verdict,
    event.approver === undefined ? undefined : `by ${event.approver}`,
    event.presence === undefined ? undefined : `presence ${event.presence}`,
    event.result,
    event.code,
    event.model,
    event.tokens === undefined ? undefined : `${event.tokens} tokens`,
    event.undoes === undefined ? undefined : `undoes ${shortDigest(event.undoes)}`,
    event.type === "charter-signed" && event.charter !== undefined ? shortDigest(event.charter) : undefined,
    event.trustRoot === "advisory" ? "(advisory trust root)" : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(" ");
}

export async function auditShow(this: CliContext, flags: AuditFlags, index: number): Promise<void> {
  await withLog(this, flags, (log) => {
    for (const entry of log.entries()) {
      if (entry.index !== index) continue;
      this.process.stdout.write(
        flags.output === "json"
          ? `${canonicalJson(entry.event)}\n`
          : `${columns(
              Object.entries(entry.event).map(([name, value]) => [printable(name), printable(String(value))]),
              "",
            ).join("\n")}\n`,
      );
      return ExitCode.done;
    }
    throw new OpsError("USAGE", `there is no entry ${index}: the log holds ${log.checkpoint().size}`, {
      hint: "kubeops audit list shows the entries",
    });
  });
}

export async function auditVerify(this: CliContext, flags: AuditVerifyFlags): Promise<void> {
  await guarded(this, flags, async () => {
    const folder =
      flags.log === undefined
        ? openState(statePath(this, flags.state)).logFolder
        : resolve(this.cwd, flags.log);
    const key = readText(
      flags.key === undefined ? resolve(folder, "key.pub") : resolve(this.cwd, flags.key),
      "the log's public key",
    );
    const outside =
      flags.checkpoint === undefined ? undefined : keptCheckpoint(resolve(this.cwd, flags.checkpoint));
    const report = verifyLog((path) => readIfThere(resolve(folder, path)), key.trim(), outside);
    if (flags.output === "json") {
      this.process.stdout.write(
        `${JSON.stringify({ apiVersion: "kubernetes-operations.dev/v1", kind: "LogReport", ...report })}\n`,
      );
    } else {
      const paint = style(wantsColor(this, flags));
      const lines = [
        report.valid
          ? `${paint.green("valid")}: ${report.size} entries, root ${report.root}`
          : paint.red("invalid"),
        ...report.problems.map((problem) => `  ${paint.red("problem:")} ${printable(problem)}`),
        ...report.notExcluded.map((line) => `  ${paint.yellow("note:")} ${printable(line)}`),
        ...(flags.key === undefined
          ? [
              `  ${paint.yellow("note:")} the public key was read from beside the log; give --key for one that was kept elsewhere`,
            ]
          : []),
      ];
      this.process.stdout.write(`${lines.join("\n")}\n`);
    }
    return report.valid ? ExitCode.done : ExitCode.no;
  });
}

export async function auditExport(this: CliContext, flags: AuditExportFlags): Promise<void> {
  await withLog(this, flags, (log) => {
    const lines = [...log.entries()].map(({ event }) => canonicalJson(event));
    lines.push(
      canonicalJson({ apiVersion: "kubernetes-operations.dev/v1", kind: "Checkpoint", ...log.checkpoint() }),
    );
    const bytes = `${lines.join("\n")}\n`;
    if (flags.out === undefined) this.process.stdout.write(bytes);
    else writeAtomically(resolve(this.cwd, flags.out), bytes);
    return ExitCode.done;
  });
}

function readText(path: string, what: string): string {
  const bytes = readIfThere(path);
  if (bytes === undefined) throw new OpsError("INPUT_NOT_FOUND", `${what} is not at ${path}`);
  return Buffer.from(bytes).toString("utf8");
}

function readIfThere(path: string): Uint8Array | undefined {
  try {
    return existsSync(path) ? readFileSync(path) : undefined;
  } catch (cause) {
    throw new OpsError("INPUT_UNREADABLE", `${path} cannot be read`, { cause });
  }
}

/** A checkpoint that was kept elsewhere: the signed note as it stands in the log, or its first three lines. */
function keptCheckpoint(path: string): Checkpoint {
  const text = readText(path, "the checkpoint");
  const parsed = parseCheckpoint(`${text.split("\n").slice(0, 3).join("\n")}\n`);
  if (parsed === undefined)
    throw new OpsError("INPUT_MALFORMED", `${path} is not a checkpoint`, {
      hint: "keep a copy of the file checkpoint in the log's folder",
    });
  return parsed.checkpoint;
}
