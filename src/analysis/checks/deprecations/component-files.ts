import { SUPPORTED_MINORS } from "../../../kube/catalogue/catalogue.ts";
import { versionText } from "../../../kube/object-key.ts";
import { componentFileKinds } from "../../../kube/schema/schemas.ts";
import { componentFileVersions } from "./component-files.generated.ts";
import { type ComponentFileRow, componentFileRows, readerOf } from "./component-table.ts";
import type { Gvk } from "./lifecycle.ts";

const idOf = ({ group, version, kind }: Gvk): string => `${group}/${version}/${kind}`;

const masks = new Map(
  componentFileVersions.map(([group, version, kind, mask]) => [idOf({ group, version, kind }), mask]),
);
const known = new Set(componentFileKinds());

/** What is said of a version of a file that a component reads; undefined where nothing is. */
export function componentFileRowOf({ group, version }: Gvk): ComponentFileRow | undefined {
  return componentFileRows.find((row) => row.group === group && row.versions.includes(version));
}

/** Does the component of a minor read a file of this version? Undefined for a kind that is not known. */
export function isRead(key: Gvk, minor: number): boolean | undefined {
  const { removed, experimental = [] } = componentFileRowOf(key) ?? {};
  if ((removed !== undefined && removed <= minor) || experimental.includes(minor)) return false;
  const mask = masks.get(idOf(key));
  if (mask !== undefined) return (mask & (1 << (minor - (SUPPORTED_MINORS[0] ?? minor)))) !== 0;
  return known.has(idOf(key)) ? true : undefined;
}

/** What to write instead of a version that a minor does not read, or soon not any more. */
export function componentAdvice(key: Gvk, minor: number): string {
  const row = componentFileRowOf(key);
  const reader = `${readerOf(key.group)} of Kubernetes 1.${minor}`;
  const next = replacementOf(key, row, minor);
  const first = row === undefined ? SUPPORTED_MINORS.find((one) => isRead(key, one) === true) : undefined;
  return [
    next === undefined ? `${reader} reads no version of it` : `${reader} reads it as ${versionText(next)}`,
    ...(first !== undefined && first > minor ? [`this version is read from 1.${first} on`] : []),
    ...(next === undefined || row?.note === undefined ? [] : [row.note]),
  ].join("; ");
}

/** The version that the table names, else the most stable one of the same kind that the component reads. */
function replacementOf(key: Gvk, row: ComponentFileRow | undefined, minor: number): Gvk | undefined {
  const others = [...known]
    .map((id) => id.split("/"))
    .map(([group = "", version = "", kind = ""]) => ({ group, version, kind }))
    .filter((other) => other.kind === key.kind && readerOf(other.group) === readerOf(key.group))
    .filter((other) => idOf(other) !== idOf(key) && isRead(other, minor) === true);
  const named = others.find(({ group, version }) => group === key.group && version === row?.replacement);
  return named ?? others.toSorted((one, other) => stability(other) - stability(one))[0];
}

function stability({ version }: Gvk): number {
  return version.includes("alpha") ? 0 : version.includes("beta") ? 1 : 2;
}
