import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compose, rows, service, workload } from "../../../test/support/compose.ts";
import { canonicalJson } from "../../kube/canonical-json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { placeText } from "../../kube/place.ts";
import { isCompose } from "./read-compose.ts";

test.each([
  [{ services: { web: {} } }, true],
  [{ services: {} }, true],
  [{ services: [] }, false],
  [{ include: ["other.yaml"] }, true],
  [{ include: "other.yaml" }, false],
  [{ apiVersion: "v1", kind: "Service", include: [] }, false],
  [{ apiVersion: "v1", kind: "Service", services: {} }, false],
  [{ kind: "x", services: {} }, false],
  [{ web: { image: "a" } }, false],
  [null, false],
  [[], false],
  [JSON.parse('{"__proto__": {"services": {}}}'), false],
])("%j is a Compose file: %s", (document, expected) => {
  expect(isCompose(document)).toBe(expected);
});

describe("refusals name the place and what to do", () => {
  test.each([
    [
      "services: {web: {image: a, ports: 80}}",
      "INPUT_MALFORMED",
      "services.web.ports must be a list",
      "compose.yaml:1:35",
    ],
    [
      "services: {web: {image: a, ports: [x]}}",
      "INPUT_MALFORMED",
      "services.web.ports[0] must be [[IP:]HOST:]CONTAINER[/PROTOCOL]",
      "compose.yaml:1:36",
    ],
    [
      "services: {web: {image: a, deploy: x}}",
      "INPUT_MALFORMED",
      "services.web.deploy must be a mapping",
      "compose.yaml:1:36",
    ],
    [
      "services: {web: {image: a, read_only: maybe}}",
      "INPUT_MALFORMED",
      "services.web.read_only must be true or false",
      "compose.yaml:1:39",
    ],
    [
      "services: {web: {image: a, volumes: ['data:/x']}}",
      "INPUT_MALFORMED",
      "services.web.volumes[0] names the volume data, which is not defined under volumes",
      "compose.yaml:1:38",
    ],
    [
      "services: {web: {image: a, secrets: [s]}}",
      "INPUT_MALFORMED",
      "services.web.secrets[0] names the secret s, which is not defined under secrets",
      "compose.yaml:1:38",
    ],
    [
      "services: {web: {image: a, networks: [n]}}",
      "INPUT_MALFORMED",
      "services.web.networks[0] names the network n, which is not defined under networks",
      "compose.yaml:1:39",
    ],
    [
      "services: {web: {image: a, depends_on: [db]}}",
      "INPUT_MALFORMED",
      "services.web.depends_on[0] names the service db, which is not defined",
      "compose.yaml:1:41",
    ],
    [
      "services: {web: {image: a, depends_on: [db]}, db: {image: b, profiles: [p]}}",
      "INPUT_MALFORMED",
      "services.web.depends_on[0] needs the service db: none of its profiles is chosen (p)",
      "compose.yaml:1:41",
    ],
    [
      "services: {web: {ports: ['80']}}",
      "INPUT_MALFORMED",
      "services.web has neither image nor build",
      "compose.yaml:1:17",
    ],
    ["services: {web: }", "INPUT_MALFORMED", "services.web has neither image nor build", "compose.yaml:1:12"],
    ["services: [web]", "INPUT_MALFORMED", "services must be a mapping", "compose.yaml:1:11"],
    ["- a", "INPUT_MALFORMED", "a Compose document must be a mapping", "compose.yaml:1:1"],
    [
      "services: {web: {image: '${TAG:?choose one}'}}",
      "INPUT_MALFORMED",
      "services.web.image needs the variable TAG: choose one",
      "compose.yaml:1:25",
    ],
    [
      "services: {web: {image: 'a:${TAG'}}",
      "INPUT_MALFORMED",
      "services.web.image has ${ without }",
      "compose.yaml:1:25",
    ],
    [
      "services: {Web: {image: a}, web: {image: a}}",
      "INPUT_MALFORMED",
      "services.web and services.Web would both be named web",
      "compose.yaml:1:34",
    ],
    [
      "services: {a: {image: a, depends_on: [b]}, b: {image: b, depends_on: [a]}}",
      "INPUT_CYCLE",
      "services wait for each other: a → b → a",
      "compose.yaml:1:71",
    ],
    [
      "services: {web: {image: a, profiles: [x]}}",
      "INPUT_EMPTY",
      "no service is left to run",
      "compose.yaml:1:1",
    ],
    ["services: {}", "INPUT_EMPTY", "no service is left to run", "compose.yaml:1:1"],
    ["web: {image: a}", "INPUT_EMPTY", "no service is left to run", "compose.yaml:1:1"],
    ["", "INPUT_EMPTY", "no Compose document was found", "compose.yaml:1:1"],
    [
      "services: {web: {image: a, env_file: no.env}}",
      "INPUT_NOT_FOUND",
      "services.web.env_file: no.env does not exist",
      "compose.yaml:1:38",
    ],
    [
      "services: {web: {image: a, configs: [c]}}\nconfigs: {c: {file: no.txt}}",
      "INPUT_NOT_FOUND",
      "configs.c.file: no.txt does not exist",
      "compose.yaml:2:21",
    ],
    [
      "services: {web: {image: a, image: b}}",
      "INPUT_MALFORMED",
      'key "image" is already set at compose.yaml:1:18',
      "compose.yaml:1:28",
    ],
    [
      "services:\n\tweb: {}",
      "INPUT_MALFORMED",
      expect.stringContaining("not valid YAML"),
      expect.any(String),
    ],
    [
      `a: ${"[".repeat(200)}${"]".repeat(200)}`,
      "INPUT_MALFORMED",
      "nested deeper than 64 levels",
      expect.any(String),
    ],
    [
      "services: {web: {image: a, command: 'echo \"x'}}",
      "INPUT_MALFORMED",
      "services.web.command has a quote or a backslash that is not closed",
      "compose.yaml:1:37",
    ],
    [
      "services: {web: {image: a, x-kubeops: {egress: [{cidr: all}]}}}",
      "INPUT_MALFORMED",
      "services.web.x-kubeops.egress[0].cidr must be a range of addresses, as 192.0.2.0/24",
      "compose.yaml:1:56",
    ],
  ])("%s", (yaml, code, message, place) => {
    let thrown: unknown;
    try {
      compose(yaml);
    } catch (error) {
      thrown = error;
    }
    if (!OpsError.is(thrown)) throw new Error("nothing was refused", { cause: thrown });
    expect({
      code: thrown.code,
      message: thrown.message,
      place: thrown.place && placeText(thrown.place),
    }).toEqual({ code, message, place });
  });
  test("files that cannot be read", () => {
    expect(() => compose({}, { files: ["no.yaml"] })).toThrow(
      expect.objectContaining({ code: "INPUT_NOT_FOUND", message: "no.yaml does not exist" }),
    );
    expect(() => compose({ "d/x": "" }, { files: ["d"] })).toThrow(
      expect.objectContaining({ code: "INPUT_UNREADABLE", message: "d is a folder" }),
    );
    expect(() => compose({}, { files: [] })).toThrow(
      expect.objectContaining({ code: "INPUT_EMPTY", message: "no Compose file was named" }),
    );
    expect(() => compose({ "compose.yaml": new Uint8Array([0xff, 0xfe, 0x61, 0]) })).toThrow(
      expect.objectContaining({ code: "INPUT_ENCODING", message: "compose.yaml is not UTF-8 text" }),
    );
    expect(() =>
      compose({
        "compose.yaml": "services: {web: {image: a, env_file: b.env}}",
        "b.env": new Uint8Array([0x41, 0x3d, 0xff]),
      }),
    ).toThrow(expect.objectContaining({ code: "INPUT_ENCODING", message: "b.env is not UTF-8 text" }));
  });
  test("an alias bomb is refused", () => {
    const levels = Array.from(
      { length: 9 },
      (_, i) => `x-${i + 1}: &l${i + 1} [${Array.from({ length: 10 }, () => `*l${i}`).join(",")}]`,
    );
    expect(() => compose(`x-0: &l0 [a]\n${levels.join("\n")}\nservices: {web: {image: a}}`)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^INPUT_(MALFORMED|TOO_LARGE)$/) }),
    );
  });
});

describe("names", () => {
  test("the application is the given name, else name:, else the folder's", () => {
    const yaml = "name: Shop_1\nservices: {web: {build: .}}";
    expect(compose(yaml, { application: "given" }).intent.application).toBe("given");
    expect(compose(yaml).intent.application).toBe("shop-1");
    expect(compose("services: {web: {build: .}}", { folderName: "My Folder" }).intent.application).toBe(
      "my-folder",
    );
    expect(workload(compose(yaml))).toMatchObject({ image: "shop-1-web", imageIsBuilt: true });
    expect(rows(compose(yaml, { application: "given" }), "name")).toEqual([
      "changed name: another name was given",
    ]);
  });
  test("a service whose name is no DNS label is renamed, and says so", () => {
    const read = compose("services: {My_Web: {image: a}, 1st: {image: b}}");
    expect(read.intent.workloads.map(({ name }) => name)).toEqual(["my-web", "s-1st"]);
    expect(read.problems).toEqual([
      {
        code: "compose/service-renamed",
        severity: "warning",
        message:
          'service "My_Web" becomes my-web: the name of a Service is a DNS label. Whoever calls it by its old name no longer finds it',
        place: { file: "compose.yaml", line: 1, column: 12 },
        path: ["services", "My_Web"],
      },
      expect.objectContaining({ message: expect.stringContaining('service "1st" becomes s-1st') }),
    ]);
  });
  test("a long name is cut and stays its own", () => {
    const read = compose(`services: {${"a".repeat(70)}1: {image: a}, ${"a".repeat(70)}2: {image: b}}`);
    const [one = "", two = ""] = read.intent.workloads.map(({ name }) => name);
    expect(one).not.toBe(two);
    for (const name of [one, two]) expect(name).toMatch(/^a{54}-[0-9a-f]{8}$/);
  });
});

describe("profiles (compose-spec 15-profiles.md)", () => {
  const yaml =
    "services: {web: {image: a}, dev: {image: b, profiles: [dev, debug]}, ops: {image: c, profiles: [ops]}}";
  test.each([
    [[], ["web"]],
    [["debug"], ["dev", "web"]],
    [
      ["dev", "ops"],
      ["dev", "ops", "web"],
    ],
    [["*"], ["dev", "ops", "web"]],
    [["other"], ["web"]],
  ])("%j chooses %j", (profiles, names) => {
    expect(compose(yaml, { profiles }).intent.workloads.map(({ name }) => name)).toEqual(names);
  });
  test("what is not required may be left out", () => {
    const read = compose(
      "services: {web: {image: a, depends_on: {dev: {condition: service_started, required: false}}}, dev: {image: b, profiles: [dev]}}",
    );
    expect(workload(read).dependsOn).toEqual([]);
    expect(rows(read, "services.web.depends_on")).toEqual([
      "dropped services.web.depends_on.dev: none of its profiles is chosen (dev)",
    ]);
  });
});

test("COMPOSE_PROJECT_NAME is the name of the project", () => {
  const yaml = "name: Shop\nservices: {web: {image: 'x/${COMPOSE_PROJECT_NAME}:1'}}";
  expect(workload(compose(yaml)).image).toBe("x/shop:1");
  expect(workload(compose(yaml, { application: "given" })).image).toBe("x/given:1");
  expect(workload(compose(yaml.replace("name: Shop", ""), { folderName: "f" })).image).toBe("x/f:1");
});

test("a merge after the keys that it would change is refused, since readers differ", () => {
  expect(() => compose("x-a: &a {image: b}\nservices:\n  web:\n    image: a\n    <<: *a\n")).toThrow(
    expect.objectContaining({
      code: "INPUT_MALFORMED",
      message:
        "a merge (<<) stands after a key that it also holds, and readers do not agree which of the two counts",
      hint: "write the merge before the keys that override it",
    }),
  );
});

test("an unset variable is told once, with what to do", () => {
  const read = service("labels: {a: '${NOPE}', b: '$NOPE x'}");
  expect(read.problems).toEqual([
    {
      code: "compose/unset-variable",
      severity: "warning",
      message: "the variable NOPE is not set; an empty text takes its place",
      place: { file: "compose.yaml", line: 4, column: 17 },
      path: ["services", "web", "labels", "a"],
      hint: "set it in .env, name it with --env NOPE, or give a default: ${NOPE:-…}",
    },
  ]);
});

test("the same input gives the same bytes, and the order of keys in a mapping of services changes no workload", () => {
  const parts = [
    "web: {image: a, depends_on: [db], environment: {A: '1', DB_PASSWORD: x1}}",
    "db: {image: b, volumes: ['d:/d']}",
    "q: {image: c, environment: {H: 'db:1'}}",
  ];
  fc.assert(
    fc.property(fc.shuffledSubarray(parts, { minLength: 3 }), (order) => {
      const once = compose(`services:\n${order.map((each) => `  ${each}`).join("\n")}\nvolumes: {d: }\n`);
      const twice = compose(`services:\n${order.map((each) => `  ${each}`).join("\n")}\nvolumes: {d: }\n`);
      expect(canonicalJson(once)).toBe(canonicalJson(twice));
      expect(once.intent.workloads.map(({ name }) => name)).toEqual(["db", "q", "web"]);
      expect(once.intent.secrets.map(({ name }) => name)).toEqual(["web-env"]);
    }),
    { numRuns: 20 },
  );
});
