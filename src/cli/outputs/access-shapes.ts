import type { NoWideningProof } from "../../analysis/rbac/delta/permission-delta.ts";
import type { LeastScope } from "../../analysis/rbac/least/least-roles.ts";
import type { PolicyRule, ResourceRequest, UrlRequest } from "../../analysis/rbac/model/policy-rule.ts";
import {
  anyObject,
  anyText,
  boolean,
  choice,
  list,
  literal,
  may,
  type Member,
  need,
  type RecordShape,
  record,
  type Shape,
} from "../../kube/shape/shape.ts";
import type { ServerAnswer } from "../commands/can/verify.ts";
import { members, natural, output, placeShape, texts } from "./parts.ts";

const rule: RecordShape = record<PolicyRule>({
  verbs: need(texts),
  apiGroups: need(texts),
  resources: need(texts),
  resourceNames: need(texts, "Empty: every name."),
  nonResourceURLs: need(texts),
});

const request: Shape = choice(
  record<ResourceRequest>({
    kind: need(literal("resource")),
    verb: need(anyText),
    group: need(anyText),
    resource: need(anyText),
    subresource: need(anyText, "Empty: the resource itself."),
    namespace: need(anyText, "Empty: a cluster-scoped resource, or all namespaces."),
    name: need(anyText, "Empty: the collection."),
  }),
  record<UrlRequest>({ kind: need(literal("url")), verb: need(anyText), path: need(anyText) }),
);

const subject: Member = need(anyText, "As it is named on the command line: user:, group: or sa:.");
const binding: Member = need(anyText, "Kind, namespace and name.");
const role: Member = need(anyText, "Kind, namespace and name.");
const source: Member = may(anyText, "The role that the rule was aggregated from, where that is another one.");
const builtin: Member = need(boolean, "Every cluster has the binding from its start.");
const assumptions: Member = need(texts, "What was taken for given.");
const notes: Member = need(texts, "What a reader may not expect.");

const grant: RecordShape = members({
  binding,
  role,
  source,
  rule: need(rule),
  through: need(anyText, "Whom the binding names: the subject itself or a group that it is in."),
  builtin,
  place: may(placeShape, "Of the binding."),
});

export const accessAnswer: RecordShape = output("AccessAnswer", {
  allowed: need(boolean),
  subject,
  user: need(anyText),
  groups: need(texts),
  request: need(request),
  masters: need(boolean, "It is in system:masters, which no rule limits."),
  grants: need(list(grant), "What allows it."),
  nearMisses: need(list(members({ binding, role, rule: need(rule), lacks: need(anyText) }))),
  notes,
  server: may(
    record<ServerAnswer>({ allowed: need(boolean), agrees: need(boolean) }),
    "With --verify: what the API server answers.",
  ),
  assumptions,
});

export const permissionList: RecordShape = output("PermissionList", {
  subject,
  user: need(anyText),
  groups: need(texts),
  masters: need(boolean),
  permissions: need(
    list(
      members({
        namespace: need(anyText, "Empty: everywhere."),
        rule: need(rule),
        inert: need(boolean, "It grants nothing where it stands."),
        binding,
        role,
        source,
        through: need(anyText),
        builtin,
      }),
    ),
  ),
  assumptions,
});

export const accessHolders: RecordShape = output("AccessHolders", {
  request: need(request),
  holders: need(
    list(
      members({
        subject,
        words: need(anyText),
        serviceAccounts: need(texts, "Of a group: those of its members that are known."),
        grants: need(list(grant)),
      }),
    ),
  ),
  notes,
  assumptions,
});

const attackPath: RecordShape = members({
  length: need(natural),
  hops: need(
    list(
      members({
        to: need(anyText),
        ways: need(
          list(
            members({
              technique: need(anyText, "See docs/reference/findings.md, attack paths."),
              title: need(anyText),
              severity: need(anyText),
              detail: need(anyText),
              cut: need(anyText, "How the step is taken away."),
              evidence: need(
                list(
                  members({
                    by: need(anyText),
                    request: need(request),
                    grants: need(list(members({ binding, role, source: need(anyText), rule: need(rule) }))),
                  }),
                ),
              ),
            }),
          ),
        ),
      }),
    ),
  ),
});

export const attackPaths: RecordShape = output("AttackPaths", {
  subject,
  goal: need(anyText),
  paths: need(list(attackPath), "Minimal ones, the shortest first."),
  truncated: need(boolean, "There may be more."),
  chokePoints: need(
    list(members({ binding, closes: need(natural, "Paths that are gone without the binding.") })),
  ),
  delays: need(anyText, "How long what is cut may go on."),
  assumptions,
});

const atom: Shape = choice(
  members({
    kind: need(literal("resource")),
    verb: need(anyText),
    group: need(anyText),
    resource: need(anyText),
    name: may(anyText, "Absent: every name, and the collection."),
  }),
  members({ kind: need(literal("url")), verb: need(anyText), path: need(anyText) }),
);
const words: Member = need(anyText, "The subject in words.");
const gains: Shape = list(
  members({
    subject,
    words,
    namespace: need(anyText, "Empty: everywhere."),
    sentences: need(texts),
    atoms: need(list(atom)),
    inert: need(list(atom), "What grants nothing where it stands."),
    bindings: need(texts),
    truncated: need(boolean, "There are more than are listed."),
  }),
);
const pathChanges: Shape = list(members({ subject, words, goal: need(anyText), path: need(attackPath) }));

export const permissionDelta: RecordShape = output("PermissionDelta", {
  gained: need(gains),
  lost: need(gains),
  opened: need(pathChanges, "Attack paths that are newly there."),
  closed: need(pathChanges),
  proof: need(
    record<NoWideningProof & { readonly pathsFrom: number; readonly pathsComplete: boolean }>({
      holds: need(boolean, "Nobody gains anything."),
      subjects: need(natural),
      scopes: need(natural),
      covers: need(texts),
      pathsFrom: need(natural, "Subjects from which paths were followed."),
      pathsComplete: need(boolean),
    }),
    "What was looked at.",
  ),
  assumptions,
});

export const leastRoles: RecordShape = output("LeastRoles", {
  subject,
  objects: need(list(anyObject), "Roles, then bindings."),
  scopes: need(
    list(
      record<LeastScope>({
        namespace: need(anyText, "Empty: a ClusterRole."),
        rules: need(list(rule)),
        requests: need(natural, "Different requests behind the rules."),
      }),
    ),
  ),
  already: need(natural, "Requests that are allowed without these roles."),
  notes,
});
