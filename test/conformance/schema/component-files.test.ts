import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkInputs } from "../../../src/analysis/checks/reading/check-objects.ts";
import { readDocuments } from "../../../src/kube/yaml/read-documents.ts";
import { goModule } from "../../support/go-module.ts";
import { leftOut } from "../../support/suites.ts";

// The test data of the components themselves: what they read, and what they refuse to read strictly.
const kubernetes = goModule("k8s.io/kubernetes", "v1.37.2");
const apiserver = goModule("k8s.io/apiserver", "v0.37.2");
const skip =
  (kubernetes === undefined || apiserver === undefined) &&
  leftOut(
    "test data of component files",
    "install Go, to read k8s.io/kubernetes v1.37.2 and k8s.io/apiserver v0.37.2",
  );

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".yaml"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

const found = (file: string): readonly string[] =>
  checkInputs([{ path: "file", sha256: "", documents: readDocuments("file", readFileSync(file)) }], {
    minor: 37,
  })
    .filter(({ code }) => code !== "schema/field-off" && code !== "yaml/ambiguous-scalar")
    .map(({ code, message }) => `${code} ${message}`);

describe.skipIf(skip)("files of components", () => {
  test.each([
    ["kubelet", () => filesIn(join(kubernetes ?? "", "pkg/kubelet/apis/config/scheme/testdata"))],
    ["kube-proxy", () => filesIn(join(kubernetes ?? "", "pkg/proxy/apis/config/scheme/testdata"))],
    [
      "kube-apiserver",
      () => filesIn(join(apiserver ?? "", "pkg/server/options/encryptionconfig/testdata/valid-configs")),
    ],
  ])("%s: what it reads has no fault", (_, files) => {
    // The legacy form of EncryptionConfiguration has an apiVersion of the core group.
    const paths = files().filter((path) => !path.endsWith("/legacy.yaml"));
    expect(paths.length).toBeGreaterThan(2);
    expect(paths.flatMap((path) => found(path).map((fault) => `${path}: ${fault}`))).toEqual([]);
  });

  test("kubeadm: valid files have no fault, strict errors are told", () => {
    const folder = join(kubernetes ?? "", "cmd/kubeadm/app/util/config/strict/testdata");
    const wrong: string[] = [];
    for (const path of filesIn(folder)) {
      const name = path.slice(folder.length + 1);
      const codes = found(path).map((fault) => fault.slice(0, fault.indexOf(" ")));
      const wanted = name.startsWith("valid_")
        ? []
        : name.includes("duplicate_field")
          ? ["yaml/duplicate-key"]
          : name.includes("field")
            ? ["schema/unknown-field"]
            : undefined;
      if (wanted !== undefined && JSON.stringify(codes) !== JSON.stringify(wanted))
        wrong.push(`${name}: ${codes.join()}`);
    }
    expect(wrong).toEqual([]);
  });
});
