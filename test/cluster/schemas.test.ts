import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { makeWorld, reportOf, type World } from "../support/cli.ts";
import { customDefinition } from "../support/custom-definition.ts";
import { leftOut } from "../support/suites.ts";
import { until } from "../support/until.ts";

const crd = customDefinition("store.example.com", "Backup", {
  properties: { size: { type: "integer", minimum: 1, description: "How large." } },
});

/** `kubeops schemas add --kubeconfig`: definitions of a live cluster. */
describe.skipIf(
  controlPlaneMissing !== undefined && leftOut("schemas of a live cluster", controlPlaneMissing),
)("schemas of a live cluster", () => {
  let plane: ControlPlane;
  let world: World;
  beforeAll(async () => {
    plane = await controlPlane({ components: "api", admissionOff: ["ServiceAccount"] });
    world = makeWorld();
    await plane.admin("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd);
    world.write(
      "bad.yaml",
      "apiVersion: store.example.com/v1\nkind: Backup\nmetadata: {name: a, namespace: default}\nspec: {size: 0, sise: 1}\n",
    );
    // The server publishes a new kind a moment after it is accepted.
    await until("the kind is published", async () => {
      const { body } = await plane.admin("GET", "/openapi/v3");
      return JSON.stringify(body).includes("apis/store.example.com/v1");
    });
  });
  afterAll(async () => {
    world?.remove();
    await plane?.stop();
  });

  test.each([
    ["who may list definitions gets them", "admin", ""],
    [
      "who may not gets what /openapi/v3 says",
      "nobody-in-particular",
      "the definitions may not be listed with these credentials: they were made from /openapi/v3\n",
    ],
  ])("%s", (_, user, told) => {
    world.kubeops(["schemas", "remove", "--all"]);
    const ran = world.kubeops(["schemas", "add", "--kubeconfig", plane.kubeconfigFile(user)]);
    expect([ran.status, ran.stderr]).toEqual([0, told]);
    expect(ran.stdout).toContain(`  Backup.store.example.com  v1  ${plane.apiUrl}\n`);
    const explained = world.kubeops(["explain", "backup.spec.size"]).stdout;
    expect(explained).toContain("FIELD: size <integer>\n  at least: 1\n\nDESCRIPTION:\n    How large.\n");
    const checked = world.kubeops(["check", "bad.yaml", "-o", "json"]);
    expect(
      reportOf(checked)
        .findings.map(({ code }) => code)
        .sort(),
    ).toEqual(["custom-resource/unknown-field", "custom-resource/value"]);
  });
});
