import { openReader, type KubeReader } from "../../../apply/cluster/client/reader/reader.ts";
import { resourcePath } from "../../../apply/cluster/client/reader/discovery.ts";
import { buildRbac, type Rbac, rbacInputs } from "../../../analysis/rbac/evaluate/rbac.ts";
import type { RbacInput } from "../../../analysis/rbac/model/role.ts";
import { type Finding, sortFindings } from "../../../analysis/findings/finding.ts";
import { LATEST_MINOR, SUPPORTED_MINORS } from "../../../kube/catalogue/catalogue.ts";
import type { JsonObject } from "../../../kube/json.ts";
import { versionText } from "../../../kube/object-key.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import { placeText } from "../../../kube/place.ts";
import { printable, printableRest } from "../../../kube/printable.ts";
import { readObjects } from "../../../kube/read-objects.ts";
import { namedConnection } from "../../cluster-access.ts";
import type { CliContext } from "../../context.ts";
import { readObjectInputs } from "../../inputs/inputs.ts";
import { minorOf, namedMinor } from "../../kube-version.ts";
import type { CanFlags } from "./flags.ts";

/** What a question is asked about: the roles and bindings of files, or of a live cluster. */
export interface CanWorld {
  readonly rbac: Rbac;
  /** Of a live cluster; to be closed. */
  readonly reader?: KubeReader;
  readonly close: () => void;
}

/** Which world a question is about. */
export type WorldFlags = Pick<
  CanFlags,
  "filename" | "kubeconfig" | "context" | "kubeVersion" | "builtin" | "verify" | "quiet"
>;

/** What a question looks at beside roles and bindings. */
export type Scope = "rbac" | "paths";

/**
 * @throws {OpsError} USAGE when nothing to read is named, or both files and a cluster; INPUT_… and CLUSTER_… when it
 * cannot be read.
 */
export async function openWorld(
  context: CliContext,
  flags: WorldFlags,
  scope: Scope = "rbac",
): Promise<CanWorld> {
  const live = flags.kubeconfig !== undefined || flags.context !== undefined;
  const files = flags.filename ?? [];
  if (live && files.length > 0)
    throw new OpsError("USAGE", "files and a live cluster are two worlds", {
      hint: "ask about one at a time: leave -f out, or --kubeconfig and --context",
    });
  if (live) return openCluster(context, flags, scope);
  if (flags.verify)
    throw new OpsError("USAGE", "--verify asks a live cluster", {
      hint: "name one with --kubeconfig or --context",
    });
  if (files.length === 0)
    throw new OpsError("USAGE", "no roles and bindings were named", {
      hint: "name files or folders with -f, or a live cluster with --kubeconfig or --context",
    });
  const inputs = await readFiles(context, flags, files);
  const rbac = buildRbac(inputs, { minor: minorOf(flags.kubeVersion), builtin: flags.builtin });
  if (!flags.quiet) tellFindings(context, rbac.findings);
  return { rbac, close: () => undefined };
}

/**
 * Objects of files and folders. A file that cannot be read as what it is ends the question: it might hold the binding that
 * decides.
 */
export async function readFiles(
  context: CliContext,
  flags: Pick<CanFlags, "quiet">,
  names: readonly string[],
): Promise<readonly RbacInput[]> {
  const { inputs, skipped } = await readObjectInputs(context, names, { leaveUnrendered: true });
  const documents = inputs.flatMap((input) => input.documents);
  const { objects, problems } = readObjects(documents);
  const fault = [...documents.flatMap((document) => document.problems), ...problems].find(
    ({ severity }) => severity === "error",
  );
  if (fault !== undefined) {
    throw new OpsError("INPUT_MALFORMED", `${fault.message} [${fault.code}]`, {
      ...(fault.place === undefined ? {} : { place: fault.place }),
      hint: "kubeops check shows everything that is wrong; what cannot be read might hold the binding that decides",
    });
  }
  if (!flags.quiet)
    for (const { path, reason } of skipped)
      context.process.stderr.write(`skipped ${printable(path)}: ${printableRest(reason)}\n`);
  return objects;
}

const MOST_TOLD = 20;

/** What about the roles and bindings is not as it seems; on stderr, so that the answer stays alone on stdout. */
export function tellFindings(context: CliContext, findings: readonly Finding[]): void {
  const told = sortFindings(findings.filter(({ severity }) => severity !== "info"));
  for (const { severity, place, message, code } of told.slice(0, MOST_TOLD)) {
    const at = place === undefined ? "" : `${printable(placeText(place))}: `;
    context.process.stderr.write(`${severity}: ${at}${printableRest(message)} [${code}]\n`);
  }
  if (told.length > MOST_TOLD)
    context.process.stderr.write(`and ${told.length - MOST_TOLD} more: kubeops check shows all\n`);
}

interface Wanted {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly metadataOnly?: true;
}

const RBAC = "rbac.authorization.k8s.io";
const roles: readonly Wanted[] = ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"].map((kind) => ({
  group: RBAC,
  version: "v1",
  kind,
}));
/** Names of what rules and paths mean; of Secrets the metadata only, so that no value leaves the server. */
const surroundings: readonly Wanted[] = [
  { group: "", version: "v1", kind: "Namespace" },
  { group: "", version: "v1", kind: "ServiceAccount" },
  { group: "", version: "v1", kind: "Pod" },
  { group: "", version: "v1", kind: "Node" },
  { group: "", version: "v1", kind: "Secret", metadataOnly: true },
  { group: "apps", version: "v1", kind: "Deployment" },
  { group: "apps", version: "v1", kind: "StatefulSet" },
  { group: "apps", version: "v1", kind: "DaemonSet" },
  { group: "batch", version: "v1", kind: "CronJob" },
];

async function openCluster(context: CliContext, flags: WorldFlags, scope: Scope): Promise<CanWorld> {
  const reader = openReader(namedConnection(context, flags), undefined, { othersReview: flags.verify });
  const done = context.onInterrupt(() => reader.close());
  const close = (): void => {
    done();
    reader.close();
  };
  try {
    const { minor } = await reader.version();
    const wanted = scope === "paths" ? [...roles, ...surroundings] : roles;
    const lists = await Promise.all(wanted.map((one) => readKind(reader, one)));
    const crds = await readCustom(reader);
    const known = namedMinor(flags.kubeVersion) ?? (SUPPORTED_MINORS.includes(minor) ? minor : LATEST_MINOR);
    // What the server holds is what it decides by: nothing is added, nothing is computed.
    const rbac = buildRbac(rbacInputs([...lists.flat(), ...crds]), {
      minor: known,
      builtin: false,
      aggregation: "stored",
    });
    return { rbac, reader, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function readKind(
  reader: KubeReader,
  { metadataOnly, ...key }: Wanted,
): Promise<readonly JsonObject[]> {
  const resource = await reader.discovery.resourceFor(key);
  if (resource === undefined) return [];
  const { items } = await reader.list(
    resourcePath(resource, ""),
    metadataOnly === true ? { metadataOnly } : {},
  );
  const apiVersion = versionText(key);
  return items.map((item) => ({ ...item, apiVersion, kind: key.kind }));
}

/** Resources that discovery knows and Kubernetes does not bring, as if their CustomResourceDefinitions had been read. */
async function readCustom(reader: KubeReader): Promise<readonly JsonObject[]> {
  const resources = await reader.discovery.resources();
  return resources
    .filter(({ group }) => group.includes("."))
    .map(({ group, plural, kind, namespaced, subresources }) => ({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        names: { plural, kind, singular: kind.toLowerCase() },
        scope: namespaced ? "Namespaced" : "Cluster",
        versions: [{ subresources: Object.fromEntries(subresources.map((one) => [one, {}])) }],
      },
    }));
}
