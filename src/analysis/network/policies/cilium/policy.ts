import { isObject, type JsonPath } from "../../../../kube/json.ts";
import { namespaceOf, objectKey } from "../../../../kube/object-key.ts";
import {
  type Action,
  type Direction,
  meansNobody,
  type Policy,
  type Rule,
  stages,
  type Term,
} from "../policy.ts";
import { type PolicyReader, shown } from "../reading.ts";
import { type Known, readPeers } from "./peers.ts";
import { readPorts } from "./ports.ts";
import { readRequirements, subjectOf } from "./selector.ts";

const NAMESPACED = "CiliumNetworkPolicy";

/** Where a rule stands in the stage that Cilium's policies share with NetworkPolicy: what denies is asked first, whatever the policy. */
const DENY_FIRST = 0;
const ALLOW = 1000;

const lists: readonly { readonly member: string; readonly direction: Direction; readonly action: Action }[] =
  [
    { member: "ingressDeny", direction: "ingress", action: "deny" },
    { member: "ingress", direction: "ingress", action: "allow" },
    { member: "egressDeny", direction: "egress", action: "deny" },
    { member: "egress", direction: "egress", action: "allow" },
  ];

/**
 * cilium.io/v2 CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy: one policy for `spec`, and one for each of `specs`
 * (pkg/k8s/apis/cilium.io/v2 Parse). Nothing where one of them is refused: then the whole object is.
 */
export function readCiliumPolicy(reader: PolicyReader, known: Known): readonly Policy[] {
  const specs: JsonPath[] = reader.has(["spec"]) ? [["spec"]] : [];
  specs.push(...[...reader.list(["specs"]).keys()].map((index) => ["specs", index]));
  if (specs.length === 0) reader.problem("invalid", [], "must have a spec or specs");
  const policies = specs.flatMap((path) => readSpec(reader, path, known) ?? []);
  return reader.invalid ? [] : policies;
}

function readSpec(reader: PolicyReader, path: JsonPath, known: Known): Policy | undefined {
  const { kind, name } = objectKey(reader.object);
  const namespace = kind === NAMESPACED ? namespaceOf(reader.object) : "";
  if (!isObject(reader.at(path))) {
    reader.problem("invalid", path, "must be a mapping");
    return undefined;
  }
  const host = reader.has([...path, "nodeSelector"]);
  if (host && reader.has([...path, "endpointSelector"]))
    reader.problem("invalid", path, "cannot have both an endpointSelector and a nodeSelector");
  if (host && kind === NAMESPACED)
    reader.problem(
      "invalid",
      [...path, "nodeSelector"],
      "can only stand in a CiliumClusterwideNetworkPolicy",
    );
  if (lists.every(({ member }) => reader.list([...path, member]).length === 0))
    reader.problem(
      "invalid",
      path,
      `must have a rule in one of ${lists.map(({ member }) => member).join(", ")}`,
    );
  const subject = host ? undefined : readSubject(reader, path, namespace);
  const denies = defaultDeny(reader, path);
  const has = (direction: Direction): boolean =>
    lists.some((list) => list.direction === direction && reader.list([...path, list.member]).length > 0);
  const rules: Record<Direction, Rule[]> = { ingress: [], egress: [] };
  for (const { member, direction, action } of lists)
    for (const index of reader.list([...path, member]).keys()) {
      const at = [...path, member, index];
      const rule = readRule({ reader, path: at, direction, action, namespace }, known);
      if (rule !== undefined) rules[direction].push(rule);
    }
  if (host) {
    reader.problem(
      "unmodelled",
      [...path, "nodeSelector"],
      "policies of nodes are not modelled: they change nothing for pods, and traffic with nodes counts as allowed",
    );
    return undefined;
  }
  const both = <T>(of: (direction: Direction) => T): Readonly<Record<Direction, T>> => ({
    ingress: of("ingress"),
    egress: of("egress"),
  });
  return {
    kind,
    namespace,
    name,
    object: reader.object,
    stage: stages.policies,
    subject: subject === undefined ? [] : [subject],
    isolates: both((direction) => has(direction) && denies[direction]),
    applies: both(has),
    rules,
    subjectPath: [...path, "endpointSelector"],
  };
}

function readSubject(reader: PolicyReader, path: JsonPath, namespace: string): Term | undefined {
  const at = [...path, "endpointSelector"];
  if (!reader.has(at)) {
    reader.problem("invalid", path, "must have an endpointSelector; {} selects every pod");
    return undefined;
  }
  const requirements = readRequirements(reader, at);
  if (requirements === undefined) return undefined;
  const { term, unknown } = subjectOf(requirements, namespace);
  for (const what of unknown) reader.problem("unmodelled", at, what);
  if (requirements.some(({ source }) => source === "reserved"))
    reader.problem(
      "unmodelled",
      at,
      "endpoints of Cilium itself (labels reserved:) are not modelled: only what it says of pods counts",
    );
  return term;
}

/** Does a direction with rules deny what none of them allows (pkg/policy/api/rule_validation.go Sanitize)? */
function defaultDeny(reader: PolicyReader, path: JsonPath): Readonly<Record<Direction, boolean>> {
  const read = (direction: Direction): boolean => {
    const at = [...path, "enableDefaultDeny", direction];
    const value = reader.at(at) ?? true;
    if (typeof value !== "boolean") reader.problem("invalid", at, `${shown(value)} must be true or false`);
    return value !== false;
  };
  return { ingress: read("ingress"), egress: read("egress") };
}

function readRule(
  place: {
    readonly reader: PolicyReader;
    readonly path: JsonPath;
    readonly direction: Direction;
    readonly action: Action;
    readonly namespace: string;
  },
  known: Known,
): Rule | undefined {
  const { reader, path, direction, action } = place;
  if (!isObject(reader.at(path))) {
    reader.problem("invalid", path, "must be a mapping");
    return undefined;
  }
  const { ports, narrowed, listed } = readPorts(reader, path, direction, action === "deny");
  const { peers, abstracted } = readPeers(place, listed, known);
  const secured =
    action === "allow" && authenticates(reader, path) ? "narrowed by authentication" : undefined;
  const narrows = [narrowed, secured].filter((note) => note !== undefined);
  const notes = abstracted === undefined ? narrows : [abstracted, ...narrows];
  if (narrows.length > 0)
    reader.problem(
      "unmodelled",
      path,
      `${narrows.join(", ")}: the rule counts as if it let all traffic of its ports through`,
    );
  // `- {}` allows nothing: it stands for default deny alone.
  if (meansNobody(peers) && !listed) return undefined;
  return {
    action,
    peers,
    ports,
    order: action === "deny" ? DENY_FIRST : ALLOW,
    path,
    name: "",
    said: saidAt(path),
    ...(notes.length === 0 ? {} : { abstracted: notes.join("; ") }),
  };
}

/** `ingressDeny rule 2`, `specs 1, egress rule 3`; counted from 1. */
function saidAt(path: JsonPath): string {
  const [first, second] = path;
  const [member, index] = path.slice(-2);
  const of = first === "specs" && typeof second === "number" ? `specs ${second + 1}, ` : "";
  return `${of}${member ?? ""} rule ${typeof index === "number" ? index + 1 : ""}`;
}

function authenticates(reader: PolicyReader, path: JsonPath): boolean {
  const at = [...path, "authentication", "mode"];
  if (!reader.has([...path, "authentication"])) return false;
  const mode = reader.at(at);
  if (mode !== "disabled" && mode !== "required" && mode !== "test-always-fail")
    reader.problem("invalid", at, `${shown(mode)} must be disabled or required`);
  return mode !== "disabled";
}
