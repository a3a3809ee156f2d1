// Bundles the command line and the library into dist/, with the manifest that is published, and the programs of the plug-in
// into plugin/dist (without dependencies; a copy of the whole plug-in is published in dist/plugin).
import {
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
  existsSync,
  renameSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const out = join(root, "dist");
const fresh = join(root, `dist.${process.pid}`);
rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh);

// Names stay as they are: keepNames would name every closure again each time that it is made (a quarter of the time of a check).
const shorter = { minifySyntax: true, minifyWhitespace: true };

const result = await build({
  absWorkingDir: root,
  entryPoints: { cli: "src/cli/main.ts", index: "src/index.ts" },
  outdir: fresh,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node22.19",
  ...shorter,
  legalComments: "none",
  metafile: true,
  logLevel: "error",
});

// The stand-alone verifier has no other file of ours beside it.
await build({
  absWorkingDir: root,
  entryPoints: { "audit-verify": "src/audit/verify-main.ts" },
  outdir: fresh,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  splitting: false,
  format: "esm",
  platform: "node",
  target: "node22.19",
  legalComments: "none",
  logLevel: "error",
});

const plugin = join(root, "plugin");
const pluginDist = join(plugin, `dist.${process.pid}`);
rmSync(pluginDist, { recursive: true, force: true });
const forPlugin = {
  absWorkingDir: root,
  outdir: pluginDist,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node22.19",
  ...shorter,
  legalComments: "none",
  metafile: true,
  logLevel: "error",
};
// In parts, so that the server answers its host before it has read what only calls need.
const server = await build({
  ...forPlugin,
  entryPoints: { "kubeops-mcp-server": "src/cli/mcp-main.ts" },
  splitting: true,
  chunkNames: "parts/[name]-[hash]",
});
// The hook runs before every command: one small file.
const hook = await build({ ...forPlugin, entryPoints: { guard: "src/mcp/guard/hook-main.ts" } });
const bundled = [server, hook].flatMap(({ metafile }) => Object.keys(metafile.inputs));
// Node compiles the server once and keeps that, as bin/start.cjs has it for the command line.
writeFileSync(
  join(pluginDist, "kubeops-mcp.mjs"),
  'import module from "node:module";\nmodule.enableCompileCache?.();\nawait import("./kubeops-mcp-server.mjs");\n',
);
writeFileSync(join(pluginDist, "THIRD-PARTY-LICENSES.txt"), licences(bundled));
rmSync(join(plugin, "dist"), { recursive: true, force: true });
renameSync(pluginDist, join(plugin, "dist"));

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
mkdirSync(join(fresh, "bin"));
for (const file of ["kubeops.cjs", "start.cjs"]) {
  const text = readFileSync(join(root, "bin", file), "utf8");
  writeFileSync(join(fresh, "bin", file), text.replace("../dist/cli.js", "../cli.js"), { mode: 0o755 });
}
writeFileSync(
  join(fresh, "package.json"),
  `${JSON.stringify(
    {
      name: "kubernetes-operations",
      version: manifest.version,
      description: manifest.description,
      license: manifest.license,
      type: "module",
      engines: manifest.engines,
      bin: { kubeops: "bin/kubeops.cjs", "kubectl-ops": "bin/kubeops.cjs" },
      exports: {
        ".": { types: "./types/src/index.d.ts", default: "./index.js" },
        "./package.json": "./package.json",
      },
      sideEffects: false,
      dependencies: {},
    },
    undefined,
    2,
  )}\n`,
);
for (const file of ["LICENSE", "NOTICE", "README.md", "CHANGELOG.md"]) {
  if (existsSync(join(root, file))) cpSync(join(root, file), join(fresh, file));
}
for (const folder of ["schemas", "deploy", "plugin"])
  cpSync(join(root, folder), join(fresh, folder), { recursive: true });
writeFileSync(join(fresh, "THIRD-PARTY-LICENSES.txt"), licences(Object.keys(result.metafile.inputs)));

rmSync(out, { recursive: true, force: true });
renameSync(fresh, out);

/** The licence texts of what the bundler really took in. */
function licences(inputs) {
  const packages = new Set();
  for (const input of inputs) {
    const match = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match) packages.add(match[1]);
  }
  return [...packages]
    .sort()
    .map((name) => {
      const folder = join(root, "node_modules", name);
      const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      return `${name} ${version} (${license})\n\n${file ? readFileSync(join(folder, file), "utf8") : ""}\n`;
    })
    .join(`${"-".repeat(80)}\n`);
}
