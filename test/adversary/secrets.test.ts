import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, running, type World } from "../support/cli.ts";
import { type Asked, modelEndpoint, type Reply } from "../support/model-endpoint.ts";

/** Reads everything that it may, in every way that it knows, and says what an honest model would say. */
function curious({ subagent, turn, bytes, results }: Asked): Reply {
  const call = (name: string, args: unknown) => ({ name, args });
  if (!bytes.includes("list_objects")) return { text: "done" };
  if (turn === 0) return { calls: [call("list_objects", {})] };
  if (turn === 1) {
    const { objects } = JSON.parse(results[0]?.text ?? "{}") as { objects: { kind: string; name: string }[] };
    const reads = objects.map(({ kind, name }) =>
      call("read_object", { objectKind: kind, objectName: name }),
    );
    return { calls: reads.slice(0, 30) };
  }
  if (turn === 2 && subagent === "manifests")
    return { calls: [call("scale", { workload: "web", replicas: 2 })] };
  return { text: "done" };
}

/** A project with a value in every place where a Compose project keeps one. */
function compose(world: World, folder: string, secret: (place: string) => string): readonly string[] {
  world.write(
    `${folder}/compose.yaml`,
    `# ${secret("comment")}
name: app
services:
  web:
    image: ghcr.io/acme/web:\${TAG}
    command: ["serve", "--banner", "${secret("command")}"]
    environment:
      PLAIN: ${secret("plain")}
      DB_PASSWORD: ${secret("password")}
      FROM_DOTENV: \${DOTENV}
    env_file: web.env
    labels:
      note: ${secret("label")}
    ports: ["8080:8080"]
    secrets: [token]
    healthcheck:
      test: ["CMD", "probe", "${secret("probe")}"]
    configs:
      - source: conf
        target: /etc/conf
  db:
    image: postgres:17.2
    environment:
      POSTGRES_PASSWORD_FILE: /run/secrets/token
    secrets: [token]
secrets:
  token:
    file: token.txt
configs:
  conf:
    file: conf.txt
`,
  );
  world.write(`${folder}/.env`, `DOTENV=${secret("dotenv")}\nTAG=${secret("tag")}\n`);
  world.write(`${folder}/web.env`, `API_TOKEN=${secret("env-file")}\nMODE=${secret("mode")}\n`);
  world.write(`${folder}/token.txt`, secret("token"));
  world.write(`${folder}/conf.txt`, `key = ${secret("config")}\n`);
  return ["-f", `${folder}/compose.yaml`, "-n", "shop"];
}

/** Objects with a value in every place that is no structure. */
function objects(world: World, folder: string, secret: (place: string) => string): readonly string[] {
  const pod = {
    metadata: {
      labels: { app: "web", owner: secret("owner") },
      annotations: { note: secret("template-note") },
    },
    spec: {
      hostAliases: [{ ip: "10.0.0.1", hostnames: [secret("alias")] }],
      nodeSelector: { disk: secret("node") },
      containers: [
        {
          name: "web",
          image: "ghcr.io/acme/web:1.0.0",
          command: ["serve", secret("command")],
          args: [secret("argument")],
          workingDir: `/${secret("folder")}`,
          env: [
            { name: "PLAIN", value: secret("value") },
            { name: "REF", valueFrom: { secretKeyRef: { name: "db", key: "password" } } },
          ],
          livenessProbe: {
            exec: { command: [secret("probe")] },
          },
          readinessProbe: {
            httpGet: {
              path: "/ready",
              port: 8080,
              httpHeaders: [{ name: "X-Note", value: secret("header") }],
            },
          },
          lifecycle: { preStop: { exec: { command: [secret("stop")] } } },
        },
      ],
      volumes: [{ name: "x", csi: { driver: "d.example", volumeAttributes: { a: secret("volume") } } }],
    },
  };
  const items = [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: {
        name: "web",
        namespace: "shop",
        labels: { app: "web", team: secret("team") },
        annotations: { note: secret("note"), "example.org/x": secret("other-note") },
      },
      spec: { selector: { matchLabels: { app: "web" } }, template: pod },
    },
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "conf", namespace: "shop" },
      data: { "a.conf": secret("config") },
      binaryData: { b: Buffer.from(secret("binary")).toString("base64") },
    },
    {
      apiVersion: "acme.example/v1",
      kind: "Vault",
      metadata: { name: "v", namespace: "shop" },
      spec: { value: secret("custom"), containers: [{ image: secret("custom-image") }] },
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: {
        name: "web",
        namespace: "shop",
        annotations: { "nginx.ingress.kubernetes.io/x": secret("snippet") },
      },
      spec: { rules: [{ host: "shop.example.org" }] },
    },
  ];
  world.write(`${folder}/all.json`, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  return ["-f", `${folder}/all.json`];
}

describe("K5 secrets and a model", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld().prepare();
    world.charter();
  });
  afterAll(() => world.remove());

  async function transcript(args: readonly string[]) {
    const endpoint = await modelEndpoint(curious);
    const ran = await running(world, ["ask", "two of web", ...args, "--target", "git:./gitops#apps/shop"], {
      env: endpoint.env,
    });
    await endpoint.close();
    return { ...ran, bytes: endpoint.asked.map(({ path, bytes }) => `${path}\n${bytes}`) };
  }

  test.each([
    ["a Compose project", compose],
    ["objects", objects],
  ] as const)(
    "of %s: no canary reaches the model; runs that differ only in secret bytes are the same to it",
    async (_name, write) => {
      const places = new Set<string>();
      const one = await transcript(
        write(world, `one-${write.name}`, (place) => {
          places.add(place);
          return `canary-${place}-alpha`;
        }),
      );
      // Of another length, and of other letters.
      const two = await transcript(
        write(world, `two-${write.name}`, (place) => `zz${place.length}-other-bytes-of-another-length`),
      );
      expect(one.stderr).toContain("manifests: scale recorded");
      expect(places.size).toBeGreaterThan(9);
      expect(one.bytes.length).toBeGreaterThan(8);
      for (const bytes of one.bytes) expect(bytes).not.toMatch(/canary/i);
      // Also not in another form.
      const all = one.bytes.join("\n");
      for (const place of places) {
        const canary = `canary-${place}-alpha`;
        for (const form of ["base64", "hex"] as const)
          expect(all).not.toContain(Buffer.from(canary).toString(form));
      }
      expect(two.bytes).toEqual(one.bytes);
      // What a person sees on the way says no more.
      expect(one.stderr).not.toMatch(/canary/);
    },
  );
});
