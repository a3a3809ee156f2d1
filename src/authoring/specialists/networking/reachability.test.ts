import { expect, test } from "vitest";
import { connections } from "../../../analysis/network/engine/connectivity.ts";
import { buildNetwork } from "../../../analysis/network/engine/network.ts";
import { findNetworkFaults } from "../../../analysis/network/findings/find.ts";
import { readDocuments } from "../../../kube/yaml/read-documents.ts";
import { readObjects } from "../../../kube/read-objects.ts";
import { application, connection, port, workload } from "../../../../test/support/authoring-intents.ts";
import { author } from "../author.ts";

test("what is authored lets through the declared connections between workloads and no other", () => {
  const authored = author(
    application(
      [
        workload("web", { ports: [port(8080)] }),
        workload("api", { ports: [port(9090)] }),
        workload("db", { ports: [port(5432)] }),
      ],
      { connections: [connection("web", "api", 9090), connection("api", "db", 5432)] },
    ),
  );
  const net = buildNetwork(authored.objects);
  expect(net.problems).toEqual([]);
  const name = (end: unknown): string =>
    typeof end === "number" ? (net.workloads[end]?.name ?? "") : "outside";
  const flows = [...connections(net)]
    .filter(({ from, to }) => typeof from === "number" && typeof to === "number")
    .map(({ from, to, ports }) => `${name(from)} -> ${name(to)}: ${net.space.text(ports)}`);
  expect(flows).toEqual(["api -> db: TCP 5432", "web -> api: TCP 9090"]);
  const text = new TextEncoder().encode(
    authored.objects.map((object) => JSON.stringify(object)).join("\n---\n"),
  );
  const faults = findNetworkFaults(readObjects(readDocuments("k8s.yaml", text)).objects);
  expect(faults.filter(({ severity }) => severity !== "info")).toEqual([]);
});
