import { describe, expect, test } from "vitest";
import { compose, rows, workload } from "../../../../test/support/compose.ts";

const image = "services: {web: {image: nginx}}";

describe("several files (compose-spec 13-merge.md)", () => {
  const merged = (base: string, over: string): ReturnType<typeof compose> =>
    compose({ "a.yaml": base, "b.yaml": over }, { files: ["a.yaml", "b.yaml"] });
  const service = (fields: string): string =>
    `services:\n  web:\n    image: nginx\n    ${fields.replaceAll("\n", "\n    ")}\n`;

  test("mappings merge, sequences append, commands are replaced", () => {
    const read = merged(
      service(
        'labels: {a: one, b: two}\ndns: [1.1.1.1]\ncommand: ["echo", "foo"]\nentrypoint: [a]\nhealthcheck: {test: [CMD, x], retries: 3}',
      ),
      service(
        'labels: ["b=three", "c=four"]\ndns: 8.8.8.8\ncommand: ["echo", "bar"]\nhealthcheck: {test: y}',
      ),
    );
    expect(workload(read)).toMatchObject({
      annotations: { a: "one", b: "three", c: "four" },
      dns: { nameservers: ["1.1.1.1", "8.8.8.8"] },
      args: ["echo", "bar"],
      command: ["a"],
      health: { test: { command: ["/bin/sh", "-c", "y"] }, retries: 3 },
    });
    expect(rows(read)).toContain("dropped services.web.labels.b: overridden at b.yaml:4:14");
    expect(rows(read)).toContain("dropped services.web.command: overridden at b.yaml:6:14");
  });
  test("ports, volumes, secrets and configs merge by their unique key", () => {
    const top = "volumes: {foo: , bar: }\nsecrets: {s: {external: true}, t: {external: true}}\n";
    const read = merged(
      service('volumes: ["foo:/work", "foo:/other"]\nports: ["80:80", "90:90"]\nsecrets: [s]') + top,
      service(
        'volumes: ["bar:/work"]\nports: ["80:80", "91:91"]\nsecrets: [{source: t, target: /run/secrets/s}]',
      ),
    );
    expect(workload(read).mounts).toEqual([
      { kind: "claim", volume: "app-bar", path: "/work", readOnly: false },
      { kind: "claim", volume: "app-foo", path: "/other", readOnly: false },
      { kind: "secret", secret: "t", key: "t", path: "/run/secrets/s" },
    ]);
    expect(workload(read).ports.map(({ port }) => port)).toEqual([80, 90, 91]);
  });
  test("environment in both forms, depends_on and networks in both forms", () => {
    const rest = "  db: {image: a}\n  q: {image: a}\nnetworks: {n: , m: }\n";
    const read = merged(
      service("environment: {A: '1', B: '2'}\ndepends_on: [db]\nnetworks: [n]") + rest,
      service(
        "environment: [B=3, C=4]\ndepends_on: {q: {condition: service_healthy}}\nnetworks: {m: {aliases: [x]}}",
      ),
    );
    expect(workload(read)).toMatchObject({
      env: [
        { name: "A", value: "1" },
        { name: "B", value: "3" },
        { name: "C", value: "4" },
      ],
      dependsOn: [
        { workload: "db", condition: "started", required: true },
        { workload: "q", condition: "healthy", required: true },
      ],
      networks: ["n", "m"],
      aliases: ["x"],
    });
    expect(rows(read, "services.web.depends_on")).toEqual([
      "used services.web.depends_on[0]",
      "used services.web.depends_on.q.condition",
    ]);
  });
  test("!reset takes a value away and !override replaces it", () => {
    const read = merged(
      service('ports: ["8080:80"]\nenvironment: {FOO: BAR, KEEP: x}\ndns: [1.1.1.1]\nuser: "1"'),
      service(
        'ports: !override\n  - "8443:443"\nenvironment: {FOO: !reset null}\ndns: !reset []\nuser: !reset ""',
      ),
    );
    const web = workload(read);
    expect(web.ports.map(({ port }) => port)).toEqual([443]);
    expect(web.env).toEqual([{ name: "KEEP", value: "x" }]);
    expect(web).not.toHaveProperty("dns");
    expect(web).not.toHaveProperty("user");
  });
  test("relative paths start from the folder of the first file", () => {
    const read = compose(
      {
        "p/a.yaml": image,
        "q/b.yaml": "services: {web: {env_file: x.env}}",
        "p/x.env": "A=1",
        "q/x.env": "B=1",
      },
      { files: ["p/a.yaml", "q/b.yaml"] },
    );
    expect(workload(read).env).toEqual([{ name: "A", secret: "web-env", key: "A" }]);
  });
  test("a value cannot override another kind of value", () => {
    expect(() => merged(service("deploy: {replicas: 1}"), service("deploy: [x]"))).toThrow(
      "services.web.deploy cannot override a map at a.yaml:4:13",
    );
  });
  test("the documents of one file merge like files", () => {
    expect(workload(compose(`${image}\n---\nservices: {web: {user: '7'}}\n`)).user).toEqual({ uid: 7 });
  });
});

describe("extends (compose-spec 05-services.md)", () => {
  test("a chain over files, with the paths of the extended file", () => {
    const read = compose({
      "compose.yaml":
        "services: {web: {extends: {file: common/base.yaml, service: mid}, environment: {B: '2'}, user: '5'}}",
      "common/base.yaml":
        "services:\n  mid: {extends: base, labels: {l: m}, env_file: m.env}\n  base: {image: base, environment: {A: '1', B: '1'}}\n  other: {image: other}\nvolumes: {v: }\n",
      "common/m.env": "M=1",
    });
    expect(workload(read)).toMatchObject({
      image: "base",
      user: { uid: 5 },
      annotations: { l: "m" },
      env: [
        { name: "M", secret: "web-env", key: "M" },
        { name: "A", value: "1" },
        { name: "B", value: "2" },
      ],
    });
    expect(rows(read)).toEqual([
      "used services.web.extends",
      "used services.web.environment.B",
      "used services.web.user",
      "used services.mid.extends",
      "used services.mid.labels.l",
      "reference services.mid.env_file: the values of an environment file become keys of a Secret",
      "used services.base.image",
      "used services.base.environment.A",
      "dropped services.base.environment.B: overridden at compose.yaml:1:84",
      "dropped services.other: only the services that are extended are read from this file",
      "dropped volumes: only the services that are extended are read from this file",
    ]);
  });
  test("a base in the same file is a service of its own", () => {
    const read = compose("services: {a: {image: one, user: '1'}, b: {extends: {service: a}, image: two}}");
    expect(read.intent.workloads.map(({ name, image, user }) => [name, image, user])).toEqual([
      ["a", "one", { uid: 1 }],
      ["b", "two", { uid: 1 }],
    ]);
  });
  test.each([
    [
      "services: {a: {extends: b}, b: {extends: c}, c: {extends: a}}",
      "INPUT_CYCLE",
      "services extend each other: a (compose.yaml) → b (compose.yaml) → c (compose.yaml) → a (compose.yaml)",
    ],
    [
      "services: {a: {extends: a}}",
      "INPUT_CYCLE",
      "services extend each other: a (compose.yaml) → a (compose.yaml)",
    ],
    [
      "services: {a: {extends: {file: compose.yaml, service: a}}}",
      "INPUT_CYCLE",
      "services extend each other: a (compose.yaml) → a (compose.yaml)",
    ],
    [
      "services: {a: {extends: z}}",
      "INPUT_MALFORMED",
      "services.a.extends extends service z, which compose.yaml does not define",
    ],
    ["services: {a: {extends: {service: z, file: no.yaml}}}", "INPUT_NOT_FOUND", "no.yaml does not exist"],
    ["services: {a: {extends: {file: compose.yaml}}}", "INPUT_MALFORMED", "services.a.extends needs service"],
  ])("%s is refused", (yaml, code, message) => {
    expect(() => compose(yaml)).toThrow(expect.objectContaining({ code, message, place: expect.anything() }));
  });
  test("a chain of thousands is refused and does not overflow the stack", () => {
    const chain = Array.from({ length: 5000 }, (_, i) => `  s${i}: {extends: s${i + 1}}`).join("\n");
    expect(() => compose(`services:\n${chain}\n  s5000: {image: a}\n`)).toThrow(
      "extends through more than 50 services",
    );
  });
});

describe("include (compose-spec 14-include.md)", () => {
  test("an included project keeps its folder, its .env and its own includes; the outer one wins", () => {
    const read = compose({
      "compose.yaml":
        "include: [sub/inner.yaml]\nservices: {web: {image: nginx, depends_on: [db]}, db: {user: '9'}}",
      ".env": "OUTER=outer",
      "sub/inner.yaml":
        "include: [deep/more.yaml]\nservices: {db: {image: 'db:${TAG}-${OUTER}', env_file: db.env, user: '1'}}\nvolumes: {d: }",
      "sub/.env": "TAG=7\nOUTER=inner",
      "sub/db.env": "X=1",
      "sub/deep/more.yaml": "services: {cache: {image: redis}}",
    });
    expect(read.intent.workloads.map(({ name, image }) => [name, image])).toEqual([
      ["cache", "redis"],
      ["db", "db:7-outer"],
      ["web", "nginx"],
    ]);
    expect(workload(read, "db").user).toEqual({ uid: 9 });
    expect(read.inputs.map(({ path }) => path)).toEqual([
      ".env",
      "compose.yaml",
      "sub/.env",
      "sub/db.env",
      "sub/deep/more.yaml",
      "sub/inner.yaml",
    ]);
  });
  test("the long form names several files, a project folder and environment files", () => {
    const read = compose({
      "compose.yaml":
        "include:\n- path: [x/a.yaml, x/b.yaml]\n  project_directory: p\n  env_file: [one.env, two.env]\n",
      "x/a.yaml": "services: {web: {image: 'a:${V}', env_file: w.env}}",
      "x/b.yaml": "services: {web: {user: '3'}}",
      "one.env": "V=1",
      "two.env": "V=2",
      "p/w.env": "W=1",
    });
    expect(workload(read)).toMatchObject({
      image: "a:2",
      user: { uid: 3 },
      env: [{ name: "W", secret: "web-env", key: "W" }],
    });
  });
  test.each([
    [
      { "compose.yaml": "include: [b.yaml]", "b.yaml": "include: [c.yaml]", "c.yaml": "include: [b.yaml]" },
      "INPUT_CYCLE",
      "Compose files include each other: b.yaml → c.yaml → b.yaml",
    ],
    [
      { "compose.yaml": "include: [compose.yaml]" },
      "INPUT_CYCLE",
      "Compose files include each other: compose.yaml → compose.yaml",
    ],
    [{ "compose.yaml": "include: [no.yaml]" }, "INPUT_NOT_FOUND", "no.yaml does not exist"],
    [{ "compose.yaml": "include: no.yaml" }, "INPUT_MALFORMED", "include must be a list"],
    [{ "compose.yaml": "include: [{project_directory: x}]" }, "INPUT_MALFORMED", "include[0] needs path"],
    [
      { "compose.yaml": "include: [{path: b.yaml, env_file: no.env}]", "b.yaml": image },
      "INPUT_NOT_FOUND",
      "include[0].env_file: no.env does not exist",
    ],
  ])("%j is refused", (files, code, message) => {
    expect(() => compose(files)).toThrow(
      expect.objectContaining({ code, message, place: expect.anything() }),
    );
  });
});

describe("anchors, merge keys and extensions", () => {
  test("anchored values count where they are used", () => {
    const read = compose(
      "x-base: &base\n  restart: always\n  environment: &env {A: '1'}\nservices:\n  web:\n    <<: *base\n    image: nginx\n    environment: {<<: *env, B: '2'}\n",
    );
    expect(workload(read)).toMatchObject({
      restart: "always",
      env: [
        { name: "A", value: "1" },
        { name: "B", value: "2" },
      ],
    });
    expect(rows(read, "x-base")).toEqual([
      "dropped x-base: an extension field has no effect of its own; its anchors count where they are used",
    ]);
    expect(read.problems).toEqual([]);
  });
  test("scalars of YAML 1.1 are texts, as Compose reads them", () => {
    const read = compose(
      "services:\n  web:\n    image: nginx\n    environment: {A: yes, B: on, C: No, D: true, E: 010, F: 1_000, y: n, G: 22:22}\n",
    );
    expect(workload(read).env).toEqual([
      { name: "A", value: "yes" },
      { name: "B", value: "on" },
      { name: "C", value: "No" },
      { name: "D", value: "true" },
      { name: "E", value: "8" },
      { name: "F", value: "1000" },
      { name: "y", value: "n" },
      { name: "G", value: "22:22" },
    ]);
    expect([...new Set(read.problems.map(({ code, severity }) => `${code} ${severity}`))]).toEqual([
      "yaml/ambiguous-scalar warning",
    ]);
    expect(read.problems[0]).toMatchObject({
      message: "this is a text for Compose and a boolean for YAML 1.1 readers",
      place: { file: "compose.yaml", line: 4, column: 22 },
    });
  });
});
