import { describe, expect, test } from "vitest";
import { podSecurityViolations } from "../../../src/analysis/checks/pod-security/pod-security.ts";
import { renderObject } from "../../../src/authoring/render/render.ts";
import { author } from "../../../src/authoring/specialists/author.ts";
import { SUPPORTED_MINORS } from "../../../src/kube/catalogue/catalogue.ts";
import { valueAt } from "../../../src/kube/json.ts";
import { leftOut } from "../../support/suites.ts";
import { awesomeCompose } from "./awesome-compose.ts";

/** What applications ask for beyond *restricted*; all others pass it. */
const relaxed: Readonly<Record<string, readonly string[]>> = {
  "pihole-cloudflared-DoH": ["pihole privileged capabilities_restricted"],
  plex: ["plex privileged hostNamespaces"],
  wireguard: ["wireguard privileged capabilities_restricted", "wireguard privileged sysctls"],
};

const applications = awesomeCompose();
describe.skipIf(
  applications === undefined &&
    leftOut(
      "authoring of awesome-compose",
      "set KUBEOPS_CONFORMANCE_DATA to a folder with compose/awesome-compose",
    ),
)("docker/awesome-compose", () => {
  test("all 39 applications are there", () => {
    expect(applications).toHaveLength(39);
  });

  test.each(applications ?? [])("$name passes restricted, or is relaxed as it asks", ({ name, intent }) => {
    const authored = author(intent);
    const rows = authored.relaxations.map((row) => `${row.workload} ${row.level} ${row.check}`);
    expect(rows).toEqual(relaxed[name] ?? []);
    const level = relaxed[name] === undefined ? "restricted" : "privileged";
    expect(valueAt(authored.objects[0], ["metadata", "labels", "pod-security.kubernetes.io/enforce"])).toBe(
      level,
    );
    for (const object of authored.objects)
      for (const minor of SUPPORTED_MINORS) expect(podSecurityViolations(object, level, minor)).toEqual([]);
  });

  test.each(applications ?? [])("$name is the same bytes a second time", ({ intent }) => {
    const bytes = (): string => author(structuredClone(intent)).objects.map(renderObject).join("---\n");
    expect(bytes()).toBe(bytes());
  });
});
