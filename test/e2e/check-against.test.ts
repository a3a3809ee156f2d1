import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, type World } from "../support/cli.ts";

const deployment = (app: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: ${app}}}
  template:
    metadata: {labels: {app: ${app}}}
    spec: {containers: [{name: web, image: 'nginx:1.27'}]}
`;

let world: World;
beforeAll(() => {
  world = makeWorld();
});
afterAll(() => world.remove());

describe("kubeops check --against", () => {
  test("says which changes the API server would refuse as updates", () => {
    world.write("old/web.yaml", deployment("web"));
    world.write("new/web.yaml", deployment("shop"));
    const { status, stdout } = world.kubeops(["check", "new", "--against", "old"]);
    expect(status).toBe(1);
    expect(stdout).toContain("new/web.yaml:5:13  error  server/immutable  spec.selector cannot change");
  });

  test("has nothing to say of what did not change", () => {
    expect(world.kubeops(["check", "old", "--against", "old"]).status).toBe(0);
  });
});
