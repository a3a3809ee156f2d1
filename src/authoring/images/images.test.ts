import { describe, expect, test } from "vitest";
import { isFloating, parseImageReference } from "./image-reference.ts";
import { knownImages } from "./known-images.ts";
import { knownImage } from "./match-image.ts";

describe("image references", () => {
  test.each([
    ["nginx", "docker.io", "library/nginx", undefined, undefined],
    ["nginx:1.29", "docker.io", "library/nginx", "1.29", undefined],
    ["docker.io/nginx", "docker.io", "library/nginx", undefined, undefined],
    ["index.docker.io/library/nginx:1", "docker.io", "library/nginx", "1", undefined],
    ["grafana/grafana", "docker.io", "grafana/grafana", undefined, undefined],
    ["localhost/app:2", "localhost", "app", "2", undefined],
    ["localhost:5000/app", "localhost:5000", "app", undefined, undefined],
    ["ghcr.io/acme/app:1@sha256:00", "ghcr.io", "acme/app", "1", "sha256:00"],
    ["quay.io/a/b/c@sha256:ff", "quay.io", "a/b/c", undefined, "sha256:ff"],
    ["", "docker.io", "library/", undefined, undefined],
  ])("%s", (text, registry, repository, tag, digest) => {
    expect(parseImageReference(text)).toEqual({
      registry,
      repository,
      ...(tag === undefined ? {} : { tag }),
      ...(digest === undefined ? {} : { digest }),
    });
  });

  test.each([
    ["nginx", true],
    ["nginx:latest", true],
    ["nginx:1", false],
    ["nginx@sha256:00", false],
    ["nginx:latest@sha256:00", false],
  ])("%s floats: %s", (text, floating) => {
    expect(isFloating(parseImageReference(text))).toBe(floating);
  });
});

describe("the table of known images", () => {
  const user = (text: string): unknown => {
    const row = knownImage(parseImageReference(text))?.user;
    return row === undefined ? undefined : `${row.uid}:${row.gid}`;
  };

  test.each([
    ["postgres", "999:999"],
    ["postgres:17-alpine3.22", "70:70"],
    ["redis:8", "999:999"],
    ["redis:8-alpine", "999:1000"],
    ["nginx:alpine", "101:101"],
    ["php:8-fpm-alpine", "82:82"],
    ["php:8-fpm", "33:33"],
    ["php:8-apache", "33:33"],
    ["php:8-cli", undefined],
    ["wordpress:fpm-alpine", "82:82"],
    ["ghcr.io/library/postgres", undefined],
    ["acme/postgres", undefined],
  ])("%s runs as %s", (text, expected) => {
    expect(user(text)).toBe(expected);
  });

  test("every row can be reached, and names its source", () => {
    for (const row of knownImages) {
      expect(row.source).toMatch(/^\S.*\S$/);
      for (const repository of row.repositories) {
        expect(repository).toMatch(/^[a-z0-9.-]+\.[a-z]+\/[a-z0-9._/-]+$/);
        const rows = knownImages.filter((other) => other.repositories.includes(repository));
        // Only the last row of a repository takes every tag, unless the row is the only one.
        for (const earlier of rows.slice(0, -1)) expect(earlier.tag).toBeDefined();
      }
    }
  });

  test("paths are absolute, and none hides behind the link /var/run", () => {
    for (const { writable, data } of knownImages)
      for (const path of [...writable, ...(data === undefined ? [] : [data.path])]) {
        expect(path).toMatch(/^(?:\/[a-z0-9._-]+)+$/);
        expect(path).not.toMatch(/^\/var\/run(?:\/|$)/);
      }
  });
});
