import { userInfo } from "node:os";
import type { CliContext } from "./context.ts";

/** Name and home folder of the running user. A user that the database does not know has no home of its own. */
export function account(): Pick<CliContext, "user" | "home"> {
  try {
    const { username, homedir } = userInfo();
    return { user: username, home: homedir };
  } catch {
    return { user: `uid ${process.getuid?.() ?? "unknown"}`, home: "/nonexistent" };
  }
}
