import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../support/cli.ts";

const manifest = (name: string): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: shop
  labels:
    app.kubernetes.io/name: ${name}
spec:
  replicas: 2
  selector:
    matchLabels:
      app.kubernetes.io/name: ${name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: ${name}
    spec:
      containers:
        - name: web
          image: registry.example/${name}:1.2.3
          ports:
            - name: http
              containerPort: 8080
`;

// Whoever makes the young generation small again (1 MiB) sees eight times as many collections: bin/start.cjs.
test("a check of a thousand objects collects its young generation a few times", () => {
  const folder = mkdtempSync(join(tmpdir(), "kubeops-work-"));
  for (let number = 0; number < 1000; number++)
    writeFileSync(join(folder, `${number}.yaml`), manifest(`web-${number}`));
  const ran = spawnSync(
    process.execPath,
    ["--trace-gc", join(repository, "bin/kubeops.cjs"), "check", folder, "-o", "json"],
    { encoding: "utf8", maxBuffer: 64 * 1024 * 1024, env: { ...process.env, NO_COLOR: "1" } },
  );
  rmSync(folder, { recursive: true });
  expect(ran.status).toBe(0);
  const collections = ran.stdout.split("\n").filter((line) => / ms: Scavenge /.test(line)).length;
  expect(collections).toBeGreaterThan(2);
  expect(collections).toBeLessThan(50);
});

test("no closure of what is built is given its name anew each time that it is made", () => {
  const files = readdirSync(join(repository, "dist")).filter((name) => name.endsWith(".js"));
  expect(files.length).toBeGreaterThan(10);
  for (const file of files)
    expect([file, /__name\(/.test(readFileSync(join(repository, "dist", file), "utf8"))]).toEqual([
      file,
      false,
    ]);
});
