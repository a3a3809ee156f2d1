import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, reportOf, type World } from "../support/cli.ts";

const flow = `apiVersion: flowcontrol.apiserver.k8s.io/v1beta3
kind: FlowSchema
metadata: {name: ci}
spec: {priorityLevelConfiguration: {name: workload-low}}
`;
const certificate = `apiVersion: cert-manager.io/v1beta1
kind: Certificate
metadata: {name: web, namespace: shop}
spec: {secretName: web, issuerRef: {name: ca}}
`;

let world: World;
beforeAll(() => {
  world = makeWorld();
  world.write("k8s/flow.yaml", flow);
  world.write("k8s/certificate.yaml", certificate);
});
afterAll(() => world.remove());

describe("kubeops check --upgrade-to", () => {
  test("says what the target does not serve, with place and replacement, and fails", () => {
    const words = ["check", "k8s/flow.yaml", "--kube-version", "1.31", "--upgrade-to", "1.37"];
    const { status, stdout } = world.kubeops(words);
    expect(status).toBe(1);
    expect(stdout).toContain("k8s/flow.yaml:1:13  error  upgrade/removed-api");
    expect(stdout).toContain("Kubernetes 1.37 serves it as flowcontrol.apiserver.k8s.io/v1");
    // Without the upgrade the cluster serves it, and only warns.
    const today = world.kubeops(["check", "k8s/flow.yaml", "--kube-version", "1.31"]);
    expect([today.status, today.stdout]).toEqual([0, expect.stringContaining("upgrade/deprecated-api")]);
  });

  test("says which files of components the target does not read, and how to rewrite them", () => {
    world.write("kubeadm.yaml", "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\n");
    const { status, stdout } = world.kubeops(["check", "kubeadm.yaml", "--upgrade-to", "1.37"]);
    expect(status).toBe(1);
    expect(stdout).toContain("kubeadm.yaml:1:13  error  upgrade/removed-component-api");
    expect(stdout).toContain("kubeadm of Kubernetes 1.37 reads it as kubeadm.k8s.io/v1beta4");
    expect(stdout).toContain("kubeadm config migrate of a kubeadm from 1.31 to 1.36");
    const codes = (...words: readonly string[]) =>
      reportOf(world.kubeops(["check", "kubeadm.yaml", ...words, "-o", "json"])).findings.map(
        ({ code, severity }) => `${severity} ${code}`,
      );
    expect(codes("--kube-version", "1.36")).toEqual(["warning upgrade/deprecated-component-api"]);
    expect(codes("--kube-version", "1.35", "--upgrade-to", "1.36")).toEqual([
      "warning upgrade/deprecated-component-api",
    ]);
    expect(codes("--kube-version", "1.37")).toEqual(["error object/component-not-read"]);
  });

  test("takes releases of other products", () => {
    const at = (...more: string[]) =>
      world.kubeops(["check", "k8s/certificate.yaml", "--upgrade-to", "1.37", ...more]);
    expect(at().stdout).toContain("upgrade/removed-custom-api");
    const old = at("--upgrade-to", "cert-manager=1.5");
    expect([old.status, old.stdout]).toEqual([0, expect.stringContaining("upgrade/deprecated-custom-api")]);
  });

  test("reads rendered charts from standard input, and tells programs the same", () => {
    const words = ["check", "-", "--kube-version", "1.31", "--upgrade-to", "1.37", "-o", "json"];
    expect(reportOf(world.kubeops(words, { input: flow })).findings).toMatchObject([
      { code: "upgrade/removed-api", place: { file: "<stdin>", line: 1, column: 13 } },
    ]);
  });

  test.each([
    [["--upgrade-to", "1.99"], "is not a Kubernetes version that is known"],
    [["--upgrade-to", "1.36", "--upgrade-to", "1.37"], "takes one version of Kubernetes"],
    [["--upgrade-to", "cert-manager=1.6"], "takes one version of Kubernetes"],
    [["--upgrade-to", "1.35", "--kube-version", "1.36"], "from Kubernetes 1.36 to 1.35 is no upgrade"],
    [["--upgrade-to", "1.31"], "from Kubernetes 1.31 to 1.31 is no upgrade"],
    [["--upgrade-to", "1.37", "--upgrade-to", "cert-manger=1.6"], "did you mean cert-manager?"],
    [["--upgrade-to", "1.37", "--upgrade-to", "istio=new"], "is no release of istio"],
  ])("refuses %j", (words, message) => {
    const { status, stdout, stderr } = world.kubeops(["check", "k8s", ...words]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });

  test("its findings are listed and explained", () => {
    expect(world.kubeops(["check", "--list-checks"]).stdout).toMatch(/^upgrade\/removed-api +error/m);
    expect(world.kubeops(["explain", "upgrade/changed-default"]).stdout).toContain("failCgroupV1");
  });
});
