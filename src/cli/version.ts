import manifest from "../../package.json" with { type: "json" };

/** Version of the program; a plan names it, and only the same version reproduces the plan. */
export const toolVersion: string = manifest.version;
