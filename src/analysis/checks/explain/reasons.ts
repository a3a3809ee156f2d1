import type { Severity } from "../../../kube/problem.ts";
import { familyOf } from "../../findings/finding.ts";
import { readingReasons } from "./reading-reasons.ts";
import { type Reason, refused } from "./reason.ts";

const stays = "It is a known way to stay in a cluster after the first way in is closed";

/** Why a check of a table without that column is one, where more can be said than of its whole family. */
export const reasons: Readonly<Record<string, Reason>> = {
  ...readingReasons,
  "schema/unknown-field": {
    why: "The API server drops the field with a warning, or refuses it when it is strict: what it asks for does not happen.",
    fix: "correct the name or the place of the field",
  },
  "schema/type": {
    why: "The API server cannot decode the object.",
    fix: "write a value of the type that the finding names",
  },
  "schema/number-range": {
    why: "The API server cannot decode the number.",
    fix: "write a number of that range",
  },
  "schema/format": {
    why: "The API server cannot decode the text.",
    fix: "write it in the form that the finding names",
  },
  "schema/required": { why: `${refused}.`, fix: "set the field" },
  "schema/enum": { why: `${refused}.`, fix: "write one of the values that the finding names" },
  "schema/limit": { why: `${refused}.`, fix: "write a value within the limit" },
  "custom-resource/unknown-field": {
    why: "What the field asks for does not happen, without a word from a server that is not strict.",
    fix: "correct the name or the place of the field",
  },
  "custom-resource/required": { why: `${refused}.`, fix: "set the field" },
  "custom-resource/type": { why: `${refused}.`, fix: "write a value of the type that the definition names" },
  "custom-resource/value": { why: `${refused}.`, fix: "write a value that the definition allows" },
  "custom-resource/duplicate": { why: `${refused}.`, fix: "take one of the two out" },
  "custom-resource/rule": { why: `${refused}.`, fix: "do what the message of the rule says" },
  "custom-resource/cost": { why: `${refused}.`, fix: "make the object smaller" },
  "custom-resource/not-served": {
    why: "The API server answers that there is no such kind.",
    fix: "write a version that the definition serves",
  },
  "custom-resource/not-certain": {
    why: "What could not be computed is told rather than passed over in silence.",
    fix: "try it with a dry run",
  },
  "definition/field": {
    why: "Without its definition no object of the kind can be applied.",
    fix: "correct the field",
  },
  "definition/schema": {
    why: "Without its definition no object of the kind can be applied.",
    fix: "correct the schema",
  },
  "definition/expression": {
    why: "Without its definition no object of the kind can be applied.",
    fix: "correct the expression",
  },
  "definition/cost": {
    why: "Without its definition no object of the kind can be applied.",
    fix: "give lists and texts of the schema a maximum length",
  },
  "definition/not-certain": {
    why: "What could not be computed is told rather than passed over in silence.",
    fix: "try it with a dry run",
  },
  "admission/denied": {
    why: "A policy of the inputs refuses the object as soon as both are applied.",
    fix: "do what the message of the policy says",
  },
  "admission/warns": {
    why: "A policy of the inputs answers with a warning, which nobody reads in a pipeline.",
    fix: "do what the message of the policy says",
  },
  "admission/audits": {
    why: "A policy of the inputs writes the object down for somebody to look at.",
    fix: "do what the message of the policy says",
  },
  "admission/mutates": {
    why: "What runs is not what stands in the file.",
    fix: "write into the file what the policy sets, or know that it does",
  },
  "admission/expression-invalid": {
    why: "The API server refuses the policy, so that what it forbids stays allowed.",
    fix: "correct the expression",
  },
  "admission/expression-doubtful": {
    why: "An expression that fails at each object either refuses all of them or none, by its failurePolicy.",
  },
  "admission/unbound": {
    why: "A policy without a binding forbids nothing, although it looks as if it did.",
    fix: "add a binding",
  },
  "admission/not-certain": {
    why: "What could not be computed is told rather than passed over in silence.",
    fix: "try it with a dry run",
  },
  "network/refused": { why: `${refused}; until then the Pods are open.`, fix: "correct the field" },
  "network/not-modelled": {
    why: "An answer that leaves something out is not an answer about all.",
    fix: "look at the object yourself",
  },
  "network/order-undefined": {
    why: "Two policies of one priority that say opposite things: which holds is the implementation's choice.",
  },
  "network/selects-nothing": {
    why: "A policy for Pods that are not there protects nothing; mostly a label was renamed.",
  },
  "network/peer-selects-nothing": { why: "Nobody is let in or out by it; mostly a label was renamed." },
  "network/namespace-name-label": {
    why: "The label that the API server sets is kubernetes.io/metadata.name; a policy that looks for name lets nobody in.",
  },
  "network/two-entries": { why: "A dash too many turns and into or: the whole namespace is let in." },
  "network/dns-udp-only": {
    why: "Answers over 512 bytes come by TCP: names resolve most of the time, and not always.",
  },
  "network/no-dns": { why: "Without DNS nothing else that is allowed can be found by its name." },
  "network/service-port": {
    why: "Policies are judged after the address of a Service has become that of a Pod: the port of the Service is never seen.",
  },
  "network/no-effect": { why: "A policy that changes nothing misleads whoever reads it." },
  "network/rule-ignored": { why: "The rules look like protection and are none." },
  "network/host-network": {
    why: "The Pods have the address of their node, to which no NetworkPolicy applies.",
  },
  "network/cilium-label-unseen": {
    why: "Cilium gives Pods an identity by some of their labels alone: a policy that asks for another one holds for nobody.",
  },
  "network/cilium-empty-list": {
    why: "The list looks like default deny, and Cilium reads it as no rules at all: everything stays open.",
  },
  "network/cilium-services-everybody": {
    why: "A rule for one Service that is not there becomes a rule for everybody on the ports that it names.",
  },
  "network/cilium-names-unlearned": {
    why: "Cilium knows addresses of names from answers of DNS that pass its proxy; without one the names lead nowhere.",
  },
  "network/entry-closed": { why: "Whoever comes through the entry gets no answer." },
  "network/block-covered": {
    why: "A block within another changes nothing, and misleads whoever reads it.",
    fix: "remove the smaller block",
  },
  "rbac/malformed": {
    why: "The object grants nothing, or is refused: somebody lacks a right, or a boundary that is thought to be there is not.",
    fix: "write the form of the API",
  },
  "rbac/no-verbs": { why: `${refused}.`, fix: "name the verbs" },
  "rbac/wrong-group": {
    why: "The rule matches nothing: the right that is meant is not given.",
    fix: "write the group that the finding names",
  },
  "rbac/selector": { why: "The role gathers no rules, and grants nothing.", fix: "correct the selector" },
  "rbac/subject-name": {
    why: "The binding grants nothing to anybody by this entry.",
    fix: "name the subject",
  },
  "rbac/no-subjects": {
    why: "The binding grants nothing; mostly a template was left empty.",
    fix: "name a subject, or remove the binding",
  },
  "rbac/role-missing": { why: "Whoever may create the role decides what the binding grants." },
  "rbac/attack-path": {
    why: "Rights that are harmless one by one lead to all rights together: create Pods, take a token, bind a role.",
  },
  "rbac/aggregation-cycle": {
    why: "A rule that was in one of the roles once stays in all of them, also after it was taken out.",
  },
  "server/immutable": {
    why: "The API server refuses the change: the object must be made anew, with what that means for what runs.",
  },
  "secret/known-form": {
    why: "A token of this form is used by whoever reads it, and repositories are read by more people, tools and copies than the cluster; programs look for them within minutes of a push.",
  },
  "secret/private-key": {
    why: "Whoever reads the repository can act as the owner of the key, also later and from copies of it.",
  },
  "secret/url-password": {
    why: "Addresses are logged by proxies, clients and errors, with the password in them.",
  },
  "secret/variable": {
    why: "Values of variables stand in the object, in kubectl describe and in every log of the environment.",
  },
  "secret/command": {
    why: "Command lines are seen by every process of the node and in every list of processes.",
  },
  "secret/config-map": {
    why: "ConfigMaps are read by far more roles than Secrets (view has them), and are not encrypted at rest.",
  },
  "secret/annotation": {
    why: "Whoever may read the object reads its annotations; roles that leave out Secrets do not leave out these.",
  },
  "secret/manifest": {
    why: "base64 is no encryption: a Secret in a repository is read by all who read that.",
  },
  "backdoor/reverse-shell": {
    why: "A shell to the outside passes most firewalls, since it is opened from within.",
  },
  "backdoor/download-and-run": {
    why: "What runs is decided at each start by whoever has the address, not by the image that was looked at.",
  },
  "backdoor/encoded-command": {
    why: "A command is encoded so that whoever reads the manifest does not read it.",
  },
  "backdoor/miner": {
    why: "Miners are what most intruders of clusters bring: they take processors, and show that somebody is in.",
  },
  "backdoor/host-takeover": {
    why: "The command leaves the container for the node, and with it reaches every Pod there.",
  },
  "backdoor/credential-theft": {
    why: "Tokens and keys of the cloud are sent to where they can be used later.",
  },
  "backdoor/remote-access": {
    why: "A tunnel from within is a door that no firewall and no audit log of the cluster sees.",
  },
  "backdoor/attack-tool": {
    why: "These programs look for ways out of containers; no application needs one.",
  },
  "backdoor/leaky-vessel": {
    why: "runc before 1.1.12 left a file of the node open, through which a container reached the node's disk.",
  },
  "backdoor/working-directory": {
    why: "runc before 1.1.12 started such a container in a folder of the node.",
  },
  "backdoor/clusterrolebinding-mimics-system": {
    why: `${stays}: among hundreds of bindings of system: nobody looks at one more. The campaign RBAC Buster bound cluster-admin under the name of a controller.`,
  },
  "backdoor/aggregated-permissions": {
    why: `${stays}: the label adds the rules to view, edit or admin, and so to everybody who has these.`,
  },
  "backdoor/webhook-sees-everything": {
    why: "A webhook sees each object that it is asked about, and a mutating one changes it: one for everything sees every Secret and can put a container into every Pod.",
  },
  "backdoor/webhook-outside": {
    why: "Every object that is created is sent out of the cluster, and may come back changed.",
  },
  "backdoor/control-plane-imitation": {
    why: "In kube-system a Pod with such a name is passed over by people and by rules that exempt it.",
  },
  "backdoor/static-pod-folder": {
    why: "What stands in the folder is started by the kubelet, past the API server, its policies and its log.",
  },
  "backdoor/look-alike-image": {
    why: "The name differs by a letter from one that everybody knows: it is either a slip, or somebody waits for slips.",
  },
  "backdoor/hidden-text": {
    why: "Characters that turn or hide text let a reader approve another line than the one that runs.",
  },
  "backdoor/mounted-token": {
    why: "The rights are those of another account than serviceAccountName says, so that a review of rights misses them.",
  },
  "backdoor/service-account-token-secret": {
    why: `${stays}: such a token has no end, and is not taken back by deleting the Pod.`,
  },
  "backdoor/last-applied-differs": {
    why: "kubectl apply computes from the copy what to remove: one that lies removes or keeps what nobody sees.",
  },
  "backdoor/recreates-bindings": { why: `${stays}: what was cleaned up comes back at the next minute.` },
  "backdoor/dns-rewrite": { why: "Whoever answers for a name gets what is sent to it, with the passwords." },
  "backdoor/selectorless-endpoints": {
    why: "Traffic to the Service goes to the address that stands there, also out of the cluster or into another namespace.",
  },
  "backdoor/privileged-everywhere": {
    why: "A shell with the rights of root on each node, also on those that come later.",
  },
  "backdoor/controller-account": {
    why: "Accounts of controllers have rights that no workload needs, and their acts look like those of the cluster.",
  },
  "backdoor/preload": {
    why: "A library that is loaded first can read and change all that the program does.",
  },
  "backdoor/webhook-sees-secrets": {
    why: "Each Secret is sent to the webhook when it is written, in plain text.",
  },
  "backdoor/cloud-administrators": {
    why: "Whoever gets that role of the cloud has every right of the cluster, past RBAC and without a trace in it.",
  },
  "backdoor/masters-certificate": {
    why: "A certificate of system:masters passes all of RBAC, and no certificate can be taken back.",
  },
  "backdoor/system-namespace-binding": {
    why: `${stays}: who may change objects of kube-system changes what every node and every Pod trusts.`,
  },
  "backdoor/policy-injects": {
    why: "A policy that puts containers or accounts into Pods acts with the rights of each of them.",
  },
  "backdoor/metadata-service": {
    why: "The address gives out credentials of the cloud to whoever can reach it through the Service.",
  },
  "backdoor/forged-endpoints": { why: "Nobody looks at slices that the controller is thought to write." },
  "backdoor/outside-api": {
    why: "The API server sends requests for the group there, with the name and the groups of whoever asks.",
  },
  "backdoor/unproved-source": {
    why: "Whoever is on the way can put other manifests in, and they are applied by themselves.",
  },
  "backdoor/project-without-bounds": {
    why: "An Application in it can apply anything from anywhere to everywhere.",
  },
  "backdoor/misnamed-policy": {
    why: "A name that says deny over a rule that allows all stops whoever looks for a gap.",
  },
  "backdoor/exempt-namespace": {
    why: "A namespace that two kinds of policy pass over is where an intruder works.",
  },
  "backdoor/node-volume": {
    why: "A claim of it gives a Pod the node's own files, past checks that look for hostPath in Pods.",
  },
  "supply-chain/registry-not-allowed": {
    why: "An image of a registry that nobody vouches for runs with all that the Pod may do.",
  },
  "metadata/required-label": {
    why: "Without it nobody knows whose the workload is when it breaks, and what selects by it misses it.",
  },
  "settings/unused-exemption": {
    why: "An exemption that fits nothing is a leftover that will one day let through what nobody meant, or was meant for something else that is not exempt.",
    fix: "remove it, or correct what it is for",
  },
  "settings/unknown-kind": {
    why: "A rule for a kind that there is not finds nothing, and nobody notices that what it should hold is not held.",
    fix: "correct the kind in match, or add the definition of the custom resource with kubeops schemas add",
  },
  "pod-security/namespace-label": {
    why: "Pod Security takes a level that it does not know for restricted or refuses the label: the namespace is not judged as it was meant.",
  },
};

/** Why the checks of a family are checks, where no reason of one's own is given. */
const families: Readonly<Record<string, Partial<Record<Severity, string>>>> = {
  yaml: {
    error:
      "Readers of YAML differ here, and the API server's refuses it or takes something else than is meant.",
    warning: "The API server reads something else than a person does.",
    info: "It is read otherwise than it looks.",
  },
  object: {
    error: `${refused}.`,
    warning: "The API server takes it otherwise than it is written.",
    info: "It is not clear what will become of it.",
  },
  schema: {
    error: `${refused}.`,
    warning: "The API server takes the object and does not do what the field asks.",
    info: "The API server takes the object and does not do what the field asks.",
  },
  "custom-resource": { error: `${refused}.`, warning: "The API server takes the object and not all of it." },
  chart: {
    error: "Helm ends here, and nothing of the chart is applied or judged.",
    warning: "Helm renders something else here than the chart's author saw, or only on some machines.",
    info: "Helm renders something else here than the chart's author saw, or only on some machines.",
  },
  definition: { error: "Without its definition no object of the kind can be applied." },
  server: { error: `${refused}.` },
  rbac: {
    error:
      "The API server refuses it, or it grants nothing: a right that is meant is missing, or a boundary is.",
    warning: "It grants something else than it looks like.",
    info: "It grants less than it looks like.",
  },
  "pod-security": {
    error:
      "A namespace that enforces the level refuses the Pod, and where none does the Pod can do more than a program needs: the standard names the settings through which containers were left before.",
  },
};

/** Why a check is one; undefined for a family without an entry. */
export function reasonOf(id: string, severity: Severity): string | undefined {
  return reasons[id]?.why ?? families[familyOf(id)]?.[severity];
}
