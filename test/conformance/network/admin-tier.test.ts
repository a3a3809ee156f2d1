import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { buildNetwork } from "../../../src/analysis/network/engine/network.ts";
import { portsBetween } from "../../../src/analysis/network/engine/reach.ts";
import type { Protocol } from "../../../src/analysis/network/sets/port-space.ts";
import { isObject, type Json, type JsonObject, valueAt } from "../../../src/kube/json.ts";
import { readDocuments } from "../../../src/kube/yaml/read-documents.ts";
import { readObjects } from "../../../src/kube/read-objects.ts";
import { goModule } from "../../support/go-module.ts";
import { leftOut } from "../../support/suites.ts";

const folder = goModule("sigs.k8s.io/network-policy-api", "v0.3.0");
const skip =
  folder === undefined &&
  leftOut("conformance of the admin tiers", "the Go module sigs.k8s.io/network-policy-api");

/** The suite's own words about a test: its manifests, and statements in their order. */
interface Script {
  readonly name: string;
  readonly manifests: readonly string[];
  readonly body: string;
}

const string = '"([^"]*)"';
const statements: readonly (readonly [string, RegExp])[] = [
  ["run", new RegExp(`t\\.Run\\(${string}`, "y")],
  ["pod", new RegExp(`(\\w+) :?= kubernetes\\.GetPod\\(t, s\\.Client, ${string}, ${string}[^)]*\\)`, "y")],
  [
    "policy",
    new RegExp(`(\\w+) :?= kubernetes\\.GetClusterNetworkPolicy\\(t, s\\.Client, ${string}[^)]*\\)`, "y"),
  ],
  ["namespace", new RegExp(`(\\w+) :?= kubernetes\\.GetNamespace\\(t, s\\.Client, ${string}[^)]*\\)`, "y")],
  ["copy", /(\w+) :?= (\w+)\.DeepCopy\(\)/y],
  ["take", /(\w+) := (\w+)\.Spec\.(Ingress|Egress)\[(\d)\]\s*$/my],
  ["move", /(\w+)\.Spec\.(Ingress|Egress)\[(\d)\] = (\w+)\.Spec\.(?:Ingress|Egress)\[(\d)\]\s*$/my],
  ["put", /(\w+)\.Spec\.(Ingress|Egress)\[(\d)\] = (\w+)\s*$/my],
  [
    "action",
    /(\w+)\.Spec\.(Ingress|Egress)\[(\d)\]\.Action = api\.ClusterNetworkPolicyRuleAction(\w+)\s*$/my,
  ],
  ["delete", /np := &networkingv1\.NetworkPolicy\{\}/y],
  ["deleted", /err :?= s\.Client\.(?:Get|Delete)\(/y],
  ["priority", /(\w+)\.Spec\.Priority = (\d+)\s*$/my],
  ["patch", /kubernetes\.Patch(?:ClusterNetworkPolicy|Namespace)\(t, s\.Client, (\w+), (\w+),[^)]*\)/y],
  ["label", new RegExp(`(\\w+)\\.Labels\\[${string}\\] = ${string}`, "y")],
  [
    "podLabel",
    new RegExp(
      `kubernetes\\.SetPodLabel\\(t, s\\.Client, ${string}, ${string}, ${string}, ${string}[^)]*\\)`,
      "y",
    ),
  ],
  [
    "podUnlabel",
    new RegExp(`kubernetes\\.RemovePodLabel\\(t, s\\.Client, ${string}, ${string}, ${string}[^)]*\\)`, "y"),
  ],
  [
    "poke",
    new RegExp(
      `kubernetes\\.PokeServer\\(t, s\\.ClientSet, &s\\.KubeConfig, ${string}, ${string}, ${string},\\s*(\\w+)\\.Status\\.PodIP, int32\\((\\d+)\\), s\\.TimeoutConfig, (true|false)\\)`,
      "y",
    ),
  ],
];

function scripts(base: string): readonly Script[] {
  return readdirSync(join(base, "conformance/tests"))
    .filter((name) => name.endsWith("rules.go") || name.includes("standard"))
    .toSorted()
    .map((name) => {
      const text = readFileSync(join(base, "conformance/tests", name), "utf8")
        .replaceAll(/\/\/.*$/gm, "")
        // A constant of the suite.
        .replaceAll("conformanceRoleLabel,", '"conformance-role",');
      const manifests = /Manifests: \[\]string\{([^}]*)\}/.exec(text)?.[1] ?? "";
      return {
        name,
        manifests: [...manifests.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? ""),
        body: text.slice(text.indexOf("Test: func(")),
      };
    });
}

function load(file: string): JsonObject[] {
  // Ports of host networks are filled in by the suite.
  const text = readFileSync(file, "utf8").replaceAll(/\{\{[^}]*\}\}/g, "30001");
  return readObjects(readDocuments(file, new TextEncoder().encode(text))).objects.map(
    ({ object }) => JSON.parse(JSON.stringify(object)) as JsonObject,
  );
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** Pods of the StatefulSets, as the controller would make them. */
function pods(objects: readonly JsonObject[]): JsonObject[] {
  return objects.flatMap((object, at) => {
    if (object["kind"] !== "StatefulSet") return [];
    return [0, 1].map((number) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: `${text(valueAt(object, ["metadata", "name"]))}-${number}`,
        namespace: valueAt(object, ["metadata", "namespace"]) ?? "",
        labels: {
          ...(valueAt(object, ["spec", "template", "metadata", "labels"]) as JsonObject),
          // As the controller of StatefulSets labels each of its Pods.
          "statefulset.kubernetes.io/pod-name": `${text(valueAt(object, ["metadata", "name"]))}-${number}`,
        },
      },
      spec: valueAt(object, ["spec", "template", "spec"]) ?? {},
      status: { podIP: `10.99.${at}.${number + 1}` },
    }));
  });
}

describe.skipIf(skip)("network-policy-api v0.3.0, conformance", () => {
  const base = folder ?? "";

  test("every connection that the suite tries is answered as it expects", () => {
    const wrong: string[] = [];
    const foreign: string[] = [];
    let runs = 0;
    let pokes = 0;
    for (const script of scripts(base)) {
      const world = load(join(base, "conformance/base/manifests.yaml"));
      const state = [
        ...world.filter(({ kind }) => kind === "Namespace"),
        ...pods(world),
        ...script.manifests.flatMap((name) => load(join(base, "conformance", name))),
      ];
      const done = play(script, state);
      runs += done.runs;
      pokes += done.pokes;
      wrong.push(...done.wrong);
      foreign.push(...done.foreign);
    }
    expect(wrong).toEqual([]);
    // These make rules in Go (named ports, blocks of the addresses that pods happen to have): they are played up to there.
    expect([...new Set(foreign)]).toEqual([
      "admin-network-policy-experimental-egress-rules.go",
      "admin-network-policy-experimental-ingress-rules.go",
      "admin-network-policy-standard-egress-inline-cidr-rules.go",
      "baseline-admin-network-policy-experimental-egress-rules.go",
      "baseline-admin-network-policy-experimental-ingress-rules.go",
      "baseline-admin-network-policy-standard-egress-inline-cidr-rules.go",
    ]);
    expect(runs).toBeGreaterThanOrEqual(100);
    expect(pokes).toBeGreaterThan(250);
  });
});

interface Played {
  readonly runs: number;
  readonly pokes: number;
  readonly wrong: readonly string[];
  /** The script, where a statement of it is not understood: it ends there. */
  readonly foreign: readonly string[];
}

function play({ name, body }: Script, state: JsonObject[]): Played {
  const values = new Map<string, Json>();
  const wrong: string[] = [];
  let run = "";
  let runs = 0;
  let pokes = 0;
  let rest = body;
  while (rest !== "") {
    let taken = 0;
    for (const [kind, pattern] of statements) {
      pattern.lastIndex = 0;
      const match = pattern.exec(rest);
      if (match === null) continue;
      taken = match[0].length;
      if (kind === "run") {
        run = match[1] ?? "";
        runs++;
      } else if (kind === "poke") {
        pokes++;
        const fault = poke(state, values, match.slice(1));
        if (fault !== undefined) wrong.push(`${name}: ${run}: ${fault}`);
      } else apply(kind, match.slice(1), state, values);
      break;
    }
    const line = /^[^\n]*\n?/.exec(rest)?.[0] ?? rest;
    if (taken === 0 && /^(?:kubernetes\.|mutate|\w+ :?= )/.test(line))
      return { runs, pokes, wrong, foreign: [name] };
    const step = taken > 0 ? taken : /^\s*\S/.test(rest) && !/^\s/.test(rest) ? line.length : 1;
    rest = rest.slice(Math.max(1, step));
  }
  return { runs, pokes, wrong, foreign: [] };
}

function named(
  state: readonly JsonObject[],
  kind: string,
  namespace: string,
  name: string,
): JsonObject | undefined {
  return state.find(
    (object) =>
      object["kind"] === kind &&
      valueAt(object, ["metadata", "name"]) === name &&
      (namespace === "" || valueAt(object, ["metadata", "namespace"]) === namespace),
  );
}

/** The objects are ours alone and are changed in place. */
type Changeable = Record<string, unknown>;

function apply(kind: string, words: readonly string[], state: JsonObject[], values: Map<string, Json>): void {
  const [first = "", second = "", third = "", fourth = "", fifth = ""] = words;
  const rules = (of: string, direction: string): Json[] =>
    valueAt(values.get(of), ["spec", direction.toLowerCase()]) as Json[];
  if (kind === "pod") values.set(first, named(state, "Pod", second, third) ?? null);
  if (kind === "policy") values.set(first, named(state, "ClusterNetworkPolicy", "", second) ?? null);
  if (kind === "namespace") values.set(first, named(state, "Namespace", "", second) ?? null);
  if (kind === "copy") values.set(first, JSON.parse(JSON.stringify(values.get(second))) as Json);
  if (kind === "take") values.set(first, rules(second, third)[Number(fourth)] ?? null);
  if (kind === "move") rules(first, second)[Number(third)] = rules(fourth, second)[Number(fifth)] ?? null;
  if (kind === "put") rules(first, second)[Number(third)] = values.get(fourth) ?? null;
  if (kind === "priority") (valueAt(values.get(first), ["spec"]) as Changeable)["priority"] = Number(second);
  if (kind === "action") (rules(first, second)[Number(third)] as Changeable)["action"] = fourth;
  if (kind === "delete") {
    const at = state.findIndex((object) => object["kind"] === "NetworkPolicy");
    if (at >= 0) state.splice(at, 1);
  }
  if (kind === "label") (valueAt(values.get(first), ["metadata", "labels"]) as Changeable)[second] = third;
  if (kind === "podLabel" || kind === "podUnlabel") {
    const labels = valueAt(named(state, "Pod", first, second), ["metadata", "labels"]) as Changeable;
    if (kind === "podLabel") labels[third] = fourth;
    else Reflect.deleteProperty(labels, third);
  }
  if (kind === "patch") {
    const at = state.indexOf(values.get(first) as JsonObject);
    const after = values.get(second);
    if (at >= 0 && isObject(after)) state[at] = after;
  }
}

function poke(
  state: readonly JsonObject[],
  values: ReadonlyMap<string, Json>,
  words: readonly string[],
): string | undefined {
  const [namespace = "", name = "", protocol = "", server = "", port = "", expected = ""] = words;
  const net = buildNetwork(state);
  const classOf = (space: string, pod: string): number =>
    net.classOf[net.workloads.findIndex((one) => one.namespace === space && one.name === pod)] ?? -1;
  const target = values.get(server);
  const to = [valueAt(target, ["metadata", "namespace"]), valueAt(target, ["metadata", "name"])].map(text);
  const ports = portsBetween(net, classOf(namespace, name), classOf(to[0] ?? "", to[1] ?? ""));
  const ours = net.space.has(ports, protocol.toUpperCase() as Protocol, Number(port));
  return String(ours) === expected
    ? undefined
    : `${name} to ${to.join("/")} ${protocol} ${port}: ours ${ours}`;
}
