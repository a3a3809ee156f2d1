import { isObject, type Json, type JsonObject, valueAt } from "../../../kube/json.ts";
import { namespaceOf, objectKey } from "../../../kube/object-key.ts";
import type { Backend } from "./backend.ts";
import { listAt } from "./services.ts";

/** Backends of Ingresses, of networking.k8s.io/v1 and of the versions before it (`serviceName`, `servicePort`). */
export function ingressBackends(objects: readonly JsonObject[]): readonly Backend[] {
  return objects.flatMap((object) => {
    const key = objectKey(object);
    if (key.kind !== "Ingress" || (key.group !== "networking.k8s.io" && key.group !== "extensions"))
      return [];
    const base = { by: `Ingress ${namespaceOf(object)}/${key.name}`, object, namespace: namespaceOf(object) };
    const found: Backend[] = [];
    const add = (backend: Json | undefined, at: string): void => {
      const read = readBackend(backend);
      if (read !== undefined) found.push({ ...base, at, ...read });
    };
    add(valueAt(object, ["spec", "defaultBackend"]) ?? valueAt(object, ["spec", "backend"]), "");
    for (const rule of listAt(object, ["spec", "rules"])) {
      const host = isObject(rule) && typeof rule["host"] === "string" ? rule["host"] : "*";
      for (const path of listAt(rule, ["http", "paths"])) {
        const written = valueAt(path, ["path"]);
        add(valueAt(path, ["backend"]), `${host}${typeof written === "string" ? written : "/"}`);
      }
    }
    return found;
  });
}

function readBackend(
  backend: Json | undefined,
): { readonly service: string; readonly port: number | string | undefined } | undefined {
  const service = valueAt(backend, ["service", "name"]) ?? valueAt(backend, ["serviceName"]);
  if (typeof service !== "string") return undefined;
  const port =
    valueAt(backend, ["service", "port", "number"]) ??
    valueAt(backend, ["service", "port", "name"]) ??
    valueAt(backend, ["servicePort"]);
  return { service, port: typeof port === "number" || typeof port === "string" ? port : undefined };
}
