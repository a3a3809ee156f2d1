import { describe, expect, test } from "vitest";
import { helmFaults, isInvalidYaml, settingFault } from "./helm-error.ts";

const at = (name: string, line: number, column = 1): object => ({ name, line, column });

/** What Helm 3.22 and 4.3 print. */
describe("errors of helm template", () => {
  test("a template that cannot be parsed or run, of both", () => {
    expect(
      helmFaults(
        'Error: parse error at (demo/templates/a.yaml:2): function "x" not defined\n\nUse --debug flag to render out invalid YAML\n',
      ),
    ).toEqual([
      { code: "chart/template", what: 'function "x" not defined', at: [at("demo/templates/a.yaml", 2)] },
    ]);
    const four =
      'Error: demo/templates/a.yaml:1:13\n  executing "demo/templates/a.yaml" at <include "h" .>:\n    error calling include:\ndemo/templates/_h.tpl:4:7\n  executing "h" at <.x.y>:\n    nil pointer evaluating interface {}.y\n';
    expect(helmFaults(four)[0]?.at).toEqual([
      at("demo/templates/a.yaml", 1, 13),
      at("demo/templates/_h.tpl", 4, 7),
    ]);
    const three =
      'Error: template: demo/templates/a.yaml:1:13: executing "demo/templates/a.yaml" at <include "h" .>: error calling include: template: demo/templates/_h.tpl:4:7: executing "h" at <.x.y>: nil pointer evaluating interface {}.y\n';
    expect(helmFaults(three)[0]?.at).toEqual(helmFaults(four)[0]?.at);
  });

  test("what a template says is a message, on one line, and names no place", () => {
    const said = helmFaults(
      "level=WARN msg=x\nError: execution error at (demo/templates/a.yaml:3:4): no\n\u001b[2Jtemplate: /etc/passwd:1:1: executing\n",
    );
    expect(said).toEqual([
      {
        code: "chart/template",
        what: "no \\u{1b}[2Jtemplate: /etc/passwd:1:1: executing",
        at: [at("demo/templates/a.yaml", 3, 4)],
      },
    ]);
    expect(
      helmFaults(`Error: execution error at (a/b:1:1): ${"x".repeat(100_000)}`)[0]?.what.length,
    ).toBeLessThan(700);
  });

  test("values, one fault for each; what only holds others is none", () => {
    const text =
      "Error: values don't meet the specifications of the schema(s) in the following chart(s):\ndemo:\n- at '/image': validation failed\n  - at '/image': missing property 'foo'\n  - at '/image/tag': got string, want integer\nsub:\n- at '': missing property 'a'\n- old.style: Invalid type\n";
    expect(helmFaults(text).map(({ what, value }) => [what, value?.chart, value?.path])).toEqual([
      ["image: missing property 'foo'", "demo", ["image"]],
      ["image.tag: got string, want integer", "demo", ["image", "tag"]],
      ["missing property 'a'", "sub", []],
      ["old.style: Invalid type", "sub", ["old", "style"]],
    ]);
  });

  test("a credential that a schema refuses is not repeated", () => {
    const text =
      "Error: values don't meet the specifications of the schema(s) in the following chart(s):\ndemo:\n- at '/db/password': 'hunter2' does not match pattern '^x'\n";
    expect(helmFaults(text)[0]?.what).toBe("db.password: '...'");
  });

  test("everything else is said as it stands", () => {
    expect(helmFaults("").map(({ code, what }) => [code, what])).toEqual([
      ["chart/malformed", "it ended without a message"],
    ]);
    expect(helmFaults("panic: x")[0]).toMatchObject({ code: "chart/malformed", what: "panic: x" });
    expect(helmFaults('Error: validation: chart.metadata.name "x y" is invalid')[0]?.code).toBe(
      "chart/malformed",
    );
    expect(
      helmFaults("Error: chart requires kubeVersion: >= 2 which is incompatible with Kubernetes v1.37.0")[0],
    ).toMatchObject({
      code: "chart/kube-version",
      what: ">= 2 which is incompatible with Kubernetes v1.37.0",
    });
    expect(isInvalidYaml("Error: YAML parse error on a/b.yaml: yaml: line 4: x")).toBe(true);
    expect(isInvalidYaml("Error: execution error at (a:1:1): YAML parse error on")).toBe(false);
    expect(settingFault('Error: failed parsing --set data: key "a" has no value')).toBe(
      'key "a" has no value',
    );
    expect(settingFault("Error: x")).toBeUndefined();
  });
});
