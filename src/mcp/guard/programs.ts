/** How a program's words are judged: by its verb, which stands after the global flags. */
export interface ProgramRow {
  readonly name: RegExp;
  /** Global flags that take the next word as their value, as the program's own help lists them. */
  readonly valued: readonly string[];
  /** Verbs, and verbs with their first word, that write nothing: `get`, `rollout status`. What is not here is refused. */
  readonly reads: readonly string[];
  /** Verbs that certainly write: by them a program is known behind a wrapper that is not. */
  readonly writes: readonly string[];
  /** The tool to use instead, for the message. */
  readonly instead: "plan" | "approve";
  /** A reading verb that is refused all the same: it would show values. */
  readonly shows?: (words: readonly string[]) => boolean;
  readonly source: string;
}

/** `a, b c, d` as a list. */
function words(text: string): readonly string[] {
  return text.split(", ");
}

const kubectlValued = words(
  "-n, --namespace, --context, --cluster, --user, --kubeconfig, -s, --server, --token, --as, " +
    "--as-group, --as-uid, --as-user-extra, --request-timeout, --cache-dir, " +
    "--certificate-authority, --client-certificate, --client-key, --tls-server-name, -v, --v, " +
    "--vmodule, --profile, --profile-output, --log-flush-frequency, --username, --password, " +
    "--kuberc, --proxy-url",
);

/** Whether the words of `kubectl get` ask for the values of Secrets. */
function showsSecrets(words: readonly string[]): boolean {
  const secrets = words.some(
    (word) => /(?:^|,)secrets?(?:$|[,./])/i.test(word) || /--raw(?:=|$)|\/secrets\b/i.test(word),
  );
  const output = words.some((word) => /^(?:-[A-Za-z]*o|--output|--template|--raw)/.test(word));
  return secrets && output;
}

/** Programs that write to clusters, or that a person uses to let something be written. */
export const programs: readonly ProgramRow[] = [
  {
    // `k` is the alias that kubectl's own documentation proposes.
    name: /^(?:k|(?:kubectl|oc|kubecolor)(?:[-_.]?v?\d[\w.]*)?(?:\.exe)?)$/i,
    valued: kubectlValued,
    reads: words(
      "get, describe, logs, top, explain, api-resources, api-versions, version, cluster-info, " +
        "diff, wait, completion, help, options, events, kustomize, plugin, auth can-i, auth whoami, " +
        "config view, config get-contexts, config current-context, config get-clusters, " +
        "config get-users, rollout status, rollout history, whoami, status, projects, project",
    ),
    writes: words(
      "apply, create, delete, edit, patch, replace, scale, set, run, expose, autoscale, rollout, " +
        "label, annotate, taint, cordon, uncordon, drain, exec, cp, debug, attach, proxy, " +
        "certificate, reconcile, new-app, adm",
    ),
    instead: "plan",
    shows: (words) => showsSecrets(words) || words.includes("--raw"),
    source: "kubectl 1.37 --help and options (read from the program); oc 4",
  },
  {
    name: /^helm(?:\d[\w.]*)?(?:\.exe)?$/i,
    valued: words(
      "-n, --namespace, --kube-context, --kubeconfig, --kube-apiserver, --kube-as-user, " +
        "--kube-as-group, --kube-ca-file, --kube-tls-server-name, --kube-token, --registry-config, " +
        "--repository-cache, --repository-config, --content-cache, --burst-limit, --qps, --color, " +
        "--colour",
    ),
    reads: words(
      "list, ls, status, history, hist, get hooks, get metadata, get notes, show, inspect, template, lint, search, version, env, " +
        "help, completion, verify, repo, dependency, dep, dependencies, pull, fetch, create, " +
        "package, diff, plugin list, plugin ls",
    ),
    writes: words("install, upgrade, uninstall, un, del, delete, rollback, test, push"),
    instead: "plan",
    source: "helm 4, cmd/helm",
  },
  {
    name: /^flux(?:\.exe)?$/i,
    valued: words(
      "-n, --namespace, --context, --cluster, --user, --kubeconfig, --server, --token, --as, " +
        "--as-group, --as-uid, --timeout, --cache-dir, --certificate-authority, " +
        "--client-certificate, --client-key, --tls-server-name, --kube-api-burst, --kube-api-qps",
    ),
    reads: words(
      "get, logs, stats, trace, tree, version, check, diff, build, export, events, completion, " +
        "help, list, envsubst",
    ),
    writes: words(
      "bootstrap, create, delete, install, reconcile, resume, suspend, uninstall, push, tag, migrate",
    ),
    instead: "plan",
    source: "fluxcd/flux2, cmd/flux",
  },
  {
    name: /^argocd(?:[-_.]\w+)*(?:\.exe)?$/i,
    valued: words(
      "--auth-token, --server, --config, --argocd-context, --controller-name, --header, -H, " +
        "--kube-context, --logformat, --loglevel, --client-crt, --client-crt-key, " +
        "--grpc-web-root-path, --http-retry-max, --port-forward-namespace, --redis-compress, " +
        "--redis-haproxy-name, --redis-name, --repo-server-name, --server-crt, --server-name",
    ),
    reads: words(
      "app get, app list, app diff, app history, app logs, app manifests, app resources, app wait, " +
        "appset get, appset list, cluster get, cluster list, repo get, repo list, proj get, " +
        "proj list, account get, account list, account can-i, account get-user-info, version, help, " +
        "completion",
    ),
    writes: words("app, appset, proj, repo, repocreds, cluster, admin, login, account, gpg, cert"),
    instead: "plan",
    source: "argoproj/argo-cd, cmd/argocd",
  },
  {
    name: /^(?:kustomize)(?:\.exe)?$/i,
    valued: ["--stack-trace"],
    reads: words("build, version, help, completion, cfg, create, edit, fn, localize"),
    writes: ["apply", "live"],
    instead: "plan",
    source: "kubernetes-sigs/kustomize, kustomize/commands",
  },
  {
    name: /^(?:helmfile|kapp|skaffold|kpt)(?:\.exe)?$/i,
    valued: words("-f, --file, -e, --environment, -n, --namespace, -l, --selector, --kube-context"),
    reads: words("template, lint, list, build, diff, version, help, inspect, ls, logs, render, completion"),
    writes: words("apply, sync, destroy, delete, deploy, run, dev, live"),
    instead: "plan",
    source: "the command references of helmfile, kapp, skaffold and kpt",
  },
  {
    // A plugin of kubectl is a program of its own name; of those only ours is known.
    name: /^kubectl-(?!ops)[a-z][\w-]*(?:\.exe)?$/i,
    valued: [],
    reads: [],
    writes: [],
    instead: "plan",
    source: "kubectl 1.37, plugins",
  },
  {
    name: /^(?:kubeops|kubectl-ops|kubernetes-operations)(?:\.c?m?js|\.exe)?$/i,
    valued: [],
    reads: words(
      "plan, diff, show, check, undo, audit, completion, version, help, explain, mcp, ask, " +
        "charter show, charter verify, charter inventory, can, reach, schemas list, threat-model",
    ),
    writes: ["approve", "apply", "charter"],
    instead: "approve",
    source: "kubeops --help",
  },
];

/** The row of a program, by the last part of its path; `ghcr.io/acme/kubectl:1.30` is kubectl as well. */
export function programOf(word: string): ProgramRow | undefined {
  const base =
    word
      .replace(/[@:][\w.:-]*$/, "")
      .split(/[/\\]/)
      .at(-1) ?? "";
  return programs.find(({ name }) => name.test(base));
}
