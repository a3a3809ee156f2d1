/**
 * Suites that `npm test` leaves to `npm run test:deep` and to CI: each starts a cluster or hundreds of processes to try every
 * step of what a shorter suite tries once, which stands beside it.
 */
export const longSuites = [
  // Every step at which a run may be killed, and every kind of object that must be made again: test/cluster/apply.test.ts.
  "test/cluster/apply-killed.test.ts",
  "test/cluster/apply-shop.test.ts",
  "test/cluster/apply-store.test.ts",
  "test/cluster/forged-state.test.ts",
  "test/cluster/recreate.test.ts",
  "test/cluster/take-over.test.ts",
  "test/cluster/token.test.ts",
  "test/e2e/apply-git-killed.test.ts",
  "test/e2e/interrupt.test.ts",
  // Whole projects made and applied: test/e2e/awesome-compose.test.ts makes them on files.
  "test/cluster/awesome-compose.test.ts",
  // What needs minutes of a cluster's own controllers or policies: test/cluster/rules.test.ts, test/adversary/cluster.test.ts.
  "test/cluster/health-watch.test.ts",
  "test/cluster/planner-policy.test.ts",
  // The command line against a cluster: test/e2e/cluster.test.ts.
  "test/e2e/cluster-bad-input.test.ts",
  "test/e2e/cluster-guide.test.ts",
  "test/e2e/cluster-prune.test.ts",
  "test/e2e/cluster-recreate.test.ts",
  // Comparisons with the API server of what conformance suites hold as well.
  "test/cluster/admission-policies.test.ts",
  "test/cluster/control-plane.test.ts",
  "test/cluster/differential.test.ts",
  "test/cluster/differential-updates.test.ts",
  "test/cluster/pitfalls-server.test.ts",
  "test/cluster/ratcheting.test.ts",
  "test/cluster/observe.test.ts",
  "test/cluster/rbac-aggregation.test.ts",
  "test/cluster/rbac-cli.test.ts",
  "test/cluster/rbac-edges.test.ts",
  // Every example of a folder through the command line: test/e2e/check-kustomization.test.ts and test/conformance/chart.
  "test/e2e/folder-examples.test.ts",
  // Hostile charts and endpoints, one after the other: test/conformance/chart and test/e2e/ask.test.ts.
  "test/e2e/ask-bad-input.test.ts",
  "test/e2e/check-chart.test.ts",
  "test/e2e/check-packed-chart.test.ts",
  "test/e2e/claude-code.test.ts",
];
