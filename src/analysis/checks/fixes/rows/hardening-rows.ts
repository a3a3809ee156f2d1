import { isArray, isObject, type Json, type JsonPath, valueAt } from "../../../../kube/json.ts";
import { namespaceOf, objectKey } from "../../../../kube/object-key.ts";
import { serviceAccountOf } from "../../../../kube/pod-template.ts";
import type { Edit } from "../edit.ts";
import type { FixRow, FixSubject } from "../fix-row.ts";
import { containerOn } from "./paths.ts";

type MakeEdits = FixRow["edits"];

/** Edits of every container to which the finding points; undefined where one of them is for a person. */
function eachContainer(
  { object, paths }: FixSubject,
  edit: (container: JsonPath, context: Json | undefined) => readonly Edit[] | undefined,
): readonly Edit[] | undefined {
  const edits: Edit[] = [];
  for (const path of paths) {
    const container = containerOn(path)?.container;
    if (container === undefined) return undefined;
    const made = edit(container, valueAt(object, [...container, "securityContext"]));
    if (made === undefined) return undefined;
    edits.push(...made);
  }
  return edits.length === 0 ? undefined : edits;
}

const noEscalation: MakeEdits = (subject) =>
  eachContainer(subject, (container, context) => {
    // Somebody wrote `true`; and the server refuses `false` beside what implies it (ValidateSecurityContext).
    if (valueAt(context, ["allowPrivilegeEscalation"]) !== undefined) return undefined;
    if (valueAt(context, ["privileged"]) === true) return undefined;
    const added = valueAt(context, ["capabilities", "add"]);
    if (isArray(added) && added.includes("CAP_SYS_ADMIN")) return undefined;
    return [{ op: "set", path: [...container, "securityContext", "allowPrivilegeEscalation"], value: false }];
  });

const dropAll: MakeEdits = (subject) => {
  // What is added beyond the level is for a person.
  if (subject.paths.some((path) => path.includes("add"))) return undefined;
  return eachContainer(subject, (container, context) => {
    const path = [...container, "securityContext", "capabilities", "drop"];
    const drop = valueAt(context, ["capabilities", "drop"]);
    if (drop === undefined) return [{ op: "set", path, value: ["ALL"] }];
    if (!isArray(drop)) return undefined;
    // Pod Security asks for ALL in this very spelling.
    const spelt = drop.findIndex((name) => typeof name === "string" && /^(?:CAP_)?ALL$/i.test(name));
    return spelt < 0
      ? [{ op: "append", path, value: "ALL" }]
      : [{ op: "set", path: [...path, spelt], value: "ALL" }];
  });
};

/** Sets a field of the Pod's security context, for all containers that leave it to the Pod. */
function onPod(field: string, wanted: Json, refuses: (context: Json | undefined) => boolean): MakeEdits {
  return ({ object, paths }) => {
    const specs = new Map<string, JsonPath>();
    for (const path of paths) {
      const place = containerOn(path);
      if (place === undefined) return undefined;
      if (refuses(valueAt(object, [...place.container, "securityContext"]))) return undefined;
      if (refuses(valueAt(object, [...place.spec, "securityContext"]))) return undefined;
      specs.set(JSON.stringify(place.spec), place.spec);
    }
    return [...specs.values()].map((spec) => ({
      op: "set",
      path: [...spec, "securityContext", field],
      value: wanted,
    }));
  };
}

/** An explicit `false` and user 0 are somebody's decision; with user 0 no container would start. */
const nonRoot = onPod(
  "runAsNonRoot",
  true,
  (context) => valueAt(context, ["runAsNonRoot"]) !== undefined || valueAt(context, ["runAsUser"]) === 0,
);
const seccomp = onPod(
  "seccompProfile",
  { type: "RuntimeDefault" },
  (context) => valueAt(context, ["seccompProfile"]) !== undefined,
);

/** An account of its own, or a default one that is bound, is mostly there because the Pod calls the API server. */
const noToken: MakeEdits = ({ object, path, world }) => {
  const spec = valueAt(object, path.slice(0, -1));
  if (!isObject(spec) || valueAt(spec, ["automountServiceAccountToken"]) !== undefined) return undefined;
  if (serviceAccountOf(spec).name !== "default" || world.bindsDefault(namespaceOf(object))) return undefined;
  return [{ op: "set", path, value: false }];
};

/** Only a namespace whose Pods are in the input: of others, and of those of the system, nobody here knows what runs there. */
const baselineLabel: MakeEdits = ({ object, world }) => {
  const { name } = objectKey(object);
  if (!world.podNamespaces.has(name) || /^(?:default$|kube-)|-system$/.test(name)) return undefined;
  const path = ["metadata", "labels", "pod-security.kubernetes.io/enforce"];
  return [{ op: "set", path, value: "baseline" }];
};

const noEscalationText = "set allowPrivilegeEscalation: false";
const nonRootText = "set runAsNonRoot: true on the Pod";
const dropText = "drop all capabilities";
const seccompText = "set the seccomp profile RuntimeDefault on the Pod";

/** Rights that a program seldom needs, taken away. */
export const hardeningRows: readonly FixRow[] = [
  {
    id: "security/privilege-escalation",
    describe: noEscalationText,
    effect: "behaviour",
    edits: noEscalation,
  },
  {
    id: "pod-security/allowPrivilegeEscalation",
    describe: noEscalationText,
    effect: "behaviour",
    edits: noEscalation,
  },
  { id: "security/run-as-non-root", describe: nonRootText, effect: "behaviour", edits: nonRoot },
  { id: "pod-security/runAsNonRoot", describe: nonRootText, effect: "behaviour", edits: nonRoot },
  { id: "security/capabilities-kept", describe: dropText, effect: "behaviour", edits: dropAll },
  { id: "pod-security/capabilities_restricted", describe: dropText, effect: "behaviour", edits: dropAll },
  { id: "security/seccomp-unset", describe: seccompText, effect: "behaviour", edits: seccomp },
  {
    id: "pod-security/seccompProfile_restricted",
    describe: seccompText,
    effect: "behaviour",
    edits: seccomp,
  },
  {
    id: "security/service-account-token",
    describe: "mount no token where the Pod names no ServiceAccount of its own",
    effect: "behaviour",
    edits: noToken,
  },
  {
    id: "supply-chain/pull-policy",
    describe: "set imagePullPolicy: Always",
    effect: "behaviour",
    edits: ({ path }) => [{ op: "set", path, value: "Always" }],
  },
  {
    id: "namespace/no-pod-security-label",
    describe: "enforce the Pod Security level baseline, where no Pod of the input breaks it",
    effect: "behaviour",
    reaches: "namespace",
    edits: baselineLabel,
  },
];
