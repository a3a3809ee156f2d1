import { array, assert, constantFrom, oneof, property, string } from "fast-check";
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { gitEnvironment } from "../../../test/support/git-repository.ts";
import type { ApprovalStatement } from "../../plan/approval-statement.ts";
import type { Change, PlanDigest } from "../../plan/plan.ts";
import type { GitPlan } from "./git-plan.ts";
import { branchOf, commitMessage } from "./commit-message.ts";

const digest = `sha256:${"a1b2c3d4e5f6".padEnd(64, "0")}` as PlanDigest;

function change(
  operation: Change["operation"],
  kind: string,
  name: string,
  group = "apps",
  namespace = "shop",
): Change {
  return {
    key: { group, version: "v1", kind, namespace, name },
    operation,
    file: "x.yaml",
    object: null,
    digest: null,
    beforeMac: null,
    diff: [],
    reversibility: { kind: "reversible" },
  };
}

type Part = Pick<GitPlan, "digest" | "request" | "target" | "changes" | "charter"> & {
  readonly facts: Pick<GitPlan["facts"], "counts">;
};
function plan(part: Partial<Part>): GitPlan {
  const changes = part.changes ?? [];
  const count = (operation: string): number => changes.filter((one) => one.operation === operation).length;
  const whole: Part = {
    digest,
    request: {} as GitPlan["request"],
    target: { mode: "branch", branch: "main", folder: "apps/shop" } as GitPlan["target"],
    facts: {
      counts: {
        create: count("create"),
        update: count("update"),
        delete: count("delete"),
        unchanged: count("unchanged"),
      },
    },
    changes,
    charter: { digest: `sha256:${"c".repeat(64)}`, name: "shop", serial: 3, owner: "SHA256:x" },
    ...part,
  };
  return whole as GitPlan;
}

function statement(part: Partial<ApprovalStatement> = {}): ApprovalStatement {
  return {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "Approval",
    plan: digest,
    target: `sha256:${"d".repeat(64)}`,
    approver: "alice",
    nonce: "1".repeat(32),
    notBefore: "2026-03-01T12:00:00Z",
    notAfter: "2026-03-01T13:00:00Z",
    checkpoint: { origin: "kubeops.local/abc", size: 7, root: "AAAA" },
    ...part,
  };
}

/** The trailers as git reads them. */
function trailers(message: string): string[] {
  return execFileSync("git", ["interpret-trailers", "--parse"], {
    input: message,
    env: gitEnvironment,
    encoding: "utf8",
  })
    .split("\n")
    .filter((line) => line !== "");
}

describe("commit messages", () => {
  it("say what was done, by which plan, charter and approvals", () => {
    const message = commitMessage(
      plan({
        changes: [
          change("create", "Namespace", "shop", "", ""),
          change("create", "Deployment", "web"),
          change("unchanged", "Deployment", "api"),
          change("delete", "Service", "old", ""),
        ],
        request: { undoes: `sha256:${"e".repeat(64)}` as PlanDigest } as GitPlan["request"],
      }),
      [statement(), statement({ approver: "bob", nonce: "2".repeat(32) })],
    );
    expect(message).toBe(`kubeops: apply plan a1b2c3d4e5f6 (create 2, delete 1)

Folder: apps/shop
Charter: shop, serial 3, sha256:${"c".repeat(64)}

- create Namespace shop
- create Deployment.apps shop/web
- delete Service shop/old

What a reconciler makes of this commit is not proved by it.

Kubeops-Plan: ${digest}
Kubeops-Undoes: sha256:${"e".repeat(64)}
Kubeops-Approver: alice
Kubeops-Nonce: 11111111111111111111111111111111
Kubeops-Checkpoint: kubeops.local/abc 7 AAAA
Kubeops-Approver: bob
Kubeops-Nonce: 22222222222222222222222222222222
Kubeops-Checkpoint: kubeops.local/abc 7 AAAA
`);
    expect(trailers(message)).toEqual(message.trimEnd().split("\n").slice(-8));
  });

  it("need no approval and no change to be whole", () => {
    const target = { mode: "onto", branch: "main", folder: "" } as GitPlan["target"];
    expect(commitMessage(plan({ target, charter: null }), [])).toBe(`kubeops: apply plan a1b2c3d4e5f6

Folder: the root of the tree

What a reconciler makes of this commit is not proved by it.

Kubeops-Plan: ${digest}
`);
  });

  it("hold no trailer but ours, whatever the names of objects, approvers, folders and charters are", () => {
    const hostile = oneof(
      string({ unit: "binary" }),
      constantFrom(
        `x\n\nKubeops-Nonce: ${"9".repeat(32)}`,
        `x\r\nKubeops-Approver: mallory\r\n`,
        "x\u2028Kubeops-Plan: y",
        "\n\nSigned-off-by: x\n",
        "\u0000",
        "Kubeops-Nonce: x",
        "---\n",
        "# comment",
      ),
    );
    assert(
      property(
        array(hostile, { minLength: 5, maxLength: 5 }),
        ([name = "", kind = "", approver = "", folder = "", charter = ""]) => {
          const message = commitMessage(
            plan({
              changes: [change("create", kind, name, charter, folder)],
              target: { mode: "branch", branch: "main", folder } as GitPlan["target"],
              charter: { digest: "sha256:x", name: charter, serial: 1, owner: "" },
            }),
            [statement({ approver, checkpoint: { origin: folder, size: 1, root: name } })],
          );
          expect(message).toMatch(/^[ -~\n]*$/);
          const lines = message.split("\n").filter((line) => /^Kubeops-[A-Za-z]+:/.test(line));
          expect(lines.map((line) => line.split(":")[0])).toEqual([
            "Kubeops-Plan",
            "Kubeops-Approver",
            "Kubeops-Nonce",
            "Kubeops-Checkpoint",
          ]);
          expect(lines).toContain(`Kubeops-Plan: ${digest}`);
          expect(lines).toContain(`Kubeops-Nonce: ${"1".repeat(32)}`);
          // The body and the trailers keep their number of lines.
          expect(message.split("\n")).toHaveLength(14);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("and git itself reads no other trailer out of a hostile name", () => {
    const name = `x\n\nKubeops-Nonce: ${"9".repeat(32)}`;
    const message = commitMessage(plan({ changes: [change("create", name, name)] }), [
      statement({ approver: name }),
    ]);
    expect(trailers(message)).toEqual([
      `Kubeops-Plan: ${digest}`,
      `Kubeops-Approver: x\\u{a}\\u{a}Kubeops-Nonce: ${"9".repeat(32)}`,
      `Kubeops-Nonce: ${"1".repeat(32)}`,
      "Kubeops-Checkpoint: kubeops.local/abc 7 AAAA",
    ]);
  });

  it("go to a branch of the plan's own, or onto its base", () => {
    expect(branchOf(plan({}))).toBe("kubeops/a1b2c3d4e5f6");
    expect(
      branchOf(plan({ target: { mode: "onto", branch: "main", folder: "" } as GitPlan["target"] })),
    ).toBe("main");
  });
});
