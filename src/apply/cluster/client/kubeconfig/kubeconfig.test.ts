import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../../../test/support/git-repository.ts";
import { authority } from "../../../../../test/support/test-pki.ts";
import { OpsError } from "../../../../kube/ops-error.ts";
import { placeText } from "../../../../kube/place.ts";
import type { KubeConnection, PinnedExec } from "../connection.ts";
import { credentialSource } from "../credentials.ts";
import { loadKubeconfig } from "./load-kubeconfig.ts";
import { readKubeconfig } from "./read-kubeconfig.ts";

const ca = authority("ca");
const admin = ca.issue({ commonName: "admin", usage: "client" });
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const CANARY = "CANARY-7f3a";

type Change = (config: Config) => void;
interface Config {
  [key: string]: unknown;
  clusters: { name: string; cluster: Record<string, unknown> }[];
  users: { name: string; user: Record<string, unknown> }[];
  contexts: { name: string; context: Record<string, unknown> }[];
}

function config(change: Change = () => {}): string {
  const whole: Config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "dev",
    clusters: [
      {
        name: "dev",
        cluster: { server: "https://127.0.0.1:6443", "certificate-authority-data": base64(ca.certificate) },
      },
    ],
    users: [{ name: "me", user: { token: CANARY } }],
    contexts: [{ name: "dev", context: { cluster: "dev", user: "me", namespace: "shop" } }],
  };
  change(whole);
  return JSON.stringify(whole, undefined, 2);
}
const user =
  (entry: Record<string, unknown>): Change =>
  (whole) => {
    whole.users[0]!.user = entry;
  };
const cluster =
  (entry: Record<string, unknown>): Change =>
  (whole) => {
    Object.assign(whole.clusters[0]!.cluster, entry);
  };

function load(
  text: string,
  more: { context?: string; allowedExec?: readonly PinnedExec[] } = {},
): KubeConnection {
  return loadKubeconfig(text, {
    file: "dev.kubeconfig",
    readFile: (path) => {
      throw new OpsError("INPUT_NOT_FOUND", `${path} does not exist`);
    },
    ...more,
  });
}

function fault(
  text: string,
  more: Parameters<typeof load>[1] = {},
): { message: string; hint: string | undefined; place: string | undefined } {
  try {
    load(text, more);
  } catch (error) {
    if (!OpsError.is(error)) throw error;
    expect(error.code).toBe("KUBECONFIG_INVALID");
    expect(error.exit).toBe(2);
    const whole = `${error.message} ${error.hint} ${String(error.cause)} ${error.stack}`;
    expect(whole).not.toContain(CANARY);
    return { message: error.message, hint: error.hint, place: error.place && placeText(error.place) };
  }
  throw new Error("it was accepted");
}

describe("kubeconfig: what is read", () => {
  it("token, CA, namespace, server in normal form", () => {
    expect(load(config(cluster({ server: "https://API.example.com:443/k8s/c-1/" })))).toEqual({
      server: "https://api.example.com/k8s/c-1",
      caPem: ca.certificate,
      tlsServerName: null,
      credentials: { kind: "token", token: CANARY },
      impersonate: null,
      namespace: "shop",
      context: "dev",
      warnings: [],
    });
  });
  it("YAML, certificates, another context, impersonation, public CAs, extensions", () => {
    const text = `
apiVersion: v1
kind: Config
preferences: {}
clusters:
- name: dev
  cluster:
    server: https://[::1]:6443
    tls-server-name: kubernetes.default
    extensions:
    - name: minikube
      extension: {version: v1}
users:
- name: me
  user:
    client-certificate-data: ${base64(admin.certificate)}
    client-key-data: ${base64(admin.key)}
    as: alice
    as-groups: [a, b]
    as-uid: "7"
    as-user-extra: {scopes: [x, "y z"]}
contexts:
- {name: other, context: {cluster: dev, user: me}}
current-context: missing
`;
    expect(load(text, { context: "other" })).toEqual({
      server: "https://[::1]:6443",
      caPem: null,
      tlsServerName: "kubernetes.default",
      credentials: { kind: "certificate", certPem: admin.certificate, keyPem: admin.key },
      impersonate: { user: "alice", uid: "7", groups: ["a", "b"], extra: { scopes: ["x", "y z"] } },
      namespace: "default",
      context: "other",
      warnings: [],
    });
  });
  it("fields that nobody knows are warnings", () => {
    const text = config((whole) => {
      whole["colour"] = "red";
      whole.users[0]!.user["impersonate"] = "root";
      whole.clusters[0]!.cluster["insecure"] = true;
    });
    expect(load(text).warnings).toEqual([
      'the kubeconfig has a field "colour" that is not known; it is not looked at',
      'the context\'s cluster has a field "insecure" that is not known; it is not looked at',
      'the context\'s user has a field "impersonate" that is not known; it is not looked at',
    ]);
  });
  it("a user without credentials is nobody", () => {
    expect(load(config(user({}))).credentials).toEqual({ kind: "none" });
  });
});

const exec = {
  apiVersion: "client.authentication.k8s.io/v1",
  command: "/usr/bin/plugin",
  args: ["token"],
  interactiveMode: "Never",
};
const pinned: PinnedExec = { path: "/usr/bin/plugin", sha256: "00", args: ["token"] };

describe("kubeconfig: what is refused", () => {
  const cases: readonly [string, Change, string, string?][] = [
    ["exec", user({ exec }), 'exec runs "/usr/bin/plugin", which nobody pinned', "pin the plug-in's path"],
    [
      "exec by name",
      user({ exec: { ...exec, command: "plugin" } }),
      'exec runs "plugin", which nobody pinned',
    ],
    [
      "auth-provider",
      user({ "auth-provider": { name: "gcp", config: { "cmd-path": "sh" } } }),
      "auth-provider starts a program or calls a service, and is refused",
    ],
    [
      "basic authentication",
      user({ username: "u", password: CANARY }),
      "username is basic authentication, which API servers no longer have",
    ],
    [
      "two credentials",
      user({ token: CANARY, exec }),
      "exec stands beside token: one credential is used",
      "keep one of them",
    ],
    [
      "token and tokenFile",
      user({ token: CANARY, tokenFile: "t" }),
      "tokenFile stands beside token: which one counts depends on the client",
    ],
    [
      "a token with a line end in it",
      user({ token: `${CANARY}\r\nX: y` }),
      "token is no token: it is empty, or holds a space or a character that a header cannot carry",
    ],
    ["a token that is a number", user({ token: 12345 }), "token is not a text: put it in quotes"],
    [
      "a proxy",
      cluster({ "proxy-url": "http://proxy" }),
      "proxy-url is refused: the connection goes to the server itself",
    ],
    [
      "skipped verification",
      cluster({ "insecure-skip-tls-verify": true }),
      "insecure-skip-tls-verify would send credentials to anybody, and is refused",
    ],
    [
      "verification skipped in words",
      cluster({ "insecure-skip-tls-verify": "true" }),
      "insecure-skip-tls-verify is neither true nor false",
    ],
    [
      "http",
      cluster({ server: "http://127.0.0.1:8080" }),
      "server is http://...: credentials are sent over https only",
      "https://HOST[:PORT][/PATH]",
    ],
    [
      "a scheme that Node does not know",
      cluster({ server: "unix:///run/x" }),
      "server is unix://...: credentials are sent over https only",
    ],
    [
      "credentials in the URL",
      cluster({ server: `https://me:${CANARY}@h` }),
      "server holds credentials, which belong to a user",
    ],
    ["a query", cluster({ server: "https://h?x" }), "server holds a query"],
    [
      "a path with percent signs",
      cluster({ server: "https://h/a%2e%2e/" }),
      "server holds a path that is not made of plain names",
    ],
    ["no URL", cluster({ server: "127.0.0.1:6443 " }), "server is no URL"],
    ["no server", cluster({ server: "" }), "the cluster has no server"],
    [
      "bad base64",
      cluster({ "certificate-authority-data": `${CANARY}!` }),
      "certificate-authority-data is not base64",
    ],
    [
      "no certificate",
      cluster({ "certificate-authority-data": base64(CANARY) }),
      "certificate-authority holds no PEM certificate that can be read",
    ],
    ["a server name with a space", cluster({ "tls-server-name": "a b" }), "tls-server-name is no host name"],
    [
      "no key",
      user({ "client-certificate-data": base64(admin.certificate) }),
      "client-key is missing beside the client certificate",
    ],
    [
      "another key",
      user({ "client-certificate-data": base64(admin.certificate), "client-key-data": base64(ca.key) }),
      "client-key is not the key of the client certificate",
    ],
    [
      "no key at all",
      user({ "client-certificate-data": base64(admin.certificate), "client-key-data": base64(CANARY) }),
      "client-key holds no PEM key that can be read without a passphrase",
    ],
    ["groups of nobody", user({ token: CANARY, "as-groups": ["g"] }), "as-groups has no meaning without as"],
    [
      "a header in a name",
      user({ token: CANARY, as: "a\r\nX: y" }),
      "as or what belongs to it holds a character that a header cannot carry",
    ],
    [
      "a namespace that is none",
      (whole) => (whole.contexts[0]!.context["namespace"] = "../x"),
      "namespace is no name of a namespace",
    ],
    [
      "an unknown cluster",
      (whole) => (whole.contexts[0]!.context["cluster"] = "prod"),
      'cluster names "prod", which clusters does not hold',
    ],
    [
      "an unknown user",
      (whole) => (whole.contexts[0]!.context["user"] = "you"),
      'user names "you", which users does not hold',
    ],
    ["no user", (whole) => delete whole.contexts[0]!.context["user"], "the context names no user"],
    [
      "no current context",
      (whole) => delete whole["current-context"],
      "dev.kubeconfig has no current context",
      "name one with --context; contexts of the file: dev",
    ],
    [
      "an unknown context",
      (whole) => (whole["current-context"] = "prod"),
      'there is no context "prod"',
      "contexts of the file: dev",
    ],
    [
      "two contexts of one name",
      (whole) => whole.contexts.push(whole.contexts[0]!),
      'contexts holds two entries named "dev"',
    ],
    [
      "an entry without a name",
      (whole) => whole.users.push({ user: {} } as never),
      "an entry of users has no name",
    ],
    ["a list that is none", (whole) => (whole["users"] = {} as never), "users is not a list"],
    [
      "another kind",
      (whole) => (whole["kind"] = "Secret"),
      "dev.kubeconfig is not a kubeconfig: apiVersion v1, kind Config",
    ],
  ];
  it.each(cases)("%s", (_name, change, message, hint) => {
    const found = fault(config(change));
    expect(found.message).toBe(message);
    if (hint !== undefined) expect(found.hint).toContain(hint);
    expect(found.place).toMatch(/^dev\.kubeconfig:\d+:\d+$/);
  });

  it("says where", () => {
    const text = config(cluster({ "proxy-url": "http://proxy" }));
    const line = text.split("\n").findIndex((each) => each.includes("proxy-url")) + 1;
    expect(fault(text).place).toMatch(new RegExp(`^dev\\.kubeconfig:${line}:`));
  });
  it("what is no kubeconfig at all, without quoting it", () => {
    expect(fault("")).toMatchObject({ message: "dev.kubeconfig is empty" });
    expect(fault(`- ${CANARY}`)).toMatchObject({ message: "dev.kubeconfig is not a kubeconfig" });
    expect(fault(`users: [{name: a, user: {token: "${CANARY}`)).toMatchObject({
      message: "dev.kubeconfig cannot be read (yaml/syntax)",
    });
    expect(fault(`users: {token: ${CANARY}, token: ${CANARY}}`)).toMatchObject({
      message: "dev.kubeconfig cannot be read (yaml/duplicate-key)",
    });
    expect(fault(`${config()}\n---\n${config()}`).message).toMatch(/cannot be read|several documents/);
    expect(fault("kind: Config\n---\nkind: Config\n")).toMatchObject({
      message: "dev.kubeconfig holds several documents, of which kubectl reads the first only",
    });
    expect(fault(`x: ${"a".repeat(1024 * 1024)}`)).toMatchObject({
      message: "dev.kubeconfig is larger than 1048576 bytes",
    });
  });
  it("a name that JavaScript knows is no entry", () => {
    expect(fault(config(), { context: "__proto__" })).toMatchObject({
      message: 'there is no context "__proto__"',
    });
    expect(fault(config(), { context: "constructor" })).toMatchObject({
      message: 'there is no context "constructor"',
    });
    const text = config().replace('"token":', '"__proto__": {"token": "x"}, "tokn":');
    expect(load(text).credentials).toEqual({ kind: "none" });
  });
});

describe("kubeconfig: plug-ins that the operator pinned", () => {
  it("exactly this command, with these arguments and this environment", () => {
    const accepted = load(config(user({ exec })), { allowedExec: [pinned] });
    expect(accepted.credentials).toEqual({ kind: "exec", plugin: pinned, apiVersion: exec.apiVersion });
    const differs = (change: Record<string, unknown>): string =>
      fault(config(user({ exec: { ...exec, ...change } })), { allowedExec: [pinned] }).message;
    expect(differs({ args: ["token", "--more"] })).toBe(
      'exec runs "/usr/bin/plugin", with other arguments than were pinned',
    );
    expect(differs({ args: undefined })).toBe(
      'exec runs "/usr/bin/plugin", with other arguments than were pinned',
    );
    expect(differs({ env: [{ name: "LD_PRELOAD", value: "x" }] })).toBe(
      'exec runs "/usr/bin/plugin", with another environment than was pinned',
    );
    expect(differs({ command: "/usr/bin/../bin/plugin" })).toBe(
      'exec runs "/usr/bin/../bin/plugin", which nobody pinned',
    );
    expect(differs({ provideClusterInfo: true })).toBe(
      'exec runs "/usr/bin/plugin", and asks for cluster information, which is not given',
    );
    expect(differs({ apiVersion: "v1" })).toMatch(
      /^exec runs "\/usr\/bin\/plugin", with an apiVersion other than /,
    );
    expect(differs({ shell: "sh" })).toBe(
      'exec runs "/usr/bin/plugin", and has a field "shell" that is not known',
    );
  });
});

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

describe("kubeconfig: files that it names", () => {
  const write = (name: string, text: string): string => {
    const path = join(folder.path, name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  it("are read from its own folder, by relative and absolute paths", () => {
    write("home/pki/ca.crt", ca.certificate);
    write("home/token", `${CANARY}\n`);
    const file = write(
      "home/config",
      config((whole) => {
        whole.clusters[0]!.cluster = {
          server: "https://h",
          "certificate-authority": join(folder.path, "home/pki/ca.crt"),
        };
        whole.users[0]!.user = { tokenFile: "./token" };
      }),
    );
    expect(readKubeconfig(file)).toMatchObject({
      caPem: ca.certificate,
      credentials: { kind: "token", token: CANARY },
    });
  });
  it.each([
    ["..", "../secret"],
    ["an absolute path", "ABSOLUTE"],
    ["a link", "link"],
    ["a link to a folder", "linked/secret"],
  ])("are refused outside of it: %s", (_name, path) => {
    const secret = write("secret", CANARY);
    mkdirSync(join(folder.path, "home"));
    symlinkSync(secret, join(folder.path, "home/link"));
    symlinkSync(folder.path, join(folder.path, "home/linked"));
    const named = path === "ABSOLUTE" ? secret : path;
    const file = write("home/config", config(user({ tokenFile: named })));
    expect(() => readKubeconfig(file)).toThrow(
      `tokenFile names "${named}", which lies outside of the kubeconfig's folder`,
    );
  });
  it("are told when they are missing or too large; -data wins over a file", () => {
    const missing = write("home/config", config(user({ tokenFile: "gone" })));
    expect(() => readKubeconfig(missing)).toThrow(
      /tokenFile names a file that cannot be read: .*gone does not exist/,
    );
    write("home/large", "x".repeat(1024 * 1024 + 1));
    const large = write("home/config", config(user({ tokenFile: "large" })));
    expect(() => readKubeconfig(large)).toThrow(
      /tokenFile names a file that cannot be read: .*at most 1048576 are read/,
    );
    const both = write("home/config", config(cluster({ "certificate-authority": "/etc/shadow" })));
    expect(readKubeconfig(both).caPem).toBe(ca.certificate);
    expect(() => readKubeconfig(join(folder.path, "home/none"))).toThrow(/none does not exist/);
  });
});

describe("credential plug-ins", () => {
  function plugin(script: string): PinnedExec {
    const path = join(folder.path, "plugin");
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    const sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
    return { path, sha256, args: ["token"], env: { REGION: "r1" } };
  }
  function source(pinnedPlugin: PinnedExec): ReturnType<typeof credentialSource> {
    const connection = load(
      config(user({ exec: { ...exec, command: pinnedPlugin.path, env: [{ name: "REGION", value: "r1" }] } })),
      {
        allowedExec: [pinnedPlugin],
      },
    );
    return credentialSource(connection);
  }
  const credential = (status: string): string =>
    `echo run >> "$0.runs"; echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":${status}}'`;

  it("run with the pinned environment and nothing else, until what they gave expires", async () => {
    process.env["KUBEOPS_TEST_CANARY"] = CANARY;
    const kept = source(
      plugin(
        `env > "$0.env"; echo "$@" > "$0.args"; ${credential('{"token":"t1","expirationTimestamp":"2999-01-01T00:00:00Z"}')}`,
      ),
    );
    expect(await kept.get()).toEqual({ token: "t1" });
    expect(await kept.get()).toEqual({ token: "t1" });
    delete process.env["KUBEOPS_TEST_CANARY"];
    const runs = (): number =>
      readFileSync(join(folder.path, "plugin.runs"), "utf8").trim().split("\n").length;
    expect(runs()).toBe(1);
    kept.drop();
    await kept.get();
    expect(runs()).toBe(2);
    const env = readFileSync(join(folder.path, "plugin.env"), "utf8");
    expect(env).toContain("REGION=r1");
    expect(env).toContain(
      'KUBERNETES_EXEC_INFO={"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false}}',
    );
    expect(env).not.toContain(CANARY);
    expect(
      env
        .split("\n")
        .map((line) => line.split("=")[0])
        .filter((name) => !["PWD", "SHLVL", "_", "OLDPWD", ""].includes(name ?? ""))
        .toSorted(),
    ).toEqual(["HOME", "KUBERNETES_EXEC_INFO", "PATH", "REGION"]);
    expect(readFileSync(join(folder.path, "plugin.args"), "utf8")).toBe("token\n");
  });
  it("are run again when the credential has expired", async () => {
    const kept = source(plugin(credential('{"token":"t1","expirationTimestamp":"2001-01-01T00:00:00Z"}')));
    await kept.get();
    await kept.get();
    expect(readFileSync(join(folder.path, "plugin.runs"), "utf8")).toBe("run\nrun\n");
  });
  it("are not run when they are not the program that was pinned", async () => {
    const known = plugin(credential('{"token":"t"}'));
    const kept = source(known);
    writeFileSync(known.path, `#!/bin/sh\ntouch "$0.runs"`);
    await expect(kept.get()).rejects.toMatchObject({
      code: "CLUSTER_AUTH",
      message: `the credential plug-in ${known.path} is not the one that was pinned`,
    });
    expect(() => readFileSync(`${known.path}.runs`)).toThrow();
  });
  it.each([
    ["that fail", `echo ${CANARY} >&2; exit 1`],
    ["that print no JSON", `echo ${CANARY}`],
    ["that print another kind", `echo '{"kind":"${CANARY}"}'`],
    ["that give nothing", credential("{}")],
    ["that give a header", credential(`{"token":"${CANARY}\\r\\nX: y"}`)],
    ["that give a certificate without a key", credential(`{"clientCertificateData":"${CANARY}"}`)],
    ["that print a date that is none", credential(`{"token":"${CANARY}","expirationTimestamp":"soon"}`)],
  ])("%s are told without what they print", async (_name, script) => {
    const error: unknown = await source(plugin(script))
      .get()
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "CLUSTER_AUTH" });
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain(CANARY);
  });
});
