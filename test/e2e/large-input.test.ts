import { closeSync, openSync, writeSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, reportOf, type World } from "../support/cli.ts";
import { deep } from "../support/suites.ts";

/** One large file through `kubeops check`, with a heap that would not hold it if everything of it were kept. */
describe("a large file", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld();
  });
  afterAll(() => world.remove());

  const object = (index: number, port: string): string =>
    `apiVersion: v1\nkind: Service\nmetadata:\n  name: app-${index}\n  labels: {app: app-${index}}\n  annotations:\n    example.com/note: ${"x".repeat(500)}\nspec:\n  selector: {app: app-${index}}\n  ports:\n  - name: http\n    port: ${port}\n    protocol: TCP\n---\n`;
  const LINES = object(0, "80").split("\n").length - 1;

  test.each(deep ? [20, 200] : [20])(
    "of %s MB: faults at its two ends have their lines",
    (megabytes) => {
      const path = world.write("large.yaml", object(0, '"80"'));
      const descriptor = openSync(path, "a");
      let count = 1;
      for (let size = 0; size < megabytes * 1e6; count++) size += writeSync(descriptor, object(count, "80"));
      writeSync(descriptor, object(count, "800000"));
      closeSync(descriptor);
      const ran = world.kubeops(["check", "--profile", "none", "large.yaml", "-o", "json"], {
        env: { NODE_OPTIONS: `--max-old-space-size=${megabytes * 8 + 150}` },
      });
      expect(reportOf(ran).findings.map(({ code, place }) => [code, place?.line, place?.column])).toEqual([
        ["schema/type", 12, 11],
        ["server/out-of-range", count * LINES + 12, 11],
      ]);
      expect(ran.status).toBe(1);
    },
    600_000,
  );
});
