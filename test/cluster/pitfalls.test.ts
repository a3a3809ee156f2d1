import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const health = "src/apply/cluster/health/health-of.test.ts";
const apply = "test/cluster/apply.test.ts";
const server = "test/cluster/pitfalls-server.test.ts";
const input = "test/e2e/cluster-bad-input.test.ts";

/** Where each pitfall of applying is held: number, file, beginning of a name of a test there. */
const places: readonly (readonly [number, string, string])[] = [
  [1, input, "pitfall 1: "],
  [
    1,
    "test/cluster/observe.test.ts",
    "names the other manager and the field of a conflict, and forces nothing",
  ],
  [2, server, "pitfall 2: "],
  [3, server, "pitfall 3: "],
  [3, "test/cluster/take-over.test.ts", "passes to us in the plan that is approved"],
  [3, "src/plan/cluster/cluster-findings.test.ts", "pitfall 3: "],
  [4, apply, "K3 a second writer"],
  [4, apply, "changes an object"],
  [5, apply, "deletes an object and makes it anew"],
  [6, server, "pitfall 6: "],
  [7, server, "pitfall 7: "],
  [
    8,
    "test/cluster/observe.test.ts",
    "leaves the dry run of what comes with the plan to apply, and says why",
  ],
  [8, apply, "writes a kind and objects of it"],
  [9, input, "pitfall 9: "],
  [9, apply, "says what is written and what is not, and goes on where it stopped"],
  [10, input, "pitfall 10: "],
  [10, "src/apply/cluster/client/errors/errors.test.ts", "does not support dry run"],
  [11, apply, "begins nothing that the credentials cannot finish"],
  [11, input, "where the user has no rights, or too few"],
  [12, server, "pitfall 12: "],
  [13, "test/cluster/client.test.ts", "pitfall 13: "],
  [
    14,
    "test/cluster/inventory.test.ts",
    "is what kubectl finds members by, and takes for another tool's set",
  ],
  [14, "test/cluster/inventory.test.ts", "is not shared with a set that kubectl made"],
  [14, "test/cluster/inventory.test.ts", "refuses a parent whose id is not that of its name"],
  [14, "src/plan/change/applyset.test.ts", "refuses a member of another set"],
  [14, "test/e2e/cluster-prune.test.ts", "pitfall 14: "],
  [14, "test/e2e/cluster-prune.test.ts", "a member that is relabelled between plan and apply is kept"],
  [15, "src/plan/change/run-order.test.ts", "pitfall 15: "],
  [16, "src/plan/change/run-order.test.ts", "pitfall 16: "],
  [17, "src/plan/change/run-order.test.ts", "pitfall 17: "],
  ...([18, 19, 20, 21, 22, 23] as const).map((number) => [number, health, `pitfall ${number}: `] as const),
  [24, server, "pitfall 24: "],
  [25, server, "pitfall 25: "],
  [25, "test/cluster/recreate.test.ts", "planned, deleted and made again as promised"],
  [24, "test/cluster/recreate.test.ts", "pitfall 24: "],
  [26, server, "a binding's role (pitfall 26)"],
  [27, "test/cluster/ratcheting.test.ts", "pitfall 27: "],
  [28, apply, "names the finalizer that a deleted object waits for, and does not strip it"],
  [29, "src/plan/cluster/cluster-findings.test.ts", "pitfall 29: "],
  [30, server, "pitfall 30: "],
  [31, server, "pitfall 31: "],
  [32, input, "pitfall 32: "],
];

it("every pitfall of applying has its test", () => {
  const numbers = new Set(places.map(([number]) => number));
  expect([...numbers].toSorted((left, right) => left - right)).toEqual(
    Array.from({ length: 32 }, (_, index) => index + 1),
  );
  for (const [number, file, name] of places) {
    const text = readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), "utf8");
    // As the name of a test or of a row of its table, not in a remark.
    expect({
      number,
      file,
      name,
      held: new RegExp(`["'\`][^"\`\\n]*${name.replace(/[()]/g, "\\$&")}`).test(text),
    }).toEqual({
      number,
      file,
      name,
      held: true,
    });
  }
});

const rules = "test/cluster/rules.test.ts";
const plan = "src/plan/cluster/cluster-plan.test.ts";
const gate = "src/apply/cluster/client/request/gate.test.ts";

/** Where each rule of the kernel is held on the way to a cluster: a test whose name starts with the rule. */
const ruled: readonly (readonly [string, readonly string[]])[] = [
  ["K1", [rules, plan]],
  ["K2", [apply, plan, input, "src/plan/change/mask.test.ts", "test/cluster/dry-run-mask.test.ts"]],
  ["K3", [apply, plan]],
  ["K4", [rules]],
  ["K5", [rules]],
  ["K6", [rules, "src/apply/trust-root/trust-root.test.ts"]],
  ["K7", [rules, plan, "test/cluster/take-over.test.ts"]],
  ["K8", [plan, "src/plan/cluster/recreate.test.ts", "test/cluster/recreate.test.ts"]],
  ["K9", [rules, "src/plan/approval/judge-approvals.test.ts"]],
  ["K10", [rules, "src/plan/approval/judge-approvals.test.ts"]],
  ["K11", [apply, "test/cluster/apply-store.test.ts"]],
  ["K12", [rules, "src/plan/cluster/undo-cluster.test.ts"]],
  ["K13", [apply, gate, "test/cluster/client.test.ts"]],
  ["K14", [rules, apply, plan, input, "src/apply/cluster/client/tls/pin.test.ts"]],
  ["K17", ["src/plan/cluster/live-values.test.ts", "src/apply/cluster/client/errors/errors.test.ts"]],
];

it("every rule of the kernel has its test on the way to a cluster", () => {
  for (const [rule, files] of ruled) {
    for (const file of files) {
      const text = readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), "utf8");
      expect([rule, file, new RegExp(`["'\`]${rule} `).test(text)]).toEqual([rule, file, true]);
    }
  }
});
