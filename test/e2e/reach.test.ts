import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, type World } from "../support/cli.ts";

const deployment = (namespace: string, name: string, env = ""): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec:\n  template:\n    metadata: {labels: {app: ${name}}}\n    spec: {containers: [{name: c, image: c, ports: [{containerPort: 5432}]${env}}]}\n---\n`;
const policy = (namespace: string, name: string, spec: string): string =>
  `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec: ${spec}\n---\n`;
const namespaces = ["shop", "payments"]
  .map((name) => `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}}\n---\n`)
  .join("");
const workloads =
  namespaces +
  deployment("shop", "web", ", env: [{name: DB, value: 'postgres://db.payments:80/x'}]") +
  deployment("payments", "db") +
  "apiVersion: v1\nkind: Service\nmetadata: {name: db, namespace: payments}\nspec: {selector: {app: db}, ports: [{port: 80, targetPort: 5432}]}\n---\n";
const closed = policy("payments", "deny", "{podSelector: {}, policyTypes: [Ingress]}");
const open = policy(
  "payments",
  "db",
  "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}], ports: [{port: 5432}]}]}",
);

/** `kubeops reach` from the command line. */
describe("reach", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld();
    world.write("before/all.yaml", workloads + closed);
    world.write("after/all.yaml", workloads + closed + open);
    world.write(
      "rules.yaml",
      "apiVersion: kubernetes-operations.dev/v1\nkind: ReachAssertions\nmustReach:\n- {from: shop/web, to: 'payments/db:5432'}\nmustNotReach:\n- {from: internet, to: payments/*, why: money}\n",
    );
    world.write(
      "bad.yaml",
      workloads + policy("shop", "p", "{podSelector: {}, ingress: [{ports: [{port: 90, endPort: 80}]}]}"),
    );
  });
  afterAll(() => world.remove());

  test("a question: yes and no, with the rules of each side, and the port of a Service translated", () => {
    const yes = world.kubeops(["reach", "shop/web", "payments/db:5432", "-f", "after"]);
    expect(yes.status).toBe(0);
    expect(yes.stdout).toContain("yes: shop/web to payments/db, TCP 5432\n");
    expect(yes.stdout).toContain("NetworkPolicy payments/db, ingress rule 1 allows TCP 5432");
    const no = world.kubeops(["reach", "shop/web", "payments/db:5432", "-f", "before"]);
    expect(no.status).toBe(1);
    expect(no.stdout).toContain("NetworkPolicy payments/deny selects it, and no rule allows TCP 5432");
    expect(no.stdout).toContain("needs an ingress rule from shop/web on TCP 5432");
    expect(world.kubeops(["reach", "shop/web", "payments/nobody", "-f", "after"]).status).toBe(2);
  });

  test("the matrix in every format, the same bytes twice", () => {
    for (const format of ["text", "json", "csv", "md", "dot", "svg", "html"]) {
      const first = world.kubeops(["reach", "-f", "after", "-o", format]);
      expect([format, first.status, first.stderr]).toEqual([format, 0, ""]);
      expect(first.stdout).toBe(world.kubeops(["reach", "-f", "after", "-o", format]).stdout);
    }
    const page = world.kubeops(["reach", "-f", "after", "--map"]).stdout;
    expect(page).toContain("default-src 'none'");
    expect(page.match(/(?:src|href)=|url\(|@import|fetch\(|XMLHttp/g)).toBe(null);
    expect(world.kubeops(["reach", "-f", "after", "--full", "-o", "csv"]).stdout).toContain(
      "shop/web,payments/db,TCP 5432\n",
    );
  });

  test("--diff tells what a change opens", () => {
    const ran = world.kubeops(["reach", "--diff", "before", "after"]);
    expect(ran.status).toBe(1);
    expect(ran.stdout).toContain(
      "1 opened, 0 changed, 0 closed\n  opens shop/web -> payments/db: TCP 5432\n",
    );
    expect(world.kubeops(["reach", "--diff", "before", "before"]).status).toBe(0);
  });

  test("--assert is a test", () => {
    expect(world.kubeops(["reach", "--assert", "rules.yaml", "-f", "after"]).status).toBe(0);
    const failed = world.kubeops(["reach", "--assert", "rules.yaml", "-f", "before"]);
    expect(failed.status).toBe(1);
    expect(failed.stdout).toContain("FAIL  shop/web must reach payments/db:5432\n");
  });

  test("--exposed looks at pods that do not exist yet", () => {
    const ran = world.kubeops(["reach", "--exposed", "-f", "after"]);
    expect(ran.status).toBe(0);
    expect(ran.stdout).toContain("open to a new pod without labels in shop: TCP 5432");
  });

  test("--synthesise writes policies that the engine proves, and that let through what is declared", () => {
    const ran = world.kubeops(["reach", "--synthesise", "-f", "before", "--out", "made.yaml"]);
    expect(ran.status).toBe(0);
    expect(ran.stderr).toContain("proved: they allow exactly these flows, and DNS\n");
    world.write("open.yaml", workloads);
    expect(
      world.kubeops(["reach", "shop/web", "payments/db:80", "-f", "open.yaml", "-f", "made.yaml"]).status,
    ).toBe(1);
    expect(
      world.kubeops(["reach", "shop/web", "payments/db:5432", "-f", "open.yaml", "-f", "made.yaml"]).status,
    ).toBe(0);
    expect(
      world.kubeops(["reach", "payments/db", "shop/web", "-f", "open.yaml", "-f", "made.yaml"]).status,
    ).toBe(1);
  });

  test("a policy that the API server refuses is named, and the exit code says so", () => {
    const ran = world.kubeops(["reach", "-f", "bad.yaml"]);
    expect(ran.status).toBe(2);
    expect(ran.stdout).toContain("REFUSED by the API server");
    expect(ran.stdout).toContain("80 must not be less than port 90");
    expect(world.kubeops(["check", "bad.yaml"]).stdout).toContain("network/refused");
  });

  test("policies of Cilium: reasons, denials, exposure, differences and what is only an upper bound", () => {
    const cilium = (namespace: string, name: string, spec: string): string =>
      `apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec: ${spec}\n---\n`;
    const lets = cilium(
      "payments",
      "db",
      '{endpointSelector: {matchLabels: {app: db}}, ingress: [{fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": shop}}], toPorts: [{ports: [{port: "5432", protocol: TCP}]}]}]}',
    );
    const denies =
      "apiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata: {name: ban}\nspec: {endpointSelector: {}, enableDefaultDeny: {ingress: false}, ingressDeny: [{fromEndpoints: [{matchLabels: {app: web}}]}]}\n";
    world.write("cilium/all.yaml", workloads + lets);
    world.write("banned/all.yaml", `${workloads}${lets}${denies}`);
    const yes = world.kubeops(["reach", "shop/web", "payments/db:5432", "-f", "cilium"]);
    expect([yes.status, yes.stdout]).toEqual([
      0,
      expect.stringContaining("CiliumNetworkPolicy payments/db, ingress rule 1 allows TCP 5432"),
    ]);
    expect(yes.stdout).toContain("in its mode `default`");
    const no = world.kubeops(["reach", "shop/web", "payments/db:5432", "-f", "banned"]);
    expect([no.status, no.stdout]).toEqual([
      1,
      expect.stringContaining("CiliumClusterwideNetworkPolicy ban, ingressDeny rule 1 denies TCP 5432"),
    ]);
    const delta = world.kubeops(["reach", "--diff", "banned", "cilium"]);
    expect([delta.status, delta.stdout]).toEqual([
      1,
      expect.stringContaining("opens shop/web -> payments/db: TCP 5432"),
    ]);
    expect(world.kubeops(["reach", "--assert", "rules.yaml", "-f", "cilium"]).status).toBe(0);
    // Pods of shop that do not exist yet are let in, too.
    expect(world.kubeops(["reach", "--exposed", "-f", "cilium"]).stdout).toMatch(
      /open to .*new pod.* shop.*: TCP 5432\n/,
    );
    expect(world.kubeops(["reach", "--map", "-f", "cilium"]).status).toBe(0);

    world.write(
      "names/all.yaml",
      `${workloads}${cilium("shop", "out", "{endpointSelector: {}, egress: [{toFQDNs: [{matchName: api.example}]}]}")}`,
    );
    const names = world.kubeops(["reach", "shop/web", "198.51.100.7:443", "-f", "names"]);
    expect([names.status, names.stdout]).toEqual([0, expect.stringContaining("INCOMPLETE:")]);
    expect(names.stdout).toContain("api.example are names whose addresses are not known");
    expect(world.kubeops(["check", "names"]).stdout).toContain("network/cilium-names-unlearned");

    world.write(
      "refused/all.yaml",
      workloads + cilium("shop", "p", "{endpointSelector: {}, ingress: [{fromCIDR: [10.0.0.0/40]}]}"),
    );
    const refused = world.kubeops(["reach", "-f", "refused"]);
    expect([refused.status, refused.stdout]).toEqual([
      2,
      expect.stringContaining('spec.ingress[0].fromCIDR[0]: "10.0.0.0/40" is no address and no CIDR block'),
    ]);
  });
});
