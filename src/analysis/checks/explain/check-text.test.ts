import { describe, expect, it } from "vitest";
import { LATEST_MINOR } from "../../../kube/catalogue/catalogue.ts";
import { type InputFile, readStdin } from "../../../kube/read-inputs.ts";
import { readObjects } from "../../../kube/read-objects.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { readDocuments } from "../../../kube/yaml/read-documents.ts";
import { schemaFindings } from "../schema/schema-findings.ts";
import { type ExamplePart, exampleParts } from "./folder-examples.ts";
import { exampleMinors, toldInWords } from "./other-examples.ts";
import type { Release } from "../deprecations/third-party-table.ts";
import { upgradeExampleOf } from "../deprecations/upgrade-table.ts";
import { changeFindings } from "../changes/change-findings.ts";
import { checkAll } from "../reading/check-objects.ts";
import { ruleCodes, ruleOf } from "../rule-table.ts";
import { parseSettings } from "../settings/parse-settings.ts";
import { noSettings } from "../settings/settings.ts";
import { checkTextOf, type CheckText } from "./check-text.ts";

const input = (text: string) => readStdin(new TextEncoder().encode(text));

function settingsOf(text: string) {
  const [document] = input(text).documents;
  if (document === undefined) throw new Error("no settings");
  const parsed = parseSettings(document, (id) => ruleOf(id) !== undefined);
  if (!parsed.ok) throw new Error(parsed.problem.message);
  return parsed.settings;
}

/** Codes of what the whole of `kubeops check` finds in an example, every practice on. */
function found({ id, given }: CheckText, text: string): readonly string[] {
  if (given?.what === "the object in the cluster") {
    const objects = (from: string) => readObjects(input(from).documents).objects;
    return changeFindings(objects(given.text), objects(text), LATEST_MINOR).map(({ code }) => code);
  }
  const settings = given === undefined || given.what === "the upgrade" ? noSettings : settingsOf(given.text);
  const upgrade = upgradeExampleOf(id);
  const minor = upgrade?.from ?? exampleMinors[id] ?? LATEST_MINOR;
  const files = exampleParts(text);
  const inputs = files.length > 0 ? files.map(fileOf) : [input(text)];
  const { objects, problems } = readObjects(inputs.flatMap(({ documents }) => documents));
  // What stands in another report than that of check, or is told by the server's rules where these know the field.
  const elsewhere = [
    ...(id === "object/component-file" ? problems : []),
    ...(id === "schema/enum" || id === "schema/limit"
      ? objects.flatMap((read) => schemaFindings(read, objectKey(read.object), minor))
      : []),
  ];
  const all = checkAll(inputs, {
    minor,
    // Baseline and restricted override one another: each check is asked at its own level.
    ...(id.startsWith("pod-security/") && id !== "pod-security/namespace-label"
      ? {
          podSecurity: /Pod Security baseline/.test(ruleOf(id)?.title ?? "")
            ? ("baseline" as const)
            : ("restricted" as const),
        }
      : { podSecurity: "labels" as const }),
    judge: { profile: "all", settings },
    ...(upgrade === undefined ? {} : { upgrade: { to: upgrade.to, products: new Map<string, Release>() } }),
  });
  return [...all.kept, ...elsewhere].map(({ code }) => code);
}

function fileOf(part: ExamplePart): InputFile {
  const text = "text" in part ? part.text : "";
  const { path } = part;
  return { ...input(text), path, documents: readDocuments(path, new TextEncoder().encode(text)) };
}

// These are folders: test/e2e/folder-examples.test.ts holds their examples.
const ofFolders = /^(?:chart|kustomization)\//;

describe.each(ruleCodes())("%s", (id) => {
  const text = checkTextOf(id);
  it("has a title, a reason, a fix and a source", () => {
    expect(text).toBeDefined();
    const { title = "", why = "", fix = "", source = "" } = text ?? {};
    expect(Object.entries({ title, why, fix, source }).filter(([, part]) => part.trim() === "")).toEqual([]);
    expect(why).toMatch(/\.$/);
    expect(fix).not.toMatch(/\.$/);
  });

  if (toldInWords.includes(id) || ofFolders.test(id)) return;
  it("is found in its positive example, and not in its negative one", () => {
    if (text === undefined) throw new Error("no text");
    expect(found(text, text.positive)).toContain(id);
    expect(found(text, text.negative)).not.toContain(id);
  });
});
