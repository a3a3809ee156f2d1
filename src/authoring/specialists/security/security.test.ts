import { describe, expect, test } from "vitest";
import { port } from "../../../../test/support/authoring-intents.ts";
import { claim, container, notes, one, pod } from "../../../../test/support/authored.ts";
import { isArray, type Json, valueAt } from "../../../kube/json.ts";
import type { KnownImage } from "../../images/known-image.ts";
import { parseImageReference } from "../../images/image-reference.ts";
import { knownImages } from "../../images/known-images.ts";
import { knownImage } from "../../images/match-image.ts";
import type { MountIntent, WorkloadIntent } from "../../intent/intent.ts";

describe("the user", () => {
  test.each<[string, Partial<WorkloadIntent>, unknown, unknown, boolean]>([
    ["of an unknown image", {}, 10001, 10001, true],
    ["of a known image", { image: "redis:8-alpine" }, 999, 1000, true],
    [
      "of a known image, by its name",
      { image: "postgres:17-alpine", user: { name: "postgres" } },
      70,
      70,
      true,
    ],
    ["by number", { user: { uid: 5 } }, 5, undefined, true],
    ["by numbers", { user: { uid: 5, gid: 6 } }, 5, 6, true],
    ["a group alone", { image: "redis:8", user: { gid: 6 } }, 999, 6, true],
    ["root by number", { user: { uid: 0 } }, 0, undefined, false],
    ["root by name", { image: "redis:8", user: { name: "root" } }, 0, undefined, false],
    ["a name that only the image knows", { image: "redis:8", user: { name: "app" } }, 10001, 10001, true],
    ["a number out of range", { user: { uid: 2 ** 40 } }, 10001, 10001, true],
    ["an image that needs root and does not ask", { image: "portainer/portainer-ce" }, 10001, 10001, true],
  ])("%s", (_, changes, uid, gid, nonRoot) => {
    const authored = one(changes);
    expect(pod(authored, "securityContext", "runAsUser")).toBe(uid);
    expect(pod(authored, "securityContext", "runAsGroup")).toBe(gid);
    expect(pod(authored, "securityContext", "runAsNonRoot")).toBe(nonRoot);
  });

  test("an image that needs root says how to ask for it", () => {
    const [prerequisite] = one({ image: "linuxserver/plex:1" }).prerequisites;
    expect(prerequisite).toEqual({
      kind: "other",
      subject: "web",
      text: 'linuxserver/plex:1 needs root (its init (s6-overlay) starts as root, or needs a /run that its own user owns, which no volume of Kubernetes is): ask for it with user: "0" and the capabilities it needs with cap_add, or choose another image.',
    });
  });

  test("the group of volumes is never that of root", () => {
    const authored = one({ image: "grafana/grafana:12", mounts: [claim("data", "/var/lib/grafana")] });
    expect(pod(authored, "securityContext", "fsGroup")).toBe(472);
  });
});

describe("low ports, capabilities and what images need", () => {
  const sysctls = (changes: Partial<WorkloadIntent>): Json | undefined =>
    pod(one(changes), "securityContext", "sysctls");

  test("the lowest port below 1024 may be listened on, nothing lower", () => {
    expect(sysctls({ ports: [port(443), port(80), port(8080)] })).toEqual([
      { name: "net.ipv4.ip_unprivileged_port_start", value: "80" },
    ]);
  });

  test.each<[string, Partial<WorkloadIntent>]>([
    ["no low port", { ports: [port(1024)] }],
    ["the network of the node", { ports: [port(80)], hostNetwork: true }],
    [
      "root with the capability",
      { ports: [port(80)], user: { uid: 0 }, capabilities: { add: ["CAP_NET_BIND_SERVICE"], drop: [] } },
    ],
  ])("not for %s", (_, changes) => {
    expect(sysctls(changes)).toBeUndefined();
  });

  test("a value of the input stays", () => {
    const own = { name: "net.ipv4.ip_unprivileged_port_start", value: "0" };
    expect(sysctls({ ports: [port(80)], sysctls: [own] })).toEqual([own]);
  });

  test("a program with a file capability gets it, and stays restricted", () => {
    const authored = one({ image: "caddy:2" });
    expect(container(authored, "securityContext", "capabilities")).toEqual({
      drop: ["ALL"],
      add: ["NET_BIND_SERVICE"],
    });
    expect(authored.relaxations).toEqual([]);
  });

  test("known images get a read-only root and their writable paths, unless a mount covers them", () => {
    const authored = one({ image: "nginx:1", mounts: [{ kind: "empty", path: "/var/run", memory: true }] });
    expect(container(authored, "securityContext", "readOnlyRootFilesystem")).toBe(true);
    const mounts = container(authored, "volumeMounts");
    expect(isArray(mounts) ? mounts.map((mount) => valueAt(mount, ["mountPath"])) : []).toEqual([
      "/tmp",
      "/var/run",
      "/var/cache/nginx",
    ]);
  });

  test("the input's word on the root file system counts", () => {
    const root = (changes: Partial<WorkloadIntent>): Json | undefined =>
      container(one(changes), "securityContext", "readOnlyRootFilesystem");
    expect(root({})).toBe(false);
    expect(root({ readOnlyRoot: true })).toBe(true);
    expect(root({ image: "nginx:1", readOnlyRoot: false })).toBe(false);
  });

  test("data of Postgres goes into a folder of the volume, unless the input says where", () => {
    const mounts = [claim("data", "/var/lib/postgresql/data")];
    expect(container(one({ image: "postgres:17", mounts }), "env")).toEqual([
      { name: "PGDATA", value: "/var/lib/postgresql/data/pgdata" },
    ]);
    const env = [{ name: "PGDATA", value: "/var/lib/postgresql/data/own" }];
    expect(container(one({ image: "postgres:17", mounts, env }), "env")).toEqual(env);
  });

  test("data without a volume goes to an empty folder that the program owns, and that is said", () => {
    const authored = one({ image: "postgres:18" });
    expect(container(authored, "env")).toEqual([
      { name: "PGDATA", value: "/var/lib/postgresql/data/pgdata" },
    ]);
    expect(container(authored, "volumeMounts")).toContainEqual({
      name: "scratch-var-lib-postgresql-data",
      mountPath: "/var/lib/postgresql/data",
    });
    expect(notes(authored, "storage/no-volume")).toEqual([
      "the input has no volume for /var/lib/postgresql/data, where postgres:18 keeps its data: it is lost when the Pod is replaced.",
    ]);
  });

  test("a volume above the data, or a part of one at it, is left to the image", () => {
    for (const mount of [
      claim("data", "/var/lib/postgresql"),
      { ...claim("data", "/var/lib/postgresql/data"), subPath: "pg" } as MountIntent,
    ]) {
      const authored = one({ image: "postgres:18", mounts: [mount] });
      expect(container(authored, "env")).toBeUndefined();
      expect(notes(authored, "storage/no-volume")).toEqual([]);
    }
  });

  test("Kafka gets a sub-path, wherever its image is from", () => {
    for (const image of ["apache/kafka:4.0.0", "confluentinc/cp-kafka:8.0.0"])
      expect(
        container(one({ image, mounts: [claim("data", "/var/lib/kafka/data")] }), "volumeMounts"),
      ).toContainEqual({ name: "data", mountPath: "/var/lib/kafka/data", subPath: "kafka" });
  });

  test("pgAdmin stays on port 80, which it leaves by itself without privileges, unless it shall speak TLS", () => {
    const image = "dpage/pgadmin4:9";
    const usual = { name: "PGADMIN_LISTEN_PORT", value: "80" };
    const own = { name: "PGADMIN_LISTEN_PORT", value: "5050" };
    const tls = { name: "PGADMIN_ENABLE_TLS", value: "True" };
    expect(container(one({ image }), "env")).toEqual([usual]);
    expect(container(one({ image, env: [own] }), "env")).toEqual([own]);
    expect(container(one({ image, env: [tls] }), "env")).toEqual([tls]);
  });

  test("MySQL gets a sub-path: it refuses a directory that holds lost+found", () => {
    expect(
      container(one({ image: "mysql:8", mounts: [claim("data", "/var/lib/mysql")] }), "volumeMounts"),
    ).toContainEqual({ name: "data", mountPath: "/var/lib/mysql", subPath: "mysql" });
  });
});

describe("every row of the table of images", () => {
  const tags = ["1", "1-alpine", "1-apache", "1-fpm", "1-fpm-alpine", "1-rootless", "cli", "1-fastcgi"];
  const more = ["1-ubi", "3-core", "9-distroless", "2"];
  const images = knownImages.flatMap((row) =>
    row.repositories.map((repository): [string, KnownImage] => {
      const image = [...tags, ...more]
        .map((tag) => `${repository}:${tag}`)
        .find((text) => knownImage(parseImageReference(text)) === row);
      return [image ?? `no tag for ${repository}`, row];
    }),
  );

  test.each(images)("%s passes restricted, and what it writes to is a volume", (image, row) => {
    const authored = one({ image });
    expect(authored.relaxations).toEqual([]);
    const mounts = container(authored, "volumeMounts");
    const paths = isArray(mounts) ? mounts.map((mount) => valueAt(mount, ["mountPath"])) : [];
    for (const path of [...row.writable, ...(row.data === undefined ? [] : [row.data.path])])
      expect(paths).toContain(path);
    expect(pod(authored, "securityContext", "runAsUser")).toBe(row.user?.uid ?? 10001);
  });
});
