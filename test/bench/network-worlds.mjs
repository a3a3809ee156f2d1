/**
 * The worlds of network.bench.mjs: N namespaces of 20 Deployments and 4 policies each (default deny, DNS, own namespace,
 * a team with an ipBlock exception), and one Deployment of DNS. As YAML, one file a namespace.
 */
export function worldFiles(namespaces, { change = false } = {}) {
  const files = new Map();
  files.set(
    "dns.yaml",
    [
      namespace("kube-system", "system"),
      deployment("kube-system", "coredns", { "k8s-app": "kube-dns" }, 53),
    ].join("---\n"),
  );
  for (let number = 0; number < namespaces; number++) {
    const name = `ns-${String(number).padStart(4, "0")}`;
    const team = `team-${number % 10}`;
    const documents = [namespace(name, team)];
    for (let app = 0; app < 20; app++)
      documents.push(deployment(name, `app-${app}`, { app: `app-${app}` }, 8080));
    documents.push(
      policy(name, "default-deny", "podSelector: {}\n  policyTypes: [Ingress, Egress]\n"),
      policy(
        name,
        "dns",
        "podSelector: {}\n  policyTypes: [Egress]\n  egress:\n  - to:\n    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}\n      podSelector: {matchLabels: {k8s-app: kube-dns}}\n    ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]\n",
      ),
      policy(
        name,
        "own-namespace",
        "podSelector: {}\n  policyTypes: [Ingress, Egress]\n  ingress:\n  - from: [{podSelector: {}}]\n  egress:\n  - to: [{podSelector: {}}]\n",
      ),
      policy(
        name,
        "team",
        `podSelector: {matchLabels: {app: app-0}}\n  policyTypes: [Ingress, Egress]\n  ingress:\n  - from:\n    - namespaceSelector: {matchLabels: {team: ${team}}}\n    ports: [{port: 8080}]\n  egress:\n  - to:\n    - namespaceSelector: {matchLabels: {team: ${change && number === 0 ? "team-1" : team}}}\n    - ipBlock: {cidr: 10.0.0.0/8, except: [10.${number % 250}.0.0/16]}\n    ports: [{port: 8080}]\n`,
      ),
    );
    files.set(`${name}.yaml`, documents.join("---\n"));
  }
  return files;
}

function namespace(name, team) {
  return `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}, labels: {team: ${team}}}\n`;
}

function deployment(namespace, name, labels, port) {
  const text = JSON.stringify(labels);
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec:\n  selector: {matchLabels: ${text}}\n  template:\n    metadata: {labels: ${text}}\n    spec:\n      containers:\n      - name: main\n        image: registry.example/app:1\n        ports: [{name: main, containerPort: ${port}}]\n`;
}

function policy(namespace, name, spec) {
  return `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec:\n  ${spec}`;
}
