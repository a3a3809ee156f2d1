import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkInputs } from "../../../src/analysis/checks/reading/check-objects.ts";
import type { Finding } from "../../../src/analysis/findings/finding.ts";
import type { JsonObject } from "../../../src/kube/json.ts";
import { readObjects } from "../../../src/kube/read-objects.ts";
import type { InputFile } from "../../../src/kube/read-inputs.ts";
import { storedDefinition } from "../../../src/kube/schema/stored-definition.ts";
import { readDocuments } from "../../../src/kube/yaml/read-documents.ts";
import { goModule } from "../../support/go-module.ts";
import { leftOut } from "../../support/suites.ts";

const read = (path: string, name: string): InputFile => ({
  path: name,
  sha256: "",
  documents: readDocuments(name, readFileSync(path)),
});
const errorsIn = (name: string, findings: readonly Finding[]): readonly string[] =>
  findings
    .filter(({ severity, place }) => severity === "error" && (place === undefined || place.file === name))
    .map(({ code }) => code);

const validate = goModule("sigs.k8s.io/kubectl-validate", "v0.0.4");

/** Files that kubectl-validate refuses and kube-apiserver takes: why. */
const takenByTheServer: Readonly<Record<string, string>> = {
  "error_x_list_map_duplicate_key.yaml":
    "two container ports with one key: POST answers 201 with a warning; only server-side apply refuses them, so it is a warning",
};

/** Files that kubectl-validate takes and kube-apiserver refuses: why. */
const refusedByTheServer: Readonly<Record<string, string>> = {
  "configmap.yaml":
    "a finalizer of the core group without a domain must be a standard one (core/validation validateKubeFinalizerName)",
};

describe.skipIf(
  validate === undefined &&
    leftOut("testcases of kubectl-validate", "install Go, to read sigs.k8s.io/kubectl-validate v0.0.4"),
)("testcases of kubectl-validate", () => {
  const folder = join(validate ?? "", "testcases");
  // The body of a suite that is left out runs, too.
  const filesIn = (name: string): readonly string[] =>
    validate === undefined ? [] : readdirSync(join(folder, name));
  const names = filesIn("manifests").filter((name) => name.endsWith(".yaml"));
  // Definitions that its test set-up serves beside the manifests.
  const definitions = new Map<string, JsonObject>();
  for (const name of filesIn("crds")) {
    for (const { object } of readObjects(read(join(folder, "crds", name), name).documents).objects) {
      const stored = storedDefinition(object, false);
      if (typeof stored !== "string") definitions.set(`${stored.group}/${stored.kind}`, stored.definition);
    }
  }
  const options = {
    minor: 37,
    storedDefinition: (group: string, kind: string) => definitions.get(`${group}/${kind}`),
  };

  test.each(names)("%s", (name) => {
    const input = read(join(folder, "manifests", name), name);
    const found = errorsIn(name, checkInputs([input], options));
    const refused =
      (name.startsWith("error_") && takenByTheServer[name] === undefined) ||
      refusedByTheServer[name] !== undefined;
    expect(found.length > 0, found.join(", ")).toBe(refused);
  });
});

const kubeconform = goModule("github.com/yannh/kubeconform", "v0.7.0");

/** Verdicts of `kubeconform -strict` on its fixtures (acceptance.bats), and ours where they differ: why. */
const fixtures: Readonly<
  Record<string, "valid" | "invalid" | { readonly ours: "valid" | "invalid"; readonly why: string }>
> = {
  "blank.yaml": "valid",
  "comment.yaml": "valid",
  "duplicate_property.yaml": "invalid",
  "duplicates-non-namespaced.yaml": "invalid",
  "duplicates-with-namespace-default.yaml": {
    ours: "valid",
    why: "one names the namespace `default`, one names none: which it gets is known only when it is applied",
  },
  "duplicates-with-namespace.yaml": "invalid",
  "duplicates.yaml": "invalid",
  "extra_property.yaml": "invalid",
  "full_domain_group.yaml": "valid",
  "generate_name.yaml": {
    ours: "invalid",
    why: "kubectl apply and server-side apply refuse an object with generateName and without a name",
  },
  "int_or_string.yaml": "valid",
  "invalid.yaml": "invalid",
  "list_empty_valid.yaml": "valid",
  "list_invalid.yaml": "invalid",
  "list_valid.yaml": "valid",
  "missing_apiversion.yaml": "invalid",
  "missing_kind.yaml": "invalid",
  "missing_kind_value.yaml": "invalid",
  "multi_invalid.yaml": "invalid",
  "multi_invalid_resources.yaml": "invalid",
  "multi_valid.yaml": "valid",
  "multi_with_list.yaml": "valid",
  "null_array.yaml": "valid",
  "null_string.yaml": "valid",
  "quantity.yaml": "valid",
  "same-object-different-namespace-default.yaml": "valid",
  "same-object-different-namespace.yaml": "valid",
  "test_crd.yaml": "valid",
  "unconventional_keys.yaml": "valid",
  "valid.json": "valid",
  "valid.yaml": "valid",
  "valid_large.yaml": "valid",
  "valid_version.yaml": "valid",
  "crd_schema.yaml": {
    ours: "invalid",
    why: "apiextensions.k8s.io/v1beta1 is not served since Kubernetes 1.22",
  },
  "same-kind-different-api.yaml": {
    ours: "invalid",
    why: "apps/v1beta1 is not served since Kubernetes 1.16",
  },
};

describe.skipIf(
  kubeconform === undefined &&
    leftOut("fixtures of kubeconform", "install Go, to read github.com/yannh/kubeconform v0.7.0"),
)("fixtures of kubeconform", () => {
  test.each(Object.entries(fixtures))("%s", (name, verdict) => {
    const input = read(join(kubeconform ?? "", "fixtures", name), name);
    const found = errorsIn(name, checkInputs([input], { minor: 37 }));
    const wanted = typeof verdict === "string" ? verdict : verdict.ours;
    expect(found.length > 0 ? "invalid" : "valid", found.join(", ")).toBe(wanted);
  });
});
