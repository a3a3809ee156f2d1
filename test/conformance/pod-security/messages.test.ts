import {
  array,
  boolean,
  constant,
  constantFrom,
  dictionary,
  integer,
  option,
  record,
  sample,
  uniqueArray,
} from "fast-check";
import { describe, expect, test } from "vitest";
import { podSecurityViolations } from "../../../src/analysis/checks/pod-security/pod-security.ts";
import type { JsonObject } from "../../../src/kube/json.ts";
import { askOracle, largeOracle } from "../../support/oracle.ts";
import { deep, leftOut } from "../../support/suites.ts";

const oracle = largeOracle("pod-security");
const program = "program" in oracle ? oracle.program : undefined;
const skip =
  program === undefined &&
  leftOut("Pod Security messages against Go", "reason" in oracle ? oracle.reason : "");

const few: { requiredKeys: []; noNullPrototype: true } = { requiredKeys: [], noNullPrototype: true };
const maybe = { nil: null, freq: 3 } as const;
const seLinuxOptions = record(
  {
    type: constantFrom("", "container_t", "container_engine_t", "spc_t"),
    user: constantFrom("", "u"),
    role: constantFrom("", "r"),
  },
  few,
);
const profile = record({ type: constantFrom("RuntimeDefault", "Localhost", "Unconfined", "") }, few);
const shared = {
  appArmorProfile: option(profile, maybe),
  seLinuxOptions: option(seLinuxOptions, maybe),
  seccompProfile: option(profile, maybe),
  runAsNonRoot: option(boolean(), maybe),
  runAsUser: option(constantFrom(0, 1, 1000), maybe),
  windowsOptions: record({ hostProcess: option(boolean(), maybe) }, few),
};
const capability = constantFrom("ALL", "NET_BIND_SERVICE", "CHOWN", "NET_RAW", "SYS_ADMIN");
const containerContext = record(
  {
    ...shared,
    allowPrivilegeEscalation: option(boolean(), maybe),
    privileged: option(boolean(), maybe),
    procMount: constantFrom("Default", "Unmasked", null),
    capabilities: record(
      { add: array(capability, { maxLength: 3 }), drop: array(capability, { maxLength: 3 }) },
      few,
    ),
  },
  few,
);
const host = record({ host: constantFrom("", "h1", "h2"), port: constant(80) }, few);
const action = record({ httpGet: option(host, maybe), tcpSocket: option(host, maybe) }, few);
const name = constantFrom("a", "b", "c", "d", "e", 'q"');
const container = record(
  {
    name,
    securityContext: containerContext,
    ports: array(record({ hostPort: constantFrom(0, 80, 443, 8080), containerPort: constant(80) }, few), {
      maxLength: 3,
    }),
    livenessProbe: action,
    readinessProbe: option(action, maybe),
    startupProbe: option(action, maybe),
    lifecycle: record({ postStart: action, preStop: option(action, maybe) }, few),
  },
  { requiredKeys: ["name"], noNullPrototype: true },
);
const containers = uniqueArray(container, { selector: (one) => one.name, maxLength: 3 });
const sources = constantFrom(
  ..."configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret hostPath nfs iscsi".split(
    " ",
  ),
  ..."gcePersistentDisk awsElasticBlockStore gitRepo glusterfs rbd flexVolume cinder cephfs flocker fc azureFile".split(
    " ",
  ),
  ..."vsphereVolume quobyte azureDisk photonPersistentDisk portworxVolume scaleIO storageos".split(" "),
);
const volume = dictionary(sources, constant({}), { minKeys: 1, maxKeys: 2, noNullPrototype: true }).map(
  (types, index = 0) => ({ name: `v${index}`, ...types }),
);
const sysctl = constantFrom(
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_notsent_lowat",
  "kernel.msgmax",
).map((sysctlName) => ({ name: sysctlName, value: "1" }));
const annotationKey = constantFrom(
  "container.apparmor.security.beta.kubernetes.io/a",
  "container.apparmor.security.beta.kubernetes.io/zz",
  "seccomp.security.alpha.kubernetes.io/pod",
  "container.seccomp.security.alpha.kubernetes.io/a",
  "container.seccomp.security.alpha.kubernetes.io/zz",
);
const annotation = constantFrom(
  "",
  "runtime/default",
  "docker/default",
  "localhost/x",
  "unconfined",
  'a"\\\n\u0001é\u2028😀',
);
const pod = record(
  {
    metadata: record(
      { annotations: dictionary(annotationKey, annotation, { maxKeys: 3, noNullPrototype: true }) },
      few,
    ),
    spec: record(
      {
        securityContext: record({ ...shared, sysctls: array(sysctl, { maxLength: 3 }) }, few),
        containers,
        initContainers: containers,
        ephemeralContainers: containers,
        volumes: array(volume, { maxLength: 4 }),
        hostNetwork: boolean(),
        hostPID: boolean(),
        hostIPC: boolean(),
        hostUsers: option(boolean(), maybe),
        os: option(record({ name: constantFrom("linux", "windows") }, { noNullPrototype: true }), maybe),
      },
      { requiredKeys: ["containers"], noNullPrototype: true },
    ),
  },
  { requiredKeys: ["spec"], noNullPrototype: true },
);
const question = record(
  {
    pod,
    level: constantFrom("baseline" as const, "restricted" as const),
    minor: integer({ min: 0, max: 39 }),
  },
  { noNullPrototype: true },
);

describe.skipIf(skip)("Pod Security admission v0.37.2", () => {
  test("every random Pod template gets the same texts in the same order", () => {
    const questions = sample(question, { numRuns: deep ? 40_000 : 3_000, seed: 20261125 });
    const answers = askOracle(program ?? "", questions);
    const wrong: unknown[] = [];
    const seen = new Set<string>();
    for (const [index, { pod: template, level, minor }] of questions.entries()) {
      // As a template: the defaults that the server gives to Pods alone are not part of the evaluator.
      const object = { apiVersion: "v1", kind: "PodTemplate", template } as unknown as JsonObject;
      const found = podSecurityViolations(object, level, minor);
      for (const violation of found) seen.add(violation.check);
      const ours = found.map(({ reason, detail }) => ({ reason, detail }));
      if (JSON.stringify(ours) !== JSON.stringify(answers[index]))
        wrong.push({ level, minor, ours, go: answers[index], template });
    }
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(seen.size).toBe(19);
  });
});
