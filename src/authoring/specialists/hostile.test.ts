import { describe, expect, test } from "vitest";
import { application, place, shop, workload } from "../../../test/support/authoring-intents.ts";
import { claim, find, notes, one } from "../../../test/support/authored.ts";
import { valueAt } from "../../kube/json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import type { ApplicationIntent } from "../intent/intent.ts";
import { author } from "./author.ts";

describe("hostile intents", () => {
  test.each<[string, ApplicationIntent, string]>([
    [
      "a namespace that is no label",
      application([], { namespace: "../x" }),
      'the namespace name "../x" is no DNS label: use at most 63 of a-z, 0-9 and -, with a letter or digit at both ends',
    ],
    [
      "two workloads of one name",
      application([workload("web"), workload("web")]),
      "there are two workloads named web: rename one",
    ],
    [
      "a config with a bad name",
      application([], { configs: [{ name: "A", data: {} }] }),
      'the config name "A" is no DNS subdomain: use at most 253 of a-z, 0-9, - and .',
    ],
  ])("%s", (_, intent, message) => {
    try {
      author(intent);
      expect.unreachable();
    } catch (error) {
      if (!OpsError.is(error)) throw error;
      expect(error.code).toBe("INPUT_MALFORMED");
      expect(error.message).toBe(message);
    }
  });

  test("keys of the prototype are keys", () => {
    const labels = JSON.parse('{"__proto__": "x", "constructor": "y"}') as Record<string, string>;
    const authored = one(
      { labels, mounts: [{ kind: "config", config: "c", key: "__proto__", path: "/c" }] },
      { configs: [{ name: "c", data: JSON.parse('{"__proto__": "text"}') as Record<string, string> }] },
    );
    expect(Object.hasOwn(find(authored, "ConfigMap", "c")["data"] as object, "__proto__")).toBe(true);
    expect(valueAt(find(authored, "Deployment", "web"), ["metadata", "labels", "constructor"])).toBe("y");
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  test("labels that selectors use cannot be set by the input", () => {
    const authored = one({ labels: { "app.kubernetes.io/name": "db", "app.kubernetes.io/component": "x" } });
    const deployment = find(authored, "Deployment", "web");
    expect(valueAt(deployment, ["metadata", "labels", "app.kubernetes.io/name"])).toBe("web");
    expect(valueAt(deployment, ["metadata", "labels", "app.kubernetes.io/component"])).toBe("x");
    expect(notes(authored, "labels/reserved")).toEqual([
      "label app.kubernetes.io/name is left out: selectors of the generated objects use it.",
    ]);
  });

  test("nor by the labels of a volume", () => {
    const labels = { "app.kubernetes.io/name": "db", team: "a" };
    const authored = one({ mounts: [claim("data")] }, { volumes: [{ name: "data", labels, place }] });
    expect(
      valueAt(find(authored, "StatefulSet", "web"), ["spec", "volumeClaimTemplates", 0, "metadata"]),
    ).toEqual({ name: "data", labels: { team: "a" } });
  });

  test("the result cannot be changed", () => {
    expect(Object.isFrozen(author(shop).objects[0])).toBe(true);
  });
});
