/**
 * Fields of the Compose specification that have no effect here, or none beyond what a handler takes, and why
 * (compose-spec schema/compose-spec.json lists the fields). The reference page of dropped fields is made from it.
 */
export const droppedServiceFields: Readonly<Record<string, string>> = {
  attach: "it concerns the terminal of docker compose up",
  blkio_config: "Kubernetes has no limit for block devices",
  build: "the image must be built and pushed: kubeops builds none",
  cgroup: "the container runtime of the node chooses the cgroup namespace",
  cgroup_parent: "the kubelet places the cgroups of a Pod",
  cpu_count: "only Windows containers know it; use cpus",
  cpu_percent: "only Windows containers know it; use cpus",
  cpu_rt_period: "Kubernetes has no real-time scheduling for containers",
  cpu_rt_runtime: "Kubernetes has no real-time scheduling for containers",
  cpu_shares:
    "a relative weight says nothing without the other containers of the node; use deploy.resources.reservations.cpus",
  cpuset: "the CPU manager of the kubelet assigns cores",
  credential_spec: "only Windows containers know it",
  develop: "it concerns development on one machine",
  device_cgroup_rules: "devices need a device plugin of the cluster",
  devices: "devices need a device plugin of the cluster",
  external_links:
    "a service outside this application is reached by its own name; x-kubeops.egress opens the way",
  gpus: "devices need a device plugin of the cluster",
  init: "the container runtime runs the image's own process; put an init process into the image",
  ipc: "every Pod has its own IPC namespace",
  isolation: "only Windows containers know it",
  label_file: "labels of a file are not read; write them under labels",
  logging: "the node's container runtime writes the logs; the cluster collects them",
  mac_address: "the network plug-in of the cluster assigns addresses",
  mem_swappiness: "Kubernetes has no such setting for a container",
  memswap_limit: "the kubelet decides on swap",
  models: "a model runner must be deployed on its own",
  network_mode: "the network plug-in of the cluster connects every Pod",
  oom_kill_disable: "Kubernetes always lets the kernel end a container that exceeds its memory",
  oom_score_adj: "the kubelet sets it from the quality-of-service class",
  pid: "every container has its own process namespace",
  post_start: "kubeops writes no lifecycle hooks; do it in the image's entry point",
  pre_start: "kubeops writes no init containers from hooks; make it a service that others depend on",
  pre_stop: "kubeops writes no lifecycle hooks; handle SIGTERM in the image",
  pull_refresh_after: "a node pulls an image when a Pod starts, always or when it is missing",
  provider: "something outside this application provides the service",
  runtime: "a RuntimeClass must be installed in the cluster first",
  security_opt: "Kubernetes has no such setting",
  stop_signal: "the container runtime sends the image's STOPSIGNAL; set it in the image",
  storage_opt: "the container runtime of the node has one storage configuration",
  ulimits: "the container runtime of the node sets the limits of processes",
  use_api_socket: "there is no engine socket in a cluster",
  userns_mode: "Kubernetes chooses the user namespace of a Pod",
  uts: "every Pod has its own host name",
  volumes_from: "the service that it names has no volumes of its own",
};

/** Parts of fields that have a handler. */
const droppedParts: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  deploy: {
    rollback_config: "a rolling update is undone by a plan, not by a policy",
    endpoint_mode: "a Service has one virtual address",
  },
  healthcheck: {
    test: "there is no check to run",
    interval: "Kubernetes does not run the HEALTHCHECK of an image: name the test here",
    timeout: "Kubernetes does not run the HEALTHCHECK of an image: name the test here",
    retries: "Kubernetes does not run the HEALTHCHECK of an image: name the test here",
    start_period: "Kubernetes does not run the HEALTHCHECK of an image: name the test here",
    start_interval: "Kubernetes does not run the HEALTHCHECK of an image: name the test here",
  },
};

interface Dropped {
  readonly reason: string;
  readonly level: number;
}

/** Why `services.<name>.<field>` (or a part of it) is dropped; undefined when the specification does not know it. */
export function droppedService(field: string, part: string | undefined): Dropped | undefined {
  const parts = Object.hasOwn(droppedParts, field) ? droppedParts[field] : undefined;
  if (part !== undefined && parts !== undefined && Object.hasOwn(parts, part)) {
    const reason = parts[part];
    return reason === undefined ? undefined : { reason, level: 4 };
  }
  const reason = Object.hasOwn(droppedServiceFields, field) ? droppedServiceFields[field] : undefined;
  return reason === undefined ? undefined : { reason, level: 3 };
}

export const droppedTopLevelFields: Readonly<Record<string, string>> = {
  version: "obsolete: the Compose specification has one version",
  models: "a model runner must be deployed on its own",
  networks: "NetworkPolicies take the place of networks: only who stands on which network counts",
  volumes: "the storage class of the cluster provides the volume",
  configs: "kubeops knows no such source of a config",
  secrets: "kubeops knows no such source of a secret",
};

export function droppedTopLevel(top: string, field: string | undefined): Dropped | undefined {
  const reason = Object.hasOwn(droppedTopLevelFields, top) ? droppedTopLevelFields[top] : undefined;
  return reason === undefined ? undefined : { reason, level: field === undefined ? 1 : 3 };
}
