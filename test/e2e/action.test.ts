import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, repository, type World } from "../support/cli.ts";

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly runs: {
    readonly steps: readonly { readonly run: string; readonly env: Readonly<Record<string, string>> }[];
  };
}

/** What the GitHub Action and the pre-commit hook run, run. */
describe("in CI and before a commit", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld();
    world.write("k8s/good.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n");
    world.write(
      "bad/bad.yaml",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad}\ndata: {a: x, a: y}\n",
    );
  });
  afterAll(() => world.remove());

  function act(inputs: Readonly<Record<string, string>>): {
    status: number | null;
    stdout: string;
    stderr: string;
  } {
    const action = load(readFileSync(join(repository, "action.yml"), "utf8")) as Action;
    const step = action.runs.steps[0];
    const env: Record<string, string> = {
      KUBEOPS_COMMAND: `${process.execPath} ${join(repository, "bin/kubeops.cjs")}`,
    };
    for (const [name, expression] of Object.entries(step?.env ?? {})) {
      const input = /^\$\{\{ inputs\.([a-z-]+) \}\}$/.exec(expression)?.[1] ?? "";
      env[name] = inputs[input] ?? action.inputs[input]?.default ?? "";
    }
    const script = Object.entries(env)
      .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`)
      .join("\n");
    return world.run("bash", ["-c", `${script}\n${step?.run ?? ""}`]);
  }

  test("the action passes good objects", () => {
    expect(act({ paths: "k8s" }).status).toBe(0);
  });

  test("the action annotates the line of a fault and fails", () => {
    const ran = act({ paths: "k8s bad" });
    expect(ran.stdout).toMatch(/^::error file=bad\/bad\.yaml,line=4,col=\d+,title=yaml\/duplicate-key::/m);
    expect(ran.status).toBe(1);
  });

  test("the action writes SARIF beside the annotations, and still fails", () => {
    const ran = act({ paths: "k8s bad", sarif: "out dir.sarif" });
    expect(ran.stdout).toMatch(/^::error file=bad\/bad\.yaml,/m);
    expect(ran.status).toBe(1);
    const log = JSON.parse(readFileSync(world.path("out dir.sarif"), "utf8")) as {
      readonly runs: readonly { readonly results: readonly { readonly ruleId: string }[] }[];
    };
    expect(log.runs[0]?.results.map((result) => result.ruleId)).toContain("yaml/duplicate-key");
    expect(act({ paths: "nothing", sarif: "none.sarif" }).status).toBe(2);
  });

  test("the action judges Pods by a level", () => {
    world.write(
      "pods/pod.yaml",
      "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {hostPID: true, containers: [{name: a, image: a:1}]}\n",
    );
    expect(act({ paths: "pods" }).status).toBe(0);
    const ran = act({ paths: "pods", "pod-security": "baseline" });
    expect(ran.status).toBe(1);
    expect(ran.stdout).toMatch(/title=pod-security\/hostNamespaces::/);
  });

  test("an input of the action is data, never script", () => {
    const ran = act({ paths: "k8s $(touch pwned) ;touch pwned" });
    expect(ran.status).toBe(2);
    expect(world.run("ls", ["pwned"]).status).not.toBe(0);
  });

  test("the pre-commit hook runs check on the files it is given", () => {
    const hooks = load(readFileSync(join(repository, ".pre-commit-hooks.yaml"), "utf8")) as readonly {
      readonly entry: string;
    }[];
    const words = hooks[0]?.entry.split(" ") ?? [];
    expect(words[0]).toBe("kubeops");
    expect(world.kubeops([...words.slice(1), "k8s/good.yaml"]).status).toBe(0);
    expect(world.kubeops([...words.slice(1), "k8s/good.yaml", "bad/bad.yaml"]).status).toBe(1);
  });
});
