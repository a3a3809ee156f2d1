const template = "template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}";

/** What is rewritten to what Kubernetes 1.37 serves, as YAML: before and after. */
export const rewriteExamples: Readonly<Record<string, readonly [string, string]>> = {
  "an Ingress with numbers and names of ports, and a default backend": [
    "{apiVersion: extensions/v1beta1, kind: Ingress, metadata: {name: a}, spec: {backend: {serviceName: d, servicePort: 80}, rules: [{host: a.example, http: {paths: [{path: /x, backend: {serviceName: s, servicePort: http}}, {path: /y, pathType: Prefix, backend: {serviceName: s, servicePort: 81}}]}}]}}",
    "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: a}, spec: {defaultBackend: {service: {name: d, port: {number: 80}}}, rules: [{host: a.example, http: {paths: [{path: /x, pathType: ImplementationSpecific, backend: {service: {name: s, port: {name: http}}}}, {path: /y, pathType: Prefix, backend: {service: {name: s, port: {number: 81}}}}]}}]}}",
  ],
  "an autoscaler with every source of metrics": [
    "{apiVersion: autoscaling/v2beta1, kind: HorizontalPodAutoscaler, metadata: {name: a}, spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: b}, metrics: [{type: Resource, resource: {name: cpu, targetAverageUtilization: 50}}, {type: Pods, pods: {metricName: m, targetAverageValue: 5}}, {type: Object, object: {metricName: m, target: {apiVersion: v1, kind: Service, name: s}, targetValue: 7}}, {type: External, external: {metricName: m, metricSelector: {matchLabels: {x: y}}, targetAverageValue: 9}}, {type: ContainerResource, containerResource: {name: memory, container: c, targetAverageValue: 1Gi}}]}}",
    "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: a}, spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: b}, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}, {type: Pods, pods: {metric: {name: m}, target: {type: AverageValue, averageValue: 5}}}, {type: Object, object: {metric: {name: m}, describedObject: {apiVersion: v1, kind: Service, name: s}, target: {type: Value, value: 7}}}, {type: External, external: {metric: {name: m, selector: {matchLabels: {x: y}}}, target: {type: AverageValue, averageValue: 9}}}, {type: ContainerResource, containerResource: {name: memory, container: c, target: {type: AverageValue, averageValue: 1Gi}}}]}}",
  ],
  "an autoscaler of v2beta2, by its version alone": [
    "{apiVersion: autoscaling/v2beta2, kind: HorizontalPodAutoscaler, metadata: {name: a}, spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: b}, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]}}",
    "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: a}, spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: b}, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]}}",
  ],
  "a CronJob, by its version alone": [
    `{apiVersion: batch/v1beta1, kind: CronJob, metadata: {name: a}, spec: {schedule: "0 * * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}}}}`,
    `{apiVersion: batch/v1, kind: CronJob, metadata: {name: a}, spec: {schedule: "0 * * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}}}}`,
  ],
  "a budget with a selector": [
    "{apiVersion: policy/v1beta1, kind: PodDisruptionBudget, metadata: {name: a}, spec: {minAvailable: 1, selector: {matchLabels: {a: b}}}}",
    "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: a}, spec: {minAvailable: 1, selector: {matchLabels: {a: b}}}}",
  ],
  "a Deployment that took its selector from the template, and rolled one by one": [
    `{apiVersion: extensions/v1beta1, kind: Deployment, metadata: {name: a}, spec: {rollbackTo: {revision: 1}, ${template}}}`,
    `{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {selector: {matchLabels: {a: b}}, strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 1}}, ${template}}}`,
  ],
  "a DaemonSet that was replaced on deletion alone": [
    `{apiVersion: extensions/v1beta1, kind: DaemonSet, metadata: {name: a}, spec: {templateGeneration: 2, selector: {matchLabels: {a: b}}, ${template}}}`,
    `{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: a}, spec: {selector: {matchLabels: {a: b}}, updateStrategy: {type: OnDelete}, ${template}}}`,
  ],
  "a NetworkPolicy of extensions": [
    "{apiVersion: extensions/v1beta1, kind: NetworkPolicy, metadata: {name: a}, spec: {podSelector: {}}}",
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: a}, spec: {podSelector: {}}}",
  ],
  "a slice whose endpoints lie on nodes and in zones": [
    '{apiVersion: discovery.k8s.io/v1beta1, kind: EndpointSlice, metadata: {name: a}, addressType: IPv4, endpoints: [{addresses: ["192.0.2.1"], topology: {kubernetes.io/hostname: n, topology.kubernetes.io/zone: z}}]}',
    '{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: a}, addressType: IPv4, endpoints: [{addresses: ["192.0.2.1"], nodeName: n, zone: z}]}',
  ],
  "a webhook that leant on the old defaults": [
    "{apiVersion: admissionregistration.k8s.io/v1beta1, kind: ValidatingWebhookConfiguration, metadata: {name: a}, webhooks: [{name: a.example.com, sideEffects: None, clientConfig: {url: 'https://a.example'}}]}",
    "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {name: a}, webhooks: [{name: a.example.com, sideEffects: None, clientConfig: {url: 'https://a.example'}, failurePolicy: Ignore, matchPolicy: Exact, timeoutSeconds: 30, admissionReviewVersions: [v1beta1]}]}",
  ],
  "shares under their old name": [
    "{apiVersion: flowcontrol.apiserver.k8s.io/v1beta2, kind: PriorityLevelConfiguration, metadata: {name: a}, spec: {type: Limited, limited: {assuredConcurrencyShares: 5, limitResponse: {type: Reject}}}}",
    "{apiVersion: flowcontrol.apiserver.k8s.io/v1, kind: PriorityLevelConfiguration, metadata: {name: a}, spec: {type: Limited, limited: {nominalConcurrencyShares: 5, limitResponse: {type: Reject}}}}",
  ],
  "shares of zero, which meant the default": [
    "{apiVersion: flowcontrol.apiserver.k8s.io/v1beta3, kind: PriorityLevelConfiguration, metadata: {name: a}, spec: {type: Limited, limited: {nominalConcurrencyShares: 0, limitResponse: {type: Reject}}}}",
    "{apiVersion: flowcontrol.apiserver.k8s.io/v1, kind: PriorityLevelConfiguration, metadata: {name: a}, spec: {type: Limited, limited: {nominalConcurrencyShares: 30, limitResponse: {type: Reject}}}}",
  ],
  "a claim whose requests stood in the open": [
    "{apiVersion: resource.k8s.io/v1beta1, kind: ResourceClaim, metadata: {name: a}, spec: {devices: {requests: [{name: r, deviceClassName: c, count: 2}, {name: s, firstAvailable: [{name: t, deviceClassName: c}]}]}}}",
    "{apiVersion: resource.k8s.io/v1, kind: ResourceClaim, metadata: {name: a}, spec: {devices: {requests: [{name: r, exactly: {deviceClassName: c, count: 2}}, {name: s, firstAvailable: [{name: t, deviceClassName: c}]}]}}}",
  ],
  "a chain of replacements": [
    "{apiVersion: flowcontrol.apiserver.k8s.io/v1beta1, kind: FlowSchema, metadata: {name: a}, spec: {priorityLevelConfiguration: {name: b}}}",
    "{apiVersion: flowcontrol.apiserver.k8s.io/v1, kind: FlowSchema, metadata: {name: a}, spec: {priorityLevelConfiguration: {name: b}}}",
  ],
};
