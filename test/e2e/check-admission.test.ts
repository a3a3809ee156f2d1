import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, type World } from "../support/cli.ts";

const policy = `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replicas}
spec:
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints:
    resourceRules:
      - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
  variables:
    - {name: most, expression: int(params.data.most)}
  validations:
    - expression: object.spec.replicas <= variables.most
      messageExpression: '"at most " + string(variables.most) + " replicas in " + namespaceObject.metadata.name'
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: replicas}
spec:
  policyName: replicas
  validationActions: [Deny]
  paramRef: {name: limits, namespace: shop, parameterNotFoundAction: Deny}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: limits, namespace: shop}
data: {most: "3"}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
`;

function deployment(replicas: number): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: 'web:1'}]
`;
}

/** Admission policies of the input and what the objects beside them would meet. */
describe("check with admission policies", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld();
    world.write("policies/replicas.yaml", policy);
    world.write("web.yaml", deployment(5));
    world.write("small.yaml", deployment(2));
    world.write("warn/replicas.yaml", policy.replace("[Deny]\n", "[Warn]\n"));
    world.write("wrong/replicas.yaml", policy.replace("object.spec.replicas", "object.spec.replicaz"));
  });
  afterAll(() => world.remove());

  test("what a policy would deny is an error at the object, with the policy's message", () => {
    const ran = world.kubeops(["check", "policies", "web.yaml"]);
    expect(ran.stdout).toMatch(/^web\.yaml:3:18 {2}error {2}admission\/denied/);
    expect(ran.stdout).toContain("at most 3 replicas in shop");
    expect(ran.stdout).toContain("also: policies/replicas.yaml:12:19");
    expect(ran.status).toBe(1);
  });

  test("what it takes has no finding", () => {
    const ran = world.kubeops(["check", "policies", "small.yaml"]);
    expect(ran.stdout).toBe("no findings in 2 files\n");
    expect(ran.status).toBe(0);
  });

  test("a binding that warns makes a warning of it", () => {
    const ran = world.kubeops(["check", "warn", "web.yaml"]);
    expect(ran.stdout).toContain("warning  admission/warns");
    expect(ran.status).toBe(0);
  });

  test("an expression on a field that no Deployment has is told at the expression", () => {
    const ran = world.kubeops(["check", "wrong"]);
    expect(ran.stdout).toMatch(/^wrong\/replicas\.yaml:12:\d+ {2}warning {2}admission\/expression-doubtful/);
    expect(ran.stdout).toContain("undefined field 'replicaz'");
  });

  test("a policy whose variables double in type is judged to its end", () => {
    const variables = Array.from(
      { length: 60 },
      (_none, at) =>
        `    - {name: v${at}, expression: "${at === 0 ? "[1]" : `{variables.v${at - 1}: variables.v${at - 1}}`}"}\n`,
    ).join("");
    world.write(
      "doubling.yaml",
      policy
        .replace("  variables:\n", `$&${variables}`)
        .replace("  validations:\n", "$&    - expression: variables.v59 == null\n"),
    );
    const ran = world.kubeops(["check", "doubling.yaml"]);
    expect([ran.status, ran.stdout]).toEqual([
      1,
      expect.stringMatching(/error +admission\/expression-invalid/),
    ]);
  });

  test("expressions that double, and more faults than can be shown, are told and end", () => {
    const refused = (expression: string): string => {
      world.write("refused.yaml", policy.replace("object.spec.replicas <= variables.most", expression));
      const ran = world.kubeops(["check", "refused.yaml"]);
      expect(ran.status).toBe(1);
      return ran.stdout;
    };
    expect(refused(`object.?spec${".optMap(x, x)".repeat(60)}.hasValue()`)).toContain(
      "optMap and optFlatMap make the expression too large",
    );
    expect(refused(Array.from({ length: 8000 }, () => "1+'a'==2").join(" || "))).toContain(
      "admission/expression-invalid",
    );
  });
});
