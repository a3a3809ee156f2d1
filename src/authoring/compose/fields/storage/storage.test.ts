import { describe, expect, test } from "vitest";
import { compose, rows, workload } from "../../../../../test/support/compose.ts";

function mounted(
  volumes: string,
  files: Readonly<Record<string, string | Uint8Array>> = {},
  fields = "image: nginx",
): ReturnType<typeof compose> {
  return compose({
    "compose.yaml": `services: {web: {${fields}, volumes: [${volumes}]}}\nvolumes: {data: , my_data: , named: {name: shared}, ext: {external: true}}`,
    ...files,
  });
}
const row = (read: ReturnType<typeof compose>): string | undefined =>
  rows(read, "services.web.volumes[0]")[0]?.replace(" services.web.volumes[0]", "");

describe("volumes", () => {
  test.each([
    ["'data:/d'", { kind: "claim", volume: "app-data", path: "/d", readOnly: false }, "used"],
    ["'my_data:/d:ro'", { kind: "claim", volume: "app-my-data", path: "/d", readOnly: true }, "used"],
    ["'named:/d/'", { kind: "claim", volume: "shared", path: "/d", readOnly: false }, "used"],
    ["'ext:/d'", { kind: "claim", volume: "ext", path: "/d", readOnly: false }, "used"],
    [
      "'/cache'",
      { kind: "empty", path: "/cache", memory: false },
      "changed: an anonymous volume becomes an empty folder that lives as long as the Pod",
    ],
  ])("%s", (volume, mount, report) => {
    const read = mounted(volume);
    expect(workload(read).mounts).toEqual([mount]);
    expect(row(read)).toBe(report);
  });
  test("volumes carry labels and sizes, and whether others own them", () => {
    const read = compose(
      "services: {web: {image: a, labels: {kompose.volume.size: 1Gi, kompose.volume.subpath: sub}, volumes: ['dd:/d', 'ee:/e']}}\nvolumes: {dd: {labels: [tier=data, bad key=x], driver: nfs, driver_opts: {o: x}}, ee: {external: true, name: other_claim}, unused: {}}",
    );
    expect(read.intent.volumes.map(({ place: _place, ...rest }) => rest)).toEqual([
      { name: "app-dd", sizeBytes: 1_073_741_824, labels: { tier: "data" } },
      { name: "other-claim", sizeBytes: 1_073_741_824, labels: {}, external: true },
    ]);
    expect(workload(read).mounts.map((mount) => ("subPath" in mount ? mount.subPath : ""))).toEqual([
      "sub",
      "sub",
    ]);
    expect(rows(read, "volumes")).toEqual([
      "used volumes.dd.labels[0]",
      "dropped volumes.dd.labels[1]: Kubernetes takes no such label",
      "dropped volumes.dd.driver: the storage class of the cluster provides the volume",
      "dropped volumes.dd.driver_opts: the storage class of the cluster provides the volume",
      "used volumes.ee.external",
      "changed volumes.ee.name: a claim's name is a DNS label: other-claim",
      "dropped volumes.unused: no service that runs uses it",
    ]);
  });
  test("tmpfs and shm_size are memory", () => {
    const read = compose(
      "services: {web: {image: a, tmpfs: [/run, '/tmp:size=64m,mode=1777'], shm_size: 1g}}",
    );
    expect(workload(read).mounts).toEqual([
      { kind: "empty", path: "/run", memory: true },
      { kind: "empty", path: "/tmp", memory: true, sizeBytes: 67_108_864 },
      { kind: "empty", path: "/dev/shm", memory: true, sizeBytes: 1_073_741_824 },
    ]);
    expect(rows(read, "services.web.tmpfs")).toEqual([
      "used services.web.tmpfs[0]",
      "changed services.web.tmpfs[1]: an empty folder in memory takes a size and no other option",
    ]);
  });
  test("volumes_from takes the claims of another service", () => {
    const read = compose(
      "services: {web: {image: a, volumes_from: ['db:ro', 'container:x']}, db: {image: b, volumes: ['dd:/d', '/e']}}\nvolumes: {dd: }",
    );
    expect(workload(read).mounts).toEqual([
      { kind: "claim", volume: "app-dd", path: "/d", readOnly: true },
      { kind: "empty", path: "/e", memory: false },
    ]);
    expect(rows(read, "services.web.volumes_from")).toEqual([
      "used services.web.volumes_from[0]",
      "dropped services.web.volumes_from[1]: it names no service of this application that runs",
    ]);
  });
  test("a folder that a build fills is not hidden", () => {
    const read = mounted(
      "'./src:/code', '/code/node_modules', 'data:/opt/node_modules'",
      { "src/a.js": "x" },
      "build: .",
    );
    expect(workload(read).mounts).toEqual([
      { kind: "claim", volume: "app-data", path: "/opt/node_modules", readOnly: false },
    ]);
    expect(rows(read, "services.web.volumes")).toEqual([
      "dropped services.web.volumes[0]: it replaces a part of the image that is built: the image must contain it",
      "dropped services.web.volumes[1]: it only shields a folder of the image; an empty folder would hide the image's own",
      "used services.web.volumes[2]",
    ]);
    expect(read.problems.map(({ code }) => code)).toEqual(["compose/volume-hides-image"]);
  });
});

describe("bind mounts", () => {
  test("a text file of the project becomes a ConfigMap", () => {
    const read = mounted("'./nginx.conf:/etc/nginx/conf.d/default.conf:ro'", { "nginx.conf": "server {}\n" });
    expect(workload(read).mounts).toEqual([
      {
        kind: "config",
        config: "web-default-conf",
        key: "nginx.conf",
        path: "/etc/nginx/conf.d/default.conf",
      },
    ]);
    expect(read.intent.configs).toEqual([
      { name: "web-default-conf", data: { "nginx.conf": "server {}\n" } },
    ]);
    expect(read.inputs.map(({ path }) => path)).toEqual(["compose.yaml", "nginx.conf"]);
    expect(row(read)).toBe("changed: files of the project become a ConfigMap, which is read-only");
  });
  test("a folder of text files becomes one ConfigMap, its secrets apart", () => {
    const read = mounted("'./conf:/etc/app'", {
      "conf/a.ini": "a=1",
      "conf/sub/b.ini": "b=2",
      "conf/tls.key": "-----BEGIN PRIVATE KEY-----\nx",
    });
    expect(workload(read).mounts).toEqual([
      { kind: "config", config: "web-app", key: "a.ini", path: "/etc/app/a.ini" },
      { kind: "secret", secret: "web-app-files", key: "tls.key", path: "/etc/app/tls.key" },
      { kind: "config", config: "web-app", key: "sub_b.ini", path: "/etc/app/sub/b.ini" },
    ]);
    expect(read.intent.configs[0]?.data).toEqual({ "a.ini": "a=1", "sub_b.ini": "b=2" });
    expect(read.intent.secrets[0]?.keys.map(({ key, file }) => [key, file])).toEqual([
      ["tls.key", "conf/tls.key"],
    ]);
    expect(row(read)).toBe("reference: a file that holds credentials becomes a key of a Secret");
  });
  test.each([
    [
      "'/var/run/docker.sock:/var/run/docker.sock'",
      {},
      "the socket of the container engine would give the whole node away; there is none in a cluster",
    ],
    [
      "'/etc/localtime:/etc/localtime:ro'",
      {},
      "a path of the host outside the project: no path of a node is mounted",
    ],
    ["'~/x:/x'", {}, "a path of the host outside the project: no path of a node is mounted"],
    ["'../x:/x'", {}, "a path of the host outside the project: no path of a node is mounted"],
    ["'./none:/etc/x'", {}, "there is no such file or folder in the project"],
    [
      "'./html:/usr/share/nginx/html'",
      { "html/index.html": "x" },
      "a folder of the host that the container may write to: add :ro to carry its text files as a ConfigMap, or use a named volume",
    ],
    [
      "'./bin:/etc/bin.conf'",
      { bin: new Uint8Array([0, 1]) },
      "a file that is not UTF-8 text: put it into the image or a volume",
    ],
    [
      "'./big.conf:/etc/big.conf'",
      { "big.conf": "x".repeat(256 * 1024 + 1) },
      "a file larger than 256 KiB does not fit a ConfigMap",
    ],
    [
      "'./many:/etc/many'",
      Object.fromEntries(Array.from({ length: 31 }, (_, i) => [`many/${i}.conf`, "x"])),
      "a folder of more than 30 files",
    ],
    [
      "'./large:/etc/large'",
      Object.fromEntries(Array.from({ length: 3 }, (_, i) => [`large/${i}.conf`, "x".repeat(200 * 1024)])),
      "a folder of more than 512 KiB",
    ],
    ["{type: npipe, source: x, target: /x}", {}, "Kubernetes has no mount of this type"],
    ["'./a:relative'", {}, "the target is no absolute path of a Linux container"],
  ])("%s is dropped", (volume, files, reason) => {
    const read = mounted(volume, files);
    expect(workload(read).mounts).toEqual([]);
    expect(row(read)).toBe(`dropped: ${reason}`);
  });
  test("read-only, any folder of text files is carried", () => {
    const read = mounted(
      "{type: bind, source: ./html, target: /usr/share/nginx/html, read_only: true, bind: {propagation: shared}}",
      { "html/index.html": "x" },
    );
    expect(workload(read).mounts).toEqual([
      { kind: "config", config: "web-html", key: "index.html", path: "/usr/share/nginx/html/index.html" },
    ]);
    expect(rows(read, "services.web.volumes[0].bind")).toEqual([
      "dropped services.web.volumes[0].bind: it concerns a mount of the host",
    ]);
  });
});

describe("configs and secrets", () => {
  test("configs by file, content, environment and name outside; secrets likewise", () => {
    const read = compose({
      "compose.yaml": `services:
  web:
    image: a
    configs: [one, {source: two, target: /etc/two, mode: 0440, uid: '5'}, three, out]
    secrets: [s, {source: t, target: /x/t, mode: 0400}, e]
configs: {one: {file: one.txt}, two: {content: hello}, three: {environment: THREE}, out: {external: true, name: Given_Name}, unused: {content: x}}
secrets: {s: {file: ./s.txt}, t: {external: true}, e: {environment: E}}
`,
      "one.txt": "text of one",
    });
    expect(workload(read).mounts).toEqual([
      { kind: "config", config: "app-one", key: "one", path: "/one" },
      { kind: "config", config: "app-two", key: "two", path: "/etc/two", mode: 0o440 },
      { kind: "secret", secret: "app-three", key: "three", path: "/three" },
      { kind: "config", config: "given-name", key: "out", path: "/out" },
      { kind: "secret", secret: "app-s", key: "s", path: "/run/secrets/s" },
      { kind: "secret", secret: "t", key: "t", path: "/x/t", mode: 0o400 },
      { kind: "secret", secret: "app-e", key: "e", path: "/run/secrets/e" },
    ]);
    expect(read.intent.configs).toEqual([
      { name: "app-one", data: { one: "text of one" } },
      { name: "app-two", data: { two: "hello" } },
      { name: "given-name", data: {}, external: true },
    ]);
    expect(read.intent.secrets.map(({ name, keys }) => [name, keys[0]?.reason, keys[0]?.file])).toEqual([
      ["app-e", "secrets.e", undefined],
      ["app-s", "secrets.s", "s.txt"],
      ["app-three", "configs.three from the environment", undefined],
      ["t", "secrets.t exists outside this application", undefined],
    ]);
    expect(rows(read, "configs.unused")).toEqual([
      "dropped configs.unused: no service that runs uses it, or none of this",
    ]);
  });
});
