import {
  anyNumber,
  anyText,
  boolean,
  choice,
  type ChoiceShape,
  list,
  literal,
  may,
  type MembersOf,
  need,
  nullable,
  type RecordShape,
  record,
  type Shape,
} from "../../kube/shape/shape.ts";
import type { Acceptance, Comparison, ModelChange } from "../../threat-model/compare/compare-models.ts";

import type * as found from "../../threat-model/inventory/inventory.ts";
import type { LayerId } from "../../threat-model/maestro/threats.ts";
import type * as model from "../../threat-model/model/threat-model.ts";
import type { AivssScore } from "../../threat-model/score/aivss.ts";
import type { CandidateScore } from "../../threat-model/score/candidate.ts";
import type { SsvcResult } from "../../threat-model/score/ssvc.ts";
import { head, members, natural, output, texts } from "./parts.ts";

const evidence: RecordShape = record<found.Evidence>({
  file: need(anyText),
  line: need(natural, "Counted from 1; 0 where it is about no line."),
  what: need(anyText),
});
const evidences = list(evidence);
const acts = list(
  record<found.Act>({
    kind: need(
      literal(
        "cluster-write",
        "cluster-read",
        "secret-read",
        "git-push",
        "gitops-write",
        "remote-install",
        "network-read",
        "writes-rbac",
        "writes-policy",
        "delegates",
        "asks-person",
        "logs",
      ),
    ),
    evidence: need(evidence),
  }),
);

const inventory: RecordShape = record<found.Inventory>({
  subject: need(anyText),
  version: may(anyText),
  description: may(evidence),
  manifests: need(
    list(record<found.Inventory["manifests"][number]>({ host: need(anyText), evidence: need(evidence) })),
  ),
  instructions: need(
    list(
      record<found.Instruction>({
        kind: need(literal("agent", "skill", "command")),
        name: need(anyText),
        evidence: need(evidence),
        tools: need(
          record<found.Tools>({
            inheritsAll: need(boolean, "It gets every tool that its host has."),
            names: need(texts),
            denied: need(texts),
            capabilities: need(
              list(literal("shell", "write-files", "read-files", "network", "subagents", "memory", "server")),
            ),
          }),
        ),
        toolsEvidence: need(evidence),
        model: may(
          record<NonNullable<found.Instruction["model"]>>({
            id: need(anyText),
            pinned: need(boolean),
            evidence: need(evidence),
          }),
        ),
        memory: may(evidence),
        turns: may(evidence),
        acts: need(acts, "What its text tells the model to do."),
      }),
    ),
  ),
  hooks: need(
    list(
      record<found.Hook>({
        event: need(anyText),
        matcher: need(anyText),
        handler: need(literal("command", "http", "mcp_tool", "prompt", "agent", "other")),
        failsClosed: need(boolean, "A handler that fails stops the tool."),
        evidence: need(evidence),
      }),
    ),
  ),
  servers: need(
    list(
      record<found.Server>({
        name: need(anyText),
        transport: need(literal("stdio", "http", "sse", "ws", "other")),
        pinned: need(boolean),
        fetchesCode: need(boolean),
        remote: need(boolean),
        encrypted: need(boolean),
        exposed: need(boolean, "Listens beyond this machine."),
        authenticated: need(boolean),
        literalSecrets: need(evidences),
        credentials: need(evidences),
        readOnly: need(boolean),
        evidence: need(evidence),
      }),
    ),
  ),
  settings: need(
    list(
      record<found.Setting>({
        kind: need(
          literal("allow", "ask", "deny", "bypass", "hooks-off", "sandbox", "any-server", "managed"),
        ),
        rule: need(anyText),
        evidence: need(evidence),
      }),
    ),
  ),
  scripts: need(
    list(record<found.Script>({ path: need(anyText), acts: need(acts), evidence: need(evidence) })),
  ),
  anomalies: need(
    list(
      record<found.Anomaly>({
        kind: need(
          literal("hidden-unicode", "flatters-analyser", "link", "too-large", "malformed", "unreadable"),
        ),
        evidence: need(evidence),
      }),
    ),
  ),
  identities: need(
    list(
      record<found.ClusterIdentity>({
        subject: need(anyText),
        readsSecrets: need(evidences),
        writes: need(evidences),
        escalates: need(evidences),
        clusterWide: need(boolean),
        evidence: need(evidence),
      }),
    ),
  ),
  controls: need(
    list(
      record<found.Control>({
        id: need(anyText),
        title: need(anyText),
        state: need(literal("enforced", "present", "not-certain")),
        code: need(texts),
        tests: need(texts),
        evidence: need(evidence),
      }),
    ),
    "Controls that the product's own tests prove.",
  ),
  files: need(natural, "Files that were read."),
});

const interval: RecordShape = record<model.ModelScore["interval"]>({
  min: need(anyNumber),
  max: need(anyNumber),
});
const severity: Shape = nullable(literal("None", "Low", "Medium", "High", "Critical"));
const profile: Shape = literal("owasp-0.8-strict", "owasp-0.8-repaired", "agentready", "owasp-0.5");
const decided = {
  reason: need(anyText),
  evidence: need(evidences),
  rule: may(anyText, "The rule that decided."),
};
const layer: Shape = literal(
  ...(["L1", "L2", "L3", "L4", "L5", "L6", "L7", "LX"] satisfies readonly LayerId[]),
);
const threats = list(
  record<model.ThreatEntry>({
    id: need(anyText),
    layer: need(layer),
    name: need(anyText),
    reading: need(literal("canonical", "policy-surface")),
    state: need(literal("present", "mitigated", "not-applicable", "not-certain")),
    reason: need(anyText),
    rules: need(texts),
    evidence: need(evidences),
    more: need(natural, "Evidence beyond what is listed."),
    asi: need(texts, "OWASP ASI ids."),
    crosswalk: need(
      record<model.ThreatEntry["crosswalk"]>({
        coreRisks: need(texts),
        atlas: need(texts),
        mcp: need(texts),
        aicm: need(texts),
        cwe: need(texts),
        aisvs: need(texts),
        nist: need(texts),
      }),
      "The same in other frameworks.",
    ),
  }),
);

export const threatModel: RecordShape = record<model.ThreatModel>({
  ...head,
  kind: need(literal("ThreatModel")),
  subject: need(anyText),
  version: may(anyText),
  llmCalls: need(literal(0), "No model was asked."),
  inventory: need(inventory, "Everything that was found; the rest follows from it."),
  cvss: need(
    record<model.ThreatModel["cvss"]>({
      vector: need(nullable(anyText), "Null while a metric is unknown."),
      base: need(nullable(anyNumber)),
      range: need(interval),
      metrics: need(
        list(
          record<model.DecidedMetric>({ metric: need(anyText), value: need(nullable(anyText)), ...decided }),
        ),
      ),
    }),
  ),
  factorSet: need(literal("v0.8")),
  factors: need(
    list(
      record<model.DecidedFactor>({
        id: need(anyText),
        name: need(anyText),
        value: need(nullable(anyNumber)),
        ...decided,
      }),
    ),
  ),
  threatMultiplier: need(
    record<model.ThreatModel["threatMultiplier"]>({ value: need(anyNumber), reason: need(anyText) }),
  ),
  mitigation: need(record<model.ThreatModel["mitigation"]>({ value: need(nullable(anyNumber)), ...decided })),
  scores: need(
    list(
      record<model.ModelScore>({
        profile: need(profile),
        aivss: need(nullable(anyNumber), "Null while an input is unknown: then there is an interval."),
        severity: need(severity),
        interval: need(interval),
        factorSum: need(nullable(anyNumber)),
        aars: need(nullable(anyNumber)),
        notes: need(texts),
      }),
    ),
  ),
  layers: need(
    list(
      record<model.LayerState>({
        id: need(layer),
        name: need(anyText),
        tag: need(literal("mapped", "not-certain")),
        text: need(anyText),
      }),
    ),
  ),
  threats: need(threats),
  policySurface: need(threats, "The second reading of layer 6."),
});

export const threatModelList: RecordShape = output("ThreatModelList", {
  items: need(list(members({ folder: need(anyText), model: need(threatModel) }))),
});

const acceptance: RecordShape = record<Acceptance>({
  change: need(anyText, "kind/id of the change."),
  owner: need(anyText),
  reason: need(anyText),
  expires: need(anyText, "Last day on which it counts."),
});
const changes = list(
  record<ModelChange>({
    kind: need(
      literal(
        "threat-present",
        "threat-worse",
        "control-lost",
        "factor-up",
        "factor-unknown",
        "mitigation-weaker",
        "vector-wider",
        "band-higher",
        "score-higher",
        "capability-new",
        "server-new",
      ),
    ),
    id: need(anyText),
    before: need(anyText),
    after: need(anyText),
    worse: need(boolean),
    accepted: may(acceptance),
  }),
);
const comparison: MembersOf<Comparison> = {
  worse: need(changes),
  better: need(changes),
  accepted: need(changes),
  unused: need(
    list(
      record<Comparison["unused"][number]>({
        acceptance: need(acceptance),
        why: need(literal("expired", "fits nothing")),
      }),
    ),
  ),
};
export const threatModelDiff: RecordShape = output("ThreatModelDiff", { ...comparison });
export const threatModelWhatIf: RecordShape = output("ThreatModelWhatIf", {
  without: need(texts, "Parts that were left out."),
  ...comparison,
});

const ssvc: RecordShape = record<SsvcResult>({
  agentClass: need(literal("copilot", "specialist", "primemover")),
  outcome: need(literal("Defer", "Scheduled", "Out-of-Cycle", "Immediate")),
  deadline: need(anyText),
});
const scored: MembersOf<AivssScore> = {
  profile: need(profile),
  formula: need(anyText),
  cvssBase: need(anyNumber),
  vector: may(anyText),
  factorSum: need(nullable(anyNumber)),
  aars: need(nullable(anyNumber)),
  aivss: need(nullable(anyNumber), "Null while an input is unknown."),
  severity: need(severity),
  interval: need(interval),
  unknown: need(texts),
  compression: need(nullable(anyNumber)),
  notes: need(texts),
};
const candidate: MembersOf<CandidateScore> = {
  profile: need(literal("aivss-2.0-candidate")),
  status: need(literal("candidate-unvalidated")),
  aivss: need(nullable(anyNumber)),
  experimental: need(nullable(anyNumber)),
  experimentalLabel: need(literal("experimental-uncalibrated")),
  effectClass: need(literal("A0", "A1", "A2", "AX")),
  unknown: need(list(anyText)),
};
const more = { ssvc: may(ssvc, "With --ssvc: a deadline.") };
const scoreHead = output("AivssScore", {}).members;
export const aivssScore: ChoiceShape = choice(
  members({ ...scoreHead, ...scored, ...more }),
  members({ ...scoreHead, ...candidate, ...more }),
);
