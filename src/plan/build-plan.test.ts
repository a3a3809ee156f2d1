import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deep } from "../../test/support/suites.ts";
import { renderObject } from "../authoring/render/render.ts";
import { canonicalJson } from "../kube/canonical-json.ts";
import type { Json, JsonObject } from "../kube/json.ts";
import { identity, objectKey } from "../kube/object-key.ts";
import { OpsError } from "../kube/ops-error.ts";
import { requestMac } from "./assemble-plan.ts";
import type { GitPlanInput as PlanInput } from "./plan-input.ts";
import { buildPlan, filesOf, parsePlan, planText, reproducePlan } from "./build-plan.ts";
import type { Plan } from "./plan.ts";
import { planDigest } from "./plan-text.ts";
import { prunable } from "./prune.ts";
import {
  application,
  charterWith,
  configMap,
  deployment,
  inputFor,
  inputForApplication,
  macKey,
  requestFor,
  serviceAccount,
  stateAfter,
  stateWith,
  workload,
} from "./testing/fixtures.ts";

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (!OpsError.is(error)) throw error;
    return `${error.code}: ${error.message}`;
  }
  return "no refusal";
}

const place = { file: "compose.yaml", line: 1, column: 1 };
const shop = application(
  [
    workload("web", {
      replicas: 2,
      ports: [{ port: 8080, protocol: "TCP", published: true, place }],
      env: [{ name: "P", secret: "db", key: "p" }],
      imageIsBuilt: true,
    }),
  ],
  {
    report: [{ field: "services.web.links", place, disposition: "dropped", reason: "no effect" }],
    secrets: [{ name: "db", keys: [{ key: "p", reason: "env_file .env", place }] }],
  },
);

/** A plan with something in every part: creates, an update, a delete, something that stays, findings, facts. */
const rich = ((): PlanInput => {
  const empty = stateWith({});
  const first = inputFor(
    [configMap("keep"), configMap("gone"), configMap("change", { note: "s3cr3t-marker" })],
    { state: empty },
  );
  const state = stateAfter(empty, filesOf(buildPlan(first), empty));
  const objects = [
    configMap("keep"),
    configMap("change", { a: "2" }),
    deployment(
      "web",
      {},
      { image: "nginx:latest", env: [{ name: "P", valueFrom: { secretKeyRef: { name: "db", key: "p" } } }] },
    ),
    serviceAccount("web"),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", namespace: "shop" },
      spec: { type: "NodePort", selector: { app: "web" } },
    },
  ];
  return inputFor(objects, { state, deletions: prunable(state, "apps/shop", objects) });
})();

const ofShop = inputForApplication(shop);
const authored: PlanInput = {
  ...ofShop,
  request: {
    ...ofShop.request,
    agent: {
      provider: "anthropic",
      model: "claude",
      prompts: [{ subagent: "manifests", digest: `sha256:${"a".repeat(64)}` }],
      taint: ["request"],
      operations: [
        { sources: ["manifests"], operation: { kind: "deploy", name: "web", image: "nginx:1.29" } },
      ],
    },
  },
};

function world(input: PlanInput): Parameters<typeof reproducePlan>[1] {
  return {
    state: input.state,
    charter: input.charter,
    charterOwner: input.charterOwner,
    macKey: input.macKey,
    toolVersion: input.toolVersion,
    minor: 37,
  };
}

function redigested(plan: Plan): Plan {
  return { ...plan, digest: planDigest(plan) };
}

type Path = readonly (string | number)[];
function leaves(value: Json, path: Path = []): Path[] {
  if (value === null || typeof value !== "object") return [path];
  const parts = (Array.isArray(value) ? [...value.entries()] : Object.entries(value)) as [
    string | number,
    Json,
  ][];
  // An empty list or mapping is a leaf as well: something can be put into it.
  return parts.length === 0 ? [path] : parts.flatMap(([step, part]) => leaves(part, [...path, step]));
}
/** The last path of each kind: the same but for indices. */
function ofEachKind(paths: readonly Path[]): readonly Path[] {
  const kinds = new Map(
    paths.map((path) => [path.map((step) => (typeof step === "number" ? "*" : step)).join("."), path]),
  );
  return [...kinds.values()];
}
function altered(plan: Plan, path: Path, change: (value: Json) => Json): Plan {
  const copy = structuredClone(plan) as unknown as Record<string | number, Json>;
  let holder = copy;
  for (const step of path.slice(0, -1)) holder = holder[step] as unknown as Record<string | number, Json>;
  const last = path.at(-1)!;
  holder[last] = change(holder[last] ?? null);
  return copy as unknown as Plan;
}
function another(value: Json): Json {
  if (value === null) return "0".repeat(64);
  if (typeof value === "number") return value + 1;
  if (typeof value === "boolean") return !value;
  if (typeof value === "string") return value === "branch" ? "onto" : `${value}x`;
  return Array.isArray(value) ? ["x"] : { x: "y" };
}

describe("K1 a plan is a claim", () => {
  it.each<readonly [string, PlanInput]>([
    ["of objects", rich],
    ["of an application", authored],
  ])("every leaf of a plan %s is made again or bound", (_name, input) => {
    const plan = buildPlan(input);
    reproducePlan(plan, world(input));
    const paths = leaves(plan as unknown as Json).filter(([part]) => part !== "digest");
    expect(new Set(paths.map(([part]) => part)).size).toBe(Object.keys(plan).length - 1);
    for (const path of deep ? paths : ofEachKind(paths)) {
      const other = redigested(altered(plan, path, another));
      const said = refusal(() => reproducePlan(other, world(input)));
      expect([path.join("."), said.split(":")[0]]).toEqual([path.join("."), "PLAN_NOT_REPRODUCED"]);
      // Its place is named, its value never.
      expect(said).not.toContain("s3cr3t");
    }
  });

  it.each<readonly [string, PlanInput]>([
    ["of objects", rich],
    ["of an application", authored],
  ])("nothing can be taken away from or put into a plan %s", (_name, input) => {
    const plan = buildPlan(input);
    for (const part of Object.keys(plan).filter((name) => name !== "digest")) {
      const value = plan[part as keyof Plan] as unknown as Json;
      if (!Array.isArray(value)) continue;
      for (const index of value.keys()) {
        const other = redigested(
          altered(plan, [part], (list) => (list as Json[]).filter((_, at) => at !== index)),
        );
        expect([part, index, refusal(() => reproducePlan(other, world(input))).split(":")[0]]).toEqual([
          part,
          index,
          "PLAN_NOT_REPRODUCED",
        ]);
      }
      if (value.length > 0) {
        const twice = redigested(
          altered(plan, [part], (list) => [...(list as Json[]), (list as Json[])[0] ?? null]),
        );
        expect([part, refusal(() => reproducePlan(twice, world(input))) === "no refusal"]).toEqual([
          part,
          false,
        ]);
      }
    }
  });

  it("names the first part that differs", () => {
    const plan = buildPlan(rich);
    const say = (path: Path, change: (value: Json) => Json = another): string =>
      refusal(() => reproducePlan(redigested(altered(plan, path, change)), world(rich)));
    expect(say(["facts", "counts", "create"])).toBe(
      "PLAN_NOT_REPRODUCED: the plan cannot be made again: facts.counts.create differs",
    );
    expect(say(["verdict", "decision"], () => "allowed")).toBe(
      "PLAN_NOT_REPRODUCED: the plan cannot be made again: verdict.decision differs",
    );
    expect(say(["tool", "version"])).toBe(
      "PLAN_NOT_REPRODUCED: the plan cannot be made again: tool.version differs (the plan was made by another version of this program)",
    );
    expect(say(["request", "text"])).toBe(
      "PLAN_NOT_REPRODUCED: the plan cannot be made again: request.mac differs (the request or the intent is not what this trust root's owner asked for)",
    );
  });

  it("the words of a request and the intent are nobody's without the key, even when everything else fits", () => {
    const other = buildPlan({ ...rich, macKey: new Uint8Array(32).fill(8) });
    expect(refusal(() => reproducePlan(other, world(rich)))).toContain("request.mac differs");
    const none = buildPlan({ ...rich, macKey: null });
    expect(refusal(() => reproducePlan(none, world(rich)))).toContain("request.mac differs");
    expect(refusal(() => reproducePlan(buildPlan(rich), { ...world(rich), macKey: null }))).toContain(
      "request.mac differs (without the trust root's key",
    );
  });

  it("what was not asked for is refused although its MAC is right", () => {
    // As if the key had signed an intent that names fewer objects than the plan holds.
    const plan = buildPlan(rich);
    const intent = requestFor([configMap("keep")]).intent;
    const { mac: _, ...request } = plan.request;
    const forged = redigested({
      ...plan,
      intent,
      request: { ...request, mac: requestMac(macKey, request, intent) },
    });
    expect(refusal(() => reproducePlan(forged, world(rich)))).toBe(
      "PLAN_NOT_REPRODUCED: the plan cannot be made again: changes differs (an object is not one that was asked for)",
    );
  });

  it("an application's objects come from its intent and from nothing else", () => {
    const plan = buildPlan(authored);
    const swapped = buildPlan({ ...authored, objects: authored.objects.slice(1) });
    expect(swapped.request.mac).toBe(plan.request.mac);
    expect(refusal(() => reproducePlan(swapped, world(authored)))).toMatch(
      /^PLAN_NOT_REPRODUCED: .*changes\[\d+\]/,
    );
  });
});

describe("K3 what the plan relied on is looked at again", () => {
  const plan = buildPlan(rich);
  it("every file of the folder is in the read set", () => {
    expect(plan.readSet.map(({ what }) => what)).toEqual(
      rich.state.files.map(({ path }) => `git:${path}`).sort(),
    );
  });
  it.each<readonly [string, Partial<Parameters<typeof reproducePlan>[1]>, RegExp]>([
    [
      "a branch that moved",
      { state: { ...rich.state, base: "9".repeat(40) } },
      /target\.base differs \(the branch, or the folder/,
    ],
    [
      "a tree that changed",
      { state: { ...rich.state, rootTree: "9".repeat(40) } },
      /target\.rootTree differs/,
    ],
    [
      "a file that changed",
      {
        state: {
          ...rich.state,
          files: rich.state.files.map((file, index) => (index === 1 ? { ...file, blob: "9" } : file)),
        },
      },
      /readSet\[\d\]\.version differs \(a file that the plan relied on/,
    ],
    [
      "a file that came",
      {
        state: {
          ...rich.state,
          files: [...rich.state.files, { path: "apps/shop/zz.txt", mode: "100644", blob: "0", text: "" }],
        },
      },
      /readSet\[\d\] differs/,
    ],
    [
      "another charter",
      { charter: charterWith({ maxChanges: 99 }) },
      /charter\.digest differs \(the charter is not the one/,
    ],
    ["another owner", { charterOwner: "SHA256:other" }, /charter\.owner differs/],
    ["no charter", { charter: null, charterOwner: null }, /charter differs/],
    ["another version of the program", { toolVersion: "0.2.0" }, /tool\.version differs/],
    ["an older program", { minor: 33 }, /request\.minor differs \(it is for a newer Kubernetes/],
  ])("refuses %s", (_name, more, message) => {
    const said = refusal(() => reproducePlan(plan, { ...world(rich), ...more }));
    expect(said).toMatch(/^PLAN_NOT_REPRODUCED: the plan cannot be made again: /);
    expect(said).toMatch(message);
  });
});

describe("K16 Secrets with values", () => {
  const secret = (more: JsonObject): JsonObject => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "db", namespace: "shop" },
    ...more,
  });
  it.each([
    [{ data: { p: "c2VjcmV0" } }, "data"],
    [{ stringData: { p: "hunter2" } }, "stringData"],
    [{ data: "c2VjcmV0" }, "data"],
    [{ stringdata: { p: "hunter2" } }, "stringdata"],
    [{ data: {}, spec: { p: "hunter2" } }, "spec"],
    [
      {
        metadata: {
          name: "db",
          namespace: "shop",
          annotations: { "kubectl.kubernetes.io/last-applied-configuration": '{"data":{"p":"hunter2"}}' },
        },
      },
      "its annotation last-applied-configuration",
    ],
  ])("are refused with the way out, without the value: %j", (more, where) => {
    try {
      buildPlan(inputFor([secret(more)]));
      expect.unreachable();
    } catch (error) {
      if (!OpsError.is(error)) throw error;
      expect(error.code).toBe("INPUT_SECRET_DATA");
      expect(error.message).toBe(`Secret shop/db carries values in ${where}; values never enter a plan`);
      expect(error.hint).toBe(
        "take the Secret out of the request and let its owner create it: kubectl create secret generic db -n shop --from-file=KEY=FILE; workloads name it by reference",
      );
      expect(`${error.message}${error.hint}`).not.toMatch(/hunter2|c2VjcmV0/);
    }
  });
  it("without values they are objects like others", () => {
    expect(buildPlan(inputFor([secret({ type: "Opaque", data: {} })])).facts.counts.create).toBe(1);
  });
});

describe("K17 a plan holds no value that stood in the target", () => {
  it("not of a changed, a deleted or a foreign object", () => {
    const marker = "s3cr3t-marker";
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "db", namespace: "shop" },
      stringData: { p: marker },
    };
    const state = stateWith({
      "apps/shop/a.yaml": renderObject(configMap("a", { p: marker }, { annotations: { note: marker } })),
      "apps/shop/w.yaml": renderObject(
        deployment("web", {}, { args: [marker], env: [{ name: "P", value: marker }] }),
      ),
      "apps/shop/s.yaml": renderObject(secret),
      "apps/shop/x.yaml": renderObject({
        apiVersion: "example.org/v1",
        kind: "Widget",
        metadata: { name: "x", namespace: "shop" },
        spec: { token: marker },
      }),
    });
    const after = [
      configMap("a"),
      deployment("web"),
      { ...secret, stringData: {} },
      { apiVersion: "example.org/v1", kind: "Widget", metadata: { name: "x", namespace: "shop" }, spec: {} },
    ];
    for (const key of [macKey, null]) {
      const plan = buildPlan(inputFor(after, { state, macKey: key }));
      expect(planText(plan)).not.toContain(marker);
      expect(plan.changes.every((change) => (change.beforeMac === null) === (key === null))).toBe(true);
    }
    const empty = stateWith({});
    const ours = stateAfter(
      empty,
      filesOf(buildPlan(inputFor([configMap("a", { p: marker })], { state: empty })), empty),
    );
    expect(
      planText(buildPlan(inputFor([], { state: ours, deletions: prunable(ours, "apps/shop", []) }))),
    ).not.toContain(marker);
  });
  it("and the MAC is of the trust root's key: a guess proves nothing without it", () => {
    const state = stateWith({ "apps/shop/a.yaml": renderObject(configMap("a", { p: "1234" })) });
    const mac = (key: Uint8Array): unknown =>
      buildPlan(inputFor([configMap("a", { p: "x" })], { state, macKey: key })).changes[0]?.diff[0]?.before;
    expect(mac(macKey)).toEqual(mac(macKey));
    expect(mac(macKey)).not.toEqual(mac(new Uint8Array(32)));
  });
});

describe("parsePlan", () => {
  const plan = buildPlan(rich);
  const text = planText(plan);
  it("reads what planText wrote, frozen", () => {
    const read = parsePlan(text, "plan.json");
    expect(read).toEqual(plan);
    expect(Object.isFrozen(read.changes[0]?.key)).toBe(true);
    expect(planText(read)).toBe(text);
  });
  it.each<readonly [string, string, string]>([
    [
      "white space",
      text.trimEnd(),
      "PLAN_MALFORMED: plan.json is no plan: its bytes are not the canonical form of what they say",
    ],
    [
      "another order",
      JSON.stringify(JSON.parse(text), null, 1),
      "PLAN_MALFORMED: plan.json is no plan: its bytes are not the canonical form of what they say",
    ],
    [
      "a key twice",
      text.replace('{"apiVersion"', '{"apiVersion":"kubernetes-operations.dev/v1","apiVersion"'),
      "PLAN_MALFORMED: plan.json is no plan: its bytes are not the canonical form of what they say",
    ],
    [
      "a number in another form",
      text.replace('"minor":34', '"minor":3.4e1'),
      "PLAN_MALFORMED: plan.json is no plan: its bytes are not the canonical form of what they say",
    ],
    [
      "an escape that needs none",
      text.replace("plan -f", "\\u0070lan -f"),
      "PLAN_MALFORMED: plan.json is no plan: its bytes are not the canonical form of what they say",
    ],
    ["no JSON", "{", "PLAN_MALFORMED: plan.json is no plan: it is not JSON"],
    ["nothing", "", "PLAN_MALFORMED: plan.json is no plan: it is not JSON"],
    ["another thing", "[]\n", "PLAN_MALFORMED: plan.json is no plan: it is not a mapping"],
    [
      "an unknown key",
      text.replace('"tool":{', '"tool":{"a":1,'),
      'PLAN_MALFORMED: plan.json is no plan: unknown key "a" in tool',
    ],
    [
      "an unknown key at the top",
      text.replace('{"apiVersion"', '{"Note":"looks safe","apiVersion"'),
      'PLAN_MALFORMED: plan.json is no plan: unknown key "Note"',
    ],
    [
      "__proto__",
      text.replace('"tool":{', '"tool":{"__proto__":{},'),
      'PLAN_MALFORMED: plan.json is no plan: unknown key "__proto__" in tool',
    ],
    [
      "a part that is missing",
      text.replace(/"readSet":\[[^\]]*\],/u, ""),
      "PLAN_MALFORMED: plan.json is no plan: it lacks readSet",
    ],
    [
      "a wrong type",
      text.replace('"create":3', '"create":"3"'),
      "PLAN_MALFORMED: plan.json is no plan: facts.counts.create is not a whole number of 0 or more",
    ],
    [
      "50,000 levels",
      `${"[".repeat(50_000)}${"]".repeat(50_000)}`,
      "PLAN_MALFORMED: plan.json is no plan: it is nested too deeply",
    ],
    [
      "50,000 levels, never closed",
      '{"a":'.repeat(50_000),
      "PLAN_MALFORMED: plan.json is no plan: it is nested too deeply",
    ],
  ])("refuses %s", (_name, other, message) => {
    expect(other).not.toBe(text);
    expect(refusal(() => parsePlan(other, "plan.json"))).toBe(message);
  });
  it("refuses a plan that calls itself by another digest", () => {
    const other = `${canonicalJson({ ...plan, digest: `sha256:${"0".repeat(64)}` })}\n`;
    expect(refusal(() => parsePlan(other, "plan.json"))).toBe(
      `PLAN_DIGEST: plan.json calls itself sha256:${"0".repeat(64)} and is ${plan.digest}`,
    );
    const edited = text.replace("plan -f k8s", "plan -f k9s");
    expect(refusal(() => parsePlan(edited, "plan.json"))).toMatch(/^PLAN_DIGEST: /);
  });
  it("takes any change of a character for another plan", () => {
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 1, max: 127 }), (at, flip) => {
        const other =
          text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ flip) + text.slice(at + 1);
        expect(refusal(() => parsePlan(other, "plan.json"))).toMatch(/^PLAN_(?:MALFORMED|DIGEST): /);
      }),
      { numRuns: deep ? 5000 : 300 },
    );
  });
});

describe("filesOf", () => {
  it("gives what the plan names, and refuses what it does not", () => {
    const plan = buildPlan(rich);
    expect([...filesOf(plan, rich.state).keys()]).toEqual(plan.files.map(({ path }) => path));
    const [first] = plan.files;
    const lying: Plan = { ...plan, files: [{ ...first!, sha256: "0".repeat(64) }, ...plan.files.slice(1)] };
    expect(refusal(() => filesOf(lying, rich.state))).toBe(
      `PLAN_NOT_REPRODUCED: ${first!.path} would not become what the plan says`,
    );
    expect(refusal(() => filesOf({ ...plan, files: plan.files.slice(1) }, rich.state))).toMatch(
      /^PLAN_NOT_REPRODUCED/,
    );
    expect(
      refusal(() =>
        filesOf(
          { ...plan, files: [...plan.files, { path: "x", operation: "create", sha256: "0" }] },
          rich.state,
        ),
      ),
    ).toMatch(/^PLAN_NOT_REPRODUCED: x would/);
  });
});

/** The same JSON with the members of every mapping in another order. */
function turned(value: Json): Json {
  if (Array.isArray(value)) return value.map(turned);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, part]) => [name, turned(part)]),
  );
}

describe("properties", () => {
  const name = fc.constantFrom("a", "b", "c", "d");
  const object: fc.Arbitrary<JsonObject> = fc.oneof(
    fc.tuple(name, fc.constantFrom("1", "2")).map(([called, value]) => configMap(called, { v: value })),
    fc
      .tuple(name, fc.constantFrom("nginx:1", "nginx:2", "ghcr.io/acme/web:1"))
      .map(([called, image]) => deployment(called, {}, { image })),
    name.map(serviceAccount),
    name.map(
      (called): JsonObject => ({
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: called, namespace: "shop" },
        spec: { selector: { app: called }, ports: [{ port: 80 }] },
      }),
    ),
  );
  const objects = fc.uniqueArray(object, {
    selector: (one) => identity(objectKey(one)),
    maxLength: 6,
  });
  const foreign = fc.boolean();

  /** A folder after one plan of ours, perhaps beside files of others. */
  function before(first: readonly JsonObject[], beside: boolean): ReturnType<typeof stateWith> {
    const files: Record<string, string> = beside
      ? {
          "apps/shop/README.md": "# x\n",
          "apps/shop/zz.yaml": renderObject(configMap("zz")),
          "apps/shop/kustomization.yaml": "resources:\n- zz.yaml\n",
        }
      : {};
    const empty = stateWith(files);
    return stateAfter(empty, filesOf(buildPlan(inputFor(first, { state: empty })), empty));
  }
  const runs = { numRuns: deep ? 500 : 40 };

  it("the same request gives the same bytes, whatever the order of objects, members, deletions and files", () => {
    fc.assert(
      fc.property(objects, objects, foreign, (first, second, beside) => {
        const state = before(first, beside);
        const deletions = prunable(state, "apps/shop", second);
        const intent = requestFor(second).intent;
        const one = buildPlan(inputFor(second, { state, deletions, intent }));
        const other = buildPlan(
          inputFor(second.map((item) => turned(item) as JsonObject).reverse(), {
            state: { ...state, files: [...state.files].reverse() },
            deletions: [...deletions].reverse(),
            intent,
          }),
        );
        expect(planText(other)).toBe(planText(one));
        expect([...filesOf(other, state)]).toEqual([...filesOf(one, state)]);
      }),
      runs,
    );
  });

  it("a plan is read as it was written, is made again, and planning again after it changes nothing", () => {
    fc.assert(
      fc.property(objects, objects, foreign, (first, second, beside) => {
        const state = before(first, beside);
        const input = inputFor(second, { state, deletions: prunable(state, "apps/shop", second) });
        const plan = parsePlan(planText(buildPlan(input)), "plan.json");
        reproducePlan(plan, world(input));
        const after = stateAfter(state, filesOf(plan, state));
        const again = buildPlan({ ...input, deletions: [], state: after });
        expect(again.changes.filter(({ operation }) => operation !== "unchanged")).toEqual([]);
        expect(again.files).toEqual([]);
        expect(prunable(after, "apps/shop", second)).toEqual([]);
      }),
      runs,
    );
  });

  it("what the reader makes of a written file is the object", () => {
    fc.assert(
      fc.property(objects, (list) => {
        const empty = stateWith({});
        const plan = buildPlan(inputFor(list, { state: empty }));
        const after = stateAfter(empty, filesOf(plan, empty));
        expect(buildPlan(inputFor(list, { state: after })).facts.counts.unchanged).toBe(list.length);
      }),
      runs,
    );
  });
});
