#!/usr/bin/env node
var v = process.versions.node.split(".");
if (+v[0] > 22 || (+v[0] === 22 && +v[1] >= 19)) require("./start.cjs");
else {
  process.stderr.write("kubeops needs Node.js 22.19 or newer; found " + process.version + ".\n");
  process.exitCode = 1;
}
