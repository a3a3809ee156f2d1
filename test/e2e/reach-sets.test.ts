import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, type World } from "../support/cli.ts";

const deployment = (namespace: string, name: string): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec:\n  template:\n    metadata: {labels: {app: ${name}}}\n    spec: {containers: [{name: c, image: c, ports: [{containerPort: 5432}]}]}\n---\n`;
const policy = (name: string, spec: string): string =>
  `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: ${name}, namespace: shop}\nspec: ${spec}\n---\n`;
const calico = (kind: string, name: string, spec: string, namespace = ""): string =>
  `apiVersion: projectcalico.org/v3\nkind: ${kind}\nmetadata: {name: ${name}${namespace}}\nspec: ${spec}\n---\n`;
const workloads = `apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n${deployment("shop", "web")}${deployment("shop", "db")}`;
const closed = policy("deny", "{podSelector: {}, policyTypes: [Ingress]}");
const alone = policy("alone", "{podSelector: {}, policyTypes: [Ingress, Egress]}");
const wide = policy(
  "wide",
  "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {}}]}]}",
);
const narrow = policy(
  "narrow",
  "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}]}",
);

describe("reach about sets of policies", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld();
    world.write("k8s/all.yaml", workloads);
    world.write("wide/p.yaml", closed + wide);
    world.write("narrow/p.yaml", closed + narrow);
    world.write("both/p.yaml", closed + wide + narrow);
    world.write("open/p.yaml", wide);
    world.write("alone/p.yaml", alone);
    world.write(
      "calico/p.yaml",
      workloads +
        calico("Tier", "security", "{order: 100, defaultAction: Pass}") +
        calico(
          "GlobalNetworkPolicy",
          "security.lock",
          "{tier: security, selector: app == 'db', ingress: [{action: Deny, source: {notSelector: app == 'web'}}]}",
        ) +
        calico(
          "NetworkPolicy",
          "db",
          "{selector: app == 'db', ingress: [{action: Allow}]}",
          ", namespace: shop",
        ),
    );
    world.write(
      "broken/p.yaml",
      workloads + calico("GlobalNetworkPolicy", "g", "{selector: app = 'db', ingress: []}"),
    );
  });
  afterAll(() => world.remove());

  test("--compare: equal, contained, contains, neither, by exit code and by witness", () => {
    const ask = (left: string, right: string): { status: number | null; stdout: string } =>
      world.kubeops(["reach", "--compare", left, right, "-f", "k8s"]);
    expect(ask("wide", "both")).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^equal: /) as string,
    });
    const contained = ask("wide", "narrow");
    expect([contained.status, contained.stdout.split("\n")[0]]).toEqual([
      0,
      "contained: the second lets through nothing that the first does not, and less",
    ]);
    const contains = ask("narrow", "wide");
    expect(contains.status).toBe(1);
    expect(contains.stdout).toContain("contains: the second lets through all that the first does, and more");
    expect(ask("alone", "open").stdout).toContain("contains: ");
    const json = world.kubeops(["reach", "--compare", "narrow", "wide", "-f", "k8s", "-o", "json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      kind: "ReachabilityRelation",
      relation: "contains",
      proved: false,
    });
    expect(world.kubeops(["reach", "--compare", "wide"]).status).toBe(2);
  });

  test("--redundant: what nobody would miss", () => {
    const ran = world.kubeops(["reach", "--redundant", "-f", "k8s", "-f", "both"]);
    expect(ran.status).toBe(1);
    expect(ran.stdout).toContain("  redundant  NetworkPolicy shop/narrow: nobody would notice if it went");
    expect(ran.stdout).not.toContain("NetworkPolicy shop/wide:");
    expect(world.kubeops(["reach", "--redundant", "-f", "k8s", "-f", "narrow"]).status).toBe(0);
    const json = world.kubeops(["reach", "--redundant", "-f", "k8s", "-f", "both", "-o", "json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      kind: "ReachabilityEffects",
      policies: 3,
      withoutEffect: [{ effect: "redundant", policy: "NetworkPolicy shop/narrow" }],
    });
  });

  test("--coverage: who is isolated", () => {
    const yes = world.kubeops(["reach", "--coverage", "-f", "k8s", "-f", "alone"]);
    expect([yes.status, yes.stdout.split("\n")[0]]).toEqual([
      0,
      "yes: of 2 workloads, policies isolate 2 for ingress and 2 for egress",
    ]);
    const no = world.kubeops(["reach", "--coverage", "-f", "k8s", "-f", "open"]);
    expect(no.status).toBe(1);
    expect(no.stdout).toContain("  shop/web: ingress open; egress open\n");
    expect(no.stdout).toContain("  in shop: ingress isolated or open, by their labels; egress open\n");
    const json = world.kubeops(["reach", "--coverage", "-f", "k8s", "-f", "open", "-o", "json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ kind: "ReachabilityCoverage", covered: false });
    expect(world.kubeops(["reach", "--coverage", "--redundant", "-f", "k8s"]).status).toBe(2);
  });

  test("policies of Calico: a question with its reasons, every other question, and what is refused", () => {
    const yes = world.kubeops(["reach", "shop/web", "shop/db:5432", "-f", "calico"]);
    expect(yes.status).toBe(0);
    expect(yes.stdout).toContain("Calico NetworkPolicy shop/db, ingress rule 1 allows TCP 5432");
    expect(yes.stdout).toContain("Calico is taken to enforce all policies");
    const no = world.kubeops(["reach", "new:shop", "shop/db:5432", "-f", "calico"]);
    expect(no.status).toBe(1);
    expect(no.stdout).toContain("Calico GlobalNetworkPolicy security.lock, ingress rule 1 denies TCP 5432");
    for (const mode of [[], ["--exposed"], ["--redundant"], ["--coverage"], ["--map"]])
      expect(world.kubeops(["reach", ...mode, "-f", "calico"]).stderr).toBe("");
    expect(world.kubeops(["reach", "--diff", "k8s", "calico"]).stdout).toContain("closes");
    const broken = world.kubeops(["reach", "-f", "broken"]);
    expect(broken.status).toBe(2);
    expect(broken.stdout).toContain("is no selector of Calico: expected == at character 5");
    const checked = world.kubeops(["check", "broken"]);
    expect(checked.stdout).toContain("network/refused");
  });
});
