// Emits the declarations of the library into the built package: node tools/types.mjs [dist]
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const out = join(resolve(process.argv[2] ?? join(root, "dist")), "types");
rmSync(out, { recursive: true, force: true });
const config = join(root, `tsconfig.types.${process.pid}.json`);
writeFileSync(
  config,
  JSON.stringify({
    extends: "./tsconfig.json",
    compilerOptions: { emitDeclarationOnly: true, outDir: out, rootDir: "." },
    include: ["src/index.ts"],
  }),
);
const ran = spawnSync(process.execPath, [join(root, "node_modules/typescript-7/bin/tsc"), "-p", config], {
  cwd: root,
  encoding: "utf8",
});
rmSync(config);
process.stdout.write(ran.stdout);
process.stderr.write(ran.stderr);
process.exit(ran.status ?? 1);
