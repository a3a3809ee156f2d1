import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { enforced } from "../../../src/analysis/checks/schema/enforced.generated.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../../support/control-plane.ts";
import { leftOut } from "../../support/suites.ts";
import { type Answers, askFields } from "./ask-required.ts";

// The published schema calls more fields required than the server does: the table of those it enforces is measured.
describe.skipIf(controlPlaneMissing !== undefined && leftOut("required fields", controlPlaneMissing))(
  "required fields and enums against kube-apiserver",
  () => {
    let plane: ControlPlane;
    let answers: { readonly required: Answers; readonly enums: Answers };
    beforeAll(async () => {
      plane = await controlPlane({ components: "api", admissionOff: ["ServiceAccount"] });
      answers = await askFields(plane);
    });
    afterAll(() => plane?.stop());

    test("no field of the table is one that the server does without", () => {
      expect(enforced.filter((field) => answers.required.accepted.has(field))).toEqual([]);
      expect(answers.required.refused.size).toBeGreaterThan(200);
    });

    test("the server refuses every value that an enum does not have", () => {
      expect([...answers.enums.accepted]).toEqual([]);
      expect(answers.enums.refused.size).toBeGreaterThan(60);
    });
  },
);
