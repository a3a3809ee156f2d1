import type { Json, JsonPath } from "../../../kube/json.ts";
import { mapSelector, matchesLabels, selectorOf } from "../../../kube/selector.ts";
import { isBuiltinRole } from "./builtin-name.ts";
import { none } from "./helpers.ts";
import type { ObjectIndex } from "./object-index.ts";
import type { Hit, PracticeRow, Profile } from "./practice.ts";
import { exampleService as service, exampleWorkload as workload, folderOf, missing } from "./references.ts";
import {
  get,
  mappingsAt,
  membersAt,
  numberAt,
  type ObjectSubject,
  type PodSubject,
  textAt,
} from "./subjects.ts";

const everywhere: readonly Profile[] = ["default", "baseline", "restricted", "production", "nsa", "cis"];

/** Labels of Service default/kubernetes, which every cluster has (kubernetesservice/controller.go). */
const serverServiceLabels: Readonly<Record<string, string>> = {
  component: "apiserver",
  provider: "kubernetes",
};

/** Workloads behind a Service that are looked at; one that has more selects everything, or is somebody's trap. */
const MOST_PODS = 1000;

function servicePods(service: ObjectSubject, index: ObjectIndex): readonly PodSubject[] {
  const selector = mapSelector(get(service.object, "spec", "selector"));
  return index.podsBy(service.namespace, selector, MOST_PODS);
}

const ingress = (name: string, port: string): string =>
  `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, namespace: shop}\nspec: {rules: [{host: a.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: ${name}, port: {${port}}}}}]}}]}`;

function backends(subject: ObjectSubject): readonly { readonly path: JsonPath; readonly value: Json }[] {
  const found: { path: JsonPath; value: Json }[] = [];
  const whole = get(subject.object, "spec", "defaultBackend", "service");
  if (whole !== undefined) found.push({ path: ["spec", "defaultBackend", "service"], value: whole });
  for (const [rule, one] of mappingsAt(subject.object, "spec", "rules")) {
    for (const [path, entry] of mappingsAt(one, "http", "paths")) {
      const value = get(entry, "backend", "service");
      if (value !== undefined)
        found.push({ path: ["spec", "rules", rule, "http", "paths", path, "backend", "service"], value });
    }
  }
  return found;
}

function hasPort(target: ObjectSubject, port: Json | undefined): boolean {
  const ports = mappingsAt(target.object, "spec", "ports");
  const name = textAt(port, "name");
  const number = numberAt(port, "number");
  return ports.some(([, one]) =>
    name === undefined ? numberAt(one, "port") === number : textAt(one, "name") === name,
  );
}

/** Kinds of workloads that other objects name. */
const scalable: ReadonlySet<string> = new Set([
  "Deployment",
  "StatefulSet",
  "ReplicaSet",
  "ReplicationController",
]);

/** Names that stand for other objects. */
export const referenceRows: readonly PracticeRow[] = [
  {
    id: "reference/service-selects-nothing",
    severity: "warning",
    profiles: everywhere,
    title: "A Service selects Pods",
    why: "A Service without Pods answers nothing, and a wrong label is seen by nobody.",
    fix: "correct spec.selector, or the labels of the Pod template",
    source: "https://kubernetes.io/docs/concepts/services-networking/service/",
    same: ["kube-linter:dangling-service", "kube-score:service-targets-pod", "kubescape:C-0293"],
    frameworks: [],
    positive: `${service("selector: {app: b}, ports: [{port: 80}]")}\n---\n${workload}`,
    negative: `${service("selector: {app: a}, ports: [{port: 80}]")}\n---\n${workload}`,
    object: (subject, index) => {
      if (subject.key.kind !== "Service" || subject.key.group !== "") return none;
      if (membersAt(subject.object, "spec", "selector").length === 0) return none;
      if (textAt(subject.object, "spec", "type") === "ExternalName") return none;
      if (servicePods(subject, index).length > 0) return none;
      const others =
        index.podsIn(subject.namespace).length > 0 &&
        !index.mayBeMade(subject.namespace, { matchLabels: get(subject.object, "spec", "selector") ?? {} });
      return [
        {
          path: ["spec", "selector"],
          message: others
            ? "the Service selects no Pod of the input"
            : "the Pods of the Service are not in the input",
          severity: others ? "warning" : "info",
        },
      ];
    },
  },
  {
    id: "reference/service-target-port",
    severity: "warning",
    profiles: everywhere,
    title: "A Service's target port is a port of its Pods",
    why: "A name that no container has sends traffic nowhere.",
    fix: "correct targetPort, or name the container's port",
    source: "https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports",
    same: ["kube-linter:invalid-target-ports", "kube-score:container-ports-check"],
    frameworks: [],
    positive: `${service("selector: {app: a}, ports: [{port: 80, targetPort: wbe}]")}\n---\n${workload}`,
    negative: `${service("selector: {app: a}, ports: [{port: 80, targetPort: web}]")}\n---\n${workload}`,
    object: (subject, index) => {
      if (subject.key.kind !== "Service" || subject.key.group !== "") return none;
      const pods = servicePods(subject, index);
      if (pods.length === 0) return none;
      return mappingsAt(subject.object, "spec", "ports").flatMap(([number, port]): readonly Hit[] => {
        const target = get(port, "targetPort") ?? get(port, "port");
        const protocol = textAt(port, "protocol") ?? "TCP";
        const path = get(port, "targetPort") === undefined ? "port" : "targetPort";
        const without = pods.filter((pod) => !takes(pod, target, protocol));
        // Where its own folder has Pods that take the port, those of other folders are another application's.
        const near = pods.filter((pod) => folderOf(pod.read.file) === folderOf(subject.read.file));
        if (near.length > 0 && near.every((pod) => takes(pod, target, protocol))) return none;
        if (without.length === 0) return none;
        // A number need not be declared: only where a Pod declares others is it in doubt.
        const named = typeof target === "string";
        if (!named && without.some((pod) => declared(pod) === 0)) return none;
        return [
          {
            path: ["spec", "ports", number, path],
            message: `no container of ${without[0]?.key.kind ?? ""} ${without[0]?.key.name ?? ""} has the ${protocol} port ${portText(target)}`,
            severity: named ? "warning" : "info",
          },
        ];
      });
    },
  },
  {
    id: "reference/ingress-backend",
    severity: "warning",
    profiles: everywhere,
    title: "An Ingress leads to a Service and a port that exist",
    why: "The route answers 503 otherwise.",
    fix: "correct the Service's name or port",
    source: "https://kubernetes.io/docs/concepts/services-networking/ingress/",
    same: ["kube-linter:dangling-ingress", "kube-score:ingress-targets-service", "kubescape:C-0298"],
    frameworks: [],
    positive: `${ingress("a", "number: 81")}\n---\n${service("selector: {app: a}, ports: [{port: 80}]")}\n---\n${workload}`,
    negative: `${ingress("a", "number: 80")}\n---\n${service("selector: {app: a}, ports: [{port: 80}]")}\n---\n${workload}`,
    object: (subject, index) =>
      subject.key.kind !== "Ingress"
        ? none
        : backends(subject).flatMap(({ path, value }): readonly Hit[] => {
            const name = textAt(value, "name") ?? "";
            const target = index.named("Service", subject.namespace, name);
            if (target === undefined)
              return missing(index, "Service", subject.namespace, name, [...path, "name"]);
            return hasPort(target, get(value, "port"))
              ? none
              : [{ path: [...path, "port"], message: `Service ${name} has no such port` }];
          }),
  },
  {
    id: "reference/route-backend",
    severity: "warning",
    profiles: everywhere,
    title: "A route of the Gateway API leads to a Service and a port that exist",
    why: "The route answers 500 otherwise.",
    fix: "correct the Service's name or port",
    source: "https://gateway-api.sigs.k8s.io/reference/spec/#backendref",
    same: ["kubescape:C-0302"],
    frameworks: [],
    positive: `apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r, namespace: shop}\nspec: {rules: [{backendRefs: [{name: b, port: 80}]}]}\n---\n${service("selector: {app: a}, ports: [{port: 80}]")}\n---\n${workload}`,
    negative: `apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r, namespace: shop}\nspec: {rules: [{backendRefs: [{name: a, port: 80}]}]}\n---\n${service("selector: {app: a}, ports: [{port: 80}]")}\n---\n${workload}`,
    object: (subject, index) => {
      if (subject.key.group !== "gateway.networking.k8s.io" || !subject.key.kind.endsWith("Route"))
        return none;
      return mappingsAt(subject.object, "spec", "rules").flatMap(([rule, one]) =>
        mappingsAt(one, "backendRefs").flatMap(([number, backend]): readonly Hit[] => {
          if ((textAt(backend, "kind") ?? "Service") !== "Service" || (textAt(backend, "group") ?? "") !== "")
            return none;
          const namespace = textAt(backend, "namespace") ?? subject.namespace;
          const name = textAt(backend, "name") ?? "";
          const path = ["spec", "rules", rule, "backendRefs", number];
          const target = index.named("Service", namespace, name);
          if (target === undefined) return missing(index, "Service", namespace, name, [...path, "name"]);
          const port = numberAt(backend, "port");
          return port === undefined || hasPort(target, { number: port })
            ? none
            : [{ path: [...path, "port"], message: `Service ${name} has no port ${port}` }];
        }),
      );
    },
  },
  {
    id: "reference/autoscaler-target",
    severity: "warning",
    profiles: everywhere,
    title: "A HorizontalPodAutoscaler scales something that exists",
    why: "It does nothing otherwise, and says so only in its status.",
    fix: "correct spec.scaleTargetRef",
    source: "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",
    same: [
      "kube-linter:dangling-horizontalpodautoscaler",
      "kube-score:horizontalpodautoscaler-has-target",
      "kubescape:C-0300",
    ],
    frameworks: [],
    positive: `apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h, namespace: shop}\nspec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: b}}\n---\n${workload}`,
    negative: `apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h, namespace: shop}\nspec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}}\n---\n${workload}`,
    object: (subject, index) => {
      if (subject.key.kind !== "HorizontalPodAutoscaler") return none;
      const kind = textAt(subject.object, "spec", "scaleTargetRef", "kind") ?? "";
      const name = textAt(subject.object, "spec", "scaleTargetRef", "name") ?? "";
      return scalable.has(kind)
        ? missing(index, kind, subject.namespace, name, ["spec", "scaleTargetRef", "name"])
        : none;
    },
  },
  {
    id: "reference/budget-selects-nothing",
    severity: "warning",
    profiles: everywhere,
    title: "A PodDisruptionBudget selects Pods",
    why: "It protects nothing otherwise.",
    fix: "correct spec.selector",
    source: "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
    same: ["kube-score:poddisruptionbudget-has-policy", "popeye:POP-900"],
    frameworks: [],
    positive: `apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: p, namespace: shop}\nspec: {maxUnavailable: 1, selector: {matchLabels: {app: b}}}\n---\n${workload}`,
    negative: `apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: p, namespace: shop}\nspec: {maxUnavailable: 1, selector: {matchLabels: {app: a}}}\n---\n${workload}`,
    object: (subject, index) => {
      if (subject.key.kind !== "PodDisruptionBudget") return none;
      const selector = get(subject.object, "spec", "selector");
      return index.podsIn(subject.namespace).length === 0 ||
        selector === undefined ||
        index.podsBy(subject.namespace, selectorOf(selector), 1).length > 0
        ? none
        : [
            {
              path: ["spec", "selector"],
              message: "the budget selects no Pod of the input",
              ...(index.mayBeMade(subject.namespace, selector) ? { severity: "info" as const } : {}),
            },
          ];
    },
  },
  {
    id: "reference/role",
    severity: "warning",
    profiles: everywhere,
    title: "A binding names a role that exists",
    why: "It gives nothing until somebody makes a role of that name, and then whatever that one holds.",
    fix: "add the role, or correct roleRef.name",
    source: "https://kubernetes.io/docs/reference/access-authn-authz/rbac/",
    same: ["popeye:POP-1300"],
    frameworks: [],
    positive: `apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b, namespace: shop}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: s}\nsubjects: []\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r, namespace: shop}\nrules: []`,
    negative: `apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b, namespace: shop}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}\nsubjects: []\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r, namespace: shop}\nrules: []`,
    object: (subject, index) => {
      if (subject.key.kind !== "RoleBinding" && subject.key.kind !== "ClusterRoleBinding") return none;
      const kind = textAt(subject.object, "roleRef", "kind") ?? "";
      const name = textAt(subject.object, "roleRef", "name") ?? "";
      // Every cluster has these (bootstrap policy); names of system: come with distributions and add-ons as well.
      if (
        kind === "ClusterRole" &&
        (name.startsWith("system:") || ["cluster-admin", "admin", "edit", "view"].includes(name))
      )
        return none;
      if (kind !== "Role" && kind !== "ClusterRole") return none;
      const namespace = kind === "Role" ? subject.namespace : "";
      if (isBuiltinRole(subject.minor, { kind, namespace, name })) return none;
      return missing(index, kind, namespace, name, ["roleRef", "name"]);
    },
  },
  {
    id: "reference/service-monitor",
    severity: "warning",
    profiles: everywhere,
    title: "A ServiceMonitor selects a Service with the port it names",
    why: "Nothing is measured otherwise, and no alarm can ring.",
    fix: "correct the selector, the namespaces or the port's name",
    source: "https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.ServiceMonitor",
    same: ["kube-linter:dangling-servicemonitor"],
    frameworks: [],
    positive: `apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: m, namespace: shop}\nspec: {selector: {matchLabels: {app: b}}, endpoints: [{port: web}]}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop, labels: {app: a}}\nspec: {ports: [{name: web, port: 80}]}`,
    negative: `apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: m, namespace: shop}\nspec: {selector: {matchLabels: {app: a}}, endpoints: [{port: web}]}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop, labels: {app: a}}\nspec: {ports: [{name: web, port: 80}]}`,
    object: (subject, index) => {
      if (subject.key.kind !== "ServiceMonitor" || subject.key.group !== "monitoring.coreos.com") return none;
      const any = get(subject.object, "spec", "namespaceSelector", "any") === true;
      const names = mappingsTexts(subject.object);
      const namespaces = names.length > 0 ? names : [subject.namespace];
      const selector = get(subject.object, "spec", "selector");
      const places = any ? [undefined] : namespaces;
      const chosen = places.flatMap((one) => index.labelled("Service", one, selectorOf(selector)));
      const ofServer = any || namespaces.includes("default");
      if (ofServer && matchesLabels(selector, serverServiceLabels)) return none;
      if (chosen.length === 0)
        return [
          {
            path: ["spec", "selector"],
            message: "the ServiceMonitor selects no Service of the input",
            severity: places.some((one) => index.hasAny("Service", one)) ? "warning" : "info",
          },
        ];
      return mappingsAt(subject.object, "spec", "endpoints").flatMap(([number, endpoint]): readonly Hit[] => {
        const port = textAt(endpoint, "port");
        return port === undefined ||
          chosen.some((one) =>
            mappingsAt(one.object, "spec", "ports").some(([, each]) => textAt(each, "name") === port),
          )
          ? none
          : [
              {
                path: ["spec", "endpoints", number, "port"],
                message: `no Service that it selects has a port named ${port}`,
              },
            ];
      });
    },
  },
  {
    id: "reference/same-route",
    severity: "warning",
    profiles: everywhere,
    title: "One host and path leads to one place",
    why: "Which of two Ingresses answers depends on the controller and on which is older.",
    fix: "give each its own host or path",
    source: "gatekeeper uniqueingresshost",
    same: ["gatekeeper:uniqueingresshost"],
    frameworks: [],
    positive: `${ingress("a", "number: 80")}\n---\n${ingress("a", "number: 80").replace("name: i,", "name: j,")}`,
    negative: `${ingress("a", "number: 80")}\n---\n${ingress("a", "number: 80").replace("name: i,", "name: j,").replace("a.example.com", "b.example.com")}`,
    object: (subject, index) => {
      if (subject.key.kind !== "Ingress") return none;
      const first = index.once(firstOfRoutes, () => routeOwners(index));
      return routesOf(subject).flatMap((route): readonly Hit[] => {
        const other = first.get(route.key);
        return other === undefined || other.read === subject.read || nameText(other) === nameText(subject)
          ? none
          : [
              {
                path: route.path,
                message: `Ingress ${other.namespace}/${other.key.name} has the same host and path`,
                related: [{ read: other.read, path: ["spec", "rules"] }],
              },
            ];
      });
    },
  },
];

const firstOfRoutes = Symbol("the first Ingress of each route");

function nameText({ namespace, key }: ObjectSubject): string {
  return `${namespace}/${key.name}`;
}

/** Of the Ingresses that have a route, the one whose name comes first. */
function routeOwners(index: ObjectIndex): ReadonlyMap<string, ObjectSubject> {
  const owners = new Map<string, ObjectSubject>();
  for (const subject of index.all("Ingress")) {
    for (const { key } of routesOf(subject)) {
      const before = owners.get(key);
      if (before === undefined || nameText(subject) < nameText(before)) owners.set(key, subject);
    }
  }
  return owners;
}

/** Its routes, by class, host, path and type of path. */
function routesOf(subject: ObjectSubject): readonly { readonly key: string; readonly path: JsonPath }[] {
  const name = textAt(subject.object, "spec", "ingressClassName") ?? "";
  return mappingsAt(subject.object, "spec", "rules").flatMap(([rule, one]) => {
    const host = textAt(one, "host") ?? "";
    if (host === "") return [];
    return mappingsAt(one, "http", "paths").map(([number, entry]) => ({
      key: `${name}\0${host}\0${textAt(entry, "path") ?? "/"}\0${textAt(entry, "pathType") ?? ""}`,
      path: ["spec", "rules", rule, "http", "paths", number],
    }));
  });
}

function mappingsTexts(object: Json): readonly string[] {
  const names = get(object, "spec", "namespaceSelector", "matchNames");
  return Array.isArray(names) ? names.filter((name): name is string => typeof name === "string") : [];
}

function portText(port: Json | undefined): string {
  return typeof port === "number" || typeof port === "string" ? String(port) : "";
}

function declared(pod: PodSubject): number {
  return pod.containers.reduce((sum, { container }) => sum + mappingsAt(container, "ports").length, 0);
}

/** Whether a container of the Pod takes a target port; sidecars count, init containers that end do not. */
function takes(pod: PodSubject, target: Json | undefined, protocol: string): boolean {
  return pod.containers
    .filter(({ role, stays }) => role === "container" || stays)
    .some(({ container }) =>
      mappingsAt(container, "ports").some(
        ([, port]) =>
          (textAt(port, "protocol") ?? "TCP") === protocol &&
          (typeof target === "string"
            ? textAt(port, "name") === target
            : numberAt(port, "containerPort") === target),
      ),
    );
}
