import { isObject, type JsonPath, valueAt } from "../../../../kube/json.ts";
import { rewriteFor } from "../../deprecations/rewrite.ts";
import type { FixRow, FixSubject } from "../fix-row.ts";
import { editDistance, foldedName } from "../../../../kube/nearest-name.ts";

type MakeEdits = FixRow["edits"];

/** The name that a hint says was meant. Hints may go on behind it. */
const meant = /^did you mean ([A-Za-z0-9._/-]+)\?/;

const quote: MakeEdits = ({ object, path }) => {
  const value = valueAt(object, path);
  return typeof value === "number" || typeof value === "boolean" ? [{ op: "quote", path }] : undefined;
};

const mendType: MakeEdits = (subject) => {
  const { finding, object, path } = subject;
  if (finding.hint === "write it in quotes") return quote(subject);
  const value = valueAt(object, path);
  if (typeof value !== "string" || finding.hint?.includes("without quotes") !== true) return undefined;
  if (value === "true" || value === "false") return [{ op: "set", path, value: value === "true" }];
  return /^(?:0|[1-9]\d{0,8})$/.test(value) ? [{ op: "set", path, value: Number(value) }] : undefined;
};

/** Shortest name in which one wrong letter still leaves no doubt. */
const CERTAIN = 6;

/** A name that differs by case, `-` or `_` from the one that is meant, or by one letter of a longer name. */
const mendSpelling: MakeEdits = ({ finding, object, path }) => {
  const key = meant.exec(finding.hint ?? "")?.[1];
  const written = path.at(-1);
  const parent = valueAt(object, path.slice(0, -1));
  if (key === undefined || typeof written !== "string" || !isObject(parent)) return undefined;
  if (Object.hasOwn(parent, key)) return undefined;
  const same = foldedName(written) === foldedName(key);
  const near = key.length >= CERTAIN && editDistance(written.toLowerCase(), key.toLowerCase()) === 1;
  return same || near ? [{ op: "rename", path, key }] : undefined;
};

/** A word of a closed set in the wrong case means that word; another word may mean anything. */
const mendCase: MakeEdits = ({ finding, object, path }) => {
  const value = valueAt(object, path);
  if (typeof value !== "string") return undefined;
  const listed = / is not supported here; supported: (.*)$/.exec(finding.message)?.[1]?.split(", ") ?? [];
  const known = [meant.exec(finding.hint ?? "")?.[1], ...listed];
  const words = new Set(known.filter((word) => word?.toLowerCase() === value.toLowerCase()));
  const [word] = words;
  return word !== undefined && words.size === 1 ? [{ op: "set", path, value: word }] : undefined;
};

const GROUP = "rbac.authorization.k8s.io";

/** Which group a part of a binding has to name is decided by what the part is (rbac/validation ValidateRoleBindingSubject). */
function bindingGroup({ object, path }: FixSubject): string | undefined {
  const inBinding = object["kind"] === "RoleBinding" || object["kind"] === "ClusterRoleBinding";
  if (!inBinding || path.at(-1) !== "apiGroup") return undefined;
  if (path.length === 2 && path[0] === "roleRef") return GROUP;
  if (path.length !== 3 || path[0] !== "subjects") return undefined;
  const kind = valueAt(object, [...path.slice(0, -1), "kind"]);
  return kind === "ServiceAccount" ? "" : kind === "User" || kind === "Group" ? GROUP : undefined;
}

const mendValue: MakeEdits = (subject) => {
  const group = bindingGroup(subject);
  return group === undefined ? mendCase(subject) : [{ op: "set", path: subject.path, value: group }];
};

const mendSubjectGroup: MakeEdits = (subject) => {
  const { path, object } = subject;
  const at: JsonPath = path.at(-1) === "apiGroup" ? path : [...path, "apiGroup"];
  const group = bindingGroup({ ...subject, path: at });
  return group === undefined || valueAt(object, at) === undefined
    ? undefined
    : [{ op: "set", path: at, value: group }];
};

/** A level in the wrong case, a version without its `v` (pod-security-admission api/helpers.go). */
const mendLevel: MakeEdits = ({ object, path }) => {
  const value = valueAt(object, path);
  if (typeof value !== "string") return undefined;
  const version = String(path.at(-1)).endsWith("-version");
  if (version) {
    return /^1\.(?:0|[1-9]\d{0,2})$/.test(value) ? [{ op: "set", path, value: `v${value}` }] : undefined;
  }
  const level = value.toLowerCase();
  return level === "privileged" || level === "baseline" || level === "restricted"
    ? [{ op: "set", path, value: level }]
    : undefined;
};

/** Brings an object to the version that is served, where its fields can be moved with the same meaning. */
const newerVersion: MakeEdits = ({ object, minor }) => rewriteFor(object, minor);

/** What is written is what was meant, or what the server makes of it already. */
export const meaningRows: readonly FixRow[] = [
  { id: "object/label-value", describe: "write the value in quotes", effect: "same", edits: quote },
  { id: "object/annotation-value", describe: "write the value in quotes", effect: "same", edits: quote },
  {
    id: "schema/type",
    describe: "write the value as the type that it has to be",
    effect: "same",
    edits: mendType,
  },
  {
    id: "schema/unknown-field",
    describe: "write the field as it is spelt",
    effect: "same",
    edits: mendSpelling,
  },
  {
    id: "custom-resource/unknown-field",
    describe: "write the field as its definition spells it",
    effect: "same",
    edits: mendSpelling,
  },
  { id: "schema/enum", describe: "write the word in its case", effect: "same", edits: mendCase },
  {
    id: "server/not-supported",
    describe: "write the value as it is spelt",
    effect: "same",
    edits: mendValue,
  },
  { id: "server/invalid", describe: "write the word in its case", effect: "same", edits: mendCase },
  {
    id: "rbac/subject-group",
    describe: "name the API group of the subject's kind",
    effect: "same",
    edits: mendSubjectGroup,
  },
  {
    id: "pod-security/namespace-label",
    describe: "write the level in lower case, the version with its v",
    effect: "same",
    edits: mendLevel,
  },
  ...["object/not-served", "upgrade/removed-api", "upgrade/deprecated-api"].map(
    (id): FixRow => ({
      id,
      describe: "use the version that is served, with the fields that moved",
      effect: "same",
      reveals: true,
      edits: newerVersion,
    }),
  ),
  {
    id: "object/namespace-on-cluster-scoped",
    describe: "remove metadata.namespace, which the API server drops",
    effect: "same",
    edits: ({ path }) => [{ op: "remove", path }],
  },
  {
    id: "object/null-text",
    describe: "write the empty text that the API server reads",
    effect: "same",
    edits: ({ path }) => [{ op: "set", path, value: "" }],
  },
  {
    id: "yaml/ambiguous-scalar",
    describe: "write the truth value as every reader of YAML reads it",
    effect: "same",
    edits: ({ object, path }) => {
      // Of numbers and dates nobody knows which reader the author had in mind.
      const value = valueAt(object, path);
      return typeof value === "boolean" ? [{ op: "set", path, value }] : undefined;
    },
  },
  {
    id: "yaml/duplicate-key",
    describe: "keep one of several equal members",
    effect: "same",
    edits: ({ path }) => [{ op: "dedupe", path }],
  },
  {
    id: "security/deprecated-service-account-field",
    describe: "rename serviceAccount to serviceAccountName",
    effect: "same",
    edits: ({ path }) => [{ op: "rename", path, key: "serviceAccountName" }],
  },
];
