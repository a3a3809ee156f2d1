// A child process of the log's tests: appends `count` entries and prints the size after each acknowledged one.
import { openLog } from "../../src/audit/log-store.ts";

const [folder, actor, count] = process.argv.slice(2);
const log = openLog(folder, { clock: { now: () => Date.now() }, actor, tool: "test" });
for (let index = 0; index < Number(count); index += 1) {
  const checkpoint = log.append({ type: "refusal", code: "PLAN_DENIED", target: `${actor}/${index}` });
  process.stdout.write(`${checkpoint.size} ${actor}/${index}\n`);
}
log.close();
