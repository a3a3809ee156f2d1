import * as fc from "fast-check";
import { strict } from "./suites.ts";

// A run that judges a commit is the same every time; other runs look at new cases each time and print their seed.
if (strict) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 42 });
