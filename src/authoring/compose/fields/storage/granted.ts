import { OpsError } from "../../../../kube/ops-error.ts";
import type { ConfigIntent, MountIntent } from "../../../intent/intent.ts";
import { holdsSecret, isSecretText, type ProjectContext, type ServiceContext } from "../../context.ts";
import {
  holdsCredential,
  isCredentialFile,
  isCredentialName,
} from "../../../../analysis/checks/secrets/credentials.ts";
import { utf8 } from "../../load/sources.ts";
import { dataKey, objectName } from "../../names.ts";
import {
  booleanOf,
  fieldText,
  isNull,
  listOf,
  malformed,
  type MapNode,
  mapOf,
  member,
  type Node,
  textOf,
} from "../../tree/node.ts";

/** Where the content of a config or secret of the application lies. */
type Granted =
  | { readonly kind: "config"; readonly name: string; readonly key: string }
  | { readonly kind: "secret"; readonly name: string; readonly key: string };

const largestConfig = 1024 * 1024;

function externalName(definition: MapNode | undefined, key: string): string | undefined {
  const external = definition === undefined ? undefined : member(definition, "external");
  if (definition === undefined || external === undefined) return undefined;
  const long = external.kind === "map" ? external : undefined;
  if (long === undefined && !booleanOf(external)) return undefined;
  const named = member(definition, "name") ?? (long === undefined ? undefined : member(long, "name"));
  return objectName(named === undefined ? key : textOf(named));
}

function markDefinition(
  project: ProjectContext,
  definition: MapNode | undefined,
  taken: readonly string[],
  disposition: "used" | "reference",
  reason?: string,
): void {
  if (definition === undefined) return;
  for (const name of taken) {
    const part = definition.entries.get(name);
    if (part !== undefined) project.ledger.mark(part, disposition, reason);
  }
}

/** A secret of the application: always a reference; its file is never opened (kernel K16). */
export function grantSecret(project: ProjectContext, key: string, place: Node): Granted {
  const node = project.secrets.get(key);
  if (node === undefined)
    return malformed(place, `names the secret ${key}, which is not defined under secrets`);
  const definition = isNull(node) ? undefined : mapOf(node);
  const external = externalName(definition, key);
  const named = definition === undefined ? undefined : member(definition, "name");
  const name =
    external ?? (named === undefined ? objectName(project.application, key) : objectName(textOf(named)));
  const fileNode = definition === undefined ? undefined : member(definition, "file");
  const file = fileNode === undefined ? undefined : project.sources.inside(fileNode.folder, textOf(fileNode));
  const secretKey = dataKey(key);
  project.book.add(name, {
    key: secretKey,
    reason: external === undefined ? `secrets.${key}` : `secrets.${key} exists outside this application`,
    place: node.keyPlace,
    ...(file === undefined ? {} : { file }),
  });
  const content = definition === undefined ? undefined : member(definition, "content");
  if (content !== undefined && textOf(content).length >= 8) project.sensitive.add(textOf(content).trim());
  markDefinition(
    project,
    definition,
    ["file", "environment", "content"],
    "reference",
    "its value becomes a key of a Secret",
  );
  markDefinition(project, definition, ["external", "name"], "used");
  if (definition === undefined) project.ledger.mark(node, "used");
  return { kind: "secret", name, key: secretKey };
}

/** A config of the application: a ConfigMap, or a Secret when its content is a credential or comes from the environment. */
function grantConfig(service: ServiceContext, key: string, place: Node): Granted {
  const { project } = service;
  const node = project.configs.get(key);
  if (node === undefined)
    return malformed(place, `names the config ${key}, which is not defined under configs`);
  const definition = isNull(node) ? undefined : mapOf(node);
  const external = externalName(definition, key);
  if (external !== undefined) {
    project.configIntents.set(external, { name: external, data: {}, external: true });
    markDefinition(project, definition, ["external", "name"], "used");
    return { kind: "config", name: external, key: dataKey(key) };
  }
  if (definition === undefined) return malformed(node, "needs file, content, environment or external");
  const named = member(definition, "name");
  const name = named === undefined ? objectName(project.application, key) : objectName(textOf(named));
  markDefinition(project, definition, ["name"], "used");
  const fileNode = member(definition, "file");
  if (fileNode !== undefined) return configFile(service, { key, name, fileNode });
  const content = member(definition, "content");
  const secretKey = dataKey(key);
  if (content === undefined) {
    const environment =
      member(definition, "environment") ?? malformed(node, "needs file, content, environment or external");
    project.book.add(name, {
      key: secretKey,
      reason: `configs.${key} from the environment`,
      place: environment.place,
    });
    project.ledger.mark(environment, "reference", "a value from the environment becomes a key of a Secret");
    return { kind: "secret", name, key: secretKey };
  }
  const text = textOf(content);
  if (isSecretText(project, content, key, text) || holdsCredential(text) || isCredentialName(key)) {
    project.book.add(name, {
      key: secretKey,
      reason: `configs.${key} holds credentials`,
      place: content.place,
    });
    project.ledger.mark(content, "reference", "a text that holds credentials becomes a key of a Secret");
    return { kind: "secret", name, key: secretKey };
  }
  addConfig(project, name, secretKey, text);
  service.evidence.push({ text, reason: `configs.${key}`, place: content.place, mayBeHost: false });
  project.ledger.mark(content, "used");
  return { kind: "config", name, key: secretKey };
}

function configFile(
  service: ServiceContext,
  config: { readonly key: string; readonly name: string; readonly fileNode: Node },
): Granted {
  const { project } = service;
  const { sources, ledger } = project;
  const { key, name, fileNode } = config;
  const path = sources.resolve(fileNode.folder, textOf(fileNode), fieldText(fileNode), fileNode.place);
  if (sources.kind(path, fileNode.place) !== "file")
    throw new OpsError("INPUT_NOT_FOUND", `${fieldText(fileNode)}: ${sources.display(path)} does not exist`, {
      place: fileNode.place,
    });
  const bytes = sources.bytes(path, fileNode.place, largestConfig);
  const text = utf8(bytes);
  const dataName = dataKey(key);
  if (isCredentialFile(path) || (text !== undefined && holdsSecret(project, text))) {
    sources.recordShape(path, { secretFile: path });
    project.book.add(name, {
      key: dataName,
      reason: `file ${path} holds credentials`,
      place: fileNode.place,
      file: path,
    });
    ledger.mark(fileNode, "reference", "a file that holds credentials becomes a key of a Secret");
    return { kind: "secret", name, key: dataName };
  }
  sources.record(path, bytes);
  ledger.mark(fileNode, "used");
  if (text === undefined) addConfig(project, name, dataName, undefined, base64(bytes));
  else {
    addConfig(project, name, dataName, text);
    service.evidence.push({ text, reason: path, place: fileNode.place, mayBeHost: false });
  }
  return { kind: "config", name, key: dataName };
}

function addConfig(
  project: ProjectContext,
  name: string,
  key: string,
  text: string | undefined,
  binary?: string,
): void {
  const before: ConfigIntent = project.configIntents.get(name) ?? { name, data: {} };
  const data = text === undefined ? before.data : { ...before.data, [key]: text };
  const binaryData = binary === undefined ? before.binaryData : { ...before.binaryData, [key]: binary };
  project.configIntents.set(name, { name, data, ...(binaryData === undefined ? {} : { binaryData }) });
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** `secrets` and `configs` of a service, short and long (compose-spec 05-services.md). */
export function readGrants(service: ServiceContext, node: Node, kind: "secrets" | "configs"): void {
  const { ledger, project } = { ledger: service.project.ledger, project: service.project };
  for (const item of listOf(node).items) {
    const long = item.kind === "map" ? item : undefined;
    const sourceNode =
      long === undefined ? item : (member(long, "source") ?? malformed(item, "needs source"));
    const key = textOf(sourceNode);
    const granted =
      kind === "secrets" ? grantSecret(project, key, sourceNode) : grantConfig(service, key, sourceNode);
    const targetNode = long === undefined ? undefined : member(long, "target");
    const target = targetNode === undefined ? key : textOf(targetNode);
    const path = target.startsWith("/")
      ? target
      : kind === "secrets"
        ? `/run/secrets/${target}`
        : `/${target}`;
    const modeNode = long === undefined ? undefined : member(long, "mode");
    const mode = modeNode === undefined ? undefined : fileMode(modeNode);
    const mount: MountIntent =
      granted.kind === "secret"
        ? {
            kind: "secret",
            secret: granted.name,
            key: granted.key,
            path,
            ...(mode === undefined ? {} : { mode }),
          }
        : {
            kind: "config",
            config: granted.name,
            key: granted.key,
            path,
            ...(mode === undefined ? {} : { mode }),
          };
    service.draft.mounts = [...service.draft.mounts.filter((each) => each.path !== path), mount];
    for (const part of [sourceNode, targetNode, modeNode]) if (part !== undefined) ledger.mark(part, "used");
    for (const name of ["uid", "gid"]) {
      const owner = long === undefined ? undefined : member(long, name);
      if (owner !== undefined)
        ledger.mark(
          owner,
          "dropped",
          "a mounted file belongs to root and the Pod's group; fsGroup and mode say who reads it",
        );
    }
  }
}

/** Octal text, or the number that YAML made of it; the writable bits do not count (05-services.md "secrets"). */
function fileMode(node: Node): number {
  const text = textOf(node);
  const fromText = node.kind === "scalar" && typeof node.value === "string" && /^0?o?[0-7]{3,4}$/.test(text);
  const mode = fromText ? Number.parseInt(text.replace(/^0?o/, ""), 8) : Number(text);
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o7777) malformed(node, "must be a file mode, as 0440");
  return mode & 0o555;
}
