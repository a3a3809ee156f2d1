import type { JsonObject } from "../../src/kube/json.ts";

/** A CustomResourceDefinition of a namespaced kind, served and stored as v1, with this schema of its spec. */
export function customDefinition(group: string, kind: string, spec: JsonObject): JsonObject {
  const singular = kind.toLowerCase();
  const plural = `${singular}s`;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural, singular, kind, listKind: `${kind}List` },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", properties: { spec: { type: "object", ...spec } } } },
        },
      ],
    },
  };
}
