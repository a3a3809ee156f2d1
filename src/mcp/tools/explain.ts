import { need, record, text } from "../../agent/operations/field.ts";
import type { JsonObject } from "../../kube/json.ts";
import { explain, explainers } from "../explain/explain.ts";
import type { McpSession } from "../ports.ts";
import { safeCode, safeImage, safeName } from "../view/safe.ts";
import { type McpTool, reads, tool } from "./tool.ts";

interface ExplainArguments {
  readonly id: string;
}

const SETUP = "setup";
const FILES = "files";

export const explainTool: McpTool = tool<ExplainArguments>({
  name: "explain",
  title: "Explain an id",
  description:
    "Explains an id that another tool gave, from the tables of the program: " +
    `${explainers.map(({ what }) => what).join("; ")}. ` +
    'The id "setup" lists the targets that the operator offers, and the namespaces, kinds and images that the charter ' +
    'names: read it before plan_change. The id "files" shows the objects that the operator gave for edit_field, without values ' +
    "that may be secret, and which fields may be set.",
  input: record<ExplainArguments>({
    id: need(
      text({
        what: "an id: letters, digits and / . - _, at most 128 characters",
        pattern: /^[A-Za-z][A-Za-z0-9/._-]*$/u,
        most: 128,
      }),
      'Id of a finding, a rule, a widening or an error; or "setup", or "files".',
    ),
  }),
  annotations: reads,
  run: async ({ id }, session) => {
    if (id === SETUP) return setup(session);
    if (id === FILES) {
      const { objectsView } = await import("../work/objects-view.ts");
      return { kind: "files", ...objectsView(await session.given(), { editable: true }) };
    }
    return (
      (await explain(id)) ?? {
        kind: "unknown",
        id,
        says: "No table has this id. Ids are those that the other tools give, letter by letter.",
      }
    );
  },
});

function setup({ targets, charter, standing }: McpSession): JsonObject {
  return {
    kind: "setup",
    targets: targets.map(({ name, kind }) => ({ name, kind })),
    charter:
      charter === null
        ? "none: nothing may be planned until the operator writes and signs one"
        : {
            namespaces: charter.namespaces.map(safeName),
            images: charter.images.map((image) => (image === "*" ? image : safeImage(image))),
            kinds: charter.kinds.map(({ group, kinds, operations }) => ({
              group: group === "" ? "" : safeName(group),
              kinds: kinds.map(safeName),
              operations: operations.map(safeCode),
            })),
            approvals: charter.approvals,
          },
    trustRoot: standing,
  };
}
