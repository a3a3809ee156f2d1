/** Roles and bindings: rbac validation. */
import type { JsonObject } from "../../../../kube/json.ts";
import { each, fields, isSet, listOf, required, text, textOf } from "../engine/build.ts";
import { type Check, reportAt, type Run, shown } from "../engine/run.ts";
import { labelSelector } from "../engine/selectors.ts";
import { notPathSegment, notSubdomain } from "../engine/texts.ts";

function policyRule(namespaced: boolean): Check {
  return fields("rbac ValidatePolicyRule", { verbs: required() }, (value, run) => {
    const urls = listOf(value, "nonResourceURLs");
    if (urls.length === 0) {
      for (const field of ["apiGroups", "resources"])
        if (listOf(value, field).length === 0 && !(isSet(value, field) && !Array.isArray(value[field])))
          reportAt(run, field, "server/required", field, "a rule for resources names some");
      return;
    }
    if (namespaced)
      reportAt(
        run,
        "nonResourceURLs",
        "server/forbidden",
        "nonResourceURLs",
        "only a ClusterRole can allow them",
      );
    if (["apiGroups", "resources", "resourceNames"].some((field) => listOf(value, field).length > 0))
      reportAt(
        run,
        "nonResourceURLs",
        "server/forbidden",
        "nonResourceURLs",
        "the rule names resources too; make two rules",
      );
  });
}

export const role: Check = fields("rbac ValidateRole", { rules: each(policyRule(true)) });
export const clusterRole: Check = fields("rbac ValidateClusterRole", {
  rules: each(policyRule(false)),
  aggregationRule: fields("rbac ValidateClusterRole", {
    clusterRoleSelectors: required(each(labelSelector)),
  }),
});

const GROUP = "rbac.authorization.k8s.io";

function subject(namespaced: boolean): Check {
  return fields("rbac ValidateRoleBindingSubject", { name: required() }, (value, run) => {
    const kind = textOf(value, "kind");
    const group = textOf(value, "apiGroup");
    const name = textOf(value, "name");
    if (kind === undefined || group === undefined) return;
    if (kind === "ServiceAccount") {
      const reason = name === undefined || name === "" ? undefined : notSubdomain(name);
      if (reason !== undefined) reportAt(run, "name", "server/name", shown(name), reason);
      if (group !== "") reportAt(run, "apiGroup", "server/not-supported", shown(group), '""');
      if (!namespaced && textOf(value, "namespace") === "")
        reportAt(run, "namespace", "server/required", "namespace", "of the ServiceAccount");
    } else if (kind === "User" || kind === "Group") {
      if (group !== "" && group !== GROUP)
        reportAt(run, "apiGroup", "server/not-supported", shown(group), GROUP);
    } else
      reportAt(
        run,
        "kind",
        kind === "" ? "server/required" : "server/not-supported",
        kind === "" ? "kind" : shown(kind),
        "ServiceAccount, User, Group",
      );
  });
}

function binding(source: string, kinds: readonly string[], namespaced: boolean): Check {
  const roleRef: Check = fields(source, { name: required(text(notPathSegment)) }, (value, run) => {
    const group = textOf(value, "apiGroup");
    const kind = textOf(value, "kind");
    if (group !== undefined && group !== "" && group !== GROUP)
      reportAt(run, "apiGroup", "server/not-supported", shown(group), GROUP);
    if (kind !== undefined && !kinds.includes(kind))
      reportAt(
        run,
        "kind",
        kind === "" ? "server/required" : "server/not-supported",
        kind === "" ? "kind" : shown(kind),
        kinds.join(", "),
      );
  });
  return fields(source, { roleRef, subjects: each(subject(namespaced)) }, (value: JsonObject, run: Run) => {
    if (!isSet(value, "roleRef")) reportAt(run, ["roleRef", "name"], "server/required", "roleRef.name");
  });
}

export const roleBinding: Check = binding("rbac ValidateRoleBinding", ["Role", "ClusterRole"], true);
export const clusterRoleBinding: Check = binding("rbac ValidateClusterRoleBinding", ["ClusterRole"], false);
