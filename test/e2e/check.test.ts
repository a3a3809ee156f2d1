import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, type World } from "../support/cli.ts";

/** `kubeops check` from the command line: formats, levels, what is left aside. */
describe("check", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld();
    world.write(
      "k8s/shop.yaml",
      [
        "apiVersion: v1",
        "kind: Namespace",
        "metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: baseline}}",
        "---",
        "apiVersion: apps/v1",
        "kind: Deployment",
        "metadata: {name: web, namespace: shop}",
        "spec:",
        "  template:",
        "    spec:",
        "      hostNetwork: true",
        "      containers: [{name: web, image: 'web:1'}]",
        "    metadata: {labels: {app: web}}",
        "  selector: {matchLabels: {app: web}}",
        "",
      ].join("\n"),
    );
    world.write("k8s/good.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n");
    world.write("k8s/settings.json", '{"a": 1}\n');
  });
  afterAll(() => world.remove());

  test("text shows the line; what was left aside is told apart from it", () => {
    const ran = world.kubeops(["check", "k8s"]);
    expect(ran.stdout).toBe(
      [
        'k8s/shop.yaml:11:20  error  pod-security/hostNamespaces  Pods of it violate PodSecurity "baseline:v1.37": host namespaces (hostNetwork=true)',
        "                                                         hint: namespace shop takes the Deployment and refuses every Pod of it",
        "  11 |       hostNetwork: true",
        "     |                    ^",
        "",
        "1 error in 2 files",
        "",
      ].join("\n"),
    );
    expect(ran.stderr).toBe("skipped k8s/settings.json: no apiVersion in it\n");
    expect(ran.status).toBe(1);
  });

  test("--pod-security says what enforcing a level would break", () => {
    const ran = world.kubeops(["check", "k8s", "--pod-security", "restricted", "--kube-version", "1.34"]);
    expect(ran.status).toBe(1);
    expect(ran.stdout.match(/pod-security\/\w+/g)).toEqual([
      "pod-security/hostNamespaces",
      "pod-security/allowPrivilegeEscalation",
      "pod-security/capabilities_restricted",
      "pod-security/runAsNonRoot",
      "pod-security/seccompProfile_restricted",
    ]);
    expect(ran.stderr.split("\n")[0]).toBe(
      "enforcing Pod Security restricted would break Deployment.apps shop/web",
    );
    const pods = Array.from(
      { length: 12 },
      (_, index) =>
        `apiVersion: v1\nkind: Pod\nmetadata: {name: p${index}}\nspec: {hostPID: true, containers: [{name: a, image: b}]}\n`,
    );
    world.write("many.yaml", pods.join("---\n"));
    const many = world.kubeops(["check", "many.yaml", "--pod-security", "baseline"]);
    expect(many.stderr).toBe(
      "enforcing Pod Security baseline would break Pod p0, Pod p1, Pod p10, Pod p11, Pod p2, Pod p3, Pod p4, Pod p5, Pod p6, Pod p7 and 2 more\n",
    );
    const good = world.kubeops(["check", "k8s/good.yaml", "--pod-security", "restricted"]);
    expect(good).toEqual({
      status: 0,
      stdout: "no findings in 1 file\n",
      stderr: "enforcing Pod Security restricted would break nothing\n",
    });
  });

  test("every format tells the same finding and gives the same exit code", () => {
    for (const [format, pattern] of [
      ["json", /"code":"pod-security\/hostNamespaces".*"line":11/],
      ["sarif", /"ruleId": "pod-security\/hostNamespaces"[^]*"startLine": 11/],
      ["junit", /<failure message="Pods of it violate [^]*type="pod-security\/hostNamespaces">/],
      ["github", /^::error file=k8s\/shop\.yaml,line=11,col=20,title=pod-security\/hostNamespaces::/m],
      ["gitlab", /"check_name": "pod-security\/hostNamespaces"[^]*"begin": 11/],
    ] as const) {
      const ran = world.kubeops(["check", "k8s", "-o", format]);
      expect(ran.stdout).toMatch(pattern);
      expect(ran.status).toBe(1);
      expect(world.kubeops(["check", "k8s", "-o", format]).stdout).toBe(ran.stdout);
      expect(world.kubeops(["check", "k8s/good.yaml", "-o", format]).status).toBe(0);
    }
  });

  test("a chart and a kustomization in a folder are named with what renders them", () => {
    world.write("mixed/chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\n");
    world.write("mixed/chart/templates/a.yaml", "metadata: {{ .Values.a }}\n");
    world.write("mixed/prod/kustomization.yaml", "resources: [a.yaml]\npatches: [{path: patch.yaml}]\n");
    const map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    world.write("mixed/prod/a.yaml", map);
    world.write("mixed/prod/patch.yaml", `${map}data: {a: b}\n`);
    expect(world.kubeops(["check", "mixed"])).toEqual({
      status: 0,
      stdout: "no findings in 1 file\n",
      stderr: [
        "skipped mixed/chart: a Helm chart, 1 template not read; to check what it renders, name it: kubeops check mixed/chart",
        "skipped mixed/prod/kustomization.yaml: a kustomization; its files are checked as they stand, and what it makes of them when it is named: kubeops check mixed/prod",
        "skipped mixed/prod/patch.yaml: no object of its own: patches of mixed/prod/kustomization.yaml",
        "",
      ].join("\n"),
    });
    const named = world.kubeops(["check", "mixed/chart/templates/a.yaml"]);
    expect(named.status).toBe(1);
    expect(named.stdout).toContain("yaml/template-text");
  });
});
