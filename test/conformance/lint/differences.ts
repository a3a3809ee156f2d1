/** Inputs of other linters in which ours say something else than their names, with the reason; an unused row fails. */
export const differences: readonly { readonly files: RegExp; readonly reason: string }[] = [
  // polaris
  {
    files:
      /^polaris:(?:cluster)?role.*\/success\.(?:gce_calico|system_prefix)|^polaris:.*\/success\.role_binding_cluster_role_binding/,
    reason:
      "polaris exempts names that begin with system: or are known; a name is no exemption here, since it can be imitated",
  },
  {
    files: /^polaris:(?:clusterrolebindingClusterAdmin|rolebindingClusterAdmin\w*)\/success\.explicit_/,
    reason:
      "a wildcard in two of groups, resources and verbs is permission/wildcard here: it gives Secrets, and what is added later",
  },
  {
    files: /^polaris:\w+PodExecAttach\/failure\.binding_points_to_missing_ref/,
    reason: "a binding to a role that is not in the input is rbac/role-missing: what it gives is not known",
  },
  {
    files: /^polaris:(?:deploymentMissingReplicas|runAsRootAllowed)\/failure\.yaml/,
    reason: "a Deployment of apiVersion v1 is object/not-served: no server makes Pods of it",
  },
  { files: /^polaris:hpaMinAvailability\/success\.minReplicaAbsent/, reason: "minReplicas defaults to 1" },
  {
    files: /^polaris:insecureCapabilities\/success/,
    reason: "a list of capabilities to drop misses those that come later: Pod Security asks for ALL",
  },
  {
    files: /^polaris:linuxHardening\/success/,
    reason: "polaris takes one of four walls for enough; each is a check of its own here",
  },
  {
    files: /^polaris:metadataAndInstanceMismatched\/failure\.yaml/,
    reason: "what the label must say is a custom of one company: only that it is there can be required",
  },
  {
    files: /^polaris:missingNetworkPolicy\/failure\.netpol_missing_/,
    reason:
      "a policy selects the Pods; which direction it leaves open is namespace/no-default-deny and kubeops reach",
  },
  {
    files: /^polaris:missingPodDisruptionBudget\/failure/,
    reason:
      "a Deployment of one replica has nothing that a budget could keep: it is reliability/single-replica",
  },
  {
    files: /^polaris:pdbMinAvailableGreaterThanHPAMinReplicas\/failure-gt-percent/,
    reason: "150 % is no percentage of a budget: server/out-of-range says it",
  },
  {
    files: /^polaris:pdbMinAvailableGreaterThanHPAMinReplicas\/success\.(?:equals|no-min-replicas)/,
    reason: "where the budget keeps as many as the autoscaler may leave, no node can be drained",
  },
  {
    files: /^polaris:procMount\/failure\.yaml/,
    reason: "another value than Default or Unmasked is server/not-supported",
  },
  {
    files: /^polaris:pullPolicyNotAlways\/failure/,
    reason: "an image without a tag is pulled always by default; the tag is supply-chain/moving-tag",
  },
  {
    files: /^polaris:sensitive(?:ConfigmapContent|ContainerEnvVar)\/failure\.(?:key_|value_private_key)/,
    reason: "the values are placeholders (abc123, xxx, a key without its form), which are no credentials",
  },
  {
    files: /^polaris:topologySpreadConstraint\/failure/,
    reason: "a Deployment of one replica cannot be spread",
  },
  // kube-linter
  {
    files: /^kube-linter:dangling-networkpolicy/,
    reason: "the input holds no workload at all: what is selected is elsewhere",
  },
  {
    files: /^kube-linter:dangling-service\//,
    reason:
      "the Deployment of the object that should not fire has no Pod spec, so that the server refuses it: no Pods stand behind the Service",
  },
  {
    files: /^kube-linter:dangling-servicemonitor\//,
    reason:
      "a ServiceMonitor without namespaceSelector looks into its own namespace, and one without a selector is refused by its definition",
  },
  {
    files: /^kube-linter:drop-net-raw-capability\//,
    reason: "dropping NET_RAW alone leaves the others: Pod Security asks for ALL",
  },
  {
    files: /^kube-linter:(?:duplicate-env-var|liveness-port|readiness-port|startup-port)\//,
    reason: "objects without a name are object/no-name and are not looked into",
  },
  {
    files: /^kube-linter:(?:hpa-minimum-three-replicas|minimum-three-replicas)\//,
    reason:
      "two replicas survive the loss of one: reliability/single-replica and /autoscaler-single ask for two",
  },
  {
    files: /^kube-linter:invalid-target-ports\//,
    reason:
      "ports that are none are server/name and server/out-of-range; that a port leads nowhere is asked of Services with a selector",
  },
  {
    files: /^kube-linter:pdb-min-available\//,
    reason:
      "the Deployments have no Pod specs: the server refuses them, and no Pods stand behind the budgets",
  },
  {
    files: /^kube-linter:pdb-unhealthy-pod-eviction-policy\//,
    reason: "IfHealthyBudget written out keeps unhealthy Pods just as its absence does",
  },
  {
    files: /^kube-linter:priority-class-name\//,
    reason: "which classes are accepted is a list of one company: only that there is one can be asked",
  },
  {
    files: /^kube-linter:required-label-owner\//,
    reason: "Deployments without a Pod template are refused by the server, and no workloads",
  },
  {
    files: /^kube-linter:restart-policy\//,
    reason: "the server refuses OnFailure in a Deployment and Always in a Job, which kube-linter takes",
  },
];
