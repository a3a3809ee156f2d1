import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { valueAt } from "../../src/kube/json.ts";
import { type Ran, must } from "../support/cli.ts";
import { type ClusterCli, clusterCli } from "../support/cluster/cluster-cli.ts";
import { type FlakyServer, flakyServer } from "../support/cluster/flaky-server.ts";
import { fillQuota, liftQuotas } from "../support/cluster/quota.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { leftOut } from "../support/suites.ts";
import { authority } from "../support/test-pki.ts";
import { type TlsServer, tlsServer } from "../support/tls-server.ts";
import { until } from "../support/until.ts";
import { untilAllowed } from "../support/cluster/allowed.ts";

const core = "/api/v1/namespaces";
const admission = "/apis/admissionregistration.k8s.io/v1";

interface Kubeconfig {
  "current-context"?: string;
  clusters: { name: string; cluster: Record<string, unknown> }[];
  users: { name: string; user: Record<string, unknown> }[];
  contexts: { name: string; context: Record<string, unknown> }[];
}

/** Every bad input and bad world has its exact message and exit code, and what is not approved is never written. */
describe.skipIf(controlPlaneMissing !== undefined && leftOut("bad input to a cluster", controlPlaneMissing))(
  "bad input to a cluster",
  () => {
    let plane: ControlPlane;
    let cli: ClusterCli;
    let flaky: FlakyServer;
    let impostor: TlsServer;
    beforeAll(async () => {
      plane = await controlPlane({ components: "api", admissionOff: ["ServiceAccount"] });
      for (const name of ["shop", "kubeops"])
        await plane.admin("POST", core, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
      flaky = await flakyServer(plane);
      // It has a certificate for the address, by a CA of its own, and would take any credential.
      impostor = await tlsServer(
        authority("impostor").issue({ commonName: "s", ipAddresses: ["127.0.0.1"] }),
        (_request, response) => void response.writeHead(200).end("{}"),
      );
      const { body } = await plane.admin("GET", `${core}/kube-system`);
      const { uid } = body["metadata"] as { uid: string };
      const target = (name: string, url: string, caKeySha256: string): string =>
        `    - name: ${name}\n      cluster:\n        url: ${url}\n        caKeySha256: ${caKeySha256}\n        kubeSystemUid: ${uid}\n        inventory: kubeops\n`;
      cli = await clusterCli(plane, (text) =>
        text
          .replace(
            /^ {2}targets:\n/m,
            `  targets:\n${target("flaky", flaky.server.url, flaky.caKeySha256)}${target("impostor", impostor.url, plane.caKeySha256)}`,
          )
          .replace(/^ {4}softwareKeysFor:\n/m, "    softwareKeysFor:\n      - flaky\n      - impostor\n")
          .replace(
            /^ {2}kinds:\n/m,
            "  kinds:\n    - group: example.org\n      kinds: [Widget]\n      operations: [create, update, delete]\n    - group: apps\n      kinds: [Deployment]\n      operations: [create, update, delete]\n",
          ),
      );
    });
    afterAll(async () => {
      cli?.world.remove();
      await flaky?.server.close();
      await impostor?.close();
      await plane?.stop();
    });

    /** Runs without holding up the servers of this process. */
    const run = (...args: string[]): Promise<Ran> =>
      new Promise((resolve, reject) => {
        const child = cli.world.start(args);
        const out = { stdout: "", stderr: "" };
        child.stdout?.on("data", (chunk: Buffer) => (out.stdout += chunk.toString("utf8")));
        child.stderr?.on("data", (chunk: Buffer) => (out.stderr += chunk.toString("utf8")));
        child.stdin?.end();
        child.on("error", reject);
        child.on("close", (status) => resolve({ ...out, status }));
      });
    const configMap = (name: string, namespace = "shop"): object => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace },
      data: { key: "1" },
    });
    const exists = async (name: string): Promise<boolean> =>
      (await plane.admin("GET", `${core}/shop/configmaps/${name}`)).status === 200;
    const planArgs = (target: string, kubeconfig: string, ...more: string[]): string[] => [
      "plan",
      "-f",
      "in.json",
      "-n",
      "shop",
      "--target",
      target,
      "--kubeconfig",
      kubeconfig,
      "--out",
      "never.json",
      ...more,
    ];
    const planWith = (kubeconfig: string, ...more: string[]): Promise<Ran> => {
      cli.objects("in.json", configMap("never"));
      return run(...planArgs("cluster:dev", kubeconfig, ...more));
    };
    /** The exact first lines, the exit code, and no plan. */
    const refused = (ran: Ran, status: number, ...lines: string[]): void => {
      expect([ran.status, ran.stderr.split("\n").slice(0, lines.length)]).toEqual([status, lines]);
      expect(ran.stderr).not.toMatch(/\n\s+at .*:\d+/);
      expect(ran.stdout).toBe("");
      expect(() => readFileSync(cli.world.path("never.json"))).toThrow("ENOENT");
    };
    const kubeconfig = (name: string, edit: (config: Kubeconfig) => void): string => {
      const config = JSON.parse(plane.kubeconfig("admin")) as Kubeconfig;
      edit(config);
      cli.world.write(name, JSON.stringify(config, null, 2));
      return name;
    };
    /** A kubeconfig that leads to one of the servers here. */
    const leadingTo = (name: string, server: string, caPem: string): string =>
      kubeconfig(name, (config) => {
        config.clusters[0]!.cluster = {
          server,
          "certificate-authority-data": Buffer.from(caPem).toString("base64"),
        };
        config.users[0]!.user = { token: "CANARY-token" };
      });

    describe("a kubeconfig", () => {
      const cases: readonly [string, (config: Kubeconfig) => void, string][] = [
        [
          "with exec",
          ({ users }) =>
            (users[0]!.user = {
              exec: { apiVersion: "client.authentication.k8s.io/v1", command: "/usr/bin/plugin" },
            }),
          'exec runs "/usr/bin/plugin", which nobody pinned',
        ],
        [
          "with auth-provider",
          ({ users }) => (users[0]!.user = { "auth-provider": { name: "gcp" } }),
          "auth-provider starts a program or calls a service, and is refused",
        ],
        [
          "with proxy-url",
          ({ clusters }) => (clusters[0]!.cluster["proxy-url"] = "http://proxy"),
          "proxy-url is refused: the connection goes to the server itself",
        ],
        [
          "that skips verification",
          ({ clusters }) => {
            delete clusters[0]!.cluster["certificate-authority-data"];
            clusters[0]!.cluster["insecure-skip-tls-verify"] = true;
          },
          "insecure-skip-tls-verify would send credentials to anybody, and is refused",
        ],
        [
          "without TLS",
          ({ clusters }) => (clusters[0]!.cluster["server"] = "http://127.0.0.1:8080"),
          "server is http://...: credentials are sent over https only",
        ],
        [
          "that names a file outside its folder",
          ({ users }) => (users[0]!.user = { tokenFile: "/etc/passwd" }),
          "tokenFile",
        ],
      ];
      test.each(cases)("%s", async (name, edit, message) => {
        const file = kubeconfig(`${name.replaceAll(" ", "-")}.kubeconfig`, edit);
        const ran = await planWith(file);
        expect(ran.stderr.split("\n")[0]).toContain(message);
        expect(ran.stderr.split("\n")[0]).toMatch(
          /^error: .*\.kubeconfig:\d+:\d+: .* \[KUBECONFIG_INVALID\]$/,
        );
        refused(ran, 2);
      });

      test("that is not there, is none, or has no way to the pinned cluster", async () => {
        refused(
          await planWith("nowhere.kubeconfig"),
          2,
          "error: nowhere.kubeconfig does not exist [INPUT_NOT_FOUND]",
        );
        cli.world.write("none.kubeconfig", "apiVersion: v1\nkind: List\n");
        refused(
          await planWith("none.kubeconfig"),
          2,
          "error: none.kubeconfig:2:7: none.kubeconfig is not a kubeconfig: apiVersion v1, kind Config [KUBECONFIG_INVALID]",
        );
      });

      test("whose contexts do not exist, lead elsewhere, or are several", async () => {
        refused(
          await planWith("dev.kubeconfig", "--context", "prod"),
          2,
          `error: dev.kubeconfig:1:1: there is no context "prod" [KUBECONFIG_INVALID]`,
        );
        const elsewhere = leadingTo("elsewhere.kubeconfig", "https://127.0.0.1:1", plane.caPem);
        refused(
          await planWith(elsewhere, "--context", "test"),
          2,
          `error: context test leads to https://127.0.0.1:1; the charter pins ${plane.apiUrl} [KUBECONFIG_INVALID]`,
        );
        const two = kubeconfig("two.kubeconfig", ({ contexts }) =>
          contexts.push({ name: "again", context: { ...contexts[0]!.context } }),
        );
        refused(
          await planWith(two),
          2,
          `error: 2 contexts of two.kubeconfig lead to ${plane.apiUrl}: test, again [KUBECONFIG_INVALID]`,
          "  hint: name one with --context",
        );
      });
    });

    describe("a cluster", () => {
      test("with a certificate of another CA gets no credential", async () => {
        const file = leadingTo("impostor.kubeconfig", impostor.url, plane.caPem);
        const ran = await run(...planArgs("cluster:impostor", file));
        expect(ran.stderr.split("\n")[0]).toMatch(/^error: .* \[CLUSTER_(?:TLS|PIN)\]$/);
        refused(ran, 3);
        // A kubeconfig that believes in that CA does not help: the charter's pin decides.
        expect(impostor.requests).toEqual([]);
        expect(impostor.records().flat()).not.toContain(23);
      });

      test("that accepts no such token", async () => {
        const file = kubeconfig(
          "unknown.kubeconfig",
          ({ users }) => (users[0]!.user = { token: "CANARY-token" }),
        );
        const ran = await planWith(file);
        refused(
          ran,
          3,
          "error: the API server does not accept the credentials (reading of namespaces kube-system) [CLUSTER_AUTH]",
          "  hint: the token or certificate is unknown, expired or revoked: get new credentials",
        );
        expect(ran.stderr).not.toContain("CANARY");
      });

      test("pitfall 32: that accepts no token of another audience or time is no reason to try another credential", async () => {
        await plane.admin("POST", `${core}/shop/serviceaccounts`, {
          apiVersion: "v1",
          kind: "ServiceAccount",
          metadata: { name: "robot", namespace: "shop" },
        });
        const { body } = await plane.admin("POST", `${core}/shop/serviceaccounts/robot/token`, {
          apiVersion: "authentication.k8s.io/v1",
          kind: "TokenRequest",
          spec: { audiences: ["somebody-else"], expirationSeconds: 600 },
        });
        const { token } = body["status"] as { token: string };
        // A context that would be good enough stands beside it, for the same cluster and user name.
        const file = kubeconfig("audience.kubeconfig", (config) => {
          config.contexts.unshift({ name: "first", context: { cluster: "test", user: "robot" } });
          config.users.unshift({ name: "robot", user: { token } });
        });
        const before = plane.auditLog().length;
        refused(
          await planWith(file, "--context", "first"),
          3,
          "error: the API server does not accept the credentials (reading of namespaces kube-system) [CLUSTER_AUTH]",
        );
        const users = (plane.auditLog().slice(before) as { user?: { username?: string } }[]).map(
          ({ user }) => user?.username ?? "",
        );
        expect(users.filter((name) => name !== "" && name !== "system:anonymous")).toEqual([]);
      });

      test("where the user has no rights, or too few", async () => {
        refused(
          await planWith(
            kubeconfig("bob.kubeconfig", ({ users }) => (users[0]!.user = { token: plane.token("bob") })),
          ),
          3,
          "error: the credentials may not read namespace kube-system, whose UID the pin names [CLUSTER_PIN]",
        );
        await plane.admin("POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", {
          apiVersion: "rbac.authorization.k8s.io/v1",
          kind: "ClusterRole",
          metadata: { name: "most" },
          rules: [
            { apiGroups: ["*"], resources: ["*"], verbs: ["get", "list", "create"] },
            { apiGroups: [""], resources: ["configmaps"], verbs: ["patch"], resourceNames: ["a"] },
          ],
        });
        await plane.admin("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
          apiVersion: "rbac.authorization.k8s.io/v1",
          kind: "ClusterRoleBinding",
          metadata: { name: "most" },
          roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "most" },
          subjects: [{ kind: "User", name: "alice", apiGroup: "rbac.authorization.k8s.io" }],
        });
        await untilAllowed(plane, "alice", { verb: "create", resource: "configmaps", namespace: "shop" });
        const alice = kubeconfig(
          "alice.kubeconfig",
          ({ users }) => (users[0]!.user = { token: plane.token("alice") }),
        );
        cli.objects("in.json", configMap("a"), configMap("b"));
        const planned = await run(
          ...planArgs("cluster:dev", alice).filter((word) => word !== "never.json" && word !== "--out"),
        );
        expect(planned.status).toBe(1);
        expect(planned.stdout).toContain(
          "ConfigMap shop/b: the credentials may not patch configmaps here [cluster/forbidden]",
        );
        // Planned with enough, applied with too little: nothing is begun.
        cli.plan("rights", "-f", "in.json", "-n", "shop");
        cli.approve("rights");
        const ran = await run("apply", "rights.json", "--kubeconfig", alice);
        refused(
          ran,
          3,
          "error: the credentials do not allow 1 of the plan's requests: patch ConfigMap shop/b [CLUSTER_FORBIDDEN]",
          "  hint: nothing was written; apply with credentials that may do all of the plan",
        );
        expect([await exists("a"), await exists("b")]).toEqual([false, false]);
      });

      test("that denies by a policy, lacks a kind, or deletes the namespace is told in the plan, before anybody approves", async () => {
        await plane.admin("POST", `${admission}/validatingadmissionpolicies`, {
          apiVersion: "admissionregistration.k8s.io/v1",
          kind: "ValidatingAdmissionPolicy",
          metadata: { name: "no-forbidden" },
          spec: {
            matchConstraints: {
              resourceRules: [
                { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] },
              ],
            },
            validations: [
              { expression: 'object.metadata.name != "forbidden"', messageExpression: '"hunter2"' },
            ],
          },
        });
        await plane.admin("POST", `${admission}/validatingadmissionpolicybindings`, {
          apiVersion: "admissionregistration.k8s.io/v1",
          kind: "ValidatingAdmissionPolicyBinding",
          metadata: { name: "no-forbidden" },
          spec: { policyName: "no-forbidden", validationActions: ["Deny"] },
        });
        await until("the policy is in force", async () => {
          const tried = configMap("forbidden");
          return (await plane.admin("POST", `${core}/shop/configmaps?dryRun=All`, tried)).status >= 400;
        });
        await plane.admin("POST", core, { apiVersion: "v1", kind: "Namespace", metadata: { name: "other" } });
        await plane.admin("DELETE", `${core}/other`);
        cli.objects(
          "in.json",
          configMap("forbidden"),
          configMap("late", "other"),
          { apiVersion: "example.org/v1", kind: "Widget", metadata: { name: "w", namespace: "shop" } },
          {
            apiVersion: "apps/v1beta1",
            kind: "Deployment",
            metadata: { name: "old", namespace: "shop" },
            spec: {},
          },
        );
        const ran = await run(...planArgs("cluster:dev", "dev.kubeconfig", "--kube-version", "1.37"));
        expect(ran.stderr.split("\n")[0]).toContain("[INPUT_REFUSED]");
        expect(ran.stderr).toContain("apps/v1beta1");
        refused(ran, 2);
        cli.objects("in.json", configMap("forbidden"), configMap("late", "other"), {
          apiVersion: "example.org/v1",
          kind: "Widget",
          metadata: { name: "w", namespace: "shop" },
        });
        const denied = await run(
          ...planArgs("cluster:dev", "dev.kubeconfig").filter(
            (word) => word !== "never.json" && word !== "--out",
          ),
        );
        expect(denied.status).toBe(1);
        for (const line of [
          "ConfigMap shop/forbidden: the server refuses it: the API server refuses the dry run of the apply of configmaps shop/forbidden: ValidatingAdmissionPolicy no-forbidden (binding no-forbidden) denies it [cluster/refused]",
          "ConfigMap other/late: the server refuses it: the API server refuses the dry run of the apply of configmaps other/late: its namespace is being deleted [cluster/refused]",
          "Widget.example.org shop/w: the server refuses it: the API server does not serve example.org/v1 Widget: its CustomResourceDefinition is not there, or the server is too old or too new for it [cluster/refused]",
        ])
          expect(denied.stdout.replace(/\n\s+/g, " ")).toContain(line);
        expect(denied.stdout).not.toContain("hunter2");
      });

      test("pitfall 1: whose other managers own what is asked for is told in the plan, with the ways out", async () => {
        await plane.admin("PATCH", `${core}/shop/configmaps/theirs?fieldManager=tool-a`, configMap("theirs"));
        cli.objects("in.json", { ...configMap("theirs"), data: { key: "2" } });
        const ran = await run(
          ...planArgs("cluster:dev", "dev.kubeconfig").filter(
            (word) => word !== "never.json" && word !== "--out",
          ),
        );
        expect(ran.status).toBe(1);
        expect(ran.stdout.replace(/\n\s+/g, " ")).toContain(
          "ConfigMap shop/theirs: tool-a owns the field and wants another value; nothing is forced: leave the field out, set its value, or have tool-a give it up [cluster/conflict]",
        );
      });

      test("pitfall 10: whose webhook cannot be asked in a dry run is told in the plan, and nothing goes without", async () => {
        await plane.admin("POST", `${admission}/validatingwebhookconfigurations`, {
          apiVersion: "admissionregistration.k8s.io/v1",
          kind: "ValidatingWebhookConfiguration",
          metadata: { name: "effects" },
          webhooks: [
            {
              name: "effects.example.org",
              admissionReviewVersions: ["v1"],
              sideEffects: "NoneOnDryRun",
              clientConfig: {
                url: "https://127.0.0.1:1/",
                caBundle: Buffer.from(plane.caPem).toString("base64"),
              },
              rules: [
                { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] },
              ],
              matchConditions: [{ name: "one", expression: 'object.metadata.name == "hooked"' }],
            },
          ],
        });
        const denied = async (): Promise<string> => {
          cli.objects("in.json", configMap("hooked"));
          const ran = await run(
            ...planArgs("cluster:dev", "dev.kubeconfig").filter(
              (word) => word !== "never.json" && word !== "--out",
            ),
          );
          return `${ran.status} ${ran.stdout.replace(/\n\s+/g, " ")}`;
        };
        const told = await until("the webhook is asked", async () => {
          const said = await denied();
          return said.startsWith("1 ") && said;
        });
        expect(told).toContain(
          "the dry run of the apply of configmaps shop/hooked: admission webhook effects.example.org could not be asked [cluster/refused]",
        );
        await plane.admin("DELETE", `${admission}/validatingwebhookconfigurations/effects`);
      });
    });

    describe("a run", () => {
      const at = (): string => leadingTo("flaky.kubeconfig", flaky.server.url, flaky.caPem);
      const planned = async (name: string, ...objects: object[]): Promise<void> => {
        cli.objects(`in-${name}.json`, ...objects);
        const words = [
          "-f",
          `in-${name}.json`,
          "-n",
          "shop",
          "--target",
          "cluster:flaky",
          "--kubeconfig",
          at(),
        ];
        must(await run("plan", ...words, "--out", `${name}.json`));
        must(await run("approve", `${name}.json`, "--key", "id_ed25519", "--yes", "--kubeconfig", at()));
      };
      const digestOf = (name: string): string =>
        (JSON.parse(readFileSync(cli.world.path(`${name}.json`), "utf8")) as { digest: string }).digest.slice(
          7,
          19,
        );
      const isWrite = (request: { method: string; url: string }, name: string): boolean =>
        request.method === "PATCH" &&
        request.url.includes(`/configmaps/${name}?`) &&
        !request.url.includes("dryRun");

      test.each([
        [
          "500",
          500,
          "the API server failed inside (500) at the list of configmaps in kubeops",
          "CLUSTER_ANSWER",
        ],
        [
          "429 for longer than anybody waits",
          429,
          "the API server is overloaded (list of configmaps in kubeops), also after waiting",
          "CLUSTER_BUSY",
        ],
      ])(
        "whose server answers %s before anything is written ends there",
        async (_name, status, message, code) => {
          await planned("busy", configMap("busy"));
          flaky.fault = ({ url }) =>
            url.includes("/configmaps?") ? { answer: status, headers: { "retry-after": "61" } } : undefined;
          const ran = await run("apply", "busy.json", "--kubeconfig", at());
          flaky.fault = () => undefined;
          refused(ran, 3, `error: ${message} [${code}]`);
          expect(await exists("busy")).toBe(false);
        },
      );

      test.each([
        ["cut after the server did it", "cut", "cut", true],
        ["answered 500 after the server did it", "inside", 500, true],
        ["refused with 429", "full", 429, false],
      ] as const)(
        "whose write is %s says what stands, and goes on from there",
        async (_name, name, fault, done) => {
          await planned(name, configMap(`${name}-a`), configMap(`${name}-b`), configMap(`${name}-c`));
          flaky.fault = (request) =>
            !isWrite(request, `${name}-b`)
              ? undefined
              : fault === 429
                ? { answer: 429, headers: { "retry-after": "61" } }
                : { carriedOutThen: fault };
          const ran = await run("apply", `${name}.json`, "--kubeconfig", at());
          flaky.fault = () => undefined;
          expect(ran.status).toBe(3);
          const said = ran.stderr.split("\n").find((line) => line.startsWith("error:"));
          expect(said).toMatch(/^error: the plan stands half-way: /);
          expect(said).toContain(
            done
              ? `; written: ConfigMap shop/${name}-a; perhaps written: ConfigMap shop/${name}-b; not written: ConfigMap shop/${name}-c [APPLY_PARTIAL]`
              : `; written: ConfigMap shop/${name}-a; not written: ConfigMap shop/${name}-b, ConfigMap shop/${name}-c [APPLY_PARTIAL]`,
          );
          expect(ran.stderr).toContain(`kubeops apply ${digestOf(name)} goes on from here`);
          expect([await exists(`${name}-b`), await exists(`${name}-c`)]).toEqual([done, false]);
          const again = must(await run("apply", `${name}.json`, "--kubeconfig", at()));
          expect(again.stderr).not.toContain("error:");
          expect(await exists(`${name}-c`)).toBe(true);
          expect(must(await run("audit", "verify")).stdout).toMatch(/^valid: /);
        },
      );

      test("whose server is slow is waited for", async () => {
        await planned("slow", configMap("slow"));
        flaky.fault = (request) => (isWrite(request, "slow") ? { after: sleep(1500) } : undefined);
        must(await run("apply", "slow.json", "--kubeconfig", at()));
        flaky.fault = () => undefined;
        expect(await exists("slow")).toBe(true);
      });

      const stopped = async (name: string): Promise<Ran> => {
        await planned(name, configMap(`${name}-a`), configMap(`${name}-b`));
        let filled: Promise<void> | undefined;
        flaky.fault = (request) => {
          if (!isWrite(request, `${name}-b`) || filled !== undefined) return undefined;
          filled = fillQuota(plane, "shop");
          return { after: filled };
        };
        const ran = await run("apply", `${name}.json`, "--kubeconfig", at());
        flaky.fault = () => undefined;
        await liftQuotas(plane, "shop");
        return ran;
      };

      test("pitfall 9: that runs into a quota says what is written; it is finished, or undone, from the command line", async () => {
        const ran = await stopped("quota");
        expect([ran.status, ran.stderr.split("\n").find((line) => line.startsWith("error:"))]).toEqual([
          3,
          "error: the plan stands half-way: the API server refuses the apply of configmaps shop/quota-b: it exceeds ResourceQuota none; written: ConfigMap shop/quota-a; not written: ConfigMap shop/quota-b [APPLY_PARTIAL]",
        ]);
        must(await run("apply", "quota.json", "--kubeconfig", at()));
        expect(await exists("quota-b")).toBe(true);

        expect((await stopped("back")).status).toBe(3);
        cli.charter((text) =>
          text.replace(/^( +)inventory: kubeops$/gm, "$1inventory: kubeops\n$1ownDeletions: true"),
        );
        const undo = must(await run("undo", "back.json", "--out", "back-undo.json", "--kubeconfig", at()));
        expect(undo.stdout).toContain("0 to create, 0 to update, 1 to delete, 0 unchanged");
        must(await run("approve", "back-undo.json", "--key", "id_ed25519", "--yes", "--kubeconfig", at()));
        must(await run("apply", "back-undo.json", "--kubeconfig", at()));
        expect([await exists("back-a"), await exists("back-b")]).toEqual([false, false]);
      });

      test("whose approval is over when it is resumed asks for another one", async () => {
        cli.objects("in-short.json", configMap("short-a"), configMap("short-b"));
        const words = [
          "-f",
          "in-short.json",
          "-n",
          "shop",
          "--target",
          "cluster:flaky",
          "--kubeconfig",
          at(),
        ];
        const begun = performance.now();
        must(await run("plan", ...words, "--out", "short.json"));
        // Long enough for the run that begins in time: that one takes about as long as the plan did.
        const seconds = Math.max(5, Math.ceil((5 * (performance.now() - begun)) / 1000));
        must(
          await run(
            "approve",
            "short.json",
            "--key",
            "id_ed25519",
            "--yes",
            "--valid-for",
            `${seconds}s`,
            "--kubeconfig",
            at(),
          ),
        );
        const over = Date.now() + seconds * 1000 + 500;
        flaky.fault = (request) =>
          isWrite(request, "short-b") ? { answer: 429, headers: { "retry-after": "61" } } : undefined;
        expect((await run("apply", "short.json", "--kubeconfig", at())).status).toBe(3);
        flaky.fault = () => undefined;
        await sleep(over - Date.now());
        const ran = await run("apply", "short.json", "--kubeconfig", at());
        expect(ran.status).toBe(3);
        expect(ran.stderr).toMatch(
          /error: the plan stands half-way: .* it was valid until .*; written: ConfigMap shop\/short-a; not written: ConfigMap shop\/short-b \[APPLY_PARTIAL\]/,
        );
        expect(await exists("short-b")).toBe(false);
      });

      test("K2 whose admission rule spares dry runs is stopped by the first answer, and says what was written", async () => {
        const policy = { metadata: { name: "sly" }, apiVersion: "admissionregistration.k8s.io/v1" };
        await plane.admin("POST", `${admission}/mutatingadmissionpolicies`, {
          ...policy,
          kind: "MutatingAdmissionPolicy",
          spec: {
            matchConstraints: {
              resourceRules: [
                { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] },
              ],
            },
            matchConditions: [
              { name: "real", expression: "!has(request.dryRun) || request.dryRun != true" },
              { name: "ours", expression: 'object.metadata.name.startsWith("sly")' },
            ],
            failurePolicy: "Fail",
            reinvocationPolicy: "Never",
            mutations: [
              {
                patchType: "ApplyConfiguration",
                applyConfiguration: { expression: 'Object{data: {"injected": "hunter2"}}' },
              },
            ],
          },
        });
        await plane.admin("POST", `${admission}/mutatingadmissionpolicybindings`, {
          ...policy,
          kind: "MutatingAdmissionPolicyBinding",
          spec: { policyName: "sly" },
        });
        let probes = 0;
        await until("the policy is in force", async () => {
          const probe = configMap(`sly-probe-${probes++}`);
          const { body } = await plane.admin("POST", `${core}/shop/configmaps`, probe);
          return valueAt(body, ["data", "injected"]) !== undefined;
        });
        await planned("sly", configMap("sly-a"), configMap("sly-b"));
        const ran = await run("apply", "sly.json", "--kubeconfig", at());
        expect([ran.status, ran.stderr.split("\n").find((line) => line.startsWith("error:"))]).toEqual([
          3,
          "error: the plan stands half-way: the server made something else of ConfigMap shop/sly-a than its dry run promised a moment before (data.injected): it was written so; written: ConfigMap shop/sly-a; not written: ConfigMap shop/sly-b [APPLY_PARTIAL]",
        ]);
        expect(ran.stderr).not.toContain("hunter2");
        expect(await exists("sly-b")).toBe(false);
      });
    });

    test("a plan for a repository and one for a cluster do not take each other's flags", async () => {
      cli.objects("in.json", configMap("never"));
      const git = ["plan", "-f", "in.json", "-n", "shop", "--target", "git:./gitops@main#apps"];
      must(cli.world.run("git", ["-C", "gitops", "rev-parse", "--git-dir"]));
      refused(
        await run(...planArgs("cluster:dev", "dev.kubeconfig", "--onto")),
        2,
        "error: --onto is for repositories [USAGE]",
      );
      const onGit = await run(...git, "--out", "git.json");
      expect(onGit.status).toBe(1);
      refused(
        await run("apply", "git.json", "--wait", "1m"),
        2,
        "error: --wait is for clusters: a commit says nothing about health [USAGE]",
      );
      cli.plan("flags", "-f", "in.json", "-n", "shop");
      refused(
        await run("apply", "flags.json", "--sign-commit", "id_ed25519", "--kubeconfig", "dev.kubeconfig"),
        2,
        "error: --sign-commit is for repositories [USAGE]",
      );
    });

    // The last ones: they take the cluster away.
    test("K14 another cluster behind the pinned address and CA is not the pinned one; none at all is told", async () => {
      cli.objects("in.json", configMap("wrong"));
      cli.plan("wrong", "-f", "in.json", "-n", "shop");
      cli.approve("wrong");
      await plane.pause();
      refused(
        await planWith("dev.kubeconfig"),
        3,
        `error: ${plane.apiUrl} cannot be reached: nothing listens there [CLUSTER_UNREACHABLE]`,
      );
      await plane.resume(mkdtempSync(join(plane.folder, "empty-")));
      for (const ran of [
        await planWith("dev.kubeconfig"),
        await run("apply", "wrong.json", "--kubeconfig", "dev.kubeconfig"),
      ])
        refused(
          ran,
          3,
          `error: ${plane.apiUrl} has another kube-system than the pin names: this is another cluster [CLUSTER_PIN]`,
        );
    });
  },
);
