import type { VolumeIntent } from "../../../intent/intent.ts";
import { isSecretText, type ProjectContext } from "../../context.ts";
import { isLabelValue, isQualifiedName } from "../../names.ts";
import {
  booleanOf,
  isNull,
  type MapNode,
  mapOf,
  type Node,
  optional,
  pairsOf,
  readMember,
  textOf,
} from "../../tree/node.ts";
import { sizeOf, storageClassOf } from "../kompose-labels.ts";

type Draft = { -readonly [Key in keyof VolumeIntent]: VolumeIntent[Key] };

/** The named volumes that services of the application mount. */
export function volumeIntents(project: ProjectContext): readonly VolumeIntent[] {
  const volumes: VolumeIntent[] = [];
  for (const [key, { name, users }] of project.volumeClaims) {
    const node = project.volumes.get(key);
    if (node === undefined) continue;
    const settings = users.map((user) => user.kompose);
    const draft: Draft = {
      name,
      labels: {},
      place: node.keyPlace,
      ...optional("sizeBytes", settings.find((each) => each.volumeSize !== undefined)?.volumeSize),
      ...optional("storageClass", settings.find((each) => each.storageClass !== undefined)?.storageClass),
    };
    if (isNull(node) || (node.kind === "map" && node.entries.size === 0)) project.ledger.mark(node, "used");
    else readDefinition(project, mapOf(node), draft);
    volumes.push(draft);
  }
  return volumes.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function readDefinition(project: ProjectContext, definition: MapNode, draft: Draft): void {
  const { ledger } = project;
  readMember(definition, "external", (node) => {
    if (node.kind === "map" || booleanOf(node)) draft.external = true;
    ledger.mark(node, "used");
  });
  readMember(definition, "labels", (node) => {
    const pairs = pairsOf(node, (lost) => ledger.overridden(lost, "a later entry has the same name"));
    for (const [label, part] of pairs.entries) readLabel(project, label, part, draft);
  });
}

function readLabel(project: ProjectContext, label: string, part: Node, draft: Draft): void {
  const text = isNull(part) ? "" : textOf(part);
  if (label === "kompose.volume.size") draft.sizeBytes = sizeOf(part);
  else if (label === "kompose.volume.storage-class-name") draft.storageClass = storageClassOf(part);
  else if (!isQualifiedName(label) || !isLabelValue(text) || isSecretText(project, part, label, text)) {
    project.ledger.mark(part, "dropped", "Kubernetes takes no such label");
    return;
  } else draft.labels = { ...draft.labels, [label]: text };
  project.ledger.mark(part, "used");
}
