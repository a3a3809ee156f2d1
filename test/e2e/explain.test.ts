import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, type World } from "../support/cli.ts";

/** `kubeops explain` from the command line. */
describe("explain", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld();
  });
  afterAll(() => world.remove());

  test("tells a field like kubectl explain", () => {
    expect(world.kubeops(["explain", "deploy.spec.strategy", "--kube-version", "1.35"])).toEqual({
      status: 0,
      stderr: "",
      stdout: `GROUP:      apps
KIND:       Deployment
VERSION:    v1

FIELD: strategy <DeploymentStrategy>

DESCRIPTION:
    The deployment strategy to use to replace existing pods with new ones.

FIELDS:
  rollingUpdate <RollingUpdateDeployment>
    Rolling update config params. Present only if DeploymentStrategyType =
    RollingUpdate.

  type <string>
  enum: Recreate, RollingUpdate
    Type of deployment. Can be "Recreate" or "RollingUpdate". Default is
    RollingUpdate.
`,
    });
  });

  test("lists fields of fields, and gives JSON", () => {
    const list = world.kubeops(["explain", "hpa.spec.behavior", "--recursive"]);
    expect(list.stdout).toContain(
      "    policies <[]HPAScalingPolicy>\n      periodSeconds <int32> -required-\n",
    );
    const json = world.kubeops(["explain", "pod.spec.containers[0].ports.protocol", "-o", "json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      kind: "Explanation",
      field: {
        resource: { group: "", version: "v1", kind: "Pod" },
        path: ["spec", "containers", "ports", "protocol"],
        required: false,
        type: "string",
        values: ["SCTP", "TCP", "UDP"],
        facts: ['default: "TCP"'],
      },
    });
  });

  test("explains a finding with its source", () => {
    const ran = world.kubeops(["explain", "schema/enum"]);
    expect(ran.stdout).toContain("FINDING:    schema/enum\nSEVERITY:   error\n");
    expect(ran.stdout).toContain("constants of the types marked +enum");
    expect(JSON.parse(world.kubeops(["explain", "schema/enum", "-o", "json"]).stdout)).toMatchObject({
      kind: "Explanation",
      finding: { id: "schema/enum", severity: "error" },
    });
  });

  test("explains a check in full: why, fix, source, guides, ids in other tools, examples", () => {
    const { stdout, status } = world.kubeops(["explain", "security/privileged"]);
    expect(status).toBe(0);
    for (const part of [
      "PROFILES:",
      "RULE:",
      "WHY:",
      "WHAT TO DO:",
      "SOURCE:",
      "GUIDES:",
      "IN OTHER TOOLS:",
      "FOUND IN:",
      "NOT FOUND IN:",
      "checkov:CKV_K8S_16",
      "CIS 5.2.2",
    ])
      expect(stdout).toContain(part);
    expect(world.kubeops(["explain", "supply-chain/registry-not-allowed"]).stdout).toContain(
      "SETTINGS:   silent without check.allowedRegistries in kubeops.yaml",
    );
    expect(
      JSON.parse(
        world.kubeops(["explain", "backdoor/clusterrolebinding-mimics-system", "-o", "json"]).stdout,
      ),
    ).toMatchObject({
      kind: "Explanation",
      finding: {
        id: "backdoor/clusterrolebinding-mimics-system",
        severity: "error",
        guides: ["MITRE T1036.005"],
        why: expect.stringContaining("RBAC Buster") as string,
        positive: expect.stringContaining("system:controller:kube-controller") as string,
      },
    });
  });

  test("names our checks for a check of another tool, or says why there is none", () => {
    expect(world.kubeops(["explain", "CKV_K8S_20"]).stdout).toBe(`CHECK:      checkov:CKV_K8S_20

IT SAYS:
    Containers should not run with allowPrivilegeEscalation

OURS:
    security/privilege-escalation
        Processes cannot gain more privileges than their parent
`);
    expect(
      JSON.parse(world.kubeops(["explain", "kube-linter:run-as-non-root", "-o", "json"]).stdout),
    ).toMatchObject({
      kind: "Explanation",
      elsewhere: [
        {
          tool: "kube-linter",
          id: "run-as-non-root",
          checks: ["security/run-as-non-root", "security/root-user"],
        },
      ],
    });
    expect(world.kubeops(["explain", "KCV-0012"]).stdout).toContain(
      "NOT COVERED:\n    flags and files of a node",
    );
  });

  test.each([
    [
      "CKV_K8S_2000",
      'there is no check "CKV_K8S_2000" of another tool that is known here',
      "did you mean CKV_K8S_20?",
    ],
    [
      "kube-linter:run-as-nonroot",
      'there is no check "kube-linter:run-as-nonroot" of another tool that is known here',
      "did you mean kube-linter:run-as-non-root?",
    ],
    [
      "clusterrolebinding-mimics-system",
      'there is no kind "clusterrolebinding-mimics-system"',
      "did you mean backdoor/clusterrolebinding-mimics-system?",
    ],
    [
      "deployment.spec.stratgy",
      'deployment.spec has no field "stratgy"',
      "did you mean deployment.spec.strategy?",
    ],
    ["deploymnt", 'there is no kind "deploymnt"', "did you mean deployment?"],
    ["pod.metadata.name.x", 'pod.metadata.name has no field "x"', "it is string and has no fields"],
    ["schema/enums", 'there is no finding "schema/enums"', "did you mean schema/enum?"],
    [
      "pod.\u001b[31m\u202e",
      String.raw`pod has no field "\u{1b}[31m\u{202e}"`,
      "it has apiVersion, kind, metadata, spec, status",
    ],
    [
      "x".repeat(5000),
      `there is no kind "${"x".repeat(80)}..."`,
      "for a custom resource add its definition first: kubeops schemas add <folder or file>",
    ],
    [
      "pod..spec",
      '"pod..spec" has an empty part',
      "write a kind and fields with points between, e.g. deployment.spec.strategy",
    ],
  ])("%s is wrong and says how", (word, message, hint) => {
    expect(world.kubeops(["explain", word])).toEqual({
      status: 2,
      stdout: "",
      stderr: `error: ${message} [USAGE]\n  hint: ${hint}\n`,
    });
  });
});
