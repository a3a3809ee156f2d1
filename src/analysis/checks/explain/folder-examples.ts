import type { RuleExample } from "../../findings/rule.ts";

/** The folder of each example, as it is named to `kubeops check`. */
export const EXAMPLE_FOLDER = "shop";

/** A part of an example that is made of several: a file with its text, or a link with what it leads to. */
export type ExamplePart =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly to: string };

/** The files and links that an example is made of; an example that names none is one text. */
export function exampleParts(example: string): readonly ExamplePart[] {
  return example.split(/^(?=# (?:file|link): )/m).flatMap((part): readonly ExamplePart[] => {
    const [head = "", ...lines] = part.split("\n");
    const link = /^# link: (\S+) -> (\S+)$/.exec(head);
    if (link !== null) return [{ path: link[1] ?? "", to: link[2] ?? "" }];
    const file = /^# file: (\S+)$/.exec(head);
    return file === null ? [] : [{ path: file[1] ?? "", text: lines.join("\n") }];
  });
}

/** What a folder holds, by paths in it; one above it begins with `../`. */
type Tree = Readonly<Record<string, string>>;

function folder(tree: Tree, links: Tree = {}): string {
  const named = (path: string): string =>
    path.startsWith("../") ? path.slice(3) : `${EXAMPLE_FOLDER}/${path}`;
  return [
    ...Object.entries(tree).map(
      ([path, text]) => `# file: ${named(path)}\n${text}${text.endsWith("\n") ? "" : "\n"}`,
    ),
    ...Object.entries(links).map(([path, to]) => `# link: ${named(path)} -> ${to}\n`),
  ].join("");
}

const map = (value: string, name = "shop"): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {greeting: ${value}}`;
const deployment = (labels: string): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop, labels: ${labels}}\nspec:\n  selector: {matchLabels: {app: shop}}\n  template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: shop, image: 'shop:1'}]}}`;

const about = "apiVersion: v2\nname: shop\nversion: 1.0.0";
const template = "templates/map.yaml";

/** A chart with one template; `tree` adds files and replaces them. */
const chart = (tree: Tree, links?: Tree): string =>
  folder({ "Chart.yaml": about, [template]: map("hello"), ...tree }, links);

const schema = (type: string): string =>
  `{"type": "object", "properties": {"greeting": {"type": "${type}"}}}`;

/** A kustomization with one ConfigMap; `tree` adds files and replaces them. */
const kustomization = (members: string, tree: Tree = {}): string =>
  folder({ "kustomization.yaml": members, "map.yaml": map("hello"), ...tree });

/** Each copies all that there is so far: as many values as two to the power of the letters. */
const copies = (letters: readonly string[]): string =>
  [
    "resources: [map.yaml]",
    "patches:",
    "- target: {kind: ConfigMap}",
    "  patch: |-",
    ...letters.map((letter) => `    - {op: copy, from: /data, path: /data/${letter}}`),
  ].join("\n");

const replacement = (source: string): string =>
  `resources: [map.yaml]\nreplacements:\n- source: {kind: ConfigMap, name: ${source}, fieldPath: data.greeting}\n  targets: [{select: {kind: ConfigMap}, fieldPaths: [metadata.annotations.greeting], options: {create: true}}]`;

const variable = (of: string): string =>
  `resources: [map.yaml]\nvars:\n- {name: GREETING, objref: {apiVersion: v1, kind: ConfigMap, name: ${of}}, fieldref: {fieldPath: data.greeting}}`;

/** What is found in charts and kustomizations: folders, as `kubeops check shop` reads them. */
const examples: Readonly<Record<string, RuleExample>> = {
  "chart/malformed": {
    positive: chart({ "Chart.yaml": "apiVersion: v2\nname: shop\nversion: one" }),
    negative: chart({}),
  },
  "chart/dependency": {
    positive: chart({
      "Chart.yaml": `${about}\ndependencies:\n- {name: cache, version: 1.x, repository: 'https://charts.example.com'}`,
    }),
    negative: chart({
      "Chart.yaml": `${about}\ndependencies:\n- {name: cache, version: 1.x}`,
      "charts/cache/Chart.yaml": "apiVersion: v2\nname: cache\nversion: 1.2.0",
    }),
  },
  "chart/kube-version": {
    positive: chart({ "Chart.yaml": `${about}\nkubeVersion: '>= 1.99'` }),
    negative: chart({ "Chart.yaml": `${about}\nkubeVersion: '>= 1.29'` }),
  },
  "chart/outside": {
    positive: chart(
      { "../other.yaml": map("hello", "other") },
      { "templates/other.yaml": "../../other.yaml" },
    ),
    negative: chart({ "other.yaml": map("hello", "other") }, { "templates/other.yaml": "../other.yaml" }),
  },
  "chart/schema": {
    positive: chart({ "values.schema.json": '{"$ref": "https://example.com/values.schema.json"}' }),
    negative: chart({
      "values.schema.json": '{"$ref": "#/$defs/values", "$defs": {"values": {"type": "object"}}}',
    }),
  },
  "chart/template": {
    positive: chart({ [template]: map('{{ required "say how to greet" .Values.greeting }}') }),
    negative: chart({
      [template]: map('{{ required "say how to greet" .Values.greeting }}'),
      "values.yaml": "greeting: hello",
    }),
  },
  "chart/too-large": {
    positive: chart({ [template]: map('{{ repeat 40000000 "x" }}') }),
    negative: chart({ [template]: map('{{ repeat 40 "x" }}') }),
  },
  "chart/values": {
    positive: chart({
      [template]: map("{{ .Values.greeting }}"),
      "values.yaml": "greeting: 1",
      "values.schema.json": schema("string"),
    }),
    negative: chart({
      [template]: map("{{ .Values.greeting }}"),
      "values.yaml": "greeting: hello",
      "values.schema.json": schema("string"),
    }),
  },
  "kustomization/malformed": {
    positive: kustomization("resource: [map.yaml]"),
    negative: kustomization("resources: [map.yaml]"),
  },
  "kustomization/not-found": {
    positive: kustomization("resources: [maps.yaml]"),
    negative: kustomization("resources: [map.yaml]"),
  },
  "kustomization/outside": {
    positive: kustomization("resources: [map.yaml, ../other.yaml]", {
      "../other.yaml": map("hello", "other"),
    }),
    negative: kustomization("resources: [map.yaml, other.yaml]", { "other.yaml": map("hello", "other") }),
  },
  "kustomization/cycle": {
    positive: kustomization("resources: [map.yaml, base]", { "base/kustomization.yaml": "resources: [..]" }),
    negative: kustomization("resources: [map.yaml, base]", {
      "base/kustomization.yaml": "resources: [map.yaml]",
      "base/map.yaml": map("hello", "base"),
    }),
  },
  "kustomization/conflict": {
    positive: kustomization("resources: [map.yaml, again.yaml]", { "again.yaml": map("good morning") }),
    negative: kustomization("resources: [map.yaml, again.yaml]", {
      "again.yaml": map("good morning", "again"),
    }),
  },
  "kustomization/patch": {
    positive: kustomization(
      "resources: [map.yaml]\npatches:\n- target: {kind: ConfigMap}\n  patch: '[{op: remove, path: /data/greetings}]'",
    ),
    negative: kustomization(
      "resources: [map.yaml]\npatches:\n- target: {kind: ConfigMap}\n  patch: '[{op: remove, path: /data/greeting}]'",
    ),
  },
  "kustomization/replacement": {
    positive: kustomization(replacement("other")),
    negative: kustomization(replacement("shop")),
  },
  "kustomization/var": {
    positive: kustomization(variable("other")),
    negative: kustomization(variable("shop")),
  },
  "kustomization/field": {
    positive: kustomization("resources: [deployment.yaml]\nlabels: [{pairs: {tier: web}}]", {
      "deployment.yaml": deployment("none"),
    }),
    negative: kustomization("resources: [deployment.yaml]\nlabels: [{pairs: {tier: web}}]", {
      "deployment.yaml": deployment("{app: shop}"),
    }),
  },
  "kustomization/too-large": {
    positive: kustomization(copies("abcdefghijklmnopqrstuvwx".split(""))),
    negative: kustomization(copies(["a"])),
  },
  "kustomization/not-built": {
    positive: kustomization(
      "resources: [map.yaml]\nhelmCharts: [{name: cache, version: 1.2.0, repo: 'https://charts.example.com'}]",
    ),
    negative: kustomization("resources: [map.yaml]"),
  },
};

interface FolderExample extends RuleExample {
  readonly before: string;
  readonly given: "the command";
}

export const folderExamples: Readonly<Record<string, FolderExample>> = Object.fromEntries(
  Object.entries(examples).map(([id, example]) => [
    id,
    { before: `kubeops check ${EXAMPLE_FOLDER}`, given: "the command", ...example },
  ]),
);
