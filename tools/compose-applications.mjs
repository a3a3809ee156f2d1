// The public Compose applications of the conformance data, read and authored by our own code: one row an application.
// Used by the reference page (tools/generate-reference.mjs) and by test/e2e/awesome-compose.test.ts.
import { readdirSync } from "node:fs";
import { join } from "node:path";

/** Folder of docker/awesome-compose in KUBEOPS_CONFORMANCE_DATA, or undefined. */
export function awesomeCompose() {
  const base = process.env.KUBEOPS_CONFORMANCE_DATA;
  return base ? join(base, "compose", "awesome-compose") : undefined;
}

/** Applications: their name and their Compose file. */
export function applicationsOf(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => {
      const file = readdirSync(join(folder, entry.name)).find((name) =>
        /^(docker-)?compose\.ya?ml$/.test(name),
      );
      return { name: entry.name, folder: join(folder, entry.name), file };
    })
    .filter((application) => application.file !== undefined)
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** What became of one application: counts by kind, dropped fields, relaxations, prerequisites. */
export async function rowOf(application) {
  const { projectFiles } = await import("../src/apply/files/node-files.ts");
  const { readCompose } = await import("../src/authoring/compose/read-compose.ts");
  const { author } = await import("../src/authoring/specialists/author.ts");
  const { intent } = readCompose(projectFiles(application.folder), {
    files: [application.file],
    namespace: application.name.toLowerCase(),
    application: application.name.toLowerCase(),
    folderName: application.name,
    profiles: [],
    environment: {},
  });
  const authored = author(intent);
  const kinds = new Map();
  for (const { kind } of authored.objects) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const fields = { used: 0, changed: 0, reference: 0, dropped: 0 };
  for (const row of intent.report) fields[row.disposition] += 1;
  return {
    name: application.name,
    objects: authored.objects.length,
    kinds,
    fields,
    report: intent.report,
    authored,
  };
}
