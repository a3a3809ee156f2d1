// Makes the pages of docs/reference and the JSON Schemas in schemas/ from the tables in src/ (`npm run docs`). `--check`
// fails when one is stale.
// The page of public Compose applications is made only where KUBEOPS_CONFORMANCE_DATA holds them.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { generateHelpTextForAllCommands } from "@stricli/core";
import { applicationsOf, awesomeCompose, rowOf } from "./compose-applications.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = join(root, "docs", "reference");
const check = process.argv.includes("--check");

const cell = (text) => String(text).replaceAll("|", "\\|").replaceAll("\n", " ").replaceAll("<", "&lt;");
const code = (text) => (text === "" ? "" : `\`${String(text).replaceAll("|", "\\|")}\``);
/** An example on one line; a very long one is cut, with its length. */
function block(text) {
  const line = String(text).replaceAll("\n", "⏎").replaceAll("|", "\\|").replaceAll("\0", "␀");
  return line.length <= 160
    ? "`` " + line + " ``"
    : "`` " + line.slice(0, 100) + " `` … (" + line.length + " characters)";
}

function table(head, rows) {
  return [
    `| ${head.join(" | ")} |`,
    `|${head.map(() => "---").join("|")}|`,
    ...rows.map((row) => `| ${row.join(" | ")} |`),
  ].join("\n");
}

const made = (from) => `<!-- Made by npm run docs from ${from}; do not edit. -->`;
const pages = new Map();

{
  const { app } = await import("../src/cli/app.ts");
  const { exampleFor } = await import("../src/cli/examples.ts");
  const sections = generateHelpTextForAllCommands(app).map(([route, help]) => {
    const words = route.split(" ").slice(1);
    const example = exampleFor(words);
    return `## ${route}\n\n\`\`\`\n${help.trimEnd()}${example === undefined ? "" : `\n\nEXAMPLE\n  ${example.replaceAll("\n", "\n  ")}`}\n\`\`\``;
  });
  pages.set(
    "commands.md",
    `${made("src/cli")}\n# Commands\n\nThe help of every command. Every example is run by the tests.\n\n${sections.join("\n\n")}\n`,
  );
}

{
  const { errorTable } = await import("../src/kube/error-table.ts");
  const exits = [
    [0, "done: a plan that is allowed or needs approval; a question answered yes"],
    [1, "findings at or above `--fail-on`; denied; not approved; answered no"],
    [2, "bad usage or bad input"],
    [3, "the world refused: drift, conflict, authentication, network, disk"],
    [4, "a bug of ours"],
    [130, "interrupted"],
  ];
  const rows = Object.entries(errorTable).map(([id, { exit, when }]) => [code(id), exit, cell(when)]);
  pages.set(
    "errors.md",
    `${made("src/kube/error-table.ts")}\n# Exit codes and errors\n\n${table(["exit code", "meaning"], exits)}\n\nWith \`-o json\` a failure is one object on standard error, kind \`Error\`: code, message, place, hint.\n\n${table(["code", "exit code", "when"], rows)}\n`,
  );
}

{
  const { techniques } = await import("../src/analysis/rbac/paths/techniques.ts");
  const { ruleCodes, ruleExample, ruleOf } = await import("../src/analysis/checks/rule-table.ts");
  const { checks } = await import("../src/analysis/checks/pod-security/check-table.ts");
  const { fixOf } = await import("../src/analysis/checks/fixes/fix-table.ts");
  const fixCell = (id) => {
    const row = fixOf(id);
    return row === undefined ? "" : cell(row.describe + (row.effect === "behaviour" ? " \\*" : ""));
  };
  const rows = ruleCodes()
    .filter((id) => !id.startsWith("pod-security/"))
    .map((id) => {
      const { severity, source } = ruleOf(id);
      const example = ruleExample(id);
      return [
        code(id),
        severity,
        example === undefined ? "" : block(example.positive),
        example === undefined ? "" : block(example.negative),
        fixCell(id),
        cell(source),
      ];
    });
  const attacks = techniques.map((row) => [
    code(row.id),
    row.severity,
    cell(row.title),
    cell(row.needs),
    cell(row.cut),
    cell(row.sources.join("; ")),
  ]);
  const pods = checks.map((row) => [
    code(`pod-security/${row.id}`),
    row.level,
    cell(row.rule),
    cell(row.remedy),
    fixCell(`pod-security/${row.id}`),
    row.versions.map(({ from }) => `1.${from}`).join(", "),
  ]);
  pages.set(
    "findings.md",
    `${made("the tables in src/kube and src/analysis")}\n# Findings\n\nWhat reading and checking can find. The first example has the finding, the second has not. The column fix says what \`kubeops fix\` does about it, where that is certain; \\* marks what changes what a program may do. Everything else is for a person.\n\n${table(["id", "severity", "found in", "not in", "fix", "source"], rows)}\n\n## Pod Security\n\nThe checks of the Pod Security Standards, with the versions of Kubernetes in which they began or changed (k8s.io/pod-security-admission). \`kubeops check\` judges every Pod and every Pod template by the labels of the Namespaces in the input: what \`enforce\` refuses is an error, what \`warn\` and \`audit\` report is a warning and a note. With \`--pod-security\` every one is judged by that level. A label that the API server refuses is the error \`pod-security/namespace-label\`.\n\n${table(["id", "level", "rule", "what to do", "fix", "from"], pods)}\n\n## Attack paths\n\nThe steps of \`kubeops can --paths\`. \`kubeops check\` tells as \`rbac/attack-path\` (a note) which subjects of the input reach cluster-admin by them.\n\n${table(["step", "severity", "what is done", "what it takes", "how it is cut", "source"], attacks)}\n`,
  );
}

{
  const { allElsewhere } = await import("../src/analysis/checks/elsewhere/elsewhere.ts");
  const { otherTools } = await import("../src/analysis/checks/elsewhere/other-tools.generated.ts");
  const all = allElsewhere();
  const counts = otherTools.map(({ tool, source, checks }) => {
    const rows = all.filter((row) => row.tool === tool);
    return [tool, checks.length, rows.filter(({ ours }) => ours.length > 0).length, cell(source)];
  });
  const tools = otherTools.map(({ tool }) => {
    const rows = all
      .filter((row) => row.tool === tool)
      .map(({ check, ours, reason }) => [
        code(check.id),
        cell(check.name),
        ours.length > 0 ? ours.map(code).join(", ") : `not covered: ${cell(reason ?? "")}`,
      ]);
    return `## ${tool}\n\n${table(["check", "what it says of itself", "ours"], rows)}`;
  });
  pages.set(
    "checks-of-other-tools.md",
    `${made("src/analysis/checks/elsewhere")}\n# Checks of other tools\n\nWhich of our checks say what a check of another tool says. \`kubeops explain ID\` tells it for one: \`kubeops explain CKV_K8S_20\`. What at least two of these tools say of manifests is said by ours; a test holds that.\n\n${table(["tool", "checks", "said by ours", "read from"], counts)}\n\n${tools.join("\n\n")}\n`,
  );
}

{
  const { wideningTable } = await import("../src/plan/facts/widening/table.ts");
  const { LATEST_MINOR } = await import("../src/kube/catalogue/catalogue.ts");
  const { verdictRules } = await import("../src/plan/verdict/rules.ts");
  const { charterRules } = await import("../src/plan/charter/charter-rules.ts");
  const rules = verdictRules.map((row) => [code(row.id), cell(row.title), row.decides, cell(row.example)]);
  const widening = wideningTable(LATEST_MINOR).map((row) => [
    code(row.id),
    cell(row.title),
    cell(row.why),
    cell(row.source),
  ]);
  const beyond = charterRules.map((row) => [code(row.id), cell(row.rule)]);
  pages.set(
    "charter.md",
    `${made("src/plan")}\n# The charter\n\nThe shape of a charter is published as \`schemas/charter.schema.json\`; a key that it does not know refuses to load. \`kubeops charter init\` writes one with comments.\n\n## How a verdict comes about\n\nEvery rule is asked. One that denies, denies; what no charter row allows is denied by the rule that misses it.\n\n${table(["rule", "says", "decides", "example"], rules)}\n\n## What widens something elsewhere\n\nA change to one of these is denied unless the charter has a row for it under \`widening\` (kernel K7).\n\n${table(["id", "what", "why", "source"], widening)}\n\n## What a charter must be beyond its shape\n\n${table(["id", "rule"], beyond)}\n`,
  );
}

{
  const { droppedServiceFields, droppedTopLevelFields } = await import(
    "../src/authoring/compose/fields/dropped.ts"
  );
  const { credentialNames, credentialValues } = await import("../src/analysis/checks/secrets/credentials.ts");
  const { knownImages } = await import("../src/authoring/images/known-images.ts");
  const dropped = [
    ...Object.entries(droppedServiceFields).map(([field, reason]) => [
      code(`services.*.${field}`),
      cell(reason),
    ]),
    ...Object.entries(droppedTopLevelFields).map(([field, reason]) => [code(field), cell(reason)]),
  ];
  const credentials = [...credentialNames, ...credentialValues].map((row) => [
    code(row.id),
    row.matches.slice(0, 3).map(block).join(", "),
    cell(row.source),
  ]);
  pages.set(
    "compose.md",
    `${made("src/authoring")}\n# Compose files\n\nEvery field of the input is used, changed, turned into a reference, or dropped; \`plan\` names all but the used ones with their place.\n\n## Fields without effect\n\nA field that is in part understood is listed with what becomes of the rest. A field that is not listed and not used is reported as one that kubeops does not know.\n\n${table(["field", "reason"], dropped)}\n\n## What is taken for a credential\n\nA value that matches becomes a reference to a Secret (kernel K16), as does every value of an \`env_file\`, of \`secrets:\`, and every environment value with an interpolation.\n\n${table(["id", "for example", "source"], credentials)}\n\n## Images whose facts are known\n\n${table(
      ["image", "user", "ports", "source"],
      knownImages.map((image) => [
        code(
          image.repositories.map((name) => name.replace("docker.io/library/", "")).join(", ") +
            (image.tag === undefined ? "" : ` (tags ${image.tag})`),
        ),
        image.user === undefined
          ? image.needsRoot === undefined
            ? ""
            : "root"
          : `${image.user.uid}:${image.user.gid}`,
        image.ports.map((port) => port.port).join(", "),
        cell(image.source + (image.certainty === "guess" ? " (guess)" : "")),
      ]),
    )}\n`,
  );
}

const data = awesomeCompose();
if (data !== undefined && existsSync(data)) {
  const rows = [];
  const dropped = [];
  const relaxed = [];
  const before = [];
  for (const application of applicationsOf(data)) {
    const row = await rowOf(application);
    const kinds = [...row.kinds].map(([kind, count]) => (count === 1 ? kind : `${count} ${kind}`)).join(", ");
    const { relaxations, prerequisites } = row.authored;
    rows.push([
      row.name,
      row.objects,
      cell(kinds),
      row.fields.used,
      row.fields.changed,
      row.fields.reference,
      row.fields.dropped,
      relaxations.length,
      prerequisites.length,
    ]);
    for (const field of row.report)
      if (field.disposition === "dropped") dropped.push([row.name, code(field.field), cell(field.reason)]);
    for (const relaxation of relaxations)
      relaxed.push([
        row.name,
        `${relaxation.workload}/${relaxation.container}`,
        relaxation.level,
        code(relaxation.check),
        cell(relaxation.reason),
      ]);
    for (const prerequisite of prerequisites)
      before.push([row.name, prerequisite.kind, cell(prerequisite.text)]);
  }
  pages.set(
    "compose-applications.md",
    [
      made("docker/awesome-compose 18f59bdb09ec (CC0-1.0)"),
      "# Public Compose applications",
      `What becomes of the ${rows.length} applications of docker/awesome-compose: each is planned, approved, committed and undone by the tests.`,
      table(
        [
          "application",
          "objects",
          "kinds",
          "used",
          "changed",
          "references",
          "dropped",
          "relaxations",
          "prerequisites",
        ],
        rows,
      ),
      "## Fields that were dropped",
      table(["application", "field", "reason"], dropped),
      "## Relaxed from Pod Security restricted",
      table(["application", "container", "level", "check", "reason"], relaxed),
      "## Before it works",
      table(["application", "what", "text"], before),
      "",
    ].join("\n\n"),
  );
}

{
  const { mcpTools } = await import("../src/mcp/tools/table.ts");
  const { operations } = await import("../src/agent/operations/operations.ts");
  /** The members of a closed record, one row each; inner records follow as `member.inner`. */
  const members = (schema, prefix = "") =>
    Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
      const needed = (schema.required ?? []).includes(name) ? "yes" : "";
      const what =
        inner.enum?.join(", ") ?? (Array.isArray(inner.type) ? inner.type.join(" or ") : inner.type);
      const row = [code(prefix + name), cell(what ?? ""), needed, cell(inner.description ?? "")];
      const items = inner.items?.properties === undefined ? [] : members(inner.items, `${prefix}${name}[].`);
      return [row, ...items, ...(inner.properties === undefined ? [] : members(inner, `${prefix}${name}.`))];
    });
  const { recordSchema } = await import("../src/agent/operations/field-schema.ts");
  const head = ["argument", "type", "needed", "what"];
  const tools = mcpTools.map((tool) => {
    const rows = members(tool.inputSchema);
    return `## ${tool.name}\n\n${cell(tool.description)}\n\n${rows.length === 0 ? "No arguments." : table(head, rows)}`;
  });
  const kinds = operations.map((row) => {
    const rows = members(recordSchema(row.arguments));
    return `### ${row.name}\n\n${cell(row.description)}\n\n${rows.length === 0 ? "No arguments." : table(head, rows)}`;
  });
  pages.set(
    "mcp-tools.md",
    `${made("src/mcp/tools and src/agent/operations")}\n# Tools of models\n\nWhat \`kubeops mcp\` publishes ([how to set it up](../guide/mcp.md)). Unknown arguments are refused.\n\n${tools.join("\n\n")}\n\n## Operations\n\nEach item of \`operations\` is an object with \`kind\` and the arguments of its kind.\n\n${kinds.join("\n\n")}\n`,
  );
}

{
  const { rows } = JSON.parse(readFileSync(join(root, "tools", "precision-judgements.json"), "utf8"));
  const severities = ["error", "warning", "info"];
  const sum = (counts) => severities.reduce((all, severity) => all + (counts?.[severity] ?? 0), 0);
  const percent = (right, read) => `${((100 * right) / read).toFixed(1)} %`;
  const total = (of) => rows.reduce((all, row) => all + of(row), 0);
  const line = (name, of) => {
    const [hits, read, wrong] = ["hits", "read", "wrong"].map((field) => total((row) => of(row[field])));
    return [name, hits, read, read - wrong, percent(read - wrong, read)];
  };
  const summary = [
    ...severities.map((severity) => line(severity, (counts) => counts?.[severity] ?? 0)),
    line("all", sum),
  ];
  const each = rows.map((row) => [
    code(row.id),
    severities
      .filter((severity) => row.hits[severity] !== undefined)
      .map((severity) => `${row.hits[severity]} ${severity}`)
      .join(", "),
    sum(row.read),
    sum(row.read) - sum(row.wrong),
    row.recomputed === undefined
      ? ""
      : `${row.recomputed.agree}${row.recomputed.missed === 0 ? "" : `, ${row.recomputed.missed} missed`}`,
    cell(row.note),
  ]);
  const recomputed = rows.filter((row) => row.recomputed !== undefined);
  const again = recomputed.reduce((all, row) => all + row.recomputed.agree, 0);
  const missed = recomputed.reduce((all, row) => all + row.recomputed.missed, 0);
  pages.set(
    "precision.md",
    [
      made("tools/precision-judgements.json"),
      "# Precision on public projects",
      "What `kubeops check --profile all` says about four public projects, read hit by hit as somebody would who maintains them. A hit is right when what it says is true of the object as the API server would run it, and severity, place and advice are right too. Faults of the checks that the reading showed were mended, each with a test (`src/analysis/checks/practices/precision.test.ts`), and the figures are those after that: they say how the checks do on these inputs, not on ones that nobody has looked at. There was one reader, who also mended; where a check is about one field of an object, its hits were read by that field.",
      table(["severity", "hits", "read", "right", "precision"], summary),
      "argo-cd, kube-prometheus and microservices-demo have no error. kubernetes/examples has the errors below; most of it is an archive for versions of Kubernetes long gone. What the API server refuses is also held against a real kube-apiserver, object by object, by `test/conformance/schema/real-objects.test.ts`.",
      "| input | project | commit |\n|---|---|---|\n| real/argo-cd | argoproj/argo-cd | 37ee0097cf85 |\n| real/kube-prometheus | prometheus-operator/kube-prometheus | 4d719f1dea88 |\n| real/microservices-demo | GoogleCloudPlatform/microservices-demo | 34ffea917594 |\n| real/kubernetes-examples | kubernetes/examples | 279e8e4fe314 |",
      "## Each check",
      `Read are all hits of a check, or twenty spread evenly over them where there are more. Of ${recomputed.length} checks that follow from an object's own fields the rule was written a second time, in another language with another YAML parser, and asked of every object: it agrees with all ${again} hits and finds ${missed} more (column "recomputed"). Objects of versions that are not served are left out of both. Checks without a row have no hit here.`,
      table(["id", "hits", "read", "right", "recomputed", "note"], each),
      "## Read it again",
      "In a folder that holds the four projects as `real/`:\n\n```\nkubeops check real --profile all -o json > report.json\nnode tools/precision-sample.mjs report.json . security/host-path\n```\n\nThe sample of a check is the same for the same report. Judgements are kept in `tools/precision-judgements.json`; a test fails where the hits differ from it, so that a change of a check has to be read again.",
      "",
    ].join("\n\n"),
  );
}

const { outputs, printObjects } = await import("../src/cli/outputs/outputs.ts");
{
  const rows = outputs.map(({ kind, name, printedBy, schema, closed }) => [
    code(kind),
    printedBy.length === 0 ? "every command that fails, on standard error" : printedBy.map(code).join(", "),
    cell(schema.description),
    `[\`${name}\`](../../schemas/${name}.schema.json)`,
    closed ? "no" : "yes",
  ]);
  pages.set(
    "json.md",
    `${made("src/cli/outputs")}\n# What \`-o json\` prints\n\nOne object, \`apiVersion: kubernetes-operations.dev/v1\`, of a kind that has a JSON Schema in \`schemas/\`. Commands that work on several targets print one a line. Keys that a schema names stay. Where the last column says yes, a later version may add keys, and the schema does not refuse what it does not name; documents that are signed, hashed or read back have no room. Tests hold every output of the command line against its schema, with no other key allowed. ${printObjects.map((words) => `\`${words} -o json\``).join(" and ")} prints a \`List\` of Kubernetes objects, as \`kubectl apply -f -\` takes it.\n\n${table(["kind", "printed by", "what it is", "schema", "room for more keys"], rows)}\n`,
  );
}

pages.set(
  "README.md",
  `${made("tools/generate-reference.mjs")}\n# Reference\n\n- [Commands](commands.md)\n- [Exit codes and errors](errors.md)\n- [Findings](findings.md)\n- [Checks of other tools](checks-of-other-tools.md), and which of ours say the same\n- [Precision on public projects](precision.md): how often a finding is right\n- [The charter](charter.md): rules of a verdict, and what widens\n- [Compose files](compose.md): what becomes of which field\n- [Public Compose applications](compose-applications.md)\n- [Tools of models](mcp-tools.md): the MCP tools and the operations\n- JSON Schemas of settings (\`kubeops.yaml\`), files of rules, charter, baseline, plan and intent: \`schemas/\` ([in an editor](../guide/checks.md#in-an-editor-and-for-programs)); of [what \`-o json\` prints](json.md)\n`,
);

const { baselineSchema } = await import("../src/analysis/checks/settings/baseline-schema.ts");
const { publishedSchemas } = await import("../src/plan/shape/published-schemas.ts");
const schemas = {
  "baseline.schema.json": baselineSchema,
  ...Object.fromEntries(outputs.map(({ name, schema }) => [`${name}.schema.json`, schema])),
  ...publishedSchemas,
};

const files = [
  ...[...pages].map(([name, text]) => [`docs/reference/${name}`, text]),
  ...Object.entries(schemas).map(([name, schema]) => [
    `schemas/${name}`,
    `${JSON.stringify(schema, null, 2)}\n`,
  ]),
];

let stale = 0;
mkdirSync(folder, { recursive: true });
for (const [name, text] of files) {
  const file = join(root, name);
  if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
  if (check) {
    stale += 1;
    process.stdout.write(`stale: ${name}; npm run docs makes it\n`);
  } else {
    writeFileSync(file, text);
    process.stdout.write(`wrote ${name}\n`);
  }
}
process.exit(stale > 0 ? 1 : 0);
