import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Finding, sortFindings } from "./finding.ts";
import { renderFindingsGithub } from "./github.ts";
import { findingsJson } from "./json.ts";
import { renderFindingsText } from "./text.ts";

const findings: readonly Finding[] = [
  { code: "b/two", severity: "warning", message: "second", place: { file: "b.yaml", line: 2, column: 1 } },
  {
    code: "a/one-long",
    severity: "error",
    message: 'key "x\u001b[31m" is bad\n::error::forged',
    place: { file: "a.yaml", line: 10, column: 12 },
    hint: "do, this: 100%",
  },
  { code: "a/one", severity: "info", message: "note", place: { file: "a.yaml", line: 9, column: 1 } },
  {
    code: "c/three",
    severity: "error",
    message: "no place",
    object: { group: "apps", version: "v1", kind: "Deployment", namespace: "shop", name: "web" },
    fix: "kubeops fix",
  },
];

describe("sortFindings", () => {
  it("gives one order whatever the order of the input", () => {
    const sorted = sortFindings(findings);
    expect(sorted.map((finding) => finding.code)).toEqual(["c/three", "a/one", "a/one-long", "b/two"]);
    fc.assert(
      fc.property(fc.shuffledSubarray([...findings], { minLength: findings.length }), (shuffled) => {
        expect(sortFindings(shuffled)).toEqual(sorted);
      }),
    );
  });
});

describe("renderFindingsText", () => {
  it("aligns, groups by file, puts hints below and counts", () => {
    expect(renderFindingsText(findings, { color: false, read: 2 })).toBe(
      [
        "Deployment.apps shop/web  error    c/three     no place",
        "                                               fix: kubeops fix",
        "",
        "a.yaml:9:1    info     a/one       note",
        'a.yaml:10:12  error    a/one-long  key "x\\u{1b}[31m" is bad\\u{a}::error::forged',
        "                                   hint: do, this: 100%",
        "",
        "b.yaml:2:1  warning  b/two       second",
        "",
        "2 errors, 1 warning, 1 note in 2 files",
        "",
      ].join("\n"),
    );
    expect(renderFindingsText([], { color: true, read: 1 })).toBe("no findings in 1 file\n");
  });

  it("colours only its own words", () => {
    const [finding] = findings;
    expect(renderFindingsText(finding === undefined ? [] : [finding], { color: true, read: 1 })).toBe(
      "b.yaml:2:1  \u001b[33mwarning\u001b[0m  \u001b[2mb/two\u001b[0m  second\n\n1 warning in 1 file\n",
    );
  });

  it("K5: lets nothing but printable ASCII out of a finding", () => {
    const text = fc
      .array(fc.oneof(fc.integer({ min: 0, max: 0x2fff }), fc.integer({ min: 0, max: 0x10ffff })), {
        maxLength: 12,
      })
      .map((codes) => String.fromCodePoint(...codes));
    fc.assert(
      fc.property(text, text, text, text, (file, code, message, hint) => {
        const finding: Finding = {
          code,
          severity: "error",
          message,
          hint,
          fix: hint,
          place: { file, line: 1, column: 1 },
        };
        for (const line of renderFindingsText([finding], { color: false, read: 1 }).split("\n"))
          expect(line).toMatch(/^[ -~]*$/);
      }),
    );
  });
});

describe("renderFindingsGithub", () => {
  it("writes one command a finding", () => {
    expect(renderFindingsGithub(findings)).toBe(
      [
        "::error title=c/three::no place",
        "::notice file=a.yaml,line=9,col=1,title=a/one::note",
        '::error file=a.yaml,line=10,col=12,title=a/one-long::key "x\\u{1b}[31m" is bad\\u{a}::error::forged (do, this: 100%25)',
        "::warning file=b.yaml,line=2,col=1,title=b/two::second",
        "",
      ].join("\n"),
    );
  });

  it("cannot be made to write a second command or another property", () => {
    const text = fc.string({ unit: fc.constantFrom("\n", "\r", ":", ",", "%", "a", "=", "\u2028") });
    fc.assert(
      fc.property(text, text, (file, message) => {
        const finding: Finding = {
          code: "a/b",
          severity: "error",
          message,
          place: { file, line: 1, column: 2 },
        };
        const lines = renderFindingsGithub([finding]).split(/[\n\r\u2028]/);
        expect(lines.length - 1).toBe(1 + (file.split("\u2028").length - 1));
        expect(lines.join("\u2028")).toMatch(/^::error file=[^:,]*,line=1,col=2,title=a\/b::/u);
      }),
    );
  });
});

describe("findingsJson", () => {
  it("is one object with stable keys", () => {
    expect(findingsJson(findings.slice(0, 1), [{ path: "x.json", reason: "no apiVersion in it" }])).toEqual({
      apiVersion: "kubernetes-operations.dev/v1",
      kind: "Report",
      findings: [
        {
          code: "b/two",
          severity: "warning",
          message: "second",
          place: { file: "b.yaml", line: 2, column: 1 },
        },
      ],
      counts: { error: 0, warning: 1, info: 0 },
      skipped: [{ path: "x.json", reason: "no apiVersion in it" }],
    });
  });
});
