import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { shortPort } from "./ports.ts";
import { escapeExpansion, shellWords } from "../../../analysis/checks/secrets/shell-words.ts";
import { byteCount, durationSeconds, milliCores } from "./units.ts";
import { isHostPath, splitVolume } from "./volume.ts";

/** What Kubernetes does to commands, arguments and variables (third_party/forked/golang/expansion/expand.go). */
function expand(text: string, variables: Readonly<Record<string, string>>): string {
  let out = "";
  for (let at = 0; at < text.length; at++) {
    const rest = text.slice(at);
    const reference = /^\$\(([^)]*)\)/.exec(rest);
    if (rest.startsWith("$$")) {
      out += "$";
      at++;
    } else if (reference !== null) {
      out += variables[reference[1] ?? ""] ?? reference[0];
      at += reference[0].length - 1;
    } else out += text.charAt(at);
  }
  return out;
}

describe("texts that Kubernetes expands", () => {
  test("an escaped text comes out as it went in", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("$", "(", ")", "A", "{", " ")).map((parts) => parts.join("")),
        (text) => {
          expect(expand(escapeExpansion(text), { A: "expanded" })).toBe(text);
        },
      ),
    );
  });
  test.each([
    ["$(cat /x)", "$$(cat /x)"],
    ["$HOME", "$HOME"],
    ["a$$b", "a$$$$b"],
    ["cost: 5$", "cost: 5$"],
  ])("%s is written %s", (text, escaped) => {
    expect(escapeExpansion(text)).toBe(escaped);
  });
});

describe("words of a command (go-shellwords)", () => {
  test.each([
    ["npm run start", ["npm", "run", "start"]],
    [`sh -c "a && b"`, ["sh", "-c", "a && b"]],
    [`'a b' "c 'd'" e\\ f ''`, ["a b", "c 'd'", "e f", ""]],
    ["--a='b c'", ["--a=b c"]],
    ["", []],
  ])("%s", (text, words) => {
    expect(shellWords(text)).toEqual({ words, open: false });
  });
  test("a shell operator outside quotes ends the command, as in Compose", () => {
    expect(shellWords("echo a && echo b")).toEqual({ words: ["echo", "a"], stoppedAt: "&", open: false });
  });
  test.each(["'a", '"a', "a\\"])("%s is not closed", (text) => {
    expect(shellWords(text).open).toBe(true);
  });
});

describe("units", () => {
  test.each([
    ["1m30s", 90],
    ["90", 90],
    ["500ms", 0.5],
    ["1h5m30s20ms", 3930.02],
    ["2d", 172_800],
    ["1x", undefined],
    ["", undefined],
    ["-1s", undefined],
  ])("duration %s is %s seconds", (text, seconds) => {
    expect(durationSeconds(text)).toBe(seconds);
  });
  test.each([
    ["50M", 52_428_800],
    ["1.5G", 1_610_612_736],
    ["64mib", 67_108_864],
    ["200Mi", 209_715_200],
    ["1024", 1024],
    ["10b", 10],
    ["1 kb", 1024],
    ["x", undefined],
    ["-1m", undefined],
    ["99999999999p", undefined],
  ])("size %s is %s bytes", (text, bytes) => {
    expect(byteCount(text)).toBe(bytes);
  });
  test.each([
    ["0.5", 500],
    ["2", 2000],
    ["0.0001", 1],
    ["0.1", 100],
    ["1e3", undefined],
  ])("%s cores are %s thousandths", (text, milli) => {
    expect(milliCores(text)).toBe(milli);
  });
});

describe("ports, short form (compose-spec 05-services.md)", () => {
  const range = (first: number, last = first): object => ({ first, last });
  test.each([
    ["3000", { target: range(3000), protocol: "TCP" }],
    ["3000-3005", { target: range(3000, 3005), protocol: "TCP" }],
    ["8000:8000", { target: range(8000), published: range(8000), protocol: "TCP" }],
    ["9090-9091:8080-8081", { target: range(8080, 8081), published: range(9090, 9091), protocol: "TCP" }],
    ["8000-9000:80", { target: range(80), published: range(8000, 9000), protocol: "TCP" }],
    [
      "127.0.0.1:8001:8001",
      { target: range(8001), published: range(8001), hostIp: "127.0.0.1", protocol: "TCP" },
    ],
    ["127.0.0.1::80", { target: range(80), hostIp: "127.0.0.1", protocol: "TCP" }],
    ["::1:6000:6000", { target: range(6000), published: range(6000), hostIp: "::1", protocol: "TCP" }],
    ["[::1]:6001:6001", { target: range(6001), published: range(6001), hostIp: "::1", protocol: "TCP" }],
    ["6060:6060/udp", { target: range(6060), published: range(6060), protocol: "UDP" }],
    ["", undefined],
    ["0", undefined],
    ["65536", undefined],
    ["80/icmp", undefined],
    ["127.0.0.1:80", undefined],
    ["9-8:80", undefined],
    [":80", undefined],
  ])("%s", (text, parsed) => {
    expect(shortPort(text)).toEqual(parsed);
  });
});

test.each([
  ["data:/x", { source: "data", target: "/x", options: [] }],
  ["/x", { target: "/x", options: [] }],
  ["./a:/x:ro,z", { source: "./a", target: "/x", options: ["ro", "z"] }],
  ["C:\\a:/x", { source: "C:\\a", target: "/x", options: [] }],
  ["data:/x:ro:y", undefined],
  ["data::ro", undefined],
  ["", undefined],
])("volume %s", (text, parsed) => {
  expect(splitVolume(text)).toEqual(parsed);
});

test.each([
  ["./a", true],
  ["../a", true],
  ["/a", true],
  ["~/a", true],
  ["C:\\a", true],
  ["data", false],
])("%s is a path: %s", (source, path) => {
  expect(isHostPath(source)).toBe(path);
});
