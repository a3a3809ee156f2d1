import type { Evidence, Inventory } from "../inventory/inventory.ts";
import { acts, enforced, toolEvidence, withAny } from "../maestro/queries.ts";
import type { DecisionRow } from "./decision.ts";

type Row = DecisionRow<string>;

const all = ({ instructions }: Inventory): readonly Evidence[] => toolEvidence(instructions);
const shell = (inventory: Inventory): readonly Evidence[] => toolEvidence(withAny(inventory, "shell"));
const credentials = (inventory: Inventory): readonly Evidence[] => [
  ...acts(inventory, "cluster-write", "cluster-read", "secret-read"),
  ...inventory.servers.flatMap((one) => [...one.credentials, ...one.literalSecrets]),
  ...inventory.identities.flatMap((one) => one.readsSecrets),
];
const beyond = (inventory: Inventory): readonly Evidence[] => [
  ...acts(inventory, "cluster-write", "gitops-write", "git-push"),
  ...inventory.identities.flatMap((one) => one.writes),
];
/** Every tool list is closed, none acts beyond the machine, and no server or identity is given. */
const closed = (inventory: Inventory): readonly Evidence[] =>
  inventory.servers.length === 0 &&
  inventory.identities.length === 0 &&
  withAny(inventory, "shell", "network", "server").length === 0
    ? all(inventory)
    : [];

/**
 * The base metrics of CVSS 4.0, from what the agent can reach (AIVSS v0.8 section 3.1.1: tools, delegation and messages
 * count). "A person is nominally in the loop" is no UI: only a signature that is enforced is.
 */
export const cvssRules: Readonly<Record<string, readonly Row[]>> = {
  AV: [
    {
      id: "AV/network",
      value: "N",
      reason: "text from the network reaches the model",
      when: (inventory) => [
        ...toolEvidence(withAny(inventory, "network", "shell")),
        ...inventory.servers.filter((one) => one.remote).map((one) => one.evidence),
      ],
    },
    { id: "AV/local", value: "L", reason: "only files of the workspace reach the model", when: closed },
    {
      id: "AV/inputs",
      value: "N",
      reason: "inputs come from repositories that others write",
      when: (inventory) => enforced(inventory, "C1.2"),
    },
  ],
  AC: [
    {
      id: "AC/closed-language",
      value: "H",
      reason: "what the model emits must pass a closed grammar, checks and a charter",
      when: (inventory) => enforced(inventory, "C1.1", "C1.3"),
    },
    {
      id: "AC/direct",
      value: "L",
      reason: "an instruction in a text is enough, nothing has to be overcome",
      when: (inventory) => toolEvidence(withAny(inventory, "shell", "write-files", "server", "network")),
    },
    { id: "AC/reads", value: "L", reason: "an instruction in a text is enough to mislead it", when: all },
  ],
  AT: [
    {
      id: "AT/approval",
      value: "P",
      reason: "the attack works only where an approver signs its exact plan",
      when: (inventory) => enforced(inventory, "C6.4"),
    },
    { id: "AT/none", value: "N", reason: "no condition of the target has to hold", when: all },
    {
      id: "AT/identity",
      value: "N",
      reason: "no condition of the target has to hold",
      when: ({ identities }) => identities.map((one) => one.evidence),
    },
  ],
  PR: [
    {
      id: "PR/text",
      value: "N",
      reason: "whoever writes a text that it reads needs no account",
      when: (inventory) => [
        ...toolEvidence(withAny(inventory, "network", "shell", "read-files", "server")),
        ...enforced(inventory, "C1.2"),
      ],
    },
  ],
  UI: [
    {
      id: "UI/approval",
      value: "A",
      reason: "a person must sign what is shown in full",
      when: (inventory) => enforced(inventory, "C6.4"),
    },
    {
      id: "UI/none",
      value: "N",
      reason: "it runs in a cluster without a person",
      when: ({ identities }) => identities.map((one) => one.evidence),
    },
    {
      id: "UI/session",
      value: "P",
      reason: "a person starts the session, and need do nothing else",
      when: all,
    },
  ],
  VC: [
    {
      id: "VC/projection",
      value: "N",
      reason: "no value reaches the model",
      when: (inventory) => enforced(inventory, "C2.1", "C2.5"),
    },
    {
      id: "VC/reads",
      value: "H",
      reason: "it reads the files of its user",
      when: (inventory) => toolEvidence(withAny(inventory, "read-files", "shell")),
    },
    { id: "VC/none", value: "N", reason: "it has no tool that reads files", when: all },
  ],
  VI: [
    {
      id: "VI/typed",
      value: "L",
      reason: "it writes plans of its own store, and no file of its user",
      when: (inventory) => enforced(inventory, "C3.1"),
    },
    {
      id: "VI/writes",
      value: "H",
      reason: "it writes the files of its user",
      when: (inventory) => toolEvidence(withAny(inventory, "write-files", "shell")),
    },
    { id: "VI/none", value: "N", reason: "none of its tools writes", when: all },
  ],
  VA: [
    {
      id: "VA/budgets",
      value: "L",
      reason: "time, size and money of a run are limited",
      when: (inventory) => enforced(inventory, "C3.5"),
    },
    { id: "VA/shell", value: "H", reason: "a shell can stop or delete what its user runs", when: shell },
    {
      id: "VA/writes",
      value: "L",
      reason: "it can overwrite files",
      when: (inventory) => toolEvidence(withAny(inventory, "write-files")),
    },
    { id: "VA/none", value: "N", reason: "none of its tools stops anything", when: all },
  ],
  SC: [
    {
      id: "SC/no-credentials",
      value: "N",
      reason: "credentials and values of a cluster never meet the model",
      when: (inventory) => enforced(inventory, "C2.1", "C4.1"),
    },
    {
      id: "SC/credentials",
      value: "H",
      reason: "credentials of other systems are in its reach",
      when: credentials,
    },
    { id: "SC/none", value: "N", reason: "nothing beyond the machine is in its reach", when: closed },
  ],
  SI: [
    {
      id: "SI/approved-plans",
      value: "L",
      reason: "what is written is an approved plan inside the charter, and nothing else",
      when: (inventory) => enforced(inventory, "C4.1", "C6.4"),
    },
    { id: "SI/writes", value: "H", reason: "it changes clusters or repositories", when: beyond },
    { id: "SI/none", value: "N", reason: "nothing beyond the machine is in its reach", when: closed },
  ],
  SA: [
    {
      id: "SA/approved-plans",
      value: "L",
      reason: "deletions are denied unless the charter names them, and every run can be undone",
      when: (inventory) => enforced(inventory, "C6.4", "C7.5"),
    },
    {
      id: "SA/writes",
      value: "H",
      reason: "it can delete or stop what runs in a cluster",
      when: (inventory) => [
        ...acts(inventory, "cluster-write", "gitops-write"),
        ...inventory.identities.flatMap((one) => one.writes),
      ],
    },
    { id: "SA/none", value: "N", reason: "nothing beyond the machine is in its reach", when: closed },
  ],
};

/** Values of each metric from the harmless end to the harmful one. */
export const metricValues: Readonly<Record<string, string>> = {
  AV: "PLAN",
  AC: "HL",
  AT: "PN",
  PR: "HLN",
  UI: "APN",
  VC: "NLH",
  VI: "NLH",
  VA: "NLH",
  SC: "NLH",
  SI: "NLH",
  SA: "NLH",
};
