// The order of the rooms is the architecture: a room may import only rooms that stand before it.
// test/layers proves that this file still catches a planted violation.
const rooms = [
  "kube",
  "analysis",
  "authoring",
  "plan",
  "audit",
  "apply",
  "agent",
  "threat-model",
  "mcp",
  "console",
  "cli",
];
const pure = ["kube", "analysis", "authoring", "plan", "threat-model"];
const tests = "\\.test\\.ts$";

const order = rooms.map((room, index) => ({
  name: `room-order-${room}`,
  comment: `src/${room} may import only the rooms before it: ${rooms.slice(0, index).join(", ") || "none"}`,
  severity: "error",
  from: { path: `^src/${room}/` },
  to: { path: "^src/", pathNot: `^src/(${rooms.slice(0, index + 1).join("|")})/` },
}));

const purity = {
  name: "pure-rooms",
  comment: "kube, analysis, authoring, plan and threat-model take the world as arguments: no node: module",
  severity: "error",
  from: { path: `^src/(${pure.join("|")})/`, pathNot: tests },
  to: { dependencyTypes: ["core"] },
};

const cycles = { name: "no-cycles", severity: "error", from: { path: "^src/" }, to: { circular: true } };

const noTestImports = {
  name: "no-import-of-tests",
  severity: "error",
  from: { path: "^src/", pathNot: tests },
  to: { path: `${tests}|^test/` },
};

export default {
  forbidden: [...order, purity, cycles, noTestImports],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node", "default"],
    },
  },
};
