import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { projectFiles } from "../../src/apply/files/node-files.ts";
import { isDistinctive } from "../../src/authoring/compose/context.ts";
import { isCredential } from "../../src/analysis/checks/secrets/credentials.ts";
import { parseDotenv } from "../../src/authoring/compose/interpolation/dotenv.ts";
import { type ComposeRead, readCompose } from "../../src/authoring/compose/read-compose.ts";
import { canonicalJson } from "../../src/kube/canonical-json.ts";
import type { Json } from "../../src/kube/json.ts";
import { pathText } from "../../src/kube/json.ts";
import { readDocuments } from "../../src/kube/yaml/read-documents.ts";
import { conformanceData, leftOut } from "../support/suites.ts";

const needs =
  "KUBEOPS_CONFORMANCE_DATA must name a folder with compose/ (docker/awesome-compose, kubernetes/kompose fixtures)";
const awesome = conformanceData("compose/awesome-compose");
const kompose = conformanceData("compose/kompose/fixtures");

function read(root: string, folder: string, ...files: readonly string[]): ComposeRead {
  return readCompose(projectFiles(join(root, folder)), {
    files,
    namespace: "conformance",
    folderName: basename(folder) || "app",
    profiles: [],
    environment: {},
  });
}

function leaves(value: Json, path: (string | number)[] = []): readonly string[] {
  if (typeof value !== "object" || value === null) return [pathText(path)];
  const children = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return children.length === 0
    ? [pathText(path)]
    : children.flatMap(([key, child]) => leaves(child as Json, [...path, key]));
}

/** Leaves of a file that lie not at or below exactly one row. */
function unaccounted(result: ComposeRead, path: string, file: string): readonly string[] {
  const fields = result.intent.report.filter((row) => row.place.file === file).map(({ field }) => field);
  const covers = (field: string, leaf: string): boolean =>
    leaf === field || leaf.startsWith(`${field}.`) || leaf.startsWith(`${field}[`);
  return readDocuments(file, readFileSync(path))
    .flatMap(({ value }) => leaves(value))
    .filter((leaf) => fields.filter((field) => covers(field, leaf)).length !== 1);
}

function* walk(folder: string): Generator<string> {
  for (const name of readdirSync(folder).toSorted()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* walk(path);
    else yield path;
  }
}

/** Every value that must stay secret: of .env, of password files, and literal credentials of the Compose file itself. */
function secretsOf(folder: string, document: Json): readonly string[] {
  const values: string[] = [];
  for (const path of walk(folder)) {
    if (basename(path) === ".env") {
      for (const { value } of parseDotenv(readFileSync(path, "utf8"), path, () => undefined))
        if (value !== undefined) values.push(value);
    } else if (path.endsWith("password.txt")) values.push(readFileSync(path, "utf8").trim());
  }
  const services = (document as { services: Record<string, { environment?: Json }> }).services;
  for (const { environment } of Object.values(services)) {
    const pairs = Array.isArray(environment)
      ? environment.map((item): [string, string] => [
          String(item).split("=")[0] ?? "",
          String(item).slice(String(item).indexOf("=") + 1),
        ])
      : Object.entries(environment ?? {}).map(([key, value]): [string, string] => [key, String(value)]);
    for (const [key, value] of pairs)
      if (!value.includes("$") && isCredential(key, value)) values.push(value);
  }
  return values.filter((value) => value !== "");
}

const applications =
  awesome === undefined
    ? []
    : readdirSync(awesome).filter((name) => statSync(join(awesome, name)).isDirectory());

describe.skipIf(awesome === undefined && leftOut("Compose applications of awesome-compose", needs))(
  "awesome-compose",
  () => {
    const root = awesome ?? "";
    test("there are 39 applications", () => {
      expect(applications).toHaveLength(39);
    });
    test.each(applications)("%s is read, every field accounted for, twice alike, no secret in it", (name) => {
      const file = ["compose.yaml", "compose.yml"].find((each) => existsSync(join(root, name, each))) ?? "";
      const result = read(root, name, file);
      expect(canonicalJson(read(root, name, file))).toBe(canonicalJson(result));
      expect(unaccounted(result, join(root, name, file), file)).toEqual([]);
      expect(
        result.intent.report.filter(
          ({ reason }) => reason?.includes("not a field of the Compose specification") === true,
        ),
      ).toEqual([]);
      expect(result.intent.workloads.length).toBeGreaterThan(0);
      const [document] = readDocuments(file, readFileSync(join(root, name, file)));
      const text = JSON.stringify(result);
      // A password that is also the name of an image or a database (wordpress, nextcloud) cannot be told from it.
      const source = readFileSync(join(root, name, file), "utf8");
      for (const value of secretsOf(join(root, name), document?.value ?? null)) {
        const elsewhere = source.split(value).length - 1 > 1 && !isDistinctive(value);
        if (value.length >= 6 && !elsewhere && !["postgres", "Etc/UTC"].includes(value))
          expect(text).not.toContain(value);
      }
    });
  },
);

/** Fixtures that are refused, and why that is right. */
const refused: Readonly<Record<string, string>> = {
  // Compose version 1 has no services mapping; no Compose of today reads it.
  "controller/compose-controller-label.yaml": "INPUT_EMPTY",
  "envvars-separators/compose.yaml": "INPUT_EMPTY",
  "image-pull-secret/compose-files/docker-compose-image-pull-secret.yml": "INPUT_EMPTY",
  "unused/expose-service/compose-files/docker-compose-expose-hostname-multiple-ports.yml": "INPUT_EMPTY",
  "unused/expose-service/compose-files/docker-compose-expose-hostname-tls.yml": "INPUT_EMPTY",
  "unused/expose-service/compose-files/docker-compose-expose-hostname.yml": "INPUT_EMPTY",
  "unused/expose-service/compose-files/docker-compose-expose-multiple-hostname-tls.yml": "INPUT_EMPTY",
  "unused/expose-service/compose-files/docker-compose-expose-multiple-hostname.yml": "INPUT_EMPTY",
  "unused/expose-service/compose-files/docker-compose-expose-true-multiple-ports.yml": "INPUT_EMPTY",
  "unused/expose-service/compose-files/docker-compose-expose-true.yml": "INPUT_EMPTY",
  "yaml-and-yml/docker-compose.yaml": "INPUT_EMPTY",
  "yaml-and-yml/yml/docker-compose.yml": "INPUT_EMPTY",
  // A service without image and build: upstream expects the failure too.
  "etherpad/docker-compose-no-image.yml": "INPUT_MALFORMED",
  // Ports from variables that only upstream's test sets (envs files that nothing names).
  "etherpad/docker-compose.yml": "INPUT_MALFORMED",
  "gitlab/docker-compose.yml": "INPUT_MALFORMED",
  // Upstream's negative test: the policy "Fail".
  "image-pull-policy/compose-files/v12-fail-image-pull-policy.yml": "INPUT_MALFORMED",
  // Every service has a profile, and none is chosen: upstream warns.
  "no-profile-warning/compose.yaml": "INPUT_EMPTY",
  // Second files of a merge: alone they have no image, or no service.
  "multiple-files/second.yaml": "INPUT_MALFORMED",
  "unused/merge-multiple-compose/compose-new-service-prob.yml": "INPUT_MALFORMED",
  "unused/merge-multiple-compose/compose-port-prod.yml": "INPUT_MALFORMED",
  "unused/merge-multiple-compose/dev.yml": "INPUT_MALFORMED",
  "unused/merge-multiple-compose/other-toplevel-override.yml": "INPUT_EMPTY",
  // Volume, service or network that is not defined; compose-go refuses it as well.
  "unused/merge-multiple-compose/other-toplevel-base.yml": "INPUT_MALFORMED",
  "unused/v3/docker-compose-deploy.yaml": "INPUT_MALFORMED",
  "unused/v3/docker-compose-full-example.yaml": "INPUT_MALFORMED",
  "volume-mounts/named-volume/docker-compose-v3.yml": "INPUT_MALFORMED",
  "volume-mounts/named-volume/docker-compose.yml": "INPUT_MALFORMED",
};

function komposeFiles(root: string): readonly string[] {
  return [...walk(root)]
    .filter((path) => /\.ya?ml$/.test(path) && !/output|template/.test(basename(path)))
    .filter((path) => !/^(?:apiVersion|kind):/m.test(readFileSync(path, "utf8")))
    .map((path) => relative(root, path));
}

describe.skipIf(kompose === undefined && leftOut("Compose fixtures of kompose", needs))(
  "kompose fixtures",
  () => {
    const root = kompose ?? "";
    const files = kompose === undefined ? [] : komposeFiles(kompose);
    test("all of them are there", () => {
      expect(files.length).toBeGreaterThan(110);
      expect(Object.keys(refused).filter((file) => !files.includes(file))).toEqual([]);
    });
    test.each(files)("%s", (file) => {
      const expected = refused[file];
      if (expected !== undefined) {
        expect(() => read(root, dirname(file), basename(file))).toThrow(
          expect.objectContaining({ code: expected }),
        );
        return;
      }
      const result = read(root, dirname(file), basename(file));
      expect(unaccounted(result, join(root, file), basename(file))).toEqual([]);
    });
    test("second files merge over first ones", () => {
      const both = (folder: string, ...names: readonly string[]): ComposeRead => read(root, folder, ...names);
      expect(
        both("multiple-files", "first.yaml", "second.yaml").intent.workloads.map(({ name, replicas }) => [
          name,
          replicas,
        ]),
      ).toEqual([
        ["bar", 99],
        ["foo", 3],
      ]);
      const folder = "unused/merge-multiple-compose";
      expect(
        both(folder, "compose-port-base.yml", "compose-port-prod.yml").intent.workloads[0]?.ports.map(
          ({ port }) => port,
        ),
      ).toEqual([3000, 5000]);
      expect(both(folder, "base.yml", "dev.yml").intent.workloads[0]?.env).toContainEqual({
        name: "ERRORS",
        value: "1",
      });
      const concat = both(folder, "service-merge-concat-base.yml", "service-merge-concat-override.yml").intent
        .workloads[0];
      expect(concat?.dns).toEqual({
        nameservers: ["1.1.1.1", "8.8.8.8", "9.9.9.9"],
        searches: ["first.search.domain.com", "second.search.domain.com"],
        options: [],
      });
      expect(concat?.annotations).toEqual({
        complexlabel: "override",
        "simplelabel.first": "Foo",
        "simplelabel.second": "Bar",
      });
    });
  },
);
