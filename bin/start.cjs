"use strict";
// import() is a syntax error for the oldest Nodes, so it lives in a file that they never load.
require("node:module").enableCompileCache?.();
void import("../dist/cli.js");
