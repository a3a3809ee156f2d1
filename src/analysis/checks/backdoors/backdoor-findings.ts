import { holds, isArray, isObject, type Json, type JsonPath } from "../../../kube/json.ts";
import { LAST_APPLIED } from "../../../kube/last-applied.ts";
import { printable, printableRest } from "../../../kube/printable.ts";
import type { Finding } from "../../findings/finding.ts";
import { parseImage } from "../practices/image-reference.ts";
import type { ObjectIndex } from "../practices/object-index.ts";
import { plainPath } from "../practices/host-rows.ts";
import {
  type ContainerSubject,
  get,
  mappingsAt,
  membersAt,
  type ObjectSubject,
  textAt,
  textsAt,
} from "../practices/subjects.ts";
import { backdoorOf } from "./backdoor-table.ts";
import { runTexts, variableTexts, withDecoded } from "./commands.ts";
import { commandHits } from "./fits.ts";
import { isBuiltinRbac } from "../practices/builtin-name.ts";
import { inPod, type Hit } from "./pod-findings.ts";
import { customContainers } from "./custom-containers.ts";
import { certificate, cloudAdministrators } from "./identities.ts";
import {
  gitSource,
  misnamed,
  nodeVolume,
  outsideService,
  policyCode,
  scripts,
  systemBinding,
} from "./more-findings.ts";
import { lookAlike } from "./well-known-images.ts";

/** Signs in the objects of somebody who wants to get in or to stay. */
export function backdoorFindings(index: ObjectIndex): readonly Finding[] {
  const findings: Finding[] = [];
  for (const pod of index.pods) {
    for (const container of pod.containers) push(findings, pod, inContainer(container));
    push(findings, pod, inPod(pod));
  }
  for (const subject of index.subjects) push(findings, subject, inObject(subject, index));
  return findings;
}

function push(findings: Finding[], { read, key }: ObjectSubject, hits: readonly Hit[]): void {
  for (const hit of hits) {
    const row = backdoorOf(hit.id);
    if (row === undefined) continue;
    findings.push({
      code: row.id,
      severity: row.severity,
      message: printableRest(hit.message),
      place: hit.key === true ? read.places.key(hit.path) : read.places.value(hit.path),
      path: [...read.path, ...hit.path],
      object: key,
      hint: row.hint,
    });
  }
}

const none: readonly Hit[] = [];

function inContainer(subject: ContainerSubject): readonly Hit[] {
  const image = textAt(subject.container, "image");
  const texts = [
    ...runTexts(subject),
    ...variableTexts(subject),
    ...(image === undefined ? [] : [{ path: [...subject.path, "image"], text: image }]),
  ];
  const who = `container ${printable(subject.name)}`;
  const hits = [...commandHits(texts, who, reachesNode(subject))];
  const folder = textAt(subject.container, "workingDir");
  if (folder !== undefined && /^\/proc\/self\/fd\/\d+/.test(plainPath(folder)))
    hits.push({
      id: "backdoor/working-directory",
      path: [...subject.path, "workingDir"],
      message: `${who} works in ${printable(folder)}`,
    });
  const parsed = image === undefined ? undefined : parseImage(image);
  const known = parsed === undefined ? undefined : lookAlike(parsed.repository);
  // A name below one's own registry or organisation is one's own.
  if (known !== undefined && parsed?.registry === "docker.io" && parsed.repository.startsWith("library/"))
    hits.push({
      id: "backdoor/look-alike-image",
      path: [...subject.path, "image"],
      message: `image ${printable(image ?? "")} has nearly the name of ${known}`,
    });
  return hits;
}

function reachesNode({ pod, context }: ContainerSubject): boolean {
  return (
    get(context, "privileged") === true ||
    get(pod.spec, "hostPID") === true ||
    mappingsAt(pod.spec, "volumes").some(([, volume]) => get(volume, "hostPath") !== undefined)
  );
}

/** What is looked for in every object. */
const looks: readonly ((subject: ObjectSubject, index: ObjectIndex) => readonly Hit[])[] = [
  // Nearly no object holds any: no path is built for them.
  ({ object }) => (holds(object, isHidden) ? hiddenText(object, []) : none),
  inBinding,
  inRole,
  inWebhook,
  inSecret,
  inDns,
  lastApplied,
  schedule,
  endpoints,
  scripts,
  certificate,
  cloudAdministrators,
  customContainers,
  systemBinding,
  policyCode,
  outsideService,
  gitSource,
  misnamed,
  nodeVolume,
];

function inObject(subject: ObjectSubject, index: ObjectIndex): readonly Hit[] {
  let hits: Hit[] | undefined;
  for (const look of looks) {
    const found = look(subject, index);
    if (found.length > 0) (hits ??= []).push(...found);
  }
  return hits ?? none;
}

/** Characters that turn the order of a line round or that nobody sees (as in the inventory of agents). */
const hidden =
  /[\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udc7f\udd00-\uddef]/;

function isHidden(scalar: Json): boolean {
  return typeof scalar === "string" && hidden.test(scalar);
}

function hiddenText(value: Json, path: JsonPath): readonly Hit[] {
  if (typeof value === "string") {
    const character = hidden.exec(value)?.[0];
    return character === undefined ? none : [hiddenHit(character, path, false)];
  }
  if (isArray(value)) return value.flatMap((item, index) => hiddenText(item, [...path, index]));
  if (!isObject(value)) return none;
  return Object.entries(value).flatMap(([key, part]) => {
    const character = hidden.exec(key)?.[0];
    const below = hiddenText(part, [...path, key]);
    return character === undefined ? below : [hiddenHit(character, [...path, key], true), ...below];
  });
}

function hiddenHit(character: string, path: JsonPath, key: boolean): Hit {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return { id: "backdoor/hidden-text", path, key, message: `a hidden character (U+${code}) stands here` };
}

function isRbac({ key }: ObjectSubject): boolean {
  return key.group === "rbac.authorization.k8s.io";
}

/** A name of the system's that no bootstrap policy gave: the label of the real ones is missing. */
function inBinding(subject: ObjectSubject): readonly Hit[] {
  if (!isRbac(subject) || !subject.key.kind.endsWith("Binding")) return none;
  const { name } = subject.key;
  const real = isBuiltinRbac(subject) || addOn.test(name);
  if (!/^(?:system[:.-]|kube[:-]|k8s[:.-])/i.test(name) || real) return none;
  const wide =
    textAt(subject.object, "roleRef", "name") === "cluster-admin" || name.startsWith("system:controller:");
  if (!wide && !name.startsWith("system:")) return none;
  return [
    {
      id: "backdoor/clusterrolebinding-mimics-system",
      path: ["metadata", "name"],
      message: `${subject.key.kind} ${printable(name)} has a name of the system's and is not of it`,
    },
  ];
}

/** Add-ons of Kubernetes and of its distributions whose manifests carry such names. */
const addOn =
  /^system:(?:metrics-server|coredns|kube-dns|aggregated-metrics-reader|node-proxier|kube-proxy|konnectivity-server|cloud-controller-manager|azure-cloud-provider|gke-|addon-|openshift:|vpa-|csi-|prometheus|kube-state-metrics|event-exporter|glbc)/;

const sensitive: ReadonlySet<string> = new Set([
  "secrets",
  "pods/exec",
  "pods/attach",
  "nodes/proxy",
  "serviceaccounts/token",
  "roles",
  "rolebindings",
  "clusterroles",
  "clusterrolebindings",
  "*",
]);
const reading: ReadonlySet<string> = new Set(["get", "list", "watch"]);

function inRole(subject: ObjectSubject): readonly Hit[] {
  if (!isRbac(subject) || subject.key.kind !== "ClusterRole") return none;
  const target = ["view", "edit", "admin"].find(
    (one) =>
      textAt(subject.object, "metadata", "labels", `rbac.authorization.k8s.io/aggregate-to-${one}`) ===
      "true",
  );
  if (target === undefined) return none;
  if (isBuiltinRbac(subject)) return none;
  return mappingsAt(subject.object, "rules").flatMap(([index, rule]) => {
    const groups = textsAt(rule, "apiGroups").map(([, word]) => word);
    const core = groups.some(
      (group) => group === "" || group === "*" || group === "rbac.authorization.k8s.io",
    );
    const given = textsAt(rule, "resources")
      .map(([, word]) => word)
      .find((word) => sensitive.has(word));
    const verbs = textsAt(rule, "verbs").map(([, word]) => word);
    const beyondView = target === "view" && verbs.some((verb) => !reading.has(verb));
    if (!core || (given === undefined && !beyondView)) return none;
    return [
      {
        id: "backdoor/aggregated-permissions",
        path: ["rules", index],
        message: `everybody with ${target} also gets ${verbs.slice(0, 3).map(printable).join(", ")} on ${printable(given ?? textsAt(rule, "resources")[0]?.[1] ?? "")}`,
      },
    ];
  });
}

function inWebhook(subject: ObjectSubject): readonly Hit[] {
  if (
    subject.key.group !== "admissionregistration.k8s.io" ||
    !subject.key.kind.endsWith("WebhookConfiguration")
  )
    return none;
  return mappingsAt(subject.object, "webhooks").flatMap(([index, webhook]): readonly Hit[] => {
    const hits: Hit[] = [];
    const name = printable(textAt(webhook, "name") ?? "");
    const url = textAt(webhook, "clientConfig", "url");
    if (
      url !== undefined &&
      !/^https:\/\/(?:localhost|127\.0\.0\.1|\[::1\]|[\w.-]+\.svc(?:\.[\w.-]+)?)(?::\d+)?(?:\/|$)/.test(url)
    )
      hits.push({
        id: "backdoor/webhook-outside",
        path: ["webhooks", index, "clientConfig", "url"],
        message: `webhook ${name} sends objects out of the cluster`,
      });
    const all = mappingsAt(webhook, "rules").some(([, rule]) => {
      const words = (field: string): readonly string[] => textsAt(rule, field).map(([, word]) => word);
      return (
        words("apiGroups").includes("*") && words("resources").some((one) => one === "*" || one === "*/*")
      );
    });
    const secrets = mappingsAt(webhook, "rules").some(([, rule]) =>
      textsAt(rule, "resources").some(([, one]) => one === "secrets"),
    );
    const narrowed =
      membersAt(webhook, "namespaceSelector").length > 0 ||
      membersAt(webhook, "objectSelector").length > 0 ||
      mappingsAt(webhook, "matchConditions").length > 0;
    if (all && !narrowed)
      hits.push({
        id: "backdoor/webhook-sees-everything",
        path: ["webhooks", index, "rules"],
        message: `webhook ${name} is asked about every object of every kind`,
      });
    if (secrets && !narrowed)
      hits.push({
        id: "backdoor/webhook-sees-secrets",
        path: ["webhooks", index, "rules"],
        message: `webhook ${name} is shown every Secret`,
      });
    return hits;
  });
}

function inSecret(subject: ObjectSubject): readonly Hit[] {
  if (subject.key.group !== "" || subject.key.kind !== "Secret") return none;
  if (textAt(subject.object, "type") !== "kubernetes.io/service-account-token") return none;
  const account =
    textAt(subject.object, "metadata", "annotations", "kubernetes.io/service-account.name") ?? "";
  return [
    {
      id: "backdoor/service-account-token-secret",
      path: ["type"],
      message: `the Secret asks for a token of ServiceAccount ${printable(account)} that never ends`,
    },
  ];
}

/** Names that lead to another name outside the cluster, and addresses that are public. */
function rewritesOutside(line: string): boolean {
  if (/^\s*(?:template\s+(?:IN|ANY)\s|answer\s)/.test(line)) return true;
  const rewrite =
    /^\s*rewrite\s+(?:stop\s+|continue\s+)?(?:name\s+)?(?:exact\s+|suffix\s+|prefix\s+|regex\s+)?\S+\s+(\S+)/.exec(
      line,
    );
  if (rewrite !== null) return !/(?:\.svc(?:\.\S*)?|\.local|\.internal)\.?$/.test(rewrite[1] ?? "");
  const host = /^\s*([0-9a-fA-F.:]{7,})\s+\S*\.\S*\s*$/.exec(line);
  return host !== null && outside.test(host[1] ?? "");
}

function inDns(subject: ObjectSubject): readonly Hit[] {
  const { kind, name } = subject.key;
  if (
    kind !== "ConfigMap" ||
    subject.namespace !== "kube-system" ||
    !/^(?:coredns|kube-dns|node-local-dns)/.test(name)
  )
    return none;
  return membersAt(subject.object, "data").flatMap(([key, value]): readonly Hit[] => {
    if (typeof value !== "string") return none;
    const line = value.split("\n").find(rewritesOutside);
    return line === undefined
      ? none
      : [
          {
            id: "backdoor/dns-rewrite",
            path: ["data", key],
            message: "the cluster's DNS is told to answer with another name or address",
          },
        ];
  });
}

function lastApplied(subject: ObjectSubject): readonly Hit[] {
  const key = LAST_APPLIED;
  const text = textAt(subject.object, "metadata", "annotations", key);
  if (text === undefined) return none;
  const path = ["metadata", "annotations", key];
  let copy: Json;
  try {
    copy = JSON.parse(text) as Json;
  } catch {
    return [
      { id: "backdoor/last-applied-differs", path, message: "kubectl's copy of the object cannot be read" },
    ];
  }
  const same = (["kind", "apiVersion"] as const).every(
    (field) => textAt(copy, field) === undefined || textAt(copy, field) === textAt(subject.object, field),
  );
  const copied = textAt(copy, "metadata", "name");
  const namespace = textAt(copy, "metadata", "namespace") ?? "";
  const own = textAt(subject.object, "metadata", "namespace") ?? "";
  return same && copied === subject.key.name && (namespace === own || own === "" || namespace === "")
    ? none
    : [
        {
          id: "backdoor/last-applied-differs",
          path,
          message: `kubectl's copy is of another object: ${printable(textAt(copy, "kind") ?? "?")} ${printable(copied ?? "?")}`,
        },
      ];
}

const makesPermissions =
  /\bkubectl\b[^\n;|&]{0,80}\b(?:create|apply|patch|replace)\b[^\n;|&]{0,200}\b(?:(?:cluster)?rolebindings?|clusterroles?|serviceaccounts?|--clusterrole)\b|\/apis\/rbac\.authorization\.k8s\.io\/[^\s"']*(?:bindings|roles)\b/i;

function schedule(subject: ObjectSubject, index: ObjectIndex): readonly Hit[] {
  if (subject.key.kind !== "CronJob") return none;
  const pod = index.podOf(subject);
  return (pod?.containers ?? []).flatMap((container) => {
    const found = runTexts(container).find(({ text }) =>
      withDecoded(text).some((one) => makesPermissions.test(one)),
    );
    return found === undefined
      ? none
      : [
          {
            id: "backdoor/recreates-bindings",
            path: found.path,
            message: `container ${printable(container.name)} makes permissions on a schedule`,
          },
        ];
  });
}

/** Addresses that are no Pod of a cluster: public ones, and the metadata service of clouds. */
const outside =
  /^(?!10\.|127\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd]|fe80|::1$)/i;

function endpoints(subject: ObjectSubject, index: ObjectIndex): readonly Hit[] {
  const slice = subject.key.kind === "EndpointSlice";
  if (!slice && subject.key.kind !== "Endpoints") return none;
  const name = slice
    ? (textAt(subject.object, "metadata", "labels", "kubernetes.io/service-name") ?? "")
    : subject.key.name;
  const service = index.named("Service", subject.namespace, name);
  // A Service of Knative selects nothing, whatever it writes.
  if (service?.key.group === "" && membersAt(service.object, "spec", "selector").length > 0) return none;
  const lists: readonly (readonly [JsonPath, string])[] = slice
    ? mappingsAt(subject.object, "endpoints").flatMap(([at, one]) =>
        textsAt(one, "addresses").map(
          ([number, address]) => [["endpoints", at, "addresses", number], address] as const,
        ),
      )
    : mappingsAt(subject.object, "subsets").flatMap(([at, one]) =>
        mappingsAt(one, "addresses").map(
          ([number, address]) =>
            [["subsets", at, "addresses", number, "ip"], textAt(address, "ip") ?? ""] as const,
        ),
      );
  const found = lists.find(
    ([, address]) => address !== "" && (outside.test(address) || address.startsWith("169.254.")),
  );
  return found === undefined
    ? none
    : [
        {
          id: "backdoor/selectorless-endpoints",
          path: found[0],
          message: `Service ${printable(name)} is led to ${printable(found[1])}, written by hand`,
        },
      ];
}
