import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { projectFiles } from "../../../src/apply/files/node-files.ts";
import { readCompose } from "../../../src/authoring/compose/read-compose.ts";
import type { ApplicationIntent } from "../../../src/authoring/intent/intent.ts";
import { conformanceData } from "../../support/suites.ts";

const root = conformanceData("compose/awesome-compose");

export interface ComposeApplication {
  readonly name: string;
  readonly intent: ApplicationIntent;
}

/** The applications of docker/awesome-compose as intents; undefined where the data is absent. */
export function awesomeCompose(): readonly ComposeApplication[] | undefined {
  if (root === undefined) return undefined;
  return readdirSync(root)
    .toSorted()
    .flatMap((name) => {
      const folder = join(root, name);
      const file = ["compose.yaml", "compose.yml"].find((candidate) => existsSync(join(folder, candidate)));
      if (file === undefined) return [];
      const { intent } = readCompose(projectFiles(folder), {
        files: [file],
        namespace: name.toLowerCase(),
        folderName: name,
        profiles: [],
        environment: {},
      });
      return [{ name, intent }];
    });
}
