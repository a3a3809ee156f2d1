import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeLine } from "./guard.ts";
import { judgeHook } from "./hook.ts";
import { programs } from "./programs.ts";
import { parseShell } from "./shell/parse-shell.ts";

/** Lines that reach a write, each by another way of the shell. */
const refused: readonly string[] = [
  "kubectl apply -f x.yaml",
  "k apply -f x.yaml",
  "kubectl -n shop --context prod delete deploy web",
  "kubectl --namespace=shop scale deploy/web --replicas=0",
  "kubectl apply -f x.yaml --dry-run=server",
  "kubectl get pods -n --dry-run=client; kubectl delete pod x",
  "/usr/local/bin/kubectl apply -f -",
  "./kubectl-1.30 apply -f x",
  "kubectl.exe apply -f x",
  "oc new-app x",
  "kubectl exec -it web -- sh",
  "kubectl proxy",
  "kubectl auth reconcile -f x",
  "kubectl config set-context x",
  "kubectl rollout restart deploy/web",
  "kubectl rollout undo deploy/web",
  "kubectl neat",
  "kubectl-neat get pod",
  "kubectl get secret db -o yaml",
  "kubectl get secret/db -ojson",
  "kubectl get cm,secrets -o jsonpath={.items}",
  "kubectl get secret -Ao yaml",
  "kubectl get -Aojson secret",
  "helm get values web",
  "helm -n shop get all web",
  "env -S'kubectl apply -f x'",
  "env -iS 'kubectl apply' -f x",
  "env --split-string='kubectl apply -f x'",
  "env --split-string 'kubectl apply -f x'",
  "echo delete ns shop | xargs kubectl",
  "xargs -a list kubectl -n shop",
  "python3 - <<E\nimport os\nos.system('kubectl delete ns shop')\nE",
  'node <<< \'require("child_process").execSync("helm install a b")\'',
  "echo 'import os; os.system(\"kubectl apply -f x\")' | python3",
  "source <(echo kubectl apply -f x)",
  ". <(echo kubectl apply -f x)",
  "npx kubernetes-operations approve x --key k",
  "kubeops charter pin --name dev",
  "kubeops schemas add x.yaml",
  "kubeops schemas remove x",
  "kubectl get --raw /api/v1/namespaces/shop/secrets/db",
  "helm install web ./chart",
  "helm -n shop upgrade --install web ./chart",
  "helm uninstall web",
  "helm secrets upgrade web .",
  "flux reconcile source git flux-system",
  "flux bootstrap github",
  "argocd app sync web",
  "argocd app set web -p a=b",
  "argocd --server x login y",
  "kustomize build . | kubectl apply -f -",
  "kubectl kustomize . | kubectl apply -f -",
  "helmfile apply",
  "kapp deploy -a x -f y",
  "FOO=bar BAZ=1 kubectl apply -f x",
  "KUBECONFIG=/x env -u A B=c kubectl apply -f x",
  "env -i kubectl apply -f x",
  "sudo -u root -E kubectl delete ns shop",
  "nice -n 5 timeout -k 5 10 kubectl apply -f x",
  "command kubectl apply -f x",
  "exec kubectl apply -f x",
  "nohup kubectl apply -f x &",
  "time kubectl apply -f x",
  "xargs -n1 kubectl delete pod",
  "kubectl get pods -o name | xargs kubectl delete",
  "find . -name '*.yaml' -exec kubectl apply -f {} \\;",
  "watch -n 1 kubectl delete pod x",
  "ls && kubectl apply -f x",
  "ls; kubectl apply -f x",
  "false || kubectl apply -f x",
  "true & kubectl apply -f x",
  "echo a\nkubectl apply -f x",
  "(cd x && kubectl apply -f y)",
  "{ kubectl apply -f y; }",
  "if true; then kubectl apply -f x; fi",
  "for f in a b; do kubectl apply -f $f; done",
  'while read f; do kubectl apply -f "$f"; done < list',
  "f() { kubectl apply -f x; }; f",
  "! kubectl apply -f x",
  "bash -c 'kubectl apply -f x'",
  'sh -lc "kubectl apply -f x"',
  "bash -euxo pipefail -c 'ls; kubectl apply -f x'",
  "/bin/bash -c \"bash -c 'kubectl apply -f x'\"",
  "eval kubectl apply -f x",
  "eval 'kubectl apply' -f x",
  "echo 'kubectl apply -f x' | bash",
  "printf 'kubectl apply -f x\\n' | sh",
  "bash <<EOF\nkubectl apply -f x\nEOF",
  "bash <<'EOF'\nls\nkubectl apply -f x\nEOF",
  "cat <<EOF | bash\nkubectl apply -f x\nEOF",
  "cat <<EOF | kubectl apply -f -\nkind: Pod\nEOF",
  "bash <<< 'kubectl apply -f x'",
  "kubectl apply -f - <<EOF\nkind: Pod\nEOF",
  "echo $(kubectl apply -f x)",
  'echo "$(kubectl apply -f x)"',
  "echo `kubectl apply -f x`",
  "cat <(kubectl apply -f x)",
  "echo ${X:-$(kubectl apply -f x)}",
  "cat <<EOF\n$(kubectl apply -f x)\nEOF",
  "kube\"ctl\" ap'p'ly -f x",
  "kube\\ctl app\\ly -f x",
  "$'kubectl' $'app\\x6cy' -f x",
  "kubectl \\\n  apply \\\n  -f x",
  "{kubectl,apply,-f,x}",
  "kubectl {apply,delete} -f x",
  "K=kubectl; $K apply -f x",
  'export K=kubectl && "$K" apply -f x',
  "C='kubectl apply'; $C -f x",
  "V=apply; kubectl $V -f x",
  "kubectl $VERB -f x",
  'kubectl "$@"',
  "$KUBECTL apply -f x",
  "$(which kubectl) apply -f x",
  "/usr/bin/kubect? apply -f x",
  "kubectl${IFS}apply${IFS}-f${IFS}x",
  "kubectl$IFS'delete'${IFS}ns x",
  "kubectl$EMPTY delete ns shop",
  "$(echo kubectl) create ns x",
  "`command -v helm` install a b",
  "X=$(which kubectl); $X run x --image y",
  "env -S 'kubectl apply -f x'",
  "watch 'kubectl delete pod x'",
  "echo 'kubectl apply -f x' | at now",
  "xargs -I {} sh -c 'kubectl apply -f {}'",
  "find . -exec sh -c 'kubectl apply -f \"$1\"' _ {} \\;",
  "coproc kubectl apply -f x",
  "function f { kubectl apply -f x; }",
  "case x in x) kubectl apply -f x;; esac",
  "[[ -f x ]] && kubectl apply -f x",
  "tee >(kubectl apply -f -) < x",
  "KUBECTL apply -f x",
  "\\kubectl apply -f x",
  "npm exec kubectl -- apply -f x",
  "alias c=kubectl; c apply -f x",
  "alias c='kubectl -n shop'\nc delete pod x",
  "docker run --rm bitnami/kubectl:latest apply -f x",
  "ssh host kubectl apply -f x",
  "ssh host 'kubectl apply -f x'",
  "su -c 'kubectl apply -f x'",
  "parallel kubectl delete pod ::: a b",
  "minikube kubectl -- apply -f x",
  "k3s kubectl delete pod x",
  "python3 -c \"import os; os.system('kubectl apply -f x')\"",
  'node -e \'require("child_process").execSync("helm install a b")\'',
  "kubeops approve sha256:00 --key k --yes",
  "npx kubeops approve x --key k",
  "node_modules/.bin/kubeops charter sign --key k",
  "node bin/kubeops.cjs approve x --key y",
  "kubectl ops approve x",
  "kubectl-ops approve x",
  "kubeops apply x --trust-root ./mine",
  "ssh-keygen -Y sign -n approval@kubernetes-operations.dev -f k x",
  "kubectl apply -f 'unclosed",
];

/** Lines that people and their agents need. */
const allowed: readonly string[] = [
  "",
  "ls -la",
  "kubectl",
  "kubectl --help",
  "kubectl get pods -n shop -o wide",
  "kubectl -n shop get deploy web -o yaml | grep image",
  "kubectl get secrets",
  "kubectl describe pod web",
  "kubectl logs -f deploy/web --since=1h",
  "kubectl config view",
  "kubectl config current-context",
  "kubectl auth can-i create pods",
  "kubectl rollout status deploy/web",
  "kubectl diff -f x",
  "kubectl explain pod.spec",
  "kubectl version --client",
  "kubectl get pods # then kubectl apply",
  "helm template web ./chart > out.yaml",
  "helm list -A",
  "helm repo add a https://example.com",
  "flux get all -A",
  "argocd app get web",
  "argocd app diff web",
  "kustomize build overlays/prod",
  "kubeops check k8s/",
  "kubeops plan -f compose.yaml --target git:./x#y",
  "npx kubeops show plan.json",
  "kubeops threat-model -f k8s/",
  "kubeops can list pods",
  "kubeops schemas list",
  "kubeops reach -f k8s/",
  "helm get notes web",
  "env A=b -S",
  "ls | xargs kubectl describe pod",
  "source ~/.bashrc",
  "echo kubectl apply -f x",
  "echo 'run kubectl apply -f x'",
  "grep -rn 'kubectl apply' docs",
  "git commit -m 'Say when kubectl apply is refused'",
  "git log --grep=helm install",
  "cat kubectl.md",
  "which kubectl helm flux",
  "brew install kubectl helm",
  "npm install && npm test",
  "npm run apply",
  "for f in a b; do echo $f; done",
  "cat <<'EOF' > notes.md\nkubectl apply -f x\n$(kubectl apply)\nEOF",
  "if [ -f x ]; then cat x; fi",
  "$EDITOR x.yaml",
  "$NPM run build",
  "$DOCKER exec web ls",
  "IFS=, read -r a b < list",
  "watch 'kubectl get pods'",
  "$HOME/bin/tool run",
  "make test",
  "python3 -c 'print(1)'",
  "python3 script.py --apply",
  "docker run --rm alpine ls",
  "echo $((1 + 2))",
  'echo "it\'s" && echo \'a "b"\'',
  "ssh-keygen -Y sign -n git -f k x",
  "echo 'unclosed",
  "a=1; echo ${a}",
];

describe("the guard of a host's shell", () => {
  test.each(refused)("refuses %j", (line) => {
    expect(judgeLine(line)).toMatch(/^kubeops guard: .* Use the tools|^kubeops guard: .* Give the command/);
  });

  test.each(allowed)("lets %j run", (line) => {
    expect(judgeLine(line)).toBeUndefined();
  });

  test("every writing verb of the table is refused, behind every separator", () => {
    const names = ["kubectl", "helm", "flux", "argocd", "kustomize", "helmfile", "kubeops"];
    for (const [index, name] of names.entries()) {
      const row = programs.find((one) => one.name.test(name));
      for (const verb of row?.writes ?? []) {
        const prefix = ["", "ls; ", "ls && ", "ls | ", "(", "echo $(", "A=1 "][index % 7] ?? "";
        const close = prefix === "(" || prefix === "echo $(" ? ")" : "";
        expect(judgeLine(`${prefix}${name} ${verb} x${close}`), `${name} ${verb}`).toBeDefined();
      }
    }
  });

  test("says which tool to use", () => {
    expect(judgeLine("kubectl apply -f x")).toBe(
      "kubeops guard: kubectl apply may write to a cluster past the charter, without a plan and without an approval. " +
        "Use the tools of the plug-in instead: mcp__plugin_kubernetes-operations_kubeops__plan_change makes a plan of typed operations, " +
        "mcp__plugin_kubernetes-operations_kubeops__request_approval gives a person the command that approves it, " +
        "mcp__plugin_kubernetes-operations_kubeops__apply_plan carries it out.",
    );
  });

  test("nothing of the line is in the message but a plain verb", () => {
    expect(judgeLine("kubectl 'ap ply\u001b[31m' --token=hunter2")).not.toMatch(/hunter2|[^ -~]/);
  });

  test("any quoting of the letters of a write is seen through", () => {
    const quote = fc.constantFrom(
      (letter: string) => letter,
      (letter: string) => `'${letter}'`,
      (letter: string) => `"${letter}"`,
      (letter: string) => `\\${letter}`,
      (letter: string) => `$'\\x${letter.charCodeAt(0).toString(16)}'`,
      (letter: string) => `$'\\${letter.charCodeAt(0).toString(8)}'`,
      (letter: string) => `''${letter}`,
      (letter: string) => `\\\n${letter}`,
    );
    const words = ["kubectl", "delete", "ns", "shop"];
    fc.assert(
      fc.property(fc.array(quote, { minLength: 24, maxLength: 24 }), (quotes) => {
        let at = 0;
        const line = words
          .map((word) =>
            Array.from(word)
              .map((letter) => (quotes[at++ % quotes.length] ?? ((l) => l))(letter))
              .join(""),
          )
          .join(" ");
        expect(judgeLine(line), line).toBeDefined();
      }),
    );
  });

  test("any text is judged, in time that its length allows", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => void judgeLine(text)));
    for (const part of [
      "$(",
      "`",
      "((((",
      "{a,",
      "${",
      "'",
      '"',
      "<<E\n",
      "kubectl ",
      "|",
      "bash -c '",
      "$'\\x6b'",
      "{a,b}",
    ])
      judgeLine(part.repeat(5000));
    expect(judgeLine(`${"a ".repeat(40_000)}; kubectl apply -f x`)).toContain("is too long to be read");
  });

  test("what a line cannot show is not claimed to be seen", () => {
    // The pages on the plug-in name these: a hook is no boundary.
    for (const line of [
      "./deploy.sh",
      "make deploy",
      "python3 deploy.py",
      "curl -k https://10.0.0.1/api/v1/pods -d @x",
    ])
      expect(judgeLine(line)).toBeUndefined();
  });
});

describe("the hook", () => {
  const asked = (command: unknown, tool: unknown = "Bash"): string =>
    JSON.stringify({ hook_event_name: "PreToolUse", tool_name: tool, tool_input: { command } });

  test.each([
    ["a write", asked("kubectl apply -f x")],
    ["a write as words", asked(["bash", "-lc", "kubectl apply -f x"], "shell")],
    ["a write by the tool that watches", asked("kubectl delete pod x", "Monitor")],
    ["a write by a tool that nobody knows", asked("kubectl delete pod x", "mcp__other__run")],
    ["no JSON", "{"],
    ["nothing", ""],
    ["no tool", "{}"],
    ["no object", "null"],
    ["a tool that is no text", asked("ls", 1)],
    ["no command", JSON.stringify({ tool_name: "Bash" })],
    ["a command that is no text", asked({})],
    ["a name on the prototype chain", '{"__proto__":{"tool_name":"Read"}}'],
  ])("refuses %s", (_, text) => {
    expect(judgeHook(text)).toMatch(/^kubeops guard: /);
  });

  test("other commands and other tools pass", () => {
    expect(judgeHook(asked("ls"))).toBeUndefined();
    expect(
      judgeHook(JSON.stringify({ tool_name: "Read", tool_input: { file_path: "kubectl apply" } })),
    ).toBeUndefined();
  });
});

describe("the reader of command lines", () => {
  test.each([
    ["a 'b c' \"d$X\"", [["a", "b c", "d"]]],
    ["a | b |& c && d", [["a"], ["b"], ["c"], ["d"]]],
    ["X=1; a $X", [["a", "1"]]],
    ["a > f 2>&1 < g b", [["a", "b"]]],
    [
      "a $(b c) d",
      [
        ["b", "c"],
        ["a", "", "d"],
      ],
    ],
    ["cat <<E; x\nb\nE\ny", [["cat"], ["x"], ["y"]]],
    ["a{b,c}d {1,2}", [["abd", "acd", "1", "2"]]],
  ])("reads %j", (line, words) => {
    const read = parseShell(line);
    expect(read.ok && read.commands.map((command) => command.words.map(({ text }) => text))).toEqual(words);
  });
});
