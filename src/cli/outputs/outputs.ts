import { reportSchema } from "../../analysis/findings/report-schema.ts";
import type { JsonObject } from "../../kube/json.ts";
import { jsonSchemaOf, openJsonSchemaOf, type SchemaHead } from "../../kube/shape/json-schema.ts";
import type { ChoiceShape, RecordShape } from "../../kube/shape/shape.ts";
import { schemaAddress } from "../../kube/schema-address.ts";
import { publishedSchemas } from "../../plan/shape/published-schemas.ts";
import { errorSchema } from "../error-schema.ts";
import { ruleTestsSchema } from "../rule-tests-schema.ts";
import * as access from "./access-shapes.ts";
import * as change from "./change-shapes.ts";
import * as checks from "./check-shapes.ts";
import { explanationSchema } from "./explanation-schema.ts";
import * as reach from "./reach-shapes.ts";
import * as threat from "./threat-model-shapes.ts";

/** One kind of what `-o json` prints. */
export interface Output {
  /** As the document names itself. */
  readonly kind: string;
  /** Of the schema: `schemas/NAME.schema.json`. */
  readonly name: string;
  /** What prints it, as it is called: the words of the command, then the flags that ask for this kind. */
  readonly printedBy: readonly string[];
  readonly schema: JsonObject;
  /** The schema refuses keys that it does not name: the document is signed, hashed or read back. */
  readonly closed: boolean;
}

interface Row {
  readonly kind: string;
  readonly printedBy: readonly string[];
  readonly description: string;
  readonly make: (about: SchemaHead) => JsonObject;
  readonly closed: boolean;
}

/** `AccessAnswer` has the schema access-answer. */
function nameOf(kind: string): string {
  return kind.replaceAll(/(?<!^)(?=[A-Z])/g, "-").toLowerCase();
}

/** A kind of which later versions may say more. */
function open(
  kind: string,
  printedBy: readonly string[],
  description: string,
  shape: RecordShape | ChoiceShape,
): Row {
  return { kind, printedBy, description, make: (about) => openJsonSchemaOf(shape, about), closed: false };
}

/** A kind that is signed, hashed or read back: every key counts. */
function closed(
  kind: string,
  printedBy: readonly string[],
  description: string,
  shape: RecordShape | ChoiceShape,
): Row {
  return { kind, printedBy, description, make: (about) => jsonSchemaOf(shape, about), closed: true };
}

const rows: readonly Row[] = [
  open("Version", ["version"], "The version of kubeops.", checks.version),
  open("Diff", ["diff"], "What a plan would change at its target.", change.diff),
  open("ApplyOutcome", ["apply"], "What a run did, to Git or to a cluster.", change.applyOutcome),
  closed("SignedApproval", ["approve"], "A signed approval of one plan.", change.signedApproval),
  open(
    "CharterInitialised",
    ["charter init"],
    "Where a trust root was made and who owns it.",
    change.charterInitialised,
  ),
  open("CharterSigned", ["charter sign"], "The charter that was signed.", change.charterSigned),
  open("CharterVerified", ["charter verify"], "The charter that holds.", change.charterVerified),
  open("TrustRoot", ["charter show"], "What stands in a trust root, and whether it holds.", change.trustRoot),
  open("ClusterPinned", ["charter pin"], "The cluster that was pinned.", change.clusterPinned),
  open("AuditList", ["audit list"], "The entries of the audit log.", change.auditList),
  closed("AuditEvent", ["audit show", "audit export"], "One entry of the audit log.", change.auditEvent),
  closed("Checkpoint", ["audit export"], "Size and root of the audit log.", change.checkpoint),
  open("LogReport", ["audit verify"], "Whether an audit log holds.", change.logReport),
  open("CheckList", ["check --list-checks"], "Every check.", checks.checkList),
  open("FixReport", ["fix"], "What was fixed, and what is left.", checks.fixReport),
  {
    kind: "Explanation",
    printedBy: ["explain"],
    description: "What is known of a finding, a check of another tool, a kind or a field.",
    make: explanationSchema,
    closed: false,
  },
  open("Schemas", ["schemas list"], "Definitions of custom resources that were added.", checks.schemas),
  open("SchemasAdded", ["schemas add"], "Definitions that were added now.", checks.schemasAdded),
  open("SchemasRemoved", ["schemas remove"], "Definitions that were removed.", checks.schemasRemoved),
  open("AccessAnswer", ["can"], "Whether a subject may do something, and why.", access.accessAnswer),
  open("PermissionList", ["can --list"], "Everything that a subject may do.", access.permissionList),
  open("AccessHolders", ["can --who"], "Who may do something.", access.accessHolders),
  open("AttackPaths", ["can --paths"], "How a subject reaches a goal.", access.attackPaths),
  open(
    "PermissionDelta",
    ["can --diff"],
    "Who gains and who loses what between two inputs.",
    access.permissionDelta,
  ),
  open("LeastRoles", ["can --least"], "The least roles for what was asked for.", access.leastRoles),
  open("Reachability", ["reach"], "Who reaches whom.", reach.reachability),
  open(
    "ReachabilityAnswer",
    ["reach FROM TO"],
    "Whether one reaches the other, and why.",
    reach.reachabilityAnswer,
  ),
  open(
    "Exposure",
    ["reach --exposed"],
    "What is open to the outside, and to pods that do not exist yet.",
    reach.exposure,
  ),
  open(
    "ReachabilityDelta",
    ["reach --diff"],
    "Flows that open and close between two inputs.",
    reach.reachabilityDelta,
  ),
  open(
    "ReachabilityRelation",
    ["reach --compare"],
    "How two sets of policies stand to each other.",
    reach.reachabilityRelation,
  ),
  open(
    "ReachabilityEffects",
    ["reach --redundant"],
    "Policies and rules without an effect.",
    reach.reachabilityEffects,
  ),
  open(
    "ReachabilityCoverage",
    ["reach --coverage"],
    "Which workloads policies isolate.",
    reach.reachabilityCoverage,
  ),
  open("ReachAssertionReport", ["reach --assert"], "Which assertions hold.", reach.reachAssertionReport),
  open(
    "SynthesisedPolicies",
    ["reach --synthesise"],
    "The least policies for what workloads declare.",
    reach.synthesisedPolicies,
  ),
  closed("ThreatModel", ["threat-model model"], "The threat model of one agent.", threat.threatModel),
  open(
    "ThreatModelList",
    ["threat-model model"],
    "The models of a folder with several plug-ins.",
    threat.threatModelList,
  ),
  open("ThreatModelDiff", ["threat-model diff"], "What changed between two models.", threat.threatModelDiff),
  open(
    "ThreatModelWhatIf",
    ["threat-model what-if"],
    "What changes when parts of an agent go.",
    threat.threatModelWhatIf,
  ),
  open("AivssScore", ["threat-model score"], "An AIVSS score with its parts.", threat.aivssScore),
];

function made({ kind, printedBy, description, make, closed: isClosed }: Row): Output {
  const name = nameOf(kind);
  const schema = make({ id: schemaAddress(name), title: kind, description });
  return { kind, name, printedBy, schema, closed: isClosed };
}

/** Every kind that `-o json` prints, by name; a test holds that no command prints another one. */
export const outputs: readonly Output[] = [
  ...rows.map(made),
  { kind: "Report", name: "report", printedBy: ["check"], schema: reportSchema, closed: false },
  {
    kind: "RuleTests",
    name: "rule-tests",
    printedBy: ["check --test-rules"],
    schema: ruleTestsSchema,
    closed: false,
  },
  {
    kind: "Plan",
    name: "plan",
    printedBy: ["plan", "undo", "ask", "show"],
    schema: publishedSchemas["plan.schema.json"] ?? {},
    closed: true,
  },
  { kind: "Error", name: "error", printedBy: [], schema: errorSchema, closed: false },
].sort((left, right) => (left.name < right.name ? -1 : 1));

/**
 * Commands that print what is no document of ours with `-o json`: a List of Kubernetes objects, as `kubectl apply -f -`
 * takes it.
 */
export const printObjects: readonly string[] = ["charter inventory"];
