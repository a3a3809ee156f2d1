import { existsSync } from "node:fs";
import { delimiter, isAbsolute, join, relative, resolve } from "node:path";
import type { KubeConnection } from "../apply/cluster/client/connection.ts";
import { readKubeconfig, readKubeconfigFile } from "../apply/cluster/client/kubeconfig.ts";
import { isArray, isObject, type Json } from "../kube/json.ts";
import { OpsError } from "../kube/ops-error.ts";
import { printable } from "../kube/printable.ts";
import { readDocuments } from "../kube/yaml/read-documents.ts";
import type { CliContext } from "./context.ts";
import type { ClusterAccessFlags } from "./flags.ts";

/**
 * Credentials for a pinned cluster. The pin selects, not a name: of the kubeconfig's contexts the one whose server is the
 * pinned URL is taken; a context that was named must lead there. Whether the server is the pinned one is proved before any
 * credential leaves (kernel K14).
 */
export function clusterConnection(
  context: CliContext,
  flags: ClusterAccessFlags,
  url: string,
): KubeConnection {
  const file = kubeconfigFile(context, flags);
  if (flags.context !== undefined) {
    const connection = readKubeconfig(file, { context: flags.context });
    if (connection.server !== url) {
      throw new OpsError(
        "KUBECONFIG_INVALID",
        `context ${printable(flags.context)} leads to ${connection.server}; the charter pins ${url}`,
        {
          hint: "leave --context out: the context that leads to the pinned cluster is found by its URL",
        },
      );
    }
    return connection;
  }
  const fits: KubeConnection[] = [];
  const faults: OpsError[] = [];
  const names = contextNames(file);
  // What has no context may be no kubeconfig at all: the strict reader says what it is.
  if (names.length === 0) readKubeconfig(file);
  for (const name of names) {
    try {
      const connection = readKubeconfig(file, { context: name });
      if (connection.server === url) fits.push(connection);
    } catch (error) {
      if (!OpsError.is(error)) throw error;
      faults.push(error);
    }
  }
  const [only, ...others] = fits;
  if (only !== undefined && others.length === 0) return only;
  if (only !== undefined) {
    throw new OpsError(
      "KUBECONFIG_INVALID",
      `${fits.length} contexts of ${file} lead to ${url}: ${fits.map((fit) => printable(fit.context)).join(", ")}`,
      {
        hint: "name one with --context",
      },
    );
  }
  const [fault] = faults;
  if (fault !== undefined) throw fault;
  throw new OpsError("KUBECONFIG_INVALID", `no context of ${file} leads to ${url}, which the charter pins`, {
    hint: "name the kubeconfig with --kubeconfig",
  });
}

/** The connection that a person names, for `charter pin`: nothing is pinned yet. */
export function namedConnection(context: CliContext, flags: ClusterAccessFlags): KubeConnection {
  return readKubeconfig(
    kubeconfigFile(context, flags),
    flags.context === undefined ? {} : { context: flags.context },
  );
}

function kubeconfigFile(context: CliContext, flags: ClusterAccessFlags): string {
  if (flags.kubeconfig !== undefined) return shown(resolve(context.cwd, flags.kubeconfig));
  const listed = (context.env["KUBECONFIG"] ?? "").split(delimiter).filter((path) => path !== "");
  if (listed.length > 1) {
    throw new OpsError("USAGE", "KUBECONFIG names several files, and files are not merged here", {
      hint: "name one with --kubeconfig",
    });
  }
  const file = listed[0] ?? join(context.env["HOME"] ?? context.home, ".kube", "config");
  if (!existsSync(file)) {
    throw new OpsError("INPUT_NOT_FOUND", `there is no kubeconfig at ${file}`, {
      hint: "name one with --kubeconfig",
    });
  }
  return shown(resolve(context.cwd, file));
}

/** As messages name it: relative to the working folder where it lies below. */
function shown(file: string): string {
  const below = relative(process.cwd(), file);
  return below.startsWith("..") || isAbsolute(below) ? file : below;
}

/** Names of the contexts of a file; everything else about it is judged by the strict reader. */
function contextNames(file: string): readonly string[] {
  const [document] = readDocuments(file, readKubeconfigFile(file));
  const contexts: Json | undefined = isObject(document?.value) ? document.value["contexts"] : undefined;
  const rows = isArray(contexts) ? contexts : [];
  return rows.flatMap((row) => (isObject(row) && typeof row["name"] === "string" ? [row["name"]] : []));
}
