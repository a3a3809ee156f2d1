import { buildCommand, type Command } from "@stricli/core";
import type { CliContext } from "../context.ts";
import { outputFlag } from "../flags.ts";

interface VersionFlags {
  readonly output: "text" | "json";
}

export const versionCommand: Command<CliContext> = buildCommand<VersionFlags, [], CliContext>({
  loader: async () => {
    const { toolVersion } = await import("../version.ts");
    return function version(flags) {
      this.process.stdout.write(
        flags.output === "json"
          ? `${JSON.stringify({ apiVersion: "kubernetes-operations.dev/v1", kind: "Version", version: toolVersion, node: process.versions.node })}\n`
          : `kubeops ${toolVersion}\n`,
      );
    };
  },
  parameters: { flags: { output: outputFlag }, aliases: { o: "output" } },
  docs: { brief: "Print the version" },
});
