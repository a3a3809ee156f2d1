"use strict";
// import() is a syntax error for the oldest Nodes, so it lives in a file that they never load.
require("node:module").enableCompileCache?.();
// The young generation grows once, to 8 MiB, while the program is loaded; src/cli/young-generation.ts then keeps it there.
require("node:v8").setFlagsFromString("--semi-space-growth-factor=8");
void import("../dist/cli.js");
