import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { buildRbac } from "../../../analysis/rbac/evaluate/rbac.ts";
import type { AccessRequest } from "../../../analysis/rbac/model/policy-rule.ts";
import { type Identity, parseSubject } from "../../../analysis/rbac/model/subject.ts";
import { observedRequests, parseAuditLog } from "../../../analysis/rbac/least/audit-events.ts";
import { leastRoles } from "../../../analysis/rbac/least/least-roles.ts";
import { needOf, needRows } from "../../../analysis/rbac/least/needs.ts";
import { planRequests } from "../../../analysis/rbac/least/plan-requests.ts";
import { ExitCode } from "../../../kube/error-table.ts";
import { isObject, type Json } from "../../../kube/json.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import { printable } from "../../../kube/printable.ts";
import { emitYaml } from "../../../kube/yaml/emit-yaml.ts";
import { parsePlan } from "../../../plan/plan-text.ts";
import type { CliContext } from "../../context.ts";
import { minorOf } from "../../kube-version.ts";
import type { CanFlags } from "./flags.ts";
import { openWorld } from "./world.ts";

const MOST_BYTES = 512 * 1024 * 1024;

/** What was asked for, and how it was told. */
interface Asked {
  readonly requests: readonly AccessRequest[];
  readonly told: readonly string[];
}

/** `kubeops can --least FILE|NEED --subject SUBJECT`: the least roles, as YAML on stdout, with why on stderr. */
export async function writeLeast(
  context: CliContext,
  flags: CanFlags,
  words: readonly string[],
): Promise<number> {
  const [source, ...rest] = words;
  if (source === undefined || rest.length > 0 || flags.subject === undefined)
    throw new OpsError("USAGE", "--least takes one audit log, plan or sentence, and --subject", {
      hint: "kubeops can --least audit.log --subject sa:ci/deployer, or --least 'deploys to shop' --subject …",
    });
  const identity = parseSubject(flags.subject, flags.asGroup);
  if (identity.kind === "group" && flags.asGroup !== undefined)
    throw new OpsError("USAGE", "a group has no further groups");
  const minor = minorOf(flags.kubeVersion);
  const asked = readAsked(context, flags, source, identity, minor);
  const live = flags.kubeconfig !== undefined || flags.context !== undefined;
  // Without an input only what Kubernetes gives everybody is there already.
  const world =
    live || (flags.filename ?? []).length > 0
      ? await openWorld(context, flags)
      : { rbac: buildRbac([], { minor, builtin: flags.builtin }), close: () => undefined };
  try {
    const least = leastRoles(world.rbac, identity, asked.requests, {
      name: flags.name ?? `${identity.text.replaceAll(/[^a-z0-9]+/gi, "-").toLowerCase()}-least`,
      anyName: flags.anyName,
      anyNamespace: flags.allNamespaces,
    });
    if (flags.output === "json") {
      const body = {
        apiVersion: "kubernetes-operations.dev/v1",
        kind: "LeastRoles",
        subject: identity.text,
        objects: least.objects,
        scopes: least.scopes,
        already: least.already,
        notes: asked.told,
      };
      context.process.stdout.write(`${JSON.stringify(body)}\n`);
    } else context.process.stdout.write(least.objects.map((object) => emitYaml(object)).join("---\n"));
    if (!flags.quiet) {
      const lines = [
        ...asked.told,
        ...least.scopes.map(
          ({ namespace, rules, requests }) =>
            `${namespace === "" ? "cluster" : `namespace ${printable(namespace)}`}: ${rules.length} ${rules.length === 1 ? "rule allows" : "rules allow"} ${requests} different ${requests === 1 ? "request" : "requests"} and no more`,
        ),
        ...(least.already === 0
          ? []
          : [`${least.already} requests are allowed already, without these roles`]),
      ];
      context.process.stderr.write(`${lines.join("\n")}\n`);
    }
    return least.objects.length === 0 ? ExitCode.no : ExitCode.done;
  } finally {
    world.close();
  }
}

function readAsked(
  context: CliContext,
  flags: CanFlags,
  source: string,
  identity: Identity,
  minor: number,
): Asked {
  const need = needOf(source);
  if (need !== undefined) return { requests: need.requests, told: [need.row.why] };
  const path = resolve(context.cwd, source);
  const shown = printable(relative(context.cwd, path) || source);
  let text: string;
  try {
    const bytes = readFileSync(path);
    if (bytes.byteLength > MOST_BYTES)
      throw new OpsError(
        "INPUT_TOO_LARGE",
        `${shown} has ${bytes.byteLength} bytes; at most ${MOST_BYTES} are read`,
      );
    text = bytes.toString("utf8");
  } catch (error) {
    if (OpsError.is(error)) throw error;
    throw new OpsError(
      "INPUT_NOT_FOUND",
      `${printable(JSON.stringify(source))} is no file that can be read, and no job that is known`,
      {
        hint: `jobs: ${needRows.map(({ says }) => says[0]).join("; ")}`,
      },
    );
  }
  const first = json(text);
  if (isObject(first) && first["kind"] === "Plan") {
    const plan = parsePlan(text, shown);
    const requests = planRequests(plan.changes, plan.target.kind === "cluster");
    return { requests, told: [`the requests of plan ${plan.digest.slice(0, 19)}`] };
  }
  const events = parseAuditLog(text);
  if ("badLine" in events)
    throw new OpsError(
      "INPUT_MALFORMED",
      `line ${events.badLine} of ${shown} is no JSON: this is no audit log`,
      {
        hint: "an audit log has one event a line (--audit-log-format=json)",
      },
    );
  const all = observedRequests(events, minor).filter(({ user }) => user === identity.user);
  const denied = all.filter((one) => one.denied);
  const used = flags.denied ? all : all.filter((one) => !one.denied);
  return {
    requests: used.map(({ request }) => request),
    told: [
      `${all.length} requests of ${printable(identity.text)} in ${shown}`,
      ...(denied.length > 0 && !flags.denied
        ? [`${denied.length} of them were refused and are left out: --denied takes them in`]
        : []),
    ],
  };
}

function json(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
