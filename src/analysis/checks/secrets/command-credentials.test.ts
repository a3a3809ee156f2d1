import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { shellCredentials, shellReference } from "./command-credentials.ts";

const SECRET = "s3 cr*t";

// What the shell says with the credential in its place is what it says with the reference, whatever quotes it stands in.
test.each([
  `printf %s --password="${SECRET}"x`,
  `printf %s --password='${SECRET}'x`,
  `printf %s "a password=${SECRET.replaceAll(" ", "")}x b"`,
  `printf %s 'a password=${SECRET.replaceAll(" ", "")} b'`,
  `printf '%s|' a "$(printf %s 'token: abcdef1')" b`,
  `printf '%s|' "$( (echo x) >/dev/null; printf %s 'token: abcdef1')"`,
  String.raw`printf %s "{\"password\": \"abc123\"}"`,
])("a reference in %s means the same, without braces that Flux substitutes", (text) => {
  const values: Record<string, string> = {};
  const spans = shellCredentials(text, []);
  expect(spans.length).toBeGreaterThan(0);
  const written = shellReference(text, spans, (value) => {
    const name = `V${Object.keys(values).length}`;
    values[name] = value.replace(/^(["'])(.*)\1$/s, "$2");
    return name;
  });
  expect(written).not.toContain("${");
  const run = (script: string): string =>
    execFileSync("/bin/sh", ["-c", script], { env: values, encoding: "utf8" });
  expect(run(written)).toBe(run(text));
});
