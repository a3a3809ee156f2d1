import { describe, expect, it } from "vitest";
import { credentialValues } from "../../analysis/checks/secrets/credentials.ts";
import type { JsonObject } from "../../kube/json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { buildPlan } from "../build-plan.ts";
import { configMap, deployment, inputFor, serviceAccount } from "../testing/fixtures.ts";
import { literalCredential } from "./literal-credentials.ts";

const VALUE = "hunter2canary";
const KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA";
const container = (more: JsonObject): JsonObject => deployment("web", {}, more);
const at = (rest: string): string => `spec.template.spec.containers[name=web].${rest}`;

const places: readonly (readonly [string, JsonObject, string])[] = [
  ["a variable", container({ env: [{ name: "DB_PASSWORD", value: VALUE }] }), at("env[name=DB_PASSWORD]")],
  [
    "a variable of an init container",
    deployment("web", { initContainers: [{ name: "i", env: [{ name: "API_KEY", value: VALUE }] }] }),
    "spec.template.spec.initContainers[name=i].env[name=API_KEY]",
  ],
  [
    "an address with a password",
    container({ env: [{ name: "URL", value: `postgres://u:${VALUE}@db/x` }] }),
    at("env[name=URL]"),
  ],
  ["an argument", container({ args: ["--user", "a", "--password", VALUE] }), at("args[3]")],
  ["a shell text", container({ command: ["sh", "-c", `mysql -p${VALUE}`] }), at("command[2]")],
  [
    "a command of a probe",
    container({ livenessProbe: { exec: { command: ["redis-cli", "-a", VALUE, "ping"] } } }),
    at("livenessProbe.exec.command[2]"),
  ],
  [
    "a header of a probe",
    container({
      readinessProbe: {
        httpGet: { port: 80, httpHeaders: [{ name: "Authorization", value: "Bearer abcdefghijklmnop" }] },
      },
    }),
    at("readinessProbe.httpGet.httpHeaders[name=Authorization]"),
  ],
  ["data of a ConfigMap", configMap("a", { DB_PASSWORD: VALUE }), 'data["DB_PASSWORD"]'],
  [
    "a file of a ConfigMap",
    configMap("a", { "redis.conf": `port 1\nrequirepass ${VALUE}\n` }),
    'data["redis.conf"]',
  ],
  [
    "binary data of a ConfigMap",
    { ...configMap("a", {}), binaryData: { "id.der": btoa(KEY) } },
    'binaryData["id.der"]',
  ],
  [
    "an annotation",
    configMap("a", {}, { annotations: { "traefik.io/users": "a:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/" } }),
    'metadata.annotations["traefik.io/users"]',
  ],
  [
    "the copy that kubectl leaves",
    configMap(
      "a",
      {},
      {
        annotations: {
          "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify(
            container({ env: [{ name: "DB_PASSWORD", value: VALUE }] }),
          ),
        },
      },
    ),
    'metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]',
  ],
  [
    "a kind of somebody else",
    {
      apiVersion: "example.org/v1",
      kind: "Widget",
      metadata: { name: "w", namespace: "shop" },
      spec: { tls: [{ text: KEY }] },
    },
    "spec.tls[0].text",
  ],
];

describe("K16 literal credentials in given objects", () => {
  it.each(places)("K16 refuses a plan with %s, and says where without the value", (_name, object, path) => {
    expect(literalCredential(object)?.path).toBe(path);
    const refusal = (): unknown => buildPlan(inputFor([object, serviceAccount("web")]));
    expect(refusal).toThrow(OpsError);
    try {
      refusal();
    } catch (error) {
      const { code, message, hint } = error as OpsError;
      expect(code).toBe("INPUT_SECRET_DATA");
      expect(message).toContain(path);
      for (const value of [VALUE, "AAAA", "abcdefghijklmnop", "IgXLP6ew"]) {
        expect(`${message} ${hint}`).not.toContain(value);
      }
    }
  });

  it("K16 lets references, names, paths and choices be", () => {
    const fine: readonly JsonObject[] = [
      container({
        env: [
          { name: "DB_PASSWORD", valueFrom: { secretKeyRef: { name: "db", key: "password" } } },
          { name: "URL", value: "postgres://u:$(DB_PASSWORD)@db/x" },
          { name: "PGPASSWORD", value: "$(DB_PASSWORD)" },
          { name: "DB_PASSWORD_FILE", value: "/run/secrets/db" },
          { name: "MYSQL_RANDOM_ROOT_PASSWORD", value: "1" },
          { name: "AUTH_TOKEN", value: "" },
          { name: "TOKEN_TTL", value: "3600" },
        ],
        args: ["--password=$(DB_PASSWORD)", "--password-file", "/run/secrets/db"],
        command: ["sh", "-c", 'mysql -p"$DB_PASSWORD"'],
      }),
      configMap(
        "a",
        { "nginx.conf": "server {\n  listen 80;\n}\n", PASSWORD_MIN_LENGTH: "8" },
        { annotations: { "checksum/secret": "a".repeat(64), note: "ask for the password" } },
      ),
      {
        apiVersion: "external-secrets.io/v1",
        kind: "ExternalSecret",
        metadata: { name: "e", namespace: "shop" },
        spec: { data: [{ secretKey: "password", remoteRef: { key: "prod/db", property: "password" } }] },
      },
    ];
    for (const object of fine) expect(literalCredential(object)).toBeUndefined();
  });

  it("K16 finds every form of the table of values in a variable", () => {
    for (const row of credentialValues)
      for (const value of row.matches)
        expect([
          row.id,
          value,
          literalCredential(container({ env: [{ name: "X", value }] })) !== undefined,
        ]).toEqual([row.id, value, true]);
  });
});
