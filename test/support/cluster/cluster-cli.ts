import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeWorld, must, type Ran, type World } from "../cli.ts";
import type { ControlPlane } from "../control-plane.ts";

/** A folder in which the command line works on a cluster that a signed charter pins as `dev`. */
export interface ClusterCli {
  readonly world: World;
  /** With `--kubeconfig dev.kubeconfig`, unless another one is named. */
  kubeops(...args: string[]): Ran;
  /** Plans files into `<name>.json`; the plan must be allowed or need approval. */
  plan(name: string, ...args: string[]): Ran;
  approve(name: string): void;
  apply(name: string, ...args: string[]): Ran;
  /** Writes objects as one JSON list. */
  objects(file: string, ...objects: readonly object[]): void;
  /** Changes the charter's text, raises the serial and signs. */
  charter(edit: (text: string) => string): void;
}

/** @param edit of the charter's text before its owner signs it the first time */
export async function clusterCli(
  plane: ControlPlane,
  edit: (text: string) => string = (same) => same,
  namespaces: readonly string[] = ["shop", "other"],
): Promise<ClusterCli> {
  const world = makeWorld().prepare();
  world.write("dev.kubeconfig", plane.kubeconfig("admin"));
  const names = namespaces.flatMap((name) => ["-n", name]);
  must(
    world.kubeops([
      "charter",
      "init",
      "--name",
      "test",
      "--owner",
      "id_ed25519.pub",
      "--principal",
      "anna",
      ...names,
    ]),
  );
  must(
    world.kubeops(["charter", "pin", "--kubeconfig", "dev.kubeconfig", "--name", "dev", "--software-keys"]),
  );
  const file = join(world.env["HOME"] ?? "", ".config/kubeops/charter.yaml");
  const sign = (change: (text: string) => string): void => {
    writeFileSync(file, change(readFileSync(file, "utf8")), { mode: 0o600 });
    must(world.kubeops(["charter", "sign", "--key", "id_ed25519"]));
  };
  sign(edit);
  const raised = (text: string): string =>
    text.replace(
      /^( {2}serial: )(\d+)/m,
      (_line, key: string, serial: string) => `${key}${Number(serial) + 1}`,
    );
  const kubeops = (...args: string[]): Ran =>
    world.kubeops(
      args.includes("--kubeconfig") || args[0] === "charter" || args[0] === "audit"
        ? args
        : [...args, "--kubeconfig", "dev.kubeconfig"],
    );
  return {
    world,
    kubeops,
    plan: (name, ...args) =>
      must(kubeops("plan", "--target", "cluster:dev", "--out", `${name}.json`, ...args)),
    approve: (name) => void must(kubeops("approve", `${name}.json`, "--key", "id_ed25519", "--yes")),
    apply: (name, ...args) => kubeops("apply", `${name}.json`, ...args),
    objects: (path, ...items) =>
      void world.write(path, JSON.stringify({ apiVersion: "v1", kind: "List", items })),
    charter: (change) => sign((text) => raised(change(text))),
  };
}
