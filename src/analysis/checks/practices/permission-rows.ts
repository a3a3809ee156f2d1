import { isBuiltinRbac } from "./builtin-name.ts";
import { none } from "./helpers.ts";
import type { Hit, PracticeRow, Profile } from "./practice.ts";
import { exampleRole, isRole, rbacDocs, type RoleRule, rulesOf } from "./rbac-subject.ts";

const everywhere: readonly Profile[] = ["default", "baseline", "restricted", "production", "nsa", "cis"];
const cis: readonly Profile[] = ["production", "nsa", "cis"];

interface Wanted {
  readonly group: string;
  /** Any of them, with subresource where meant. */
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  /** Only where the rule is not limited to names. */
  readonly unnamed?: boolean;
}

/** What of `wanted` a rule gives, not by a wildcard for everything: that is a row of its own. */
function gives(rule: RoleRule, wanted: Wanted): string | undefined {
  if (wanted.unnamed === true && rule.named) return undefined;
  if (!rule.groups.includes(wanted.group) && !(rule.groups.includes("*") && !rule.resources.includes("*")))
    return undefined;
  const resource = rule.resources.find(
    (one) =>
      wanted.resources.includes(one) ||
      (one.startsWith("*/") && wanted.resources.some((other) => other.endsWith(one.slice(1)))),
  );
  if (resource === undefined) return undefined;
  const verb = rule.verbs.find((one) => one === "*" || wanted.verbs.includes(one));
  return verb === undefined ? undefined : `${verb} ${resource}`;
}

const change = ["create", "update", "patch", "delete", "deletecollection"];
const write = ["create", "update", "patch"];

interface RoleRow {
  readonly id: string;
  readonly severity: PracticeRow["severity"];
  readonly profiles: readonly Profile[];
  readonly title: string;
  readonly why: string;
  readonly same: readonly string[];
  readonly frameworks: readonly string[];
  readonly wanted: readonly Wanted[];
  /** Rules of the examples. */
  readonly positive: string;
  readonly negative: string;
}

function roleRow(row: RoleRow): PracticeRow {
  return {
    ...row,
    fix: "name the verbs, resources and objects that are needed, in a Role of one namespace",
    source: rbacDocs,
    positive: exampleRole(row.positive),
    negative: exampleRole(row.negative),
    object: (subject) =>
      !isRole(subject) || isBuiltinRbac(subject)
        ? none
        : rulesOf(subject).flatMap((rule): readonly Hit[] => {
            for (const wanted of row.wanted) {
              const given = gives(rule, wanted);
              if (given !== undefined)
                return [
                  { path: rule.path, message: `${subject.key.kind} ${subject.key.name} gives ${given}` },
                ];
            }
            return none;
          }),
  };
}

/** What single roles give away; paths over several objects are the permissions engine's. */
export const permissionRows: readonly PracticeRow[] = [
  roleRow({
    id: "permission/escalate",
    severity: "warning",
    profiles: everywhere,
    title: "Nobody can give himself more permissions",
    why: "escalate, bind and impersonate, and changing roles with them, are cluster-admin in one step more.",
    same: [
      "trivy:KSV-0043",
      "trivy:KSV-0050",
      "trivy:KSV-0055",
      "checkov:CKV_K8S_157",
      "checkov:CKV_K8S_158",
      "checkov:CKV2_K8S_1",
      "checkov:CKV2_K8S_3",
      "kubescape:C-0191",
    ],
    frameworks: ["CIS 5.1.8", "MITRE T1098"],
    wanted: [
      {
        group: "rbac.authorization.k8s.io",
        resources: ["roles", "clusterroles"],
        verbs: ["escalate", "bind"],
      },
      { group: "", resources: ["users", "groups", "serviceaccounts"], verbs: ["impersonate"] },
      { group: "authentication.k8s.io", resources: ["uids", "userextras"], verbs: ["impersonate"] },
    ],
    positive: "{apiGroups: [''], resources: [users], verbs: [impersonate]}",
    negative: "{apiGroups: [''], resources: [users], verbs: [get]}",
  }),
  roleRow({
    id: "permission/nodes-proxy",
    severity: "warning",
    profiles: everywhere,
    title: "Nobody reaches the kubelet through nodes/proxy",
    why: "The kubelet runs commands in every container of its node, past admission and the audit log.",
    same: ["trivy:KSV-0047", "checkov:CKV2_K8S_2", "kubescape:C-0279"],
    frameworks: ["CIS 5.1.10"],
    wanted: [{ group: "", resources: ["nodes/proxy"], verbs: ["get", "create"] }],
    positive: "{apiGroups: [''], resources: [nodes/proxy], verbs: [get]}",
    negative: "{apiGroups: [''], resources: [nodes], verbs: [get]}",
  }),
  roleRow({
    id: "permission/read-secrets",
    severity: "info",
    profiles: cis,
    title: "Few may read Secrets",
    why: "list and watch give every value as get does.",
    same: [
      "kube-linter:access-to-secrets",
      "trivy:KSV-0041",
      "trivy:KSV-0113",
      "checkov:CKV2_K8S_5",
      "kubescape:C-0015",
      "kubescape:C-0186",
    ],
    frameworks: ["CIS 5.1.2", "MITRE T1552.007"],
    wanted: [{ group: "", resources: ["secrets"], verbs: ["get", "list", "watch"], unnamed: true }],
    positive: "{apiGroups: [''], resources: [secrets], verbs: [list]}",
    negative: "{apiGroups: [''], resources: [secrets], resourceNames: [a], verbs: [get]}",
  }),
  roleRow({
    id: "permission/create-pods",
    severity: "info",
    profiles: ["nsa", "cis"],
    title: "Few may create workloads",
    why: "Whoever creates a Pod may use every ServiceAccount, Secret and volume of its namespace.",
    same: ["kube-linter:access-to-create-pods", "trivy:KSV-0048", "kubescape:C-0188"],
    frameworks: ["CIS 5.1.4"],
    wanted: [
      { group: "", resources: ["pods", "replicationcontrollers"], verbs: ["create", "update", "patch"] },
      {
        group: "apps",
        resources: ["deployments", "daemonsets", "statefulsets", "replicasets"],
        verbs: write,
      },
      { group: "batch", resources: ["jobs", "cronjobs"], verbs: write },
    ],
    positive: "{apiGroups: [apps], resources: [deployments], verbs: [create]}",
    negative: "{apiGroups: [apps], resources: [deployments], verbs: [get]}",
  }),
  roleRow({
    id: "permission/pod-exec",
    severity: "info",
    profiles: cis,
    title: "Few may run commands in Pods",
    why: "exec, attach, port-forward and ephemeral containers give the Pod's token, Secrets and network.",
    same: [
      "polaris:clusterrolePodExecAttach",
      "polaris:rolePodExecAttach",
      "trivy:KSV-0053",
      "trivy:KSV-0054",
      "checkov:CKV2_K8S_2",
      "kubescape:C-0002",
      "kubescape:C-0063",
    ],
    frameworks: ["MITRE T1609"],
    wanted: [
      { group: "", resources: ["pods/exec", "pods/attach", "pods/portforward"], verbs: ["create", "get"] },
      { group: "", resources: ["pods/ephemeralcontainers"], verbs: ["update", "patch"] },
    ],
    positive: "{apiGroups: [''], resources: [pods/exec], verbs: [create]}",
    negative: "{apiGroups: [''], resources: [pods/log], verbs: [get]}",
  }),
  roleRow({
    id: "permission/change-webhooks",
    severity: "warning",
    profiles: cis,
    title: "Few may change admission",
    why: "A webhook sees and changes every object that passes, Secrets among them.",
    same: ["trivy:KSV-0114", "checkov:CKV_K8S_155", "kubescape:C-0281"],
    frameworks: ["CIS 5.1.12", "MITRE T1546"],
    wanted: [
      {
        group: "admissionregistration.k8s.io",
        resources: [
          "mutatingwebhookconfigurations",
          "validatingwebhookconfigurations",
          "mutatingadmissionpolicies",
          "mutatingadmissionpolicybindings",
          "validatingadmissionpolicies",
          "validatingadmissionpolicybindings",
        ],
        verbs: change,
      },
    ],
    positive:
      "{apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations], verbs: [create]}",
    negative:
      "{apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations], verbs: [get]}",
  }),
  roleRow({
    id: "permission/approve-certificates",
    severity: "warning",
    profiles: ["default", "baseline", "restricted", "production", "nsa", "cis"],
    title: "Few may approve certificates",
    why: "An approved request is a login as anybody, system:masters among them.",
    same: ["checkov:CKV_K8S_156", "kubescape:C-0280"],
    frameworks: ["CIS 5.1.11"],
    wanted: [
      {
        group: "certificates.k8s.io",
        resources: ["certificatesigningrequests/approval"],
        verbs: ["update", "patch"],
      },
      { group: "certificates.k8s.io", resources: ["signers"], verbs: ["approve", "sign"] },
    ],
    positive:
      "{apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/approval], verbs: [update]}",
    negative: "{apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests], verbs: [create]}",
  }),
  roleRow({
    id: "permission/create-tokens",
    severity: "warning",
    profiles: cis,
    title: "Few may make tokens of ServiceAccounts",
    why: "A token is the ServiceAccount, for as long as it lasts.",
    same: ["kubescape:C-0282", "kubescape:C-0053"],
    frameworks: ["CIS 5.1.13"],
    wanted: [{ group: "", resources: ["serviceaccounts/token"], verbs: ["create"], unnamed: true }],
    positive: "{apiGroups: [''], resources: [serviceaccounts/token], verbs: [create]}",
    negative: "{apiGroups: [''], resources: [serviceaccounts], verbs: [create]}",
  }),
  roleRow({
    id: "permission/create-volumes",
    severity: "info",
    profiles: cis,
    title: "Few may make PersistentVolumes",
    why: "A PersistentVolume may be any folder of any node.",
    same: ["kubescape:C-0278"],
    frameworks: ["CIS 5.1.9"],
    wanted: [{ group: "", resources: ["persistentvolumes"], verbs: ["create", "update", "patch"] }],
    positive: "{apiGroups: [''], resources: [persistentvolumes], verbs: [create]}",
    negative: "{apiGroups: [''], resources: [persistentvolumeclaims], verbs: [create]}",
  }),
  roleRow({
    id: "permission/service-status",
    severity: "info",
    profiles: ["nsa", "cis"],
    title: "Nobody but controllers changes the status of Services",
    why: "An address in the status of a LoadBalancer takes that traffic over (CVE-2020-8554).",
    same: ["checkov:CKV2_K8S_4", "kubescape:C-0058"],
    frameworks: [],
    wanted: [{ group: "", resources: ["services/status"], verbs: ["update", "patch"] }],
    positive: "{apiGroups: [''], resources: [services/status], verbs: [patch]}",
    negative: "{apiGroups: [''], resources: [services], verbs: [get]}",
  }),
  roleRow({
    id: "permission/delete-traces",
    severity: "info",
    profiles: ["nsa", "cis"],
    title: "Nobody deletes events",
    why: "Events are what is left of what happened.",
    same: ["kubescape:C-0031", "trivy:KSV-0042"],
    frameworks: ["MITRE T1070"],
    wanted: [
      { group: "", resources: ["events"], verbs: ["delete", "deletecollection"] },
      { group: "events.k8s.io", resources: ["events"], verbs: ["delete", "deletecollection"] },
    ],
    positive: "{apiGroups: [''], resources: [events], verbs: [delete]}",
    negative: "{apiGroups: [''], resources: [events], verbs: [create]}",
  }),
  roleRow({
    id: "permission/change-config",
    severity: "info",
    profiles: ["cis"],
    title: "Few may change ConfigMaps everywhere",
    why: "The settings of DNS and of logins (coredns, aws-auth) are ConfigMaps.",
    same: ["trivy:KSV-0049", "trivy:KSV-0115", "kubescape:C-0037"],
    frameworks: ["MITRE T1557"],
    wanted: [{ group: "", resources: ["configmaps"], verbs: ["update", "patch", "delete"], unnamed: true }],
    positive: "{apiGroups: [''], resources: [configmaps], verbs: [update]}",
    negative: "{apiGroups: [''], resources: [configmaps], resourceNames: [a], verbs: [update]}",
  }),
  roleRow({
    id: "permission/change-network",
    severity: "info",
    profiles: ["cis"],
    title: "Few may change what the network lets through",
    why: "Whoever changes NetworkPolicies, Services and Ingresses opens and redirects traffic.",
    same: ["trivy:KSV-0056"],
    frameworks: [],
    wanted: [
      { group: "networking.k8s.io", resources: ["networkpolicies", "ingresses"], verbs: change },
      { group: "", resources: ["services", "endpoints"], verbs: change },
      { group: "discovery.k8s.io", resources: ["endpointslices"], verbs: change },
    ],
    positive: "{apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [delete]}",
    negative: "{apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [get]}",
  }),
];
