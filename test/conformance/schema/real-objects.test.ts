import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkInputs } from "../../../src/analysis/checks/reading/check-objects.ts";
import { LATEST_MINOR, resourceOf } from "../../../src/kube/catalogue/catalogue.ts";
import type { InputFile } from "../../../src/kube/read-inputs.ts";
import { identity, objectKey } from "../../../src/kube/object-key.ts";
import { readObjects } from "../../../src/kube/read-objects.ts";
import type { ReadObject } from "../../../src/kube/read-object.ts";
import { readDocuments } from "../../../src/kube/yaml/read-documents.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../../support/control-plane.ts";
import { conformanceData, leftOut } from "../../support/suites.ts";

const data = conformanceData("real");
const missing = data === undefined ? "KUBEOPS_CONFORMANCE_DATA is not set" : controlPlaneMissing;

/** Public manifests: what we refuse of each object, and what kube-apiserver says to it (dry run, strict). */
describe.skipIf(missing !== undefined && leftOut("public manifests against kube-apiserver", missing))(
  "public manifests against kube-apiserver",
  () => {
    let plane: ControlPlane;
    const refusedByServer = new Map<string, string>();
    const refusedByUs = new Map<string, string>();

    beforeAll(async () => {
      plane = await controlPlane({ components: "api", admissionOff: ["ServiceAccount"] });
      const reads = new Map<string, ReadObject>();
      for (const input of inputs(data ?? "")) {
        for (const read of readObjects(input.documents).objects) {
          const type = resourceOf(objectKey(read.object));
          const id = `${input.path}#${read.document} ${read.path.join(".")} ${identity(objectKey(read.object))}`;
          if (type?.minors.includes(LATEST_MINOR) === true) reads.set(id, read);
        }
        const findings = checkInputs([input], { minor: LATEST_MINOR });
        for (const [id, read] of reads) {
          if (read.file !== input.path) continue;
          const own = findings.find(
            ({ code, severity, object, path }) =>
              severity === "error" &&
              !code.startsWith("object/duplicate") &&
              object !== undefined &&
              identity(object) === identity(objectKey(read.object)) &&
              read.path.every((step, index) => path?.[index] === step),
          );
          if (own !== undefined) refusedByUs.set(id, `${own.code} ${own.message}`);
        }
      }
      const namespaces = new Set([...reads.values()].map(({ object }) => objectKey(object).namespace));
      for (const name of namespaces) {
        if (name !== "")
          await plane.admin("POST", "/api/v1/namespaces", {
            apiVersion: "v1",
            kind: "Namespace",
            metadata: { name },
          });
      }
      for (const [id, { object }] of reads) {
        const key = objectKey(object);
        const type = resourceOf(key);
        const root = key.group === "" ? `/api/${key.version}` : `/apis/${key.group}/${key.version}`;
        const inner =
          type?.namespaced === true ? `/namespaces/${key.namespace === "" ? "default" : key.namespace}` : "";
        const answer = await plane.admin(
          "POST",
          `${root}${inner}/${type?.plural}?dryRun=All&fieldValidation=Strict`,
          object,
        );
        // What stands already (namespaces, classes) was valid enough to be compared by name.
        if (answer.status >= 300 && answer.status !== 409)
          refusedByServer.set(id, String((answer.body as { readonly message?: unknown }).message));
      }
      expect(reads.size).toBeGreaterThan(300);
    });
    afterAll(() => plane?.stop());

    test("no error of ours that the server would not give", () => {
      expect([...refusedByUs].filter(([id]) => !refusedByServer.has(id))).toEqual([]);
    });

    test("nothing that the server refuses is passed", () => {
      expect([...refusedByServer].filter(([id]) => !refusedByUs.has(id))).toEqual([]);
      expect(refusedByServer.size).toBeGreaterThan(3);
    });
  },
);

function inputs(folder: string): readonly InputFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:ya?ml|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => {
      const name = relative(folder, path);
      return { path: name, sha256: "", documents: readDocuments(name, readFileSync(path)) };
    });
}
