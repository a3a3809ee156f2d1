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

  test.each([
    [
      "deployment.spec.stratgy",
      'deployment.spec has no field "stratgy"',
      "did you mean deployment.spec.strategy?",
    ],
    ["deploymnt", 'there is no kind "deploymnt"', "did you mean deployment?"],
    ["pod.metadata.name.x", 'pod.metadata.name has no field "x"', "it is string and has no fields"],
    ["schema/enums", 'there is no finding "schema/enums"', "did you mean schema/enum?"],
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
