import { buildCommand, buildRouteMap, type Command, type RouteMap } from "@stricli/core";
import type { CliContext } from "../context.ts";
import { colorFlag, kubeVersionFlag, outputFlag, quietFlag, text, textFlag, textsFlag } from "../flags.ts";
import type { DiffFlags, ModelFlags, PageFlags, WhatIfFlags } from "./threat-model.impl.ts";
import type { ScoreFlags } from "./threat-model-score.impl.ts";

const outFlag = textFlag("file", "Write the report there instead of to standard output");

const modelCommand: Command<CliContext> = buildCommand<ModelFlags, [string?], CliContext>({
  loader: async () => (await import("./threat-model.impl.ts")).threatModel,
  parameters: {
    flags: {
      output: {
        kind: "enum",
        values: ["text", "json", "markdown", "html", "sarif", "otm", "cyclonedx"],
        default: "text",
        brief: "Output format",
      },
      out: outFlag,
      serviceAccount: textFlag(
        "namespace/name",
        "The agent runs in a cluster as this ServiceAccount: judge what it may do there, with -f or --kubeconfig",
      ),
      filename: textsFlag(
        "path",
        "Roles and bindings of the ServiceAccount: file, folder, glob or -; may be given again",
      ),
      kubeconfig: textFlag("file", "Read roles and bindings from the live cluster of this kubeconfig"),
      context: textFlag("name", "Its context"),
      kubeVersion: kubeVersionFlag,
      color: colorFlag,
      quiet: quietFlag,
    },
    aliases: { o: "output", q: "quiet", f: "filename" },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "Folder of a plug-in, skill or agent, or an MCP configuration",
          parse: text,
          placeholder: "path",
          optional: true,
        },
      ],
    },
  },
  docs: {
    brief: "Threat-model an agent from its files: MAESTRO threats, AIVSS scores, evidence for each",
    fullDescription:
      "Reads plug-in manifests, agents, skills, commands, hooks, MCP configurations, settings and scripts of a folder; runs nothing, starts no server and follows no link. Each of MAESTRO's 55 threats gets a state that evidence decides; what nothing decides is not certain, and unknown inputs make a score an interval.",
  },
});

const scoreCommand: Command<CliContext> = buildCommand<ScoreFlags, [], CliContext>({
  loader: async () => (await import("./threat-model-score.impl.ts")).threatModelScore,
  parameters: {
    flags: {
      profile: {
        kind: "enum",
        values: ["owasp-0.8-strict", "owasp-0.8-repaired", "agentready", "owasp-0.5", "aivss-2.0-candidate"],
        default: "owasp-0.8-strict",
        brief: "Which of the formulas that are called AIVSS",
      },
      vector: textFlag("CVSS:4.0/...", "CVSS 4.0 vector"),
      base: textFlag("0.0-10.0", "CVSS base score instead of the vector (agentready only)"),
      factors: textFlag(
        "name=value,...",
        "The ten factors; what is not given, or unknown, makes the score an interval",
      ),
      thm: textFlag("value", "Threat multiplier: A, P or U (v0.8, default P), or a number of the profile"),
      mitigation: textFlag(
        "value",
        "Mitigation factor: none, partial or strong (v0.8, default none), or a number of the profile",
      ),
      metrics: textFlag("LC=D,...", "The eight metrics of aivss-2.0-candidate"),
      ssvc: textFlag("threat=poc,impact=significant,f1=3,...", "Also give the AIVSS-SSVC outcome"),
      output: outputFlag,
    },
    aliases: { o: "output" },
  },
  docs: { brief: "Compute an AIVSS score and explain every number of it" },
});

const diffCommand: Command<CliContext> = buildCommand<DiffFlags, [string, string], CliContext>({
  loader: async () => (await import("./threat-model.impl.ts")).threatModelDiff,
  parameters: {
    flags: {
      accept: textFlag("file", "Accepted risks: a list of change, owner, reason and expires"),
      output: outputFlag,
    },
    aliases: { o: "output" },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "Model before, as -o json writes it", parse: text, placeholder: "before" },
        { brief: "Model after", parse: text, placeholder: "after" },
      ],
    },
  },
  docs: { brief: "Compare two models of an agent; exit code 1 when it got worse" },
});

const whatIfCommand: Command<CliContext> = buildCommand<WhatIfFlags, [string], CliContext>({
  loader: async () => (await import("./threat-model.impl.ts")).threatModelWhatIf,
  parameters: {
    flags: {
      without: {
        kind: "parsed",
        parse: text,
        variadic: true,
        placeholder: "part",
        brief:
          "A control (C4.2), or server:NAME, agent:NAME, skill:NAME, command:NAME, hook:EVENT; may be given again",
      },
      output: outputFlag,
    },
    aliases: { o: "output" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Model, as -o json writes it", parse: text, placeholder: "model" }],
    },
  },
  docs: { brief: "Show what a model would be without a control or a part of the agent" },
});

const pageCommand: Command<CliContext> = buildCommand<PageFlags, [string], CliContext>({
  loader: async () => (await import("./threat-model.impl.ts")).threatModelPage,
  parameters: {
    flags: { out: outFlag },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "Model, as -o json writes it, or the data of a page (kind AgentPage)",
          parse: text,
          placeholder: "model",
        },
      ],
    },
  },
  docs: { brief: "Write the page of an agent in the form of the published directory" },
});

export const threatModelRoutes: RouteMap<CliContext> = buildRouteMap({
  routes: {
    model: modelCommand,
    score: scoreCommand,
    diff: diffCommand,
    "what-if": whatIfCommand,
    page: pageCommand,
  },
  defaultCommand: "model",
  docs: { brief: "Threat-model an agent: MAESTRO threats and AIVSS scores, decided by evidence" },
});
