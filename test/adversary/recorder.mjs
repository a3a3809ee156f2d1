// Loaded into the program by NODE_OPTIONS: writes every connection, listening socket, name look-up and child process to the
// file that KUBEOPS_RECORD names. It knows nothing of the program: what it patches are Node's own doors to the world.
import { appendFileSync } from "node:fs";
import { createRequire, syncBuiltinESMExports } from "node:module";

const require = createRequire(import.meta.url);
const file = process.env["KUBEOPS_RECORD"];
const record = (what, detail) => {
  if (file !== undefined) appendFileSync(file, `${JSON.stringify([what, detail])}\n`);
};

function watch(owner, name, detail) {
  const original = owner[name];
  owner[name] = function watched(...args) {
    record(name, detail(args));
    return Reflect.apply(original, this, args);
  };
}

const net = require("node:net");
watch(net.Socket.prototype, "connect", ([options, host]) => {
  const first = Array.isArray(options) ? options[0] : options;
  return typeof first === "object" && first !== null
    ? `${first.host ?? first.path ?? "?"}:${first.port ?? ""}`
    : `${typeof host === "string" ? host : "?"}:${String(first)}`;
});
watch(net.Server.prototype, "listen", () => "");
const dns = require("node:dns");
watch(dns, "lookup", ([name]) => String(name));
watch(require("node:dgram").Socket.prototype, "send", () => "");
const children = require("node:child_process");
for (const name of ["spawn", "spawnSync", "exec", "execSync", "execFile", "execFileSync", "fork"])
  watch(children, name, ([program, args]) => [program, ...(Array.isArray(args) ? args : [])].join(" "));
syncBuiltinESMExports();
