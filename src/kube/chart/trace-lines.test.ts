import { describe, expect, test } from "vitest";
import { templateLines } from "./template-lines.ts";
import { traceLines } from "./trace-lines.ts";

const template = `apiVersion: apps/v1
kind: Deployment
{{- /* of a comment }} nothing
is printed */ -}}
metadata:
  name: {{ include "name" . }}-web
  {{- with .Values.labels }}
  labels: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  containers:
    {{- range .Values.names }}
    - name: {{ . }}
      image: "}}{{ printf "%s}}" . }}"
    {{- end }}
  other:
    - name: fixed
      image: fixed
  volumes:
    {{- toYaml .Values.volumes | nindent 4 }}
`;

/** Line and exactness of each rendered line. */
function traces(source: string, rendered: string): readonly (readonly [string, number, boolean])[] {
  const lines = rendered.split("\n");
  const tracer = traceLines(source, lines, { left: 1_000_000 });
  return lines.map((line, index) => [line.trim(), tracer(index).line, tracer(index).exact]);
}

describe("lines of a template", () => {
  test("what a line prints", () => {
    expect(
      templateLines(template)
        .map(({ kind }) => kind.charAt(0))
        .join(""),
    ).toBe("ttsstmsmsttsmmsttttpt");
  });

  test("an action ends at its own end, not in a text or comment", () => {
    const kinds = (text: string): string =>
      templateLines(text)
        .map(({ kind }) => kind)
        .join(" ");
    expect(kinds('{{ "}}" }}\na')).toBe("prints text");
    expect(kinds("{{ `}}\n` }}\na")).toBe("prints silent text");
    expect(kinds("{{- /* }} */ -}}\na")).toBe("silent text");
    // What stands behind an action of several lines is printed on the line where it began.
    expect(kinds("{{ dict\n  1\n}}: a\nb")).toBe("prints silent silent text");
    expect(kinds("a {{ never\nb")).toBe("mixed silent");
    expect(kinds("a\r\nb {{ c }}\r\n")).toBe("text mixed text");
  });
});

describe("tracing", () => {
  test("unchanged lines, lines around actions, loops, and what an action printed", () => {
    const rendered = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: demo-web
  labels:
    a: b
spec:
  containers:
    - name: one
      image: "}}one}}"
    - name: two
      image: "}}two}}"
  other:
    - name: fixed
      image: fixed
  volumes:
    - name: data
      emptyDir: {}`;
    const found = traces(template, rendered);
    expect(found.map(([, line]) => line)).toEqual([
      1, 2, 5, 6, 8, 8, 10, 11, 13, 14, 13, 14, 16, 17, 18, 19, 20, 20,
    ]);
    expect(found.filter(([, , exact]) => !exact).map(([text]) => text)).toEqual([
      "a: b",
      "- name: data",
      "emptyDir: {}",
    ]);
  });

  test("the column of a line around an action is that of the action at most", () => {
    const tracer = traceLines("  name: {{ .a }}-x\n", ["  name: long-text-x"], { left: 100 });
    expect([1, 3, 9, 15].map((column) => tracer(0).column(column))).toEqual([1, 3, 9, 9]);
  });

  test("a line that is nowhere is near what is known", () => {
    expect(traces("a: 1\nb: 2\n", "a: 1\nx: 3\nb: 2")).toEqual([
      ["a: 1", 1, true],
      ["x: 3", 1, false],
      ["b: 2", 2, true],
    ]);
    expect(traces("", "a: 1")).toEqual([["a: 1", 1, false]]);
  });

  test("hostile templates cost what is paid for", () => {
    // Processor time: other work of the machine does not count.
    const start = process.cpuUsage();
    for (const line of ["{{ . }}a{{ . }}a{{ . }}a{{ . }}b", "same: line", "{{", '{{ "', "{{/*"]) {
      const source = `${line}\n`.repeat(50_000);
      const rendered = Array.from({ length: 50_000 }, (_, index) =>
        index % 2 === 0 ? "a".repeat(200) : "same: line",
      );
      const tracer = traceLines(source, rendered, { left: 1_000_000 });
      for (let index = 0; index < rendered.length; index++) tracer(index);
    }
    expect(process.cpuUsage(start).user).toBeLessThan(10_000_000);
  });
});
