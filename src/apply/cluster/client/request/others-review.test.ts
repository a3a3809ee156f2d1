import { describe, expect, it } from "vitest";
import { classifyRequest } from "./classify-request.ts";

const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

describe("K13 a review of somebody else", () => {
  it("is refused, unless the client was opened for it", () => {
    expect(classifyRequest("POST", path, {}).kind).not.toBe("review");
    expect(classifyRequest("POST", path, {}, true).kind).toBe("review");
  });
  it.each([
    ["POST", `${path}?dryRun=All`, {}],
    ["POST", path, undefined],
    ["PATCH", path, {}],
    ["POST", "/apis/authorization.k8s.io/v1/namespaces/shop/localsubjectaccessreviews", {}],
    ["POST", "/apis/authentication.k8s.io/v1/tokenreviews", {}],
  ])("opens nothing else: %s %s", (method, other, body) => {
    expect(classifyRequest(method, other, body, true)).toEqual(classifyRequest(method, other, body));
    expect(classifyRequest(method, other, body, true).kind).not.toBe("review");
  });
});
