import { basename, resolve } from "node:path";
import { writeAtomically } from "../../apply/files/atomic-write.ts";
import { ExitCode } from "../../kube/error-table.ts";
import { isObject, type Json } from "../../kube/json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import {
  type Acceptance,
  compareModels,
  type Comparison,
} from "../../threat-model/compare/compare-models.ts";
import { whatIf } from "../../threat-model/compare/what-if.ts";
import type { ClusterIdentity } from "../../threat-model/inventory/inventory.ts";
import { readInventory } from "../../threat-model/inventory/read-inventory.ts";
import { type PluginFiles, splitPlugins } from "../../threat-model/inventory/split-plugins.ts";
import { apiVersion, modelThreats, type ThreatModel } from "../../threat-model/model/threat-model.ts";
import { parseModel, parseAcceptances, parseAgentPage } from "../../threat-model/model/parse-model.ts";
import { renderModelCycloneDx } from "../../threat-model/report/cyclonedx.ts";
import { renderModelHtml } from "../../threat-model/report/html.ts";
import { jsonText } from "../../threat-model/report/machine.ts";
import { renderModelMarkdown } from "../../threat-model/report/markdown.ts";
import { renderModelOtm } from "../../threat-model/report/otm.ts";
import { renderAgentPage, renderPage } from "../../threat-model/report/page.ts";
import { renderModelSarif } from "../../threat-model/report/sarif.ts";
import { renderListText, renderModelText, scoreLine } from "../../threat-model/report/text.ts";
import type { CliContext } from "../context.ts";
import { guarded } from "../errors.ts";
import { readOneDocument } from "../inputs/read-document.ts";
import { readFolder } from "../threat-model-folder.ts";
import { toolVersion } from "../version.ts";

export interface ModelFlags {
  readonly output: "text" | "json" | "markdown" | "html" | "sarif" | "otm" | "cyclonedx";
  readonly out?: string;
  readonly serviceAccount?: string;
  readonly filename?: readonly string[];
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly kubeVersion?: string;
  readonly color: "auto" | "always" | "never";
  readonly quiet: boolean;
}
export interface DiffFlags {
  readonly accept?: string;
  readonly output: "text" | "json";
}
export interface WhatIfFlags {
  readonly without: readonly string[];
  readonly output: "text" | "json";
}
export interface PageFlags {
  readonly out?: string;
}

export async function threatModel(this: CliContext, flags: ModelFlags, path?: string): Promise<void> {
  await guarded(this, flags, async () => {
    const { serviceAccount } = flags;
    if (path === undefined && serviceAccount === undefined)
      throw new OpsError("USAGE", "no folder was named", {
        hint: "kubeops threat-model ./plugin; a folder of the name of a subcommand is written ./score",
      });
    const identities = serviceAccount === undefined ? [] : [await identityOf(this, flags, serviceAccount)];
    const root = path === undefined ? undefined : resolve(this.cwd, path);
    const files = root === undefined || path === undefined ? [] : readFolder(root, path);
    const plugins = splitPlugins(files);
    if (plugins.length > 1) {
      if (serviceAccount !== undefined)
        throw new OpsError("USAGE", "a ServiceAccount belongs to one agent, and the folder holds several");
      write(this, flags.out, renderedList(plugins, flags.output));
      return ExitCode.done;
    }
    const subject = root === undefined ? (serviceAccount ?? "") : basename(root);
    const inventory = readInventory(printable(subject), files, { identities });
    if (inventory.files === 0 && identities.length === 0)
      throw new OpsError("INPUT_EMPTY", `${printable(path ?? "")} holds nothing that describes an agent`, {
        hint: "plug-in manifests, agents/*.md, skills/*/SKILL.md, commands/*.md, hooks, .mcp.json and settings.json are read",
      });
    write(this, flags.out, rendered(modelThreats(inventory), flags.output));
    return ExitCode.done;
  });
}

/** What the ServiceAccount may do, from files or a live cluster. */
async function identityOf(context: CliContext, flags: ModelFlags, account: string): Promise<ClusterIdentity> {
  if (!/^[^/]+\/[^/]+$/.test(account))
    throw new OpsError(
      "USAGE",
      `--service-account takes NAMESPACE/NAME, not ${JSON.stringify(printable(account))}`,
    );
  const { openWorld } = await import("./can/world.ts");
  const world = await openWorld(context, { ...flags, builtin: true, verify: false }, "paths");
  const { clusterIdentity } = await import("../../threat-model/inventory/cluster-identity.ts");
  try {
    return clusterIdentity(world.rbac, account);
  } finally {
    world.close();
  }
}

function rendered(model: ThreatModel, format: ModelFlags["output"]): string {
  switch (format) {
    case "json":
      return jsonText(model);
    case "markdown":
      return renderModelMarkdown(model);
    case "html":
      return renderModelHtml(model);
    case "sarif":
      return renderModelSarif(model, toolVersion);
    case "otm":
      return renderModelOtm(model);
    case "cyclonedx":
      return renderModelCycloneDx(model, toolVersion);
    default:
      return renderModelText(model);
  }
}

/** Several plug-ins: a line for each, or all models in one object. */
function renderedList(plugins: readonly PluginFiles[], format: ModelFlags["output"]): string {
  const models = plugins.map(({ folder, files }) => ({
    folder,
    model: modelThreats(readInventory(folder, files)),
  }));
  if (format === "json")
    return jsonText({
      apiVersion,
      kind: "ThreatModelList",
      items: models,
    });
  if (format !== "text")
    throw new OpsError("USAGE", `the folder holds ${plugins.length} plug-ins; ${format} reports on one`, {
      hint: `name the folder of one, for example ${printable(plugins[0]?.folder ?? "")}`,
    });
  return renderListText(models);
}

function write(context: CliContext, out: string | undefined, text: string): void {
  if (out === undefined) context.process.stdout.write(text);
  else writeAtomically(resolve(context.cwd, out), text);
}

function readModel(context: CliContext, path: string): ThreatModel {
  return modelOf(readOneDocument(context, path).value, path);
}

function modelOf(value: Json, path: string): ThreatModel {
  const parsed = parseModel(value);
  if (!parsed.ok)
    throw new OpsError("INPUT_MALFORMED", `${printable(path)}: ${parsed.problem}`, {
      hint: "make it again with kubeops threat-model FOLDER -o json --out FILE",
    });
  return parsed.value;
}

export async function threatModelDiff(
  this: CliContext,
  flags: DiffFlags,
  beforePath: string,
  afterPath: string,
): Promise<void> {
  await guarded(this, flags, async () => {
    const before = readModel(this, beforePath);
    const after = readModel(this, afterPath);
    const accepted = flags.accept === undefined ? [] : acceptances(this, flags.accept);
    const today = new Date(this.clock.now()).toISOString().slice(0, 10);
    const comparison = compareModels(before, after, { accepted, today });
    this.process.stdout.write(
      flags.output === "json"
        ? jsonText({ apiVersion: after.apiVersion, kind: "ThreatModelDiff", ...comparison })
        : diffText(comparison),
    );
    return comparison.worse.length > 0 ? ExitCode.no : ExitCode.done;
  });
}

function acceptances(context: CliContext, path: string): readonly Acceptance[] {
  const parsed = parseAcceptances(readOneDocument(context, path).value);
  if (!parsed.ok)
    throw new OpsError("INPUT_MALFORMED", `${printable(path)}: ${parsed.problem}`, {
      hint: "each entry names change (kind/id, as the comparison prints it), owner, reason and expires",
    });
  return parsed.value;
}

function diffText({ worse, better, accepted, unused }: Comparison): string {
  const line = (change: Comparison["worse"][number]): string =>
    `  ${change.kind}/${change.id}: ${change.before === "" ? "" : `${change.before} -> `}${change.after}`;
  const lines = [
    ...(worse.length === 0 ? ["Nothing got worse."] : [`Worse (${worse.length})`, ...worse.map(line)]),
    ...(accepted.length === 0
      ? []
      : [
          `Accepted (${accepted.length})`,
          ...accepted.map(
            (change) =>
              `${line(change)}  (${printable(change.accepted?.owner ?? "")} until ${change.accepted?.expires ?? ""}: ${printable(change.accepted?.reason ?? "")})`,
          ),
        ]),
    ...(better.length === 0 ? [] : [`Better or other (${better.length})`, ...better.map(line)]),
    ...unused.map(
      ({ acceptance, why }) =>
        `Acceptance of ${printable(acceptance.change)} ${why === "expired" ? `ran out on ${acceptance.expires}` : "fits no change"}`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}

export async function threatModelWhatIf(this: CliContext, flags: WhatIfFlags, path: string): Promise<void> {
  await guarded(this, flags, async () => {
    const model = readModel(this, path);
    const result = whatIf(model, flags.without);
    if ("missing" in result)
      throw new OpsError("USAGE", `${printable(result.missing)} is no part of this model`, {
        hint: `its parts: ${parts(model).slice(0, 40).join(", ")}`,
      });
    const comparison = compareModels(model, result.model, { today: "0000-00-00" });
    this.process.stdout.write(
      flags.output === "json"
        ? jsonText({
            apiVersion: model.apiVersion,
            kind: "ThreatModelWhatIf",
            without: flags.without,
            ...comparison,
          })
        : `Without ${flags.without.map(printable).join(", ")}\n${model.scores
            .map((score, index) => {
              const other = result.model.scores[index];
              return other === undefined ? "" : `  ${scoreLine(score)} -> ${scoreLine(other)}\n`;
            })
            .join("")}${diffText(comparison)}`,
    );
    return ExitCode.done;
  });
}

function parts({ inventory }: ThreatModel): readonly string[] {
  return [
    ...inventory.controls.map((one) => one.id),
    ...inventory.servers.map((one) => `server:${one.name}`),
    ...inventory.instructions.map((one) => `${one.kind}:${one.name}`),
    ...inventory.hooks.map((one) => `hook:${one.event}`),
  ];
}

export async function threatModelPage(this: CliContext, flags: PageFlags, path: string): Promise<void> {
  await guarded(this, {}, async () => {
    const value = readOneDocument(this, path).value;
    if (isObject(value) && value["kind"] === "AgentPage") {
      const parsed = parseAgentPage(value);
      if (!parsed.ok) throw new OpsError("INPUT_MALFORMED", `${printable(path)}: ${parsed.problem}`);
      write(this, flags.out, renderAgentPage(parsed.value));
    } else write(this, flags.out, renderPage(modelOf(value, path)));
    return ExitCode.done;
  });
}
