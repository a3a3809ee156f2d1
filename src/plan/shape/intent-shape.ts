import type * as intent from "../../authoring/intent/intent.ts";
import type { Place } from "../../kube/place.ts";
import type { ObjectKey } from "../../kube/read-object.ts";
import {
  anyText,
  boolean,
  choice,
  type ChoiceShape,
  integer,
  list,
  literal,
  map,
  may,
  need,
  type RecordShape,
  record,
  type Shape,
  text,
} from "../../kube/shape/shape.ts";

const digest = text("a digest as sha256:<hex>", /^sha256:[0-9a-f]{64}$/u);
const texts = list(anyText);
const whole = integer(Number.MIN_SAFE_INTEGER);
const natural = integer(0);

export const placeShape: RecordShape = record<Place>({
  file: need(anyText),
  line: need(natural),
  column: need(natural),
});

export const objectKeyShape: RecordShape = record<ObjectKey>({
  group: need(anyText),
  version: need(anyText),
  kind: need(anyText),
  namespace: need(anyText),
  name: need(anyText),
});

const report = list(
  record<intent.FieldReport>({
    field: need(anyText, "As people write it: services.web.ports[0]."),
    place: need(placeShape),
    disposition: need(literal("used", "reference", "changed", "dropped")),
    reason: may(anyText),
  }),
);

const protocol = literal("TCP", "UDP", "SCTP");
interface PortNumber {
  readonly port: number;
  readonly protocol: intent.Protocol;
}
const portNumber = record<PortNumber>({ port: need(natural), protocol: need(protocol) });

const env = choice(
  record<Extract<intent.EnvIntent, { readonly value: string }>>({
    name: need(anyText),
    value: need(anyText),
  }),
  record<Extract<intent.EnvIntent, { readonly secret: string }>>({
    name: need(anyText),
    secret: need(anyText, "Secret whose key holds the value."),
    key: need(anyText),
  }),
);

type Mount<K extends intent.MountIntent["kind"]> = Extract<intent.MountIntent, { readonly kind: K }>;
const mount = choice(
  record<Mount<"claim">>({
    kind: need(literal("claim")),
    volume: need(anyText),
    path: need(anyText),
    readOnly: need(boolean),
    subPath: may(anyText),
  }),
  record<Mount<"config">>({
    kind: need(literal("config")),
    config: need(anyText),
    key: need(anyText),
    path: need(anyText),
    mode: may(natural),
  }),
  record<Mount<"secret">>({
    kind: need(literal("secret")),
    secret: need(anyText),
    key: need(anyText),
    path: need(anyText),
    mode: may(natural),
  }),
  record<Mount<"empty">>({
    kind: need(literal("empty")),
    path: need(anyText),
    memory: need(boolean),
    sizeBytes: may(natural),
  }),
  record<Mount<"host">>({
    kind: need(literal("host")),
    hostPath: need(anyText),
    path: need(anyText),
    readOnly: need(boolean),
  }),
);

type Probe<K extends intent.ProbeIntent["kind"]> = Extract<intent.ProbeIntent, { readonly kind: K }>;
const probe = choice(
  record<Probe<"exec">>({ kind: need(literal("exec")), command: need(texts) }),
  record<Probe<"http">>({ kind: need(literal("http")), path: need(anyText), port: need(natural) }),
  record<Probe<"tcp">>({ kind: need(literal("tcp")), port: need(natural) }),
);

const health = record<intent.HealthIntent>({
  test: need(probe),
  readiness: may(probe),
  intervalSeconds: may(natural),
  timeoutSeconds: may(natural),
  retries: may(natural),
  startPeriodSeconds: may(natural),
  startIntervalSeconds: may(natural),
});

const port = record<intent.PortIntent>({
  port: need(natural),
  protocol: need(protocol),
  name: may(anyText),
  appProtocol: may(anyText),
  servicePort: may(natural),
  published: need(boolean),
  place: need(placeShape),
});

type Workload = intent.WorkloadIntent;
type Item<T> = T extends readonly (infer I)[] ? I : never;
const option: Shape = record<Item<NonNullable<Workload["dns"]>["options"]>>({
  name: need(anyText),
  value: may(anyText),
});

const workload: RecordShape = record<Workload>({
  name: need(anyText, "DNS label."),
  place: need(placeShape),
  image: need(anyText),
  imageIsBuilt: may(boolean),
  imageInterpolated: may(boolean),
  imagePullPolicy: may(literal("Always", "IfNotPresent", "Never")),
  imagePullSecrets: may(texts),
  command: may(texts),
  args: may(texts),
  workingDir: may(anyText),
  stdin: may(boolean),
  tty: may(boolean),
  env: need(list(env)),
  ports: need(list(port)),
  mounts: need(list(mount)),
  health: may(health),
  resources: need(
    record<intent.ResourcesIntent>({
      cpuLimitMilli: may(natural),
      cpuRequestMilli: may(natural),
      memoryLimitBytes: may(natural),
      memoryRequestBytes: may(natural),
      pids: may(whole),
    }),
  ),
  mode: need(literal("replicated", "global", "job", "cron")),
  controller: may(literal("Deployment", "StatefulSet", "DaemonSet")),
  schedule: may(anyText),
  concurrencyPolicy: may(literal("Allow", "Forbid", "Replace")),
  replicas: may(natural),
  completions: may(natural),
  backoffLimit: may(natural),
  autoscale: may(
    record<intent.AutoscaleIntent>({
      min: need(natural),
      max: need(natural),
      cpuPercent: may(natural),
      memoryPercent: may(natural),
    }),
  ),
  restart: need(literal("always", "on-failure", "never")),
  user: may(record<intent.UserIntent>({ uid: may(natural), gid: may(natural), name: may(anyText) })),
  supplementalGroups: may(list(natural)),
  fsGroup: may(natural),
  readOnlyRoot: may(boolean),
  privileged: may(boolean),
  noNewPrivileges: may(boolean),
  capabilities: need(record<Workload["capabilities"]>({ add: need(texts), drop: need(texts) })),
  seccomp: may(literal("unconfined")),
  appArmor: may(anyText),
  hostNetwork: may(boolean),
  hostPid: may(boolean),
  hostIpc: may(boolean),
  sysctls: need(list(record<Item<Workload["sysctls"]>>({ name: need(anyText), value: need(anyText) }))),
  stopGraceSeconds: may(natural),
  hostname: may(anyText),
  domainname: may(anyText),
  extraHosts: need(list(record<Item<Workload["extraHosts"]>>({ ip: need(anyText), hostnames: need(texts) }))),
  dns: may(
    record<NonNullable<Workload["dns"]>>({
      nameservers: need(texts),
      searches: need(texts),
      options: need(list(option)),
    }),
  ),
  dependsOn: need(
    list(
      record<Item<Workload["dependsOn"]>>({
        workload: need(anyText),
        condition: need(literal("started", "healthy", "completed")),
        required: need(boolean),
      }),
    ),
  ),
  labels: need(map(anyText)),
  annotations: need(map(anyText)),
  nodeSelector: may(map(anyText)),
  spreadBy: may(texts),
  update: may(
    record<NonNullable<Workload["update"]>>({
      order: need(literal("start-first", "stop-first")),
      parallelism: may(natural),
      minReadySeconds: may(natural),
    }),
  ),
  serviceAccount: may(anyText),
  aliases: need(texts),
  networks: need(texts),
  hosts: may(
    list(record<intent.HostIntent>({ host: need(anyText), port: need(natural), tlsSecret: may(anyText) })),
    "Host names under which clients from outside reach it.",
  ),
  egress: may(
    list(
      record<Item<NonNullable<Workload["egress"]>>>({ cidr: need(anyText), ports: need(list(portNumber)) }),
    ),
  ),
});

const secret = record<intent.SecretIntent>({
  name: need(anyText),
  keys: need(
    list(
      record<intent.SecretKeyIntent>({
        key: need(anyText),
        reason: need(anyText, "Why the value is a reference."),
        place: need(placeShape),
        file: may(anyText),
      }),
    ),
  ),
});

const applicationShape: RecordShape = record<intent.ApplicationIntent>({
  apiVersion: need(literal("kubernetes-operations.dev/v1")),
  kind: need(literal("Intent")),
  source: need(literal("compose", "operations")),
  namespace: need(anyText),
  report: need(report, "What became of every field of the input."),
  application: need(anyText, "DNS label."),
  workloads: need(list(workload)),
  configs: need(
    list(
      record<intent.ConfigIntent>({
        name: need(anyText),
        data: need(map(anyText)),
        binaryData: may(map(anyText), "Base64."),
        external: may(boolean),
      }),
    ),
  ),
  secrets: need(list(secret), "Secrets that must exist; their values are never here."),
  volumes: need(
    list(
      record<intent.VolumeIntent>({
        name: need(anyText),
        sizeBytes: may(natural),
        storageClass: may(anyText),
        external: may(boolean),
        labels: need(map(anyText)),
        place: need(placeShape),
      }),
    ),
  ),
  connections: need(
    list(
      record<intent.ConnectionIntent>({
        from: need(anyText),
        to: need(anyText),
        ports: need(list(portNumber)),
        reason: need(anyText),
        place: need(placeShape),
      }),
    ),
  ),
  standing: may(texts, "Workloads that stand in the namespace already; connections may name them."),
});

const objectsShape: RecordShape = record<intent.ObjectsIntent>({
  apiVersion: need(literal("kubernetes-operations.dev/v1")),
  kind: need(literal("Intent")),
  source: need(literal("objects")),
  namespace: need(anyText),
  report: need(report),
  objects: need(
    list(record<Item<intent.ObjectsIntent["objects"]>>({ key: need(objectKeyShape), digest: need(digest) })),
  ),
});

export const intentShape: ChoiceShape = choice(applicationShape, objectsShape);

export const relaxationShape: RecordShape = record<intent.Relaxation>({
  workload: need(anyText),
  container: need(anyText),
  level: need(literal("baseline", "privileged")),
  check: need(anyText),
  field: need(anyText),
  reason: need(anyText),
});
export const prerequisiteShape: RecordShape = record<intent.Prerequisite>({
  kind: need(literal("secret", "image", "volume", "other")),
  subject: need(anyText),
  text: need(anyText),
  command: may(anyText),
});
export const noteShape: RecordShape = record<intent.AuthoringNote>({
  code: need(anyText),
  workload: may(anyText),
  message: need(anyText),
});
