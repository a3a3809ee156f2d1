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
    ["wordpress:cli", "82:82"],
    ["phpmyadmin:5-fpm-alpine", "82:82"],
    ["phpmyadmin:5", "33:33"],
    ["phpmyadmin/phpmyadmin", "33:33"],
    ["postgis/postgis:17-3.5", "999:999"],
    ["postgis/postgis:17-3.5-alpine", "70:70"],
    ["redis/redis-stack-server:7.4.0-v3", undefined],
    ["influxdb", "1000:1000"],
    ["influxdb:2.9-alpine", "1000:1000"],
    ["influxdb:alpine", "1000:1000"],
    ["influxdb:1.12-meta", undefined],
    ["influxdb:1.12-alpine", "1500:1500"],
    ["influxdb:3-core", "1500:1500"],
    ["prom/prometheus:v3.5.0", "65534:65534"],
    ["prom/prometheus:v3.9.0-distroless", "65532:65532"],
    ["ghcr.io/library/postgres", undefined],
    ["acme/postgres", undefined],
  ])("%s runs as %s", (text, expected) => {
    expect(user(text)).toBe(expected);
  });

  test("ports and paths of a tag's own", () => {
    const row = (text: string): (typeof knownImages)[number] | undefined =>
      knownImage(parseImageReference(text));
    expect(row("influxdb:3-core")?.ports).toEqual([{ port: 8181, name: "http" }]);
    expect(row("influxdb:1.8")?.data).toEqual({ path: "/var/lib/influxdb" });
    expect(row("mariadb:11.8-ubi10")?.writable).toContain("/run/mariadb");
    expect(row("mariadb:11.8")?.writable).toContain("/run/mysqld");
    expect(row("phpmyadmin:5-fpm")?.ports).toEqual([{ port: 9000, name: "fastcgi" }]);
    expect(row("adminer:5-fastcgi")?.ports).toEqual([{ port: 9000, name: "fastcgi" }]);
    expect(row("wordpress:cli-php8.3")?.ports).toEqual([]);
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
