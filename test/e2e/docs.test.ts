import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../support/cli.ts";
import { conformanceData, leftOut } from "../support/suites.ts";

test.skipIf(
  conformanceData("compose/awesome-compose") === undefined &&
    leftOut("the reference page of public applications", "set KUBEOPS_CONFORMANCE_DATA"),
)("the reference is what the tables say", () => {
  const ran = spawnSync(process.execPath, [join(repository, "tools/generate-reference.mjs"), "--check"], {
    encoding: "utf8",
  });
  expect(ran.stdout + ran.stderr).toBe("");
  expect(ran.status).toBe(0);
});

const documents: ReadonlyMap<string, string> = new Map(
  ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs", "plugin", "examples", "deploy"]
    .flatMap((name) =>
      name.endsWith(".md")
        ? [name]
        : readdirSync(join(repository, name), { recursive: true, encoding: "utf8" })
            .filter((inner) => inner.endsWith(".md"))
            .map((inner) => join(name, inner)),
    )
    .map((file) => [file, readFileSync(join(repository, file), "utf8")]),
);

/** What GitHub makes of the headings of a page. */
function anchors(text: string): ReadonlySet<string> {
  return new Set(
    [...text.replaceAll(/```[\s\S]*?```/g, "").matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

test("every link between the documents leads somewhere", () => {
  const broken: string[] = [];
  for (const [file, text] of documents) {
    for (const [, link = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? file : join(dirname(file), path);
      const there = existsSync(join(repository, target));
      const page = documents.get(target);
      if (!there || (anchor !== undefined && page !== undefined && !anchors(page).has(anchor)))
        broken.push(`${file}: ${link}`);
    }
  }
  expect(broken).toEqual([]);
});

test("every flag that the documents give to a command is one of its help", () => {
  const help = documents.get("docs/reference/commands.md") ?? "";
  const flagsIn = (text: string): readonly string[] => text.match(/(?<![\w-])--?[a-zA-Z][a-z-]*/g) ?? [];
  const known = new Map(
    help
      .split(/^## kubeops /m)
      .slice(1)
      .map((page): [string, ReadonlySet<string>] => [page.split("\n", 1)[0] ?? "", new Set(flagsIn(page))]),
  );
  let asked = 0;
  const wrong: string[] = [];
  for (const [file, text] of documents) {
    for (const [, words = ""] of text
      .replaceAll("\\\n", " ")
      .matchAll(/(?:^|`|\$ |\| |npx )kubeops ([^\n`|#]*)/gm)) {
      const [first = "", second = ""] = words.split(" ");
      const flags = known.get(`${first} ${second}`) ?? known.get(first);
      if (flags === undefined) continue;
      asked++;
      wrong.push(...flagsIn(words).flatMap((flag) => (flags.has(flag) ? [] : [`${file}: ${first} ${flag}`])));
    }
  }
  expect(wrong).toEqual([]);
  expect(asked).toBeGreaterThan(100);
});
