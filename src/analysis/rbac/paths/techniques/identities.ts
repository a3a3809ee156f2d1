import { accountOf, groupIdentity, type Identity, MASTERS, userIdentity } from "../../model/subject.ts";
import { holdsIn } from "../../model/version-switches.ts";
import type { Evidence, Held } from "../held.ts";
import { type Found, goodPractices, type Technique } from "../technique.ts";
import { asIdentity, askOne, type AttackWorld, want } from "../world.ts";

const identities = new WeakMap<AttackWorld, readonly Identity[]>();

/** Identities worth taking. */
function targets(world: AttackWorld): readonly Identity[] {
  const before = identities.get(world);
  if (before !== undefined) return before;
  const found = world.principals.map(({ kind, name }) =>
    kind === "user" ? userIdentity(name) : groupIdentity(name),
  );
  identities.set(world, found);
  return found;
}

function* impersonate(world: AttackWorld, from: Held): Generator<Found> {
  if (from.kind === "cluster-admin") return;
  // Some user is always impersonated along with a group.
  const anyUser = askOne(world, from, [
    want("impersonate", "users"),
    ...namedUsers(world, from).map((name) => want("impersonate", "users", { name })),
  ]);
  const masters = world.ask(from, want("impersonate", "groups", { name: MASTERS }));
  if (anyUser !== undefined && masters !== undefined)
    yield {
      to: { kind: "cluster-admin" },
      evidence: [anyUser, masters],
      detail: `acts as a member of ${MASTERS}`,
    };
  for (const identity of targets(world)) {
    const account = accountOf(identity.user);
    if (identity.kind === "group") {
      const [name = ""] = identity.groups;
      if (anyUser === undefined || name === MASTERS || name.startsWith("system:authenticated")) continue;
      const evidence = world.ask(from, want("impersonate", "groups", { name }));
      if (evidence !== undefined)
        yield {
          to: asIdentity(identity),
          evidence: [anyUser, evidence],
          detail: `acts as a member of ${name}`,
        };
      continue;
    }
    const request =
      account === undefined
        ? want("impersonate", "users", { name: identity.user })
        : want("impersonate", "serviceaccounts", account);
    const evidence = world.ask(from, request);
    if (evidence !== undefined)
      yield { to: asIdentity(identity), evidence: [evidence], detail: "acts as it" };
  }
}

/** Names that rules limit impersonation of users to, whoever they are. */
function namedUsers(world: AttackWorld, from: Held): readonly string[] {
  if (from.kind !== "identity") return [];
  const rules = [...world.rbac.roles.values()].flatMap(({ builtin, written }) => (builtin ? [] : written));
  const names = rules
    .filter(({ verbs, resources }) => verbs.includes("impersonate") && resources.includes("users"))
    .flatMap(({ resourceNames }) => resourceNames.slice(0, 100));
  return [...new Set(names)].slice(0, 100);
}

const AUTHENTICATION = "authentication.k8s.io";

function* impersonateConstrained(world: AttackWorld, from: Held): Generator<Found> {
  if (!holdsIn("constrainedImpersonation", world.rbac.minor) || from.kind === "cluster-admin") return;
  // Without a right on some action the mode gives nothing; whether there is one shows in what is then asked.
  if (from.kind === "identity" && from.limit !== undefined) return;
  for (const identity of targets(world)) {
    if (identity.kind === "group") continue;
    const account = accountOf(identity.user);
    const node = identity.user.startsWith("system:node:")
      ? identity.user.slice("system:node:".length)
      : undefined;
    const mode =
      account !== undefined ? "serviceaccount" : node !== undefined ? "arbitrary-node" : "user-info";
    const request = want(
      `impersonate:${mode}`,
      account !== undefined ? "serviceaccounts" : node !== undefined ? "nodes" : "users",
      { group: AUTHENTICATION, ...(account ?? { name: node ?? identity.user }) },
    );
    const evidence = world.ask(from, request);
    if (evidence !== undefined)
      yield {
        to: { kind: "identity", identity, limit: { by: from, mode } },
        evidence: [evidence],
        detail: `acts as it for the verbs that impersonate-on:${mode} names`,
      };
  }
}

function* tokenRequest(world: AttackWorld, from: Held): Generator<Found> {
  const token = (namespace: string, name = ""): ReturnType<typeof want> =>
    want("create", "serviceaccounts/token", { namespace, name });
  const whole = new Set<string>();
  for (const { namespace, evidence } of world.spread(from, (scope) => [token(scope)])) {
    whole.add(namespace);
    yield {
      to: { kind: "accounts", namespace, running: false },
      evidence: [evidence],
      detail: "asks for its token",
    };
  }
  for (const scope of world.scopes(from))
    for (const namespace of world.reaches(scope)) {
      if (whole.has(namespace)) continue;
      for (const identity of world.accountsIn(namespace)) {
        const name = accountOf(identity.user)?.name;
        const evidence = name === undefined ? undefined : world.ask(from, token(namespace, name));
        if (evidence !== undefined)
          yield { to: asIdentity(identity), evidence: [evidence], detail: "asks for its token" };
      }
    }
}

const reads = ["get", "list", "watch"];

function* readSecrets(world: AttackWorld, from: Held): Generator<Found> {
  for (const scope of world.scopes(from)) {
    const evidence = askOne(
      world,
      from,
      reads.map((verb) => want(verb, "secrets", { namespace: scope })),
    );
    if (evidence !== undefined)
      yield { to: { kind: "secrets", namespace: scope }, evidence: [evidence], detail: "reads them" };
  }
  for (const { namespace, name, user } of world.around.tokenSecrets) {
    const evidence = askOne(world, from, [
      ...reads.map((verb) => want(verb, "secrets", { namespace })),
      ...reads.map((verb) => want(verb, "secrets", { namespace, name })),
    ]);
    if (evidence !== undefined)
      yield {
        to: asIdentity(userIdentity(user)),
        evidence: [evidence],
        detail: `reads its token in Secret ${namespace}/${name}`,
      };
  }
}

function* createTokenSecret(world: AttackWorld, from: Held): Generator<Found> {
  for (const { namespace, evidence } of world.spread(from, (scope) => [
    want("create", "secrets", { namespace: scope }),
  ])) {
    let read: Evidence | undefined;
    for (const verb of reads) read ??= world.askAll(from, want(verb, "secrets", { namespace }));
    if (read !== undefined)
      yield {
        to: { kind: "accounts", namespace, running: false },
        evidence: [evidence, read],
        detail: "makes a Secret into which Kubernetes writes its token, and reads it",
      };
  }
}

function* approveCertificate(world: AttackWorld, from: Held): Generator<Found> {
  const group = "certificates.k8s.io";
  const signer = "kubernetes.io/kube-apiserver-client";
  const approve =
    world.ask(from, want("approve", "signers", { group, name: signer })) ??
    world.ask(from, want("approve", "signers", { group, name: "kubernetes.io/*" }));
  if (approve === undefined) return;
  const update =
    world.ask(from, want("update", "certificatesigningrequests/approval", { group })) ??
    world.ask(from, want("patch", "certificatesigningrequests/approval", { group }));
  if (update === undefined) return;
  const create = world.askAll(from, want("create", "certificatesigningrequests", { group }));
  if (create === undefined) return;
  for (const identity of targets(world)) {
    // Admission refuses certificates of system:masters for this signer (CertificateSubjectRestriction).
    if (identity.groups.includes(MASTERS)) continue;
    yield {
      to: asIdentity(identity),
      evidence: [create, update, approve],
      detail: "has a client certificate in its name signed",
    };
  }
}

const account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: target, namespace: shop}";
const bound =
  "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: target}\nroleRef: {kind: ClusterRole, name: cluster-admin, apiGroup: rbac.authorization.k8s.io}\nsubjects: [{kind: ServiceAccount, name: target, namespace: shop}, {kind: User, name: anna}, {kind: Group, name: admins}]";
const target = `${account}\n---\n${bound}`;
const asTarget = "u:system:serviceaccount:shop:target";
const csr = ["certificates.k8s.io"];

export const identityTechniques: readonly Technique[] = [
  {
    id: "impersonate",
    title: "Acts as somebody else",
    severity: "critical",
    needs: "impersonate on users, groups or serviceaccounts; for a group also on some user",
    sources: [
      goodPractices,
      "KubeHound IDENTITY_IMPERSONATE",
      "IceKube CAN_IMPERSONATE",
      "rbac-police impersonate",
    ],
    cut: "take impersonate away, or limit it to names without rights",
    from: "rights",
    resources: ["users", "groups", "serviceaccounts"],
    joint: false,
    find: impersonate,
    positive: { rules: [{ verbs: ["impersonate"], apiGroups: [""], resources: ["users", "groups"] }] },
    counter: { rules: [{ verbs: ["impersonate"], apiGroups: [""], resources: ["groups"] }] },
    leadsTo: "cluster-admin",
  },
  {
    id: "impersonate-constrained",
    title: "Acts as somebody else for some verbs",
    severity: "high",
    needs:
      "impersonate:MODE on the identity and impersonate-on:MODE:VERB on what is asked for, in Kubernetes 1.36 and later",
    sources: ["KEP-5284", "apiserver pkg/endpoints/filters/impersonation/mode.go"],
    cut: "take one of the two verbs away",
    from: "rights",
    resources: ["users", "nodes", "serviceaccounts"],
    joint: false,
    find: impersonateConstrained,
    positive: {
      rules: [
        {
          verbs: ["impersonate:serviceaccount"],
          apiGroups: ["authentication.k8s.io"],
          resources: ["serviceaccounts"],
        },
        { verbs: ["impersonate-on:serviceaccount:get"], apiGroups: [""], resources: ["secrets"] },
      ],
      objects: target,
      minor: 36,
    },
    counter: {
      rules: [
        {
          verbs: ["impersonate:serviceaccount"],
          apiGroups: ["authentication.k8s.io"],
          resources: ["serviceaccounts"],
        },
        { verbs: ["impersonate-on:serviceaccount:get"], apiGroups: [""], resources: ["secrets"] },
      ],
      objects: target,
      minor: 35,
    },
    leadsTo: "secrets ",
  },
  {
    id: "token-request",
    title: "Asks for a ServiceAccount's token",
    severity: "critical",
    needs: "create on serviceaccounts/token",
    sources: [goodPractices, "IceKube GENERATE_TOKEN", "rbac-police token_request"],
    cut: "take serviceaccounts/token away, or limit it by name",
    from: "rights",
    resources: ["serviceaccounts/token"],
    joint: false,
    find: tokenRequest,
    positive: {
      rules: [{ verbs: ["create"], apiGroups: [""], resources: ["serviceaccounts/token"] }],
      objects: target,
    },
    counter: {
      rules: [{ verbs: ["create"], apiGroups: [""], resources: ["serviceaccounts"] }],
      objects: target,
    },
    leadsTo: asTarget,
  },
  {
    id: "read-secrets",
    title: "Reads Secrets, and tokens in them",
    severity: "high",
    needs:
      "get, list or watch on secrets: each shows the values; a token only where a Secret of that type is there",
    sources: [
      goodPractices,
      "KubeHound TOKEN_BRUTEFORCE, TOKEN_LIST",
      "IceKube ACCESS_SECRET, GET_AUTHENTICATION_TOKEN_FOR, MOUNTS_SECRET",
      "rbac-police retrieve_token_secrets, list_secrets",
    ],
    cut: "take get, list and watch on secrets away, or limit get by name; delete token Secrets",
    from: "rights",
    resources: ["secrets"],
    joint: false,
    find: readSecrets,
    positive: {
      rules: [{ verbs: ["list"], apiGroups: [""], resources: ["secrets"] }],
      objects: `${target}\n---\napiVersion: v1\nkind: Secret\ntype: kubernetes.io/service-account-token\nmetadata: {name: t, namespace: shop, annotations: {kubernetes.io/service-account.name: target}}`,
    },
    counter: {
      rules: [{ verbs: ["create", "delete"], apiGroups: [""], resources: ["secrets"] }],
      objects: target,
    },
    leadsTo: asTarget,
  },
  {
    id: "create-token-secret",
    title: "Has Kubernetes write a token into a Secret",
    severity: "critical",
    needs: "create on secrets, and get, list or watch on them",
    sources: [
      "IceKube CREATE_SECRET_WITH_TOKEN",
      "rbac-police issue_token_secrets",
      "kubernetes pkg/controller/serviceaccount/tokens_controller.go",
    ],
    cut: "take create or reading of secrets away",
    from: "rights",
    resources: ["secrets"],
    joint: true,
    find: createTokenSecret,
    positive: {
      rules: [{ verbs: ["create", "get"], apiGroups: [""], resources: ["secrets"] }],
      objects: target,
    },
    counter: {
      rules: [{ verbs: ["create", "update"], apiGroups: [""], resources: ["secrets"] }],
      objects: target,
    },
    leadsTo: asTarget,
  },
  {
    id: "approve-certificate",
    title: "Has a client certificate signed for somebody else",
    severity: "critical",
    needs:
      "create on certificatesigningrequests, update on their approval, and approve on signer kubernetes.io/kube-apiserver-client; not for system:masters",
    sources: [
      goodPractices,
      "IceKube GENERATE_CLIENT_CERTIFICATE",
      "rbac-police approve_csrs",
      "kubernetes plugin/pkg/admission/certificates/subjectrestriction",
    ],
    cut: "take approve on the signer away",
    from: "rights",
    resources: ["signers"],
    joint: true,
    find: approveCertificate,
    positive: {
      rules: [
        { verbs: ["create"], apiGroups: csr, resources: ["certificatesigningrequests"] },
        { verbs: ["update"], apiGroups: csr, resources: ["certificatesigningrequests/approval"] },
        {
          verbs: ["approve"],
          apiGroups: csr,
          resources: ["signers"],
          resourceNames: ["kubernetes.io/kube-apiserver-client"],
        },
      ],
      objects: target,
    },
    counter: {
      rules: [
        { verbs: ["create"], apiGroups: csr, resources: ["certificatesigningrequests"] },
        { verbs: ["update"], apiGroups: csr, resources: ["certificatesigningrequests/approval"] },
      ],
      objects: target,
    },
    leadsTo: "u:anna",
  },
];
