import { type JsonObject, valueAt } from "../../../kube/json.ts";
import { namespaceOf, objectKey } from "../../../kube/object-key.ts";
import type { Backend } from "./backend.ts";
import { listAt } from "./services.ts";

/** Backends of Routes of OpenShift (route.openshift.io/v1): `to` and `alternateBackends`, which are Services. */
export function routeBackends(objects: readonly JsonObject[]): readonly Backend[] {
  return objects.flatMap((object) => {
    const key = objectKey(object);
    if (key.kind !== "Route" || key.group !== "route.openshift.io") return [];
    const namespace = namespaceOf(object);
    const host = valueAt(object, ["spec", "host"]);
    const path = valueAt(object, ["spec", "path"]);
    const at = `${typeof host === "string" ? host : "*"}${typeof path === "string" ? path : "/"}`;
    const port = valueAt(object, ["spec", "port", "targetPort"]);
    return [valueAt(object, ["spec", "to"]), ...listAt(object, ["spec", "alternateBackends"])].flatMap(
      (to) => {
        const service = valueAt(to, ["name"]);
        if (typeof service !== "string") return [];
        return [
          {
            by: `Route ${namespace}/${key.name}`,
            object,
            at,
            namespace,
            service,
            port: typeof port === "number" || typeof port === "string" ? port : undefined,
            byTarget: true,
          },
        ];
      },
    );
  });
}
