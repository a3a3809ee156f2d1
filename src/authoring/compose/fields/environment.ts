import { OpsError } from "../../../kube/ops-error.ts";
import { referenceVariable, removeVariable, type ServiceContext } from "../context.ts";
import { isCredential } from "../../../analysis/checks/secrets/credentials.ts";
import { type DotenvVariable, parseDotenv, parseRawEnvironment } from "../interpolation/dotenv.ts";
import { decodeUtf8 } from "../load/sources.ts";
import { isEnvName } from "../names.ts";
import { escapeExpansion } from "../../../analysis/checks/secrets/shell-words.ts";
import {
  booleanOf,
  fieldText,
  itemsOf,
  malformed,
  member,
  type Node,
  pairsOf,
  scalarOf,
  textOf,
} from "../tree/node.ts";

const badName = "Kubernetes takes no variable of this name";

/** `env_file`, then `environment`, whose values win (compose-spec 05-services.md). */
export function readEnvironment(service: ServiceContext): void {
  const files = member(service.node, "env_file");
  if (files !== undefined) for (const item of itemsOf(files)) readEnvironmentFile(service, item);
  const environment = member(service.node, "environment");
  if (environment === undefined) return;
  const { ledger } = service.project;
  const pairs = pairsOf(environment, (lost) => ledger.overridden(lost, "a later entry has the same name"));
  for (const [name, node] of pairs.entries) readVariable(service, name, node);
}

function readVariable(service: ServiceContext, name: string, node: Node): void {
  const { ledger, lookup } = service.project;
  const { value: written, variables } = scalarOf(node);
  if (!isEnvName(name)) {
    ledger.mark(node, "dropped", badName);
    return;
  }
  if (written === null) {
    const value = lookup(name);
    if (value === undefined) {
      // Compose takes a variable without a value away, also one that env_file set.
      removeVariable(service, name);
      ledger.mark(node, "dropped", `${name} has no value: name it with --env ${name}, or set it in .env`);
      return;
    }
    note(service, name, value, node);
    referenceVariable(service, name, value, { reason: `environment variable ${name}`, place: node.place });
    ledger.mark(node, "reference", "a value from the environment becomes a key of a Secret");
    return;
  }
  const value = String(written);
  note(service, name, value, node);
  if (variables.length > 0) {
    const names = variables.map((each) => `\${${each}}`).join(" ");
    referenceVariable(service, name, value, { reason: `interpolated ${names}`, place: node.place });
    ledger.mark(node, "reference", "an interpolated value becomes a key of a Secret");
    return;
  }
  if (isCredential(name, value)) {
    referenceVariable(service, name, value, {
      reason: "literal that looks like a credential",
      place: node.place,
    });
    ledger.mark(node, "reference", "a literal that looks like a credential becomes a key of a Secret");
    return;
  }
  removeVariable(service, name);
  service.env.set(name, { name, value: escapeExpansion(value) });
  ledger.mark(node, "used");
}

/** Names whose value may be a bare host name. */
const hostName =
  /HOST|SERVER|ADDR|URL|URI|ENDPOINT|BROKER|BOOTSTRAP|NODE|UPSTREAM|PEER|MASTER|PRIMARY|REPLICA|BACKEND|TARGET|CONNECT|SEED|SENTINEL|CLUSTER_MEMBERS|LINK|PROXY|ORIGIN|GATEWAY/i;

function note(service: ServiceContext, name: string, value: string, node: Node): void {
  service.evidence.push({
    text: value,
    reason: `environment ${name}`,
    place: node.place,
    mayBeHost: hostName.test(name),
  });
}

function readEnvironmentFile(service: ServiceContext, item: Node): void {
  const { sources, ledger, lookup } = service.project;
  const long = item.kind === "map" ? item : undefined;
  const pathNode = long === undefined ? item : (member(long, "path") ?? malformed(item, "needs path"));
  const requiredNode = long === undefined ? undefined : member(long, "required");
  const required = requiredNode === undefined || booleanOf(requiredNode);
  const formatNode = long === undefined ? undefined : member(long, "format");
  const format = formatNode === undefined ? "" : textOf(formatNode);
  if (format !== "" && format !== "raw" && formatNode !== undefined)
    malformed(formatNode, "must be raw, or absent");
  const path = sources.resolve(pathNode.folder, textOf(pathNode), fieldText(pathNode), pathNode.place);
  if (sources.kind(path, pathNode.place) !== "file") {
    if (!required) {
      ledger.mark(item, "dropped", "the file does not exist, and is not required");
      return;
    }
    throw new OpsError("INPUT_NOT_FOUND", `${fieldText(pathNode)}: ${sources.display(path)} does not exist`, {
      place: pathNode.place,
      hint: "create the file, or say required: false",
    });
  }
  const file = sources.display(path);
  const text = decodeUtf8(sources.bytes(path, pathNode.place), file);
  const variables: readonly DotenvVariable[] =
    format === "raw" ? parseRawEnvironment(text, file) : parseDotenv(text, file, lookup);
  sources.recordShape(path, { variables: variables.map(({ name }) => name).toSorted() });
  for (const { name, value } of variables) {
    const given = value ?? lookup(name);
    if (given === undefined) continue;
    if (!isEnvName(name)) {
      service.project.problems.push({
        code: "compose/variable-name",
        severity: "warning",
        message: `${badName} (in ${file}): it is left out`,
        place: pathNode.place,
      });
      continue;
    }
    note(service, name, given, pathNode);
    referenceVariable(service, name, given, {
      reason: `env_file ${path}`,
      place: pathNode.place,
      file: path,
    });
  }
  ledger.mark(item, "reference", "the values of an environment file become keys of a Secret");
}
