import { generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../kube/canonical-json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import {
  APPROVAL_NAMESPACE,
  type ApprovalStatement,
  CHARTER_NAMESPACE,
  type SignatureVerifier,
  type SignedApproval,
} from "../approval-statement.ts";
import { buildPlan } from "../build-plan.ts";
import type { Charter, CharterApprovals } from "../charter.ts";
import type { Plan } from "../plan.ts";
import { charterWith, configMap, inputFor } from "../testing/fixtures.ts";
import {
  judgeApprovals,
  type JudgedApprovals,
  makeStatement,
  parseSignedApproval,
  statementBytes,
} from "./judge-approvals.ts";

/** Persons with real Ed25519 keys; the armour of the tests holds a JSON text instead of the SSHSIG frame, which apply/approval tests. */
interface Person {
  readonly key: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}
function person(): Person {
  const pair = generateKeyPairSync("ed25519");
  const raw = pair.publicKey.export({ type: "spki", format: "der" }).subarray(-32);
  const part = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  const blob = Buffer.concat([part(Buffer.from("ssh-ed25519")), part(raw)]);
  return { key: `ssh-ed25519 ${blob.toString("base64")}`, ...pair };
}
const [alice, bob, eve] = [person(), person(), person()];
const people = [alice, bob, eve];

function armour(signer: Person, message: Uint8Array, namespace: string, presence: boolean | null): string {
  const signature = sign(
    null,
    Buffer.concat([Buffer.from(`${namespace}\0${presence}\0`), message]),
    signer.privateKey,
  ).toString("base64");
  return `-----BEGIN SSH SIGNATURE-----\n${JSON.stringify({ key: signer.key, namespace, presence, signature })}\n-----END SSH SIGNATURE-----\n`;
}

const verifier: SignatureVerifier = {
  verify(message, namespace, armoured) {
    let parts: Readonly<Record<string, unknown>>;
    try {
      parts = JSON.parse(armoured.split("\n")[1] ?? "") as Readonly<Record<string, unknown>>;
    } catch {
      return undefined;
    }
    const { presence } = parts;
    const signer = people.find(({ key }) => key === parts["key"]);
    if (signer === undefined || parts["namespace"] !== namespace || typeof parts["signature"] !== "string")
      return undefined;
    if (presence !== null && typeof presence !== "boolean") return undefined;
    const signed = Buffer.concat([Buffer.from(`${namespace}\0${presence}\0`), message]);
    if (!verify(null, signed, signer.publicKey, Buffer.from(parts["signature"], "base64"))) return undefined;
    return {
      key: signer.key,
      fingerprint: `SHA256:${people.indexOf(signer)}`,
      presence: presence === null ? null : { userPresent: presence, userVerified: false },
    };
  },
};

const now = Date.parse("2026-11-25T12:00:00Z");
const checkpoint = { origin: "example.org/log", size: 7, root: "cm9vdA==" };

function charterFor(approvals: Partial<CharterApprovals> = {}): Charter {
  return charterWith({
    approvals: {
      required: 1,
      approvers: [
        { principal: "alice", key: alice.key },
        { principal: "bob", key: bob.key },
      ],
      maxValiditySeconds: 3600,
      ...approvals,
    },
  });
}
function planFor(charter: Charter): Plan {
  return buildPlan(inputFor([configMap("a")], { charter }));
}

const hardware = charterFor();
const plan = planFor(hardware);

function statement(more: Partial<ApprovalStatement> = {}, of: Plan = plan): ApprovalStatement {
  return {
    ...makeStatement({
      plan: of,
      approver: "alice",
      nonce: "0".repeat(32),
      now,
      validitySeconds: 600,
      checkpoint,
    }),
    ...more,
  };
}
function signed(
  given: ApprovalStatement,
  signer: Person = alice,
  options: { readonly namespace?: string; readonly presence?: boolean | null } = {},
): SignedApproval {
  return {
    statement: given,
    signature: armour(
      signer,
      statementBytes(given),
      options.namespace ?? APPROVAL_NAMESPACE,
      options.presence === undefined ? true : options.presence,
    ),
  };
}
function judged(
  approvals: readonly SignedApproval[],
  more: Partial<Parameters<typeof judgeApprovals>[0]> = {},
): JudgedApprovals {
  return judgeApprovals({
    plan,
    charter: hardware,
    approvals,
    verifier,
    now,
    extendsCheckpoint: () => true,
    ...more,
  });
}
/** `CODE: reason` of the only refusal, or the presence of the only acceptance. */
function outcome(approval: SignedApproval, more: Partial<Parameters<typeof judgeApprovals>[0]> = {}): string {
  const { accepted, refused, enough } = judged([approval], more);
  expect(enough).toBe(accepted.length === 1);
  return [
    ...accepted.map(({ presence }) => presence),
    ...refused.map(({ code, reason }) => `${code}: ${reason}`),
  ].join("; ");
}

describe("makeStatement", () => {
  it("names plan, target, approver and whole seconds in UTC", () => {
    expect(
      makeStatement({
        plan,
        approver: "alice",
        nonce: "a".repeat(32),
        now: now + 999,
        validitySeconds: 3600,
        checkpoint,
      }),
    ).toEqual({
      apiVersion: "kubernetes-operations.dev/v1",
      kind: "Approval",
      plan: plan.digest,
      target: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
      approver: "alice",
      nonce: "a".repeat(32),
      notBefore: "2026-11-25T12:00:00Z",
      notAfter: "2026-11-25T13:00:00Z",
      checkpoint,
    });
  });
  it("is signed as canonical JSON", () => {
    expect(new TextDecoder().decode(statementBytes(statement()))).toBe(canonicalJson(statement()));
  });
});

describe("K9 an approval is of one person, for this plan and target, now", () => {
  it("counts when everything holds", () => {
    expect(outcome(signed(statement()))).toBe("proved");
    expect(outcome(signed(statement({ approver: "bob" }), bob))).toBe("proved");
  });
  it.each<readonly [string, () => SignedApproval, string]>([
    [
      "another plan",
      () => signed(statement({ plan: `sha256:${"0".repeat(64)}` as Plan["digest"] })),
      "APPROVAL_INVALID: it approves another plan",
    ],
    [
      "another target",
      () => signed(statement({ target: `sha256:${"0".repeat(64)}` })),
      "APPROVAL_INVALID: it approves another target",
    ],
    [
      "a principal that the charter lacks",
      () => signed(statement({ approver: "eve" }), eve),
      "APPROVER_UNKNOWN: eve is no approver of the charter",
    ],
    [
      "a pattern as principal",
      () => signed(statement({ approver: "*" })),
      "APPROVER_UNKNOWN: * is no approver of the charter",
    ],
    [
      "a principal in another case",
      () => signed(statement({ approver: "Alice" })),
      "APPROVER_UNKNOWN: Alice is no approver of the charter",
    ],
    [
      "another person's key under the principal",
      () => signed(statement({ approver: "alice" }), bob),
      "APPROVER_UNKNOWN: SHA256:1 is not the key of alice in the charter",
    ],
    [
      "a stranger's key",
      () => signed(statement(), eve),
      "APPROVER_UNKNOWN: SHA256:2 is not the key of alice in the charter",
    ],
    [
      "a signature for another purpose",
      () => signed(statement(), alice, { namespace: CHARTER_NAMESPACE }),
      "APPROVAL_INVALID: the signature does not hold",
    ],
    [
      "a signature over another statement",
      () => ({ ...signed(statement()), statement: statement({ nonce: "1".repeat(32) }) }),
      "APPROVAL_INVALID: the signature does not hold",
    ],
    [
      "not yet",
      () => signed(statement({ notBefore: "2026-11-25T12:00:01Z" })),
      "APPROVAL_EXPIRED: it is valid from 2026-11-25T12:00:01Z on",
    ],
    [
      "not any more",
      () => signed(statement({ notBefore: "2026-11-25T11:30:00Z", notAfter: "2026-11-25T12:00:00Z" })),
      "APPROVAL_EXPIRED: it was valid until 2026-11-25T12:00:00Z",
    ],
    [
      "longer than the charter allows",
      () => signed(statement({ notAfter: "2026-11-25T13:00:01Z" })),
      "APPROVAL_INVALID: it is valid for longer than the 3600s that the charter allows",
    ],
    [
      "times the wrong way round",
      () => signed(statement({ notAfter: "2026-11-25T11:00:00Z" })),
      "APPROVAL_INVALID: its times are none",
    ],
    [
      "a day that does not exist",
      () => signed(statement({ notAfter: "2026-11-31T12:00:00Z" })),
      "APPROVAL_INVALID: its times are none",
    ],
    [
      "a time without a zone",
      () => signed(statement({ notAfter: "2026-11-25T12:10:00" })),
      "APPROVAL_INVALID: the approval is not a time in UTC as 2026-01-31T12:00:00Z",
    ],
    [
      "a time with another zone",
      () => signed(statement({ notAfter: "2026-11-25T12:10:00+01:00" })),
      "APPROVAL_INVALID: the approval is not a time in UTC as 2026-01-31T12:00:00Z",
    ],
    [
      "a nonce of another form",
      () => signed(statement({ nonce: "X" })),
      "APPROVAL_INVALID: the approval is not 32 lower-case hexadecimal digits",
    ],
    [
      "more than a statement says",
      () => signed({ ...statement(), extra: 1 } as never),
      'APPROVAL_INVALID: the approval unknown key "extra"',
    ],
  ])("does not count: %s", (_name, make, message) => {
    expect(outcome(make())).toBe(message);
  });

  it("is valid for the whole of the charter's longest time and no second more", () => {
    const long = signed(statement({ notAfter: "2026-11-25T13:00:00Z" }));
    expect(outcome(long, { now: now + 3_599_999 })).toBe("proved");
    expect(outcome(long, { now: now + 3_600_000 })).toBe(
      "APPROVAL_EXPIRED: it was valid until 2026-11-25T13:00:00Z",
    );
    expect(outcome(long, { now: now - 1 })).toBe(
      "APPROVAL_EXPIRED: it is valid from 2026-11-25T12:00:00Z on",
    );
  });

  it("a quorum counts distinct persons", () => {
    const charter = charterFor({ required: 2 });
    const two = planFor(charter);
    const by = (who: "alice" | "bob", nonce: string): SignedApproval =>
      signed(statement({ approver: who, nonce: nonce.repeat(32) }, two), who === "alice" ? alice : bob);
    const count = (...approvals: SignedApproval[]): readonly [number, boolean, readonly string[]] => {
      const { accepted, enough, refused } = judged(approvals, { plan: two, charter });
      return [accepted.length, enough, refused.map(({ reason }) => reason)];
    };
    expect(count(by("alice", "1"))).toEqual([1, false, []]);
    expect(count(by("alice", "1"), by("alice", "2"))).toEqual([
      1,
      false,
      ["alice has approved already: a quorum counts persons"],
    ]);
    expect(count(by("alice", "1"), by("bob", "1"))).toEqual([
      1,
      false,
      ["bob has approved already: a quorum counts persons"],
    ]);
    expect(count(by("alice", "1"), by("bob", "2"))).toEqual([2, true, []]);
    // A charter that did not come through parseCharter could list one key under two names.
    const twice = charterFor({
      required: 2,
      approvers: [
        { principal: "alice", key: alice.key },
        { principal: "bob", key: alice.key },
      ],
    });
    const third = planFor(twice);
    const same = [
      signed(statement({ nonce: "1".repeat(32) }, third)),
      signed(statement({ approver: "bob", nonce: "2".repeat(32) }, third), alice),
    ];
    expect(judged(same, { plan: third, charter: twice }).enough).toBe(false);
  });

  it("nothing is enough for a plan that is denied, and no plan says how many are needed against the charter", () => {
    const denied = buildPlan(
      inputFor([configMap("a")], { charter: charterWith({ ...hardware.spec, namespaces: [] }) }),
    );
    expect(judged([signed(statement({}, denied))], { plan: denied }).enough).toBe(false);
    const lying: Plan = {
      ...plan,
      verdict: {
        decision: "allowed",
        reasons: [],
        approvals: { required: 0, approvers: [], presence: false },
      },
    };
    expect(judged([], { plan: lying }).enough).toBe(false);
  });

  it("no change of a bit of the statement or the signature counts", () => {
    const approval = signed(statement());
    const text = canonicalJson(approval);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 1, max: 127 }), (at, flip) => {
        const other =
          text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ flip) + text.slice(at + 1);
        let read: SignedApproval;
        try {
          read = parseSignedApproval(other, "a.json");
        } catch (error) {
          if (!OpsError.is(error)) throw error;
          return;
        }
        const result = judged([read]);
        // Base64 has spare bits, and the armour may end in other white space: what was signed is then the same.
        if (result.accepted.length > 0)
          expect(canonicalJson(read.statement)).toBe(canonicalJson(approval.statement));
      }),
      { numRuns: 400 },
    );
  });
});

describe("K10 presence", () => {
  const refusedText =
    "APPROVER_PRESENCE: the signature does not prove that a person was present, and the charter asks for it";
  it("is asked for: neither a software key nor a security key without a touch counts", () => {
    expect(outcome(signed(statement(), alice, { presence: null }))).toBe(refusedText);
    expect(outcome(signed(statement(), alice, { presence: false }))).toBe(refusedText);
    expect(plan.verdict.approvals.presence).toBe(true);
  });
  it("is not asked for only where the charter names the target", () => {
    const charter = charterFor({ softwareKeysFor: ["gitops"] });
    const soft = planFor(charter);
    expect(soft.verdict.approvals.presence).toBe(false);
    expect(outcome(signed(statement({}, soft), alice, { presence: null }), { plan: soft, charter })).toBe(
      "not proved",
    );
    expect(outcome(signed(statement({}, soft), alice, { presence: true }), { plan: soft, charter })).toBe(
      "proved",
    );
    const other = charterFor({ softwareKeysFor: ["other"] });
    const hard = planFor(other);
    expect(
      outcome(signed(statement({}, hard), alice, { presence: null }), { plan: hard, charter: other }),
    ).toBe(refusedText);
  });
});

describe("K19 the log that the approver saw", () => {
  it("must be one that ours extends", () => {
    const seen: unknown[] = [];
    const extendsCheckpoint = (given: unknown): boolean => {
      seen.push(given);
      return false;
    };
    expect(outcome(signed(statement()), { extendsCheckpoint })).toBe(
      "LOG_NOT_EXTENDED: the audit log does not extend the one that the approver saw",
    );
    expect(seen).toEqual([checkpoint]);
  });
});

describe("parseSignedApproval", () => {
  it("reads what was written", () => {
    expect(parseSignedApproval(`${canonicalJson(signed(statement()))}\n`, "a.json")).toEqual(
      signed(statement()),
    );
  });
  it.each([
    ["{", "a.json is no approval: it is not JSON"],
    ["[]", "a.json is no approval: it is not a mapping"],
    ['{"statement":{},"signature":""}', "a.json is no approval: statement lacks apiVersion"],
    [
      canonicalJson({ ...signed(statement()), extra: 1 }),
      'a.json is no approval: it has an unknown key "extra"',
    ],
    [
      canonicalJson({ ...signed(statement()), signature: "x" }),
      "a.json is no approval: signature is not an armoured SSH signature",
    ],
    ["x".repeat(70_000), "a.json is no approval: it is too large"],
  ])("refuses %.20s", (text, message) => {
    expect(() => parseSignedApproval(text, "a.json")).toThrow(message);
  });
});
