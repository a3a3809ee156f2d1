// Makes src/analysis/checks/elsewhere/other-tools.generated.ts: which checks of manifests other tools have, by id and name.
//   node tools/generate-other-tools.mjs FOLDER
// FOLDER holds one checkout a tool, under these names and at the versions below: kube-linter, kube-score, polaris,
// trivy-checks, regolibrary (of kubescape), checkov (the Python package unpacked), kics, kubesec.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, dirname } from "node:path";
import { fileURLToPath } from "node:url";

const from = process.argv[2];
if (from === undefined) {
  process.stderr.write("usage: node tools/generate-other-tools.mjs FOLDER\n");
  process.exit(2);
}
const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Files of a folder and what is below it, by the end of their names. */
function files(folder, end) {
  return readdirSync(join(from, folder), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(end))
    .toSorted()
    .map((name) => [name, readFileSync(join(from, folder, name), "utf8")]);
}

const first = (text, pattern) => pattern.exec(text)?.[1]?.trim();
const unquoted = (text) => text?.replace(/^["']|["']$/g, "").replace(/\\"/g, '"');

function kubeLinter() {
  return files("kube-linter/pkg/builtinchecks/yamls", ".yaml").map(([, text]) => {
    const description = first(text, /^description: *(?:[>|]-?\s*\n)?([^\n]+)/m);
    return { id: unquoted(first(text, /^name: *(\S+)/m)), name: unquoted(description) };
  });
}

function kubeScore() {
  return files("kube-score/score", ".go")
    .filter(([name]) => !name.endsWith("_test.go"))
    .flatMap(([, text]) =>
      [...text.matchAll(/allChecks\.Register\w+Check\("([^"]+)",/g)].map(([, name]) => ({
        id: name.toLowerCase().replaceAll(" ", "-"),
        name,
      })),
    );
}

function polaris() {
  return files("polaris/pkg/config/checks", ".yaml").map(([file, text]) => ({
    id: file.slice(0, -".yaml".length),
    name: unquoted(first(text, /^failureMessage: *(.+)$/im)),
  }));
}

function trivy() {
  return files("trivy-checks/checks/kubernetes", ".rego").flatMap(([, text]) => {
    const id = first(text, /^# +id: *(K[SC]V-\d+)/m);
    if (id === undefined) return [];
    const old = first(text, /^# +- *(K[SC]V\d+)\s*$/m);
    return [
      {
        id,
        name: unquoted(first(text, /^# title: *(.+)$/m)),
        also: [`AVD-${id}`, ...(old === undefined ? [] : [old])],
        ...(id.startsWith("KCV") ? { component: true } : {}),
      },
    ];
  });
}

function frameworkControls(name) {
  return JSON.parse(readFileSync(join(from, "regolibrary/frameworks", name), "utf8"));
}

function kubescape() {
  const inFramework = (name) =>
    new Set(frameworkControls(name).activeControls.map((row) => row.controlID ?? row.patch?.controlID));
  const nsa = inFramework("nsaframework.json");
  const mitre = inFramework("mitre.json");
  return files("regolibrary/controls", ".json").flatMap(([, text]) => {
    const { controlID, name, scanningScope } = JSON.parse(text);
    if (controlID === undefined) return [];
    const cis = /^CIS-([\d.]+\d)/.exec(name)?.[1];
    return [
      {
        id: controlID,
        name,
        ...((scanningScope?.matches ?? []).includes("file") ? {} : { component: true }),
        ...(nsa.has(controlID) || mitre.has(controlID) || cis !== undefined
          ? {
              guides: [
                ...(cis === undefined ? [] : [`CIS ${cis}`]),
                ...(nsa.has(controlID) ? ["NSA"] : []),
                ...(mitre.has(controlID) ? ["MITRE"] : []),
              ],
            }
          : {}),
      },
    ];
  });
}

function checkov() {
  const found = [
    ...files("checkov/checkov/kubernetes/checks/resource/k8s", ".py").map(([, text]) => ({
      id: first(text, /\bid = "(CKV2?_K8S_\d+)"/),
      name: first(text, /\bname = \(?\s*"([^"]+)"/),
    })),
    ...files("checkov/checkov/kubernetes/checks/graph_checks", ".json").map(([, text]) => {
      const { id, name } = JSON.parse(text).metadata;
      return { id, name };
    }),
  ].filter(({ id }) => id !== undefined);
  // One id may have two forms, for a container and for a PodSecurityPolicy.
  return [...new Map(found.map((row) => [row.id, row])).values()];
}

function kics() {
  const folder = join(from, "kics/assets/queries/k8s");
  return readdirSync(folder).map((name) => {
    const { id, queryName } = JSON.parse(readFileSync(join(folder, name, "metadata.json"), "utf8"));
    return { id: name, name: queryName, also: [id] };
  });
}

function kubesec() {
  const text = readFileSync(join(from, "kubesec/pkg/ruler/ruleset.go"), "utf8");
  return [...text.matchAll(/\bID: +"(\w+)",\s*\n(?:[^}]*?)Reason: +"([^"]+)"/g)].map(([, id, name]) => ({
    id,
    name,
  }));
}

const number = (id) => id.replace(/\d+/g, (digits) => digits.padStart(6, "0"));
const sorted = (rows) => rows.toSorted((left, right) => (number(left.id) < number(right.id) ? -1 : 1));
const sources = [
  ["kube-linter", "stackrox/kube-linter 35de568d, pkg/builtinchecks/yamls (Apache-2.0)", kubeLinter],
  ["kube-score", "zegl/kube-score v1.20.0, score (MIT)", kubeScore],
  ["polaris", "FairwindsOps/polaris c0e23a23, pkg/config/checks (Apache-2.0)", polaris],
  ["trivy", "aquasecurity/trivy-checks 80e53822, checks/kubernetes (MIT)", trivy],
  ["kubescape", "kubescape/regolibrary ce7ef32a, controls (Apache-2.0)", kubescape],
  ["checkov", "checkov 3.3.30, checkov/kubernetes/checks (Apache-2.0)", checkov],
  ["kics", "Checkmarx/kics v2.2.0, assets/queries/k8s (Apache-2.0)", kics],
  ["kubesec", "controlplaneio/kubesec v2.14.2, pkg/ruler/ruleset.go (Apache-2.0)", kubesec],
];

const blocks = sources.map(([tool, source, read]) => {
  const rows = sorted(read());
  process.stdout.write(`${tool}: ${rows.length}\n`);
  const lines = rows.map((row) => {
    if (row.id === undefined || row.name === undefined) throw new Error(`${tool}: ${JSON.stringify(row)}`);
    return JSON.stringify(row);
  });
  return `{tool:${JSON.stringify(tool)},source:${JSON.stringify(source)},checks:[\n${lines.join(",\n")},\n]},`;
});
writeFileSync(
  join(root, "src/analysis/checks/elsewhere/other-tools.generated.ts"),
  `// Made by tools/generate-other-tools.mjs from the sources named in it; do not edit.\nimport type { OtherTool } from "./other-tool.ts";\n\nexport const otherTools: readonly OtherTool[] = [\n${blocks.join("\n")}\n];\n`,
);
