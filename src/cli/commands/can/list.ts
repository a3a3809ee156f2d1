import { permissionsOf, type Permission } from "../../../analysis/rbac/evaluate/can.ts";
import { assumptionsFor, isInert } from "../../../analysis/rbac/evaluate/explain.ts";
import type { PolicyRule } from "../../../analysis/rbac/model/policy-rule.ts";
import { bindingText, roleText } from "../../../analysis/rbac/model/role.ts";
import { MASTERS } from "../../../analysis/rbac/model/subject.ts";
import { ExitCode } from "../../../kube/error-table.ts";
import { printable } from "../../../kube/printable.ts";
import type { CliContext } from "../../context.ts";
import { columns, style } from "../../display/style.ts";
import { wantsColor } from "../../flags.ts";
import type { CanFlags } from "./flags.ts";
import { identityOf } from "./words.ts";
import { openWorld } from "./world.ts";

/** `kubeops can --list SUBJECT`: everything, namespace by namespace, with its source; exit code 1 when it is nothing. */
export async function listPermissions(
  context: CliContext,
  flags: CanFlags,
  words: readonly string[],
): Promise<number> {
  const identity = identityOf(flags, words, "--list", "kubeops can --list sa:ci/deployer -f rbac/");
  const world = await openWorld(context, flags);
  try {
    const { rbac } = world;
    const only = flags.namespace;
    const lines = permissionsOf(rbac, identity).filter(
      ({ namespace }) => only === undefined || namespace === "" || namespace === only,
    );
    const masters = identity.groups.includes(MASTERS);
    const assumptions = assumptionsFor(rbac, world.reader !== undefined);
    if (flags.output === "json") {
      const body = {
        apiVersion: "kubernetes-operations.dev/v1",
        kind: "PermissionList",
        subject: identity.text,
        user: identity.user,
        groups: identity.groups,
        masters,
        permissions: lines.map((line) => ({
          namespace: line.namespace,
          rule: line.rule,
          inert: isInert(rbac, line.rule, line.namespace),
          binding: bindingText(line.binding),
          role: roleText(line.role),
          ...(line.source === line.role ? {} : { source: roleText(line.source) }),
          through: `${line.through.kind}:${line.through.name}`,
          builtin: line.binding.builtin,
        })),
        assumptions,
      };
      context.process.stdout.write(`${JSON.stringify(body)}\n`);
    } else {
      const paint = style(wantsColor(context, flags));
      const out: string[] = [];
      if (masters) out.push(`${printable(identity.text)} is in system:masters and can do everything`);
      for (const [namespace, group] of byNamespace(lines)) {
        out.push(paint.bold(namespace === "" ? "everywhere" : `in namespace ${printable(namespace)}`));
        const rows = group.map((line) => [
          line.rule.verbs.map(printable).join(","),
          printable(whatOf(line.rule)),
          printable(
            `${isInert(rbac, line.rule, line.namespace) ? "nothing: not in a namespace; " : ""}${bindingText(line.binding)}, ${roleText(line.source)}`,
          ) + (line.through.kind === "group" ? ` (group ${printable(line.through.name)})` : ""),
        ]);
        out.push(...columns([["VERBS", "RESOURCES", "THROUGH"].map(paint.dim), ...rows]));
      }
      if (lines.length === 0 && !masters) out.push(`${printable(identity.text)} can do nothing`);
      if (!flags.quiet) out.push(...assumptions.map((text) => paint.dim(`assumed: ${text}`)));
      context.process.stdout.write(`${out.join("\n")}\n`);
    }
    return lines.length === 0 && !masters ? ExitCode.no : ExitCode.done;
  } finally {
    world.close();
  }
}

function byNamespace(lines: readonly Permission[]): ReadonlyMap<string, readonly Permission[]> {
  const groups = new Map<string, Permission[]>();
  for (const line of lines) {
    const group = groups.get(line.namespace);
    if (group === undefined) groups.set(line.namespace, [line]);
    else group.push(line);
  }
  return groups;
}

/** `deployments.apps, pods/exec named web`. */
export function whatOf(rule: PolicyRule): string {
  if (rule.resources.length === 0) return rule.nonResourceURLs.join(",");
  const groups = rule.apiGroups;
  const suffix =
    groups.length === 1 && groups[0] === ""
      ? ""
      : ` (${groups.map((group) => (group === "" ? "core" : group)).join(",")})`;
  const names = rule.resourceNames.length === 0 ? "" : ` named ${rule.resourceNames.join(",")}`;
  return `${rule.resources.join(",")}${suffix}${names}`;
}
