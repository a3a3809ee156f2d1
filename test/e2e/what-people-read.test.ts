import { mkdirSync, symlinkSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, must, type World } from "../support/cli.ts";

describe("what people read", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld().prepare().charter();
  });
  afterAll(() => world.remove());

  const config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: '1'}\n";
  const TARGET = ["--target", "git:./gitops#apps/shop"];

  test("K5 approve shows the plan to the person also where a program reads JSON", () => {
    world.write("one/a.yaml", config);
    const made = must(world.kubeops(["plan", "-f", "one", "-n", "shop", ...TARGET, "-o", "json"]));
    const { digest } = JSON.parse(made.stdout) as { digest: string };
    const ran = must(world.kubeops(["approve", digest, "--key", "id_ed25519", "--yes", "-o", "json"]));
    expect(JSON.parse(ran.stdout)).toMatchObject({ kind: "SignedApproval", statement: { plan: digest } });
    expect(ran.stderr).toContain(`digest   ${digest}`);
    expect(ran.stderr).toContain("kind: ConfigMap");
  });

  test("K5 no name of a file reaches the terminal but as printable ASCII, and once escaped", () => {
    const name = "x\u001b[2J\u202e.yaml";
    world.write("evil/good.yaml", config);
    world.write(`evil/${name}`, "a: 1\n");
    const checked = world.kubeops(["check", "evil"]);
    expect(checked.stderr).toBe("skipped evil/x\\u{1b}[2J\\u{202e}.yaml: no apiVersion in it\n");
    world.write(`evil/${name}`, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, name: b}\n");
    const refused = world.kubeops(["plan", "-f", `evil/${name}`, "-n", "shop", ...TARGET]);
    expect(refused.stderr).toContain(
      'error: evil/x\\u{1b}[2J\\u{202e}.yaml:3:21: key "name" is already set at evil/x\\u{1b}[2J\\u{202e}.yaml:3:12;',
    );
  });

  test("check does not pass where nothing was checked, and names a manifest that is a link to nothing", () => {
    mkdirSync(world.path("empty"));
    symlinkSync("gone.yaml", world.path("empty/a.yaml"));
    const ran = world.kubeops(["check", "empty"]);
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(ran.stderr).toBe(
      "error: no Kubernetes object was found in the inputs [INPUT_EMPTY]\n" +
        "  hint: left aside: empty/a.yaml (neither a file nor a folder, or a link to nothing)\n",
    );
    expect(world.kubeops(["check", "empty/b.yaml"]).stderr).toContain("error: empty/b.yaml does not exist");
  });

  test("a Compose file that does nothing but include others is one", () => {
    world.write("including/compose.yaml", "include: [web.yaml]\n");
    world.write("including/web.yaml", "services:\n  web:\n    image: a/b:1\n");
    const ran = must(world.kubeops(["plan", "-f", "including/compose.yaml", "-n", "shop", ...TARGET]));
    expect(ran.stdout).toContain("Deployment.apps shop/web");
  });

  test("a remark about a Compose file says where, as an error does", () => {
    world.write("compose/compose.yaml", "services:\n  web:\n    image: a/b:1\n    labels: {on: y}\n");
    const ran = world.kubeops(["plan", "-f", "compose/compose.yaml", "-n", "shop", ...TARGET]);
    expect(ran.stderr).toMatch(/^warning: compose\/compose\.yaml:4:14: .* \[yaml\/ambiguous-scalar\]\n/);
  });
});
