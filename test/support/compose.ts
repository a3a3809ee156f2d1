import {
  type ComposeOptions,
  type ComposeRead,
  readCompose,
} from "../../src/authoring/compose/read-compose.ts";
import type { FieldReport, WorkloadIntent } from "../../src/authoring/intent/intent.ts";
import { memoryFiles } from "./memory-files.ts";

/** Reads Compose files from memory: `compose.yaml`, or those that `files` names. */
export function compose(
  content: Readonly<Record<string, string | Uint8Array>> | string,
  options: Partial<ComposeOptions> = {},
): ComposeRead {
  const files = typeof content === "string" ? { "compose.yaml": content } : content;
  return readCompose(memoryFiles(files), {
    files: ["compose.yaml"],
    namespace: "shop",
    folderName: "app",
    profiles: [],
    environment: {},
    ...options,
  });
}

/** One service `web` with the given fields (indented by nothing), and what the rest of the file holds. */
export function service(fields: string, rest = "", options: Partial<ComposeOptions> = {}): ComposeRead {
  const body = fields
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
  return compose(`services:\n  web:\n    image: nginx:1.27\n${body}\n${rest}`, options);
}

export function workload(read: ComposeRead, name = "web"): WorkloadIntent {
  const found = read.intent.workloads.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no workload ${name}`);
  return found;
}

/** `disposition field: reason` of every row at or below a field. */
export function rows(read: ComposeRead, field = ""): readonly string[] {
  return read.intent.report.filter((row) => row.field.startsWith(field)).map(rowText);
}

export function rowText(row: FieldReport): string {
  return `${row.disposition} ${row.field}${row.reason === undefined ? "" : `: ${row.reason}`}`;
}
