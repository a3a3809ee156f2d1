import { describe, expect, test } from "vitest";
import { compose, type workload } from "../../../test/support/compose.ts";

function edges(yaml: string, files: Readonly<Record<string, string>> = {}): readonly string[] {
  return compose({ "compose.yaml": yaml, ...files }).intent.connections.map(
    ({ from, to, ports, reason }) =>
      `${from}>${to}${ports.map(({ port, protocol }) => ` ${port}/${protocol}`).join("")} (${reason})`,
  );
}
const pair = (fields: string, db = "{image: d}"): string =>
  `services: {web: {image: w, ${fields}}, db: ${db}}`;

describe("connections that a file shows", () => {
  test.each([
    ["depends_on: [db]", ["web>db (depends_on)"]],
    ["links: ['db:store']", ["web>db (links)"]],
    ["environment: {DB_HOST: db}", ["web>db (environment DB_HOST)"]],
    ["environment: {X: 'db:5432'}", ["web>db 5432/TCP (environment X)"]],
    [
      "environment: {DB_URL: 'postgres://u:secret1word@db:5432/app'}",
      ["web>db 5432/TCP (environment DB_URL)"],
    ],
    ["environment: {BROKERS: 'kafka:1,db:2,db:3'}", ["web>db 2/TCP 3/TCP (environment BROKERS)"]],
    ["command: server --host db --x", ["web>db (command)"]],
    ["entrypoint: [wait, 'db:5432']", ["web>db 5432/TCP (entrypoint)"]],
    ["healthcheck: {test: 'curl http://db/health'}", ["web>db (healthcheck)"]],
    ["environment: {DB_TYPE: db, POSTGRES_USER: db}", []],
    ["environment: {IMAGE: 'x/db:1.2-alpine', P: /var/db, D: db.example.com, E: my-db, F: 'db-1:5'}", []],
    ["command: [backup, db]", []],
    ["environment: {SELF_URL: 'http://web:80'}", []],
  ])("%s", (fields, expected) => {
    expect(edges(pair(fields))).toEqual(expected);
  });
  test("mounted configuration and configs count, also as the text of a file that becomes a Secret not", () => {
    const yaml = `services:
  proxy: {image: p, volumes: ['./nginx.conf:/etc/nginx/nginx.conf:ro'], configs: [c]}
  backend: {image: b}
  api: {image: a, ports: ['9000/udp']}
configs: {c: {content: 'upstream u { server api:9000; }'}}
`;
    expect(
      edges(yaml, { "nginx.conf": "location / { proxy_pass http://backend:8000; }\n# see /backend:9 \n" }),
    ).toEqual(["proxy>api 9000/UDP (configs.c)", "proxy>backend 8000/TCP (nginx.conf)"]);
  });
  test("env_file and interpolated values are looked at before they become references", () => {
    const files = { ".env": "H=db", "w.env": "CACHE=db:6379" };
    expect(edges(pair("env_file: w.env, environment: {DB_HOST: '${H}'}"), files)).toEqual(
      ["web>db (environment DB_HOST)", "web>db 6379/TCP (environment CACHE)"].toSorted((a, b) =>
        a.includes("CACHE") ? -1 : b.includes("CACHE") ? 1 : 0,
      ),
    );
  });
  test("aliases, names of containers and link aliases are names", () => {
    const yaml = `services:
  web: {image: w, environment: {A_URL: 'http://alias:1', C_URL: 'http://box:2', L_URL: 'http://linked:3'}, links: ['db:linked']}
  db: {image: d, container_name: box, networks: {default: {aliases: [alias]}}}
`;
    expect(edges(yaml)).toEqual([
      "web>db 1/TCP (environment A_URL)",
      "web>db 2/TCP (environment C_URL)",
      "web>db 3/TCP (environment L_URL)",
      "web>db (links)",
    ]);
  });
  test("only services on a common network are connected", () => {
    const yaml = (a: string, b: string): string =>
      `services: {web: {image: w, depends_on: [db], networks: [${a}]}, db: {image: d, networks: [${b}]}}\nnetworks: {x: , y: }`;
    expect(edges(yaml("x", "y"))).toEqual([]);
    expect(edges(yaml("x, y", "y"))).toEqual(["web>db (depends_on)"]);
    expect(
      edges("services: {web: {image: w, depends_on: [db], network_mode: none}, db: {image: d}}"),
    ).toEqual([]);
  });
  test("a port that is called is offered", () => {
    const read = compose(pair("environment: {X: 'db:5432'}"));
    expect(read.intent.workloads.find(({ name }) => name === "db")?.ports).toMatchObject([
      { port: 5432, protocol: "TCP", published: false },
    ] satisfies Partial<ReturnType<typeof workload>["ports"][number]>[]);
  });
});
