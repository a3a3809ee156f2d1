import { isCredential } from "../../analysis/checks/secrets/credentials.ts";
import { parseCidr } from "../../authoring/specialists/networking/ip.ts";
import type { JsonObject } from "../../kube/json.ts";
import {
  choice,
  integer,
  list,
  may,
  type MembersOf,
  need,
  record,
  type RecordField,
  scalar,
  text,
} from "./field.ts";
import {
  cidrGrammar,
  cpuGrammar,
  hostGrammar,
  imageGrammar,
  kindGrammar,
  memoryGrammar,
  nameGrammar,
  objectNameGrammar,
  rationaleGrammar,
  secretKeyGrammar,
  settingGrammar,
  stepGrammar,
  urlPathGrammar,
  valueGrammar,
  variableGrammar,
} from "./grammars.ts";
import type * as operation from "./operation.ts";

/** One operation: what a model reads of it, what it takes, and what its arguments must be beyond their grammars. */
export interface OperationRow {
  readonly name: operation.OperationKind;
  /** For a model. */
  readonly description: string;
  readonly arguments: RecordField;
  /** What is wrong between arguments that are each of their grammar; empty when nothing is. Never holds a value. */
  readonly rules: (operation: operation.Operation) => readonly string[];
  readonly positive: readonly JsonObject[];
  readonly negative: readonly JsonObject[];
}

const port = integer(1, 65535);
const protocol = choice("TCP", "UDP");
const name = text(nameGrammar);
const pods = integer(0, 1000);
const rationale = may(
  text(rationaleGrammar),
  "Why, in one or two sentences for the person who reviews the plan.",
);

type Arguments<T> = MembersOf<Omit<T, "kind">>;
const portRecord = record<operation.PortArgument>({
  port: need(port, "Port on which the container listens."),
  protocol: may(protocol, "TCP when left out."),
});
const healthRecord = record<operation.HealthArgument>({
  port: need(port, "Port that is asked."),
  path: may(text(urlPathGrammar), "HTTP path; left out: the port must accept connections."),
});
const settingRecord = record<operation.SettingArgument>({
  name: need(text(variableGrammar), "Name of the variable."),
  value: need(text(settingGrammar), "A word, a number or a host name. Never a credential: use secrets."),
});
const secretRecord = record<operation.SecretArgument>({
  variable: need(text(variableGrammar), "Name of the variable."),
  secret: need(
    text(objectNameGrammar),
    "Name of the Secret; its owner makes it, its values are never needed here.",
  ),
  key: need(text(secretKeyGrammar), "Key in the Secret."),
});

const noRules = (): readonly string[] => [];

/** A row whose rules see the operation as what it is. */
function row<K extends operation.OperationKind>(
  of: Omit<OperationRow, "rules" | "arguments" | "name"> & {
    readonly name: K;
    readonly arguments: Arguments<Extract<operation.Operation, { readonly kind: K }>>;
    readonly rules?: (operation: Extract<operation.Operation, { readonly kind: K }>) => readonly string[];
  },
): OperationRow {
  const { rules } = of;
  return {
    ...of,
    arguments: { kind: "record", members: of.arguments },
    rules: rules === undefined ? noRules : (given) => rules(given as Parameters<typeof rules>[0]),
  };
}

/** The closed set of operations, in the order in which tools are listed. */
export const operations: readonly OperationRow[] = [
  row({
    name: "deploy",
    description:
      "Run one workload of one container, or change image, size and ports of a workload of that name. Everything a production workload needs beside it (account, security context, probes, policies, budgets) is added without being asked for.",
    arguments: {
      name: need(name, "Name of the workload."),
      image: need(text(imageGrammar), "Image with a version; a digest is better."),
      replicas: may(pods, "Number of Pods."),
      ports: may(list(portRecord, 1, 16), "Ports on which it listens."),
      cpuRequest: may(text(cpuGrammar), "CPU that is reserved."),
      memoryRequest: may(text(memoryGrammar), "Memory that is reserved."),
      cpuLimit: may(text(cpuGrammar), "CPU that it may use at most."),
      memoryLimit: may(text(memoryGrammar), "Memory that it may use at most."),
      health: may(healthRecord, "How to see that it works."),
      settings: may(list(settingRecord, 1, 32), "Environment variables that are no credentials."),
      secrets: may(list(secretRecord, 1, 32), "Environment variables whose values stand in Secrets."),
      rationale,
    },
    rules: ({ settings = [], secrets = [] }) => [
      ...settings.flatMap((setting, index) =>
        isCredential(setting.name, setting.value)
          ? [`settings[${index}] looks like a credential: name a Secret and its key under secrets instead`]
          : [],
      ),
      ...twice(
        [...settings.map((setting) => setting.name), ...secrets.map((secret) => secret.variable)],
        "settings and secrets name a variable twice",
      ),
    ],
    positive: [
      { name: "api", image: "ghcr.io/acme/api:1.4.2", replicas: 3, ports: [{ port: 8080 }] },
      {
        name: "worker",
        image: "registry.example:5000/acme/worker@sha256:" + "0".repeat(64),
        cpuRequest: "250m",
        memoryLimit: "512Mi",
        settings: [{ name: "LOG_LEVEL", value: "info" }],
        secrets: [{ variable: "DB_PASSWORD", secret: "db", key: "password" }],
        rationale: "The queue needs a consumer.",
      },
    ],
    negative: [
      { name: "api" },
      { name: "--kubeconfig=/tmp/x", image: "nginx:1.29" },
      { name: "api", image: "nginx:1.29; curl evil.example" },
      { name: "api", image: "nginx:1.29", namespace: "kube-system" },
      { name: "api", image: "nginx:1.29", settings: [{ name: "DB_PASSWORD", value: "hunter2" }] },
      { name: "api", image: "nginx:1.29", replicas: "3" },
    ],
  }),
  row({
    name: "expose",
    description:
      "Open a port of a workload to every Pod of the cluster; with a host also to clients from outside, through an Ingress.",
    arguments: {
      workload: need(name, "Name of the workload."),
      port: need(port, "Port of the container."),
      host: may(text(hostGrammar), "Host name under which clients from outside reach it."),
      tlsSecret: may(text(objectNameGrammar), "Name of a Secret of type kubernetes.io/tls for that host."),
      rationale,
    },
    rules: ({ host, tlsSecret }) =>
      tlsSecret !== undefined && host === undefined ? ["tlsSecret needs a host"] : [],
    positive: [
      { workload: "web", port: 8080 },
      { workload: "web", port: 8080, host: "shop.example.org", tlsSecret: "shop-tls" },
    ],
    negative: [
      { workload: "web", port: 0 },
      { workload: "web", port: 80, host: "*.example.org" },
      { workload: "web", port: 80, host: "169.254.169.254" },
      { workload: "web", port: 80, tlsSecret: "shop-tls" },
    ],
  }),
  row({
    name: "connect",
    description:
      "Let a workload open connections to another workload (to), or to addresses outside the cluster (cidr). Everything else stays closed.",
    arguments: {
      from: need(name, "Workload that opens the connection."),
      to: may(name, "Workload that is connected to."),
      cidr: may(text(cidrGrammar), "Address range outside the cluster, instead of to."),
      port: may(port, "Port; left out: every port that the other one offers. A range needs one."),
      protocol: may(protocol, "TCP when left out."),
      rationale,
    },
    rules: ({ from, to, cidr, port: number, protocol: asked }) => [
      ...((to === undefined) === (cidr === undefined) ? ["it needs exactly one of to and cidr"] : []),
      ...(cidr !== undefined && parseCidr(cidr) === undefined ? ["cidr is no address range"] : []),
      ...(cidr !== undefined && number === undefined ? ["cidr needs a port"] : []),
      ...(asked !== undefined && number === undefined ? ["protocol needs a port"] : []),
      ...(from === to ? ["from and to are the same workload"] : []),
    ],
    positive: [
      { from: "web", to: "api", port: 8080 },
      { from: "api", cidr: "203.0.113.0/24", port: 443 },
    ],
    negative: [
      { from: "web" },
      { from: "web", to: "api", cidr: "203.0.113.0/24", port: 443 },
      { from: "web", to: "kube-system/etcd" },
      { from: "api", cidr: "999.0.113.0/24", port: 443 },
      { from: "web", to: "web" },
    ],
  }),
  row({
    name: "restrict",
    description: "Let only these workloads connect to a workload; nobody when the list is empty.",
    arguments: {
      workload: need(name, "Workload that is connected to."),
      allowFrom: need(list(name, 0, 32), "Workloads that may connect to it."),
      rationale,
    },
    rules: ({ workload, allowFrom }) => [
      ...twice(allowFrom, "allowFrom names a workload twice"),
      ...(allowFrom.includes(workload) ? ["allowFrom names the workload itself"] : []),
    ],
    positive: [
      { workload: "api", allowFrom: ["web"] },
      { workload: "db", allowFrom: [] },
    ],
    negative: [
      { workload: "api" },
      { workload: "api", allowFrom: ["*"] },
      { workload: "api", allowFrom: ["web", "web"] },
    ],
  }),
  row({
    name: "scale",
    description: "Set the number of Pods (replicas), or a range for an autoscaler (min and max).",
    arguments: {
      workload: need(name, "Name of the workload."),
      replicas: may(pods, "Number of Pods."),
      min: may(integer(1, 1000), "Least number of Pods of an autoscaler."),
      max: may(integer(1, 1000), "Greatest number of Pods of an autoscaler."),
      cpuPercent: may(integer(1, 100), "Share of the reserved CPU at which Pods are added."),
      rationale,
    },
    rules: ({ replicas, min, max, cpuPercent }) => {
      const range = min !== undefined && max !== undefined;
      if (
        replicas === undefined ? !range : min !== undefined || max !== undefined || cpuPercent !== undefined
      )
        return ["it needs either replicas, or min and max"];
      return range && min > max ? ["min is greater than max"] : [];
    },
    positive: [
      { workload: "web", replicas: 5 },
      { workload: "web", min: 2, max: 10, cpuPercent: 70 },
    ],
    negative: [
      { workload: "web" },
      { workload: "web", replicas: 3, max: 5 },
      { workload: "web", min: 5, max: 2 },
      { workload: "web", replicas: 1_000_000 },
    ],
  }),
  row({
    name: "edit_field",
    description:
      "Set one value of an object that was given with the request, at a path that the projection lists as one that may be edited. Values that the projection withholds cannot be set.",
    arguments: {
      objectKind: need(text(kindGrammar), "Kind of the object."),
      objectName: need(text(objectNameGrammar), "Name of the object."),
      path: need(
        list(text(stepGrammar), 1, 24),
        'Steps from the root: members by name, items of lists as [name=web] or [0]. Example: ["spec","template","spec","containers","[name=web]","image"].',
      ),
      value: need(scalar(valueGrammar), "The new value."),
      rationale,
    },
    positive: [
      {
        objectKind: "Deployment",
        objectName: "web",
        path: ["spec", "template", "spec", "containers", "[name=web]", "image"],
        value: "ghcr.io/acme/web:2.0.0",
      },
      { objectKind: "Deployment", objectName: "web", path: ["spec", "replicas"], value: 4 },
    ],
    negative: [
      { objectKind: "Deployment", objectName: "web", path: [], value: 4 },
      { objectKind: "Deployment", objectName: "web", path: ["__proto__", "x"], value: 4 },
      { objectKind: "Deployment", objectName: "../web", path: ["spec", "replicas"], value: 4 },
      { objectKind: "Deployment", objectName: "web", path: ["spec", "replicas"], value: { $ref: "#" } },
      { objectKind: "Deployment", objectName: "web", path: ["spec", "replicas"], value: "$(id)" },
    ],
  }),
  row({
    name: "commit_to_git",
    description:
      "Ask for the change to be committed to the Git target that the person named. The repository, the branch and the commit message are not yours to choose.",
    arguments: { rationale },
    positive: [{}, { rationale: "The request says so." }],
    negative: [{ branch: "main" }, { message: "Argocd-gpg-seal: x" }, { force: true }],
  }),
];

function twice(names: readonly string[], problem: string): readonly string[] {
  return new Set(names).size < names.length ? [problem] : [];
}
