import { isArray, isObject, type JsonObject, pathText, valueAt } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { podTemplateOf, serviceAccountOf } from "../../../kube/pod-template.ts";
import {
  configMapUses,
  imagePullSecretUses,
  listedSecrets,
  type Reference,
  secretUses,
} from "../references.ts";
import { added, deployment, type Detected, example, type FolderView, type WideningRow } from "./row.ts";

interface AccountUse {
  readonly name: string;
  readonly namespace: string;
  /** The account's object, when the folder holds it. */
  readonly account: JsonObject | undefined;
  readonly mounts: boolean;
  readonly path: string;
}

/** Which ServiceAccount the Pods of an object run as, and whether its token is mounted into them. */
function accountUse(object: JsonObject, folder: readonly JsonObject[]): AccountUse | undefined {
  const template = podTemplateOf(object);
  if (template === undefined) return undefined;
  const { namespace } = objectKey(object);
  const { name } = serviceAccountOf(template.spec);
  const account = folder.find((candidate) => {
    const key = objectKey(candidate);
    return (
      key.group === "" && key.kind === "ServiceAccount" && key.name === name && key.namespace === namespace
    );
  });
  // The Pod decides, then its account, then yes (plugin/pkg/admission/serviceaccount, shouldAutomount).
  const ofPod = valueAt(template.spec, ["automountServiceAccountToken"]);
  const ofAccount = account === undefined ? undefined : valueAt(account, ["automountServiceAccountToken"]);
  const automounts = typeof ofPod === "boolean" ? ofPod : ofAccount !== false;
  const path = pathText([...template.path, "spec", "serviceAccountName"]);
  return { name, namespace, account, mounts: automounts || projectsToken(template.spec), path };
}

/** A Pod's certificate is an identity as its token is, for the signer kube-apiserver-client-pod at the API server itself. */
const projectedIdentities: readonly string[] = ["serviceAccountToken", "podCertificate"];

function projectsToken(spec: JsonObject): boolean {
  const volumes = valueAt(spec, ["volumes"]);
  if (!isArray(volumes)) return false;
  return volumes.some((volume) => {
    const sources = valueAt(volume, ["projected", "sources"]);
    return (
      isArray(sources) &&
      sources.some((source) => projectedIdentities.some((kind) => valueAt(source, [kind]) !== undefined))
    );
  });
}

/** The folder is asked for the account as it will be, and as it was: `find` gets the state that belongs to the object. */
function addedIn(
  change: Parameters<WideningRow["detect"]>[0],
  folder: FolderView,
  find: (object: JsonObject, state: readonly JsonObject[]) => readonly Detected[],
): readonly Detected[] {
  return added(change, (object) => find(object, object === change.before ? folder.before : folder.after));
}

function isOwn(use: AccountUse): boolean {
  return use.account !== undefined && !use.mounts && use.name !== "default";
}

function references(
  kind: string,
  find: (object: JsonObject) => readonly Reference[],
): (object: JsonObject) => readonly Detected[] {
  return (object) =>
    find(object).map(({ name, namespace, key, path }) => ({
      path,
      detail: `uses ${kind} ${namespace === "" ? name : `${namespace}/${name}`}${key === undefined ? "" : `, key ${key}`}`,
      subject: name,
    }));
}

/** Annotations and labels that tie a ServiceAccount to an identity of a cloud (EKS, GKE and AKS documentation). */
export const cloudMarks: readonly RegExp[] = [
  /^eks\.amazonaws\.com\//u,
  /^iam\.gke\.io\//u,
  /^azure\.workload\.identity\//u,
  /^iam\.amazonaws\.com\/role$/u,
  /^aadpodidbinding$/u,
];

function cloudIdentity(object: JsonObject): readonly Detected[] {
  const template = podTemplateOf(object);
  const found: Detected[] = [];
  for (const member of ["annotations", "labels"] as const) {
    const places: readonly (readonly [string, unknown])[] = [
      [`metadata.${member}`, valueAt(object, ["metadata", member])],
      ...(template === undefined
        ? []
        : [[pathText([...template.path, "metadata", member]), template[member]] as const]),
    ];
    for (const [path, marks] of places) {
      for (const mark of Object.keys(isObject(marks as JsonObject) ? (marks as JsonObject) : {})) {
        if (cloudMarks.some((known) => known.test(mark))) {
          found.push({
            path: `${path}[${JSON.stringify(mark)}]`,
            detail: `asks for an identity of the cloud (${mark})`,
          });
        }
      }
    }
  }
  return found;
}

function tokenMount(object: JsonObject, folder: readonly JsonObject[]): readonly Detected[] {
  const key = objectKey(object);
  if (key.group === "" && key.kind === "ServiceAccount") {
    return valueAt(object, ["automountServiceAccountToken"]) === false
      ? []
      : [
          {
            path: "automountServiceAccountToken",
            detail: "its token is mounted into Pods that do not say otherwise",
            subject: key.name,
          },
        ];
  }
  const use = accountUse(object, folder);
  return use?.mounts === true
    ? [
        {
          path: use.path,
          detail: `the token of ServiceAccount ${use.namespace}/${use.name} is mounted`,
          subject: use.name,
        },
      ]
    : [];
}

const accounts = "kubernetes/website:content/en/docs/concepts/security/service-accounts.md";
const own: JsonObject = example(
  "v1",
  "ServiceAccount",
  { automountServiceAccountToken: false },
  { name: "web" },
);
const bare: JsonObject = deployment({
  serviceAccountName: "web",
  automountServiceAccountToken: false,
  containers: [],
});
const withSecret: JsonObject = deployment({
  containers: [{ name: "c", env: [{ name: "A", valueFrom: { secretKeyRef: { name: "db", key: "p" } } }] }],
});

export const identityRows: readonly WideningRow[] = [
  {
    id: "own-service-account",
    title: "Pods run as a ServiceAccount of the same folder, without its token",
    why: "The account is an identity that bindings elsewhere may name; without a token the Pod cannot use it.",
    source: accounts,
    detect: (change, folder) =>
      addedIn(change, folder, (object, state) => {
        const use = accountUse(object, state);
        return use !== undefined && isOwn(use)
          ? [
              {
                path: use.path,
                detail: `runs as its own ServiceAccount ${use.namespace}/${use.name}, without a token`,
                subject: use.name,
              },
            ]
          : [];
      }),
    positive: { before: null, after: bare, others: [own] },
    negative: { before: null, after: bare },
  },
  {
    id: "service-account-use",
    title: "Pods run as another ServiceAccount",
    why: "Whoever may create Pods acts as every ServiceAccount of the namespace.",
    source: "kubernetes/website:content/en/docs/concepts/security/rbac-good-practices.md (Workload creation)",
    detect: (change, folder) =>
      addedIn(change, folder, (object, state) => {
        const use = accountUse(object, state);
        return use === undefined || isOwn(use)
          ? []
          : [
              {
                path: use.path,
                detail: `runs as ServiceAccount ${use.namespace}/${use.name}`,
                subject: use.name,
              },
            ];
      }),
    positive: { before: null, after: bare },
    negative: { before: null, after: bare, others: [own] },
  },
  {
    id: "token-mount",
    title: "A ServiceAccount's token is mounted",
    why: "The token calls the API server with everything that is bound to the account.",
    source: accounts,
    detect: (change, folder) => addedIn(change, folder, tokenMount),
    positive: { before: null, after: deployment({ containers: [] }) },
    negative: { before: null, after: bare },
  },
  {
    id: "token-secret",
    title: "A Secret that the control plane fills with a token",
    why: "A Secret of this type gets a ServiceAccount's token that does not expire.",
    source:
      "kubernetes/website:content/en/docs/concepts/configuration/secret.md (ServiceAccount token Secrets)",
    detect: (change) =>
      added(change, (object) =>
        objectKey(object).kind === "Secret" &&
        valueAt(object, ["type"]) === "kubernetes.io/service-account-token"
          ? [{ path: "type", detail: "asks for a token of a ServiceAccount that does not expire" }]
          : [],
      ),
    positive: {
      before: null,
      after: example("v1", "Secret", { type: "kubernetes.io/service-account-token" }),
    },
    negative: { before: null, after: example("v1", "Secret", { type: "Opaque" }) },
  },
  {
    id: "cloud-identity",
    title: "An identity of the cloud",
    why: "An annotation lets Pods act in the cloud, outside of the cluster.",
    source: "EKS IRSA, GKE Workload Identity Federation and Microsoft Entra Workload ID documentation",
    detect: (change) => added(change, cloudIdentity),
    positive: {
      before: null,
      after: example("v1", "ServiceAccount", {}, { annotations: { "eks.amazonaws.com/role-arn": "a" } }),
    },
    negative: { before: null, after: example("v1", "ServiceAccount", {}, { annotations: { team: "a" } }) },
  },
  {
    id: "secret-use",
    title: "A Secret is used",
    why: "Its values reach whoever runs in the Pod, or whoever the kind hands them to.",
    source: "kubernetes/website:content/en/docs/concepts/configuration/secret.md",
    detect: (change) =>
      added(
        change,
        references("Secret", (object) => [...secretUses(object), ...listedSecrets(object)]),
      ),
    positive: { before: null, after: withSecret },
    negative: { before: withSecret, after: withSecret },
  },
  {
    id: "configmap-use",
    title: "A ConfigMap is used",
    why: "Whoever may write the ConfigMap says how the Pod runs.",
    source: "kubernetes/website:content/en/docs/concepts/configuration/configmap.md",
    detect: (change) => added(change, references("ConfigMap", configMapUses)),
    positive: { before: null, after: deployment({ volumes: [{ name: "v", configMap: { name: "web" } }] }) },
    negative: { before: null, after: deployment({ volumes: [{ name: "v", emptyDir: {} }] }) },
  },
  {
    id: "image-pull-secret",
    title: "A Secret is used to pull images",
    why: "The credentials of a registry are used, and images of it become reachable.",
    source: "kubernetes/website:content/en/docs/concepts/containers/images.md",
    detect: (change) => added(change, references("Secret", imagePullSecretUses)),
    positive: { before: null, after: deployment({ imagePullSecrets: [{ name: "hub" }] }) },
    negative: { before: null, after: withSecret },
  },
];
