import type { Json, JsonPath } from "../../../kube/json.ts";
import { printable } from "../../../kube/printable.ts";
import { plainPath } from "../practices/host-rows.ts";
import type { ObjectIndex } from "../practices/object-index.ts";
import { get, mappingsAt, membersAt, type ObjectSubject, textAt, textsAt } from "../practices/subjects.ts";
import { commandTable } from "./command-table.ts";
import { fits, readings } from "./fits.ts";
import type { Hit } from "./pod-findings.ts";

const none: readonly Hit[] = [];

/** What a ConfigMap's script does, wherever it is run. */
export function scripts(subject: ObjectSubject): readonly Hit[] {
  if (subject.key.group !== "" || subject.key.kind !== "ConfigMap") return none;
  const texts: (readonly [JsonPath, string])[] = membersAt(subject.object, "data").flatMap(([name, value]) =>
    typeof value === "string" ? [[["data", name], value] as const] : [],
  );
  for (const [name, value] of membersAt(subject.object, "binaryData")) {
    if (typeof value !== "string") continue;
    try {
      texts.push([["binaryData", name], atob(value)]);
    } catch {
      // The schema check says that it is no base64.
    }
  }
  return texts.flatMap(([path, text]) => {
    // Prose and data hold such words too: only lines of a script count.
    if (!/^#!|\b(?:sh|bash|curl|wget|python\d?|exec)\b/.test(text)) return none;
    const lines = text
      .split("\n")
      .filter((line) => !/^\s*#/.test(line))
      .map(readings);
    return commandTable
      .filter((row) => row.onNode !== true && lines.some((line) => fits(row, line)))
      .map((row) => ({
        id: row.id,
        path,
        message: `the script ${printable(String(path.at(-1)))} ${row.what}`,
      }));
  });
}

/** Rights over kube-system for somebody who is no part of the cluster. */
export function systemBinding(subject: ObjectSubject): readonly Hit[] {
  const wide = ["admin", "edit", "cluster-admin"].includes(textAt(subject.object, "roleRef", "name") ?? "");
  if (subject.key.kind !== "RoleBinding" || subject.namespace !== "kube-system" || !wide) return none;
  return mappingsAt(subject.object, "subjects").flatMap(([index, one]) =>
    textAt(one, "kind") === "User" && !(textAt(one, "name") ?? "").startsWith("system:")
      ? [
          {
            id: "backdoor/system-namespace-binding",
            path: ["subjects", index, "name"],
            message: `${printable(textAt(one, "name") ?? "")} gets ${printable(textAt(subject.object, "roleRef", "name") ?? "")} in kube-system, where tokens of the control plane lie`,
          },
        ]
      : none,
  );
}

/** What an admission policy puts into other people's objects. */
export function policyCode(subject: ObjectSubject): readonly Hit[] {
  if (subject.key.kind !== "MutatingAdmissionPolicy") return none;
  return mappingsAt(subject.object, "spec", "mutations").flatMap(([index, mutation]) =>
    (["applyConfiguration", "jsonPatch"] as const).flatMap((form): readonly Hit[] => {
      const code = textAt(mutation, form, "expression") ?? "";
      const path = ["spec", "mutations", index, form, "expression"];
      const lines = readings(code);
      const row = commandTable.find((one) => fits(one, lines));
      if (row !== undefined)
        return [{ id: row.id, path, message: `what the policy puts into objects ${row.what}` }];
      return /\bserviceAccountName\b|\bimage\b\s*[:"']|\/image\b/.test(code) ||
        /\bcontainers\b[^]{0,400}\b(?:command|args)\b/.test(code)
        ? [
            {
              id: "backdoor/policy-injects",
              path,
              message: "the policy puts containers, images or ServiceAccounts into other people's Pods",
            },
          ]
        : none;
    }),
  );
}

const metadataHost =
  /^(?:metadata\.google\.internal|169\.254\.169\.254|instance-data(?:\.ec2\.internal)?|metadata\.azure\.(?:com|internal)|100\.100\.100\.200)\.?$/i;

/** Names of the cluster that lead somewhere else. */
export function outsideService(subject: ObjectSubject, index: ObjectIndex): readonly Hit[] {
  const { kind, group } = subject.key;
  const outside = textAt(subject.object, "spec", "externalName");
  if (kind === "Service" && group === "" && outside !== undefined && metadataHost.test(outside))
    return [
      {
        id: "backdoor/metadata-service",
        path: ["spec", "externalName"],
        message: "the Service leads to the cloud's metadata, where credentials of the node are",
      },
    ];
  if (kind === "EndpointSlice") {
    const label = "endpointslice.kubernetes.io/managed-by";
    return textAt(subject.object, "metadata", "labels", label) === "endpointslice-controller.k8s.io"
      ? [
          {
            id: "backdoor/forged-endpoints",
            path: ["metadata", "labels", label],
            message: "the addresses pose as the controller's, which writes its own",
          },
        ]
      : none;
  }
  if (kind === "APIService") {
    const target = index.named(
      "Service",
      textAt(subject.object, "spec", "service", "namespace") ?? "",
      textAt(subject.object, "spec", "service", "name") ?? "",
    );
    return textAt(target?.object, "spec", "type") === "ExternalName"
      ? [
          {
            id: "backdoor/outside-api",
            path: ["spec", "service"],
            message: "a part of the API is answered from outside the cluster",
          },
        ]
      : none;
  }
  if (kind === "CustomResourceDefinition") {
    const url = textAt(subject.object, "spec", "conversion", "webhook", "clientConfig", "url");
    return url === undefined || /^https:\/\/[\w.-]+\.svc(?:\.[\w.-]+)?(?::\d+)?(?:\/|$)/.test(url)
      ? none
      : [
          {
            id: "backdoor/webhook-outside",
            path: ["spec", "conversion", "webhook", "clientConfig", "url"],
            message: "objects of the kind are sent out of the cluster to be converted",
          },
        ];
  }
  return none;
}

const plainSource =
  /^(?:http|git):\/\/|^(?:https|ssh|oci):\/\/(?:[^/@]*@)?(?:\d{1,3}\.){3}\d{1,3}(?:[:/]|$)/i;

/** What a GitOps controller fetches where nobody can tell whose it is. */
export function gitSource(subject: ObjectSubject): readonly Hit[] {
  const { group, kind } = subject.key;
  const at: readonly JsonPath[] =
    group === "argoproj.io" && kind === "Application"
      ? [
          ["spec", "source", "repoURL"],
          ...mappingsAt(subject.object, "spec", "sources").map(([index]) => [
            "spec",
            "sources",
            index,
            "repoURL",
          ]),
        ]
      : group === "source.toolkit.fluxcd.io"
        ? [["spec", "url"]]
        : [];
  const found = at.flatMap((path) => {
    const url = textAt(subject.object, ...path);
    return url !== undefined && plainSource.test(url)
      ? [
          {
            id: "backdoor/unproved-source",
            path,
            message: "what is applied comes from an address or over a line that proves nobody's identity",
          },
        ]
      : none;
  });
  if (group !== "argoproj.io" || kind !== "AppProject") return found;
  const all = (list: Json | undefined, field?: string): boolean =>
    field === undefined
      ? textsAt(list).some(([, one]) => one === "*")
      : mappingsAt(list).some(([, one]) => textAt(one, field) === "*");
  const everything =
    all(get(subject.object, "spec", "sourceRepos")) &&
    all(get(subject.object, "spec", "destinations"), "namespace") &&
    all(get(subject.object, "spec", "clusterResourceWhitelist"), "kind");
  return everything && subject.key.name !== "default"
    ? [
        {
          id: "backdoor/project-without-bounds",
          path: ["spec"],
          message: "the project lets anybody's repository put any kind into any namespace",
        },
      ]
    : found;
}

/** Names that say the opposite of what the object does, and namespaces that no policy sees. */
export function misnamed(subject: ObjectSubject): readonly Hit[] {
  const { kind, name, group } = subject.key;
  if (kind === "NetworkPolicy" && /deny|isolat|lockdown|restrict/i.test(name)) {
    const open = (["ingress", "egress"] as const).find((direction) =>
      mappingsAt(subject.object, "spec", direction).some(([, rule]) => Object.keys(rule).length === 0),
    );
    if (open !== undefined)
      return [
        {
          id: "backdoor/misnamed-policy",
          path: ["spec", open],
          message: `the policy is called ${printable(name)} and allows all ${open}`,
        },
      ];
  }
  if (kind !== "Namespace" || group !== "") return none;
  const labels = membersAt(subject.object, "metadata", "labels");
  const exempt = labels.find(([key]) =>
    /^(?:admission\.gatekeeper\.sh\/ignore|(?:policies\.)?kyverno\.io\/(?:exclude|ignore)|policy\.sigstore\.dev\/exclude|control-plane$)/.test(
      key,
    ),
  );
  const privileged =
    textAt(subject.object, "metadata", "labels", "pod-security.kubernetes.io/enforce") === "privileged";
  return privileged && exempt !== undefined
    ? [
        {
          id: "backdoor/exempt-namespace",
          path: ["metadata", "labels", exempt[0]],
          message: `namespace ${printable(name)} takes privileged Pods and is hidden from admission policies`,
        },
      ]
    : none;
}

/** A volume of the cluster that is a node's own root. */
export function nodeVolume(subject: ObjectSubject): readonly Hit[] {
  const path = textAt(subject.object, "spec", "hostPath", "path");
  if (subject.key.kind !== "PersistentVolume" || path === undefined) return none;
  return /^\/(?:$|(?:etc|root|proc|sys|boot|dev|var\/run|run|var\/lib\/(?:kubelet|etcd|docker|containerd))(?:\/|$))/.test(
    plainPath(path),
  )
    ? [
        {
          id: "backdoor/node-volume",
          path: ["spec", "hostPath", "path"],
          message: `the volume is ${printable(plainPath(path))} of a node, for whoever claims it`,
        },
      ]
    : none;
}
