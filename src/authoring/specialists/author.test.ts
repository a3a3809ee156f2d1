import { describe, expect, test } from "vitest";
import { agents, jobs, relaxed, shop } from "../../../test/support/authoring-intents.ts";
import type { ApplicationIntent, Authored } from "../intent/intent.ts";
import { renderObject } from "../render/render.ts";
import { author } from "./author.ts";

function comment(lines: readonly string[]): string {
  return lines.map((line) => `# ${line}\n`).join("");
}

function golden(authored: Authored): string {
  return [
    comment([
      ...authored.relaxations.map(
        (row) =>
          `relaxation ${row.workload}/${row.container} ${row.level} ${row.check} ${row.field}: ${row.reason}`,
      ),
      ...authored.prerequisites.flatMap((row) => [
        `prerequisite ${row.kind} ${row.subject}: ${row.text}`,
        ...(row.command === undefined ? [] : [`  $ ${row.command}`]),
      ]),
      ...authored.notes.map(
        (row) => `note ${row.code}${row.workload === undefined ? "" : ` ${row.workload}`}: ${row.message}`,
      ),
    ]),
    ...authored.objects.map(renderObject),
  ].join("---\n");
}

describe("golden files", () => {
  const applications: Readonly<Record<string, ApplicationIntent>> = { shop, jobs, agents, relaxed };
  test.each(Object.entries(applications))("%s", async (name, intent) => {
    await expect(golden(author(intent))).toMatchFileSnapshot(`testdata/${name}.yaml`);
  });
});
