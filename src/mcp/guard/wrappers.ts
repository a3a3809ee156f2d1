/** Words that start a program with the words after them, and their flags that take a value. */
export const wrappers: Readonly<Record<string, readonly string[]>> = {
  sudo: [
    "-u",
    "-g",
    "-h",
    "-p",
    "-C",
    "-D",
    "-R",
    "-T",
    "-U",
    "--user",
    "--group",
    "--host",
    "--prompt",
    "--chdir",
  ],
  doas: ["-u", "-C"],
  env: ["-u", "--unset", "-C", "--chdir"],
  command: [],
  builtin: [],
  exec: ["-a"],
  nohup: [],
  setsid: [],
  time: ["-f", "-o", "--format", "--output"],
  nice: ["-n", "--adjustment"],
  ionice: ["-c", "-n", "-p", "-P", "-u"],
  chrt: [],
  stdbuf: ["-i", "-o", "-e"],
  timeout: ["-s", "--signal", "-k", "--kill-after"],
  unbuffer: [],
  watch: ["-n", "--interval", "-q", "--equexit"],
  xargs: [
    "-a",
    "-d",
    "-E",
    "-I",
    "-L",
    "-n",
    "-P",
    "-s",
    "--arg-file",
    "--delimiter",
    "--max-args",
    "--max-procs",
    "--replace",
  ],
  flock: ["-E", "-w", "--timeout", "--wait"],
  strace: ["-e", "-o", "-s", "-u", "-p"],
  k3s: [],
  microk8s: [],
  minikube: ["-p", "--profile"],
};

/** Programs that run a text as commands: their argument, or what they read. */
export const shells: ReadonlySet<string> = new Set(
  "sh bash zsh dash ksh mksh ash fish busybox rbash at batch".split(" "),
);

/** Programs that take a program as text; their languages are not read, only searched. */
export const interpreters: RegExp =
  /^(?:python[\d.]*|node|nodejs|deno|bun|perl|ruby|php|awk|gawk|lua|pwsh|powershell|osascript|expect|tclsh)(?:\.exe)?$/i;

/** Programs that only print, search or install what they are given: a name behind them starts nothing. */
export const harmless: ReadonlySet<string> = new Set(
  (
    "echo printf grep egrep rg ag man which type whereis cat less head tail ls git gh sed apropos " +
    "whatis brew apt apt-get dnf yum apk pip cargo cd test [ [[ mkdir touch file stat wc jq yq diff " +
    "tar hash for case select alias unalias export declare cp mv rm ln chmod code vim vi nano read " +
    "curl wget sha256sum tee"
  ).split(" "),
);
