import { load } from "js-yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allLifecycles } from "../../src/analysis/checks/deprecations/lifecycle.ts";
import { resourceOf, versionsOf } from "../../src/kube/catalogue/catalogue.ts";
import type { JsonObject } from "../../src/kube/json.ts";
import { objectKey, versionText } from "../../src/kube/object-key.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { rewriteExamples } from "../support/rewrite-examples.ts";
import { leftOut } from "../support/suites.ts";

/** What kube-apiserver 1.37 serves and takes. */
describe.skipIf(
  controlPlaneMissing !== undefined && leftOut("upgrades against kube-apiserver", controlPlaneMissing),
)("upgrades, against kube-apiserver 1.37", () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await controlPlane({ components: "api", admissionOff: ["ServiceAccount"] });
  });
  afterAll(async () => {
    await plane?.stop();
  });

  test("it serves no version that the table calls gone", async () => {
    const gone = allLifecycles().filter(({ removed }) => removed !== undefined && removed <= 37);
    expect(gone.length).toBeGreaterThan(80);
    const served: string[] = [];
    for (const key of gone) {
      const plural =
        (resourceOf(key) ?? versionsOf(key.group, key.kind)[0])?.plural ?? `${key.kind.toLowerCase()}s`;
      const { status } = await plane.admin("GET", `/apis/${versionText(key)}/${plural}`);
      if (status !== 404) served.push(`${versionText(key)} ${key.kind}: ${status}`);
    }
    expect(served).toEqual([]);
  });

  test.each(Object.entries(rewriteExamples))("it takes %s, rewritten", async (_, [, after]) => {
    const object = load(after) as JsonObject;
    const key = objectKey(object);
    const type = resourceOf(key);
    const folder = type?.namespaced === true ? "/namespaces/default" : "";
    const { status, body } = await plane.admin(
      "POST",
      `/apis/${versionText(key)}${folder}/${type?.plural}?dryRun=All&fieldValidation=Strict`,
      object,
    );
    expect([status, status === 201 ? "" : JSON.stringify(body)]).toEqual([201, ""]);
  });
});
