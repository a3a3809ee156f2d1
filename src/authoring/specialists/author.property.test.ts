import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryIntent } from "../../../test/support/arbitrary-intent.ts";
import { deep } from "../../../test/support/suites.ts";
import { podSecurityViolations } from "../../analysis/checks/pod-security/pod-security.ts";
import { canonicalJson } from "../../kube/canonical-json.ts";
import { resourceOf, scopeOf, SUPPORTED_MINORS } from "../../kube/catalogue/catalogue.ts";
import { isArray, isObject, type Json, type JsonObject, valueAt } from "../../kube/json.ts";
import { identity, objectKey } from "../../kube/object-key.ts";
import { containersOf, podTemplateOf } from "../../kube/pod-template.ts";
import type { ApplicationIntent, Authored, WorkloadIntent } from "../intent/intent.ts";
import { fileNames } from "../render/render.ts";
import { author } from "./author.ts";
import { textOf } from "./members.ts";
import { isDnsLabel, isDnsSubdomain, isLabelValue, isQualifiedName, isServiceName } from "./names.ts";
import { isPortName } from "./networking/ports.ts";

const numRuns = deep ? 1500 : 100;

function always(check: (authored: Authored, intent: ApplicationIntent) => void): void {
  fc.assert(
    fc.property(arbitraryIntent, (intent) => check(author(intent), intent)),
    { numRuns },
  );
}

function ofKind(authored: Authored, ...kinds: readonly string[]): JsonObject[] {
  return authored.objects.filter((object) => kinds.includes(textOf(object, "kind")));
}

function list(value: Json | undefined): JsonObject[] {
  return isArray(value) ? value.filter(isObject) : [];
}

function texts(value: Json | undefined): Record<string, string> {
  return isObject(value) ? (value as Record<string, string>) : {};
}

interface Pod {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: JsonObject;
  readonly object: JsonObject;
  readonly container: JsonObject;
}

function pods(authored: Authored): Pod[] {
  return authored.objects.flatMap((object) => {
    const template = podTemplateOf(object);
    if (template === undefined) return [];
    const containers = containersOf(template.spec);
    expect(containers).toHaveLength(1);
    return [
      {
        name: template.labels["app.kubernetes.io/name"]!,
        labels: template.labels,
        spec: template.spec,
        object,
        container: list(template.spec["containers"])[0]!,
      },
    ];
  });
}

/** Label selectors with the two forms that are written. */
function selects(selector: Json | undefined, labels: Readonly<Record<string, string>>): boolean {
  if (!isObject(selector)) return false;
  const equal = Object.entries(texts(selector["matchLabels"])).every(([key, value]) => labels[key] === value);
  return (
    equal &&
    list(selector["matchExpressions"]).every((row) => {
      expect(row["operator"]).toBe("NotIn");
      return !(row["values"] as string[]).includes(labels[textOf(row, "key")] ?? "");
    })
  );
}

describe("whatever the intent", () => {
  test("K7 every Pod passes Pod Security restricted, or each failed check has exactly one relaxation", () => {
    always((authored) => {
      for (const pod of pods(authored)) {
        const failed = SUPPORTED_MINORS.flatMap((minor) =>
          podSecurityViolations(pod.object, "restricted", minor).map((violation) => violation.check),
        );
        const relaxed = authored.relaxations
          .filter((row) => row.workload === pod.name)
          .map((row) => row.check);
        expect(relaxed).toEqual([...new Set(failed)].sort());
      }
    });
  });

  test("the namespace enforces the strictest level that all Pods pass", () => {
    always((authored, intent) => {
      const [namespace] = ofKind(authored, "Namespace");
      if (intent.namespace === "default") {
        expect(namespace).toBeUndefined();
        return;
      }
      const level = valueAt(namespace, ["metadata", "labels", "pod-security.kubernetes.io/enforce"]);
      const fails = (asked: "restricted" | "baseline"): boolean =>
        pods(authored).some((pod) =>
          SUPPORTED_MINORS.some((minor) => podSecurityViolations(pod.object, asked, minor).length > 0),
        );
      expect(level).toBe(fails("baseline") ? "privileged" : fails("restricted") ? "baseline" : "restricted");
    });
  });

  test("K7 nothing is relaxed that the input does not ask for", () => {
    fc.assert(
      fc.property(arbitraryIntent, (intent) => {
        const authored = author({ ...intent, workloads: intent.workloads.map(withoutAsking) });
        expect(authored.relaxations).toEqual([]);
      }),
      { numRuns },
    );
  });

  test("no Pod gets a token, service links or a container that may gain privileges unasked", () => {
    always((authored, intent) => {
      const byName = new Map(intent.workloads.map((workload) => [workload.name, workload]));
      for (const { name, spec, container } of pods(authored)) {
        const asked = byName.get(name)!;
        expect(spec["automountServiceAccountToken"]).toBe(false);
        expect(spec["enableServiceLinks"]).toBe(false);
        expect(valueAt(container, ["securityContext", "capabilities", "drop"])).toEqual(["ALL"]);
        expect(valueAt(container, ["securityContext", "allowPrivilegeEscalation"])).toBe(
          asked.privileged === true || asked.noNewPrivileges === false,
        );
        for (const [key, field] of [
          ["hostNetwork", "hostNetwork"],
          ["hostPID", "hostPid"],
          ["hostIPC", "hostIpc"],
        ] as const)
          expect(spec[key]).toBe(asked[field] === true ? true : undefined);
      }
      for (const account of ofKind(authored, "ServiceAccount"))
        expect(account["automountServiceAccountToken"]).toBe(false);
    });
  });

  test("K16 no Secret is made, and no command holds a value", () => {
    always((authored) => {
      expect(ofKind(authored, "Secret")).toEqual([]);
      for (const { command } of authored.prerequisites)
        expect(command ?? "").not.toMatch(/--from-literal|password=/i);
    });
  });

  test("every Service selects exactly one workload's Pods, and its target ports are theirs", () => {
    always((authored) => {
      const all = pods(authored);
      for (const service of ofKind(authored, "Service")) {
        const spec = service["spec"] as JsonObject;
        const selected = all.filter((pod) => selects({ matchLabels: spec["selector"]! }, pod.labels));
        expect(selected).toHaveLength(1);
        const ports = list(spec["ports"]);
        if (ports.length === 0) expect(spec["clusterIP"]).toBe("None");
        const offered = new Map(
          list(selected[0]!.container["ports"]).map((port) => [port["name"], port["protocol"]]),
        );
        for (const port of ports) expect(offered.get(port["targetPort"])).toBe(port["protocol"]);
        expect(new Set(ports.map((port) => port["name"])).size).toBe(ports.length);
        expect(new Set(ports.map((port) => canonicalJson([port["protocol"], port["port"]]))).size).toBe(
          ports.length,
        );
      }
    });
  });

  test("every selector of a workload, budget and policy selects what it is for", () => {
    always((authored) => {
      const all = pods(authored);
      for (const object of ofKind(
        authored,
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "PodDisruptionBudget",
      )) {
        const selected = all.filter((pod) => selects(valueAt(object, ["spec", "selector"]), pod.labels));
        expect(selected.map((pod) => valueAt(pod.object, ["metadata", "name"]))).toEqual([
          valueAt(object, ["metadata", "name"]),
        ]);
      }
      for (const policy of ofKind(authored, "NetworkPolicy")) {
        const spec = policy["spec"] as JsonObject;
        expect(all.filter((pod) => selects(spec["podSelector"], pod.labels)).length).toBeGreaterThan(0);
        for (const rule of [...list(spec["ingress"]), ...list(spec["egress"])])
          for (const peer of [...list(rule["from"]), ...list(rule["to"])])
            if (peer["podSelector"] !== undefined && peer["namespaceSelector"] === undefined)
              expect(all.filter((pod) => selects(peer["podSelector"], pod.labels))).toHaveLength(1);
      }
      for (const scaler of ofKind(authored, "HorizontalPodAutoscaler")) {
        const target = authored.objects.find(
          (object) =>
            object["kind"] === valueAt(scaler, ["spec", "scaleTargetRef", "kind"]) &&
            valueAt(object, ["metadata", "name"]) === valueAt(scaler, ["spec", "scaleTargetRef", "name"]),
        );
        expect(valueAt(target, ["spec", "replicas"])).toBeUndefined();
      }
    });
  });

  test("Pods reach each other exactly as the connections say, and DNS unless they stand on no network", () => {
    always((authored, intent) => {
      const all = pods(authored).filter((pod) => pod.spec["hostNetwork"] !== true);
      const byName = new Map(intent.workloads.map((workload) => [workload.name, workload]));
      for (const source of all) {
        expect(reachesDns(authored, source)).toBe(byName.get(source.name)!.networks.length > 0);
        for (const target of all)
          for (const [protocol, port] of [
            ["TCP", 5432],
            ["TCP", 80],
            ["UDP", 53],
          ] as const) {
            const wanted = intent.connections.some(
              (edge) =>
                edge.from === source.name &&
                edge.to === target.name &&
                byName
                  .get(edge.from)!
                  .networks.some((name) => byName.get(edge.to)!.networks.includes(name)) &&
                opens(edge.ports, list(target.container["ports"]), port, protocol, byName.get(edge.to)!),
            );
            expect(
              allows(authored, source, target, { port, protocol }),
              `${source.name} → ${target.name} ${port}/${protocol}`,
            ).toBe(wanted);
          }
      }
    });
  });

  test("what a Pod mounts and names is there or is a prerequisite", () => {
    always((authored) => {
      const named = (kind: string): Set<Json | undefined> =>
        new Set(ofKind(authored, kind).map((object) => valueAt(object, ["metadata", "name"])));
      const required = new Set(authored.prerequisites.map((row) => row.subject));
      for (const { spec, container, object } of pods(authored)) {
        const volumes = list(spec["volumes"]);
        const templates = list(valueAt(object, ["spec", "volumeClaimTemplates"])).map((template) =>
          valueAt(template, ["metadata", "name"]),
        );
        const sources = [...volumes.map((volume) => volume["name"]), ...templates];
        expect(new Set(sources).size).toBe(sources.length);
        const mounts = list(container["volumeMounts"]);
        for (const mount of mounts) expect(sources).toContain(mount["name"]);
        for (const source of sources) expect(mounts.map((mount) => mount["name"])).toContain(source);
        expect(new Set(mounts.map((mount) => mount["mountPath"])).size).toBe(mounts.length);
        for (const volume of volumes) {
          const claim = valueAt(volume, ["persistentVolumeClaim", "claimName"]);
          if (claim !== undefined)
            expect(named("PersistentVolumeClaim").has(claim) || required.has(claim as string)).toBe(true);
          const config = valueAt(volume, ["configMap", "name"]);
          if (config !== undefined)
            expect(named("ConfigMap").has(config) || required.has(config as string)).toBe(true);
          const secrets = [
            valueAt(volume, ["secret", "secretName"]),
            ...list(valueAt(volume, ["projected", "sources"])).map((source) =>
              valueAt(source, ["secret", "name"]),
            ),
          ];
          for (const secret of secrets) if (secret !== undefined) expect(required).toContain(secret);
        }
        for (const entry of list(container["env"])) {
          const secret = valueAt(entry, ["valueFrom", "secretKeyRef", "name"]);
          if (secret !== undefined) expect(required).toContain(secret);
        }
        const env = list(container["env"]).map((entry) => entry["name"]);
        expect(new Set(env).size).toBe(env.length);
        const account = spec["serviceAccountName"];
        expect(named("ServiceAccount").has(account) || required.has(account as string)).toBe(true);
        if (object["kind"] === "StatefulSet") {
          const headless = ofKind(authored, "Service").find(
            (service) => valueAt(service, ["metadata", "name"]) === valueAt(object, ["spec", "serviceName"]),
          );
          expect(valueAt(headless, ["spec", "clusterIP"])).toBe("None");
        }
        const ports = list(container["ports"]).flatMap((port) =>
          port["name"] === undefined ? [] : [port["name"]],
        );
        for (const port of ports) expect(isPortName(port as string)).toBe(true);
        expect(new Set(ports).size).toBe(ports.length);
      }
    });
  });

  test("every object is served by every supported version, in the namespace, once, under a valid name", () => {
    always((authored, intent) => {
      const ids = authored.objects.map((object) => identity(objectKey(object)));
      expect(new Set(ids).size).toBe(ids.length);
      const files = [...fileNames(authored.objects.map(objectKey), new Map()).values()];
      expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(ids.length);
      for (const object of authored.objects) {
        const key = objectKey(object);
        expect(resourceOf(key)?.minors).toEqual(SUPPORTED_MINORS);
        expect(key.namespace).toBe(scopeOf(key.group, key.kind) === "namespaced" ? intent.namespace : "");
        expect(validName(key.kind, key.name), `${key.kind} ${key.name}`).toBe(true);
        const labelled = [valueAt(object, ["metadata", "labels"]), podTemplateOf(object)?.labels];
        for (const labels of labelled)
          for (const [label, value] of Object.entries(texts(labels))) {
            expect(isQualifiedName(label)).toBe(true);
            expect(isLabelValue(value)).toBe(true);
          }
      }
    });
  });

  test("neither a second run nor the order of the intent's lists shows", () => {
    fc.assert(
      fc.property(arbitraryIntent, (intent) => {
        const authored = canonicalJson(author(intent));
        expect(canonicalJson(author(structuredClone(intent)))).toBe(authored);
        expect(
          canonicalJson(
            author({
              ...intent,
              workloads: intent.workloads.toReversed(),
              configs: intent.configs.toReversed(),
              secrets: intent.secrets.toReversed(),
              volumes: intent.volumes.toReversed(),
              connections: intent.connections.toReversed(),
            }),
          ),
        ).toBe(authored);
      }),
      { numRuns },
    );
  });
});

/** The same workload without anything that asks for more than *restricted* allows. */
function withoutAsking(workload: WorkloadIntent): WorkloadIntent {
  const { noNewPrivileges, appArmor, user } = workload;
  const asking = [
    "privileged",
    "noNewPrivileges",
    "seccomp",
    "appArmor",
    "hostNetwork",
    "hostPid",
    "hostIpc",
    "user",
  ];
  const rest = Object.fromEntries(
    Object.entries(workload).filter(([key]) => !asking.includes(key)),
  ) as unknown as WorkloadIntent;
  const root = user !== undefined && (user.uid === 0 || user.name === "root");
  return {
    ...rest,
    ...(user === undefined || root ? {} : { user }),
    ...(noNewPrivileges === true ? { noNewPrivileges } : {}),
    ...(appArmor === undefined || appArmor === "unconfined" ? {} : { appArmor }),
    capabilities: { add: workload.capabilities.add.filter((name) => name === "NET_BIND_SERVICE"), drop: [] },
    sysctls: workload.sysctls.filter(({ name }) => name === "net.ipv4.ip_unprivileged_port_start"),
    mounts: workload.mounts.filter((mount) => mount.kind !== "host"),
  };
}

interface Flow {
  readonly port: number;
  readonly protocol: string;
}

function opens(
  asked: readonly Flow[],
  offered: readonly JsonObject[],
  port: number,
  protocol: string,
  target: WorkloadIntent,
): boolean {
  if (asked.length > 0) return asked.some((row) => row.port === port && row.protocol === protocol);
  // Ports that only probes use are not offered.
  const probes = [target.health?.test, target.health?.readiness].flatMap((probe) =>
    probe === undefined || probe.kind === "exec" ? [] : [probe.port],
  );
  const ports = offered.filter(
    (row) =>
      !((row["name"] ?? "probe-") as string).startsWith("probe-") ||
      !probes.includes(Number(row["containerPort"])),
  );
  return (
    ports.length === 0 || ports.some((row) => row["containerPort"] === port && row["protocol"] === protocol)
  );
}

function policiesOf(authored: Authored, pod: Pod, direction: "Ingress" | "Egress"): JsonObject[] {
  return ofKind(authored, "NetworkPolicy")
    .map((policy) => policy["spec"] as JsonObject)
    .filter(
      (spec) =>
        selects(spec["podSelector"], pod.labels) && (spec["policyTypes"] as Json[]).includes(direction),
    );
}

function matchesPort(rule: JsonObject, flow: Flow): boolean {
  const ports = list(rule["ports"]);
  return (
    ports.length === 0 || ports.some((row) => row["port"] === flow.port && row["protocol"] === flow.protocol)
  );
}

/** NetworkPolicy v1 between two Pods of the namespace: isolated in both directions, and a rule of each side allows. */
function allows(authored: Authored, source: Pod, target: Pod, flow: Flow): boolean {
  const egress = policiesOf(authored, source, "Egress");
  const ingress = policiesOf(authored, target, "Ingress");
  expect(egress.length).toBeGreaterThan(0);
  expect(ingress.length).toBeGreaterThan(0);
  const out = egress.some((spec) =>
    list(spec["egress"]).some(
      (rule) =>
        matchesPort(rule, flow) &&
        list(rule["to"]).some(
          (peer) => peer["namespaceSelector"] === undefined && selects(peer["podSelector"], target.labels),
        ),
    ),
  );
  const into = ingress.some((spec) =>
    list(spec["ingress"]).some(
      (rule) =>
        matchesPort(rule, flow) &&
        list(rule["from"]).some(
          (peer) => peer["namespaceSelector"] !== undefined || selects(peer["podSelector"], source.labels),
        ),
    ),
  );
  return out && into;
}

function reachesDns(authored: Authored, pod: Pod): boolean {
  return policiesOf(authored, pod, "Egress").some((spec) =>
    list(spec["egress"]).some(
      (rule) =>
        ["UDP", "TCP"].every((protocol) => matchesPort(rule, { port: 53, protocol })) &&
        list(rule["to"]).some((peer) => peer["namespaceSelector"] !== undefined),
    ),
  );
}

function validName(kind: string, name: string): boolean {
  if (kind === "Service") return isServiceName(name);
  if (kind === "StatefulSet" || kind === "CronJob") return isDnsLabel(name) && name.length <= 52;
  if (kind === "ConfigMap") return isDnsSubdomain(name);
  return isDnsLabel(name);
}
