import type { CelEnvironment } from "../../../kube/cel/environment.ts";
import { celEnvironment } from "../../../kube/cel/environment.ts";
import { AUTHORIZER_TYPE, RESOURCE_CHECK_TYPE } from "../../../kube/cel/declare.ts";
import {
  BOOL,
  type CelType,
  DYN,
  INT,
  listType,
  mapType,
  STRING,
  structType,
  TIMESTAMP,
} from "../../../kube/cel/types.ts";

/** The variables of expressions of admission policies (k8s.io/apiserver pkg/admission/plugin/cel/compile.go). */

function struct(name: string, fields: Readonly<Record<string, CelType>>): CelType {
  return structType(name, new Map(Object.entries(fields)));
}

const texts = mapType(STRING, STRING);
const groupVersionKind = struct("kubernetes.GroupVersionKind", {
  group: STRING,
  version: STRING,
  kind: STRING,
});
const groupVersionResource = struct("kubernetes.GroupVersionResource", {
  group: STRING,
  version: STRING,
  resource: STRING,
});

const requestType = struct("kubernetes.AdmissionRequest", {
  kind: groupVersionKind,
  resource: groupVersionResource,
  subResource: STRING,
  requestKind: groupVersionKind,
  requestResource: groupVersionResource,
  requestSubResource: STRING,
  name: STRING,
  namespace: STRING,
  operation: STRING,
  userInfo: struct("kubernetes.UserInfo", {
    username: STRING,
    uid: STRING,
    groups: listType(STRING),
    extra: mapType(STRING, listType(STRING)),
  }),
  dryRun: BOOL,
  options: DYN,
});

const namespaceType = struct("kubernetes.Namespace", {
  metadata: struct("kubernetes.NamespaceMetadata", {
    name: STRING,
    generateName: STRING,
    namespace: STRING,
    labels: texts,
    annotations: texts,
    UID: STRING,
    creationTimestamp: TIMESTAMP,
    deletionGracePeriodSeconds: INT,
    deletionTimestamp: TIMESTAMP,
    generation: INT,
    resourceVersion: STRING,
    finalizers: listType(STRING),
  }),
  spec: struct("kubernetes.NamespaceSpec", { finalizers: listType(STRING) }),
  status: struct("kubernetes.NamespaceStatus", {
    conditions: listType(
      struct("kubernetes.NamespaceCondition", {
        status: STRING,
        type: STRING,
        lastTransitionTime: TIMESTAMP,
        message: STRING,
        reason: STRING,
      }),
    ),
    phase: STRING,
  }),
});

const patchType = struct("JSONPatch", { op: STRING, path: STRING, from: STRING, value: DYN });

/** A type that mutations build: an object, or a part of one, with any fields. */
function builtType(name: string): CelType | undefined {
  if (name === "JSONPatch") return patchType;
  if (name !== "Object" && !name.startsWith("Object.")) return undefined;
  return { kind: "struct", name, params: [], anyField: DYN };
}

export interface PolicyVariables {
  readonly minor: number;
  readonly params: boolean;
  readonly authorizer: boolean;
  readonly mutating: boolean;
  /** `variables.name` and what it is. */
  readonly variables: ReadonlyMap<string, CelType>;
  /** The type of `object`; dyn where nobody looks closer. */
  readonly object?: CelType;
}

/** The environment of an expression of a policy. */
export function policyEnvironment(asked: PolicyVariables): CelEnvironment {
  const variables = new Map<string, CelType>([
    ["object", asked.object ?? DYN],
    ["oldObject", asked.object ?? DYN],
    ["namespaceObject", namespaceType],
    ["request", requestType],
    ["variables", structType("kubernetes.variables", asked.variables)],
  ]);
  if (asked.params) variables.set("params", DYN);
  if (asked.authorizer) {
    variables.set("authorizer", AUTHORIZER_TYPE);
    variables.set("authorizer.requestResource", RESOURCE_CHECK_TYPE);
  }
  return celEnvironment({
    minor: asked.minor,
    variables,
    mutating: asked.mutating,
    ...(asked.mutating ? { structs: builtType } : {}),
  });
}
