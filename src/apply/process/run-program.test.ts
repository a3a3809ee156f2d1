import { expect, test } from "vitest";
import { runProgram } from "./run-program.ts";

const node = (
  script: string,
  limits: Partial<Parameters<typeof runProgram>[0]>,
): ReturnType<typeof runProgram> =>
  runProgram({ program: process.execPath, args: ["-e", script], cwd: "/", env: {}, ...limits });

test("a program is stopped at its limits of time, output and memory: an error, or an answer where that is asked for", async () => {
  const forever = "for (;;);";
  const limitIsAnswer = true;
  expect((await node(forever, { timeoutMs: 200, limitIsAnswer })).stopped).toBe("took too long");
  await expect(node(forever, { timeoutMs: 200 })).rejects.toMatchObject({ code: "TARGET_UNREACHABLE" });
  const loud = "for (;;) require('fs').writeSync(1, 'x'.repeat(10000));";
  expect((await node(loud, { maxOutput: 100_000, limitIsAnswer })).stopped).toBe("printed too much");
  if (process.platform !== "linux") return;
  const large = "const all = []; setInterval(() => all.push(Buffer.alloc(2e7, 1)), 10);";
  const maxMemory = 300 * 1024 * 1024;
  expect((await node(large, { maxMemory, limitIsAnswer })).stopped).toBe("took too much memory");
  expect((await node("0", { maxMemory, limitIsAnswer })).status).toBe(0);
});
