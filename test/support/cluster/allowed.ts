import type { JsonObject } from "../../../src/kube/json.ts";
import { valueAt } from "../../../src/kube/json.ts";
import type { ControlPlane } from "../control-plane.ts";
import { until } from "../until.ts";

/** Waits until the authorizer allows what a SubjectAccessReview asks: it sees new roles and bindings a moment late. */
export async function untilAllowed(
  plane: ControlPlane,
  user: string,
  resourceAttributes: JsonObject,
): Promise<void> {
  const review = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    spec: { user, resourceAttributes },
  };
  await until(`${user} may ${JSON.stringify(resourceAttributes)}`, async () => {
    const { body } = await plane.admin("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review);
    return valueAt(body, ["status", "allowed"]) === true;
  });
}
