import { readFileSync } from "node:fs";
import { judgeHook } from "./hook.ts";

/**
 * The hook as a program: the host's question on standard input; exit code 2 and the reason on standard error refuse, in
 * every host that has such hooks. Whatever fails here refuses.
 */
try {
  const refusal = judgeHook(readFileSync(0, "utf8"));
  if (refusal !== undefined) {
    process.stderr.write(`${refusal}\n`);
    process.exitCode = 2;
  }
} catch (error) {
  process.stderr.write(`kubeops guard: it failed, so the command is refused: ${String(error)}\n`);
  process.exitCode = 2;
}
