import { buildCommand, type Command } from "@stricli/core";
import type { CliContext } from "../context.ts";
import {
  clusterAccessFlags,
  gitCaFlag,
  gitCredentialsFlag,
  stateFlag,
  textFlag,
  textsFlag,
} from "../flags.ts";
import type { McpFlags } from "./mcp.impl.ts";

export const mcpCommand: Command<CliContext> = buildCommand<McpFlags, [], CliContext>({
  loader: async () => (await import("./mcp.impl.ts")).mcp,
  parameters: {
    flags: {
      project: textFlag(
        "folder",
        "Folder whose manifests the tool check reads (default: the working folder)",
      ),
      filename: textsFlag(
        "path",
        "Compose files, or files and folders of objects, that operations change (edit_field needs them); may be given again",
      ),
      target: textsFlag(
        "target",
        "Target that may be planned for and applied to: a name of the charter, git:<url>[@branch]#folder or cluster:<name>; may be given again (default: all that the charter names)",
      ),
      ...clusterAccessFlags,
      gitCredentials: gitCredentialsFlag,
      gitCa: gitCaFlag,
      state: stateFlag,
    },
    aliases: { f: "filename" },
  },
  docs: {
    brief: "Serve the tools of coding agents over the Model Context Protocol (stdio)",
    fullDescription:
      "Started by a host such as Claude Code. The flags are the operator's: no call can name a folder, a target that is not offered, a trust root or a key. Tools plan, show, say how a person approves, and apply what persons have signed; none approves.",
  },
});
