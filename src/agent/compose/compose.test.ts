import { describe, expect, test } from "vitest";
import { shop } from "../../../test/support/authoring-intents.ts";
import { given as objects } from "../../../test/agent/given.ts";
import type { ApplicationIntent } from "../../authoring/intent/intent.ts";
import type { JsonObject } from "../../kube/json.ts";
import { applyOperations, type Composed, type Fragment, mergeOperations } from "../compose-intent.ts";
import { parseOperation } from "../operations/operations.ts";

type Said = readonly [source: string, name: string, args: object];

function fragmentsOf(said: readonly Said[]): readonly Fragment[] {
  return said.map(([source, name, args]) => {
    const parsed = parseOperation(name, args);
    if (!parsed.ok) throw new Error(parsed.problems.join("; "));
    return { source, operation: parsed.operation };
  });
}

function compose(
  said: readonly Said[],
  given: {
    readonly base?: ApplicationIntent;
    readonly objects?: readonly JsonObject[];
    readonly gitTarget?: boolean;
  } = {},
): Composed {
  return applyOperations({
    base: given.base,
    objects: given.objects ?? [],
    operations: mergeOperations(fragmentsOf(said)),
    namespace: "shop",
    application: "shop",
    gitTarget: given.gitTarget ?? true,
  });
}

const questions = (composed: Composed): readonly string[] =>
  composed.questions.map(({ code, text }) => `${code}: ${text}`);
const api: Said = [
  "manifests",
  "deploy",
  { name: "api", image: "ghcr.io/acme/api:1.4.2", ports: [{ port: 8080 }] },
];

describe("operations that contradict each other are questions", () => {
  test.each<readonly [string, readonly Said[], string]>([
    [
      "two images",
      [api, ["networking", "deploy", { name: "api", image: "nginx:1.29" }]],
      'agent/conflict: image of api is to be "ghcr.io/acme/api:1.4.2" by operations[0] (deploy, said by manifests) and "nginx:1.29" by operations[1] (deploy, said by networking): which one?',
    ],
    [
      "two numbers of Pods",
      [
        api,
        ["manifests", "scale", { workload: "api", replicas: 2 }],
        ["gitops", "scale", { workload: "api", replicas: 3 }],
      ],
      "agent/conflict: the number of Pods of api is to be 2 by operations[1] (scale, said by manifests) and 3 by operations[2] (scale, said by gitops): which one?",
    ],
    [
      "open and closed",
      [
        api,
        ["networking", "connect", { from: "worker", to: "api" }],
        ["networking", "restrict", { workload: "api", allowFrom: ["web"] }],
      ],
      "agent/conflict: operations[1] (connect, said by networking) opens api to worker, and operations[2] (restrict, said by networking) closes it to all but web: which one?",
    ],
    [
      "one host for two",
      [
        api,
        ["manifests", "deploy", { name: "web", image: "nginx:1.29" }],
        ["networking", "expose", { workload: "api", port: 8080, host: "shop.example.org" }],
        ["networking", "expose", { workload: "web", port: 80, host: "shop.example.org" }],
      ],
      'agent/conflict: host shop.example.org is to be "web:80" by operations[2] (expose, said by networking) and "api:8080" by operations[3] (expose, said by networking): which one?',
    ],
  ])("%s", (_name, said, question) => {
    expect(questions(compose(said))).toEqual([question]);
  });

  test("a workload of which nothing is known, an edit without objects, Git without Git, nothing to run", () => {
    expect(questions(compose([["manifests", "scale", { workload: "web", replicas: 2 }]]))).toEqual([
      "agent/unknown-workload: operations[0] (scale, said by manifests) names web, of which nothing is known: the request neither deploys it nor gives its file with -f",
    ]);
    const edit = { objectKind: "Deployment", objectName: "web", path: ["spec", "replicas"], value: 2 };
    expect(questions(compose([api, ["manifests", "edit_field", edit]]))).toEqual([
      "agent/cannot-edit: operations[1] (edit_field, said by manifests) edits an object, and no objects were given: name their files with -f",
    ]);
    expect(questions(compose([api, ["gitops", "commit_to_git", {}]], { gitTarget: false }))[0]).toContain(
      "agent/needs-git",
    );
    expect(questions(compose([["gitops", "commit_to_git", {}]]))).toEqual([
      "agent/unknown-workload: the operations deploy no workload, and no file names one: what is to run?",
    ]);
  });
});

describe("what an operation changes of the input is told, in the intent's own report", () => {
  test("upon a Compose file", () => {
    const composed = compose(
      [
        ["manifests", "deploy", { name: "web", image: "nginx:1.30" }],
        ["networking", "restrict", { workload: "web", allowFrom: [] }],
      ],
      { base: shop },
    );
    expect(composed.questions).toEqual([]);
    expect(composed.report).toEqual([
      {
        field: "operations[0].deploy",
        place: { file: "operations", line: 1, column: 1 },
        disposition: "changed",
        reason: "image of web was nginx:1.29-alpine in the input",
      },
      {
        field: "operations[1].restrict",
        place: { file: "operations", line: 2, column: 1 },
        disposition: "changed",
        reason: "port 80 of web was open to every Pod in the input: it is not any more",
      },
    ]);
    expect(composed.intent.report).toEqual(composed.report);
    // The given intent is not touched.
    expect(shop.workloads[0]?.ports[0]?.published).toBe(true);
  });

  test("what several say alike stands once, with all who said it; prose makes no difference", () => {
    const [name, operation, args] = api;
    const merged = mergeOperations(
      fragmentsOf([
        api,
        ["networking", operation, { ...args, rationale: "because" }],
        [name, operation, args],
      ]),
    );
    expect(merged.map(({ sources }) => sources)).toEqual([["manifests", "networking"]]);
  });
});

describe("given objects", () => {
  const say = (...said: readonly Said[]): Composed => compose(said, { objects });

  test.each<readonly [string, Said, string]>([
    ["a new workload", api, "agent/not-with-objects"],
    ["an unknown workload", ["m", "scale", { workload: "nobody", replicas: 2 }], "agent/unknown-workload"],
    [
      "a number where an autoscaler sets it",
      ["m", "scale", { workload: "api", replicas: 2 }],
      "agent/conflict",
    ],
    [
      "an unknown object",
      ["m", "edit_field", { objectKind: "Secret", objectName: "db", path: ["data", "x"], value: 1 }],
      "agent/ambiguous-object",
    ],
    [
      "a withheld value",
      [
        "m",
        "edit_field",
        {
          objectKind: "Deployment",
          objectName: "web",
          path: ["spec", "template", "spec", "containers", "[name=web]", "env", "[name=API_URL]", "value"],
          value: "x",
        },
      ],
      "agent/cannot-edit",
    ],
    [
      "a value of the wrong form",
      [
        "m",
        "edit_field",
        { objectKind: "Deployment", objectName: "web", path: ["spec", "replicas"], value: "many" },
      ],
      "agent/cannot-edit",
    ],
  ])("%s is a question", (_name, said, code) => {
    expect(say(said).questions.map((question) => question.code)).toEqual([code]);
  });

  test("an opening where nothing is closed makes no policy: a policy would close it to everybody else", () => {
    const composed = say(["n", "connect", { from: "web", to: "api" }]);
    expect(composed.objects).toEqual(objects);
    expect(composed.report[0]).toMatchObject({
      disposition: "dropped",
      reason: "no given policy closes web or api: the connection is open already",
    });
  });

  test("the addresses of credentials are never opened", () => {
    const closed: JsonObject = {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "closed", namespace: "shop" },
      spec: { podSelector: {}, policyTypes: ["Egress"] },
    };
    const all = [...objects, closed];
    const one = compose([["n", "connect", { from: "web", cidr: "169.254.169.254/32", port: 80 }]], {
      objects: all,
    });
    expect(one.objects).toEqual(all);
    const two = compose([["n", "connect", { from: "web", cidr: "0.0.0.0/0", port: 443 }]], { objects: all });
    expect(JSON.stringify(two.objects.at(-1))).toContain('"except":["10.0.0.0/8"');
  });

  test("a policy that opens more than a restriction allows is named", () => {
    const open: JsonObject = {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "open", namespace: "shop" },
      spec: { podSelector: { matchLabels: { app: "api" } }, ingress: [{}] },
    };
    const composed = compose([["n", "restrict", { workload: "api", allowFrom: ["web"] }]], {
      objects: [...objects, open],
    });
    expect(questions(composed)).toEqual([
      "agent/conflict: operations[0] (restrict, said by n) closes api, and NetworkPolicy.networking.k8s.io shop/open opens it: policies only add, so take that one out first",
    ]);
  });
});
