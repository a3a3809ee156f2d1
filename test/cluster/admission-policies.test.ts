import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { admissionFindings } from "../../src/analysis/checks/admission/admission-findings.ts";
import { definitionsAmong } from "../../src/analysis/checks/custom-resources/custom-resource-findings.ts";
import type { Json, JsonObject } from "../../src/kube/json.ts";
import { readStdin } from "../../src/kube/read-inputs.ts";
import { readObjects } from "../../src/kube/read-objects.ts";
import { controlPlane, type ControlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { leftOut } from "../support/suites.ts";
import { until } from "../support/until.ts";

const off =
  controlPlaneMissing !== undefined &&
  leftOut("admission policies against kube-apiserver", controlPlaneMissing);
const GROUP = "/apis/admissionregistration.k8s.io/v1";

interface PolicyCase {
  readonly spec: JsonObject;
  readonly binding?: JsonObject;
  readonly more?: readonly JsonObject[];
  readonly mutation?: JsonObject;
}

const rule = (group: string, version: string, resource: string, more: JsonObject = {}): JsonObject => ({
  apiGroups: [group],
  apiVersions: [version],
  operations: ["CREATE"],
  resources: [resource],
  ...more,
});
const configMaps = { resourceRules: [rule("", "v1", "configmaps")] };
const all = { resourceRules: [rule("*", "*", "*")] };

function validations(...expressions: readonly string[]): Json {
  return expressions.map((expression) => ({ expression }));
}

function of(matchConstraints: Json, ...expressions: readonly string[]): PolicyCase {
  return { spec: { matchConstraints, validations: validations(...expressions) } };
}

/** Expressions over every object: their results differ with what the object has. */
const expressions = [
  "has(object.data)",
  "!has(object.data) || object.data.size() < 2",
  "has(object.data) && object.data.all(k, k.matches('^[a-z]+$'))",
  "!has(object.data) || object.data.exists(k, object.data[k].startsWith('v'))",
  "object.metadata.name.size() <= 5",
  "object.metadata.name != 'two'",
  "'team' in object.metadata.labels",
  "has(object.metadata.annotations) && 'a/b' in object.metadata.annotations",
  "object.metadata.?annotations['a/b'].orValue('none') != 'x'",
  "request.operation == 'CREATE' && request.resource.resource in ['configmaps', 'services']",
  "request.kind.kind == 'ConfigMap'",
  "request.namespace == 'shop'",
  "oldObject == null",
  "namespaceObject.metadata.labels['tier'] == 'front'",
  "namespaceObject.metadata.name == object.metadata.namespace",
  "object.data.missing == 'x'",
  "object.kind == 'ConfigMap' && object.apiVersion == 'v1'",
  "!has(object.data) || quantity(object.data.?size.orValue('1Gi')).isLessThan(quantity('2Gi'))",
  "!has(object.data) || cidr(object.data.?net.orValue('10.0.0.0/8')).containsIP('10.1.2.3')",
  "!has(object.data) || format.dns1123Label().validate(object.data.?host.orValue('ok')) == optional.none()",
  "!has(object.data) || semver(object.data.?version.orValue('1.2.3')).isGreaterThan(semver('1.0.0'))",
  "!has(object.data) || object.data.map(k, object.data[k]).join(',').size() < 12",
  "!has(object.data) || int(object.data.?count.orValue('3')) < 10",
  "!has(object.data) || timestamp(object.data.?at.orValue('2024-01-01T00:00:00Z')) < timestamp('2025-01-01T00:00:00Z')",
  "!has(object.data) || object.data.transformList(k, v, k + v).all(x, x.size() < 20)",
  "object.spec.replicas > 1",
  "has(object.spec) ? object.spec.ports.all(p, p.port < 1000) : true",
  "type(object.metadata.name) == string",
  "object.metadata.labels.all(k, object.metadata.labels[k] != 'bad')",
  "lists.range(3).all(i, i < object.metadata.labels.size() + 2)",
  "url('https://' + object.metadata.name + '.example.com').getHostname().endsWith('.com')",
  "sets.contains(['one', 'two', 'three'], [object.metadata.name])",
];

/** Over fields that the server fills in before a policy looks, as far as they are not written. */
const filledIn = [
  "object.spec.replicas > 1",
  "object.spec.replicas == 1",
  "object.spec.strategy.type == 'RollingUpdate' && object.spec.strategy.rollingUpdate.maxSurge == '25%'",
  "object.spec.template.spec.restartPolicy == 'Always'",
  "object.spec.template.spec.containers.all(c, c.imagePullPolicy == 'IfNotPresent')",
  "object.spec.template.spec.containers.all(c, has(c.resources.limits) && 'memory' in c.resources.limits)",
  "object.spec.template.spec.containers.all(c, has(c.ports) ? c.ports.all(p, p.protocol == 'TCP') : true)",
  "object.spec.template.spec.containers.all(c, !has(c.readinessProbe) || c.readinessProbe.periodSeconds < 10)",
  "object.spec.template.spec.dnsPolicy == 'ClusterFirst' && object.spec.template.spec.terminationGracePeriodSeconds > 30",
  "!has(object.spec.template.spec.securityContext.runAsNonRoot)",
  "has(object.spec.template.spec.hostNetwork) && object.spec.template.spec.hostNetwork",
  "!has(object.spec.template.spec.hostNetwork)",
  "!has(object.spec.paused) && !has(object.spec.minReadySeconds)",
  "!has(object.metadata.annotations)",
  "!has(object.spec.template.spec.nodeSelector) && !has(object.spec.template.spec.volumes)",
  "has(object.spec.template.spec.automountServiceAccountToken)",
  "object.spec.replicas == 0",
  "has(object.spec.template.spec.affinity)",
  "object.spec.template.spec.containers.all(c, has(c.securityContext) && has(c.securityContext.privileged))",
  "object.spec.template.spec.containers.all(c, !has(c.env) || c.env.all(e, has(e.value)))",
  "object.spec.template.spec.containers.all(c, !has(c.stdin) && !has(c.workingDir))",
  "'empty' in object.spec.template.metadata.labels",
  "object.spec.template.metadata.labels['empty'] == ''",
  "object.spec.concurrencyPolicy == 'Allow' && !object.spec.suspend",
  "object.spec.template.spec.containers.all(c, c.terminationMessagePath != '/dev/termination-log')",
];
const workloads = {
  resourceRules: [rule("apps", "v1", "deployments"), rule("batch", "v1", "cronjobs")],
};
const ofPods = [
  "!has(object.spec.hostNetwork) || !object.spec.hostNetwork",
  "has(object.spec.securityContext) && !has(object.spec.securityContext.runAsNonRoot)",
  "object.spec.containers.all(c, has(c.securityContext) && c.securityContext.allowPrivilegeEscalation == false)",
  "object.spec.containers.all(c, has(c.resources) && has(c.resources.limits))",
  "object.spec.containers.all(c, c.imagePullPolicy == 'IfNotPresent')",
  "object.spec.volumes.size() > 0",
  "has(object.spec.serviceAccountName)",
  "has(object.spec.tolerations)",
  "object.spec.restartPolicy == 'Always' && object.spec.schedulerName == 'default-scheduler'",
  "!has(object.spec.nodeName) && !has(object.spec.runtimeClassName)",
  "object.spec.containers.all(c, !has(c.ports))",
  "has(object.status) && has(object.status.phase)",
  "object.metadata.generation == 1",
];

const policies: readonly PolicyCase[] = [
  ...filledIn.map((expression) => of(workloads, expression)),
  ...ofPods.map((expression) => of({ resourceRules: [rule("", "v1", "pods")] }, expression)),
  ...expressions.map((expression) => of(configMaps, expression)),
  ...expressions.slice(0, 8).map((expression) => of(all, expression)),
  ...expressions.slice(0, 6).map(
    (expression): PolicyCase => ({
      spec: {
        matchConstraints: configMaps,
        failurePolicy: "Ignore",
        validations: validations(expression, "object.data.nope == 'x'"),
      },
    }),
  ),
  {
    spec: {
      matchConstraints: configMaps,
      validations: [{ expression: "has(object.data)", message: "must have data" }],
    },
  },
  {
    spec: {
      matchConstraints: configMaps,
      validations: [{ expression: "false", messageExpression: "'name is ' + object.metadata.name" }],
    },
  },
  {
    spec: {
      matchConstraints: configMaps,
      matchConditions: [{ name: "named", expression: "object.metadata.name == 'two'" }],
      validations: validations("false"),
    },
  },
  {
    spec: {
      matchConstraints: configMaps,
      matchConditions: [
        { name: "broken", expression: "object.data.nope == 'x'" },
        { name: "named", expression: "object.metadata.name == 'two'" },
      ],
      validations: validations("true"),
    },
  },
  {
    spec: {
      matchConstraints: configMaps,
      variables: [
        { name: "keys", expression: "has(object.data) ? object.data.map(k, k) : []" },
        { name: "count", expression: "variables.keys.size()" },
      ],
      validations: validations("variables.count < 2 || 'a' in variables.keys"),
    },
  },
  {
    spec: {
      matchConstraints: configMaps,
      variables: [{ name: "broken", expression: "object.data.nope" }],
      validations: validations("object.metadata.name == 'one' || variables.broken == 'x'"),
    },
  },
  {
    spec: {
      matchConstraints: { ...configMaps, namespaceSelector: { matchLabels: { tier: "front" } } },
      validations: validations("false"),
    },
  },
  {
    spec: {
      matchConstraints: {
        ...configMaps,
        objectSelector: { matchExpressions: [{ key: "team", operator: "NotIn", values: ["a"] }] },
      },
      validations: validations("false"),
    },
  },
  {
    spec: {
      matchConstraints: {
        resourceRules: [rule("", "v1", "*")],
        excludeResourceRules: [rule("", "v1", "configmaps", { resourceNames: ["two"] })],
      },
      validations: validations("false"),
    },
  },
  {
    spec: {
      matchConstraints: { resourceRules: [rule("", "v1", "configmaps", { scope: "Cluster" })] },
      validations: validations("false"),
    },
  },
  {
    spec: { matchConstraints: configMaps, validations: validations("false") },
    binding: { validationActions: ["Warn"] },
  },
  {
    spec: { matchConstraints: configMaps, validations: validations("has(object.data)") },
    binding: { validationActions: ["Warn", "Audit"] },
  },
  {
    spec: {
      paramKind: { apiVersion: "v1", kind: "ConfigMap" },
      matchConstraints: configMaps,
      validations: validations("object.metadata.name in params.data.names.split(',')"),
    },
    binding: { paramRef: { name: "allowed", namespace: "shop", parameterNotFoundAction: "Deny" } },
  },
  {
    spec: {
      paramKind: { apiVersion: "v1", kind: "ConfigMap" },
      matchConstraints: configMaps,
      validations: validations("params.data.size() < 2"),
    },
    binding: {
      paramRef: {
        selector: { matchLabels: { param: "yes" } },
        namespace: "shop",
        parameterNotFoundAction: "Deny",
      },
    },
  },
  {
    spec: {
      matchConstraints: configMaps,
      validations: validations("has(object.data.added) && object.data.added == 'yes'"),
    },
    mutation: {
      patchType: "ApplyConfiguration",
      applyConfiguration: { expression: "Object{data: Object.data{added: 'yes'}}" },
    },
  },
  {
    spec: {
      matchConstraints: configMaps,
      validations: validations("object.metadata.labels['team'] == 'patched'"),
    },
    mutation: {
      patchType: "JSONPatch",
      jsonPatch: {
        expression: `[JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("team"), value: "patched"}]`,
      },
    },
  },
];

const shop: JsonObject = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "shop", labels: { tier: "front" } },
};
const back: JsonObject = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "back", labels: { tier: "back" } },
};
const surroundings: readonly JsonObject[] = [
  shop,
  back,
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "allowed", namespace: "shop" },
    data: { names: "one,three" },
  },
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "first", namespace: "shop", labels: { param: "yes" } },
    data: { a: "b" },
  },
];

function subjects(index: number): JsonObject[] {
  const labels = { "policy-case": `c${index}` };
  const configMap = (
    name: string,
    data: Json | undefined,
    more: JsonObject = {},
    namespace = "shop",
  ): JsonObject => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name,
      namespace,
      labels: { ...labels, ...(more["labels"] as JsonObject | undefined) },
      ...(more["annotations"] === undefined ? {} : { annotations: more["annotations"] }),
    },
    ...(data === undefined ? {} : { data }),
  });
  return [
    configMap("one", undefined),
    configMap("one", {}, { annotations: {} }),
    configMap("two", { a: "v1" }, { labels: { team: "a" } }),
    configMap("three", { a: "x", b: "v2", size: "3Gi" }, { annotations: { "a/b": "x" } }),
    configMap("one", { Bad_Key: "v", count: "12", net: "10.1.2.0/33" }, { labels: { team: "bad" } }, "back"),
    configMap("verylong", { host: "A_b", version: "0.1", at: "2026-01-01T00:00:00Z" }, {}, "back"),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "one", namespace: "shop", labels },
      spec: { ports: [{ port: 8080, targetPort: 80, protocol: "TCP" }], selector: { a: "b" } },
    },
    ...workloadSubjects(labels),
  ];
}

function workloadSubjects(labels: JsonObject): JsonObject[] {
  const containers = [{ name: "web", image: "web:1" }];
  const deployment = (name: string, spec: JsonObject, pod: JsonObject): JsonObject => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "shop", labels },
    spec: {
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers, ...pod } },
      ...spec,
    },
  });
  return [
    deployment("one", {}, {}),
    deployment(
      "empty",
      {
        replicas: 0,
        paused: false,
        minReadySeconds: 0,
        template: {
          metadata: { labels: { app: "web", empty: "" }, annotations: {} },
          spec: {
            hostNetwork: false,
            automountServiceAccountToken: false,
            nodeSelector: {},
            volumes: [],
            affinity: {},
            containers: [
              {
                name: "web",
                image: "web:1",
                stdin: false,
                workingDir: "",
                env: [{ name: "A", value: "" }],
                securityContext: { privileged: false },
              },
            ],
          },
        },
      },
      {},
    ),
    deployment(
      "two",
      { replicas: 3, strategy: { type: "Recreate" } },
      {
        hostNetwork: true,
        terminationGracePeriodSeconds: 60,
        containers: [
          {
            name: "web",
            image: "web",
            ports: [{ containerPort: 80 }, { containerPort: 53, protocol: "UDP" }],
            resources: { limits: { memory: "64Mi" } },
            readinessProbe: { httpGet: { port: 80 } },
          },
        ],
      },
    ),
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "one", namespace: "shop", labels },
      spec: { containers },
    },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "two", namespace: "shop", labels },
      spec: {
        hostNetwork: false,
        securityContext: {},
        containers: [
          {
            name: "web",
            image: "web",
            resources: { limits: { cpu: "1" } },
            securityContext: { allowPrivilegeEscalation: false },
            ports: [],
          },
        ],
      },
    },
    {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { name: "one", namespace: "shop", labels },
      spec: {
        schedule: "0 3 * * *",
        jobTemplate: { spec: { template: { spec: { restartPolicy: "Never", containers } } } },
      },
    },
  ];
}

const resources: Readonly<Record<string, readonly [string, string]>> = {
  ConfigMap: ["/api/v1", "configmaps"],
  Service: ["/api/v1", "services"],
  Deployment: ["/apis/apps/v1", "deployments"],
  Pod: ["/api/v1", "pods"],
  CronJob: ["/apis/batch/v1", "cronjobs"],
};

function objectsOf(index: number, { spec, binding, mutation }: PolicyCase): JsonObject[] {
  const name = `case-${index}`;
  const selector = { objectSelector: { matchLabels: { "policy-case": `c${index}` } } };
  const api = { apiVersion: "admissionregistration.k8s.io/v1" };
  const made: JsonObject[] = [
    { ...api, kind: "ValidatingAdmissionPolicy", metadata: { name }, spec },
    {
      ...api,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name },
      spec: { policyName: name, matchResources: selector, validationActions: ["Deny"], ...binding },
    },
  ];
  if (mutation !== undefined)
    made.push(
      {
        ...api,
        kind: "MutatingAdmissionPolicy",
        metadata: { name },
        spec: { matchConstraints: configMaps, reinvocationPolicy: "Never", mutations: [mutation] },
      },
      {
        ...api,
        kind: "MutatingAdmissionPolicyBinding",
        metadata: { name },
        spec: { policyName: name, matchResources: selector },
      },
    );
  return made;
}

const plurals: Readonly<Record<string, string>> = {
  ValidatingAdmissionPolicy: "validatingadmissionpolicies",
  ValidatingAdmissionPolicyBinding: "validatingadmissionpolicybindings",
  MutatingAdmissionPolicy: "mutatingadmissionpolicies",
  MutatingAdmissionPolicyBinding: "mutatingadmissionpolicybindings",
};

function judge(
  index: number,
  made: readonly JsonObject[],
  subject: JsonObject,
): readonly { code: string; message: string }[] {
  const list = {
    apiVersion: "v1",
    kind: "List",
    items: [...surroundings.filter(({ kind }) => kind === "Namespace" || index >= 0), ...made, subject],
  };
  const { objects } = readObjects(readStdin(new TextEncoder().encode(JSON.stringify(list))).documents);
  return admissionFindings(objects, 37, definitionsAmong(objects)).filter(
    ({ object, code }) =>
      code.startsWith("admission/") &&
      object?.name === (subject["metadata"] as JsonObject)["name"] &&
      object?.kind === subject["kind"] &&
      object?.namespace === (subject["metadata"] as JsonObject)["namespace"],
  );
}

describe.skipIf(off)("admission policies, as a real kube-apiserver applies them", () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await controlPlane({ components: "api" });
    for (const object of surroundings) {
      const path =
        object["kind"] === "Namespace" ? "/api/v1/namespaces" : "/api/v1/namespaces/shop/configmaps";
      await plane.admin("POST", path, object);
    }
    // Pods want the account that a controller makes elsewhere.
    await plane.admin("POST", "/api/v1/namespaces/shop/serviceaccounts", {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "default" },
    });
  }, 120_000);
  afterAll(async () => plane?.stop());

  test("what is denied and warned of here is denied and warned of there", async () => {
    for (const [index, policy] of policies.entries()) {
      for (const object of objectsOf(index, policy)) {
        const answer = await plane.admin("POST", `${GROUP}/${plurals[object["kind"] as string]}`, object);
        expect([index, answer.status, answer.status === 201 ? "" : answer.text]).toEqual([index, 201, ""]);
      }
    }
    await marked(plane);
    const wrong: unknown[] = [];
    let compared = 0;
    let uncertain = 0;
    let denied = 0;
    for (const [index, policy] of policies.entries()) {
      const made = objectsOf(index, policy);
      for (const subject of subjects(index)) {
        const found = judge(index, made, subject);
        if (found.some(({ code }) => code === "admission/not-certain")) {
          uncertain++;
          continue;
        }
        const [base, plural] = resources[subject["kind"] as string] ?? ["", ""];
        const { namespace } = subject["metadata"] as { namespace: string };
        const answer = await plane.admin(
          "POST",
          `${base}/namespaces/${namespace}/${plural}?dryRun=All`,
          subject,
        );
        const theirs = {
          denied: answer.status >= 400,
          warned: String(answer.headers["warning"] ?? "").includes("Validation failed"),
        };
        const ours = {
          denied: found.some(({ code }) => code === "admission/denied"),
          warned: found.some(({ code }) => code === "admission/warns"),
        };
        compared++;
        if (theirs.denied) denied++;
        if (ours.denied !== theirs.denied || ours.warned !== theirs.warned)
          wrong.push([
            index,
            JSON.stringify(policy.spec["validations"]),
            (subject["metadata"] as JsonObject)["name"],
            subject["kind"],
            ours,
            theirs,
            answer.status,
            (answer.body["message"] as string | undefined) ?? "",
            found.map(({ message }) => message),
          ]);
        else if (theirs.denied) {
          // The server's message is ours, behind the name of the policy.
          const said =
            ((answer.body["message"] as string | undefined) ?? "").split(" denied request: ")[1] ?? "";
          if (
            said !== "" &&
            !found.some(({ message }) => message.includes(said.replaceAll(/\s*\n\s*/g, " ").slice(0, 60)))
          )
            wrong.push([index, "message", said, found.map(({ message }) => message)]);
        }
      }
    }
    process.stderr.write(
      `admission policies: ${compared} compared, ${denied} denied by the server, ${uncertain} not certain here\n`,
    );
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(250);
  }, 300_000);
});

/**
 * Policies work a moment after they are made: the last ones of each kind that are made tell when the server has seen those
 * before. What they say holds only once the field is added, and the parameter found.
 */
async function marked(plane: ControlPlane): Promise<void> {
  const mark = objectsOf(policies.length, {
    spec: {
      matchConstraints: configMaps,
      paramKind: { apiVersion: "v1", kind: "ConfigMap" },
      validations: validations("!has(object.data) || !('marked' in object.data) || params.data.size() < 0"),
    },
    binding: { paramRef: { name: "allowed", namespace: "shop", parameterNotFoundAction: "Allow" } },
    mutation: {
      patchType: "ApplyConfiguration",
      applyConfiguration: { expression: 'Object{data: {"marked": "yes"}}' },
    },
  });
  for (const object of mark) {
    const answer = await plane.admin("POST", `${GROUP}/${plurals[object["kind"] as string]}`, object);
    expect(answer.status, answer.text).toBe(201);
  }
  const [subject] = subjects(policies.length);
  await until("all policies are in force", async () => {
    const { text } = await plane.admin("POST", "/api/v1/namespaces/shop/configmaps?dryRun=All", subject);
    return text.includes("params.data.size() ");
  });
}
