// The main job, once, with nothing but files: a Compose file becomes a plan, a throw-away key approves it, a commit
// carries it out, and the audit log is verified. `npm start` uses examples/shop; `npm start -- compose.yaml` the user's own.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const words = process.argv.slice(2);
if (words.includes("--help") || words.includes("-h")) {
  process.stdout.write(
    "npm start                       the main job on examples/shop\nnpm start -- path/compose.yaml  the same for your own file\n",
  );
  process.exit(0);
}
// npm runs a script in the repository's folder; the user stands in INIT_CWD.
const started = process.env.INIT_CWD ?? process.cwd();
const compose = words.length > 0 ? resolve(started, words[0]) : join(root, "examples/shop/compose.yaml");
if (!existsSync(compose) || !statSync(compose).isFile()) {
  process.stderr.write(`error: ${words[0]} is not a file\n  hint: npm start -- path/to/compose.yaml\n`);
  process.exit(2);
}

const demo = realpathSync(mkdtempSync(join(tmpdir(), "kubeops-demo-")));
const trust = join(demo, "trust");
const state = join(demo, "state");
const gitops = join(demo, "gitops");
const key = join(demo, "key");
const color = process.stdout.isTTY && !process.env.NO_COLOR;
const bold = (text) => (color ? `\u001b[1m${text}\u001b[22m` : text);
const cyan = (text) => (color ? `\u001b[36m${text}\u001b[39m` : text);

const namespace = (
  basename(dirname(compose))
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .replaceAll(/^-+|-+$/g, "") || "demo"
).slice(0, 60);

function say(text) {
  process.stdout.write(`\n${bold(text)}\n`);
}

/** Shows a command as the user would type it, and runs it. */
function kubeops(args, { show = args, quiet = true } = {}) {
  process.stdout.write(
    `${cyan("$")} kubeops ${show.map((word) => (/^[\w@%+=:,./#-]+$/.test(word) ? word : `'${word}'`)).join(" ")}\n`,
  );
  const result = spawnSync(
    process.execPath,
    [join(root, "bin/kubeops.cjs"), ...args, "--color", color ? "always" : "never", ...(quiet ? [] : [])],
    {
      cwd: demo,
      stdio: ["ignore", "inherit", "pipe"],
      encoding: "utf8",
      env: {
        ...process.env,
        HOME: demo,
        XDG_STATE_HOME: join(demo, ".state"),
        XDG_CONFIG_HOME: join(demo, ".config"),
      },
    },
  );
  if (result.status !== 0) {
    process.stderr.write(result.stderr);
    process.stdout.write(
      `\nstopped here (exit code ${result.status}); what was made so far lies in ${demo}\n`,
    );
    process.exit(result.status ?? 1);
  }
}

function run(program, args, options = {}) {
  const result = spawnSync(program, args, { cwd: demo, encoding: "utf8", ...options });
  if (result.status !== 0) {
    process.stderr.write(
      `error: ${program} ${args[0]} failed: ${result.stderr || result.error}\n  hint: git and ssh-keygen must be installed\n`,
    );
    process.exit(3);
  }
  return result.stdout;
}

mkdirSync(trust, { recursive: true, mode: 0o700 });
run("git", ["init", "--quiet", "--bare", "--initial-branch=main", gitops]);
run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "demo", "-f", key]);

const target = "git:./gitops@main#apps/" + namespace;
const roots = ["--trust-root", "trust", "--state", "state"];
const shownFile = relative(started, compose) || compose;

say("1. A charter: what may ever be done here. Its owner signs it.");
kubeops([
  "charter",
  "init",
  "--name",
  "demo",
  "--owner",
  "key.pub",
  "--principal",
  "you",
  "--target",
  target,
  "-n",
  namespace,
  "--software-keys",
  "--reconciler",
  "none",
  "--trust-root",
  "trust",
]);
kubeops(["charter", "sign", "--key", "key", "--trust-root", "trust"]);

say("2. A plan: what would change, and what that means. Nothing is changed yet.");
kubeops(["plan", "-f", compose, "-n", namespace, "--target", target, "--out", "plan.json", ...roots], {
  show: ["plan", "-f", shownFile, "-n", namespace, "--target", target, "--out", "plan.json", ...roots],
});

say(
  "3. An approval: a signature over that plan's digest (here by a throw-away key; approve prints the plan in full first).",
);
process.stdout.write(`${cyan("$")} kubeops approve plan.json --key key --yes ${roots.join(" ")}\n`);
const approved = spawnSync(
  process.execPath,
  [
    join(root, "bin/kubeops.cjs"),
    "approve",
    "plan.json",
    "--key",
    "key",
    "--yes",
    ...roots,
    "--color",
    "never",
  ],
  {
    cwd: demo,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  },
);
if (approved.status !== 0) {
  process.stderr.write(approved.stderr);
  process.exit(approved.status ?? 1);
}
process.stdout.write(approved.stdout.trimEnd().split("\n").slice(-1)[0] + "\n");

say("4. Apply: exactly that plan, once, as a commit.");
kubeops(["apply", "plan.json", ...roots]);
process.stdout.write(`${cyan("$")} git log --stat (in gitops)\n`);
process.stdout.write(
  run("git", ["-C", gitops, "log", "--all", "--stat", "--format=commit %h%n%n%w(0,4,4)%B"]),
);

say("5. The audit log: every step, verifiable by anyone.");
kubeops(["audit", "list", "--state", "state"]);
kubeops(["audit", "verify", "--state", "state"]);

say("Where everything lies");
process.stdout.write(
  [
    `  ${gitops}   the Git repository (bare): git -C ${gitops} log --all -p`,
    `  ${demo}/plan.json   the plan; kubeops show prints it`,
    `  ${trust}   charter, its signature, the owner's pinned key`,
    `  ${state}   plans, approvals, journal, audit log`,
    "",
    "Next",
    "  npx kubeops undo " +
      join(demo, "plan.json") +
      ` --trust-root ${trust} --state ${state}   plan the way back`,
    "  npm start -- path/to/your/compose.yaml   the same for your own file",
    "  docs/guide/first-change.md   a charter of your own, your repository, your key",
    "",
  ].join("\n"),
);
