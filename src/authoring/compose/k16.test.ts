import { describe, expect, test } from "vitest";
import { compose, rows, service, workload } from "../../../test/support/compose.ts";

/** One canary a sensitive place: distinctive, and nowhere else. */
const canaries = {
  envFile: "canary-env-file-1a",
  dotenvInEnvironment: "canary-dotenv-2b",
  literal: "canary-literal-3c",
  url: "canary-url-4d",
  argFlag: "canary-arg-flag-5e",
  argNext: "canary-arg-next-6f",
  shell: "canary-shell-7g",
  health: "canary-health-8h",
  healthList: "canary-health-9i",
  secretFile: "canary-secret-file-10j",
  secretContent: "canary-secret-text-11k",
  configContent: "canary-config-12l",
  configFile: "canary-config-file-13m",
  bindFile: "canary-bind-14n",
  label: "canary-label-15o",
  annotation: "canary-annotation-16p",
  buildArg: "canary-build-17q",
  hook: "canary-hook-18r",
  copied: "canary-copied-19s",
  flagged: "canary-env-20t",
  extension: "canary-extension-21u",
  logging: "canary-logging-22v",
  inherited: "canary-inherited-23w",
  interpolatedArg: "canary-interpolated-24x",
  defaulted: "canary-default-25y",
  tokenWord: "ghp_canary26zABCDEFGHIJKLMNOPQRSTUVWXYZ01",
} as const;

const files = {
  "compose.yaml": `
name: shop
x-note: {password: ${canaries.extension}}
services:
  web:
    build: {context: ., args: {TOKEN: ${canaries.buildArg}}}
    env_file: [app.env]
    environment:
      FROM_DOTENV: "\${PLAIN_NAME}"
      DEFAULTED: "\${UNSET_SECRET:-${canaries.defaulted}}"
      DB_PASSWORD: ${canaries.literal}
      DATABASE_URL: postgres://app:${canaries.url}@db:5432/app
      GIVEN:
      OPAQUE: ${canaries.tokenWord}
    entrypoint: [run, --api-key=${canaries.argFlag}, --password, ${canaries.argNext}]
    command: sh -c "curl -u admin:${canaries.shell} http://db && server --key \${DEPLOY_TOKEN}"
    healthcheck:
      test: ["CMD-SHELL", "mysqladmin ping -p${canaries.health} || exit 1"]
    labels:
      token: ${canaries.label}
      copy: "see ${canaries.copied}"
    annotations: {note: "password=${canaries.annotation}"}
    logging: {options: {splunk-token: ${canaries.logging}}}
    post_start: [{command: "login --password ${canaries.hook}"}]
    secrets: [from-file, from-text]
    configs: [from-text, from-file]
    volumes: ["./app.conf:/etc/app.conf:ro"]
  db:
    image: mysql:8
    environment: {COPIED_PASSWORD: ${canaries.copied}}
    healthcheck: {test: [CMD, mysqladmin, ping, "-p${canaries.healthList}"]}
secrets:
  from-file: {file: ./secret.txt}
  from-text: {content: ${canaries.secretContent}}
configs:
  from-text: {content: "password = ${canaries.configContent}"}
  from-file: {file: ./config.ini}
`,
  ".env": `PLAIN_NAME=${canaries.dotenvInEnvironment}\nDEPLOY_TOKEN=${canaries.interpolatedArg}\n`,
  "app.env": `ANY_NAME=${canaries.envFile}\nexport FLAG='${canaries.flagged}'\n`,
  "secret.txt": canaries.secretFile,
  "config.ini": `[db]\npassword = ${canaries.configFile}\n`,
  "app.conf": `requirepass ${canaries.bindFile}\n`,
};

describe("K16 inputs cannot reach out, and secret values are not in the intent", () => {
  const read = compose(files, { environment: { GIVEN: canaries.inherited } });
  const text = JSON.stringify(read);
  test.each(Object.entries(canaries))("K16 the canary in %s is nowhere", (_place, canary) => {
    expect(text).not.toContain(canary);
  });
  test("K16 every one of them is a reference", () => {
    const web = workload(read);
    expect(web.env).toEqual([
      { name: "ANY_NAME", secret: "web-env", key: "ANY_NAME" },
      { name: "FLAG", secret: "web-env", key: "FLAG" },
      { name: "FROM_DOTENV", secret: "web-env", key: "FROM_DOTENV" },
      { name: "DEFAULTED", secret: "web-env", key: "DEFAULTED" },
      { name: "DB_PASSWORD", secret: "web-env", key: "DB_PASSWORD" },
      { name: "DATABASE_URL", secret: "web-env", key: "DATABASE_URL" },
      { name: "GIVEN", secret: "web-env", key: "GIVEN" },
      { name: "OPAQUE", secret: "web-env", key: "OPAQUE" },
      { name: "KUBEOPS_API_KEY", secret: "web-env", key: "KUBEOPS_API_KEY" },
      { name: "KUBEOPS_PASSWORD", secret: "web-env", key: "KUBEOPS_PASSWORD" },
      { name: "KUBEOPS_PASSWORD_2", secret: "web-env", key: "KUBEOPS_PASSWORD_2" },
      { name: "KUBEOPS_CREDENTIAL", secret: "web-env", key: "KUBEOPS_CREDENTIAL" },
      { name: "KUBEOPS_PASSWORD_3", secret: "web-env", key: "KUBEOPS_PASSWORD_3" },
    ]);
    expect(web.command).toEqual(["run", "--api-key=$(KUBEOPS_API_KEY)", "--password", "$(KUBEOPS_PASSWORD)"]);
    expect(web.args).toEqual([
      "sh",
      "-c",
      "curl -u admin:$(KUBEOPS_PASSWORD_2) http://db && server --key $(KUBEOPS_CREDENTIAL)",
    ]);
    expect(web.health?.test).toEqual({
      kind: "exec",
      command: ["/bin/sh", "-c", 'mysqladmin ping -p"$KUBEOPS_PASSWORD_3" || exit 1'],
    });
    expect(web.mounts).toEqual([
      { kind: "secret", secret: "web-app-conf-files", key: "app.conf", path: "/etc/app.conf" },
      { kind: "secret", secret: "shop-from-text", key: "from-text", path: "/from-text" },
      { kind: "secret", secret: "shop-from-file", key: "from-file", path: "/from-file" },
      { kind: "secret", secret: "shop-from-file", key: "from-file", path: "/run/secrets/from-file" },
      { kind: "secret", secret: "shop-from-text", key: "from-text", path: "/run/secrets/from-text" },
    ]);
    expect(workload(read, "db").health).toBeUndefined();
    expect(read.intent.configs).toEqual([]);
  });
  test("K16 the secrets name their keys, why, and the file of the value", () => {
    const secret = read.intent.secrets.find(({ name }) => name === "web-env");
    expect(secret?.keys.map(({ key, reason, file }) => [key, reason, file])).toEqual([
      ["ANY_NAME", "env_file app.env", "app.env"],
      ["DATABASE_URL", "literal that looks like a credential", undefined],
      ["DB_PASSWORD", "literal that looks like a credential", undefined],
      ["DEFAULTED", "interpolated ${UNSET_SECRET}", undefined],
      ["FLAG", "env_file app.env", "app.env"],
      ["FROM_DOTENV", "interpolated ${PLAIN_NAME}", undefined],
      ["GIVEN", "environment variable GIVEN", undefined],
      ["KUBEOPS_API_KEY", "literal credential in entrypoint", undefined],
      ["KUBEOPS_CREDENTIAL", "literal credential in command", undefined],
      ["KUBEOPS_PASSWORD", "literal credential in entrypoint", undefined],
      ["KUBEOPS_PASSWORD_2", "literal credential in command", undefined],
      ["KUBEOPS_PASSWORD_3", "literal credential in healthcheck", undefined],
      ["OPAQUE", "literal that looks like a credential", undefined],
    ]);
  });
  test("K16 a secret's file is never opened", () => {
    expect(read.inputs.map(({ path }) => path)).toEqual([
      ".env",
      "app.conf",
      "app.env",
      "compose.yaml",
      "config.ini",
    ]);
  });
  test("K16 the digest of a file of secrets does not depend on its values", () => {
    const other = compose({
      ...files,
      "app.env": "ANY_NAME=x\nFLAG=y\n",
      ".env": "PLAIN_NAME=1\nDEPLOY_TOKEN=2\n",
    });
    const digest = (each: typeof read, path: string): string | undefined =>
      each.inputs.find((input) => input.path === path)?.sha256;
    for (const path of [".env", "app.env"]) expect(digest(other, path)).toBe(digest(read, path));
  });
});

describe("K16 interpolation reads .env and --env and nothing else", () => {
  test("K16 the process environment is not read", () => {
    process.env["KUBEOPS_TEST_OUTSIDE"] = "from-outside";
    const read = service("labels: {a: '${KUBEOPS_TEST_OUTSIDE:-default}'}");
    delete process.env["KUBEOPS_TEST_OUTSIDE"];
    expect(workload(read).annotations).toEqual({ a: "default" });
  });
  test("K16 --env wins over .env", () => {
    const content = { "compose.yaml": "services: {web: {image: 'app:${TAG}'}}", ".env": "TAG=1" };
    expect(workload(compose(content)).image).toBe("app:1");
    const named = compose(content, { environment: { TAG: "2" } });
    expect(workload(named)).toMatchObject({ image: "app:2", imageInterpolated: true });
  });
  test("K16 the .env of the folder of the first file counts, not another", () => {
    const read = compose(
      {
        "sub/compose.yaml": "services: {web: {image: 'app:${TAG:-none}'}}",
        ".env": "TAG=1",
        "sub/.env": "TAG=2",
      },
      { files: ["sub/compose.yaml"] },
    );
    expect(workload(read).image).toBe("app:2");
  });
  test.each([
    ["env_file: ../x.env", "services.web.env_file names a file outside the project folder"],
    ["env_file: /etc/passwd", "services.web.env_file names a file outside the project folder"],
    ["env_file: [~/.env]", "services.web.env_file[0] names a file outside the project folder"],
    [
      "extends: {file: ../x.yaml, service: a}",
      "services.web.extends.file names a file outside the project folder",
    ],
  ])("K16 %s is refused", (field, message) => {
    expect(() => service(field)).toThrow(expect.objectContaining({ code: "INPUT_OUTSIDE", message }));
  });
  test("K16 an include or a config outside is refused", () => {
    for (const path of [
      "../other.yaml",
      "https://example.com/compose.yaml",
      "oci://example/x",
      "git@example.com:a/b",
    ])
      expect(() => compose(`include: ["${path}"]\nservices: {web: {image: a}}`)).toThrow(
        expect.objectContaining({ code: "INPUT_OUTSIDE" }),
      );
    expect(() => service("configs: [c]", "configs: {c: {file: /etc/passwd}}")).toThrow(
      expect.objectContaining({
        code: "INPUT_OUTSIDE",
        message: "configs.c.file names a file outside the project folder",
      }),
    );
  });
});

describe("K16 what looks like a credential and is none stays", () => {
  test("names of files, choices and references", () => {
    const read = service(
      [
        "environment:",
        "  POSTGRES_PASSWORD_FILE: /run/secrets/db",
        "  DATABASE_PASSWORD: /run/secrets/db",
        "  ALLOW_EMPTY_PASSWORD: 'yes'",
        "  DB_PASSWORD: ''",
        "command: --default-authentication-plugin=mysql_native_password",
        `healthcheck: {test: 'mysqladmin ping --password="$$(cat /run/secrets/db)"'}`,
      ].join("\n"),
    );
    expect(read.intent.secrets).toEqual([]);
    expect(workload(read).health?.test).toEqual({
      kind: "exec",
      command: ["/bin/sh", "-c", 'mysqladmin ping --password="$(cat /run/secrets/db)"'],
    });
    expect(workload(read).args).toEqual(["--default-authentication-plugin=mysql_native_password"]);
  });
  test("the same password in a variable and in a check is one key", () => {
    const read = service(
      "environment: {SA_PASSWORD: example_123}\nhealthcheck: {test: [CMD-SHELL, \"sqlcmd -U sa -P 'example_123' -Q 'SELECT 1'\"]}",
    );
    expect(workload(read).health?.test).toEqual({
      kind: "exec",
      command: ["/bin/sh", "-c", `sqlcmd -U sa -P ''"$SA_PASSWORD"'' -Q 'SELECT 1'`],
    });
    expect(read.intent.secrets[0]?.keys.map(({ key }) => key)).toEqual(["SA_PASSWORD"]);
  });
  test("a variable whose value is kept in sight is left for Kubernetes as it stands", () => {
    expect(
      workload(service("environment: {A: '$$(B) $$$$ $$C'}\nentrypoint: [sh, -c, 'echo $$(date)']")),
    ).toMatchObject({
      env: [{ name: "A", value: "$$(B) $$$$ $C" }],
      command: ["sh", "-c", "echo $$(date)"],
    });
  });
});

test("K16 a credential in a field without references is dropped, or refused where nothing would be left", () => {
  const read = service(
    "labels: {api_key: hunter2hunter2}\nhostname: ghp_0123456789abcdefghijABCDEFGHIJ012345",
  );
  expect(rows(read, "services.web.labels")).toEqual([
    "dropped services.web.labels.api_key: it holds a credential, and Kubernetes has no reference to a Secret here",
  ]);
  expect(workload(read).annotations).toEqual({});
  expect(() => compose("services: {web: {image: 'ghp_0123456789abcdefghijABCDEFGHIJ012345'}}")).toThrow(
    "services.web.image holds a credential",
  );
});

test("K16 a reference's value in a place that no reader guards is refused by the name of its variable", () => {
  const yaml =
    "services:\n  web:\n    image: a\n    environment: {DB_PASSWORD: canary9value}\n    networks: [canary9value]\nnetworks: {canary9value: }";
  expect(() => compose(yaml)).toThrow(
    expect.objectContaining({
      code: "INPUT_SECRET_DATA",
      message:
        "the value of DB_PASSWORD of service web, which became a reference to a Secret, also stands in another field",
    }),
  );
});
