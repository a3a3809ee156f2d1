import { describe, expect, test } from "vitest";
import { readObjects } from "../../../kube/read-objects.ts";
import { readDocuments } from "../../../kube/yaml/read-documents.ts";
import { buildRbac } from "../evaluate/rbac.ts";
import { parseSubject } from "../model/subject.ts";
import { attackGraph, type AttackGraph } from "./graph.ts";
import type { AttackFixture } from "./technique.ts";
import { techniques } from "./techniques.ts";

function graphOf({ rules, namespace, objects, minor }: AttackFixture): AttackGraph {
  const inNamespace = namespace !== undefined;
  const text = [
    JSON.stringify({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "attack" },
      rules,
    }),
    JSON.stringify({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: inNamespace ? "RoleBinding" : "ClusterRoleBinding",
      metadata: { name: "attack", ...(inNamespace ? { namespace } : {}) },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "attack" },
      subjects: [{ kind: "ServiceAccount", name: "attacker", namespace: "evil" }],
    }),
    ...(objects === undefined ? [] : [objects]),
    // The role that fixtures bind; what Kubernetes makes itself is left out, so that a fixture is the whole world.
    'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: cluster-admin}\nrules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]',
  ].join("\n---\n");
  const read = readObjects(readDocuments("fixture.yaml", new TextEncoder().encode(text)));
  expect(read.problems).toEqual([]);
  const rbac = buildRbac(read.objects, { builtin: false, ...(minor === undefined ? {} : { minor }) });
  return attackGraph(rbac, parseSubject("sa:evil/attacker"));
}

function stepsOf(graph: AttackGraph, id: string): readonly string[] {
  return [...graph.stepsTo].flatMap(([key, steps]) =>
    steps.some(({ technique }) => technique.id === id) ? [key] : [],
  );
}

describe("each technique", () => {
  test.each(techniques.map((technique) => [technique.id, technique] as const))("%s", (id, technique) => {
    const graph = graphOf(technique.positive);
    expect(stepsOf(graph, id)).not.toEqual([]);
    expect([...graph.held.keys()]).toContain(technique.leadsTo);
    expect(stepsOf(graphOf(technique.counter), id)).toEqual([]);
  });

  test("has an id of its own, sources, and a cut", () => {
    expect(new Set(techniques.map(({ id }) => id)).size).toBe(techniques.length);
    for (const { sources, cut, needs } of techniques)
      expect([sources.length > 0, cut !== "", needs !== ""]).toEqual([true, true, true]);
  });
});
