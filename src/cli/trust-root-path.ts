import { resolve } from "node:path";
import type { CliContext } from "./context.ts";
import { locate } from "./session.ts";

/** Folder of the trust root that is there, or of the one to be made. */
export function rootPath(context: CliContext, flags: { readonly trustRoot?: string }): string {
  if (flags.trustRoot !== undefined) return resolve(context.cwd, flags.trustRoot);
  return (
    locate(context, flags)?.path ??
    resolve(context.env["XDG_CONFIG_HOME"] ?? resolve(context.home, ".config"), "kubeops")
  );
}
