import { isObject, type JsonObject, valueAt } from "../../../kube/json.ts";
import { anyChange, added, type Detected, example, taken, type WideningRow } from "./row.ts";

/** Annotations that tell Argo CD, Flux or Helm to treat an object otherwise than its neighbours. */
export const gitopsMarks: readonly RegExp[] = [
  /^argocd\.argoproj\.io\//u,
  /^argoproj\.io\//u,
  /^[a-z]+\.toolkit\.fluxcd\.io\//u,
  /^helm\.sh\//u,
];

function marked(object: JsonObject): readonly Detected[] {
  const found: Detected[] = [];
  for (const member of ["annotations", "labels"]) {
    const values = valueAt(object, ["metadata", member]);
    for (const [mark, value] of isObject(values) ? Object.entries(values) : []) {
      if (gitopsMarks.some((known) => known.test(mark))) {
        found.push({
          path: `metadata.${member}[${JSON.stringify(mark)}]`,
          detail: `${mark}=${typeof value === "string" ? value : "?"}`,
          subject: mark,
        });
      }
    }
  }
  return found;
}

const plain: JsonObject = example("v1", "ConfigMap");

export const gitopsRows: readonly WideningRow[] = [
  {
    id: "argocd-object",
    title: "An object of Argo CD (or another Argo project)",
    why: "It makes a controller with rights of its own apply what a repository holds, wherever the object says.",
    source:
      "argoproj/argo-cd:docs/operator-manual/cluster-bootstrapping.md; docs/operator-manual/security.md",
    detect: anyChange(["argoproj.io/*"]),
    positive: { before: null, after: example("argoproj.io/v1alpha1", "Application") },
    negative: { before: null, after: plain },
  },
  {
    id: "flux-object",
    title: "An object of Flux",
    why: "It makes a controller that is cluster-admin by default apply what a repository holds.",
    source: "fluxcd/website:content/en/flux/installation/configuration/multitenancy.md",
    detect: (change, folder) =>
      change.key.group.endsWith(".toolkit.fluxcd.io") || change.key.group === "fluxcd.controlplane.io"
        ? anyChange([`${change.key.group}/*`])(change, folder)
        : [],
    positive: { before: null, after: example("kustomize.toolkit.fluxcd.io/v1", "Kustomization") },
    negative: { before: null, after: plain },
  },
  {
    id: "gitops-annotation",
    title: "An annotation or label that directs Argo CD, Flux or Helm",
    why: "It turns pruning, forcing or hooks on or off for the object.",
    source:
      "argoproj/argo-cd:docs/user-guide/sync-options.md; fluxcd/kustomize-controller:docs/spec/v1/kustomizations.md",
    // What stood there before may be a live value (kernel K17): only its name is told.
    detect: (change) => [
      ...added(change, marked),
      ...taken(change, marked).map(({ path, subject }) => ({
        path,
        detail: `no more as it was: ${subject ?? ""}`,
        subject: subject ?? "",
      })),
    ],
    positive: {
      before: null,
      after: example(
        "v1",
        "ConfigMap",
        {},
        { annotations: { "argocd.argoproj.io/sync-options": "Force=true" } },
      ),
    },
    negative: { before: null, after: plain },
  },
  {
    id: "ownership-takeover",
    title: "Fields that pass from another manager to us for good",
    why: "What the other one still holds to be its own is ours then, and goes when a request leaves it out; nobody gives it back.",
    source: "kubernetes staging/src/k8s.io/client-go/util/csaupgrade/upgrade.go",
    detect: ({ takesOver }) =>
      (takesOver?.from ?? []).map((manager) => ({
        path: "",
        detail: `takes over from ${manager}: ${(takesOver?.paths ?? []).join(", ")}`,
        subject: manager,
      })),
    positive: {
      before: plain,
      after: plain,
      takesOver: { from: ["kubectl-client-side-apply"], paths: ["data.a"] },
    },
    negative: { before: plain, after: plain },
  },
  {
    id: "field-ownership",
    title: "A live object, or a field of one, that another manager owns",
    why: "Whoever else writes it puts it back or takes it over; the charter's sharedWith says of whom that may be borne.",
    source: "kubernetes/website:content/en/docs/reference/using-api/server-side-apply.md (Conflicts)",
    detect: ({ owners }) =>
      (owners ?? []).map(({ manager, path, detail }) => ({ path, detail, subject: manager })),
    positive: {
      before: plain,
      after: plain,
      owners: [{ manager: "helm", path: "data.a", detail: "helm (Helm) owns the field as well" }],
    },
    negative: { before: plain, after: plain },
  },
];
