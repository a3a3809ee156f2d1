import { describe, expect, it, vi } from "vitest";
import { actsOf, actTable } from "./act-table.ts";
import { anomaliesOf } from "./anomaly-table.ts";
import { readInventory } from "./read-inventory.ts";
import { toolsOf, toolTable } from "./tool-table.ts";

describe.each(actTable)("$kind", (row) => {
  it("is seen in its example and not in its neighbour, nor where it is forbidden", () => {
    const kinds = (text: string) => actsOf(text, 1).map((act) => act.kind);
    expect(kinds(row.positive)).toContain(row.kind);
    expect(kinds(row.negative)).not.toContain(row.kind);
    expect(kinds(`Never do this: ${row.positive}`)).toEqual([]);
  });
});

it("looks through the whole of a file once, however many of its lines would ask for it", () => {
  const asked = actTable.flatMap(({ within }) => (within === undefined ? [] : [vi.spyOn(within, "test")]));
  expect(asked.length).toBeGreaterThan(0);
  actsOf("RBAC config and a network policy\n".repeat(500), 1);
  for (const spy of asked) expect(spy.mock.calls.length).toBeLessThanOrEqual(1);
  vi.restoreAllMocks();
});

it.each(toolTable)("tool $positive gives $capability", (row) => {
  expect(toolsOf([row.positive], []).capabilities).toEqual([row.capability]);
  expect(toolsOf([row.negative], []).capabilities).toEqual([]);
});

it("takes a pattern on a command line for the whole tool, and no list for every tool", () => {
  expect(toolsOf(["Bash(git status:*)"], []).capabilities).toEqual(["shell"]);
  expect(toolsOf(undefined, []).inheritsAll).toBe(true);
  expect(toolsOf(undefined, ["Bash"]).capabilities).not.toContain("shell");
  expect(toolsOf(["Bash", "Read"], ["Bash"]).capabilities).toEqual(["read-files"]);
});

it("names hidden characters by their code and the first line of each", () => {
  expect(anomaliesOf("a\nb\u200bc\nd\u202ee")).toEqual([
    { kind: "hidden-unicode", line: 2, what: "hidden character U+200B" },
  ]);
  expect(anomaliesOf("\u{e0041}")[0]?.what).toBe("hidden character U+E0041");
  expect(anomaliesOf("plain, naïve – text 日本語")).toEqual([]);
});

describe("servers", () => {
  const servers = (entries: string, path = ".mcp.json", key = "mcpServers") =>
    readInventory("x", [{ path, text: `{"${key}": ${entries}}` }]).servers;

  it.each([
    ['{"command": "npx", "args": ["-y", "a"]}', { fetchesCode: true, pinned: false, transport: "stdio" }],
    ['{"command": "npx", "args": ["-y", "@a/b@1.2.3"]}', { fetchesCode: true, pinned: true }],
    ['{"command": "uvx", "args": ["a==1.2.3"]}', { pinned: true }],
    ['{"command": "uvx", "args": ["a@latest"]}', { pinned: false }],
    ['{"command": "node", "args": ["dist/server.js"]}', { fetchesCode: false, pinned: true }],
    [
      '{"type": "http", "url": "https://example.com/mcp"}',
      { remote: true, encrypted: true, transport: "http" },
    ],
    ['{"url": "http://localhost:8080/mcp"}', { remote: false, encrypted: true, transport: "http" }],
    [
      '{"type": "sse", "url": "http://example.com/sse"}',
      { remote: true, encrypted: false, transport: "sse" },
    ],
    ['{"command": "a", "args": ["--host", "0.0.0.0"]}', { exposed: true }],
    ['{"command": "a", "args": ["--read-only"]}', { readOnly: true }],
    ['{"command": "npx", "args": "not a list"}', { fetchesCode: true, pinned: false }],
  ])("%s", (entry, expected) => {
    expect(servers(`{"s": ${entry}}`)[0]).toMatchObject(expected);
  });

  it("tells a credential in clear from one that is filled in, and shows none", () => {
    const [server] = servers(
      '{"s": {"url": "https://u:Wq8zTk2m@example.com/", "headers": {"Authorization": "Bearer Wq8zTk2m"}, "env": {"A_TOKEN": "${A_TOKEN}", "B_KEY": "x"}}}',
    );
    expect(server?.literalSecrets.map((one) => one.what)).toEqual([
      "server s has the credential Authorization in clear",
      "server s has credentials in its URL",
    ]);
    expect(JSON.stringify(server)).not.toContain("Wq8zTk2m");
  });

  it("reads VS Code's member too, and survives hostile ones", () => {
    expect(servers('{"s": {"command": "a"}}', ".vscode/mcp.json", "servers")).toHaveLength(1);
    expect(servers('{"__proto__": {"command": "a"}, "constructor": 3, "t": null}')).toHaveLength(1);
    expect(servers('"text"')).toEqual([]);
  });
});

it("gives the same inventory whatever the order of files", () => {
  const files = [
    { path: "agents/b.md", text: "---\nname: b\n---\nkubectl apply -f x\n" },
    { path: "agents/a.md", text: "---\nname: a\ntools: Read\n---\n" },
    { path: "hooks/hooks.json", text: '{"hooks": {"PreToolUse": [{"hooks": [{"type": "command"}]}]}}' },
  ];
  expect(readInventory("x", files)).toEqual(readInventory("x", files.toReversed()));
});

it("counts lines of a body from the top of its file, with and without front matter", () => {
  const line = (text: string) =>
    readInventory("x", [{ path: "agents/a.md", text }]).instructions[0]?.acts[0]?.evidence.line;
  expect(line("kubectl apply -f a")).toBe(1);
  expect(line("---\nname: a\n---\n\nkubectl apply -f a")).toBe(5);
  expect(line("---\r\nname: a\r\n---\r\nkubectl apply -f a")).toBe(4);
});
