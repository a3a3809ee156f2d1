import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conformanceData, leftOut } from "../../../test/support/suites.ts";
import { readDocuments } from "../../kube/yaml/read-documents.ts";
import { excerptOf } from "./excerpt.ts";
import { type Finding, sortFindings } from "./finding.ts";
import { fingerprints } from "./fingerprint.ts";
import { gitlabIssues } from "./gitlab.ts";
import { renderFindingsJunit } from "./junit.ts";
import type { RuleOf } from "./rule.ts";
import { renderFindingsSarif, sarifLog } from "./sarif.ts";
import { renderFindingsText } from "./text.ts";

const object = { group: "apps", version: "v1", kind: "Deployment", namespace: "shop", name: "web" };
const findings: readonly Finding[] = [
  {
    code: "a/one",
    severity: "error",
    message: 'bad "x" <&> ]]> at b.yaml:1:2',
    hint: "do 100%",
    place: { file: "dir/b c#1.yaml", line: 3, column: 5 },
    path: ["spec", "a.b", 0],
    object,
    related: [{ place: { file: "dir/b c#1.yaml", line: 9, column: 1 }, path: ["spec"] }],
  },
  { code: "a/two", severity: "warning", message: "second", place: { file: "a.yaml", line: 1, column: 1 } },
  { code: "a/three", severity: "info", message: "nowhere", object },
];
const ruleOf: RuleOf = (code) =>
  code === "a/one" ? { id: code, severity: "error", title: "One", help: "Do it." } : undefined;
const options = { version: "1.2.3", ruleOf, skipped: [{ path: "x y.json", reason: "no apiVersion in it" }] };

/** Texts that mean something to XML, JSON, URIs, terminals and workflow commands. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "]]>",
        "<!--",
        "&",
        '"',
        "'",
        "<",
        "\n::error::x",
        "\u0000",
        "\u001b[31m",
        "\ud800",
        "\u202e",
      ),
      fc.constantFrom("../", "//", "http:", "%2e", "?", "#", " ", "__proto__", "é", "😀", "\u2028", "\ufffe"),
      fc.string({ maxLength: 5 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(""));
const anyFinding: fc.Arbitrary<Finding> = fc.record(
  {
    code: hostile,
    severity: fc.constantFrom("error", "warning", "info"),
    message: hostile,
    hint: hostile,
    fix: hostile,
    place: fc.record({
      file: hostile,
      line: fc.integer({ min: 1, max: 9 }),
      column: fc.integer({ min: 1, max: 9 }),
    }),
    path: fc.array(fc.oneof(hostile, fc.nat(3)), { maxLength: 3 }),
    object: fc.record({
      group: hostile,
      version: hostile,
      kind: hostile,
      namespace: hostile,
      name: hostile,
    }),
  },
  { requiredKeys: ["code", "severity", "message"] },
);
const someFindings = fc.array(anyFinding, { maxLength: 6 });

const data = conformanceData("schemas");

describe("SARIF", () => {
  it("has rules, regions, related places, relative URIs and notes of what was left aside", () => {
    expect(sarifLog(findings, options)["runs"]).toEqual([
      {
        tool: {
          driver: {
            name: "kubeops",
            version: "1.2.3",
            rules: [
              {
                id: "a/one",
                shortDescription: { text: "One" },
                help: { text: "Do it." },
                defaultConfiguration: { level: "error" },
                properties: { tags: ["kubernetes"] },
              },
              ...["a/three", "a/two"].map((id) => ({
                id,
                shortDescription: { text: id },
                help: { text: id },
                properties: { tags: ["kubernetes"] },
              })),
            ],
          },
        },
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: { "%SRCROOT%": { description: { text: "The working folder of the run." } } },
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: [
              {
                level: "note",
                message: { text: "left aside: no apiVersion in it" },
                locations: [
                  {
                    physicalLocation: { artifactLocation: { uri: "x%20y.json", uriBaseId: "%SRCROOT%" } },
                  },
                ],
              },
            ],
          },
        ],
        results: [
          {
            ruleId: "a/three",
            ruleIndex: 1,
            level: "note",
            message: { text: "nowhere" },
            locations: [
              { logicalLocations: [{ fullyQualifiedName: "Deployment.apps shop/web", kind: "object" }] },
            ],
            partialFingerprints: { "kubeopsFinding/v1": expect.stringMatching(/^[0-9a-f]{64}$/) as string },
          },
          {
            ruleId: "a/two",
            ruleIndex: 2,
            level: "warning",
            message: { text: "second" },
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: "a.yaml", uriBaseId: "%SRCROOT%" },
                  region: { startLine: 1, startColumn: 1 },
                },
              },
            ],
            partialFingerprints: { "kubeopsFinding/v1": expect.stringMatching(/^[0-9a-f]{64}$/) as string },
          },
          {
            ruleId: "a/one",
            ruleIndex: 0,
            level: "error",
            message: { text: 'bad "x" <&> ]]> at b.yaml:1:2\nhint: do 100%' },
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: "dir/b%20c%231.yaml", uriBaseId: "%SRCROOT%" },
                  region: { startLine: 3, startColumn: 5 },
                },
                logicalLocations: [
                  { fullyQualifiedName: 'Deployment.apps shop/web spec["a.b"][0]', kind: "object" },
                ],
              },
            ],
            relatedLocations: [
              {
                id: 1,
                physicalLocation: {
                  artifactLocation: { uri: "dir/b%20c%231.yaml", uriBaseId: "%SRCROOT%" },
                  region: { startLine: 9, startColumn: 1 },
                },
              },
            ],
            partialFingerprints: { "kubeopsFinding/v1": expect.stringMatching(/^[0-9a-f]{64}$/) as string },
          },
        ],
      },
    ]);
  });

  if (data === undefined) {
    leftOut("SARIF against its JSON Schema", "KUBEOPS_CONFORMANCE_DATA is not set (oasis-tcs/sarif-spec)");
  } else {
    it("is valid against the schema of OASIS, whatever stands in a finding", () => {
      const { id, $schema, ...schema } = JSON.parse(
        readFileSync(join(data, "sarif-2.1.0.json"), "utf8"),
      ) as Readonly<Record<string, unknown>>;
      // Of draft 04 the schema uses nothing that draft 07 reads otherwise.
      expect([id, $schema]).toEqual([expect.any(String), "http://json-schema.org/draft-04/schema#"]);
      const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
      const check = (log: unknown): void => {
        expect(validate(log), JSON.stringify(validate.errors)).toBe(true);
      };
      check(JSON.parse(renderFindingsSarif(findings, options)));
      check(JSON.parse(renderFindingsSarif([], { version: "1", ruleOf })));
      fc.assert(
        fc.property(someFindings, (some) => check(JSON.parse(renderFindingsSarif(some, options)))),
        { numRuns: 40 },
      );
    });
  }

  it("names every file by a URI that stays below its base and gives the name back", () => {
    fc.assert(
      fc.property(hostile, (file) => {
        const log = sarifLog(
          [{ code: "a", severity: "error", message: "m", place: { file, line: 1, column: 1 } }],
          {
            version: "1",
            ruleOf,
          },
        );
        const uri = /"uri":"([^"]*)"/.exec(JSON.stringify(log))?.[1] ?? "";
        expect(uri).toMatch(/^(?:[A-Za-z0-9\-_.!~*'()%]+(?:\/[A-Za-z0-9\-_.!~*'()%]*)*|)$/);
        expect(decodeURIComponent(uri)).toBe(file.toWellFormed().replace(/^\/+/, ""));
      }),
    );
  });
});

describe("fingerprints", () => {
  const moved = (finding: Finding, by: number): Finding => ({
    ...finding,
    message: finding.message.replace(/:(\d+):/g, (_, line: string) => `:${Number(line) + by}:`),
    ...(finding.place === undefined
      ? {}
      : { place: { ...finding.place, line: finding.place.line + by, column: finding.place.column + by } }),
  });

  it("stay when lines move, and differ within a report", () => {
    fc.assert(
      fc.property(someFindings, fc.integer({ min: 1, max: 1000 }), (some, by) => {
        const sorted = sortFindings(some);
        const names = fingerprints(sorted);
        expect(new Set(names).size).toBe(names.length);
        expect(fingerprints(sorted.map((finding) => moved(finding, by)))).toEqual(names);
      }),
    );
  });

  it("differ by code, file, object and path, not by the words of a known path", () => {
    const [one] = findings as [Finding, ...Finding[]];
    const of = (change: Partial<Finding>): string => fingerprints([{ ...one, ...change }])[0] ?? "";
    const all = [
      of({}),
      of({ code: "a/1" }),
      of({ place: { file: "b", line: 3, column: 5 } }),
      of({ object: { ...object, name: "x" } }),
      of({ path: ["spec"] }),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(of({ message: "other words" })).toBe(of({}));
    expect(of({ object: { ...object, version: "v2" } })).toBe(of({}));
  });
});

describe("JUnit", () => {
  it("is a suite a file and a test a finding; what stays below --fail-on passes", () => {
    expect(renderFindingsJunit(findings, { files: ["a.yaml", "c.yaml"], failOn: "error" })).toBe(
      [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<testsuites name="kubeops check" tests="4" failures="1" errors="0">',
        '  <testsuite name="(no file)" tests="1" failures="0" errors="0" skipped="0">',
        '    <testcase name="a/three Deployment.apps shop/web" classname="(no file)" file="(no file)">',
        "      <system-out>info: nowhere</system-out>",
        "    </testcase>",
        "  </testsuite>",
        '  <testsuite name="a.yaml" tests="1" failures="0" errors="0" skipped="0">',
        '    <testcase name="a/two at 1:1" classname="a.yaml" file="a.yaml" line="1">',
        "      <system-out>warning: second</system-out>",
        "    </testcase>",
        "  </testsuite>",
        '  <testsuite name="c.yaml" tests="1" failures="0" errors="0" skipped="0">',
        '    <testcase name="no findings" classname="c.yaml" file="c.yaml"/>',
        "  </testsuite>",
        '  <testsuite name="dir/b c#1.yaml" tests="1" failures="1" errors="0" skipped="0">',
        '    <testcase name="a/one Deployment.apps shop/web at 3:5" classname="dir/b c#1.yaml" file="dir/b c#1.yaml" line="3">',
        '      <failure message="bad &quot;x&quot; &lt;&amp;&gt; ]]&gt; at b.yaml:1:2" type="a/one">error: bad "x" &lt;&amp;&gt; ]]&gt; at b.yaml:1:2',
        "hint: do 100%</failure>",
        "    </testcase>",
        "  </testsuite>",
        "</testsuites>",
        "",
      ].join("\n"),
    );
  });

  it("is well-formed whatever stands in a finding, with the counts that it says", () => {
    fc.assert(
      fc.property(someFindings, (some) => {
        const xml = renderFindingsJunit(some, { files: [], failOn: "warning" });
        expect(xml).toMatch(/^[ -~\n]*$/);
        expect(wellFormed(xml)).toBe(true);
        expect(xml.match(/<testcase /g) ?? []).toHaveLength(some.length);
        expect(xml.match(/<failure /g) ?? []).toHaveLength(
          some.filter(({ severity }) => severity !== "info").length,
        );
      }),
    );
  });
});

/** Whether a text is XML of elements, attributes in double quotes and text, with nothing else in it. */
function wellFormed(xml: string): boolean {
  const open: string[] = [];
  const token =
    /<\?xml[^?]*\?>|<\/([a-z-]+)>|<([a-z-]+)((?: [a-z]+="(?:[^<>&"]|&(?:amp|lt|gt|quot);)*")*)(\/?)>|(?:[^<>&]|&(?:amp|lt|gt|quot);)+/gy;
  let at = 0;
  for (let match = token.exec(xml); match !== null; match = token.exec(xml)) {
    at = token.lastIndex;
    if (match[1] !== undefined && open.pop() !== match[1]) return false;
    if (match[2] !== undefined && match[4] === "") open.push(match[2]);
  }
  return at === xml.length && open.length === 0;
}

describe("GitLab", () => {
  it("has description, check, severity, path and line, and one fingerprint each", () => {
    const fingerprint = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
    expect(gitlabIssues(findings)).toEqual([
      {
        description: "nowhere",
        check_name: "a/three",
        fingerprint,
        severity: "info",
        location: { path: ".", lines: { begin: 1 } },
      },
      {
        description: "second",
        check_name: "a/two",
        fingerprint,
        severity: "minor",
        location: { path: "a.yaml", lines: { begin: 1 } },
      },
      {
        description: 'bad "x" <&> ]]> at b.yaml:1:2 (do 100%)',
        check_name: "a/one",
        fingerprint,
        severity: "major",
        location: { path: "dir/b c#1.yaml", lines: { begin: 3 } },
      },
    ]);
    fc.assert(
      fc.property(someFindings, (some) => {
        const issues = gitlabIssues(some);
        expect(new Set(issues.map(({ fingerprint }) => fingerprint)).size).toBe(some.length);
        for (const { description, check_name } of issues)
          expect(description + check_name).toMatch(/^[ -~]*$/);
      }),
    );
  });
});

describe("every sink", () => {
  it("gives the same bytes whatever the order of the findings", () => {
    const sinks = (some: readonly Finding[]): readonly string[] => [
      renderFindingsSarif(some, options),
      renderFindingsJunit(some, { files: ["a.yaml"], failOn: "error" }),
      JSON.stringify(gitlabIssues(some)),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray([...findings], { minLength: findings.length }), (shuffled) => {
        expect(sinks(shuffled)).toEqual(sinks(findings));
      }),
    );
  });
});

describe("excerpts", () => {
  const source = (text: string) => readDocuments("a.yaml", new TextEncoder().encode(text))[0]?.source;
  const at = (line: number, column: number, more: Partial<Finding> = {}): Finding => ({
    code: "a/b",
    severity: "error",
    message: "m",
    place: { file: "a.yaml", line, column },
    ...more,
  });

  it("shows the line and a caret under the column, once for findings of one place", () => {
    const lines = source("a: 1\r\nkind: \tx\u202e y\n");
    expect(excerptOf(at(1, 4), lines)).toEqual(["1 | a: 1", "  |    ^"]);
    expect(excerptOf(at(2, 10), lines)).toEqual(["2 | kind: \\u{9}x\\u{202e} y", `  | ${" ".repeat(20)}^`]);
    expect(
      renderFindingsText([at(1, 4), at(1, 4, { code: "a/c" })], {
        color: false,
        read: 1,
        sourceOf: () => lines,
      }),
    ).toBe(
      "a.yaml:1:4  error  a/b  m\na.yaml:1:4  error  a/c  m\n  1 | a: 1\n    |    ^\n\n2 errors in 1 file\n",
    );
  });

  it("cuts a long line around its place", () => {
    const [line = "", caret = ""] =
      excerptOf(at(1, 499), source(`a: "${"x".repeat(494)}Y${"x".repeat(500)}"`)) ?? [];
    expect(line.length).toBeLessThan(115);
    expect(line[caret.indexOf("^")]).toBe("Y");
  });

  it("K5: the caret stands under what stands at the column, and nothing but printable ASCII comes out", () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 60 }), (text, column) => {
        const line = text.replace(/[\r\n]/g, "");
        for (const part of excerptOf(at(1, column), { text: () => line }) ?? [])
          expect(part).toMatch(/^[ -~]*$/);
      }),
    );
  });

  it.each([
    ["a Secret", "kind: Secret\nstringData:\n  a: hunter2\n", at(3, 6)],
    ["a Secret in JSON", '{"stringData": {"a": "hunter2"},\n "kind": "Secret"}', at(1, 22)],
    ["a Secret below", "data:\n  a: hunter2\nkind: 'Secret'\n", at(2, 6)],
    ["an object known as a Secret", "a: hunter2\n", at(1, 4, { object: { ...object, kind: "Secret" } })],
    ["values of a ConfigMap", "a: hunter2\n", at(1, 4, { path: ["data", "a"] })],
    ["an environment", "a: hunter2\n", at(1, 4, { path: ["spec", "containers", 0, "env", 0, "value"] })],
    ["a line that speaks of a password", "PASSWORD: hunter2\n", at(1, 11)],
    ["a URL with a password", "a: redis://me:hunter2@x\n", at(1, 4)],
    ["a place beyond the file", "a: 1", at(7, 1)],
  ])("K17: shows nothing of %s", (_, text, finding) => {
    expect(excerptOf(finding, source(text))).toBeUndefined();
  });

  it("shows a neighbour of a Secret", () => {
    const text = "kind: Secret\nstringData: {a: b}\n---\nkind: Pod\nname: x\n";
    expect(excerptOf(at(5, 7), source(text))?.[0]).toBe("5 | name: x");
  });
});
