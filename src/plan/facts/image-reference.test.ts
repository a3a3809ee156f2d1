import { describe, expect, it } from "vitest";
import { imageAllowed, parseImage } from "./image-reference.ts";

const digest = `sha256:${"a".repeat(64)}`;

describe("parseImage", () => {
  it.each([
    ["nginx", "docker.io", "library/nginx", null, null],
    ["nginx:1.27", "docker.io", "library/nginx", "1.27", null],
    ["acme/web", "docker.io", "acme/web", null, null],
    ["docker.io/nginx", "docker.io", "library/nginx", null, null],
    ["index.docker.io/nginx:1", "docker.io", "library/nginx", "1", null],
    ["ghcr.io/acme/web:1.2.3", "ghcr.io", "acme/web", "1.2.3", null],
    ["localhost/web", "localhost", "web", null, null],
    ["localhost:5000/a/b/c:x", "localhost:5000", "a/b/c", "x", null],
    ["registry:5000/a", "registry:5000", "a", null, null],
    ["GHCR/acme/web", "ghcr", "acme/web", null, null],
    [`nginx@${digest}`, "docker.io", "library/nginx", null, digest],
    [`ghcr.io/acme/web:1@${digest}`, "ghcr.io", "acme/web", "1", digest],
    ["[2001:db8::1]:5000/a", "[2001:db8::1]:5000", "a", null, null],
  ])("reads %s", (text, registry, repository, tag, sum) => {
    expect(parseImage(text)).toEqual({ registry, repository, tag, digest: sum });
  });
  it.each([
    "",
    ":1",
    "Nginx",
    "nginx:",
    "nginx:a b",
    "nginx@sha256:abc",
    "a//b",
    "a/",
    "/a",
    "https://ghcr.io/a",
    "${IMAGE}",
    "ghcr.io/A/b",
    "nginx\n",
    `x:${"a".repeat(129)}`,
    "a..b/c d",
  ])("refuses %j", (text) => {
    expect(parseImage(text)).toBeUndefined();
  });
});

describe("imageAllowed", () => {
  it("ends prefixes at a boundary of the path", () => {
    const allowed = (prefix: string, image: string): boolean => imageAllowed([prefix], parseImage(image)!);
    expect(allowed("docker.io/library", "nginx")).toBe(true);
    expect(allowed("docker.io/library/nginx", "nginx:1")).toBe(true);
    expect(allowed("docker.io/lib", "nginx")).toBe(false);
    expect(allowed("ghcr.io/acme", "ghcr.io/acme-evil/web")).toBe(false);
    expect(allowed("ghcr.io", "ghcr.io.evil.example/acme/web")).toBe(false);
    expect(allowed("*", "quay.io/x")).toBe(true);
    expect(imageAllowed([], parseImage("nginx")!)).toBe(false);
  });
});
