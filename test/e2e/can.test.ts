import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, type Ran, type World } from "../support/cli.ts";

const API = "apiVersion: rbac.authorization.k8s.io/v1";
const role = (rules: readonly string[]): string =>
  [
    API,
    "kind: Role",
    "metadata: {name: deployer, namespace: shop}",
    "rules:",
    ...rules.map((rule) => `  - {${rule}}`),
    "---",
    API,
    "kind: RoleBinding",
    "metadata: {name: ci, namespace: shop}",
    "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deployer}",
    "subjects: [{kind: ServiceAccount, name: deployer, namespace: ci}]",
    "",
  ].join("\n");
const deploy = "apiGroups: [apps], resources: [deployments], verbs: [get, patch]";
const config = 'apiGroups: [""], resources: [configmaps], resourceNames: [web], verbs: [create]';
const secrets = 'apiGroups: [""], resources: [secrets], verbs: [list]';

/** `kubeops can` from the command line. */
describe("can", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld();
    world.write("rbac/deployer.yaml", role([deploy, config]));
    world.write("after/deployer.yaml", role([deploy, config, secrets]));
    world.write(
      "odd/odd.yaml",
      [
        API,
        "kind: ClusterRoleBinding",
        'metadata: {name: "odd\\u202e"}',
        "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: absent}",
        "subjects: [{kind: Robot, name: r2}, {kind: ServiceAccount, name: a}, {kind: User}]",
        "",
      ].join("\n"),
    );
  });
  afterAll(() => world.remove());

  const ask = (...args: string[]): Ran => world.kubeops(["can", ...args, "-q"]);

  test("yes names the rule, the binding and the place", () => {
    const ran = ask("sa:ci/deployer", "patch", "deploy", "-n", "shop", "-f", "rbac");
    expect([ran.status, ran.stdout, ran.stderr]).toEqual([
      0,
      "yes: sa:ci/deployer can patch deployments.apps in namespace shop\n  RoleBinding shop/ci gives Role shop/deployer: get,patch deployments (apps)  rbac/deployer.yaml:8:1\n",
      "",
    ]);
  });

  test("no shows what is nearly enough", () => {
    const ran = ask("sa:ci/deployer", "delete", "deployments", "-n", "shop", "-f", "rbac");
    expect([ran.status, ran.stdout]).toEqual([
      1,
      "no: sa:ci/deployer cannot delete deployments.apps in namespace shop\n  not enough: RoleBinding shop/ci gives Role shop/deployer (get,patch deployments (apps)): it allows get, patch only\n",
    ]);
    const elsewhere = ask("sa:ci/deployer", "patch", "deployments", "-n", "other", "-f", "rbac");
    expect([elsewhere.status, elsewhere.stdout]).toEqual([
      1,
      "no: sa:ci/deployer cannot patch deployments.apps in namespace other\n  not enough: RoleBinding shop/ci gives Role shop/deployer (get,patch deployments (apps)): it counts in namespace shop only\n",
    ]);
  });

  test("a create that is limited by name is for apply alone", () => {
    const named = ask("sa:ci/deployer", "create", "cm/web", "-n", "shop", "-f", "rbac");
    expect([named.status, named.stdout.split("\n").at(-2)]).toEqual([
      0,
      "note: a POST carries no name and is refused; only server-side apply (which needs patch as well, and that is missing) or PUT can create web",
    ]);
    const bare = ask("sa:ci/deployer", "create", "cm", "-n", "shop", "-f", "rbac");
    expect([bare.status, bare.stdout.split("\n").at(-2)]).toEqual([
      1,
      "note: objects of these names can be created by server-side apply, which carries the name: web",
    ]);
  });

  test.each([
    [
      ["sa:ci/deployer", "get", "pods/exec", "-f", "rbac"],
      'error: "pods/exec" can mean the pod named "exec" or the subresource "exec" [USAGE]\n  hint: write pods --subresource exec for the subresource; for the object of that name write pods/exec --subresource \'\'\n',
    ],
    [
      ["deployer", "get", "pods", "-f", "rbac"],
      'error: "deployer" is no subject: its form is not known [USAGE]\n  hint: write user:NAME, group:NAME, sa:NAMESPACE/NAME or system:serviceaccount:NAMESPACE:NAME\n',
    ],
    [
      ["sa:ci/deployer", "get", "pods"],
      "error: no roles and bindings were named [USAGE]\n  hint: name files or folders with -f, or a live cluster with --kubeconfig or --context\n",
    ],
    [
      ["--list", "--who", "sa:ci/deployer", "-f", "rbac"],
      "error: --list and --who are two questions [USAGE]\n  hint: ask one at a time\n",
    ],
    [
      ["--paths", "sa:ci/deployer", "--to", "moon", "-f", "rbac"],
      'error: "moon" is no goal [USAGE]\n  hint: write cluster-admin, node, node:NAME, secrets, secrets:NAMESPACE, namespace:NAME, traffic, or a subject such as sa:shop/web\n',
    ],
    [
      ["sa:ci/deployer", "get", "pods", "-A", "-n", "a", "-f", "rbac"],
      "error: -A and -n exclude each other [USAGE]\n  hint: leave one out\n",
    ],
  ])("%j is exit code 2", (args, message) => {
    const ran = ask(...args);
    expect([ran.status, ran.stdout, ran.stderr]).toEqual([2, "", message]);
  });

  test("an object of the name of a subresource can be asked for", () => {
    expect(ask("sa:ci/deployer", "get", "pods/exec", "--subresource", "", "-f", "rbac").status).toBe(1);
    expect(
      ask("group:system:masters", "get", "pods/exec", "--subresource", "", "-f", "rbac").stdout,
    ).toContain('get pods named "exec" in namespace default');
  });

  test("--list and --who", () => {
    const list = ask("--list", "sa:ci/deployer", "-n", "shop", "--no-builtin", "-f", "rbac");
    expect([list.status, list.stdout]).toEqual([
      0,
      [
        "in namespace shop",
        "  VERBS      RESOURCES             THROUGH",
        "  get,patch  deployments (apps)    RoleBinding shop/ci, Role shop/deployer",
        "  create     configmaps named web  RoleBinding shop/ci, Role shop/deployer",
        "",
      ].join("\n"),
    ]);
    const who = ask("--who", "patch", "deployments", "-n", "shop", "--no-builtin", "-f", "rbac");
    expect([who.status, who.stdout]).toEqual([
      0,
      [
        "2 can patch deployments.apps in namespace shop:",
        "  group system:masters        can do everything",
        "  ServiceAccount ci/deployer  RoleBinding shop/ci gives Role shop/deployer",
        "",
      ].join("\n"),
    ]);
    expect(ask("--list", "user:nobody", "--no-builtin", "-f", "rbac")).toMatchObject({
      status: 1,
      stdout: "user:nobody can do nothing\n",
    });
  });

  test("--paths shows each step with its right and its cut", () => {
    const ran = ask("--paths", "sa:ci/deployer", "--to", "node", "-f", "rbac");
    expect([ran.status, ran.stdout]).toEqual([
      0,
      [
        "sa:ci/deployer reaches node in 1 step; 1 minimal path",
        "shortest path",
        "  1. starts a privileged pod in shop, which enforces no Pod Security level → root on a node",
        "     Starts a privileged pod [privileged-pod, critical]",
        "     needs patch deployments.apps in namespace shop: RoleBinding shop/ci gives Role shop/deployer (get,patch deployments (apps))",
        "     cut: enforce the Pod Security level baseline in the namespace; or delete RoleBinding shop/ci",
        "choke points",
        "  delete RoleBinding shop/ci and 1 of 1 path closes",
        "",
      ].join("\n"),
    ]);
    expect(ask("--paths", "user:nobody", "-f", "rbac")).toMatchObject({
      status: 1,
      stdout: "user:nobody does not reach cluster-admin\n",
    });
  });

  test("--diff says who gains what, and is empty for the same", () => {
    const ran = ask("--diff", "rbac", "after", "--atoms");
    expect([ran.status, ran.stdout.split("\n").slice(0, 4)]).toEqual([
      1,
      [
        "ServiceAccount ci/deployer gains in namespace shop:",
        "  read the values of Secrets",
        "  through RoleBinding shop/ci",
        "    list secrets",
      ],
    ]);
    const same = ask("--diff", "rbac", "rbac");
    expect(same.status).toBe(0);
    expect(same.stdout).toMatch(/^nobody gains anything \(\d+ subjects, \d+ scopes\)\n$/);
  });

  test("--least writes what was used, and its own answer is yes", () => {
    const event = (verb: string, name: string, code: number): string =>
      JSON.stringify({
        kind: "Event",
        apiVersion: "audit.k8s.io/v1",
        stage: "ResponseComplete",
        auditID: `${verb}${name}${code}`,
        verb,
        requestURI: "/",
        user: { username: "system:serviceaccount:ci:deployer" },
        objectRef: { resource: "configmaps", namespace: "shop", name, apiVersion: "v1" },
        responseStatus: { code },
      });
    world.write(
      "audit.log",
      [event("patch", "web", 201), event("get", "web", 200), event("delete", "web", 403), ""].join("\n"),
    );
    const ran = world.kubeops([
      "can",
      "--least",
      "audit.log",
      "--subject",
      "sa:ci/deployer",
      "--name",
      "least",
    ]);
    expect(ran.status).toBe(0);
    expect(ran.stderr).toContain("1 of them were refused and are left out");
    world.write("least/least.yaml", ran.stdout);
    const can = (verb: string, what: string): number | null =>
      ask("sa:ci/deployer", verb, what, "-n", "shop", "-f", "least").status;
    expect([can("patch", "cm/web"), can("create", "cm/web"), can("get", "cm/web")]).toEqual([0, 0, 0]);
    expect([can("delete", "cm/web"), can("get", "cm"), can("get", "cm/other")]).toEqual([1, 1, 1]);
  });

  test("bad objects are told, escaped, and decide nothing", () => {
    const ran = world.kubeops(["can", "user:anna", "get", "pods", "-f", "odd"]);
    expect(ran.status).toBe(1);
    expect(ran.stderr.split("\n").map((line) => line.replace(/^(\w+): \S+ /, "$1: "))).toEqual([
      "warning: ClusterRoleBinding odd\\u{202e} binds ClusterRole absent, which is not there: it grants nothing until somebody creates it [rbac/role-missing]",
      "error: subjects[0] is of a kind that is no subject; it matches nobody [rbac/subject-kind]",
      "error: subjects[1] has no namespace; in a ClusterRoleBinding it matches nobody [rbac/subject-namespace]",
      "error: subjects[2] has no name; it matches nobody [rbac/subject-name]",
      "",
    ]);
  });

  test("JSON is one object", () => {
    const ran = ask("sa:ci/deployer", "patch", "deployments", "-n", "shop", "-f", "rbac", "-o", "json");
    expect(JSON.parse(ran.stdout)).toMatchObject({
      apiVersion: "kubernetes-operations.dev/v1",
      kind: "AccessAnswer",
      allowed: true,
      grants: [{ binding: "RoleBinding shop/ci", role: "Role shop/deployer" }],
    });
  });
});

/** A plan says of itself who gains what; the charter decides. */
describe("permissions in a plan", () => {
  const ceiling = [
    "  ceilings:",
    "    permissions:",
    "      max:",
    "        - namespaces: [shop]",
    "          rules:",
    "            - {apiGroups: [apps], resources: [deployments], verbs: [get]}",
    "      forbiddenVerbs: [bind, escalate]",
    "      forbiddenPaths: [cluster-admin, node]",
    "",
  ].join("\n");
  const allow = (text: string): string =>
    text
      .replace(
        /^ {2}kinds:\n/m,
        "  kinds:\n    - group: rbac.authorization.k8s.io\n      kinds: [Role, RoleBinding]\n      operations: [create, update, delete]\n",
      )
      .replace(
        /^ {2}widening:\n/m,
        "  widening:\n    - {id: role, decision: allow}\n    - {id: binding, decision: allow}\n",
      );
  const planned = (rules: readonly string[], edit: (text: string) => string): Ran => {
    const world = makeWorld().prepare().charter({ edit });
    try {
      world.write("rbac.yaml", role(rules));
      return world.kubeops(["plan", "-f", "rbac.yaml", "-n", "shop", "--target", "git:./gitops#apps/shop"]);
    } finally {
      world.remove();
    }
  };

  test("without a ceiling nobody gains anything", () => {
    const ran = planned([deploy], allow);
    expect(ran.status).toBe(1);
    expect(ran.stdout).toContain(
      "  + ServiceAccount ci/deployer gains in namespace shop: read and change deployments.apps (RoleBinding shop/ci)",
    );
    expect(ran.stdout).toContain("the charter allows no permission to be gained");
    expect(ran.stdout).toContain("ServiceAccount ci/deployer newly reaches root on a node:");
  });

  test("within the ceiling a person decides; beyond it is denied", () => {
    const bounded = (text: string): string =>
      allow(text).replace(/^ {2}approvals:\n/m, `${ceiling}  approvals:\n`);
    const within = planned(["apiGroups: [apps], resources: [deployments], verbs: [get]"], bounded);
    expect([within.status, within.stdout.split("\n")[0]?.replace(/^Plan \w+ /, "")]).toEqual([
      0,
      " needs approval: 1 of anna",
    ]);
    const beyond = planned([deploy], bounded);
    expect(beyond.status).toBe(1);
    expect(beyond.stdout).toContain("1 of its 2 rights is beyond what the charter allows at most");
    expect(beyond.stdout).toContain("the charter forbids paths to node");
  });
});
