import { isObject } from "../../kube/json.ts";
import { evidence, shown } from "./evidence.ts";
import type { Hook, Setting } from "./inventory.ts";
import { listOf, membersOf, type ReadValue, textOf } from "./read-values.ts";

const handlers: readonly string[] = ["command", "http", "mcp_tool", "prompt", "agent"];

/**
 * The hooks of a `hooks` member (hooks.json, settings). A handler lets the tool run when it fails, hangs or is missing,
 * unless it says `onFailure: block` (agent-hosts 2, observed with Claude Code 2.1.330).
 */
export function readHooks(file: string, read: ReadValue): readonly Hook[] {
  return membersOf(read.value["hooks"]).flatMap(([event, entries]) =>
    listOf(entries).flatMap((entry, index) => {
      if (!isObject(entry)) return [];
      const matcher = textOf(entry["matcher"]) ?? "";
      return listOf(entry["hooks"]).flatMap((handler, number) => {
        if (!isObject(handler)) return [];
        const type = textOf(handler["type"]) ?? "command";
        const failsClosed = handler["onFailure"] === "block";
        const line = read.lineOf(["hooks", event, index, "hooks", number]);
        return [
          {
            event: shown(event),
            matcher: shown(matcher),
            handler: handlers.includes(type) ? (type as Hook["handler"]) : ("other" as const),
            failsClosed,
            evidence: evidence(
              file,
              line,
              `hook on ${shown(event)}${matcher === "" ? "" : ` for ${shown(matcher)}`} ${failsClosed ? "stops the tool when it fails" : "lets the tool run when it fails"}`,
            ),
          },
        ];
      });
    }),
  );
}

/** Permissions and switches of a settings file. */
export function readSettings(file: string, read: ReadValue): readonly Setting[] {
  const { value } = read;
  const settings: Setting[] = [];
  const add = (
    kind: Setting["kind"],
    rule: string,
    path: readonly (string | number)[],
    what: string,
  ): void => {
    settings.push({ kind, rule: shown(rule), evidence: evidence(file, read.lineOf(path), what) });
  };
  const permissions = value["permissions"];
  if (isObject(permissions)) {
    for (const kind of ["allow", "ask", "deny"] as const) {
      for (const [index, rule] of listOf(permissions[kind]).entries()) {
        if (typeof rule === "string")
          add(kind, rule, ["permissions", kind, index], `settings ${kind} ${shown(rule)}`);
      }
    }
    if (permissions["defaultMode"] === "bypassPermissions")
      add(
        "bypass",
        "bypassPermissions",
        ["permissions", "defaultMode"],
        "settings let every tool run unasked",
      );
  }
  if (value["disableAllHooks"] === true)
    add("hooks-off", "disableAllHooks", ["disableAllHooks"], "settings switch every hook off");
  if (value["enableAllProjectMcpServers"] === true)
    add(
      "any-server",
      "enableAllProjectMcpServers",
      ["enableAllProjectMcpServers"],
      "settings start every server that a project names",
    );
  const sandbox = value["sandbox"];
  if (isObject(sandbox) && sandbox["enabled"] === true)
    add("sandbox", "sandbox", ["sandbox"], "settings run commands in a sandbox");
  for (const key of ["allowManagedHooksOnly", "allowManagedPermissionRulesOnly"]) {
    if (value[key] === true) add("managed", key, [key], `settings take ${key}`);
  }
  return settings;
}
