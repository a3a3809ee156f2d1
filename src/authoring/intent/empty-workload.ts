import type { WorkloadIntent } from "./intent.ts";

/** A workload of which nothing is said: what Compose means by every field that is left out. */
export const emptyWorkload: Omit<WorkloadIntent, "name" | "place"> = {
  image: "",
  env: [],
  ports: [],
  mounts: [],
  resources: {},
  mode: "replicated",
  restart: "always",
  capabilities: { add: [], drop: [] },
  sysctls: [],
  extraHosts: [],
  dependsOn: [],
  labels: {},
  annotations: {},
  aliases: [],
  networks: ["default"],
};
