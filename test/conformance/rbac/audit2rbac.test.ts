import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isAllowed } from "../../../src/analysis/rbac/evaluate/can.ts";
import { buildRbac, rbacInputs } from "../../../src/analysis/rbac/evaluate/rbac.ts";
import { observedRequests, parseAuditLog } from "../../../src/analysis/rbac/least/audit-events.ts";
import { leastRoles } from "../../../src/analysis/rbac/least/least-roles.ts";
import { userIdentity } from "../../../src/analysis/rbac/model/subject.ts";
import type { Json } from "../../../src/kube/json.ts";
import { conformanceData, leftOut } from "../../support/suites.ts";

const data = conformanceData("rbac/audit2rbac/testdata");
const skip = data === undefined && leftOut("the audit log of audit2rbac", "set KUBEOPS_CONFORMANCE_DATA");

describe.skipIf(skip)("the demo log of audit2rbac", () => {
  const events = skip
    ? []
    : (parseAuditLog(readFileSync(join(data ?? "", "demo.log"), "utf8")) as readonly Json[]);
  const observed = observedRequests(events, 37);
  const users = [...new Set(observed.map(({ user }) => user))].sort();

  test("is read whole", () => {
    expect([events.length, users]).toEqual([37, ["alice", "bob", "system:serviceaccount:ns1:sa1"]]);
  });

  test.each(["alice", "bob", "system:serviceaccount:ns1:sa1"])(
    "%s: the roles allow what was asked, by replay",
    (user) => {
      const requests = observed.filter((one) => one.user === user).map(({ request }) => request);
      const world = buildRbac([], { builtin: true });
      const least = leastRoles(world, userIdentity(user), requests, { name: "least" });
      const replay = buildRbac(rbacInputs(least.objects), { builtin: true });
      expect(requests.filter((request) => !isAllowed(replay, userIdentity(user), request))).toEqual([]);
      // audit2rbac adds list to watch and lifts namespaces to the cluster by default; nothing is added here.
      for (const { rules } of least.scopes) for (const { verbs } of rules) expect(verbs).not.toContain("*");
    },
  );
});
