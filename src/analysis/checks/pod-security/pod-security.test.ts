import { assert, constantFrom, integer, jsonValue, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { type JsonObject, valueAt } from "../../../kube/json.ts";
import { checks } from "./check-table.ts";
import { podSecurityLevelOf, podSecurityViolations } from "./pod-security.ts";

const LATEST = 37;

const restrictedContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
};
const restrictedPod = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
  containers: [{ name: "web", securityContext: restrictedContext }],
};

function pod(spec: JsonObject, annotations: JsonObject = {}): JsonObject {
  return { apiVersion: "v1", kind: "Pod", metadata: { annotations }, spec: { ...restrictedPod, ...spec } };
}

function deployment(spec: JsonObject): JsonObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    spec: { template: { spec: { ...restrictedPod, ...spec } } },
  };
}

function container(fields: JsonObject, context: JsonObject = {}): JsonObject {
  return { name: "web", securityContext: { ...restrictedContext, ...context }, ...fields };
}

function withContext(context: JsonObject): JsonObject {
  return pod({ containers: [container({}, context)] });
}

/** Check, detail and paths of what a Pod fails. */
function fails(
  object: JsonObject,
  minor = LATEST,
  level: "baseline" | "restricted" = "restricted",
): string[] {
  return podSecurityViolations(object, level, minor).map(
    ({ check, reason, detail, paths }) =>
      `${check}: ${reason} (${detail}) @ ${paths.map((path) => path.join(".")).join(" ")}`,
  );
}

describe("a Pod that passes", () => {
  test("restricted, in all versions", () => {
    for (let minor = 0; minor <= LATEST + 2; minor++) expect(fails(pod({}), minor)).toEqual([]);
    expect(podSecurityLevelOf(pod({}), LATEST)).toBe("restricted");
  });

  test("privileged is never checked", () => {
    expect(podSecurityViolations(pod({ hostPID: true }), "privileged", LATEST)).toEqual([]);
  });

  test("an object without a Pod template has nothing to check", () => {
    expect(podSecurityViolations({ apiVersion: "v1", kind: "ConfigMap" }, "restricted", LATEST)).toEqual([]);
    expect(podSecurityLevelOf({ apiVersion: "v1", kind: "ConfigMap" }, LATEST)).toBe("restricted");
  });
});

// One Pod a check, with the words of admission and the places of what is wrong.
const cases: readonly (readonly [string, JsonObject, string])[] = [
  [
    "appArmorProfile",
    pod(
      { securityContext: { ...restrictedPod.securityContext, appArmorProfile: { type: "Unconfined" } } },
      { "container.apparmor.security.beta.kubernetes.io/web": "unconfined" },
    ),
    'appArmorProfile: forbidden AppArmor profiles (pod and annotation must not set AppArmor profile type to "Unconfined", "container.apparmor.security.beta.kubernetes.io/web="unconfined"") @ spec.securityContext.appArmorProfile.type metadata.annotations.container.apparmor.security.beta.kubernetes.io/web',
  ],
  [
    "hostNamespaces",
    pod({ hostPID: true, hostIPC: true }),
    "hostNamespaces: host namespaces (hostPID=true, hostIPC=true) @ spec.hostPID spec.hostIPC",
  ],
  [
    "hostPorts",
    pod({ containers: [container({ ports: [{ containerPort: 1 }, { containerPort: 80, hostPort: 80 }] })] }),
    'hostPorts: hostPort (container "web" uses hostPort 80) @ spec.containers.0.ports.1.hostPort',
  ],
  [
    "hostProbesAndHostLifecycle",
    pod({
      containers: [
        container({
          livenessProbe: { httpGet: { host: "b" } },
          lifecycle: { preStop: { tcpSocket: { host: "a" } } },
        }),
      ],
    }),
    'hostProbesAndHostLifecycle: probe or lifecycle host (container "web" uses probe or lifecycle hosts "a", "b") @ spec.containers.0.livenessProbe.httpGet.host spec.containers.0.lifecycle.preStop.tcpSocket.host',
  ],
  [
    "privileged",
    withContext({ privileged: true }),
    'privileged: privileged (container "web" must not set securityContext.privileged=true) @ spec.containers.0.securityContext.privileged',
  ],
  [
    "procMount_restricted",
    withContext({ procMount: "Unmasked" }),
    'procMount_restricted: procMount (container "web" must not set securityContext.procMount to "Unmasked") @ spec.containers.0.securityContext.procMount',
  ],
  [
    "seLinuxOptions",
    withContext({ seLinuxOptions: { type: "spc_t", user: "u", role: "r" } }),
    'seLinuxOptions: seLinuxOptions (container "web" set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set; role may not be set) @ spec.containers.0.securityContext.seLinuxOptions',
  ],
  [
    "sysctls",
    pod({
      securityContext: {
        ...restrictedPod.securityContext,
        sysctls: [{ name: "net.ipv4.tcp_rmem" }, { name: "kernel.msgmax" }],
      },
    }),
    "sysctls: forbidden sysctls (kernel.msgmax) @ spec.securityContext.sysctls.1.name",
  ],
  [
    "windowsHostProcess",
    withContext({ windowsOptions: { hostProcess: true } }),
    'windowsHostProcess: hostProcess (container "web" must not set securityContext.windowsOptions.hostProcess=true) @ spec.containers.0.securityContext.windowsOptions.hostProcess',
  ],
  [
    "allowPrivilegeEscalation",
    pod({
      initContainers: [
        { name: "a", securityContext: { ...restrictedContext, allowPrivilegeEscalation: true } },
      ],
      ephemeralContainers: [{ name: "b", securityContext: { capabilities: { drop: ["ALL"] } } }],
    }),
    'allowPrivilegeEscalation: allowPrivilegeEscalation != false (containers "a", "b" must set securityContext.allowPrivilegeEscalation=false) @ spec.initContainers.0.securityContext.allowPrivilegeEscalation spec.ephemeralContainers.0',
  ],
  [
    "capabilities_restricted",
    withContext({ capabilities: { add: ["NET_BIND_SERVICE", "CHOWN"], drop: ["all"] } }),
    'capabilities_restricted: unrestricted capabilities (container "web" must set securityContext.capabilities.drop=["ALL"]; container "web" must not include "CHOWN" in securityContext.capabilities.add) @ spec.containers.0 spec.containers.0.securityContext.capabilities.add.1',
  ],
  [
    "restrictedVolumes",
    pod({
      volumes: [
        { name: "a", hostPath: {} },
        { name: "b", nfs: {} },
        { name: "c", emptyDir: {} },
      ],
    }),
    'restrictedVolumes: restricted volume types (volumes "a", "b" use restricted volume types "hostPath", "nfs") @ spec.volumes.0.hostPath spec.volumes.1.nfs',
  ],
  [
    "runAsNonRoot",
    withContext({ runAsNonRoot: false }),
    'runAsNonRoot: runAsNonRoot != true (container "web" must not set securityContext.runAsNonRoot=false) @ spec.containers.0.securityContext.runAsNonRoot',
  ],
  [
    "runAsNonRoot",
    pod({ securityContext: { seccompProfile: { type: "RuntimeDefault" } } }),
    'runAsNonRoot: runAsNonRoot != true (pod or container "web" must set securityContext.runAsNonRoot=true) @ spec.containers.0',
  ],
  [
    "runAsUser",
    pod({
      securityContext: { ...restrictedPod.securityContext, runAsUser: 0 },
      containers: [container({}, { runAsUser: 0 })],
    }),
    'runAsUser: runAsUser=0 (pod and container "web" must not set runAsUser=0) @ spec.securityContext.runAsUser spec.containers.0.securityContext.runAsUser',
  ],
  [
    "seccompProfile_restricted",
    pod({ securityContext: { runAsNonRoot: true } }),
    'seccompProfile_restricted: seccompProfile (pod or container "web" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost") @ spec.containers.0',
  ],
  [
    "seccompProfile_restricted",
    withContext({ seccompProfile: { type: "Unconfined" } }),
    'seccompProfile_restricted: seccompProfile (container "web" must not set securityContext.seccompProfile.type to "Unconfined") @ spec.containers.0.securityContext.seccompProfile.type',
  ],
];

describe("what a Pod fails, and where", () => {
  test.each(cases)("%s", (_, object, expected) => {
    expect(fails(object)).toEqual([expected]);
  });

  test("baseline has its own words where restricted overrides", () => {
    const object = pod({
      containers: [container({}, { capabilities: { drop: ["ALL"], add: ["SYS_ADMIN", "NET_RAW"] } })],
      volumes: [{ name: "v", hostPath: {} }],
    });
    expect(fails(object, LATEST, "baseline")).toEqual([
      'capabilities_baseline: non-default capabilities (container "web" must not include "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add) @ spec.containers.0.securityContext.capabilities.add.0 spec.containers.0.securityContext.capabilities.add.1',
      'hostPathVolumes: hostPath volumes (volume "v") @ spec.volumes.0.hostPath',
    ]);
    expect(podSecurityViolations(object, "restricted", LATEST).map(({ check }) => check)).toEqual([
      "capabilities_restricted",
      "restrictedVolumes",
    ]);
    expect(podSecurityLevelOf(object, LATEST)).toBe("privileged");
  });

  test("the container is named when it alone is to blame", () => {
    expect(podSecurityViolations(withContext({ privileged: true }), "baseline", LATEST)[0]?.container).toBe(
      "web",
    );
    expect(podSecurityViolations(pod({ hostPID: true }), "baseline", LATEST)[0]?.container).toBeUndefined();
  });

  test("paths go through the template of a workload", () => {
    const object = deployment({ containers: [container({}, { privileged: true })] });
    const [violation] = podSecurityViolations(object, "baseline", LATEST);
    expect(violation?.paths).toEqual([
      ["spec", "template", "spec", "containers", 0, "securityContext", "privileged"],
    ]);
    expect(valueAt(object, violation?.paths[0] ?? [])).toBe(true);
  });
});

describe("versions", () => {
  test.each<[string, JsonObject, number]>([
    ["container_engine_t", withContext({ seLinuxOptions: { type: "container_engine_t" } }), 31],
    [
      "tcp_rmem",
      pod({
        securityContext: { ...restrictedPod.securityContext, sysctls: [{ name: "net.ipv4.tcp_rmem" }] },
      }),
      32,
    ],
    [
      "tcp_notsent_lowat",
      pod({
        securityContext: {
          ...restrictedPod.securityContext,
          sysctls: [{ name: "net.ipv4.tcp_notsent_lowat" }],
        },
      }),
      37,
    ],
    [
      "runAsUser 0 in a user namespace",
      pod({ hostUsers: false, containers: [container({}, { runAsUser: 0 })] }),
      35,
    ],
    [
      "runAsNonRoot false in a user namespace",
      pod({ hostUsers: false, containers: [container({}, { runAsNonRoot: false })] }),
      35,
    ],
    [
      "Windows",
      {
        apiVersion: "v1",
        kind: "Pod",
        spec: {
          os: { name: "windows" },
          securityContext: { runAsNonRoot: true },
          containers: [{ name: "a" }],
        },
      },
      25,
    ],
  ])("%s is allowed from its version on", (_, object, minor) => {
    expect(fails(object, minor - 1)).not.toEqual([]);
    expect(fails(object, minor)).toEqual([]);
  });

  test("probe hosts are forbidden from 1.34 on", () => {
    const object = pod({ containers: [container({ startupProbe: { tcpSocket: { host: "h" } } })] });
    expect([fails(object, 33).length, fails(object, 34).length]).toEqual([0, 1]);
  });

  test("an unmasked /proc in a user namespace is baseline from 1.35 on and never restricted", () => {
    const object = pod({ hostUsers: false, containers: [container({}, { procMount: "Unmasked" })] });
    expect(podSecurityLevelOf(object, 34)).toBe("privileged");
    expect(podSecurityLevelOf(object, 35)).toBe("baseline");
  });

  test("before 1.19 seccomp was an annotation, quoted as Go quotes", () => {
    const object = pod({}, { "seccomp.security.alpha.kubernetes.io/pod": 'un"conf\u0007ined\u2028é' });
    expect(fails(object, 18, "baseline")).toEqual([
      'seccompProfile_baseline: seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="un\\"conf\\ained\\u2028é") @ metadata.annotations.seccomp.security.alpha.kubernetes.io/pod',
    ]);
    expect(fails(object, 19, "baseline")).toEqual([]);
  });

  test("a version out of range never checks less than the nearest one", () => {
    const object = pod({ hostPID: true });
    for (const minor of [-5, 0.5, 99, Number.NaN, Number.POSITIVE_INFINITY])
      expect(fails(object, minor).length).toBe(1);
  });
});

describe("the server's defaults", () => {
  test("a volume without a source is an emptyDir, one with an unknown source is not", () => {
    expect(fails(pod({ volumes: [{ name: "a" }, { name: "b", hostPath: null }] }))).toEqual([]);
    expect(fails(pod({ volumes: [{ name: "a", future: {} }] }))).toEqual([
      'restrictedVolumes: restricted volume types (volume "a" uses restricted volume type "unknown") @ spec.volumes.0',
    ]);
  });

  test("a Pod on the host network opens all its ports, a template does not", () => {
    const spec = { hostNetwork: true, containers: [container({ ports: [{ containerPort: 8080 }] })] };
    expect(fails(pod(spec))).toEqual([
      "hostNamespaces: host namespaces (hostNetwork=true) @ spec.hostNetwork",
      'hostPorts: hostPort (container "web" uses hostPort 8080) @ spec.containers.0.ports.0.containerPort',
    ]);
    expect(fails(deployment(spec))).toEqual([
      "hostNamespaces: host namespaces (hostNetwork=true) @ spec.template.spec.hostNetwork",
    ]);
  });

  test("null counts as not set", () => {
    expect(fails(pod({ hostPID: null, volumes: null, hostUsers: null, initContainers: null }))).toEqual([]);
    expect(fails(withContext({ privileged: null, procMount: null, seLinuxOptions: null }))).toEqual([]);
  });
});

describe("hostile shapes", () => {
  test("a value of a wrong type is never taken for an allowed one", () => {
    expect(fails(withContext({ privileged: "false" })).length).toBe(1);
    expect(fails(withContext({ allowPrivilegeEscalation: 0 })).length).toBe(1);
    expect(fails(withContext({ runAsUser: "0" })).length).toBe(1);
    expect(fails(pod({ hostNetwork: "no" })).length).toBe(1);
    expect(fails(pod({ hostUsers: "false", containers: [container({}, { runAsUser: 0 })] })).length).toBe(1);
  });

  test("keys of prototypes are not read", () => {
    const context = JSON.parse(
      '{"__proto__":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}}}',
    );
    expect(fails(pod({ containers: [{ name: "web", securityContext: context as JsonObject }] })).length).toBe(
      2,
    );
  });

  test("no shape throws, and the same input gives the same answer", () => {
    const fields = constantFrom("containers", "initContainers", "volumes", "securityContext", "os", "ports");
    assert(
      property(
        fields,
        jsonValue(),
        jsonValue(),
        integer({ min: 0, max: 40 }),
        (field, value, inner, minor) => {
          const object = pod({
            [field]: value,
            containers: [{ name: inner, securityContext: value, [field]: inner }],
          } as JsonObject);
          expect(fails(object, minor)).toEqual(fails(object, minor));
          podSecurityLevelOf(object, minor);
        },
      ),
    );
  });
});

describe("the table", () => {
  test("holds 12 baseline and 7 restricted checks in the order of admission", () => {
    const ids = (level: string): string[] =>
      checks.filter((check) => check.level === level).map(({ id }) => id);
    expect([ids("baseline").length, ids("restricted").length]).toEqual([12, 7]);
    expect(checks.map(({ id }) => id)).toEqual([...ids("baseline").sort(), ...ids("restricted").sort()]);
  });

  test("versions rise, and only restricted checks override baseline ones", () => {
    for (const { level, versions } of checks) {
      const from = versions.map((version) => version.from);
      expect(from).toEqual([...new Set(from)].sort((a, b) => a - b));
      for (const { overrides } of versions) {
        if (overrides === undefined) continue;
        expect(level).toBe("restricted");
        expect(checks.find(({ id }) => id === overrides)?.level).toBe("baseline");
      }
    }
  });
});
