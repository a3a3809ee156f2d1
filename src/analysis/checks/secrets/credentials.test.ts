import { describe, expect, test } from "vitest";
import {
  credentialNames,
  credentialSpans,
  credentialValues,
  holdsCredential,
  isCredential,
  isCredentialFile,
  isCredentialName,
} from "./credentials.ts";

describe("K16 credential table", () => {
  for (const row of credentialNames) {
    test.each(row.matches)(`name ${row.id}: %s is one`, (name) => {
      expect(isCredentialName(name)).toBe(true);
      expect(isCredential(name, "hunter2")).toBe(true);
    });
    test.each(row.ignores)(`name ${row.id}: %s is none`, (name) => {
      expect(isCredentialName(name)).toBe(false);
      expect(isCredential(name, "value")).toBe(false);
    });
  }
  for (const row of credentialValues) {
    test.each(row.matches)(`value ${row.id}: %j holds one`, (value) => {
      expect(row.pattern.test(value)).toBe(true);
      expect(holdsCredential(value)).toBe(true);
    });
    test.each(row.ignores)(`value ${row.id}: %j holds none`, (value) => {
      expect(holdsCredential(value)).toBe(false);
    });
  }
  test.each([
    ["MYSQL_ALLOW_EMPTY_PASSWORD", "yes"],
    ["MYSQL_ALLOW_EMPTY_PASSWORD", "1"],
    ["MYSQL_RANDOM_ROOT_PASSWORD", "true"],
    ["DATABASE_PASSWORD", "/run/secrets/db-password"],
    ["DB_PASSWORD", ""],
    ["GIT_SHA", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"],
    ["CLUSTER_ID", "4L6g3nShT-eMCtK--X86swABCDEFGHIJKLMNOPQRSTUV"],
    ["POSTGRES_USER", "postgres"],
    ["JAVA_OPTS", "-Xms512m -Xmx512m"],
    ["ALLOWED_HOSTS", "a,b"],
    ["ASPNETCORE_URLS", "http://+:8000"],
  ])("%s=%s is no credential", (name, value) => {
    expect(isCredential(name, value)).toBe(false);
  });
  test.each([
    ["SEED", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"],
    ["DATABASE_URL", "mysql://root:whalehello@db:3306/mysql"],
    ["JAVA_OPTS", "-Xmx1g -Dspring.datasource.password=hunter2"],
    ["DB_PASSWORD", "1"],
    ["SA_PASSWORD", "example_123"],
  ])("%s=%s is a credential", (name, value) => {
    expect(isCredential(name, value)).toBe(true);
  });
  test("spans cover the secret part alone", () => {
    const text = "psql postgres://app:s3cr3t@db/app && echo token=abcdef";
    expect(credentialSpans(text).map(({ start, end }) => text.slice(start, end))).toEqual([
      "s3cr3t",
      "abcdef",
    ]);
  });
  test.each([
    ".env",
    "db/password.txt",
    "prod.env",
    "tls/server.key",
    "a/id_rsa",
    "secrets.yaml",
    "auth/htpasswd",
  ])("%s is named like a credential file", (path) => {
    expect(isCredentialFile(path)).toBe(true);
  });
  test.each(["nginx.conf", "keys.conf", "prometheus.yml", "schema.sql", "environment.ts", "monkey.txt"])(
    "%s is not",
    (path) => {
      expect(isCredentialFile(path)).toBe(false);
    },
  );
  test("no pattern is slow on long input", () => {
    // Counts work, not time: a pattern that backtracks badly would not come back from this within the test's limit.
    for (const text of [
      "a:".repeat(20_000),
      "://".repeat(20_000),
      "password ".repeat(10_000),
      "-".repeat(50_000),
      "a".repeat(100_000),
    ]) {
      expect(credentialSpans(text)).toBeInstanceOf(Array);
    }
  });
});
