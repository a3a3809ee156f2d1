"use strict";
// import() is a syntax error for the oldest Nodes, so it lives in a file that they never load.
require("node:module").enableCompileCache?.();
// What is read lives until the end: a young generation that grows only takes memory (10,000 objects: half of the peak).
require("node:v8").setFlagsFromString("--semi-space-growth-factor=1");
void import("../dist/cli.js");
