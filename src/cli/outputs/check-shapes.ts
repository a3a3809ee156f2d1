import type { CheckText } from "../../analysis/checks/explain/check-text.ts";
import type { FixEffect } from "../../analysis/checks/fixes/fix-row.ts";
import type { SkippedFile } from "../../kube/read-inputs.ts";
import {
  any,
  anyText,
  boolean,
  list,
  literal,
  may,
  type MembersOf,
  need,
  type RecordShape,
  record,
} from "../../kube/shape/shape.ts";
import type { Listed } from "../display/check-list.ts";
import type { StoredKind } from "../schema-store/schema-store.ts";
import { keyShape, members, natural, output, pathShape, placeShape, severityShape, texts } from "./parts.ts";

const effect = literal(...(["same", "behaviour"] satisfies readonly FixEffect[]));

const told = {
  code: need(anyText, "The check: family/kebab-case, see docs/reference/findings.md."),
  severity: need(severityShape),
  message: need(anyText),
  place: may(placeShape),
  path: may(pathShape, "Keys of mappings and indices of lists in the document, outermost first."),
  object: may(keyShape),
};

export const fixReport: RecordShape = output("FixReport", {
  dryRun: need(boolean, "Nothing was written."),
  summary: need(
    members({
      fixed: need(natural),
      changingBehaviour: need(natural, "Of the fixes: those that change what a program may do or get."),
      files: need(natural),
      left: need(natural),
    }),
  ),
  files: need(
    list(
      members({
        path: need(anyText),
        diff: need(anyText, "A unified diff that git apply takes."),
        fixes: need(
          list(
            members({
              ...told,
              describe: need(anyText),
              effect: need(effect),
              edits: need(
                list(
                  members({
                    op: need(literal("set", "append", "remove", "rename", "quote", "dedupe")),
                    path: need(pathShape),
                    value: may(any, "Of set and append."),
                    key: may(anyText, "Of rename."),
                  }),
                ),
              ),
            }),
          ),
        ),
      }),
    ),
  ),
  left: need(
    list(members({ ...told, reason: need(anyText), whatToDo: may(anyText, "For a person.") })),
    "Findings that stay.",
  ),
  skipped: need(list(record<SkippedFile>({ path: need(anyText), reason: need(anyText) }))),
  text: may(anyText, "The fixed text of standard input."),
});

export const checkList: RecordShape = output("CheckList", {
  checks: need(
    list(
      record<Listed>({
        id: need(anyText),
        severity: need(anyText),
        title: need(anyText),
        profiles: need(texts, "Profiles in which it is on; empty: in every one."),
        same: need(texts, "The same check in other tools, as tool:id."),
        frameworks: need(texts, "Where guides ask for it."),
        fixable: need(boolean, "Whether kubeops fix may take its findings away."),
        fix: may(
          record<NonNullable<Listed["fix"]>>({ describe: need(anyText), effect: need(effect) }),
          "What it does then.",
        ),
      }),
    ),
  ),
});

const text: MembersOf<CheckText> = {
  id: need(anyText),
  severity: need(severityShape),
  title: need(anyText, "What should be so."),
  why: need(anyText),
  fix: need(anyText, "What to do."),
  source: need(anyText, "Where the rule comes from."),
  since: may(anyText, "First version of Kubernetes for which it holds."),
  until: may(anyText),
  profiles: need(texts),
  parameters: need(texts, "Keys of kubeops.yaml that it is silent without."),
  same: need(texts),
  guides: need(texts),
  exampleVersion: may(anyText),
  given: may(
    record<NonNullable<CheckText["given"]>>({ what: need(anyText), text: need(anyText) }),
    "What the examples are given beside.",
  ),
  positive: need(anyText, "A document in which it is found."),
  negative: need(anyText),
};
export const explainedFinding: RecordShape = output("Explanation", {
  finding: need(members({ ...text, help: may(anyText) })),
});
export const explainedElsewhere: RecordShape = output("Explanation", {
  elsewhere: need(
    list(
      members({
        tool: need(anyText),
        id: need(anyText),
        name: need(anyText),
        also: may(texts, "Other ids that the tool has for it."),
        checks: need(texts, "Ours."),
        reason: may(anyText, "Why there is none of ours."),
      }),
    ),
    "Checks of other tools of that id.",
  ),
});

const definitions = need(
  list(
    record<Omit<StoredKind, "words">>({
      group: need(anyText),
      kind: need(anyText),
      versions: need(texts),
      source: need(anyText, "A file, or the address of a cluster."),
    }),
  ),
);
export const schemas: RecordShape = output("Schemas", { definitions });
export const schemasRemoved: RecordShape = output("SchemasRemoved", { definitions });
export const schemasAdded: RecordShape = output("SchemasAdded", {
  definitions,
  refused: need(list(members({ source: need(anyText), reason: need(anyText) }))),
});

export const version: RecordShape = output("Version", {
  version: need(anyText),
  node: need(anyText, "Version of Node that runs it."),
});
