import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mcpTools } from "../../src/mcp/tools/table.ts";
import { publishedTools } from "../../src/mcp/server/mcp-server.ts";
import { makeWorld, type World } from "../support/cli.ts";
import { connect } from "./connect.ts";

/** What is published to models: pinned, since a host's owner may have pinned it too. */
describe("tools/list", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld().prepare().charter();
  });
  afterAll(() => world.remove());

  test("is what was pinned", async () => {
    await expect(`${JSON.stringify({ tools: publishedTools() }, undefined, 2)}\n`).toMatchFileSnapshot(
      "testdata/tools-list.json",
    );
  });

  test("is the same for both eras, with a charter and without one, from the command line and from the bundle", async () => {
    const empty = makeWorld();
    const lists: unknown[] = [];
    for (const [where, options] of [
      [world, { era: "modern" }],
      [world, { era: "legacy" }],
      [world, { era: "modern", bundle: true }],
      [empty, { era: "legacy" }],
    ] as const) {
      const server = await connect(where, options);
      lists.push((await server.client.listTools()).tools, (await server.client.listTools()).tools);
      await server.close();
    }
    for (const list of lists) expect(list).toEqual(publishedTools());
    empty.remove();
  });

  test("fits the limits of hosts: names, descriptions of at most 2 KB, plain objects at the root", () => {
    for (const { name, description, inputSchema } of publishedTools()) {
      expect(name).toMatch(/^[a-z][a-z_]{0,63}$/);
      expect(Buffer.byteLength(description ?? ""), name).toBeLessThanOrEqual(2048);
      expect(inputSchema.type).toBe("object");
      expect(inputSchema["additionalProperties"], name).toBe(false);
      for (const keyword of ["anyOf", "oneOf", "allOf", "$ref"])
        expect(inputSchema).not.toHaveProperty(keyword);
    }
  });

  test("K6 no tool approves, and no argument of any tool is a path, a flag, a host, a context, a key or a trust root", () => {
    expect(mcpTools.map(({ name }) => name)).toEqual([
      "check",
      "explain",
      "plan_change",
      "show_plan",
      "request_approval",
      "apply_plan",
      "audit_query",
    ]);
    const names: string[] = [];
    const collect = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      if ("properties" in value) names.push(...Object.keys(value.properties as object));
      for (const inner of Object.values(value)) collect(inner);
    };
    // The operations' own arguments are of an application, by grammars of their own; the host of an Ingress is one of them.
    for (const { name, inputSchema } of mcpTools)
      if (name === "plan_change") names.push(...Object.keys(inputSchema["properties"] as object));
      else collect(inputSchema);
    expect([...new Set(names)].sort()).toEqual(
      [
        "before",
        "id",
        "kubeVersion",
        "limit",
        "manifests",
        "namespace",
        "offset",
        "operations",
        "part",
        "plan",
        "podSecurity",
        "target",
        "type",
      ].sort(),
    );
  });

  test("only apply_plan may write to a target, and it asks the host for its user", () => {
    const tools = publishedTools();
    expect(
      tools.filter(({ annotations }) => annotations?.destructiveHint !== false).map(({ name }) => name),
    ).toEqual(["apply_plan"]);
    expect(tools.find(({ name }) => name === "apply_plan")?._meta).toEqual({
      "anthropic/requiresUserInteraction": true,
    });
  });
});
