import * as fc from "fast-check";
import { expect, test } from "vitest";
import { emitYaml } from "../../../src/kube/yaml/emit-yaml.ts";
import { deep } from "../../support/suites.ts";
import { compare, skip } from "./compare.ts";
import { type Case, fieldConfig, kustomization, resources, seldom, withoutUndefined } from "./trees.ts";

/** A var of an object that is there. */
const pick = fc.record({
  name: fc.constantFrom("ONE", "TWO"),
  at: fc.nat(5),
  own: fc.boolean(),
  namespace: fc.constantFrom(undefined, undefined, "default"),
});
type Pick = typeof pick extends fc.Arbitrary<infer T> ? T : never;
const ownFields: Readonly<Record<string, string>> = {
  Deployment: "spec.template.spec.containers[0].image",
  Service: "spec.ports[0].port",
  Thing: "spec.ratio",
  Role: "rules.0.resourceNames",
  RoleBinding: "subjects.[kind=ServiceAccount].name",
  HorizontalPodAutoscaler: "spec.scaleTargetRef.name",
  ServiceAccount: "apiVersion",
};
function varOf({ name: variableName, at, own, namespace }: Pick, objects: readonly unknown[]): unknown {
  const { apiVersion, kind, metadata } = objects[at % objects.length] as {
    apiVersion: string;
    kind: string;
    metadata: { name: string };
  };
  const fieldPath = ownFields[kind];
  return {
    name: variableName,
    objref: { apiVersion, kind, name: metadata.name, namespace },
    fieldref: own && fieldPath !== undefined ? { fieldPath } : undefined,
  };
}

const cases: fc.Arbitrary<Case> = fc
  .record({
    base: kustomization,
    overlay: kustomization,
    component: seldom(kustomization),
    objects: resources,
    more: resources,
    adds: fc.constantFrom(false, false, false, true),
    picked: seldom(fc.uniqueArray(pick, { selector: (one) => one.name, minLength: 1, maxLength: 2 }), 2),
    config: seldom(fieldConfig, 2),
    configIn: fc.constantFrom(["base"], ["prod"], ["base", "prod"], ["part"]),
    lower: fc.constantFrom(false, false, false, false, true),
    pickedIn: fc.constantFrom("base", "base", "overlay"),
  })
  .map(
    ({
      base: plainBase,
      overlay: plainOverlay,
      component,
      objects,
      more,
      adds,
      config,
      configIn,
      lower,
      picked,
      pickedIn,
    }) => {
      const vars = picked?.map((one) => varOf(one, objects));
      const base = { ...plainBase, vars: pickedIn === "base" ? (vars ?? plainBase["vars"]) : undefined };
      const overlay = {
        ...plainOverlay,
        vars: pickedIn === "overlay" ? (vars ?? plainOverlay["vars"]) : undefined,
      };
      const text = (objectsOf: readonly unknown[]): string =>
        objectsOf.map((one) => emitYaml(withoutUndefined(one))).join("---\n");
      const files: Record<string, string> = {
        "base/kustomization.yaml": emitYaml(withoutUndefined({ resources: ["all.yaml"], ...base })),
        "base/all.yaml": text(objects),
        "prod/kustomization.yaml": emitYaml(
          withoutUndefined({
            resources: adds ? ["../base", "more.yaml"] : ["../base"],
            ...overlay,
            ...(component === undefined ? {} : { components: ["../part"] }),
          }),
        ),
      };
      if (adds) files["prod/more.yaml"] = text(more);
      if (component !== undefined)
        files["part/kustomization.yaml"] = emitYaml(
          withoutUndefined({
            apiVersion: "kustomize.config.k8s.io/v1alpha1",
            kind: "Component",
            ...component,
            namePrefix: component["namePrefix"] ?? "c-",
          }),
        );
      for (const folder of ["base", "prod", "part"]) {
        files[`${folder}/data.txt`] = "text\nof two lines\n";
        files[`${folder}/vars.env`] = "# a\nX=1\n Y=a=b\nZ\n";
      }
      for (const folder of config === undefined ? [] : configIn) {
        const path = `${folder}/kustomization.yaml`;
        if (files[path] === undefined) continue;
        files[path] += "configurations: [fields.yaml]\n";
        files[`${folder}/fields.yaml`] = emitYaml(withoutUndefined(config));
      }
      if (lower)
        for (const folder of ["base", "prod"])
          files[`${folder}/kustomization.yaml`] = lowered(files[`${folder}/kustomization.yaml`] ?? "");
      return { files, folder: "prod" };
    },
  );

/** Names of members without capitals: kustomize takes them in any case. Keys of mappings of texts have none. */
function lowered(text: string): string {
  return text.replaceAll(
    /^( *(?:- )?)([a-z][A-Za-z0-9]*):/gm,
    (_, indent: string, key: string) => indent + key.toLowerCase() + ":",
  );
}

test.skipIf(skip)(
  "generated kustomizations make what kustomize makes of them, and are refused where it refuses",
  () => {
    const asked = fc.sample(cases, { numRuns: deep ? 6_000 : 600, seed: 7 });
    const { built, differences } = compare(asked);
    expect(differences.slice(0, 1)).toEqual([]);
    const seen = { vars: 0, configurations: 0, origins: 0, changes: 0 };
    for (const { one, objects } of built) {
      const text = JSON.stringify(objects);
      if (Object.values(one.files).some((file) => file.includes("vars:\n"))) seen.vars++;
      if (Object.keys(one.files).some((file) => file.endsWith("fields.yaml"))) seen.configurations++;
      if (text.includes('"config.kubernetes.io/origin"')) seen.origins++;
      if (text.includes('"alpha.config.kubernetes.io/transformations"')) seen.changes++;
    }
    process.stderr.write(
      `kustomizations: ${built.length} of ${asked.length} built alike, ${seen.vars} with vars, ${seen.configurations} with configurations, ${seen.origins} with origins, ${seen.changes} with changes\n`,
    );
    expect(built.length).toBeGreaterThan(asked.length / 5);
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(asked.length / 200);
  },
  1_200_000,
);
