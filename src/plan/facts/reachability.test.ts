import { expect, test } from "vitest";
import type { JsonObject } from "../../kube/json.ts";
import { reachabilityFacts } from "./reachability.ts";

const pod = (name: string): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "shop", labels: { app: name } },
  spec: { containers: [{ name: "c", image: "c" }] },
});
const policy = (ingress: readonly JsonObject[]): JsonObject => ({
  apiVersion: "cilium.io/v2",
  kind: "CiliumNetworkPolicy",
  metadata: { name: "web", namespace: "shop" },
  spec: { endpointSelector: { matchLabels: { app: "web" } }, ingress: [...ingress] },
});
const world = [pod("web"), pod("api")];
const port = { ports: [{ port: "80", protocol: "TCP" }] };
const fromApi = { fromEndpoints: [{ matchLabels: { app: "api" } }] };

test("what a policy of Cilium opens is a fact of the plan", () => {
  const facts = reachabilityFacts({
    before: [...world, policy([{}])],
    after: [...world, policy([{ ...fromApi, toPorts: [port] }])],
  });
  expect(facts).toMatchObject({ state: "computed", incomplete: [] });
  expect(facts?.state === "computed" ? facts.flows : []).toContainEqual(
    expect.objectContaining({ what: "opened", from: ["shop/api"], to: ["shop/web"], gained: "TCP 80" }),
  );
});

test("a rule that loses its paths opens what counted as open: the plan says that it does not know", () => {
  const paths = { ...port, rules: { http: [{ path: "/public" }] } };
  const facts = reachabilityFacts({
    before: [...world, policy([{ ...fromApi, toPorts: [paths] }])],
    after: [...world, policy([{ ...fromApi, toPorts: [port] }])],
  });
  expect(facts).toMatchObject({
    state: "computed",
    flows: [],
    incomplete: [
      expect.stringContaining(
        "before the change: CiliumNetworkPolicy.cilium.io shop/web spec.ingress[0]: narrowed by http rules",
      ),
    ],
  });
});
