import { type Identity, parseSubject } from "../../../analysis/rbac/model/subject.ts";
import { parseRequest } from "../../../analysis/rbac/resources/parse-request.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import type { CanFlags } from "./flags.ts";

/** The one SUBJECT of a mode of `kubeops can`. */
export function identityOf(
  flags: CanFlags,
  words: readonly string[],
  mode: string,
  example: string,
): Identity {
  const [subject, ...rest] = words;
  if (subject === undefined || rest.length > 0)
    throw new OpsError("USAGE", `${mode} takes one SUBJECT`, { hint: example });
  return parseSubject(subject, flags.asGroup);
}

/** VERB TYPE[/NAME] or VERB /path, with the flags that say more of it. */
export function requestOf(
  served: Parameters<typeof parseRequest>[0],
  flags: CanFlags,
  verb: string,
  target: string,
): ReturnType<typeof parseRequest> {
  return parseRequest(served, {
    verb,
    target,
    ...(flags.subresource === undefined ? {} : { subresource: flags.subresource }),
    namespace: namespaceOf(flags),
    named: flags.namespace !== undefined,
  });
}

/** The namespace of a question: one that is named, none for all, `default` as in kubectl. */
function namespaceOf(flags: CanFlags): string {
  if (flags.allNamespaces && flags.namespace !== undefined)
    throw new OpsError("USAGE", "-A and -n exclude each other", { hint: "leave one out" });
  return flags.allNamespaces ? "" : (flags.namespace ?? "default");
}
